//! Constants, placeholders and what else makes tensors from nothing.

use crate::mode::{facade, tensor_equality_enabled};
use ferroflow_core::{DType, IntoOperand, Operand, PartialShape, Result, Shape, Tensor, context};
use ferroflow_ops_array as array;

/// A constant.
///
/// # Errors
/// Those of the graph in force.
pub fn constant(value: impl IntoOperand) -> Result<Tensor> {
    facade(|| ferroflow_core::constant(value))
}

/// A constant of this dtype and shape, where they are given; a single value fills the shape.
///
/// # Errors
/// `TypeError` for a value that cannot have the dtype or the shape.
pub fn constant_of(value: impl IntoOperand, dtype: Option<DType>, shape: Option<&Shape>) -> Result<Tensor> {
    facade(|| ferroflow_core::constant_of(value, dtype, shape))
}

/// A tensor from anything that converts to one.
///
/// # Errors
/// `TypeError` and `ValueError` for a value that cannot have the dtype.
pub fn convert_to_tensor(value: impl IntoOperand, dtype: Option<DType>) -> Result<Tensor> {
    facade(|| ferroflow_core::convert_to_tensor(value, dtype))
}

/// A tensor that every run must feed.
///
/// # Errors
/// `RuntimeError` in eager mode.
pub fn placeholder(dtype: DType, shape: impl Into<PartialShape>) -> Result<Tensor> {
    facade(|| array::placeholder(dtype, shape))
}

/// A tensor that passes on `input` where a run feeds nothing for it.
///
/// # Errors
/// Those of the graph in force.
pub fn placeholder_with_default(input: impl IntoOperand, shape: impl Into<PartialShape>) -> Result<Tensor> {
    facade(|| array::placeholder_with_default(input, shape))
}

/// The tensor in another dtype.
///
/// # Errors
/// `Unimplemented` for strings.
pub fn cast(x: impl IntoOperand, dtype: DType) -> Result<Tensor> {
    let x = x.into_operand()?;
    facade(|| match x {
        Operand::Tensor(tensor) => ferroflow_core::operators::cast(tensor, dtype),
        // A number is a constant in a scope of its own.
        literal => context::name_scope_for_op("Cast", |name| {
            let x = context::with_name("x", || ferroflow_core::convert_to_tensor(literal, None))?;
            context::with_name(&name, || ferroflow_core::operators::cast(x, dtype))
        }),
    })
}

/// Zeros.
///
/// # Errors
/// `InvalidArgument` for a shape with negative sizes.
pub fn zeros(shape: impl IntoOperand, dtype: DType) -> Result<Tensor> {
    facade(|| array::zeros(shape, dtype))
}

/// Ones.
///
/// # Errors
/// `InvalidArgument` for a shape with negative sizes.
pub fn ones(shape: impl IntoOperand, dtype: DType) -> Result<Tensor> {
    facade(|| array::ones(shape, dtype))
}

/// Zeros of the shape and dtype of another tensor.
///
/// # Errors
/// Those of the graph in force.
pub fn zeros_like(tensor: impl IntoOperand) -> Result<Tensor> {
    facade(|| array::zeros_like(tensor))
}

/// Ones of the shape and dtype of another tensor.
///
/// # Errors
/// Those of the graph in force.
pub fn ones_like(tensor: impl IntoOperand) -> Result<Tensor> {
    ones_like_of(tensor, None)
}

/// [`ones_like`] of another dtype.
pub(crate) fn ones_like_of(tensor: impl IntoOperand, dtype: Option<DType>) -> Result<Tensor> {
    facade(|| array::ones_like_by_filling(tensor, dtype))
}

/// The shape as a tensor.
///
/// # Errors
/// Those of the graph in force.
pub fn shape(input: impl IntoOperand) -> Result<Tensor> {
    facade(|| array::shape(input))
}

/// The places of the elements that are true: a row of coordinates each. It is what `tf.where` does with one argument.
///
/// # Errors
/// `TypeError` for a dtype that cannot be compared with 0.
pub fn where_true(condition: impl IntoOperand) -> Result<Tensor> {
    facade(|| array::where_true(condition))
}

/// What Python's `==` gives for two tensors in v1.
#[derive(Clone, Debug)]
pub enum TensorEquality {
    /// Whether both are the same tensor.
    Same(bool),
    /// Element by element, after `enable_tensor_equality`.
    Elementwise(Tensor),
}

/// `x == y` as Python's operator has it: identity, or, with `enable_tensor_equality`, elementwise equality.
///
/// # Errors
/// Those of [`equal`](crate::equal).
pub fn tensor_equals(x: &Tensor, y: &Tensor) -> Result<TensorEquality> {
    if tensor_equality_enabled() {
        return crate::equal(x, y).map(TensorEquality::Elementwise);
    }
    Ok(TensorEquality::Same(x.is_same(y)))
}
