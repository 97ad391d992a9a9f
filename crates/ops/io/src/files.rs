//! ReadFile, WriteFile, MatchingFiles: whole files.

use crate::path_patterns::matching_paths;
use ferroflow_core::{
    Error, Grad, IntoOperand, KernelCtx, NdArray, Op, OpDef, Result, ShapeCtx, TString, Tensor, bail, ensure,
};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The bytes of a file.
///
/// Source: `tf.io.read_file` (op `ReadFile`).
///
/// # Errors
/// `NotFound` for a file that does not exist, `FailedPrecondition` for a directory.
pub fn read_file(filename: impl IntoOperand) -> Result<Tensor> {
    Op::new(&READ_FILE).input(filename).one()
}

/// Writes a file, and the directories it stands in where they are missing.
///
/// Source: `tf.io.write_file` (op `WriteFile`).
///
/// # Errors
/// What the file system finds wrong.
pub fn write_file(filename: impl IntoOperand, contents: impl IntoOperand) -> Result<()> {
    Op::new(&WRITE_FILE).input(filename).input(contents).run()
}

/// The names of the files that match a pattern (`*`, `?`, `[a-z]` within a directory's name), sorted.
///
/// Source: `tf.io.matching_files` (op `MatchingFiles`).
///
/// # Errors
/// `InvalidArgument` for a tensor of more than one dimension.
pub fn matching_files(pattern: impl IntoOperand) -> Result<Tensor> {
    Op::new(&MATCHING_FILES).input(pattern).one()
}

pub(crate) static READ_FILE: OpDef = OpDef {
    name: "ReadFile",
    shape: scalar_shape,
    kernel: Some(read_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};

pub(crate) static WRITE_FILE: OpDef = OpDef {
    name: "WriteFile",
    shape: write_shape,
    kernel: Some(write_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};

pub(crate) static MATCHING_FILES: OpDef = OpDef {
    name: "MatchingFiles",
    shape: matching_shape,
    kernel: Some(matching_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};

fn scalar_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        cx.with_rank(0, 0)?;
    }
    cx.set(0, ferroflow_core::Shape::scalar());
    Ok(())
}

fn write_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        cx.with_rank(0, 0)?;
        cx.with_rank(1, 0)?;
    }
    Ok(())
}

fn matching_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time()
        && let Some(rank) = cx.input(0).rank()
    {
        ensure!(rank <= 1, invalid_argument, "Shape must be at most rank 1 but is rank {rank}");
    }
    cx.set(0, [None]);
    Ok(())
}

fn path(name: &[u8]) -> Result<PathBuf> {
    match std::str::from_utf8(name) {
        Ok(name) => Ok(PathBuf::from(name.strip_prefix("file://").unwrap_or(name))),
        Err(_) => Err(Error::invalid_argument("the name of a file must be UTF-8")),
    }
}

/// An error of the file system in TensorFlow's words.
pub(crate) fn failed(path: &Path, error: &std::io::Error) -> Error {
    let shown = path.display();
    match error.kind() {
        ErrorKind::NotFound => Error::not_found(format!("{shown}; No such file or directory")),
        ErrorKind::PermissionDenied => Error::permission_denied(format!("{shown}; Permission denied")),
        ErrorKind::IsADirectory => Error::failed_precondition(format!("{shown}; Is a directory")),
        ErrorKind::NotADirectory => Error::failed_precondition(format!("{shown}; Not a directory")),
        ErrorKind::AlreadyExists => Error::already_exists(format!("{shown}; File exists")),
        _ => Error::unknown(format!("{shown}; {error}")),
    }
}

fn name(cx: &KernelCtx<'_>, index: usize, what: &str) -> Result<TString> {
    let input = cx.input(index)?;
    ensure!(
        input.rank() == 0,
        invalid_argument,
        "{what} tensor must be scalar, but had shape: {}",
        input.shape()
    );
    input.item()
}

fn read_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let path = path(&name(cx, 0, "Input filename")?)?;
    let contents = std::fs::read(&path).map_err(|error| failed(&path, &error))?;
    cx.set(0, NdArray::scalar(TString::from(contents)))
}

fn write_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let path = path(&name(cx, 0, "Input filename")?)?;
    let contents = name(cx, 1, "Contents")?;
    if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
        std::fs::create_dir_all(directory).map_err(|error| failed(directory, &error))?;
    }
    std::fs::write(&path, &*contents).map_err(|error| failed(&path, &error))
}

fn matching_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let patterns = cx.input(0)?;
    ensure!(
        patterns.rank() <= 1,
        invalid_argument,
        "Input patterns tensor must be scalar or vector, but had shape: {}",
        patterns.shape()
    );
    let mut names: Vec<TString> = Vec::new();
    for pattern in patterns.as_slice::<TString>()? {
        let Ok(pattern) = pattern.to_str() else {
            bail!(invalid_argument, "the pattern of files must be UTF-8")
        };
        names.extend(matching_paths(pattern)?.into_iter().map(TString::from));
    }
    names.sort();
    cx.set(0, NdArray::vector(names))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_written_read_and_found() -> Result<()> {
        let directory = std::env::temp_dir().join(format!("ferroflow-files-{}", std::process::id()));
        let file = directory.join("deep/part-1.txt");
        let name = file.to_string_lossy().into_owned();
        write_file(name.as_str(), "some text")?;
        assert_eq!(read_file(name.as_str())?.numpy()?.item::<TString>()?, "some text");
        let pattern = directory.join("d*/part-?.txt");
        let found = matching_files(pattern.to_string_lossy().as_ref())?;
        assert_eq!(found.numpy()?.as_slice::<TString>()?, [TString::from(name.as_str())]);
        let missing = read_file(directory.join("none").to_string_lossy().as_ref()).expect_err("no such file");
        assert_eq!(missing.code(), ferroflow_core::Code::NotFound);
        std::fs::remove_dir_all(&directory).map_err(|error| failed(&directory, &error))
    }
}
