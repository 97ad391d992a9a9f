//! Loops of the v1 API.

use crate::mode::facade;
use ferroflow_core::{Result, Tensor};
use ferroflow_v2::{Nest, WhileLoopOptions};

/// The loop variables after `body` has been applied to them as long as `cond` holds.
///
/// In a graph the loop is a frame (`Enter`, `Merge`, `Switch`, `NextIteration` and `Exit` nodes), or, after
/// [`enable_control_flow_v2`](crate::enable_control_flow_v2), a `While` node; gradients flow through both. In eager mode
/// it runs.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// use ferroflow_core::Tensor;
/// let (_, power) = tf::while_loop(
///     |(i, _): &(Tensor, Tensor)| tf::less(i, 10),
///     |(i, power): &(Tensor, Tensor)| Ok(((i + 1)?, (power * 2)?)),
///     (tf::constant(0)?, tf::constant(1)?),
/// )?;
/// assert_eq!(tf::Session::new()?.run(&power)?.item::<i32>()?, 1024);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `ValueError` and `TypeError` when the body gives other shapes or dtypes; what the closures return.
pub fn while_loop<V: Nest>(
    cond: impl Fn(&V) -> Result<Tensor>,
    body: impl Fn(&V) -> Result<V>,
    loop_vars: V,
) -> Result<V> {
    while_loop_with(cond, body, loop_vars, |options| options)
}

/// [`while_loop`] with a limit, or with variables that change their shape.
///
/// # Errors
/// As [`while_loop`].
pub fn while_loop_with<V: Nest>(
    cond: impl Fn(&V) -> Result<Tensor>,
    body: impl Fn(&V) -> Result<V>,
    loop_vars: V,
    options: impl FnOnce(WhileLoopOptions) -> WhileLoopOptions,
) -> Result<V> {
    facade(|| ferroflow_v2::while_loop_with(cond, body, loop_vars, options))
}
