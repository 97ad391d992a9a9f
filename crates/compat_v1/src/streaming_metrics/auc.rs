//! `tf.compat.v1.metrics.auc`: the area under a curve, from counts at thresholds.

use super::MetricOptions;
use super::parts::{Sum, refuse_eager, scoped, size_of};
use super::thresholds::{Counts, FALSE_NEGATIVES, FALSE_POSITIVES, TRUE_NEGATIVES, TRUE_POSITIVES, counts};
use ferroflow_core::{IntoOperand, Result, Tensor, bail, context, ensure, options};
use ferroflow_ops_array as array;
use ferroflow_ops_math as math;

options! {
    /// Optional arguments of [`auc_with`].
    pub struct AucOptions {
        /// What each prediction counts; 1 by default.
        weights: Option<Tensor> = None,
        /// How many thresholds there are, at equal distances.
        num_thresholds: i64 = 200,
        /// Collections that the value joins.
        metrics_collections: Vec<String> = Vec::new(),
        /// Collections that the update joins.
        updates_collections: Vec<String> = Vec::new(),
        /// `ROC`, or `PR` for precision over recall.
        curve: String = "ROC".to_string(),
        /// `trapezoidal`, `careful_interpolation` (for `PR`), `minoring` or `majoring`.
        summation_method: String = "trapezoidal".to_string(),
        /// The thresholds between 0 and 1, in place of `num_thresholds`.
        thresholds: Option<Vec<f64>> = None,
    }
}

/// The area under the curve of true positives over false positives, from all predictions so far; and what adds a batch.
///
/// Source: `tf.compat.v1.metrics.auc`.
///
/// # Errors
/// As [`auc_with`].
pub fn auc(labels: impl IntoOperand, predictions: impl IntoOperand) -> Result<(Tensor, Tensor)> {
    auc_with(labels, predictions, |o| o)
}

/// [`auc`] with weights, other thresholds, another curve, another sum, or collections to join.
///
/// # Errors
/// `ValueError` for a curve or a sum of another name, and for shapes that do not fit; `RuntimeError` in eager mode; when
/// run, `InvalidArgument` for predictions that are not in [0, 1].
pub fn auc_with(
    labels: impl IntoOperand,
    predictions: impl IntoOperand,
    options: impl FnOnce(AucOptions) -> AucOptions,
) -> Result<(Tensor, Tensor)> {
    let (name, options) = (context::take_name(), options(AucOptions::default()));
    refuse_eager("auc")?;
    let batch = (labels.into_operand()?, predictions.into_operand()?, options.weights.clone());
    scoped(name, "auc", || {
        let curve = options.curve.as_str();
        ensure!(
            matches!(curve, "ROC" | "PR"),
            value,
            "Curve must be either ROC or PR. Curve {curve} is unknown."
        );
        let (limits, number) = match &options.thresholds {
            Some(thresholds) => {
                let mut thresholds = thresholds.clone();
                thresholds.sort_by(f64::total_cmp);
                let number = thresholds.len() as i64 + 2;
                (thresholds, number)
            }
            None => (spread(options.num_thresholds)?, options.num_thresholds),
        };
        // There are two thresholds at least; as in a Python slice, fewer than none before the end of them are none.
        let intervals = size_of(number.max(-1) + 1)? - 2;
        let limits: Vec<f64> = [-1e-7].into_iter().chain(limits).chain([1.0 + 1e-7]).collect();
        let sides = [TRUE_POSITIVES, FALSE_NEGATIVES, TRUE_NEGATIVES, FALSE_POSITIVES];
        let counts = counts(batch, &limits, sides)?;
        let area = Area { curve, method: &options.summation_method, intervals };
        let value = area.of(counts.each_ref().map(|counts: &Counts| &counts.so_far), "value")?;
        let update = area.of(counts.each_ref().map(|counts: &Counts| &counts.updated), "update_op")?;
        let joined = MetricOptions::default()
            .metrics_collections(options.metrics_collections)
            .updates_collections(options.updates_collections);
        joined.collected((value, update))
    })
}

