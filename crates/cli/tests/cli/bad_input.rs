//! Bad files, names and values: one line on standard error, exit status 1, never a panic.

use crate::process::{Scratch, ferroflow, recorded, repository};
use std::path::Path;

const FLOAT: &str = "attr { key: 'T' value { type: DT_FLOAT } }";
const KERAS: [&str; 4] = ["--input", "left=[[1, 2, 3]]", "--input", "right=[[1, 2]]"];

fn frozen() -> String {
    repository("examples/digits/v1/frozen.pb")
}

/// What running a model says, with what else is given.
fn refused(model: &str, args: &[&str]) -> String {
    ferroflow(&[&["run", model][..], args].concat()).error()
}

/// What running a GraphDef in text format says.
fn refused_graph(text: &str, args: &[&str]) -> String {
    let scratch = Scratch::new();
    refused(&scratch.file("graph.pbtxt", text), args)
}

/// A copy of a recorded directory and of what lies in its directories.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (path, to) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            std::fs::copy(path, to).unwrap();
        }
    }
}

/// A copy of a recorded model that may be damaged.
fn copied(name: &str) -> (Scratch, String) {
    let scratch = Scratch::new();
    let path = scratch.path("model");
    copy(Path::new(&recorded(name)), Path::new(&path));
    (scratch, path)
}

#[test]
fn a_missing_file_is_named() {
    let error = refused("no_such_model.pb", &[]);
    assert_eq!(error, "NOT_FOUND: no_such_model.pb; No such file or directory");
    let error = ferroflow(&["inspect", "no_such_model.pb"]).error();
    assert_eq!(error, "NOT_FOUND: no_such_model.pb; No such file or directory");
}

/// Each file of a model, cut at every so many bytes: an error, wherever it ends.
#[test]
fn truncated_models() {
    let in_directory =
        |name: &'static str, file: &'static str, args: &'static [&'static str]| (name, file, Vec::from(args));
    for (name, file, args) in [
        in_directory("v2_keras", "saved_model.pb", &KERAS),
        in_directory("v2_keras", "variables/variables.index", &KERAS),
        in_directory("v2_keras", "variables/variables.data-00000-of-00001", &KERAS),
        in_directory("v1_ref", "saved_model.pb", &["--input", "x=[[1, 2]]"]),
        in_directory("v1_resource_text", "saved_model.pbtxt", &["--input", "x=[1]"]),
    ] {
        let (_scratch, model) = copied(name);
        let path = format!("{model}/{file}");
        let whole = std::fs::read(&path).unwrap();
        for cut in (0..whole.len()).step_by(whole.len() / 7 + 1) {
            std::fs::write(&path, &whole[..cut]).unwrap();
            refused(&model, &args);
            let _ = ferroflow(&["inspect", &model]).ended();
        }
    }
    for file in ["model.meta", "model.index", "model.data-00000-of-00002", "model.data-00001-of-00002"] {
        let (_scratch, model) = copied("ckpt_sharded");
        let path = format!("{model}/{file}");
        let whole = std::fs::read(&path).unwrap();
        for cut in (0..whole.len()).step_by(whole.len() / 7 + 1) {
            std::fs::write(&path, &whole[..cut]).unwrap();
            refused(&format!("{model}/model.meta"), &["--fetch", "y", "--input", "x=[1, 2]"]);
        }
    }
    for (model, input) in [
        (frozen(), format!("images={}", repository("examples/digits/images.npy"))),
        (recorded("frozen/graph.pb"), "x=[[1, 2, 3]]".to_string()),
        (recorded("frozen/graph.pbtxt"), "x=[[1, 2, 3]]".to_string()),
    ] {
        let whole = std::fs::read(&model).unwrap();
        let scratch = Scratch::new();
        for cut in [0, 1, 2, 100, whole.len() / 3, whole.len() - 2] {
            let path = scratch.file("cut", &whole[..cut]);
            // Cut between two nodes it is a smaller graph, which may run.
            let _ = ferroflow(&["run", &path, "--input", &input]).ended();
            let _ = ferroflow(&["inspect", &path]).ended();
        }
    }
}

