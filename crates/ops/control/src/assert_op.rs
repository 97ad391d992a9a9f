//! Assert: a run that stops where a condition does not hold.

use crate::summary::summarize;
use ferroflow_core::{
    Grad, IntoOperand, IntoOperands, KernelCtx, Op, OpDef, Result, ShapeCtx, bail, options,
};

options! {
    /// Optional arguments of [`assert_true_with`].
    pub struct AssertOptions {
        /// How many elements of each tensor the message shows.
        summarize: i64 = 3,
    }
}

/// Fails with a message that shows `data` unless `condition` is true.
///
/// Source: `tf.raw_ops.Assert` (op `Assert`).
///
/// ```
/// use ferroflow_ops_control::assert_true;
/// assert!(assert_true(true, ["fine"]).is_ok());
/// let error = assert_true(false, [[1, 2, 3, 4]]).unwrap_err();
/// assert_eq!(error.message(), "assertion failed: [1 2 3...]");
/// ```
///
/// # Errors
/// `InvalidArgument` when the condition is false or no scalar.
pub fn assert_true(condition: impl IntoOperand, data: impl IntoOperands) -> Result<()> {
    assert_true_with(condition, data, |o| o)
}

/// [`assert_true`] with options.
///
/// # Errors
/// As [`assert_true`].
pub fn assert_true_with(
    condition: impl IntoOperand,
    data: impl IntoOperands,
    options: impl FnOnce(AssertOptions) -> AssertOptions,
) -> Result<()> {
    let summarize = options(AssertOptions::default()).summarize;
    Op::new(&ASSERT).input(condition).inputs(data).attr("summarize", summarize).run()
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let condition = cx.input(0);
    if condition.rank().is_some_and(|rank| rank != 0) {
        bail!(invalid_argument, "In[0] should be a scalar: {}", condition.cpp());
    }
    Ok(())
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    if cx.input(0)?.item::<bool>()? {
        return Ok(());
    }
    let most = cx.int("summarize")?;
    let shown: Vec<String> =
        cx.inputs().iter().skip(1).map(|array| format!("[{}]", summarize(array, most))).collect();
    bail!(invalid_argument, "assertion failed: {}", shown.join(" "))
}

pub(crate) static ASSERT: OpDef =
    OpDef { name: "Assert", shape, kernel: Some(kernel), grad: Grad::None, ..OpDef::NEW };
