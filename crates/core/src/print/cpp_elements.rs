//! Elements and bytes as TensorFlow's C++ messages show them.

use crate::{DType, NdArray, QInt8, QUInt8, ResourceHandle, TString, Variant, dispatch};

/// The first `limit` elements as TensorFlow's C++ messages show them.
pub fn cpp_elements(array: &NdArray, limit: usize) -> Vec<String> {
    fn shown<T>(values: &[T], limit: usize, show: impl Fn(&T) -> String) -> Vec<String> {
        values.iter().take(limit).map(show).collect()
    }
    let texts = match array.dtype() {
        DType::STRING => array.as_slice::<TString>().map(|texts| {
            shown(texts, limit, |text| String::from_utf8_lossy(&c_escaped(text, false)).into_owned())
        }),
        DType::QINT8 => array.as_slice::<QInt8>().map(|all| shown(all, limit, |one| one.0.to_string())),
        DType::QUINT8 => array.as_slice::<QUInt8>().map(|all| shown(all, limit, |one| one.0.to_string())),
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

/// Bytes with C escapes for what is not printable ASCII, as `absl::CEscape`; with `keep_high`, bytes from 128 on stay, as
/// in `absl::Utf8SafeCEscape`.
pub fn c_escaped(bytes: &[u8], keep_high: bool) -> Vec<u8> {
    let mut shown = Vec::with_capacity(bytes.len());
    for &byte in bytes {
        match byte {
            b'\n' => shown.extend(b"\\n"),
            b'\r' => shown.extend(b"\\r"),
            b'\t' => shown.extend(b"\\t"),
            b'"' | b'\'' | b'\\' => shown.extend([b'\\', byte]),
            0x20..=0x7e => shown.push(byte),
            0x80.. if keep_high => shown.push(byte),
            byte => shown.extend(format!("\\{byte:03o}").into_bytes()),
        }
    }
    shown
}
