//! Between `TensorProto` and `NdArray`.

use crate::ByteReader;
use crate::resource_handle_proto::DtypeAndShape;
use crate::shape_proto;
use crate::{Bytes, Message, ResourceHandleProto, TensorProto, VariantTensorDataProto};
use ferroflow_core::{
    Complex, DType, Element, EncodedVariant, Error, HandleData, NdArray, PartialShape, QInt8, QInt16, QInt32,
    QUInt8, QUInt16, ResourceHandle, Result, Shape, TString, Variant, bail, bf16, decode_variant, dispatch,
    ensure, f16, reserve,
};

/// The largest array made of a proto that does not hold all of its bytes, as one value can stand for any number of
/// elements. TensorFlow writes no constant above 2 GiB, so none is refused that it could have held in full.
const MAX_EXPANDED_BYTES: usize = 1 << 31;

/// The tensor a message holds, as TensorFlow's runtime reads it.
///
/// `tensor_content` goes before the list of values. A list shorter than the shape repeats its last value, an empty
/// one stands for zeros (or empty strings), and values beyond the shape are dropped.
///
/// # Errors
/// `InvalidArgument` for a dtype or shape that is none, or content whose size is not that of the shape,
/// `Unimplemented` for dtypes that arrays do not hold, `ResourceExhausted` for an array above 2 GiB made of less.
///
/// ```
/// use ferroflow_core::NdArray;
/// use ferroflow_proto::tensor_proto;
/// let array = NdArray::from_vec(&[3], vec![1i64, 2, 3])?;
/// let proto = tensor_proto::from_array(&array)?;
/// assert_eq!(tensor_proto::to_array(&proto)?, array);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
pub fn to_array(proto: &TensorProto) -> Result<NdArray> {
    read(proto, 0)
}

/// How many variants may stand within each other.
const DEEPEST: usize = 32;

/// The array of a message that stands within so many others.
fn read(proto: &TensorProto, depth: usize) -> Result<NdArray> {
    let Some(dtype) = DType::from_number(proto.dtype).filter(|dtype| !dtype.is_ref()) else {
        return Err(unparseable(format!("invalid dtype {}", proto.dtype)));
    };
    let shape = match &proto.tensor_shape {
        None => Shape::scalar(),
        Some(shape) => shape_proto::to_shape(shape).map_err(|error| unparseable(error.message()))?,
    };
    if shape.num_elements() == 0 {
        return NdArray::zeros(dtype, shape);
    }
    match (dtype, proto.tensor_content.is_empty()) {
        (DType::VARIANT, _) => read_variants(proto, shape, depth),
        (_, true) => from_values(proto, dtype, shape),
        (DType::STRING, false) => {
            let elements = split_strings(&proto.tensor_content, shape.num_elements())?;
            NdArray::from_shape(shape, elements)
        }
        (_, false) => from_content(&proto.tensor_content, dtype, shape),
    }
}

fn unparseable(reason: impl std::fmt::Display) -> Error {
    Error::invalid_argument(format!("Cannot parse tensor from proto: {reason}"))
}

fn from_content(content: &[u8], dtype: DType, shape: Shape) -> Result<NdArray> {
    ensure!(dtype.size() > 0, unimplemented, "unsupported dtype: {}", dtype.name());
    if shape.num_elements().checked_mul(dtype.size()) != Some(content.len()) {
        let size = content.len();
        return Err(unparseable(format!("{size} bytes of tensor_content for {}{shape}", dtype.cpp_name())));
    }
    NdArray::from_bytes(dtype, shape, content)
}

/// Variants, each a message of its own: in a list, or, as TensorFlow's servers send each other, their sizes and then they
/// themselves in one run of bytes.
fn read_variants(proto: &TensorProto, shape: Shape, depth: usize) -> Result<NdArray> {
    ensure!(depth < DEEPEST, invalid_argument, "variants are nested more than {DEEPEST} deep");
    let decode = |variant: &VariantTensorDataProto| {
        decode_variant(EncodedVariant {
            type_name: variant.type_name.clone(),
            metadata: variant.metadata.clone(),
            tensors: variant.tensors.iter().map(|tensor| read(tensor, depth + 1)).collect::<Result<_>>()?,
        })
    };
    let variants = match proto.tensor_content.is_empty() {
        true => proto.variant_val.iter().map(decode).collect::<Result<Vec<Variant>>>()?,
        false => {
            let read_one = |bytes: &TString| {
                let variant = VariantTensorDataProto::decode(bytes.as_bytes());
                decode(&variant.map_err(|_| unparseable("a damaged variant"))?)
            };
            let bytes = split_strings(&proto.tensor_content, shape.num_elements())?;
            bytes.iter().map(read_one).collect::<Result<_>>()?
        }
    };
    fill(shape, &variants, Variant::clone)
}

