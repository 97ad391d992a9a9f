//! Switch, Merge, Enter, Exit, NextIteration, LoopCond: the pieces of branches and loops in v1 graphs.
//!
//! Which of a switch's outputs lives, and which of a merge's inputs it is, the executor decides; in a frame the
//! other pieces only pass on what they are given.

use ferroflow_core::{
    Error, Grad, GradCtx, KernelCtx, Op, OpDef, PartialShape, Result, Shape, ShapeCtx, shape_fn,
};

fn pass_on(cx: &mut KernelCtx<'_>) -> Result<()> {
    let value = cx.take(0)?;
    cx.set(0, value)
}

fn switch_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    cx.with_rank(1, 0)?;
    let (shape, holds) = (cx.input(0), cx.input_handle(0));
    for index in 0..2 {
        cx.set(index, shape.clone());
        if let Some(holds) = &holds {
            cx.set_handle(index, holds.clone());
        }
    }
    Ok(())
}

fn merge_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let shapes: Vec<PartialShape> = (0..cx.num_inputs()).map(|index| cx.input(index)).collect();
    let common = shapes.iter().skip(1).fold(shapes.first().cloned(), |common, shape| {
        common.map(|common| common.most_specific_compatible(shape))
    });
    cx.set(0, common.unwrap_or_default());
    cx.set(1, Shape::scalar());
    if let Some(holds) = cx.input_handle(0) {
        cx.set_handle(0, holds);
    }
    Ok(())
}

fn enter_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    // The value of a loop variable may change its shape from one iteration to the next; that of a constant cannot.
    if cx.bool("is_constant")? || cx.input_handle(0).is_some() {
        return shape_fn::unchanged(cx);
    }
    cx.set_all_unknown();
    Ok(())
}

fn loop_cond_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        cx.with_rank(0, 0)?;
    }
    shape_fn::unchanged(cx)
}

/// The gradient that comes from the side that was taken; on the other one, zeros take the place of a gradient that
/// does not flow, and are as dead as that side is.
fn switch_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let sides = [cx.dy(0)?, cx.dy(1)?];
    let [taken, _] = Op::named("Merge").inputs(sides).outputs()?;
    cx.set(0, taken)
}

/// The gradient goes where the value came from.
fn merge_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (dy, chosen) = (cx.dy(0)?, cx.y(1)?);
    for index in 0..cx.inputs().len() {
        let number = i32::try_from(index).map_err(|_| Error::internal("too many inputs of a Merge"))?;
        let is_chosen = Op::named("Equal").input(chosen).input(number).one()?;
        let [_, when] = Op::named("Switch").input(&dy).input(is_chosen).outputs()?;
        cx.set(index, when)?;
    }
    Ok(())
}

/// An op that passes its input on.
const fn passing(name: &'static str, shape: ferroflow_core::ShapeFn) -> OpDef {
    OpDef { name, shape, kernel: Some(pass_on), ..OpDef::NEW }
}

pub(crate) static SWITCH: OpDef =
    OpDef { name: "Switch", shape: switch_shape, grad: Grad::Fn(switch_grad), ..OpDef::NEW };
pub(crate) static REF_SWITCH: OpDef =
    OpDef { name: "RefSwitch", shape: switch_shape, grad: Grad::Fn(switch_grad), ..OpDef::NEW };
pub(crate) static MERGE: OpDef =
    OpDef { name: "Merge", shape: merge_shape, grad: Grad::Fn(merge_grad), ..OpDef::NEW };
pub(crate) static REF_MERGE: OpDef =
    OpDef { name: "RefMerge", shape: merge_shape, grad: Grad::Fn(merge_grad), ..OpDef::NEW };
pub(crate) static ENTER: OpDef = passing("Enter", enter_shape);
pub(crate) static REF_ENTER: OpDef = passing("RefEnter", shape_fn::unchanged);
pub(crate) static EXIT: OpDef = passing("Exit", shape_fn::unchanged);
pub(crate) static REF_EXIT: OpDef = passing("RefExit", shape_fn::unchanged);
pub(crate) static NEXT_ITERATION: OpDef = passing("NextIteration", shape_fn::unchanged);
pub(crate) static REF_NEXT_ITERATION: OpDef = passing("RefNextIteration", shape_fn::unchanged);
pub(crate) static LOOP_COND: OpDef = passing("LoopCond", loop_cond_shape);
