//! Files told apart.

use ferroflow_proto::sniff::{FileKind, TextKind};
use ferroflow_proto::{GraphDef, Message, MetaGraphDef, SavedModel, VersionDef, meta_graph_def::MetaInfoDef};

use crate::cases::path;

fn read(name: &str) -> Vec<u8> {
    std::fs::read(path(&format!("data/{name}"))).unwrap()
}

#[test]
fn files_are_told_apart() {
    for (name, kind) in [
        ("saved_model.pb", FileKind::SavedModel),
        ("meta_graph.pb", FileKind::MetaGraph),
        ("graph.pb", FileKind::GraphDef),
        ("saved_model.pbtxt", FileKind::Text(TextKind::SavedModel)),
        ("meta_graph.pbtxt", FileKind::Text(TextKind::MetaGraph)),
        ("graph.pbtxt", FileKind::Text(TextKind::GraphDef)),
        ("floats.cases", FileKind::Text(TextKind::Unknown)),
        ("run_metadata.pb", FileKind::Unknown),
    ] {
        assert_eq!(FileKind::detect(&read(name)), kind, "{name}");
    }
}

#[test]
fn damaged_files_are_still_known() {
    let graph = read("graph.pb");
    assert_eq!(FileKind::detect(&graph[..graph.len() - 3]), FileKind::GraphDef);
    assert_eq!(FileKind::detect(&graph[..graph.len() / 2]), FileKind::GraphDef);
}

#[test]
fn small_messages_are_told_apart() {
    let versions = GraphDef {
        versions: Some(VersionDef { producer: 2000, ..VersionDef::default() }),
        ..GraphDef::default()
    };
    assert_eq!(FileKind::detect(&versions.encode_to_vec()), FileKind::GraphDef);
    let info = MetaInfoDef { tags: vec!["serve".into()], ..MetaInfoDef::default() };
    let meta = MetaGraphDef { meta_info_def: Some(info), ..MetaGraphDef::default() };
    assert_eq!(FileKind::detect(&meta.encode_to_vec()), FileKind::MetaGraph);
    let graph = GraphDef::decode(&*read("graph.pb")).unwrap();
    let meta = MetaGraphDef { graph_def: Some(graph), ..MetaGraphDef::default() };
    assert_eq!(FileKind::detect(&meta.encode_to_vec()), FileKind::MetaGraph);
    let model = SavedModel { saved_model_schema_version: 1, meta_graphs: vec![meta] };
    assert_eq!(FileKind::detect(&model.encode_to_vec()), FileKind::SavedModel);
}

#[test]
fn other_files_are_named() {
    assert_eq!(FileKind::detect(b""), FileKind::Empty);
    assert_eq!(FileKind::detect(b"PK\x03\x04....").to_string(), "a zip archive (a .keras or .npz file?)");
    assert_eq!(FileKind::detect(b"\x1c\0\0\0TFL3").to_string(), "a TensorFlow Lite model");
    assert_eq!(FileKind::detect(b"\x08\x07\x12\x07pytorch"), FileKind::Unknown);
    assert_eq!(FileKind::detect(b"\xff\xfe\xfd"), FileKind::Unknown);
    let checkpoint = b"# the latest\nmodel_checkpoint_path: \"model-3\"\n";
    assert_eq!(FileKind::detect(checkpoint), FileKind::Text(TextKind::CheckpointState));
}
