//! A session that a server keeps for a client.

use super::connections::Connections;
use super::endpoints;
use super::node_types;
use super::options::Limits;
use super::partition;
use super::placement::{self, Device};
use super::spread::{Cluster, PartialRuns, Parts, Reports};
use super::values::Exchanged;
use ferroflow_core::{Cancellation, Code, Error, NdArray, ResourceManager, Result, Shape, bail, ensure};
use ferroflow_graph::{
    DirectSession, FeedShapes, Graph, Port, Prepared, RunSettings, RunSignature, step_stats,
};
use ferroflow_proto::run_options::TraceLevel;
use ferroflow_proto::{
    CallableOptions, ConfigProto, DeviceAttributes, GraphDef, Message, NamedTensorProto, RunCallableRequest,
    RunMetadata, RunOptions, RunStepRequest, TensorProto, shape_proto,
};
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// What takes no longer gains nothing by a thread of its own.
const SHORT: Duration = Duration::from_micros(200);
/// How large, in bytes or elements, may be what is known to be read in no time.
const SMALL: usize = 1 << 14;

/// A session, its graph and what its client has prepared.
pub(crate) struct ServedSession {
    pub(crate) direct: DirectSession,
    graph: Graph,
    device: Device,
    /// The other servers that nodes can be placed on, where there are any.
    cluster: Option<Arc<Cluster>>,
    partial_runs: PartialRuns,
    limits: Limits,
    config: ConfigProto,
    /// How often the graph was extended, and the number of its nodes and those of its functions.
    version: Mutex<(i64, usize)>,
    callables: Mutex<Callables>,
    last_call: Mutex<Instant>,
    calls: AtomicUsize,
}

#[derive(Default)]
struct Callables {
    held: HashMap<i64, Arc<Callable>>,
    next: i64,
}

/// How a run is done: on this server alone, or in parts.
enum Way {
    Here(Prepared),
    Spread(Arc<Parts>),
}

struct Callable {
    way: Way,
    signature: RunSignature,
    connections: Connections,
    options: RunOptions,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is behind these locks is changed by steps that leave it whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn shapes(values: &[NdArray]) -> FeedShapes {
    values.iter().map(|value| value.shape().clone()).collect()
}

/// The shapes of values that are small.
fn proto_shapes<'a>(values: impl Iterator<Item = Option<&'a TensorProto>>) -> Option<FeedShapes> {
    let shape = |value: Option<&TensorProto>| {
        let shape = value?.tensor_shape.as_ref().map_or(Ok(Shape::scalar()), shape_proto::to_shape).ok()?;
        (shape.num_elements() <= SMALL).then_some(shape)
    };
    values.map(shape).collect()
}

/// A call that is under way keeps its session from being collected.
pub(crate) struct InUse(Arc<ServedSession>);

impl Drop for InUse {
    fn drop(&mut self) {
        *lock(&self.0.last_call) = Instant::now();
        self.0.calls.fetch_sub(1, Ordering::SeqCst);
    }
}

impl std::ops::Deref for InUse {
    type Target = ServedSession;

    fn deref(&self) -> &ServedSession {
        &self.0
    }
}

/// The values of a step, and its report.
type Results = (Vec<NdArray>, RunMetadata);

impl ServedSession {
    pub(crate) fn new(
        graph_def: &GraphDef,
        config: ConfigProto,
        device: Device,
        cluster: Option<Cluster>,
        limits: &Limits,
        resources: Arc<ResourceManager>,
    ) -> Result<ServedSession> {
        let graph = Graph::new();
        let session = ServedSession {
            direct: DirectSession::with_resources(graph.clone(), resources),
            graph,
            device,
            cluster: cluster.map(Arc::new),
            partial_runs: PartialRuns::default(),
            limits: limits.clone(),
            config,
            version: Mutex::default(),
            callables: Mutex::default(),
            last_call: Mutex::new(Instant::now()),
            calls: AtomicUsize::new(0),
        };
        session.add(graph_def, &mut lock(&session.version).1)?;
        Ok(session)
    }

