//! `cargo xtask check`: everything that can be said of the sources without running a test.

use crate::sources::{files, read, root};
use crate::{Result, layers, sources};

/// No file of code has more lines than this.
const MOST_LINES: usize = 800;

/// Runs all checks and gives every complaint.
pub(crate) fn check() -> Result {
    type Check = (&'static str, fn() -> Result);
    let checks: &[Check] = &[
        ("format", || sources::run("cargo", &["fmt", "--all", "--check"])),
        ("layers", layers::check),
        ("sizes of files", sizes),
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
