//! `summarize`: the first elements of an array as TensorFlow's C++ messages show them.

use ferroflow_core::{DType, NdArray, ResourceHandle, TString, Variant, dispatch};

/// The first `most` elements of an array (all of them when it is negative) in the form of `Assert` and `Print`:
/// `1 2 3...`, and with brackets around rows from two dimensions on.
///
/// ```
/// use ferroflow_core::NdArray;
/// use ferroflow_ops_control::summarize;
/// assert_eq!(summarize(&NdArray::from([1, 2, 3, 4]), 3), "1 2 3...");
/// assert_eq!(summarize(&NdArray::from([[1, 2], [3, 4]]), -1), "[1 2][3 4]");
/// ```
pub fn summarize(array: &NdArray, most: i64) -> String {
    let total = array.len();
    let limit = usize::try_from(most).map_or(total, |most| most.min(total));
    let elements = elements(array, limit);
    let mut text = String::new();
    match array.shape().dims() {
        [] => text.push_str(&elements.concat()),
        dims => {
            let mut rest = elements.iter();
            let mut left = limit;
            rows(dims, true, &mut rest, &mut left, &mut text);
        }
    }
    if total > limit {
        text.push_str("...");
    }
    text
}

fn rows(
    dims: &[usize],
    outermost: bool,
    elements: &mut std::slice::Iter<'_, String>,
    left: &mut usize,
    text: &mut String,
) {
    let Some((&size, inner)) = dims.split_first() else { return };
    for index in 0..size {
        if *left == 0 {
            if inner.is_empty() && !outermost {
                text.push_str("...");
            }
            return;
        }
        if inner.is_empty() {
            if index > 0 {
                text.push(' ');
            }
            text.extend(elements.next().map(String::as_str));
            *left -= 1;
        } else {
            text.push('[');
            rows(inner, false, elements, left, text);
            text.push(']');
        }
    }
}

fn elements(array: &NdArray, limit: usize) -> Vec<String> {
    fn shown<T>(values: &[T], limit: usize, show: impl Fn(&T) -> String) -> Vec<String> {
        values.iter().take(limit).map(show).collect()
    }
    let texts = match array.dtype() {
        DType::STRING => array.as_slice::<TString>().map(|texts| shown(texts, limit, escaped)),
        DType::BOOL => {
            array.as_slice::<bool>().map(|flags| shown(flags, limit, |flag| u8::from(*flag).to_string()))
        }
        DType::FLOAT32 => {
            array.as_slice::<f32>().map(|values| shown(values, limit, |value| float_text(*value)))
        }
        DType::FLOAT64 => {
            array.as_slice::<f64>().map(|values| shown(values, limit, |value| double_text(*value)))
        }
        dtype @ (DType::HALF | DType::BFLOAT16) => dispatch!(dtype, HALVES, |T| array
            .as_slice::<T>()
            .map(|values| shown(values, limit, |value| float_text(value.to_f32())))),
        DType::RESOURCE => {
            array.as_slice::<ResourceHandle>().map(|all| shown(all, limit, |one| format!("{one:?}")))
        }
        DType::VARIANT => array.as_slice::<Variant>().map(|all| shown(all, limit, |one| format!("{one:?}"))),
        dtype if dtype.is_integer() => dispatch!(dtype, INTEGERS, |T| array
            .as_slice::<T>()
            .map(|values| shown(values, limit, T::to_string))),
        _ => Ok(vec!["?".to_string(); limit]),
    };
    texts.unwrap_or_default()
}

/// The shorter of 6 and 9 significant digits that reads back to the same value, as `absl::StrAppend` prints.
fn float_text(value: f32) -> String {
    let short = general(f64::from(value), 6);
    if short.parse::<f32>() == Ok(value) || !value.is_finite() { short } else { general(f64::from(value), 9) }
}

/// The same with 15 and 17 digits.
fn double_text(value: f64) -> String {
    let short = general(value, 15);
    if short.parse::<f64>() == Ok(value) || !value.is_finite() { short } else { general(value, 17) }
}

/// C's `%.{digits}g`.
fn general(value: f64, digits: usize) -> String {
    if value.is_nan() {
        return "nan".to_string();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_string();
    }
    let scientific = format!("{value:.*e}", digits.saturating_sub(1));
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let trimmed = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_string(),
        false => text.to_string(),
    };
    if exponent < -4 || exponent >= digits as i32 {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{}e{sign}{:02}", trimmed(mantissa), exponent.unsigned_abs());
    }
    let places = usize::try_from(digits as i32 - 1 - exponent).unwrap_or(0);
    trimmed(&format!("{value:.places$}"))
}

/// A string with C escapes for what is not printable ASCII, as `absl::CEscape`.
fn escaped(text: &TString) -> String {
    let mut shown = String::new();
    for &byte in text.as_bytes() {
        match byte {
            b'\n' => shown.push_str("\\n"),
            b'\r' => shown.push_str("\\r"),
            b'\t' => shown.push_str("\\t"),
            b'"' | b'\'' | b'\\' => shown.extend(['\\', char::from(byte)]),
            0x20..0x7f => shown.push(char::from(byte)),
            byte => shown.push_str(&format!("\\{byte:03o}")),
        }
    }
    shown
}
