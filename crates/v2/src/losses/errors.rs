//! Losses of numbers: squared, absolute and relative errors, similarities, divergences.

use super::same_rank;
use crate::math::{
    abs, log, maximum, minimum, reduce_mean, reduce_sum, reduce_sum_with, rsqrt, softplus, square,
};
use crate::{clip_by_value, convert_to_tensor};
use ferroflow_core::{DType, IntoOperand, Operand, Result, Tensor, operators::cast};
use ferroflow_ops_array::where_select;
use std::f64::consts::LN_2;

/// What keeps divisors away from zero, in all of Keras.
pub(super) const EPSILON: f64 = 1e-7;

/// Predictions as a tensor, and targets in their dtype.
pub(super) fn pair(y_true: impl IntoOperand, y_pred: impl IntoOperand) -> Result<(Tensor, Tensor)> {
    let y_pred = convert_to_tensor(y_pred, None)?;
    let y_true = match y_true.into_operand()? {
        Operand::Tensor(tensor) => cast(tensor, y_pred.dtype())?,
        value => cast(convert_to_tensor(value, None)?, y_pred.dtype())?,
    };
    Ok((y_true, y_pred))
}

fn ranked(y_true: impl IntoOperand, y_pred: impl IntoOperand) -> Result<(Tensor, Tensor)> {
    let (y_true, y_pred) = pair(y_true, y_pred)?;
    same_rank(y_true, y_pred, true)
}

fn number(value: f64, dtype: DType) -> Result<Tensor> {
    convert_to_tensor(value, dtype)
}

/// The means of squared differences along the last axis (`tf.keras.losses.mean_squared_error`).
///
/// # Errors
/// `InvalidArgument` for shapes that do not broadcast.
pub fn mean_squared_error(y_true: impl IntoOperand, y_pred: impl IntoOperand) -> Result<Tensor> {
    let (y_true, y_pred) = ranked(y_true, y_pred)?;
    reduce_mean(square((y_true - y_pred)?)?, -1)
}

/// The means of absolute differences along the last axis (`tf.keras.losses.mean_absolute_error`).
///
/// # Errors
/// As [`mean_squared_error`].
pub fn mean_absolute_error(y_true: impl IntoOperand, y_pred: impl IntoOperand) -> Result<Tensor> {
    let (y_true, y_pred) = ranked(y_true, y_pred)?;
    reduce_mean(abs((y_true - y_pred)?)?, -1)
}

/// 100 times the means of differences relative to the targets (`tf.keras.losses.mean_absolute_percentage_error`).
///
/// # Errors
/// As [`mean_squared_error`].
pub fn mean_absolute_percentage_error(y_true: impl IntoOperand, y_pred: impl IntoOperand) -> Result<Tensor> {
    let (y_true, y_pred) = ranked(y_true, y_pred)?;
    let scale = maximum(abs(&y_true)?, number(EPSILON, y_pred.dtype())?)?;
    let relative = abs(((y_true - y_pred)? / scale)?)?;
    100.0 * reduce_mean(relative, -1)?
}

/// The means of squared differences of logarithms, of one more than the values
/// (`tf.keras.losses.mean_squared_logarithmic_error`).
///
/// # Errors
/// As [`mean_squared_error`].
pub fn mean_squared_logarithmic_error(y_true: impl IntoOperand, y_pred: impl IntoOperand) -> Result<Tensor> {
    let (y_true, y_pred) = ranked(y_true, y_pred)?;
    let logarithm = |values: Tensor| {
        let bounded = maximum(&values, number(EPSILON, values.dtype())?)?;
        log((bounded + 1.0)?)
    };
    reduce_mean(square((logarithm(y_pred)? - logarithm(y_true)?)?)?, -1)
}

