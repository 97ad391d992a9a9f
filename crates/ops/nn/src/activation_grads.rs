//! ReluGrad, Relu6Grad, LeakyReluGrad, EluGrad, SeluGrad, SoftplusGrad, SoftsignGrad, and the gradients that use them.

use crate::activations::{SELU_SCALE, SELU_SCALE_ALPHA, constant, is_half};
use ferroflow_core::{Grad, GradCtx, KernelCtx, Op, OpDef, Result, ShapeCtx, Tensor, dispatch, elementwise};
use num_traits::Float;

/// Both inputs have one shape, which is the output's.
pub(crate) fn same_shapes(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (a, b) = (cx.input(0), cx.input(1));
    let shape = cx.merge(&a, &b).map_err(|error| {
        let op = cx.op();
        let found = format!(
            "Inputs to operation {op} of type {op} must have the same size and shape.  Input 0: {} != input 1: {}",
            a.cpp(),
            b.cpp()
        );
        cx.mismatch(found, error.message())
    })?;
    cx.set(0, shape);
    Ok(())
}

macro_rules! grad_ops {
    ($($static:ident $name:literal $set:ident $function:expr, $grad:expr;)*) => {
        $(pub(crate) static $static: OpDef = OpDef {
            name: $name,
            shape: same_shapes,
            kernel: {
                fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
                    match cx.dtype("T")? {
                        dtype if is_half(dtype) => cx.through_f32(kernel),
                        dtype => dispatch!(dtype, $set, |T| elementwise::binary::<T>(cx, $function)),
                    }
                }
                Some(kernel)
            },
            grad: $grad,
            ..OpDef::NEW
        };)*
    };
}

grad_ops! {
    // A product, as in TensorFlow: NaN and the sign of the gradient stay where the slope is 0.
    RELU_GRAD "ReluGrad" REALS |dy, x| dy * (u8::from(x > T::default()) as T), Grad::Fn(of_first);
    RELU6_GRAD "Relu6Grad" REALS
        |dy, x| dy * (u8::from(x > T::default() && x < 6 as T) as T), Grad::Fn(of_first);
    ELU_GRAD "EluGrad" FLOATS |dy, y| if y < 0.0 { (y + 1.0) * dy } else { dy }, Grad::Fn(where_negative);
    SELU_GRAD "SeluGrad" FLOATS selu_grad_of, Grad::Fn(where_negative);
    SOFTPLUS_GRAD "SoftplusGrad" FLOATS |dy, x| dy / ((-x).exp() + 1.0), Grad::Fn(softplus_grad_grad);
    SOFTSIGN_GRAD "SoftsignGrad" FLOATS softsign_grad_of, Grad::Missing;
}

pub(crate) static LEAKY_RELU_GRAD: OpDef = OpDef {
    name: "LeakyReluGrad",
    shape: same_shapes,
    kernel: Some(leaky_relu_grad_kernel),
    grad: Grad::Fn(leaky_relu_grad_grad),
    ..OpDef::NEW
};

fn leaky_relu_grad_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let alpha = cx.float("alpha")?;
    match cx.dtype("T")? {
        dtype if is_half(dtype) => cx.through_f32(leaky_relu_grad_kernel),
        dtype => dispatch!(dtype, FLOATS, |T| {
            let alpha = T::from(alpha);
            elementwise::binary::<T>(cx, |dy, x| if x > 0.0 { dy } else { dy * alpha })
        }),
    }
}

fn selu_grad_of<T: Float>(dy: T, y: T) -> T {
    if y < T::zero() { dy * (y + constant(SELU_SCALE_ALPHA)) } else { dy * constant(SELU_SCALE) }
}

fn softsign_grad_of<T: Float>(dy: T, x: T) -> T {
    let denominator = x.abs() + T::one();
    dy / (denominator * denominator)
}

fn apply(def: &'static OpDef, dy: &Tensor, other: &Tensor) -> Result<Tensor> {
    Op::new(def).input(dy).input(other).one()
}

pub(crate) fn relu_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let dx = apply(&RELU_GRAD, &cx.dy(0)?, cx.y(0)?);
    cx.set(0, dx)
}

pub(crate) fn relu6_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let dx = apply(&RELU6_GRAD, &cx.dy(0)?, cx.y(0)?);
    cx.set(0, dx)
}

pub(crate) fn elu_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let dx = apply(&ELU_GRAD, &cx.dy(0)?, cx.y(0)?);
    cx.set(0, dx)
}

pub(crate) fn selu_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let dx = apply(&SELU_GRAD, &cx.dy(0)?, cx.y(0)?);
    cx.set(0, dx)
}

pub(crate) fn softsign_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let dx = apply(&SOFTSIGN_GRAD, &cx.dy(0)?, cx.x(0)?);
    cx.set(0, dx)
}

pub(crate) fn softplus_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let slope = Op::named("Sigmoid").input(cx.x(0)?).one()?;
    let dy = cx.dy(0)?;
    cx.set(0, &dy * &slope)
}

pub(crate) fn leaky_relu_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let op = Op::new(&LEAKY_RELU_GRAD).input(cx.dy(0)?).input(cx.x(0)?);
    let dx = op.attr("alpha", cx.float("alpha")?).one();
    cx.set(0, dx)
}

/// The same op again for the incoming gradient; the input that only decides between pieces has none.
fn of_first(cx: &mut GradCtx<'_>) -> Result<()> {
    let ddy = apply(cx.op(), &cx.dy(0)?, cx.x(1)?);
    cx.set(0, ddy)?;
    cx.set(1, zeros_like(cx.x(1)?))
}

fn leaky_relu_grad_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let op = Op::new(&LEAKY_RELU_GRAD).input(cx.dy(0)?).input(cx.x(1)?);
    let ddy = op.attr("alpha", cx.float("alpha")?).one();
    cx.set(0, ddy)?;
    cx.set(1, zeros_like(cx.x(1)?))
}

/// The op again for the incoming gradient, and the product of both gradients where the output was negative.
fn where_negative(cx: &mut GradCtx<'_>) -> Result<()> {
    let (dz, dy, y) = (cx.dy(0)?, cx.x(0)?, cx.x(1)?);
    cx.set(0, apply(cx.op(), &dz, y))?;
    let zeros = zeros_like(y)?;
    let negative = Op::named("Less").input(y).input(&zeros).one()?;
    let curvature = Op::named("SelectV2").input(negative).input(&dz * dy).input(zeros).one();
    cx.set(1, curvature)
}

fn softplus_grad_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (dz, dy, x) = (cx.dy(0)?, cx.x(0)?, cx.x(1)?);
    cx.set(0, apply(&SOFTPLUS_GRAD, &dz, x))?;
    let exp = |x: Result<Tensor>| Op::named("Exp").input(x).one();
    let falling = exp(ferroflow_core::operators::negative(x))?;
    let rising = exp(Ok(x.clone()))?;
    let denominator = ((falling + 2.0)? + rising)?;
    let product = (&dz * dy)?;
    cx.set(1, product / denominator)
}

pub(crate) fn zeros_like(x: &Tensor) -> Result<Tensor> {
    Op::named("ZerosLike").input(x).one()
}
