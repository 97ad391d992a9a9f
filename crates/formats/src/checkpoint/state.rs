//! The `checkpoint` file of a directory, which names its latest checkpoints.

use crate::files;
use ferroflow_core::{Code, Result, ensure};
use ferroflow_proto::{self as proto, text};
use std::path::{Path, PathBuf};

/// Which checkpoints a directory holds, as written by `tf.train.Saver` and `tf.train.CheckpointManager`.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckpointState {
    /// The prefix of the latest checkpoint.
    pub latest: PathBuf,
    /// The prefixes of all that are kept, oldest first.
    pub all: Vec<PathBuf>,
    /// When they were written, in seconds since 1970; empty where the writer did not say.
    pub timestamps: Vec<f64>,
}

impl CheckpointState {
    /// The state in the file `checkpoint` of `directory`, or `None` when there is none that can be read, which
    /// TensorFlow takes as a directory without checkpoints. Relative prefixes are relative to `directory`.
    ///
    /// # Errors
    /// `ValueError` when the file names no latest checkpoint.
    pub fn read(directory: impl AsRef<Path>) -> Result<Option<CheckpointState>> {
        let directory = directory.as_ref();
        let bytes = match files::read_file(&directory.join("checkpoint")) {
            Ok(bytes) => bytes,
            Err(error) if error.code() == Code::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let state = std::str::from_utf8(&bytes)
            .ok()
            .and_then(|it| text::from_text::<proto::CheckpointState>(it).ok());
        let Some(state) = state else { return Ok(None) };
        ensure!(
            !state.model_checkpoint_path.is_empty(),
            value,
            "Invalid checkpoint state loaded from {}",
            directory.display()
        );
        Ok(Some(CheckpointState {
            latest: directory.join(state.model_checkpoint_path),
            all: state.all_model_checkpoint_paths.iter().map(|path| directory.join(path)).collect(),
            timestamps: state.all_model_checkpoint_timestamps,
        }))
    }
}

/// The prefix of the latest checkpoint in `directory`, as `tf.train.latest_checkpoint`; `None` when its state file
/// is missing or unreadable, or the checkpoint it names is gone.
///
/// # Errors
/// `ValueError` when the state file names no checkpoint.
///
/// ```no_run
/// use ferroflow_formats::{CheckpointReader, latest_checkpoint};
/// if let Some(prefix) = latest_checkpoint("training")? {
///     let checkpoint = CheckpointReader::open(prefix)?;
/// }
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
pub fn latest_checkpoint(directory: impl AsRef<Path>) -> Result<Option<PathBuf>> {
    let latest = CheckpointState::read(directory)?.map(|state| state.latest);
    Ok(latest.filter(|prefix| files::with_suffix(prefix, ".index").is_file()))
}
