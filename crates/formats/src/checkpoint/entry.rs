//! The entries of a checkpoint's index, checked.

use super::slices::TensorSlice;
use ferroflow_core::{DType, Error, Result, Shape, bail};
use ferroflow_proto::{BundleEntryProto, shape_proto};

/// Where a tensor, or a slice of one, lies and what it is.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) dtype: DType,
    pub(super) shape: Shape,
    pub(super) shard: u32,
    pub(super) offset: u64,
    pub(super) size: u64,
    /// Masked.
    pub(super) crc32c: u32,
    /// Not empty where the tensor is stored in slices that are entries of their own.
    pub(super) slices: Vec<TensorSlice>,
}

/// Checks the entry under `key`.
pub(super) fn check_entry(key: &[u8], proto: &BundleEntryProto) -> Result<Entry> {
    let name = key.escape_ascii();
    let Some(dtype) = DType::from_number(proto.dtype).filter(|dtype| !dtype.is_ref()) else {
        bail!(data_loss, "Invalid dtype in bundle entry: key {name}; dtype {}", proto.dtype);
    };
    let shape = shape_proto::to_shape(&proto.shape.clone().unwrap_or_default())
        .map_err(|error| Error::data_loss(format!("Invalid tensor shape: {name} {}", error.message())))?;
    let (Ok(shard), Ok(size)) = (u32::try_from(proto.shard_id), u64::try_from(proto.size)) else {
        bail!(data_loss, "Invalid bundle entry: key {name}; shard {}; size {}", proto.shard_id, proto.size);
    };
    let Ok(offset) = u64::try_from(proto.offset) else {
        bail!(invalid_argument, "Seeking to a negative position: {}", proto.offset);
    };
    let slices = proto.slices.iter().map(TensorSlice::from_proto).collect::<Result<_>>()?;
    Ok(Entry { dtype, shape, shard, offset, size, crc32c: proto.crc32c, slices })
}
