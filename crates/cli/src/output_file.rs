//! Files that commands write: each appears under its name when it is complete, and not at all when writing fails.

use ferroflow_core::{Code, Error, Result};
use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Writes a file with what `fill` gives.
pub(crate) fn write(path: &Path, fill: impl FnOnce(&mut BufWriter<File>) -> Result<()>) -> Result<()> {
    // A link stays one, and what is no file, such as a pipe, can only be written to as it is.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    if fs::metadata(&target).is_ok_and(|held| !held.is_file()) {
        return filled(&target, path, fill);
    }
    let temporary = beside(&target);
    let written = filled(&temporary, path, fill)
        .and_then(|()| fs::rename(&temporary, &target).map_err(|error| io_error(path, &error)));
    if written.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_file(&temporary);
    }
    written
}

fn filled(file: &Path, named: &Path, fill: impl FnOnce(&mut BufWriter<File>) -> Result<()>) -> Result<()> {
    let failed = |error: io::Error| io_error(named, &error);
    let mut writer = BufWriter::new(File::create(file).map_err(failed)?);
    fill(&mut writer)?;
    writer.flush().map_err(failed)
}

/// A name of our own in the same directory, so that the file can be moved without being copied.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(format!(".{}.tmp", std::process::id()));
    PathBuf::from(name)
}

fn io_error(path: &Path, error: &io::Error) -> Error {
    let code = match error.kind() {
        ErrorKind::NotFound => Code::NotFound,
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Code::PermissionDenied,
        ErrorKind::IsADirectory | ErrorKind::NotADirectory => Code::FailedPrecondition,
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Code::ResourceExhausted,
        _ => Code::Unknown,
    };
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    Error::new(code, format!("{}; {text}", path.display()))
}
