//! Variants as they go from one process to another: a type's name, some bytes, and tensors.

use crate::{DType, Error, NdArray, PartialShape, Result, Variant};
use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

/// A value of dtype `variant` as TensorFlow writes it.
#[derive(Clone, Debug, Default)]
pub struct EncodedVariant {
    /// The C++ type's name in TensorFlow's encoding; empty for a variant that was never set.
    pub type_name: String,
    /// What the type says of itself.
    pub metadata: Vec<u8>,
    /// The tensors within.
    pub tensors: Vec<NdArray>,
}

/// Reads a value of one type.
pub type DecodeVariant = fn(&[u8], Vec<NdArray>) -> Result<Variant>;

static DECODERS: RwLock<BTreeMap<&'static str, DecodeVariant>> = RwLock::new(BTreeMap::new());

/// Makes known how values of a type are read.
pub fn register_variant(type_name: &'static str, decode: DecodeVariant) {
    DECODERS.write().unwrap_or_else(PoisonError::into_inner).insert(type_name, decode);
}

/// The variant that was written so.
///
/// # Errors
/// `Unimplemented` for a type that is not known; `InvalidArgument` for what is none of the type's values.
pub fn decode_variant(encoded: EncodedVariant) -> Result<Variant> {
    if encoded.type_name.is_empty() {
        return Ok(Variant::default());
    }
    let decoders = DECODERS.read().unwrap_or_else(PoisonError::into_inner);
    let Some(decode) = decoders.get(encoded.type_name.as_str()).copied() else {
        return Err(Error::unimplemented(format!("unsupported variant of type {}", encoded.type_name)));
    };
    drop(decoders);
    decode(&encoded.metadata, encoded.tensors)
}

/// Appends a number in base 128, as protobuf writes it.
pub fn push_varint(bytes: &mut Vec<u8>, mut number: u64) {
    while number > 127 {
        bytes.push((number & 127) as u8 | 128);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Takes a number in base 128 off the front.
pub fn take_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(first & 127) << shift;
        if *first < 128 {
            return Some(number);
        }
    }
    None
}

const DIM: u64 = 2 << 3 | 2;
const SIZE: u64 = 1 << 3;
const NAME: u64 = 2 << 3 | 2;
const UNKNOWN_RANK: u64 = 3 << 3;

/// Appends a shape as a `TensorShapeProto`.
pub fn push_shape(bytes: &mut Vec<u8>, shape: &PartialShape) {
    let Some(dims) = shape.dims() else {
        push_varint(bytes, UNKNOWN_RANK);
        return push_varint(bytes, 1);
    };
    for dim in dims {
        let size = dim.map_or(-1, |size| i64::try_from(size).unwrap_or(i64::MAX));
        let mut inner = Vec::new();
        if size != 0 {
            push_varint(&mut inner, SIZE);
            push_varint(&mut inner, size.cast_unsigned());
        }
        push_varint(bytes, DIM);
        push_varint(bytes, inner.len() as u64);
        bytes.append(&mut inner);
    }
}

/// The shape that all these bytes are.
///
/// # Errors
/// `InvalidArgument` for bytes that are none.
pub fn read_shape(bytes: &[u8]) -> Result<PartialShape> {
    let read = || {
        let (mut bytes, mut dims) = (bytes, Vec::new());
        while !bytes.is_empty() {
            match take_varint(&mut bytes)? {
                DIM => {
                    let length = usize::try_from(take_varint(&mut bytes)?).ok()?;
                    let (mut dim, rest) = bytes.split_at_checked(length)?;
                    bytes = rest;
                    let mut size = 0;
                    while !dim.is_empty() {
                        match take_varint(&mut dim)? {
                            SIZE => size = take_varint(&mut dim)?.cast_signed(),
                            NAME => {
                                let length = usize::try_from(take_varint(&mut dim)?).ok()?;
                                dim = dim.split_at_checked(length)?.1;
                            }
                            _ => return None,
                        }
                    }
                    dims.push(if size == -1 { None } else { Some(usize::try_from(size).ok()?) });
                }
                UNKNOWN_RANK => {
                    if take_varint(&mut bytes)? != 0 {
                        return bytes.is_empty().then(PartialShape::default);
                    }
                }
                _ => return None,
            }
        }
        (dims.len() <= crate::MAX_RANK).then(|| PartialShape::new(dims))
    };
    read().ok_or_else(|| Error::invalid_argument("a shape within a variant is damaged"))
}

/// Takes a dtype off the front.
pub fn take_dtype(bytes: &mut &[u8]) -> Option<DType> {
    DType::from_number(i32::try_from(take_varint(bytes)?).ok()?).filter(|dtype| !dtype.is_ref())
}
