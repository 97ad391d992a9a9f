//! The nodes that make summaries.

use crate::{GraphKeys, facade, get_default_graph};
use ferroflow_core::{
    DType, IntoOperand, NdArray, Op, Result, TString, Tensor, context, convert_to_tensor, ensure, options,
};
use ferroflow_graph::CollectionItem;
use ferroflow_proto::{Message, SummaryMetadata, summary_metadata::PluginData};

options! {
    /// Optional arguments of summaries.
    pub struct SummaryOptions {
        /// The collections they join; by default `summaries`.
        collections: Option<Vec<String>> = None,
        /// A group of summaries, which stands in front of the tag.
        family: String = String::new(),
        /// How many images, or sounds, of a batch are reported.
        max_outputs: i64 = 3,
    }
}

/// The name without what names may not hold.
fn clean_tag(name: &str) -> String {
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '-' | '/' | '_' | '.');
    let clean: String = name.chars().map(|c| if allowed(c) { c } else { '_' }).collect();
    clean.trim_start_matches('/').to_string()
}

/// Makes a node in a scope of its own, whose name it bears and the tag comes from, and puts it into collections.
fn summary(
    name: &str,
    options: &SummaryOptions,
    node: impl FnOnce(&str, &str) -> Result<Tensor>,
) -> Result<Tensor> {
    let (name, family) = (clean_tag(name), clean_tag(&options.family));
    let scoped = if family.is_empty() { name } else { format!("{family}/{name}") };
    facade(|| {
        let made = context::name_scope_for_op(&scoped, |scope| {
            let unique = scope.trim_end_matches('/');
            let tag = if family.is_empty() { unique.to_string() } else { format!("{family}/{unique}") };
            node(&tag, &scope)
        })?;
        collect(&made, options)?;
        Ok(made)
    })
}

fn collect(made: &Tensor, options: &SummaryOptions) -> Result<()> {
    if made.is_eager() {
        return Ok(());
    }
    let graph = get_default_graph();
    let default = || vec![GraphKeys::SUMMARIES.to_string()];
    for collection in options.collections.clone().unwrap_or_else(default) {
        graph.add_to_collection(&collection, CollectionItem::Tensor(made.clone()))?;
    }
    Ok(())
}

/// A summary of a single number.
///
/// Source: `tf.compat.v1.summary.scalar`.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let loss = tf::summary::scalar("loss", 0.5)?;
/// let merged = tf::summary::merge_all("summaries")?.unwrap();
/// let message = tf::Session::new()?.run(&merged)?;
/// assert_eq!(loss.name()?, "loss:0");
/// assert_eq!(message.len(), 1);
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// Those of the graph in force.
pub fn scalar(name: &str, tensor: impl IntoOperand) -> Result<Tensor> {
    scalar_with(name, tensor, |options| options)
}

/// The same with optional arguments.
///
/// # Errors
/// As [`scalar`].
pub fn scalar_with(
    name: &str,
    tensor: impl IntoOperand,
    options: impl FnOnce(SummaryOptions) -> SummaryOptions,
) -> Result<Tensor> {
    let tensor = tensor.into_operand()?;
    summary(name, &options(SummaryOptions::default()), |tag, scope| {
        Op::named("ScalarSummary").input(tag).input(tensor).name(scope).one()
    })
}

/// A summary of how values are distributed.
///
/// Source: `tf.compat.v1.summary.histogram`.
///
/// # Errors
/// Those of the graph in force.
pub fn histogram(name: &str, values: impl IntoOperand) -> Result<Tensor> {
    histogram_with(name, values, |options| options)
}

/// The same with optional arguments.
///
/// # Errors
/// As [`histogram`].
pub fn histogram_with(
    name: &str,
    values: impl IntoOperand,
    options: impl FnOnce(SummaryOptions) -> SummaryOptions,
) -> Result<Tensor> {
    let values = values.into_operand()?;
    summary(name, &options(SummaryOptions::default()), |tag, scope| {
        Op::named("HistogramSummary").input(tag).input(values).name(scope).one()
    })
}

/// A summary of images: `[batch, height, width, channels]`.
///
/// Source: `tf.compat.v1.summary.image`.
///
/// # Errors
/// Those of the graph in force.
pub fn image(name: &str, tensor: impl IntoOperand) -> Result<Tensor> {
    image_with(name, tensor, |options| options)
}