/// Vectors along an axis over their norms; at most `1 / EPSILON` times as long as before.
fn normalized(x: Tensor, axis: i32) -> Result<Tensor> {
    let x = if x.rank() == Some(0) { crate::expand_dims(x, 0)? } else { x };
    let squares = reduce_sum_with(square(&x)?, axis, |o| o.keepdims(true))?;
    let inverse = minimum(rsqrt(squares)?, 1.0 / EPSILON)?;
    x * inverse
}

/// The negative cosines of the angles between targets and predictions (`tf.keras.losses.cosine_similarity`).
///
/// # Errors
/// As [`mean_squared_error`].
pub fn cosine_similarity(y_true: impl IntoOperand, y_pred: impl IntoOperand) -> Result<Tensor> {
    cosine_similarity_with(y_true, y_pred, -1)
}

/// [`cosine_similarity`] of vectors along another axis.
///
/// # Errors
/// As [`cosine_similarity`].
pub fn cosine_similarity_with(
    y_true: impl IntoOperand,
    y_pred: impl IntoOperand,
    axis: i32,
) -> Result<Tensor> {
    let (y_true, y_pred) = ranked(y_true, y_pred)?;
    let products = (normalized(y_true, axis)? * normalized(y_pred, axis)?)?;
    crate::negative(reduce_sum(products, axis)?)
}

/// The means of half the squared differences, which go on as straight lines beyond 1 (`tf.keras.losses.huber`).
///
/// # Errors
/// As [`mean_squared_error`].
pub fn huber(y_true: impl IntoOperand, y_pred: impl IntoOperand) -> Result<Tensor> {
    huber_with(y_true, y_pred, 1.0)
}

/// [`huber`] with straight lines beyond `delta`.
///
/// # Errors
/// As [`huber`].
pub fn huber_with(y_true: impl IntoOperand, y_pred: impl IntoOperand, delta: f64) -> Result<Tensor> {
    let (y_true, y_pred) = ranked(y_true, y_pred)?;
    let delta = number(delta, y_pred.dtype())?;
    let error = (y_pred - y_true)?;
    let size = abs(&error)?;
    let near = (0.5 * square(&error)?)?;
    let far = ((&delta * &size)? - (0.5 * square(&delta)?)?)?;
    reduce_mean(where_select(crate::less_equal(size, delta)?, near, far)?, -1)
}

/// The means of the logarithms of the hyperbolic cosines of differences (`tf.keras.losses.log_cosh`).
///
/// # Errors
/// As [`mean_squared_error`].
pub fn log_cosh(y_true: impl IntoOperand, y_pred: impl IntoOperand) -> Result<Tensor> {
    let (y_true, y_pred) = ranked(y_true, y_pred)?;
    let error = (y_pred - y_true)?;
    let rest = softplus((&error * -2.0)?)?;
    reduce_mean(((error + rest)? - LN_2)?, -1)
}

/// The divergences of predictions from targets, both being distributions along the last axis
/// (`tf.keras.losses.kl_divergence`; Kullback and Leibler).
///
/// # Errors
/// As [`mean_squared_error`].
pub fn kl_divergence(y_true: impl IntoOperand, y_pred: impl IntoOperand) -> Result<Tensor> {
    let (y_true, y_pred) = pair(y_true, y_pred)?;
    let (y_true, y_pred) = (clip_by_value(y_true, EPSILON, 1.0)?, clip_by_value(y_pred, EPSILON, 1.0)?);
    let ratio = log((&y_true / y_pred)?)?;
    reduce_sum((y_true * ratio)?, -1)
}

/// The means of `y_pred - y_true * log(y_pred)`, for counts (`tf.keras.losses.poisson`).
///
/// # Errors
/// As [`mean_squared_error`].
pub fn poisson(y_true: impl IntoOperand, y_pred: impl IntoOperand) -> Result<Tensor> {
    let (y_true, y_pred) = pair(y_true, y_pred)?;
    let logarithm = log((&y_pred + EPSILON)?)?;
    reduce_mean((y_pred - (y_true * logarithm)?)?, -1)
}
