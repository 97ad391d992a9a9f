//! Feeds: values for tensors of a graph, checked and converted as TensorFlow does.

use super::feed_value::{check_scalar, to_dtype};
use super::handles::TensorHandle;
use ferroflow_core::{
    Error, IndexedSlices, IndexedSlicesValue, IntoOperand, NdArray, Operand, PartialShape, RaggedTensor,
    RaggedTensorValue, Result, SparseTensor, SparseTensorValue, Tensor, bail, ensure,
};
use ferroflow_graph::{Graph, Port};
use smallvec::SmallVec;

/// A tensor as a feed names it.
#[derive(Clone, Debug)]
pub(super) enum FeedTensor {
    Tensor(Tensor),
    Name(String),
}

impl FeedTensor {
    /// The text of a key in an error.
    fn text(&self) -> String {
        match self {
            FeedTensor::Tensor(tensor) => tensor.to_string(),
            FeedTensor::Name(name) => name.clone(),
        }
    }

    /// The tensor of this graph.
    pub(super) fn find(&self, graph: &Graph) -> Result<(Tensor, Port)> {
        let not_a_tensor =
            |why: &str| Error::type_error(format!("Cannot interpret feed_dict key as Tensor: {why}"));
        let tensor = match self {
            FeedTensor::Tensor(tensor) => tensor.clone(),
            FeedTensor::Name(name) => {
                graph.get_tensor_by_name(name).map_err(|error| not_a_tensor(error.message()))?
            }
        };
        match graph.port(&tensor) {
            Some(port) => Ok((tensor, port)),
            None if tensor.is_eager() => {
                Err(not_a_tensor("Tensor.graph is undefined when eager execution is enabled."))
            }
            None => Err(not_a_tensor(&format!("Tensor {tensor} is not an element of this graph."))),
        }
    }
}

/// Values for tensors of a graph: what Python's `feed_dict` is.
///
/// Keys are tensors, composite tensors and names (`"x:0"`); [`feeds!`](crate::feeds) writes one down.
///
/// ```
/// use ferroflow_compat_v1::{self as tf, FeedDict, feeds};
/// use ferroflow_core::DType;
/// let x = tf::placeholder(DType::FLOAT32, [2])?;
/// let y = (&x + 1.0)?;
/// let sess = tf::Session::new()?;
/// let value = sess.run_feed(&y, feeds![&x => [1, 2]])?;
/// assert_eq!(value.as_slice::<f32>()?, [2.0, 3.0]);
/// assert_eq!(value, sess.run_feed(&y, FeedDict::new().feed(&x, [1.0, 2.0]))?);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
#[derive(Clone, Default)]
#[must_use]
pub struct FeedDict {
    entries: SmallVec<[(FeedTensor, Operand); 2]>,
    error: Option<Error>,
}

impl FeedDict {
    /// No feeds.
    pub fn new() -> FeedDict {
        FeedDict::default()
    }

    /// Adds a value; a later one for the same tensor replaces it. What is wrong with it is reported by the run.
    pub fn feed<V>(mut self, key: impl FeedKey<V>, value: V) -> FeedDict {
        key.feed(value, &mut self);
        self
    }

    /// Notes what is wrong with a key; the run reports it.
    pub(crate) fn fail(&mut self, error: Error) {
        self.error = self.error.take().or(Some(error));
    }

    fn push(&mut self, tensor: FeedTensor, value: impl IntoOperand) {
        match value.into_operand() {
            Ok(value) => self.entries.push((tensor, value)),
            Err(error) => self.error = self.error.take().or(Some(error)),
        }
    }

    /// Adds the values of other feeds.
    ///
    /// # Errors
    /// `RuntimeError` for a tensor that both feed, in the words of `conflict`.
    pub(crate) fn join(&mut self, other: &FeedDict, graph: &Graph, conflict: &str) -> Result<()> {
        if let Some(error) = &other.error {
            self.fail(error.clone());
        }
        for (key, value) in &other.entries {
            let (tensor, port) = key.find(graph)?;
            for (known, _) in &self.entries {
                ensure!(known.find(graph)?.1 != port, runtime, "{conflict} Conflict(s): [{tensor:?}]");
            }
            self.entries.push((key.clone(), value.clone()));
        }
        Ok(())
    }

    /// The values by the output they stand for, each of its tensor's dtype.
    ///
    /// # Errors
    /// `TypeError` and `ValueError` as TensorFlow raises them.
    pub(super) fn resolve(self, graph: &Graph) -> Result<Vec<(Port, NdArray)>> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let mut resolved: Vec<(Port, NdArray)> = Vec::with_capacity(self.entries.len());
        for (key, value) in self.entries {
            let (tensor, port) = key.find(graph)?;
            let array = feed_array(graph, &key, &tensor, value)?;
            match resolved.iter_mut().find(|(known, _)| *known == port) {
                Some(entry) => entry.1 = array,
                None => resolved.push((port, array)),
            }
        }
        resolved.sort_by_key(|(port, _)| *port);
        Ok(resolved)
    }
}

impl FromIterator<(FeedTensor, Operand)> for FeedDict {
    fn from_iter<I: IntoIterator<Item = (FeedTensor, Operand)>>(entries: I) -> FeedDict {
        FeedDict { entries: entries.into_iter().collect(), error: None }
    }
}

