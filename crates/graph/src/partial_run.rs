//! Partial runs: one run whose feeds arrive, and whose fetches leave, in several steps.
//!
//! After each step every node that can run has run, once; the run then waits for more to be fed.

use crate::plan::Paused;
use crate::step_memory::StepMemory;
use crate::{DirectSession, Graph, Port, RunSettings};
use ferroflow_core::{NdArray, Result, bail, ensure};
use std::collections::{BTreeMap, HashMap, HashSet};

/// The partial runs of a session that are under way.
#[derive(Default)]
pub(crate) struct PartialRuns {
    runs: HashMap<String, PartialRun>,
    started: u64,
}

struct PartialRun {
    pending: PendingRun,
    paused: Paused,
}

/// What is left to feed to, and to fetch from, a run that goes on in several steps.
pub struct PendingRun {
    feeds: BTreeMap<Port, Place>,
    fetches: BTreeMap<Port, Place>,
}

/// A feed or a fetch of a run.
struct Place {
    position: usize,
    /// Whether it was fed, or fetched.
    is_done: bool,
}

impl DirectSession {
    /// Begins a run that is fed, and fetched from, in several steps: gives its handle.
    ///
    /// # Errors
    /// `InvalidArgument` when nothing is fetched; as [`DirectSession::prepare`].
    pub fn partial_run_setup(&self, feeds: &[Port], fetches: &[Port], targets: &[usize]) -> Result<String> {
        ensure!(
            !(fetches.is_empty() && targets.is_empty()),
            invalid_argument,
            "Must specify at least one target to fetch or execute."
        );
        ensure!(!self.is_closed(), runtime, "Attempted to use a closed Session.");
        let mut cells = |node: usize| Some(self.cell(node));
        let paused = Paused::new(self.graph(), feeds, fetches, targets, &mut cells)?;
        let run = PartialRun { pending: PendingRun::new(feeds, fetches), paused };
        let mut runs = self.partial_runs();
        let handle = runs.started.to_string();
        runs.started += 1;
        runs.runs.insert(handle.clone(), run);
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
    /// and for fetches that need what was not fed; what the nodes return, which ends the run.
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
        let fed: Vec<Port> = feeds.iter().map(|(port, _)| *port).collect();
        let ready = run.pending.step(self.graph(), &fed, fetches);
        let result = match ready {
            Ok((fed, fetched)) => {
                let values = feeds.into_iter().map(|(_, value)| value);
                let fed = fed.into_iter().zip(values).collect();
                let go_on = || run.paused.go_on(fed, &fetched, &self.env(settings));
                Ok(StepMemory::limited(settings.memory_limit).within(go_on)?)
            }
            Err(error) => Err(error),
        };
        if !run.pending.is_over() {
            self.partial_runs().runs.insert(handle.to_string(), run);
        }
        result
    }
}

fn places(ports: &[Port]) -> BTreeMap<Port, Place> {
    let place = |(position, port): (usize, &Port)| (*port, Place { position, is_done: false });
    ports.iter().enumerate().map(place).collect()
}

impl PendingRun {
    /// A run of these feeds and fetches, of which nothing has come yet.
    pub fn new(feeds: &[Port], fetches: &[Port]) -> PendingRun {
        PendingRun { feeds: places(feeds), fetches: places(fetches) }
    }

    /// Whether all was fed and fetched.
    pub fn is_over(&self) -> bool {
        self.feeds.values().chain(self.fetches.values()).all(|place| place.is_done)
    }

    /// Notes what a step is fed and gives; says which of the run's feeds and fetches these are.
    ///
    /// # Errors
    /// `InvalidArgument` for feeds and fetches that were not set up or came before, and for fetches that need what was
    /// not fed. Nothing is noted then.
    pub fn step(
        &mut self,
        graph: &Graph,
        feeds: &[Port],
        fetches: &[Port],
    ) -> Result<(Vec<usize>, Vec<usize>)> {
        for port in feeds {
            check_pending(graph, "feed", *port, self.feeds.get(port), "fed")?;
        }
        for port in fetches {
            check_pending(graph, "fetch", *port, self.fetches.get(port), "fetched")?;
        }
        let fed_now: HashSet<Port> = feeds.iter().copied().collect();
        for port in fetches {
            self.check_computable(graph, *port, &fed_now)?;
        }
        let mark = |places: &mut BTreeMap<Port, Place>, ports: &[Port]| {
            let mut positions = Vec::with_capacity(ports.len());
            for port in ports {
                if let Some(place) = places.get_mut(port) {
                    place.is_done = true;
                    positions.push(place.position);
                }
            }
            positions
        };
        Ok((mark(&mut self.feeds, feeds), mark(&mut self.fetches, fetches)))
    }

    /// Looks for something a fetch needs that has not been fed.
    fn check_computable(&self, graph: &Graph, fetch: Port, fed_now: &HashSet<Port>) -> Result<()> {
        let mut pending = vec![fetch];
        let mut seen = HashSet::new();
        while let Some(port) = pending.pop() {
            if let Some(feed) = self.feeds.get(&port) {
                ensure!(
                    feed.is_done || fed_now.contains(&port),
                    invalid_argument,
                    "Fetch {} can't be computed from the feeds that have been fed so far.",
                    port_name(graph, port)
                );
                continue;
            }
            if seen.insert(port.node) {
                pending.extend(graph.node(port.node).inputs.iter().copied());
            }
        }
        Ok(())
    }
}

fn port_name(graph: &Graph, port: Port) -> String {
    format!("{}:{}", graph.node(port.node).name, port.index)
}

fn check_pending(graph: &Graph, kind: &str, port: Port, place: Option<&Place>, done: &str) -> Result<()> {
    match place.map(|place| place.is_done) {
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
