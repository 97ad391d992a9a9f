//! Reading files with TensorFlow's status codes and wording.

use ferroflow_core::{Code, Error, Result};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// The status TensorFlow gives for a failed call of the file system: `PATH; No such file or directory`.
pub(crate) fn io_error(path: &Path, error: &io::Error) -> Error {
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

/// `size` bytes of a file from `offset` on; nothing is allocated for bytes the file does not have.
pub(crate) fn read_range(path: &Path, offset: u64, size: u64) -> Result<Vec<u8>> {
    let failed = |error: io::Error| io_error(path, &error);
    let mut file = std::fs::File::open(path).map_err(failed)?;
    let length = file.metadata().map_err(failed)?.len();
    let fits = offset.checked_add(size).is_some_and(|end| end <= length);
    let Some(size) = usize::try_from(size).ok().filter(|_| fits) else {
        return Err(Error::out_of_range("Read less bytes than requested"));
    };
    let mut bytes = vec![0; size];
    file.seek(SeekFrom::Start(offset)).map_err(failed)?;
    file.read_exact(&mut bytes).map_err(failed)?;
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
pub(crate) fn temporary(path: &Path) -> PathBuf {
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

/// Writes a file, which appears under its name when it is complete.
pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> Result<()> {
    let temporary = temporary(path);
    std::fs::write(&temporary, bytes).map_err(|error| io_error(&temporary, &error))?;
    rename(&temporary, path)
}
