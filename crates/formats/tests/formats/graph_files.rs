//! Files of graphs: their kind is told from their content, and errors say what they are.

use crate::fixtures::{Scratch, data};
use ferroflow_core::{Code, Result};
use ferroflow_formats::{ModelFile, read_graph_def, read_meta_graph};

#[test]
fn text_and_binary_graphs_are_the_same() {
    let binary = read_graph_def(data("frozen/graph.pb")).unwrap();
    assert_eq!(binary, read_graph_def(data("frozen/graph.pbtxt")).unwrap());
    assert!(binary.node.iter().any(|node| node.name == "layer/y" && node.op == "AddV2"));
}

#[test]
fn models_by_their_content() {
    let open = |name: &str| ModelFile::open(data(name)).unwrap();
    assert!(matches!(open("frozen/graph.pb"), ModelFile::GraphDef(_)));
    assert!(matches!(open("frozen/graph.pbtxt"), ModelFile::GraphDef(_)));
    assert!(matches!(open("v1_control_flow/graph.pb"), ModelFile::GraphDef(_)));
    assert!(matches!(open("v2_module"), ModelFile::SavedModel(_)));
    assert!(matches!(open("v1_resource_text"), ModelFile::SavedModel(_)));
    assert!(matches!(open("v2_keras/saved_model.pb"), ModelFile::SavedModel(_)));
    match open("ckpt_sharded/model.meta") {
        ModelFile::MetaGraph { meta_graph, checkpoint } => {
            assert_eq!(checkpoint, Some(data("ckpt_sharded/model")));
            assert_eq!(meta_graph.saver_def().unwrap().restore_op_name, "save/restore_all");
        }
        other => panic!("{other:?}"),
    }
}

fn error<T: std::fmt::Debug>(result: Result<T>) -> (Code, String) {
    let error = result.unwrap_err();
    (error.code(), error.message().replace(&data("").display().to_string(), ""))
}

fn is(code: Code, message: &str) -> (Code, String) {
    (code, message.to_string())
}

#[test]
fn files_of_another_kind_are_named() {
    assert_eq!(
        error(read_graph_def(data("v2_module/saved_model.pb"))),
        is(Code::InvalidArgument, "v2_module/saved_model.pb: this is a SavedModel, not a GraphDef")
    );
    assert_eq!(
        error(read_graph_def(data("v2_module"))),
        is(Code::InvalidArgument, "v2_module: this is a SavedModel directory, not a GraphDef")
    );
    assert_eq!(
        error(read_graph_def(data("ckpt_sharded/model.meta"))),
        is(Code::InvalidArgument, "ckpt_sharded/model.meta: this is a MetaGraphDef, not a GraphDef")
    );
    assert_eq!(
        error(read_meta_graph(data("frozen/graph.pb"))),
        is(Code::InvalidArgument, "frozen/graph.pb: this is a GraphDef, not a MetaGraphDef")
    );
    let checkpoint = error(ModelFile::open(data("ckpt_sharded/model.index")));
    assert_eq!(checkpoint.0, Code::InvalidArgument);
    assert!(checkpoint.1.contains("model.index: this is a checkpoint"), "{}", checkpoint.1);
    assert_eq!(
        error(ModelFile::open(data("frozen/none.pb"))),
        is(Code::NotFound, "frozen/none.pb; No such file or directory")
    );
    assert_eq!(
        error(ModelFile::open(data("frozen"))),
        is(Code::NotFound, "SavedModel file does not exist at: frozen/{saved_model.pbtxt|saved_model.pb}")
    );
}

#[test]
fn damaged_text_says_where() {
    let scratch = Scratch::new();
    let text = std::fs::read_to_string(data("frozen/graph.pbtxt")).unwrap();
    scratch.write("graph.pbtxt", text.replacen("op:", "opp:", 1).as_bytes());
    let error = read_graph_def(scratch.path("graph.pbtxt")).unwrap_err();
    assert_eq!(error.code(), Code::DataLoss);
    assert!(error.message().contains("3:3 : "), "{error}");
}

#[test]
fn cut_anywhere() {
    let scratch = Scratch::new();
    for file in ["frozen/graph.pb", "frozen/graph.pbtxt", "ckpt_sharded/model.meta"] {
        let whole = std::fs::read(data(file)).unwrap();
        for length in (0..whole.len()).step_by(11) {
            scratch.write("model", &whole[..length]);
            let _ = ModelFile::open(scratch.path("model"));
        }
    }
    scratch.write("deep", &b"\x0a\xff\xff\xff\xff\x0f".repeat(2000));
    assert!(ModelFile::open(scratch.path("deep")).is_err());
}
