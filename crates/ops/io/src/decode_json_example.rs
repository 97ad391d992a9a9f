//! DecodeJSONExample: examples written in JSON.

use crate::json_reader::JsonReader;
use ferroflow_core::wire::{write_bytes, write_float, write_number};
use ferroflow_core::{
    Error, Grad, IntoOperand, KernelCtx, NdArray, Op, OpDef, Result, TString, Tensor, shape_fn,
};
use std::collections::BTreeSet;

/// Serialized `tf.train.Example` messages, from the same in JSON.
///
/// Source: `tf.io.decode_json_example` (op `DecodeJSONExample`).
///
/// ```
/// use ferroflow_ops_io::decode_json_example;
/// let example = r#"{"features": {"feature": {"a": {"int64List": {"value": [1]}}}}}"#;
/// let bytes = decode_json_example(example)?.numpy()?;
/// assert_eq!(bytes.item::<ferroflow_core::TString>()?, "\n\u{b}\n\t\n\u{1}a\u{12}\u{4}\u{1a}\u{2}\u{8}\u{1}");
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for what is no JSON, or no example, with the place where it ends to be one.
pub fn decode_json_example(json_examples: impl IntoOperand) -> Result<Tensor> {
    Op::new(&DECODE_JSON_EXAMPLE).input(json_examples).one()
}

pub(crate) static DECODE_JSON_EXAMPLE: OpDef = OpDef {
    name: "DecodeJSONExample",
    shape: shape_fn::unchanged,
    kernel: Some(kernel),
    // TensorFlow registers none.
    grad: Grad::Missing,
    ..OpDef::NEW
};

const MESSAGE: &str = "type.googleapis.com/tensorflow.Example";
const FEATURES: &str = "message tensorflow.Features";
const ENTRY: &str = "message tensorflow.Features.FeatureEntry";

/// The kinds of lists: the number of the field, its two names, its type and that of its values.
const LISTS: [(u64, &str, &str, &str, &str); 3] = [
    (1, "bytesList", "bytes_list", "message tensorflow.BytesList", "bytes"),
    (2, "floatList", "float_list", "message tensorflow.FloatList", "float"),
    (3, "int64List", "int64_list", "message tensorflow.Int64List", "int64"),
];

fn no_such_field(reader: &JsonReader<'_>, name: &str) -> Error {
    reader.error(reader.position(), &format!("no such field: '{name}'"))
}

fn example(text: &[u8]) -> Result<Vec<u8>> {
    let (mut reader, mut out) = (JsonReader::new(text, MESSAGE), Vec::new());
    reader.object(|reader, key| {
        if key != "features" {
            return Err(no_such_field(reader, &key));
        }
        if reader.take_null() {
            return Ok(());
        }
        let place = reader.enter("features".to_string(), FEATURES);
        write_bytes(&mut out, 1, &features(reader)?);
        reader.leave(place);
        Ok(())
    })?;
    reader.end()?;
    Ok(out)
}

fn features(reader: &mut JsonReader<'_>) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    reader.object(|reader, key| {
        if key != "feature" {
            return Err(no_such_field(reader, &key));
        }
        if reader.take_null() {
            return Ok(());
        }
        let place = reader.enter("features.feature".to_string(), ENTRY);
        let mut keys = BTreeSet::new();
        reader.object(|reader, key| {
            let path = format!("features.feature[{}]", keys.len());
            let place = reader.enter(path.clone(), ENTRY);
            if keys.contains(&key) {
                let what = format!("got unexpectedly-repeated repeated map key: '{key}'");
                return Err(reader.error(reader.mark(), &what));
            }
            let mut entry = Vec::new();
            write_bytes(&mut entry, 1, key.as_bytes());
            if !reader.take_null() {
                write_bytes(&mut entry, 2, &feature(reader, &path)?);
            }
            write_bytes(&mut out, 1, &entry);
            keys.insert(key);
            reader.leave(place);
            Ok(())
        })?;
        reader.leave(place);
        Ok(())
    })?;
    Ok(out)
}

fn feature(reader: &mut JsonReader<'_>, path: &str) -> Result<Vec<u8>> {
    let (mut out, mut is_set) = (Vec::new(), false);
    reader.object(|reader, key| {
        let known = LISTS.iter().find(|(_, json, proto, ..)| key == *json || key == *proto);
        let Some(&(number, name, _, ty, of)) = known else { return Err(no_such_field(reader, &key)) };
        if reader.take_null() {
            return Ok(());
        }
        let path = format!("{path}.{name}");
        let place = reader.enter(path.clone(), ty);
        if is_set {
            let what = format!("'{name}' has already been set (either directly or as part of a oneof)");
            return Err(reader.error(reader.position(), &what));
        }
        is_set = true;
        let mut list = Vec::new();
        reader.object(|reader, key| {
            if key != "value" {
                return Err(no_such_field(reader, &key));
            }
            let place = reader.enter(String::new(), of);
            let mut count = 0usize;
            reader.elements(&mut |reader| {
                reader.enter(format!("{path}.value[{count}]"), of);
                count += 1;
                value(reader, number, &mut list)
            })?;
            reader.leave(place);
            Ok(())
        })?;
        write_bytes(&mut out, number, &list);
        reader.leave(place);
        Ok(())
    })?;
    Ok(out)
}

