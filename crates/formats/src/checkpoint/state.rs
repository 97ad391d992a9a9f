//! The `checkpoint` file of a directory, which names its latest checkpoints.

use crate::files;
use ferroflow_core::{Code, Error, Result, ensure};
use ferroflow_proto::{self as proto, text};
use std::path::{Component, Path, PathBuf};

/// The name that the state file has by default.
const STATE_FILE: &str = "checkpoint";

/// Which checkpoints a directory holds, as written by `tf.train.Saver` and `tf.train.CheckpointManager`.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckpointState {
    /// The prefix of the latest checkpoint.
    pub latest: PathBuf,
    /// The prefixes of all that are kept, oldest first.
    pub all: Vec<PathBuf>,
    /// When they were written, in seconds since 1970; empty where the writer did not say.
    pub timestamps: Vec<f64>,
    /// When the last of those that are never removed was written.
    pub last_preserved: Option<f64>,
}

impl CheckpointState {
    /// The state in the file `checkpoint` of `directory`, or `None` when there is none that can be read, which
    /// TensorFlow takes as a directory without checkpoints. Relative prefixes are relative to `directory`.
    ///
    /// # Errors
    /// `ValueError` when the file names no latest checkpoint.
    pub fn read(directory: impl AsRef<Path>) -> Result<Option<CheckpointState>> {
        CheckpointState::read_named(directory, STATE_FILE)
    }

    /// The same with another name for the file.
    ///
    /// # Errors
    /// As [`CheckpointState::read`].
    pub fn read_named(directory: impl AsRef<Path>, file_name: &str) -> Result<Option<CheckpointState>> {
        let directory = directory.as_ref();
        let bytes = match files::read_file(&directory.join(file_name)) {
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
            last_preserved: (state.last_preserved_timestamp != 0.0).then_some(state.last_preserved_timestamp),
        }))
    }

    /// The message for the state file of `directory`: the latest checkpoint is added to those that are kept if it is
    /// not the last of them; where `directory` is relative, relative prefixes become relative to it.
    ///
    /// # Errors
    /// `ValueError` when there are timestamps, but not as many as checkpoints.
    pub fn to_proto(&self, directory: impl AsRef<Path>) -> Result<proto::CheckpointState> {
        let directory = directory.as_ref();
        let mut all = self.all.clone();
        if all.last() != Some(&self.latest) {
            all.push(self.latest.clone());
        }
        ensure!(
            self.timestamps.is_empty() || self.timestamps.len() == all.len(),
            value,
            "Checkpoint timestamps, if provided, must match checkpoint paths (got paths {} and timestamps {:?})",
            quoted(&all),
            self.timestamps
        );
        let stored = |path: &PathBuf| {
            let relative = !directory.is_absolute() && !path.is_absolute();
            let path = if relative { relative_to(path, directory) } else { path.clone() };
            path.to_string_lossy().into_owned()
        };
        Ok(proto::CheckpointState {
            model_checkpoint_path: stored(&self.latest),
            all_model_checkpoint_paths: all.iter().map(stored).collect(),
            all_model_checkpoint_timestamps: self.timestamps.clone(),
            last_preserved_timestamp: self.last_preserved.unwrap_or_default(),
        })
    }

    /// Writes the state file of a directory, in place of one that is there: `tf.train.update_checkpoint_state`.
    ///
    /// ```no_run
    /// use ferroflow_formats::CheckpointState;
    /// let mut state = CheckpointState::new("training/model-200");
    /// state.all.push("training/model-100".into());
    /// state.write("training", "checkpoint")?;
    /// # Ok::<(), ferroflow_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`CheckpointState::to_proto`]; `RuntimeError` when the checkpoint has the name of the file; those of the file
    /// system.
    pub fn write(&self, directory: impl AsRef<Path>, file_name: &str) -> Result<()> {
        let directory = directory.as_ref();
        let path = directory.join(file_name);
        let state = self.to_proto(directory)?;
        ensure!(
            path != Path::new(&state.model_checkpoint_path),
            runtime,
            "Save path '{}' conflicts with path used for checkpoint state.  Please use a different save path.",
            self.latest.display()
        );
        files::write_file(&path, text::to_text(&state).as_bytes())
    }

    /// The state of a directory whose only checkpoint is this one.
    pub fn new(latest: impl Into<PathBuf>) -> CheckpointState {
        CheckpointState {
            latest: latest.into(),
            all: Vec::new(),
            timestamps: Vec::new(),
            last_preserved: None,
        }
    }

    /// The same state with all prefixes relative to `directory`, so that the directory can be moved.
    #[must_use]
    pub fn relative_to(mut self, directory: impl AsRef<Path>) -> CheckpointState {
        let directory = directory.as_ref();
        for path in self.all.iter_mut().chain([&mut self.latest]).filter(|path| path.is_absolute()) {
            *path = relative_to(path, directory);
        }
        self
    }
}

