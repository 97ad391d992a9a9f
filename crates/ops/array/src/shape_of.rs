//! Shape, ShapeN, Size, Rank: what is known of a tensor besides its elements.

use ferroflow_core::{
    DType, Grad, IntoOperand, IntoOperands, KernelCtx, NdArray, Op, OpDef, Result, Shape, ShapeCtx, Tensor,
    bail, constant_node, context, convert_to_tensor, options, shape_fn,
};

options! {
    /// Optional arguments of [`shape_with`], [`shape_n_with`] and [`size_with`].
    pub struct ShapeOptions {
        /// `int32` or `int64`.
        out_type: DType = DType::INT32,
    }
}

/// The sizes of the dimensions, as an `int32` vector.
///
/// Source: `tf.shape` (op `Shape`; a `Const` in a graph where the shape is known).
///
/// ```
/// use ferroflow_ops_array::shape;
/// assert_eq!(shape([[1, 2, 3]])?.numpy()?.as_slice::<i32>()?, [1, 3]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// Those of the graph in force.
pub fn shape(input: impl IntoOperand) -> Result<Tensor> {
    shape_with(input, |o| o)
}

/// [`shape`] with options.
///
/// # Errors
/// As [`shape`].
pub fn shape_with(
    input: impl IntoOperand,
    options: impl FnOnce(ShapeOptions) -> ShapeOptions,
) -> Result<Tensor> {
    let out_type = options(ShapeOptions::default()).out_type;
    describe(
        "Shape",
        &SHAPE,
        input,
        |input| {
            let dims = input.shape().to_shape()?;
            Some(NdArray::vector(dims.to_i64()).cast(out_type))
        },
        |op| op.attr("out_type", out_type),
    )
}

/// The shapes of several tensors.
///
/// Source: `tf.shape_n` (op `ShapeN`).
///
/// # Errors
/// Those of the graph in force.
pub fn shape_n(input: impl IntoOperands) -> Result<Vec<Tensor>> {
    shape_n_with(input, |o| o)
}

/// [`shape_n`] with options.
///
/// # Errors
/// As [`shape_n`].
pub fn shape_n_with(
    input: impl IntoOperands,
    options: impl FnOnce(ShapeOptions) -> ShapeOptions,
) -> Result<Vec<Tensor>> {
    Op::new(&SHAPE_N).inputs(input).attr("out_type", options(ShapeOptions::default()).out_type).all()
}

/// The number of elements, as an `int32`.
///
/// Source: `tf.size` (op `Size`; a `Const` in a graph where the shape is known).
///
/// # Errors
/// Those of the graph in force.
pub fn size(input: impl IntoOperand) -> Result<Tensor> {
    size_with(input, |o| o)
}

/// [`size`] with options.
///
/// # Errors
/// As [`size`].
pub fn size_with(
    input: impl IntoOperand,
    options: impl FnOnce(ShapeOptions) -> ShapeOptions,
) -> Result<Tensor> {
    let out_type = options(ShapeOptions::default()).out_type;
    describe(
        "Size",
        &SIZE,
        input,
        |input| {
            let count = input.shape().to_shape()?.num_elements();
            Some(NdArray::scalar(count as i64).cast(out_type))
        },
        |op| op.attr("out_type", out_type),
    )
}

/// The number of dimensions, as an `int32`.
///
/// Source: `tf.rank` (op `Rank`; a `Const` in a graph where the rank is known).
///
/// # Errors
/// Those of the graph in force.
pub fn rank(input: impl IntoOperand) -> Result<Tensor> {
    describe("Rank", &RANK, input, |input| Some(Ok(NdArray::scalar(input.rank()? as i32))), |op| op)
}

/// A constant in a graph where the answer is known, as TensorFlow's functions make; else the op.
fn describe(
    name: &'static str,
    def: &'static OpDef,
    input: impl IntoOperand,
    known: impl FnOnce(&Tensor) -> Option<Result<NdArray>>,
    attrs: impl FnOnce(Op) -> Op,
) -> Result<Tensor> {
    let input = input.into_operand()?;
    context::name_scope_for_op(name, |op_name| {
        let input = convert_to_tensor(input, None)?;
        match known(&input) {
            Some(value) if !input.is_eager() => {
                let value = value?;
                context::with_name(&op_name, || constant_node(value))
            }
            _ => attrs(Op::new(def).input(input)).name(op_name).one(),
        }
    })
}

fn ranks(cx: &mut ShapeCtx<'_>) -> Result<()> {
    for index in 0..cx.num_inputs() {
        let rank = cx.input(index).rank();
        cx.set(index, [rank]);
    }
    Ok(())
}

fn shapes_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let out_type = cx.dtype("out_type")?;
    for index in 0..cx.num_inputs() {
        let dims = cx.input(index)?.shape().to_i64();
        let narrow = out_type == DType::INT32;
        if let Some((axis, dim)) =
            dims.iter().enumerate().find(|(_, dim)| narrow && **dim > i64::from(i32::MAX))
        {
            bail!(invalid_argument, "Shape output type is 32-bit  but dim {axis} is {dim}");
        }
        cx.set(index, NdArray::vector(dims).cast(out_type)?)?;
    }
    Ok(())
}

fn size_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (count, out_type) = (cx.input(0)?.len(), cx.dtype("out_type")?);
    if out_type == DType::INT32 && count > i32::MAX as usize {
        bail!(invalid_argument, "Number of elements was larger than representable by 32-bit output type");
    }
    cx.set(0, NdArray::scalar(count as i64).cast(out_type)?)
}

fn rank_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let rank = cx.input(0)?.rank();
    cx.set(0, NdArray::from_shape(Shape::scalar(), vec![rank as i32])?)
}

pub(crate) static SHAPE: OpDef =
    OpDef { name: "Shape", shape: ranks, kernel: Some(shapes_kernel), grad: Grad::None, ..OpDef::NEW };
pub(crate) static SHAPE_N: OpDef =
    OpDef { name: "ShapeN", shape: ranks, kernel: Some(shapes_kernel), grad: Grad::None, ..OpDef::NEW };
pub(crate) static SIZE: OpDef = OpDef {
    name: "Size",
    shape: shape_fn::scalar,
    kernel: Some(size_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};
pub(crate) static RANK: OpDef = OpDef {
    name: "Rank",
    shape: shape_fn::scalar,
    kernel: Some(rank_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};
