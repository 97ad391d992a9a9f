//! Reading and writing files with TensorFlow's status codes and wording.

use ferroflow_core::{Code, Error, Result};
use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// The status TensorFlow gives for a failed call of the file system: `PATH; No such file or directory`.
pub fn io_error(path: &Path, error: &io::Error) -> Error {
    let code = match error.kind() {
        ErrorKind::NotFound => Code::NotFound,
        ErrorKind::PermissionDenied => Code::PermissionDenied,
        ErrorKind::AlreadyExists => Code::AlreadyExists,
        ErrorKind::IsADirectory | ErrorKind::NotADirectory => Code::FailedPrecondition,
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Code::ResourceExhausted,
        ErrorKind::UnexpectedEof => Code::OutOfRange,
        _ => Code::Unknown,
    };
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    Error::new(code, format!("{}; {text}", path.display()))
}

/// All bytes of a file.
pub(crate) fn read_file(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| io_error(path, &error))
}

/// A part of a file.
#[derive(Clone, Copy)]
pub(crate) struct Range {
    pub(crate) offset: u64,
    pub(crate) size: u64,
}

/// A file that is to be read from the beginning of a range on; refused where the range does not lie in the file.
pub(crate) fn open_range(path: &Path, range: Range) -> Result<File> {
    let failed = |error: io::Error| io_error(path, &error);
    let mut file = File::open(path).map_err(failed)?;
    let length = file.metadata().map_err(failed)?.len();
    if range.offset.checked_add(range.size).is_none_or(|end| end > length) {
        return Err(Error::out_of_range("Read less bytes than requested"));
    }
    file.seek(SeekFrom::Start(range.offset)).map_err(failed)?;
    Ok(file)
}

/// Fills `bytes` from a file.
pub(crate) fn read_into(path: &Path, mut file: File, bytes: &mut [u8]) -> Result<()> {
    file.read_exact(bytes).map_err(|error| io_error(path, &error))
}

/// The bytes of a range; nothing is allocated for bytes the file does not have.
pub(crate) fn read_range(path: &Path, range: Range) -> Result<Vec<u8>> {
    let file = open_range(path, range)?;
    let size =
        usize::try_from(range.size).map_err(|_| Error::out_of_range("Read less bytes than requested"))?;
    let mut bytes = vec![0; size];
    read_into(path, file, &mut bytes)?;
    Ok(bytes)
}

/// The size of a file in bytes.
pub(crate) fn size(path: &Path) -> Result<u64> {
    std::fs::metadata(path).map(|metadata| metadata.len()).map_err(|error| io_error(path, &error))
}

/// The path with something behind its last name; unlike an extension, it replaces nothing.
pub(crate) fn with_suffix(prefix: &Path, suffix: &str) -> PathBuf {
    let mut path = prefix.as_os_str().to_os_string();
    path.push(suffix);
    PathBuf::from(path)
}

/// A name of our own beside this path, for a file that is not complete yet.
fn temporary(path: &Path) -> PathBuf {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    with_suffix(path, &format!(".tempstate{}-{count}", std::process::id()))
}

/// Gives a file another name, in place of one that has it.
pub(crate) fn rename(from: &Path, to: &Path) -> Result<()> {
    std::fs::rename(from, to).map_err(|error| io_error(from, &error))
}

/// Removes a file.
pub(crate) fn remove(path: &Path) -> Result<()> {
    std::fs::remove_file(path).map_err(|error| io_error(path, &error))
}

/// Makes a directory and those above it, where they are missing.
pub(crate) fn create_directory(path: &Path) -> Result<()> {
    std::fs::create_dir_all(path).map_err(|error| io_error(path, &error))
}

/// Waits until the names in the directory of `path` are on the disk.
pub(crate) fn sync_directory_of(path: &Path) {
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
    // Not every file system can do this, and none loses data for it: what is renamed is on the disk already.
    let _ = File::open(directory.unwrap_or(Path::new("."))).and_then(|directory| directory.sync_all());
}

/// A file that is written under a name of its own, and takes the name it is meant for once it is on the disk: whoever
/// reads finds the file of before or the new one, never half of one. Dropped early, it leaves nothing behind.
pub(crate) struct PendingFile {
    path: PathBuf,
    temporary: PathBuf,
    file: Option<File>,
}

impl PendingFile {
    /// Begins a file.
    pub(crate) fn create(path: &Path) -> Result<PendingFile> {
        let temporary = temporary(path);
        let file = File::create(&temporary).map_err(|error| match temporary.parent() {
            // As in TensorFlow it is the directory that is missing.
            Some(directory) if error.kind() == ErrorKind::NotFound => io_error(directory, &error),
            _ => io_error(&temporary, &error),
        })?;
        Ok(PendingFile { path: path.to_path_buf(), temporary, file: Some(file) })
    }

    /// Appends bytes. Nothing is buffered here.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let file = self.file.as_mut().ok_or_else(|| Error::internal("the file is complete"))?;
        file.write_all(bytes).map_err(|error| io_error(&self.path, &error))
    }

    /// Waits until what was written is on the disk.
    pub(crate) fn sync(&mut self) -> Result<()> {
        match self.file.take() {
            Some(file) => file.sync_all().map_err(|error| io_error(&self.path, &error)),
            None => Ok(()),
        }
    }

    /// Gives the file its name.
    pub(crate) fn publish(mut self) -> Result<()> {
        self.sync()?;
        rename(&self.temporary, &self.path)
    }
}

impl Drop for PendingFile {
    fn drop(&mut self) {
        // Once published there is nothing under this name any more.
        let _ = std::fs::remove_file(&self.temporary);
    }
}

/// Writes a file, which appears under its name when it is complete and on the disk.
pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = PendingFile::create(path)?;
    file.write(bytes)?;
    file.publish()?;
    sync_directory_of(path);
    Ok(())
}
