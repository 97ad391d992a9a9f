//! L2Loss: half the sum of squares.

use crate::activations::is_half;
use crate::sums::run_sum;
use ferroflow_core::{
    Element, Grad, GradCtx, IntoOperand, KernelCtx, NdArray, Op, OpDef, Result, Tensor, dispatch, parallel,
    shape_fn, zeroed,
};
use num_traits::Float;

/// `sum(t * t) / 2`.
///
/// Source: `tf.nn.l2_loss` (op `L2Loss`).
///
/// ```
/// use ferroflow_ops_nn::l2_loss;
/// assert_eq!(l2_loss([3.0, 4.0])?.numpy()?.item::<f32>()?, 12.5);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `TypeError` for a dtype that the op does not take.
pub fn l2_loss(t: impl IntoOperand) -> Result<Tensor> {
    Op::new(&L2_LOSS).input(t).one()
}

pub(crate) static L2_LOSS: OpDef = OpDef {
    name: "L2Loss",
    shape: shape_fn::scalar,
    kernel: Some(kernel),
    grad: Grad::Fn(grad),
    ..OpDef::NEW
};

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.dtype("T")? {
        dtype if is_half(dtype) => cx.through_f32(kernel),
        dtype => dispatch!(dtype, FLOATS, |T| half_sum_of_squares::<T>(cx)),
    }
}

fn half_sum_of_squares<T: Element + Float>(cx: &mut KernelCtx<'_>) -> Result<()> {
    const BLOCK: usize = 1024;
    let values = cx.slice::<T>(0)?;
    let mut sums = zeroed::<T>(values.len().div_ceil(BLOCK))?;
    parallel::chunks(&mut sums, 1, BLOCK, |start, chunk| {
        for (sum, block) in chunk.iter_mut().zip(values[start * BLOCK..].chunks(BLOCK)) {
            let mut squares = [T::zero(); BLOCK];
            squares.iter_mut().zip(block).for_each(|(square, &value)| *square = value * value);
            *sum = run_sum(&squares[..block.len()], |a, b| a + b);
        }
    });
    let two = T::one() + T::one();
    let sum = run_sum(&sums, |a, b| a + b);
    cx.set(0, NdArray::scalar(sum / two))
}

fn grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (t, dy) = (cx.x(0)?, cx.dy(0)?);
    cx.set(0, t * &dy)
}
