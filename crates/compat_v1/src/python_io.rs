//! `tf.python_io`: files of records.

use ferroflow_core::Result;
use ferroflow_formats::{Compression, TfRecordReader};
pub use ferroflow_v2::io::{TFRecordOptions, TFRecordWriter};
use std::path::Path;

/// The compressions that files of records may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum TFRecordCompressionType {
    /// None.
    #[default]
    NONE,
    /// That of zlib.
    ZLIB,
    /// That of gzip.
    GZIP,
}

impl From<TFRecordCompressionType> for TFRecordOptions {
    fn from(compression: TFRecordCompressionType) -> TFRecordOptions {
        TFRecordOptions::new(match compression {
            TFRecordCompressionType::NONE => "",
            TFRecordCompressionType::ZLIB => "ZLIB",
            TFRecordCompressionType::GZIP => "GZIP",
        })
    }
}

/// The records of a file, one after the other.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// use tf::python_io::{TFRecordCompressionType, TFRecordWriter, tf_record_iterator};
/// let path = std::env::temp_dir().join(format!("ferroflow_v1_records_{}", std::process::id()));
/// let options = TFRecordCompressionType::GZIP.into();
/// let mut writer = TFRecordWriter::new_with(&path, &options)?;
/// writer.write(b"one")?;
/// writer.close()?;
/// let records: Vec<Vec<u8>> = tf_record_iterator(&path, Some(&options))?.collect::<tf::Result<_>>()?;
/// assert_eq!(records, [b"one"]);
/// # std::fs::remove_file(&path).ok();
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// `NotFound` for a file that does not exist; each record may be damaged.
pub fn tf_record_iterator(
    path: impl AsRef<Path>,
    options: Option<&TFRecordOptions>,
) -> Result<impl Iterator<Item = Result<Vec<u8>>>> {
    let compression = options.map_or(Ok(Compression::None), TFRecordOptions::compression)?;
    TfRecordReader::open(path, compression)
}
