//! RestoreV2: tensors of a checkpoint.

use super::{names_and_slices, path, restored_shape, string_scalar};
use crate::CheckpointReader;
use ferroflow_core::{Grad, KernelCtx, OpDef, Result, ShapeCtx, TString, ensure};

pub(super) static RESTORE_V2: OpDef =
    OpDef { name: "RestoreV2", shape, kernel: Some(kernel), grad: Grad::None, ..OpDef::NEW };

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    cx.with_rank(0, 0)?;
    cx.with_rank(1, 1)?;
    cx.with_rank(2, 1)?;
    cx.set_all_unknown();
    let Some(specs) = cx.value(2) else { return Ok(()) };
    for (index, spec) in specs.as_slice::<TString>()?.iter().enumerate().take(cx.num_outputs()) {
        if let Some(shape) = restored_shape(spec)? {
            cx.set(index, shape);
        }
    }
    Ok(())
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let wanted = names_and_slices(cx)?;
    let dtypes = cx.attrs().dtypes("dtypes")?.to_vec();
    ensure!(
        wanted.len() == dtypes.len(),
        invalid_argument,
        "Got {} tensor names, but {} expected dtypes.",
        wanted.len(),
        dtypes.len()
    );
    let checkpoint = CheckpointReader::open(path(string_scalar(cx, 0, "prefix")?)?)?;
    for (index, ((name, spec), dtype)) in wanted.into_iter().zip(dtypes).enumerate() {
        cx.set(index, checkpoint.restore(&name, &spec, dtype)?)?;
    }
    Ok(())
}
