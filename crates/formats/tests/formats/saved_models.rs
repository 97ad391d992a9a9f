//! SavedModels of both generations: signatures, assets and variables as TensorFlow's loader finds them.

use crate::fixtures::{Scratch, data, values};
use ferroflow_core::{Code, Exception, NdArray};
use ferroflow_formats::{CheckpointReader, MetaGraph, SavedModel, TensorInfo, read_meta_graph};
use std::collections::BTreeMap;
use std::path::Path;

fn load(name: &str) -> SavedModel {
    SavedModel::load(data(name)).unwrap()
}

/// Signatures, init operation and assets in the notation of the recorded `facts.txt`.
fn facts(directory: &Path, meta_graph: &MetaGraph) -> String {
    let mut lines = Vec::new();
    for (key, signature) in meta_graph.signatures().unwrap() {
        lines.push(format!("signature\t{key}\t{}", signature.method_name));
        for (kind, infos) in [("input", &signature.inputs), ("output", &signature.outputs)] {
            lines.extend(infos.iter().map(|(name, info)| format!("{kind}\t{name}\t{}", describe(info))));
        }
    }
    lines.extend(meta_graph.init_op().unwrap().map(|op| format!("init\t{op}")));
    for asset in meta_graph.assets().unwrap() {
        assert!(asset.path.is_file());
        lines.push(format!(
            "asset\t{}\t{}",
            asset.tensor,
            asset.path.strip_prefix(directory).unwrap().display()
        ));
    }
    lines.join("\n") + "\n"
}

fn describe(info: &TensorInfo) -> String {
    format!("{}\t{}\t{}", info.tensor_name().unwrap(), info.dtype.unwrap().name(), info.shape)
}

/// What every variable of the graph is restored to.
fn restored(meta_graph: &MetaGraph, checkpoint: &CheckpointReader) -> BTreeMap<String, NdArray> {
    let sources = meta_graph.variable_sources().unwrap();
    let count = sources.len();
    let values: BTreeMap<_, _> = sources
        .into_iter()
        .map(|source| {
            let value = checkpoint.restore(&source.key, &source.shape_and_slice, source.dtype).unwrap();
            (source.variable, value)
        })
        .collect();
    assert_eq!(values.len(), count, "a variable is restored twice");
    values
}

#[test]
fn as_tensorflow_loads_them() {
    for (model, tags, name) in [
        ("v1_ref", &["serve"][..], "facts"),
        ("v1_ref", &["gpu", "serve"], "gpu_facts"),
        ("v1_resource", &["serve"], "facts"),
        ("v2_module", &["serve"], "facts"),
        ("v2_keras", &["serve"], "facts"),
    ] {
        let loaded = load(model);
        let meta_graph = loaded.meta_graph(tags).unwrap();
        let recorded = std::fs::read_to_string(data(&format!("{model}/{name}.txt"))).unwrap();
        assert_eq!(facts(&data(model), meta_graph), recorded, "{model} {tags:?}");
        let checkpoint = meta_graph.checkpoint().unwrap().unwrap();
        let recorded: BTreeMap<_, _> = values(&format!("{model}/{name}.values")).into_iter().collect();
        assert_eq!(restored(meta_graph, &checkpoint), recorded, "{model} {tags:?}");
    }
}

#[test]
fn meta_graphs_restore_as_their_savers_do() {
    for name in ["ckpt_sharded", "ckpt_partitioned"] {
        let meta_graph = read_meta_graph(data(name).join("model.meta")).unwrap();
        let checkpoint = CheckpointReader::open(data(name).join("model")).unwrap();
        let recorded: BTreeMap<_, _> = values(&format!("{name}/restored.values")).into_iter().collect();
        assert_eq!(restored(&meta_graph, &checkpoint), recorded, "{name}");
        let variables = meta_graph.variable_defs("variables").unwrap();
        assert_eq!(variables.len(), recorded.len());
        assert!(
            variables
                .iter()
                .all(|variable| recorded.contains_key(variable.variable_name.trim_end_matches(":0")))
        );
    }
}

#[test]
fn text_and_binary_are_the_same() {
    let directory = data("v1_resource_text");
    let text = SavedModel::load(&directory).unwrap();
    let binary = load("v1_resource");
    let meta_graph = text.only_meta_graph().unwrap();
    assert_eq!(meta_graph.proto(), binary.only_meta_graph().unwrap().proto());
    assert!(meta_graph.checkpoint().unwrap().is_none());
    assert!(meta_graph.tensorflow_version().starts_with("2."));
}

