//! Div, FloorDiv, TruncateDiv, Mod, TruncateMod, and the quotients and products that forgive zeros: DivNoNan, Xdivy,
//! MulNoNan.

use super::grads;
use crate::dtypes::{FLOATS_COMPLEX, NUMBERS, REALS, is_half};
use ferroflow_core::{
    DType, Element, Grad, IntoOperand, KernelCtx, Op, OpDef, Result, Tensor, bail, dispatch, elementwise,
    operators, shape_fn,
};
use num_traits::Zero;

/// `x / y` as Python 3 divides: integers become floats first.
///
/// Source: `tf.math.divide` (ops `Cast`, `RealDiv`).
///
/// # Errors
/// `InvalidArgument` when the shapes do not broadcast or the dtypes differ.
pub fn divide(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> {
    operators::truediv(x, y)
}

/// `x / y` rounded down.
///
/// Source: `tf.math.floordiv` (op `FloorDiv`).
///
/// ```
/// let quotient = ferroflow_ops_math::floordiv([7, -7], 2)?;
/// assert_eq!(quotient.numpy()?.as_slice::<i32>()?, [3, -4]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when the shapes do not broadcast, the dtypes differ, or an integer is divided by zero.
pub fn floordiv(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> {
    Op::new(&FLOOR_DIV).input(x).input(y).default_name("floordiv").one()
}

/// `x / y` rounded towards zero.
///
/// Source: `tf.truncatediv` (op `TruncateDiv`).
///
/// # Errors
/// As [`floordiv`].
pub fn truncatediv(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> {
    Op::new(&TRUNCATE_DIV).input(x).input(y).one()
}

/// The remainder of division rounded towards zero, with the sign of `x`.
///
/// Source: `tf.truncatemod` (op `TruncateMod`).
///
/// # Errors
/// As [`floordiv`].
pub fn truncatemod(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> {
    Op::new(&TRUNCATE_MOD).input(x).input(y).one()
}

/// `x / y`, and 0 where `y` is 0.
///
/// Source: `tf.math.divide_no_nan` (op `DivNoNan`).
///
/// # Errors
/// `InvalidArgument` when the shapes do not broadcast or the dtypes differ.
pub fn divide_no_nan(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> {
    Op::new(&DIV_NO_NAN).input(x).input(y).default_name("div_no_nan").one()
}

/// `x * y`, and 0 where `y` is 0 whatever `x` is.
///
/// Source: `tf.math.multiply_no_nan` (op `MulNoNan`).
///
/// # Errors
/// As [`divide_no_nan`].
pub fn multiply_no_nan(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> {
    Op::new(&MUL_NO_NAN).input(x).input(y).default_name("multiply_no_nan").one()
}

/// `x / y`, and 0 where `x` is 0 whatever `y` is.
///
/// Source: `tf.math.xdivy` (op `Xdivy`).
///
/// # Errors
/// As [`divide_no_nan`].
pub fn xdivy(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> {
    Op::new(&XDIVY).input(x).input(y).default_name("xdivy").one()
}

/// Refuses integer divisors of which one is 0, with the words TensorFlow has for the op.
fn no_zero<T: Element + Zero>(cx: &KernelCtx<'_>) -> Result<()> {
    // Nothing is divided where the other operand is empty.
    if cx.input(0)?.is_empty() || !cx.slice::<T>(1)?.iter().any(T::is_zero) {
        return Ok(());
    }
    if cx.op().name.starts_with("Truncate") {
        bail!(internal, "Unexpected error in binary operator (only integer div and mod should have errors)");
    }
    bail!(invalid_argument, "Integer division by zero")
}

/// A kernel from an expression for integers, whose divisors are not 0, and one for floats (and complex numbers).
macro_rules! kernel {
    ($name:ident $set:ident, $int:expr, $float:expr) => {
        fn $name(cx: &mut KernelCtx<'_>) -> Result<()> {
            match cx.dtype("T")? {
                dtype if is_half(dtype) => cx.through_f32($name),
                dtype if dtype.is_integer() => dispatch!(dtype, INTEGERS, |T| {
                    no_zero::<T>(cx)?;
                    elementwise::binary::<T>(cx, $int)
                }),
                dtype => dispatch!(dtype, $set, |T| elementwise::binary::<T>(cx, $float)),
            }
        }
    };
}

kernel!(div_kernel FLOATS_COMPLEX, |a, b| a.wrapping_div(b), |a, b| a / b);
kernel!(truncate_div_kernel FLOATS, |a, b| a.wrapping_div(b), |a, b| (a / b).trunc());
kernel!(truncate_mod_kernel FLOATS, |a, b| a.wrapping_rem(b), |a, b| a % b);
kernel!(floor_div_kernel FLOATS, |a, b| {
    #[allow(unused_comparisons, clippy::absurd_extreme_comparisons)]
    let opposite = (a < 0) != (b < 0);
    let quotient = a.wrapping_div(b);
    if opposite && a.wrapping_rem(b) != 0 { quotient.wrapping_sub(1) } else { quotient }
}, |a, b| (a / b).floor());

/// A kernel from one expression for floats and complex numbers.
macro_rules! float_kernel {
    ($name:ident |$a:ident, $b:ident| $value:expr) => {
        fn $name(cx: &mut KernelCtx<'_>) -> Result<()> {
            match cx.dtype("T")? {
                dtype if is_half(dtype) => cx.through_f32($name),
                dtype => dispatch!(dtype, FLOATS_COMPLEX, |T| elementwise::binary::<T>(cx, |$a, $b| $value)),
            }
        }
    };
}

float_kernel!(div_no_nan_kernel | a, b | if b.is_zero() { Zero::zero() } else { a / b });
float_kernel!(mul_no_nan_kernel | a, b | if b.is_zero() { Zero::zero() } else { a * b });
float_kernel!(xdivy_kernel | a, b | if a.is_zero() { Zero::zero() } else { a / b });

const fn definition(
    name: &'static str,
    kernel: ferroflow_core::KernelFn,
    grad: Grad,
    types: &'static [(&'static str, &'static [DType])],
) -> OpDef {
    OpDef { name, shape: shape_fn::broadcast, kernel: Some(kernel), grad, types, ..OpDef::NEW }
}

const WHOLE: &[DType] = &[DType::INT32, DType::INT64, DType::FLOAT32, DType::FLOAT64];

pub(crate) static DIV: OpDef = definition("Div", div_kernel, Grad::Fn(grads::div), &[("T", NUMBERS)]);
pub(crate) static FLOOR_DIV: OpDef =
    definition("FloorDiv", floor_div_kernel, Grad::Fn(grads::nothing), &[("T", REALS)]);
pub(crate) static TRUNCATE_DIV: OpDef =
    definition("TruncateDiv", truncate_div_kernel, Grad::Fn(grads::nothing), &[("T", REALS)]);
pub(crate) static MOD: OpDef = definition("Mod", truncate_mod_kernel, Grad::Missing, &[("T", WHOLE)]);
pub(crate) static TRUNCATE_MOD: OpDef =
    definition("TruncateMod", truncate_mod_kernel, Grad::Missing, &[("T", WHOLE)]);
pub(crate) static DIV_NO_NAN: OpDef =
    definition("DivNoNan", div_no_nan_kernel, Grad::Fn(grads::div_no_nan), &[("T", FLOATS_COMPLEX)]);
pub(crate) static MUL_NO_NAN: OpDef =
    definition("MulNoNan", mul_no_nan_kernel, Grad::Fn(grads::mul_no_nan), &[("T", FLOATS_COMPLEX)]);
pub(crate) static XDIVY: OpDef =
    definition("Xdivy", xdivy_kernel, Grad::Fn(grads::xdivy), &[("T", FLOATS_COMPLEX)]);
