//! `cargo xtask record`: TensorFlow's answers into case files.

use crate::{Result, sources};
use std::path::PathBuf;

/// Records the files named, those that hold cases of the ops named, or all.
pub(crate) fn record(names: &[&str]) -> Result {
    let Some(python) = std::env::var_os("FERROFLOW_TF_PYTHON") else {
        return Err("FERROFLOW_TF_PYTHON must name a Python that has TensorFlow".to_string());
    };
    // Other crates may have files of this extension that are not about ops.
    let of_ops = |path: &PathBuf| {
        ["core", "ops", "formats", "data"].iter().any(|name| path.starts_with(format!("crates/{name}")))
    };
    let all: Vec<PathBuf> = sources::files(&["cases"])?.into_iter().filter(of_ops).collect();
    let mut files = Vec::new();
    for name in names {
        files.extend(select(&all, name)?);
    }
    if names.is_empty() {
        files = all;
    }
    files.sort();
    files.dedup();
    let mut args = vec![PathBuf::from("tools/record_cases.py")];
    args.extend(files);
    sources::run(&python.to_string_lossy(), &args)
}

fn select(all: &[PathBuf], name: &str) -> Result<Vec<PathBuf>> {
    let path = std::env::current_dir().map_err(|error| error.to_string())?.join(name);
    if path.exists() {
        return Ok(vec![path]);
    }
    let heading = format!("op {name}");
    let mut found = Vec::new();
    for file in all {
        if sources::read(&sources::root().join(file))?.lines().any(|line| line.trim() == heading) {
            found.push(file.clone());
        }
    }
    if found.is_empty() { Err(format!("{name} is neither a file nor an op with cases")) } else { Ok(found) }
}
