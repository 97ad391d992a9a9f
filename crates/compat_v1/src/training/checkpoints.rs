//! Checkpoints without a graph: finding, listing, reading and removing them, and starting variables from one.

use ferroflow_core::{Error, NdArray, Result, Shape};
use ferroflow_formats::{self as formats, CheckpointReader, CheckpointState};
use std::path::{Path, PathBuf};

/// A path as a tensor of strings holds it.
pub(super) fn text_of(path: &Path) -> Result<&str> {
    path.to_str().ok_or_else(|| Error::invalid_argument(format!("the path {} is not UTF-8", path.display())))
}

/// The prefix of the latest checkpoint in a directory; `None` where there is none.
///
/// Source: `tf.compat.v1.train.latest_checkpoint`.
///
/// # Errors
/// `ValueError` when the directory's `checkpoint` file names no checkpoint.
pub fn latest_checkpoint(checkpoint_dir: impl AsRef<Path>) -> Result<Option<PathBuf>> {
    formats::latest_checkpoint(checkpoint_dir)
}

/// What the `checkpoint` file of a directory says; `None` where there is none.
///
/// Source: `tf.compat.v1.train.get_checkpoint_state`.
///
/// # Errors
/// `ValueError` when the file names no checkpoint.
pub fn get_checkpoint_state(checkpoint_dir: impl AsRef<Path>) -> Result<Option<CheckpointState>> {
    CheckpointState::read(checkpoint_dir)
}

/// Writes the `checkpoint` file of a directory.
///
/// Source: `tf.compat.v1.train.update_checkpoint_state`.
///
/// # Errors
/// `RuntimeError` when the checkpoint has the file's own name; those of the file system.
pub fn update_checkpoint_state(
    save_dir: impl AsRef<Path>,
    model_checkpoint_path: impl AsRef<Path>,
    all_model_checkpoint_paths: &[PathBuf],
) -> Result<()> {
    let mut state = CheckpointState::new(model_checkpoint_path.as_ref());
    state.all = all_model_checkpoint_paths.to_vec();
    state.write(save_dir, "checkpoint")
}

/// Whether there is a checkpoint of this prefix.
///
/// Source: `tf.compat.v1.train.checkpoint_exists`.
pub fn checkpoint_exists(checkpoint_prefix: impl AsRef<Path>) -> bool {
    formats::checkpoint_exists(checkpoint_prefix)
}

/// When these checkpoints were written, in seconds since 1970; those that do not exist are left out.
///
/// Source: `tf.compat.v1.train.get_checkpoint_mtimes`.
pub fn get_checkpoint_mtimes(checkpoint_prefixes: &[PathBuf]) -> Vec<f64> {
    formats::checkpoint_mtimes(checkpoint_prefixes)
}

/// Removes the files of a checkpoint.
///
/// Source: `tf.compat.v1.train.remove_checkpoint`.
///
/// # Errors
/// Those of the file system.
pub fn remove_checkpoint(checkpoint_prefix: impl AsRef<Path>) -> Result<()> {
    formats::remove_checkpoint(checkpoint_prefix, "meta")
}

/// A reader of a checkpoint, or of the latest one in a directory.
///
/// Source: `tf.compat.v1.train.load_checkpoint`.
///
/// # Errors
/// `ValueError` for a directory without checkpoints; those of opening one.
pub fn load_checkpoint(ckpt_dir_or_file: impl AsRef<Path>) -> Result<CheckpointReader> {
    CheckpointReader::open(formats::checkpoint_prefix(ckpt_dir_or_file)?)
}

/// A reader of a checkpoint by its prefix.
///
/// Source: `tf.compat.v1.train.NewCheckpointReader`.
///
/// # Errors
/// Those of opening it.
pub fn new_checkpoint_reader(filepattern: impl AsRef<Path>) -> Result<CheckpointReader> {
    CheckpointReader::open(filepattern)
}

/// The value of a variable in a checkpoint; its name may end in `:0`.
///
/// Source: `tf.compat.v1.train.load_variable`.
///
/// # Errors
/// As [`load_checkpoint`]; `NotFound` when there is none of this name.
pub fn load_variable(ckpt_dir_or_file: impl AsRef<Path>, name: &str) -> Result<NdArray> {
    load_checkpoint(ckpt_dir_or_file)?.read(name.strip_suffix(":0").unwrap_or(name))
}

/// Names and shapes of the variables in a checkpoint, by name.
///
/// Source: `tf.compat.v1.train.list_variables`.
///
/// # Errors
/// As [`load_checkpoint`].
pub fn list_variables(ckpt_dir_or_file: impl AsRef<Path>) -> Result<Vec<(String, Shape)>> {
    let checkpoint = load_checkpoint(ckpt_dir_or_file)?;
    Ok(checkpoint.tensors().map(|(name, _, shape)| (name.to_string(), shape.clone())).collect())
}

/// The events in a file, in order.
///
/// Source: `tf.compat.v1.train.summary_iterator`.
///
/// # Errors
/// `NotFound` and others of the file system; the items are `DataLoss` for a damaged record.
pub fn summary_iterator(
    path: impl AsRef<Path>,
) -> Result<impl Iterator<Item = Result<ferroflow_proto::Event>>> {
    formats::read_events(path)
}

/// What the `checkpoint` file of a directory would hold.
///
/// Source: `tf.compat.v1.train.generate_checkpoint_state_proto`.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let state = tf::train::generate_checkpoint_state_proto("d", "d/m-2", &["d/m-1".into()])?;
/// assert_eq!(state.all_model_checkpoint_paths, ["m-1", "m-2"]);
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// None at present.
pub fn generate_checkpoint_state_proto(
    save_dir: impl AsRef<Path>,
    model_checkpoint_path: impl AsRef<Path>,
    all_model_checkpoint_paths: &[PathBuf],
) -> Result<ferroflow_proto::CheckpointState> {
    let mut state = CheckpointState::new(model_checkpoint_path.as_ref());
    state.all = all_model_checkpoint_paths.to_vec();
    state.to_proto(save_dir)
}