    /// Notes that a call is under way.
    pub(crate) fn enter(self: &Arc<ServedSession>) -> InUse {
        self.calls.fetch_add(1, Ordering::SeqCst);
        InUse(self.clone())
    }

    /// Whether nobody has called for so long.
    pub(crate) fn is_idle(&self, time: Duration) -> bool {
        self.calls.load(Ordering::SeqCst) == 0 && lock(&self.last_call).elapsed() > time
    }

    fn add(&self, graph_def: &GraphDef, nodes: &mut usize) -> Result<()> {
        let functions = graph_def.library.iter().flat_map(|library| &library.function);
        let added = graph_def.node.len() + functions.map(|function| function.node_def.len()).sum::<usize>();
        let limit = self.limits.graph_nodes;
        ensure!(
            nodes.saturating_add(added) <= limit,
            resource_exhausted,
            "a graph of {} nodes is above the server's limit of {limit} (--max-graph-nodes)",
            nodes.saturating_add(added)
        );
        let devices =
            self.cluster.as_ref().map_or(std::slice::from_ref(&self.device), |cluster| cluster.devices());
        node_types::check(&graph_def.node)?;
        placement::check(&graph_def.node, devices, self.config.allow_soft_placement)?;
        self.graph.extend(graph_def)?;
        *nodes += added;
        Ok(())
    }

    /// Adds nodes to the graph, which must be the one the client knows; gives its new version.
    pub(crate) fn extend(&self, graph_def: &GraphDef, current: i64) -> Result<i64> {
        let mut version = lock(&self.version);
        let found = version.0;
        ensure!(found == current, aborted, "Current version is {found} but caller expected {current}.");
        self.add(graph_def, &mut version.1)?;
        version.0 += 1;
        Ok(version.0)
    }

    /// The names that a step fetches, each once, and what it is fed, fetches and runs.
    fn signature(&self, request: &RunStepRequest) -> Result<(Vec<String>, RunSignature)> {
        let mut seen = HashSet::new();
        let names: Vec<String> = request.fetch.iter().filter(|name| seen.insert(*name)).cloned().collect();
        let feeds = endpoints::feeds(&self.graph, request.feed.iter().map(|feed| feed.name.as_str()))?;
        let fetches = endpoints::fetches(&self.graph, &names)?;
        let targets = endpoints::targets(&self.graph, &request.target)?;
        Ok((names, RunSignature { feeds, fetches, targets }))
    }

    /// Whether a step is known to be short.
    pub(crate) fn is_short_step(&self, request: &RunStepRequest) -> bool {
        let lists_graph = request.options.as_ref().is_some_and(|options| options.output_partition_graphs);
        if !request.partial_run_handle.is_empty() || lists_graph || request.encoded_len() > SMALL {
            return false;
        }
        let find = || {
            let shapes = proto_shapes(request.feed.iter().map(|feed| feed.tensor.as_ref()))?;
            let (_, RunSignature { feeds, fetches, targets }) = self.signature(request).ok()?;
            Some(self.direct.prepared(&feeds, &fetches, &targets)?.is_short(&shapes))
        };
        find().unwrap_or(false)
    }

    /// Whether a call of a callable is known to be short.
    pub(crate) fn is_short_call(&self, request: &RunCallableRequest) -> bool {
        let find = || {
            let shapes = proto_shapes(request.feed.iter().map(Some))?;
            let callable = self.callable(request.handle)?;
            let Way::Here(prepared) = &callable.way else { return None };
            Some(!callable.options.output_partition_graphs && prepared.is_short(&shapes))
        };
        request.encoded_len() <= SMALL && find().unwrap_or(false)
    }

