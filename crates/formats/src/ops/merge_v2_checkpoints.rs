//! MergeV2Checkpoints: makes one checkpoint of several.

use super::{path, string_scalar};
use crate::checkpoint::merge;
use ferroflow_core::{Grad, KernelCtx, OpDef, Result, ShapeCtx, TString};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

pub(super) static MERGE_V2_CHECKPOINTS: OpDef =
    OpDef { name: "MergeV2Checkpoints", shape, kernel: Some(kernel), grad: Grad::None, ..OpDef::NEW };

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    cx.with_rank(0, 1)?;
    cx.with_rank(1, 0)?;
    Ok(())
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let parts: Vec<PathBuf> = cx.slice::<TString>(0)?.iter().map(path).collect::<Result<_>>()?;
    let destination = path(string_scalar(cx, 1, "destination_prefix")?)?;
    merge(&parts, &destination, cx.attrs().bool("allow_missing_files")?)?;
    if cx.attrs().bool("delete_old_dirs")? {
        let directories: BTreeSet<&Path> = parts.iter().filter_map(|part| part.parent()).collect();
        for directory in directories {
            // Like TensorFlow: one that is not empty, or the destination's own, stays.
            let _ = std::fs::remove_dir(directory);
        }
    }
    Ok(())
}
