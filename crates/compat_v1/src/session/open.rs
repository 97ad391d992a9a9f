//! `Session`: opening one, asking what it is, closing it.

use super::config;
use super::devices::{DeviceAttributes, local_devices};
use super::engine::Engine;
use crate::mode::get_default_graph;
use ferroflow_core::{Result, ensure};
use ferroflow_graph::Graph;
use ferroflow_proto::{ConfigProto, GraphDef};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Runs parts of a graph (`tf.compat.v1.Session`). Cloning shares the session; many threads may use it at once.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// use ferroflow_core::ndarray::Array1;
/// let x = tf::constant([1, 2, 3])?;
/// let sess = tf::Session::new()?;
/// assert_eq!(format!("{:?}", sess.run(&x)?), "array([1, 2, 3], dtype=int32)");
/// let v: Array1<i32> = sess.run(&x)?.try_into()?;
/// assert_eq!(v.sum(), 6);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Session(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub(super) graph: Graph,
    pub(super) engine: Engine,
    target: String,
    config: ConfigProto,
}

/// How a session is to be opened.
#[derive(Clone, Debug, Default)]
#[must_use = "nothing is opened before `build`"]
pub struct SessionBuilder {
    target: String,
    graph: Option<Graph>,
    config: ConfigProto,
}

impl SessionBuilder {
    /// The graph to run; the default graph if none is named.
    pub fn graph(mut self, graph: &Graph) -> SessionBuilder {
        self.graph = Some(graph.clone());
        self
    }

    /// Threads, time limits and the like.
    pub fn config(mut self, config: ConfigProto) -> SessionBuilder {
        self.config = config;
        self
    }

    /// Where to run: `""` is this process, `grpc://host:port` a server of TensorFlow's or `ferroflow serve` (with the
    /// feature `rpc`).
    pub fn target(mut self, target: &str) -> SessionBuilder {
        self.target = target.to_string();
        self
    }

    /// The graph, where one was named.
    pub(super) fn named_graph(&self) -> Option<&Graph> {
        self.graph.as_ref()
    }

    /// Opens the session.
    ///
    /// # Errors
    /// `NotFound` for a target that nobody serves, `ResourceExhausted` when threads cannot be started.
    pub fn build(self) -> Result<Session> {
        // As in TensorFlow, a session makes the default graph exist even if it cannot be opened.
        let graph = self.graph.unwrap_or_else(get_default_graph);
        let session = Session(Arc::new(Inner {
            engine: Engine::open(&self.target, &graph, &self.config)?,
            graph,
            target: self.target,
            config: self.config,
        }));
        let mut open = lock_open_sessions();
        open.retain(|session| session.strong_count() > 0);
        open.push(Arc::downgrade(&session.0));
        Ok(session)
    }
}

/// The sessions of this process, for [`Session::reset`].
static OPEN_SESSIONS: Mutex<Vec<Weak<Inner>>> = Mutex::new(Vec::new());

fn lock_open_sessions() -> std::sync::MutexGuard<'static, Vec<Weak<Inner>>> {
    OPEN_SESSIONS.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Session {
    /// A session that runs the default graph in this process.
    ///
    /// # Errors
    /// As [`SessionBuilder::build`].
    pub fn new() -> Result<Session> {
        Session::builder().build()
    }

    /// A session with a graph, a configuration or a target of its own.
    ///
    /// ```
    /// use ferroflow_compat_v1 as tf;
    /// use ferroflow_proto::ConfigProto;
    /// let graph = tf::Graph::new();
    /// let config = ConfigProto { intra_op_parallelism_threads: 1, ..ConfigProto::default() };
    /// let sess = tf::Session::builder().graph(&graph).config(config).build()?;
    /// assert!(sess.graph() == &graph && sess.ignored_config().is_empty());
    /// # Ok::<(), ferroflow_core::Error>(())
    /// ```
    pub fn builder() -> SessionBuilder {
        SessionBuilder::default()
    }

    /// The graph it runs.
    pub fn graph(&self) -> &Graph {
        &self.0.graph
    }

    /// The graph as a message.
    ///
    /// # Errors
    /// `Unimplemented` for a constant that cannot be written.
    pub fn graph_def(&self) -> Result<GraphDef> {
        self.0.graph.as_graph_def()
    }

    /// The target it was opened for.
    pub fn sess_str(&self) -> &str {
        &self.0.target
    }

    /// The fields of its configuration that are set and have no effect in ferroflow.
    pub fn ignored_config(&self) -> Vec<&'static str> {
        match self.0.engine {
            Engine::Local(..) => config::ignored(&self.0.config),
            // The server gets all of it.
            Engine::Remote(_) => Vec::new(),
        }
    }

    /// The devices it can use.
    ///
    /// # Errors
    /// `Cancelled` once it is closed; what a server answers.
    pub fn list_devices(&self) -> Result<Vec<DeviceAttributes>> {
        ensure!(!self.0.engine.is_closed(), cancelled, "Session has been closed.");
        let remote = self.0.engine.remote_devices()?;
        Ok(remote.map_or_else(local_devices, |devices| devices.into_iter().map(Into::into).collect()))
    }

    /// Ends the session: runs under way on other threads stop with `Cancelled`, later ones are refused. Closing
    /// twice does nothing.
    pub fn close(&self) {
        self.0.engine.close();
    }

    /// Closes every session of this process on a target and forgets what its containers hold; the default
    /// container's contents where none is named.
    ///
    /// # Errors
    /// `NotFound` for a target that nobody serves.
    pub fn reset(target: &str, containers: &[&str]) -> Result<()> {
        let mut open = lock_open_sessions();
        let (reset, others): (Vec<_>, Vec<_>) = std::mem::take(&mut *open)
            .into_iter()
            .partition(|session| session.upgrade().is_some_and(|session| session.target == target));
        *open = others;
        drop(open);
        if !target.is_empty() {
            Engine::reset_remote(target, containers)?;
        }
        for session in reset.iter().filter_map(Weak::upgrade) {
            if let Engine::Local(direct, _) = &session.engine {
                for container in if containers.is_empty() { &["localhost"] } else { containers } {
                    direct.resources().clear(container);
                }
            }
            session.engine.close();
        }
        Ok(())
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "<tf.Session of {:?}>", self.0.graph)
    }
}
