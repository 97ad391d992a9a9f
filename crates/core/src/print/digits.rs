//! Decimal digits of floats: the fewest that identify the value, or an exact rounding to a number of digits.

use crate::{bf16, f16};

/// More digits than any `f64` has after its point; further ones are all zero.
const MOST_DIGITS: usize = 1100;

/// A float type that NumPy prints by its own digits.
pub(super) trait Real: Copy {
    /// `numpy.finfo(dtype).precision`: decimal digits that the type holds for certain.
    const DIGITS: i32;
    /// The value, exactly.
    fn widen(self) -> f64;
    /// The nearest value of this type.
    fn narrow(value: f64) -> Self;
    /// The fewest digits that read back as this value, as Rust's `{:e}` writes them; the sign is left out.
    fn shortest(self) -> String;
}

macro_rules! by_rust {
    ($($ty:ident $digits:literal;)*) => {
        $(impl Real for $ty {
            const DIGITS: i32 = $digits;
            fn widen(self) -> f64 {
                f64::from(self)
            }
            fn narrow(value: f64) -> $ty {
                value as $ty
            }
            fn shortest(self) -> String {
                let text = format!("{:e}", self.abs());
                even_tie(text, f64::from(self.abs()), |text| text.parse() == Ok(self.abs()))
            }
        })*
    };
}

by_rust! {
    f64 15;
    f32 6;
}

/// The shortest text, where two are as near to the exact value the one with an even last digit: NumPy's rule,
/// while Rust takes the upper one.
fn even_tie(text: String, exact: f64, reads_back: impl Fn(&str) -> bool) -> String {
    let (lead, rest, _) = parse_scientific(&text);
    if !rest.ends_with(['1', '3', '5', '7', '9']) {
        return text;
    }
    let fraction = (lead + &rest).len() - 1;
    let even = format!("{exact:.fraction$e}");
    if even != text && reads_back(&even) { even } else { text }
}

impl Real for f16 {
    const DIGITS: i32 = 3;
    fn widen(self) -> f64 {
        self.to_f64()
    }
    fn narrow(value: f64) -> f16 {
        f16::from_f64(value)
    }
    fn shortest(self) -> String {
        let exact = self.to_f64().abs();
        let reads_back =
            |text: &String| text.parse().is_ok_and(|value| f16::from_f64(value).to_f64() == exact);
        // Below a power of two halves lie closer, so that the nearest decimal may miss and the next one up hit.
        // Five digits identify any half.
        (0..4)
            .flat_map(|fraction| {
                let nearest = format!("{exact:.fraction$e}");
                let (lead, rest, exponent) = parse_scientific(&nearest);
                let digits = (lead + &rest).parse::<u32>().unwrap_or(0) + 1;
                let above = format!("{digits}e{}", exponent - fraction as i32).parse::<f64>();
                [nearest, format!("{:.fraction$e}", above.unwrap_or(exact))]
            })
            .find(reads_back)
            .unwrap_or_else(|| format!("{exact:.4e}"))
    }
}

/// A finite number written out: `whole.fraction` or `whole.fraction e exponent`.
#[derive(Debug, PartialEq)]
pub(super) struct Number {
    pub(super) negative: bool,
    pub(super) whole: String,
    /// Without trailing zeros, unless a least length was asked for.
    pub(super) fraction: String,
    pub(super) exponent: i32,
}

/// Digits and exponent of text like `1.25e-7`.
fn parse_scientific(text: &str) -> (String, String, i32) {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    (whole.to_string(), fraction.to_string(), exponent.parse().unwrap_or(0))
}

fn trim_zeros(fraction: &mut String) {
    fraction.truncate(fraction.trim_end_matches('0').len());
}

