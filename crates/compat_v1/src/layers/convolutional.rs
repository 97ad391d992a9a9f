//! Convolutions as layers.

use super::core::known_rank;
use super::layer::{add_activity_loss, layer};
use super::values::{Activation, ActivityRegularizer, LayerName};
use super::{Weight, add_weight};
use crate::initializers::{Initializer, zeros_initializer};
use crate::scopes::{Regularizer, Reuse};
use ferroflow_core::{IntoOperand, Op, Result, Tensor, bail, context, convert_to_tensor, ensure, options};
use ferroflow_ops_array as array;

options! {
    /// Optional arguments of the convolutions of [`layers`](crate::layers).
    pub struct ConvLayerOptions {
        /// How far the filters move at a time: one number for all dimensions, or one for each.
        strides: Vec<i64> = vec![1],
        /// `valid` or `same`.
        padding: String = "valid".to_string(),
        /// Where the channels are: `channels_last` or `channels_first`.
        data_format: String = "channels_last".to_string(),
        /// How far apart the filters' elements are: one number for all dimensions, or one for each.
        dilation_rate: Vec<i64> = vec![1],
        /// What is done to the result.
        activation: Activation = Activation::linear(),
        /// Whether a bias is added.
        use_bias: bool = true,
        /// Makes the initial filters; by default the scope's, then Glorot's uniform numbers.
        kernel_initializer: Option<Initializer> = None,
        /// Makes the initial bias.
        bias_initializer: Option<Initializer> = Some(zeros_initializer()),
        /// Makes a loss of the filters.
        kernel_regularizer: Option<Regularizer> = None,
        /// Makes a loss of the bias.
        bias_regularizer: Option<Regularizer> = None,
        /// Makes a loss of the result.
        activity_regularizer: ActivityRegularizer = ActivityRegularizer::default(),
        /// Whether the variables are trained.
        trainable: bool = true,
        /// The name of the variable scope.
        name: LayerName = LayerName::default(),
        /// Whether the variables exist.
        reuse: Reuse = Reuse::Inherit,
    }
}

/// Sequences `[batch, width, channels]` convolved with filters of this size.
///
/// Source: `tf.compat.v1.layers.conv1d`.
///
/// # Errors
/// As [`conv2d_with`](crate::layers::conv2d_with).
pub fn conv1d(inputs: impl IntoOperand, filters: usize, kernel_size: usize) -> Result<Tensor> {
    conv1d_with(inputs, filters, kernel_size, |o| o)
}

/// [`conv1d`](crate::layers::conv1d) with strides, padding, an activation.
///
/// # Errors
/// As [`conv2d_with`](crate::layers::conv2d_with); `Unimplemented` for channels that come first, or a dilation.
pub fn conv1d_with(
    inputs: impl IntoOperand,
    filters: usize,
    kernel_size: usize,
    options: impl FnOnce(ConvLayerOptions) -> ConvLayerOptions,
) -> Result<Tensor> {
    convolution(inputs, filters, vec![kernel_size], 1, options(ConvLayerOptions::default()))
}

/// Images `[batch, height, width, channels]` convolved with filters of this height and width.
///
/// Source: `tf.compat.v1.layers.conv2d`.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// use ferroflow_core::DType;
/// let x = tf::placeholder(DType::FLOAT32, [1, 8, 8, 3])?;
/// let y = tf::layers::conv2d(&x, 4, [3, 3])?;
/// assert_eq!(y.shape(), [1, 6, 6, 4].into());
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// As [`conv2d_with`](crate::layers::conv2d_with).
pub fn conv2d(inputs: impl IntoOperand, filters: usize, kernel_size: [usize; 2]) -> Result<Tensor> {
    conv2d_with(inputs, filters, kernel_size, |o| o)
}

/// [`conv2d`](crate::layers::conv2d) with strides, padding, an activation.
///
/// # Errors
/// `ValueError` for inputs of another rank or of an unknown number of channels, and for an unknown padding or data format;
/// what the convolution finds wrong; those of [`get_variable`](crate::get_variable).
pub fn conv2d_with(
    inputs: impl IntoOperand,
    filters: usize,
    kernel_size: [usize; 2],
    options: impl FnOnce(ConvLayerOptions) -> ConvLayerOptions,
) -> Result<Tensor> {
    convolution(inputs, filters, kernel_size.to_vec(), 2, options(ConvLayerOptions::default()))
}

/// Volumes `[batch, depth, height, width, channels]` convolved with filters of this size.
///
/// Source: `tf.compat.v1.layers.conv3d`.
///
/// # Errors
/// As [`conv2d_with`](crate::layers::conv2d_with).
pub fn conv3d(inputs: impl IntoOperand, filters: usize, kernel_size: [usize; 3]) -> Result<Tensor> {
    conv3d_with(inputs, filters, kernel_size, |o| o)
}

/// [`conv3d`](crate::layers::conv3d) with strides, padding, an activation.
///
/// # Errors
/// As [`conv2d_with`](crate::layers::conv2d_with).
pub fn conv3d_with(
    inputs: impl IntoOperand,
    filters: usize,
    kernel_size: [usize; 3],
    options: impl FnOnce(ConvLayerOptions) -> ConvLayerOptions,
) -> Result<Tensor> {
    convolution(inputs, filters, kernel_size.to_vec(), 3, options(ConvLayerOptions::default()))
}

