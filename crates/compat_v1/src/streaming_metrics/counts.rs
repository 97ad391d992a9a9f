//! `tf.compat.v1.metrics`: how many of the yes-or-no predictions are right and wrong, in either way; precision and recall.

use super::parts::{Metric, MetricOptions, metric_variable, refuse_eager, scoped, squeezed};
use crate::cast;
use crate::ops::{control_dependencies, no_op};
use ferroflow_core::{DType, IntoOperand, Operand, Result, Tensor, bail, context};
use ferroflow_ops_array as array;
use ferroflow_ops_math as math;

/// Which cases are counted: those with this label and this prediction.
#[derive(Clone, Copy)]
struct Cases {
    name: &'static str,
    label: bool,
    prediction: bool,
}

const TRUE_POSITIVES: Cases = Cases { name: "true_positives", label: true, prediction: true };
const TRUE_NEGATIVES: Cases = Cases { name: "true_negatives", label: false, prediction: false };
const FALSE_POSITIVES: Cases = Cases { name: "false_positives", label: false, prediction: true };
const FALSE_NEGATIVES: Cases = Cases { name: "false_negatives", label: true, prediction: false };

/// Labels, predictions and weights.
type Batch = (Operand, Operand, Option<Tensor>);

fn counted(cases: Cases, name: Option<String>, batch: Batch) -> Result<Metric> {
    scoped(name, cases.name, || {
        let (labels, predictions, weights) = yes_or_no(batch)?;
        let labels = crate::equal(labels, cases.label)?;
        let predictions = crate::equal(predictions, cases.prediction)?;
        let values = crate::logical_and(labels, predictions)?;
        context::name_scope("assert_type", right_type)?;
        let count = metric_variable(vec![], DType::FLOAT32, "count")?;
        let mut values = cast(values, DType::FLOAT32)?;
        if let Some(weights) = weights {
            values = control_dependencies(check_rank(&weights, &values)?, || {
                crate::multiply(&values, cast(&weights, DType::FLOAT32)?)
            })?;
        }
        let value = crate::identity(count.value()?)?;
        let update = count.assign_add(math::reduce_sum(values, ())?)?;
        Ok((value, update.value()?))
    })
}

fn yes_or_no((labels, predictions, weights): Batch) -> Result<(Tensor, Tensor, Option<Tensor>)> {
    let predictions = cast(predictions, DType::BOOL)?;
    let labels = cast(labels, DType::BOOL)?;
    squeezed(labels, predictions, weights)
}

fn right_type() -> Result<Option<ferroflow_graph::Operation>> {
    context::with_name("statically_determined_correct_type", no_op)
}

/// Checks that weights are a number or of the values' rank, in the nodes that TensorFlow makes for it.
fn check_rank(weights: &Tensor, values: &Tensor) -> Result<Option<ferroflow_graph::Operation>> {
    crate::rank(values)?;
    context::name_scope("assert_rank_in", || {
        context::with_name("rank", || crate::constant(0))?;
        crate::shape(weights)?;
        for _ in 0..2 {
            context::name_scope("assert_type", right_type)?;
        }
        let (Some(ours), Some(theirs)) = (weights.shape().rank(), values.shape().rank()) else {
            bail!(unimplemented, "metrics with weights or values of unknown rank are not supported");
        };
        if ours != 0 && ours != theirs {
            bail!(
                value,
                "Tensor {} must have rank in (0, {theirs}).  Received rank {ours}, shape {}",
                weights.name()?,
                weights.shape()
            );
        }
        context::with_name("static_checks_determined_all_ok", no_op)
    })
}

