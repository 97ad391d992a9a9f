//! `cargo xtask check`: everything that can be said of the sources without running a test.

use crate::sources::{files, read, root};
use crate::{Result, layers, sources};
use std::path::Path;

/// No file of code has more lines than this.
const MOST_LINES: usize = 800;

/// Runs all checks and gives every complaint.
pub(crate) fn check() -> Result {
    type Check = (&'static str, fn() -> Result);
    let checks: &[Check] = &[
        ("format", || sources::run("cargo", &["fmt", "--all", "--check"])),
        ("layers", layers::check),
        ("sizes of files", sizes),
        ("lists of ops", lists),
        ("lints", || {
            sources::run("cargo", &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])
        }),
    ];
    let mut failed = Vec::new();
    for (name, check) in checks {
        match check() {
            Ok(()) => println!("{name}: ok"),
            Err(message) => {
                println!("{name}: FAILED");
                failed.push(format!("{name}:\n{message}"));
            }
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n\n")) }
}

fn sizes() -> Result {
    let mut long = Vec::new();
    for file in files(&["rs", "py"])? {
        let lines = read(&root().join(&file))?.lines().count();
        if lines > MOST_LINES {
            long.push(format!("{} has {lines} lines, above {MOST_LINES}", file.display()));
        }
    }
    if long.is_empty() { Ok(()) } else { Err(long.join("\n")) }
}

/// The names of the definitions in a source: `static NAME: OpDef`.
fn definitions(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| {
        let (_, rest) = line.split_once("static ")?;
        let (name, ty) = rest.split_once(':')?;
        ty.trim_start().starts_with("OpDef ").then_some(name.trim())
    })
}

/// The source that holds a crate's list of ops, if it has one.
fn list_of(sources: &Path) -> Result<Option<String>> {
    for file in ["lib.rs", "operators/mod.rs"] {
        let path = sources.join(file);
        if path.is_file() {
            let text = read(&path)?;
            if text.contains("static OPS: &[&OpDef]") || text.contains("static OPS: &[&'static OpDef]") {
                return Ok(Some(text));
            }
        }
    }
    Ok(None)
}

/// Every definition stands in its crate's list. That each op has cases is a test of the parity runner, which sees
/// the definitions themselves.
fn lists() -> Result {
    let mut missing = Vec::new();
    for file in files(&["rs"])? {
        let Some(sources) = file.ancestors().find(|path| path.ends_with("src")) else { continue };
        let text = read(&root().join(&file))?;
        let names: Vec<&str> = definitions(&text).collect();
        if names.is_empty() {
            continue;
        }
        let Some(list) = list_of(&root().join(sources))? else { continue };
        let module = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or("");
        for name in names {
            if !list.contains(&format!("{module}::{name},")) {
                missing.push(format!("{}: {name} is not in OPS", file.display()));
            }
        }
    }
    if missing.is_empty() { Ok(()) } else { Err(missing.join("\n")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_are_found() {
        let text = "pub static OP: OpDef = OpDef {\npub(crate) static OTHER: OpDef = x;\nstatic NO: u8 = 0;";
        assert_eq!(definitions(text).collect::<Vec<_>>(), ["OP", "OTHER"]);
    }
}
