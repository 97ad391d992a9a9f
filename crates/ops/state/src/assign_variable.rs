//! ReadVariableOp, AssignVariableOp, AssignAddVariableOp, AssignSubVariableOp: reading and writing through handles.

use crate::combine::{Combine, NUMBERS, combine_all};
use crate::target::{handle, update, value, variable_shape};
use ferroflow_core::{
    Code, DType, Grad, GradCtx, IntoOperand, KernelCtx, NdArray, Op, OpDef, Result, ShapeCtx, Tensor,
    VariableResource, bail, ensure, shape_fn,
};
use std::sync::Arc;

/// The value of the variable.
///
/// Source: `tf.raw_ops.ReadVariableOp`.
///
/// # Errors
/// `FailedPrecondition` when the variable has no value, `InvalidArgument` when it is of another dtype.
pub fn read_variable(resource: impl IntoOperand, dtype: DType) -> Result<Tensor> {
    Op::new(&READ_VARIABLE_OP).input(resource).attr("dtype", dtype).one()
}

/// Gives the variable a value.
///
/// Source: `tf.raw_ops.AssignVariableOp`.
///
/// # Errors
/// `InvalidArgument` when the dtype is another, or when the shape is and `validate_shape` asks for the check.
pub fn assign_variable(
    resource: impl IntoOperand,
    value: impl IntoOperand,
    validate_shape: bool,
) -> Result<Vec<Tensor>> {
    Op::new(&ASSIGN_VARIABLE_OP).input(resource).input(value).attr("validate_shape", validate_shape).all()
}

/// Adds to the variable.
///
/// Source: `tf.raw_ops.AssignAddVariableOp`.
///
/// # Errors
/// `NotFound` when the variable has no value, `InvalidArgument` when dtype or shape differ.
pub fn assign_add_variable(resource: impl IntoOperand, value: impl IntoOperand) -> Result<Vec<Tensor>> {
    Op::new(&ASSIGN_ADD_VARIABLE_OP).input(resource).input(value).all()
}

/// Subtracts from the variable.
///
/// Source: `tf.raw_ops.AssignSubVariableOp`.
///
/// # Errors
/// `NotFound` when the variable has no value, `InvalidArgument` when dtype or shape differ.
pub fn assign_sub_variable(resource: impl IntoOperand, value: impl IntoOperand) -> Result<Vec<Tensor>> {
    Op::new(&ASSIGN_SUB_VARIABLE_OP).input(resource).input(value).all()
}

fn read_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let shape = variable_shape(cx, 0, cx.dtype("dtype")?)?;
    cx.set(0, shape);
    Ok(())
}

/// The value of the variable, in the words that TensorFlow's ops of copy-on-read have for a missing one.
fn found(cx: &KernelCtx<'_>) -> Result<NdArray> {
    value(cx, 0).map_err(|error| match (error.code(), handle(cx, 0)) {
        (Code::NotFound, Ok(handle)) => {
            let (container, name) =
                handle.data().map_or(("", ""), |data| (data.container.as_str(), data.name.as_str()));
            ferroflow_core::Error::failed_precondition(format!(
                "Could not find variable {name}. This could mean that the variable has been deleted. In TF1, it can \
                 also mean the variable is uninitialized. Debug info: container={container}, status error message={}",
                error.message()
            ))
        }
        _ => error,
    })
}

fn read_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let value = found(cx)?;
    let dtype = cx.dtype("dtype")?;
    ensure!(
        value.dtype() == dtype,
        invalid_argument,
        "Trying to read variable with wrong dtype. Expected {} got {}",
        dtype.cpp_name(),
        value.dtype().cpp_name()
    );
    cx.set(0, value)
}

fn read_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let dy = cx.dy(0)?;
    cx.set(0, dy)
}

fn assign_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let shape = variable_shape(cx, 0, cx.dtype("dtype")?)?;
    cx.merge(&shape, &cx.input(1)).map(drop)
}

fn assign_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let new = cx.take(1)?;
    let dtype = cx.dtype("dtype")?;
    let variable = find_or_create(cx, dtype)?;
    ensure!(
        variable.dtype() == dtype,
        invalid_argument,
        "Trying to assign variable with wrong dtype. Expected {} got {}",
        variable.dtype().cpp_name(),
        dtype.cpp_name()
    );
    let mut slot = variable.lock();
    if let (true, Some(old)) = (cx.bool("validate_shape")?, slot.as_ref()) {
        ensure!(
            old.shape() == new.shape(),
            invalid_argument,
            "Trying to assign to variable with tensor with wrong shape. Expected {} got {}",
            old.shape(),
            new.shape()
        );
    }
    *slot = Some(new);
    Ok(())
}

fn find_or_create(cx: &KernelCtx<'_>, dtype: DType) -> Result<Arc<VariableResource>> {
    let handle = handle(cx, 0)?;
    match handle.data() {
        Some(data) if data.resource.is_none() => {
            let shape = data.dtypes_and_shapes.first().map(|(_, shape)| shape.clone()).unwrap_or_default();
            cx.env()
                .resources
                .get_or_create(&data.container, &data.name, || Ok(VariableResource::new(dtype, shape)))
        }
        _ => handle.lookup::<VariableResource>(&cx.env().resources),
    }
}

fn change(cx: &KernelCtx<'_>, combine: Combine) -> Result<()> {
    let new = cx.input(1)?;
    update(cx, 0, |value| {
        if value.dtype() != new.dtype() {
            bail!(invalid_argument, "DType of variable handle and value does not match.");
        }
        ensure!(
            value.shape() == new.shape(),
            invalid_argument,
            "Cannot update variable with shape {} using a Tensor with shape {}, shapes must be equal.",
            value.shape(),
            new.shape()
        );
        combine_all(value, new, combine)
    })
}

pub(crate) static READ_VARIABLE_OP: OpDef = OpDef {
    name: "ReadVariableOp",
    shape: read_shape,
    kernel: Some(read_kernel),
    grad: Grad::Fn(read_grad),
    ..OpDef::NEW
};

/// Reads share memory and writes copy what others hold in any case, so that there is nothing to switch off.
pub(crate) static DISABLE_COPY_ON_READ: OpDef = OpDef {
    name: "DisableCopyOnRead",
    shape: shape_fn::no_outputs,
    kernel: Some(|cx| found(cx).map(drop)),
    grad: Grad::None,
    ..OpDef::NEW
};

pub(crate) static ASSIGN_VARIABLE_OP: OpDef = OpDef {
    name: "AssignVariableOp",
    shape: assign_shape,
    kernel: Some(assign_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};

pub(crate) static ASSIGN_ADD_VARIABLE_OP: OpDef = OpDef {
    name: "AssignAddVariableOp",
    shape: assign_shape,
    kernel: Some(|cx| change(cx, Combine::Add)),
    grad: Grad::None,
    types: &[("dtype", NUMBERS)],
    ..OpDef::NEW
};

pub(crate) static ASSIGN_SUB_VARIABLE_OP: OpDef = OpDef {
    name: "AssignSubVariableOp",
    shape: assign_shape,
    kernel: Some(|cx| change(cx, Combine::Sub)),
    grad: Grad::None,
    types: &[("dtype", NUMBERS)],
    ..OpDef::NEW
};