fn feed_array(graph: &Graph, key: &FeedTensor, tensor: &Tensor, value: Operand) -> Result<NdArray> {
    let array = match value {
        Operand::Value { array, .. } => array,
        Operand::Tensor(value) => bail!(
            type_error,
            "The value of a feed cannot be a tf.Tensor object. Acceptable feed values include Python scalars, strings, \
             lists, numpy ndarrays, or TensorHandles. For reference, the tensor object was {} which was passed to \
             the argument `feed_dict` with key {}.",
            tensor_text(&value),
            key.text()
        ),
    };
    let dtype = tensor.dtype().base();
    let array = if array.dtype() == dtype {
        array
    } else {
        check_scalar(&array, dtype)?;
        to_dtype(&array, dtype)?
    };
    let shape = tensor.shape();
    let fed = PartialShape::from(array.shape());
    ensure!(
        shape.is_compatible_with(&fed),
        value,
        "Cannot feed value of shape {fed} for Tensor {}, which has shape {shape}",
        tensor.name()?
    );
    ensure!(graph.is_feedable(tensor), value, "Tensor {} may not be fed.", tensor.name()?);
    Ok(array)
}

/// Python's `str` of a tensor.
fn tensor_text(tensor: &Tensor) -> String {
    match tensor {
        Tensor::Eager(eager) => ferroflow_core::print::eager_tensor_str(eager.value()),
        Tensor::Symbolic(_) => tensor.to_string(),
    }
}

/// What can stand for something to feed, with the values that it takes.
pub trait FeedKey<V> {
    /// Adds the value, or its parts.
    fn feed(self, value: V, feeds: &mut FeedDict);
}

impl<V: IntoOperand> FeedKey<V> for &Tensor {
    fn feed(self, value: V, feeds: &mut FeedDict) {
        feeds.push(FeedTensor::Tensor(self.clone()), value);
    }
}

impl<V: IntoOperand> FeedKey<V> for Tensor {
    fn feed(self, value: V, feeds: &mut FeedDict) {
        feeds.push(FeedTensor::Tensor(self), value);
    }
}

impl<V: IntoOperand> FeedKey<V> for &str {
    fn feed(self, value: V, feeds: &mut FeedDict) {
        feeds.push(FeedTensor::Name(self.to_string()), value);
    }
}

impl<V: IntoOperand> FeedKey<V> for String {
    fn feed(self, value: V, feeds: &mut FeedDict) {
        feeds.push(FeedTensor::Name(self), value);
    }
}

impl FeedKey<SparseTensorValue> for &SparseTensor {
    fn feed(self, value: SparseTensorValue, feeds: &mut FeedDict) {
        self.feed((value.indices, value.values, value.dense_shape), feeds);
    }
}

impl FeedKey<&SparseTensorValue> for &SparseTensor {
    fn feed(self, value: &SparseTensorValue, feeds: &mut FeedDict) {
        self.feed(value.clone(), feeds);
    }
}

impl<I: IntoOperand, V: IntoOperand, S: IntoOperand> FeedKey<(I, V, S)> for &SparseTensor {
    fn feed(self, (indices, values, dense_shape): (I, V, S), feeds: &mut FeedDict) {
        (&self.indices).feed(indices, feeds);
        (&self.values).feed(values, feeds);
        (&self.dense_shape).feed(dense_shape, feeds);
    }
}

impl FeedKey<IndexedSlicesValue> for &IndexedSlices {
    fn feed(self, value: IndexedSlicesValue, feeds: &mut FeedDict) {
        (&self.values).feed(value.values, feeds);
        (&self.indices).feed(value.indices, feeds);
        if let (Some(tensor), Some(shape)) = (&self.dense_shape, value.dense_shape) {
            tensor.feed(shape, feeds);
        }
    }
}

impl FeedKey<RaggedTensorValue> for &RaggedTensor {
    fn feed(self, value: RaggedTensorValue, feeds: &mut FeedDict) {
        (&self.flat_values).feed(value.flat_values(), feeds);
        for (tensor, splits) in self.nested_row_splits.iter().zip(value.nested_row_splits()) {
            tensor.feed(splits, feeds);
        }
    }
}

/// The value stays where it is.
impl FeedKey<&TensorHandle> for &Tensor {
    fn feed(self, value: &TensorHandle, feeds: &mut FeedDict) {
        match value.eval() {
            Ok(array) if array.dtype() == self.dtype().base() => {
                feeds.push(FeedTensor::Tensor(self.clone()), array);
            }
            Ok(array) => feeds.fail(Error::invalid_argument(format!(
                "Expects arg[{}] to be {} but {} is provided",
                feeds.entries.len(),
                self.dtype().base().cpp_name(),
                array.dtype().cpp_name()
            ))),
            Err(error) => feeds.fail(error),
        }
    }
}

macro_rules! tuples {
    ($(($($key:ident $value:ident $part:ident),*))*) => {
        $(impl<$($key: FeedKey<$value>, $value),*> FeedKey<($($value,)*)> for ($($key,)*) {
            #[allow(non_snake_case)]
            fn feed(self, ($($part,)*): ($($value,)*), feeds: &mut FeedDict) {
                let ($($key,)*) = self;
                $($key.feed($part, feeds);)*
            }
        })*
    };
}

tuples! {
    (K1 V1 a, K2 V2 b)
    (K1 V1 a, K2 V2 b, K3 V3 c)
    (K1 V1 a, K2 V2 b, K3 V3 c, K4 V4 d)
}

/// Writes down a [`FeedDict`]: `feeds![&x => 1.0, "y:0" => [1, 2]]`.
#[macro_export]
macro_rules! feeds {
    ($($key:expr => $value:expr),* $(,)?) => {
        $crate::FeedDict::new()$(.feed($key, $value))*
    };
}
