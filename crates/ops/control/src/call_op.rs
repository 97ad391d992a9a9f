//! PartitionedCall and its kin: calls of functions, and what all ops that call functions share.

use ferroflow_core::{FuncRef, KernelCtx, NdArray, OpDef, Result, ShapeCtx, bail, shape_fn};

/// The shapes that the attribute `output_shapes` declares, where there is one for each output.
pub(crate) fn declared_shapes(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let declared = cx.shapes("output_shapes")?.to_vec();
    if declared.is_empty() {
        cx.set_all_unknown();
        return Ok(());
    }
    if declared.len() != cx.num_outputs() {
        bail!(
            invalid_argument,
            "`output_shapes` must be the same length as num outputs ({} vs. {})",
            declared.len(),
            cx.num_outputs()
        );
    }
    for (index, shape) in declared.into_iter().enumerate() {
        cx.set(index, shape);
    }
    Ok(())
}

/// All inputs from `first` on, moved out so that a function may use up their buffers.
pub(crate) fn take_from(cx: &mut KernelCtx<'_>, first: usize) -> Result<Vec<NdArray>> {
    (first..cx.num_inputs()).map(|index| cx.take(index)).collect()
}

/// Sets all outputs.
///
/// # Errors
/// `InvalidArgument` when there are more or fewer values than outputs.
pub(crate) fn set_all(cx: &mut KernelCtx<'_>, values: Vec<NdArray>) -> Result<()> {
    if values.len() != cx.num_outputs() {
        bail!(
            invalid_argument,
            "{} expects {} outputs, but its function returned {}",
            cx.op().name,
            cx.num_outputs(),
            values.len()
        );
    }
    for (index, value) in values.into_iter().enumerate() {
        cx.set(index, value)?;
    }
    Ok(())
}

/// Calls a function on the inputs from `first` on.
pub(crate) fn forward(cx: &mut KernelCtx<'_>, function: &FuncRef, first: usize) -> Result<()> {
    let inputs = take_from(cx, first)?;
    let outputs = cx.call(function, inputs)?;
    set_all(cx, outputs)
}

fn call_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    forward(cx, cx.attrs().func("f")?, 0)
}

/// Every device is this process's, so the target is not looked at.
fn remote_call_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    forward(cx, cx.attrs().func("f")?, 1)
}

/// Each gradient has the shape of the argument it is for.
fn gradient_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if cx.num_inputs() < cx.num_outputs() {
        bail!(invalid_argument, "len(inputs) < len(outputs)");
    }
    for index in 0..cx.num_outputs() {
        let shape = cx.input(index);
        cx.set(index, shape);
    }
    Ok(())
}

fn gradient_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let Some(functions) = &cx.env().functions else {
        bail!(not_found, "Function {} is not defined", cx.func("f")?.name)
    };
    let inputs = take_from(cx, 0)?;
    let gradients = functions.gradient(cx.attrs().func("f")?, inputs, cx.env())?;
    set_all(cx, gradients)
}

fn declared_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let shape = cx.shape("shape")?.clone();
    cx.set(0, shape);
    Ok(())
}

/// A parameter that one branch of a conditional does not have holds a value that nobody may read.
fn fake_param_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let dims: Vec<usize> =
        cx.shape("shape")?.dims().unwrap_or_default().iter().map(|dim| dim.unwrap_or(0)).collect();
    let value = NdArray::zeros(cx.dtype("dtype")?, ferroflow_core::Shape::new(&dims)?)?;
    cx.set(0, value)
}

pub(crate) static PARTITIONED_CALL: OpDef =
    OpDef { name: "PartitionedCall", shape: shape_fn::unknown, kernel: Some(call_kernel), ..OpDef::NEW };
pub(crate) static STATEFUL_PARTITIONED_CALL: OpDef = OpDef {
    name: "StatefulPartitionedCall",
    shape: shape_fn::unknown,
    kernel: Some(call_kernel),
    ..OpDef::NEW
};
pub(crate) static REMOTE_CALL: OpDef =
    OpDef { name: "RemoteCall", shape: shape_fn::unknown, kernel: Some(remote_call_kernel), ..OpDef::NEW };
pub(crate) static SYMBOLIC_GRADIENT: OpDef =
    OpDef { name: "SymbolicGradient", shape: gradient_shape, kernel: Some(gradient_kernel), ..OpDef::NEW };
pub(crate) static FAKE_PARAM: OpDef =
    OpDef { name: "FakeParam", shape: declared_shape, kernel: Some(fake_param_kernel), ..OpDef::NEW };
