//! `tf.compat.v1.metrics`: how many predicted probabilities are on the right and the wrong side of several thresholds.

use super::parts::{
    Metric, MetricOptions, Sum, broadcast, metric_variable, refuse_eager, scoped, size_of, squeezed,
};
use crate::cast;
use crate::ops::control_dependencies;
use ferroflow_core::{DType, Error, IntoOperand, Operand, Result, Tensor, context, convert_to_tensor};
use ferroflow_ops_array as array;
use ferroflow_ops_math as math;

/// Which cases are counted: those with this label, on this side of each threshold.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Side {
    name: &'static str,
    label: bool,
    above: bool,
}

pub(super) const TRUE_POSITIVES: Side = Side { name: "true_positives", label: true, above: true };
pub(super) const FALSE_NEGATIVES: Side = Side { name: "false_negatives", label: true, above: false };
pub(super) const TRUE_NEGATIVES: Side = Side { name: "true_negatives", label: false, above: false };
pub(super) const FALSE_POSITIVES: Side = Side { name: "false_positives", label: false, above: true };

/// The counts of one side: those so far, and those with a batch added.
pub(super) struct Counts {
    pub(super) so_far: Sum,
    pub(super) updated: Sum,
}

/// Labels, predictions and weights.
pub(super) type Batch = (Operand, Operand, Option<Tensor>);

/// The counts of these sides, which stand in TensorFlow's order: true positives, false negatives, true negatives, false
/// positives.
pub(super) fn counts<const N: usize>(
    (labels, predictions, weights): Batch,
    thresholds: &[f64],
    sides: [Side; N],
) -> Result<[Counts; N]> {
    let predictions = convert_to_tensor(predictions, None)?;
    let dtype = predictions.dtype();
    let message = "predictions must be in [0, 1]";
    let least = crate::assert_greater_equal(&predictions, cast(0.0, dtype)?, message)?;
    let most = crate::assert_less_equal(&predictions, cast(1.0, dtype)?, message)?;
    let checked = [least, most].into_iter().flatten();
    let (labels, predictions, weights) = control_dependencies(checked, || {
        let predictions = cast(&predictions, DType::FLOAT32)?;
        let labels = cast(labels, DType::BOOL)?;
        squeezed(labels, predictions, weights)
    })?;
    let count = size_of(thresholds.len() as i64)?;
    let column = array::reshape(&predictions, [-1, 1])?;
    let row = array::reshape(labels, [1, -1])?;
    let limits: Vec<f32> = thresholds.iter().map(|limit| *limit as f32).collect();
    let limits = crate::expand_dims(crate::constant(limits)?, [1])?;
    let repeats = match column.shape().dim(0) {
        Some(number) => {
            let number = size_of(number as i64)?;
            context::with_name("stack", || crate::constant([1, number]))?
        }
        None => {
            let number = array::getitem(&crate::shape(&column)?, 0)?;
            array::stack([1.into_operand()?, number.into_operand()?])?
        }
    };
    let limits = array::tile(limits, repeats)?;
    let above = crate::greater(array::tile(array::transpose(column)?, [count, 1])?, limits)?;
    // What no side asks for has no node.
    let opposite = |of: &Tensor, wanted: bool| if wanted { crate::logical_not(of) } else { Ok(of.clone()) };
    let below = opposite(&above, sides.iter().any(|side| !side.above))?;
    let yes = array::tile(row, [count, 1])?;
    let no = opposite(&yes, sides.iter().any(|side| !side.label))?;
    let weights = match weights {
        Some(weights) => {
            let weights = broadcast(cast(weights, DType::FLOAT32)?, &predictions)?;
            Some(array::tile(array::reshape(weights, [1, -1])?, [count, 1])?)
        }
        None => None,
    };
    let mut all = Vec::with_capacity(N);
    for side in sides {
        let so_far = metric_variable(vec![count], DType::FLOAT32, side.name)?;
        let labels = if side.label { &yes } else { &no };
        let found = if side.above { &above } else { &below };
        let cases = cast(crate::logical_and(labels, found)?, DType::FLOAT32)?;
        let cases = match &weights {
            Some(weights) => (cases * weights)?,
            None => cases,
        };
        let updated = Sum::Updated(so_far.assign_add(math::reduce_sum(cases, vec![1])?)?);
        all.push(Counts { so_far: Sum::Variable(so_far), updated });
    }
    all.try_into().map_err(|_| Error::internal("as many counts as sides"))
}

