//! Partial runs: one run whose feeds arrive, and whose fetches leave, in several steps.
//!
//! After each step every node that can run has run, once: its outputs are kept, and fed to the plan of the next
//! step, which therefore does not run it again.

use crate::{DirectSession, Graph, Port, RunSettings};
use ferroflow_core::{Error, NdArray, Result, bail, ensure};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The partial runs of a session that are under way.
#[derive(Default)]
pub(crate) struct PartialRuns {
    runs: HashMap<String, PartialRun>,
    started: u64,
}

struct PartialRun {
    /// Whether each tensor has been fed.
    feeds: BTreeMap<Port, bool>,
    /// Whether each tensor has been fetched.
    fetches: BTreeMap<Port, bool>,
    /// The nodes that have not run.
    waiting: BTreeSet<usize>,
    /// What was fed and what nodes gave. A node without outputs leaves a mark in the place of its first one, which
    /// tells a plan that it has run.
    values: BTreeMap<Port, NdArray>,
}

impl DirectSession {
    /// Begins a run that is fed, and fetched from, in several steps: gives its handle.
    ///
    /// # Errors
    /// `InvalidArgument` when nothing is fetched; `Unimplemented` when the run needs reference variables' assignments
    /// or v1 control flow.
    pub fn partial_run_setup(&self, feeds: &[Port], fetches: &[Port], targets: &[usize]) -> Result<String> {
        ensure!(
            !(fetches.is_empty() && targets.is_empty()),
            invalid_argument,
            "Must specify at least one target to fetch or execute."
        );
        let feeds: BTreeMap<Port, bool> = feeds.iter().map(|port| (*port, false)).collect();
        let roots = fetches.iter().filter(|port| !feeds.contains_key(port)).map(|port| port.node);
        let waiting = needed_nodes(self.graph(), roots.chain(targets.iter().copied()), &feeds)?;
        let fetches = fetches.iter().map(|port| (*port, false)).collect();
        let mut runs = self.partial_runs();
        let handle = runs.started.to_string();
        runs.started += 1;
        runs.runs.insert(handle.clone(), PartialRun { feeds, fetches, waiting, values: BTreeMap::new() });
        Ok(handle)
    }

    /// Whether a partial run is under way.
    pub fn has_partial_run(&self, handle: &str) -> bool {
        self.partial_runs().runs.contains_key(handle)
    }

    /// Goes on with a partial run.
    ///
    /// # Errors
    /// `InvalidArgument` for a handle whose run is over, for feeds and fetches that were not set up or came before,
    /// and for fetches that need what was not fed; what the nodes return.
    pub fn partial_run(
        &self,
        handle: &str,
        feeds: Vec<(Port, NdArray)>,
        fetches: &[Port],
        settings: &RunSettings,
    ) -> Result<Vec<NdArray>> {
        // Taken out while it runs: a step of another thread would run nodes twice.
        let Some(mut run) = self.partial_runs().runs.remove(handle) else {
            bail!(invalid_argument, "Must run 'setup' before performing partial runs!");
        };
        let result = run.step(self, feeds, fetches, settings);
        if run.feeds.values().chain(run.fetches.values()).any(|done| !done) {
            self.partial_runs().runs.insert(handle.to_string(), run);
        }
        result
    }
}

impl PartialRun {
    fn step(
        &mut self,
        session: &DirectSession,
        feeds: Vec<(Port, NdArray)>,
        fetches: &[Port],
        settings: &RunSettings,
    ) -> Result<Vec<NdArray>> {
        let graph = session.graph();
        for (port, _) in &feeds {
            check_pending(graph, "feed", *port, self.feeds.get(port), "fed")?;
        }
        for port in fetches {
            check_pending(graph, "fetch", *port, self.fetches.get(port), "fetched")?;
        }
        for (port, value) in feeds {
            self.feeds.insert(port, true);
            self.values.insert(port, value);
        }
        for port in fetches {
            self.check_computable(graph, *port)?;
        }
        self.run_ready(session, settings)?;
        fetches
            .iter()
            .map(|port| {
                self.fetches.insert(*port, true);
                let value = self.values.get(port).cloned();
                value.ok_or_else(|| Error::internal("a partial run lost a value"))
            })
            .collect()
    }

