//! SerializeTensor, ParseTensor: tensors as messages (`TensorProto`) and back.

use crate::wire::{Fields, Payload, malformed, varint};
use ferroflow_core::wire::{write_bytes, write_number};
use ferroflow_core::{
    Complex, DType, Error, Grad, IntoOperand, KernelCtx, NdArray, Op, OpDef, Result, Shape, TString, Tensor,
    bail, ensure, reserve, shape_fn,
};

/// The tensor as the bytes of a message.
///
/// Source: `tf.io.serialize_tensor` (op `SerializeTensor`).
///
/// ```
/// use ferroflow_core::DType;
/// use ferroflow_ops_io::{parse_tensor, serialize_tensor};
/// let message = serialize_tensor([1, 2])?;
/// assert_eq!(parse_tensor(message, DType::INT32)?.numpy()?.as_slice::<i32>()?, [1, 2]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `Unimplemented` for resources and variants.
pub fn serialize_tensor(tensor: impl IntoOperand) -> Result<Tensor> {
    Op::new(&SERIALIZE_TENSOR).input(tensor).one()
}

/// The tensor that a message holds.
///
/// Source: `tf.io.parse_tensor` (op `ParseTensor`).
///
/// # Errors
/// `InvalidArgument` when the bytes are no message, or the tensor is of another dtype.
pub fn parse_tensor(serialized: impl IntoOperand, out_type: DType) -> Result<Tensor> {
    Op::new(&PARSE_TENSOR).input(serialized).attr("out_type", out_type).one()
}

pub(crate) static SERIALIZE_TENSOR: OpDef = OpDef {
    name: "SerializeTensor",
    shape: shape_fn::scalar,
    kernel: Some(serialize_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};

pub(crate) static PARSE_TENSOR: OpDef = OpDef {
    name: "ParseTensor",
    shape: shape_fn::unknown,
    kernel: Some(parse_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};

fn serialize_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let message = tensor_message(cx.input(0)?)?;
    cx.set(0, NdArray::scalar(TString::from(message)))
}

/// The bytes of a tensor's message.
pub(crate) fn tensor_message(tensor: &NdArray) -> Result<Vec<u8>> {
    let mut message = Vec::new();
    write_number(&mut message, 1, tensor.dtype().number() as u64);
    let mut shape = Vec::new();
    for &dim in tensor.shape().dims() {
        let mut size = Vec::new();
        // A size of 0 is what a message without one says.
        if dim > 0 {
            write_number(&mut size, 1, dim as u64);
        }
        write_bytes(&mut shape, 2, &size);
    }
    write_bytes(&mut message, 2, &shape);
    match tensor.as_slice::<TString>() {
        Ok(strings) => strings.iter().for_each(|text| write_bytes(&mut message, 8, text)),
        Err(_) => match tensor.as_bytes() {
            Some([]) => {}
            Some(bytes) => write_bytes(&mut message, 4, bytes),
            None => bail!(unimplemented, "unsupported dtype: {}", tensor.dtype().name()),
        },
    }
    Ok(message)
}

/// What a few bytes of a message may become.
const MOST_EXPANDED_BYTES: usize = 1 << 31;

/// A message, not yet made a tensor.
#[derive(Default)]
struct Message<'a> {
    dtype: u64,
    dims: Vec<i64>,
    unknown_rank: bool,
    content: &'a [u8],
    /// The payloads of typed fields, by field number.
    values: Vec<(u64, Payload<'a>)>,
}

fn read(bytes: &[u8]) -> Result<Message<'_>> {
    let mut message = Message::default();
    for field in Fields::new(bytes) {
        match field? {
            (1, Payload::Varint(dtype)) => message.dtype = dtype,
            (2, Payload::Bytes(shape)) => {
                for field in Fields::new(shape) {
                    match field? {
                        (2, Payload::Bytes(dim)) => {
                            let mut size = 0;
                            for field in Fields::new(dim) {
                                if let (1, Payload::Varint(value)) = field? {
                                    size = value as i64;
                                }
                            }
                            message.dims.push(size);
                        }
                        (3, Payload::Varint(unknown)) => message.unknown_rank = unknown != 0,
                        _ => {}
                    }
                }
            }
            (4, Payload::Bytes(content)) => message.content = content,
            (number @ (5..=13 | 16 | 17), payload) => message.values.push((number, payload)),
            _ => {}
        }
    }
    Ok(message)
}

