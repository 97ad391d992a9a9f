//! What of the worker service is served: what clients and masters ask of any server of a cluster.

use super::master::Master;
use ferroflow_proto::*;
use std::sync::Arc;
use tonic::Status;

pub(crate) async fn get_status(
    master: Arc<Master>,
    _request: GetStatusRequest,
) -> Result<GetStatusResponse, Status> {
    Ok(GetStatusResponse { device_attributes: vec![master.device.attributes()] })
}

/// A message of which nothing counts here.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Nothing {}

/// TensorFlow's masters keep a session on every server of their cluster. Without graphs, which are not taken, there is
/// nothing to keep.
pub(crate) async fn session(_master: Arc<Master>, _request: Nothing) -> Result<Nothing, Status> {
    Ok(Nothing {})
}

pub(crate) async fn cleanup_graph(
    _master: Arc<Master>,
    _request: CleanupGraphRequest,
) -> Result<CleanupGraphResponse, Status> {
    // Steps leave nothing behind here.
    Ok(CleanupGraphResponse {})
}

pub(crate) async fn cleanup_all(
    master: Arc<Master>,
    request: CleanupAllRequest,
) -> Result<CleanupAllResponse, Status> {
    master.clean_up(&request.container);
    Ok(CleanupAllResponse {})
}
