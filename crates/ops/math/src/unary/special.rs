//! Erf, Erfc, Lgamma, Digamma, Ndtri, Erfinv: a row per op.

use super::leaf::{Leaves, each, run};
use super::special_values::Special;
use crate::known::number_like;
use ferroflow_core::{
    DType, Fusion, Grad, GradCtx, IntoOperand, Op, OpDef, Result, Tensor, inlined, operators, shape_fn,
};
use std::f64::consts::{FRAC_2_SQRT_PI, PI};

macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident $static:ident $tf:literal $dtypes:expr, $grad:ident;)*) => {
        $($(#[$doc])*
        ///
        #[doc = concat!("Source: `tf.math.", stringify!($name), "` (op `", $tf, "`).")]
        ///
        /// # Errors
        /// `TypeError` for a dtype that is not floating.
        pub fn $name(x: impl IntoOperand) -> Result<Tensor> {
            Op::new(&$static).input(x).one()
        }

        pub(crate) static $static: OpDef = OpDef {
            name: $tf,
            shape: shape_fn::unchanged,
            kernel: Some(|cx| {
                run(cx, &Leaves {
                    f32: |values| each(values, inlined!(Special::$name)),
                    f64: |values| each(values, Special::$name),
                    complex: None,
                })
            }),
            grad: Grad::Fn($grad),
            types: &[("T", $dtypes)],
            fusion: Some(Fusion::Unary(|values| each(values, inlined!(Special::$name)))),
            ..OpDef::NEW
        };)*
    };
}

const ALL_FLOATS: &[DType] = &[DType::HALF, DType::BFLOAT16, DType::FLOAT32, DType::FLOAT64];
const WITHOUT_BFLOAT16: &[DType] = &[DType::HALF, DType::FLOAT32, DType::FLOAT64];
const WITHOUT_HALVES: &[DType] = &[DType::FLOAT32, DType::FLOAT64];

functions! {
    /// The error function.
    erf ERF "Erf" ALL_FLOATS, erf_grad;
    /// One minus the error function.
    erfc ERFC "Erfc" ALL_FLOATS, erfc_grad;
    /// The logarithm of the absolute value of the gamma function.
    lgamma LGAMMA "Lgamma" WITHOUT_BFLOAT16, lgamma_grad;
    /// The derivative of `lgamma`.
    digamma DIGAMMA "Digamma" WITHOUT_BFLOAT16, digamma_grad;
    /// The inverse of the normal distribution function.
    ndtri NDTRI "Ndtri" WITHOUT_HALVES, ndtri_grad;
    /// The inverse of the error function.
    erfinv ERFINV "Erfinv" WITHOUT_HALVES, erfinv_grad;
}

/// `dy * factor * exp(scale * square(x))`
fn bell(dy: Tensor, x: &Tensor, factor: f64, scale: f64) -> Result<Tensor> {
    let square = Op::named("Square").input(x).one()?;
    let exponent = operators::multiply(number_like(scale, x)?, square)?;
    let curve = Op::named("Exp").input(exponent).one()?;
    operators::multiply(operators::multiply(dy, number_like(factor, x)?)?, curve)
}

fn erf_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let dx = bell(cx.dy(0)?, cx.x(0)?, FRAC_2_SQRT_PI, -1.0);
    cx.set(0, dx)
}

fn erfc_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let dx = bell(cx.dy(0)?, cx.x(0)?, -FRAC_2_SQRT_PI, -1.0);
    cx.set(0, dx)
}

fn ndtri_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let dx = bell(cx.dy(0)?, cx.y(0)?, (2.0 * PI).sqrt(), 0.5);
    cx.set(0, dx)
}

fn erfinv_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let dx = bell(cx.dy(0)?, cx.y(0)?, PI.sqrt() / 2.0, 1.0);
    cx.set(0, dx)
}

fn lgamma_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let dx = cx.dy(0)? * digamma(cx.x(0)?)?;
    cx.set(0, dx)
}

fn digamma_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let x = cx.x(0)?;
    let trigamma = Op::named("Polygamma").input(number_like(1.0, x)?).input(x).one()?;
    let dx = cx.dy(0)? * trigamma;
    cx.set(0, dx)
}
