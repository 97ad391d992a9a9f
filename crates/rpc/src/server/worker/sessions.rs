//! What masters keep on a worker: sessions, and in each the parts of graphs that are placed here.

use super::unfuse::unfuse;
use crate::server::options::Limits;
use crate::server::peers::Peers;
use crate::server::placement::Device;
use ferroflow_core::{Error, ResourceManager, Result, StateCell, bail, ensure};
use ferroflow_graph::{DirectSession, Graph, Part};
use ferroflow_proto::{CreateWorkerSessionRequest, GraphDef};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A part of a graph that a master has placed here.
pub(crate) struct Registered {
    pub(crate) direct: DirectSession,
    pub(crate) part: Part,
    nodes: usize,
}

/// What a session of a master has here.
pub(crate) struct WorkerSession {
    pub(crate) device: Device,
    pub(crate) peers: Arc<Peers>,
    resources: Arc<ResourceManager>,
    limits: Limits,
    graphs: Mutex<Graphs>,
    /// What nodes keep from run to run, by their names: graphs of one session share it.
    cells: Mutex<HashMap<String, StateCell>>,
    /// The master's task, and what tells it from the one that was there before.
    master: (String, i64),
    last_call: Mutex<Instant>,
    calls: AtomicUsize,
}

#[derive(Default)]
struct Graphs {
    held: HashMap<String, Arc<Registered>>,
    made: u64,
    nodes: usize,
}

impl WorkerSession {
    pub(crate) fn new(
        device: Device,
        peers: Arc<Peers>,
        resources: Arc<ResourceManager>,
        limits: &Limits,
    ) -> WorkerSession {
        WorkerSession {
            device,
            peers,
            resources,
            limits: limits.clone(),
            graphs: Mutex::default(),
            cells: Mutex::default(),
            master: (String::new(), 0),
            last_call: Mutex::new(Instant::now()),
            calls: AtomicUsize::new(0),
        }
    }

    /// Takes a part of a graph; gives the name by which it is run.
    ///
    /// # Errors
    /// `InvalidArgument` for a malformed graph or one that is placed elsewhere, `Unimplemented` for an op without a
    /// kernel, `ResourceExhausted` above the server's limit of nodes.
    pub(crate) fn register(&self, mut graph_def: GraphDef) -> Result<String> {
        let functions = graph_def.library.iter().flat_map(|library| &library.function);
        let added = graph_def.node.len() + functions.map(|function| function.node_def.len()).sum::<usize>();
        let limit = self.limits.graph_nodes;
        let check = |nodes: usize| {
            let nodes = nodes.saturating_add(added);
            ensure!(
                nodes <= limit,
                resource_exhausted,
                "graphs of {nodes} nodes are above the server's limit of {limit} (--max-graph-nodes)"
            );
            Ok(())
        };
        check(lock(&self.graphs).nodes)?;
        if let Some(node) = graph_def.node.iter().find(|node| node.device != self.device.name()) {
            bail!(invalid_argument, "{} unknown device.", node.device);
        }
        unfuse(&mut graph_def)?;
        let graph = Graph::new();
        graph.extend(&graph_def)?;
        let direct = DirectSession::with_resources(graph, self.resources.clone());
        let mut cells = lock(&self.cells);
        let part = direct.prepare_part(&mut |name| cells.entry(name.to_string()).or_default().clone())?;
        drop(cells);
        let mut graphs = lock(&self.graphs);
        check(graphs.nodes)?;
        graphs.nodes += added;
        graphs.made += 1;
        let handle = format!("{:016x}", graphs.made);
        graphs.held.insert(handle.clone(), Arc::new(Registered { direct, part, nodes: added }));
        Ok(handle)
    }

    /// A part by its name.
    ///
    /// # Errors
    /// `Aborted` for one that is not here.
    pub(crate) fn graph(&self, handle: &str) -> Result<Arc<Registered>> {
        let found = lock(&self.graphs).held.get(handle).cloned();
        found.ok_or_else(|| Error::aborted(format!("Graph handle is not found: {handle}")))
    }

    /// Forgets a part.
    ///
    /// # Errors
    /// `Aborted` for one that is not here.
    pub(crate) fn deregister(&self, handle: &str) -> Result<()> {
        let mut graphs = lock(&self.graphs);
        let Some(graph) = graphs.held.remove(handle) else {
            bail!(aborted, "Graph handle is not found: {handle}. Possibly, this worker just restarted.");
        };
        graphs.nodes -= graph.nodes;
        Ok(())
    }

