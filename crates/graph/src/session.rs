//! `DirectSession`: runs parts of a graph in this process, and keeps what they leave behind.

use crate::library_runner::LibraryRunner;
use crate::partial_run::PartialRuns;
use crate::plan::{FeedShapes, Plan, RunWatch, StepTiming};
use crate::step_memory::StepMemory;
use crate::{Graph, Port};
use ferroflow_core::{
    Cancellation, Env, Error, NdArray, ResourceManager, Result, SessionTensors, StateCell, bail, ensure,
};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// How a run is to be done.
#[derive(Clone, Default)]
pub struct RunSettings {
    /// How long it may take.
    pub timeout: Option<Duration>,
    /// Whether to note how long each step takes.
    pub trace: bool,
    /// What ends the run early, made by [`DirectSession::cancellation`].
    pub cancellation: Option<Cancellation>,
    /// How many bytes its values may take at one time.
    pub memory_limit: Option<usize>,
}

/// A session that runs in this process. It may be used from many threads at once.
pub struct DirectSession {
    graph: Graph,
    env: Env,
    plans: RwLock<FxHashMap<PlanKey, Arc<Plan>>>,
    cells: Mutex<HashMap<usize, StateCell>>,
    closed: AtomicBool,
    partial_runs: Mutex<PartialRuns>,
}

/// What a plan was made for. Each run makes one to find its plan, without asking for memory where it is short.
#[derive(Clone, PartialEq, Eq, Hash)]
struct PlanKey {
    feeds: SmallVec<[Port; 4]>,
    fetches: SmallVec<[Port; 4]>,
    targets: SmallVec<[usize; 2]>,
}

impl PlanKey {
    fn new(feeds: &[Port], fetches: &[Port], targets: &[usize]) -> PlanKey {
        PlanKey { feeds: feeds.into(), fetches: fetches.into(), targets: targets.into() }
    }
}

/// A plan that is bound to its session: what `make_callable` keeps.
#[derive(Clone)]
pub struct Prepared(Arc<Plan>);

impl Prepared {
    /// Notes whether a run on feeds of these shapes was short.
    pub fn note_pace(&self, shapes: impl FnOnce() -> FeedShapes, short: bool) {
        self.0.note_pace(shapes, short);
    }

    /// Whether a run on feeds of these shapes is known to be short: one of the last was, it waits for nobody, and it does
    /// the same work each time, as far as the graph tells.
    pub fn is_short(&self, shapes: &FeedShapes) -> bool {
        self.0.is_short(shapes)
    }
}

impl DirectSession {
    /// A session for a graph, with resources of its own.
    pub fn new(graph: Graph) -> DirectSession {
        let mut session = DirectSession::with_resources(graph, Arc::new(ResourceManager::new()));
        session.env.session_tensors = Some(Arc::default());
        session
    }

    /// A session that shares resources with others.
    pub fn with_resources(graph: Graph, resources: Arc<ResourceManager>) -> DirectSession {
        let runner = LibraryRunner { graph: Some(graph.downgrade()) };
        let mut env = Env::default();
        env.resources = resources;
        env.functions = Some(Arc::new(runner));
        DirectSession {
            graph,
            env,
            plans: RwLock::default(),
            cells: Mutex::default(),
            closed: AtomicBool::new(false),
            partial_runs: Mutex::default(),
        }
    }

    /// The graph.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Variables, tables and queues of the session.
    pub fn resources(&self) -> &Arc<ResourceManager> {
        &self.env.resources
    }

    /// The values that runs kept for later ones; none are kept by a session that shares resources.
    pub fn session_tensors(&self) -> Option<&SessionTensors> {
        self.env.session_tensors.as_deref()
    }

