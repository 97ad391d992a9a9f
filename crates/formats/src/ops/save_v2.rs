//! SaveV2: writes tensors to a checkpoint.

use super::{names_and_slices, path, string_scalar};
use crate::CheckpointWriter;
use ferroflow_core::{Grad, KernelCtx, OpDef, Result, ShapeCtx, ensure};

pub(super) static SAVE_V2: OpDef =
    OpDef { name: "SaveV2", shape, kernel: Some(kernel), grad: Grad::None, ..OpDef::NEW };

/// Inputs before the tensors: prefix, names, slices.
const FIXED_INPUTS: usize = 3;

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    cx.with_rank(0, 0)?;
    cx.with_rank(1, 1)?;
    cx.with_rank(2, 1)?;
    Ok(())
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let names = names_and_slices(cx)?;
    let tensors = cx.num_inputs() - FIXED_INPUTS;
    ensure!(
        names.len() == tensors,
        invalid_argument,
        "Got {} tensor names but {tensors} tensors.",
        names.len()
    );
    let mut writer = CheckpointWriter::create(path(string_scalar(cx, 0, "prefix")?)?)?;
    for (index, (name, spec)) in names.iter().enumerate() {
        writer.save(name, spec, cx.input(FIXED_INPUTS + index)?)?;
    }
    writer.finish()
}
