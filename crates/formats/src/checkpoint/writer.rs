//! `CheckpointWriter`: checkpoints as TensorFlow's SaveV2 writes them, byte for byte.

use super::bundle::{self, Bundle};
use super::ordered_code;
use super::slices::{ShapeAndSlice, TensorSlice};
use super::strings;
use crate::checksum;
use crate::files::{self, io_error};
use ferroflow_core::{DType, Error, NdArray, Result, Shape, TString, bail, ensure};
use ferroflow_proto::{BundleEntryProto, shape_proto};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Writes a V2 checkpoint of one data file.
///
/// The files appear under their names when the writer is finished; one that is dropped leaves nothing behind.
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
    /// Where the data is written until all of it is.
    temporary: PathBuf,
    data: Option<BufWriter<File>>,
    size: u64,
    bundle: Bundle,
}

impl CheckpointWriter {
    /// Begins a checkpoint whose files begin with `prefix`.
    ///
    /// # Errors
    /// `NotFound` when its directory does not exist, and others of the file system.
    pub fn create(prefix: impl AsRef<Path>) -> Result<CheckpointWriter> {
        let prefix = prefix.as_ref().to_path_buf();
        let temporary = files::temporary(&bundle::data_path(&prefix, 0, 1));
        let file = File::create(&temporary).map_err(|error| match prefix.parent() {
            // As in TensorFlow it is the directory that is missing.
            Some(directory) if error.kind() == std::io::ErrorKind::NotFound => io_error(directory, &error),
            _ => io_error(&temporary, &error),
        })?;
        let data = Some(BufWriter::with_capacity(1 << 20, file));
        Ok(CheckpointWriter { prefix, temporary, data, size: 0, bundle: Bundle::new(1) })
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
        let spec: ShapeAndSlice = shape_and_slice.parse()?;
        let bounds = spec.slice.bounds(&spec.shape)?;
        ensure!(
            bounds.iter().map(ExactSizeIterator::len).eq(value.shape().iter().copied()),
            invalid_argument,
            "Slice in shape_and_slice specification does not match the shape of the tensor to  save: \
             {shape_and_slice}, tensor: {}",
            value.shape()
        );
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
        let data = self.data.as_mut().ok_or_else(|| Error::internal("the checkpoint is finished"))?;
        data.write_all(bytes).map_err(|error| io_error(&self.temporary, &error))?;
        self.size += bytes.len() as u64;
        Ok(bytes.len() as u64)
    }

    /// Gives the files their names.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn finish(mut self) -> Result<()> {
        if let Some(mut data) = self.data.take() {
            data.flush().map_err(|error| io_error(&self.temporary, &error))?;
        }
        files::rename(&self.temporary, &bundle::data_path(&self.prefix, 0, 1))?;
        self.bundle.write_index(&self.prefix)
    }
}

impl Drop for CheckpointWriter {
    fn drop(&mut self) {
        // Once finished there is nothing under this name any more.
        let _ = std::fs::remove_file(&self.temporary);
    }
}
