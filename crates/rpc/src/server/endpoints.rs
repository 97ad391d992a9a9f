//! Tensors and operations by name, with the errors that TensorFlow's master gives for those it does not find.

use ferroflow_core::{Error, Result, bail, ensure};
use ferroflow_graph::{Graph, Port};

/// The node of this name.
pub(super) fn find(graph: &Graph, name: &str) -> Option<usize> {
    graph.get_operation_by_name(name).ok().map(|operation| operation.id())
}

/// The node and output number of a tensor's name; one without a number is the first output.
pub(super) fn split(name: &str) -> (&str, usize) {
    match name.rsplit_once(':') {
        Some((node, number)) => number.parse().map_or((name, 0), |number| (node, number)),
        None => (name, 0),
    }
}

/// The tensors that a run is fed.
pub(crate) fn feeds<'a>(graph: &Graph, names: impl Iterator<Item = &'a str>) -> Result<Vec<Port>> {
    let mut ports: Vec<Port> = Vec::new();
    for name in names {
        let (node, index) = split(name);
        let missing = || Error::not_found(format!("FeedInputs: unable to find feed output {name}"));
        let port = Port { node: find(graph, node).ok_or_else(missing)?, index };
        let count = graph.node(port.node).output_types.len();
        ensure!(index < count, invalid_argument, "FeedInputs: {name} should have output index < {count}");
        ensure!(!ports.contains(&port), invalid_argument, "Endpoint \"{name}\" fed more than once.");
        ports.push(port);
    }
    Ok(ports)
}

/// The tensors that are fetched from a run.
pub(crate) fn fetches(graph: &Graph, names: &[String]) -> Result<Vec<Port>> {
    let find_fetch = |name: &String| {
        let (node, index) = split(name);
        let Some(node) = find(graph, node) else {
            bail!(not_found, "FetchOutputs node {name}: not found");
        };
        let count = graph.node(node).output_types.len();
        ensure!(
            index < count,
            invalid_argument,
            "FetchOutputs {name}: output index too large, must be < {count}"
        );
        Ok(Port { node, index })
    };
    names.iter().map(find_fetch).collect()
}

/// The operations that are run.
pub(crate) fn targets(graph: &Graph, names: &[String]) -> Result<Vec<usize>> {
    let find_target = |name: &String| {
        let missing = || Error::not_found(format!("PruneForTargets: Some target nodes not found: {name} "));
        find(graph, name).ok_or_else(missing)
    };
    names.iter().map(find_target).collect()
}
