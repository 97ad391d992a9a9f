//! RefSelect, RefIdentity: references to variables passed on.

use crate::target::pass_reference;
use ferroflow_core::{Grad, KernelCtx, OpDef, PartialShape, Result, ShapeCtx, ensure, shape_fn};

/// The shape that all references have, where they have one and it is known.
fn select_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if cx.at_run_time() {
        return Ok(());
    }
    cx.with_rank(0, 0)?;
    let shapes: Vec<PartialShape> = (1..cx.num_inputs()).map(|index| cx.input(index)).collect();
    match shapes.split_first() {
        Some((first, rest)) if first.is_fully_defined() && rest.iter().all(|shape| shape == first) => {
            cx.set(0, first.clone())
        }
        _ => cx.set_all_unknown(),
    }
    Ok(())
}

fn select_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let index = cx.input(0)?;
    ensure!(
        index.rank() == 0,
        invalid_argument,
        "Index must be a scalar, but it has shape {}",
        index.shape()
    );
    let (index, count) = (cx.int_value(0)?, cx.num_inputs() - 1);
    let chosen = usize::try_from(index).ok().filter(|index| *index < count);
    let Some(chosen) = chosen else {
        ferroflow_core::bail!(invalid_argument, "Index must be in the range [0, {count}) but got {index}")
    };
    let reference = cx.input(chosen + 1)?.clone();
    cx.set(0, reference)
}

pub(crate) static REF_IDENTITY: OpDef = OpDef {
    name: "RefIdentity",
    shape: shape_fn::unchanged,
    kernel: Some(pass_reference),
    grad: Grad::Fn(|cx| cx.set(0, cx.dy(0)?)),
    ..OpDef::NEW
};

pub(crate) static REF_SELECT: OpDef =
    OpDef { name: "RefSelect", shape: select_shape, kernel: Some(select_kernel), ..OpDef::NEW };
