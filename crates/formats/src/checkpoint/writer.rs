//! `CheckpointWriter`: checkpoints as TensorFlow's SaveV2 writes them, byte for byte.

use super::bundle::{self, Bundle};
use super::ordered_code;
use super::slices::{ShapeAndSlice, TensorSlice};
use super::strings;
use crate::checksum;
use crate::files::{self, PendingFile};
use ferroflow_core::{DType, Error, NdArray, Result, Shape, TString, bail, ensure};
use ferroflow_proto::{BundleEntryProto, shape_proto};
use std::path::{Path, PathBuf};

/// Values up to this many bytes are gathered before they are written.
const BUFFER: usize = 1 << 20;

/// Writes a V2 checkpoint of one data file.
///
/// The files appear under their names when the writer is finished and they are on the disk: first the data, then the
/// index, without which there is no checkpoint. A writer that is dropped, or a process that is killed before, leaves
/// checkpoints of other names as they were. A checkpoint that replaces one of its own name is open to a crash between
/// the two renames: checksums then tell that data and index do not belong together.
///
/// Values are written from where they lie, without a copy.
///
/// ```no_run
/// use ferroflow_core::NdArray;
/// use ferroflow_formats::CheckpointWriter;
/// let mut writer = CheckpointWriter::create("model.ckpt")?;
/// writer.add("weights", &NdArray::vector(vec![1.0f32, 2.0]))?;
/// writer.finish()?;
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
pub struct CheckpointWriter {
    prefix: PathBuf,
    data: PendingFile,
    /// What is to be written next: small values are gathered.
    buffer: Vec<u8>,
    size: u64,
    bundle: Bundle,
}

impl CheckpointWriter {
    /// Begins a checkpoint whose files begin with `prefix`; its directory is made if need be, not those above it.
    ///
    /// # Errors
    /// `NotFound` when the directory cannot be made, and others of the file system.
    pub fn create(prefix: impl AsRef<Path>) -> Result<CheckpointWriter> {
        let prefix = prefix.as_ref().to_path_buf();
        if let Some(directory) = prefix.parent().filter(|directory| !directory.as_os_str().is_empty()) {
            // As in TensorFlow; that it cannot be is told when the file is not made.
            let _ = std::fs::create_dir(directory);
        }
        let data = PendingFile::create(&bundle::data_path(&prefix, 0, 1))?;
        Ok(CheckpointWriter { prefix, data, buffer: Vec::new(), size: 0, bundle: Bundle::new(1) })
    }

    /// Adds a tensor.
    ///
    /// # Errors
    /// `InvalidArgument` for an empty name or one that was added before, `Unimplemented` for resources and
    /// variants, and those of the file system.
    pub fn add(&mut self, name: &str, value: &NdArray) -> Result<()> {
        self.add_entry(name.as_bytes().to_vec(), value)
    }

    /// Adds a slice of a tensor: all slices of a partitioned variable are added under its name.
    ///
    /// # Errors
    /// As [`CheckpointWriter::add`], `InvalidArgument` when the value is not of the slice's shape, or another slice
    /// had another dtype or whole shape, `Internal` when the slice does not lie in the whole.
    pub fn add_slice(
        &mut self,
        name: &str,
        shape: &Shape,
        slice: &TensorSlice,
        value: &NdArray,
    ) -> Result<()> {
        let bounds = slice.bounds(shape)?;
        if bounds.iter().zip(shape.dims()).all(|(range, &dim)| *range == (0..dim)) {
            return self.add(name, value);
        }
        let whole = self.bundle.entries.entry(name.as_bytes().to_vec()).or_insert_with(|| BundleEntryProto {
            dtype: value.dtype().number(),
            shape: Some(shape_proto::from_shape(shape)),
            ..BundleEntryProto::default()
        });
        ensure!(
            whole.dtype == value.dtype().number()
                && whole.shape.as_ref() == Some(&shape_proto::from_shape(shape)),
            invalid_argument,
            "slices of {name} differ in dtype or whole shape: {} {shape} beside others",
            value.dtype().name()
        );
        whole.slices.push(slice.to_proto());
        self.add_entry(ordered_code::slice_key(name, slice), value)
    }

    /// What the SaveV2 op does with a tensor: `shape_and_slice` is empty for a whole one.
    ///
    /// # Errors
    /// As [`CheckpointWriter::add_slice`].
    pub fn save(&mut self, name: &str, shape_and_slice: &str, value: &NdArray) -> Result<()> {
        if shape_and_slice.is_empty() {
            return self.add(name, value);
        }
        let spec = ShapeAndSlice::of_value(shape_and_slice, value)?;
        self.add_slice(name, &spec.shape, &spec.slice, value)
    }

    fn add_entry(&mut self, key: Vec<u8>, value: &NdArray) -> Result<()> {
        ensure!(!key.is_empty(), invalid_argument, "a tensor of a checkpoint cannot have an empty name");
        if self.bundle.entries.contains_key(&key) {
            bail!(invalid_argument, "Adding duplicate key: {}", String::from_utf8_lossy(&key));
        }
        let offset = self.size;
        let (size, crc32c) = if value.dtype() == DType::STRING {
            let (bytes, crc) = strings::encode(value.as_slice::<TString>()?);
            (self.write(&bytes)?, crc)
        } else {
            let bytes = value.as_bytes().ok_or_else(|| {
                Error::unimplemented(format!("unsupported dtype: {}", value.dtype().name()))
            })?;
            (self.write(bytes)?, checksum::masked_crc32c(bytes))
        };
        let entry = BundleEntryProto {
            dtype: value.dtype().number(),
            shape: Some(shape_proto::from_shape(value.shape())),
            offset: offset as i64,
            size: size as i64,
            crc32c,
            ..BundleEntryProto::default()
        };
        self.bundle.entries.insert(key, entry);
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<u64> {
        if self.buffer.len() + bytes.len() > BUFFER {
            self.flush()?;
        }
        if bytes.len() > BUFFER {
            self.data.write(bytes)?;
        } else {
            self.buffer.extend_from_slice(bytes);
        }
        self.size += bytes.len() as u64;
        Ok(bytes.len() as u64)
    }

    fn flush(&mut self) -> Result<()> {
        self.data.write(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }

    /// Gives the files their names.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn finish(mut self) -> Result<()> {
        self.flush()?;
        self.data.sync()?;
        let index = self.bundle.write_index(&self.prefix)?;
        self.data.publish()?;
        index.publish()?;
        files::sync_directory_of(&self.prefix);
        Ok(())
    }
}
