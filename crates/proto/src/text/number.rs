//! Numbers as the text format writes and reads them, which is how Python and C do.

/// Python's `repr` of a float: the shortest digits that give it back, fixed or with an exponent.
pub(super) fn python_float(value: f64) -> String {
    if !value.is_finite() {
        return non_finite(value);
    }
    let shortest = format!("{value:e}");
    let places = shortest.bytes().take_while(|byte| *byte != b'e').filter(u8::is_ascii_digit).count();
    // Of two shortest numbers that are equally near, Python takes the even one; so does formatting to a precision.
    let even = format!("{value:.*e}", places.saturating_sub(1));
    let (digits, exponent) = split(if even.parse() == Ok(value) { &even } else { &shortest });
    if (-4..16).contains(&exponent) { fixed(&digits, exponent, true) } else { scientific(&digits, exponent) }
}

/// What Python's text format writes for a 32-bit float: the fewest digits, but at least six, that give it back,
/// written as Python writes the 64-bit float of those digits.
pub(super) fn python_float32(value: f32) -> String {
    if !value.is_finite() {
        return non_finite(f64::from(value));
    }
    let wide = f64::from(value);
    // Nine digits are enough for every 32-bit float.
    let shortest = (6..=9)
        .filter_map(|precision| format!("{wide:.*e}", precision - 1).parse::<f64>().ok())
        .find(|rounded| *rounded as f32 == value);
    python_float(shortest.unwrap_or(wide))
}

/// C's `%.15g`, or `%.17g` when 15 digits do not give the number back.
pub(super) fn c_double(value: f64) -> String {
    if !value.is_finite() {
        return non_finite(value);
    }
    let short = general(value, 15);
    if short.parse() == Ok(value) { short } else { general(value, 17) }
}

/// C's `%.6g`, or `%.9g` when six digits do not give the number back.
pub(super) fn c_float(value: f32) -> String {
    if !value.is_finite() {
        return non_finite(f64::from(value));
    }
    let short = general(f64::from(value), 6);
    if short.parse() == Ok(value) { short } else { general(f64::from(value), 9) }
}

fn non_finite(value: f64) -> String {
    let text = match (value.is_nan(), value.is_sign_negative()) {
        (true, _) => "nan",
        (false, true) => "-inf",
        (false, false) => "inf",
    };
    text.to_owned()
}

/// C's `%.{precision}g`.
fn general(value: f64, precision: usize) -> String {
    let (digits, exponent) = split(&format!("{value:.*e}", precision.saturating_sub(1)));
    let kept = digits.trim_end_matches('0');
    // "-" alone or nothing is left of a zero.
    let digits = if kept.ends_with(|c: char| c.is_ascii_digit()) {
        kept
    } else {
        digits.get(..kept.len() + 1).unwrap_or("0")
    };
    if exponent < -4 || usize::try_from(exponent).is_ok_and(|exponent| exponent >= precision) {
        scientific(digits, exponent)
    } else {
        fixed(digits, exponent, false)
    }
}

/// The sign and digits, without the point, and the exponent of a number like `-1.25e-7`.
fn split(text: &str) -> (String, i32) {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    (mantissa.replace('.', ""), exponent.parse().unwrap_or(0))
}

fn scientific(digits: &str, exponent: i32) -> String {
    let (sign, digits) = sign(digits);
    let (first, rest) = digits.split_at(digits.len().min(1));
    let point = if rest.is_empty() { "" } else { "." };
    let exponent_sign = if exponent < 0 { '-' } else { '+' };
    format!("{sign}{first}{point}{rest}e{exponent_sign}{:02}", exponent.unsigned_abs())
}

fn fixed(digits: &str, exponent: i32, always_point: bool) -> String {
    let (sign, digits) = sign(digits);
    match usize::try_from(exponent) {
        Ok(exponent) => {
            let padded = format!("{digits:0<width$}", width = exponent + 1);
            let (whole, fraction) = padded.split_at(exponent + 1);
            match (fraction, always_point) {
                ("", true) => format!("{sign}{whole}.0"),
                ("", false) => format!("{sign}{whole}"),
                _ => format!("{sign}{whole}.{fraction}"),
            }
        }
        Err(_) => format!("{sign}0.{}{digits}", "0".repeat(exponent.unsigned_abs() as usize - 1)),
    }
}

