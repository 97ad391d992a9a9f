//! How checkpoints store the elements of a string tensor.

use crate::checksum;
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
        crc = match u32::try_from(length) {
            Ok(length) => crc32c::crc32c_append(crc, &length.to_le_bytes()),
            Err(_) => crc32c::crc32c_append(crc, &(length as u64).to_le_bytes()),
        };
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
