//! How a server is set up, and what it lets its clients take.

use crate::tls::ServerTls;
use ferroflow_proto::{ClusterDef, ConfigProto};
use std::net::SocketAddr;
use std::time::Duration;

/// How a server is set up.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// Where it listens; port 0 is any that is free.
    pub bind: SocketAddr,
    /// Whether `bind` may be an address that other machines reach.
    pub allow_remote: bool,
    /// The job that the server is a task of.
    pub job: String,
    /// The number of the task.
    pub task: u32,
    /// The servers of its cluster. Nodes can be placed on the tasks that are named here.
    pub cluster: ClusterDef,
    /// TLS, if clients are to speak it.
    pub tls: Option<ServerTls>,
    /// What every call must carry as a bearer token, if anything.
    pub token: Option<String>,
    /// What clients may take.
    pub limits: Limits,
    /// After how much time without a call a session is closed: its client has gone without saying so.
    pub idle: Duration,
    /// What sessions are configured with that do not say otherwise.
    pub default_session_config: ConfigProto,
    /// How long running steps may go on once the server is to stop.
    pub grace: Duration,
}

/// What the clients of a server may take; whoever asks for more gets `ResourceExhausted`.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The size of a message.
    pub message_bytes: usize,
    /// Sessions that are open at one time.
    pub sessions: usize,
    /// Nodes of one session's graph, those of its functions among them.
    pub graph_nodes: usize,
    /// Steps that run at one time.
    pub steps: usize,
    /// What the values of a step may take at one time: those that it is fed, those that it computes, and those that are
    /// fetched. State that outlives the step, such as variables, is not counted.
    pub step_bytes: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            // The largest message that protobuf knows.
            message_bytes: i32::MAX as usize,
            sessions: 1024,
            graph_nodes: 1_000_000,
            steps: 256,
            step_bytes: 4 << 30,
        }
    }
}

impl Default for ServerOptions {
    fn default() -> ServerOptions {
        ServerOptions {
            bind: SocketAddr::from(([127, 0, 0, 1], 0)),
            allow_remote: false,
            job: "localhost".to_string(),
            task: 0,
            cluster: ClusterDef::default(),
            tls: None,
            token: None,
            limits: Limits::default(),
            idle: Duration::from_secs(3600),
            default_session_config: ConfigProto::default(),
            grace: Duration::from_secs(30),
        }
    }
}
