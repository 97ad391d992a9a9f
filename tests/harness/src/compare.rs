//! Whether an output is what was recorded.

use crate::value::Recorded;
use ferroflow_core::{Complex, DType, Element, NdArray, QInt8, QInt16, QInt32, QUInt8, QUInt16, TString};
use ferroflow_core::{bf16, dispatch, f16};

/// How far floats may be off; anything else is exact.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bound {
    /// In units of the last place of the expected value.
    pub ulp: f64,
    /// Absolute.
    pub abs: f64,
}

/// Compares the elements; the shapes are known to agree.
///
/// # Errors
/// What is wrong: how many elements differ, and the worst of them.
pub fn compare(found: &NdArray, expected: &Recorded, bound: Bound) -> Result<(), String> {
    if found.dtype() != expected.values.dtype() {
        return Err(format!("dtype {}, expected {}", found.dtype().name(), expected.values.dtype().name()));
    }
    let result = match found.dtype() {
        DType::STRING => elements::<TString>(found, expected, bound),
        dtype => dispatch!(dtype, FIXED, |T| Ok(elements::<T>(found, expected, bound)))
            .unwrap_or_else(|error| Err(error.to_string())),
    };
    result.map_err(|error| format!("dtype {}: {error}", found.dtype().name()))
}

/// An element that has a distance to another, in units of the last place and absolute.
trait Distance: Element {
    fn distance(&self, expected: &Self) -> (f64, f64);
}

fn exact<T: PartialEq>(found: &T, expected: &T) -> (f64, f64) {
    if found == expected { (0.0, 0.0) } else { (f64::INFINITY, f64::INFINITY) }
}

macro_rules! exact {
    ($($ty:ty),*) => {
        $(impl Distance for $ty {
            fn distance(&self, expected: &Self) -> (f64, f64) {
                exact(self, expected)
            }
        })*
    };
}

exact!(bool, i8, i16, i32, i64, u16, u32, u64, QInt8, QUInt8, QInt16, QUInt16, QInt32, TString);

impl Distance for u8 {
    /// Pixels of lossy images may be off by a bound, which is always absolute.
    fn distance(&self, expected: &u8) -> (f64, f64) {
        if self == expected { (0.0, 0.0) } else { (f64::INFINITY, f64::from(self.abs_diff(*expected))) }
    }
}

/// Distance of two reals in units of the last place at `scale`, given the digits and least exponent of their type.
fn real(found: f64, expected: f64, scale: f64, digits: i32, least: i32) -> (f64, f64) {
    if found.is_nan() && expected.is_nan() {
        return (0.0, 0.0);
    }
    // Zeros of both signs are told apart; an exact bound asks for the same bits.
    if found == expected {
        return if found.is_sign_negative() == expected.is_sign_negative() { (0.0, 0.0) } else { (0.5, 0.0) };
    }
    if !found.is_finite() || !expected.is_finite() {
        return (f64::INFINITY, f64::INFINITY);
    }
    let exponent = if scale == 0.0 { least } else { (scale.abs().log2().floor() as i32).max(least) };
    let difference = (found - expected).abs();
    (difference / 2f64.powi(exponent - digits), difference)
}

macro_rules! floats {
    ($($ty:ty, $digits:literal, $least:literal, $value:ident => $wide:expr;)*) => {
        $(impl Distance for $ty {
            fn distance(&self, expected: &Self) -> (f64, f64) {
                let wide = |$value: $ty| $wide;
                let (found, expected) = (wide(*self), wide(*expected));
                real(found, expected, expected, $digits, $least)
            }
        })*
    };
}

floats! {
    f16, 10, -14, v => v.to_f64();
    bf16, 7, -126, v => v.to_f64();
    f32, 23, -126, v => f64::from(v);
    f64, 52, -1022, v => v;
}

macro_rules! complex {
    ($($ty:ty, $digits:literal, $least:literal;)*) => {
        $(impl Distance for Complex<$ty> {
            fn distance(&self, expected: &Self) -> (f64, f64) {
                // Either part is as good as the larger one lets it be.
                let scale = f64::from(expected.re).abs().max(f64::from(expected.im).abs());
                let re = real(self.re.into(), expected.re.into(), scale, $digits, $least);
                let im = real(self.im.into(), expected.im.into(), scale, $digits, $least);
                (re.0.max(im.0), re.1.max(im.1))
            }
        })*
    };
}

complex! {
    f32, 23, -126;
    f64, 52, -1022;
}

fn elements<T: Distance>(found: &NdArray, expected: &Recorded, bound: Bound) -> Result<(), String> {
    let text = |error: ferroflow_core::Error| error.to_string();
    let (values, wanted) =
        (found.as_slice::<T>().map_err(text)?, expected.values.as_slice::<T>().map_err(text)?);
    let mut wrong = 0usize;
    let mut worst: Option<(f64, String)> = None;
    for (index, (value, wanted)) in values.iter().step_by(expected.every).zip(wanted).enumerate() {
        let (ulp, abs) = value.distance(wanted);
        if ulp <= bound.ulp || (abs <= bound.abs && bound.abs > 0.0) {
            continue;
        }
        wrong += 1;
        if worst.as_ref().is_none_or(|(most, _)| ulp > *most) {
            let at = index * expected.every;
            worst = Some((ulp, format!("at {at}: {value:?}, expected {wanted:?} ({ulp:.1} ulp)")));
        }
    }
    match worst {
        None => Ok(()),
        Some((_, worst)) => Err(format!("{wrong} of {} elements differ, worst {worst}", wanted.len())),
    }
}
