//! The ops of Dawson's, exponential, Fresnel and Spence's integrals: a row each.

use crate::known::number_like;
use crate::unary::leaf::{Leaves, each, run};
use ferroflow_core::{DType, Grad, GradCtx, IntoOperand, Op, OpDef, Result, Tensor, operators, shape_fn};
use std::f64::consts::FRAC_PI_2;

const FLOATS: &[DType] = &[DType::FLOAT32, DType::FLOAT64];

macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident $static:ident $tf:literal $grad:ident;)*) => {
        $($(#[$doc])*
        ///
        #[doc = concat!("Source: `tf.math.special.", stringify!($name), "` (op `", $tf, "`).")]
        ///
        /// # Errors
        /// `TypeError` for a dtype that is not floating, `Unimplemented` for half types.
        pub fn $name(x: impl IntoOperand) -> Result<Tensor> {
            Op::new(&$static).input(x).default_name(stringify!($name)).one()
        }

        pub(crate) static $static: OpDef = OpDef {
            name: $tf,
            shape: shape_fn::unchanged,
            kernel: Some(|cx| {
                run(cx, &Leaves {
                    f32: |values| each(values, |x| super::integrals::$name(x.into()) as f32),
                    f64: |values| each(values, super::integrals::$name),
                    complex: None,
                })
            }),
            grad: Grad::Fn($grad),
            types: &[("T", FLOATS)],
            ..OpDef::NEW
        };)*
    };
}

functions! {
    /// Dawson's integral: `exp(-x^2)` times the integral of `exp(t^2)` from 0 to `x`.
    dawsn DAWSN "Dawsn" dawsn_grad;
    /// The exponential integral: that of `exp(t) / t` up to `x`.
    expint EXPINT "Expint" expint_grad;
    /// Fresnel's cosine integral: that of `cos(pi t^2 / 2)` from 0 to `x`.
    ///
    /// ```
    /// let value = ferroflow_ops_math::fresnel_cos([0.0])?;
    /// assert_eq!(value.numpy()?.as_slice::<f32>()?, [0.0]);
    /// # Ok::<(), ferroflow_core::Error>(())
    /// ```
    fresnel_cos FRESNEL_COS "FresnelCos" fresnel_cos_grad;
    /// Fresnel's sine integral: that of `sin(pi t^2 / 2)` from 0 to `x`.
    fresnel_sin FRESNEL_SIN "FresnelSin" fresnel_sin_grad;
    /// Spence's integral: that of `log(t) / (1 - t)` from 1 to `x`.
    spence SPENCE "Spence" spence_grad;
}

fn apply(op: &str, x: &Tensor) -> Result<Tensor> {
    Op::named(op).input(x).one()
}

fn dawsn_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (x, y, dy) = (cx.x(0)?, cx.y(0)?, cx.dy(0)?);
    let product = ((number_like(2.0, x)? * x)? * y)?;
    cx.set(0, dy * (number_like(1.0, x)? - product)?)
}

fn expint_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (x, dy) = (cx.x(0)?, cx.dy(0)?);
    let product = (dy * apply("Exp", x)?)?;
    cx.set(0, operators::truediv(product, x))
}

/// The gradient of an integral of a function of `pi x^2 / 2`.
fn fresnel_grad(cx: &mut GradCtx<'_>, function: &str) -> Result<()> {
    let (x, dy) = (cx.x(0)?, cx.dy(0)?);
    let angle = (number_like(FRAC_PI_2, x)? * apply("Square", x)?)?;
    cx.set(0, dy * apply(function, &angle)?)
}

fn fresnel_cos_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    fresnel_grad(cx, "Cos")
}

fn fresnel_sin_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    fresnel_grad(cx, "Sin")
}

fn spence_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (x, dy) = (cx.x(0)?, cx.dy(0)?);
    let one = number_like(1.0, x)?;
    let derivative = operators::truediv(apply("Log", x)?, (&one - x)?)?;
    let is_one = Op::named("Equal").input(x).input(&one).one()?;
    let limit = operators::negative(apply("OnesLike", x)?)?;
    let derivative = Op::named("SelectV2").input(is_one).input(limit).input(derivative).one()?;
    cx.set(0, dy * derivative)
}