/// One number for each of the dimensions.
pub(super) fn for_each(given: &[i64], dimensions: usize, what: &str) -> Result<Vec<i64>> {
    match given {
        [all] => Ok(vec![*all; dimensions]),
        _ if given.len() == dimensions => Ok(given.to_vec()),
        _ => bail!(
            value,
            "The `{what}` argument must be a tuple of {dimensions} integers. Received: {given:?}"
        ),
    }
}

/// Whether the channels come first.
pub(super) fn channels_first(data_format: &str) -> Result<bool> {
    match data_format {
        "channels_last" => Ok(false),
        "channels_first" => Ok(true),
        other => bail!(
            value,
            "The `data_format` argument must be one of \"channels_first\", \"channels_last\". Received: {other}"
        ),
    }
}

pub(super) fn padding_of(padding: &str) -> Result<String> {
    let upper = padding.to_uppercase();
    ensure!(
        matches!(upper.as_str(), "VALID" | "SAME"),
        value,
        "The `padding` argument must be a list/tuple or one of \"valid\", \"same\" (or \"causal\", only for `Conv1D). \
         Received: {}",
        padding.to_lowercase()
    );
    Ok(upper)
}

/// The sizes of an op's attribute: 1 for batch and channels.
pub(super) fn with_outer(inner: &[i64], first: bool) -> Vec<i64> {
    let mut all = if first { vec![1, 1] } else { vec![1] };
    all.extend(inner);
    if !first {
        all.push(1);
    }
    all
}

fn convolution(
    inputs: impl IntoOperand,
    filters: usize,
    kernel_size: Vec<usize>,
    dimensions: usize,
    options: ConvLayerOptions,
) -> Result<Tensor> {
    let inputs = inputs.into_operand()?;
    let own_name = ["conv1d", "conv2d", "conv3d"][dimensions - 1];
    layer(own_name, &options.name, options.reuse, || {
        let x = convert_to_tensor(inputs, None)?;
        let (strides, dilations) = (
            for_each(&options.strides, dimensions, "strides")?,
            for_each(&options.dilation_rate, dimensions, "dilation_rate")?,
        );
        let first = channels_first(&options.data_format)?;
        let padding = padding_of(&options.padding)?;
        let rank = known_rank(&x, own_name, dimensions + 2)?;
        if rank != dimensions + 2 {
            bail!(unimplemented, "a convolution of inputs with {rank} dimensions ({own_name})");
        }
        let shape = x.shape();
        let axis = if first { 1 } else { rank - 1 };
        let Some(channels) = shape.dims().and_then(|dims| dims.get(axis).copied()).flatten() else {
            bail!(
                value,
                "The channel dimension of the inputs should be defined. The input_shape received is {shape}, where axis \
                 {} (0-based) is the channel dimension, which found to be `None`.",
                if first { 1 } else { -1 }
            );
        };
        let dtype = x.dtype().base();
        let kernel = add_weight(Weight {
            name: "kernel",
            shape: kernel_size.into_iter().chain([channels, filters]).collect(),
            dtype,
            initializer: options.kernel_initializer,
            regularizer: options.kernel_regularizer,
            trainable: options.trainable,
        })?;
        let bias = match options.use_bias {
            true => Some(add_weight(Weight {
                name: "bias",
                shape: vec![filters],
                dtype,
                initializer: options.bias_initializer,
                regularizer: options.bias_regularizer,
                trainable: options.trainable,
            })?),
            false => None,
        };
        let mut y = match dimensions {
            1 => {
                if first || dilations != [1] {
                    bail!(unimplemented, "conv1d with channels that come first, or with a dilation");
                }
                let stride = strides.first().copied().unwrap_or(1);
                of_sequences(&x, &convert_to_tensor(&kernel, None)?, stride, &padding)?
            }
            2 | 3 => {
                let op = if dimensions == 2 { "Conv2D" } else { "Conv3D" };
                let format = match (dimensions, first) {
                    (2, false) => "NHWC",
                    (2, true) => "NCHW",
                    (_, false) => "NDHWC",
                    (_, true) => "NCDHW",
                };
                Op::named(op)
                    .input(&x)
                    .input(&kernel)
                    .attr("strides", with_outer(&strides, first))
                    .attr("padding", padding)
                    .attr("data_format", format)
                    .attr("dilations", with_outer(&dilations, first))
                    .one()?
            }
            _ => bail!(internal, "a convolution of {dimensions} dimensions"),
        };
        if let Some(bias) = bias {
            let format = if first { "NCHW" } else { "NHWC" };
            y = Op::named("BiasAdd").input(y).input(&bias).attr("data_format", format).one()?;
        }
        let y = options.activation.apply(y)?;
        add_activity_loss(&options.activity_regularizer, &y)?;
        Ok(y)
    })
}

/// A convolution of sequences is one of images that are one pixel high.
fn of_sequences(x: &Tensor, kernel: &Tensor, stride: i64, padding: &str) -> Result<Tensor> {
    context::with_name("Conv1D", || {
        context::name_scope_for_op("Conv1D", |name| {
            let (images, filters) = (array::expand_dims(x, -3)?, array::expand_dims(kernel, 0)?);
            let y = Op::named("Conv2D")
                .input(images)
                .input(filters)
                .attr("strides", vec![1, 1, stride, 1])
                .attr("padding", padding)
                .name(name)
                .one()?;
            array::squeeze_with(y, |o| o.axis([-3]))
        })
    })
}
