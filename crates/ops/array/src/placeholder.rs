//! Placeholder: where the feeds of a run enter a graph.

use ferroflow_core::{
    DType, Grad, GradCtx, IntoOperand, KernelCtx, Op, OpDef, PartialShape, Result, ShapeCtx, Tensor, bail,
    context,
};

/// A tensor whose value every run must feed.
///
/// Source: `tf.compat.v1.placeholder` (op `Placeholder`).
///
/// # Errors
/// `RuntimeError` when no graph is open.
pub fn placeholder(dtype: DType, shape: impl Into<PartialShape>) -> Result<Tensor> {
    if context::executing_eagerly() {
        bail!(runtime, "tf.placeholder() is not compatible with eager execution.");
    }
    Op::new(&PLACEHOLDER).attr("dtype", dtype).attr("shape", shape.into()).one()
}

/// A tensor that passes on `input` where a run feeds nothing for it.
///
/// Source: `tf.compat.v1.placeholder_with_default` (op `PlaceholderWithDefault`).
///
/// # Errors
/// Those of the graph in force.
pub fn placeholder_with_default(input: impl IntoOperand, shape: impl Into<PartialShape>) -> Result<Tensor> {
    Op::new(&PLACEHOLDER_WITH_DEFAULT).input(input).attr("shape", shape.into()).one()
}

fn declared_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let shape = cx.shape("shape")?.clone();
    cx.set(0, shape);
    Ok(())
}

fn not_fed(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (dtype, shape) = (cx.dtype("dtype")?.cpp_name(), cx.shape("shape")?);
    let node = cx.node();
    if shape.rank().is_some_and(|rank| rank > 0) {
        bail!(
            invalid_argument,
            "You must feed a value for placeholder tensor '{node}' with dtype {dtype} and shape {}",
            shape.cpp()
        );
    }
    bail!(invalid_argument, "You must feed a value for placeholder tensor '{node}' with dtype {dtype}")
}

/// The output keeps to the declared shape, since a feed may differ from the default's. TensorFlow never checks
/// that the default fits.
fn default_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let shape = if cx.at_run_time() { cx.input(0) } else { cx.shape("shape")?.clone() };
    cx.set(0, shape);
    Ok(())
}

fn pass_default(cx: &mut KernelCtx<'_>) -> Result<()> {
    let value = cx.take(0)?;
    cx.set(0, value)
}

fn pass_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let dy = cx.dy(0)?;
    cx.set(0, dy)
}

pub(crate) static PLACEHOLDER: OpDef =
    OpDef { name: "Placeholder", shape: declared_shape, kernel: Some(not_fed), ..OpDef::NEW };
pub(crate) static PLACEHOLDER_V2: OpDef =
    OpDef { name: "PlaceholderV2", shape: declared_shape, kernel: Some(not_fed), ..OpDef::NEW };
pub(crate) static PLACEHOLDER_WITH_DEFAULT: OpDef = OpDef {
    name: "PlaceholderWithDefault",
    shape: default_shape,
    kernel: Some(pass_default),
    grad: Grad::Fn(pass_grad),
    ..OpDef::NEW
};