#[test]
fn damaged_models() {
    let (_scratch, model) = copied("v2_keras");
    let mut seed = 1u32;
    for file in ["saved_model.pb", "variables/variables.index"] {
        let path = format!("{model}/{file}");
        let whole = std::fs::read(&path).unwrap();
        for position in (0..whole.len()).step_by(whole.len() / 40 + 1) {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let mut bytes = whole.clone();
            bytes[position] ^= 1 << (seed >> 29);
            std::fs::write(&path, &bytes).unwrap();
            let _ = ferroflow(&[&["run", model.as_str()][..], &KERAS].concat()).ended();
        }
        std::fs::write(&path, &whole).unwrap();
    }
}

/// A file where another kind of file belongs is told by what it is.
#[test]
fn one_kind_in_place_of_another() {
    let scratch = Scratch::new();
    let read = |name: &str| std::fs::read(recorded(name)).unwrap();
    let error = refused(&scratch.path(""), &[]);
    assert!(error.starts_with("NOT_FOUND: SavedModel file does not exist at: "), "{error}");
    let model = scratch.file("model.pb", read("v2_keras/saved_model.pb"));
    let error = refused(&model, &[]);
    assert!(error.contains("this is a SavedModel outside of its directory"), "{error}");
    scratch.file("saved_model.pb", read("frozen/graph.pb"));
    let error = refused(&scratch.path("."), &[]);
    assert!(error.ends_with("saved_model.pb: this is a GraphDef, not a SavedModel"), "{error}");
    for (name, what) in [
        ("ckpt_sharded/model.index", "this is a checkpoint (its index or a V1 file)"),
        ("ckpt_sharded/checkpoint", "this is the list of a directory's checkpoints"),
        ("frozen/graph.inputs.npz", "this is "),
        ("v1_ref/facts.txt", "this is a text"),
    ] {
        let error = refused(&recorded(name), &[]);
        assert!(error.starts_with("INVALID_ARGUMENT: ") && error.contains(what), "{error}");
    }
}

/// Without its variables a model loads, as in TensorFlow; the error of what needs them says what is missing.
#[test]
fn models_without_their_checkpoint() {
    let (_scratch, model) = copied("v2_keras");
    std::fs::remove_dir_all(format!("{model}/variables")).unwrap();
    let error = refused(&model, &KERAS);
    assert!(error.starts_with("FAILED_PRECONDITION: there is no checkpoint "), "{error}");
    assert!(error.contains("variables.index: Could not find variable "), "{error}");
    let scratch = Scratch::new();
    let meta = scratch.file("model.meta", std::fs::read(recorded("ckpt_sharded/model.meta")).unwrap());
    let error = refused(&meta, &["--fetch", "y", "--input", "x=[1, 2]"]);
    assert!(error.contains("model.index: Attempting to use uninitialized value a"), "{error}");
}

#[test]
fn an_op_without_a_kernel_is_named() {
    let unknown = "node { name: 'n' op: 'NoSuchOp' attr { key: 'T' value { type: DT_INT32 } } }";
    assert_eq!(
        refused_graph(unknown, &["--fetch", "n"]),
        "UNIMPLEMENTED: unsupported op: NoSuchOp (node 'n', dtype int32)"
    );
    let known = "node { name: 'bytes' op: 'Placeholder' attr { key: 'dtype' value { type: DT_STRING } } }
                 node { name: 'examples' op: 'ConfigureTPUEmbeddingMemory' input: 'bytes' }";
    assert_eq!(
        refused_graph(known, &["--fetch", "examples", "--input", "bytes=a"]),
        "UNIMPLEMENTED: unsupported op: ConfigureTPUEmbeddingMemory (node 'examples', dtype string)"
    );
    let dtype = "node { name: 'x' op: 'Placeholder' attr { key: 'dtype' value { type: DT_STRING } } }
                 node { name: 'y' op: 'NotEqual' input: ['x', 'x'] attr { key: 'T' value { type: DT_QINT16 } } }";
    let error = refused_graph(dtype, &["--fetch", "y", "--input", "x=a"]);
    assert!(error.starts_with("INVALID_ARGUMENT: "), "{error}");
}

