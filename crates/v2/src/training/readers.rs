//! Checkpoints without objects: finding, listing and reading them.

use ferroflow_core::{NdArray, Result, Shape};
use ferroflow_formats::{self as formats, CheckpointReader, CheckpointState};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The prefix of the latest checkpoint in a directory; `None` where there is none.
///
/// Source: `tf.train.latest_checkpoint`.
///
/// # Errors
/// `ValueError` when the directory's `checkpoint` file names no checkpoint.
pub fn latest_checkpoint(checkpoint_dir: impl AsRef<Path>) -> Result<Option<PathBuf>> {
    formats::latest_checkpoint(checkpoint_dir)
}

/// What the `checkpoint` file of a directory says; `None` where there is none.
///
/// Source: `tf.train.get_checkpoint_state`.
///
/// # Errors
/// `ValueError` when the file names no checkpoint.
pub fn get_checkpoint_state(checkpoint_dir: impl AsRef<Path>) -> Result<Option<CheckpointState>> {
    CheckpointState::read(checkpoint_dir)
}

/// A reader of a checkpoint, or of the latest one in a directory.
///
/// Source: `tf.train.load_checkpoint`.
///
/// # Errors
/// `ValueError` for a directory without checkpoints; `NotFound` and others of opening one.
pub fn load_checkpoint(ckpt_dir_or_file: impl AsRef<Path>) -> Result<CheckpointReader> {
    CheckpointReader::open(formats::checkpoint_prefix(ckpt_dir_or_file)?)
}

/// The value of a variable in a checkpoint; its name may end in `:0`.
///
/// Source: `tf.train.load_variable`.
///
/// # Errors
/// As [`load_checkpoint`]; `NotFound` when there is none of this name.
pub fn load_variable(ckpt_dir_or_file: impl AsRef<Path>, name: &str) -> Result<NdArray> {
    load_checkpoint(ckpt_dir_or_file)?.read(name.strip_suffix(":0").unwrap_or(name))
}

/// Names and shapes of the tensors in a checkpoint, by name.
///
/// Source: `tf.train.list_variables`.
///
/// # Errors
/// As [`load_checkpoint`].
pub fn list_variables(ckpt_dir_or_file: impl AsRef<Path>) -> Result<Vec<(String, Shape)>> {
    let checkpoint = load_checkpoint(ckpt_dir_or_file)?;
    Ok(checkpoint.tensors().map(|(name, _, shape)| (name.to_string(), shape.clone())).collect())
}

/// The checkpoints of a directory as they appear: each time the latest one, once. The iterator ends when there is none
/// for as long as `timeout`; it looks every `min_interval` at most.
///
/// Source: `tf.train.checkpoints_iterator`.
///
/// # Errors
/// The items are errors where [`latest_checkpoint`] is.
pub fn checkpoints_iterator(
    checkpoint_dir: impl AsRef<Path>,
    min_interval: Duration,
    timeout: Duration,
) -> impl Iterator<Item = Result<PathBuf>> {
    /// How often the directory is looked at while nothing is new.
    const PAUSE: Duration = Duration::from_millis(100);
    let directory = checkpoint_dir.as_ref().to_path_buf();
    let mut last: Option<PathBuf> = None;
    let mut next_at = Instant::now();
    std::iter::from_fn(move || {
        std::thread::sleep(next_at.saturating_duration_since(Instant::now()));
        let start = Instant::now();
        loop {
            match formats::latest_checkpoint(&directory) {
                Ok(Some(found)) if last.as_ref() != Some(&found) => {
                    next_at = Instant::now() + min_interval;
                    last = Some(found.clone());
                    return Some(Ok(found));
                }
                Ok(_) => {}
                Err(error) => return Some(Err(error)),
            }
            if start.elapsed() >= timeout {
                return None;
            }
            std::thread::sleep(PAUSE.min(timeout.saturating_sub(start.elapsed())));
        }
    })
}