    /// Looks for something a fetch needs that has not been fed.
    fn check_computable(&self, graph: &Graph, fetch: Port) -> Result<()> {
        let mut pending = vec![fetch];
        let mut seen = BTreeSet::new();
        while let Some(port) = pending.pop() {
            if self.values.contains_key(&port) {
                continue;
            }
            ensure!(
                !self.feeds.contains_key(&port),
                invalid_argument,
                "Fetch {} can't be computed from the feeds that have been fed so far.",
                port_name(graph, port)
            );
            if seen.insert(port.node) {
                pending.extend(graph.node(port.node).inputs.iter().copied());
            }
        }
        Ok(())
    }

    /// Runs every node whose inputs are there.
    fn run_ready(&mut self, session: &DirectSession, settings: &RunSettings) -> Result<()> {
        let graph = session.graph();
        let mut ready: BTreeSet<usize> = BTreeSet::new();
        // Ids are in an order in which nodes can run.
        for &id in &self.waiting {
            let node = graph.node(id);
            let there = |port: &Port| self.values.contains_key(port) || ready.contains(&port.node);
            let fed_later = |port: &Port| self.feeds.contains_key(port) && !self.values.contains_key(port);
            let inputs = node.inputs.iter().all(|port| there(port) && !fed_later(port));
            let controls =
                node.control_inputs.iter().all(|id| !self.waiting.contains(id) || ready.contains(id));
            if inputs && controls {
                ready.insert(id);
            }
        }
        if ready.is_empty() {
            return Ok(());
        }
        let (mut fetches, mut targets) = (Vec::new(), Vec::new());
        for &id in &ready {
            let outputs = graph.node(id).output_types.len();
            fetches.extend((0..outputs).map(|index| Port { node: id, index }));
            if outputs == 0 {
                targets.push(id);
            }
        }
        let fed: Vec<Port> = self.values.keys().copied().collect();
        fetches.retain(|port| !self.values.contains_key(port));
        let prepared = session.prepare(&fed, &fetches, &targets)?;
        let values = self.values.values().cloned().collect();
        let (results, _) = session.run_prepared(&prepared, values, settings)?;
        self.values.extend(fetches.into_iter().zip(results));
        let marks = targets.into_iter().map(|node| (Port { node, index: 0 }, NdArray::scalar(false)));
        self.values.extend(marks);
        self.waiting.retain(|id| !ready.contains(id));
        Ok(())
    }
}

fn port_name(graph: &Graph, port: Port) -> String {
    format!("{}:{}", graph.node(port.node).name, port.index)
}

fn check_pending(graph: &Graph, kind: &str, port: Port, state: Option<&bool>, done: &str) -> Result<()> {
    match state {
        Some(false) => Ok(()),
        Some(true) => {
            bail!(invalid_argument, "The {kind} {} has already been {done}.", port_name(graph, port))
        }
        None => bail!(
            invalid_argument,
            "The {kind} {} was not specified in partial_run_setup.",
            port_name(graph, port)
        ),
    }
}

/// The nodes that these need, up to what will be fed.
fn needed_nodes(
    graph: &Graph,
    roots: impl Iterator<Item = usize>,
    fed: &BTreeMap<Port, bool>,
) -> Result<BTreeSet<usize>> {
    let mut pending: Vec<usize> = roots.collect();
    let mut needed = BTreeSet::new();
    while let Some(id) = pending.pop() {
        if !needed.insert(id) {
            continue;
        }
        let node = graph.node(id);
        let refused = match node.op.as_str() {
            "Switch" | "Merge" | "Enter" | "Exit" | "NextIteration" | "LoopCond" => true,
            _ => node.output_types.iter().any(|dtype| dtype.is_ref()),
        };
        ensure!(
            !refused,
            unimplemented,
            "partial runs of references and v1 control flow are not supported (node '{}', op {})",
            node.name,
            node.op
        );
        pending.extend(node.inputs.iter().filter(|port| !fed.contains_key(port)).map(|port| port.node));
        pending.extend(node.control_inputs.iter().copied());
    }
    Ok(needed)
}
