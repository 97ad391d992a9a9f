//! `CheckpointReader`: names, dtypes, shapes and values of the tensors in a checkpoint.

use super::bundle::{self, Bundle};
use super::entry::{self, Entry};
use super::ordered_code;
use super::paste::Assembly;
use super::slices::{ShapeAndSlice, TensorSlice};
use super::strings;
use super::v1::{self, V1Checkpoint};
use crate::checksum;
use crate::files;
use ferroflow_core::{Code, DType, Error, NdArray, Result, Shape, bail, dispatch, ensure};
use ferroflow_proto::{BundleEntryProto, Message, TrackableObjectGraph};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// The key under which an object-based checkpoint keeps which tensor belongs to which object.
const OBJECT_GRAPH_KEY: &str = "_CHECKPOINTABLE_OBJECT_GRAPH";

/// A checkpoint: what `tf.train.load_checkpoint` gives, without TensorFlow.
///
/// Opening reads the index alone; a tensor is read from its data file, and its checksum verified, when asked for. A
/// checkpoint of the older format, V1, is read as a whole.
///
/// ```no_run
/// use ferroflow_formats::CheckpointReader;
/// let checkpoint = CheckpointReader::open("model.ckpt")?;
/// for (name, dtype, shape) in checkpoint.tensors() {
///     println!("{name} {} {shape}", dtype.name());
/// }
/// let kernel = checkpoint.read("conv1/kernel")?;
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct CheckpointReader {
    prefix: PathBuf,
    num_shards: u32,
    /// By name; the slices of partitioned tensors under their coded keys.
    entries: BTreeMap<Vec<u8>, Entry>,
    /// The values of a V1 checkpoint.
    loaded: Option<BTreeMap<Vec<u8>, NdArray>>,
}

impl CheckpointReader {
    /// The checkpoint whose files begin with `prefix`, a path such as `model.ckpt` of `model.ckpt.index`.
    ///
    /// # Errors
    /// `NotFound` when there is no such checkpoint, `DataLoss` and others when its index is damaged.
    pub fn open(prefix: impl AsRef<Path>) -> Result<CheckpointReader> {
        let prefix = prefix.as_ref();
        let old_files = match bundle::index_path(prefix).exists() {
            true => Vec::new(),
            false => v1::files_of(prefix),
        };
        if !old_files.is_empty() {
            return CheckpointReader::open_tables(prefix, &old_files);
        }
        let bundle = Bundle::read(prefix)?;
        let check = |(key, proto): (Vec<u8>, BundleEntryProto)| {
            let entry = entry::check_entry(&key, &proto)?;
            Ok((key, entry))
        };
        let entries = bundle.entries.into_iter().map(check).collect::<Result<_>>()?;
        Ok(CheckpointReader {
            prefix: prefix.to_path_buf(),
            num_shards: bundle.num_shards,
            entries,
            loaded: None,
        })
    }

    /// The V1 checkpoint of these files, which a pattern stands for.
    pub(crate) fn open_tables(pattern: &Path, files: &[PathBuf]) -> Result<CheckpointReader> {
        ensure!(
            !files.is_empty(),
            not_found,
            "Unsuccessful TensorSliceReader constructor: Failed to find any matching files for {}",
            pattern.display()
        );
        let V1Checkpoint { entries, values } = V1Checkpoint::read(files)?;
        Ok(CheckpointReader { prefix: pattern.to_path_buf(), num_shards: 0, entries, loaded: Some(values) })
    }

    /// The path that the checkpoint was opened with.
    pub fn prefix(&self) -> &Path {
        &self.prefix
    }

    /// Name, dtype and shape of every tensor, by name; a partitioned tensor is one.
    pub fn tensors(&self) -> impl Iterator<Item = (&str, DType, &Shape)> {
        self.entries.iter().filter_map(|(key, entry)| {
            let name = std::str::from_utf8(key).ok().filter(|name| !name.starts_with('\0'))?;
            Some((name, entry.dtype, &entry.shape))
        })
    }

    /// Whether there is a tensor of this name.
    pub fn contains(&self, name: &str) -> bool {
        self.entries.contains_key(name.as_bytes())
    }

