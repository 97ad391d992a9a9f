//! Timestamp: what time it is when the graph runs.

use ferroflow_core::{Grad, KernelCtx, NdArray, Op, OpDef, PartialShape, Result, ShapeCtx, Tensor};
use std::time::{SystemTime, UNIX_EPOCH};

/// The seconds since 1970, as `float64`, when it runs.
///
/// Source: `tf.timestamp` (op `Timestamp`).
///
/// ```
/// let (first, second) = (ferroflow_ops_control::timestamp()?, ferroflow_ops_control::timestamp()?);
/// assert!(first.numpy()?.item::<f64>()? <= second.numpy()?.item::<f64>()?);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// Those of the graph in force.
pub fn timestamp() -> Result<Tensor> {
    Op::new(&TIMESTAMP).one()
}

pub(crate) static TIMESTAMP: OpDef =
    OpDef { name: "Timestamp", shape, kernel: Some(kernel), grad: Grad::None, ..OpDef::NEW };

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    cx.set(0, PartialShape::scalar());
    Ok(())
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    // A clock before 1970 is as good as one that stands at its beginning; TensorFlow counts whole microseconds.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    cx.set(0, NdArray::scalar(now.as_micros() as f64 / 1e6))
}
