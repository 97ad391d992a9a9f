//! Restore, RestoreSlice: a tensor of a checkpoint of the older format, V1.

use super::{files_at, path, restored_shape, text};
use crate::CheckpointReader;
use ferroflow_core::{Error, Grad, KernelCtx, OpDef, Result, ShapeCtx, TString, ensure};
use std::path::PathBuf;

pub(super) static RESTORE: OpDef =
    OpDef { name: "Restore", shape, kernel: Some(kernel), grad: Grad::None, ..OpDef::NEW };
pub(super) static RESTORE_SLICE: OpDef =
    OpDef { name: "RestoreSlice", shape, kernel: Some(kernel), grad: Grad::None, ..OpDef::NEW };

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    cx.set_all_unknown();
    // What runs takes the first of several names.
    if cx.at_run_time() {
        return Ok(());
    }
    for index in 0..cx.num_inputs() {
        cx.with_rank(index, 0)?;
    }
    if cx.num_inputs() == 3
        && let Some(spec) = cx.value(2)
        && let Some(shape) = restored_shape(&spec.item::<TString>()?)?
    {
        cx.set(0, shape);
    }
    Ok(())
}

/// `preferred_shard` says in which file to look first: here all are read.
fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let pattern = cx.input(0)?;
    ensure!(
        pattern.len() == 1,
        invalid_argument,
        "Input 0 (file_pattern) must be a string scalar; got a tensor of {} elements",
        pattern.len()
    );
    let pattern = pattern.item::<TString>()?;
    // Of more names, and more slices, TensorFlow takes the first.
    let Some(name) = cx.slice::<TString>(1)?.first() else {
        return Err(Error::invalid_argument("Input 1 (file_pattern) must be a have at least 1 elements"));
    };
    let name = text(name)?;
    let spec = match cx.num_inputs() {
        3 => {
            let spec = cx.slice::<TString>(2)?.first();
            text(spec.ok_or_else(|| Error::invalid_argument("shape_and_slice holds no string"))?)?
        }
        _ => String::new(),
    };
    let files: Vec<PathBuf> = files_at(&text(&pattern)?, cx.env())?.into_iter().map(PathBuf::from).collect();
    let checkpoint = CheckpointReader::open_tables(&path(&pattern)?, &files)?;
    let value = checkpoint.restore(&name, &spec, cx.dtype("dt")?)?;
    cx.set(0, value)
}