    /// The dtype of a tensor.
    ///
    /// # Errors
    /// `NotFound` when there is none of this name.
    pub fn dtype(&self, name: &str) -> Result<DType> {
        self.entry(name.as_bytes()).map(|entry| entry.dtype)
    }

    /// The shape of a tensor.
    ///
    /// # Errors
    /// `NotFound` when there is none of this name.
    pub fn shape(&self, name: &str) -> Result<&Shape> {
        self.entry(name.as_bytes()).map(|entry| &entry.shape)
    }

    /// The value of a tensor, the slices of a partitioned one joined.
    ///
    /// # Errors
    /// `NotFound` when there is none of this name or its data file is missing, `DataLoss` when a checksum does not
    /// match, `OutOfRange` when the data file ends early, `Unimplemented` for a dtype that arrays do not hold.
    pub fn read(&self, name: &str) -> Result<NdArray> {
        let entry = self.entry(name.as_bytes())?;
        if entry.slices.is_empty() {
            self.read_entry(name.as_bytes(), entry)
        } else {
            self.read_part(name, entry, &TensorSlice::full(entry.shape.rank()))
        }
    }

    /// A slice of a tensor.
    ///
    /// # Errors
    /// As [`CheckpointReader::read`], and `Internal` when the slice does not lie in the tensor.
    pub fn read_slice(&self, name: &str, slice: &TensorSlice) -> Result<NdArray> {
        let entry = self.entry(name.as_bytes())?;
        if slice.is_full() && slice.extents().len() == entry.shape.rank() {
            self.read(name)
        } else {
            self.read_part(name, entry, slice)
        }
    }

    /// What the RestoreV2 op gives for a tensor: `shape_and_slice` is empty for all of it.
    ///
    /// # Errors
    /// As [`CheckpointReader::read_slice`], and `InvalidArgument` when dtype or shape are not those asked for.
    ///
    /// ```no_run
    /// use ferroflow_core::DType;
    /// use ferroflow_formats::CheckpointReader;
    /// let rows = CheckpointReader::open("model.ckpt")?.restore("table", "100 8 0,10:-", DType::FLOAT32)?;
    /// # Ok::<(), ferroflow_core::Error>(())
    /// ```
    pub fn restore(&self, name: &str, shape_and_slice: &str, dtype: DType) -> Result<NdArray> {
        if self.loaded.is_some() {
            return self.restore_old(name, shape_and_slice, dtype);
        }
        let entry = self.entry(name.as_bytes())?;
        ensure!(
            entry.dtype == dtype,
            invalid_argument,
            "tensor_name = {name}; expected dtype {} does not equal original dtype {}",
            dtype.cpp_name(),
            entry.dtype.cpp_name()
        );
        if shape_and_slice.is_empty() {
            return self.read(name);
        }
        let spec: ShapeAndSlice = shape_and_slice.parse()?;
        ensure!(
            spec.shape == entry.shape,
            invalid_argument,
            "tensor_name = {name}; shape in shape_and_slice spec {} does not match the shape stored in checkpoint: {}",
            spec.shape,
            entry.shape
        );
        self.read_slice(name, &spec.slice)
    }

    /// [`CheckpointReader::restore`] of a V1 checkpoint, for which TensorFlow has other words.
    fn restore_old(&self, name: &str, shape_and_slice: &str, dtype: DType) -> Result<NdArray> {
        let Some(entry) = self.entries.get(name.as_bytes()) else {
            bail!(not_found, "Tensor name \"{name}\" not found in checkpoint files {}", self.prefix.display())
        };
        ensure!(
            entry.dtype == dtype,
            invalid_argument,
            "Expected to restore a tensor of type {}, got a tensor of type {} instead: tensor_name = {name}",
            dtype.cpp_name(),
            entry.dtype.cpp_name()
        );
        let slice = match shape_and_slice {
            "" => TensorSlice::full(entry.shape.rank()),
            spec => {
                let spec: ShapeAndSlice = spec.parse()?;
                ensure!(
                    spec.shape == entry.shape,
                    invalid_argument,
                    "Shape in shape_and_slice spec does not match the shape in the save file: {}, save file shape: {}",
                    spec.shape,
                    entry.shape
                );
                spec.slice
            }
        };
        self.read_slice(name, &slice).map_err(|error| match error.code() {
            Code::InvalidArgument => Error::invalid_argument("Error copying slice data"),
            _ => error,
        })
    }

