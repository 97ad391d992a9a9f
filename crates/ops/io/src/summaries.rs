//! ScalarSummary, HistogramSummary, TensorSummary, MergeSummary: what training reports, as messages (`Summary`).

use crate::histogram::Histogram;
use ferroflow_core::tensor_message;
use ferroflow_core::wire::Fields;
use ferroflow_core::wire::{write_bytes, write_float};
use ferroflow_core::{
    DType, Error, Grad, IntoOperand, IntoOperands, KernelCtx, NdArray, Op, OpDef, Result, TString, Tensor,
    bail, ensure, shape_fn,
};
use std::collections::HashSet;

/// A summary with a number under each tag.
///
/// Source: `tf.raw_ops.ScalarSummary`.
///
/// # Errors
/// `InvalidArgument` unless tags and values are of one shape.
pub fn scalar_summary(tags: impl IntoOperand, values: impl IntoOperand) -> Result<Tensor> {
    Op::new(&SCALAR_SUMMARY).input(tags).input(values).one()
}

/// A summary of how values are distributed.
///
/// Source: `tf.raw_ops.HistogramSummary`.
///
/// # Errors
/// `InvalidArgument` for values that are not finite.
pub fn histogram_summary(tag: impl IntoOperand, values: impl IntoOperand) -> Result<Tensor> {
    Op::new(&HISTOGRAM_SUMMARY).input(tag).input(values).one()
}

/// A summary of a tensor, which a plugin of TensorBoard shows as the metadata say.
///
/// Source: `tf.raw_ops.TensorSummaryV2`.
///
/// # Errors
/// `InvalidArgument` unless tag and metadata are scalars.
pub fn tensor_summary_v2(
    tag: impl IntoOperand,
    tensor: impl IntoOperand,
    serialized_summary_metadata: impl IntoOperand,
) -> Result<Tensor> {
    Op::new(&TENSOR_SUMMARY_V2).input(tag).input(tensor).input(serialized_summary_metadata).one()
}

/// One summary of several.
///
/// Source: `tf.raw_ops.MergeSummary`.
///
/// # Errors
/// `InvalidArgument` for a tag that comes twice or bytes that are no summary.
pub fn merge_summary(inputs: impl IntoOperands) -> Result<Tensor> {
    Op::new(&MERGE_SUMMARY).inputs(inputs).one()
}

macro_rules! ops {
    ($($static:ident $name:literal $kernel:ident;)*) => {
        $(pub(crate) static $static: OpDef = OpDef {
            name: $name,
            shape: shape_fn::scalar,
            kernel: Some($kernel),
            grad: Grad::None,
            ..OpDef::NEW
        };)*
    };
}

ops! {
    SCALAR_SUMMARY "ScalarSummary" scalar_kernel;
    HISTOGRAM_SUMMARY "HistogramSummary" histogram_kernel;
    TENSOR_SUMMARY "TensorSummary" tensor_kernel;
    TENSOR_SUMMARY_V2 "TensorSummaryV2" tensor_v2_kernel;
    MERGE_SUMMARY "MergeSummary" merge_kernel;
}

const VALUE: u64 = 1;
const TAG: u64 = 1;
const SIMPLE_VALUE: u64 = 2;
const HISTO: u64 = 5;
const NODE_NAME: u64 = 7;
const TENSOR: u64 = 8;
const METADATA: u64 = 9;

/// Writes a text that is left out where it is empty.
fn write_text(out: &mut Vec<u8>, field: u64, text: &[u8]) {
    if !text.is_empty() {
        write_bytes(out, field, text);
    }
}

fn give(cx: &mut KernelCtx<'_>, summary: Vec<u8>) -> Result<()> {
    cx.set(0, NdArray::scalar(TString::from(summary)))
}

fn scalar_text<'a>(cx: &'a KernelCtx<'_>, index: usize, what: &str) -> Result<&'a TString> {
    ensure!(cx.input(index)?.rank() == 0, invalid_argument, "{what} must be scalar");
    cx.slice::<TString>(index)?.first().ok_or_else(|| Error::internal("a scalar has no element"))
}

