//! TFRecord files: length-prefixed records with checksums, plain or compressed as a whole.

use crate::checksum;
use crate::files;
use ferroflow_core::{Error, Result, bail};
use ferroflow_proto::ByteReader;
use std::fs::File;
use std::io::{BufReader, ErrorKind, Read};
use std::path::Path;

/// Bytes that are asked of the file at a time, so that a length that lies allocates no more than there is.
const CHUNK: u64 = 1 << 20;

const LENGTH_SIZE: usize = 8;
const CRC_SIZE: u64 = 4;
/// The length of a record and the checksum of that length.
const HEADER_SIZE: u64 = 12;

/// How a TFRecord file is compressed: the `compression_type` of `tf.data.TFRecordDataset`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compression {
    /// `""`
    #[default]
    None,
    /// `"GZIP"`
    Gzip,
    /// `"ZLIB"`
    Zlib,
}

impl std::str::FromStr for Compression {
    type Err = Error;

    fn from_str(name: &str) -> Result<Compression> {
        match name {
            "" => Ok(Compression::None),
            "GZIP" => Ok(Compression::Gzip),
            "ZLIB" => Ok(Compression::Zlib),
            other => bail!(invalid_argument, "Unsupported compression_type: {other}."),
        }
    }
}

/// The records of a TFRecord file, in order.
///
/// ```no_run
/// use ferroflow_formats::{Compression, TfRecordReader};
/// for record in TfRecordReader::open("train.tfrecord", Compression::None)? {
///     let bytes: Vec<u8> = record?;
/// }
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
pub struct TfRecordReader {
    input: Box<dyn Read + Send>,
    offset: u64,
    /// What TensorFlow says of a file that ends within a record.
    at_end: &'static str,
    /// Set at the end of the file and after an error: where the next record begins is then unknown.
    finished: bool,
}

impl TfRecordReader {
    /// Opens a file.
    ///
    /// # Errors
    /// `NotFound` and others of the file system.
    pub fn open(path: impl AsRef<Path>, compression: Compression) -> Result<TfRecordReader> {
        Ok(TfRecordReader::new(open(path.as_ref())?, compression))
    }

    /// Reads records from anything.
    pub fn new(input: impl Read + Send + 'static, compression: Compression) -> TfRecordReader {
        let input = decompressed(input, compression);
        let at_end = match compression {
            Compression::None => "Read less bytes than requested",
            Compression::Gzip | Compression::Zlib => "EOF reached",
        };
        TfRecordReader { input, offset: 0, at_end, finished: false }
    }

    /// Where the next record begins, counted in bytes after decompression.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    fn next_record(&mut self) -> Result<Option<Vec<u8>>> {
        let start = self.offset;
        // Like TensorFlow, a file that ends within a record's header is taken to end before it.
        let Some(header) = self.read(HEADER_SIZE)? else { return Ok(None) };
        let (header, crc) = header.split_at(LENGTH_SIZE);
        if !matches(header, crc) {
            let hint = if start == 0 { " (Is this even a TFRecord file?)" } else { "" };
            bail!(data_loss, "corrupted record at {start}{hint}");
        }
        let length = ByteReader::new(header).u64().and_then(|length| length.checked_add(CRC_SIZE));
        let record = match length {
            Some(length) => self.read(length)?,
            None => None,
        };
        let Some(mut record) = record else {
            // The stray quotation mark is TensorFlow's.
            bail!(data_loss, "truncated record at {start}' failed with {}", self.at_end);
        };
        let crc = record.split_off(record.len().saturating_sub(CRC_SIZE as usize));
        if !matches(&record, &crc) {
            bail!(data_loss, "corrupted record at {}", start.saturating_add(HEADER_SIZE));
        }
        Ok(Some(record))
    }

    /// The next `size` bytes, or `None` where the file ends before.
    fn read(&mut self, size: u64) -> Result<Option<Vec<u8>>> {
        let mut bytes = Vec::with_capacity(size.min(CHUNK) as usize);
        match self.input.by_ref().take(size).read_to_end(&mut bytes) {
            Err(error) if error.kind() != ErrorKind::UnexpectedEof => {
                bail!(data_loss, "cannot read the record at {}: {error}", self.offset)
            }
            _ if bytes.len() as u64 != size => Ok(None),
            _ => {
                self.offset = self.offset.saturating_add(size);
                Ok(Some(bytes))
            }
        }
    }
}

fn open(path: &Path) -> Result<BufReader<File>> {
    let file = File::open(path).map_err(|error| files::io_error(path, &error))?;
    Ok(BufReader::with_capacity(CHUNK as usize, file))
}

fn decompressed(input: impl Read + Send + 'static, compression: Compression) -> Box<dyn Read + Send> {
    match compression {
        Compression::None => Box::new(input),
        // As gzip files may be joined end to end.
        Compression::Gzip => Box::new(BufReader::new(flate2::read::MultiGzDecoder::new(input))),
        Compression::Zlib => Box::new(BufReader::new(flate2::read::ZlibDecoder::new(input))),
    }
}

/// The bytes of a file, taken out of its compression.
///
/// # Errors
/// `NotFound` and others of the file system.
pub fn open_compressed(path: impl AsRef<Path>, compression: Compression) -> Result<Box<dyn Read + Send>> {
    Ok(decompressed(open(path.as_ref())?, compression))
}

/// Whether a stored checksum is that of these bytes.
fn matches(bytes: &[u8], stored: &[u8]) -> bool {
    ByteReader::new(stored).u32() == Some(checksum::masked_crc32c(bytes))
}

impl Iterator for TfRecordReader {
    type Item = Result<Vec<u8>>;

    /// The next record, or why it cannot be read: `DataLoss` for a damaged or truncated one. Nothing follows an error.
    fn next(&mut self) -> Option<Self::Item> {
        if self.finished {
            return None;
        }
        let record = self.next_record().transpose();
        self.finished = !matches!(record, Some(Ok(_)));
        record
    }
}
