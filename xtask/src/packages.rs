//! What every published crate must state, and what keeps it publishable.

use crate::Result;
use crate::sources::{output, read, root};
use serde_json::Value;

const LICENSE: &str = "MIT OR Apache-2.0";

/// Checks the manifest of each crate that is published.
pub(crate) fn check() -> Result {
    let text = output("cargo", &["metadata", "--no-deps", "--format-version", "1"])?;
    let metadata: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let packages = metadata["packages"].as_array().ok_or("cargo metadata lists no packages")?;
    let is_published = |package: &&Value| package["publish"].is_null();
    let toolchain = toolchain(&read(&root().join("rust-toolchain.toml"))?)?;
    let mut complaints = Vec::new();
    for package in packages.iter().filter(is_published) {
        let name = package["name"].as_str().unwrap_or("");
        for field in ["description", "repository"] {
            if package[field].as_str().unwrap_or("").is_empty() {
                complaints.push(format!("{name} states no {field}"));
            }
        }
        if package["license"] != LICENSE {
            complaints.push(format!("{name} is not under {LICENSE}"));
        }
        // What is built and tested here is what is promised: no older version is claimed to do.
        let version = package["rust_version"].as_str().unwrap_or("none");
        if !toolchain.starts_with(version) {
            complaints.push(format!("{name} states Rust {version}, but is built with {toolchain}"));
        }
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let used = dependency["name"].as_str().unwrap_or("");
            let is_here = dependency["path"].is_string();
            let is_published =
                packages.iter().any(|other| other["name"] == used && other["publish"].is_null());
            let is_versioned = dependency["req"] != "*";
            let for_tests = dependency["kind"] == "dev";
            // Cargo leaves out of a package the crates for tests that have a path alone.
            if is_here && !for_tests && !is_versioned {
                complaints.push(format!("{name} uses {used} without a version"));
            }
            if is_here && !for_tests && !is_published {
                complaints.push(format!("{name} uses {used}, which is not published"));
            }
            if is_here && for_tests && is_versioned && !is_published {
                complaints.push(format!("{name} tests with {used} by a version, which is not published"));
            }
        }
    }
    if complaints.is_empty() { Ok(()) } else { Err(complaints.join("\n")) }
}

/// The version that `rust-toolchain.toml` asks for.
fn toolchain(text: &str) -> Result<String> {
    let line = text.lines().find_map(|line| line.trim().strip_prefix("channel = \""));
    let version = line.and_then(|rest| rest.split('"').next());
    version.map(str::to_string).ok_or_else(|| "rust-toolchain.toml names no channel".to_string())
}
