//! Finding and reading case files.

use crate::case::{self, Case};
use std::path::{Path, PathBuf};
use std::{fs, io};

/// A case file.
pub struct CaseFile {
    /// Where it is.
    pub path: PathBuf,
    /// What it holds, or what is wrong with it.
    pub cases: Result<Vec<Case>, String>,
}

/// All `*.cases` files below a directory, by path; directories of build output are left out.
///
/// # Errors
/// What reading a directory or a file gives.
pub fn find(directory: &Path) -> io::Result<Vec<CaseFile>> {
    let mut files = Vec::new();
    let mut waiting = vec![directory.to_path_buf()];
    while let Some(directory) = waiting.pop() {
        for entry in fs::read_dir(directory)? {
            let path = entry?.path();
            if path.is_dir() {
                if path.file_name().is_some_and(|name| name != "target") {
                    waiting.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "cases") {
                let cases = case::parse(&fs::read_to_string(&path)?).map_err(|error| error.to_string());
                files.push(CaseFile { path, cases });
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}
