//! The order of effects within a function, as control inputs: TensorFlow runs what does not depend on each other in any
//! order, where the executor here goes by the order of the program.

use crate::{Graph, Node, Port};
use ferroflow_core::DType;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Ops that leave the resource that they are given as it is.
const READERS: [&str; 5] =
    ["ReadVariableOp", "ResourceGather", "ResourceGatherNd", "VarIsInitializedOp", "VariableShape"];

/// What was done to a resource last.
#[derive(Default)]
struct Uses {
    write: Option<usize>,
    reads: Vec<usize>,
}

/// For each node the nodes that it has to wait for: a reader of a resource for the last writer, a writer for the readers
/// since as well, and other ops with effects for each other.
pub(crate) fn effect_order(graph: &Graph) -> BTreeMap<usize, BTreeSet<usize>> {
    let mut uses: HashMap<(usize, usize), Uses> = HashMap::new();
    let mut last = None;
    let mut waits: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for id in 0..graph.num_nodes() {
        let node = graph.node(id);
        let resources: BTreeSet<(usize, usize)> = node
            .inputs
            .iter()
            .filter(|port| is_resource(graph, port))
            .map(|port| origin(graph, port))
            .collect();
        let mut wait = BTreeSet::new();
        if resources.is_empty() {
            if has_effect(&node) {
                wait.extend(last.replace(id));
            }
        } else if node.op != "Identity" {
            let reads = READERS.contains(&node.op.as_str());
            for resource in resources {
                let uses = uses.entry(resource).or_default();
                wait.extend(uses.write);
                if reads {
                    uses.reads.push(id);
                } else {
                    wait.extend(uses.reads.drain(..));
                    uses.write = Some(id);
                }
            }
        }
        for port in &node.inputs {
            wait.remove(&port.node);
        }
        if !wait.is_empty() {
            waits.insert(id, wait);
        }
    }
    waits
}

fn is_resource(graph: &Graph, port: &Port) -> bool {
    graph.node(port.node).output_types.get(port.index).is_some_and(|dtype| *dtype == DType::RESOURCE)
}

/// Where a handle comes from, through nodes that pass it on.
fn origin(graph: &Graph, port: &Port) -> (usize, usize) {
    let mut port = *port;
    loop {
        let node = graph.node(port.node);
        match node.inputs.first() {
            Some(input) if node.op == "Identity" => port = *input,
            _ => return (port.node, port.index),
        }
    }
}

/// Whether a node without resources does something beside giving values. Random numbers may be drawn in any order, as in
/// TensorFlow.
fn has_effect(node: &Node) -> bool {
    let makes_handle = node.output_types.contains(&DType::RESOURCE);
    let random = node.attrs.get("seed2").is_some();
    node.is_stateful() && !makes_handle && !random && !node.op.starts_with("Placeholder")
}
