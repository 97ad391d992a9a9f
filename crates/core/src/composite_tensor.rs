//! Tensors made of several: sparse, ragged, slices of a larger one.

use crate::convert_to_tensor;
use crate::{
    DType, Element, IndexedSlicesValue, IntoOperand, NestedList, PartialShape, RaggedTensorValue, Result,
    SparseTensorValue, Tensor, bail, context, ensure, print,
};
use std::fmt;

/// A tensor of which only some elements are given (`tf.SparseTensor`).
///
/// It has no `numpy()`: its three parts have. In a graph, a session's `run` gives a [`SparseTensorValue`].
#[derive(Clone)]
pub struct SparseTensor {
    /// `int64` `[n, rank]`: where the values stand.
    pub indices: Tensor,
    /// `[n]`: the values.
    pub values: Tensor,
    /// `int64` `[rank]`: the shape of the whole.
    pub dense_shape: Tensor,
}

impl SparseTensor {
    /// A sparse tensor of these parts, in the graph in force or at once. That indices are within the shape is left to
    /// the ops that use them, as in TensorFlow.
    ///
    /// ```
    /// use ferroflow_core::SparseTensor;
    /// let tensor = SparseTensor::new([[0, 1]], [7], [1, 2])?;
    /// assert_eq!(
    ///     tensor.to_string(),
    ///     "SparseTensor(indices=tf.Tensor([[0 1]], shape=(1, 2), dtype=int64), \
    ///      values=tf.Tensor([7], shape=(1,), dtype=int32), \
    ///      dense_shape=tf.Tensor([1 2], shape=(2,), dtype=int64))"
    /// );
    /// # Ok::<(), ferroflow_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `ValueError` for parts whose static shapes do not fit each other; `TypeError` for positions that are no whole
    /// numbers.
    pub fn new(
        indices: impl IntoOperand,
        values: impl IntoOperand,
        dense_shape: impl IntoOperand,
    ) -> Result<SparseTensor> {
        let (indices, values, dense_shape) =
            (indices.into_operand()?, values.into_operand()?, dense_shape.into_operand()?);
        let tensor = context::name_scope("SparseTensor", || {
            let indices = context::with_name("indices", || convert_to_tensor(indices, Some(DType::INT64)))?;
            let values = context::with_name("values", || convert_to_tensor(values, None))?;
            let dense_shape =
                context::with_name("dense_shape", || convert_to_tensor(dense_shape, Some(DType::INT64)))?;
            Ok(SparseTensor { indices, values, dense_shape })
        })?;
        tensor.check_static_shapes()?;
        Ok(tensor)
    }

    fn check_static_shapes(&self) -> Result<()> {
        let (indices, values, dense_shape) =
            (self.indices.shape(), self.values.shape(), self.dense_shape.shape());
        for (shape, rank) in [(&indices, 2), (&values, 1), (&dense_shape, 1)] {
            ensure!(
                shape.rank().is_none_or(|known| known == rank),
                value,
                "Shape {shape} must have rank {rank}"
            );
        }
        let fits = |a: Option<usize>, b: Option<usize>| match (a, b) {
            (Some(a), Some(b)) if a != b => bail!(value, "Dimensions {a} and {b} are not compatible"),
            _ => Ok(()),
        };
        fits(indices.dim(0), values.dim(0))?;
        fits(indices.dim(1), dense_shape.dim(0))
    }

    /// The dtype of the values.
    pub fn dtype(&self) -> DType {
        self.values.dtype()
    }

    /// The shape of the whole, as far as it is known.
    pub fn shape(&self) -> PartialShape {
        let known = match &self.dense_shape {
            Tensor::Eager(tensor) => Some(tensor.value().clone()),
            Tensor::Symbolic(tensor) => tensor.graph().constant_value(tensor),
        };
        let dims = known.and_then(|value| value.to_i64_vec().ok());
        match dims.map(|dims| PartialShape::from_i64(&dims)) {
            Some(Ok(shape)) => shape,
            _ => self.dense_shape.shape().dim(0).map_or_else(PartialShape::default, PartialShape::of_rank),
        }
    }

    /// The same under TensorFlow's older name.
    pub fn get_shape(&self) -> PartialShape {
        self.shape()
    }

