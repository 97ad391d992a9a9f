//! `cargo xtask layers`: which crate may use which.

use crate::{Result, sources};
use serde_json::Value;

/// The crates from the bottom up. A crate may use those of earlier lines; crates of one line do not use each other.
const LAYERS: &[&[&str]] = &[
    &["ferroflow-core"],
    &["ferroflow-gemm"],
    &["ferroflow-ops-*"],
    &["ferroflow-ops"],
    &["ferroflow-proto"],
    &["ferroflow-graph"],
    &["ferroflow-formats"],
    &["ferroflow-data"],
    &["ferroflow-rpc"],
    &["ferroflow-symbol-map"],
    &["ferroflow-v2"],
    &["ferroflow-compat-v1"],
    &["ferroflow-testing"],
    &["ferroflow-upgrade"],
    &["ferroflow-capi"],
    &["tensorflow-sys"],
    &["ferroflow"],
    &["ferroflow-cli"],
];

/// Crates that stand aside: they may use anything, and be used for development alone.
const ASIDE: &[&str] = &["ferroflow-case-harness", "ferroflow-tests", "ferroflow-benches", "xtask"];

fn layer(package: &str) -> Option<usize> {
    let fits = |pattern: &&'static str| match pattern.strip_suffix('*') {
        Some(prefix) => package.starts_with(prefix),
        None => package == *pattern,
    };
    LAYERS.iter().position(|layer| layer.iter().any(fits))
}

/// What is wrong with one crate using another, if anything.
fn objection(user: &str, used: &str, for_development: bool) -> Option<String> {
    if ASIDE.contains(&user) {
        return None;
    }
    if ASIDE.contains(&used) {
        return (!for_development).then(|| format!("{user} uses {used}, which is for development alone"));
    }
    match (layer(user), layer(used)) {
        (Some(above), Some(below)) if below < above => None,
        // Tests of a family may use the registry that joins all families.
        (Some(_), Some(_)) if for_development && used == "ferroflow-ops" => None,
        (Some(_), Some(_)) => Some(format!("{user} uses {used}, which does not stand below it")),
        _ => Some(format!("{user} uses {used}, and one of them has no layer; see xtask/src/layers.rs")),
    }
}

/// Checks every dependency between crates of the workspace.
pub(crate) fn check() -> Result {
    let text = sources::output("cargo", &["metadata", "--no-deps", "--format-version", "1"])?;
    let metadata: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let packages = metadata["packages"].as_array().ok_or("cargo metadata lists no packages")?;
    let name = |package: &Value| package["name"].as_str().unwrap_or("").to_string();
    let members: Vec<String> = packages.iter().map(name).collect();
    let mut objections = Vec::new();
    for package in packages {
        let user = name(package);
        if layer(&user).is_none() && !ASIDE.contains(&user.as_str()) {
            objections.push(format!("{user} has no layer; see xtask/src/layers.rs"));
        }
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let used = name(dependency);
            if members.contains(&used) {
                objections.extend(objection(&user, &used, dependency["kind"] == "dev"));
            }
        }
    }
    if objections.is_empty() { Ok(()) } else { Err(objections.join("\n")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crates_use_what_stands_below_them() {
        assert_eq!(objection("ferroflow-ops-math", "ferroflow-core", false), None);
        assert_eq!(objection("ferroflow-ops", "ferroflow-ops-math", false), None);
        assert_eq!(objection("ferroflow-core", "ferroflow-case-harness", true), None);
        assert!(objection("ferroflow-core", "ferroflow-graph", false).is_some());
        assert!(objection("ferroflow-ops-math", "ferroflow-ops-array", false).is_some());
        assert!(objection("ferroflow-graph", "ferroflow-case-harness", false).is_some());
        assert!(objection("ferroflow-v2", "ferroflow-compat-v1", false).is_some());
        assert!(objection("unheard-of", "ferroflow-core", false).is_some());
    }
}