    fn callable(&self, handle: i64) -> Option<Arc<Callable>> {
        lock(&self.callables).held.get(&handle).cloned()
    }

    /// Runs a step, or the part of a partial run that a request is about.
    pub(crate) fn run_step(
        &self,
        request: &RunStepRequest,
        cancellation: Cancellation,
    ) -> Result<(Vec<NamedTensorProto>, RunMetadata)> {
        let started = Instant::now();
        let options = request.options.clone().unwrap_or_default();
        let (fetches, signature) = self.signature(request)?;
        let RunSignature { feeds, fetches: ports, targets } = &signature;
        let values = self.exchanged().values(feeds, request.feed.iter().map(|feed| feed.tensor.as_ref()))?;
        let mut pace = None;
        let (results, metadata) = if request.partial_run_handle.is_empty() {
            ensure!(
                !(ports.is_empty() && targets.is_empty()),
                invalid_argument,
                "Must specify at least one target to fetch or execute."
            );
            match self.way(&signature, &options, &cancellation)? {
                Way::Spread(parts) => self.execute_parts(&parts, values, &options, cancellation)?,
                Way::Here(prepared) => {
                    let shapes = shapes(&values);
                    let done = self.execute(&prepared, &signature, values, &options, cancellation)?;
                    pace = Some((prepared, shapes));
                    done
                }
            }
        } else {
            let settings = self.settings(&options, cancellation)?;
            let fed = feeds.iter().copied().zip(values).collect();
            (self.partial_run(&request.partial_run_handle, fed, ports, &settings)?, RunMetadata::default())
        };
        let tensors = self.exchanged().protos(&results)?;
        if let Some((prepared, shapes)) = pace {
            prepared.note_pace(|| shapes, started.elapsed() <= SHORT);
        }
        let named = fetches.into_iter().zip(tensors);
        Ok((named.map(|(name, tensor)| NamedTensorProto { name, tensor: Some(tensor) }).collect(), metadata))
    }

    pub(crate) fn partial_run_setup(
        &self,
        feed: &[String],
        fetch: &[String],
        target: &[String],
    ) -> Result<String> {
        let feeds = endpoints::feeds(&self.graph, feed.iter().map(String::as_str))?;
        let fetches = endpoints::fetches(&self.graph, fetch)?;
        let targets = endpoints::targets(&self.graph, target)?;
        let signature = RunSignature { feeds, fetches, targets };
        let (options, cancellation) = (RunOptions::default(), self.direct.cancellation());
        match (self.way(&signature, &options, &cancellation)?, &self.cluster) {
            (Way::Spread(parts), Some(cluster)) => {
                let settings = self.settings(&options, cancellation)?;
                self.partial_runs.begin(cluster, parts, &signature, settings, self.limits.steps)
            }
            _ => self.direct.partial_run_setup(&signature.feeds, &signature.fetches, &signature.targets),
        }
    }

    /// Goes on with a partial run.
    fn partial_run(
        &self,
        handle: &str,
        feeds: Vec<(Port, NdArray)>,
        fetches: &[Port],
        settings: &RunSettings,
    ) -> Result<Vec<NdArray>> {
        if self.partial_runs.has(handle) {
            return self.partial_runs.go_on(&self.graph, handle, feeds, fetches, settings);
        }
        ensure!(
            self.direct.has_partial_run(handle),
            invalid_argument,
            "Must run PartialRunSetup before performing partial runs"
        );
        let results = self.direct.partial_run(handle, feeds, fetches, settings);
        results.map_err(|error| self.told_from_here(error))
    }

