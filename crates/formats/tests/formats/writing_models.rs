//! SavedModels as they are written: what was read of TensorFlow's is written byte for byte.

use crate::fixtures::{Scratch, data};
use ferroflow_core::{Code, NdArray};
use ferroflow_formats::{
    CheckpointReader, CheckpointWriter, SavedModel, SavedModelBundle, SavedModelWriter, op_def,
    stripped_op_list,
};
use ferroflow_proto::MetaGraphDef;

const MODELS: [&str; 4] = ["v1_ref", "v1_resource", "v2_keras", "v2_module"];

fn meta_graphs(name: &str) -> Vec<MetaGraphDef> {
    let model = SavedModel::load(data(name)).unwrap();
    model.meta_graphs().iter().map(|graph| graph.proto().clone()).collect()
}

#[test]
fn messages_byte_for_byte() {
    for name in MODELS {
        let scratch = Scratch::new();
        let mut writer = SavedModelWriter::create(scratch.path("model")).unwrap();
        meta_graphs(name).into_iter().for_each(|graph| writer.add_meta_graph(graph));
        let path = writer.save(false).unwrap();
        assert_eq!(
            std::fs::read(path).unwrap(),
            std::fs::read(data(name).join("saved_model.pb")).unwrap(),
            "{name}"
        );
        writer.save(true).unwrap();
        std::fs::remove_file(scratch.path("model/saved_model.pb")).unwrap();
        let reread = SavedModel::load(scratch.path("model")).unwrap();
        assert!(reread.meta_graphs()[0].proto() == &meta_graphs(name)[0], "{name}");
    }
}

#[test]
fn op_lists_are_tensorflows() {
    for name in MODELS {
        for graph in meta_graphs(name) {
            let ours = stripped_op_list(graph.graph_def.as_ref().unwrap()).unwrap();
            let mut theirs = graph.meta_info_def.unwrap().stripped_op_list.unwrap();
            for (our, their) in ours.op.iter().zip(&mut theirs.op) {
                // An experiment of TensorFlow's that its own readers do without.
                for arg in their.input_arg.iter_mut().chain(&mut their.output_arg) {
                    arg.experimental_full_type = None;
                }
                assert_eq!(our, &*their, "{name}");
            }
            assert_eq!(ours.op.len(), theirs.op.len());
        }
    }
    assert_eq!(op_def(ferroflow_core::schema::lookup("NoOp").unwrap()).unwrap().name, "NoOp");
}

#[test]
fn a_model_with_variables_and_assets() {
    let scratch = Scratch::new();
    let directory = scratch.path("a/b/model");
    let mut writer = SavedModelWriter::create(&directory).unwrap();
    let mut variables = CheckpointWriter::create(writer.variables_prefix().unwrap()).unwrap();
    let original = CheckpointReader::open(data("v1_ref/variables/variables")).unwrap();
    for (name, _, _) in original.tensors() {
        variables.add(name, &original.read(name).unwrap()).unwrap();
    }
    variables.finish().unwrap();
    writer.add_asset(data("v1_ref/assets/vocabulary.txt"), "t:0").unwrap();
    meta_graphs("v1_ref").into_iter().for_each(|graph| writer.add_meta_graph(graph));
    writer.save(false).unwrap();
    let bundle = SavedModelBundle::load(&directory, &["serve"]).unwrap();
    assert!(!bundle.meta_graph().signatures().unwrap().is_empty());
    let _: NdArray = original.read(original.tensors().next().unwrap().0).unwrap();

    let error = SavedModelWriter::create(&directory).map(|_| ()).unwrap_err();
    assert!(error.message().contains("already exists, and isn't empty"), "{error:?}");
    SavedModelWriter::replace(&directory).unwrap();
}

#[test]
fn assets_of_one_name() {
    let scratch = Scratch::new();
    for (directory, text) in [("x", "1"), ("y", "2"), ("z", "1")] {
        std::fs::create_dir(scratch.path(directory)).unwrap();
        scratch.write(&format!("{directory}/words"), text.as_bytes());
    }
    let mut writer = SavedModelWriter::create(scratch.path("model")).unwrap();
    let mut add = |path: &str| writer.add_asset(scratch.path(path), "t:0").unwrap().filename;
    assert_eq!(
        [add("x/words"), add("y/words"), add("x/words"), add("z/words")],
        ["words", "words_1", "words", "words"]
    );
    assert_eq!(add("missing"), "missing");
    assert_eq!(scratch.read("model/assets/words"), b"1");
    assert_eq!(scratch.read("model/assets/words_1"), b"2");
    assert!(!scratch.path("model/assets/missing").exists());
    assert_eq!(writer.add_asset("/", "t:0").unwrap_err().code(), Code::InvalidArgument);
}
