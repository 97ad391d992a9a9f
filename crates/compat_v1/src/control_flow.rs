//! Conditionals and loops of the v1 API.

use crate::mode::facade;
use ferroflow_core::{IntoOperand, Result, Tensor};
use ferroflow_v2::{CaseOptions, Nest};

/// The result of `true_fn` where `pred` is true, else that of `false_fn`.
///
/// In a graph both are built, and a run decides: with `Switch` and `Merge` nodes, or, after
/// [`enable_control_flow_v2`](crate::enable_control_flow_v2), with an `If` node. In eager mode one of them runs.
///
/// ```
/// use ferroflow_compat_v1::{self as tf, feeds};
/// use ferroflow_core::DType;
/// let x = tf::placeholder(DType::FLOAT32, ())?;
/// let absolute = tf::cond(tf::less(&x, 0.0)?, || -&x, || Ok(x.clone()))?;
/// let sess = tf::Session::new()?;
/// assert_eq!(sess.run_feed(&absolute, feeds![&x => -3.0])?.item::<f32>()?, 3.0);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `ValueError` when the results differ in structure or dtype; what the closures return.
pub fn cond<R: Nest>(
    pred: impl IntoOperand,
    true_fn: impl FnMut() -> Result<R>,
    false_fn: impl FnMut() -> Result<R>,
) -> Result<R> {
    facade(|| ferroflow_v2::cond(pred, true_fn, false_fn))
}

/// A predicate and what to do where it is the first to be true.
pub type PredFnPair<'a, R> = (Tensor, &'a dyn Fn() -> Result<R>);

/// The result of the first function whose predicate is true, else that of `default`.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let (x, y) = (tf::constant(1)?, tf::constant(2)?);
/// let smaller = tf::case(&[(tf::less(&x, &y)?, &|| Ok(x.clone()))], &|| Ok(y.clone()))?;
/// assert_eq!(tf::Session::new()?.run(&smaller)?.item::<i32>()?, 1);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `TypeError` for a predicate that is no boolean; as [`cond`].
pub fn case<R: Nest>(pred_fn_pairs: &[PredFnPair<'_, R>], default: &dyn Fn() -> Result<R>) -> Result<R> {
    facade(|| ferroflow_v2::case(pred_fn_pairs, default))
}

/// [`case`] of predicates that exclude each other.
///
/// # Errors
/// As [`case`]; `InvalidArgument` where predicates exclude each other and more than one is true.
pub fn case_with<R: Nest>(
    pred_fn_pairs: &[PredFnPair<'_, R>],
    default: &dyn Fn() -> Result<R>,
    options: impl FnOnce(CaseOptions) -> CaseOptions,
) -> Result<R> {
    facade(|| ferroflow_v2::case_with(pred_fn_pairs, default, options))
}

/// The result of the branch at `branch_index`; of the last one where the index is out of range. In a graph it is a
/// `Case` node, as in TensorFlow with or without [`enable_control_flow_v2`](crate::enable_control_flow_v2).
///
/// # Errors
/// `ValueError` without branches; as [`cond`].
pub fn switch_case<R: Nest>(
    branch_index: impl IntoOperand,
    branches: &[&dyn Fn() -> Result<R>],
) -> Result<R> {
    facade(|| ferroflow_v2::switch_case(branch_index, branches))
}

/// The tensor itself; when it is computed, a line on standard error shows `data` behind the message.
///
/// `first_n` limits how often the node prints, and `summarize` how many elements of each tensor are shown.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let x = tf::constant([1, 2])?;
/// let shown = tf::Print(&x, &[&x], "x: ", None, None)?;
/// assert_eq!(tf::Session::new()?.run(&shown)?.as_slice::<i32>()?, [1, 2]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// Those of the graph in force.
#[allow(non_snake_case)]
pub fn Print(
    input: impl IntoOperand,
    data: &[&Tensor],
    message: &str,
    first_n: Option<i64>,
    summarize: Option<i64>,
) -> Result<Tensor> {
    facade(|| {
        ferroflow_ops_control::print_with(input, data.iter().copied(), |o| {
            o.message(message).first_n(first_n.unwrap_or(-1)).summarize(summarize.unwrap_or(3))
        })
    })
}
