//! `tf.compat.v1.metrics`: how well classes are told apart.

use super::parts::{MetricOptions, Sum, metric_variable, refuse_eager, safe_ratio, scoped, size_of};
use crate::batch_losses::agree;
use crate::{cast, convert_to_tensor};
use ferroflow_core::{DType, IntoOperand, Result, Tensor, bail, context};
use ferroflow_ops::composites::confusion_matrix_with;
use ferroflow_ops_array as array;
use ferroflow_ops_math as math;

/// The mean over classes of how many of a class are predicted to be of it, as a share of those that are either; and what
/// adds a batch to the confusion matrix that it is computed from.
///
/// Source: `tf.compat.v1.metrics.mean_iou`.
///
/// # Errors
/// As [`mean_iou_with`].
pub fn mean_iou(
    labels: impl IntoOperand,
    predictions: impl IntoOperand,
    num_classes: i64,
) -> Result<(Tensor, Tensor)> {
    mean_iou_with(labels, predictions, num_classes, |o| o)
}

/// [`mean_iou`] with weights, or collections to join.
///
/// # Errors
/// `ValueError` for shapes that do not fit; `RuntimeError` in eager mode; when run, `InvalidArgument` for a class out of
/// range.
pub fn mean_iou_with(
    labels: impl IntoOperand,
    predictions: impl IntoOperand,
    num_classes: i64,
    options: impl FnOnce(MetricOptions) -> MetricOptions,
) -> Result<(Tensor, Tensor)> {
    let (name, options) = (context::take_name(), options(MetricOptions::default()));
    refuse_eager("mean_iou")?;
    let (labels, predictions) = (labels.into_operand()?, predictions.into_operand()?);
    scoped(name, "mean_iou", || {
        let (labels, predictions) = (convert_to_tensor(labels, None)?, convert_to_tensor(predictions, None)?);
        agree(&predictions, &labels)?;
        let size = size_of(num_classes)?;
        let total = metric_variable(vec![size, size], DType::FLOAT64, "total_confusion_matrix")?;
        let predictions = cast(predictions, DType::INT64)?;
        let labels = cast(labels, DType::INT64)?;
        let classes = cast(size, DType::INT64)?;
        let (predictions, labels) = (flat(predictions)?, flat(labels)?);
        let weights = options.weights.clone().map(flat).transpose()?;
        let more = confusion_matrix_with(labels, predictions, |o| {
            o.num_classes(classes).weights(weights).dtype(DType::FLOAT64)
        })?;
        let update = total.assign_add(more)?;
        options.collected((iou(&Sum::Variable(total))?, update.value()?))
    })
}

/// A vector; numbers and vectors stay as they are.
fn flat(tensor: Tensor) -> Result<Tensor> {
    match tensor.shape().rank() {
        Some(0 | 1) => Ok(tensor),
        Some(_) => array::reshape(tensor, [-1]),
        None => bail!(unimplemented, "metrics of tensors of unknown rank are not supported"),
    }
}

/// The mean over classes of the share that classes have of the cases that are of them or predicted to be.
fn iou(total: &Sum) -> Result<Tensor> {
    let single = |x: Tensor| cast(x, DType::FLOAT32);
    let over_row = single(math::reduce_sum(total.value()?, vec![0])?)?;
    let over_column = single(math::reduce_sum(total.value()?, vec![1])?)?;
    let right = single(crate::diag_part(total.value()?)?)?;
    let either = ((over_row + over_column)? - &right)?;
    let valid = math::reduce_sum(single(crate::not_equal(&either, 0.0)?)?, ())?;
    let either = array::select(crate::greater(&either, 0.0)?, &either, crate::ones_like(&either)?)?;
    let shares = (right / either)?;
    let any = crate::greater(&valid, 0.0)?;
    let sum = context::with_name("mean_iou", || math::reduce_sum(shares, ()))?;
    array::select(any, (sum / valid)?, 0.0)
}

/// The mean over classes of how many of a class are predicted to be of it; and what adds a batch, which gives the share of
/// each class.
///
/// Source: `tf.compat.v1.metrics.mean_per_class_accuracy`.
///
/// # Errors
/// As [`mean_iou_with`].
pub fn mean_per_class_accuracy(
    labels: impl IntoOperand,
    predictions: impl IntoOperand,
    num_classes: i64,
) -> Result<(Tensor, Tensor)> {
    mean_per_class_accuracy_with(labels, predictions, num_classes, |o| o)
}

/// [`mean_per_class_accuracy`] with weights, or collections to join.
///
/// # Errors
/// As [`mean_iou_with`].
pub fn mean_per_class_accuracy_with(
    labels: impl IntoOperand,
    predictions: impl IntoOperand,
    num_classes: i64,
    options: impl FnOnce(MetricOptions) -> MetricOptions,
) -> Result<(Tensor, Tensor)> {
    let (name, options) = (context::take_name(), options(MetricOptions::default()));
    refuse_eager("mean_per_class_accuracy")?;
    let (labels, predictions) = (labels.into_operand()?, predictions.into_operand()?);
    scoped(name, "mean_accuracy", || {
        let labels = flat(cast(labels, DType::INT64)?)?;
        let predictions = flat(convert_to_tensor(predictions, None)?)?;
        agree(&predictions, &labels)?;
        let size = size_of(num_classes)?;
        let total = metric_variable(vec![size], DType::FLOAT32, "total")?;
        let count = metric_variable(vec![size], DType::FLOAT32, "count")?;
        let mut ones = one_for_each(&labels)?;
        let predictions = match labels.dtype() == predictions.dtype() {
            true => predictions,
            false => cast(predictions, labels.dtype())?,
        };
        let mut right = cast(crate::equal(predictions, &labels)?, DType::FLOAT32)?;
        if let Some(weights) = options.weights.clone() {
            let weights = cast(flat(weights)?, DType::FLOAT32)?;
            right = (right * &weights)?;
            ones = (ones * weights)?;
        }
        let new_total = crate::scatter_add(&total, &labels, ones)?;
        let new_count = crate::scatter_add(&count, labels, right)?;
        let shares = safe_ratio(&Sum::Variable(count), &Sum::Variable(total), "div_no_nan")?;
        let mean = context::with_name("mean_accuracy", || math::reduce_mean(shares, ()))?;
        let update = safe_ratio(&Sum::Updated(new_count), &Sum::Updated(new_total), "update_op")?;
        options.collected((mean, update))
    })
}

/// A one for each label, as many as there are when the graph runs.
fn one_for_each(labels: &Tensor) -> Result<Tensor> {
    let size = crate::size(labels)?;
    context::name_scope_for_op("ones", |name| {
        let packed = context::with_name("packed", || array::stack([size]))?;
        context::with_name(&name, || array::ones(packed, DType::FLOAT32))
    })
}
