//! Losses of probabilities: cross entropies, plain and focal.

use super::errors::{EPSILON, pair};
use super::logits::behind;
use crate::math::{log, pow, reduce_mean, reduce_sum, reduce_sum_with, sigmoid, softmax_with};
use crate::nn::{
    sigmoid_cross_entropy_with_logits, softmax_cross_entropy_with_logits,
    sparse_softmax_cross_entropy_with_logits,
};
use crate::{cast, clip_by_value, convert_to_tensor, expand_dims, negative, squeeze_with};
use ferroflow_core::{DType, IntoOperand, PartialShape, Result, Tensor, bail, ensure, options};
use ferroflow_ops_array::{shape, where_select, zeros_like};

options! {
    /// Optional arguments of [`binary_crossentropy_with`].
    pub struct BinaryCrossentropyOptions {
        /// Whether predictions are logits, not probabilities.
        from_logits: bool = false,
        /// How far targets are moved towards one half.
        label_smoothing: f64 = 0.0,
        /// The axis along which means are taken.
        axis: i32 = -1,
    }
}

options! {
    /// Optional arguments of [`binary_focal_crossentropy_with`].
    pub struct BinaryFocalCrossentropyOptions {
        /// Whether the two classes have weights.
        apply_class_balancing: bool = false,
        /// The weight of class 1; that of class 0 is `1 - alpha`.
        alpha: f64 = 0.25,
        /// How little well predicted samples count.
        gamma: f64 = 2.0,
        /// Whether predictions are logits, not probabilities.
        from_logits: bool = false,
        /// How far targets are moved towards one half.
        label_smoothing: f64 = 0.0,
        /// The axis along which means are taken.
        axis: i32 = -1,
    }
}

options! {
    /// Optional arguments of [`categorical_crossentropy_with`].
    pub struct CategoricalCrossentropyOptions {
        /// Whether predictions are logits, not probabilities.
        from_logits: bool = false,
        /// How far targets are moved towards all classes being equally likely.
        label_smoothing: f64 = 0.0,
        /// The axis of the classes.
        axis: i32 = -1,
    }
}

options! {
    /// Optional arguments of [`categorical_focal_crossentropy_with`].
    pub struct CategoricalFocalCrossentropyOptions {
        /// What losses are multiplied by.
        alpha: f64 = 0.25,
        /// How little well predicted samples count.
        gamma: f64 = 2.0,
        /// Whether predictions are logits, not probabilities.
        from_logits: bool = false,
        /// How far targets are moved towards all classes being equally likely.
        label_smoothing: f64 = 0.0,
        /// The axis of the classes.
        axis: i32 = -1,
    }
}

options! {
    /// Optional arguments of [`sparse_categorical_crossentropy_with`].
    pub struct SparseCategoricalCrossentropyOptions {
        /// Whether predictions are logits, not probabilities.
        from_logits: bool = false,
        /// The class whose samples have no loss.
        ignore_class: Option<i64> = None,
        /// The axis of the classes, which must be the last one.
        axis: i32 = -1,
    }
}

/// Checks that targets and predictions have one shape, as far as known.
fn check_shapes(target: &Tensor, output: &Tensor) -> Result<()> {
    let (of_target, of_output) = (target.shape(), output.shape());
    let (Some(target_dims), Some(output_dims)) = (of_target.dims(), of_output.dims()) else {
        return Ok(());
    };
    let kind = if target_dims.len() != output_dims.len() { "rank (ndim)" } else { "shape" };
    let differ = |(a, b): (&Option<usize>, &Option<usize>)| matches!((a, b), (Some(a), Some(b)) if a != b);
    ensure!(
        target_dims.len() == output_dims.len() && !target_dims.iter().zip(output_dims).any(differ),
        value,
        "Arguments `target` and `output` must have the same {kind}. Received: target.shape={of_target}, \
         output.shape={of_output}"
    );
    Ok(())
}

