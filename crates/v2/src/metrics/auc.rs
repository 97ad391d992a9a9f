//! `AUC`: the area under a curve of two rates over thresholds.

use super::confusion::{Batch, Side, Thresholds, add_counts};
use super::metric::{Metric, metric_variable};
use crate::math::{divide_no_nan, equal, greater, log, logical_and, maximum, minimum, reduce_sum, sigmoid};
use crate::utils::unique_name;
use crate::{Variable, ones_like, zeros_like};
use ferroflow_core::{DType, Error, Result, Tensor, ensure, options};
use ferroflow_ops_array::{getitem, where_select};

/// Which two rates make the curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AUCCurve {
    /// True positives over false positives.
    ROC,
    /// Precision over recall.
    PR,
    /// Precision over recall, both relative to those of a guess.
    PRGAIN,
}

/// How the area between two thresholds is approximated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AUCSummationMethod {
    /// By a trapezium; for precision and recall by Davis and Goadrich's interpolation.
    Interpolation,
    /// By the higher end.
    Majoring,
    /// By the lower end.
    Minoring,
}

impl std::str::FromStr for AUCCurve {
    type Err = Error;

    fn from_str(name: &str) -> Result<AUCCurve> {
        match name {
            "roc" | "ROC" => Ok(AUCCurve::ROC),
            "pr" | "PR" => Ok(AUCCurve::PR),
            "prgain" | "PRGAIN" => Ok(AUCCurve::PRGAIN),
            _ => Err(Error::value(format!(
                "Invalid AUC curve value: \"{name}\". Expected values are [\"PR\", \"ROC\", \"PRGAIN\"]"
            ))),
        }
    }
}

impl std::str::FromStr for AUCSummationMethod {
    type Err = Error;

    fn from_str(name: &str) -> Result<AUCSummationMethod> {
        match name {
            "interpolation" | "Interpolation" => Ok(AUCSummationMethod::Interpolation),
            "majoring" | "Majoring" => Ok(AUCSummationMethod::Majoring),
            "minoring" | "Minoring" => Ok(AUCSummationMethod::Minoring),
            _ => Err(Error::value(format!(
                "Invalid AUC summation method value: \"{name}\". Expected values are [\"interpolation\", \
                 \"majoring\", \"minoring\"]"
            ))),
        }
    }
}

options! {
    /// Optional arguments of [`AUC::new_with`].
    pub struct AUCOptions {
        /// How many thresholds there are.
        num_thresholds: i64 = 200,
        /// Which two rates make the curve.
        curve: AUCCurve = AUCCurve::ROC,
        /// How the area between two thresholds is approximated.
        summation_method: AUCSummationMethod = AUCSummationMethod::Interpolation,
        /// The thresholds between 0 and 1, where they are not evenly spread.
        thresholds: Option<Vec<f64>> = None,
        /// Whether predictions are logits, not probabilities.
        from_logits: bool = false,
        /// The name.
        name: Option<String> = None,
        /// The dtype of the state and of the result.
        dtype: DType = DType::FLOAT32,
    }
}

/// The area under the curve of two rates over thresholds (`tf.keras.metrics.AUC`).
///
/// ```
/// use ferroflow_v2 as tf;
/// use tf::metrics::{AUC, Metric};
/// let auc = AUC::new_with(|o| o.num_thresholds(3))?;
/// auc.update_state([0, 0, 1, 1], [0.0, 0.5, 0.3, 0.9])?;
/// assert_eq!(format!("{}", auc.result()?), "0.75");
/// # Ok::<(), tf::Error>(())
/// ```
pub struct AUC {
    name: String,
    thresholds: Thresholds,
    curve: AUCCurve,
    summation_method: AUCSummationMethod,
    from_logits: bool,
    /// True positives, false positives, true negatives, false negatives.
    counts: [Variable; 4],
}

impl AUC {
    /// An area under nothing yet, which is 0.
    ///
    /// # Errors
    /// Those of the graph in force.
    pub fn new() -> Result<AUC> {
        AUC::new_with(|o| o)
    }

    /// The same with options.
    ///
    /// # Errors
    /// `ValueError` for fewer than two thresholds.
    pub fn new_with(options: impl FnOnce(AUCOptions) -> AUCOptions) -> Result<AUC> {
        let options = options(AUCOptions::default());
        let between = match options.thresholds {
            Some(mut given) => {
                given.sort_by(f64::total_cmp);
                given
            }
            None => {
                let count = options.num_thresholds;
                ensure!(
                    count > 1,
                    value,
                    "Argument `num_thresholds` must be an integer > 1. Received: num_thresholds={count}"
                );
                (1..count - 1).map(|position| position as f64 / (count - 1) as f64).collect()
            }
        };
        // The ends lie a little outside, so that predictions of 0 and 1 are on their inner sides.
        let ends = ([-1e-7], [1.0 + 1e-7]);
        let thresholds = Thresholds::new(ends.0.into_iter().chain(between).chain(ends.1).collect());
        let name = options.name.unwrap_or_else(|| unique_name("auc"));
        let variable = |part: &str| metric_variable(&name, part, &[thresholds.len()], options.dtype);
        let counts = [
            variable("true_positives")?,
            variable("false_positives")?,
            variable("true_negatives")?,
            variable("false_negatives")?,
        ];
        let AUCOptions { curve, summation_method, from_logits, .. } = options;
        Ok(AUC { name, thresholds, curve, summation_method, from_logits, counts })
    }

