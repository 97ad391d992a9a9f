//! Graphs that TensorFlow made, and what it computed with them.

use ferroflow_core::{NdArray, npz};
use ferroflow_graph::{Graph, Port};
use ferroflow_proto::{GraphDef, Message};
use std::collections::BTreeMap;
use std::path::PathBuf;

fn data(folder: &str, file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(folder).join(file)
}

/// The graph of this name.
pub(crate) fn graph_of(folder: &str, name: &str) -> Graph {
    let bytes = std::fs::read(data(folder, &format!("{name}.pb"))).expect("a file");
    let graph_def = GraphDef::decode(bytes.as_slice()).expect("a GraphDef");
    Graph::from_graph_def(&graph_def).unwrap_or_else(|error| panic!("{name}: {error:?}"))
}

/// The arrays beside a graph.
pub(crate) fn record_of(folder: &str, name: &str) -> BTreeMap<String, NdArray> {
    npz::read(data(folder, &format!("{name}.npz"))).expect("arrays").into_iter().collect()
}

/// The output that a tensor's name stands for.
pub(crate) fn port(graph: &Graph, name: &str) -> Port {
    graph.port(&graph.get_tensor_by_name(name).expect("a tensor")).expect("of this graph")
}
