//! `Server`: a task of a cluster in this process.

use super::cluster_spec::ClusterSpec;
use ferroflow_core::{Error, Result, bail, options};
use ferroflow_proto::{ConfigProto, Message, ServerDef};
use std::sync::Mutex;

/// What a server is made of: a cluster, or all that is known of one of its tasks.
#[derive(Clone, Debug)]
pub enum ServerOrCluster {
    /// A task of a cluster.
    Server(Box<ServerDef>),
    /// A cluster.
    Cluster(ClusterSpec),
}

impl From<ServerDef> for ServerOrCluster {
    fn from(server: ServerDef) -> ServerOrCluster {
        ServerOrCluster::Server(Box::new(server))
    }
}

impl<C: Into<ClusterSpec>> From<C> for ServerOrCluster {
    fn from(cluster: C) -> ServerOrCluster {
        ServerOrCluster::Cluster(cluster.into())
    }
}

options! {
    /// Optional arguments of [`Server::new`].
    pub struct TrainServerOptions {
        /// The job that the server is a task of; needed if the cluster has several.
        job_name: Option<String> = None,
        /// The number of the task; needed if the job has several.
        task_index: Option<i32> = None,
        /// How tasks talk: `grpc`.
        protocol: Option<String> = None,
        /// What sessions are configured with that do not say otherwise.
        config: Option<ConfigProto> = None,
        /// Whether it serves at once.
        start: bool = true,
    }
}

/// A task of a cluster in this process, which sessions can run on (with the feature `rpc`).
///
/// Its sessions place nodes on every task of the cluster, whether its server is ferroflow's or TensorFlow's, and it runs
/// what the sessions of others place on its own.
///
/// It listens on the loopback interface if that is what its address in the cluster names, else on all of them.
///
/// Source: `tf.compat.v1.train.Server`.
pub struct Server {
    server_def: ServerDef,
    running: Mutex<Running>,
    target: String,
}

impl Server {
    /// The server of a task.
    ///
    /// # Errors
    /// `ValueError` where the task is not said; `Internal` for a task that the cluster does not have; `InvalidArgument`
    /// for an address without a port; `NotFound` for an unknown protocol, or without the feature `rpc`.
    pub fn new(
        server_or_cluster_def: impl Into<ServerOrCluster>,
        options: impl FnOnce(TrainServerOptions) -> TrainServerOptions,
    ) -> Result<Server> {
        let options = options(TrainServerOptions::default());
        let start = options.start;
        let server_def = server_def(server_or_cluster_def.into(), options)?;
        let (running, target) = bind(&server_def)?;
        let server = Server { server_def, running: Mutex::new(running), target };
        if start {
            server.start()?;
        }
        Ok(server)
    }

    /// A cluster of this process alone, at any free port of the loopback interface.
    ///
    /// # Errors
    /// As [`Server::new`].
    pub fn create_local_server(config: Option<ConfigProto>, start: bool) -> Result<Server> {
        let cluster = ClusterSpec::new([("localhost", ["localhost:0"])]);
        Server::new(cluster, |o| TrainServerOptions { config, ..o.protocol("grpc".to_string()).start(start) })
    }

    /// Begins to serve. Starting twice does nothing.
    ///
    /// # Errors
    /// `ResourceExhausted` when threads cannot be started.
    pub fn start(&self) -> Result<()> {
        self.lock().start()
    }

    /// Waits until the server ends, which it does not do by itself.
    ///
    /// # Errors
    /// `FailedPrecondition` for a server that was not started; `Unknown` when it fails.
    pub fn join(&self) -> Result<()> {
        let running = std::mem::take(&mut *self.lock());
        running.join()
    }

    /// What the server is.
    pub fn server_def(&self) -> &ServerDef {
        &self.server_def
    }

    /// What a session names to run on it.
    pub fn target(&self) -> &str {
        &self.target
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "<tf.train.Server at {}>", self.target)
    }
}

