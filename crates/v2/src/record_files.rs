//! `tf.io.TFRecordWriter`: files of records.

use ferroflow_core::Result;
use ferroflow_formats::{Compression, TfRecordWriter};
use std::path::Path;

/// How a file of records is written.
///
/// Source: `tf.io.TFRecordOptions`.
#[derive(Clone, Debug, Default)]
pub struct TFRecordOptions {
    /// `""`, `"GZIP"` or `"ZLIB"`.
    pub compression_type: String,
}

impl TFRecordOptions {
    /// Records under this compression: `""`, `"GZIP"` or `"ZLIB"`.
    pub fn new(compression_type: &str) -> TFRecordOptions {
        TFRecordOptions { compression_type: compression_type.to_string() }
    }

    /// The compression.
    ///
    /// # Errors
    /// `ValueError` for one that there is not.
    pub fn compression(&self) -> Result<Compression> {
        self.compression_type.parse()
    }
}

/// Writes a file of records.
///
/// Source: `tf.io.TFRecordWriter`.
///
/// ```
/// use ferroflow_v2 as tf;
/// let path = std::env::temp_dir().join(format!("ferroflow_records_{}", std::process::id()));
/// let mut writer = tf::io::TFRecordWriter::new(&path)?;
/// writer.write(b"one")?;
/// writer.close()?;
/// assert!(tf::io::gfile::stat(&path.display().to_string())?.length > 3);
/// # std::fs::remove_file(&path).ok();
/// # Ok::<(), tf::Error>(())
/// ```
pub struct TFRecordWriter(TfRecordWriter);

impl TFRecordWriter {
    /// A writer of a new file.
    ///
    /// # Errors
    /// What the file system finds wrong.
    pub fn new(path: impl AsRef<Path>) -> Result<TFRecordWriter> {
        TFRecordWriter::new_with(path, &TFRecordOptions::default())
    }

    /// A writer of a new file, under a compression.
    ///
    /// # Errors
    /// As [`TFRecordWriter::new`]; `ValueError` for a compression that there is not.
    pub fn new_with(path: impl AsRef<Path>, options: &TFRecordOptions) -> Result<TFRecordWriter> {
        Ok(TFRecordWriter(TfRecordWriter::create(path, options.compression()?)?))
    }

    /// Adds a record.
    ///
    /// # Errors
    /// What the file system finds wrong; `FailedPrecondition` for a file that is closed.
    pub fn write(&mut self, record: impl AsRef<[u8]>) -> Result<()> {
        self.0.write(record.as_ref())
    }

    /// Hands what was written to the file system.
    ///
    /// # Errors
    /// What the file system finds wrong.
    pub fn flush(&mut self) -> Result<()> {
        self.0.flush()
    }

    /// Ends the file.
    ///
    /// # Errors
    /// What the file system finds wrong.
    pub fn close(&mut self) -> Result<()> {
        self.0.close()
    }
}
