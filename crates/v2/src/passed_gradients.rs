//! `grad_pass_through`: results whose gradients are those of the arguments.

use ferroflow_core::{Result, Tensor};
use ferroflow_graph::custom_gradient;
use std::sync::Arc;

/// What the code computes, with the gradients of results as those of arguments: as if nothing had been computed.
///
/// Source: `tf.grad_pass_through`.
///
/// ```
/// use ferroflow_v2 as tf;
/// let x = tf::Variable::new(1.4)?;
/// let tape = tf::GradientTape::new();
/// let rounded = tf::grad_pass_through(&[x.value()?], |args| Ok(vec![tf::round(&args[0])?]))?;
/// let loss = (&rounded[0] * 3.0)?;
/// assert_eq!(format!("{loss}"), "3.0");
/// assert_eq!(format!("{}", tape.gradient(&loss, &x)?.expect("x has a gradient")), "3.0");
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// What `f` returns; when gradients are taken, `ValueError` unless there are as many results as arguments.
pub fn grad_pass_through(
    args: &[Tensor],
    f: impl FnOnce(&[Tensor]) -> Result<Vec<Tensor>>,
) -> Result<Vec<Tensor>> {
    custom_gradient(args, |args| {
        let passed: ferroflow_graph::GradientFn =
            Arc::new(|dys: &[Tensor]| Ok(dys.iter().cloned().map(Some).collect()));
        Ok((f(args)?, passed))
    })
}
