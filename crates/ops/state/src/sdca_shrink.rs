//! SdcaShrinkL1: weights of a linear model moved towards zero.

use crate::target::update;
use ferroflow_core::shape_fn::no_outputs;
use ferroflow_core::{Grad, KernelCtx, OpDef, Result};

pub(crate) static SDCA_SHRINK_L1: OpDef =
    OpDef { name: "SdcaShrinkL1", shape: no_outputs, kernel: Some(kernel), grad: Grad::None, ..OpDef::NEW };

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let step = cx.float("l1")? / cx.float("l2")?;
    for index in 0..cx.num_inputs() {
        update(cx, index, |weights| {
            for weight in weights.as_mut_slice::<f32>()? {
                let sign = if *weight == 0.0 { 0.0 } else { weight.signum() };
                *weight = sign * (weight.abs() - step).max(0.0);
            }
            Ok(())
        })?;
    }
    Ok(())
}