    pub(crate) fn make_callable(&self, options: &CallableOptions) -> Result<i64> {
        for (name, device) in options.feed_devices.iter().chain(&options.fetch_devices) {
            ensure!(
                *device == self.device.name(),
                unimplemented,
                "CallableOptions with tensor {name} on device {device}"
            );
        }
        let replaced = options.tensor_connection.iter().map(|connection| &connection.to_tensor);
        let names = options.feed.iter().chain(replaced).map(String::as_str);
        let mut feeds = endpoints::feeds(&self.graph, names)?;
        let replaced = feeds.split_off(options.feed.len());
        let fetches = endpoints::fetches(&self.graph, &options.fetch)?;
        let targets = endpoints::targets(&self.graph, &options.target)?;
        let signature = RunSignature { feeds, fetches, targets };
        let way = self.way(&signature, &RunOptions::default(), &self.direct.cancellation())?;
        let connections = Connections::new(&self.graph, &options.tensor_connection, replaced, &signature)?;
        let options = options.run_options.clone().unwrap_or_default();
        let reports = options.trace_level == TraceLevel::FullTrace as i32 || options.output_partition_graphs;
        ensure!(
            connections.is_empty() || !reports,
            unimplemented,
            "unsupported reports on a callable with tensor connections"
        );
        ensure!(
            connections.is_empty() || matches!(way, Way::Here(_)),
            unimplemented,
            "unsupported tensor connections on several servers"
        );
        let mut callables = lock(&self.callables);
        let handle = callables.next;
        callables.next += 1;
        callables.held.insert(handle, Arc::new(Callable { way, signature, connections, options }));
        Ok(handle)
    }

    pub(crate) fn run_callable(
        &self,
        request: &RunCallableRequest,
        cancellation: Cancellation,
    ) -> Result<(Vec<TensorProto>, RunMetadata)> {
        let started = Instant::now();
        let RunCallableRequest { handle, feed: feeds, .. } = request;
        let Some(callable) = self.callable(*handle) else {
            bail!(invalid_argument, "No such callable handle: {handle}");
        };
        let wanted = callable.signature.feeds.len();
        ensure!(feeds.len() == wanted, invalid_argument, "Expected {wanted} feeds, but got {}", feeds.len());
        let values = self.exchanged().values(&callable.signature.feeds, feeds.iter().map(Some))?;
        let Callable { way, signature, connections, options } = &*callable;
        if !connections.is_empty() {
            let settings = self.settings(options, cancellation)?;
            let results = connections.run(&self.direct, signature, values, &settings);
            let results = results.map_err(|error| self.told_from_here(error))?;
            return Ok((self.exchanged().protos(&results)?, RunMetadata::default()));
        }
        let prepared = match way {
            Way::Here(prepared) => prepared,
            Way::Spread(parts) => {
                let (results, metadata) = self.execute_parts(parts, values, options, cancellation)?;
                return Ok((self.exchanged().protos(&results)?, metadata));
            }
        };
        let shapes = shapes(&values);
        let (results, metadata) = self.execute(prepared, signature, values, options, cancellation)?;
        let tensors = self.exchanged().protos(&results)?;
        prepared.note_pace(|| shapes, started.elapsed() <= SHORT);
        Ok((tensors, metadata))
    }

    pub(crate) fn release_callable(&self, handle: i64) {
        lock(&self.callables).held.remove(&handle);
    }

