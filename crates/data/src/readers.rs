//! TFRecordDataset, TextLineDataset, FixedLengthRecordDataset: the records of files.

use crate::pipeline::{Context, Dataset, Element, Place, Specs, Stream, UNKNOWN, publish, scalar, vector};
use ferroflow_core::{DType, Error, KernelCtx, NdArray, Result, TString, bail, ensure};
use ferroflow_formats::{Compression, TfRecordReader, open_compressed};
use std::any::Any;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::sync::Arc;

/// The records of an open file, one after the other.
type Records = Box<dyn Iterator<Item = Result<Vec<u8>>> + Send>;
/// Opens a file.
type Opener = dyn Fn(&str) -> Result<Records> + Send + Sync;

/// The records of files, one file after the other.
struct Files {
    kind: &'static str,
    names: Vec<String>,
    open: Arc<Opener>,
    specs: Specs,
}

/// After a file that cannot be opened it goes on with the next one. TensorFlow tries the same one again, and where errors are
/// ignored it does so without end.
struct FilesStream {
    names: std::vec::IntoIter<String>,
    open: Arc<Opener>,
    current: Option<Records>,
}

impl Dataset for Files {
    fn kind(&self) -> &'static str {
        self.kind
    }
    fn specs(&self) -> &Specs {
        &self.specs
    }
    fn cardinality(&self) -> i64 {
        UNKNOWN
    }
    fn stream(&self, _place: &Place<'_>) -> Result<Box<dyn Stream>> {
        Ok(Box::new(FilesStream {
            names: self.names.clone().into_iter(),
            open: self.open.clone(),
            current: None,
        }))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Stream for FilesStream {
    fn next(&mut self, cx: Context<'_>) -> Result<Option<Element>> {
        loop {
            if let Some(current) = &mut self.current {
                if let Some(record) = current.next() {
                    return Ok(Some(vec![NdArray::scalar(TString::from(record?))]));
                }
                self.current = None;
                cx.env.check()?;
            }
            let Some(name) = self.names.next() else { return Ok(None) };
            self.current = Some((self.open)(&name)?);
        }
    }
}

/// The path that a file's name means.
pub(crate) fn path(name: &str) -> PathBuf {
    PathBuf::from(name.strip_prefix("file://").unwrap_or(name))
}

/// The names of files that an op is given.
pub(crate) fn names(cx: &KernelCtx<'_>) -> Result<Vec<String>> {
    let names = vector::<TString>(cx, 0, "filenames")?;
    let text = |name: &TString| match name.to_str() {
        Ok(name) => Ok(name.to_string()),
        Err(_) => Err(Error::invalid_argument("the name of a file must be UTF-8")),
    };
    names.iter().map(text).collect()
}

fn publish_files(
    cx: &mut KernelCtx<'_>,
    kind: &'static str,
    open: impl Fn(&str) -> Result<Records> + Send + Sync + 'static,
) -> Result<()> {
    let names = names(cx)?;
    publish(cx, Files { kind, names, open: Arc::new(open), specs: Specs::scalar(DType::STRING) })
}

fn compression_name(cx: &KernelCtx<'_>, index: usize) -> Result<String> {
    let name: TString = scalar(cx, index, "compression_type")?;
    Ok(name.to_str().unwrap_or("?").to_string())
}

fn tf_record_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    // As in TensorFlow, a compression that nobody knows is none.
    let compression = compression_name(cx, 1)?.parse().unwrap_or(Compression::None);
    // TensorFlow 2.21 takes any size here, even one below zero.
    scalar::<i64>(cx, 2, "buffer_size")?;
    let offsets = if cx.num_inputs() > 3 { vector::<i64>(cx, 3, "byte_offsets")? } else { Vec::new() };
    if !offsets.is_empty() {
        bail!(unimplemented, "TFRecordDatasetV2 with byte_offsets")
    }
    publish_files(cx, "TFRecord", move |name| Ok(Box::new(TfRecordReader::open(path(name), compression)?)))
}

/// A known compression, of the ops that refuse all others.
fn compression(cx: &KernelCtx<'_>, index: usize) -> Result<Compression> {
    let name = compression_name(cx, index)?;
    name.parse().map_err(|_| Error::invalid_argument("Unsupported compression_type."))
}

/// The lines of a text, without their ends.
pub(crate) struct Lines(pub(crate) BufReader<Box<dyn Read + Send>>);

impl Iterator for Lines {
    type Item = Result<Vec<u8>>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut line = Vec::new();
        match self.0.read_until(b'\n', &mut line) {
            Ok(0) => None,
            Ok(_) => {
                line.pop_if(|byte| *byte == b'\n');
                // TensorFlow leaves carriage returns out wherever they stand.
                line.retain(|byte| *byte != b'\r');
                Some(Ok(line))
            }
            Err(error) => Some(Err(Error::data_loss(format!("cannot read a line: {error}")))),
        }
    }
}

fn text_line_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let compression = compression(cx, 1)?;
    let buffer_size: i64 = scalar(cx, 2, "buffer_size")?;
    ensure!(buffer_size >= 0, invalid_argument, "`buffer_size` must be >= 0 (0 == default)");
    publish_files(cx, "TextLine", move |name| {
        Ok(Box::new(Lines(BufReader::new(open_compressed(path(name), compression)?))))
    })
}