    /// The objects of an object-based (TensorFlow 2) checkpoint, or `None` for a name-based one.
    ///
    /// # Errors
    /// As [`CheckpointReader::read`], and `DataLoss` when the objects cannot be parsed.
    pub fn object_graph(&self) -> Result<Option<TrackableObjectGraph>> {
        if !self.contains(OBJECT_GRAPH_KEY) {
            return Ok(None);
        }
        let bytes = self.read(OBJECT_GRAPH_KEY)?.item::<ferroflow_core::TString>()?;
        match TrackableObjectGraph::decode(bytes.as_bytes()) {
            Ok(graph) => Ok(Some(graph)),
            Err(error) => {
                bail!(data_loss, "the object graph of {} cannot be parsed: {error}", self.prefix.display())
            }
        }
    }

    fn entry(&self, key: &[u8]) -> Result<&Entry> {
        self.entries.get(key).ok_or_else(|| {
            Error::not_found(format!("Key {} not found in checkpoint", String::from_utf8_lossy(key)))
        })
    }

    fn data_path(&self, shard: u32) -> PathBuf {
        bundle::data_path(&self.prefix, shard, self.num_shards)
    }

    /// The value of an entry that is stored in one piece.
    fn read_entry(&self, key: &[u8], entry: &Entry) -> Result<NdArray> {
        if let Some(loaded) = &self.loaded {
            return loaded.get(key).cloned().ok_or_else(|| Error::internal("an entry without a value"));
        }
        let name = key.escape_ascii();
        let count = entry.shape.num_elements();
        if entry.dtype != DType::STRING {
            ensure!(entry.dtype.size() > 0, unimplemented, "unsupported dtype: {}", entry.dtype.name());
            let expected = count.checked_mul(entry.dtype.size());
            ensure!(
                expected.is_some_and(|expected| expected as u64 == entry.size),
                data_loss,
                "Invalid size in bundle entry: key {name}; stored size {}; expected size {}",
                entry.size,
                expected.unwrap_or(usize::MAX)
            );
        }
        let path = self.data_path(entry.shard);
        let range = files::Range { offset: entry.offset, size: entry.size };
        if entry.dtype == DType::STRING {
            let bytes = files::read_range(&path, range)?;
            let (elements, crc) = strings::decode(&bytes, count, &name.to_string())?;
            self.check(entry, crc)?;
            return NdArray::from_shape(entry.shape.clone(), elements);
        }
        if entry.dtype == DType::BOOL || entry.dtype.is_quantized() {
            let bytes = files::read_range(&path, range)?;
            self.check(entry, checksum::masked_crc32c(&bytes))?;
            return NdArray::from_bytes(entry.dtype, entry.shape.clone(), &bytes);
        }
        // Numbers are read to where they stay: a large table takes its own size of memory and no more.
        dispatch!(entry.dtype, NUMBERS, |T| {
            let file = files::open_range(&path, range)?;
            let mut elements = ferroflow_core::zeroed::<T>(count)?;
            let bytes = bytemuck::must_cast_slice_mut::<T, u8>(&mut elements);
            files::read_into(&path, file, bytes)?;
            self.check(entry, checksum::masked_crc32c(bytes))?;
            NdArray::from_shape(entry.shape.clone(), elements)
        })
    }

    fn check(&self, entry: &Entry, crc: u32) -> Result<()> {
        ensure!(
            crc == entry.crc32c,
            data_loss,
            "TensorBundle at {} shard {} ({} bytes): Checksum does not match: stored {} vs. calculated on the \
             restored bytes {}",
            self.prefix.display(),
            entry.shard,
            entry.size,
            checksum::unmask(entry.crc32c),
            checksum::unmask(crc)
        );
        Ok(())
    }

