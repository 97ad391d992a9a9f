//! `V1Writer`: checkpoints in the format of TensorFlow before 1.0, byte for byte as its Save op writes them.

use super::ordered_code;
use super::slices::TensorSlice;
use crate::files::{self, PendingFile};
use crate::sstable::TableBuilder;
use ferroflow_core::{DType, NdArray, Result, Shape, TString, bail, ensure};
use ferroflow_proto::{
    Message, SavedSlice, SavedSliceMeta, SavedTensorSliceMeta, SavedTensorSlices, TensorShapeProto,
    VersionDef, shape_proto, tensor_proto,
};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::Path;

/// The version of checkpoints that TensorFlow writes.
const VERSION: i32 = 1;
/// The longest message that protobuf reads.
const LONGEST: u64 = 1 << 31;
/// What TensorFlow reckons for the header of a tensor.
const HEADER: u64 = 1 << 10;

/// Gathers the tensors of one table.
#[derive(Default)]
pub(crate) struct V1Writer {
    /// The tensors in the order in which they were added, and where each of them is by name.
    tensors: Vec<SavedSliceMeta>,
    positions: BTreeMap<String, usize>,
    /// The encoded values by their keys.
    values: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl V1Writer {
    /// Adds a slice of a tensor of this shape; of a slice that is added twice the first value stays.
    ///
    /// # Errors
    /// `Unimplemented` and `InvalidArgument` for dtypes that the format does not hold, `InvalidArgument` for a slice that is too
    /// large, `Internal` where another slice of the tensor had another dtype or whole shape.
    pub(crate) fn add(
        &mut self,
        name: &str,
        shape: &Shape,
        slice: &TensorSlice,
        value: &NdArray,
    ) -> Result<()> {
        let dtype = value.dtype();
        let element = element_bound(dtype)?;
        let position = *self.positions.entry(name.to_string()).or_insert_with(|| {
            self.tensors.push(SavedSliceMeta {
                name: name.to_string(),
                shape: Some(shape_proto::from_shape(shape)),
                r#type: dtype.number(),
                slice: Vec::new(),
            });
            self.tensors.len() - 1
        });
        let Some(known) = self.tensors.get_mut(position) else { bail!(internal, "a tensor without a place") };
        let known_shape =
            shape_proto::to_shape(known.shape.as_ref().unwrap_or(&TensorShapeProto::default()))?;
        ensure!(
            known_shape == *shape,
            internal,
            "Mismatching shapes: existing tensor = {known_shape}, trying to add name {name}, shape = {shape}"
        );
        ensure!(
            known.r#type == dtype.number(),
            internal,
            "Mismatching types: existing type = {}, trying to add name {name}, type = {}",
            DType::from_number(known.r#type).map_or_else(String::new, DType::cpp_name),
            dtype.cpp_name()
        );
        known.slice.push(slice.to_proto());
        let mut saved = SavedSlice { name: name.to_string(), slice: Some(slice.to_proto()), data: None };
        let elements = match dtype {
            DType::STRING => {
                value.as_slice::<TString>()?.iter().map(|text| text.as_bytes().len() as u64 + element).sum()
            }
            _ => (value.len() as u64).saturating_mul(element),
        };
        let size = HEADER.saturating_add(saved.encoded_len() as u64).saturating_add(elements);
        ensure!(
            size <= LONGEST,
            invalid_argument,
            "Tensor slice is too large to serialize (conservative estimate: {size} bytes)"
        );
        if let Entry::Vacant(place) = self.values.entry(ordered_code::slice_key(name, slice)) {
            saved.data = Some(tensor_proto::elements_of(value)?);
            let message = SavedTensorSlices { meta: None, data: Some(saved) };
            place.insert(message.encode_to_vec());
        }
        Ok(())
    }

    /// Writes the table; a file of this name stays as it is until the new one is on the disk.
    ///
    /// # Errors
    /// Those of the file system.
    pub(crate) fn finish(self, path: &Path) -> Result<()> {
        let versions = Some(VersionDef { producer: VERSION, ..VersionDef::default() });
        let meta = SavedTensorSliceMeta { tensor: self.tensors, versions };
        let mut table = TableBuilder::new();
        table.add(b"", &SavedTensorSlices { meta: Some(meta), data: None }.encode_to_vec());
        for (key, value) in &self.values {
            table.add(key, value);
        }
        let mut file = PendingFile::create(path)?;
        file.write(&table.finish())?;
        file.publish()?;
        files::sync_directory_of(path);
        Ok(())
    }
}

/// The most bytes that TensorFlow reckons for an element: numbers that are written in as many bytes as they need take ten where
/// they may be negative.
fn element_bound(dtype: DType) -> Result<u64> {
    Ok(match dtype {
        DType::BOOL => 1,
        DType::UINT8 | DType::QUINT8 => 2,
        DType::UINT16 | DType::HALF => 3,
        DType::FLOAT32 => 4,
        DType::FLOAT64 | DType::COMPLEX64 => 8,
        DType::COMPLEX128 => 16,
        DType::INT8
        | DType::INT16
        | DType::INT32
        | DType::INT64
        | DType::QINT8
        | DType::QINT32
        | DType::STRING => 10,
        DType::UINT32 | DType::UINT64 => {
            bail!(invalid_argument, "Tensor slice serialization not implemented for dtype {}", dtype.number())
        }
        dtype => bail!(unimplemented, "Saving data type {} not yet supported", dtype.cpp_name()),
    })
}
