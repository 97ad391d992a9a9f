//! `tf.io.gfile`: files and directories.

use crate::files::failed;
use crate::path_patterns::matching_paths;
use ferroflow_core::{Error, Result, bail, ensure};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::time::UNIX_EPOCH;

/// The file that a name stands for: a path, with or without `file://`.
fn local(name: &str) -> Result<&Path> {
    match name.split_once("://") {
        Some(("file", path)) => Ok(Path::new(path)),
        Some((scheme, _)) => {
            bail!(unimplemented, "File system scheme '{scheme}' not implemented (file: '{name}')")
        }
        None => Ok(Path::new(name)),
    }
}

fn error(name: &str, error: &std::io::Error) -> Error {
    failed(Path::new(name), error)
}

/// Whether a file or directory of this name exists.
///
/// Source: `tf.io.gfile.exists`.
///
/// # Errors
/// `Unimplemented` for files that are not of this machine.
pub fn exists(path: &str) -> Result<bool> {
    Ok(local(path)?.exists())
}

/// Whether a directory of this name exists.
///
/// Source: `tf.io.gfile.isdir`.
///
/// # Errors
/// `Unimplemented` for files that are not of this machine.
pub fn isdir(path: &str) -> Result<bool> {
    Ok(local(path)?.is_dir())
}

/// Makes a directory; one that is there already stays.
///
/// Source: `tf.io.gfile.mkdir`.
///
/// # Errors
/// `NotFound` where the directory that it is to stand in is missing; what else the file system finds wrong.
pub fn mkdir(path: &str) -> Result<()> {
    match fs::create_dir(local(path)?) {
        Err(found) if found.kind() != ErrorKind::AlreadyExists => Err(error(path, &found)),
        _ => Ok(()),
    }
}

/// Makes a directory and those that it stands in.
///
/// Source: `tf.io.gfile.makedirs`.
///
/// # Errors
/// `FailedPrecondition` where a file is in the way.
pub fn makedirs(path: &str) -> Result<()> {
    let whole = local(path)?;
    if let Some(file) = whole.ancestors().find(|part| part.is_file()) {
        bail!(failed_precondition, "{} is not a directory", file.display());
    }
    fs::create_dir_all(whole).map_err(|found| error(path, &found))
}

/// The names of what a directory holds, sorted.
///
/// Source: `tf.io.gfile.listdir`.
///
/// # Errors
/// `NotFound` for what is no directory.
pub fn listdir(path: &str) -> Result<Vec<String>> {
    ensure!(isdir(path)?, not_found, "Could not find directory {path}");
    let entries = fs::read_dir(local(path)?).map_err(|found| error(path, &found))?;
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|found| error(path, &found))?;
        names.push(entry.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// The names of what a directory holds, in no order; those that are not UTF-8 are left out.
///
/// # Errors
/// `NotFound` for what does not exist, `FailedPrecondition` for a file.
pub fn names_in(path: &str) -> Result<Vec<String>> {
    let entries = fs::read_dir(local(path)?).map_err(|found| error(path, &found))?;
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|found| error(path, &found))?;
        names.extend(entry.file_name().into_string());
    }
    Ok(names)
}

/// A directory of a walk: its name, the names of the directories in it, the names of its files.
pub type WalkEntry = (String, Vec<String>, Vec<String>);

/// The directories below one, and what they hold; a directory comes before those in it, unless `topdown` is false.
///
/// Source: `tf.io.gfile.walk`.
///
/// # Errors
/// `Unimplemented` for files that are not of this machine.
pub fn walk(top: &str, topdown: bool) -> Result<Vec<WalkEntry>> {
    let mut found = Vec::new();
    // Directories are followed in the order of their names; those yet to come are kept with the last first.
    let mut pending = vec![top.to_string()];
    while let Some(directory) = pending.pop() {
        let Ok(names) = listdir(&directory) else { continue };
        let is_directory = |name: &String| {
            let path = local(&directory).map(|path| path.join(name));
            // A link to a directory may lead back here.
            path.is_ok_and(|path| path.is_dir() && !path.is_symlink())
        };
        let (directories, files): (Vec<String>, Vec<String>) = names.into_iter().partition(is_directory);
        pending.extend(directories.iter().rev().map(|name| join(&[&directory, name])));
        found.push((directory, directories, files));
    }
    Ok(if topdown { found } else { children_first(found) })
}