/// The same with optional arguments.
///
/// # Errors
/// As [`image`].
pub fn image_with(
    name: &str,
    tensor: impl IntoOperand,
    options: impl FnOnce(SummaryOptions) -> SummaryOptions,
) -> Result<Tensor> {
    let (tensor, options) = (tensor.into_operand()?, options(SummaryOptions::default()));
    summary(name, &options, |tag, scope| {
        let op = Op::named("ImageSummary").input(tag).input(tensor).attr("max_images", options.max_outputs);
        op.name(scope).one()
    })
}

/// A summary of sounds: `[batch, frames, channels]`, or `[batch, frames]` for one channel, of samples in `[-1, 1]`.
///
/// Source: `tf.compat.v1.summary.audio`.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let sound = tf::summary::audio("tone", [[0.5f32, -0.5]], 8000)?;
/// assert_eq!(sound.name()?, "tone:0");
/// assert_eq!(tf::Session::new()?.run(&sound)?.len(), 1);
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// Those of the graph in force.
pub fn audio(name: &str, tensor: impl IntoOperand, sample_rate: impl IntoOperand) -> Result<Tensor> {
    audio_with(name, tensor, sample_rate, |options| options)
}

/// The same with optional arguments.
///
/// # Errors
/// As [`audio`].
pub fn audio_with(
    name: &str,
    tensor: impl IntoOperand,
    sample_rate: impl IntoOperand,
    options: impl FnOnce(SummaryOptions) -> SummaryOptions,
) -> Result<Tensor> {
    let (tensor, sample_rate) = (tensor.into_operand()?, sample_rate.into_operand()?);
    let options = options(SummaryOptions::default());
    summary(name, &options, |tag, scope| {
        let op = Op::named("AudioSummaryV2").input(tag).input(tensor).input(sample_rate);
        op.attr("max_outputs", options.max_outputs).name(scope).one()
    })
}

/// A summary of texts, which TensorBoard shows as Markdown.
///
/// Source: `tf.compat.v1.summary.text`.
///
/// # Errors
/// `ValueError` for a tensor that is not of strings.
pub fn text(name: &str, tensor: impl IntoOperand) -> Result<Tensor> {
    let tensor = facade(|| convert_to_tensor(tensor, None))?;
    ensure!(
        tensor.dtype() == DType::STRING,
        value,
        "Expected tensor {} to have dtype string, got {}",
        tensor.name().unwrap_or_default(),
        tensor.dtype().name()
    );
    let plugin = PluginData { plugin_name: "text".to_string(), content: Vec::new() };
    tensor_summary(name, tensor, SummaryMetadata { plugin_data: Some(plugin), ..SummaryMetadata::default() })
}

/// A summary of a tensor, shown as the metadata say.
///
/// Source: `tf.compat.v1.summary.tensor_summary`.
///
/// # Errors
/// Those of the graph in force.
pub fn tensor_summary(
    name: &str,
    tensor: impl IntoOperand,
    summary_metadata: SummaryMetadata,
) -> Result<Tensor> {
    let tensor = tensor.into_operand()?;
    let metadata = NdArray::scalar(TString::from(summary_metadata.encode_to_vec()));
    summary(name, &SummaryOptions::default(), |tag, scope| {
        Op::named("TensorSummaryV2").input(tag).input(tensor).input(metadata).name(scope).one()
    })
}

/// One summary of several.
///
/// Source: `tf.compat.v1.summary.merge`.
///
/// # Errors
/// Those of the graph in force; what the node gives for a tag that comes twice.
pub fn merge(inputs: &[Tensor]) -> Result<Tensor> {
    let name = context::take_name();
    facade(|| {
        let name = name.map(|name| clean_tag(&name));
        let scope = name.clone().unwrap_or_else(|| "Merge".to_string());
        context::with_name(&scope, || {
            context::name_scope(&scope, || {
                let op = Op::named("MergeSummary").inputs(inputs);
                match &name {
                    Some(name) => op.name(name.as_str()).one(),
                    None => op.one(),
                }
            })
        })
    })
}

/// One summary of all in a collection, usually `summaries`; `None` where it is empty.
///
/// Source: `tf.compat.v1.summary.merge_all`.
///
/// # Errors
/// As [`merge`].
pub fn merge_all(key: &str) -> Result<Option<Tensor>> {
    let items = get_default_graph().get_collection(key).into_iter().filter_map(|item| match item {
        CollectionItem::Tensor(tensor) => Some(tensor),
        _ => None,
    });
    let summaries: Vec<Tensor> = items.collect();
    if summaries.is_empty() { Ok(None) } else { merge(&summaries).map(Some) }
}