/// A finite number without exponent, of at most `most` digits after the point.
pub(super) fn positional<T: Real>(value: T, most: usize) -> Number {
    let exact = value.widen();
    let (lead, rest, exponent) = parse_scientific(&value.shortest());
    let digits = lead + &rest;
    let (whole, mut fraction) = match usize::try_from(exponent) {
        Ok(exponent) if digits.len() > exponent + 1 => {
            let (whole, fraction) = digits.split_at(exponent + 1);
            (whole.to_string(), fraction.to_string())
        }
        Ok(exponent) => (format!("{digits:0<width$}", width = exponent + 1), String::new()),
        Err(_) => {
            let zeros = exponent.unsigned_abs() as usize - 1;
            ("0".to_string(), "0".repeat(zeros) + &digits)
        }
    };
    trim_zeros(&mut fraction);
    let mut number = Number { negative: exact.is_sign_negative(), whole, fraction, exponent: 0 };
    if number.fraction.len() > most {
        // Cutting the shortest digits would round twice: the exact value is rounded anew, ties to even.
        let text = format!("{:.*}", most.min(MOST_DIGITS), exact.abs());
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        number.whole = whole.to_string();
        number.fraction = fraction.to_string();
        trim_zeros(&mut number.fraction);
    }
    number
}

/// A finite number with exponent, of at most `most` digits after the point, trailing zeros left out.
pub(super) fn scientific<T: Real>(value: T, most: usize) -> Number {
    let mut number = scientific_between(value, 0, most);
    trim_zeros(&mut number.fraction);
    number
}

/// A finite number with exponent, of just so many digits after the point.
///
/// Digits past those that identify the value are the value's own, as in NumPy: `1.1e10f32` is `1.1000001e+10`.
pub(super) fn scientific_exactly<T: Real>(value: T, fraction: usize) -> Number {
    scientific_between(value, fraction, fraction)
}

fn scientific_between<T: Real>(value: T, least: usize, most: usize) -> Number {
    let exact = value.widen();
    let (mut whole, mut fraction, mut exponent) = parse_scientific(&value.shortest());
    let length = fraction.trim_end_matches('0').len();
    if length < least || length > most {
        let digits = if length > most { most } else { least };
        (whole, fraction, exponent) =
            parse_scientific(&format!("{:.*e}", digits.min(MOST_DIGITS), exact.abs()));
    }
    Number { negative: exact.is_sign_negative(), whole, fraction, exponent }
}

/// An exponent as C writes it: a sign and at least `digits` digits.
pub(super) fn exponent_text(exponent: i32, digits: usize) -> String {
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{sign}{:0>digits$}", exponent.unsigned_abs())
}

/// A `bfloat16` as its NumPy type prints it: C's `%g` of the `float`, six digits.
pub(super) fn bfloat16_text(value: bf16) -> String {
    let value = value.to_f32();
    if value.is_nan() {
        return "nan".to_string();
    }
    let sign = if value.is_sign_negative() { "-" } else { "" };
    if value.is_infinite() {
        return format!("{sign}inf");
    }
    let (whole, fraction, exponent) = parse_scientific(&format!("{:.5e}", value.abs()));
    let text = if (-4..6).contains(&exponent) {
        let digits = (5 - exponent).unsigned_abs() as usize;
        format!("{:.digits$}", value.abs())
    } else {
        format!("{whole}.{fraction}")
    };
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if (-4..6).contains(&exponent) {
        format!("{sign}{text}")
    } else {
        format!("{sign}{text}e{}", exponent_text(exponent, 2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(number: Number) -> String {
        format!("{}.{}e{}", number.whole, number.fraction, number.exponent)
    }

    #[test]
    fn digits_past_the_shortest_are_the_values_own() {
        assert_eq!(text(scientific_exactly(1.1e10f32, 7)), "1.1000001e10");
        assert_eq!(text(scientific(1.1e10f32, 8)), "1.1e10");
    }

    #[test]
    fn ties_go_to_the_even_digit() {
        assert_eq!(text(positional(0.125, 2)), "0.12e0");
        assert_eq!(text(positional(0.375, 2)), "0.38e0");
        assert_eq!(text(positional(2.5, 0)), "2.e0");
    }

    #[test]
    fn enormous_precision_is_no_error() {
        assert_eq!(text(positional(5e-324, usize::MAX)).len(), 325 + 3);
        assert_eq!(text(scientific_exactly(0.5, 3)), "5.000e-1");
    }
}
