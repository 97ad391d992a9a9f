//! `FileWriterCache`: one writer for each directory.

use super::file_writer::FileWriter;
use crate::get_default_graph;
use ferroflow_core::Result;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

static WRITERS: Mutex<BTreeMap<PathBuf, FileWriter>> = Mutex::new(BTreeMap::new());

fn lock() -> MutexGuard<'static, BTreeMap<PathBuf, FileWriter>> {
    WRITERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The writers of the process, by directory.
///
/// Source: `tf.compat.v1.summary.FileWriterCache`.
pub struct FileWriterCache;

impl FileWriterCache {
    /// The writer of a directory; a new one begins with the default graph.
    ///
    /// # Errors
    /// As [`FileWriter::new_with`].
    pub fn get(logdir: impl AsRef<Path>) -> Result<FileWriter> {
        let mut writers = lock();
        if let Some(writer) = writers.get(logdir.as_ref()) {
            return Ok(writer.clone());
        }
        let writer = FileWriter::new_with(&logdir, |options| options.graph(get_default_graph()))?;
        writers.insert(logdir.as_ref().to_path_buf(), writer.clone());
        Ok(writer)
    }

    /// Closes all writers and forgets them.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn clear() -> Result<()> {
        std::mem::take(&mut *lock()).into_values().try_for_each(|writer| writer.close())
    }
}
