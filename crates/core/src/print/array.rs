//! `str` and `repr` of arrays.

use super::layout::Layout;
use super::options::PrintOptions;
use super::scalar::{numpy_dtype_name, scalar_str};
use super::words::words;
use crate::{NdArray, PartialShape};
use std::fmt;

/// The array as NumPy's `str` prints it: `[1.  2.5]`.
///
/// A 0-d array prints as its scalar, with all its digits.
pub fn array_str(array: &NdArray, options: &PrintOptions) -> String {
    if array.rank() == 0 {
        return scalar_str(array, 0);
    }
    elements(array, options, " ", "", "")
}

/// The array as NumPy's `repr` prints it: `array([1. , 2.5], dtype=float32)`.
///
/// ```
/// use ferroflow_core::{NdArray, print::{PrintOptions, array_repr}};
/// let array = NdArray::from([1.0f32, 2.5]);
/// assert_eq!(array_repr(&array, &PrintOptions::default()), "array([1. , 2.5], dtype=float32)");
/// ```
pub fn array_repr(array: &NdArray, options: &PrintOptions) -> String {
    const PREFIX: &str = "array(";
    let mut text = PREFIX.to_string() + &elements(array, options, ", ", PREFIX, ")");
    let mut extras = Vec::new();
    if (array.is_empty() && array.shape().dims() != [0]) || array.len() > options.threshold {
        extras.push(format!("shape={}", PartialShape::from(array.shape())));
    }
    let dtype = numpy_dtype_name(array.dtype());
    let implied = matches!(dtype, "int64" | "float64" | "complex128" | "bool");
    if !implied || array.is_empty() {
        extras.push(format!("dtype={dtype}"));
    }
    if extras.is_empty() {
        text.push(')');
        return text;
    }
    text.push(',');
    let extras = extras.join(", ") + ")";
    let last_line = text.rsplit('\n').next().map_or(0, |line| line.chars().count());
    if last_line + extras.len() + 1 > options.linewidth {
        text.push('\n');
        text.extend(std::iter::repeat_n(' ', PREFIX.len()));
    } else {
        text.push(' ');
    }
    text + &extras
}

/// The brackets and what is in them.
fn elements(array: &NdArray, options: &PrintOptions, separator: &str, prefix: &str, suffix: &str) -> String {
    if array.is_empty() {
        return "[]".to_string();
    }
    let layout = Layout::new(array.shape().dims(), options, separator, suffix.len());
    let mut out = String::new();
    // Every dtype that an array can hold has words.
    if let Ok(words) = words(array, &layout, options) {
        layout.write(&mut out, prefix.len(), &mut |position, out| words(position, out));
    }
    out
}

/// The options that format flags ask for: `#` shows every element, a precision is NumPy's.
fn options(f: &fmt::Formatter<'_>) -> PrintOptions {
    let base = if f.alternate() { PrintOptions::full() } else { PrintOptions::default() };
    PrintOptions { precision: f.precision().unwrap_or(base.precision), ..base }
}

impl fmt::Display for NdArray {
    /// NumPy's `str`; `{:#}` shows every element, `{:.3}` rounds floats to 3 digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&array_str(self, &options(f)))
    }
}

impl fmt::Debug for NdArray {
    /// NumPy's `repr`; `{:#?}` shows every element, `{:.3?}` rounds floats to 3 digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&array_repr(self, &options(f)))
    }
}
