//! The nodes between results and what gradients are taken by.

use crate::Graph;
use crate::backprop::flows;
use ferroflow_core::Tensor;
use std::collections::{HashMap, HashSet, VecDeque};

/// The nodes between results and what gradients are taken by, in the order TensorFlow finds them.
#[derive(Default)]
pub(crate) struct Between {
    pub(super) list: Vec<usize>,
    pub(super) set: HashSet<usize>,
}

/// The nodes on the way, where pieces of branches or loops that were built here are among them.
pub(crate) fn crosses(graph: &Graph, ys: &[Tensor], xs: &[Tensor]) -> Option<Between> {
    if graph.lock().flow.contexts.is_empty() {
        return None;
    }
    let between = between(graph, ys, xs);
    let is_piece = |id: &usize| {
        let op = graph.node(*id).op.clone();
        let op = op.strip_prefix("Ref").unwrap_or(&op);
        matches!(op, "Switch" | "Merge" | "Exit") && graph.lock().flow.of(*id).is_some() || op == "Merge"
    };
    between.list.iter().any(is_piece).then_some(between)
}

pub(super) fn nodes_of(graph: &Graph, tensors: &[Tensor]) -> Vec<usize> {
    tensors.iter().filter_map(|tensor| graph.port(tensor)).map(|port| port.node).collect()
}

fn between(graph: &Graph, ys: &[Tensor], xs: &[Tensor]) -> Between {
    let mut readers: HashMap<usize, Vec<usize>> = HashMap::new();
    for id in 0..graph.num_nodes() {
        for port in &graph.node(id).inputs {
            let trainable =
                graph.node(port.node).output_types.get(port.index).is_some_and(|dtype| flows(*dtype));
            if trainable {
                readers.entry(port.node).or_default().push(id);
            }
        }
    }
    let mut reached = HashSet::new();
    let mut pending: VecDeque<usize> = nodes_of(graph, xs).into();
    while let Some(id) = pending.pop_front() {
        if reached.insert(id) {
            pending.extend(readers.get(&id).into_iter().flatten());
        }
    }
    let mut between = Between::default();
    let mut pending: VecDeque<usize> = nodes_of(graph, ys).into();
    while let Some(id) = pending.pop_front() {
        if reached.remove(&id) {
            between.list.push(id);
            between.set.insert(id);
            pending.extend(graph.node(id).inputs.iter().map(|port| port.node));
        }
    }
    between
}
