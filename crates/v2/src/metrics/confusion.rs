//! How many predictions are on the right and the wrong side of thresholds.

use crate::losses::same_rank;
use crate::math::{
    ceil, cumsum_with, greater, logical_and, logical_not, reduce_sum, top_k, unsorted_segment_sum,
};
use crate::{
    Variable, broadcast_to, cast, clip_by_value, expand_dims, nn::relu, one_hot, reshape, squeeze_with,
};
use ferroflow_core::{DType, Result, Tensor, ensure};
use ferroflow_ops_array::{Ellipsis, NewAxis, getitem, shape, where_select, zeros_like};

/// What is so far below any prediction that it counts as not predicted.
pub(super) const NEVER: f64 = -1e10;

/// Which samples are counted: those with this label, on this side of each threshold.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    TruePositives,
    FalsePositives,
    TrueNegatives,
    FalseNegatives,
}

/// Thresholds, and whether they are as far from each other from 0 to 1.
pub(super) struct Thresholds {
    values: Vec<f64>,
    even: bool,
}

impl Thresholds {
    pub(super) fn new(values: Vec<f64>) -> Thresholds {
        let step = |position: usize| position as f64 / (values.len() - 1) as f64;
        // As `numpy.allclose` compares, with Keras's epsilon.
        let near =
            |(position, value): (usize, &f64)| (value - step(position)).abs() <= 1e-7 + 1e-5 * step(position);
        let even = values.len() >= 3 && values.iter().enumerate().all(near);
        Thresholds { values, even }
    }

    /// Those that a metric was given, checked.
    pub(super) fn given(values: Vec<f64>) -> Result<Thresholds> {
        let wrong: Vec<f64> = values.iter().copied().filter(|value| !(0.0..=1.0).contains(value)).collect();
        ensure!(wrong.is_empty(), value, "Threshold values must be in [0, 1]. Received: {wrong:?}");
        Ok(Thresholds::new(values))
    }

    pub(super) fn len(&self) -> usize {
        self.values.len()
    }
}

/// Targets, predictions and weights, and which of the predictions count.
pub(super) struct Batch<'a> {
    pub(super) y_true: &'a Tensor,
    pub(super) y_pred: &'a Tensor,
    pub(super) sample_weight: Option<&'a Tensor>,
    /// How many of the most likely classes count as predicted.
    pub(super) top_k: Option<i32>,
    /// The only class that counts.
    pub(super) class_id: Option<i64>,
}

/// Adds the counts of a batch to variables, one element for each threshold.
pub(super) fn add_counts(
    counts: &[(Side, &Variable)],
    batch: Batch<'_>,
    thresholds: &Thresholds,
) -> Result<()> {
    let dtype = counts.first().map_or(DType::FLOAT32, |(_, variable)| variable.dtype());
    let y_pred = cast(batch.y_pred, dtype)?;
    let (mut y_pred, mut y_true) = same_rank(y_pred, cast(batch.y_true, dtype)?, true)?;
    let weights = batch.sample_weight.map(|weight| weights_for(&y_true, weight, dtype)).transpose()?;
    if let Some(k) = batch.top_k {
        y_pred = only_top(y_pred, k)?;
    }
    if let Some(class) = batch.class_id {
        ensure!(
            y_pred.rank() != Some(1),
            value,
            "When class_id is provided, y_pred must be a 2D array with shape (num_samples, num_classes), found \
             shape: {}",
            y_pred.shape()
        );
        y_true = getitem(y_true, (Ellipsis, class, NewAxis))?;
        y_pred = getitem(y_pred, (Ellipsis, class, NewAxis))?;
    }
    let weights = match weights {
        Some(weights) => Some(reshape(broadcast_to(weights, shape(&y_pred)?)?, [-1])?),
        None => None,
    };
    let labels = cast(reshape(y_true, [-1])?, DType::BOOL)?;
    let predictions = reshape(y_pred, [-1])?;
    if thresholds.even {
        by_buckets(counts, labels, predictions, weights, thresholds)
    } else {
        by_comparison(counts, labels, predictions, weights, thresholds)
    }
}