    /// The same positions with other values.
    ///
    /// # Errors
    /// `ValueError` when there are more or fewer of them.
    pub fn with_values(&self, new_values: impl IntoOperand) -> Result<SparseTensor> {
        SparseTensor::new(&self.indices, new_values, &self.dense_shape)
    }

    /// The three values of an eager sparse tensor.
    ///
    /// # Errors
    /// `AttributeError` for one of a graph: a session's `run` gives its value.
    pub fn value(&self) -> Result<SparseTensorValue> {
        Ok(SparseTensorValue {
            indices: self.indices.numpy()?,
            values: self.values.numpy()?,
            dense_shape: self.dense_shape.numpy()?,
        })
    }
}

impl From<&SparseTensorValue> for SparseTensor {
    /// An eager sparse tensor of this value.
    fn from(value: &SparseTensorValue) -> SparseTensor {
        SparseTensor {
            indices: value.indices.clone().into(),
            values: value.values.clone().into(),
            dense_shape: value.dense_shape.clone().into(),
        }
    }
}

/// A part of a composite tensor as Python's `str` shows it.
struct Part<'a>(&'a Tensor);

impl fmt::Display for Part<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Tensor::Eager(tensor) => f.write_str(&print::eager_tensor_str(tensor.value())),
            symbolic @ Tensor::Symbolic(_) => fmt::Display::fmt(symbolic, f),
        }
    }
}

impl fmt::Display for SparseTensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&print::sparse_tensor_repr(
            Part(&self.indices),
            Part(&self.values),
            Part(&self.dense_shape),
        ))
    }
}

/// TensorFlow's `repr` of a sparse tensor is its `str`.
impl fmt::Debug for SparseTensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A tensor whose rows differ in length (`tf.RaggedTensor`).
#[derive(Clone)]
pub struct RaggedTensor {
    /// The values of all rows, one after the other.
    pub flat_values: Tensor,
    /// Where rows begin and end, one tensor for each ragged dimension from the outside in.
    pub nested_row_splits: Vec<Tensor>,
}

impl RaggedTensor {
    /// The rows that `row_splits` cut `values` into: row `i` is `values[row_splits[i]..row_splits[i + 1]]`.
    ///
    /// ```
    /// use ferroflow_core::RaggedTensor;
    /// let rows = RaggedTensor::from_row_splits([1, 2, 3], [0, 2, 2, 3])?;
    /// assert_eq!(rows.to_string(), "<tf.RaggedTensor [[1, 2], [], [3]]>");
    /// # Ok::<(), ferroflow_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`RaggedTensor::from_nested_row_splits`].
    pub fn from_row_splits(values: impl IntoOperand, row_splits: impl IntoOperand) -> Result<RaggedTensor> {
        let splits = row_splits.into_operand()?;
        RaggedTensor::checked("RaggedFromRowSplits", values, || {
            let splits = context::name_scope("RowPartitionFromRowSplits", || {
                context::with_name("row_splits", || convert_to_tensor(splits, Some(DType::INT64)))
            })?;
            Ok(vec![splits])
        })
    }

    /// The same with several ragged dimensions, the splits of the outermost first.
    ///
    /// Differs from TensorFlow: in a graph it adds no ops that check the splits (`validate=False`); eager splits are
    /// checked.
    ///
    /// # Errors
    /// `InvalidArgument` for splits that do not start at 0, go backwards or end elsewhere than the values.
    pub fn from_nested_row_splits(
        flat_values: impl IntoOperand,
        nested_row_splits: Vec<Tensor>,
    ) -> Result<RaggedTensor> {
        RaggedTensor::checked("RaggedFromNestedRowSplits", flat_values, || {
            nested_row_splits
                .into_iter()
                .map(|splits| {
                    let dtype = (splits.dtype() != DType::INT32).then_some(DType::INT64);
                    convert_to_tensor(splits, dtype)
                })
                .collect()
        })
    }

    fn checked(
        scope: &str,
        flat_values: impl IntoOperand,
        splits: impl FnOnce() -> Result<Vec<Tensor>>,
    ) -> Result<RaggedTensor> {
        let flat_values = flat_values.into_operand()?;
        let tensor = context::name_scope(scope, || {
            let flat_values = context::with_name("values", || convert_to_tensor(flat_values, None))?;
            Ok(RaggedTensor { flat_values, nested_row_splits: splits()? })
        })?;
        if tensor.is_eager() {
            tensor.value()?;
        }
        Ok(tensor)
    }

