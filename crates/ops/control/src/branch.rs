//! If, Case: one of several functions is called.

use crate::call_op::{declared_shapes, forward};
use crate::truth::is_true;
use ferroflow_core::{KernelCtx, OpDef, Result, bail};

fn if_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let branch = if is_true(cx.input(0)?)? { "then_branch" } else { "else_branch" };
    forward(cx, cx.attrs().func(branch)?, 1)
}

fn case_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let branches = cx.attrs().funcs("branches")?;
    // An index out of range means the last branch.
    let asked = usize::try_from(cx.int_value(0)?).ok();
    let Some(branch) = asked.and_then(|index| branches.get(index)).or(branches.last()) else {
        bail!(invalid_argument, "Case needs a branch")
    };
    forward(cx, branch, 1)
}

pub(crate) static IF: OpDef =
    OpDef { name: "If", shape: declared_shapes, kernel: Some(if_kernel), ..OpDef::NEW };
pub(crate) static STATELESS_IF: OpDef =
    OpDef { name: "StatelessIf", shape: declared_shapes, kernel: Some(if_kernel), ..OpDef::NEW };
pub(crate) static CASE: OpDef =
    OpDef { name: "Case", shape: declared_shapes, kernel: Some(case_kernel), ..OpDef::NEW };
pub(crate) static STATELESS_CASE: OpDef =
    OpDef { name: "StatelessCase", shape: declared_shapes, kernel: Some(case_kernel), ..OpDef::NEW };
