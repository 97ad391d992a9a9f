//! Gradients of binary ops, each summed back to its operand's shape.

use crate::known::{conjugate, number_like};
use ferroflow_core::{GradCtx, IntoOperand, Op, Result, Tensor, operators, sum_to_shape_of};

fn apply(op: &str, x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> {
    Op::named(op).input(x).input(y).one()
}

fn apply_unary(op: &str, x: impl IntoOperand) -> Result<Tensor> {
    Op::named(op).input(x).one()
}

/// Sets both gradients, given in the broadcast shape.
fn set_both(cx: &mut GradCtx<'_>, dx: Tensor, dy: Tensor) -> Result<()> {
    let (x, y) = (cx.x(0)?, cx.x(1)?);
    cx.set(0, sum_to_shape_of(dx, x, y))?;
    cx.set(1, sum_to_shape_of(dy, y, x))
}

/// Ops that are flat wherever they are smooth pass no gradient on.
pub(super) fn nothing(_cx: &mut GradCtx<'_>) -> Result<()> {
    Ok(())
}

pub(super) fn div(cx: &mut GradCtx<'_>) -> Result<()> {
    let (x, y, grad) = (conjugate(cx.x(0)?)?, conjugate(cx.x(1)?)?, cx.dy(0)?);
    let dx = operators::truediv(&grad, &y)?;
    let dy = (grad * operators::truediv(operators::truediv(operators::negative(x)?, &y)?, &y)?)?;
    set_both(cx, dx, dy)
}

pub(super) fn div_no_nan(cx: &mut GradCtx<'_>) -> Result<()> {
    let (x, y, grad) = (conjugate(cx.x(0)?)?, conjugate(cx.x(1)?)?, cx.dy(0)?);
    let dx = apply("DivNoNan", &grad, &y)?;
    let once = apply("DivNoNan", operators::negative(x)?, &y)?;
    let dy = (grad * apply("DivNoNan", once, y)?)?;
    set_both(cx, dx, dy)
}

pub(super) fn mul_no_nan(cx: &mut GradCtx<'_>) -> Result<()> {
    let (x, y, grad) = (cx.x(0)?, cx.x(1)?, cx.dy(0)?);
    let dx = apply("MulNoNan", &grad, y)?;
    let dy = apply("MulNoNan", x, grad)?;
    set_both(cx, dx, dy)
}

/// 1 where `x` is not 0, else 0. TensorFlow (2.21) takes no conjugates in the gradients that use it.
fn not_zero(x: &Tensor) -> Result<Tensor> {
    operators::cast(apply("NotEqual", x, number_like(0.0, x)?)?, x.dtype())
}

pub(super) fn xdivy(cx: &mut GradCtx<'_>) -> Result<()> {
    let (x, y, grad) = (cx.x(0)?, cx.x(1)?, cx.dy(0)?);
    let dx = (apply("Xdivy", not_zero(x)?, y)? * &grad)?;
    let dy = (apply("Xdivy", operators::negative(x)?, apply_unary("Square", y)?)? * grad)?;
    set_both(cx, dx, dy)
}

pub(super) fn xlogy(cx: &mut GradCtx<'_>) -> Result<()> {
    let (x, y, grad) = (cx.x(0)?, cx.x(1)?, cx.dy(0)?);
    let dx = (apply("Xlogy", not_zero(x)?, y)? * &grad)?;
    let dy = (apply("Xdivy", x, y)? * grad)?;
    set_both(cx, dx, dy)
}

pub(super) fn xlog1py(cx: &mut GradCtx<'_>) -> Result<()> {
    let (x, y, grad) = (cx.x(0)?, cx.x(1)?, cx.dy(0)?);
    let dx = (apply("Xlog1py", not_zero(x)?, y)? * &grad)?;
    let dy = (apply("Xdivy", x, (number_like(1.0, y)? + y)?)? * grad)?;
    set_both(cx, dx, dy)
}

pub(super) fn pow(cx: &mut GradCtx<'_>) -> Result<()> {
    let (x, y, z, grad) = (conjugate(cx.x(0)?)?, conjugate(cx.x(1)?)?, conjugate(cx.y(0)?)?, cx.dy(0)?);
    let lowered = apply("Pow", &x, (&y - number_like(1.0, &y)?)?)?;
    let dx = ((&grad * &y)? * lowered)?;
    // The logarithm is kept from numbers that have none, so that it sends no NaN back either.
    let zero = number_like(0.0, &x)?;
    let mask = apply(if x.dtype().is_complex() { "NotEqual" } else { "Greater" }, &x, zero)?;
    let select = |yes: Tensor, no: Tensor| Op::named("SelectV2").input(&mask).input(yes).input(no).one();
    let safe = select(x.clone(), apply_unary("OnesLike", &x)?)?;
    let log = select(apply_unary("Log", safe)?, apply_unary("ZerosLike", &x)?)?;
    let dy = ((grad * z)? * log)?;
    set_both(cx, dx, dy)
}

pub(super) fn atan2(cx: &mut GradCtx<'_>) -> Result<()> {
    let (y, x, grad) = (cx.x(0)?, cx.x(1)?, cx.dy(0)?);
    let squares = (apply_unary("Square", x)? + apply_unary("Square", y)?)?;
    let scaled = operators::truediv(grad, squares)?;
    let dy = (x * &scaled)?;
    let dx = (operators::negative(y)? * scaled)?;
    set_both(cx, dy, dx)
}

fn extreme(cx: &mut GradCtx<'_>, goes_left: &str) -> Result<()> {
    let (x, y, grad) = (cx.x(0)?, cx.x(1)?, cx.dy(0)?);
    let zeros = apply_unary("ZerosLike", &grad)?;
    let mask = apply(goes_left, x, y)?;
    let select = |yes: &Tensor, no: &Tensor| Op::named("SelectV2").input(&mask).input(yes).input(no).one();
    let (dx, dy) = (select(&grad, &zeros)?, select(&zeros, &grad)?);
    set_both(cx, dx, dy)
}

pub(super) fn maximum(cx: &mut GradCtx<'_>) -> Result<()> {
    extreme(cx, "GreaterEqual")
}

pub(super) fn minimum(cx: &mut GradCtx<'_>) -> Result<()> {
    extreme(cx, "LessEqual")
}

pub(super) fn squared_difference(cx: &mut GradCtx<'_>) -> Result<()> {
    let (x, y, grad) = (cx.x(0)?, cx.x(1)?, cx.dy(0)?);
    let dx = ((number_like(2.0, &grad)? * grad)? * (x - y)?)?;
    let dy = operators::negative(&dx)?;
    set_both(cx, dx, dy)
}

pub(super) fn next_after(cx: &mut GradCtx<'_>) -> Result<()> {
    let grad = cx.dy(0)?;
    let zeros = apply_unary("ZerosLike", &grad)?;
    set_both(cx, grad, zeros)
}

pub(super) fn complex(cx: &mut GradCtx<'_>) -> Result<()> {
    let (grad, dtype) = (cx.dy(0)?, cx.dtype("T")?);
    let part = |op: &str| Op::named(op).input(&grad).attr("Tout", dtype).one();
    let (real, imag) = (part("Real")?, part("Imag")?);
    set_both(cx, real, imag)
}
