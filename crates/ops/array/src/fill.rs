//! Fill, ZerosLike, OnesLike, Empty: tensors of one value.

use crate::sizes::shape_from_sizes;
use ferroflow_core::{
    DType, Grad, GradCtx, IntoOperand, KernelCtx, NdArray, Op, OpDef, Operand, Result, Shape, ShapeCtx,
    Tensor, Variant, bail, constant, constant_node_of, context, convert_to_tensor, dispatch, literal_array,
    options, shape_fn,
};

/// Constants of fewer elements than this stand in a graph as they are; larger ones are filled when it runs.
const SMALL: usize = 1000;

/// A tensor of this shape with `value` everywhere.
///
/// Source: `tf.fill` (op `Fill`).
///
/// ```
/// use ferroflow_ops_array::fill;
/// assert_eq!(fill([2], 9)?.numpy()?.as_slice::<i32>()?, [9, 9]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when `dims` is no vector of sizes or `value` no scalar.
pub fn fill(dims: impl IntoOperand, value: impl IntoOperand) -> Result<Tensor> {
    Op::new(&FILL).input(dims).input(value).one()
}

/// A tensor of this shape with zeros (`false`, empty strings) everywhere.
///
/// Source: `tf.zeros` (ops `Const`, `Fill`).
///
/// ```
/// use ferroflow_core::DType;
/// use ferroflow_ops_array::zeros;
/// assert_eq!(zeros([2], DType::FLOAT32)?.numpy()?.as_slice::<f32>()?, [0.0, 0.0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when `shape` is no vector of sizes.
pub fn zeros(shape: impl IntoOperand, dtype: DType) -> Result<Tensor> {
    filled("zeros", shape, NdArray::zeros(dtype.base(), Shape::scalar())?)
}

/// A tensor of this shape with ones (`true`) everywhere.
///
/// Source: `tf.ones` (ops `Const`, `Fill`).
///
/// # Errors
/// `InvalidArgument` when `shape` is no vector of sizes, `Unimplemented` for a dtype without a one.
pub fn ones(shape: impl IntoOperand, dtype: DType) -> Result<Tensor> {
    filled("ones", shape, one(dtype.base())?)
}

fn one(dtype: DType) -> Result<NdArray> {
    NdArray::scalar(true).cast(dtype)
}

/// An array with the only element of `value` everywhere.
fn spread(value: &NdArray, shape: Shape) -> Result<NdArray> {
    dispatch!(value.dtype(), ALL, |T| NdArray::full(shape, value.item::<T>()?))
}

/// `zeros` and `ones`: a constant where the shape is known and small, else a `Fill`, under the function's name.
fn filled(name: &'static str, shape: impl IntoOperand, value: NdArray) -> Result<Tensor> {
    let shape = shape.into_operand()?;
    context::name_scope_for_op(name, |op_name| {
        let dims = match shape {
            Operand::Tensor(tensor) if tensor.rank() == Some(0) || !tensor.is_eager() => tensor,
            literal => {
                let dims = match &literal {
                    Operand::Tensor(tensor) => tensor.value()?.clone(),
                    other => literal_array(other, None)?,
                };
                // An empty list of sizes has no dtype of its own.
                let sizes = if dims.is_empty() { Vec::new() } else { dims.to_i64_vec()? };
                if dims.rank() == 1 {
                    let shape = Shape::from_i64(&sizes)?;
                    if context::executing_eagerly() {
                        return Ok(Tensor::from(spread(&value, shape)?));
                    }
                    if shape.num_elements() < SMALL {
                        let all = spread(&value, shape)?;
                        return context::with_name(&op_name, || constant_node_of(all, 1));
                    }
                }
                context::with_name("shape_as_tensor", || {
                    convert_to_tensor(NdArray::vector(sizes).cast(DType::INT32)?, None)
                })?
            }
        };
        Op::new(&FILL).input(dims).input(constant(value)?).name(op_name).one()
    })
}

options! {
    /// Optional arguments of [`zeros_like_with`] and [`ones_like_with`].
    pub struct LikeOptions {
        /// The dtype of the result, if it is not that of the input.
        dtype: Option<DType> = None,
    }
}

/// Zeros in the shape and dtype of another tensor.
///
/// Source: `tf.zeros_like` (ops `Const`, `ZerosLike`).
///
/// # Errors
/// Those of the graph in force.
pub fn zeros_like(input: impl IntoOperand) -> Result<Tensor> {
    zeros_like_with(input, |o| o)
}

/// [`zeros_like`] with a dtype of its own.
///
/// # Errors
/// As [`zeros_like`].
pub fn zeros_like_with(
    input: impl IntoOperand,
    options: impl FnOnce(LikeOptions) -> LikeOptions,
) -> Result<Tensor> {
    let zero = |dtype| NdArray::zeros(dtype, Shape::scalar());
    filled_like("zeros_like", &ZEROS_LIKE, input, options(LikeOptions::default()).dtype, zero)
}

/// Ones in the shape and dtype of another tensor.
///
/// Source: `tf.ones_like` (ops `Const`, `OnesLike`).
///
/// # Errors
/// Those of the graph in force; `Unimplemented` for a dtype without a one.
pub fn ones_like(input: impl IntoOperand) -> Result<Tensor> {
    ones_like_with(input, |o| o)
}

