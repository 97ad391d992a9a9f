//! WriteHistogramSummary, WriteImageSummary, WriteAudioSummary, WriteRawProtoSummary, WriteGraphSummary: more that a graph
//! writes into event files. The summaries themselves are made by the ops that give them out.

use super::summary_writer::{without_outputs, writer};
use ferroflow_core::{
    Attrs, DType, Error, KernelCtx, NdArray, OpDef, Result, Shape, TString, bail, ensure, registry, run_op,
};
use ferroflow_proto::event::What;
use ferroflow_proto::{GraphDef, Message, Summary};

pub(super) static WRITE_HISTOGRAM_SUMMARY: OpDef = without_outputs("WriteHistogramSummary", histogram_kernel);
pub(super) static WRITE_IMAGE_SUMMARY: OpDef = without_outputs("WriteImageSummary", image_kernel);
pub(super) static WRITE_AUDIO_SUMMARY: OpDef = without_outputs("WriteAudioSummary", audio_kernel);
pub(super) static WRITE_RAW_PROTO_SUMMARY: OpDef = without_outputs("WriteRawProtoSummary", raw_proto_kernel);
pub(super) static WRITE_GRAPH_SUMMARY: OpDef = without_outputs("WriteGraphSummary", graph_kernel);

/// The summary that an op makes under a tag.
fn made(cx: &KernelCtx<'_>, op: &str, attrs: Attrs, rest: &[NdArray]) -> Result<Option<What>> {
    let Some(def) = registry::lookup(op) else { bail!(unimplemented, "unsupported op: {op}") };
    let tag = cx.input(2)?.item::<TString>()?;
    // What is wrong with a histogram is said with the name of its node.
    let node = tag.to_string_lossy().into_owned();
    let mut inputs = vec![NdArray::scalar(tag)];
    inputs.extend_from_slice(rest);
    let outputs = run_op(def, &attrs, &node, &mut inputs, cx.env(), None)?;
    let message = outputs.first().map(NdArray::item::<TString>).transpose()?.unwrap_or_default();
    let summary = Summary::decode(message.as_bytes())
        .map_err(|_| Error::invalid_argument("the text of a summary is not UTF-8"))?;
    Ok(Some(What::Summary(summary)))
}

fn histogram_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (writer, step, values) = (writer(cx)?, cx.input(1)?.item::<i64>()?, cx.input(3)?);
    ensure!(
        values.dtype() != DType::BFLOAT16 || values.is_empty(),
        unimplemented,
        "SummaryFileWriter bfloat16 not supported."
    );
    let values = values.cast(DType::FLOAT64)?;
    // Of the two that may not be there, the first is named.
    let bad = values.as_slice::<f64>()?.iter().find(|value| !value.is_finite());
    if bad.is_some_and(|value| value.is_infinite()) {
        let tag = cx.input(2)?.item::<TString>()?;
        bail!(invalid_argument, "Infinity in summary histogram for: {}", tag.to_string_lossy());
    }
    writer.write_event(step, made(cx, "HistogramSummary", Attrs::new().with("T", DType::FLOAT64), &[values])?)
}

fn image_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let most = cx.int("max_images")?;
    ensure!(i32::try_from(most).is_ok(), invalid_argument, "max_images must be < 2^31");
    let (writer, step) = (writer(cx)?, cx.input(1)?.item::<i64>()?);
    let (images, bad_color) = (cx.input(3)?, cx.input(4)?);
    ensure!(
        bad_color.rank() == 1,
        invalid_argument,
        "bad_color must be a vector, got shape {}",
        bad_color.shape()
    );
    // A batch without images has to have a color that would do, too.
    if let (&[0, _, _, depth @ (1 | 3 | 4)], true) = (images.shape().dims(), images.dtype() != DType::UINT8) {
        ensure!(
            bad_color.len() >= depth,
            invalid_argument,
            "expected depth <= bad_color.size, got depth = {depth}, bad_color.size = {}",
            bad_color.len()
        );
    }
    let attrs =
        Attrs::new().with("T", images.dtype()).with("max_images", most).with("bad_color", bad_color.clone());
    writer.write_event(step, made(cx, "ImageSummary", attrs, std::slice::from_ref(images))?)
}

fn audio_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (writer, step) = (writer(cx)?, cx.input(1)?.item::<i64>()?);
    let (sounds, rate) = (cx.input(3)?, cx.input(4)?.item::<f32>()?);
    ensure!(rate > 0.0, invalid_argument, "sample_rate must be > 0");
    let mut sounds = sounds.clone();
    if let &[count, frames, .., channels] = sounds.shape().dims() {
        ensure!(
            channels > 0 || frames == 0 || count == 0,
            invalid_argument,
            "num_channels must be in (0, 2^16), got: 0"
        );
        // More dimensions are taken where they are of one element.
        let shape = Shape::new(&[count, frames, channels])?;
        if shape.num_elements() == sounds.len() {
            sounds = sounds.reshape(shape)?;
        }
    }
    let attrs = Attrs::new().with("max_outputs", cx.int("max_outputs")?);
    let inputs = [sounds, NdArray::scalar(rate)];
    writer.write_event(step, made(cx, "AudioSummaryV2", attrs, &inputs)?)
}

/// One event with the values of all summaries, with nothing in it where there is none; no event where one of them is damaged.
fn raw_proto_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (writer, step) = (writer(cx)?, cx.input(1)?.item::<i64>()?);
    let mut all = None::<Summary>;
    for (index, bytes) in cx.slice::<TString>(2)?.iter().enumerate() {
        let Ok(summary) = Summary::decode(bytes.as_bytes()) else {
            bail!(data_loss, "Bad tf.compat.v1.Summary binary proto tensor string at index {index}")
        };
        all.get_or_insert_default().value.extend(summary.value);
    }
    writer.write_event(step, all.map(What::Summary))
}

fn graph_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (writer, step, bytes) = (writer(cx)?, cx.input(1)?.item::<i64>()?, cx.input(2)?.item::<TString>()?);
    ensure!(
        GraphDef::decode(bytes.as_bytes()).is_ok(),
        data_loss,
        "Bad tf.GraphDef binary proto tensor string"
    );
    writer.write_event(step, Some(What::GraphDef(bytes.as_bytes().to_vec())))
}