/// Records of one size between a header and a footer.
struct FixedLength {
    input: Box<dyn Read + Send>,
    name: String,
    sizes: Sizes,
    /// What was read ahead: the footer ends the records, and may be any of the bytes to come.
    ahead: Vec<u8>,
    /// All bytes read so far, for messages.
    total: u64,
    begun: bool,
    finished: bool,
}

#[derive(Clone, Copy)]
struct Sizes {
    header: usize,
    record: usize,
    footer: usize,
}

impl Sizes {
    fn not_a_multiple(&self, name: &str, total: u64) -> Error {
        // TensorFlow counts on from 2^64 where the file is shorter than what stands around the records.
        let body = total.wrapping_sub(self.header as u64).wrapping_sub(self.footer as u64);
        Error::invalid_argument(format!(
            "Excluding the header ({} bytes) and footer ({} bytes), input file \"{name}\" has body length {body} \
             bytes, which is not an exact multiple of the record length ({} bytes).",
            self.header, self.footer, self.record
        ))
    }
}

impl FixedLength {
    /// Reads ahead to so many bytes; fewer at the end of the file.
    fn read_ahead(&mut self, size: usize) -> Result<()> {
        let missing = size.saturating_sub(self.ahead.len()) as u64;
        let read = self.input.by_ref().take(missing).read_to_end(&mut self.ahead);
        let read = read.map_err(|error| Error::data_loss(format!("cannot read a record: {error}")))?;
        self.total = self.total.saturating_add(read as u64);
        Ok(())
    }

    fn record(&mut self) -> Result<Option<Vec<u8>>> {
        let Sizes { header, record, footer } = self.sizes;
        if !self.begun {
            self.begun = true;
            self.read_ahead(header)?;
            if self.ahead.len() < header {
                return Err(self.sizes.not_a_multiple(&self.name, self.total));
            }
            self.ahead.clear();
        }
        self.read_ahead(record.saturating_add(footer))?;
        if self.ahead.len() < record.saturating_add(footer) {
            return if self.ahead.len() == footer {
                Ok(None)
            } else {
                Err(self.sizes.not_a_multiple(&self.name, self.total))
            };
        }
        let rest = self.ahead.split_off(record);
        Ok(Some(std::mem::replace(&mut self.ahead, rest)))
    }
}

impl Iterator for FixedLength {
    type Item = Result<Vec<u8>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.finished {
            return None;
        }
        let record = self.record().transpose();
        self.finished = !matches!(record, Some(Ok(_)));
        record
    }
}

fn fixed_length_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let size = |index: usize, name: &str| scalar::<i64>(cx, index, name);
    let (header, record, footer) =
        (size(1, "header_bytes")?, size(2, "record_bytes")?, size(3, "footer_bytes")?);
    let buffer_size = size(4, "buffer_size")?;
    ensure!(header >= 0, invalid_argument, "`header_bytes` must be >= 0");
    ensure!(record > 0, invalid_argument, "`record_bytes` must be > 0");
    ensure!(footer >= 0, invalid_argument, "`footer_bytes` must be >= 0");
    ensure!(buffer_size >= 0, invalid_argument, "`buffer_size` must be >= 0");
    // The first version knows no compression.
    let compression = if cx.num_inputs() > 5 { compression(cx, 5)? } else { Compression::None };
    let bytes = |value: i64| usize::try_from(value).unwrap_or(usize::MAX);
    let sizes = Sizes { header: bytes(header), record: bytes(record), footer: bytes(footer) };
    publish_files(cx, "FixedLengthRecord", move |name| {
        let path = path(name);
        let input = open_compressed(&path, compression)?;
        if let (Compression::None, Ok(about)) = (compression, std::fs::metadata(&path)) {
            let around = (sizes.header as u64).saturating_add(sizes.footer as u64);
            let body = about.len().checked_sub(around);
            if body.is_none_or(|body| body % sizes.record as u64 != 0) {
                return Err(sizes.not_a_multiple(name, about.len()));
            }
        }
        let name = name.to_string();
        Ok(Box::new(FixedLength {
            input,
            name,
            sizes,
            ahead: Vec::new(),
            total: 0,
            begun: false,
            finished: false,
        }))
    })
}

dataset_op!(TF_RECORD_DATASET "TFRecordDataset" tf_record_kernel, crate::dataset_of_files);
dataset_op!(TF_RECORD_DATASET_V2 "TFRecordDatasetV2" tf_record_kernel, crate::dataset_of_files);
dataset_op!(TEXT_LINE_DATASET "TextLineDataset" text_line_kernel, crate::dataset_of_files);
dataset_op!(FIXED_LENGTH_RECORD_DATASET "FixedLengthRecordDataset" fixed_length_kernel, crate::dataset_of_records);
dataset_op!(FIXED_LENGTH_RECORD_DATASET_V2 "FixedLengthRecordDatasetV2" fixed_length_kernel, crate::dataset_of_records);