fn probabilities(output: Tensor) -> Result<Tensor> {
    clip_by_value(output, EPSILON, 1.0 - EPSILON)
}

/// Targets moved towards one half.
fn smoothed(y_true: Tensor, smoothing: f64) -> Result<Tensor> {
    match smoothing {
        0.0 => Ok(y_true),
        _ => (y_true * (1.0 - smoothing))? + 0.5 * smoothing,
    }
}

/// Targets moved towards all classes being equally likely.
fn smoothed_over_classes(y_true: Tensor, smoothing: f64) -> Result<Tensor> {
    if smoothing == 0.0 {
        return Ok(y_true);
    }
    let last = ferroflow_ops_array::getitem(shape(&y_true)?, -1)?;
    let classes = cast(last, y_true.dtype())?;
    (y_true * (1.0 - smoothing))? + (smoothing / classes)?
}

fn binary(target: &Tensor, output: Tensor, from_logits: bool) -> Result<Tensor> {
    check_shapes(target, &output)?;
    let behind = behind(&output, "Sigmoid");
    if from_logits || behind.is_some() {
        return sigmoid_cross_entropy_with_logits(target, behind.unwrap_or(output));
    }
    let output = probabilities(output)?;
    let positive = (target * log(&output)?)?;
    let negative_part = ((1.0 - target)? * log((1.0 - output)?)?)?;
    negative((positive + negative_part)?)
}

/// The means of cross entropies of yes-or-no decisions, from probabilities (`tf.keras.losses.binary_crossentropy`).
///
/// # Errors
/// `ValueError` for shapes that differ.
pub fn binary_crossentropy(y_true: impl IntoOperand, y_pred: impl IntoOperand) -> Result<Tensor> {
    binary_crossentropy_with(y_true, y_pred, |o| o)
}

/// [`binary_crossentropy`] with options.
///
/// # Errors
/// As [`binary_crossentropy`].
pub fn binary_crossentropy_with(
    y_true: impl IntoOperand,
    y_pred: impl IntoOperand,
    options: impl FnOnce(BinaryCrossentropyOptions) -> BinaryCrossentropyOptions,
) -> Result<Tensor> {
    let options = options(BinaryCrossentropyOptions::default());
    let (y_true, y_pred) = pair(y_true, y_pred)?;
    let y_true = smoothed(y_true, options.label_smoothing)?;
    reduce_mean(binary(&y_true, y_pred, options.from_logits)?, options.axis)
}

/// [`binary_crossentropy`] in which well predicted samples count little (`tf.keras.losses.binary_focal_crossentropy`;
/// Lin et al. 2018).
///
/// # Errors
/// As [`binary_crossentropy`].
pub fn binary_focal_crossentropy(y_true: impl IntoOperand, y_pred: impl IntoOperand) -> Result<Tensor> {
    binary_focal_crossentropy_with(y_true, y_pred, |o| o)
}

/// [`binary_focal_crossentropy`] with options.
///
/// # Errors
/// As [`binary_crossentropy`].
pub fn binary_focal_crossentropy_with(
    y_true: impl IntoOperand,
    y_pred: impl IntoOperand,
    options: impl FnOnce(BinaryFocalCrossentropyOptions) -> BinaryFocalCrossentropyOptions,
) -> Result<Tensor> {
    let options = options(BinaryFocalCrossentropyOptions::default());
    let (y_true, y_pred) = pair(y_true, y_pred)?;
    let y_true = smoothed(y_true, options.label_smoothing)?;
    let y_pred = if options.from_logits { sigmoid(y_pred)? } else { y_pred };
    let entropy = binary(&y_true, y_pred.clone(), false)?;
    let hit = ((&y_true * &y_pred)? + ((1.0 - &y_true)? * (1.0 - y_pred)?)?)?;
    let mut focal = (pow((1.0 - hit)?, options.gamma)? * entropy)?;
    if options.apply_class_balancing {
        let weight = ((&y_true * options.alpha)? + ((1.0 - y_true)? * (1.0 - options.alpha))?)?;
        focal = (weight * focal)?;
    }
    reduce_mean(focal, options.axis)
}