fn scalar_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (tags, values) = (cx.input(0)?, cx.input(1)?);
    if tags.shape() != values.shape() {
        let first = match cx.slice::<TString>(0)? {
            [only] => format!(" (tag '{}')", String::from_utf8_lossy(only)),
            _ => String::new(),
        };
        bail!(
            invalid_argument,
            "tags and values are not the same shape: {} != {}{first}",
            tags.shape(),
            values.shape()
        );
    }
    let mut summary = Vec::new();
    for (tag, value) in cx.slice::<TString>(0)?.iter().zip(floats(values)?) {
        let mut entry = Vec::new();
        write_text(&mut entry, TAG, tag);
        write_float(&mut entry, SIMPLE_VALUE, value as f32);
        write_bytes(&mut summary, VALUE, &entry);
    }
    give(cx, summary)
}

/// The elements of a numeric array.
fn floats(values: &NdArray) -> Result<Vec<f64>> {
    values.cast(DType::FLOAT64)?.into_vec::<f64>()
}

fn histogram_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    ensure!(cx.input(0)?.rank() == 0, invalid_argument, "tags must be scalar");
    let tag = scalar_text(cx, 0, "tags")?.clone();
    let mut histogram = Histogram::new();
    for value in floats(cx.input(1)?)? {
        ensure!(!value.is_nan(), invalid_argument, "Nan in summary histogram for: {}", cx.node());
        ensure!(!value.is_infinite(), invalid_argument, "Infinity in Histogram for: {}", cx.node());
        histogram.add(value);
    }
    let (mut entry, mut summary) = (Vec::new(), Vec::new());
    write_text(&mut entry, TAG, &tag);
    write_bytes(&mut entry, HISTO, &histogram.message());
    write_bytes(&mut summary, VALUE, &entry);
    give(cx, summary)
}

/// Under the node's name instead of a tag.
fn tensor_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (mut entry, mut summary) = (Vec::new(), Vec::new());
    write_text(&mut entry, NODE_NAME, cx.node().as_bytes());
    write_bytes(&mut entry, TENSOR, &tensor_message(cx.input(0)?)?);
    write_bytes(&mut summary, VALUE, &entry);
    give(cx, summary)
}

fn tensor_v2_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let tag = scalar_text(cx, 0, "tag")?.clone();
    let metadata = scalar_text(cx, 2, "serialized_summary_metadata")?.clone();
    let (mut entry, mut summary) = (Vec::new(), Vec::new());
    write_text(&mut entry, TAG, &tag);
    write_bytes(&mut entry, TENSOR, &tensor_message(cx.input(1)?)?);
    write_bytes(&mut entry, METADATA, &metadata);
    write_bytes(&mut summary, VALUE, &entry);
    give(cx, summary)
}

fn merge_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let mut merged = Vec::new();
    let mut tags: HashSet<Vec<u8>> = HashSet::new();
    for index in 0..cx.num_inputs() {
        for summary in cx.slice::<TString>(index)? {
            for field in Fields::new(summary) {
                let unreadable = || Error::invalid_argument("Could not parse one of the summary inputs");
                let (number, payload) = field.map_err(|_| unreadable())?;
                let (true, Some(value)) = (number == VALUE, payload.bytes()) else { continue };
                let tag = tag_of(value).map_err(|_| unreadable())?;
                // Values without a tag are told apart by their nodes.
                if !tag.is_empty() && !tags.insert(tag.to_vec()) {
                    bail!(
                        invalid_argument,
                        "Duplicate tag {} found in summary inputs",
                        String::from_utf8_lossy(tag)
                    );
                }
                write_bytes(&mut merged, VALUE, value);
            }
        }
    }
    give(cx, merged)
}

fn tag_of(value: &[u8]) -> Result<&[u8]> {
    let mut tag: &[u8] = &[];
    for field in Fields::new(value) {
        if let (TAG, payload) = field? {
            tag = payload.bytes().unwrap_or_default();
        }
    }
    Ok(tag)
}
