//! `Mismatch`: the account of two arrays that differ, laid out as NumPy's assertions lay it out.

use ferroflow_core::print::{PrintOptions, array_repr, array_str, scalar_str};
use ferroflow_core::{Complex, DType, NdArray, PartialShape, Result};
use std::fmt::Write;

/// So many elements that differ are named.
const NAMED: usize = 5;
/// So many lines of each array are shown.
const LINES: usize = 3;

/// The two arrays and the heading that says what they should have been to each other.
pub(crate) struct Mismatch<'a> {
    pub(crate) heading: String,
    pub(crate) found: &'a NdArray,
    pub(crate) expected: &'a NdArray,
}

impl Mismatch<'_> {
    /// Another shape, or another dtype, is why.
    pub(crate) fn of_kind(&self, what: &str, found: &str, expected: &str) -> String {
        self.text(&format!("\n({what} {found}, {expected} mismatch)"))
    }

    /// The elements at these positions are why.
    pub(crate) fn at(&self, positions: &[usize]) -> String {
        let (count, all) = (positions.len(), self.found.len());
        let percent = significant(100.0 * count as f64 / all.max(1) as f64, 3);
        let mut remarks = format!("\nMismatched elements: {count} / {all} ({percent}%)");
        if self.found.rank() > 0 {
            remarks.push_str(match count {
                1 => "\nMismatch at index:",
                _ if count <= NAMED => "\nMismatch at indices:",
                _ => "\nFirst 5 mismatches are at indices:",
            });
            for &position in positions.iter().take(NAMED) {
                let index = index(self.found, position);
                let (found, expected) =
                    (scalar_str(self.found, position), scalar_str(self.expected, position));
                let _ = write!(remarks, "\n [{index}]: {found} (ACTUAL), {expected} (DESIRED)");
            }
        }
        if let Ok(Some((absolute, relative))) = self.differences(positions) {
            let _ = write!(remarks, "\nMax absolute difference among violations: {absolute}");
            let _ = write!(remarks, "\nMax relative difference among violations: {relative}");
        }
        self.text(&remarks)
    }

    fn text(&self, remarks: &str) -> String {
        let shown = |array: &NdArray| {
            let repr = array_repr(array, &PrintOptions { precision: 6, ..PrintOptions::default() });
            match repr.match_indices('\n').nth(LINES - 1) {
                Some((end, _)) if repr.matches('\n').count() > LINES => format!("{}...", &repr[..end]),
                _ => repr,
            }
        };
        format!(
            "{}\n{remarks}\n ACTUAL: {}\n DESIRED: {}",
            self.heading,
            shown(self.found),
            shown(self.expected)
        )
    }

    /// The greatest absolute and relative difference at these positions, as NumPy prints them; none of what is no
    /// number.
    fn differences(&self, positions: &[usize]) -> Result<Option<(String, String)>> {
        let (a, b) = (self.found, self.expected);
        let is_number = |array: &NdArray| array.dtype() != DType::BOOL && array.dtype() != DType::STRING;
        if !is_number(a) || !is_number(b) {
            return Ok(None);
        }
        let (x, y) = (a.cast(DType::COMPLEX128)?, b.cast(DType::COMPLEX128)?);
        let (x, y) = (x.as_slice::<Complex<f64>>()?, y.as_slice::<Complex<f64>>()?);
        let (mut absolute, mut relative) = (0.0_f64, f64::NEG_INFINITY);
        for (x, y) in positions.iter().filter_map(|&at| x.get(at).zip(y.get(at))) {
            let difference = (x - y).norm();
            absolute = if difference.is_nan() { difference } else { absolute.max(difference) };
            if y.norm() != 0.0 {
                let ratio = difference / y.norm();
                relative = if ratio.is_nan() { ratio } else { relative.max(ratio) };
            }
        }
        let relative = if relative == f64::NEG_INFINITY { f64::INFINITY } else { relative };
        let integers = a.dtype().is_integer() && b.dtype().is_integer();
        let single = |dtype: DType| dtype == DType::FLOAT32 || dtype == DType::COMPLEX64;
        let single = single(a.dtype()) && single(b.dtype());
        let absolute = if integers { format!("{absolute:.0}") } else { number(absolute, single) };
        Ok(Some((absolute, number(relative, single))))
    }
}

/// A number with the digits that NumPy's arrays are printed with.
fn number(value: f64, single: bool) -> String {
    let array = if single { NdArray::vector(vec![value as f32]) } else { NdArray::vector(vec![value]) };
    array_str(&array, &PrintOptions::default()).trim_matches(['[', ']']).to_string()
}

/// `0, 1`: where the element at this position stands.
fn index(array: &NdArray, position: usize) -> String {
    let mut index = Vec::new();
    let mut rest = position;
    for &dim in array.shape().dims().iter().rev() {
        index.push((rest % dim.max(1)).to_string());
        rest /= dim.max(1);
    }
    index.reverse();
    index.join(", ")
}

/// The shape as NumPy writes it.
pub(crate) fn shape(array: &NdArray) -> String {
    PartialShape::from(array.shape()).to_string()
}

/// A number with so many significant digits, as `%g` writes it.
pub(crate) fn significant(value: f64, digits: usize) -> String {
    if value == 0.0 || !value.is_finite() {
        return value.to_string();
    }
    let scientific = format!("{value:.*e}", digits - 1);
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let without_zeros = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_string(),
        false => text.to_string(),
    };
    if exponent < -4 || exponent >= digits as i32 {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{}e{sign}{:02}", without_zeros(mantissa), exponent.abs());
    }
    without_zeros(&format!("{value:.*}", usize::try_from(digits as i32 - 1 - exponent).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::significant;

    #[test]
    fn significant_digits_are_those_of_percent_g() {
        for (value, digits, text) in [
            (1e-6, 6, "1e-06"),
            (0.0, 6, "0"),
            (0.1, 6, "0.1"),
            (33.333_333, 3, "33.3"),
            (100.0, 3, "100"),
            (0.05, 3, "0.05"),
            (0.000_012_34, 3, "1.23e-05"),
            (1_234_567.0, 6, "1.23457e+06"),
        ] {
            assert_eq!(significant(value, digits), text);
        }
    }
}
