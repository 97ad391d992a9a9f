//! Losses of classes told apart by signs or margins.

use super::errors::pair;
use crate::cond;
use crate::math::{maximum, reduce_all, reduce_max, reduce_mean, reduce_sum, square};
use ferroflow_core::operators::logical_or;
use ferroflow_core::{IntoOperand, Result, Tensor};

/// Targets -1 and 1, also where they are 0 and 1.
fn signs(y_true: &Tensor) -> Result<Tensor> {
    let binary = logical_or(crate::equal(y_true, 0)?, crate::equal(y_true, 1)?)?;
    cond(reduce_all(binary, ())?, || (2.0 * y_true)? - 1.0, || Ok(y_true.clone()))
}

/// How far products of targets and predictions are below 1.
fn shortfalls(y_true: impl IntoOperand, y_pred: impl IntoOperand) -> Result<Tensor> {
    let (y_true, y_pred) = pair(y_true, y_pred)?;
    maximum((1.0 - (signs(&y_true)? * y_pred)?)?, 0.0)
}

/// The means of `max(1 - y_true * y_pred, 0)`; targets are -1 and 1, or 0 and 1 (`tf.keras.losses.hinge`).
///
/// # Errors
/// `InvalidArgument` for shapes that do not broadcast.
pub fn hinge(y_true: impl IntoOperand, y_pred: impl IntoOperand) -> Result<Tensor> {
    reduce_mean(shortfalls(y_true, y_pred)?, -1)
}

/// The means of the squares of what [`hinge`] averages (`tf.keras.losses.squared_hinge`).
///
/// # Errors
/// As [`hinge`].
pub fn squared_hinge(y_true: impl IntoOperand, y_pred: impl IntoOperand) -> Result<Tensor> {
    reduce_mean(square(shortfalls(y_true, y_pred)?)?, -1)
}

/// How far the prediction for the right class is less than 1 above the highest other one
/// (`tf.keras.losses.categorical_hinge`).
///
/// # Errors
/// As [`hinge`].
pub fn categorical_hinge(y_true: impl IntoOperand, y_pred: impl IntoOperand) -> Result<Tensor> {
    let (y_true, y_pred) = pair(y_true, y_pred)?;
    let right = reduce_sum((&y_true * &y_pred)?, -1)?;
    let others = reduce_max(((1.0 - y_true)? * y_pred)?, -1)?;
    maximum(((others - right)? + 1.0)?, 0.0)
}
