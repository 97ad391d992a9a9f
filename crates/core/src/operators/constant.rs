//! Const: a value that is part of the program.

use crate::{
    DType, Grad, IntoOperand, KernelCtx, NdArray, Op, OpDef, Operand, PartialShape, Result, Shape, ShapeCtx,
    Tensor, bail, context, dispatch, literal_array,
};

/// A tensor of this value: eager at once, a `Const` node in a graph.
///
/// Numbers and nested arrays of `i32` and `f64` become `int32` and `float32`, as in TensorFlow; every other Rust
/// type, and every `ndarray` array, keeps its dtype.
///
/// Source: `tf.constant` (op `Const`).
///
/// ```
/// use ferroflow_core::{DType, operators::constant};
/// let matrix = constant([[1.0, 2.0], [3.0, 4.0]])?;
/// assert_eq!((matrix.dtype(), matrix.shape()), (DType::FLOAT32, [2, 2].into()));
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// Those of the graph in force, such as `RuntimeError` when it is finalised.
pub fn constant(value: impl IntoOperand) -> Result<Tensor> {
    constant_of(value, None, None)
}

/// A constant of this dtype and shape, where they are given; a single value fills the shape.
///
/// # Errors
/// `TypeError` when the value cannot have the dtype or the shape; those of the graph in force.
pub fn constant_of(value: impl IntoOperand, dtype: Option<DType>, shape: Option<&Shape>) -> Result<Tensor> {
    let operand = value.into_operand()?;
    let array = match &operand {
        Operand::Tensor(tensor) => {
            let value = tensor.value()?;
            dtype.map_or_else(|| Ok(value.clone()), |dtype| value.cast(dtype))?
        }
        operand => literal_array(operand, dtype)?,
    };
    let given = array.len();
    let array = match shape {
        Some(shape) if array.shape() != shape => fill_shape(&array, shape)?,
        _ => array,
    };
    match context::current_graph() {
        Some(_) => constant_node_of(array, given),
        None => Ok(Tensor::from(array)),
    }
}

fn fill_shape(array: &NdArray, shape: &Shape) -> Result<NdArray> {
    if array.len() == shape.num_elements() {
        return array.reshape(shape.clone());
    }
    if array.len() != 1 {
        bail!(
            type_error,
            "Eager execution of tf.constant with unsupported shape. Tensor [...] (converted from [...]) has {} \
             elements, but got `shape` {} with {} elements).",
            array.len(),
            PartialShape::from(shape),
            shape.num_elements()
        );
    }
    dispatch!(array.dtype(), ALL, |T| NdArray::full(shape.clone(), array.item::<T>()?))
}

/// A `Const` node of this value in the graph in force; an eager tensor where there is none.
///
/// # Errors
/// Those of the graph.
pub fn constant_node(value: NdArray) -> Result<Tensor> {
    let dtype = value.dtype();
    Op::new(&CONST).attr("value", value).attr("dtype", dtype).one()
}

/// The attribute of a `Const` node that says how many values it was made of, where the last of them fills the shape:
/// no more are written to messages.
pub const GIVEN_VALUES: &str = "_given_values";

/// A `Const` node of this value, of which the first `given` elements were given: all others are the last of those.
///
/// # Errors
/// Those of the graph.
pub fn constant_node_of(value: NdArray, given: usize) -> Result<Tensor> {
    if given >= value.len() {
        return constant_node(value);
    }
    let dtype = value.dtype();
    Op::new(&CONST).attr("value", value).attr("dtype", dtype).attr(GIVEN_VALUES, given).one()
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let shape = cx.tensor("value")?.shape().clone();
    cx.set(0, shape);
    Ok(())
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let value = cx.tensor("value")?.clone();
    cx.set(0, value)
}

pub(super) static CONST: OpDef =
    OpDef { name: "Const", shape, kernel: Some(kernel), grad: Grad::None, ..OpDef::NEW };
