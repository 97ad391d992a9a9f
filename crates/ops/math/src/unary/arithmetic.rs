//! Abs, Sign, Square: on integers, too.

use super::complex_parts::COMPLEX_ABS;
use super::leaf::each;
use crate::dtypes::is_half;
use crate::known::{conjugate, number_like};
use ferroflow_core::{
    DType, Fusion, Grad, GradCtx, IntoOperand, KernelCtx, Op, OpDef, Result, Tensor, context,
    convert_to_tensor, dispatch, elementwise, scalar_fn, shape_fn,
};

/// The absolute value; that of a complex number is real.
///
/// Source: `tf.math.abs` (ops `Abs`, `ComplexAbs`).
///
/// ```
/// let distance = ferroflow_ops_math::abs([-1, 2])?;
/// assert_eq!(distance.numpy()?.as_slice::<i32>()?, [1, 2]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `TypeError` for a dtype without absolute values.
pub fn abs(x: impl IntoOperand) -> Result<Tensor> {
    let x = x.into_operand()?;
    context::name_scope_for_op("Abs", |name| {
        let x = context::with_name("x", || convert_to_tensor(x, None))?;
        let op = match x.dtype().base() {
            DType::COMPLEX64 => Op::new(&COMPLEX_ABS).input(x),
            DType::COMPLEX128 => Op::new(&COMPLEX_ABS).input(x).attr("Tout", DType::FLOAT64),
            _ => Op::new(&ABS).input(x),
        };
        op.name(name).one()
    })
}

/// -1, 0 or 1, NaN for NaN; for a complex number the one of absolute value 1 in its direction.
///
/// Source: `tf.math.sign` (op `Sign`).
///
/// # Errors
/// `TypeError` for a dtype without signs.
pub fn sign(x: impl IntoOperand) -> Result<Tensor> {
    Op::new(&SIGN).input(x).one()
}

/// `x * x`.
///
/// Source: `tf.math.square` (op `Square`).
///
/// # Errors
/// `TypeError` for a dtype that is no number.
pub fn square(x: impl IntoOperand) -> Result<Tensor> {
    Op::new(&SQUARE).input(x).one()
}

fn abs_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.input(0)?.dtype() {
        dtype if is_half(dtype) => cx.through_f32(abs_kernel),
        DType::INT8 => elementwise::unary(cx, i8::wrapping_abs),
        DType::INT16 => elementwise::unary(cx, i16::wrapping_abs),
        DType::INT32 => elementwise::unary(cx, i32::wrapping_abs),
        DType::INT64 => elementwise::unary(cx, i64::wrapping_abs),
        dtype => dispatch!(dtype, FLOATS, |T| elementwise::unary(cx, T::abs)),
    }
}

fn sign_of<T: Copy + num_traits::Zero + num_traits::One + std::ops::Neg<Output = T> + PartialOrd>(
    value: T,
) -> T {
    if value > T::zero() {
        T::one()
    } else if value < T::zero() {
        -T::one()
    } else if value == T::zero() {
        // Negative zero has no sign either.
        T::zero()
    } else {
        value
    }
}

fn sign_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.input(0)?.dtype() {
        dtype if is_half(dtype) => cx.through_f32(sign_kernel),
        DType::INT8 => elementwise::unary::<i8>(cx, sign_of),
        DType::INT16 => elementwise::unary::<i16>(cx, sign_of),
        DType::INT32 => elementwise::unary::<i32>(cx, sign_of),
        DType::INT64 => elementwise::unary::<i64>(cx, sign_of),
        dtype if dtype.is_complex() => dispatch!(dtype, COMPLEX, |T| {
            elementwise::unary::<T>(cx, |z| if z == T::default() { z } else { z / z.norm() })
        }),
        dtype => dispatch!(dtype, FLOATS, |T| elementwise::unary::<T>(cx, sign_of)),
    }
}

fn square_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.input(0)?.dtype() {
        dtype if is_half(dtype) => cx.through_f32(square_kernel),
        dtype if dtype.is_integer() => {
            dispatch!(dtype, INTEGERS, |T| elementwise::unary::<T>(cx, |x| x.wrapping_mul(x)))
        }
        dtype => dispatch!(dtype, FLOATS_COMPLEX, |T| elementwise::unary::<T>(cx, |x| x * x)),
    }
}

fn abs_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let dx = cx.dy(0)? * sign(cx.x(0)?)?;
    cx.set(0, dx)
}

fn sign_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let zeros = Op::named("ZerosLike").input(cx.x(0)?).one();
    cx.set(0, zeros)
}

fn square_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let x = conjugate(cx.x(0)?)?;
    let double = Op::named("Mul").input(&x).input(number_like(2.0, &x)?).one()?;
    let dx = Op::named("Mul").input(cx.dy(0)?).input(double).one();
    cx.set(0, dx)
}

pub(crate) static ABS: OpDef = OpDef {
    name: "Abs",
    shape: shape_fn::unchanged,
    kernel: Some(abs_kernel),
    grad: Grad::Fn(abs_grad),
    fusion: Some(Fusion::Unary(|values| each(values, f32::abs))),
    ..OpDef::NEW
};

pub(crate) static SIGN: OpDef = OpDef {
    name: "Sign",
    shape: shape_fn::unchanged,
    kernel: Some(sign_kernel),
    grad: Grad::Fn(sign_grad),
    fusion: Some(Fusion::Unary(|values| each(values, sign_of))),
    ..OpDef::NEW
};

pub(crate) static SQUARE: OpDef = OpDef {
    name: "Square",
    shape: shape_fn::unchanged,
    kernel: Some(square_kernel),
    grad: Grad::Fn(square_grad),
    fusion: Some(Fusion::Unary(|values| each(values, |x| x * x))),
    scalar: |dtype| scalar_fn!(dtype, Unary(x), [INT32 i32, INT64 i64] x.wrapping_mul(x), [FLOAT32 f32, FLOAT64 f64] x * x),
    ..OpDef::NEW
};
