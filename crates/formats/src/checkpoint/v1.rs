//! Checkpoints in the format of TensorFlow before 1.0: tables that hold the values themselves.

use super::entry::Entry;
use super::ordered_code;
use super::slices::TensorSlice;
use crate::files;
use crate::sstable::Table;
use ferroflow_core::{DType, Error, NdArray, Result, Shape, bail, ensure};
use ferroflow_proto::{
    Message, SavedSlice, SavedTensorSliceMeta, SavedTensorSlices, TensorProto, shape_proto, tensor_proto,
};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The entries of a checkpoint, and the values that they stand for, under the keys that V2 has for them.
#[derive(Default)]
pub(super) struct V1Checkpoint {
    pub(super) entries: BTreeMap<Vec<u8>, Entry>,
    pub(super) values: BTreeMap<Vec<u8>, NdArray>,
}

/// The files of a checkpoint: one of the prefix's own name, or one a shard, `PREFIX-00000-of-00002`. A prefix that
/// ends in `-?????-of-00002`, as a sharded save gives it, stands for its shards.
pub(super) fn files_of(prefix: &Path) -> Vec<PathBuf> {
    if prefix.is_file() {
        return vec![prefix.to_path_buf()];
    }
    let Some(name) = prefix.file_name().and_then(|name| name.to_str()) else { return Vec::new() };
    let Some((stem, count)) = name.split_once("-?????-of-") else { return Vec::new() };
    let count: usize = count.parse().unwrap_or(0);
    let shard = |shard: usize| prefix.with_file_name(format!("{stem}-{shard:05}-of-{count:05}"));
    (0..count.min(99_999)).map(shard).take_while(|path| path.is_file()).collect()
}

impl V1Checkpoint {
    /// Reads all files.
    pub(super) fn read(paths: &[PathBuf]) -> Result<V1Checkpoint> {
        let mut checkpoint = V1Checkpoint::default();
        for path in paths {
            let unopened = |error: Error| {
                Error::data_loss(format!(
                    "Unable to open table file {}: {}: {}: perhaps your file is in a different file format and you need to \
                     use a different restore operator?",
                    path.display(),
                    error.code().name(),
                    error.message()
                ))
            };
            let file = files::read_file(path).map_err(unopened)?;
            checkpoint.add(Table::open(&file).map_err(unopened)?)?;
        }
        Ok(checkpoint)
    }

    fn add(&mut self, table: Table<'_>) -> Result<()> {
        let mut meta: Option<SavedTensorSliceMeta> = None;
        let mut data: BTreeMap<Vec<u8>, SavedSlice> = BTreeMap::new();
        table.for_each(|key, value| {
            let message = SavedTensorSlices::decode(value).map_err(|error| {
                Error::data_loss(format!("entry {} is damaged: {error}", key.escape_ascii()))
            })?;
            match (message.meta, message.data) {
                (Some(found), _) if key.is_empty() => meta = Some(found),
                (_, Some(slice)) => drop(data.insert(key.to_vec(), slice)),
                _ => bail!(data_loss, "entry {} holds nothing", key.escape_ascii()),
            }
            Ok(())
        })?;
        let meta =
            meta.ok_or_else(|| Error::data_loss("the table does not begin with the names of its tensors"))?;
        for tensor in meta.tensor {
            let name = tensor.name;
            let dtype = DType::from_number(tensor.r#type)
                .filter(|dtype| !dtype.is_ref())
                .ok_or_else(|| Error::data_loss(format!("Invalid dtype of {name}: {}", tensor.r#type)))?;
            let shape = shape_proto::to_shape(&tensor.shape.unwrap_or_default()).map_err(|error| {
                Error::data_loss(format!("Invalid tensor shape: {name} {}", error.message()))
            })?;
            let slices = tensor.slice.iter().map(TensorSlice::from_proto).collect::<Result<Vec<_>>>()?;
            for slice in slices {
                let stored = data.remove(&ordered_code::slice_key(&name, &slice));
                self.add_slice(&name, dtype, &shape, slice, stored)?;
            }
        }
        Ok(())
    }

    fn add_slice(
        &mut self,
        name: &str,
        dtype: DType,
        shape: &Shape,
        slice: TensorSlice,
        stored: Option<SavedSlice>,
    ) -> Result<()> {
        let bounds = slice.bounds(shape)?;
        let dims: Vec<usize> = bounds.iter().map(ExactSizeIterator::len).collect();
        let whole = slice.is_full();
        let part = Shape::new(&dims)?;
        let entry = |shape: &Shape| Entry {
            dtype,
            shape: shape.clone(),
            shard: 0,
            offset: 0,
            size: 0,
            crc32c: 0,
            slices: Vec::new(),
        };
        let is_first = !self.entries.contains_key(name.as_bytes());
        let known = self.entries.entry(name.as_bytes().to_vec()).or_insert_with(|| entry(shape));
        ensure!(
            known.dtype == dtype && known.shape == *shape,
            data_loss,
            "{name} is stored as {} {} and as {} {shape}",
            known.dtype.name(),
            known.shape,
            dtype.name()
        );
        let key = if whole { name.as_bytes().to_vec() } else { ordered_code::slice_key(name, &slice) };
        // Others that overlap are found when they are read.
        let existing = match known.slices.first() {
            _ if is_first => None,
            None => Some(TensorSlice::full(shape.rank())),
            Some(first) if whole => Some(first.clone()),
            Some(_) => self.values.contains_key(&key).then(|| slice.clone()),
        };
        if let Some(existing) = existing {
            bail!(internal, "Overlapping slices: existing slice = {existing}, new slice = {slice}");
        }
        if !whole {
            known.slices.push(slice.clone());
            self.entries.insert(key.clone(), entry(&part));
        }
        let value = value(dtype, &part, stored)
            .map_err(|error| error.context(format!("the value of {name} {slice} is damaged")))?;
        self.values.insert(key, value);
        Ok(())
    }
}

/// The message holds elements alone; dtype and shape stand with the names.
fn value(dtype: DType, shape: &Shape, stored: Option<SavedSlice>) -> Result<NdArray> {
    let Some(data) = stored.and_then(|stored| stored.data) else {
        ensure!(shape.num_elements() == 0, data_loss, "no elements are stored");
        return NdArray::zeros(dtype, shape.clone());
    };
    let proto =
        TensorProto { dtype: dtype.number(), tensor_shape: Some(shape_proto::from_shape(shape)), ..data };
    // Unlike the message of a constant, one of a checkpoint repeats nothing.
    ensure!(
        proto.encoded_len() >= shape.num_elements(),
        data_loss,
        "{} bytes do not hold {} elements",
        proto.encoded_len(),
        shape.num_elements()
    );
    tensor_proto::to_array(&proto)
}
