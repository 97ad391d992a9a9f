//! Cross: the vector product of three-element vectors.

use crate::dtypes::is_half;
use ferroflow_core::{
    Element, Error, Grad, GradCtx, IntoOperand, KernelCtx, Op, OpDef, Result, ShapeCtx, Tensor, bail,
    dispatch, ensure, reserve,
};
use num_traits::{WrappingMul, WrappingSub};

/// The vector product of the three-element vectors in the last axes.
///
/// Source: `tf.linalg.cross` (op `Cross`).
///
/// ```
/// let product = ferroflow_ops_math::cross([1, 0, 0], [0, 1, 0])?;
/// assert_eq!(product.numpy()?.as_slice::<i32>()?, [0, 0, 1]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when the shapes differ, `FailedPrecondition` when the vectors do not have three elements.
pub fn cross(a: impl IntoOperand, b: impl IntoOperand) -> Result<Tensor> {
    Op::new(&CROSS).input(a).input(b).one()
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (a, b) = (cx.input(0), cx.input(1));
    if cx.at_run_time() {
        let same = "Both inputs must be of same shape";
        ensure!(a == b, invalid_argument, "{same}: {} vs. {}", a.cpp(), b.cpp());
        ensure!(a.rank() != Some(0), invalid_argument, "Input must be at least 1D{}", a.cpp());
    }
    let (a, b) = (cx.with_rank_at_least(0, 1)?, cx.with_rank_at_least(1, 1)?);
    let shape = cx.merge(&a, &b)?;
    if let Some(size) = shape.rank().and_then(|rank| shape.dim(rank - 1))
        && size != 3
    {
        if cx.at_run_time() {
            return Err(Error::new(
                ferroflow_core::Code::FailedPrecondition,
                "Cross-products are only defined for 3-element vectors.",
            ));
        }
        bail!(invalid_argument, "Dimension must be 3 but is {size}");
    }
    cx.set(0, shape);
    Ok(())
}

fn run<T: Element + Copy>(cx: &mut KernelCtx<'_>, difference: fn(T, T, T, T) -> T) -> Result<()> {
    cx.infer_shapes()?;
    let (a, b) = (cx.slice::<T>(0)?, cx.slice::<T>(1)?);
    let mut products = reserve::<T>(a.len())?;
    for (a, b) in a.chunks_exact(3).zip(b.chunks_exact(3)) {
        products.push(difference(a[1], b[2], a[2], b[1]));
        products.push(difference(a[2], b[0], a[0], b[2]));
        products.push(difference(a[0], b[1], a[1], b[0]));
    }
    cx.set_elements(0, products)
}

fn wrapping<T: WrappingMul + WrappingSub>(a: T, b: T, c: T, d: T) -> T {
    a.wrapping_mul(&b).wrapping_sub(&c.wrapping_mul(&d))
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.dtype("T")? {
        dtype if is_half(dtype) => cx.through_f32(kernel),
        dtype if dtype.is_integer() => dispatch!(dtype, INTEGERS, |T| run::<T>(cx, wrapping)),
        dtype => dispatch!(dtype, FLOATS, |T| run::<T>(cx, |a, b, c, d| a * b - c * d)),
    }
}

fn grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (a, b, dy) = (cx.x(0)?, cx.x(1)?, cx.dy(0)?);
    cx.set(0, cross(b, &dy))?;
    cx.set(1, cross(&dy, a))
}

pub(crate) static CROSS: OpDef =
    OpDef { name: "Cross", shape, kernel: Some(kernel), grad: Grad::Fn(grad), ..OpDef::NEW };
