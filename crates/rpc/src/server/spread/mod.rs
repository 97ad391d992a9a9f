//! Sessions whose nodes are placed on several servers: their steps run in parts, one on each server.

mod cluster;
mod frames;
mod partial;
mod place;
mod run;
mod split;

pub(crate) use cluster::Cluster;
pub(crate) use partial::PartialRuns;
pub(crate) use run::Reports;

use super::partition;
use super::placement::Device;
use super::worker::sessions::Registered;
use ferroflow_core::{Error, Result};
use ferroflow_graph::{Graph, Port, RunSignature, nodes_of_run};
use std::collections::HashMap;
use std::sync::Arc;

/// The parts of what a run needs.
pub(crate) struct Parts {
    /// What runs on the session's own server.
    here: Option<Arc<Registered>>,
    /// What runs on others: the position of the device, and the part's name there.
    there: Vec<(usize, String)>,
    /// The keys under which feeds are brought in, in their order.
    feeds: Vec<String>,
    /// The keys under which fetches come out, each once.
    fetches: Vec<String>,
    /// For each fetch, which of these it is.
    order: Vec<usize>,
}

/// What parts were made for.
#[derive(PartialEq, Eq, Hash)]
struct Key {
    feeds: Vec<Port>,
    fetches: Vec<Port>,
    targets: Vec<usize>,
}

impl Key {
    fn new(RunSignature { feeds, fetches, targets }: &RunSignature) -> Key {
        Key { feeds: feeds.clone(), fetches: fetches.clone(), targets: targets.clone() }
    }
}

/// The parts that a session has made, and where its nodes are.
#[derive(Default)]
struct Made {
    /// The device of each node, for as many as were placed.
    placed: Arc<Vec<usize>>,
    /// `None` for what runs on the session's own server alone.
    parts: HashMap<Key, Option<Arc<Parts>>>,
}

impl Cluster {
    /// The parts of a run; `None` where all its nodes are on the session's own server.
    ///
    /// # Errors
    /// `InvalidArgument` for nodes that cannot be placed; `Unavailable` and whatever else another server answers;
    /// `Cancelled`, as `go_on` says.
    pub(crate) fn parts(
        &self,
        graph: &Graph,
        signature: &RunSignature,
        go_on: &dyn Fn() -> Result<()>,
    ) -> Result<Option<Arc<Parts>>> {
        let key = Key::new(signature);
        if let Some(made) = self.made().parts.get(&key) {
            return Ok(made.clone());
        }
        let placed = self.placed(graph)?;
        let run = nodes_of_run(graph, &signature.feeds, &signature.fetches, &signature.targets);
        let made = match run.iter().all(|id| placed.get(*id) == Some(&0)) {
            true => None,
            false => {
                let used: Vec<usize> = run.iter().filter_map(|id| placed.get(*id)).copied().collect();
                let devices = self.reached(&used, go_on)?;
                Some(Arc::new(self.make(graph, signature, &placed, &devices)?))
            }
        };
        Ok(self.made().parts.entry(key).or_insert(made).clone())
    }

    /// The device of each node.
    fn placed(&self, graph: &Graph) -> Result<Arc<Vec<usize>>> {
        let known = self.made().placed.clone();
        if known.len() >= graph.num_nodes() {
            return Ok(known);
        }
        let placed = Arc::new(place::place(graph, self.devices(), self.soft)?);
        self.made().placed = placed.clone();
        Ok(placed)
    }

    fn make(
        &self,
        graph: &Graph,
        signature: &RunSignature,
        placed: &[usize],
        devices: &[Device],
    ) -> Result<Parts> {
        let here = &devices[0];
        let mut unique = signature.clone();
        unique.fetches.sort();
        unique.fetches.dedup();
        let id = |name: &str| Ok(graph.get_operation_by_name(name)?.id());
        let place = |name: &str| {
            let device = id(name).ok().and_then(|id: usize| placed.get(id));
            devices[device.copied().unwrap_or(0)].name()
        };
        let whole = partition::run_graph(graph, &unique, here, &place)?;
        let received: HashMap<String, Port> = signature
            .feeds
            .iter()
            .map(|port| (format!("_recv_{}_{}", graph.node(port.node).name, port.index), *port))
            .collect();
        let dtype = |name: &str, index: usize| {
            let port = match received.get(name) {
                Some(port) => *port,
                None => Port { node: id(name)?, index },
            };
            let found = graph.node(port.node).output_types.get(port.index).copied();
            found.ok_or_else(|| Error::internal(format!("no tensor {name}:{index}")))
        };
        let mut split = split::split(whole, devices, &dtype)?;
        let own = split.remove(&here.name());
        let here_part = match own {
            Some(graph_def) => {
                let handle = self.own.register(graph_def)?;
                Some(self.own.graph(&handle)?)
            }
            None => None,
        };
        let mut there = Vec::with_capacity(split.len());
        for (device, graph_def) in split {
            let position = devices.iter().position(|known| known.name() == device);
            let position = position.ok_or_else(|| Error::internal(format!("no device {device}")))?;
            there.push((position, self.register(position, graph_def)?));
        }
        let key = |port: &Port| end_key(here, &format!("{}:{}", graph.node(port.node).name, port.index));
        Ok(Parts {
            here: here_part,
            there,
            feeds: signature.feeds.iter().map(key).collect(),
            order: signature
                .fetches
                .iter()
                .filter_map(|port| unique.fetches.binary_search(port).ok())
                .collect(),
            fetches: unique.fetches.iter().map(key).collect(),
        })
    }
}

/// The key of a tensor that the client brings or takes.
fn end_key(client: &Device, tensor: &str) -> String {
    format!("{0};{1:016x};{0};{tensor};0:0", client.name(), client.incarnation())
}
