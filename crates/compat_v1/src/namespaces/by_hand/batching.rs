//! Functions on batches of rows, under v1's names.

use crate::mode::facade;
use ferroflow_core::{Result, Tensor};
use ferroflow_v2::BatchFunctionOptions;

/// A function that calls another one on all rows of its arguments, and gives its results for them.
///
/// Source: `tf.compat.v1.nondifferentiable_batch_function`.
///
/// # Errors
/// As v2's.
pub fn nondifferentiable_batch_function(
    num_batch_threads: i64,
    max_batch_size: i64,
    batch_timeout_micros: i64,
    function: impl Fn(&[Tensor]) -> Result<Vec<Tensor>>,
) -> impl Fn(&[Tensor]) -> Result<Vec<Tensor>> {
    nondifferentiable_batch_function_with(
        num_batch_threads,
        max_batch_size,
        batch_timeout_micros,
        function,
        |options| options,
    )
}

/// [`nondifferentiable_batch_function`] with batches of certain sizes.
///
/// # Errors
/// As v2's.
pub fn nondifferentiable_batch_function_with(
    num_batch_threads: i64,
    max_batch_size: i64,
    batch_timeout_micros: i64,
    function: impl Fn(&[Tensor]) -> Result<Vec<Tensor>>,
    options: impl FnOnce(BatchFunctionOptions) -> BatchFunctionOptions,
) -> impl Fn(&[Tensor]) -> Result<Vec<Tensor>> {
    let batched = ferroflow_v2::nondifferentiable_batch_function_with(
        num_batch_threads,
        max_batch_size,
        batch_timeout_micros,
        function,
        options,
    );
    move |args| facade(|| batched(args))
}
