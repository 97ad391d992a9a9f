//! `FloatFormat`: the columns that all floats of an array are printed in.

use super::digits::{Number, Real, exponent_text, positional, scientific, scientific_exactly};
use super::options::PrintOptions;

/// The notation and widths that NumPy chooses from the finite values of an array.
pub(super) struct FloatFormat {
    notation: Notation,
    /// Columns before the point, the sign included.
    left: usize,
    /// Columns after the point, an exponent included.
    right: usize,
    /// Positive numbers carry a `+`, as imaginary parts do.
    plus: bool,
}

enum Notation {
    Positional { most: usize },
    Scientific { fraction: usize, exponent: usize },
}

/// What a first pass over the values finds.
#[derive(Default)]
struct Survey {
    finite: usize,
    other: usize,
    negative_infinity: bool,
    /// The largest and the smallest magnitude other than 0.
    range: Option<(f64, f64)>,
}

impl Survey {
    fn of<T: Real>(values: impl Iterator<Item = T>) -> Survey {
        let mut survey = Survey::default();
        for value in values.map(Real::widen) {
            if !value.is_finite() {
                survey.other += 1;
                survey.negative_infinity |= value == f64::NEG_INFINITY;
                continue;
            }
            survey.finite += 1;
            let magnitude = value.abs();
            if magnitude > 0.0 {
                let (largest, smallest) = survey.range.unwrap_or((magnitude, magnitude));
                survey.range = Some((largest.max(magnitude), smallest.min(magnitude)));
            }
        }
        survey
    }

    /// NumPy's rule for scientific notation; its comparisons are made in the dtype itself.
    fn is_scientific<T: Real>(&self, suppress: bool) -> bool {
        let Some((largest, smallest)) = self.range else {
            return false;
        };
        let ratio = T::narrow(largest / smallest).widen();
        largest >= 10f64.powi(T::DIGITS.min(8))
            || (!suppress && (smallest < T::narrow(0.0001).widen() || ratio > 1000.0))
    }
}

impl FloatFormat {
    /// The columns for these values, imaginary parts with a `+` if `plus`.
    pub(super) fn new<T: Real>(
        values: impl Iterator<Item = T> + Clone,
        options: &PrintOptions,
        plus: bool,
    ) -> FloatFormat {
        let survey = Survey::of(values.clone());
        let finite = values.filter(|value| value.widen().is_finite());
        let mut format = if survey.is_scientific::<T>(options.suppress) {
            FloatFormat::scientific(finite, options.precision, plus)
        } else {
            FloatFormat::positional(finite, options.precision, plus)
        };
        if survey.finite == 0 {
            (format.left, format.right) = (0, 0);
        }
        if survey.other > 0 {
            // `nan` and `inf` also use the columns of the point and what follows. That a `nan` may carry a sign
            // is forgotten by NumPy.
            let signed = usize::from(plus || survey.negative_infinity);
            format.left = format.left.max((3 + signed).saturating_sub(format.right + 1));
        }
        format
    }

    fn positional<T: Real>(values: impl Iterator<Item = T>, most: usize, plus: bool) -> FloatFormat {
        let (mut left, mut right) = (0, 0);
        for value in values {
            let number = positional(value, most);
            left = left.max(number.whole.len() + usize::from(plus || number.negative));
            right = right.max(number.fraction.len());
        }
        FloatFormat { notation: Notation::Positional { most }, left, right, plus }
    }

    fn scientific<T: Real>(values: impl Iterator<Item = T>, most: usize, plus: bool) -> FloatFormat {
        let (mut left, mut fraction, mut exponent) = (0, 0, 2);
        for value in values {
            let number = scientific(value, most);
            left = left.max(number.whole.len() + usize::from(plus || number.negative));
            fraction = fraction.max(number.fraction.len());
            exponent = exponent.max(exponent_text(number.exponent, 2).len() - 1);
        }
        // `e` and the sign of the exponent take two columns.
        let right = fraction + 2 + exponent;
        FloatFormat { notation: Notation::Scientific { fraction, exponent }, left, right, plus }
    }

    /// Appends a value in these columns.
    pub(super) fn write<T: Real>(&self, value: T, out: &mut String) {
        let wide = value.widen();
        if !wide.is_finite() {
            let sign = match wide {
                f64::NEG_INFINITY => "-",
                _ if self.plus => "+",
                _ => "",
            };
            let name = if wide.is_nan() { "nan" } else { "inf" };
            pad(out, (self.left + self.right + 1).saturating_sub(sign.len() + 3));
            out.push_str(sign);
            out.push_str(name);
            return;
        }
        match self.notation {
            Notation::Positional { most } => {
                let number = positional(value, most);
                self.write_mantissa(&number, out);
                pad(out, self.right.saturating_sub(number.fraction.len()));
            }
            Notation::Scientific { fraction, exponent } => {
                let number = scientific_exactly(value, fraction);
                self.write_mantissa(&number, out);
                out.push('e');
                out.push_str(&exponent_text(number.exponent, exponent));
            }
        }
    }

    fn write_mantissa(&self, number: &Number, out: &mut String) {
        let sign = if number.negative {
            "-"
        } else if self.plus {
            "+"
        } else {
            ""
        };
        pad(out, self.left.saturating_sub(sign.len() + number.whole.len()));
        out.push_str(sign);
        out.push_str(&number.whole);
        out.push('.');
        out.push_str(&number.fraction);
    }
}

/// Appends blanks.
pub(super) fn pad(out: &mut String, count: usize) {
    out.extend(std::iter::repeat_n(' ', count));
}