/// The cross entropies of distributions over classes, from probabilities
/// (`tf.keras.losses.categorical_crossentropy`).
///
/// # Errors
/// `ValueError` for shapes that differ.
pub fn categorical_crossentropy(y_true: impl IntoOperand, y_pred: impl IntoOperand) -> Result<Tensor> {
    categorical_crossentropy_with(y_true, y_pred, |o| o)
}

/// [`categorical_crossentropy`] with options.
///
/// # Errors
/// As [`categorical_crossentropy`].
pub fn categorical_crossentropy_with(
    y_true: impl IntoOperand,
    y_pred: impl IntoOperand,
    options: impl FnOnce(CategoricalCrossentropyOptions) -> CategoricalCrossentropyOptions,
) -> Result<Tensor> {
    let options = options(CategoricalCrossentropyOptions::default());
    let (y_true, y_pred) = pair(y_true, y_pred)?;
    let y_true = smoothed_over_classes(y_true, options.label_smoothing)?;
    ensure!(
        y_true.rank() != Some(0),
        value,
        "Arguments `target` and `output` must be at least rank 1. Received: target.shape={}, output.shape={}",
        y_true.shape(),
        y_pred.shape()
    );
    check_shapes(&y_true, &y_pred)?;
    let behind = behind(&y_pred, "Softmax");
    if options.from_logits || behind.is_some() {
        let logits = behind.unwrap_or(y_pred);
        return match is_last(options.axis, logits.rank()) {
            true => softmax_cross_entropy_with_logits(y_true, logits),
            false => {
                let logarithms = crate::nn::log_softmax_with(logits, |o| o.axis(i64::from(options.axis)))?;
                negative(reduce_sum((y_true * logarithms)?, options.axis)?)
            }
        };
    }
    let share = distribution(y_pred, options.axis)?;
    negative(reduce_sum((y_true * log(share)?)?, options.axis)?)
}

fn is_last(axis: i32, rank: Option<usize>) -> bool {
    axis == -1 || rank.is_some_and(|rank| usize::try_from(axis).is_ok_and(|axis| axis + 1 == rank))
}

/// Values scaled to sum to one, and kept away from 0 and 1.
fn distribution(values: Tensor, axis: i32) -> Result<Tensor> {
    let sum = reduce_sum_with(&values, axis, |o| o.keepdims(true))?;
    probabilities((values / sum)?)
}

/// [`categorical_crossentropy`] in which well predicted samples count little
/// (`tf.keras.losses.categorical_focal_crossentropy`).
///
/// # Errors
/// As [`categorical_crossentropy`].
pub fn categorical_focal_crossentropy(y_true: impl IntoOperand, y_pred: impl IntoOperand) -> Result<Tensor> {
    categorical_focal_crossentropy_with(y_true, y_pred, |o| o)
}

/// [`categorical_focal_crossentropy`] with options.
///
/// # Errors
/// As [`categorical_crossentropy`].
pub fn categorical_focal_crossentropy_with(
    y_true: impl IntoOperand,
    y_pred: impl IntoOperand,
    options: impl FnOnce(CategoricalFocalCrossentropyOptions) -> CategoricalFocalCrossentropyOptions,
) -> Result<Tensor> {
    let options = options(CategoricalFocalCrossentropyOptions::default());
    let (y_true, y_pred) = pair(y_true, y_pred)?;
    let y_true = smoothed_over_classes(y_true, options.label_smoothing)?;
    let y_pred = match options.from_logits {
        true => softmax_with(y_pred, |o| o.axis(i64::from(options.axis)))?,
        false => y_pred,
    };
    let share = distribution(y_pred, options.axis)?;
    let entropy = ((-y_true)? * log(&share)?)?;
    let weight = (pow((1.0 - share)?, options.gamma)? * options.alpha)?;
    reduce_sum((weight * entropy)?, options.axis)
}

