//! Random numbers, in v1's argument orders.

use crate::mode::facade;
use ferroflow_core::{DType, IntoOperand, Result, Tensor};
use ferroflow_ops_random as random;

/// Numbers of Poisson distributions with the means `lam`: as many as `shape` says for each of them.
///
/// Source: `tf.compat.v1.random_poisson`.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let numbers = tf::random_poisson([0.5, 9.0], [3], tf::float32, Some(1))?;
/// assert_eq!(numbers.shape(), [3, 2].into());
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for a shape with negative sizes.
pub fn random_poisson(
    lam: impl IntoOperand,
    shape: impl IntoOperand,
    dtype: DType,
    seed: Option<i64>,
) -> Result<Tensor> {
    facade(|| random::poisson(shape, lam, dtype, seed))
}
