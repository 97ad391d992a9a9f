//! What is written: numbers, distributions, images, texts, sounds, graphs.

use super::state;
use crate::scopes::in_eager_scope;
use crate::{audio::encode_wav, image::encode_png};
use ferroflow_core::{
    DType, Error, IntoOperand, NdArray, Result, TString, Tensor, bail, context, convert_to_tensor, ensure,
    options,
};
use ferroflow_graph::Graph;
use ferroflow_ops_control::numpy_function;
use ferroflow_proto::event::What;
use ferroflow_proto::summary::{Value, value};
use ferroflow_proto::summary_metadata::PluginData;
use ferroflow_proto::{Message, Summary, SummaryMetadata, tensor_proto};

options! {
    /// Optional arguments of [`scalar_with`] and [`text_with`].
    pub struct SummaryOptions {
        /// The step; by default the one that was set for the thread.
        step: Option<i64> = None,
        /// A description in Markdown.
        description: String = String::new(),
    }
}

options! {
    /// Optional arguments of [`histogram_with`].
    pub struct HistogramOptions {
        /// The step; by default the one that was set for the thread.
        step: Option<i64> = None,
        /// A description in Markdown.
        description: String = String::new(),
        /// How many buckets there are.
        buckets: i64 = 30,
    }
}

options! {
    /// Optional arguments of [`image_with`].
    pub struct ImageOptions {
        /// The step; by default the one that was set for the thread.
        step: Option<i64> = None,
        /// A description in Markdown.
        description: String = String::new(),
        /// How many images of a batch are written.
        max_outputs: usize = 3usize,
    }
}

options! {
    /// Optional arguments of [`audio_with`].
    pub struct AudioOptions {
        /// The step; by default the one that was set for the thread.
        step: Option<i64> = None,
        /// A description in Markdown.
        description: String = String::new(),
        /// How many sounds of a batch are written.
        max_outputs: usize = 3usize,
    }
}

/// How sounds are encoded, in the plugin's own message.
const AUDIO_CONTENT: [u8; 2] = [0x10, 11];

fn metadata(plugin: &str, content: &[u8], description: &str) -> SummaryMetadata {
    SummaryMetadata {
        plugin_data: Some(PluginData { plugin_name: plugin.to_string(), content: content.to_vec() }),
        summary_description: description.to_string(),
        ..SummaryMetadata::default()
    }
}

/// The name within the open name scopes.
fn tag(name: &str) -> String {
    match context::executing_eagerly() {
        true => in_eager_scope(name),
        false => name.to_string(),
    }
}

/// Writes a tensor, once `finish` was applied to its value, now or whenever the graph in force runs.
fn record(
    name: &str,
    step: Option<i64>,
    metadata: Option<SummaryMetadata>,
    tensor: impl FnOnce() -> Result<Tensor>,
    finish: impl Fn(&NdArray) -> Result<NdArray> + Send + Sync + 'static,
) -> Result<bool> {
    let Some(writer) = state::default_writer().filter(|_| state::should_record_summaries()) else {
        return Ok(false);
    };
    let Some(step) = step.or_else(state::experimental::get_step) else {
        bail!(
            value,
            "No step set. Please specify one either through the `step` argument or through \
             tf.summary.experimental.set_step()"
        );
    };
    let tag = tag(name);
    let write = move |arrays: &[NdArray]| {
        let array = arrays.first().ok_or_else(|| Error::internal("a summary has no value"))?;
        let array = context::init_scope(|| finish(array))?;
        let value = Value {
            tag: tag.clone(),
            value: Some(value::Value::Tensor(Box::new(tensor_proto::from_array(&array)?))),
            metadata: metadata.clone(),
            ..Value::default()
        };
        writer.add(step, What::Summary(Summary { value: vec![value] }))?;
        Ok(vec![NdArray::scalar(true)])
    };
    numpy_function(write, [tensor()?], &[DType::BOOL], true)?;
    Ok(true)
}

/// Writes a number; says whether it did.
///
/// Source: `tf.summary.scalar`.
///
/// # Errors
/// `ValueError` for a tensor that is no scalar, or without a step; those of the file system.
pub fn scalar(name: &str, data: impl IntoOperand, step: impl Into<Option<i64>>) -> Result<bool> {
    let step = step.into();
    scalar_with(name, data, |options| options.step(step))
}

/// The same with a description.
///
/// # Errors
/// As [`scalar`].
pub fn scalar_with(
    name: &str,
    data: impl IntoOperand,
    options: impl FnOnce(SummaryOptions) -> SummaryOptions,
) -> Result<bool> {
    let options = options(SummaryOptions::default());
    let data = data.into_operand()?;
    let metadata = metadata("scalars", &[], &options.description);
    let tensor = || {
        let data = convert_to_tensor(data, None)?;
        let shape = data.shape();
        ensure!(
            shape.rank().is_none_or(|rank| rank == 0),
            value,
            "Expected scalar shape, saw shape: {shape}."
        );
        crate::cast(data, DType::FLOAT32)
    };
    record(name, options.step, Some(metadata), tensor, |array| Ok(array.clone()))
}

