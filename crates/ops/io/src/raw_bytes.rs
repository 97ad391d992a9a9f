//! DecodePaddedRaw, DecodeCompressed: bytes as numbers, and what is compressed in them.

use ferroflow_core::{
    DType, Error, Grad, IntoOperand, KernelCtx, NdArray, Op, OpDef, Result, Shape, ShapeCtx, TString, Tensor,
    bail, ensure, reserve, shape_fn,
};
use flate2::read::{GzDecoder, ZlibDecoder};
use std::io::Read;

/// The bytes of each string as numbers, along a new last axis; strings are cut off or filled with zeros to a length.
///
/// Source: `tf.io.decode_raw` with `fixed_length` (op `DecodePaddedRaw`).
///
/// # Errors
/// `InvalidArgument` unless the length is positive and holds whole numbers.
pub fn decode_padded_raw(
    input_bytes: impl IntoOperand,
    fixed_length: impl IntoOperand,
    out_type: DType,
    little_endian: bool,
) -> Result<Tensor> {
    Op::new(&DECODE_PADDED_RAW)
        .input(input_bytes)
        .input(fixed_length)
        .attr("out_type", out_type)
        .attr("little_endian", little_endian)
        .one()
}

/// What is compressed in each string: `ZLIB`, `GZIP`, or nothing.
///
/// Source: `tf.io.decode_compressed` (op `DecodeCompressed`).
///
/// # Errors
/// `InvalidArgument` for another kind, `DataLoss` for what is damaged.
pub fn decode_compressed(bytes: impl IntoOperand, compression_type: &str) -> Result<Tensor> {
    Op::new(&DECODE_COMPRESSED).input(bytes).attr("compression_type", compression_type).one()
}

pub(crate) static DECODE_PADDED_RAW: OpDef = OpDef {
    name: "DecodePaddedRaw",
    shape: padded_shape,
    kernel: Some(padded_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};

pub(crate) static DECODE_COMPRESSED: OpDef = OpDef {
    name: "DecodeCompressed",
    shape: shape_fn::unchanged,
    kernel: Some(compressed_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};

fn check_length(length: i64, size: usize) -> Result<usize> {
    let positive = usize::try_from(length).ok().filter(|length| *length > 0);
    let Some(length) = positive else {
        bail!(invalid_argument, "fixed_length ({length}) must be greater than zero.");
    };
    ensure!(
        length % size == 0,
        invalid_argument,
        "fixed_length ({length}) must be a multiple of the size of out_type ({size})"
    );
    Ok(length / size)
}

fn padded_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if cx.at_run_time() {
        return Ok(());
    }
    if let Some(rank) = cx.input(1).rank() {
        ensure!(rank == 0, invalid_argument, "Input must be scalar but has rank {rank}");
    }
    let width = match cx.int_value(1)? {
        Some(length) => {
            let Ok(whole) = usize::try_from(length) else {
                bail!(
                    invalid_argument,
                    "Dimension size, given by scalar input 1, must be non-negative but is {length}"
                );
            };
            let size = cx.dtype("out_type")?.size().max(1);
            ensure!(
                whole.is_multiple_of(size),
                invalid_argument,
                "Dimension size must be evenly divisible by {size} but is {whole}"
            );
            Some(whole / size)
        }
        None => None,
    };
    let shape = cx.input(0).concatenate(&[width].into());
    cx.set(0, shape);
    Ok(())
}

fn padded_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (input, length) = (cx.input(0)?, cx.input(1)?);
    ensure!(length.rank() == 0, invalid_argument, "k must be scalar, got shape {}", length.shape());
    let dtype = cx.dtype("out_type")?;
    let size = dtype.size().max(1);
    let width = check_length(cx.int_value(1)?, size)?;
    let length = width * size;
    let shape = Shape::new(&[input.shape().dims(), &[width]].concat())?;
    let total = shape.num_elements().saturating_mul(size);
    let mut bytes = reserve::<u8>(total)?;
    for text in input.as_slice::<TString>()? {
        let start = bytes.len();
        bytes.extend_from_slice(&text[..text.len().min(length)]);
        bytes.resize(start + length, 0);
    }
    if cx.bool("little_endian")? != cfg!(target_endian = "little") {
        bytes.chunks_mut(size).for_each(<[u8]>::reverse);
    }
    let output = NdArray::from_bytes(dtype, shape, &bytes)?;
    cx.set(0, output)
}

/// What a string may become, many times the size of any file that is meant well.
const LARGEST: u64 = 1 << 32;

fn inflate(reader: impl Read) -> Result<Vec<u8>> {
    let mut plain = Vec::new();
    let damaged =
        |error: std::io::Error| Error::data_loss(format!("inflate() failed with error -3: {error}"));
    reader.take(LARGEST + 1).read_to_end(&mut plain).map_err(damaged)?;
    ensure!(
        plain.len() as u64 <= LARGEST,
        resource_exhausted,
        "OOM when decompressing a string to more than {LARGEST} bytes"
    );
    Ok(plain)
}

fn compressed_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let kind = cx.str("compression_type")?;
    let decode: fn(&[u8]) -> Result<Vec<u8>> = match kind {
        "" | "NONE" => {
            let same = cx.take(0)?;
            return cx.set(0, same);
        }
        "ZLIB" => |bytes| inflate(ZlibDecoder::new(bytes)),
        "GZIP" => |bytes| inflate(GzDecoder::new(bytes)),
        "ZSTD" => bail!(unimplemented, "DecodeCompressed of ZSTD"),
        _ => bail!(invalid_argument, "Only ZLIB, ZSTD, GZIP or NONE are supported compressions"),
    };
    let input = cx.input(0)?;
    let plain = input
        .as_slice::<TString>()?
        .iter()
        .map(|bytes| decode(bytes).map(TString::from))
        .collect::<Result<Vec<TString>>>()?;
    let output = NdArray::from_shape(input.shape().clone(), plain)?;
    cx.set(0, output)
}