fn server_def(from: ServerOrCluster, options: TrainServerOptions) -> Result<ServerDef> {
    let mut server_def = match from {
        ServerOrCluster::Server(mut server_def) => {
            server_def.job_name = options.job_name.unwrap_or(server_def.job_name);
            server_def.task_index = options.task_index.unwrap_or(server_def.task_index);
            server_def.protocol = options.protocol.unwrap_or(server_def.protocol);
            *server_def
        }
        ServerOrCluster::Cluster(cluster) => {
            let job_name = match (options.job_name, cluster.jobs().as_slice()) {
                (Some(job_name), _) => job_name,
                (None, [only]) => (*only).to_string(),
                (None, _) => bail!(value, "Must specify an explicit `job_name`."),
            };
            let task_index = match options.task_index {
                Some(task_index) => task_index,
                None => match cluster.task_indices(&job_name)?.as_slice() {
                    [only] => *only,
                    _ => bail!(value, "Must specify an explicit `task_index`."),
                },
            };
            ServerDef {
                cluster: Some(cluster.as_cluster_def()),
                job_name,
                task_index,
                protocol: options.protocol.unwrap_or_else(|| "grpc".to_string()),
                ..ServerDef::default()
            }
        }
    };
    if let Some(config) = options.config {
        let into = server_def.default_session_config.get_or_insert_default();
        let merged = into.merge(config.encode_to_vec().as_slice());
        merged.map_err(|error| Error::internal(error.to_string()))?;
    }
    Ok(server_def)
}

/// The host and the port that the task has in its cluster.
#[cfg(feature = "rpc")]
fn address(server_def: &ServerDef) -> Result<(String, u16)> {
    let (job_name, task) = (&server_def.job_name, server_def.task_index);
    let mut jobs = server_def.cluster.iter().flat_map(|cluster| &cluster.job);
    let Some(job) = jobs.rfind(|job| job.name == *job_name) else {
        bail!(internal, "Job \"{job_name}\" was not defined in cluster");
    };
    let Some(address) = job.tasks.get(&task) else {
        bail!(internal, "Task {task} was not defined in job \"{job_name}\"");
    };
    match address.rsplit_once(':').map(|(host, port)| (host, port.parse())) {
        Some((host, Ok(port))) => Ok((host.to_string(), port)),
        _ => bail!(invalid_argument, "Could not parse port for local server from \"{address}\"."),
    }
}

fn nobody_serves<T>(server_def: &ServerDef, factories: &str) -> Result<T> {
    let text = ferroflow_proto::text::to_text(server_def);
    bail!(
        not_found,
        "No server factory registered for the given ServerDef: {text}\nThe available server factories are: [ {factories}]"
    )
}

#[cfg(not(feature = "rpc"))]
type Running = Never;

#[cfg(not(feature = "rpc"))]
fn bind(server_def: &ServerDef) -> Result<(Running, String)> {
    nobody_serves(server_def, "")
}

/// Without the feature no server is ever made.
#[cfg(not(feature = "rpc"))]
#[derive(Default)]
struct Never;

#[cfg(not(feature = "rpc"))]
impl Never {
    fn start(&mut self) -> Result<()> {
        bail!(failed_precondition, "the server was not started")
    }

    fn join(self) -> Result<()> {
        bail!(failed_precondition, "the server was not started")
    }
}

/// A server that listens, and then serves.
#[cfg(feature = "rpc")]
#[derive(Default)]
enum Running {
    Listens(Box<ferroflow_rpc::Listening>),
    Serves(ferroflow_rpc::Server),
    #[default]
    Gone,
}

#[cfg(feature = "rpc")]
impl Running {
    fn start(&mut self) -> Result<()> {
        *self = match std::mem::take(self) {
            Running::Listens(listening) => Running::Serves(listening.serve()?),
            other => other,
        };
        Ok(())
    }

    fn join(self) -> Result<()> {
        match self {
            Running::Serves(server) => server.join(),
            Running::Listens(_) | Running::Gone => bail!(failed_precondition, "the server was not started"),
        }
    }
}

#[cfg(feature = "rpc")]
fn bind(server_def: &ServerDef) -> Result<(Running, String)> {
    use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};
    if server_def.protocol != "grpc" {
        return nobody_serves(server_def, "GRPC_SERVER ");
    }
    let (host, port) = address(server_def)?;
    let is_loopback = (host.as_str(), port)
        .to_socket_addrs()
        .is_ok_and(|found| found.into_iter().all(|address| address.ip().is_loopback()));
    let ip = if is_loopback { Ipv4Addr::LOCALHOST } else { Ipv4Addr::UNSPECIFIED };
    let listening = ferroflow_rpc::Server::listen(ferroflow_rpc::ServerOptions {
        bind: SocketAddr::new(IpAddr::V4(ip), port),
        allow_remote: !is_loopback,
        job: server_def.job_name.clone(),
        task: server_def.task_index.unsigned_abs(),
        cluster: server_def.cluster.clone().unwrap_or_default(),
        default_session_config: server_def.default_session_config.clone().unwrap_or_default(),
        ..ferroflow_rpc::ServerOptions::default()
    })?;
    let target = format!("grpc://{host}:{}", listening.address().port());
    Ok((Running::Listens(Box::new(listening)), target))
}