/// Strings in one run of bytes: all lengths as base 128 numbers, then all characters.
fn split_strings(content: &[u8], count: usize) -> Result<Vec<TString>> {
    let damaged = || unparseable(format!("{} bytes of tensor_content for {count} strings", content.len()));
    if count > content.len() {
        return Err(damaged());
    }
    let mut reader = ByteReader::new(content);
    let lengths: Option<Vec<usize>> = (0..count).map(|_| reader.varint_size()).collect();
    let strings: Option<Vec<TString>> = lengths
        .ok_or_else(damaged)?
        .into_iter()
        .map(|length| reader.take(length).map(TString::from))
        .collect();
    strings.filter(|_| reader.rest().is_empty()).ok_or_else(damaged)
}

fn from_values(proto: &TensorProto, dtype: DType, shape: Shape) -> Result<NdArray> {
    /// The low bits of an `int_val`, as TensorFlow casts it.
    macro_rules! ints {
        ($ty:ty) => {
            fill(shape, &proto.int_val, |&value| value as $ty)
        };
    }
    let half_bits = |value: &i32| *value as u16;
    match dtype {
        DType::FLOAT32 => fill(shape, &proto.float_val, f32::clone),
        DType::FLOAT64 => fill(shape, &proto.double_val, f64::clone),
        DType::INT32 => fill(shape, &proto.int_val, i32::clone),
        DType::INT16 => ints!(i16),
        DType::INT8 => ints!(i8),
        DType::UINT16 => ints!(u16),
        DType::UINT8 => ints!(u8),
        DType::INT64 => fill(shape, &proto.int64_val, i64::clone),
        DType::UINT32 => fill(shape, &proto.uint32_val, u32::clone),
        DType::UINT64 => fill(shape, &proto.uint64_val, u64::clone),
        DType::BOOL => fill(shape, &proto.bool_val, bool::clone),
        DType::STRING => fill(shape, &proto.string_val, |value| TString::from(value.as_slice())),
        DType::HALF => fill(shape, &proto.half_val, |value| f16::from_bits(half_bits(value))),
        DType::BFLOAT16 => fill(shape, &proto.half_val, |value| bf16::from_bits(half_bits(value))),
        DType::COMPLEX64 => fill(shape, pairs(&proto.scomplex_val), |&[re, im]| Complex::new(re, im)),
        DType::COMPLEX128 => fill(shape, pairs(&proto.dcomplex_val), |&[re, im]| Complex::new(re, im)),
        DType::QINT8 => fill(shape, &proto.int_val, |&value| QInt8(value as i8)),
        DType::QUINT8 => fill(shape, &proto.int_val, |&value| QUInt8(value as u8)),
        DType::QINT16 => fill(shape, &proto.int_val, |&value| QInt16(value as i16)),
        DType::QUINT16 => fill(shape, &proto.int_val, |&value| QUInt16(value as u16)),
        DType::QINT32 => fill(shape, &proto.int_val, |&value| QInt32(value)),
        DType::RESOURCE => {
            let handles =
                proto.resource_handle_val.iter().map(handle_from_proto).collect::<Result<Vec<_>>>()?;
            fill(shape, &handles, ResourceHandle::clone)
        }
        narrow if narrow.is_narrow() => {
            let bytes = match has_float8_val(narrow) {
                true => fill(shape.clone(), &proto.float8_val, u8::clone)?,
                false => fill(shape.clone(), &proto.int_val, |&value| value as u8 & low_bits(narrow))?,
            };
            NdArray::from_bytes(narrow, shape, bytes.as_slice()?)
        }
        other => bail!(unimplemented, "unsupported dtype: {}", other.name()),
    }
}

fn handle_from_proto(proto: &ResourceHandleProto) -> Result<ResourceHandle> {
    let held = |held: &DtypeAndShape| {
        let dtype = DType::from_number(held.dtype);
        let dtype = dtype.ok_or_else(|| unparseable(format!("invalid dtype {}", held.dtype)))?;
        let shape = held.shape.as_ref().map_or(Ok(PartialShape::default()), shape_proto::to_partial_shape)?;
        Ok((dtype, shape))
    };
    Ok(ResourceHandle::new(HandleData {
        device: proto.device.clone(),
        container: proto.container.clone(),
        name: proto.name.clone(),
        dtypes_and_shapes: proto.dtypes_and_shapes.iter().map(held).collect::<Result<_>>()?,
        hash_code: proto.hash_code,
        type_name: proto.maybe_type_name.clone(),
        resource: None,
    }))
}

