//! Bucketize: which of the intervals between boundaries a value is in.

use ferroflow_core::{
    Grad, IntoOperand, KernelCtx, NdArray, Op, OpDef, Result, Tensor, dispatch, ensure, parallel, shape_fn,
};
use num_traits::AsPrimitive;

/// The number of boundaries that each value is not below.
///
/// Source: `tf.raw_ops.Bucketize` (op `Bucketize`).
///
/// ```
/// let bucket = ferroflow_ops_math::bucketize([0.0, 1.0, 5.0], &[1.0, 3.0])?;
/// assert_eq!(bucket.numpy()?.as_slice::<i32>()?, [0, 1, 2]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when the boundaries are not sorted.
pub fn bucketize(input: impl IntoOperand, boundaries: &[f32]) -> Result<Tensor> {
    Op::new(&BUCKETIZE).input(input).attr("boundaries", boundaries.to_vec()).one()
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let boundaries = cx.attrs().floats("boundaries")?;
    ensure!(boundaries.is_sorted(), invalid_argument, "Expected sorted boundaries");
    let input = cx.input(0)?;
    let buckets = dispatch!(input.dtype(), REALS, |T| {
        parallel::map(input.as_slice::<T>()?, |value| {
            let value: f64 = value.as_();
            boundaries.partition_point(|&boundary| f64::from(boundary) <= value) as i32
        })
    })?;
    let shape = input.shape().clone();
    cx.set(0, NdArray::from_shape(shape, buckets)?)
}

pub(crate) static BUCKETIZE: OpDef = OpDef {
    name: "Bucketize",
    shape: shape_fn::unchanged,
    kernel: Some(kernel),
    grad: Grad::None,
    ..OpDef::NEW
};
