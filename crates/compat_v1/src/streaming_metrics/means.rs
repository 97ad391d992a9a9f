//! `tf.compat.v1.metrics`: means over all batches, of values and of errors.

use super::parts::{
    Metric, MetricOptions, Sum, metric_variable, refuse_eager, safe_ratio, scoped, sizes, squeezed,
    weights_of,
};
use crate::batch_losses::agree;
use crate::cast;
use crate::mode::facade;
use crate::ops::control_dependencies;
use ferroflow_core::{DType, IntoOperand, Operand, Result, Tensor, context};
use ferroflow_ops_array as array;
use ferroflow_ops_math as math;

/// The mean of all values so far, and what adds a batch to it.
///
/// Source: `tf.compat.v1.metrics.mean`.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let (mean, update) = tf::metrics::mean([1.0, 2.0, 6.0])?;
/// let sess = tf::Session::new()?;
/// sess.run(&tf::local_variables_initializer()?)?;
/// assert_eq!(sess.run(&update)?.item::<f32>()?, 3.0);
/// assert_eq!(sess.run(&mean)?.item::<f32>()?, 3.0);
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// As [`mean_with`].
pub fn mean(values: impl IntoOperand) -> Result<(Tensor, Tensor)> {
    mean_with(values, |o| o)
}

/// [`mean`] with weights, or collections to join.
///
/// # Errors
/// `ValueError` for weights that do not fit; `RuntimeError` in eager mode.
pub fn mean_with(
    values: impl IntoOperand,
    options: impl FnOnce(MetricOptions) -> MetricOptions,
) -> Result<(Tensor, Tensor)> {
    let (name, options) = (context::take_name(), options(MetricOptions::default()));
    refuse_eager("mean")?;
    mean_in(name, values, options)
}

fn mean_in(name: Option<String>, values: impl IntoOperand, options: MetricOptions) -> Result<Metric> {
    scoped(name, "mean", || {
        let values = cast(values, DType::FLOAT32)?;
        let total = metric_variable(vec![], DType::FLOAT32, "total")?;
        let count = metric_variable(vec![], DType::FLOAT32, "count")?;
        let (values, number) = match options.weights.clone() {
            None => {
                let number = cast(crate::size(&values)?, DType::FLOAT32)?;
                (values, number)
            }
            Some(weights) => {
                let weights = weights_of(weights, &values)?;
                let weighted = crate::multiply(values, &weights)?;
                (weighted, math::reduce_sum(weights, ())?)
            }
        };
        let new_total = total.assign_add(math::reduce_sum(&values, ())?)?;
        let new_count = control_dependencies([&values], || count.assign_add(number))?;
        let value = safe_ratio(&Sum::Variable(total), &Sum::Variable(count), "value")?;
        let update = safe_ratio(&Sum::Updated(new_total), &Sum::Updated(new_count), "update_op")?;
        options.collected((value, update))
    })
}

/// The mean of each element over all batches, and what adds a batch to it.
///
/// Source: `tf.compat.v1.metrics.mean_tensor`.
///
/// # Errors
/// As [`mean_tensor_with`].
pub fn mean_tensor(values: impl IntoOperand) -> Result<(Tensor, Tensor)> {
    mean_tensor_with(values, |o| o)
}

/// [`mean_tensor`] with weights, or collections to join.
///
/// # Errors
/// As [`mean_with`]; `ValueError` for values whose shape is not known.
pub fn mean_tensor_with(
    values: impl IntoOperand,
    options: impl FnOnce(MetricOptions) -> MetricOptions,
) -> Result<(Tensor, Tensor)> {
    let (name, options) = (context::take_name(), options(MetricOptions::default()));
    refuse_eager("mean_tensor")?;
    let values = values.into_operand()?;
    scoped(name, "mean", || {
        let values = cast(values, DType::FLOAT32)?;
        let sizes = sizes(&values.shape())?;
        let total = metric_variable(sizes.clone(), DType::FLOAT32, "total_tensor")?;
        let count = metric_variable(sizes, DType::FLOAT32, "count_tensor")?;
        let ones = crate::ones_like(&values)?;
        let (values, number) = match options.weights.clone() {
            None => (values, ones),
            Some(weights) => {
                let weights = weights_of(weights, &values)?;
                (crate::multiply(values, &weights)?, crate::multiply(ones, weights)?)
            }
        };
        let new_total = total.assign_add(&values)?;
        let new_count = control_dependencies([&values], || count.assign_add(number))?;
        let value = safe_ratio(&Sum::Variable(total), &Sum::Variable(count), "value")?;
        let update = safe_ratio(&Sum::Updated(new_total), &Sum::Updated(new_count), "update_op")?;
        options.collected((value, update))
    })
}

