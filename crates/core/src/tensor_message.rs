//! Tensors as messages (`TensorProto`) and back.

use crate::wire::{Fields, Payload, malformed, varint, write_bytes, write_number, write_varint};
use crate::{Complex, DType, Error, NdArray, Result, Shape, TString, bail, ensure, reserve};

/// The bytes of a tensor's message (`TensorProto`).
///
/// # Errors
/// `Unimplemented` for resources and variants.
pub fn tensor_message(tensor: &NdArray) -> Result<Vec<u8>> {
    let mut message = message_head(tensor);
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

/// What a message says of dtype and shape.
fn message_head(tensor: &NdArray) -> Vec<u8> {
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
    message
}

/// What a few bytes of a message may become.
const MOST_EXPANDED_BYTES: usize = 1 << 31;

/// A tensor's message, not yet made a tensor.
#[derive(Default)]
pub struct TensorMessage<'a> {
    dtype: u64,
    dims: Vec<i64>,
    unknown_rank: bool,
    content: &'a [u8],
    /// The payloads of typed fields, by field number.
    values: Vec<(u64, Payload<'a>)>,
}

impl<'a> TensorMessage<'a> {
    /// The message in these bytes.
    ///
    /// # Errors
    /// `InvalidArgument` for bytes that are no message.
    pub fn read(bytes: &'a [u8]) -> Result<TensorMessage<'a>> {
        let mut message = TensorMessage::default();
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

    /// The dtype that the message names, where there is one of that number.
    pub fn dtype(&self) -> Option<DType> {
        i32::try_from(self.dtype).ok().and_then(DType::from_number)
    }
}

impl TensorMessage<'_> {
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

    /// The tensor, read as one of this dtype.
    ///
    /// # Errors
    /// `InvalidArgument` for values that are not of the dtype, `ResourceExhausted` for more than a message may become,
    /// `Unimplemented` for resources and variants.
    pub fn tensor(&self, dtype: DType) -> Result<NdArray> {
        if self.unknown_rank {
            return Err(malformed());
        }
        let shape = Shape::from_i64(&self.dims)?;
        if !self.content.is_empty() {
            return match dtype {
                DType::STRING => strings_of(self.content, shape),
                _ => NdArray::from_bytes(dtype, shape, self.content),
            };
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

/// Strings from one piece of bytes: the lengths of all, and then their bytes.
fn strings_of(mut content: &[u8], shape: Shape) -> Result<NdArray> {
    // A length takes a byte at least.
    ensure!(shape.num_elements() <= content.len(), invalid_argument, "malformed protocol buffer");
    let mut lengths = reserve::<usize>(shape.num_elements())?;
    for _ in 0..shape.num_elements() {
        let length = varint(&mut content).and_then(|length| usize::try_from(length).ok());
        lengths.push(length.ok_or_else(malformed)?);
    }
    let mut strings = reserve::<TString>(lengths.len())?;
    for length in lengths {
        let (text, rest) = content.split_at_checked(length).ok_or_else(malformed)?;
        strings.push(TString::from(text));
        content = rest;
    }
    ensure!(content.is_empty(), invalid_argument, "malformed protocol buffer");
    NdArray::from_shape(shape, strings)
}

/// The bytes of a tensor's message with all values in one piece, those of strings too.
///
/// # Errors
/// `Unimplemented` for resources and variants.
pub fn packed_tensor_message(tensor: &NdArray) -> Result<Vec<u8>> {
    let Ok(strings) = tensor.as_slice::<TString>() else { return tensor_message(tensor) };
    let mut content = Vec::new();
    strings.iter().for_each(|text| write_varint(&mut content, text.len() as u64));
    strings.iter().for_each(|text| content.extend_from_slice(text));
    let mut message = message_head(tensor);
    if !content.is_empty() {
        write_bytes(&mut message, 4, &content);
    }
    Ok(message)
}