#[test]
fn functions_are_listed() {
    let model = load("v2_module");
    let functions = model.only_meta_graph().unwrap().functions();
    let names: Vec<_> = functions.iter().map(|function| &function.signature.as_ref().unwrap().name).collect();
    assert!(names.iter().any(|name| name.starts_with("__inference_signature_wrapper_affine")));
    assert!(names.iter().any(|name| name.starts_with("while_body")));
}

#[test]
fn tags_that_do_not_match() {
    let model = load("v1_ref");
    let error = model.meta_graph(&["train"]).unwrap_err();
    assert_eq!(error.exception(), Exception::Runtime);
    assert_eq!(
        error.message(),
        "MetaGraphDef associated with tags 'train' could not be found in SavedModel, with available tags \
         '[{'serve'}, {'gpu', 'serve'}]'. To inspect available tag-sets in the SavedModel, please use the SavedModel \
         CLI: `saved_model_cli`."
    );
    let error = model.only_meta_graph().unwrap_err();
    assert_eq!(
        error.message(),
        "Importing a SavedModel with `tf.saved_model.load` requires a `tags=` argument if there is more than one \
         MetaGraph. Got `tags=None`, but there are 2 MetaGraphs in the SavedModel with tag sets: [['serve'], \
         ['serve', 'gpu']]. Pass a `tags=` argument to load this SavedModel."
    );
}

#[test]
fn signatures_that_do_not_exist() {
    let model = load("v2_module");
    let error = model.only_meta_graph().unwrap().signature("predict").unwrap_err();
    assert_eq!(error.exception(), Exception::Key);
    assert_eq!(
        error.message(),
        "no signature 'predict' in the model; it has: count, lookup, serving_default, tick"
    );
}

#[test]
fn directories_that_are_none() {
    let scratch = Scratch::new();
    let error = SavedModel::load(scratch.path("x")).unwrap_err();
    let expected = format!(
        "SavedModel file does not exist at: {}/{{saved_model.pbtxt|saved_model.pb}}",
        scratch.path("x").display()
    );
    assert_eq!((error.code(), error.message()), (Code::NotFound, expected.as_str()));
    scratch.write("saved_model.pb", b"garbage\xff");
    let error = SavedModel::load(scratch.path("")).unwrap_err();
    assert_eq!(error.code(), Code::DataLoss);
    let expected = format!("Cannot parse file {}", scratch.path("saved_model.pb").display());
    assert!(error.message().starts_with(&expected), "{error}");
}

#[test]
fn assets_stay_inside() {
    let mut proto = ferroflow_proto::SavedModel::default();
    let info = ferroflow_proto::TensorInfo {
        encoding: Some(ferroflow_proto::tensor_info::Encoding::Name("x:0".to_string())),
        ..Default::default()
    };
    let asset = |filename: &str| ferroflow_proto::AssetFileDef {
        tensor_info: Some(info.clone()),
        filename: filename.to_string(),
    };
    for name in ["../secret", "/etc/passwd", "a/../../b"] {
        proto.meta_graphs = vec![Default::default()];
        proto.meta_graphs[0].asset_file_def.push(asset(name));
        let scratch = Scratch::new();
        scratch.write("saved_model.pb", &ferroflow_proto::Message::encode_to_vec(&proto));
        let model = SavedModel::load(scratch.path("")).unwrap();
        let error = model.only_meta_graph().unwrap().assets().unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument, "{name}");
    }
}

/// Everything that can be asked of a SavedModel; that it answers at all is what is tested.
fn exercise(directory: &Path) -> bool {
    let Ok(model) = SavedModel::load(directory) else { return false };
    for meta_graph in model.meta_graphs() {
        let _ = (meta_graph.signatures(), meta_graph.init_op(), meta_graph.assets());
        let _ =
            (meta_graph.variable_sources(), meta_graph.variable_defs("variables"), meta_graph.graph_def());
    }
    true
}

#[test]
fn cut_and_flipped_anywhere() {
    let scratch = Scratch::new();
    for name in ["v1_resource", "v2_module"] {
        let whole = std::fs::read(data(name).join("saved_model.pb")).unwrap();
        // The second message is the one meta graph: what is cut off is missing from it.
        for length in (3..whole.len()).step_by(23) {
            scratch.write("saved_model.pb", &whole[..length]);
            assert!(!exercise(&scratch.path("")), "{name} cut to {length} bytes");
        }
        let mut seed = 1u32;
        for position in (0..whole.len()).step_by(37) {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let mut bytes = whole.clone();
            bytes[position] ^= 1 << (seed >> 29);
            scratch.write("saved_model.pb", &bytes);
            exercise(&scratch.path(""));
        }
    }
}
