//! gRPC's health service, by which load balancers ask whether a server is there.

use super::master::Master;
use std::sync::Arc;
use tonic::Status;

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct HealthCheckRequest {
    #[prost(string, tag = "1")]
    service: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct HealthCheckResponse {
    #[prost(int32, tag = "1")]
    status: i32,
}

const SERVING: i32 = 1;
const SERVICES: [&str; 3] = ["", "tensorflow.MasterService", "tensorflow.WorkerService"];

pub(crate) async fn check(
    _master: Arc<Master>,
    request: HealthCheckRequest,
) -> Result<HealthCheckResponse, Status> {
    if !SERVICES.contains(&request.service.as_str()) {
        return Err(Status::not_found(format!("no service {}", request.service)));
    }
    Ok(HealthCheckResponse { status: SERVING })
}
