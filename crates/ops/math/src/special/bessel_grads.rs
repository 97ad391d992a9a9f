//! Gradients of the Bessel functions.

use crate::known::number_like;
use ferroflow_core::{GradCtx, Op, Result, Tensor, operators};

fn apply(op: &str, x: &Tensor) -> Result<Tensor> {
    Op::named(op).input(x).one()
}

/// `y / x`
fn ratio(y: &Tensor, x: &Tensor) -> Result<Tensor> {
    Op::named("RealDiv").input(y).input(x).one()
}

/// The derivative where `x` is not 0, and this number at 0, where the derivative's form divides by it.
fn except_at_zero(x: &Tensor, at_zero: f64, derivative: Tensor) -> Result<Tensor> {
    let is_zero = Op::named("Equal").input(x).input(number_like(0.0, x)?).one()?;
    Op::named("SelectV2").input(is_zero).input(number_like(at_zero, x)?).input(derivative).one()
}

/// Declares gradients that are the incoming one times a derivative made of input and output.
macro_rules! derivatives {
    ($($name:ident |$x:ident, $y:ident| $derivative:expr;)*) => {
        $(pub(super) fn $name(cx: &mut GradCtx<'_>) -> Result<()> {
            let ($x, $y, dy) = (cx.x(0)?, cx.y(0)?, cx.dy(0)?);
            let derivative: Result<Tensor> = $derivative;
            cx.set(0, dy * derivative?)
        })*
    };
}

derivatives! {
    i0 |x, _y| apply("BesselI1", x);
    i0e |x, y| apply("BesselI1e", x)? - (apply("Sign", x)? * y)?;
    // TensorFlow (2.21) has 1 at 0, where the derivative is 1/2.
    i1 |x, y| except_at_zero(x, 1.0, (apply("BesselI0", x)? - ratio(y, x)?)?);
    i1e |x, y| {
        let factor = (apply("Sign", x)? + apply("Reciprocal", x)?)?;
        except_at_zero(x, 0.5, (apply("BesselI0e", x)? - (y * factor)?)?)
    };
    k0 |x, _y| operators::negative(apply("BesselK1", x)?);
    k0e |x, y| y - apply("BesselK1e", x)?;
    k1 |x, y| operators::negative(apply("BesselK0", x)?)? - ratio(y, x)?;
    k1e |x, y| {
        let factor = (number_like(1.0, x)? - apply("Reciprocal", x)?)?;
        (y * factor)? - apply("BesselK0e", x)?
    };
    j0 |x, _y| operators::negative(apply("BesselJ1", x)?);
    j1 |x, y| except_at_zero(x, 0.5, (apply("BesselJ0", x)? - ratio(y, x)?)?);
    y0 |x, _y| operators::negative(apply("BesselY1", x)?);
    y1 |x, y| apply("BesselY0", x)? - ratio(y, x)?;
}