fn handle_to_proto(handle: &ResourceHandle) -> ResourceHandleProto {
    let Some(data) = handle.data() else { return ResourceHandleProto::default() };
    let held = data.dtypes_and_shapes.iter().map(|(dtype, shape)| DtypeAndShape {
        dtype: dtype.number(),
        shape: Some(shape_proto::from_partial_shape(shape)),
    });
    ResourceHandleProto {
        device: data.device.clone(),
        container: data.container.clone(),
        name: data.name.clone(),
        hash_code: data.hash_code,
        maybe_type_name: data.resource_type().to_string(),
        dtypes_and_shapes: held.collect(),
    }
}

/// Real and imaginary parts in turn; a last one alone is dropped.
fn pairs<T>(values: &[T]) -> &[[T; 2]] {
    values.as_chunks().0
}

/// An array of the values, the last one repeated until the shape is full.
fn fill<S, T: Element>(shape: Shape, values: &[S], convert: impl Fn(&S) -> T) -> Result<NdArray> {
    let count = shape.num_elements();
    let Some(last) = values.last() else {
        check_expansion::<T>(count)?;
        return NdArray::zeros(T::DTYPE, shape);
    };
    if values.len() < count {
        check_expansion::<T>(count)?;
    }
    let mut elements = reserve::<T>(count)?;
    elements.extend(values.iter().take(count).map(&convert));
    elements.resize(count, convert(last));
    NdArray::from_shape(shape, elements)
}

fn check_expansion<T>(count: usize) -> Result<()> {
    let size = count.saturating_mul(size_of::<T>());
    ensure!(
        size <= MAX_EXPANDED_BYTES,
        resource_exhausted,
        "OOM when allocating tensor with {count} elements of {} bytes for a constant",
        size_of::<T>()
    );
    Ok(())
}

/// The message for an array, field by field what `tf.make_tensor_proto` of TensorFlow 2.21 writes.
///
/// # Errors
/// `Unimplemented` for variants that stay in their process, such as datasets.
pub fn from_array(array: &NdArray) -> Result<TensorProto> {
    let mut proto = TensorProto {
        dtype: array.dtype().number(),
        tensor_shape: Some(shape_proto::from_shape(array.shape())),
        ..TensorProto::default()
    };
    // A quirk of TensorFlow 2.21: `uint16` and the narrow ones, of all integers, go to the list.
    let as_list = matches!(array.dtype(), DType::BOOL | DType::STRING | DType::UINT16)
        || (array.dtype().is_narrow() && !has_float8_val(array.dtype()))
        || array.dtype().is_complex()
        || array.len() < 2;
    match array.as_bytes() {
        Some(bytes) if !as_list => proto.tensor_content = Bytes::copy_from_slice(bytes),
        _ => write_values(array, &mut proto)?,
    }
    Ok(proto)
}

/// The elements alone, as lists, without dtype and shape: how a V1 checkpoint holds them.
///
/// # Errors
/// As [`from_array`].
pub fn elements_of(array: &NdArray) -> Result<TensorProto> {
    let mut proto = TensorProto::default();
    write_values(array, &mut proto)?;
    Ok(proto)
}

/// The same with only the first elements: the last of them stands for all that follow.
///
/// # Errors
/// As [`from_array`].
pub fn from_first(array: &NdArray, given: usize) -> Result<TensorProto> {
    let first: Vec<usize> = (0..given.min(array.len())).collect();
    let flat = array.reshape(Shape::new(&[array.len()])?)?;
    let mut proto = TensorProto {
        dtype: array.dtype().number(),
        tensor_shape: Some(shape_proto::from_shape(array.shape())),
        ..TensorProto::default()
    };
    let head = dispatch!(flat.dtype(), ALL, |T| {
        let values = flat.as_slice::<T>()?;
        let first = first.iter().filter_map(|index| values.get(*index).cloned());
        Ok(NdArray::vector(first.collect::<Vec<T>>()))
    })?;
    write_values(&head, &mut proto)?;
    Ok(proto)
}

