//! AdjustContrast: contrast in graphs of the first years, where it has bounds.

use crate::adjust_contrast::ADJUST_CONTRASTV2;
use ferroflow_core::{Attrs, DType, Grad, KernelCtx, OpDef, Result, ShapeCtx, bail, run_op};

pub(crate) static ADJUST_CONTRAST: OpDef = OpDef {
    name: "AdjustContrast",
    shape,
    kernel: Some(kernel),
    grad: Grad::Missing,
    types: &[("T", &[DType::UINT8, DType::INT8, DType::INT16, DType::INT32, DType::FLOAT32, DType::FLOAT64])],
    ..OpDef::NEW
};

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if cx.at_run_time() {
        let images = cx.input(0);
        if let Some(..3) = images.rank() {
            bail!(invalid_argument, "input must be at least 3-D, got shape{}", images.cpp());
        }
        for (index, name) in [(1, "contrast_factor"), (2, "min_value"), (3, "max_value")] {
            let found = cx.input(index);
            if found.rank() != Some(0) {
                bail!(invalid_argument, "{name} must be scalar: {}", found.cpp());
            }
        }
    }
    let images = cx.with_rank_at_least(0, 3)?;
    if !cx.at_run_time() {
        for index in 1..4 {
            cx.with_rank(index, 0)?;
        }
    }
    cx.set(0, images);
    Ok(())
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let bounds = (cx.input(2)?.item::<f32>()?, cx.input(3)?.item::<f32>()?);
    let attrs = Attrs::new().with("T", DType::FLOAT32);
    let mut inputs = [cx.input(0)?.cast(DType::FLOAT32)?, cx.input(1)?.clone()];
    let outputs = run_op(&ADJUST_CONTRASTV2, &attrs, cx.node(), &mut inputs, cx.env(), None)?;
    let Some(mut images) = outputs.into_iter().next() else { bail!(internal, "images are one output") };
    images.as_mut_slice::<f32>()?.iter_mut().for_each(|value| *value = value.min(bounds.1).max(bounds.0));
    cx.set(0, images)
}