/// A walk with each directory behind those in it.
fn children_first(walk: Vec<WalkEntry>) -> Vec<WalkEntry> {
    let depth = |entry: &WalkEntry| Path::new(&entry.0).components().count();
    let mut open: Vec<WalkEntry> = Vec::new();
    let mut ordered = Vec::new();
    for entry in walk {
        while let Some(done) = open.pop_if(|last| depth(last) >= depth(&entry)) {
            ordered.push(done);
        }
        open.push(entry);
    }
    ordered.extend(open.into_iter().rev());
    ordered
}

fn check_target(target: &str, overwrite: bool) -> Result<()> {
    ensure!(overwrite || !exists(target)?, already_exists, "file already exists");
    Ok(())
}

/// Copies a file; an existing target is written over if `overwrite` says so.
///
/// Source: `tf.io.gfile.copy`.
///
/// # Errors
/// `AlreadyExists` for a target that exists; what the file system finds wrong.
pub fn copy(src: &str, dst: &str, overwrite: bool) -> Result<()> {
    check_target(dst, overwrite)?;
    fs::copy(local(src)?, local(dst)?).map(|_| ()).map_err(|found| error(src, &found))
}

/// Gives a file another name; an existing target is replaced if `overwrite` says so.
///
/// Source: `tf.io.gfile.rename`.
///
/// # Errors
/// `AlreadyExists` for a target that exists; what the file system finds wrong.
pub fn rename(src: &str, dst: &str, overwrite: bool) -> Result<()> {
    check_target(dst, overwrite)?;
    fs::rename(local(src)?, local(dst)?).map_err(|found| error(src, &found))
}

/// Removes a file.
///
/// Source: `tf.io.gfile.remove`.
///
/// # Errors
/// `NotFound` for a file that does not exist, `FailedPrecondition` for a directory.
pub fn remove(path: &str) -> Result<()> {
    fs::remove_file(local(path)?).map_err(|found| error(path, &found))
}

/// Removes a directory and all that is in it.
///
/// Source: `tf.io.gfile.rmtree`.
///
/// # Errors
/// `NotFound` for what does not exist.
pub fn rmtree(path: &str) -> Result<()> {
    let whole = local(path)?;
    ensure!(whole.exists(), not_found, "{path} not found");
    let removed = if whole.is_dir() { fs::remove_dir_all(whole) } else { fs::remove_file(whole) };
    removed.map_err(|found| error(path, &found))
}

/// What the file system knows of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileStatistics {
    /// How many bytes it has.
    pub length: i64,
    /// When it was changed last, in nanoseconds since 1970.
    pub mtime_nsec: i64,
    /// Whether it is a directory.
    pub is_directory: bool,
}

/// What the file system knows of a file or directory.
///
/// Source: `tf.io.gfile.stat`.
///
/// # Errors
/// `NotFound` for what does not exist.
pub fn stat(path: &str) -> Result<FileStatistics> {
    let metadata = fs::metadata(local(path)?).map_err(|found| error(path, &found))?;
    let changed = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    Ok(FileStatistics {
        length: i64::try_from(metadata.len()).unwrap_or(i64::MAX),
        mtime_nsec: changed.and_then(|time| i64::try_from(time.as_nanos()).ok()).unwrap_or(0),
        is_directory: metadata.is_dir(),
    })
}

/// The names that match a pattern (`*`, `?`, `[a-z]` within a directory's name), sorted.
///
/// Source: `tf.io.gfile.glob`.
///
/// # Errors
/// `Unimplemented` for files that are not of this machine.
pub fn glob(pattern: &str) -> Result<Vec<String>> {
    let mut names = matching_paths(pattern)?;
    names.sort();
    Ok(names)
}

/// Parts of a path put together; what begins with `/` begins the path anew.
///
/// Source: `tf.io.gfile.join`.
///
/// ```
/// use ferroflow_ops_io::gfile::join;
/// assert_eq!((join(&["a", "b"]), join(&["a/", "b"]), join(&["a", "/c"])), ("a/b".into(), "a/b".into(), "/c".into()));
/// ```
pub fn join(parts: &[&str]) -> String {
    let mut path = String::new();
    for part in parts {
        if part.starts_with('/') {
            path.clear();
        } else if !path.is_empty() && !path.ends_with('/') {
            path.push('/');
        }
        path.push_str(part);
    }
    path
}

/// The schemes whose files can be opened: those of this machine.
///
/// Source: `tf.io.gfile.get_registered_schemes`.
pub fn get_registered_schemes() -> Vec<String> {
    ["file", ""].map(String::from).to_vec()
}
