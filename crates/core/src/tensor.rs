//! `Tensor`: the handle users hold, an eager value or an output of a graph's node.

use crate::print::{self, PrintOptions};
use crate::{DType, Error, GraphLike, NdArray, PartialShape, Result, bail};
use std::sync::Arc;

/// A tensor: a value at hand (eager), or the promise of one (symbolic: an output of a node of a graph).
///
/// Cloning is cheap and shares the value or the node. Which of the two a function returns depends on where it is
/// called: see [`crate::context`].
///
/// `{:?}` prints TensorFlow's `repr`. `{}` prints the bare values of an eager tensor, as Python's `format` does,
/// and TensorFlow's `str` of a symbolic one.
#[derive(Clone)]
pub enum Tensor {
    /// A value.
    Eager(EagerTensor),
    /// A node's output.
    Symbolic(SymbolicTensor),
}

/// A tensor with a value. Every op's result is a tensor of its own, even where values share memory: gradient tapes
/// tell tensors apart by that.
#[derive(Clone)]
pub struct EagerTensor(Arc<NdArray>);

/// An output of a node of a graph.
#[derive(Clone)]
pub struct SymbolicTensor {
    graph: Arc<dyn GraphLike>,
    node: usize,
    index: usize,
    dtype: DType,
}

impl EagerTensor {
    /// A tensor of this value.
    pub fn new(value: NdArray) -> EagerTensor {
        EagerTensor(Arc::new(value))
    }

    /// The value.
    pub fn value(&self) -> &NdArray {
        &self.0
    }

    /// What tells this tensor from others while it lives.
    pub fn id(&self) -> usize {
        Arc::as_ptr(&self.0) as usize
    }
}

impl SymbolicTensor {
    /// Output `index` of node `node`.
    pub fn new(graph: Arc<dyn GraphLike>, node: usize, index: usize, dtype: DType) -> SymbolicTensor {
        SymbolicTensor { graph, node, index, dtype }
    }

    /// The graph.
    pub fn graph(&self) -> &Arc<dyn GraphLike> {
        &self.graph
    }

    /// The node's position in the graph.
    pub fn node(&self) -> usize {
        self.node
    }

    /// Which of the node's outputs it is.
    pub fn index(&self) -> usize {
        self.index
    }

    /// The name, `node:index`.
    pub fn name(&self) -> String {
        format!("{}:{}", self.graph.node_name(self.node), self.index)
    }

    /// The dtype, with the reference mark where it has one.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// What is known of the shape.
    pub fn shape(&self) -> PartialShape {
        self.graph.output_shape(self.node, self.index)
    }

    /// Whether two handles mean the same output.
    pub fn is_same(&self, other: &SymbolicTensor) -> bool {
        self.node == other.node && self.index == other.index && Arc::ptr_eq(&self.graph, &other.graph)
    }
}

impl Tensor {
    /// The dtype.
    pub fn dtype(&self) -> DType {
        match self {
            Tensor::Eager(tensor) => tensor.value().dtype(),
            Tensor::Symbolic(tensor) => tensor.dtype,
        }
    }

    /// The shape, as far as known; always in full for an eager tensor.
    pub fn shape(&self) -> PartialShape {
        match self {
            Tensor::Eager(tensor) => tensor.value().shape().into(),
            Tensor::Symbolic(tensor) => tensor.shape(),
        }
    }

    /// The same under TensorFlow's older name.
    pub fn get_shape(&self) -> PartialShape {
        self.shape()
    }

    /// The rank, if known.
    pub fn rank(&self) -> Option<usize> {
        self.shape().rank()
    }

    /// Whether the tensor has a value now.
    pub fn is_eager(&self) -> bool {
        matches!(self, Tensor::Eager(_))
    }

    /// The symbolic tensor, if it is one.
    pub fn as_symbolic(&self) -> Option<&SymbolicTensor> {
        match self {
            Tensor::Symbolic(tensor) => Some(tensor),
            Tensor::Eager(_) => None,
        }
    }

    /// The value as an array that shares the tensor's memory, copied on write: it costs nothing, and writing to it
    /// never changes the tensor. (TensorFlow's documentation allows sharing, its code copies; the two cannot be
    /// told apart here.)
    ///
    /// ```
    /// use ferroflow_core::Tensor;
    /// let tensor = Tensor::from([1i32, 2, 3]);
    /// let mut array = tensor.numpy()?;
    /// array.as_mut_slice::<i32>()?[0] = 9;
    /// assert_eq!(tensor.numpy()?.as_slice::<i32>()?, [1, 2, 3]);
    /// # Ok::<(), ferroflow_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `AttributeError` for a symbolic tensor, with what to do instead; `InvalidArgument` for resources and variants.
    pub fn numpy(&self) -> Result<NdArray> {
        match self {
            Tensor::Eager(tensor) => match tensor.value().dtype() {
                dtype @ (DType::RESOURCE | DType::VARIANT) => {
                    bail!(
                        invalid_argument,
                        "Cannot convert a Tensor of dtype {} to a NumPy array.",
                        dtype.name()
                    )
                }
                _ => Ok(tensor.value().clone()),
            },
            Tensor::Symbolic(tensor) => Err(no_numpy(tensor)),
        }
    }