    /// Ends the session: runs that are under way stop, later ones are refused.
    pub fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        self.env.cancellation.cancel();
    }

    /// Whether the session was closed.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    /// A flag that ends a run early; closing the session sets it, too.
    pub fn cancellation(&self) -> Cancellation {
        self.env.cancellation.child()
    }

    pub(crate) fn partial_runs(&self) -> MutexGuard<'_, PartialRuns> {
        self.partial_runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state that a node keeps from run to run.
    pub(crate) fn cell(&self, node: usize) -> StateCell {
        let mut cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
        cells.entry(node).or_default().clone()
    }

    /// The surroundings of a run.
    pub(crate) fn env(&self, settings: &RunSettings) -> Env {
        let mut env = self.env.clone();
        // A timeout that no clock reaches is none.
        env.deadline = settings.timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        if let Some(cancellation) = &settings.cancellation {
            env.cancellation = cancellation.clone();
        }
        env
    }

    /// The plan for these feeds, fetches and targets, if it was made before.
    pub fn prepared(&self, feeds: &[Port], fetches: &[Port], targets: &[usize]) -> Option<Prepared> {
        let plans = self.plans.read().unwrap_or_else(PoisonError::into_inner);
        plans.get(&PlanKey::new(feeds, fetches, targets)).cloned().map(Prepared)
    }

    /// Makes the plan for these feeds, fetches and targets, or finds the one made before.
    ///
    /// # Errors
    /// `RuntimeError` after [`DirectSession::close`], `Unimplemented` for an op without a kernel.
    pub fn prepare(&self, feeds: &[Port], fetches: &[Port], targets: &[usize]) -> Result<Prepared> {
        ensure!(!self.is_closed(), runtime, "Attempted to use a closed Session.");
        if let Some(prepared) = self.prepared(feeds, fetches, targets) {
            return Ok(prepared);
        }
        let key = PlanKey::new(feeds, fetches, targets);
        let mut cells = |node: usize| Some(self.cell(node));
        let plan = Arc::new(Plan::compile(&self.graph, feeds, fetches, targets, &mut cells)?);
        let mut plans = self.plans.write().unwrap_or_else(PoisonError::into_inner);
        Ok(Prepared(plans.entry(key).or_insert(plan).clone()))
    }

    /// Runs a prepared plan on values for its feeds, in their order.
    ///
    /// # Errors
    /// `RuntimeError` after [`DirectSession::close`]; what the first failing step returns, with its node;
    /// `DeadlineExceeded`, `Cancelled`; `ResourceExhausted` above the memory limit.
    pub fn run_prepared(
        &self,
        prepared: &Prepared,
        feeds: Vec<NdArray>,
        settings: &RunSettings,
    ) -> Result<(Vec<NdArray>, Vec<StepTiming>)> {
        match settings.memory_limit {
            None => self.run_plan(prepared, feeds, settings),
            limit => StepMemory::limited(limit).within(|| self.run_plan(prepared, feeds, settings)),
        }
    }

    fn run_plan(
        &self,
        prepared: &Prepared,
        feeds: Vec<NdArray>,
        settings: &RunSettings,
    ) -> Result<(Vec<NdArray>, Vec<StepTiming>)> {
        ensure!(!self.is_closed(), runtime, "Attempted to use a closed Session.");
        if feeds.len() != prepared.0.num_feeds() {
            bail!(internal, "{} values for {} feeds", feeds.len(), prepared.0.num_feeds());
        }
        let mut watch = RunWatch { timings: settings.trace.then(Vec::new) };
        let values = if settings.timeout.is_none() && settings.cancellation.is_none() {
            prepared.0.run(feeds, &self.env, &mut watch)?
        } else {
            prepared.0.run(feeds, &self.env(settings), &mut watch)?
        };
        Ok((values, watch.timings.unwrap_or_default()))
    }

    /// Computes `fetches` with these values fed, and runs `targets`.
    ///
    /// # Errors
    /// As [`DirectSession::prepare`] and [`DirectSession::run_prepared`].
    pub fn run(
        &self,
        feeds: &[(Port, NdArray)],
        fetches: &[Port],
        targets: &[usize],
    ) -> Result<Vec<NdArray>> {
        let mut feeds = feeds.to_vec();
        feeds.sort_by_key(|(port, _)| *port);
        if feeds.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return Err(Error::invalid_argument("a tensor is fed more than once"));
        }
        let (ports, values): (Vec<Port>, Vec<NdArray>) = feeds.into_iter().unzip();
        let prepared = self.prepare(&ports, fetches, targets)?;
        Ok(self.run_prepared(&prepared, values, &RunSettings::default())?.0)
    }
}

impl Drop for DirectSession {
    fn drop(&mut self) {
        self.env.cancellation.cancel();
    }
}
