//! Variable, VariableV2, IsVariableInitialized, TemporaryVariable, DestroyTemporaryVariable: TensorFlow 1's variables,
//! whose outputs are references.

use crate::target::{handle, handle_array, value, variable};
use ferroflow_core::{
    DType, Grad, HandleData, IntoOperand, KernelCtx, NdArray, Op, OpDef, PartialShape, ResourceHandle,
    Result, ShapeCtx, Tensor, VariableResource, bail, ensure, options, shape_fn,
};
use std::sync::Arc;

options! {
    /// Optional arguments of [`ref_variable_with`].
    pub struct RefVariableOptions {
        /// The container that owns the variable.
        container: String = String::new(),
        /// The name under which runs find the variable; the node's name if empty.
        shared_name: String = String::new(),
    }
}

/// A reference to a variable that keeps its value from run to run.
///
/// Source: `tf.raw_ops.VariableV2`.
///
/// # Errors
/// Those of the graph in force.
pub fn ref_variable_with(
    shape: impl Into<PartialShape>,
    dtype: DType,
    options: impl FnOnce(RefVariableOptions) -> RefVariableOptions,
) -> Result<Tensor> {
    let options = options(RefVariableOptions::default());
    Op::new(&VARIABLE_V2)
        .attr("shape", shape.into())
        .attr("dtype", dtype)
        .attr("container", options.container)
        .attr("shared_name", options.shared_name)
        .one()
}

/// Whether a variable has a value.
///
/// Source: `tf.compat.v1.is_variable_initialized` (op `IsVariableInitialized`).
///
/// # Errors
/// Those of the graph in force.
pub fn is_variable_initialized(reference: impl IntoOperand) -> Result<Tensor> {
    Op::new(&IS_VARIABLE_INITIALIZED).input(reference).one()
}

/// A variable that lives until [`destroy_temporary_variable`] takes its value, within one run.
///
/// Source: `tf.raw_ops.TemporaryVariable`.
///
/// # Errors
/// Those of the graph in force.
pub fn temporary_variable(shape: impl Into<PartialShape>, dtype: DType, var_name: &str) -> Result<Tensor> {
    Op::new(&TEMPORARY_VARIABLE)
        .attr("shape", shape.into())
        .attr("dtype", dtype)
        .attr("var_name", var_name)
        .one()
}

/// The last value of a temporary variable, which is gone then.
///
/// Source: `tf.raw_ops.DestroyTemporaryVariable`.
///
/// # Errors
/// Those of the graph in force.
pub fn destroy_temporary_variable(reference: impl IntoOperand, var_name: &str) -> Result<Tensor> {
    Op::new(&DESTROY_TEMPORARY_VARIABLE).input(reference).attr("var_name", var_name).one()
}

fn variable_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        let shape = cx.shape("shape")?.clone();
        cx.set(0, shape);
    }
    Ok(())
}

fn legacy_variable_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    // The first version of the op could not tell a scalar from a shape nobody knew.
    if cx.shape("shape")?.rank() == Some(0) { Ok(()) } else { variable_shape(cx) }
}

fn reference(cx: &KernelCtx<'_>, name: &str, resource: Arc<VariableResource>) -> Result<NdArray> {
    Ok(handle_array(ResourceHandle::new(HandleData {
        container: cx.env().resources.container("").to_string(),
        name: name.to_string(),
        dtypes_and_shapes: vec![(cx.dtype("dtype")?, cx.shape("shape")?.clone())],
        resource: Some(resource),
        ..HandleData::default()
    })))
}

fn variable_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shared = cx.str("shared_name")?;
    let name = if shared.is_empty() { cx.node() } else { shared }.to_string();
    let (dtype, shape) = (cx.dtype("dtype")?, cx.shape("shape")?.clone());
    let resource = cx
        .env()
        .resources
        .get_or_create(cx.str("container")?, &name, || Ok(VariableResource::new(dtype, shape.clone())))?;
    ensure!(
        resource.dtype() == dtype,
        invalid_argument,
        "Variable {name} is of dtype {}, not {}",
        resource.dtype().name(),
        dtype.name()
    );
    // Errors about a missing value name the node, whatever name the variable is shared under.
    let array = reference(cx, cx.node(), resource)?;
    cx.set(0, array)
}

fn is_initialized_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let initialized = variable(cx, 0)?.is_initialized();
    cx.set(0, NdArray::scalar(initialized))
}

fn temporary_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let dtype = cx.dtype("dtype")?;
    let Some(shape) = cx.shape("shape")?.to_shape() else {
        bail!(invalid_argument, "shape must be fully defined: {}", cx.shape("shape")?.cpp());
    };
    let name = if cx.str("var_name")?.is_empty() { cx.node() } else { cx.str("var_name")? }.to_string();
    let resource = VariableResource::new(dtype, (&shape).into());
    resource.set(Some(NdArray::zeros(dtype, shape)?));
    let array = reference(cx, &name, Arc::new(resource))?;
    cx.set(0, array)
}

fn destroy_temporary_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let asked = cx.str("var_name")?;
    let name = handle(cx, 0)?.data().map_or("", |data| data.name.as_str());
    ensure!(
        name == asked,
        not_found,
        "Resource __per_step_0/{asked}/frame:0/iter:0/N10tensorflow19TemporaryVariableOp6TmpVarE does not exist."
    );
    let last = value(cx, 0)?;
    cx.set(0, last)
}

fn destroy_temporary_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if cx.at_run_time() { Ok(()) } else { shape_fn::unchanged(cx) }
}

pub(crate) static VARIABLE: OpDef = OpDef {
    name: "Variable",
    shape: legacy_variable_shape,
    kernel: Some(variable_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};

pub(crate) static VARIABLE_V2: OpDef = OpDef {
    name: "VariableV2",
    shape: variable_shape,
    kernel: Some(variable_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};

pub(crate) static IS_VARIABLE_INITIALIZED: OpDef = OpDef {
    name: "IsVariableInitialized",
    shape: shape_fn::scalar,
    kernel: Some(is_initialized_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};

pub(crate) static TEMPORARY_VARIABLE: OpDef = OpDef {
    name: "TemporaryVariable",
    shape: variable_shape,
    kernel: Some(temporary_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};

pub(crate) static DESTROY_TEMPORARY_VARIABLE: OpDef = OpDef {
    name: "DestroyTemporaryVariable",
    shape: destroy_temporary_shape,
    kernel: Some(destroy_temporary_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};
