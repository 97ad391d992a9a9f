//! The client: sessions on `grpc://` targets.

mod channel;
mod connect;
mod options;
mod session;

pub use options::{ClientOptions, set_client_options};
pub use session::GrpcSession;

pub(crate) use channel::Client;
use ferroflow_core::Result;
use ferroflow_graph::{RemoteSession, Transport, set_transport};
use ferroflow_proto::{ConfigProto, ResetRequest, ResetResponse};
use std::sync::Arc;

/// Lets every session of the process run on `grpc://` targets. Calling it again does nothing.
pub fn install() {
    set_transport(Transport { open, reset });
}

fn open(target: &str, config: &ConfigProto) -> Option<Result<Arc<dyn RemoteSession>>> {
    let address = target.strip_prefix("grpc://")?;
    let session = GrpcSession::open(address, config.clone());
    Some(session.map(|session| Arc::new(session) as Arc<dyn RemoteSession>))
}

fn reset(target: &str, containers: &[&str]) -> Option<Result<()>> {
    let address = target.strip_prefix("grpc://")?;
    let request = ResetRequest {
        container: containers.iter().map(|name| (*name).to_string()).collect(),
        device_filters: Vec::new(),
    };
    let reset = || {
        let _: ResetResponse = Client::connect(address)?.call("Reset", request, None)?;
        Ok(())
    };
    Some(reset())
}
