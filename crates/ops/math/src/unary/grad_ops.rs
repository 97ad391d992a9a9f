//! TanhGrad, SigmoidGrad, SqrtGrad, RsqrtGrad, ReciprocalGrad, InvGrad: gradients from a function's own output.

use crate::dtypes::{FLOATS_COMPLEX, is_half};
use crate::known::{conjugate, number_like};
use ferroflow_core::{
    DType, Grad, GradCtx, GradFn, KernelCtx, KernelFn, NdArray, Op, OpDef, Result, Tensor, dispatch,
    elementwise, ensure, operators, shape_fn,
};

/// Gives `dy` the shape of `y`: only the numbers of elements need to agree.
fn align(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (y, dy) = (cx.input(0)?, cx.input(1)?);
    ensure!(
        y.len() == dy.len(),
        invalid_argument,
        "The two arguments to a cwise op must have same number of elements, got {} and {}",
        y.len(),
        dy.len()
    );
    Ok(())
}

fn run<T: ferroflow_core::Element + Copy>(
    cx: &mut KernelCtx<'_>,
    f: impl Fn(T, T) -> T + Sync,
) -> Result<()> {
    align(cx)?;
    if cx.input(0)?.shape() == cx.input(1)?.shape() {
        return elementwise::binary::<T>(cx, f);
    }
    let elements = cx.slice::<T>(0)?.iter().zip(cx.slice::<T>(1)?).map(|(&y, &dy)| f(y, dy)).collect();
    let shape = cx.input(0)?.shape().clone();
    cx.set(0, NdArray::from_shape(shape, elements)?)
}

/// A kernel from one function of real numbers and one of complex ones.
macro_rules! kernel {
    ($name:ident, $real:expr, $complex:expr) => {
        fn $name(cx: &mut KernelCtx<'_>) -> Result<()> {
            match cx.dtype("T")? {
                dtype if is_half(dtype) => cx.through_f32($name),
                dtype if dtype.is_complex() => dispatch!(dtype, COMPLEX, |T| run::<T>(cx, $complex)),
                dtype => dispatch!(dtype, FLOATS, |T| run::<T>(cx, $real)),
            }
        }
    };
}

kernel!(tanh_kernel, |y, dy| dy * (1.0 - y * y), |y, dy| dy * (-(y * y) + 1.0));
kernel!(sigmoid_kernel, |y, dy| dy * (1.0 - y) * y, |y, dy| dy * (-y + 1.0) * y);
kernel!(sqrt_kernel, |y, dy| 0.5 * dy / y, |y, dy| dy * 0.5 / y.conj());
kernel!(rsqrt_kernel, |y, dy| -0.5 * (dy * y) * (y * y), |y, dy| {
    let y = y.conj();
    dy * y * -0.5 * (y * y)
});
kernel!(reciprocal_kernel, |y, dy| -dy * y * y, |y, dy| {
    let y = y.conj();
    -dy * y * y
});

fn scaled(factor: f64, tensor: &Tensor) -> Result<Tensor> {
    operators::multiply(tensor, number_like(factor, tensor)?)
}

fn same_op(cx: &GradCtx<'_>, y: &Tensor, dy: &Tensor) -> Result<Tensor> {
    Op::new(cx.op()).input(y).input(dy).one()
}

fn tanh_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (y, dy, grad) = (conjugate(cx.x(0)?)?, conjugate(cx.x(1)?)?, cx.dy(0)?);
    cx.set(0, (scaled(-2.0, &grad)? * dy)? * &y)?;
    let second = same_op(cx, &y, &grad);
    cx.set(1, second)
}

fn sigmoid_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (y, dy, grad) = (conjugate(cx.x(0)?)?, conjugate(cx.x(1)?)?, cx.dy(0)?);
    let product = (&grad * dy)?;
    cx.set(0, &product - (scaled(2.0, &product)? * &y)?)?;
    let second = same_op(cx, &y, &grad);
    cx.set(1, second)
}

fn sqrt_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let quotient = (cx.dy(0)? / cx.x(0)?)?;
    let first = operators::negative(conjugate(&quotient)?)? * cx.y(0)?;
    cx.set(0, first)?;
    cx.set(1, scaled(0.5, &quotient))
}

fn rsqrt_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (y, dy, grad) = (conjugate(cx.x(0)?)?, cx.x(1)?, cx.dy(0)?);
    let square = Op::named("Square").input(&y).one()?;
    cx.set(0, (scaled(-1.5, &conjugate(&grad)?)? * dy)? * square)?;
    let second = same_op(cx, &y, &grad);
    cx.set(1, second)
}

fn reciprocal_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (y, dy, grad) = (conjugate(cx.x(0)?)?, cx.x(1)?, cx.dy(0)?);
    cx.set(0, (scaled(-2.0, &conjugate(&grad)?)? * dy)? * &y)?;
    let second = same_op(cx, &y, &grad);
    cx.set(1, second)
}

const TYPES: &[(&str, &[DType])] = &[("T", FLOATS_COMPLEX)];

const fn definition(name: &'static str, kernel: KernelFn, grad: GradFn) -> OpDef {
    OpDef {
        name,
        shape: shape_fn::unchanged,
        kernel: Some(kernel),
        grad: Grad::Fn(grad),
        types: TYPES,
        ..OpDef::NEW
    }
}

pub(crate) static TANH_GRAD: OpDef = definition("TanhGrad", tanh_kernel, tanh_grad);
pub(crate) static SIGMOID_GRAD: OpDef = definition("SigmoidGrad", sigmoid_kernel, sigmoid_grad);
pub(crate) static SQRT_GRAD: OpDef = definition("SqrtGrad", sqrt_kernel, sqrt_grad);
pub(crate) static RSQRT_GRAD: OpDef = definition("RsqrtGrad", rsqrt_kernel, rsqrt_grad);
pub(crate) static RECIPROCAL_GRAD: OpDef = definition("ReciprocalGrad", reciprocal_kernel, reciprocal_grad);
pub(crate) static INV_GRAD: OpDef = definition("InvGrad", reciprocal_kernel, reciprocal_grad);
