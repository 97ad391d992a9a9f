//! Messages of examples (`Example`, `SequenceExample`): features by name, read within bounds.

use ferroflow_core::wire::{Fields, Payload, malformed, varint};
use ferroflow_core::{DType, NdArray, Result, Shape, TString, bail, reserve};
use std::collections::HashMap;

/// Values of one of the dtypes that features have.
#[derive(Clone, Debug)]
pub(crate) enum Values {
    Strings(Vec<TString>),
    Floats(Vec<f32>),
    Ints(Vec<i64>),
}

impl Values {
    /// No values of this dtype.
    pub(crate) fn new(dtype: DType) -> Result<Values> {
        Ok(match dtype {
            DType::STRING => Values::Strings(Vec::new()),
            DType::FLOAT32 => Values::Floats(Vec::new()),
            DType::INT64 => Values::Ints(Vec::new()),
            other => bail!(invalid_argument, "Invalid config dtype: {}", other.cpp_name()),
        })
    }

    /// No values of this dtype, with room for this many.
    pub(crate) fn with_room(dtype: DType, count: usize) -> Result<Values> {
        Ok(match Values::new(dtype)? {
            Values::Strings(_) => Values::Strings(reserve(count)?),
            Values::Floats(_) => Values::Floats(reserve(count)?),
            Values::Ints(_) => Values::Ints(reserve(count)?),
        })
    }

    /// The elements of an array.
    pub(crate) fn of(array: &NdArray) -> Result<Values> {
        Ok(match array.dtype() {
            DType::STRING => Values::Strings(array.as_slice::<TString>()?.to_vec()),
            DType::FLOAT32 => Values::Floats(array.as_slice::<f32>()?.to_vec()),
            _ => Values::Ints(array.as_slice::<i64>()?.to_vec()),
        })
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Values::Strings(values) => values.len(),
            Values::Floats(values) => values.len(),
            Values::Ints(values) => values.len(),
        }
    }

    /// Appends values of the same dtype, `count` times; of another dtype none.
    pub(crate) fn extend(&mut self, other: &Values, count: usize) {
        for _ in 0..count {
            match (&mut *self, other) {
                (Values::Strings(values), Values::Strings(more)) => values.extend_from_slice(more),
                (Values::Floats(values), Values::Floats(more)) => values.extend_from_slice(more),
                (Values::Ints(values), Values::Ints(more)) => values.extend_from_slice(more),
                _ => {}
            }
        }
    }

    pub(crate) fn into_array(self, shape: Shape) -> Result<NdArray> {
        match self {
            Values::Strings(values) => NdArray::from_shape(shape, values),
            Values::Floats(values) => NdArray::from_shape(shape, values),
            Values::Ints(values) => NdArray::from_shape(shape, values),
        }
    }
}

/// A feature as it stands in a message.
#[derive(Clone, Copy)]
pub(crate) struct Feature<'a>(&'a [u8]);

impl<'a> Feature<'a> {
    /// The dtype of the values, `None` where the feature holds none; the last list that is set counts.
    pub(crate) fn dtype(self) -> Result<Option<DType>> {
        Ok(self.list()?.map(|(dtype, _)| dtype))
    }

    fn list(self) -> Result<Option<(DType, &'a [u8])>> {
        let mut found = None;
        for field in Fields::new(self.0) {
            let (number, payload) = field?;
            let dtype = match number {
                1 => DType::STRING,
                2 => DType::FLOAT32,
                3 => DType::INT64,
                _ => continue,
            };
            found = Some((dtype, payload.bytes().ok_or_else(malformed)?));
        }
        Ok(found)
    }

    /// The values.
    pub(crate) fn values(self) -> Result<Option<Values>> {
        let Some((dtype, list)) = self.list()? else { return Ok(None) };
        let mut values = Values::new(dtype)?;
        for field in Fields::new(list) {
            let (number, payload) = field?;
            if number != 1 {
                continue;
            }
            match (&mut values, payload) {
                (Values::Strings(values), Payload::Bytes(text)) => values.push(TString::from(text)),
                (Values::Floats(values), Payload::Fixed32(value)) => values.push(f32::from_le_bytes(value)),
                (Values::Floats(values), Payload::Bytes(packed)) => {
                    let (whole, rest) = packed.as_chunks::<4>();
                    if !rest.is_empty() {
                        return Err(malformed());
                    }
                    values.extend(whole.iter().map(|value| f32::from_le_bytes(*value)));
                }
                (Values::Ints(values), Payload::Varint(value)) => values.push(value as i64),
                (Values::Ints(values), Payload::Bytes(mut packed)) => {
                    while !packed.is_empty() {
                        values.push(varint(&mut packed).ok_or_else(malformed)? as i64);
                    }
                }
                _ => return Err(malformed()),
            }
        }
        Ok(Some(values))
    }
}

