//! `cargo xtask facades`: TensorFlow's modules in both facades, from what the op families offer; and the claims of the
//! symbol map, from what the facades offer.

mod claims;
mod crate_tree;
mod functions;
mod macro_rules;
mod namespaces;
mod providers;
mod public_items;
mod tf_names;

use crate::Result;
use crate::sources::{files, root, write};
use public_items::Workspace;
use std::path::{Path, PathBuf};

/// A file that this command writes, and its text.
type Output = (PathBuf, String);

const V2: &str = "ferroflow_v2";
const V1: &str = "ferroflow_compat_v1";

/// The crates that facades are made of, `(name in code, directory)`, those below first: core, families, the rest.
fn crates() -> Result<Vec<(String, PathBuf)>> {
    let manifests = files(&["toml"])?;
    let mut families: Vec<PathBuf> = Vec::new();
    for manifest in &manifests {
        let directory = manifest.parent().unwrap_or(manifest);
        if directory.starts_with("crates/ops") && directory.components().count() == 3 {
            families.push(directory.to_path_buf());
        }
    }
    families.sort();
    let name = |directory: &Path| match directory.file_name().and_then(|name| name.to_str()) {
        Some("all") => "ferroflow_ops".to_string(),
        name => format!("ferroflow_ops_{}", name.unwrap_or("")),
    };
    let mut all = vec![("ferroflow_core".to_string(), PathBuf::from("crates/core"))];
    all.extend(families.iter().filter(|path| !path.ends_with("all")).map(|path| (name(path), path.clone())));
    all.extend(families.iter().filter(|path| path.ends_with("all")).map(|path| (name(path), path.clone())));
    for (name, directory) in [
        ("ferroflow_proto", "crates/proto"),
        ("ferroflow_graph", "crates/graph"),
        ("ferroflow_formats", "crates/formats"),
        ("ferroflow_data", "crates/data"),
        (V2, "crates/v2"),
        (V1, "crates/compat_v1"),
    ] {
        all.push((name.to_string(), PathBuf::from(directory)));
    }
    Ok(all)
}

fn workspace() -> Result<Workspace> {
    let crates = crates()?;
    Workspace::read(crates.iter().map(|(name, directory)| (name.as_str(), directory.as_path())))
}

/// Writes the modules of both facades, then the claims about them.
pub(crate) fn write_all() -> Result {
    depend_on_families()?;
    for (path, text) in namespaces::outputs(&workspace()?)? {
        write_formatted(&path, &text)?;
    }
    for (path, text) in claims::outputs(&workspace()?)? {
        write_formatted(&path, &text)?;
    }
    crate::sources::run("cargo", &["run", "--quiet", "-p", "xtask", "facades-page"])
}

/// Makes both facades depend on every family.
fn depend_on_families() -> Result {
    for facade in ["crates/v2/Cargo.toml", "crates/compat_v1/Cargo.toml"] {
        let path = root().join(facade);
        let mut text = crate::sources::read(&path)?;
        for (family, _) in crates()?.iter().filter(|(name, _)| name.starts_with("ferroflow_ops_")) {
            let line = format!("{}.workspace = true\n", family.replace('_', "-"));
            if !text.contains(&line) {
                text = text.replacen("ferroflow-ops-array", &format!("{line}ferroflow-ops-array"), 1);
            }
        }
        write(&path, &text)?;
    }
    Ok(())
}

/// Prints the public items of both facades, a path a line.
pub(crate) fn print_items() -> Result {
    for item in claims::items(&workspace()?) {
        println!("{}\t{}", item.path, item.summary);
    }
    Ok(())
}

/// Writes the book's page of the symbol map. The claims are linked into this program, so that it has to run anew once
/// they are written.
pub(crate) fn write_page() -> Result {
    write(&root().join("docs/src/symbol-map.md"), &ferroflow_symbol_map::docs_page())
}

/// Says which of the files are not what this command would write.
#[cfg(test)]
pub(crate) fn check() -> Result {
    let workspace = workspace()?;
    let mut outputs = namespaces::outputs(&workspace)?;
    outputs.extend(claims::outputs(&workspace)?);
    let mut stale = Vec::new();
    for (path, text) in outputs {
        if crate::sources::read(&root().join(&path))? != formatted(&path, &text)? {
            stale.push(format!("{} is out of date: run `cargo xtask facades`", path.display()));
        }
    }
    if stale.is_empty() { Ok(()) } else { Err(stale.join("\n")) }
}

fn write_formatted(path: &Path, text: &str) -> Result {
    write(&root().join(path), &formatted(path, text)?)
}

/// The text as rustfmt has it, where it is Rust.
fn formatted(path: &Path, text: &str) -> Result<String> {
    if path.extension().is_none_or(|extension| extension != "rs") {
        return Ok(text.to_string());
    }
    let config = root();
    let config = config.to_string_lossy();
    crate::sources::filter("rustfmt", &["--edition", "2024", "--config-path", &config], text)
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_the_command_writes_is_current() {
        assert_eq!(super::check(), Ok(()));
    }
}