    /// The value, if the tensor is eager.
    ///
    /// # Errors
    /// As [`Tensor::numpy`] for a symbolic tensor; any dtype will do.
    pub fn value(&self) -> Result<&NdArray> {
        match self {
            Tensor::Eager(tensor) => Ok(tensor.value()),
            Tensor::Symbolic(tensor) => Err(no_numpy(tensor)),
        }
    }

    /// The name, `node:index`.
    ///
    /// # Errors
    /// `AttributeError` for an eager tensor.
    pub fn name(&self) -> Result<String> {
        match self {
            Tensor::Symbolic(tensor) => Ok(tensor.name()),
            Tensor::Eager(_) => Err(undefined("name")),
        }
    }

    /// The graph.
    ///
    /// # Errors
    /// `AttributeError` for an eager tensor.
    pub fn graph(&self) -> Result<Arc<dyn GraphLike>> {
        match self {
            Tensor::Symbolic(tensor) => Ok(tensor.graph.clone()),
            Tensor::Eager(_) => Err(undefined("graph")),
        }
    }

    /// Evaluates the tensor in the default session.
    ///
    /// # Errors
    /// `ValueError` without a default session or when that session is of another graph; `NotImplementedError`
    /// for an eager tensor; what the run returns.
    pub fn eval(&self) -> Result<NdArray> {
        self.eval_feed(&[])
    }

    /// The same with values for some tensors of the graph.
    ///
    /// # Errors
    /// As [`Tensor::eval`].
    pub fn eval_feed(&self, feeds: &[(Tensor, NdArray)]) -> Result<NdArray> {
        let tensor = self.symbolic_for_eval()?;
        let Some(session) = crate::context::default_evaluator() else {
            bail!(
                value,
                "Cannot evaluate tensor using `eval()`: No default session is registered. Use `with \
                 sess.as_default()` or pass an explicit session to `eval(session=sess)`"
            );
        };
        if !session.owns(tensor.graph()) {
            bail!(
                value,
                "Cannot use the default session to evaluate tensor: the tensor's graph is different from the \
                 session's graph. Pass an explicit session to `eval(session=sess)`."
            );
        }
        session.evaluate(self, feeds)
    }

    /// Evaluates the tensor in this session.
    ///
    /// # Errors
    /// `ValueError` when the session is of another graph; `NotImplementedError` for an eager tensor; what the run
    /// returns.
    pub fn eval_in(&self, session: &dyn crate::Evaluator) -> Result<NdArray> {
        let tensor = self.symbolic_for_eval()?;
        if !session.owns(tensor.graph()) {
            bail!(
                value,
                "Cannot use the given session to evaluate tensor: the tensor's graph is different from the \
                 session's graph."
            );
        }
        session.evaluate(self, &[])
    }

    fn symbolic_for_eval(&self) -> Result<&SymbolicTensor> {
        match self {
            Tensor::Symbolic(tensor) => Ok(tensor),
            Tensor::Eager(_) => Err(Error::not_implemented(
                "eval is not supported when eager execution is enabled, is .numpy() what you're looking for?",
            )),
        }
    }

    /// Whether two handles mean the same tensor: the same value object, or the same output of the same graph.
    /// TensorFlow 1's `==` on tensors.
    pub fn is_same(&self, other: &Tensor) -> bool {
        match (self, other) {
            (Tensor::Eager(a), Tensor::Eager(b)) => Arc::ptr_eq(&a.0, &b.0),
            (Tensor::Symbolic(a), Tensor::Symbolic(b)) => a.is_same(b),
            _ => false,
        }
    }
}

fn undefined(property: &str) -> Error {
    Error::attribute(format!("Tensor.{property} is undefined when eager execution is enabled."))
}

#[cold]
fn no_numpy(tensor: &SymbolicTensor) -> Error {
    Error::attribute(format!(
        "'SymbolicTensor' object has no attribute 'numpy'. Tensor '{}' stands for a value that its graph has not \
         computed: fetch it with `session.run(&tensor)` or `tensor.eval()`, return it from the traced function, or \
         compute eagerly (`ferroflow::v2`, or `enable_eager_execution()` at program start-up)",
        tensor.name()
    ))
}

impl<V: Into<NdArray>> From<V> for Tensor {
    /// An eager tensor of this value, of exactly its dtype.
    fn from(value: V) -> Tensor {
        Tensor::Eager(EagerTensor::new(value.into()))
    }
}

impl std::fmt::Debug for Tensor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&match self {
            Tensor::Eager(tensor) if f.alternate() => print::eager_tensor_repr_with(
                tensor.value(),
                &PrintOptions { threshold: usize::MAX, ..Default::default() },
            ),
            Tensor::Eager(tensor) => print::eager_tensor_repr(tensor.value()),
            Tensor::Symbolic(tensor) => print::symbolic_repr(&tensor.name(), &tensor.shape(), tensor.dtype),
        })
    }
}

impl std::fmt::Display for Tensor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&match self {
            Tensor::Eager(tensor) => print::eager_tensor_format(tensor.value()),
            Tensor::Symbolic(tensor) => {
                let device = tensor.graph.node_device(tensor.node);
                print::symbolic_str(&tensor.name(), &tensor.shape(), tensor.dtype, &device)
            }
        })
    }
}
