//! GetSessionHandle, GetSessionTensor, DeleteSessionTensor: values that a session keeps from one run to another.

use crate::op_table::ops;
use crate::target::handle_array;
use ferroflow_core::{
    HandleData, KernelCtx, NdArray, ResourceHandle, Result, SessionTensors, ShapeCtx, TString, bail, ensure,
    shape_fn,
};

/// The container that stands in the handles of kept values.
const CONTAINER: &str = "TensorHandle";

/// What the session keeps: only sessions in the process of their program do.
fn kept<'a>(cx: &KernelCtx<'a>, op: &str) -> Result<&'a SessionTensors> {
    match cx.env().session_tensors.as_deref() {
        Some(kept) => Ok(kept),
        None => bail!(failed_precondition, "{op} called on null session state"),
    }
}

fn keep(cx: &mut KernelCtx<'_>) -> Result<String> {
    let kept = kept(cx, "GetSessionHandle")?;
    let value = cx.take(0)?;
    Ok(kept.keep(cx.node(), value))
}

fn handle_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let handle = keep(cx)?;
    cx.set(0, NdArray::scalar(TString::from(handle)))
}

fn resource_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let name = keep(cx)?;
    let device = name.rsplit(';').next().unwrap_or_default().to_string();
    let data = HandleData {
        device,
        container: CONTAINER.to_string(),
        name,
        type_name: CONTAINER.to_string(),
        ..HandleData::default()
    };
    cx.set(0, handle_array(ResourceHandle::new(data)))
}

fn handle(cx: &KernelCtx<'_>) -> Result<String> {
    match cx.slice::<TString>(0)? {
        [handle] => Ok(handle.to_string_lossy().into_owned()),
        _ => bail!(invalid_argument, "the handle of a session's tensor must be a scalar"),
    }
}

fn check_handle(cx: &ShapeCtx<'_>) -> Result<()> {
    match cx.input(0).rank() {
        None | Some(0) => Ok(()),
        Some(rank) => {
            Err(cx.mismatch("handle must be scalar", format!("Shape must be rank 0 but is rank {rank}")))
        }
    }
}

fn tensor_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    check_handle(cx)?;
    shape_fn::unknown(cx)
}

fn tensor_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let value = kept(cx, "GetSessionTensor")?.get(&handle(cx)?)?;
    let declared = cx.dtype("dtype")?;
    ensure!(
        value.dtype() == declared,
        internal,
        "Output 0 of type {} does not match declared output type {} for node {{{{node {}}}}}",
        value.dtype().cpp_name(),
        declared.cpp_name(),
        cx.node()
    );
    cx.set(0, value)
}

fn delete_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    check_handle(cx)
}

fn delete_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    kept(cx, "DeleteSessionTensor")?.remove(&handle(cx)?)
}

ops! {
    GET_SESSION_HANDLE "GetSessionHandle" shape_fn::scalar, handle_kernel;
    GET_SESSION_HANDLE_V2 "GetSessionHandleV2" shape_fn::scalar, resource_kernel;
    GET_SESSION_TENSOR "GetSessionTensor" tensor_shape, tensor_kernel;
    DELETE_SESSION_TENSOR "DeleteSessionTensor" delete_shape, delete_kernel;
}
