//! Tensors that stand for others in the runs of a callable (`CallableOptions.tensor_connection`).

use super::endpoints;
use ferroflow_core::{Error, NdArray, Result, bail, ensure};
use ferroflow_graph::{DirectSession, Graph, Port, RunSettings, RunSignature};
use ferroflow_proto::TensorConnection;
use std::collections::{HashMap, HashSet};

/// A tensor, and the one that it stands for.
struct Connection {
    from: Port,
    to: Port,
}

/// The connections of a callable, each behind those that it depends on.
#[derive(Default)]
pub(crate) struct Connections(Vec<Connection>);

impl Connections {
    /// Connections to `places`, which are found already: they are fed like any other tensor.
    ///
    /// # Errors
    /// `InvalidArgument` for a tensor that is not there, one that depends on the one it stands for, or one of another
    /// dtype; for a place that is fetched.
    pub(crate) fn new(
        graph: &Graph,
        asked: &[TensorConnection],
        places: Vec<Port>,
        signature: &RunSignature,
    ) -> Result<Connections> {
        let mut left = Vec::new();
        for (connection, to) in asked.iter().zip(places) {
            let from = source(graph, connection)?;
            let fetched = signature.fetches.contains(&to);
            ensure!(!fetched, invalid_argument, "{} is both fed and fetched.", name(graph, to));
            check_dtypes(graph, from, to)?;
            left.push((Connection { from, to }, ancestors(graph, from.node)));
        }
        let mut ordered = Vec::with_capacity(left.len());
        while let Some((connection, _)) = left.first() {
            let waits = |needs: &HashSet<usize>| left.iter().any(|(other, _)| needs.contains(&other.to.node));
            let Some(next) = left.iter().position(|(_, needs)| !waits(needs)) else {
                bail!(
                    invalid_argument,
                    "Requested Tensor connection between nodes \"{}\" and \"{}\" would create a cycle.",
                    graph.node(connection.to.node).name,
                    graph.node(connection.from.node).name
                );
            };
            ordered.push(left.remove(next).0);
        }
        Ok(Connections(ordered))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Runs what a callable runs. It is a partial run: each tensor that stands for another is fetched, and fed in the
    /// other's place.
    ///
    /// # Errors
    /// As [`DirectSession::partial_run_setup`] and [`DirectSession::partial_run`].
    pub(crate) fn run(
        &self,
        direct: &DirectSession,
        signature: &RunSignature,
        values: Vec<NdArray>,
        settings: &RunSettings,
    ) -> Result<Vec<NdArray>> {
        let feeds: Vec<Port> =
            signature.feeds.iter().copied().chain(self.0.iter().map(|pair| pair.to)).collect();
        let mut fetches: Vec<Port> = signature.fetches.clone();
        let is_fed = |port: &Port| signature.feeds.contains(port);
        fetches.extend(self.0.iter().map(|pair| pair.from).filter(|from| !is_fed(from)));
        fetches.sort();
        fetches.dedup();
        let handle = direct.partial_run_setup(&feeds, &fetches, &signature.targets)?;
        let mut fed: Vec<(Port, NdArray)> = signature.feeds.iter().copied().zip(values).collect();
        let mut known = fed.clone();
        let mut given: HashMap<Port, NdArray> = HashMap::new();
        let mut give = |fed: Vec<(Port, NdArray)>, wanted: &[Port]| -> Result<Vec<NdArray>> {
            let missing: Vec<Port> = wanted
                .iter()
                .filter(|port| !given.contains_key(port))
                .copied()
                .collect::<HashSet<_>>()
                .into_iter()
                .collect();
            if !fed.is_empty() || !missing.is_empty() {
                let values = direct.partial_run(&handle, fed, &missing, settings)?;
                given.extend(missing.into_iter().zip(values));
            }
            let lost = || Error::internal("a partial run has lost a value");
            wanted.iter().map(|port| given.get(port).cloned().ok_or_else(lost)).collect()
        };
        for Connection { from, to } in &self.0 {
            let value = match is_fed(from) {
                // As in TensorFlow, it is what the node makes that stands for the other tensor, and not what is fed.
                true => {
                    let (feeds, values) = known.iter().filter(|(port, _)| port != from).cloned().unzip();
                    let feeds: Vec<Port> = feeds;
                    let prepared = direct.prepare(&feeds, &[*from], &[])?;
                    direct.run_prepared(&prepared, values, settings)?.0
                }
                false => give(std::mem::take(&mut fed), &[*from])?,
            };
            fed.extend(value.iter().map(|value| (*to, value.clone())));
            known.extend(value.into_iter().map(|value| (*to, value)));
        }
        give(fed, &signature.fetches)
    }
}

fn name(graph: &Graph, port: Port) -> String {
    format!("{}:{}", graph.node(port.node).name, port.index)
}

/// The tensor that stands for another. TensorFlow's errors name the other.
fn source(graph: &Graph, connection: &TensorConnection) -> Result<Port> {
    let (node, index) = endpoints::split(&connection.from_tensor);
    let to = &connection.to_tensor;
    let Some(node) = endpoints::find(graph, node) else {
        bail!(invalid_argument, "Requested tensor connection from unknown node: \"{to}\".");
    };
    let count = graph.node(node).output_types.len();
    ensure!(
        index < count,
        invalid_argument,
        "Requested tensor connection from unknown edge: \"{to}\" (actual number of outputs = {count})."
    );
    Ok(Port { node, index })
}

fn check_dtypes(graph: &Graph, from: Port, to: Port) -> Result<()> {
    let dtype = |port: Port| graph.node(port.node).output_types[port.index].base();
    ensure!(
        dtype(from) == dtype(to),
        invalid_argument,
        "Tensor {} was passed {} from _identity_{}_{}:0 incompatible with expected {}.",
        name(graph, to),
        dtype(from).cpp_name(),
        graph.node(to.node).name,
        to.index,
        dtype(to).cpp_name()
    );
    Ok(())
}

/// A node and all that it depends on.
fn ancestors(graph: &Graph, node: usize) -> HashSet<usize> {
    let (mut found, mut pending) = (HashSet::new(), vec![node]);
    while let Some(id) = pending.pop() {
        if found.insert(id) {
            let node = graph.node(id);
            pending.extend(node.inputs.iter().map(|port| port.node));
            pending.extend(&node.control_inputs);
        }
    }
    found
}