    /// A slice of a tensor, put together from the slices it is stored in.
    fn read_part(&self, name: &str, entry: &Entry, wanted: &TensorSlice) -> Result<NdArray> {
        let wanted_bounds = wanted.bounds(&entry.shape)?;
        let pieces = self.pieces(name, entry)?;
        self.check_volume(name, &wanted_bounds, entry.dtype, &pieces)?;
        let mut assembly = Assembly::new(entry.dtype, wanted_bounds)?;
        for (position, piece) in pieces.iter().enumerate() {
            if assembly.intersect(&piece.bounds).is_none() {
                continue;
            }
            let value = self.read_entry(&piece.key, piece.entry)?;
            if !assembly.paste(&value, &piece.bounds)? {
                let existing =
                    pieces.iter().take(position).find(|other| other.overlaps(piece)).unwrap_or(piece);
                bail!(
                    internal,
                    "Overlapping slices: existing slice = {}, new slice = {}",
                    existing.slice,
                    piece.slice
                );
            }
        }
        assembly.finish().ok_or_else(|| {
            Error::invalid_argument(format!(
                "Does not have sufficient slices for partitioned tensor {name} to restore in slice_spec: {wanted}"
            ))
        })
    }

    /// The slices a tensor is stored in; one that is not partitioned is a single slice.
    fn pieces<'a>(&'a self, name: &str, entry: &'a Entry) -> Result<Vec<Piece<'a>>> {
        if entry.slices.is_empty() {
            let slice = TensorSlice::full(entry.shape.rank());
            let bounds = slice.bounds(&entry.shape)?;
            return Ok(vec![Piece { slice, bounds, key: name.as_bytes().to_vec(), entry }]);
        }
        let piece = |slice: &TensorSlice| {
            let bounds = slice.bounds(&entry.shape)?;
            let key = ordered_code::slice_key(name, slice);
            let stored = self.entry(&key)?;
            let dims = bounds.iter().map(ExactSizeIterator::len);
            ensure!(
                stored.dtype == entry.dtype
                    && stored.slices.is_empty()
                    && dims.eq(stored.shape.iter().copied()),
                data_loss,
                "slice {slice} of {name} is stored as {} {}, part of {} {}",
                stored.dtype.name(),
                stored.shape,
                entry.dtype.name(),
                entry.shape
            );
            Ok(Piece { slice: slice.clone(), bounds, key, entry: stored })
        };
        entry.slices.iter().map(piece).collect()
    }

    /// The same for values in memory.
    fn check_loaded(&self, name: &str, bounds: &[Range<usize>], pieces: &[Piece<'_>]) -> Result<()> {
        let available =
            pieces.iter().fold(0usize, |sum, piece| sum.saturating_add(piece.entry.shape.num_elements()));
        let needed = bounds.iter().try_fold(1usize, |size, range| size.checked_mul(range.len()));
        ensure!(
            needed.is_some_and(|needed| needed <= available),
            invalid_argument,
            "Does not have sufficient slices for partitioned tensor {name}"
        );
        Ok(())
    }

    /// Refuses a part larger than all data of its slices, before it is allocated.
    fn check_volume(
        &self,
        name: &str,
        bounds: &[Range<usize>],
        dtype: DType,
        pieces: &[Piece<'_>],
    ) -> Result<()> {
        if self.loaded.is_some() {
            return self.check_loaded(name, bounds, pieces);
        }
        let shards: BTreeSet<u32> = pieces.iter().map(|piece| piece.entry.shard).collect();
        let mut available = 0u64;
        for shard in shards {
            available = available.saturating_add(files::size(&self.data_path(shard))?);
        }
        // A string takes the byte of its length at least.
        let element = dtype.size().max(1) as u64;
        let needed = bounds.iter().try_fold(element, |size, range| size.checked_mul(range.len() as u64));
        ensure!(
            needed.is_some_and(|needed| needed <= available),
            data_loss,
            "the slices of {name} cannot hold it: their data files have {available} bytes"
        );
        Ok(())
    }
}

/// One slice of a partitioned tensor.
struct Piece<'a> {
    slice: TensorSlice,
    bounds: Vec<Range<usize>>,
    key: Vec<u8>,
    entry: &'a Entry,
}

impl Piece<'_> {
    fn overlaps(&self, other: &Piece<'_>) -> bool {
        self.bounds.iter().zip(&other.bounds).all(|(a, b)| a.start < b.end && b.start < a.end)
    }
}
