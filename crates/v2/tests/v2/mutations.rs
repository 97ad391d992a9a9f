//! Damaged object graphs, of checkpoints and of SavedModels: an error, never a panic. `FERROFLOW_FUZZ_SECONDS` says for
//! how long each is tried.

use crate::checkpoints::{Objects, Scratch, data};
use crate::mutate::fuzz;
use crate::saved_models::Model;
use ferroflow_core::{NdArray, TString};
use ferroflow_formats::{CheckpointReader, CheckpointWriter};
use ferroflow_v2 as tf;
use std::path::Path;

const OBJECT_GRAPH: &str = "_CHECKPOINTABLE_OBJECT_GRAPH";

#[test]
fn object_graphs_of_checkpoints() {
    let scratch = Scratch::new();
    let original = CheckpointReader::open(data("objects-1")).unwrap();
    let graph = original.read(OBJECT_GRAPH).unwrap().item::<TString>().unwrap();
    fuzz("object graph", &[graph.as_bytes().to_vec()], |bytes| {
        // The checksums are right, so that the graph is what is looked at.
        let mut writer = CheckpointWriter::create(scratch.path("m"))?;
        for (name, _, _) in original.tensors().filter(|(name, _, _)| *name != OBJECT_GRAPH) {
            writer.add(name, &original.read(name)?)?;
        }
        writer.add(OBJECT_GRAPH, &NdArray::scalar(TString::from(bytes)))?;
        writer.finish()?;
        let objects = Objects::new();
        let checkpoint = objects.checkpoint();
        let status = checkpoint.restore(scratch.path("m"))?;
        status.assert_consumed().map(drop)
    });
}

fn load_with(directory: &Path, bytes: &[u8]) -> tf::Result<()> {
    std::fs::write(directory.join("saved_model.pb"), bytes).unwrap();
    let model = tf::saved_model::load(directory)?;
    for signature in model.signatures().values() {
        signature.inputs()?;
        signature.outputs()?;
    }
    Ok(())
}

#[test]
fn object_graphs_of_saved_models() {
    let scratch = Scratch::new();
    Model::new().unwrap().save(&scratch.path("model")).unwrap();
    let bytes = std::fs::read(scratch.path("model/saved_model.pb")).unwrap();
    fuzz("SavedModel's objects", &[bytes], |bytes| load_with(&scratch.path("model"), bytes));
}
