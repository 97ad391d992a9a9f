//! `ops`, `symbols`, and what all commands have in common.

use crate::process::{Scratch, ferroflow, repository};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

/// `y = x + x`
pub(crate) const ADD: &str = r#"
node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }
node { name: "y" op: "AddV2" input: "x" input: "x" attr { key: "T" value { type: DT_FLOAT } } }
"#;

/// The ops that have recorded cases, read from the case files; `true` for those with a recorded gradient.
fn ops_with_cases(directory: &Path, found: &mut BTreeMap<String, bool>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            ops_with_cases(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "cases") {
            let text = std::fs::read_to_string(&path).unwrap();
            let mut current = String::new();
            for line in text.lines() {
                if let Some(op) = line.strip_prefix("op ") {
                    current = op.split('#').next().unwrap_or(op).trim().to_string();
                    found.entry(current.clone()).or_insert(false);
                } else if line.trim_start().starts_with("dgrad") && !line.ends_with(": none") {
                    found.insert(current.clone(), true);
                }
            }
        }
    }
}

#[test]
fn every_op_is_listed() {
    let ops: Value = serde_json::from_str(&ferroflow(&["ops", "--json"]).output()).unwrap();
    let ops = ops.as_array().unwrap();
    assert!(ops.len() > 1500);
    let op = |name: &str| ops.iter().find(|op| op["name"] == name).unwrap();
    let add = op("AddV2");
    assert_eq!((&add["implemented"], &add["has_gradient"]), (&true.into(), &true.into()));
    assert!(add["dtypes"].as_array().unwrap().contains(&"bfloat16".into()));
    let names = |dtypes: &Value| -> BTreeSet<String> {
        dtypes.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_string()).collect()
    };
    assert_eq!(names(&add["types"]["T"]), names(&add["dtypes"]));
    let missing = op("XlaDot");
    assert_eq!((&missing["implemented"], &missing["dtypes"]), (&false.into(), &Value::Array(vec![])));
    let mut recorded = BTreeMap::new();
    ops_with_cases(Path::new(&repository("crates/core/src")), &mut recorded);
    ops_with_cases(Path::new(&repository("crates/ops")), &mut recorded);
    for op in ops.iter().filter(|op| op["implemented"] == true) {
        let name = op["name"].as_str().unwrap();
        assert_eq!(op["has_cases"], recorded.contains_key(name), "{name}");
        if recorded.get(name).is_some_and(|has_gradient| *has_gradient) {
            assert_eq!(op["has_gradient"], true, "{name}");
        }
    }
    let table = ferroflow(&["ops"]).output();
    assert_eq!(table.lines().count(), ops.len() + 1);
    assert!(table.lines().any(|line| line.starts_with("AddV2 ") && line.contains(" implemented ")));
}

#[test]
fn symbols_are_looked_up() {
    let text = ferroflow(&["symbols", "tf.matrix_inverse"]).output();
    assert!(text.contains("tf.linalg.inv"), "{text}");
    let json: Value = serde_json::from_str(&ferroflow(&["symbols", "log", "--json"]).output()).unwrap();
    assert_eq!(json["v2"]["name"], "math.log");
    let error = ferroflow(&["symbols", "tf.reduce_sun"]).error();
    assert!(
        error.starts_with("NOT_FOUND: TensorFlow has no symbol `tf.reduce_sun`; did you mean"),
        "{error}"
    );
}

#[test]
fn help_is_no_error() {
    for args in [&["--help"][..], &["run", "--help"], &["--version"]] {
        assert!(!ferroflow(args).output().is_empty());
    }
}

#[test]
fn what_is_written_wrong() {
    let error = |args: &[&str]| ferroflow(args).error();
    assert!(error(&[]).starts_with("INVALID_ARGUMENT: "));
    assert!(error(&["fly"]).starts_with("INVALID_ARGUMENT: unrecognized subcommand 'fly'"));
    assert_eq!(
        error(&["run"]),
        "INVALID_ARGUMENT: the following required arguments were not provided: <MODEL>"
    );
    assert!(error(&["bench", "x", "--runs", "0"]).starts_with("INVALID_ARGUMENT: invalid value '0'"));
    assert_eq!(error(&["upgrade", "program.py"]), "INVALID_ARGUMENT: unrecognized subcommand 'upgrade'");
    let scratch = Scratch::new();
    let graph = scratch.file("graph.pbtxt", ADD);
    assert_eq!(
        error(&["run", &graph, "--input", "x"]),
        "INVALID_ARGUMENT: --input 'x' is not of the form NAME=VALUE"
    );
}

/// A reader that has seen enough, as `head` does, is no error.
#[test]
fn readers_may_leave() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ferroflow"))
        .args(["ops", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut [0; 16]).unwrap();
    drop(stdout);
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), vec![]));
}