/// [`ones_like`] with a dtype of its own.
///
/// # Errors
/// As [`ones_like`].
pub fn ones_like_with(
    input: impl IntoOperand,
    options: impl FnOnce(LikeOptions) -> LikeOptions,
) -> Result<Tensor> {
    filled_like("ones_like", &ONES_LIKE, input, options(LikeOptions::default()).dtype, one)
}

/// Ones in the shape of another tensor by the nodes of `tf.compat.v1.ones_like`, which TensorFlow's own functions call:
/// other than [`ones_like`] it fills, whatever is known of the shape.
///
/// # Errors
/// Those of the graph in force; `Unimplemented` for a dtype without a one.
pub fn ones_like_by_filling(input: impl IntoOperand, dtype: Option<DType>) -> Result<Tensor> {
    let input = input.into_operand()?;
    if context::executing_eagerly() {
        return ones_like_with(input, |o| o.dtype(dtype));
    }
    context::name_scope_for_op("ones_like", |name| {
        let input = context::with_name("tensor", || convert_to_tensor(input, None))?;
        let sizes = match input.shape().to_shape() {
            Some(shape) => context::name_scope("Shape", || {
                let sizes = NdArray::vector(shape.to_i64()).cast(DType::INT32)?;
                context::with_name("shape_as_tensor", || constant(sizes))
            })?,
            None => crate::shape(&input)?,
        };
        context::with_name(&name, || ones(sizes, dtype.unwrap_or(input.dtype().base())))
    })
}

fn filled_like(
    name: &'static str,
    def: &'static OpDef,
    input: impl IntoOperand,
    dtype: Option<DType>,
    value: impl FnOnce(DType) -> Result<NdArray>,
) -> Result<Tensor> {
    let input = input.into_operand()?;
    context::name_scope_for_op(name, |op_name| {
        let input = context::with_name("tensor", || convert_to_tensor(input, None))?;
        let own = input.dtype().base();
        let dtype = dtype.unwrap_or(own);
        let handles = matches!(dtype, DType::RESOURCE | DType::VARIANT);
        if let (false, false, Some(shape)) = (handles, input.is_eager(), input.shape().to_shape())
            && shape.num_elements() < SMALL
        {
            let all = spread(&value(dtype)?, shape)?;
            return context::with_name(&op_name, || constant_node_of(all, 1));
        }
        if dtype == own {
            return Op::new(def).input(input).name(op_name).one();
        }
        let dims = Op::new(&crate::shape_of::SHAPE).input(&input).one()?;
        Op::new(&FILL).input(dims).input(constant(value(dtype)?)?).name(op_name).one()
    })
}

fn fill_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (dims, value) = (cx.input(0), cx.input(1));
    if cx.at_run_time() {
        // A scalar of sizes stands for a vector of one, as in TensorFlow's first versions.
        if dims.rank().is_some_and(|rank| rank > 1) {
            bail!(invalid_argument, "dims must represent a vector, got shape {}", dims.cpp());
        }
        if value.num_elements() != Some(1) || value.rank().is_some_and(|rank| rank > 1) {
            bail!(invalid_argument, "value must represent a scalar, got shape {}", value.cpp());
        }
        let sizes = cx.ints(0)?.unwrap_or_default();
        let shape = shape_from_sizes(&sizes)?;
        cx.set(0, shape);
        return Ok(());
    }
    cx.with_rank(1, 0)?;
    cx.with_rank(0, 1)?;
    let shape = cx.input_as_shape(0)?;
    cx.set(0, shape);
    Ok(())
}

fn fill_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shape = cx.output_shape(0)?;
    let filled = spread(cx.input(1)?, shape)?;
    cx.set(0, filled)
}

fn fill_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let dy = cx.dy(0)?;
    cx.set(1, crate::gradients::sum_all(&dy))
}

fn zeros_like_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let like = cx.input(0)?;
    let zeros = match like.dtype() {
        DType::VARIANT => {
            let zeros = like.as_slice::<Variant>()?.iter().map(Variant::zeros).collect::<Result<_>>()?;
            NdArray::from_shape(like.shape().clone(), zeros)?
        }
        dtype => NdArray::zeros(dtype, like.shape().clone())?,
    };
    cx.set(0, zeros)
}

fn ones_like_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let like = cx.input(0)?;
    let ones = spread(&one(like.dtype())?, like.shape().clone())?;
    cx.set(0, ones)
}

fn empty_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let shape = cx.input_as_shape(0)?;
    cx.set(0, shape);
    Ok(())
}

fn empty_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shape = cx.output_shape(0)?;
    let zeros = NdArray::zeros(cx.dtype("dtype")?, shape)?;
    cx.set(0, zeros)
}

pub(crate) static FILL: OpDef = OpDef {
    name: "Fill",
    shape: fill_shape,
    kernel: Some(fill_kernel),
    grad: Grad::Fn(fill_grad),
    ..OpDef::NEW
};
pub(crate) static ZEROS_LIKE: OpDef = OpDef {
    name: "ZerosLike",
    shape: shape_fn::unchanged,
    kernel: Some(zeros_like_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};
pub(crate) static ONES_LIKE: OpDef = OpDef {
    name: "OnesLike",
    shape: shape_fn::unchanged,
    kernel: Some(ones_like_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};
pub(crate) static EMPTY: OpDef =
    OpDef { name: "Empty", shape: empty_shape, kernel: Some(empty_kernel), ..OpDef::NEW };