fn sign(digits: &str) -> (&str, &str) {
    match digits.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", digits),
    }
}

/// A number that text stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Int {
    /// Its value.
    Value(i128),
    /// A number beyond any type of protobuf.
    Huge,
}

/// The integer of a field's text: what Python's `int(text, 0)` takes, and octals of a plain leading zero.
pub(super) fn parse_int(text: &str) -> Option<Int> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    match digits.strip_prefix('0') {
        Some(octal) if !octal.is_empty() && octal.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits_of(octal, 8, negative)
        }
        _ => parse_enum_number(text),
    }
}

/// The integer that Python's `int(text, 0)` gives.
pub(super) fn parse_enum_number(text: &str) -> Option<Int> {
    let (negative, unsigned) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    let radix = match unsigned.get(..2) {
        Some("0x" | "0X") => 16,
        Some("0o" | "0O") => 8,
        Some("0b" | "0B") => 2,
        _ => 10,
    };
    if radix != 10 {
        let digits = unsigned.get(2..)?;
        // One underscore may follow the prefix.
        return digits_of(digits.strip_prefix('_').unwrap_or(digits), radix, negative);
    }
    if unsigned.starts_with('0') && unsigned.bytes().any(|byte| !matches!(byte, b'0' | b'_')) {
        return None;
    }
    digits_of(unsigned, 10, negative)
}

/// Digits of that radix, with single underscores between them.
fn digits_of(digits: &str, radix: u32, negative: bool) -> Option<Int> {
    let mut value = Some(0i128);
    for group in digits.split('_') {
        if group.is_empty() {
            return None;
        }
        for digit in group.chars() {
            let digit = i128::from(digit.to_digit(radix)?);
            value = value.and_then(|value| value.checked_mul(i128::from(radix))?.checked_add(digit));
        }
    }
    Some(match value {
        Some(value) if negative => Int::Value(-value),
        Some(value) => Int::Value(value),
        None => Int::Huge,
    })
}

/// The float of a field's text: what Python's `float` takes, with any number of `f` behind.
///
/// # Errors
///
/// The message, in protobuf's words.
pub(super) fn parse_float(text: &str) -> Result<f64, String> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    if unsigned.strip_prefix('0').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
        return Err(format!("Invalid octal float: {text}"));
    }
    let lower = unsigned.to_ascii_lowercase();
    let special = match lower.as_str() {
        "inff" | "infinityf" => Some(f64::INFINITY),
        "nanf" => Some(f64::NAN),
        _ => None,
    };
    special
        .map(|value| if unsigned.len() < text.len() { -value } else { value })
        .or_else(|| python_parse(text))
        .or_else(|| python_parse(text.trim_end_matches(['f', 'F'])))
        .ok_or_else(|| format!("Couldn't parse float: {text}"))
}

/// Python's `float(text)`: Rust's grammar, and single underscores between digits.
fn python_parse(text: &str) -> Option<f64> {
    let bytes = text.as_bytes();
    let is_digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    let misplaced = |at: usize| {
        bytes.get(at) == Some(&b'_') && !(is_digit(at.checked_sub(1)) && is_digit(at.checked_add(1)))
    };
    if (0..bytes.len()).any(misplaced) { None } else { text.replace('_', "").parse().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_keep_their_sign() {
        assert_eq!(python_float(-0.0), "-0.0");
        assert_eq!(python_float(0.0), "0.0");
        assert_eq!(c_double(-0.0), "-0");
        assert_eq!(c_float(0.0), "0");
        assert_eq!(c_float(100.0), "100");
    }

    #[test]
    fn integers_follow_python() {
        for (text, value) in
            [("1_000", 1000), ("-0x1f", -31), ("017", 15), ("-017", -15), ("0b_11", 3), ("00", 0)]
        {
            assert_eq!(parse_int(text), Some(Int::Value(value)), "{text}");
        }
        for text in ["", "+", "08", "+017", "1__0", "_1", "1_", "0x", "0_7", "1L", "--1", "0x_", "- 1"] {
            assert_eq!(parse_int(text), None, "{text}");
        }
        assert_eq!(parse_int(&"9".repeat(60)), Some(Int::Huge));
    }
}
