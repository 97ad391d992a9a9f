//! VarHandleOp, VarIsInitializedOp, DestroyResourceOp, VariableShape: handles to variables, and what they tell.

use crate::target::{handle, handle_array, value, variable, variable_shape};
use ferroflow_core::{
    DType, Grad, HandleData, IntoOperand, KernelCtx, NdArray, Op, OpDef, PartialShape, ResourceHandle,
    Result, ShapeCtx, Tensor, VariableResource, options, shape_fn,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The shared name that asks for a variable of its own, which lives as long as its handles.
pub const ANONYMOUS_NAME: &str = "cd2c89b7-88b7-44c8-ad83-06c2a9158347";

/// The device that handles name.
const DEVICE: &str = "/job:localhost/replica:0/task:0/device:CPU:0";

options! {
    /// Optional arguments of [`var_handle_with`].
    pub struct VarHandleOptions {
        /// The container that owns the variable.
        container: String = String::new(),
        /// The name under which handles find the variable; [`ANONYMOUS_NAME`] for one that has no name.
        shared_name: String = String::new(),
        /// What the name of an anonymous variable starts with.
        debug_name: String = String::new(),
    }
}

/// A handle to the variable of this dtype and shape that is named in the options.
///
/// Source: `tf.raw_ops.VarHandleOp`.
///
/// # Errors
/// Those of the graph in force.
pub fn var_handle_with(
    dtype: DType,
    shape: impl Into<PartialShape>,
    options: impl FnOnce(VarHandleOptions) -> VarHandleOptions,
) -> Result<Tensor> {
    let options = options(VarHandleOptions::default());
    Op::new(&VAR_HANDLE_OP)
        .attr("dtype", dtype)
        .attr("shape", shape.into())
        .attr("container", options.container)
        .attr("shared_name", options.shared_name)
        .attr("debug_name", options.debug_name)
        .one()
}

/// Whether the variable has a value.
///
/// Source: `tf.raw_ops.VarIsInitializedOp`.
///
/// # Errors
/// `InvalidArgument` when the handle is of something else.
pub fn var_is_initialized(resource: impl IntoOperand) -> Result<Tensor> {
    Op::new(&VAR_IS_INITIALIZED_OP).input(resource).one()
}

/// Forgets the resource of this handle; none being there is an error unless `ignore_lookup_error`.
///
/// Source: `tf.raw_ops.DestroyResourceOp`.
///
/// # Errors
/// `NotFound` where there is no such resource.
pub fn destroy_resource(resource: impl IntoOperand, ignore_lookup_error: bool) -> Result<Vec<Tensor>> {
    Op::new(&DESTROY_RESOURCE_OP).input(resource).attr("ignore_lookup_error", ignore_lookup_error).all()
}

/// The shape of the variable's value.
///
/// Source: `tf.raw_ops.VariableShape`.
///
/// # Errors
/// `NotFound` when the variable has no value.
pub fn variable_shape_of(input: impl IntoOperand, out_type: DType) -> Result<Tensor> {
    Op::new(&VARIABLE_SHAPE).input(input).attr("out_type", out_type).one()
}

fn handle_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let held = vec![(cx.dtype("dtype")?, cx.shape("shape")?.clone())];
    cx.set(0, PartialShape::scalar());
    cx.set_handle(0, held);
    Ok(())
}

fn handle_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    static NEXT_ANONYMOUS: AtomicU64 = AtomicU64::new(0);
    let (dtype, shape) = (cx.dtype("dtype")?, cx.shape("shape")?.clone());
    let mut data = HandleData {
        device: DEVICE.to_string(),
        container: cx.str("container")?.to_string(),
        name: cx.str("shared_name")?.to_string(),
        dtypes_and_shapes: vec![(dtype, shape.clone())],
        resource: None,
        ..HandleData::default()
    };
    if data.name == ANONYMOUS_NAME {
        let number = NEXT_ANONYMOUS.fetch_add(1, Ordering::Relaxed);
        data.container = "Anonymous".to_string();
        data.name = format!("{}{number}", cx.str("debug_name")?);
        data.resource = Some(Arc::new(VariableResource::new(dtype, shape)));
    } else if data.container.is_empty() {
        data.container = cx.env().resources.container("").to_string();
    }
    cx.set(0, handle_array(ResourceHandle::new(data)))
}

fn is_initialized_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    handle(cx, 0)?;
    let initialized = match variable(cx, 0) {
        Ok(variable) => variable.is_initialized(),
        Err(error) if error.code() == ferroflow_core::Code::NotFound => false,
        Err(error) => return Err(error),
    };
    cx.set(0, NdArray::scalar(initialized))
}

fn destroy_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let Some(data) = handle(cx, 0)?.data() else { return Ok(()) };
    // A resource that its handles keep alive goes with the last of them.
    if data.resource.is_some()
        || cx.env().resources.remove(&data.container, &data.name)
        || cx.bool("ignore_lookup_error")?
    {
        return Ok(());
    }
    Err(cx.env().resources.missing(&data.container, &data.name, "<unknown>"))
}

fn variable_shape_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let shape = match cx.input_handle(0).and_then(|held| held.into_iter().next()) {
        Some((dtype, _)) => variable_shape(cx, 0, dtype)?,
        None => PartialShape::unknown(),
    };
    cx.set(0, PartialShape::new([shape.rank()]));
    Ok(())
}

fn variable_shape_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let sizes = value(cx, 0)?.shape().to_i64();
    let sizes = NdArray::vector(sizes).cast(cx.dtype("out_type")?)?;
    cx.set(0, sizes)
}

pub(crate) static VAR_HANDLE_OP: OpDef = OpDef {
    name: "VarHandleOp",
    shape: handle_shape,
    kernel: Some(handle_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};

pub(crate) static VAR_IS_INITIALIZED_OP: OpDef = OpDef {
    name: "VarIsInitializedOp",
    shape: shape_fn::scalar,
    kernel: Some(is_initialized_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};

pub(crate) static DESTROY_RESOURCE_OP: OpDef = OpDef {
    name: "DestroyResourceOp",
    shape: shape_fn::no_outputs,
    kernel: Some(destroy_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};

pub(crate) static VARIABLE_SHAPE: OpDef = OpDef {
    name: "VariableShape",
    shape: variable_shape_shape,
    kernel: Some(variable_shape_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};
