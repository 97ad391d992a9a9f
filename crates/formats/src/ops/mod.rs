//! The ops that read and write checkpoints inside a graph.

mod decode_proto;
mod encode_proto;
mod load_and_remap_matrix;
mod merge_v2_checkpoints;
mod message_fields;
mod record_input;
mod restore;
mod restore_v2;
mod save;
mod save_v2;
mod sharded_filename;
mod summary_writer;
mod write_summaries;

pub use decode_proto::{DecodeProtoOptions, DecodedProto, decode_proto, decode_proto_with};
pub use encode_proto::{EncodeProtoOptions, encode_proto, encode_proto_with};

use crate::ShapeAndSlice;
use ferroflow_core::{
    Attrs, Env, Error, KernelCtx, NdArray, OpDef, PartialShape, Result, TString, ensure, registry, run_op,
};
use std::path::PathBuf;
use std::sync::Once;

/// The ops of this crate, by name.
pub static OPS: &[&OpDef] = &[
    &decode_proto::DECODE_PROTO_V2,
    &encode_proto::ENCODE_PROTO,
    &load_and_remap_matrix::LOAD_AND_REMAP_MATRIX,
    &merge_v2_checkpoints::MERGE_V2_CHECKPOINTS,
    &record_input::RECORD_INPUT,
    &restore::RESTORE,
    &restore::RESTORE_SLICE,
    &restore_v2::RESTORE_V2,
    &save::SAVE,
    &save::SAVE_SLICES,
    &save_v2::SAVE_V2,
    &sharded_filename::SHARDED_FILENAME,
    &sharded_filename::SHARDED_FILESPEC,
    &summary_writer::CLOSE_SUMMARY_WRITER,
    &summary_writer::CREATE_SUMMARY_FILE_WRITER,
    &summary_writer::FLUSH_SUMMARY_WRITER,
    &summary_writer::SUMMARY_WRITER,
    &write_summaries::WRITE_AUDIO_SUMMARY,
    &write_summaries::WRITE_GRAPH_SUMMARY,
    &write_summaries::WRITE_HISTOGRAM_SUMMARY,
    &write_summaries::WRITE_IMAGE_SUMMARY,
    &write_summaries::WRITE_RAW_PROTO_SUMMARY,
    &summary_writer::WRITE_SCALAR_SUMMARY,
    &summary_writer::WRITE_SUMMARY,
];

/// Makes the ops known to graphs, beside those of all families.
pub fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        ferroflow_graph::install();
        registry::install(|name| OPS.iter().copied().find(|def| def.name == name));
    });
}

/// The path in a scalar of bytes.
fn path(text: &TString) -> Result<PathBuf> {
    let text = text.to_str().map_err(|_| Error::invalid_argument("a file name is not UTF-8"))?;
    Ok(PathBuf::from(text))
}

/// The only string of an input, `what` in messages.
fn string_scalar<'a>(cx: &'a KernelCtx<'_>, index: usize, what: &str) -> Result<&'a TString> {
    let input = cx.input(index)?;
    ensure!(
        input.len() == 1,
        invalid_argument,
        "Input {index} ({what}) must be a string scalar; got a tensor of {} elements",
        input.len()
    );
    cx.slice::<TString>(index)?.first().ok_or_else(|| Error::internal("a scalar has no element"))
}

/// The text of an input.
fn text(text: &TString) -> Result<String> {
    text.to_str().map(str::to_string).map_err(|_| Error::invalid_argument("a tensor's name is not UTF-8"))
}

/// The files that a pattern stands for.
fn files_at(pattern: &str, env: &Env) -> Result<Vec<String>> {
    let Some(matching) = registry::lookup("MatchingFiles") else {
        return Err(Error::unimplemented("unsupported op: MatchingFiles"));
    };
    let mut inputs = [NdArray::scalar(TString::from(pattern))];
    let outputs = run_op(matching, &Attrs::new(), "MatchingFiles", &mut inputs, env, None)?;
    let files = outputs.first().map(NdArray::as_slice::<TString>).transpose()?.unwrap_or_default();
    Ok(files.iter().map(|file| file.to_string_lossy().into_owned()).collect())
}

/// The shape that a `shape_and_slice` gives; `None` where all of a tensor is restored.
fn restored_shape(spec: &TString) -> Result<Option<PartialShape>> {
    let spec = spec.to_str().ok().filter(|spec| !spec.is_empty());
    let Some(spec) = spec.map(str::parse::<ShapeAndSlice>).transpose()? else { return Ok(None) };
    let bounds = spec.slice.bounds(&spec.shape)?;
    Ok(Some(PartialShape::new(bounds.iter().map(|range| Some(range.len())))))
}

/// Names of tensors and what is saved or restored of each: inputs 1 and 2 of SaveV2 and RestoreV2.
fn names_and_slices(cx: &KernelCtx<'_>) -> Result<Vec<(String, String)>> {
    let (names, slices) = (cx.slice::<TString>(1)?, cx.slice::<TString>(2)?);
    for (what, input) in [("tensor_names", cx.input(1)?), ("shape_and_slices", cx.input(2)?)] {
        ensure!(
            input.rank() == 1,
            invalid_argument,
            "Input {} should be an 1-D tensor, got {} instead.",
            what,
            input.shape()
        );
    }
    ensure!(
        names.len() == slices.len(),
        invalid_argument,
        "tensor_names and shape_and_slices have different number of elements: {} vs. {}",
        names.len(),
        slices.len()
    );
    names.iter().zip(slices).map(|(name, slice)| Ok((text(name)?, text(slice)?))).collect()
}
