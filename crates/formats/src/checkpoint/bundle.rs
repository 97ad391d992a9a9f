//! `Bundle`: the index of a checkpoint as it stands in its file.

use crate::files::{self, PendingFile};
use crate::sstable::{Table, TableBuilder};
use ferroflow_core::{Code, Error, Result, bail, ensure};
use ferroflow_proto::bundle_header_proto::Endianness;
use ferroflow_proto::{BundleEntryProto, BundleHeaderProto, Message, VersionDef};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The version of the format that is read and written here.
const VERSION: i32 = 1;

/// The entries of an index, and how many data files they lie in.
pub(super) struct Bundle {
    pub(super) num_shards: u32,
    /// By name; the slices of partitioned tensors under their coded keys.
    pub(super) entries: BTreeMap<Vec<u8>, BundleEntryProto>,
}

/// The path of a checkpoint's index.
pub(super) fn index_path(prefix: &Path) -> PathBuf {
    files::with_suffix(prefix, ".index")
}

/// The path of one of its data files.
pub(super) fn data_path(prefix: &Path, shard: u32, num_shards: u32) -> PathBuf {
    files::with_suffix(prefix, &format!(".data-{shard:05}-of-{num_shards:05}"))
}

impl Bundle {
    /// An index without entries.
    pub(super) fn new(num_shards: u32) -> Bundle {
        Bundle { num_shards, entries: BTreeMap::new() }
    }

    /// Reads the index of a checkpoint.
    pub(super) fn read(prefix: &Path) -> Result<Bundle> {
        let path = index_path(prefix);
        let file = files::read_file(&path).map_err(|error| match error.code() {
            Code::NotFound => error.with_message(format!(
                "Unsuccessful TensorSliceReader constructor: Failed to find any matching files for {}",
                prefix.display()
            )),
            _ => error,
        })?;
        let mut num_shards = None;
        let mut entries = BTreeMap::new();
        let mut header_found = false;
        let walked = Table::open(&file)?.for_each(|key, value| {
            if num_shards.is_some() {
                entries
                    .insert(key.to_vec(), BundleEntryProto::decode(value).map_err(|_| not_parseable(key))?);
                return Ok(());
            }
            // The header's key is empty, so that it comes first.
            header_found = key.is_empty();
            ensure!(header_found, internal, "the first key is not empty");
            let header = BundleHeaderProto::decode(value)
                .map_err(|_| corrupt(&path, "unable to parse header", Some(not_parseable(key))))?;
            num_shards = Some(check_header(&header)?);
            Ok(())
        });
        if !header_found {
            let cause = walked.err().filter(|error| error.code() != Code::Internal);
            return Err(corrupt(&path, "failed to seek to header entry", cause));
        }
        walked?;
        Ok(Bundle { num_shards: num_shards.unwrap_or_default(), entries })
    }

    /// Writes the index of a checkpoint to the disk; it gets its name when it is published.
    pub(super) fn write_index(&self, prefix: &Path) -> Result<PendingFile> {
        let header = BundleHeaderProto {
            num_shards: i32::try_from(self.num_shards)
                .map_err(|_| Error::invalid_argument("too many data files for a checkpoint"))?,
            endianness: Endianness::Little as i32,
            version: Some(VersionDef { producer: VERSION, ..VersionDef::default() }),
        };
        let mut table = TableBuilder::new();
        table.add(b"", &header.encode_to_vec());
        for (key, entry) in &self.entries {
            table.add(key, &entry.encode_to_vec());
        }
        let mut index = PendingFile::create(&index_path(prefix))?;
        index.write(&table.finish())?;
        index.sync()?;
        Ok(index)
    }
}

fn not_parseable(key: &[u8]) -> Error {
    Error::data_loss(format!("Entry for key {} not parseable.", key.escape_ascii()))
}

/// Checks that what the header announces can be read here, and gives the number of data files.
fn check_header(header: &BundleHeaderProto) -> Result<u32> {
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

/// The error for an index that cannot be read; `cause` is what the table answered.
fn corrupt(path: &Path, detail: &str, cause: Option<Error>) -> Error {
    let message = format!(
        "Unable to read file ({}). Perhaps the file is corrupt or was produced by a newer version of TensorFlow \
         with format changes ({detail})",
        path.display()
    );
    match cause {
        None => Error::internal(message),
        Some(cause) => Error::new(cause.code(), format!("{message}: {}", cause.message())),
    }
}
