//! Gradients of roots, exponentials, logarithms, trigonometric and hyperbolic functions.

use crate::known::{conjugate, number_like};
use ferroflow_core::{GradCtx, Op, Result, Tensor, operators};

fn apply(op: &str, x: &Tensor) -> Result<Tensor> {
    Op::named(op).input(x).one()
}

/// Declares gradients that are a product of the incoming one and a function of the conjugate of the input.
macro_rules! of_input {
    ($($name:ident |$x:ident| $derivative:expr;)*) => {
        $(pub(super) fn $name(cx: &mut GradCtx<'_>) -> Result<()> {
            let ($x, dy) = (&conjugate(cx.x(0)?)?, cx.dy(0)?);
            let derivative: Result<Tensor> = $derivative;
            cx.set(0, dy * derivative?)
        })*
    };
}

/// Declares gradients that an op computes from the output and the incoming gradient.
macro_rules! of_output {
    ($($name:ident $op:literal $conjugated:literal;)*) => {
        $(pub(super) fn $name(cx: &mut GradCtx<'_>) -> Result<()> {
            let y = if $conjugated { conjugate(cx.y(0)?)? } else { cx.y(0)?.clone() };
            let dx = Op::named($op).input(y).input(cx.dy(0)?).one();
            cx.set(0, dx)
        })*
    };
}

/// `1 + sign * x`
fn one_plus(x: &Tensor) -> Result<Tensor> {
    number_like(1.0, x)? + x
}

fn one_minus_square(x: &Tensor) -> Result<Tensor> {
    number_like(1.0, x)? - &apply("Square", x)?
}

fn inverse_root(x: &Tensor) -> Result<Tensor> {
    apply("Reciprocal", &apply("Sqrt", &one_minus_square(x)?)?)
}

of_input! {
    expm1 |x| apply("Exp", x);
    log |x| apply("Reciprocal", x);
    log1p |x| apply("Reciprocal", &one_plus(x)?);
    sin |x| apply("Cos", x);
    cos |x| operators::negative(apply("Sin", x)?);
    tan |x| apply("Square", &apply("Reciprocal", &apply("Cos", x)?)?);
    asin |x| inverse_root(x);
    acos |x| operators::negative(inverse_root(x)?);
    atan |x| apply("Reciprocal", &one_plus(&apply("Square", x)?)?);
    sinh |x| apply("Cosh", x);
    cosh |x| apply("Sinh", x);
    atanh |x| apply("Reciprocal", &one_minus_square(x)?);
}

of_output! {
    sqrt "SqrtGrad" false;
    rsqrt "RsqrtGrad" false;
    tanh "TanhGrad" true;
    sigmoid "SigmoidGrad" true;
    reciprocal "ReciprocalGrad" false;
    inv "InvGrad" false;
}

pub(super) fn exp(cx: &mut GradCtx<'_>) -> Result<()> {
    let (y, dy) = (conjugate(cx.y(0)?)?, cx.dy(0)?);
    cx.set(0, dy * y)
}

pub(super) fn asinh(cx: &mut GradCtx<'_>) -> Result<()> {
    let (y, dy) = (conjugate(cx.y(0)?)?, cx.dy(0)?);
    cx.set(0, dy / apply("Cosh", &y)?)
}

pub(super) fn acosh(cx: &mut GradCtx<'_>) -> Result<()> {
    let (y, dy) = (conjugate(cx.y(0)?)?, cx.dy(0)?);
    cx.set(0, dy / apply("Sinh", &y)?)
}
