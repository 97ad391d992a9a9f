//! Sessions that run elsewhere: what a transport offers, and where one makes itself known.

use crate::{Graph, Port};
use ferroflow_core::{NdArray, Result};
use ferroflow_proto::{ConfigProto, DeviceAttributes, RunMetadata, RunOptions};
use std::sync::{Arc, OnceLock};

/// What a run is fed, what is fetched from it, and what is run.
#[derive(Clone, Debug, Default)]
pub struct RunSignature {
    /// The tensors that are fed.
    pub feeds: Vec<Port>,
    /// The tensors that are fetched.
    pub fetches: Vec<Port>,
    /// The operations that are run.
    pub targets: Vec<usize>,
}

/// A session on a server. Each call first sends the nodes that the graph has gained.
pub trait RemoteSession: Send + Sync {
    /// Runs a step on values for the feeds of the signature.
    ///
    /// # Errors
    /// What the server answers; `Unavailable` when it cannot be reached, `DeadlineExceeded`.
    fn run(
        &self,
        graph: &Graph,
        signature: &RunSignature,
        values: Vec<NdArray>,
        options: &RunOptions,
    ) -> Result<(Vec<NdArray>, RunMetadata)>;

    /// Begins a partial run; gives its handle.
    ///
    /// # Errors
    /// As [`RemoteSession::run`].
    fn partial_run_setup(&self, graph: &Graph, signature: &RunSignature) -> Result<String>;

    /// Goes on with a partial run.
    ///
    /// # Errors
    /// As [`RemoteSession::run`].
    fn partial_run(
        &self,
        graph: &Graph,
        handle: &str,
        feeds: Vec<(Port, NdArray)>,
        fetches: &[Port],
    ) -> Result<Vec<NdArray>>;

    /// Prepares a run for being repeated; gives its handle.
    ///
    /// # Errors
    /// As [`RemoteSession::run`].
    fn make_callable(&self, graph: &Graph, signature: &RunSignature) -> Result<i64>;

    /// Runs what was prepared.
    ///
    /// # Errors
    /// As [`RemoteSession::run`].
    fn run_callable(&self, handle: i64, values: Vec<NdArray>) -> Result<(Vec<NdArray>, RunMetadata)>;

    /// Forgets what was prepared.
    fn release_callable(&self, handle: i64);

    /// The devices of the server and of the other tasks of its cluster.
    ///
    /// # Errors
    /// As [`RemoteSession::run`].
    fn list_devices(&self) -> Result<Vec<DeviceAttributes>>;

    /// Ends the session.
    fn close(&self);
}

/// What opening a session gives.
pub type Opened = Result<Arc<dyn RemoteSession>>;

/// A way to reach servers.
#[derive(Clone, Copy)]
pub struct Transport {
    /// Opens a session on a target that is not this process; `None` for one it does not know.
    pub open: fn(&str, &ConfigProto) -> Option<Opened>,
    /// Ends all sessions of a target and empties these containers; `None` for a target it does not know.
    pub reset: fn(&str, &[&str]) -> Option<Result<()>>,
}

static TRANSPORT: OnceLock<Transport> = OnceLock::new();

/// Makes a transport known to every session of the process; a second one is not taken.
pub fn set_transport(transport: Transport) {
    let _ = TRANSPORT.set(transport);
}

/// The transport, where there is one.
pub fn transport() -> Option<Transport> {
    TRANSPORT.get().copied()
}
