//! Floats in the notations of C: decimal and hexadecimal ones, and words.

/// The number that a text without spaces stands for, rounded once.
///
/// ```
/// use ferroflow_core::float_text::to_f32;
/// assert_eq!(to_f32("-0x1.8p1"), Some(-3.0));
/// assert_eq!(to_f32("1e39"), Some(f32::INFINITY));
/// assert_eq!(to_f32("1f"), None);
/// ```
#[must_use]
pub fn to_f32(text: &str) -> Option<f32> {
    match notation(text)? {
        Notation::Decimal => text.parse().ok(),
        // A multiple of 2^-149 below 2^24 of them is exact in float64.
        Notation::Hexadecimal(number) => Some(number.rounded(f32::MANTISSA_DIGITS, -149) as f32),
        Notation::NotANumber => Some(f32::NAN),
    }
}

/// The same in double precision.
#[must_use]
pub fn to_f64(text: &str) -> Option<f64> {
    match notation(text)? {
        Notation::Decimal => text.parse().ok(),
        Notation::Hexadecimal(number) => Some(number.rounded(f64::MANTISSA_DIGITS, -1074)),
        Notation::NotANumber => Some(f64::NAN),
    }
}

enum Notation {
    /// One that Rust reads as C does.
    Decimal,
    Hexadecimal(Hexadecimal),
    /// A word with a payload, which is lost.
    NotANumber,
}

fn notation(text: &str) -> Option<Notation> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text).to_ascii_lowercase();
    if let Some(hexadecimal) = digits.strip_prefix("0x") {
        return Hexadecimal::read(hexadecimal, text.starts_with('-')).map(Notation::Hexadecimal);
    }
    let payload = digits.strip_prefix("nan(").and_then(|rest| rest.strip_suffix(')'));
    if payload.is_some_and(|payload| payload.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'))
    {
        return Some(Notation::NotANumber);
    }
    Some(Notation::Decimal)
}

/// `digits * 2^exponent`, and a little more where `more` is set.
struct Hexadecimal {
    negative: bool,
    digits: u64,
    exponent: i64,
    more: bool,
}

impl Hexadecimal {
    /// Reads what stands behind `0x`, in small letters.
    fn read(text: &str, negative: bool) -> Option<Hexadecimal> {
        let (digits, exponent) = match text.split_once('p') {
            Some((digits, exponent)) => (digits, power(exponent)?),
            None => (text, 0),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let mut number = Hexadecimal { negative, digits: 0, exponent, more: false };
        for (place, letter) in whole.chars().chain(fraction.chars()).enumerate() {
            let digit = letter.to_digit(16)?;
            let behind_point = place >= whole.len();
            if number.digits >> 60 == 0 {
                number.digits = number.digits << 4 | u64::from(digit);
                number.exponent -= if behind_point { 4 } else { 0 };
            } else {
                number.more |= digit != 0;
                number.exponent += if behind_point { 0 } else { 4 };
            }
        }
        Some(number)
    }

    /// The nearest number of this many binary digits, none of them below `2^least`; of two the even one.
    fn rounded(&self, precision: u32, least: i64) -> f64 {
        let sign = if self.negative { -1.0 } else { 1.0 };
        if self.digits == 0 {
            return 0.0 * sign;
        }
        let top = self.exponent + i64::from(63 - self.digits.leading_zeros());
        let unit = (top - i64::from(precision) + 1).max(least);
        let shift = unit - self.exponent;
        let digits = match shift {
            ..0 => return scaled(self.digits, self.exponent) * sign,
            0..=63 => {
                let kept = self.digits >> shift;
                let rest = self.digits - (kept << shift);
                let half = if shift == 0 { 0 } else { 1 << (shift - 1) };
                let more = rest > half || (rest == half && half > 0 && (self.more || kept % 2 == 1));
                kept + u64::from(more)
            }
            // Half of the unit at most, and just that only where the highest digit is the only one.
            64 => u64::from(self.digits > 1 << 63 || (self.digits == 1 << 63 && self.more)),
            _ => 0,
        };
        scaled(digits, unit) * sign
    }
}

/// `digits * 2^exponent`, of as many digits as a float has.
fn scaled(digits: u64, exponent: i64) -> f64 {
    let power = exponent.clamp(-1074, 1100);
    let power = i32::try_from(power).unwrap_or_default();
    // Two steps reach the smallest powers without being rounded on the way.
    digits as f64 * 2f64.powi(power / 2) * 2f64.powi(power - power / 2)
}

/// An exponent; one that no float has is as good as the largest.
fn power(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let size = digits.parse::<i64>().unwrap_or(i64::MAX).min(1 << 40);
    Some(if text.starts_with('-') { -size } else { size })
}

#[cfg(test)]
mod tests {
    use super::{to_f32, to_f64};

    #[test]
    fn hexadecimal_numbers_are_rounded_once() {
        assert_eq!(to_f32("0x1.fffffep127"), Some(f32::MAX));
        assert_eq!(to_f32("0x1.ffffffp127"), Some(f32::INFINITY));
        assert_eq!(to_f32("0x1.000001p0"), Some(1.0));
        assert_eq!(to_f32("0x1.00000100000000000000001p0"), Some(1.0 + f32::EPSILON));
        assert_eq!(to_f32("0x1p-149"), Some(f32::from_bits(1)));
        assert_eq!(to_f32("0x1p-150"), Some(0.0));
        assert_eq!(to_f32("0x1.8p-150"), Some(f32::from_bits(1)));
        assert_eq!(to_f64("0x1p-1074"), Some(f64::from_bits(1)));
        assert_eq!(to_f64("0x1p-99999999999999999999"), Some(0.0));
        assert_eq!(to_f64("0x1p99999999999999999999"), Some(f64::INFINITY));
        assert_eq!(to_f64("0x123456789abcdef0123"), Some(f64::from_bits(0x4472_3456_789a_bcdf)));
        assert_eq!(to_f64("-0x.8p1"), Some(-1.0));
    }

    #[test]
    fn what_is_no_number_is_none() {
        for text in ["0x", "0x1p", "0x.", "0x1g", "", ".", "1e", "+-1", "1_0", "0x1p1.5", "nan(", "nan(-)"] {
            assert_eq!(to_f64(text), None, "{text}");
        }
        assert!(to_f32("nan(1)").is_some_and(f32::is_nan));
        assert_eq!(to_f64("-INF"), Some(f64::NEG_INFINITY));
    }
}