impl Message<'_> {
    /// The numbers of a typed field, packed or not.
    fn varints(&self, field: u64) -> Result<Vec<u64>> {
        let mut found = Vec::new();
        for (_, payload) in self.values.iter().filter(|(number, _)| *number == field) {
            match *payload {
                Payload::Varint(value) => found.push(value),
                Payload::Bytes(mut packed) => {
                    while !packed.is_empty() {
                        found.push(varint(&mut packed).ok_or_else(malformed)?);
                    }
                }
                _ => return Err(malformed()),
            }
        }
        Ok(found)
    }

    fn fixed<const N: usize>(&self, field: u64) -> Result<Vec<[u8; N]>> {
        let mut found = Vec::new();
        for (_, payload) in self.values.iter().filter(|(number, _)| *number == field) {
            match *payload {
                Payload::Bytes(packed) => {
                    let (whole, rest) = packed.as_chunks::<N>();
                    if !rest.is_empty() {
                        return Err(malformed());
                    }
                    found.extend_from_slice(whole);
                }
                Payload::Fixed32(value) => found.extend(<[u8; N]>::try_from(value.as_slice()).ok()),
                Payload::Fixed64(value) => found.extend(<[u8; N]>::try_from(value.as_slice()).ok()),
                Payload::Varint(_) => return Err(malformed()),
            }
        }
        Ok(found)
    }

    fn tensor(&self, dtype: DType) -> Result<NdArray> {
        if self.unknown_rank {
            return Err(malformed());
        }
        let shape = Shape::from_i64(&self.dims)?;
        if !self.content.is_empty() {
            return NdArray::from_bytes(dtype, shape, self.content);
        }
        let bytes = |width: usize, values: Vec<u64>| -> Vec<u8> {
            values.iter().flat_map(|value| value.to_le_bytes()[..width].to_vec()).collect()
        };
        let (elements, width): (Vec<u8>, usize) = match dtype {
            DType::STRING => return self.strings(shape),
            DType::FLOAT32 => (self.fixed::<4>(5)?.concat(), 4),
            DType::FLOAT64 => (self.fixed::<8>(6)?.concat(), 8),
            DType::COMPLEX64 => (self.fixed::<4>(9)?.concat(), size_of::<Complex<f32>>()),
            DType::COMPLEX128 => (self.fixed::<8>(12)?.concat(), size_of::<Complex<f64>>()),
            DType::HALF | DType::BFLOAT16 => (bytes(2, self.varints(13)?), 2),
            DType::INT64 => (bytes(8, self.varints(10)?), 8),
            DType::UINT32 => (bytes(4, self.varints(16)?), 4),
            DType::UINT64 => (bytes(8, self.varints(17)?), 8),
            DType::BOOL => {
                (bytes(1, self.varints(11)?.iter().map(|&flag| u64::from(flag != 0)).collect()), 1)
            }
            DType::RESOURCE | DType::VARIANT => bail!(unimplemented, "unsupported dtype: {}", dtype.name()),
            other => (bytes(other.size(), self.varints(7)?), other.size()),
        };
        // The last value given stands for all that are missing.
        let size = shape
            .num_elements()
            .checked_mul(width)
            .filter(|size| *size <= MOST_EXPANDED_BYTES)
            .ok_or_else(|| Error::resource_exhausted("OOM when allocating the tensor of a message"))?;
        let mut filled = reserve::<u8>(size)?;
        filled.extend_from_slice(&elements[..elements.len().min(size) / width * width]);
        let last = filled.len().checked_sub(width).map_or(vec![0; width], |start| filled[start..].to_vec());
        while filled.len() < size {
            filled.extend_from_slice(&last);
        }
        NdArray::from_bytes(dtype, shape, &filled)
    }

    fn strings(&self, shape: Shape) -> Result<NdArray> {
        ensure!(
            shape.num_elements().saturating_mul(size_of::<TString>()) <= MOST_EXPANDED_BYTES,
            resource_exhausted,
            "OOM when allocating the tensor of a message"
        );
        let mut strings = reserve::<TString>(shape.num_elements())?;
        let given =
            self.values.iter().filter(|(number, _)| *number == 8).filter_map(|(_, payload)| payload.bytes());
        strings.extend(given.take(shape.num_elements()).map(TString::from));
        let last = strings.last().cloned().unwrap_or_default();
        strings.resize(shape.num_elements(), last);
        NdArray::from_shape(shape, strings)
    }
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let bits =
            group.iter().enumerate().fold(0u32, |bits, (at, &byte)| bits | u32::from(byte) << (16 - 8 * at));
        for at in 0..=group.len() {
            text.push(char::from(LETTERS[(bits >> (18 - 6 * at)) as usize & 63]));
        }
    }
    text
}

fn parse_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let serialized = cx.input(0)?;
    ensure!(
        serialized.rank() == 0,
        invalid_argument,
        "Expected `serialized` to be a scalar, got shape: {}",
        serialized.shape()
    );
    let bytes = serialized.item::<TString>()?;
    let Ok(message) = read(&bytes) else {
        let shown = base64(&bytes[..bytes.len().min(1 << 10)]);
        bail!(invalid_argument, "Could not parse `serialized` as TensorProto, base64: {shown}");
    };
    let wanted = cx.dtype("out_type")?;
    let unreadable = || Error::invalid_argument("Cannot parse tensor from proto");
    let dtype = i32::try_from(message.dtype).ok().and_then(DType::from_number).ok_or_else(unreadable)?;
    let tensor = match message.tensor(dtype) {
        Err(error) if matches!(error.code(), ferroflow_core::Code::InvalidArgument) => {
            return Err(unreadable());
        }
        other => other?,
    };
    ensure!(
        dtype == wanted,
        invalid_argument,
        "Type mismatch between parsed tensor ({}) and dtype ({})",
        dtype.cpp_name(),
        wanted.cpp_name()
    );
    cx.set(0, tensor)
}