/// The entries of a map from names to messages; the last of a name counts.
fn entries<'a>(map: &'a [u8], found: &mut HashMap<&'a [u8], &'a [u8]>) -> Result<()> {
    for field in Fields::new(map) {
        let (1, Payload::Bytes(entry)) = field? else { continue };
        let (mut key, mut value): (&[u8], &[u8]) = (&[], &[]);
        for field in Fields::new(entry) {
            match field? {
                (1, payload) => key = payload.bytes().ok_or_else(malformed)?,
                (2, payload) => value = payload.bytes().ok_or_else(malformed)?,
                _ => {}
            }
        }
        found.insert(key, value);
    }
    Ok(())
}

/// Features by name.
pub(crate) type Features<'a> = HashMap<&'a [u8], Feature<'a>>;

/// The features of the context of a sequence example.
pub(crate) fn features(message: &[u8]) -> Result<Features<'_>> {
    let mut found = HashMap::new();
    for field in Fields::new(message) {
        if let (1, Payload::Bytes(map)) = field? {
            entries(map, &mut found)?;
        }
    }
    Ok(by_name(found))
}

fn by_name<'a>(found: HashMap<&'a [u8], &'a [u8]>) -> Features<'a> {
    found.into_iter().map(|(name, feature)| (name, Feature(feature))).collect()
}

/// The features of an example. TensorFlow 2.21 takes what is there when the features, or an entry of theirs, are said to be longer
/// than what is left; so it does when it passes over other fields.
pub(crate) fn example_features(message: &[u8]) -> Result<Features<'_>> {
    let (mut rest, mut found) = (message, HashMap::new());
    while !rest.is_empty() {
        let Some(mut map) = field_named_one(&mut rest)? else { continue };
        while !map.is_empty() {
            let entry = field_named_one(&mut map)?.ok_or_else(malformed)?;
            let (name, feature) = name_and_feature(entry)?;
            found.insert(name, feature);
        }
    }
    Ok(by_name(found))
}

/// An entry's two fields, in any order; TensorFlow takes neither fewer nor more, but does not mind one of them twice.
fn name_and_feature(entry: &[u8]) -> Result<(&[u8], &[u8])> {
    let (mut fields, mut name, mut feature) = (Fields::new(entry), &[][..], &[][..]);
    for _ in 0..2 {
        match fields.next().ok_or_else(malformed)?? {
            (1, Payload::Bytes(bytes)) => name = bytes,
            (2, Payload::Bytes(bytes)) => feature = bytes,
            _ => return Err(malformed()),
        }
    }
    if fields.next().is_some() { Err(malformed()) } else { Ok((name, feature)) }
}

/// The bytes of a field off the front, or as much of them as there is; `None` for a field that is passed over.
fn field_named_one<'a>(rest: &mut &'a [u8]) -> Result<Option<&'a [u8]>> {
    // Only the shortest form of the tag is known as that.
    let wanted = rest.first() == Some(&0x0a);
    let before = rest.len();
    let tag = varint(rest).filter(|_| before - rest.len() <= 5).ok_or_else(malformed)?;
    let fixed = match tag & 7 {
        0 => {
            varint(rest).ok_or_else(malformed)?;
            return Ok(None);
        }
        1 => 8,
        5 => 4,
        2 => {
            // Longer ones lose their upper bits, and a negative one passes over nothing and bounds nothing.
            let length = varint(rest).ok_or_else(malformed)? as i32;
            let length = usize::try_from(length).unwrap_or(if wanted { rest.len() } else { 0 });
            let (taken, left) = rest.split_at(length.min(rest.len()));
            *rest = left;
            return Ok(wanted.then_some(taken));
        }
        // Groups are in none of the messages.
        _ => return Err(malformed()),
    };
    *rest = rest.get(fixed..).ok_or_else(malformed)?;
    Ok(None)
}

/// The lists of features of a sequence example, by name.
pub(crate) fn feature_lists(message: &[u8]) -> Result<HashMap<&[u8], Vec<Feature<'_>>>> {
    let mut found = HashMap::new();
    for field in Fields::new(message) {
        if let (2, Payload::Bytes(map)) = field? {
            entries(map, &mut found)?;
        }
    }
    let mut lists = HashMap::new();
    for (name, list) in found {
        let mut features = Vec::new();
        for field in Fields::new(list) {
            if let (1, Payload::Bytes(feature)) = field? {
                features.push(Feature(feature));
            }
        }
        lists.insert(name, features);
    }
    Ok(lists)
}