    /// The horizontal and the vertical rate at each threshold.
    fn points(&self) -> Result<(Tensor, Tensor)> {
        let [true_positives, false_positives, true_negatives, false_negatives] = &self.counts;
        let recall = || divide_no_nan(true_positives, (true_positives + false_negatives)?);
        match self.curve {
            AUCCurve::ROC => {
                Ok((divide_no_nan(false_positives, (false_positives + true_negatives)?)?, recall()?))
            }
            AUCCurve::PR => {
                Ok((recall()?, divide_no_nan(true_positives, (true_positives + false_positives)?)?))
            }
            AUCCurve::PRGAIN => {
                let positives = (true_positives + false_negatives)?;
                let scale = divide_no_nan(positives, (true_negatives + false_positives)?)?;
                let gain = |misses: &Variable| 1.0 - (&scale * divide_no_nan(misses, true_positives)?)?;
                let none = equal(true_positives, 0.0)?;
                let (of_recall, of_precision) = (gain(false_negatives)?, gain(false_positives)?);
                let of_recall = where_select(&none, zeros_like(&of_recall)?, of_recall)?;
                let of_precision = where_select(none, ones_like(&of_precision)?, of_precision)?;
                Ok((maximum(of_recall, 0.0)?, of_precision))
            }
        }
    }

    /// The area under precision over recall, where both change between thresholds as they would if positives and
    /// negatives were evenly spread there.
    fn interpolated(&self) -> Result<Tensor> {
        let [true_positives, false_positives, _, false_negatives] = &self.counts;
        let hits = true_positives.value()?;
        let (before, behind) = neighbours(&hits)?;
        let gained = (before - &behind)?;
        let predicted = (&hits + false_positives)?;
        let (more, fewer) = neighbours(&predicted)?;
        let slope = divide_no_nan(&gained, maximum((&more - &fewer)?, 0.0)?)?;
        let intercept = (&behind - (&slope * &fewer)?)?;
        let both = logical_and(greater(&more, 0.0)?, greater(&fewer, 0.0)?)?;
        let ratio = divide_no_nan(more, maximum(&fewer, 0.0)?)?;
        let ratio = where_select(both, ratio, ones_like(fewer)?)?;
        let area = (slope * (gained + (intercept * log(ratio)?)?)?)?;
        let positives = (behind + neighbours(&false_negatives.value()?)?.1)?;
        reduce_sum(divide_no_nan(area, maximum(positives, 0.0)?)?, ())
    }
}

/// A vector without its last element, and without its first.
fn neighbours(values: &Tensor) -> Result<(Tensor, Tensor)> {
    Ok((getitem(values, ..-1)?, getitem(values, 1..)?))
}

impl Metric for AUC {
    fn name(&self) -> &str {
        &self.name
    }

    fn variables(&self) -> Vec<Variable> {
        self.counts.to_vec()
    }

    fn update(&self, y_true: &Tensor, y_pred: &Tensor, sample_weight: Option<&Tensor>) -> Result<()> {
        let probabilities = if self.from_logits { Some(sigmoid(y_pred)?) } else { None };
        let y_pred = probabilities.as_ref().unwrap_or(y_pred);
        let [true_positives, false_positives, true_negatives, false_negatives] = &self.counts;
        let counts = [
            (Side::TruePositives, true_positives),
            (Side::FalsePositives, false_positives),
            (Side::TrueNegatives, true_negatives),
            (Side::FalseNegatives, false_negatives),
        ];
        let batch = Batch { y_true, y_pred, sample_weight, top_k: None, class_id: None };
        add_counts(&counts, batch, &self.thresholds)
    }

    fn result(&self) -> Result<Tensor> {
        if self.curve == AUCCurve::PR && self.summation_method == AUCSummationMethod::Interpolation {
            return self.interpolated();
        }
        let (x, y) = self.points()?;
        let ((before, behind), (high, low)) = (neighbours(&x)?, neighbours(&y)?);
        let heights = match self.summation_method {
            AUCSummationMethod::Interpolation => ((high + low)? / 2.0)?,
            AUCSummationMethod::Minoring => minimum(high, low)?,
            AUCSummationMethod::Majoring => maximum(high, low)?,
        };
        reduce_sum(((before - behind)? * heights)?, ())
    }
}
