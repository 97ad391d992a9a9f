//! Gradients of the ops on arrays of tensors: what was read is written to a gradient array, what was written is read.

use ferroflow_core::{DType, GradCtx, Op, Result, Tensor};

/// The name of the backward pass that a gradient belongs to: its scope up to the last part that `gradients` begins,
/// so that two passes over one graph keep their sums apart.
fn pass_of(gradient: &Tensor) -> String {
    const PASS: &str = "gradients";
    let Ok(name) = gradient.name() else { return PASS.to_string() };
    let parts: Vec<&str> = name.split('/').collect();
    match parts.iter().rposition(|part| part.starts_with(PASS)) {
        Some(last) => parts[..=last].join("/"),
        None => PASS.to_string(),
    }
}

/// The gradient array of the array at input 0: its handle, and a flow that comes after it was made.
fn gradient_array(cx: &GradCtx<'_>, gradient: &Tensor, flow: &Tensor) -> Result<[Tensor; 2]> {
    Op::named("TensorArrayGradV3").input(cx.x(0)?).input(flow).attr("source", pass_of(gradient)).outputs()
}

fn dtype_of(tensor: &Tensor) -> DType {
    tensor.dtype().base()
}

pub(crate) fn read(cx: &mut GradCtx<'_>) -> Result<()> {
    let dy = cx.dy(0)?;
    let [array, flow] = gradient_array(cx, &dy, cx.x(2)?)?;
    let write = Op::named("TensorArrayWriteV3").input(array).input(cx.x(1)?).input(dy).input(flow);
    cx.set(2, write.one())
}

pub(crate) fn write(cx: &mut GradCtx<'_>) -> Result<()> {
    let (value, dflow) = (cx.x(2)?, cx.dy(0)?);
    let [array, flow] = gradient_array(cx, &dflow, &dflow)?;
    let read = Op::named("TensorArrayReadV3").input(array).input(cx.x(1)?).input(flow);
    cx.set(2, read.attr("dtype", dtype_of(value)).one())?;
    cx.set(3, dflow)
}

pub(crate) fn gather(cx: &mut GradCtx<'_>) -> Result<()> {
    let dy = cx.dy(0)?;
    let [array, flow] = gradient_array(cx, &dy, cx.x(2)?)?;
    let scatter = Op::named("TensorArrayScatterV3").input(array).input(cx.x(1)?).input(dy).input(flow);
    cx.set(2, scatter.one())
}

pub(crate) fn scatter(cx: &mut GradCtx<'_>) -> Result<()> {
    let (value, dflow) = (cx.x(2)?, cx.dy(0)?);
    let [array, flow] = gradient_array(cx, &dflow, &dflow)?;
    let gather = Op::named("TensorArrayGatherV3").input(array).input(cx.x(1)?).input(flow);
    cx.set(2, gather.attr("dtype", dtype_of(value)).one())?;
    cx.set(3, dflow)
}

pub(crate) fn concat(cx: &mut GradCtx<'_>) -> Result<()> {
    let dy = cx.dy(0)?;
    let [array, flow] = gradient_array(cx, &dy, cx.x(1)?)?;
    let split = Op::named("TensorArraySplitV3").input(array).input(dy).input(cx.y(1)?).input(flow);
    cx.set(1, split.one())
}

pub(crate) fn split(cx: &mut GradCtx<'_>) -> Result<()> {
    let (value, dflow) = (cx.x(1)?, cx.dy(0)?);
    let [array, flow] = gradient_array(cx, &dflow, &dflow)?;
    let concat = Op::named("TensorArrayConcatV3").input(array).input(flow);
    let [dvalue, _] = concat.attr("dtype", dtype_of(value)).outputs()?;
    cx.set(1, dvalue)?;
    cx.set(3, dflow)
}
