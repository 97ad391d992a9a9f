//! Layers and losses in v1's argument orders, under v1's node names.

use crate::mode::facade;
use ferroflow_core::{DType, IntoOperand, NdArray, Op, Result, Tensor, context, convert_to_tensor, options};
use ferroflow_ops::composites;
use ferroflow_ops_array as array;
use ferroflow_ops_math as math;
use ferroflow_ops_nn::{self as nn, Padding, PoolOptions, Sizes};

/// The pending name, or this one, for the op that `f` adds.
fn named(default: &str, f: impl FnOnce() -> Result<Tensor>) -> Result<Tensor> {
    let name = context::take_name().unwrap_or_else(|| default.to_string());
    facade(|| context::with_name(&name, f))
}

/// The greatest value in each window of images; `ksize` and `strides` have a number for each of the four dimensions.
///
/// Source: `tf.compat.v1.nn.max_pool`.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let image = [[[[1.0], [2.0]], [[3.0], [4.0]]]];
/// let pooled = tf::nn::max_pool(image, [1, 2, 2, 1], [1, 2, 2, 1], "VALID")?;
/// assert_eq!(pooled.eval_in(&tf::Session::new()?)?.to_string(), "[[[[4.]]]]");
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when window, strides and padding do not fit the input.
pub fn max_pool(
    value: impl IntoOperand,
    ksize: impl Into<Sizes>,
    strides: impl Into<Sizes>,
    padding: impl Into<Padding>,
) -> Result<Tensor> {
    max_pool_with(value, ksize, strides, padding, |options| options)
}

/// [`max_pool`] with another data format.
///
/// # Errors
/// As [`max_pool`].
pub fn max_pool_with(
    value: impl IntoOperand,
    ksize: impl Into<Sizes>,
    strides: impl Into<Sizes>,
    padding: impl Into<Padding>,
    options: impl FnOnce(PoolOptions) -> PoolOptions,
) -> Result<Tensor> {
    named("MaxPool", || nn::max_pool2d_with(value, ksize, strides, padding, options))
}

/// The mean of each window of images; `ksize` and `strides` have a number for each of the four dimensions.
///
/// Source: `tf.compat.v1.nn.avg_pool`.
///
/// # Errors
/// `InvalidArgument` when window, strides and padding do not fit the input.
pub fn avg_pool(
    value: impl IntoOperand,
    ksize: impl Into<Sizes>,
    strides: impl Into<Sizes>,
    padding: impl Into<Padding>,
) -> Result<Tensor> {
    avg_pool_with(value, ksize, strides, padding, |options| options)
}

/// [`avg_pool`] with another data format.
///
/// # Errors
/// As [`avg_pool`].
pub fn avg_pool_with(
    value: impl IntoOperand,
    ksize: impl Into<Sizes>,
    strides: impl Into<Sizes>,
    padding: impl Into<Padding>,
    options: impl FnOnce(PoolOptions) -> PoolOptions,
) -> Result<Tensor> {
    named("AvgPool", || nn::avg_pool2d_with(value, ksize, strides, padding, options))
}

/// The loss of each row of `logits` against a distribution over its classes, through which no gradient flows.
///
/// Source: `tf.compat.v1.nn.softmax_cross_entropy_with_logits`.
///
/// # Errors
/// `InvalidArgument` when the shapes do not fit.
pub fn softmax_cross_entropy_with_logits(
    labels: impl IntoOperand,
    logits: impl IntoOperand,
) -> Result<Tensor> {
    let (labels, logits) = (labels.into_operand()?, logits.into_operand()?);
    let name = context::take_name().unwrap_or_else(|| "softmax_cross_entropy_with_logits_sg".to_string());
    facade(|| {
        context::name_scope_for_op(&name, |name| {
            let labels = context::with_name("labels_stop_gradient", || array::stop_gradient(labels))?;
            context::with_name(&name, || composites::softmax_cross_entropy_with_logits(labels, logits))
        })
    })
}

/// The loss of each row of `logits` against a distribution over its classes, which has a gradient, too.
///
/// Source: `tf.compat.v1.nn.softmax_cross_entropy_with_logits_v2`.
///
/// # Errors
/// `InvalidArgument` when the shapes do not fit.
pub fn softmax_cross_entropy_with_logits_v2(
    labels: impl IntoOperand,
    logits: impl IntoOperand,
) -> Result<Tensor> {
    facade(|| composites::softmax_cross_entropy_with_logits(labels, logits))
}

/// The tensor with a share of its elements, `keep_prob` on average, kept and scaled up, and the others set to 0.
///
/// Source: `tf.compat.v1.nn.dropout`.
///
/// # Errors
/// `ValueError` for a probability that is not in (0, 1], or a tensor that is not floating.
pub fn dropout(x: impl IntoOperand, keep_prob: f64, seed: Option<i64>) -> Result<Tensor> {
    facade(|| composites::dropout(x, 1.0 - keep_prob, seed))
}

/// `matmul(x, weights) + biases`
///
/// Source: `tf.compat.v1.nn.xw_plus_b`.
///
/// # Errors
/// `InvalidArgument` when the shapes do not fit.
pub fn xw_plus_b(x: impl IntoOperand, weights: impl IntoOperand, biases: impl IntoOperand) -> Result<Tensor> {
    let (x, weights, biases) = (x.into_operand()?, weights.into_operand()?, biases.into_operand()?);
    let name = context::take_name().unwrap_or_else(|| "xw_plus_b".to_string());
    facade(|| {
        context::name_scope_for_op(&name, |name| {
            let product = math::matmul(x, weights)?;
            context::with_name(&name, || nn::bias_add(product, biases))
        })
    })
}