/// How often labels and predictions are equal, and what adds a batch to that.
///
/// Source: `tf.compat.v1.metrics.accuracy`.
///
/// # Errors
/// As [`accuracy_with`].
pub fn accuracy(labels: impl IntoOperand, predictions: impl IntoOperand) -> Result<(Tensor, Tensor)> {
    accuracy_with(labels, predictions, |o| o)
}

/// [`accuracy`] with weights, or collections to join.
///
/// # Errors
/// As [`mean_with`]; `ValueError` for shapes that differ.
pub fn accuracy_with(
    labels: impl IntoOperand,
    predictions: impl IntoOperand,
    options: impl FnOnce(MetricOptions) -> MetricOptions,
) -> Result<(Tensor, Tensor)> {
    let operands = (labels.into_operand()?, predictions.into_operand()?);
    mean_of("accuracy", operands, options, |labels, predictions| {
        let predictions = match labels.dtype() == predictions.dtype() {
            true => predictions,
            false => cast(predictions, labels.dtype())?,
        };
        cast(crate::equal(predictions, labels)?, DType::FLOAT32)
    })
}

/// The mean of something about labels and predictions, in a scope of the metric's own name.
fn mean_of(
    metric: &str,
    (labels, predictions): (Operand, Operand),
    options: impl FnOnce(MetricOptions) -> MetricOptions,
    values: impl FnOnce(Tensor, Tensor) -> Result<Tensor>,
) -> Result<Metric> {
    let name = context::take_name().unwrap_or_else(|| metric.to_string());
    let mut options = options(MetricOptions::default());
    refuse_eager(metric)?;
    facade(|| {
        let (labels, predictions, weights) = squeezed(labels, predictions, options.weights.take())?;
        options.weights = weights;
        mean_in(Some(name), values(labels, predictions)?, options)
    })
}

/// The mean absolute difference of labels and predictions, and what adds a batch to it.
///
/// Source: `tf.compat.v1.metrics.mean_absolute_error`.
///
/// # Errors
/// As [`mean_absolute_error_with`].
pub fn mean_absolute_error(
    labels: impl IntoOperand,
    predictions: impl IntoOperand,
) -> Result<(Tensor, Tensor)> {
    mean_absolute_error_with(labels, predictions, |o| o)
}

/// [`mean_absolute_error`] with weights, or collections to join.
///
/// # Errors
/// As [`accuracy_with`].
pub fn mean_absolute_error_with(
    labels: impl IntoOperand,
    predictions: impl IntoOperand,
    options: impl FnOnce(MetricOptions) -> MetricOptions,
) -> Result<(Tensor, Tensor)> {
    let operands = (labels.into_operand()?, predictions.into_operand()?);
    mean_of("mean_absolute_error", operands, options, |labels, predictions| {
        math::abs((predictions - labels)?)
    })
}

/// The mean squared difference of labels and predictions, and what adds a batch to it.
///
/// Source: `tf.compat.v1.metrics.mean_squared_error`.
///
/// # Errors
/// As [`mean_squared_error_with`].
pub fn mean_squared_error(
    labels: impl IntoOperand,
    predictions: impl IntoOperand,
) -> Result<(Tensor, Tensor)> {
    mean_squared_error_with(labels, predictions, |o| o)
}

/// [`mean_squared_error`] with weights, or collections to join.
///
/// # Errors
/// As [`accuracy_with`].
pub fn mean_squared_error_with(
    labels: impl IntoOperand,
    predictions: impl IntoOperand,
    options: impl FnOnce(MetricOptions) -> MetricOptions,
) -> Result<(Tensor, Tensor)> {
    let operands = (labels.into_operand()?, predictions.into_operand()?);
    mean_of("mean_squared_error", operands, options, math::squared_difference)
}

/// The root of the mean squared difference of labels and predictions, and what adds a batch to it.
///
/// Source: `tf.compat.v1.metrics.root_mean_squared_error`.
///
/// # Errors
/// As [`root_mean_squared_error_with`].
pub fn root_mean_squared_error(
    labels: impl IntoOperand,
    predictions: impl IntoOperand,
) -> Result<(Tensor, Tensor)> {
    root_mean_squared_error_with(labels, predictions, |o| o)
}

/// [`root_mean_squared_error`] with weights, or collections to join.
///
/// # Errors
/// As [`accuracy_with`].
pub fn root_mean_squared_error_with(
    labels: impl IntoOperand,
    predictions: impl IntoOperand,
    options: impl FnOnce(MetricOptions) -> MetricOptions,
) -> Result<(Tensor, Tensor)> {
    let name = context::take_name().unwrap_or_else(|| "root_mean_squared_error".to_string());
    let options = options(MetricOptions::default());
    refuse_eager("root_mean_squared_error")?;
    let (labels, predictions) = (labels.into_operand()?, predictions.into_operand()?);
    facade(|| {
        let (labels, predictions, weights) = squeezed(labels, predictions, options.weights.clone())?;
        let (mean, update) = context::with_name(&name, || {
            mean_squared_error_with(labels, predictions, |o| o.weights(weights))
        })?;
        options.collected((math::sqrt(mean)?, math::sqrt(update)?))
    })
}

