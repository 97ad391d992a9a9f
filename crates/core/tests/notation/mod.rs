//! The notation in which recorded files give arrays, as `tools/record_prints.py` describes it.

use ferroflow_core::{Complex, DType, Element, NdArray, PartialShape, Shape, TString, bf16, dispatch, f16};
use std::str::SplitWhitespace;

/// A number.
pub(crate) fn parse<T: std::str::FromStr>(word: &str) -> T {
    word.parse().unwrap_or_else(|_| panic!("not a number: {word}"))
}

/// An array: dtype, shape, notation, elements.
pub(crate) fn array(words: &mut SplitWhitespace<'_>) -> NdArray {
    let dtype = words.next().and_then(DType::from_name).expect("a dtype");
    let shape = full_shape(words);
    match words.next().unwrap_or("bits") {
        "bytes" => {
            let strings = words.map(|word| TString::from(bytes(word.trim_matches('-')))).collect();
            NdArray::from_shape(shape, strings).expect("as many strings as the shape says")
        }
        "affine" => {
            let constants: Vec<i64> = words.map(parse).collect();
            affine(dtype, shape, &constants)
        }
        _ => {
            let size = if dtype.is_complex() { dtype.size() / 2 } else { dtype.size() };
            let stored: Vec<u8> = words.flat_map(|word| native_bytes(word, size)).collect();
            NdArray::from_bytes(dtype, shape, &stored).expect("as many bits as the shape says")
        }
    }
}

/// The bytes that hexadecimal digits stand for, in their order.
pub(crate) fn bytes(digits: &str) -> Vec<u8> {
    let pair = |start| u8::from_str_radix(&digits[start..start + 2], 16).expect("hexadecimal digits");
    (0..digits.len()).step_by(2).map(pair).collect()
}

/// A number of this size in hexadecimal digits, in the machine's order of bytes.
fn native_bytes(digits: &str, size: usize) -> Vec<u8> {
    let mut bytes = bytes(&format!("{digits:0>width$}", width = 2 * size));
    if cfg!(target_endian = "little") {
        bytes.reverse();
    }
    bytes
}

fn affine(dtype: DType, shape: Shape, constants: &[i64]) -> NdArray {
    let [a, b, modulus, divisor] = *constants else { panic!("four constants") };
    let integers = (0..shape.num_elements() as i64).map(|i| (a + b * i).rem_euclid(modulus));
    let floats = integers.clone().map(|value| value as f64 / divisor.max(1) as f64);
    fn build<T: Element>(shape: Shape, values: impl Iterator<Item = T>) -> NdArray {
        NdArray::from_shape(shape, values.collect()).expect("as many values as the shape says")
    }
    match dtype {
        DType::BOOL => build(shape, integers.map(|value| value != 0)),
        DType::HALF => build(shape, floats.map(f16::from_f64)),
        DType::BFLOAT16 => build(shape, floats.map(|value| bf16::from_f32(value as f32))),
        DType::FLOAT32 => build(shape, floats.map(|value| value as f32)),
        DType::FLOAT64 => build(shape, floats),
        DType::COMPLEX64 => build(shape, floats.map(|value| Complex::new(value as f32, 0.0))),
        DType::COMPLEX128 => build(shape, floats.map(|value| Complex::new(value, 0.0))),
        _ => dispatch!(dtype, INTEGERS, |T| Ok(build(shape, integers.map(|value| value as T))))
            .expect("an integer dtype"),
    }
}

/// `?`, or sizes like `[2,?]`.
pub(crate) fn partial_shape(words: &mut SplitWhitespace<'_>) -> PartialShape {
    match words.next().expect("a shape") {
        "?" => PartialShape::unknown(),
        dims => {
            let dims = dims.trim_matches(['[', ']']).split(',').filter(|dim| !dim.is_empty());
            PartialShape::new(dims.map(|dim| dim.parse().ok()))
        }
    }
}

/// Sizes like `[2,3]`.
pub(crate) fn full_shape(words: &mut SplitWhitespace<'_>) -> Shape {
    partial_shape(words).to_shape().expect("a full shape")
}
