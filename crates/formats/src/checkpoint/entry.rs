//! The header and the entries of a checkpoint's index.

use super::slices::TensorSlice;
use ferroflow_core::{DType, Error, Result, Shape, bail, ensure};
use ferroflow_proto::bundle_header_proto::Endianness;
use ferroflow_proto::shape_proto;
use ferroflow_proto::{BundleEntryProto, BundleHeaderProto, Message};

/// The version of the format this reader is of.
const VERSION: i32 = 1;

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

fn not_parseable(key: &[u8]) -> Error {
    Error::data_loss(format!("Entry for key {} not parseable.", key.escape_ascii()))
}

/// The header in the first value of the index.
pub(super) fn parse_header(bytes: &[u8]) -> Result<BundleHeaderProto> {
    BundleHeaderProto::decode(bytes).map_err(|_| not_parseable(b""))
}

/// Checks that this reader can read what the header announces, and gives the number of data files.
pub(super) fn check_header(header: &BundleHeaderProto) -> Result<u32> {
    let version = header.version.clone().unwrap_or_default();
    ensure!(
        version.min_consumer <= VERSION,
        invalid_argument,
        "Checkpoint min consumer version {} above current version {VERSION} for TensorFlow 2.21.0.  Please \
         upgrade TensorFlow.",
        version.min_consumer
    );
    ensure!(
        !version.bad_consumers.contains(&VERSION),
        invalid_argument,
        "Checkpoint disallows consumer version {VERSION}.  Please upgrade TensorFlow: this version is likely \
         buggy."
    );
    if header.endianness != Endianness::Little as i32 {
        bail!(unimplemented, "unsupported checkpoint: its data is in big-endian byte order");
    }
    u32::try_from(header.num_shards)
        .map_err(|_| Error::data_loss(format!("Invalid number of shards: {}", header.num_shards)))
}

/// The entry under `key`.
pub(super) fn parse_entry(key: &[u8], bytes: &[u8]) -> Result<Entry> {
    let proto = BundleEntryProto::decode(bytes).map_err(|_| not_parseable(key))?;
    let name = key.escape_ascii();
    let Some(dtype) = DType::from_number(proto.dtype).filter(|dtype| !dtype.is_ref()) else {
        bail!(data_loss, "Invalid dtype in bundle entry: key {name}; dtype {}", proto.dtype);
    };
    let shape = shape_proto::to_shape(&proto.shape.unwrap_or_default())
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
