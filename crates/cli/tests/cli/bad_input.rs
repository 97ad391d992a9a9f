//! Bad files, names and values: one line on standard error, exit status 1, never a panic.

use crate::process::{Scratch, ferroflow, repository};
use std::path::PathBuf;

fn frozen() -> String {
    repository("examples/digits/v1/frozen.pb")
}

/// A file of its own for one test.
fn file(name: &str, content: &[u8]) -> (Scratch, String) {
    let scratch = Scratch::new();
    let path: PathBuf = std::env::temp_dir().join(format!("ferroflow-bad-{}-{name}", std::process::id()));
    std::fs::write(&path, content).unwrap();
    (scratch, path.to_str().unwrap().to_string())
}

#[test]
fn a_missing_file_is_named() {
    let error = ferroflow(&["run", "no_such_model.pb"]).error();
    assert!(error.starts_with("NOT_FOUND") && error.contains("no_such_model.pb"), "{error}");
}

#[test]
fn a_truncated_model_is_an_error_wherever_it_ends() {
    let whole = std::fs::read(frozen()).unwrap();
    for cut in [1, 2, 100, whole.len() / 3, whole.len() - 1] {
        let (_scratch, path) = file(&format!("cut-{cut}.pb"), &whole[..cut]);
        ferroflow(&["run", &path]).error();
        std::fs::remove_file(path).unwrap();
    }
}

#[test]
fn an_unknown_op_is_named() {
    let (_scratch, path) = file("unknown.pbtxt", b"node { name: 'n' op: 'NoSuchOp' }");
    let error = ferroflow(&["run", &path, "--fetch", "n"]).error();
    assert!(error.contains("NoSuchOp"), "{error}");
    std::fs::remove_file(path).unwrap();
}

#[test]
fn a_cycle_is_an_error() {
    let text = b"node { name: 'a' op: 'Neg' input: 'b' attr { key: 'T' value { type: DT_FLOAT } } }
                 node { name: 'b' op: 'Neg' input: 'a' attr { key: 'T' value { type: DT_FLOAT } } }";
    let (_scratch, path) = file("cycle.pbtxt", text);
    let error = ferroflow(&["run", &path, "--fetch", "b"]).error();
    assert!(error.contains("cycle"), "{error}");
    std::fs::remove_file(path).unwrap();
}

#[test]
fn a_shape_that_overflows_is_an_error() {
    let text = b"node { name: 'c' op: 'Const' attr { key: 'dtype' value { type: DT_FLOAT } }
                 attr { key: 'value' value { tensor { dtype: DT_FLOAT float_val: 1
                 tensor_shape { dim { size: 4611686018427387904 } dim { size: 4611686018427387904 } } } } } }";
    let (_scratch, path) = file("overflow.pbtxt", text);
    ferroflow(&["run", &path, "--fetch", "c"]).error();
    std::fs::remove_file(path).unwrap();
}

#[test]
fn a_wrong_feed_is_an_error() {
    for feed in ["nobody=1", "image=no_such_file.npy", "image=[[1, 2], [3]]"] {
        ferroflow(&["run", &frozen(), "--input", feed]).error();
    }
}
