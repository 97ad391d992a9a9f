//! `TableBuilder`: writes a table as TensorFlow does, byte for byte.

use super::table::{FOOTER_SIZE, MAGIC};
use crate::checksum;
use crate::varint::push_varint;

/// A data block is closed once it is estimated to be this long.
const BLOCK_SIZE: usize = 256 << 10;
/// Every so many entries of a data block one has its whole key.
const RESTART_INTERVAL: usize = 16;

/// Makes a table of entries that are added in the order of their keys.
pub(crate) struct TableBuilder {
    file: Vec<u8>,
    data: BlockBuilder,
    index: BlockBuilder,
    /// The handle of a block that is closed: its key in the index depends on the key that comes next.
    closed: Option<Vec<u8>>,
    last_key: Vec<u8>,
}

struct BlockBuilder {
    contents: Vec<u8>,
    restarts: Vec<u32>,
    restart_interval: usize,
    since_restart: usize,
    last_key: Vec<u8>,
}

impl BlockBuilder {
    fn new(restart_interval: usize) -> BlockBuilder {
        BlockBuilder {
            contents: Vec::new(),
            restarts: vec![0],
            restart_interval,
            since_restart: 0,
            last_key: Vec::new(),
        }
    }

    fn add(&mut self, key: &[u8], value: &[u8]) {
        let mut shared = 0;
        if self.since_restart < self.restart_interval {
            shared = self.last_key.iter().zip(key).take_while(|(a, b)| a == b).count();
        } else {
            self.restarts.push(self.contents.len() as u32);
            self.since_restart = 0;
        }
        let unshared = key.get(shared..).unwrap_or_default();
        push_varint(&mut self.contents, shared as u64);
        push_varint(&mut self.contents, unshared.len() as u64);
        push_varint(&mut self.contents, value.len() as u64);
        self.contents.extend_from_slice(unshared);
        self.contents.extend_from_slice(value);
        self.last_key.truncate(shared);
        self.last_key.extend_from_slice(unshared);
        self.since_restart += 1;
    }

    fn estimated_size(&self) -> usize {
        self.contents.len() + 4 * (self.restarts.len() + 1)
    }

    /// Appends the block with its trailer to a file; gives its handle.
    fn write(&mut self, file: &mut Vec<u8>) -> Vec<u8> {
        let start = file.len();
        file.extend_from_slice(&self.contents);
        for restart in &self.restarts {
            file.extend_from_slice(&restart.to_le_bytes());
        }
        file.extend_from_slice(&(self.restarts.len() as u32).to_le_bytes());
        let size = file.len() - start;
        // TensorFlow compresses no block of a checkpoint.
        file.push(0);
        let crc = checksum::masked_crc32c(file.get(start..).unwrap_or_default());
        file.extend_from_slice(&crc.to_le_bytes());
        *self = BlockBuilder::new(self.restart_interval);
        let mut handle = Vec::new();
        push_varint(&mut handle, start as u64);
        push_varint(&mut handle, size as u64);
        handle
    }
}

impl TableBuilder {
    pub(crate) fn new() -> TableBuilder {
        TableBuilder {
            file: Vec::new(),
            data: BlockBuilder::new(RESTART_INTERVAL),
            index: BlockBuilder::new(1),
            closed: None,
            last_key: Vec::new(),
        }
    }

    /// Adds an entry, whose key comes after all keys before.
    pub(crate) fn add(&mut self, key: &[u8], value: &[u8]) {
        if let Some(handle) = self.closed.take() {
            self.index.add(&separator(&self.last_key, key), &handle);
        }
        self.data.add(key, value);
        self.last_key.clear();
        self.last_key.extend_from_slice(key);
        if self.data.estimated_size() >= BLOCK_SIZE {
            self.closed = Some(self.data.write(&mut self.file));
        }
    }

    /// The bytes of the file.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        if !self.data.contents.is_empty() {
            self.closed = Some(self.data.write(&mut self.file));
        }
        let mut footer = BlockBuilder::new(RESTART_INTERVAL).write(&mut self.file);
        if let Some(handle) = self.closed.take() {
            self.index.add(&successor(&self.last_key), &handle);
        }
        footer.extend(self.index.write(&mut self.file));
        footer.resize(FOOTER_SIZE - 8, 0);
        footer.extend_from_slice(&MAGIC.to_le_bytes());
        self.file.extend(footer);
        self.file
    }
}

/// The shortest key found easily that is not before `start` and before `limit`.
fn separator(start: &[u8], limit: &[u8]) -> Vec<u8> {
    let shared = start.iter().zip(limit).take_while(|(a, b)| a == b).count();
    let mut key = start.to_vec();
    if let (Some(byte), Some(&end)) = (key.get_mut(shared), limit.get(shared))
        && byte.checked_add(1).is_some_and(|next| next < end)
    {
        *byte += 1;
        key.truncate(shared + 1);
    }
    key
}

/// The shortest key found easily that is not before `key`.
fn successor(key: &[u8]) -> Vec<u8> {
    let Some(position) = key.iter().position(|&byte| byte != 0xff) else { return key.to_vec() };
    let mut key = key.get(..=position).unwrap_or_default().to_vec();
    if let Some(last) = key.last_mut() {
        *last += 1;
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_are_short_and_in_between() {
        assert_eq!(separator(b"abcdef", b"abzz"), b"abd");
        assert_eq!(separator(b"abc", b"abd"), b"abc");
        assert_eq!(separator(b"ab", b"abc"), b"ab");
        assert_eq!(separator(b"a\xff\xff", b"b"), b"a\xff\xff");
        assert_eq!(successor(b"\xff\xffab"), b"\xff\xffb");
        assert_eq!(successor(b"\xff"), b"\xff");
        assert_eq!(successor(b""), b"");
    }
}