/// Declares counts: their name, with options, the cases.
macro_rules! counts {
    ($($(#[$doc:meta])* $name:ident $with:ident $cases:ident;)*) => {
        $($(#[$doc])*
        ///
        #[doc = concat!("Source: `tf.compat.v1.metrics.", stringify!($name), "`.")]
        ///
        /// # Errors
        /// `ValueError` for shapes that differ; `RuntimeError` in eager mode.
        pub fn $name(labels: impl IntoOperand, predictions: impl IntoOperand) -> Result<(Tensor, Tensor)> {
            $with(labels, predictions, |o| o)
        }

        #[doc = concat!("[`", stringify!($name), "`] with weights, or collections to join.")]
        ///
        /// # Errors
        #[doc = concat!("As [`", stringify!($name), "`]; `ValueError` for weights that do not fit.")]
        pub fn $with(
            labels: impl IntoOperand,
            predictions: impl IntoOperand,
            options: impl FnOnce(MetricOptions) -> MetricOptions,
        ) -> Result<(Tensor, Tensor)> {
            let (name, options) = (context::take_name(), options(MetricOptions::default()));
            refuse_eager(stringify!($name))?;
            let batch = (labels.into_operand()?, predictions.into_operand()?, options.weights.clone());
            options.collected(counted($cases, name, batch)?)
        })*
    };
}

counts! {
    /// How many are predicted to be true, and are; and what adds a batch to that.
    true_positives true_positives_with TRUE_POSITIVES;
    /// How many are predicted to be false, and are; and what adds a batch to that.
    true_negatives true_negatives_with TRUE_NEGATIVES;
    /// How many are predicted to be true, and are not; and what adds a batch to that.
    false_positives false_positives_with FALSE_POSITIVES;
    /// How many are predicted to be false, and are not; and what adds a batch to that.
    false_negatives false_negatives_with FALSE_NEGATIVES;
}

/// The share of true positives among themselves and other cases.
fn share(
    default_name: &str,
    others: Cases,
    name: Option<String>,
    options: &MetricOptions,
    (labels, predictions): (Operand, Operand),
) -> Result<Metric> {
    scoped(name, default_name, || {
        let (labels, predictions, weights) = yes_or_no((labels, predictions, options.weights.clone()))?;
        let batch =
            || Ok((labels.clone().into_operand()?, predictions.clone().into_operand()?, weights.clone()));
        let (right, right_update) = counted(TRUE_POSITIVES, None, batch()?)?;
        let (other, other_update) = counted(others, None, batch()?)?;
        let of = |right: Tensor, other: Tensor, name: &str| {
            let any = crate::greater((&right + &other)?, 0.0)?;
            let share = (&right / (&right + &other)?)?;
            context::with_name(name, || array::select(any, share, 0.0))
        };
        let value = of(right, other, "value")?;
        options.collected((value, of(right_update, other_update, "update_op")?))
    })
}

/// The share of what is true among what is predicted to be, and what adds a batch to it.
///
/// Source: `tf.compat.v1.metrics.precision`.
///
/// # Errors
/// As [`true_positives`].
pub fn precision(labels: impl IntoOperand, predictions: impl IntoOperand) -> Result<(Tensor, Tensor)> {
    precision_with(labels, predictions, |o| o)
}

/// [`precision`] with weights, or collections to join.
///
/// # Errors
/// As [`true_positives_with`].
pub fn precision_with(
    labels: impl IntoOperand,
    predictions: impl IntoOperand,
    options: impl FnOnce(MetricOptions) -> MetricOptions,
) -> Result<(Tensor, Tensor)> {
    let (name, options) = (context::take_name(), options(MetricOptions::default()));
    refuse_eager("precision")?;
    let operands = (labels.into_operand()?, predictions.into_operand()?);
    share("precision", FALSE_POSITIVES, name, &options, operands)
}

/// The share of what is predicted to be true among what is, and what adds a batch to it.
///
/// Source: `tf.compat.v1.metrics.recall`.
///
/// # Errors
/// As [`true_positives`].
pub fn recall(labels: impl IntoOperand, predictions: impl IntoOperand) -> Result<(Tensor, Tensor)> {
    recall_with(labels, predictions, |o| o)
}

/// [`recall`] with weights, or collections to join.
///
/// # Errors
/// As [`true_positives_with`].
pub fn recall_with(
    labels: impl IntoOperand,
    predictions: impl IntoOperand,
    options: impl FnOnce(MetricOptions) -> MetricOptions,
) -> Result<(Tensor, Tensor)> {
    let (name, options) = (context::take_name(), options(MetricOptions::default()));
    // TensorFlow says it twice.
    refuse_eager("recall is not supported")?;
    let operands = (labels.into_operand()?, predictions.into_operand()?);
    share("recall", FALSE_NEGATIVES, name, &options, operands)
}
