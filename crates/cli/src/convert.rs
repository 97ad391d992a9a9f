//! `ferroflow convert`

use crate::args::ConvertArgs;
use crate::output_file;
use crate::progress::{Progress, Unit};
use ferroflow_core::{NdArray, Result, bail, npz};
use ferroflow_formats::{CheckpointReader, CheckpointWriter, checkpoint_prefix};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::Path;

/// The key of the graph of objects in checkpoints that `tf.train.Checkpoint` wrote.
const OBJECT_GRAPH: &str = "_CHECKPOINTABLE_OBJECT_GRAPH";

/// Writes the tensors of a checkpoint or an `.npz` file as the other or under other names, and says what was written.
pub(crate) fn convert(args: &ConvertArgs) -> Result<String> {
    let source = Source::open(&args.from)?;
    let to_arrays = is_npz(&args.to);
    let mut tensors = source.tensors();
    if source.has_objects() {
        if to_arrays {
            // It says which object has which tensor, in a form that arrays have no use for.
            tensors.retain(|(name, _)| name != OBJECT_GRAPH);
        } else if !args.renames.is_empty() {
            bail!(
                failed_precondition,
                "{}: the checkpoint's graph of objects refers to tensors by their names, so they stay",
                args.from.display()
            );
        }
    }
    let new_names = renamed(tensors.iter().map(|(name, _)| name.as_str()), &args.renames)?;
    let bytes = tensors.iter().map(|(_, bytes)| bytes).sum();
    let mut progress = Progress::new("convert", Unit::Bytes, bytes);
    let mut next = tensors.iter().zip(&new_names).map(|((name, bytes), new_name)| {
        // One at a time: the whole need not fit into memory.
        let value = source.read(name)?;
        progress.advance(*bytes);
        Ok((new_name.as_str(), value))
    });
    if to_arrays {
        output_file::write(&args.to, |file| npz::write_each(file, next))?;
    } else {
        let mut writer = CheckpointWriter::create(&args.to)?;
        next.try_for_each(|tensor| tensor.and_then(|(name, value)| writer.add(name, &value)))?;
        writer.finish()?;
    }
    let what = if tensors.len() == 1 { "tensor" } else { "tensors" };
    Ok(format!("{}: {} {what}, {bytes} bytes\n", args.to.display(), tensors.len()))
}

fn is_npz(path: &Path) -> bool {
    path.extension() == Some(OsStr::new("npz"))
}

/// What is converted.
enum Source {
    Checkpoint(CheckpointReader),
    Arrays(npz::NamedArrays),
}

impl Source {
    fn open(path: &Path) -> Result<Source> {
        if is_npz(path) {
            return npz::read(path).map(Source::Arrays);
        }
        CheckpointReader::open(checkpoint_prefix(path)?).map(Source::Checkpoint)
    }

    /// The names of all tensors, and their sizes in bytes as far as those are known before they are read.
    fn tensors(&self) -> Vec<(String, u64)> {
        let size = |elements: usize, bytes: usize| (elements as u64).saturating_mul(bytes as u64);
        match self {
            Source::Checkpoint(reader) => reader
                .tensors()
                .map(|(name, dtype, shape)| (name.to_string(), size(shape.num_elements(), dtype.size())))
                .collect(),
            Source::Arrays(arrays) => arrays
                .iter()
                .map(|(name, array)| {
                    (name.to_string(), size(array.shape().num_elements(), array.dtype().size()))
                })
                .collect(),
        }
    }

    fn has_objects(&self) -> bool {
        matches!(self, Source::Checkpoint(reader) if reader.contains(OBJECT_GRAPH))
    }

    fn read(&self, name: &str) -> Result<NdArray> {
        match self {
            Source::Checkpoint(reader) => reader.read(name),
            Source::Arrays(arrays) => match arrays.get(name) {
                Some(array) => Ok(array.clone()),
                None => bail!(internal, "the array '{name}' is gone"),
            },
        }
    }
}

/// The names by these rules: `OLD=NEW` renames a tensor, or all in a scope.
fn renamed<'a>(names: impl Iterator<Item = &'a str>, rules: &[String]) -> Result<Vec<String>> {
    let mut unused: BTreeMap<&str, &str> = BTreeMap::new();
    for rule in rules {
        match rule.split_once('=') {
            Some((old, new)) if !old.is_empty() && !new.is_empty() => {
                if unused.insert(old, new).is_some() {
                    bail!(invalid_argument, "'{old}' is renamed twice");
                }
            }
            _ => bail!(invalid_argument, "'{rule}' is not OLD=NEW"),
        }
    }
    let rules = unused.clone();
    let rename = |name: &str| {
        // The longest rule that fits: the tensor's own, then that of the innermost scope.
        let ends = std::iter::once(name.len()).chain(name.rmatch_indices('/').map(|(end, _)| end));
        for end in ends {
            if let Some(new) = rules.get(&name[..end]) {
                unused.remove(&name[..end]);
                return format!("{new}{}", &name[end..]);
            }
        }
        name.to_string()
    };
    let renamed: Vec<String> = names.map(rename).collect();
    if let Some(old) = unused.keys().next() {
        bail!(not_found, "there is no tensor and no scope '{old}' to rename");
    }
    let mut seen = BTreeSet::new();
    if let Some(name) = renamed.iter().find(|name| !seen.insert(name.as_str())) {
        bail!(invalid_argument, "two tensors would have the name '{name}'");
    }
    Ok(renamed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_rule_renames() {
        let rules = ["a=x", "a/b=y", "a/b/c=z"].map(String::from);
        let names = ["a/d", "a/b/e", "a/b/c", "a/bc", "ab"];
        assert_eq!(renamed(names.into_iter(), &rules).unwrap(), ["x/d", "y/e", "z", "x/bc", "ab"]);
        let error = renamed(names.into_iter(), &["b=c".to_string()]).unwrap_err();
        assert_eq!(error.message(), "there is no tensor and no scope 'b' to rename");
        assert!(renamed(names.into_iter(), &["b".to_string()]).is_err());
    }
}