/// Writes how values are distributed; says whether it did.
///
/// Source: `tf.summary.histogram`.
///
/// # Errors
/// As [`scalar`].
pub fn histogram(name: &str, data: impl IntoOperand, step: impl Into<Option<i64>>) -> Result<bool> {
    let step = step.into();
    histogram_with(name, data, |options| options.step(step))
}

/// The same with another number of buckets.
///
/// # Errors
/// As [`histogram`].
pub fn histogram_with(
    name: &str,
    data: impl IntoOperand,
    options: impl FnOnce(HistogramOptions) -> HistogramOptions,
) -> Result<bool> {
    let options = options(HistogramOptions::default());
    let data = data.into_operand()?;
    let metadata = metadata("histograms", &[], &options.description);
    let tensor = || crate::reshape(crate::cast(data, DType::FLOAT64)?, [-1]);
    let buckets = options.buckets;
    record(name, options.step, Some(metadata), tensor, move |values| bucketed(values, buckets)?.numpy())
}

/// `[left, right, count]` of each bucket.
fn bucketed(values: &NdArray, buckets: i64) -> Result<Tensor> {
    let count = values.len() as f64;
    let values = convert_to_tensor(values.clone(), None)?;
    if count == 0.0 || buckets <= 0 {
        return crate::zeros([buckets.max(0), 3], DType::FLOAT64);
    }
    let (low, high) = (crate::reduce_min(&values, ())?, crate::reduce_max(&values, ())?);
    let range = (&high - &low)?;
    let column = |value: Tensor| crate::fill([buckets], value);
    if range.numpy()?.item::<f64>()? == 0.0 {
        let empty = crate::zeros([buckets - 1], DType::FLOAT64)?;
        let counts = crate::concat([empty, convert_to_tensor(NdArray::vector(vec![count]), None)?], 0)?;
        return crate::stack_with([column(low)?, column(high)?, counts], |o| o.axis(1));
    }
    let width = (range / convert_to_tensor(NdArray::scalar(buckets as f64), None)?)?;
    let indices = crate::cast(crate::floor(((&values - &low)? / width)?)?, DType::INT32)?;
    let indices = crate::minimum(indices, crate::cast(buckets - 1, DType::INT32)?)?;
    let hits = crate::one_hot(indices, crate::cast(buckets, DType::INT32)?)?;
    let counts = crate::cast(crate::reduce_sum(hits, 0)?, DType::FLOAT64)?;
    let edges = crate::linspace(&low, &high, crate::cast(buckets + 1, DType::INT64)?)?.numpy()?;
    let edges = edges.as_slice::<f64>()?;
    let left = edges.iter().take(edges.len().saturating_sub(1)).copied().collect::<Vec<f64>>();
    // The last edge is the largest value, whatever the steps add up to.
    let mut right = edges.iter().skip(1).copied().collect::<Vec<f64>>();
    if let Some(last) = right.last_mut() {
        *last = high.numpy()?.item::<f64>()?;
    }
    let column = |numbers: Vec<f64>| convert_to_tensor(NdArray::vector(numbers), None);
    crate::stack_with([column(left)?, column(right)?, counts], |o| o.axis(1))
}

/// Writes images: `[batch, height, width, channels]`, of integers or of floats from 0 to 1; says whether it did.
///
/// Source: `tf.summary.image`.
///
/// # Errors
/// `ValueError` for a tensor of another rank, or without a step; those of the file system.
pub fn image(name: &str, data: impl IntoOperand, step: impl Into<Option<i64>>) -> Result<bool> {
    let step = step.into();
    image_with(name, data, |options| options.step(step))
}

/// The same with more images, or fewer.
///
/// # Errors
/// As [`image`].
pub fn image_with(
    name: &str,
    data: impl IntoOperand,
    options: impl FnOnce(ImageOptions) -> ImageOptions,
) -> Result<bool> {
    let options = options(ImageOptions::default());
    let data = data.into_operand()?;
    let metadata = metadata("images", &[], &options.description);
    let tensor = || {
        let data = convert_to_tensor(data, None)?;
        check_rank(&data, 4)?;
        ferroflow_ops_image::saturating_convert_image_dtype(data, DType::UINT8)
    };
    let most = options.max_outputs;
    record(name, options.step, Some(metadata), tensor, move |images| {
        let size = |axis: usize| images.shape().dims().get(axis).copied().unwrap_or_default().to_string();
        let mut strings = vec![TString::from(size(2)), TString::from(size(1))];
        for picture in items(images, most)? {
            strings.push(encode_png(picture, -1)?.numpy()?.item::<TString>()?);
        }
        Ok(NdArray::vector(strings))
    })
}