fn write_values(array: &NdArray, proto: &mut TensorProto) -> Result<()> {
    match array.dtype() {
        DType::FLOAT32 => proto.float_val = array.as_slice::<f32>()?.to_vec(),
        DType::FLOAT64 => proto.double_val = array.as_slice::<f64>()?.to_vec(),
        DType::INT32 => proto.int_val = array.as_slice::<i32>()?.to_vec(),
        DType::INT16 => proto.int_val = widen::<i16>(array)?,
        DType::INT8 => proto.int_val = widen::<i8>(array)?,
        DType::UINT16 => proto.int_val = widen::<u16>(array)?,
        DType::UINT8 => proto.int_val = widen::<u8>(array)?,
        DType::INT64 => proto.int64_val = array.as_slice::<i64>()?.to_vec(),
        DType::UINT32 => proto.uint32_val = array.as_slice::<u32>()?.to_vec(),
        DType::UINT64 => proto.uint64_val = array.as_slice::<u64>()?.to_vec(),
        DType::BOOL => proto.bool_val = array.as_slice::<bool>()?.to_vec(),
        DType::STRING => {
            proto.string_val =
                array.as_slice::<TString>()?.iter().map(|text| text.as_bytes().to_vec()).collect();
        }
        DType::HALF => {
            proto.half_val = array.as_slice::<f16>()?.iter().map(|value| value.to_bits().into()).collect();
        }
        DType::BFLOAT16 => {
            proto.half_val = array.as_slice::<bf16>()?.iter().map(|value| value.to_bits().into()).collect();
        }
        DType::COMPLEX64 => {
            proto.scomplex_val =
                array.as_slice::<Complex<f32>>()?.iter().flat_map(|value| [value.re, value.im]).collect();
        }
        DType::COMPLEX128 => {
            proto.dcomplex_val =
                array.as_slice::<Complex<f64>>()?.iter().flat_map(|value| [value.re, value.im]).collect();
        }
        DType::QINT8 => {
            proto.int_val = array.as_slice::<QInt8>()?.iter().map(|value| value.0.into()).collect()
        }
        DType::QUINT8 => {
            proto.int_val = array.as_slice::<QUInt8>()?.iter().map(|value| value.0.into()).collect()
        }
        DType::QINT16 => {
            proto.int_val = array.as_slice::<QInt16>()?.iter().map(|value| value.0.into()).collect()
        }
        DType::QUINT16 => {
            proto.int_val = array.as_slice::<QUInt16>()?.iter().map(|value| value.0.into()).collect();
        }
        DType::RESOURCE => {
            proto.resource_handle_val =
                array.as_slice::<ResourceHandle>()?.iter().map(handle_to_proto).collect();
        }
        DType::VARIANT => {
            let encode = |variant: &Variant| {
                let EncodedVariant { type_name, metadata, tensors } = variant.encode()?;
                let tensors = tensors.iter().map(from_array).collect::<Result<_>>()?;
                Ok(VariantTensorDataProto { type_name, metadata, tensors })
            };
            proto.variant_val = array.as_slice::<Variant>()?.iter().map(encode).collect::<Result<_>>()?;
        }
        DType::QINT32 => proto.int_val = array.as_slice::<QInt32>()?.iter().map(|value| value.0).collect(),
        narrow if narrow.is_narrow() => {
            let bytes = array.as_bytes().unwrap_or_default();
            let unused = low_bits(narrow).leading_zeros();
            let integer = |byte: &u8| match narrow {
                DType::INT4 | DType::INT2 => i32::from((byte << unused).cast_signed() >> unused),
                _ => i32::from(byte << unused >> unused),
            };
            match has_float8_val(narrow) {
                true => proto.float8_val = bytes.to_vec(),
                false => proto.int_val = bytes.iter().map(integer).collect(),
            }
        }
        other => bail!(unimplemented, "unsupported dtype: {}", other.name()),
    }
    Ok(())
}

/// The bits of a byte that a narrow dtype's element has.
fn low_bits(dtype: DType) -> u8 {
    match dtype {
        DType::INT4 | DType::UINT4 => 0x0F,
        DType::INT2 | DType::UINT2 => 0x03,
        _ => 0xFF,
    }
}

/// Whether a narrow dtype's elements are in `float8_val`; the others are in `int_val`.
fn has_float8_val(dtype: DType) -> bool {
    !matches!(dtype, DType::INT4 | DType::UINT4 | DType::INT2 | DType::UINT2)
}

fn widen<T: Element + Copy + Into<i32>>(array: &NdArray) -> Result<Vec<i32>> {
    Ok(array.as_slice::<T>()?.iter().map(|&value| value.into()).collect())
}
