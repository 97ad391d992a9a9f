//! From Rust's values to tensors, and back where a graph knows them.

use ferroflow_core::{
    DType, Error, IntoOperand, NdArray, Result, Shape, Tensor, constant_of, context, options,
};

options! {
    /// Optional arguments of [`constant_with`].
    pub struct ConstantOptions {
        /// The dtype; by default that of the value.
        dtype: Option<DType> = None,
        /// The shape; a single value fills it.
        shape: Option<Shape> = None,
        /// The name of the node, in a graph.
        name: String = "Const".to_string(),
    }
}

/// A tensor of this value.
///
/// Numbers and nested arrays of `i32` and `f64`, the types of bare literals, become `int32` and `float32`; every other
/// type, and every array of the `ndarray` crate, keeps its dtype.
///
/// ```
/// use ferroflow_v2 as tf;
/// let matrix = tf::constant([[1, 2], [3, 4]])?;
/// assert_eq!((matrix.dtype(), matrix.shape()), (tf::int32, [2, 2].into()));
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// Those of the graph in force.
pub fn constant(value: impl IntoOperand) -> Result<Tensor> {
    ferroflow_graph::install();
    ferroflow_core::constant(value)
}

/// A tensor of this value, with a dtype, a shape or a name of the caller's choice.
///
/// ```
/// use ferroflow_v2 as tf;
/// let shape = tf::Shape::new(&[2, 3])?;
/// let zeros = tf::constant_with(0, |o| o.dtype(tf::float32).shape(shape))?;
/// assert_eq!(format!("{zeros}"), "[[0. 0. 0.]\n [0. 0. 0.]]");
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// `TypeError` when the value cannot have the dtype or the shape.
pub fn constant_with(
    value: impl IntoOperand,
    options: impl FnOnce(ConstantOptions) -> ConstantOptions,
) -> Result<Tensor> {
    ferroflow_graph::install();
    let options = options(ConstantOptions::default());
    context::with_name(&options.name, || constant_of(value, options.dtype, options.shape.as_ref()))
}

/// A tensor from anything that converts to one; a tensor is returned as it is.
///
/// # Errors
/// `ValueError` for a tensor of another dtype than the one asked for, `TypeError` for a value that cannot have it.
pub fn convert_to_tensor(value: impl IntoOperand, dtype: impl Into<Option<DType>>) -> Result<Tensor> {
    ferroflow_graph::install();
    ferroflow_core::convert_to_tensor(value, dtype.into())
}

/// The value of a tensor, where it is known without running anything: of every eager tensor, and of what follows from
/// constants in a graph.
pub fn get_static_value(tensor: &Tensor) -> Option<NdArray> {
    match tensor {
        Tensor::Eager(eager) => Some(eager.value().clone()),
        Tensor::Symbolic(symbolic) => symbolic.graph().constant_value(symbolic),
    }
}

/// Whether a tensor is one of a graph, without a value of its own.
///
/// Source: `tf.is_symbolic_tensor`.
///
/// ```
/// use ferroflow_v2 as tf;
/// assert!(!tf::is_symbolic_tensor(&tf::constant(1)?));
/// let traced = tf::function(|x: &tf::Tensor| tf::constant(tf::is_symbolic_tensor(x)));
/// assert_eq!(format!("{}", traced.call(1)?), "True");
/// # Ok::<(), tf::Error>(())
/// ```
pub fn is_symbolic_tensor(tensor: &Tensor) -> bool {
    !tensor.is_eager()
}

/// Whether an operand is a tensor already, and no literal or array.
///
/// # Errors
/// The error of a `Result` that is passed on.
pub fn is_tensor(value: impl IntoOperand) -> Result<bool, Error> {
    Ok(matches!(value.into_operand()?, ferroflow_core::Operand::Tensor(_)))
}

/// A new dimension of size 1, among the indices of `getitem`.
#[allow(non_upper_case_globals, reason = "TensorFlow's name")]
pub const newaxis: ferroflow_ops_array::NewAxis = ferroflow_ops_array::NewAxis;

/// What names a dtype: a dtype, its name, its number in files.
pub trait AsDType {
    /// The dtype, or how an error shows what was given.
    ///
    /// # Errors
    /// What was given, as Python's `repr` shows it.
    fn find(self) -> std::result::Result<DType, String>;
}

impl AsDType for DType {
    fn find(self) -> std::result::Result<DType, String> {
        Ok(self)
    }
}

impl AsDType for &str {
    fn find(self) -> std::result::Result<DType, String> {
        // Names of the wire format are none in Python.
        DType::from_name(self).filter(|_| !self.starts_with("DT_")).ok_or_else(|| format!("'{self}'"))
    }
}

impl AsDType for i32 {
    fn find(self) -> std::result::Result<DType, String> {
        DType::from_number(self).ok_or_else(|| self.to_string())
    }
}

/// The dtype of a name, such as `float32`, or of a number.
///
/// Source: `tf.as_dtype`.
///
/// ```
/// use ferroflow_v2 as tf;
/// assert_eq!((tf::as_dtype("float")?, tf::as_dtype(3)?), (tf::float32, tf::int32));
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// `TypeError` for what names none.
pub fn as_dtype(type_value: impl AsDType) -> Result<DType> {
    type_value.find().map_err(|given| {
        Error::type_error(format!("Cannot convert the argument `type_value`: {given} to a TensorFlow DType."))
    })
}

/// The message that files and servers hold a tensor as.
///
/// Source: `tf.make_tensor_proto`.
///
/// ```
/// use ferroflow_v2 as tf;
/// let message = tf::make_tensor_proto([[1, 2], [3, 4]])?;
/// assert_eq!(tf::make_ndarray(&message)?.to_string(), "[[1 2]\n [3 4]]");
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// Those of the conversion to a tensor.
pub fn make_tensor_proto(values: impl IntoOperand) -> Result<ferroflow_proto::TensorProto> {
    let tensor = context::with_eager(|| ferroflow_core::convert_to_tensor(values, None))?;
    ferroflow_proto::tensor_proto::from_array(&tensor.numpy()?)
}

/// The array that a message holds.
///
/// Source: `tf.make_ndarray`.
///
/// # Errors
/// `InvalidArgument` for a message that is no tensor.
pub fn make_ndarray(tensor: &ferroflow_proto::TensorProto) -> Result<NdArray> {
    ferroflow_proto::tensor_proto::to_array(tensor)
}
