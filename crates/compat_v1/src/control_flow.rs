//! Conditionals and loops of the v1 API.

use crate::mode::{control_flow_v2_enabled, facade};
use ferroflow_core::{Error, IntoOperand, Result, Tensor, context, convert_to_tensor};
use ferroflow_graph::{call_if, call_switch};
use ferroflow_v2::Nest;

/// Whether conditionals are to be functional: by `enable_control_flow_v2`, and always within a traced function.
pub(crate) fn functional() -> bool {
    control_flow_v2_enabled() || context::current_graph().is_some_and(|graph| graph.builds_function())
}

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
    mut true_fn: impl FnMut() -> Result<R>,
    mut false_fn: impl FnMut() -> Result<R>,
) -> Result<R> {
    facade(|| {
        if context::executing_eagerly() || functional() {
            return ferroflow_v2::cond(pred, true_fn, false_fn);
        }
        let pred = convert_to_tensor(pred, None)?;
        let mut structure = None;
        let flat = call_switch(
            &pred,
            &mut || {
                let result = true_fn()?;
                let flat = result.to_flat();
                structure = Some(result);
                Ok(flat)
            },
            &mut || Ok(false_fn()?.to_flat()),
        )?;
        let structure = structure.ok_or_else(|| Error::internal("a branch was not built"))?;
        structure.with_flat(flat)
    })
}

/// [`cond`] of tensors in a graph that is open.
pub(crate) fn cond_in_graph(
    pred: &Tensor,
    mut true_fn: impl FnMut() -> Result<Tensor>,
    mut false_fn: impl FnMut() -> Result<Tensor>,
) -> Result<Tensor> {
    let mut then_branch = || true_fn().map(|result| vec![result]);
    let mut else_branch = || false_fn().map(|result| vec![result]);
    let flat = match functional() {
        true => call_if(pred, &mut then_branch, &mut else_branch)?,
        false => call_switch(pred, &mut then_branch, &mut else_branch)?,
    };
    flat.into_iter().next().ok_or_else(|| Error::internal("a conditional gives nothing"))
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
    for (pred, _) in pred_fn_pairs {
        if pred.dtype().base() != ferroflow_core::DType::BOOL {
            let name = pred.name().unwrap_or_else(|_| format!("{pred:?}"));
            return Err(Error::type_error(format!("pred must be Tensor of type bool: {name}")));
        }
    }
    facade(|| context::name_scope("case", || first_true(pred_fn_pairs, default)))
}

fn first_true<R: Nest>(pred_fn_pairs: &[PredFnPair<'_, R>], default: &dyn Fn() -> Result<R>) -> Result<R> {
    match pred_fn_pairs.split_first() {
        None => default(),
        Some(((pred, function), rest)) => cond(pred, function, || first_true(rest, default)),
    }
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
