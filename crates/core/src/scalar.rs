//! `ScalarFn`: what an op does to single values, without arrays: what loop counters and predicates need.

use crate::Element;

/// An op on single values, which are handed over as bits ([`Scalar`]).
#[derive(Clone, Copy)]
pub enum ScalarFn {
    /// Of one value.
    Unary(fn(u64) -> u64),
    /// Of two.
    Binary(fn(u64, u64) -> u64),
}

/// An element type whose values fit in 64 bits.
pub trait Scalar: Element + Copy {
    /// The value as bits.
    fn to_word(self) -> u64;

    /// The value of bits that [`Scalar::to_word`] gave.
    fn from_word(bits: u64) -> Self;
}

macro_rules! scalars {
    ($($ty:ty: |$value:ident| $to:expr, |$bits:ident| $from:expr;)*) => {
        $(impl Scalar for $ty {
            fn to_word(self) -> u64 {
                let $value = self;
                $to
            }

            fn from_word($bits: u64) -> $ty {
                $from
            }
        })*
    };
}

scalars! {
    f32: |value| value.to_bits().into(), |bits| f32::from_bits(bits as u32);
    f64: |value| value.to_bits(), |bits| f64::from_bits(bits);
    i32: |value| u64::from(value as u32), |bits| bits as u32 as i32;
    i64: |value| value as u64, |bits| bits as i64;
    bool: |value| value.into(), |bits| bits != 0;
}

/// The [`ScalarFn`] of an op for a dtype: functions with the dtypes they are for.
///
/// ```
/// use ferroflow_core::{DType, ScalarFn, scalar_fn};
/// let square = |dtype| scalar_fn!(dtype, Unary(x), [FLOAT32 f32, FLOAT64 f64] x * x);
/// assert!(matches!(square(DType::FLOAT32), Some(ScalarFn::Unary(_))));
/// assert!(square(DType::STRING).is_none());
/// ```
#[macro_export]
macro_rules! scalar_fn {
    ($dtype:expr, Unary($a:ident), $([$($name:ident $ty:ty),*] $value:expr),*) => {
        match $dtype {
            $($($crate::DType::$name => Some($crate::ScalarFn::Unary(|a| {
                let $a = <$ty as $crate::Scalar>::from_word(a);
                $crate::Scalar::to_word($value)
            })),)*)*
            _ => None,
        }
    };
    ($dtype:expr, Binary($a:ident, $b:ident), $([$($name:ident $ty:ty),*] $value:expr),*) => {
        match $dtype {
            $($($crate::DType::$name => Some($crate::ScalarFn::Binary(|a, b| {
                let $a = <$ty as $crate::Scalar>::from_word(a);
                let $b = <$ty as $crate::Scalar>::from_word(b);
                $crate::Scalar::to_word($value)
            })),)*)*
            _ => None,
        }
    };
}
