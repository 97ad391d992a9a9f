//! `cargo xtask check`: everything that can be said of the sources without running a test.

use crate::sources::{files, read, root};
use crate::{Result, documentation, layers, packages, sources};

/// No file of code has more lines than this, unless a command writes it.
const MOST_LINES: usize = 800;

/// Runs the checks of these names, or all, and gives every complaint.
pub(crate) fn check(names: &[&str]) -> Result {
    type Check = (&'static str, fn() -> Result);
    let checks: &[Check] = &[
        ("format", || sources::run("cargo", &["fmt", "--all", "--check"])),
        ("layers", layers::check),
        ("packages", packages::check),
        ("documentation", documentation::check),
        ("sizes of files", sizes),
        ("lints", || {
            sources::run("cargo", &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])
        }),
    ];
    let mut failed = Vec::new();
    if let Some(name) = names.iter().find(|name| checks.iter().all(|(known, _)| known != *name)) {
        let known: Vec<&str> = checks.iter().map(|(name, _)| *name).collect();
        return Err(format!("no check '{name}'; there are: {}", known.join(", ")));
    }
    for (name, check) in checks.iter().filter(|(name, _)| names.is_empty() || names.contains(name)) {
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
        let text = read(&root().join(&file))?;
        let (lines, first) = (text.lines().count(), text.lines().next().unwrap_or(""));
        if lines > MOST_LINES && !first.ends_with("writes this file.") {
            long.push(format!("{} has {lines} lines, above {MOST_LINES}", file.display()));
        }
    }
    if long.is_empty() { Ok(()) } else { Err(long.join("\n")) }
}
