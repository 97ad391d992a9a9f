//! Assign, AssignAdd, AssignSub, CountUpTo, ResourceCountUpTo: changes of reference variables, and counters.

use crate::combine::{Combine, NUMBERS, combine_all};
use crate::target::{pass_reference, target_shape, update, variable};
use ferroflow_core::{
    Grad, IntoOperand, KernelCtx, NdArray, Op, OpDef, PartialShape, Result, ShapeCtx, Tensor, bail, dispatch,
    ensure,
};

/// The reference, after the variable was given this value.
///
/// Source: `tf.compat.v1.assign` (op `Assign`).
///
/// # Errors
/// `InvalidArgument` when the shapes differ and `validate_shape` asks for the check.
pub fn assign(reference: impl IntoOperand, value: impl IntoOperand, validate_shape: bool) -> Result<Tensor> {
    Op::new(&ASSIGN).input(reference).input(value).attr("validate_shape", validate_shape).one()
}

/// The reference, after this was added to the variable.
///
/// Source: `tf.compat.v1.assign_add` (op `AssignAdd`).
///
/// # Errors
/// `InvalidArgument` when the shapes differ.
pub fn assign_add(reference: impl IntoOperand, value: impl IntoOperand) -> Result<Tensor> {
    Op::new(&ASSIGN_ADD).input(reference).input(value).one()
}

/// The reference, after this was subtracted from the variable.
///
/// Source: `tf.compat.v1.assign_sub` (op `AssignSub`).
///
/// # Errors
/// `InvalidArgument` when the shapes differ.
pub fn assign_sub(reference: impl IntoOperand, value: impl IntoOperand) -> Result<Tensor> {
    Op::new(&ASSIGN_SUB).input(reference).input(value).one()
}

/// The value of the variable before it is incremented.
///
/// Source: `tf.compat.v1.count_up_to` (op `CountUpTo`).
///
/// # Errors
/// `OutOfRange` when the variable has reached the limit.
pub fn count_up_to(reference: impl IntoOperand, limit: i64) -> Result<Tensor> {
    Op::new(&COUNT_UP_TO).input(reference).attr("limit", limit).one()
}

fn assign_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if cx.at_run_time() {
        return Ok(());
    }
    let shape = if cx.bool("validate_shape")? { cx.merge(&cx.input(0), &cx.input(1))? } else { cx.input(1) };
    cx.set(0, shape);
    Ok(())
}

fn assign_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (new, variable) = (cx.take(1)?, variable(cx, 0)?);
    let mut slot = variable.lock();
    if cx.bool("validate_shape")? {
        let declared = variable.shape();
        let old: PartialShape = slot.as_ref().map_or_else(|| declared.clone(), |old| old.shape().into());
        ensure!(
            old.admits(new.shape()),
            invalid_argument,
            "Assign requires shapes of both tensors to match. lhs shape= {} rhs shape= {}",
            old.cpp(),
            new.shape()
        );
    }
    *slot = Some(new);
    drop(slot);
    pass_reference(cx)
}

fn change_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        let shape = cx.merge(&cx.input(0), &cx.input(1))?;
        cx.set(0, shape);
    }
    Ok(())
}

fn change(cx: &mut KernelCtx<'_>, combine: Combine) -> Result<()> {
    let new = cx.input(1)?;
    update(cx, 0, |value| {
        ensure!(
            value.shape() == new.shape(),
            invalid_argument,
            "Parameters and update must be the same size"
        );
        combine_all(value, new, combine)
    })?;
    pass_reference(cx)
}

fn count_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let shape = target_shape(cx, 0, "T")?;
    if let Some(rank) = shape.rank().filter(|rank| *rank != 0) {
        bail!(invalid_argument, "Shape must be rank 0 but is rank {rank}");
    }
    cx.set(0, PartialShape::scalar());
    Ok(())
}

fn count_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (limit, dtype) = (cx.int("limit")?, cx.dtype("T")?);
    let before = update(cx, 0, |value| {
        ensure!(value.rank() == 0, invalid_argument, "input is not a scalar: {}", value.shape());
        let before = value.clone();
        if before.to_i64_vec()?.iter().any(|now| *now >= limit) {
            bail!(out_of_range, "Reached limit of {limit}");
        }
        dispatch!(dtype, INDICES, |T| {
            let now = before.item::<T>()?;
            *value = NdArray::scalar(now.wrapping_add(1));
            Ok(())
        })?;
        Ok(before)
    })?;
    cx.set(0, before)
}

pub(crate) static ASSIGN: OpDef = OpDef {
    name: "Assign",
    shape: assign_shape,
    kernel: Some(assign_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};

pub(crate) static ASSIGN_ADD: OpDef = OpDef {
    name: "AssignAdd",
    shape: change_shape,
    kernel: Some(|cx| change(cx, Combine::Add)),
    grad: Grad::None,
    types: &[("T", NUMBERS)],
    ..OpDef::NEW
};

pub(crate) static ASSIGN_SUB: OpDef = OpDef {
    name: "AssignSub",
    shape: change_shape,
    kernel: Some(|cx| change(cx, Combine::Sub)),
    grad: Grad::None,
    types: &[("T", NUMBERS)],
    ..OpDef::NEW
};

pub(crate) static COUNT_UP_TO: OpDef = OpDef {
    name: "CountUpTo",
    shape: count_shape,
    kernel: Some(count_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};

pub(crate) static RESOURCE_COUNT_UP_TO: OpDef = OpDef {
    name: "ResourceCountUpTo",
    shape: count_shape,
    kernel: Some(count_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};
