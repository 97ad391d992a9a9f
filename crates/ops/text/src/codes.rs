//! EncodeBase64, DecodeBase64, DecodeRaw: strings as numbers and codes.

use crate::strings::map;
use ferroflow_core::{
    DType, Grad, IntoOperand, KernelCtx, NdArray, Op, OpDef, PartialShape, Result, Shape, ShapeCtx, TString,
    Tensor, bail, ensure, shape_fn,
};

/// The strings in the web-safe form of Base64.
///
/// Source: `tf.io.encode_base64` (op `EncodeBase64`).
///
/// # Errors
/// `InvalidArgument` when the input does not hold strings.
pub fn encode_base64(input: impl IntoOperand, pad: bool) -> Result<Tensor> {
    Op::new(&ENCODE_BASE64).input(input).attr("pad", pad).one()
}

/// The strings that stand in the web-safe form of Base64.
///
/// Source: `tf.io.decode_base64` (op `DecodeBase64`).
///
/// # Errors
/// `InvalidArgument` for strings that are no Base64.
pub fn decode_base64(input: impl IntoOperand) -> Result<Tensor> {
    Op::new(&DECODE_BASE64).input(input).one()
}

/// The bytes of each string as numbers, along a new last axis.
///
/// Source: `tf.io.decode_raw` (op `DecodeRaw`).
///
/// # Errors
/// `InvalidArgument` when strings differ in length, or do not hold whole numbers.
pub fn decode_raw(input_bytes: impl IntoOperand, out_type: DType, little_endian: bool) -> Result<Tensor> {
    Op::new(&DECODE_RAW)
        .input(input_bytes)
        .attr("out_type", out_type)
        .attr("little_endian", little_endian)
        .one()
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn encode_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let pad = cx.bool("pad")?;
    map(cx, |text| {
        let mut code = Vec::with_capacity(text.len().div_ceil(3) * 4);
        for group in text.chunks(3) {
            let bits = group
                .iter()
                .enumerate()
                .fold(0u32, |bits, (at, byte)| bits | u32::from(*byte) << (16 - 8 * at));
            for at in 0..4 {
                match at <= group.len() {
                    true => code.push(ALPHABET[(bits >> (18 - 6 * at)) as usize & 63]),
                    false if pad => code.push(b'='),
                    false => {}
                }
            }
        }
        Ok(TString::from(code))
    })
}

fn decode(code: &[u8]) -> Result<Vec<u8>> {
    let padding = code.iter().rev().take(2).take_while(|byte| **byte == b'=').count();
    // Padding has to fill up a group of four, else it is a character like any other.
    let code = if code.len().is_multiple_of(4) { &code[..code.len() - padding] } else { code };
    ensure!(code.len() % 4 != 1, invalid_argument, "Base64 string length cannot be 1 modulo 4.");
    let mut bytes = Vec::with_capacity(code.len() / 4 * 3 + 2);
    for group in code.chunks(4) {
        let mut bits = 0u32;
        for (at, byte) in group.iter().enumerate() {
            match ALPHABET.iter().position(|letter| letter == byte) {
                Some(value) => bits |= (value as u32) << (18 - 6 * at),
                None => bail!(invalid_argument, "Invalid character found in base64."),
            }
        }
        bytes.extend_from_slice(&bits.to_be_bytes()[1..group.len()]);
    }
    Ok(bytes)
}

fn raw_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        let shape = cx.input(0).concatenate(&PartialShape::of_rank(1));
        cx.set(0, shape);
    }
    Ok(())
}

fn raw_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let dtype = cx.dtype("out_type")?;
    let input = cx.input(0)?;
    let texts = input.as_slice::<TString>()?;
    let length = texts.first().map_or(0, |text| text.len());
    if let Some((position, text)) = texts.iter().enumerate().find(|(_, text)| text.len() != length) {
        bail!(
            invalid_argument,
            "DecodeRaw requires input strings to all be the same size, but element {position} has size {length} != {}",
            text.len()
        );
    }
    let size = dtype.size().max(1);
    ensure!(
        length % size == 0,
        invalid_argument,
        "Input to DecodeRaw has length {length} that is not a multiple of {size}, the size of {}",
        dtype.cpp_name()
    );
    let mut bytes: Vec<u8> = texts.iter().flat_map(|text| text.iter().copied()).collect();
    // Complex numbers are two floats, each in its own order.
    let unit = if dtype.is_complex() { size / 2 } else { size };
    if cx.bool("little_endian")? != cfg!(target_endian = "little") {
        bytes.chunks_mut(unit).for_each(<[u8]>::reverse);
    }
    if dtype == DType::BOOL {
        bytes.iter_mut().for_each(|byte| *byte = u8::from(*byte != 0));
    }
    let shape = Shape::new(&[input.shape().dims(), &[length / size]].concat())?;
    let output = NdArray::from_bytes(dtype, shape, &bytes)?;
    cx.set(0, output)
}

pub(crate) static ENCODE_BASE64: OpDef = OpDef {
    name: "EncodeBase64",
    shape: shape_fn::unchanged,
    kernel: Some(encode_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};

pub(crate) static DECODE_BASE64: OpDef = OpDef {
    name: "DecodeBase64",
    shape: shape_fn::unchanged,
    kernel: Some(|cx| map(cx, |code| decode(code).map(TString::from))),
    grad: Grad::None,
    ..OpDef::NEW
};

pub(crate) static DECODE_RAW: OpDef =
    OpDef { name: "DecodeRaw", shape: raw_shape, kernel: Some(raw_kernel), grad: Grad::None, ..OpDef::NEW };
