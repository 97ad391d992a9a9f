//! Partial runs: one run whose feeds arrive, and whose fetches leave, in several steps.
//!
//! After each step every node that can run has run, once: its outputs are kept, and fed to the plan of the next
//! step, which therefore does not run it again.

use super::feed::{FeedDict, FeedTensor};
use super::fetch::{Fetch, FetchPlan};
use super::open::Session;
use ferroflow_core::{Error, NdArray, Result, Tensor, bail, ensure};
use ferroflow_graph::{Graph, Port};
use ferroflow_proto::RunOptions;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{MutexGuard, PoisonError};

/// The partial runs of a session that are under way.
#[derive(Default)]
pub(super) struct PartialRuns {
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

impl Session {
    fn partial_runs(&self) -> MutexGuard<'_, PartialRuns> {
        self.0.partial_runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a run that is fed, and fetched from, in several steps: gives the handle for
    /// [`Session::partial_run`].
    ///
    /// ```
    /// use ferroflow_compat_v1::{self as tf, feeds};
    /// use ferroflow_core::DType;
    /// let a = tf::placeholder(DType::FLOAT32, ())?;
    /// let b = tf::placeholder(DType::FLOAT32, ())?;
    /// let sum = (&a + 1.0)?;
    /// let product = (&sum * &b)?;
    /// let sess = tf::Session::new()?;
    /// let handle = sess.partial_run_setup([&sum, &product], &[&a, &b])?;
    /// let first = sess.partial_run(&handle, &sum, feeds![&a => 2.0])?;
    /// let second = sess.partial_run(&handle, &product, feeds![&b => &first])?;
    /// assert_eq!((first.item::<f32>()?, second.item::<f32>()?), (3.0, 9.0));
    /// # Ok::<(), ferroflow_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Session::run`]; `InvalidArgument` when nothing is fetched; `Unimplemented` when the run needs reference
    /// variables' assignments or v1 control flow.
    pub fn partial_run_setup(&self, fetches: impl Fetch, feeds: &[&Tensor]) -> Result<String> {
        self.check_usable()?;
        let fed = feeds
            .iter()
            .map(|tensor| Ok((FeedTensor::Tensor((*tensor).clone()).find(self.graph())?.1, false)))
            .collect::<Result<BTreeMap<Port, bool>>>()?;
        let mut plan = FetchPlan::new(self.graph(), &[]);
        fetches.collect(&mut plan)?;
        ensure!(
            !(plan.ports().is_empty() && plan.targets().is_empty()),
            invalid_argument,
            "Must specify at least one target to fetch or execute."
        );
        let roots = plan.ports().iter().filter(|port| !fed.contains_key(port)).map(|port| port.node);
        let waiting = needed_nodes(self.graph(), roots.chain(plan.targets().iter().copied()), &fed)?;
        let run = PartialRun {
            fetches: plan.ports().iter().map(|port| (*port, false)).collect(),
            feeds: fed,
            waiting,
            values: BTreeMap::new(),
        };
        let mut runs = self.partial_runs();
        runs.started += 1;
        let handle = format!("partial_run_{}", runs.started);
        runs.runs.insert(handle.clone(), run);
        Ok(handle)
    }

    /// Goes on with a run that [`Session::partial_run_setup`] began.
    ///
    /// # Errors
    /// `InvalidArgument` for a handle whose run is over, for feeds and fetches that were not set up or came before,
    /// and for fetches that need what was not fed; what the nodes return.
    pub fn partial_run<F: Fetch>(&self, handle: &str, fetches: F, feeds: FeedDict) -> Result<F::Output> {
        self.check_usable()?;
        let feeds = feeds.resolve(self.graph())?;
        let mut plan = FetchPlan::new(self.graph(), &[]);
        fetches.collect(&mut plan)?;
        // Taken out while it runs: a step of another thread would run nodes twice.
        let Some(mut run) = self.partial_runs().runs.remove(handle) else {
            bail!(invalid_argument, "Must run 'setup' before performing partial runs!");
        };
        let result = run.step(self, feeds, plan.ports());
        if run.feeds.values().chain(run.fetches.values()).any(|done| !done) {
            self.partial_runs().runs.insert(handle.to_string(), run);
        }
        fetches.rebuild(&mut plan.with_values(result?))
    }
}

impl PartialRun {
    fn step(
        &mut self,
        session: &Session,
        feeds: Vec<(Port, NdArray)>,
        fetches: &[Port],
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
        self.run_ready(session)?;
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
    fn run_ready(&mut self, session: &Session) -> Result<()> {
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
        let prepared = session.0.direct.prepare(&fed, &fetches, &targets)?;
        let values = self.values.values().cloned().collect();
        let results = session.execute(&prepared, values, &RunOptions::default(), None)?;
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
