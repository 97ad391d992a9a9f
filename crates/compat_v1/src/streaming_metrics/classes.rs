//! `tf.compat.v1.metrics`: how well classes are told apart.

use super::parts::{MetricOptions, Sum, metric_variable, refuse_eager, safe_ratio, scoped, size_of};
use crate::batch_losses::agree;
use crate::ops::{added_node, colocate_with, control_dependencies, ones_like_of};
use crate::{cast, convert_to_tensor, get_default_graph};
use ferroflow_core::{DType, IntoOperand, NdArray, Op, Result, Tensor, bail, context};
use ferroflow_graph::Operation;
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
        let more = confusion_matrix(labels, predictions, classes, weights)?;
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

/// How many of each class, a row each, are predicted to be of each class; `float64`, in the nodes of
/// `tf.math.confusion_matrix`.
fn confusion_matrix(
    labels: Tensor,
    predictions: Tensor,
    num_classes: Tensor,
    weights: Option<Tensor>,
) -> Result<Tensor> {
    context::name_scope("confusion_matrix", || {
        let (labels, predictions) =
            ferroflow_ops::composites::remove_squeezable_dimensions(labels, predictions)?;
        let checked = |tensor: Tensor, check: Option<Operation>| {
            colocate_with(&tensor, || {
                control_dependencies(check, || {
                    context::with_name("control_dependency", || crate::identity(&tensor))
                })
            })
        };
        let check = not_negative(&labels, "`labels` contains negative values")?;
        let labels = checked(labels, Some(check))?;
        let check = not_negative(&predictions, "`predictions` contains negative values")?;
        let predictions = checked(predictions, Some(check))?;
        let check = crate::assert_less(&labels, &num_classes, "`labels` out of bound")?;
        let labels = checked(labels, check)?;
        let check = crate::assert_less(&predictions, &num_classes, "`predictions` out of bound")?;
        let predictions = checked(predictions, check)?;
        let weights = match weights {
            Some(weights) => {
                agree(&predictions, &weights)?;
                Some(cast(weights, DType::FLOAT64)?)
            }
            None => None,
        };
        let shape = array::stack([&num_classes, &num_classes])?;
        let indices = crate::stack([&labels, &predictions], 1)?;
        let values = match weights {
            Some(weights) => weights,
            None => ones_like_of(&predictions, Some(DType::FLOAT64))?,
        };
        array::scatter_nd(indices, values, shape)
    })
}

/// Checks that classes are not below 0, in the nodes of `tf.debugging.assert_non_negative`.
fn not_negative(x: &Tensor, message: &str) -> Result<Operation> {
    context::name_scope("assert_non_negative", || {
        let zero = convert_to_tensor(0, Some(x.dtype()))?;
        context::name_scope("assert_less_equal", || {
            let all = math::reduce_all(crate::less_equal(zero, x)?, ())?;
            context::name_scope("Assert", || {
                let condition = "Condition x >= 0 did not hold element-wise:".to_string();
                let texts = [message.to_string(), condition, format!("x ({}) = ", x.name()?)];
                let mut data = Vec::new();
                for text in texts {
                    data.push(crate::constant(NdArray::from(text.as_str()))?);
                }
                data.push(x.clone());
                added_node(&get_default_graph(), "Assert", || {
                    Op::named("Assert").input(all).inputs(data).attr("summarize", 3i64).run()
                })
            })
        })
    })
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