    /// What reads feeds and writes fetches.
    fn exchanged(&self) -> Exchanged<'_> {
        Exchanged { graph: &self.graph, task: &self.device, limit: self.limits.step_bytes }
    }

    fn settings(&self, options: &RunOptions, cancellation: Cancellation) -> Result<RunSettings> {
        let debug =
            options.debug_options.as_ref().is_some_and(|debug| !debug.debug_tensor_watch_opts.is_empty());
        ensure!(!debug, unimplemented, "RunOptions.debug_options is not supported");
        let limits = [options.timeout_in_ms, self.config.operation_timeout_in_ms];
        let timeout = limits.into_iter().find(|limit| *limit > 0);
        Ok(RunSettings {
            timeout: timeout.map(|limit| Duration::from_millis(limit.unsigned_abs())),
            trace: options.trace_level == TraceLevel::FullTrace as i32,
            cancellation: Some(cancellation),
            memory_limit: Some(self.limits.step_bytes),
        })
    }

    fn execute(
        &self,
        prepared: &Prepared,
        signature: &RunSignature,
        values: Vec<NdArray>,
        options: &RunOptions,
        cancellation: Cancellation,
    ) -> Result<Results> {
        let settings = self.settings(options, cancellation)?;
        let started = SystemTime::now();
        let run = self.direct.run_prepared(prepared, values, &settings);
        let (results, timings) = run.map_err(|error| self.told_from_here(error))?;
        let stats = settings.trace.then(|| step_stats(&self.graph, &self.device.name(), &timings, started));
        let place = |_: &str| self.device.name();
        let report = || partition::run_graph(&self.graph, signature, &self.device, &place);
        let partition = options.output_partition_graphs.then(report).transpose()?;
        let partition_graphs = partition.into_iter().collect();
        Ok((results, RunMetadata { step_stats: stats, partition_graphs, ..RunMetadata::default() }))
    }

    /// How a run is done. Servers that are not there yet are waited for.
    fn way(
        &self,
        signature: &RunSignature,
        options: &RunOptions,
        cancellation: &Cancellation,
    ) -> Result<Way> {
        let timeout = self.settings(options, cancellation.clone())?.timeout;
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let go_on = || {
            ensure!(!cancellation.is_cancelled(), cancelled, "RunStep was cancelled");
            let late = deadline.is_some_and(|deadline| Instant::now() >= deadline);
            ensure!(!late, deadline_exceeded, "Deadline Exceeded");
            Ok(())
        };
        let parts = self.cluster.as_ref().map(|cluster| cluster.parts(&self.graph, signature, &go_on));
        if let Some(parts) = parts.transpose()?.flatten() {
            return Ok(Way::Spread(parts));
        }
        let RunSignature { feeds, fetches, targets } = signature;
        Ok(Way::Here(self.direct.prepare(feeds, fetches, targets)?))
    }

    fn execute_parts(
        &self,
        parts: &Parts,
        values: Vec<NdArray>,
        options: &RunOptions,
        cancellation: Cancellation,
    ) -> Result<Results> {
        let settings = self.settings(options, cancellation)?;
        let reports = Reports { timeline: settings.trace, graphs: options.output_partition_graphs };
        match &self.cluster {
            Some(cluster) => cluster.run(parts, values, &settings, reports),
            None => bail!(internal, "a session without a cluster has parts on other servers"),
        }
    }

    /// The devices of the other servers of the cluster, of those that answer.
    pub(crate) fn other_devices(&self) -> Vec<DeviceAttributes> {
        self.cluster.as_ref().map(|cluster| cluster.list_devices()).unwrap_or_default()
    }

    pub(crate) fn device(&self) -> &Device {
        &self.device
    }

    /// Ends the session: its steps stop, here and elsewhere.
    pub(crate) fn close(&self) {
        self.direct.close();
        self.partial_runs.clear();
        if let Some(cluster) = &self.cluster {
            cluster.close();
        }
    }

    /// Says which server of a cluster an error comes from, as TensorFlow's master does.
    /// What is found before anything runs comes from the master.
    fn told_from_here(&self, error: Error) -> Error {
        let Some(node) = error.node() else { return error };
        // A server sends what it is asked for where a session in one process returns it.
        if let Some((name, _)) = node.strip_prefix("_retval_").and_then(|name| name.rsplit_once('_')) {
            let found = Error::new(error.code(), error.message());
            return found.at_node(&format!("_send_{name}"), "_Send");
        }
        let flag = match error.code() {
            Code::ResourceExhausted if error.message().starts_with("OOM") => " (--max-step-bytes)",
            _ => "",
        };
        let message = format!("From {}:\n{}{flag}", self.device.task_name(), error.message());
        error.with_message(message)
    }
}
