//! Joining checkpoints that were written apart, as the MergeV2Checkpoints op does.

use super::bundle::{self, Bundle};
use crate::files;
use ferroflow_core::{Code, Error, Result, bail};
use ferroflow_proto::BundleEntryProto;
use std::collections::btree_map::Entry;
use std::path::{Path, PathBuf};

/// Makes one checkpoint of several by moving their data files; the parts are gone afterwards.
///
/// Slices of one tensor may come from several parts.
///
/// # Errors
/// `InvalidArgument` when there is no part, one is missing, or two have a tensor of the same name; those of reading
/// an index, and of the file system.
///
/// ```no_run
/// use ferroflow_formats::merge_checkpoints;
/// merge_checkpoints(&["parts/0", "parts/1"], "model.ckpt")?;
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
pub fn merge_checkpoints(parts: &[impl AsRef<Path>], destination: impl AsRef<Path>) -> Result<()> {
    merge(parts, destination.as_ref(), false)
}

/// The same, where parts that do not exist may be left out.
pub(crate) fn merge(parts: &[impl AsRef<Path>], destination: &Path, allow_missing: bool) -> Result<()> {
    let exists = |part: &&Path| !allow_missing || bundle::index_path(part).is_file();
    let parts: Vec<&Path> = parts.iter().map(AsRef::as_ref).filter(exists).collect();
    if parts.is_empty() {
        bail!(invalid_argument, "At least one prefix checkpoint file must exist, but none existed.");
    }
    let mut merged = Bundle::new(0);
    let mut moves: Vec<(PathBuf, u32)> = Vec::new();
    for &part in &parts {
        let bundle = Bundle::read(part).map_err(|error| missing(part, error))?;
        let first_shard = merged.num_shards;
        for (key, mut entry) in bundle.entries {
            entry.shard_id = renumber(entry.shard_id, first_shard)?;
            insert(&mut merged, key, entry, part)?;
        }
        moves.extend((0..bundle.num_shards).map(|shard| {
            (bundle::data_path(part, shard, bundle.num_shards), first_shard.saturating_add(shard))
        }));
        merged.num_shards = first_shard
            .checked_add(bundle.num_shards)
            .ok_or_else(|| Error::data_loss("the checkpoints to merge have too many data files"))?;
    }
    // The index is on the disk before anything moves, so that little lies between the first and the last change.
    let index = merged.write_index(destination)?;
    for (from, shard) in &moves {
        files::rename(from, &bundle::data_path(destination, *shard, merged.num_shards))?;
    }
    index.publish()?;
    files::sync_directory_of(destination);
    parts.iter().try_for_each(|part| files::remove(&bundle::index_path(part)))
}

fn missing(part: &Path, error: Error) -> Error {
    match error.code() {
        Code::NotFound => {
            let part = part.display();
            let words = format!(
                "allow_missing_files was set to false and {part} did not exist.NOT_FOUND: {part} not found"
            );
            Error::invalid_argument(words)
        }
        _ => error,
    }
}

fn renumber(shard: i32, first: u32) -> Result<i32> {
    u32::try_from(shard)
        .ok()
        .and_then(|shard| shard.checked_add(first))
        .and_then(|shard| i32::try_from(shard).ok())
        .ok_or_else(|| Error::data_loss("the checkpoints to merge have too many data files"))
}

/// Takes over an entry; the slices of a partitioned tensor join those of other parts.
fn insert(merged: &mut Bundle, key: Vec<u8>, mut entry: BundleEntryProto, part: &Path) -> Result<()> {
    match merged.entries.entry(key) {
        Entry::Vacant(vacant) => {
            if !entry.slices.is_empty() {
                // The entry of a partitioned tensor lies in no data file of its own.
                entry.shard_id = 0;
            }
            vacant.insert(entry);
            Ok(())
        }
        Entry::Occupied(mut occupied)
            if !entry.slices.is_empty()
                && (occupied.get().dtype, &occupied.get().shape) == (entry.dtype, &entry.shape) =>
        {
            occupied.get_mut().slices.append(&mut entry.slices);
            Ok(())
        }
        Entry::Occupied(occupied) => bail!(
            invalid_argument,
            "Duplicate tensor keyed by {} encountered, when merging prefix: {}",
            String::from_utf8_lossy(occupied.key()),
            part.display()
        ),
    }
}
