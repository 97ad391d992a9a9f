//! Maximum, Minimum, SquaredDifference, NextAfter, Complex.

use super::grads;
use crate::dtypes::{REALS, is_half};
use ferroflow_core::{
    Complex, DType, Fusion, Grad, IntoOperand, KernelCtx, Op, OpDef, Operand, Result, Tensor, dispatch,
    elementwise, shape_fn,
};

/// The larger of two numbers; NaN if one of them is.
///
/// Source: `tf.math.maximum` (op `Maximum`).
///
/// # Errors
/// `InvalidArgument` when the shapes do not broadcast or the dtypes differ.
pub fn maximum(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> {
    Op::new(&MAXIMUM).input(x).input(y).one()
}

/// The smaller of two numbers; NaN if one of them is.
///
/// Source: `tf.math.minimum` (op `Minimum`).
///
/// # Errors
/// As [`maximum`].
pub fn minimum(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> {
    Op::new(&MINIMUM).input(x).input(y).one()
}

/// `(x - y) * (x - y)`, with one factor conjugated.
///
/// Source: `tf.math.squared_difference` (op `SquaredDifference`).
///
/// # Errors
/// As [`maximum`].
pub fn squared_difference(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> {
    Op::new(&SQUARED_DIFFERENCE).input(x).input(y).one()
}

/// The number next to `x1` in the direction of `x2`.
///
/// Source: `tf.math.nextafter` (op `NextAfter`).
///
/// # Errors
/// As [`maximum`].
pub fn nextafter(x1: impl IntoOperand, x2: impl IntoOperand) -> Result<Tensor> {
    Op::new(&NEXT_AFTER).input(x1).input(x2).one()
}

/// Complex numbers of these real and imaginary parts.
///
/// Source: `tf.dtypes.complex` (op `Complex`).
///
/// # Errors
/// As [`maximum`]; `TypeError` unless the parts are `float32` or `float64`.
pub fn complex(real: impl IntoOperand, imag: impl IntoOperand) -> Result<Tensor> {
    let (real, imag) = (real.into_operand()?, imag.into_operand()?);
    let is_wide =
        [&real, &imag].into_iter().filter_map(Operand::fixed_dtype).any(|dtype| dtype == DType::FLOAT64);
    let dtype = if is_wide { DType::COMPLEX128 } else { DType::COMPLEX64 };
    Op::new(&COMPLEX).input(real).input(imag).attr("Tout", dtype).one()
}

macro_rules! extreme {
    ($kernel:ident $static:ident $tf:literal $better:tt $grad:ident) => {
        fn $kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
            match cx.dtype("T")? {
                dtype if is_half(dtype) => cx.through_f32($kernel),
                dtype if dtype.is_integer() => dispatch!(dtype, INTEGERS, |T| {
                    elementwise::binary::<T>(cx, |a, b| if b $better a { b } else { a })
                }),
                dtype => dispatch!(dtype, FLOATS, |T| {
                    elementwise::binary::<T>(cx, |a, b| if b $better a || b.is_nan() { b } else { a })
                }),
            }
        }

        pub(crate) static $static: OpDef = OpDef {
            name: $tf,
            shape: shape_fn::broadcast,
            kernel: Some($kernel),
            grad: Grad::Fn(grads::$grad),
            types: &[("T", REALS)],
            fusion: Some(Fusion::Binary(|left, right| {
                let better = |a: f32, b: f32| if b $better a || b.is_nan() { b } else { a };
                elementwise::zip_each(left, right, better);
            })),
            ..OpDef::NEW
        };
    };
}

extreme!(maximum_kernel MAXIMUM "Maximum" > maximum);
extreme!(minimum_kernel MINIMUM "Minimum" < minimum);

fn squared_difference_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.dtype("T")? {
        dtype if is_half(dtype) => cx.through_f32(squared_difference_kernel),
        dtype if dtype.is_complex() => {
            dispatch!(dtype, COMPLEX, |T| elementwise::binary::<T>(cx, |a, b| (a - b) * (a - b).conj()))
        }
        dtype if dtype.is_integer() => dispatch!(dtype, INDICES, |T| {
            elementwise::binary::<T>(cx, |a, b| a.wrapping_sub(b).wrapping_mul(a.wrapping_sub(b)))
        }),
        dtype => dispatch!(dtype, FLOATS, |T| elementwise::binary::<T>(cx, |a, b| (a - b) * (a - b))),
    }
}

pub(crate) static SQUARED_DIFFERENCE: OpDef = OpDef {
    name: "SquaredDifference",
    shape: shape_fn::broadcast,
    kernel: Some(squared_difference_kernel),
    grad: Grad::Fn(grads::squared_difference),
    fusion: Some(Fusion::Binary(|left, right| {
        elementwise::zip_each(left, right, |a: f32, b: f32| (a - b) * (a - b));
    })),
    ..OpDef::NEW
};

pub(crate) static NEXT_AFTER: OpDef = OpDef {
    name: "NextAfter",
    shape: shape_fn::broadcast,
    kernel: Some(|cx| match cx.dtype("T")? {
        DType::FLOAT32 => elementwise::binary(cx, libm::nextafterf),
        _ => elementwise::binary(cx, libm::nextafter),
    }),
    grad: Grad::Fn(grads::next_after),
    ..OpDef::NEW
};

pub(crate) static COMPLEX: OpDef = OpDef {
    name: "Complex",
    shape: shape_fn::broadcast,
    kernel: Some(|cx| match cx.dtype("T")? {
        DType::FLOAT32 => elementwise::binary_to::<f32, Complex<f32>>(cx, Complex::new),
        _ => elementwise::binary_to::<f64, Complex<f64>>(cx, Complex::new),
    }),
    grad: Grad::Fn(grads::complex),
    ..OpDef::NEW
};
