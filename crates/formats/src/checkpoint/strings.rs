//! How checkpoints store the elements of a string tensor.

use crate::checksum;
use crate::varint::push_varint;
use ferroflow_core::{Error, Result, TString, ensure, reserve};
use ferroflow_proto::ByteReader;

/// The elements in `bytes`, and the checksum TensorFlow keeps in the tensor's entry.
///
/// All lengths come first as base 128 numbers, then their own checksum, then the characters. That checksum, and
/// the one of the entry, cover each length as a fixed-width number rather than the bytes in the file.
pub(super) fn decode(bytes: &[u8], count: usize, key: &str) -> Result<(Vec<TString>, u32)> {
    // A length takes a byte at least, so that a count above this is a lie; it is not allocated for.
    ensure!(
        count <= bytes.len(),
        data_loss,
        "Invalid size in bundle entry: key {key}; stored size {}; expected size is at least {count}",
        bytes.len()
    );
    let truncated = || Error::out_of_range("Read less bytes than requested");
    let mut reader = ByteReader::new(bytes);
    let mut lengths = reserve::<usize>(count)?;
    let mut crc = 0;
    for _ in 0..count {
        let length = reader.varint_size().ok_or_else(truncated)?;
        crc = append_length(crc, length);
        lengths.push(length);
    }
    let stored = reader.u32().ok_or_else(truncated)?;
    let expected = checksum::unmask(stored);
    ensure!(
        expected == crc,
        data_loss,
        "The length checksum does not match: expected {expected:08} but actual is {crc:08}"
    );
    crc = crc32c::crc32c_append(crc, &stored.to_le_bytes());
    let mut elements = reserve::<TString>(count)?;
    for length in lengths {
        let element = reader.take(length).ok_or_else(truncated)?;
        crc = crc32c::crc32c_append(crc, element);
        elements.push(TString::from(element));
    }
    Ok((elements, checksum::mask(crc)))
}

/// The bytes in which elements are stored, and the checksum for the tensor's entry.
pub(super) fn encode(elements: &[TString]) -> (Vec<u8>, u32) {
    let mut bytes = Vec::new();
    let mut crc = 0;
    for element in elements {
        push_varint(&mut bytes, element.len() as u64);
        crc = append_length(crc, element.len());
    }
    let lengths = checksum::mask(crc).to_le_bytes();
    bytes.extend_from_slice(&lengths);
    crc = crc32c::crc32c_append(crc, &lengths);
    for element in elements {
        bytes.extend_from_slice(element.as_bytes());
        crc = crc32c::crc32c_append(crc, element.as_bytes());
    }
    (bytes, checksum::mask(crc))
}

/// The checksum with the length of one more element, in four bytes where it fits in them.
fn append_length(crc: u32, length: usize) -> u32 {
    match u32::try_from(length) {
        Ok(length) => crc32c::crc32c_append(crc, &length.to_le_bytes()),
        Err(_) => crc32c::crc32c_append(crc, &(length as u64).to_le_bytes()),
    }
}