fn check_rank(tensor: &Tensor, rank: usize) -> Result<()> {
    let shape = tensor.shape();
    let Some(found) = shape.rank() else { return Ok(()) };
    ensure!(found == rank, value, "Tensor  must have rank {rank}.  Received rank {found}, shape {shape}");
    Ok(())
}

/// The first items of a batch.
fn items(batch: &NdArray, most: usize) -> Result<Vec<Tensor>> {
    let count = batch.shape().dims().first().copied().unwrap_or_default().min(most);
    let batch = convert_to_tensor(batch.clone(), None)?;
    (0..count).map(|at| crate::gather(&batch, at as i64)).collect()
}

/// Writes texts, which TensorBoard shows as Markdown; says whether it did.
///
/// Source: `tf.summary.text`.
///
/// # Errors
/// `TypeError` for a tensor that is not of strings, `ValueError` without a step; those of the file system.
pub fn text(name: &str, data: impl IntoOperand, step: impl Into<Option<i64>>) -> Result<bool> {
    let step = step.into();
    text_with(name, data, |options| options.step(step))
}

/// The same with a description.
///
/// # Errors
/// As [`text`].
pub fn text_with(
    name: &str,
    data: impl IntoOperand,
    options: impl FnOnce(SummaryOptions) -> SummaryOptions,
) -> Result<bool> {
    let options = options(SummaryOptions::default());
    let data = data.into_operand()?;
    let metadata = metadata("text", &[], &options.description);
    let tensor = || {
        let data = convert_to_tensor(data, None)?;
        ensure!(
            data.dtype() == DType::STRING,
            type_error,
            "tensor must be of type tf.string; got tf.{}",
            data.dtype().name()
        );
        Ok(data)
    };
    record(name, options.step, Some(metadata), tensor, |array| Ok(array.clone()))
}

/// Writes sounds: `[batch, frames, channels]`, from -1 to 1; says whether it did.
///
/// Source: `tf.summary.audio`.
///
/// # Errors
/// `ValueError` for a tensor of another rank, or without a step; those of the file system.
pub fn audio(
    name: &str,
    data: impl IntoOperand,
    sample_rate: i32,
    step: impl Into<Option<i64>>,
) -> Result<bool> {
    let step = step.into();
    audio_with(name, data, sample_rate, |options| options.step(step))
}

/// The same with more sounds, or fewer.
///
/// # Errors
/// As [`audio`].
pub fn audio_with(
    name: &str,
    data: impl IntoOperand,
    sample_rate: i32,
    options: impl FnOnce(AudioOptions) -> AudioOptions,
) -> Result<bool> {
    let options = options(AudioOptions::default());
    let data = data.into_operand()?;
    let metadata = metadata("audio", &AUDIO_CONTENT, &options.description);
    let tensor = || {
        let data = convert_to_tensor(data, None)?;
        check_rank(&data, 3)?;
        Ok(data)
    };
    let most = options.max_outputs;
    record(name, options.step, Some(metadata), tensor, move |sounds| {
        let mut strings = Vec::new();
        for sound in items(sounds, most)? {
            // Beside each sound stands a label, which nothing fills in any more.
            strings.push(encode_wav(sound, sample_rate)?.numpy()?.item::<TString>()?);
            strings.push(TString::default());
        }
        NdArray::from_vec(&[strings.len() / 2, 2], strings)
    })
}

/// Writes a tensor as it is, shown as the metadata say; says whether it did.
///
/// Source: `tf.summary.write`.
///
/// # Errors
/// `ValueError` without a step; those of the file system.
pub fn write(
    tag: &str,
    tensor: impl IntoOperand,
    step: impl Into<Option<i64>>,
    metadata: Option<SummaryMetadata>,
) -> Result<bool> {
    let tensor = tensor.into_operand()?;
    record(tag, step.into(), metadata, || convert_to_tensor(tensor, None), |array| Ok(array.clone()))
}

/// Writes a graph, such as that of a concrete function; says whether it did.
///
/// Source: `tf.summary.graph`.
///
/// # Errors
/// `Unimplemented` for a constant that cannot be written; those of the file system.
pub fn graph(graph: &Graph) -> Result<bool> {
    let Some(writer) = state::default_writer().filter(|_| state::should_record_summaries()) else {
        return Ok(false);
    };
    let step = state::experimental::get_step().unwrap_or_default();
    writer.add(step, What::GraphDef(graph.as_graph_def()?.encode_to_vec()))?;
    Ok(true)
}