/// Weights with as many dimensions as targets, or one less.
fn weights_for(y_true: &Tensor, weight: &Tensor, dtype: DType) -> Result<Tensor> {
    let weight = expand_dims(cast(weight, dtype)?, -1)?;
    let last = weight.rank().and_then(|rank| rank.checked_sub(1));
    match last {
        Some(last) if y_true.rank() == Some(last) && weight.shape().dim(last) == Some(1) => {
            squeeze_with(weight, |o| o.axis(vec![-1]))
        }
        _ => Ok(weight),
    }
}

/// Predictions with all but the `k` highest of each row moved below every threshold.
fn only_top(y_pred: Tensor, k: i32) -> Result<Tensor> {
    let [_, places] = top_k(&y_pred, k)?;
    let classes = getitem(shape(&y_pred)?, -1)?;
    let chosen = reduce_sum(one_hot(places, classes)?, -2)?;
    (y_pred * &chosen)? + (NEVER * (1.0 - chosen)?)?
}

/// Evenly spread thresholds: predictions are counted by the gap they fall in, and the counts added up from the end.
fn by_buckets(
    counts: &[(Side, &Variable)],
    labels: Tensor,
    predictions: Tensor,
    weights: Option<Tensor>,
    thresholds: &Thresholds,
) -> Result<()> {
    let count = thresholds.len() as i32;
    let dtype = predictions.dtype();
    let labels = cast(labels, dtype)?;
    let negatives = (1.0 - &labels)?;
    let (positives, negatives) = match weights {
        Some(weights) => ((labels * &weights)?, (negatives * weights)?),
        None => (labels, negatives),
    };
    let scaled = (clip_by_value(predictions, 0.0, 1.0)? * f64::from(count - 1))?;
    let mut buckets = (ceil(scaled)? - 1.0)?;
    let open = thresholds.values.first().is_some_and(|first| *first < 0.0)
        || thresholds.values.last().is_some_and(|last| *last > 1.0);
    if open {
        buckets = relu(buckets)?;
    }
    let buckets = cast(buckets, DType::INT32)?;
    let above = |samples: &Tensor| {
        cumsum_with(unsorted_segment_sum(samples, &buckets, count)?, 0, |o| o.reverse(true))
    };
    let (true_above, false_above) = (above(&positives)?, above(&negatives)?);
    for (side, variable) in counts {
        let found = match side {
            Side::TruePositives => true_above.clone(),
            Side::FalsePositives => false_above.clone(),
            Side::TrueNegatives => (reduce_sum(&negatives, ())? - &false_above)?,
            Side::FalseNegatives => (reduce_sum(&positives, ())? - &true_above)?,
        };
        variable.assign((*variable + found)?)?;
    }
    Ok(())
}

/// Any thresholds: each prediction is compared with each of them.
fn by_comparison(
    counts: &[(Side, &Variable)],
    labels: Tensor,
    predictions: Tensor,
    weights: Option<Tensor>,
    thresholds: &Thresholds,
) -> Result<()> {
    let limits: Vec<f32> = thresholds.values.iter().map(|value| *value as f32).collect();
    let limits = cast(expand_dims(crate::constant(limits)?, -1)?, predictions.dtype())?;
    let above = greater(expand_dims(predictions, 0)?, limits)?;
    let yes = expand_dims(labels, 0)?;
    let (below, no) = (logical_not(&above)?, logical_not(&yes)?);
    for (side, variable) in counts {
        let (label, found) = match side {
            Side::TruePositives => (&yes, &above),
            Side::FalsePositives => (&no, &above),
            Side::TrueNegatives => (&no, &below),
            Side::FalseNegatives => (&yes, &below),
        };
        let cases = logical_and(label, found)?;
        let cases = match &weights {
            Some(weights) => {
                let weights = cast(weights, variable.dtype())?;
                where_select(cases, &weights, zeros_like(&weights)?)?
            }
            None => cast(cases, variable.dtype())?,
        };
        variable.assign((*variable + reduce_sum(cases, 1)?)?)?;
    }
    Ok(())
}