#[test]
fn a_cycle_is_an_error() {
    let text = format!(
        "node {{ name: 'a' op: 'Neg' input: 'b' {FLOAT} }} node {{ name: 'b' op: 'Neg' input: 'a' {FLOAT} }}"
    );
    let error = refused_graph(&text, &["--fetch", "b"]);
    assert!(error.contains("cycle"), "{error}");
    let itself = format!("node {{ name: 'a' op: 'Neg' input: 'a' {FLOAT} }}");
    refused_graph(&itself, &["--fetch", "a"]);
}

#[test]
fn a_shape_that_overflows_is_an_error() {
    let shape = "tensor_shape { dim { size: 4611686018427387904 } dim { size: 4611686018427387904 } }";
    let constant = format!(
        "node {{ name: 'c' op: 'Const' attr {{ key: 'dtype' value {{ type: DT_FLOAT }} }}
         attr {{ key: 'value' value {{ tensor {{ dtype: DT_FLOAT float_val: 1 {shape} }} }} }} }}"
    );
    refused_graph(&constant, &["--fetch", "c"]);
    // Sizes that are only known when it runs.
    let fill = "node { name: 'dims' op: 'Placeholder' attr { key: 'dtype' value { type: DT_INT64 } } }
                node { name: 'one' op: 'Const' attr { key: 'dtype' value { type: DT_FLOAT } }
                attr { key: 'value' value { tensor { dtype: DT_FLOAT float_val: 1 tensor_shape { } } } } }
                node { name: 'y' op: 'Fill' input: ['dims', 'one']
                attr { key: 'T' value { type: DT_FLOAT } } attr { key: 'index_type' value { type: DT_INT64 } } }";
    for dims in ["dims=[4611686018427387904, 4]", "dims=[1099511627776, 1024]", "dims=[-1]"] {
        refused_graph(fill, &["--fetch", "y", "--input", dims]);
    }
}

#[test]
fn graphs_that_do_not_hold_together() {
    for text in [
        format!("node {{ name: 'y' op: 'Neg' input: 'nobody' {FLOAT} }}"),
        format!("node {{ name: 'y' op: 'Neg' {FLOAT} }}"),
        "node { name: 'y' op: 'Neg' input: 'y:' }".to_string(),
        "node { name: 'y' op: 'NoOp' } node { name: 'y' op: 'NoOp' }".to_string(),
        "node { name: '^y' op: 'NoOp' }".to_string(),
        "node { name: 'y' op: 'Placeholder' attr { key: 'dtype' value { type: 77 } } }".to_string(),
        "node { name: 'y' op: 'Placeholder' }".to_string(),
    ] {
        refused_graph(&text, &["--fetch", "y", "--input", "y=1"]);
    }
}

