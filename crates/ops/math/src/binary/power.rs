//! Pow, Atan2, Xlogy, Xlog1py.

use super::grads;
use crate::dtypes::{FLOATS_COMPLEX, is_half};
use ferroflow_core::{
    Complex, DType, Grad, IntoOperand, KernelCtx, Op, OpDef, Result, Tensor, bail, dispatch, elementwise,
    shape_fn,
};
use num_traits::{AsPrimitive, Float, One, WrappingMul, Zero};

/// `x` to the power of `y`.
///
/// Source: `tf.math.pow` (op `Pow`).
///
/// ```
/// let power = ferroflow_ops_math::pow([2, 3], [3, 2])?;
/// assert_eq!(power.numpy()?.as_slice::<i32>()?, [8, 9]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when the shapes do not broadcast, the dtypes differ, or an integer has a negative exponent.
pub fn pow(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> {
    Op::new(&POW).input(x).input(y).one()
}

/// The angle of the point `(x, y)`, in `[-pi, pi]`.
///
/// Source: `tf.math.atan2` (op `Atan2`).
///
/// # Errors
/// `InvalidArgument` when the shapes do not broadcast or the dtypes differ.
pub fn atan2(y: impl IntoOperand, x: impl IntoOperand) -> Result<Tensor> {
    Op::new(&ATAN2).input(y).input(x).one()
}

/// `x * log(y)`, and 0 where `x` is 0 whatever `y` is.
///
/// Source: `tf.math.xlogy` (op `Xlogy`).
///
/// # Errors
/// As [`atan2`].
pub fn xlogy(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> {
    Op::new(&XLOGY).input(x).input(y).one()
}

/// `x * log(1 + y)`, and 0 where `x` is 0 whatever `y` is.
///
/// Source: `tf.math.xlog1py` (op `Xlog1py`).
///
/// # Errors
/// As [`atan2`].
pub fn xlog1py(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> {
    Op::new(&XLOG1PY).input(x).input(y).one()
}

/// A power of an integer that wraps around.
fn int_pow<T: Copy + One + WrappingMul>(mut base: T, mut exponent: u64) -> T {
    let mut power = T::one();
    while exponent > 0 {
        if exponent & 1 == 1 {
            power = power.wrapping_mul(&base);
        }
        base = base.wrapping_mul(&base);
        exponent >>= 1;
    }
    power
}

/// A complex power; powers of 0 are 0, and NaN with exponent 0, as in C++.
fn complex_pow<T: Float>(base: Complex<T>, exponent: Complex<T>) -> Complex<T> {
    match (base.is_zero(), exponent.is_zero()) {
        (true, true) => Complex::new(T::nan(), T::nan()),
        (true, false) => Complex::zero(),
        _ => base.powc(exponent),
    }
}

fn pow_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.dtype("T")? {
        dtype if is_half(dtype) => cx.through_f32(pow_kernel),
        dtype if dtype.is_complex() => {
            dispatch!(dtype, COMPLEX, |T| elementwise::binary::<T>(cx, complex_pow))
        }
        dtype if dtype.is_integer() => {
            if cx.ints(1)?.iter().any(|&exponent| exponent < 0) && !cx.input(0)?.is_empty() {
                bail!(invalid_argument, "Integers to negative integer powers are not allowed");
            }
            dispatch!(dtype, INTEGERS, |T| elementwise::binary::<T>(cx, |a, b| int_pow(
                a,
                AsPrimitive::<u64>::as_(b)
            )))
        }
        dtype => dispatch!(dtype, FLOATS, |T| elementwise::binary::<T>(cx, T::powf)),
    }
}

fn atan2_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.dtype("T")? {
        dtype if is_half(dtype) => cx.through_f32(atan2_kernel),
        dtype => dispatch!(dtype, FLOATS, |T| elementwise::binary::<T>(cx, T::atan2)),
    }
}

/// A kernel that is 0 where the first operand is; one expression for reals and one for complex numbers.
macro_rules! times_log {
    ($name:ident, $real:expr, $complex:expr) => {
        fn $name(cx: &mut KernelCtx<'_>) -> Result<()> {
            match cx.dtype("T")? {
                dtype if is_half(dtype) => cx.through_f32($name),
                dtype if dtype.is_complex() => dispatch!(dtype, COMPLEX, |T| {
                    let log: fn(T) -> T = $complex;
                    elementwise::binary::<T>(cx, |a, b| if a.is_zero() { a } else { a * log(b) })
                }),
                dtype => dispatch!(dtype, FLOATS, |T| {
                    let log: fn(T) -> T = $real;
                    elementwise::binary::<T>(cx, |a, b| if a == 0.0 { 0.0 } else { a * log(b) })
                }),
            }
        }
    };
}

times_log!(xlogy_kernel, |y| y.ln(), |y| y.ln());
times_log!(xlog1py_kernel, |y| y.ln_1p(), |y| (y + 1.0).ln());

const fn definition(
    name: &'static str,
    kernel: ferroflow_core::KernelFn,
    grad: ferroflow_core::GradFn,
    types: &'static [(&'static str, &'static [DType])],
) -> OpDef {
    OpDef {
        name,
        shape: shape_fn::broadcast,
        kernel: Some(kernel),
        grad: Grad::Fn(grad),
        types,
        ..OpDef::NEW
    }
}

pub(crate) static POW: OpDef = definition("Pow", pow_kernel, grads::pow, &[]);
pub(crate) static ATAN2: OpDef = definition("Atan2", atan2_kernel, grads::atan2, &[]);
pub(crate) static XLOGY: OpDef = definition("Xlogy", xlogy_kernel, grads::xlogy, &[("T", FLOATS_COMPLEX)]);
pub(crate) static XLOG1PY: OpDef =
    definition("Xlog1py", xlog1py_kernel, grads::xlog1py, &[("T", FLOATS_COMPLEX)]);
