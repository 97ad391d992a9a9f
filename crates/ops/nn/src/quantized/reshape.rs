//! QuantizedReshape: the same steps of the same range in another shape.

use super::ranges::{check_scalars, range, scalar_outputs, set_range};
use ferroflow_core::{Attrs, DType, KernelCtx, OpDef, Result, ShapeCtx, bail, registry, run_op};

pub(crate) static QUANTIZED_RESHAPE: OpDef = OpDef {
    name: "QuantizedReshape",
    shape,
    kernel: Some(kernel),
    types: &[("T", &[DType::QUINT8, DType::QINT32])],
    ..OpDef::NEW
};

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let Some(reshape) = registry::lookup("Reshape") else { bail!(unimplemented, "unsupported op: Reshape") };
    (reshape.shape)(cx)?;
    if !cx.at_run_time() {
        check_scalars(cx, 2, &["input_min", "input_max"])?;
    }
    scalar_outputs(cx, 1..3);
    Ok(())
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let Some(reshape) = registry::lookup("Reshape") else { bail!(unimplemented, "unsupported op: Reshape") };
    let whole = range(cx, 2)?;
    let attrs = Attrs::new().with("T", cx.dtype("T")?).with("Tshape", cx.dtype("Tshape")?);
    let mut inputs = [cx.input(0)?.clone(), cx.input(1)?.clone()];
    let outputs = run_op(reshape, &attrs, cx.node(), &mut inputs, cx.env(), None)?;
    match outputs.into_iter().next() {
        Some(output) => cx.set(0, output)?,
        None => bail!(internal, "a reshaped tensor is one output"),
    }
    set_range(cx, whole)
}
