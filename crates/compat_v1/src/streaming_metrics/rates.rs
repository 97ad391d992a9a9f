//! `tf.compat.v1.metrics`: one rate of right predictions at the threshold that gives the other.

use super::MetricOptions;
use super::auc::spread;
use super::parts::{Metric, Sum, refuse_eager, scoped};
use super::thresholds::{
    Batch, Counts, FALSE_NEGATIVES, FALSE_POSITIVES, TRUE_NEGATIVES, TRUE_POSITIVES, counts,
};
use crate::cast;
use ferroflow_core::{DType, IntoOperand, Result, Tensor, context, ensure, options};
use ferroflow_ops_array as array;
use ferroflow_ops_math as math;

options! {
    /// Optional arguments of [`sensitivity_at_specificity_with`] and [`specificity_at_sensitivity_with`].
    pub struct RateOptions {
        /// What each prediction counts; 1 by default.
        weights: Option<Tensor> = None,
        /// How many thresholds there are, at equal distances.
        num_thresholds: i64 = 200,
        /// Collections that the value joins.
        metrics_collections: Vec<String> = Vec::new(),
        /// Collections that the update joins.
        updates_collections: Vec<String> = Vec::new(),
    }
}

/// What keeps quotients finite, and the outermost thresholds beyond [0, 1].
const EPSILON: f64 = 1e-7;

/// The share of what is predicted to be true among what is, at the threshold where the share of what is predicted to be
/// false among what is, is nearest to `specificity`; and what adds a batch.
///
/// Source: `tf.compat.v1.metrics.sensitivity_at_specificity`.
///
/// # Errors
/// As [`sensitivity_at_specificity_with`].
pub fn sensitivity_at_specificity(
    labels: impl IntoOperand,
    predictions: impl IntoOperand,
    specificity: f64,
) -> Result<(Tensor, Tensor)> {
    sensitivity_at_specificity_with(labels, predictions, specificity, |o| o)
}

/// [`sensitivity_at_specificity`] with weights, more thresholds, or collections to join.
///
/// # Errors
/// `ValueError` for a specificity that is not in [0, 1] and for shapes that do not fit; `RuntimeError` in eager mode; when
/// run, `InvalidArgument` for predictions that are not in [0, 1].
pub fn sensitivity_at_specificity_with(
    labels: impl IntoOperand,
    predictions: impl IntoOperand,
    specificity: f64,
    options: impl FnOnce(RateOptions) -> RateOptions,
) -> Result<(Tensor, Tensor)> {
    let (name, options) = (context::take_name(), options(RateOptions::default()));
    refuse_eager("sensitivity_at_specificity")?;
    ensure!(
        specificity.is_nan() || (0.0..=1.0).contains(&specificity),
        value,
        "`specificity` must be in the range [0, 1]. Currently, `specificity` got {specificity:?}."
    );
    let batch = (labels.into_operand()?, predictions.into_operand()?, options.weights.clone());
    scoped(name, "sensitivity_at_specificity", || {
        measured(batch, options, 1.0 + EPSILON, |[tp, negatives, tn, fp], name| {
            let off = math::abs((rate(tn, fp)? - specificity)?)?;
            let at = cast(crate::argmin(off, 0)?, DType::INT32)?;
            share_at(tp, negatives, &at, name)
        })
    })
}

/// The share of what is predicted to be false among what is, at the last threshold where the share of what is predicted to
/// be true among what is, is nearest to `sensitivity`; and what adds a batch.
///
/// Source: `tf.compat.v1.metrics.specificity_at_sensitivity`.
///
/// # Errors
/// As [`specificity_at_sensitivity_with`].
pub fn specificity_at_sensitivity(
    labels: impl IntoOperand,
    predictions: impl IntoOperand,
    sensitivity: f64,
) -> Result<(Tensor, Tensor)> {
    specificity_at_sensitivity_with(labels, predictions, sensitivity, |o| o)
}

/// [`specificity_at_sensitivity`] with weights, more thresholds, or collections to join.
///
/// # Errors
/// As [`sensitivity_at_specificity_with`], of the sensitivity.
pub fn specificity_at_sensitivity_with(
    labels: impl IntoOperand,
    predictions: impl IntoOperand,
    sensitivity: f64,
    options: impl FnOnce(RateOptions) -> RateOptions,
) -> Result<(Tensor, Tensor)> {
    let (name, options) = (context::take_name(), options(RateOptions::default()));
    refuse_eager("specificity_at_sensitivity")?;
    ensure!(
        sensitivity.is_nan() || (0.0..=1.0).contains(&sensitivity),
        value,
        "`sensitivity` must be in the range [0, 1]. Currently, `sensitivity` is {sensitivity:?}."
    );
    let batch = (labels.into_operand()?, predictions.into_operand()?, options.weights.clone());
    scoped(name, "specificity_at_sensitivity", || {
        measured(batch, options, 1.0 - EPSILON, |[tp, negatives, tn, fp], name| {
            let rates = rate(tp, negatives)?;
            let off = || math::abs((&rates - sensitivity)?);
            let least = math::reduce_min(off()?, ())?;
            let nearest = cast(crate::equal(off()?, least)?, DType::INT64)?;
            let at = cast(crate::argmax(crate::cumsum(nearest, 0)?, 0)?, DType::INT32)?;
            share_at(tn, fp, &at, name)
        })
    })
}

/// A figure of true positives, false negatives, true negatives and false positives, from those so far and with a batch.
fn measured(
    batch: Batch,
    options: RateOptions,
    last: f64,
    figure: impl Fn([&Sum; 4], &str) -> Result<Tensor>,
) -> Result<Metric> {
    let inner = spread(options.num_thresholds)?;
    let limits: Vec<f64> = [-EPSILON].into_iter().chain(inner).chain([last]).collect();
    let sides = [TRUE_POSITIVES, FALSE_NEGATIVES, TRUE_NEGATIVES, FALSE_POSITIVES];
    let counts = counts(batch, &limits, sides)?;
    let value = figure(counts.each_ref().map(|counts: &Counts| &counts.so_far), "value")?;
    let update = figure(counts.each_ref().map(|counts: &Counts| &counts.updated), "update_op")?;
    let joined = MetricOptions::default()
        .metrics_collections(options.metrics_collections)
        .updates_collections(options.updates_collections);
    joined.collected((value, update))
}

/// The share of what is right among itself and what is wrong, at each threshold.
fn rate(right: &Sum, wrong: &Sum) -> Result<Tensor> {
    right.value()? / ((right.value()? + wrong.value()?)? + EPSILON)?
}

/// The share of what is right among itself and what is wrong, at one threshold.
fn share_at(right: &Sum, wrong: &Sum, at: &Tensor, name: &str) -> Result<Tensor> {
    let item = |of: &Sum| array::getitem(of.value()?, at);
    let found = item(right)?;
    let all = ((item(right)? + item(wrong)?)? + EPSILON)?;
    context::with_name(name, || crate::divide(found, all))
}
