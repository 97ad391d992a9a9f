//! ApproxTopK: the largest elements of the last dimension, of which TensorFlow may miss some on devices where that is quicker.

use crate::top_k::{TOP_K_V2, top_k_grad};
use ferroflow_core::{
    Attrs, DType, Dim, Grad, IntoOperand, KernelCtx, NdArray, Op, OpDef, PartialShape, Result, ShapeCtx,
    Tensor, bail, run_op,
};

/// The `k` largest elements along the last dimension in descending order, and where they stand. None is missed.
///
/// Source: `tf.math.approx_max_k` (op `ApproxTopK`).
///
/// ```
/// use ferroflow_ops_array::approx_max_k;
/// let [values, indices] = approx_max_k([1.0, 9.0, 3.0], 2)?;
/// assert_eq!(values.numpy()?.as_slice::<f32>()?, [9.0, 3.0]);
/// assert_eq!(indices.numpy()?.as_slice::<i32>()?, [1, 2]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when there are fewer than `k` elements.
pub fn approx_max_k(operand: impl IntoOperand, k: i64) -> Result<[Tensor; 2]> {
    Op::new(&APPROX_TOP_K).input(operand).attr("k", k).outputs()
}

pub(crate) static APPROX_TOP_K: OpDef =
    OpDef { name: "ApproxTopK", shape, kernel: Some(kernel), grad: Grad::Fn(top_k_grad), ..OpDef::NEW };

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let input = cx.input(0);
    let Some(dims) = input.dims() else { return Ok(()) };
    let (k, given) = (cx.int("k")?, cx.int("reduction_dimension")?);
    let rank = dims.len() as i64;
    if rank == 0 {
        return Err(
            cx.mismatch("input must be >= 1-D, got shape []", "Shape must be at least rank 1 but is rank 0")
        );
    }
    let axis = if given < 0 { given + rank } else { given };
    let Some(at) = usize::try_from(axis).ok().filter(|at| *at < dims.len()) else {
        bail!(invalid_argument, "Dimension {given} is out of range for a shape of rank {rank}");
    };
    let mut dims: Vec<Dim> = dims.to_vec();
    if let Some(size) = dims[at].filter(|size| (*size as i64) < k) {
        return Err(cx.mismatch(
            format!("input must have at least k columns. Had {size}, needed {k}"),
            format!("input must have last dimension >= k = {k} but was {size}"),
        ));
    }
    dims[at] = if cx.bool("aggregate_to_topk")? { usize::try_from(k).ok() } else { None };
    let shape = PartialShape::new(dims);
    cx.set(0, shape.clone());
    cx.set(1, shape);
    Ok(())
}

/// What TensorFlow (2.21) has a kernel for on CPUs, too.
fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let is_plain = cx.int("reduction_dimension")? == -1 && cx.bool("is_max_k")?;
    if !is_plain || !cx.bool("aggregate_to_topk")? {
        bail!(
            unimplemented,
            "unsupported attributes of ApproxTopK (node '{}'): the largest of the last dimension alone are found",
            cx.node()
        );
    }
    let attrs = Attrs::new()
        .with("sorted", true)
        .with("T", cx.dtype("T")?)
        .with("Tk", DType::INT32)
        .with("index_type", DType::INT32);
    let mut inputs = [cx.input(0)?.clone(), NdArray::scalar(cx.int("k")?).cast(DType::INT32)?];
    let outputs = run_op(&TOP_K_V2, &attrs, cx.node(), &mut inputs, cx.env(), None)?;
    outputs.into_iter().enumerate().try_for_each(|(index, output)| cx.set(index, output))
}
