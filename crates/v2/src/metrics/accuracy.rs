//! Which predictions are right, as functions.

use crate::losses::same_rank;
use crate::math::{argmax, greater, in_top_k};
use crate::{cast, convert_to_tensor, equal, reshape, squeeze_with};
use ferroflow_core::{DType, IntoOperand, Result, Tensor};
use ferroflow_ops_array::shape;

fn matches(first: impl IntoOperand, second: impl IntoOperand) -> Result<Tensor> {
    cast(equal(first, second)?, DType::FLOAT32)
}

fn best(values: &Tensor) -> Result<Tensor> {
    argmax(values, -1)
}

/// 1 where predictions equal targets, else 0 (`tf.keras.metrics.Accuracy`).
///
/// # Errors
/// `InvalidArgument` for shapes that do not broadcast.
pub fn accuracy(y_true: impl IntoOperand, y_pred: impl IntoOperand) -> Result<Tensor> {
    let y_pred = convert_to_tensor(y_pred, None)?;
    let y_true = cast(convert_to_tensor(y_true, None)?, y_pred.dtype())?;
    let (y_true, y_pred) = same_rank(y_true, y_pred, true)?;
    matches(y_true, y_pred)
}

/// 1 where predictions are on the side of 0.5 that targets say, else 0 (`tf.keras.metrics.binary_accuracy`).
///
/// # Errors
/// As [`accuracy`].
pub fn binary_accuracy(y_true: impl IntoOperand, y_pred: impl IntoOperand) -> Result<Tensor> {
    binary_accuracy_with(y_true, y_pred, 0.5)
}

/// [`binary_accuracy`] with another threshold than 0.5.
///
/// # Errors
/// As [`accuracy`].
pub fn binary_accuracy_with(
    y_true: impl IntoOperand,
    y_pred: impl IntoOperand,
    threshold: f64,
) -> Result<Tensor> {
    let (y_true, y_pred) =
        same_rank(convert_to_tensor(y_true, None)?, convert_to_tensor(y_pred, None)?, true)?;
    let decided = cast(greater(y_pred, threshold)?, y_true.dtype())?;
    matches(y_true, decided)
}

/// 1 where the most likely class is that of the target, a distribution, else 0
/// (`tf.keras.metrics.categorical_accuracy`).
///
/// # Errors
/// `InvalidArgument` for shapes that do not fit.
pub fn categorical_accuracy(y_true: impl IntoOperand, y_pred: impl IntoOperand) -> Result<Tensor> {
    let (y_true, y_pred) = (convert_to_tensor(y_true, None)?, convert_to_tensor(y_pred, None)?);
    matches(best(&y_true)?, best(&y_pred)?)
}

/// 1 where the most likely class is the target, a class's number, else 0
/// (`tf.keras.metrics.sparse_categorical_accuracy`).
///
/// # Errors
/// `InvalidArgument` for shapes that do not fit.
pub fn sparse_categorical_accuracy(y_true: impl IntoOperand, y_pred: impl IntoOperand) -> Result<Tensor> {
    let (y_true, y_pred) = (convert_to_tensor(y_true, None)?, convert_to_tensor(y_pred, None)?);
    let y_true = cast(y_true, y_pred.dtype())?;
    let last = y_true.rank().and_then(|rank| rank.checked_sub(1));
    let column =
        y_true.rank() == y_pred.rank() && last.is_some_and(|last| y_true.shape().dim(last) == Some(1));
    let classes = if column { squeeze_with(y_true, |o| o.axis(vec![-1]))? } else { y_true };
    matches(&classes, cast(best(&y_pred)?, classes.dtype())?)
}

/// Predictions as a matrix, and targets as a vector of classes.
fn rows(classes: &Tensor, y_pred: Tensor) -> Result<(Tensor, Tensor)> {
    let y_pred = match y_pred.rank() {
        Some(rank) if rank > 2 => {
            let columns = ferroflow_ops_array::getitem(shape(&y_pred)?, -1)?;
            reshape(y_pred, crate::stack([crate::constant(-1)?, columns])?)?
        }
        _ => y_pred,
    };
    let classes = cast(classes, DType::INT32)?;
    Ok((if classes.rank() > Some(1) { reshape(classes, [-1])? } else { classes }, y_pred))
}

fn among_top(classes: Tensor, y_pred: Tensor, k: i32) -> Result<Tensor> {
    let (flat, y_pred) = rows(&classes, y_pred)?;
    let found = cast(in_top_k(flat, y_pred, k)?, DType::FLOAT32)?;
    if classes.rank() > Some(1) { reshape(found, shape(classes)?) } else { Ok(found) }
}

/// 1 where the class of the target, a distribution, is among the `k` most likely ones, else 0
/// (`tf.keras.metrics.top_k_categorical_accuracy`).
///
/// # Errors
/// `InvalidArgument` for shapes that do not fit.
pub fn top_k_categorical_accuracy(
    y_true: impl IntoOperand,
    y_pred: impl IntoOperand,
    k: i32,
) -> Result<Tensor> {
    among_top(best(&convert_to_tensor(y_true, None)?)?, convert_to_tensor(y_pred, None)?, k)
}

/// 1 where the target, a class's number, is among the `k` most likely ones, else 0
/// (`tf.keras.metrics.sparse_top_k_categorical_accuracy`).
///
/// # Errors
/// `InvalidArgument` for shapes that do not fit.
pub fn sparse_top_k_categorical_accuracy(
    y_true: impl IntoOperand,
    y_pred: impl IntoOperand,
    k: i32,
) -> Result<Tensor> {
    among_top(convert_to_tensor(y_true, None)?, convert_to_tensor(y_pred, None)?, k)
}
