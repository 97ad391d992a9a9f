//! Writing TFRecord files.

use crate::checksum;
use crate::files;
use crate::tf_record::Compression;
use ferroflow_core::{Error, Result};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Writes records to a TFRecord file: what `tf.io.TFRecordWriter` writes, byte for byte where it is not compressed.
///
/// ```no_run
/// use ferroflow_formats::{Compression, TfRecordWriter};
/// let mut writer = TfRecordWriter::create("train.tfrecord", Compression::None)?;
/// writer.write(b"a record")?;
/// writer.close()?;
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
pub struct TfRecordWriter {
    path: PathBuf,
    output: Output,
}

enum Output {
    Plain(BufWriter<File>),
    Gzip(flate2::write::GzEncoder<BufWriter<File>>),
    Zlib(flate2::write::ZlibEncoder<BufWriter<File>>),
    Closed,
}

impl TfRecordWriter {
    /// Begins a file, in place of one that has the name.
    ///
    /// # Errors
    /// `NotFound` when the directory does not exist, and others of the file system.
    pub fn create(path: impl AsRef<Path>, compression: Compression) -> Result<TfRecordWriter> {
        let path = path.as_ref().to_path_buf();
        let file = File::create(&path).map_err(|error| files::io_error(&path, &error))?;
        let file = BufWriter::with_capacity(1 << 18, file);
        let level = flate2::Compression::default();
        let output = match compression {
            Compression::None => Output::Plain(file),
            Compression::Gzip => Output::Gzip(flate2::write::GzEncoder::new(file, level)),
            Compression::Zlib => Output::Zlib(flate2::write::ZlibEncoder::new(file, level)),
        };
        Ok(TfRecordWriter { path, output })
    }

    /// Appends a record.
    ///
    /// # Errors
    /// `FailedPrecondition` after [`TfRecordWriter::close`], and those of the file system.
    pub fn write(&mut self, record: &[u8]) -> Result<()> {
        let length = (record.len() as u64).to_le_bytes();
        self.with_output(|output| {
            output.write_all(&length)?;
            output.write_all(&checksum::masked_crc32c(&length).to_le_bytes())?;
            output.write_all(record)?;
            output.write_all(&checksum::masked_crc32c(record).to_le_bytes())
        })
    }

    /// Hands what was written on to the system, so that readers see it; of a compressed file, as far as it has been
    /// compressed.
    ///
    /// # Errors
    /// As [`TfRecordWriter::write`].
    pub fn flush(&mut self) -> Result<()> {
        self.with_output(|output| output.flush())
    }

    /// Completes the file. Closing twice does nothing.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn close(&mut self) -> Result<()> {
        let finished = match std::mem::replace(&mut self.output, Output::Closed) {
            Output::Plain(file) => Ok(file),
            Output::Gzip(encoder) => encoder.finish(),
            Output::Zlib(encoder) => encoder.finish(),
            Output::Closed => return Ok(()),
        };
        let flushed = finished.and_then(|mut file| file.flush());
        flushed.map_err(|error| files::io_error(&self.path, &error))
    }

    fn with_output(&mut self, f: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
        let written = match &mut self.output {
            Output::Plain(output) => f(output),
            Output::Gzip(output) => f(output),
            Output::Zlib(output) => f(output),
            Output::Closed => return Err(Error::failed_precondition("Writer is closed.")),
        };
        written.map_err(|error| files::io_error(&self.path, &error))
    }
}

impl Drop for TfRecordWriter {
    fn drop(&mut self) {
        // Whoever wants to know whether it succeeds closes the writer.
        let _ = self.close();
    }
}