#[test]
fn a_wrong_feed_is_an_error() {
    let model = recorded("v2_keras");
    let error = |args: &[&str]| refused(&model, args);
    let takes = "it takes: left: float32 (None, 3), right: int32 (None, 2)";
    assert_eq!(
        error(&[]),
        format!("INVALID_ARGUMENT: signature 'serving_default' needs the input 'left'; {takes}")
    );
    assert_eq!(
        error(&["--input", "nobody=1"]),
        format!("INVALID_ARGUMENT: signature 'serving_default' has no input 'nobody'; {takes}")
    );
    assert_eq!(
        error(&["--input", "left=[[1, 2]]", "--input", "right=[[1, 2]]"]),
        format!(
            "INVALID_ARGUMENT: signature 'serving_default' is given float32 (1, 2) for the input 'left'; {takes}"
        )
    );
    assert_eq!(
        error(&["--input", "left=[[1, 2, 3]]", "--input", "right=[[1.5, 2]]"]),
        "INVALID_ARGUMENT: input 'right': '1.5' is no value of dtype int32"
    );
    assert!(error(&["--fetch", "nobody"]).ends_with("has no output 'nobody'; it gives: features, score"));
    let keys = "NOT_FOUND: no signature 'nobody' in the model; it has: serve, serving_default";
    assert_eq!(error(&["--signature", "nobody"]), keys);
    let tags = error(&["--tags", "train"]);
    assert!(tags.contains("tags 'train' could not be found in SavedModel, with available tags"), "{tags}");

    let graph = recorded("frozen/graph.pb");
    let error = |args: &[&str]| refused(&graph, args);
    assert_eq!(
        error(&["--fetch", "label"]),
        "INVALID_ARGUMENT: You must feed a value for placeholder tensor 'x' with dtype float and shape [?,3]"
    );
    let wrong = "INVALID_ARGUMENT: Cannot feed value of shape (1, 2) and dtype float32 for Tensor x:0, which has \
                 shape (None, 3) and dtype float32";
    assert_eq!(error(&["--input", "x=[[1, 2]]"]), wrong);
    let integers = "INVALID_ARGUMENT: Cannot feed value of shape (1, 3) and dtype int64 for Tensor x:0, which has \
                    shape (None, 3) and dtype float32";
    assert_eq!(error(&["--input", "x=int64[1,3](1 2 3)"]), integers);
    assert!(error(&["--input", "x=no_such_file.npy"]).starts_with("NOT_FOUND: "));
    assert!(error(&["--input", "x=[[1, 2, 3]]", "--input", "x:0=[[1, 2, 3]]"]).contains("is given twice"));
    assert!(
        error(&["--input", "nobody=1"]).contains("The operation, 'nobody', does not exist in the graph.")
    );
    assert!(error(&["--fetch", "label:7"]).contains("exists but only has 1 outputs."));
    assert!(error(&["--signature", "any"]).contains("only SavedModels have signatures"));
    let array = repository("examples/digits/images.npy");
    assert!(error(&["--input", &format!("x={array}")]).contains("Cannot feed value of shape "));
}

#[test]
fn damaged_arrays() {
    let whole = std::fs::read(repository("examples/digits/images.npy")).unwrap();
    let scratch = Scratch::new();
    for cut in [0, 3, 9, 60, 200, whole.len() - 1] {
        let path = scratch.file("cut.npy", &whole[..cut]);
        let error = refused(&frozen(), &["--fetch", "predicted", "--input", &format!("images={path}")]);
        assert!(error.contains("cut.npy"), "{error}");
    }
}

/// Nothing is left behind where a result cannot be written, and what was there stays.
#[test]
fn results_that_cannot_be_written() {
    let graph = recorded("frozen/graph.pb");
    let scratch = Scratch::new();
    let run = |out: &str| refused(&graph, &["--input", "x=[[1, 2, 3]]", "--out", out]);
    let out = scratch.path("no_such_directory/out.npz");
    assert_eq!(run(&out), format!("NOT_FOUND: {out}; No such file or directory"));
    assert_eq!(run(&scratch.path("")), format!("FAILED_PRECONDITION: {}; Is a directory", scratch.path("")));
    let old = scratch.file("old.npz", "old");
    let error = refused(&graph, &["--input", "x=[[1, 2]]", "--out", &old]);
    assert!(error.starts_with("INVALID_ARGUMENT: "), "{error}");
    assert_eq!(std::fs::read(&old).unwrap(), b"old");
    for option in ["--dot", "--html"] {
        let out = scratch.path("no_such_directory/graph");
        let error = ferroflow(&["inspect", &graph, option, &out]).error();
        assert_eq!(error, format!("NOT_FOUND: {out}; No such file or directory"));
    }
    let left: Vec<_> =
        std::fs::read_dir(scratch.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["old.npz"]);
}
