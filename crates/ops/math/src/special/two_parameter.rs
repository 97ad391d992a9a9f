//! Igamma, Igammac, IgammaGradA, RandomGammaGrad, Polygamma, Zeta: functions of two numbers.

use super::{gamma, zeta as zeta_values};
use crate::known::number_like;
use ferroflow_core::{
    DType, Grad, GradCtx, IntoOperand, KernelCtx, Op, OpDef, Result, Tensor, elementwise, operators,
    shape_fn, sum_to_shape_of,
};

/// The regularised lower incomplete gamma function of parameter `a` up to `x`.
///
/// Source: `tf.math.igamma` (op `Igamma`).
///
/// ```
/// let value = ferroflow_ops_math::igamma([1.0], [0.0])?;
/// assert_eq!(value.numpy()?.as_slice::<f32>()?, [0.0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when the shapes do not broadcast or the dtypes differ, `Unimplemented` for half types.
pub fn igamma(a: impl IntoOperand, x: impl IntoOperand) -> Result<Tensor> {
    Op::new(&IGAMMA).input(a).input(x).one()
}

/// The regularised upper incomplete gamma function of parameter `a` from `x` on.
///
/// Source: `tf.math.igammac` (op `Igammac`).
///
/// # Errors
/// As [`igamma`].
pub fn igammac(a: impl IntoOperand, x: impl IntoOperand) -> Result<Tensor> {
    Op::new(&IGAMMAC).input(a).input(x).one()
}

/// The `a`-th derivative of the digamma function, `a` being a whole number.
///
/// Source: `tf.math.polygamma` (op `Polygamma`).
///
/// # Errors
/// As [`igamma`].
pub fn polygamma(a: impl IntoOperand, x: impl IntoOperand) -> Result<Tensor> {
    Op::new(&POLYGAMMA).input(a).input(x).one()
}

/// Hurwitz's zeta function: the sum of `(q + n)^-x` over all `n` from 0 on.
///
/// Source: `tf.math.zeta` (op `Zeta`).
///
/// # Errors
/// As [`igamma`].
pub fn zeta(x: impl IntoOperand, q: impl IntoOperand) -> Result<Tensor> {
    Op::new(&ZETA).input(x).input(q).one()
}

/// Maps pairs in `f64`, whichever of both floats they are.
fn pairs(cx: &mut KernelCtx<'_>, value: fn(f64, f64) -> f64) -> Result<()> {
    match cx.dtype("T")? {
        DType::FLOAT32 => elementwise::binary::<f32>(cx, |a, b| value(a.into(), b.into()) as f32),
        _ => elementwise::binary::<f64>(cx, value),
    }
}

fn random_gamma_grad_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.dtype("T")? {
        DType::FLOAT32 => pairs(cx, |a, x| gamma::sample_grad_a(a, x, f32::MAX.ln().into())),
        _ => pairs(cx, |a, x| gamma::sample_grad_a(a, x, f64::MAX.ln())),
    }
}

fn apply(op: &str, x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> {
    Op::named(op).input(x).input(y).one()
}

/// The gradients of the lower function: the density of the gamma distribution is that in `x`.
fn igamma_grads(cx: &GradCtx<'_>) -> Result<[Tensor; 2]> {
    let (a, x, dy) = (cx.x(0)?, cx.x(1)?, cx.dy(0)?);
    let partial_a = apply("IgammaGradA", a, x)?;
    let power = ((a - number_like(1.0, a)?)? * Op::named("Log").input(x).one()?)?;
    let log_density = ((operators::negative(x)? + power)? - Op::named("Lgamma").input(a).one()?)?;
    let partial_x = Op::named("Exp").input(log_density).one()?;
    Ok([sum_to_shape_of((partial_a * &dy)?, a, x)?, sum_to_shape_of((partial_x * dy)?, x, a)?])
}

fn igamma_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let [da, dx] = igamma_grads(cx)?;
    cx.set(0, da)?;
    cx.set(1, dx)
}

fn igammac_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let [da, dx] = igamma_grads(cx)?;
    cx.set(0, operators::negative(da))?;
    cx.set(1, operators::negative(dx))
}

/// TensorFlow has no derivative in the order.
fn polygamma_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (n, x, dy) = (cx.x(0)?, cx.x(1)?, cx.dy(0)?);
    let partial = apply("Polygamma", (n + number_like(1.0, n)?)?, x)?;
    cx.set(1, sum_to_shape_of((partial * dy)?, x, n))
}

/// TensorFlow has no derivative in the exponent.
fn zeta_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (x, q, dy) = (cx.x(0)?, cx.x(1)?, cx.dy(0)?);
    let sum = apply("Zeta", (x + number_like(1.0, x)?)?, q)?;
    let partial = (operators::negative(x)? * sum)?;
    cx.set(1, sum_to_shape_of((partial * dy)?, q, x))
}

const FLOATS: &[DType] = &[DType::FLOAT32, DType::FLOAT64];

const fn definition(name: &'static str, kernel: ferroflow_core::KernelFn, grad: Grad) -> OpDef {
    OpDef {
        name,
        shape: shape_fn::broadcast,
        kernel: Some(kernel),
        grad,
        types: &[("T", FLOATS)],
        ..OpDef::NEW
    }
}

pub(crate) static IGAMMA: OpDef = definition("Igamma", |cx| pairs(cx, gamma::igamma), Grad::Fn(igamma_grad));
pub(crate) static IGAMMAC: OpDef =
    definition("Igammac", |cx| pairs(cx, gamma::igammac), Grad::Fn(igammac_grad));
pub(crate) static IGAMMA_GRAD_A: OpDef =
    definition("IgammaGradA", |cx| pairs(cx, gamma::igamma_grad_a), Grad::Missing);
pub(crate) static RANDOM_GAMMA_GRAD: OpDef =
    definition("RandomGammaGrad", random_gamma_grad_kernel, Grad::Missing);
pub(crate) static POLYGAMMA: OpDef =
    definition("Polygamma", |cx| pairs(cx, zeta_values::polygamma), Grad::Fn(polygamma_grad));
pub(crate) static ZETA: OpDef = definition("Zeta", |cx| pairs(cx, zeta_values::zeta), Grad::Fn(zeta_grad));