/// Declares counts at thresholds: their name, with options, the scope, the side.
macro_rules! counts_at_thresholds {
    ($($(#[$doc:meta])* $name:ident $with:ident $side:ident;)*) => {
        $($(#[$doc])*
        ///
        #[doc = concat!("Source: `tf.compat.v1.metrics.", stringify!($name), "`.")]
        ///
        /// # Errors
        /// `ValueError` for shapes that differ; `RuntimeError` in eager mode; when run, `InvalidArgument` for
        /// predictions that are not in [0, 1].
        pub fn $name(
            labels: impl IntoOperand,
            predictions: impl IntoOperand,
            thresholds: &[f64],
        ) -> Result<(Tensor, Tensor)> {
            $with(labels, predictions, thresholds, |o| o)
        }

        #[doc = concat!("[`", stringify!($name), "`] with weights, or collections to join.")]
        ///
        /// # Errors
        #[doc = concat!("As [`", stringify!($name), "`]; `ValueError` for weights that do not fit.")]
        pub fn $with(
            labels: impl IntoOperand,
            predictions: impl IntoOperand,
            thresholds: &[f64],
            options: impl FnOnce(MetricOptions) -> MetricOptions,
        ) -> Result<(Tensor, Tensor)> {
            let (name, options) = (context::take_name(), options(MetricOptions::default()));
            refuse_eager(stringify!($name))?;
            let batch = (labels.into_operand()?, predictions.into_operand()?, options.weights.clone());
            scoped(name, $side.name, || {
                let [counts] = counts(batch, thresholds, [$side])?;
                let value = crate::identity(counts.so_far.value()?)?;
                options.collected((value, counts.updated.value()?))
            })
        })*
    };
}

counts_at_thresholds! {
    /// How many are true and predicted to be so with more than each threshold; and what adds a batch to that.
    true_positives_at_thresholds true_positives_at_thresholds_with TRUE_POSITIVES;
    /// How many are false and predicted to be true with each threshold at most; and what adds a batch to that.
    true_negatives_at_thresholds true_negatives_at_thresholds_with TRUE_NEGATIVES;
    /// How many are false and predicted to be true with more than each threshold; and what adds a batch to that.
    false_positives_at_thresholds false_positives_at_thresholds_with FALSE_POSITIVES;
    /// How many are true and predicted to be so with each threshold at most; and what adds a batch to that.
    false_negatives_at_thresholds false_negatives_at_thresholds_with FALSE_NEGATIVES;
}

/// The share of true positives among themselves and the other side; `prefix` begins the names of both results.
fn share(prefix: &str, [right, other]: [Counts; 2]) -> Result<Metric> {
    let of = |right: &Sum, other: &Sum, name: &str| {
        let all = ((1e-7 + right.value()?)? + other.value()?)?;
        context::with_name(&format!("{prefix}_{name}"), || crate::divide(right.value()?, all))
    };
    let value = of(&right.so_far, &other.so_far, "value")?;
    Ok((value, of(&right.updated, &other.updated, "update_op")?))
}

/// Declares shares at thresholds: their name, with options, how names of results begin, the other side.
macro_rules! shares_at_thresholds {
    ($($(#[$doc:meta])* $name:ident $with:ident $prefix:literal $other:ident;)*) => {
        $($(#[$doc])*
        ///
        #[doc = concat!("Source: `tf.compat.v1.metrics.", stringify!($name), "`.")]
        ///
        /// # Errors
        /// As [`true_positives_at_thresholds`].
        pub fn $name(
            labels: impl IntoOperand,
            predictions: impl IntoOperand,
            thresholds: &[f64],
        ) -> Result<(Tensor, Tensor)> {
            $with(labels, predictions, thresholds, |o| o)
        }

        #[doc = concat!("[`", stringify!($name), "`] with weights, or collections to join.")]
        ///
        /// # Errors
        /// As [`true_positives_at_thresholds_with`].
        pub fn $with(
            labels: impl IntoOperand,
            predictions: impl IntoOperand,
            thresholds: &[f64],
            options: impl FnOnce(MetricOptions) -> MetricOptions,
        ) -> Result<(Tensor, Tensor)> {
            let (name, options) = (context::take_name(), options(MetricOptions::default()));
            refuse_eager(stringify!($name))?;
            let batch = (labels.into_operand()?, predictions.into_operand()?, options.weights.clone());
            scoped(name, stringify!($name), || {
                let counts = counts(batch, thresholds, [TRUE_POSITIVES, $other])?;
                options.collected(share($prefix, counts)?)
            })
        })*
    };
}

shares_at_thresholds! {
    /// The share of what is true among what is predicted to be with more than each threshold; and what adds a batch.
    precision_at_thresholds precision_at_thresholds_with "precision" FALSE_POSITIVES;
    /// The share of what is predicted to be true with more than each threshold among what is; and what adds a batch.
    recall_at_thresholds recall_at_thresholds_with "recall" FALSE_NEGATIVES;
}
