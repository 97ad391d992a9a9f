//! While, For: functions called again and again on their own results.

use crate::call_op::{declared_shapes, set_all, take_from};
use crate::truth::is_true;
use ferroflow_core::{KernelCtx, NdArray, OpDef, Result, bail, shape_fn};

fn while_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let attrs = cx.attrs();
    let (cond, body) = (attrs.func("cond")?, attrs.func("body")?);
    let mut variables = take_from(cx, 0)?;
    loop {
        cx.env().check()?;
        match cx.call(cond, variables.clone())?.as_slice() {
            [go_on] => {
                if !is_true(go_on)? {
                    return set_all(cx, variables);
                }
            }
            other => bail!(invalid_argument, "Expected a single scalar return value got: {}", other.len()),
        }
        let count = variables.len();
        variables = cx.call(body, variables)?;
        if variables.len() != count {
            bail!(invalid_argument, "Expected body to return {count} values, got: {}", variables.len());
        }
    }
}

fn scalar(cx: &KernelCtx<'_>, index: usize, name: &str) -> Result<i64> {
    let input = cx.input(index)?;
    if input.rank() != 0 {
        bail!(invalid_argument, "{name} must be a scalar");
    }
    cx.int_value(index)
}

fn for_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (mut at, limit, delta) = (scalar(cx, 0, "start")?, scalar(cx, 1, "limit")?, scalar(cx, 2, "delta")?);
    let runs = (delta > 0 && at <= limit) || (delta < 0 && at >= limit) || (delta == 0 && at == limit);
    if !runs {
        bail!(invalid_argument, "Invalid start/limit/delta: {at} {limit} {delta}");
    }
    let body = cx.attrs().func("body")?;
    let mut variables = take_from(cx, 3)?;
    while if delta > 0 { at < limit } else { at > limit } {
        cx.env().check()?;
        let mut inputs = vec![NdArray::scalar(at as i32)];
        inputs.extend(variables);
        variables = cx.call(body, inputs)?;
        at += delta;
    }
    set_all(cx, variables)
}

pub(crate) static WHILE: OpDef =
    OpDef { name: "While", shape: declared_shapes, kernel: Some(while_kernel), ..OpDef::NEW };
pub(crate) static STATELESS_WHILE: OpDef =
    OpDef { name: "StatelessWhile", shape: declared_shapes, kernel: Some(while_kernel), ..OpDef::NEW };
pub(crate) static FOR: OpDef =
    OpDef { name: "For", shape: shape_fn::unknown, kernel: Some(for_kernel), ..OpDef::NEW };
