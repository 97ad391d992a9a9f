//! Single values: `str` of NumPy's scalars and `repr` of Python's.

use super::digits::{Number, Real, bfloat16_text, exponent_text, positional, scientific};
use crate::{Complex, DType, NdArray, dispatch};
use crate::{QInt8, QInt16, QInt32, QUInt8, QUInt16, ResourceHandle, TString, Variant, bf16, f16};

/// `str` of the NumPy scalar at a row-major position; empty text where there is no such element.
///
/// ```
/// use ferroflow_core::{NdArray, print::scalar_str};
/// assert_eq!(scalar_str(&NdArray::from([1.0f32, 0.1]), 1), "0.1");
/// assert_eq!(scalar_str(&NdArray::from("hi"), 0), "b'hi'");
/// ```
pub fn scalar_str(array: &NdArray, position: usize) -> String {
    dispatch!(array.dtype(), ALL, |T| array
        .as_slice::<T>()
        .map(|values| values.get(position).map(Scalar::str)))
    .ok()
    .flatten()
    .unwrap_or_default()
}

/// `repr` of the Python value at a row-major position (`array.item(position)`), which is what a 0-d eager tensor
/// shows; empty text where there is no such element.
///
/// ```
/// use ferroflow_core::{NdArray, print::item_repr};
/// assert_eq!(item_repr(&NdArray::from(0.1f32), 0), "0.10000000149011612");
/// ```
pub fn item_repr(array: &NdArray, position: usize) -> String {
    dispatch!(array.dtype(), ALL, |T| array
        .as_slice::<T>()
        .map(|values| values.get(position).map(Scalar::item_repr)))
    .ok()
    .flatten()
    .unwrap_or_default()
}

/// How one element prints alone.
pub(super) trait Scalar {
    /// `str` of the NumPy scalar.
    fn str(&self) -> String;
    /// `repr` of the Python value that `item()` gives; Python has one float type and one complex type.
    fn item_repr(&self) -> String {
        self.str()
    }
}

impl Scalar for bool {
    fn str(&self) -> String {
        if *self { "True" } else { "False" }.to_string()
    }
}

macro_rules! integers {
    ($($ty:ty),*) => {
        $(impl Scalar for $ty {
            fn str(&self) -> String {
                self.to_string()
            }
        })*
    };
}

integers!(i8, i16, i32, i64, u8, u16, u32, u64);

macro_rules! quantized {
    ($($ty:ty),*) => {
        $(impl Scalar for $ty {
            fn str(&self) -> String {
                self.0.to_string()
            }
        })*
    };
}

quantized!(QInt8, QUInt8, QInt16, QUInt16, QInt32);

macro_rules! debug {
    ($($ty:ty),*) => {
        $(impl Scalar for $ty {
            fn str(&self) -> String {
                format!("{self:?}")
            }
        })*
    };
}

debug!(TString, ResourceHandle, Variant);

impl Scalar for f16 {
    fn str(&self) -> String {
        float_text(*self, ".0")
    }
    fn item_repr(&self) -> String {
        self.to_f64().str()
    }
}

impl Scalar for f32 {
    fn str(&self) -> String {
        float_text(*self, ".0")
    }
    fn item_repr(&self) -> String {
        f64::from(*self).str()
    }
}

impl Scalar for f64 {
    fn str(&self) -> String {
        float_text(*self, ".0")
    }
}

impl Scalar for bf16 {
    fn str(&self) -> String {
        bfloat16_text(*self)
    }
    fn item_repr(&self) -> String {
        self.to_f64().str()
    }
}

impl Scalar for Complex<f32> {
    fn str(&self) -> String {
        complex_text(*self)
    }
    fn item_repr(&self) -> String {
        Complex::new(f64::from(self.re), f64::from(self.im)).str()
    }
}

impl Scalar for Complex<f64> {
    fn str(&self) -> String {
        complex_text(*self)
    }
}

/// All digits that identify the value. `integral` stands after a number without fraction or exponent.
fn float_text<T: Real>(value: T, integral: &str) -> String {
    let wide = value.widen();
    if wide.is_nan() {
        return "nan".to_string();
    }
    if wide.is_infinite() {
        return if wide > 0.0 { "inf" } else { "-inf" }.to_string();
    }
    // NumPy leaves positional notation where the type no longer holds every integer, but for double, which
    // keeps Python's limit.
    let limit = if T::DIGITS < 15 { 10f64.powi(T::DIGITS) } else { 1e16 };
    let magnitude = wide.abs();
    let plain = magnitude == 0.0 || (1e-4..limit).contains(&magnitude);
    let number = if plain { positional(value, usize::MAX) } else { scientific(value, usize::MAX) };
    let Number { negative, whole, fraction, exponent } = number;
    let mut text = format!("{}{whole}", if negative { "-" } else { "" });
    if !fraction.is_empty() {
        text.push('.');
        text.push_str(&fraction);
    } else if plain {
        text.push_str(integral);
    }
    if !plain {
        text.push('e');
        text.push_str(&exponent_text(exponent, 2));
    }
    text
}

fn complex_text<T: Real>(value: Complex<T>) -> String {
    let imaginary = float_text(value.im, "");
    let real = value.re.widen();
    if real == 0.0 && real.is_sign_positive() {
        return format!("{imaginary}j");
    }
    let sign = if imaginary.starts_with('-') { "" } else { "+" };
    format!("({}{sign}{imaginary}j)", float_text(value.re, ""))
}

/// The name by which NumPy knows the dtype of TensorFlow's values of this type.
///
/// Quantised values become plain integers on their way out of TensorFlow; what NumPy has no type for is an object.
pub(super) fn numpy_dtype_name(dtype: DType) -> &'static str {
    match dtype.base() {
        DType::QINT8 => "int8",
        DType::QUINT8 => "uint8",
        DType::QINT16 => "int16",
        DType::QUINT16 => "uint16",
        DType::QINT32 => "int32",
        DType::STRING | DType::RESOURCE | DType::VARIANT => "object",
        other => other.name(),
    }
}