fn quoted(paths: &[PathBuf]) -> String {
    let paths: Vec<String> = paths.iter().map(|path| format!("'{}'", path.display())).collect();
    format!("[{}]", paths.join(", "))
}

/// The path as seen from a directory, as Python's `os.path.relpath` gives it.
fn relative_to(path: &Path, directory: &Path) -> PathBuf {
    let absolute = |path: &Path| {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        let mut parts: Vec<std::ffi::OsString> = Vec::new();
        for part in path.components() {
            match part {
                Component::ParentDir => drop(parts.pop()),
                Component::Normal(name) => parts.push(name.to_os_string()),
                _ => {}
            }
        }
        parts
    };
    let (path, directory) = (absolute(path), absolute(directory));
    let shared = path.iter().zip(&directory).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n(std::ffi::OsStr::new(".."), directory.len() - shared);
    let relative: PathBuf = up.chain(path.iter().skip(shared).map(std::ffi::OsString::as_os_str)).collect();
    if relative.as_os_str().is_empty() { PathBuf::from(".") } else { relative }
}

/// Whether there is a checkpoint of this prefix, of V2 or V1 (`tf.train.checkpoint_exists`).
pub fn checkpoint_exists(prefix: impl AsRef<Path>) -> bool {
    checkpoint_file(prefix.as_ref()).is_some()
}

/// When these checkpoints were written, in seconds since 1970; those that do not exist are left out
/// (`tf.train.get_checkpoint_mtimes`).
pub fn checkpoint_mtimes(prefixes: &[impl AsRef<Path>]) -> Vec<f64> {
    let mtime = |prefix: &dyn AsRef<Path>| {
        let modified = checkpoint_file(prefix.as_ref())?.metadata().ok()?.modified().ok()?;
        Some(modified.duration_since(std::time::UNIX_EPOCH).ok()?.as_secs_f64())
    };
    prefixes.iter().filter_map(|prefix| mtime(prefix)).collect()
}

/// The file that identifies a checkpoint.
fn checkpoint_file(prefix: &Path) -> Option<PathBuf> {
    let index = files::with_suffix(prefix, ".index");
    // The only files of V1 are named by the prefix alone.
    [index, prefix.to_path_buf()].into_iter().find(|path| path.is_file())
}

/// Removes the files of a checkpoint, its graph (`PREFIX.META_SUFFIX`) among them, as far as they exist
/// (`tf.train.remove_checkpoint`).
///
/// # Errors
/// Those of the file system.
pub fn remove_checkpoint(prefix: impl AsRef<Path>, meta_suffix: &str) -> Result<()> {
    let prefix = prefix.as_ref();
    let Some(name) = prefix.file_name() else { return Ok(()) };
    let name = name.to_string_lossy();
    let data = format!("{name}.data-");
    let index = format!("{name}.index");
    let meta = format!("{}.{meta_suffix}", name.strip_suffix("-?????-of-?????").unwrap_or(&name));
    let directory = prefix.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Ok(entries) = std::fs::read_dir(directory) else { return Ok(()) };
    let mut doomed = Vec::new();
    for entry in entries.flatten() {
        let file = entry.file_name().to_string_lossy().into_owned();
        let is_data = file.strip_prefix(&data).is_some_and(is_shard);
        if is_data || file == index || file == meta {
            doomed.push((file != index, entry.path()));
        }
    }
    // The index first: what is left of an interrupted removal is no checkpoint.
    doomed.sort();
    doomed.iter().try_for_each(|(_, path)| files::remove(path))
}

/// `00000-of-00001`
fn is_shard(text: &str) -> bool {
    let number = |text: &str| text.len() >= 5 && text.bytes().all(|byte| byte.is_ascii_digit());
    text.split_once("-of-").is_some_and(|(shard, count)| number(shard) && number(count))
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
    latest_checkpoint_named(directory, STATE_FILE)
}

/// The same with another name for the state file.
///
/// # Errors
/// As [`latest_checkpoint`].
pub fn latest_checkpoint_named(directory: impl AsRef<Path>, file_name: &str) -> Result<Option<PathBuf>> {
    let latest = CheckpointState::read_named(directory, file_name)?.map(|state| state.latest);
    Ok(latest.filter(|prefix| checkpoint_exists(prefix)))
}

/// The prefix of the latest checkpoint of a directory, or the prefix that was given: what readers take.
///
/// # Errors
/// `ValueError` for a directory without checkpoints.
pub fn checkpoint_prefix(directory_or_prefix: impl AsRef<Path>) -> Result<PathBuf> {
    let path = directory_or_prefix.as_ref();
    if !path.is_dir() {
        return Ok(path.to_path_buf());
    }
    latest_checkpoint(path)?.ok_or_else(|| {
        Error::value(format!(
            "Couldn't find 'checkpoint' file or checkpoints in given directory {}",
            path.display()
        ))
    })
}