    /// Ends all that runs.
    pub(crate) fn close(&self) {
        lock(&self.graphs).held.values().for_each(|graph| graph.direct.close());
    }
}

/// A call that is under way keeps its session from being collected.
pub(crate) struct InSession(Arc<WorkerSession>);

impl InSession {
    fn new(session: &Arc<WorkerSession>) -> InSession {
        session.calls.fetch_add(1, Ordering::SeqCst);
        InSession(session.clone())
    }
}

impl Drop for InSession {
    fn drop(&mut self) {
        *lock(&self.0.last_call) = Instant::now();
        self.0.calls.fetch_sub(1, Ordering::SeqCst);
    }
}

impl std::ops::Deref for InSession {
    type Target = WorkerSession;

    fn deref(&self) -> &WorkerSession {
        &self.0
    }
}

/// The sessions of a worker.
pub(crate) struct WorkerSessions {
    held: Mutex<HashMap<String, Arc<WorkerSession>>>,
    /// What masters use that open no session first.
    common: Arc<WorkerSession>,
    task: String,
}

impl WorkerSessions {
    pub(crate) fn new(common: WorkerSession) -> WorkerSessions {
        let task = common.device.task_name();
        WorkerSessions { held: Mutex::default(), common: Arc::new(common), task }
    }

    /// Opens a session. One that a master opened before it was started anew is of no use any more.
    ///
    /// # Errors
    /// `InvalidArgument` without a name; `ResourceExhausted` where too many are open.
    pub(crate) fn create(&self, request: &CreateWorkerSessionRequest) -> Result<()> {
        let handle = &request.session_handle;
        ensure!(!handle.is_empty(), invalid_argument, "Session must be non-empty.");
        let common = &self.common;
        let master = (request.master_task.clone(), request.master_incarnation);
        let mut held = lock(&self.held);
        held.retain(|_, session| {
            let stale = !master.0.is_empty() && session.master.0 == master.0 && session.master.1 != master.1;
            if stale {
                session.close();
            }
            !stale
        });
        if held.contains_key(handle) {
            return Ok(());
        }
        let limit = common.limits.sessions;
        ensure!(
            held.len() < limit,
            resource_exhausted,
            "masters have {limit} sessions open, the server's limit (--max-sessions)"
        );
        let mut session = WorkerSession::new(
            common.device.clone(),
            common.peers.clone(),
            if request.isolate_session_state {
                Arc::new(ResourceManager::with_default_container(common.device.job()))
            } else {
                common.resources.clone()
            },
            &common.limits,
        );
        session.master = master;
        // A session may bring its cluster, and this server's name in it.
        let brought = request.server_def.as_ref().and_then(|server| Some((server, server.cluster.as_ref()?)));
        if let Some((server, cluster)) = brought.filter(|(_, cluster)| !cluster.job.is_empty()) {
            session.device = common.device.renamed(&server.job_name, server.task_index.unsigned_abs());
            session.peers = Arc::new(Peers::new(cluster));
        }
        held.insert(handle.clone(), Arc::new(session));
        Ok(())
    }

    /// A session by its name.
    ///
    /// # Errors
    /// `Aborted` for one that is not here.
    pub(crate) fn find(&self, handle: &str, created: bool) -> Result<InSession> {
        if !created {
            return Ok(InSession::new(&self.common));
        }
        let found = lock(&self.held).get(handle).map(InSession::new);
        found.ok_or_else(|| {
            Error::aborted(format!(
                "Session handle is not found: {handle}. Possibly this worker (\"{}\") just restarted.",
                self.task
            ))
        })
    }

    /// Forgets a session.
    pub(crate) fn delete(&self, handle: &str) {
        let session = lock(&self.held).remove(handle);
        if let Some(session) = session {
            session.close();
        }
    }

    /// Forgets the sessions that no master has called for long.
    pub(crate) fn collect(&self, idle: Duration) {
        lock(&self.held).retain(|_, session| {
            let keep = session.calls.load(Ordering::SeqCst) > 0 || lock(&session.last_call).elapsed() <= idle;
            if !keep {
                session.close();
            }
            keep
        });
    }

    /// Ends everything.
    pub(crate) fn close_all(&self) {
        std::mem::take(&mut *lock(&self.held)).into_values().for_each(|session| session.close());
        self.common.close();
    }
}
