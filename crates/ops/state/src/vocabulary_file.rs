//! Files of words, a word on each line, and GenerateVocabRemapping: where the words of one such file stand in another.

use ferroflow_core::{
    Error, Grad, KernelCtx, NdArray, OpDef, PartialShape, Result, ShapeCtx, TString, bail, ensure,
};
use std::collections::HashMap;
use std::io::ErrorKind;

/// The lines of a file, or as many as were asked for.
///
/// # Errors
/// `NotFound`, `FailedPrecondition` and `PermissionDenied` when the file cannot be read, `InvalidArgument` for an empty line
/// and for fewer lines than were asked for, `OutOfRange` where there is no line at all.
pub(crate) fn lines_of(path: &str, wanted: Option<usize>) -> Result<Vec<String>> {
    let bytes = std::fs::read(path).map_err(|error| match error.kind() {
        ErrorKind::IsADirectory => Error::failed_precondition(format!("{path}; Is a directory")),
        ErrorKind::PermissionDenied => Error::permission_denied(format!("{path}; Permission denied")),
        _ => Error::not_found(format!("{path}; No such file or directory")),
    })?;
    if wanted == Some(0) {
        return Err(Error::out_of_range(format!("Finished reading 0 of lines from {path}")));
    }
    let (mut lines, mut position) = (Vec::new(), 0);
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if wanted == Some(lines.len()) {
            break;
        }
        position += line.len();
        let is_whole = line.ends_with(b"\n");
        let text: Vec<u8> = line.iter().copied().filter(|byte| !matches!(byte, b'\n' | b'\r')).collect();
        if text.is_empty() {
            // What is left behind the last line is no line unless it says something.
            if !is_whole {
                break;
            }
            bail!(invalid_argument, "Invalid content in {path}: empty line found at position {position}.");
        }
        lines.push(String::from_utf8_lossy(&text).into_owned());
    }
    if let Some(wanted) = wanted.filter(|wanted| *wanted > lines.len()) {
        bail!(invalid_argument, "Invalid vocab_size in {path}: expected {wanted} but got {}", lines.len());
    }
    if lines.is_empty() {
        return Err(Error::out_of_range("Read less bytes than requested"));
    }
    Ok(lines)
}

pub(crate) static GENERATE_VOCAB_REMAPPING: OpDef =
    OpDef { name: "GenerateVocabRemapping", shape, kernel: Some(kernel), grad: Grad::None, ..OpDef::NEW };

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if cx.at_run_time() {
        return Ok(());
    }
    cx.with_rank(0, 0)?;
    cx.with_rank(1, 0)?;
    let count = usize::try_from(cx.int("num_new_vocab")?).ok();
    cx.set(0, PartialShape::new([count]));
    cx.set(1, PartialShape::scalar());
    Ok(())
}

/// The name of a file at an input.
fn path(cx: &KernelCtx<'_>, index: usize, name: &str) -> Result<String> {
    let input = cx.input(index)?;
    ensure!(
        input.rank() == 0,
        invalid_argument,
        "{name} should be a single string, but got {}",
        input.shape()
    );
    let path = input.item::<TString>()?;
    ensure!(!path.is_empty(), invalid_argument, "new vocab filename cannot be empty.");
    Ok(path.to_string_lossy().into_owned())
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let new = lines_of(&path(cx, 0, "new_vocab_file")?, None)?;
    let size = |name: &str| -> Result<usize> { Ok(usize::try_from(cx.int(name)?).unwrap_or(0)) };
    let (first, count) = (size("new_vocab_offset")?, size("num_new_vocab")?);
    let Some(new) = first.checked_add(count).and_then(|end| new.get(first..end)) else {
        bail!(invalid_argument, "lookup table size must be larger than last new vocab entry's line");
    };
    let wanted = usize::try_from(cx.int("old_vocab_size")?).ok();
    let old = lines_of(&path(cx, 1, "old_vocab_file")?, wanted)?;
    let mut places: HashMap<&str, i64> = HashMap::with_capacity(old.len());
    for (number, word) in (0..).zip(&old) {
        if let Some(before) = places.insert(word, number) {
            bail!(
                failed_precondition,
                "HashTable has different value for same key. Key {word} has {before} and trying to add value {number}"
            );
        }
    }
    let remapping: Vec<i64> =
        new.iter().map(|word| places.get(word.as_str()).copied().unwrap_or(-1)).collect();
    let present = remapping.iter().filter(|place| **place >= 0).count();
    cx.set(0, NdArray::vector(remapping))?;
    cx.set(1, NdArray::scalar(present as i32))
}