/// The mean absolute difference of labels and predictions as a share of `normalizer`, and what adds a batch to it;
/// where that is 0, so is the share.
///
/// Source: `tf.compat.v1.metrics.mean_relative_error`.
///
/// # Errors
/// As [`mean_relative_error_with`].
pub fn mean_relative_error(
    labels: impl IntoOperand,
    predictions: impl IntoOperand,
    normalizer: impl IntoOperand,
) -> Result<(Tensor, Tensor)> {
    mean_relative_error_with(labels, predictions, normalizer, |o| o)
}

/// [`mean_relative_error`] with weights, or collections to join.
///
/// # Errors
/// As [`accuracy_with`].
pub fn mean_relative_error_with(
    labels: impl IntoOperand,
    predictions: impl IntoOperand,
    normalizer: impl IntoOperand,
    options: impl FnOnce(MetricOptions) -> MetricOptions,
) -> Result<(Tensor, Tensor)> {
    let operands = (labels.into_operand()?, predictions.into_operand()?);
    let normalizer = normalizer.into_operand()?;
    mean_of("mean_relative_error", operands, options, |labels, predictions| {
        let (predictions, normalizer) =
            ferroflow_ops::composites::remove_squeezable_dimensions(predictions, normalizer)?;
        agree(&predictions, &normalizer)?;
        let none = crate::equal(&normalizer, 0.0)?;
        let zeros = array::zeros_like(&labels)?;
        let shares = (math::abs((labels - predictions)?)? / normalizer)?;
        array::select(none, zeros, shares)
    })
}

/// One minus the mean product of labels and predictions, summed along the axis `dim`, and what adds a batch to it; both
/// are taken to be of length 1.
///
/// Source: `tf.compat.v1.metrics.mean_cosine_distance`.
///
/// # Errors
/// As [`mean_cosine_distance_with`].
pub fn mean_cosine_distance(
    labels: impl IntoOperand,
    predictions: impl IntoOperand,
    dim: i64,
) -> Result<(Tensor, Tensor)> {
    mean_cosine_distance_with(labels, predictions, dim, |o| o)
}

/// [`mean_cosine_distance`] with weights, or collections to join.
///
/// # Errors
/// As [`accuracy_with`].
pub fn mean_cosine_distance_with(
    labels: impl IntoOperand,
    predictions: impl IntoOperand,
    dim: i64,
    options: impl FnOnce(MetricOptions) -> MetricOptions,
) -> Result<(Tensor, Tensor)> {
    let name = context::take_name().unwrap_or_else(|| "mean_cosine_distance".to_string());
    let options = options(MetricOptions::default());
    refuse_eager("mean_cosine_distance")?;
    let (labels, predictions) = (labels.into_operand()?, predictions.into_operand()?);
    facade(|| {
        let (labels, predictions, weights) = squeezed(labels, predictions, options.weights.clone())?;
        let products = crate::multiply(predictions, labels)?;
        let sums = math::reduce_sum_with(products, vec![dim], |o| o.keepdims(true))?;
        let (mean, update) = mean_in(Some(name), sums, MetricOptions::only_weights(weights))?;
        options.collected((crate::subtract(1.0, mean)?, crate::subtract(1.0, update)?))
    })
}

/// The share of values below a threshold, and what adds a batch to it.
///
/// Source: `tf.compat.v1.metrics.percentage_below`.
///
/// # Errors
/// As [`mean_with`].
pub fn percentage_below(values: impl IntoOperand, threshold: impl IntoOperand) -> Result<(Tensor, Tensor)> {
    percentage_below_with(values, threshold, |o| o)
}

/// [`percentage_below`] with weights, or collections to join.
///
/// # Errors
/// As [`mean_with`].
pub fn percentage_below_with(
    values: impl IntoOperand,
    threshold: impl IntoOperand,
    options: impl FnOnce(MetricOptions) -> MetricOptions,
) -> Result<(Tensor, Tensor)> {
    let name = context::take_name().unwrap_or_else(|| "percentage_below_threshold".to_string());
    let options = options(MetricOptions::default());
    refuse_eager("percentage_below")?;
    let (values, threshold) = (values.into_operand()?, threshold.into_operand()?);
    facade(|| {
        let below = cast(crate::less(values, threshold)?, DType::FLOAT32)?;
        mean_in(Some(name), below, options)
    })
}