/// The cross entropies of the classes that targets name, from probabilities
/// (`tf.keras.losses.sparse_categorical_crossentropy`).
///
/// # Errors
/// `ValueError` for shapes that do not fit.
pub fn sparse_categorical_crossentropy(y_true: impl IntoOperand, y_pred: impl IntoOperand) -> Result<Tensor> {
    sparse_categorical_crossentropy_with(y_true, y_pred, |o| o)
}

/// [`sparse_categorical_crossentropy`] with options.
///
/// # Errors
/// As [`sparse_categorical_crossentropy`]; `ValueError` for another axis than the last.
pub fn sparse_categorical_crossentropy_with(
    y_true: impl IntoOperand,
    y_pred: impl IntoOperand,
    options: impl FnOnce(SparseCategoricalCrossentropyOptions) -> SparseCategoricalCrossentropyOptions,
) -> Result<Tensor> {
    let options = options(SparseCategoricalCrossentropyOptions::default());
    let y_pred = convert_to_tensor(y_pred, None)?;
    let classes = classes_of(convert_to_tensor(y_true, None)?, &y_pred)?;
    let Some(ignored) = options.ignore_class else {
        return sparse(classes, y_pred, &options);
    };
    let valid = valid(&classes, ignored)?;
    let classes = where_select(&valid, &classes, zeros_like(&classes)?)?;
    let y_pred = where_select(expand_dims(&valid, -1)?, &y_pred, zeros_like(&y_pred)?)?;
    let losses = sparse(classes, y_pred, &options)?;
    where_select(valid, &losses, zeros_like(&losses)?)
}

/// Targets without a last dimension of size 1 that predictions have too.
fn classes_of(y_true: Tensor, y_pred: &Tensor) -> Result<Tensor> {
    let last = y_true.rank().and_then(|rank| rank.checked_sub(1));
    match last {
        Some(last) if y_true.rank() == y_pred.rank() && y_true.shape().dim(last) == Some(1) => {
            squeeze_with(y_true, |o| o.axis(vec![-1]))
        }
        _ => Ok(y_true),
    }
}

fn valid(classes: &Tensor, ignored: i64) -> Result<Tensor> {
    crate::not_equal(classes, cast(crate::constant(ignored)?, classes.dtype())?)
}

/// Which samples are of another class than the ignored one.
pub(super) fn counted(y_true: &Tensor, y_pred: &Tensor, ignored: i64) -> Result<Tensor> {
    valid(&classes_of(y_true.clone(), y_pred)?, ignored)
}

fn sparse(classes: Tensor, output: Tensor, options: &SparseCategoricalCrossentropyOptions) -> Result<Tensor> {
    if !is_last(options.axis, output.rank()) {
        bail!(value, "Only axis=-1 is currently supported. Received: axis={}", options.axis);
    }
    let behind = behind(&output, "Softmax");
    let (output, from_logits) = match behind {
        Some(logits) => (logits, true),
        None => (output, options.from_logits),
    };
    check_classes(&classes.shape(), &output.shape())?;
    let classes = cast(classes, DType::INT64)?;
    let logits = if from_logits { output } else { log(probabilities(output)?)? };
    sparse_softmax_cross_entropy_with_logits(classes, logits)
}

fn check_classes(target: &PartialShape, output: &PartialShape) -> Result<()> {
    let (Some(of_target), Some(of_output)) = (target.rank(), output.rank()) else {
        return Ok(());
    };
    ensure!(
        of_output > 0,
        value,
        "Argument `output` must be at least rank 1. Received: output.shape={output}"
    );
    ensure!(
        of_target + 1 == of_output,
        value,
        "Argument `output` must have rank (ndim) `target.ndim - 1`. Received: target.shape={target}, \
         output.shape={output}"
    );
    ensure!(
        target.is_compatible_with(&output.slice(0..of_target)),
        value,
        "Arguments `target` and `output` must have the same shape up until the last dimension: \
         target.shape={target}, output.shape={output}"
    );
    Ok(())
}