/// Thresholds at equal distances, without the first and the last one.
pub(super) fn spread(number: i64) -> Result<Vec<f64>> {
    let number = i64::from(size_of(number.max(0))?);
    let mut limits = Vec::new();
    if limits.try_reserve_exact(number as usize).is_err() {
        bail!(resource_exhausted, "no memory for {number} thresholds");
    }
    limits.extend((1..number - 1).map(|at| at as f64 / (number - 1) as f64));
    Ok(limits)
}

struct Area<'a> {
    curve: &'a str,
    method: &'a str,
    /// One less than the thresholds.
    intervals: i32,
}

impl Area<'_> {
    /// All but the last one.
    fn starts(&self, of: &Tensor) -> Result<Tensor> {
        array::getitem(of, ..self.intervals)
    }

    /// The area, of true positives, false negatives, true negatives and false positives.
    fn of(&self, [tp, negatives, tn, fp]: [&Sum; 4], name: &str) -> Result<Tensor> {
        if self.curve == "PR" && self.method == "careful_interpolation" {
            return self.interpolated(tp, fp, negatives);
        }
        let rate = |x: &Sum, other: &Sum| {
            let few = (x.value()? + 1e-6)?;
            few / ((x.value()? + other.value()?)? + 1e-6)?
        };
        let recall = rate(tp, negatives)?;
        let (x, y) = match self.curve {
            "ROC" => (crate::divide(fp.value()?, ((fp.value()? + tn.value()?)? + 1e-6)?)?, recall),
            _ => (recall, rate(tp, fp)?),
        };
        let combine: fn(Tensor, Tensor) -> Result<Tensor> = match self.method {
            "trapezoidal" | "careful_interpolation" => |from, to| (from + to)? / 2.0,
            "minoring" => |from, to| math::minimum(from, to),
            "majoring" => |from, to| math::maximum(from, to),
            other => bail!(
                value,
                "Invalid summation_method: {other} summation_method should be 'trapezoidal', \
                 'careful_interpolation', 'minoring', or 'majoring'."
            ),
        };
        let widths = (self.starts(&x)? - ends(&x)?)?;
        let heights = combine(self.starts(&y)?, ends(&y)?)?;
        let areas = crate::multiply(widths, heights)?;
        context::with_name(name, || math::reduce_sum(areas, ()))
    }

    /// The area under precision over recall, where true positives grow with all positives in each interval.
    fn interpolated(&self, tp: &Sum, fp: &Sum, negatives: &Sum) -> Result<Tensor> {
        let ratio = |name: &str, x: Tensor, y: Tensor| {
            let y = crate::maximum(y, 0.0)?;
            context::with_name(name, || crate::div_no_nan(x, y))
        };
        let more = (self.starts(&tp.value()?)? - ends(&tp.value()?)?)?;
        let all = (tp.value()? + fp.value()?)?;
        let slope = ratio("prec_slope", more.clone(), (self.starts(&all)? - ends(&all)?)?)?;
        let rest = (ends(&tp.value()?)? - crate::multiply(&slope, ends(&all)?)?)?;
        let both = {
            let before = crate::greater(self.starts(&all)?, 0.0)?;
            crate::logical_and(before, crate::greater(ends(&all)?, 0.0)?)?
        };
        let growth = ratio("recall_relative_ratio", self.starts(&all)?, ends(&all)?)?;
        let growth = array::select(both, growth, crate::ones_like(ends(&all)?)?)?;
        let gained = (slope * (more + (rest * math::log(growth)?)?)?)?;
        let labelled = (ends(&tp.value()?)? + ends(&negatives.value()?)?)?;
        let parts = ratio("pr_auc_increment", gained, labelled)?;
        context::with_name("interpolate_pr_auc", || math::reduce_sum(parts, ()))
    }
}

/// All but the first one.
fn ends(of: &Tensor) -> Result<Tensor> {
    array::getitem(of, 1..)
}