/// `relu(matmul(x, weights) + biases)`
///
/// Source: `tf.compat.v1.nn.relu_layer`.
///
/// # Errors
/// `InvalidArgument` when the shapes do not fit.
pub fn relu_layer(
    x: impl IntoOperand,
    weights: impl IntoOperand,
    biases: impl IntoOperand,
) -> Result<Tensor> {
    let (x, weights, biases) = (x.into_operand()?, weights.into_operand()?, biases.into_operand()?);
    let name = context::take_name().unwrap_or_else(|| "relu_layer".to_string());
    facade(|| {
        context::name_scope_for_op(&name, |name| {
            let sum = nn::bias_add(math::matmul(x, weights)?, biases)?;
            context::with_name(&name, || nn::relu(sum))
        })
    })
}

/// Whether the target's prediction is among the `k` highest of its row.
///
/// Source: `tf.compat.v1.math.in_top_k`.
///
/// # Errors
/// `InvalidArgument` when the shapes do not fit.
pub fn in_top_k(
    predictions: impl IntoOperand,
    targets: impl IntoOperand,
    k: impl IntoOperand,
) -> Result<Tensor> {
    facade(|| array::in_top_k(targets, predictions, k))
}

options! {
    /// Optional arguments of [`fused_batch_norm_with`].
    pub struct FusedBatchNormOptions {
        /// The mean to use where the batch's is not: outside of training.
        mean: Option<Tensor> = None,
        /// The variance to use where the batch's is not.
        variance: Option<Tensor> = None,
        /// What is added to the variance.
        epsilon: f32 = 0.001,
        /// Where channels stand: `"NHWC"` or `"NCHW"`.
        data_format: String = "NHWC".to_string(),
        /// Whether the statistics are those of the batch.
        is_training: bool = true,
        /// How much of the batch's statistics enters the running ones.
        exponential_avg_factor: f32 = 1.0,
    }
}

/// Images normalised by the mean and variance of each channel of the batch, scaled and shifted; with that mean and
/// variance.
///
/// Source: `tf.compat.v1.nn.fused_batch_norm`.
///
/// # Errors
/// `InvalidArgument` when the shapes do not fit.
pub fn fused_batch_norm(
    x: impl IntoOperand,
    scale: impl IntoOperand,
    offset: impl IntoOperand,
) -> Result<(Tensor, Tensor, Tensor)> {
    fused_batch_norm_with(x, scale, offset, |options| options)
}

/// [`fused_batch_norm`] with optional arguments.
///
/// # Errors
/// As [`fused_batch_norm`].
pub fn fused_batch_norm_with(
    x: impl IntoOperand,
    scale: impl IntoOperand,
    offset: impl IntoOperand,
    options: impl FnOnce(FusedBatchNormOptions) -> FusedBatchNormOptions,
) -> Result<(Tensor, Tensor, Tensor)> {
    let options = options(FusedBatchNormOptions::default());
    let (x, scale, offset) = (x.into_operand()?, scale.into_operand()?, offset.into_operand()?);
    facade(|| {
        let statistic = |given: Option<Tensor>| match given {
            Some(tensor) => Ok(tensor),
            None => convert_to_tensor(NdArray::vector(Vec::<f32>::new()), Some(DType::FLOAT32)),
        };
        let [y, mean, variance, ..] = Op::named("FusedBatchNormV3")
            .input(x)
            .input(scale)
            .input(offset)
            .input(statistic(options.mean)?)
            .input(statistic(options.variance)?)
            // Smaller ones are what TensorFlow does not allow on a GPU, and replaces everywhere.
            .attr("epsilon", options.epsilon.max(1.001e-5))
            .attr("exponential_avg_factor", options.exponential_avg_factor)
            .attr("data_format", options.data_format)
            .attr("is_training", options.is_training)
            .outputs::<6>()?;
        Ok((y, mean, variance))
    })
}

/// The least difference of input and filter under each window of images; channels are last.
///
/// Source: `tf.compat.v1.nn.erosion2d`.
///
/// # Errors
/// `InvalidArgument` when input, filter, strides and padding do not fit.
pub fn erosion2d(
    value: impl IntoOperand,
    kernel: impl IntoOperand,
    strides: impl Into<Sizes>,
    rates: impl Into<Sizes>,
    padding: impl Into<Padding>,
) -> Result<Tensor> {
    facade(|| nn::erosion2d(value, kernel, strides, padding, "NHWC", rates))
}

/// A convolution of each channel with filters of its own.
///
/// Source: `tf.compat.v1.nn.depthwise_conv2d_native` (op `DepthwiseConv2dNative`).
///
/// # Errors
/// `InvalidArgument` when shapes, strides and padding do not fit each other.
pub fn depthwise_conv2d_native(
    input: impl IntoOperand,
    filter: impl IntoOperand,
    strides: impl Into<Sizes>,
    padding: impl Into<Padding>,
) -> Result<Tensor> {
    named("DepthwiseConv2dNative", || nn::depthwise_conv2d(input, filter, strides, padding))
}

/// `x * sigmoid(x)`, also called swish.
///
/// Source: `tf.compat.v1.nn.silu`.
///
/// # Errors
/// `TypeError` for a dtype that is neither floating nor complex.
pub fn silu(features: impl IntoOperand) -> Result<Tensor> {
    facade(|| ferroflow_v2::nn::silu(features))
}

/// [`silu`] with the slope of the sigmoid: `x * sigmoid(beta * x)`.
///
/// # Errors
/// As [`silu`].
pub fn silu_with(features: impl IntoOperand, beta: impl IntoOperand) -> Result<Tensor> {
    facade(|| ferroflow_v2::nn::silu_with(features, beta))
}
