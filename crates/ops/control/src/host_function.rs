//! PyFunc, PyFuncStateless: code of the program as a node of a graph.

use ferroflow_core::{
    DType, Grad, IntoOperands, KernelCtx, NdArray, Op, OpDef, Result, Tensor, bail, context,
    convert_to_tensor, ensure, shape_fn,
};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Code that computes arrays from arrays.
pub type HostFunction = Arc<dyn Fn(&[NdArray]) -> Result<Vec<NdArray>> + Send + Sync>;

/// The functions that nodes name by a token.
fn registry() -> &'static Mutex<HashMap<String, HostFunction>> {
    static REGISTRY: OnceLock<Mutex<HashMap<String, HostFunction>>> = OnceLock::new();
    REGISTRY.get_or_init(Mutex::default)
}

/// What `function` gives for the values of `inputs`, as tensors of these dtypes: at once where ops run at once, else
/// each time the node runs. It is not differentiated.
///
/// A graph with such a node can be written to a file, but only this process can run it.
///
/// Source: `tf.numpy_function` (ops `PyFunc` and, where it is not `stateful`, `PyFuncStateless`).
///
/// ```
/// use ferroflow_core::{DType, NdArray, constant};
/// use ferroflow_ops_control::numpy_function;
/// let largest = |arrays: &[NdArray]| {
///     let values = arrays[0].as_slice::<f32>()?;
///     Ok(vec![NdArray::scalar(values.iter().copied().fold(f32::MIN, f32::max))])
/// };
/// let found = numpy_function(largest, [constant([2.0, 7.0, 3.0])?], &[DType::FLOAT32], true)?;
/// assert_eq!(found[0].numpy()?.item::<f32>()?, 7.0);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// What `function` returns; `InvalidArgument` when it gives arrays of other dtypes or another number of them.
pub fn numpy_function(
    function: impl Fn(&[NdArray]) -> Result<Vec<NdArray>> + Send + Sync + 'static,
    inputs: impl IntoOperands,
    dtypes: &[DType],
    stateful: bool,
) -> Result<Vec<Tensor>> {
    let inputs = inputs.into_operands()?;
    let inputs =
        inputs.into_iter().map(|input| convert_to_tensor(input, None)).collect::<Result<Vec<_>>>()?;
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let token = format!("pyfunc_{}", NEXT.fetch_add(1, Ordering::Relaxed));
    if context::executing_eagerly() && inputs.iter().all(Tensor::is_eager) {
        let arrays = inputs.iter().map(|input| input.value().cloned()).collect::<Result<Vec<_>>>()?;
        let values = function(&arrays)?;
        check_values(&token, &values, dtypes)?;
        return Ok(values.into_iter().map(Tensor::from).collect());
    }
    registry().lock().unwrap_or_else(PoisonError::into_inner).insert(token.clone(), Arc::new(function));
    Op::new(if stateful { &PY_FUNC } else { &PY_FUNC_STATELESS })
        .inputs(inputs)
        .attr("token", token)
        .attr("Tout", dtypes.to_vec())
        .all()
}

/// Refuses what a node cannot give out, in TensorFlow's words.
fn check_values(token: &str, values: &[NdArray], dtypes: &[DType]) -> Result<()> {
    ensure!(
        values.len() == dtypes.len(),
        invalid_argument,
        "{token} returns {} values, but expects to see {} values.",
        values.len(),
        dtypes.len()
    );
    for (index, (value, dtype)) in values.iter().zip(dtypes).enumerate() {
        ensure!(
            value.dtype() == *dtype,
            invalid_argument,
            "{index}-th value returned by {token} is {}, but expects {}",
            value.dtype().cpp_name(),
            dtype.cpp_name()
        );
    }
    Ok(())
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let token = cx.attrs().str("token")?;
    let function = registry().lock().unwrap_or_else(PoisonError::into_inner).get(token).cloned();
    let Some(function) = function else {
        bail!(invalid_argument, "ValueError: Could not find callback with key={token} in the registry.")
    };
    let values = function(cx.inputs())?;
    check_values(token, &values, cx.attrs().dtypes("Tout")?)?;
    for (index, value) in values.into_iter().enumerate() {
        cx.set(index, value)?;
    }
    Ok(())
}

pub(crate) static PY_FUNC: OpDef =
    OpDef { name: "PyFunc", shape: shape_fn::unknown, kernel: Some(kernel), grad: Grad::None, ..OpDef::NEW };
pub(crate) static PY_FUNC_STATELESS: OpDef = OpDef {
    name: "PyFuncStateless",
    shape: shape_fn::unknown,
    kernel: Some(kernel),
    grad: Grad::None,
    ..OpDef::NEW
};