    fn is_eager(&self) -> bool {
        self.flat_values.is_eager() && self.nested_row_splits.iter().all(Tensor::is_eager)
    }

    /// The dtype of the values.
    pub fn dtype(&self) -> DType {
        self.flat_values.dtype()
    }

    /// How many dimensions are ragged.
    pub fn ragged_rank(&self) -> usize {
        self.nested_row_splits.len()
    }

    /// The shape, with ragged dimensions unknown.
    pub fn shape(&self) -> PartialShape {
        let rows = self.nested_row_splits.first().and_then(|splits| splits.shape().dim(0));
        let outer = std::iter::once(rows.and_then(|ends| ends.checked_sub(1)));
        let ragged = std::iter::repeat_n(None, self.ragged_rank());
        match self.flat_values.shape().dims() {
            Some([_, inner @ ..]) => PartialShape::new(outer.chain(ragged).chain(inner.iter().copied())),
            _ => PartialShape::default(),
        }
    }

    /// The value of an eager ragged tensor.
    ///
    /// # Errors
    /// `ValueError` for one of a graph: a session's `run` gives its value.
    pub fn value(&self) -> Result<RaggedTensorValue> {
        ensure!(self.is_eager(), value, "RaggedTensor.numpy() is only supported in eager mode.");
        let splits = self.nested_row_splits.iter().map(Tensor::numpy).collect::<Result<Vec<_>>>()?;
        RaggedTensorValue::new(self.flat_values.numpy()?, splits)
    }

    /// The rows as nested lists.
    ///
    /// # Errors
    /// `ValueError` for one of a graph; `TypeError` for another dtype than `T`'s.
    pub fn to_list<T: Element>(&self) -> Result<NestedList<T>> {
        ensure!(self.is_eager(), value, "to_list can only be used in eager mode.");
        self.value()?.to_list()
    }
}

impl From<&RaggedTensorValue> for RaggedTensor {
    /// An eager ragged tensor of this value.
    fn from(value: &RaggedTensorValue) -> RaggedTensor {
        RaggedTensor {
            flat_values: value.flat_values().clone().into(),
            nested_row_splits: value.nested_row_splits().iter().map(|splits| splits.clone().into()).collect(),
        }
    }
}

impl fmt::Display for RaggedTensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Ok(value) = self.value() {
            return f.write_str(&print::eager_ragged_tensor_repr(&value));
        }
        let values = self.flat_values.to_string();
        let nested = self.nested_row_splits.iter().rev();
        f.write_str(&nested.fold(values, print::symbolic_ragged_tensor_repr))
    }
}

/// TensorFlow's `repr` of a ragged tensor is its `str`.
impl fmt::Debug for RaggedTensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Slices of a larger tensor along its first axis (`tf.IndexedSlices`): the gradient of a lookup.
#[derive(Clone)]
pub struct IndexedSlices {
    /// The slices.
    pub values: Tensor,
    /// `[n]`: where each slice stands.
    pub indices: Tensor,
    /// The shape of the whole, where known.
    pub dense_shape: Option<Tensor>,
}

impl IndexedSlices {
    /// Slices, values first as in TensorFlow.
    pub fn new(values: Tensor, indices: Tensor, dense_shape: Option<Tensor>) -> IndexedSlices {
        IndexedSlices { values, indices, dense_shape }
    }

    /// The dtype of the slices.
    pub fn dtype(&self) -> DType {
        self.values.dtype()
    }

    /// The value of eager slices.
    ///
    /// # Errors
    /// `AttributeError` for slices of a graph: a session's `run` gives their value.
    pub fn value(&self) -> Result<IndexedSlicesValue> {
        Ok(IndexedSlicesValue {
            values: self.values.numpy()?,
            indices: self.indices.numpy()?,
            dense_shape: self.dense_shape.as_ref().map(Tensor::numpy).transpose()?,
        })
    }
}

impl fmt::Display for IndexedSlices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dense_shape = self.dense_shape.as_ref().map(Part);
        f.write_str(&print::indexed_slices_str(Part(&self.indices), Part(&self.values), dense_shape))
    }
}

/// The `str`: TensorFlow's `repr` of indexed slices is an address.
impl fmt::Debug for IndexedSlices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
