//! The snapshot of a tensor: dtype, shape and values, or a summary of many values.

use ferroflow_core::print::{PrintOptions, array_str};
use ferroflow_core::{Complex, DType, NdArray, PartialShape, Tensor};
use std::fmt;

/// Arrays of more elements are summarised unless something else is asked for.
const SUMMARY_ABOVE: usize = 1000;

/// What stands in a snapshot for a tensor; see [`snapshot`].
#[derive(Clone, Debug)]
pub struct TensorSnapshot {
    value: Result<NdArray, String>,
    digits: Option<usize>,
    summary_above: usize,
}

/// The snapshot of a tensor or an array: its dtype and shape, and its values as NumPy prints them. Of a symbolic
/// tensor it is TensorFlow's `repr`, of more than 1,000 elements a summary.
///
/// ```
/// use ferroflow_core::NdArray;
/// use ferroflow_testing::snapshot;
/// let x = NdArray::from([[1.0f32, 2.5], [0.1, -0.0]]);
/// assert_eq!(snapshot(&x).to_string(), "float32 (2, 2)\n[[ 1.   2.5]\n [ 0.1 -0. ]]");
/// assert_eq!(snapshot(&x).rounded(0).to_string(), "float32 (2, 2)\n[[1. 2.]\n [0. 0.]]");
/// ```
pub fn snapshot(value: impl Snapshottable) -> TensorSnapshot {
    TensorSnapshot { value: value.value(), digits: None, summary_above: SUMMARY_ABOVE }
}

/// What has a snapshot.
pub trait Snapshottable {
    /// The values, or the text that stands for a tensor without.
    fn value(&self) -> Result<NdArray, String>;
}

impl Snapshottable for &NdArray {
    fn value(&self) -> Result<NdArray, String> {
        Ok((*self).clone())
    }
}

impl Snapshottable for &Tensor {
    fn value(&self) -> Result<NdArray, String> {
        self.numpy().map_err(|_| format!("{self:?}"))
    }
}

impl TensorSnapshot {
    /// Floats rounded to so many digits behind the point, half to even, so that the last bits of a result do not
    /// change its snapshot; negative zeros lose their sign.
    #[must_use]
    pub fn rounded(mut self, digits: usize) -> TensorSnapshot {
        self.digits = Some(digits);
        self
    }

    /// Arrays of more elements than this are summarised: least, greatest and mean value, how many are NaN, and a
    /// hash of all of them.
    #[must_use]
    pub fn summary_above(mut self, elements: usize) -> TensorSnapshot {
        self.summary_above = elements;
        self
    }
}

impl fmt::Display for TensorSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = match &self.value {
            Ok(value) => value,
            Err(text) => return f.write_str(text),
        };
        let shown = self.digits.map_or_else(|| value.clone(), |digits| rounded(value, digits));
        writeln!(f, "{} {}", value.dtype().name(), PartialShape::from(value.shape()))?;
        if value.len() > self.summary_above {
            return summary(f, &shown);
        }
        let options = PrintOptions { precision: self.digits.unwrap_or(8), ..PrintOptions::full() };
        f.write_str(&array_str(&shown, &options))
    }
}

/// The floats of an array rounded; other arrays as they are.
fn rounded(array: &NdArray, digits: usize) -> NdArray {
    // A float prints its shortest digits; reading the rounded text back gives the value that prints so.
    let round = |value: f64| match format!("{value:.digits$}").parse::<f64>() {
        Ok(0.0) => 0.0,
        Ok(near) if value.is_finite() => near,
        _ => value,
    };
    let dtype = array.dtype();
    let complex = array.cast(DType::COMPLEX128).ok().filter(|_| dtype.is_floating() || dtype.is_complex());
    let Some(numbers) = complex.and_then(|complex| complex.into_vec::<Complex<f64>>().ok()) else {
        return array.clone();
    };
    let numbers = numbers.into_iter().map(|number| Complex::new(round(number.re), round(number.im)));
    let rounded = NdArray::from_shape(array.shape().clone(), numbers.collect());
    let back = rounded.and_then(|rounded| {
        if dtype.is_complex() { Ok(rounded) } else { rounded.cast(DType::FLOAT64) }?.cast(dtype)
    });
    back.unwrap_or_else(|_| array.clone())
}

fn summary(f: &mut fmt::Formatter<'_>, array: &NdArray) -> fmt::Result {
    let reals = array.cast(DType::FLOAT64).and_then(NdArray::into_vec::<f64>);
    if let Ok(values) = reals.as_ref().map(Vec::as_slice)
        && !array.dtype().is_complex()
    {
        let numbers = || values.iter().copied().filter(|value| !value.is_nan());
        let count = numbers().count();
        let mean = numbers().sum::<f64>() / count as f64;
        let (min, max) =
            (numbers().fold(f64::INFINITY, f64::min), numbers().fold(f64::NEG_INFINITY, f64::max));
        writeln!(f, "min {min} max {max} mean {mean:.6} nan {}", values.len() - count)?;
    }
    write!(f, "hash {:016x}", hash(array))
}

/// FNV-1a over the elements, in little-endian order or as strings with their lengths.
fn hash(array: &NdArray) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut add = |bytes: &[u8]| {
        for &byte in bytes {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    match (array.as_bytes(), array.as_slice::<ferroflow_core::TString>()) {
        (Some(bytes), _) => add(bytes),
        (None, Ok(strings)) => {
            for text in strings {
                add(&(text.len() as u64).to_le_bytes());
                add(text);
            }
        }
        (None, Err(_)) => {}
    }
    hash
}
