//! `Table`: the footer of a table file and a walk over its entries.

use super::block::BlockHandle;
use ferroflow_core::{Error, Result};
use ferroflow_proto::ByteReader;

/// Two block handles, padded to their largest size, and the magic number.
pub(super) const FOOTER_SIZE: usize = 48;
pub(super) const MAGIC: u64 = 0xdb47_7524_8b80_fb57;

/// A table file in memory.
pub(crate) struct Table<'a> {
    file: &'a [u8],
    index: BlockHandle,
}

impl<'a> Table<'a> {
    /// The table in these bytes of a whole file.
    ///
    /// # Errors
    /// `DataLoss` when the footer is not one of a table.
    pub(crate) fn open(file: &'a [u8]) -> Result<Table<'a>> {
        let Some(footer) = file.last_chunk::<FOOTER_SIZE>() else {
            return Err(Error::data_loss("file is too short to be an sstable"));
        };
        let (handles, magic) = footer.split_at(FOOTER_SIZE - 8);
        if ByteReader::new(magic).u64() != Some(MAGIC) {
            return Err(Error::data_loss("not an sstable (bad magic number)"));
        }
        let mut handles = ByteReader::new(handles);
        BlockHandle::take(&mut handles)?;
        let index = BlockHandle::take(&mut handles)?;
        // As in TensorFlow, a damaged index is found before any entry is looked at.
        index.read(file)?;
        Ok(Table { file, index })
    }

    /// Calls `visit` with every key and value in the order of the keys.
    ///
    /// # Errors
    /// `DataLoss` or `OutOfRange` for a damaged block, or whatever `visit` answers.
    pub(crate) fn for_each(&self, mut visit: impl FnMut(&[u8], &[u8]) -> Result<()>) -> Result<()> {
        let mut last_key: Option<Vec<u8>> = None;
        self.index.read(self.file)?.for_each(|_, handle| {
            let block = BlockHandle::take(&mut ByteReader::new(handle))?.read(self.file)?;
            block.for_each(|key, value| {
                // Blocks that an index names twice would make a small file take any amount of time.
                if last_key.as_deref().is_some_and(|last| last >= key) {
                    return Err(Error::data_loss("bad entry in block"));
                }
                let last = last_key.get_or_insert_default();
                last.clear();
                last.extend_from_slice(key);
                visit(key, value)
            })
        })
    }
}