/// One value of a list; a list within a list stands for its values.
fn value(reader: &mut JsonReader<'_>, list: u64, out: &mut Vec<u8>) -> Result<()> {
    if reader.peek() == Some(b'[') {
        return reader.elements(&mut |reader| {
            if reader.peek() == Some(b'[') {
                return Err(reader.error(reader.position(), "unexpected character: '['"));
            }
            value(reader, list, out)
        });
    }
    let start = reader.here();
    let is_null = reader.take_null();
    match list {
        1 => {
            let text = if is_null { String::new() } else { reader.string()? };
            let bytes = base64(text.as_bytes()).ok_or_else(|| reader.error(start, "corrupt base64"))?;
            write_bytes(out, 1, &bytes);
        }
        2 => {
            let number = if is_null { 0.0 } else { float(reader, start)? };
            write_float(out, 1, number);
        }
        _ => {
            let number = if is_null { 0 } else { integer(reader, start)? };
            write_number(out, 1, number as u64);
        }
    }
    Ok(())
}

/// The characters of a number, and whether quotes stood around them.
fn digits(reader: &mut JsonReader<'_>, start: usize) -> Result<(String, bool)> {
    match reader.peek() {
        Some(b'"' | b'\'') => Ok((reader.string()?, true)),
        Some(b't' | b'f' | b'{') => Err(reader.error(start, "expected number or string")),
        _ => Ok((reader.number()?.to_string(), false)),
    }
}

/// The number that JSON has in these characters, where it is in the range of such numbers.
fn double(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|number| number.is_finite())
}

fn float(reader: &mut JsonReader<'_>, start: usize) -> Result<f32> {
    let (text, is_quoted) = digits(reader, start)?;
    let number = match text.as_str() {
        "NaN" => return Ok(f32::NAN),
        "Infinity" => return Ok(f32::INFINITY),
        "-Infinity" => return Ok(f32::NEG_INFINITY),
        // Quoted numbers are read by another reader, which knows these names and passes over blanks.
        text if is_quoted => text.trim().parse::<f64>().ok(),
        text => double(text),
    };
    let Some(number) = number else {
        let what =
            if is_quoted { "non-number characters in quoted number".to_string() } else { invalid(&text) };
        return Err(reader.error(start, &what));
    };
    if number.is_finite() && (number as f32).is_infinite() {
        return Err(reader.error(start, "float out of range"));
    }
    Ok(number as f32)
}

fn invalid(text: &str) -> String {
    format!("invalid number: '{text}'")
}

fn integer(reader: &mut JsonReader<'_>, start: usize) -> Result<i64> {
    let (text, is_quoted) = digits(reader, start)?;
    if let Ok(number) = text.parse::<i64>() {
        return Ok(number);
    }
    let is_number = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E');
    if is_quoted && !text.bytes().all(is_number) {
        return Err(reader.error(reader.position(), "non-number characters in quoted number"));
    }
    let Some(number) = double(&text) else { return Err(reader.error(start, &invalid(&text))) };
    if number.fract() != 0.0 {
        return Err(reader.error(start, "expected integer, but JSON number had fractional part"));
    }
    // The bounds are powers of two, which floats hold.
    let bound = -(i64::MIN as f64);
    if number < -bound || number >= bound {
        return Err(reader.error(start, "JSON number out of range for int"));
    }
    Ok(number as i64)
}

/// The bytes that characters stand for in either form of Base64, whether or not it is filled up.
fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let filled = text.iter().rev().take_while(|byte| **byte == b'=').count();
    let digits = &text[..text.len() - filled];
    if filled > 2 || (filled > 0 && !text.len().is_multiple_of(4)) || digits.len() % 4 == 1 {
        return None;
    }
    let (mut bytes, mut bits, mut held) = (Vec::with_capacity(text.len() * 3 / 4), 0u32, 0u32);
    for &byte in digits {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(digit)) & 0xffff;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
        }
    }
    Some(bytes)
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let texts = cx.input(0)?;
    let mut examples = ferroflow_core::reserve(texts.len())?;
    for text in texts.as_slice::<TString>()? {
        let bytes = example(text).map_err(|error| {
            let message = format!("Error while parsing JSON: {}", error.message());
            error.with_message(message)
        })?;
        examples.push(TString::from(bytes));
    }
    let output = NdArray::from_shape(texts.shape().clone(), examples)?;
    cx.set(0, output)
}
