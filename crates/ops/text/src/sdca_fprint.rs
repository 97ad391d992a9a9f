//! SdcaFprint: two numbers for each string, by which models of sparse features know them.

use ferroflow_core::fingerprint128::fingerprint128;
use ferroflow_core::{
    Grad, KernelCtx, NdArray, OpDef, PartialShape, Result, Shape, ShapeCtx, TString, ensure, reserve,
};

pub(crate) static SDCA_FPRINT: OpDef =
    OpDef { name: "SdcaFprint", shape, kernel: Some(kernel), grad: Grad::None, ..OpDef::NEW };

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        let count = cx.with_rank(0, 1)?.dim(0);
        cx.set(0, PartialShape::new([count, Some(2)]));
    }
    Ok(())
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let texts = cx.input(0)?;
    ensure!(texts.rank() == 1, invalid_argument, "Input must be a vector, got shape {}", texts.shape());
    let mut numbers = reserve::<i64>(texts.len().saturating_mul(2))?;
    for text in texts.as_slice::<TString>()? {
        let (low, high) = fingerprint128(text);
        // Zero and one mark places of hash tables that hold nothing.
        let low = if low >= 2 { low } else { low.wrapping_add(!1) };
        numbers.extend([low as i64, high as i64]);
    }
    let shape = Shape::new(&[texts.len(), 2])?;
    cx.set(0, NdArray::from_shape(shape, numbers)?)
}
