//! ShardedFilename, ShardedFilespec: names of the files of a checkpoint in parts.

use super::string_scalar;
use ferroflow_core::{Grad, KernelCtx, NdArray, OpDef, Result, ShapeCtx, TString, shape_fn};

pub(super) static SHARDED_FILENAME: OpDef = OpDef {
    name: "ShardedFilename",
    shape,
    kernel: Some(|cx| {
        let (shard, count) = (cx.int_value(1)?, cx.int_value(2)?);
        set_name(cx, &format!("-{shard:05}-of-{count:05}"))
    }),
    grad: Grad::None,
    ..OpDef::NEW
};

pub(super) static SHARDED_FILESPEC: OpDef = OpDef {
    name: "ShardedFilespec",
    shape,
    kernel: Some(|cx| {
        let count = cx.int_value(1)?;
        set_name(cx, &format!("-?????-of-{count:05}"))
    }),
    grad: Grad::None,
    ..OpDef::NEW
};

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    for index in 0..cx.num_inputs() {
        cx.with_rank(index, 0)?;
    }
    shape_fn::scalar(cx)
}

fn set_name(cx: &mut KernelCtx<'_>, suffix: &str) -> Result<()> {
    let name = [string_scalar(cx, 0, "basename")?.as_bytes(), suffix.as_bytes()].concat();
    cx.set(0, NdArray::scalar(TString::from(name)))
}
