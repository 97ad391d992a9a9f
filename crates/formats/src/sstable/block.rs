//! Blocks of a table: where they lie, their checksum and compression, and the entries in them.

use crate::checksum;
use ferroflow_core::{Error, Result};
use ferroflow_proto::ByteReader;
use std::borrow::Cow;

/// Bytes behind each block: its compression and its checksum.
const TRAILER_SIZE: usize = 5;
const NO_COMPRESSION: u8 = 0;
const SNAPPY_COMPRESSION: u8 = 1;

/// Upper bound of what snappy can make of one byte: its densest element turns 3 bytes into 64.
const SNAPPY_MAX_RATIO: usize = 22;

/// Where a block lies in the file, its trailer not counted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct BlockHandle {
    offset: usize,
    size: usize,
}

impl BlockHandle {
    /// Takes a handle: offset and size as base 128 numbers.
    pub(super) fn take(reader: &mut ByteReader<'_>) -> Result<BlockHandle> {
        match (reader.varint_size(), reader.varint_size()) {
            (Some(offset), Some(size)) => Ok(BlockHandle { offset, size }),
            _ => Err(Error::data_loss("bad block handle")),
        }
    }

    /// The checked and decompressed contents of the block.
    pub(super) fn read<'a>(&self, file: &'a [u8]) -> Result<Block<'a>> {
        let stored = self
            .offset
            .checked_add(self.size)
            .and_then(|end| end.checked_add(TRAILER_SIZE))
            .and_then(|end| file.get(self.offset..end))
            .ok_or_else(|| Error::out_of_range("Read less bytes than requested"))?;
        let (checked, crc) = stored.split_at(self.size + 1);
        if ByteReader::new(crc).u32() != Some(checksum::masked_crc32c(checked)) {
            return Err(Error::data_loss("block checksum mismatch"));
        }
        match checked.split_last() {
            Some((&NO_COMPRESSION, contents)) => Block::new(Cow::Borrowed(contents)),
            Some((&SNAPPY_COMPRESSION, contents)) => Block::new(Cow::Owned(decompress(contents)?)),
            _ => Err(Error::data_loss("bad block type")),
        }
    }
}

fn decompress(contents: &[u8]) -> Result<Vec<u8>> {
    let corrupt = || Error::data_loss("corrupted compressed block contents");
    let size = snap::raw::decompress_len(contents).map_err(|_| corrupt())?;
    if size > contents.len().saturating_mul(SNAPPY_MAX_RATIO) {
        return Err(corrupt());
    }
    snap::raw::Decoder::new().decompress_vec(contents).map_err(|_| corrupt())
}

/// Builders write a whole key at least every 16 entries, so all keys together are at most this many times as long
/// as the block; without a bound few bytes could ask for keys without end.
const MAX_KEY_RATIO: usize = 16;

/// The contents of a block: entries whose keys share prefixes with the key before, then the offsets of entries
/// that share nothing.
pub(super) struct Block<'a> {
    entries: Cow<'a, [u8]>,
}

impl<'a> Block<'a> {
    fn new(contents: Cow<'a, [u8]>) -> Result<Block<'a>> {
        // A reader from front to back needs no restart offsets, only to know where they begin.
        let end = contents
            .last_chunk::<4>()
            .map(|count| u32::from_le_bytes(*count) as usize)
            .and_then(|count| count.checked_add(1)?.checked_mul(4))
            .and_then(|size| contents.len().checked_sub(size))
            .ok_or_else(|| Error::data_loss("bad block contents"))?;
        let entries = match contents {
            Cow::Borrowed(bytes) => Cow::Borrowed(bytes.get(..end).unwrap_or_default()),
            Cow::Owned(mut bytes) => {
                bytes.truncate(end);
                Cow::Owned(bytes)
            }
        };
        Ok(Block { entries })
    }

    /// Calls `visit` with every key and value in order.
    pub(super) fn for_each(&self, mut visit: impl FnMut(&[u8], &[u8]) -> Result<()>) -> Result<()> {
        let mut reader = ByteReader::new(&self.entries);
        let mut key = Vec::new();
        let mut key_budget = self.entries.len().saturating_mul(MAX_KEY_RATIO);
        while !reader.rest().is_empty() {
            let value =
                take_entry(&mut reader, &mut key).ok_or_else(|| Error::data_loss("bad entry in block"))?;
            key_budget =
                key_budget.checked_sub(key.len()).ok_or_else(|| Error::data_loss("bad entry in block"))?;
            visit(&key, value)?;
        }
        Ok(())
    }
}

/// Takes one entry, turning `key` from the key before into its own.
fn take_entry<'a>(reader: &mut ByteReader<'a>, key: &mut Vec<u8>) -> Option<&'a [u8]> {
    let shared = reader.varint_size()?;
    let unshared = reader.varint_size()?;
    let value_size = reader.varint_size()?;
    if shared > key.len() {
        return None;
    }
    key.truncate(shared);
    key.extend_from_slice(reader.take(unshared)?);
    reader.take(value_size)
}
