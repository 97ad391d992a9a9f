//! The worker service: what clients and masters ask of any server of a cluster, and what workers ask of each other.

pub(crate) mod exchange;
mod requests;
mod run;
pub(crate) mod sessions;
pub(crate) mod steps;
mod unfuse;

use super::master::Master;
use super::options::ServerOptions;
use super::peers::{Peers, task_of};
use super::placement::Device;
use crate::status::to_status;
use ferroflow_core::{Error, ResourceManager, Result, ensure};
use ferroflow_graph::Sent;
use ferroflow_proto::*;
use requests::Requests;
use sessions::{WorkerSession, WorkerSessions};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use steps::Steps;
use tokio::sync::oneshot;
use tonic::Status;

/// What a server does for the masters of its cluster.
pub(crate) struct Worker {
    sessions: WorkerSessions,
    pub(crate) steps: Arc<Steps>,
    requests: Requests,
    pub(crate) peers: Arc<Peers>,
}

impl Worker {
    pub(crate) fn new(options: &ServerOptions, device: &Device, resources: &Arc<ResourceManager>) -> Worker {
        let peers = Arc::new(Peers::new(&options.cluster));
        let common = WorkerSession::new(device.clone(), peers.clone(), resources.clone(), &options.limits);
        Worker {
            sessions: WorkerSessions::new(common),
            steps: Arc::new(Steps::new(&options.limits)),
            requests: Requests::default(),
            peers,
        }
    }

    /// Forgets what no master has called about for long.
    pub(crate) fn collect(&self, idle: Duration) {
        self.sessions.collect(idle);
        self.steps.collect(idle);
    }

    /// Ends everything.
    pub(crate) fn close_all(&self) {
        self.sessions.close_all();
        self.steps.end_all(&Error::cancelled("the server is stopping"));
    }
}

pub(crate) async fn get_status(
    master: Arc<Master>,
    _request: GetStatusRequest,
) -> Result<GetStatusResponse, Status> {
    Ok(GetStatusResponse { device_attributes: vec![master.device.attributes()] })
}

pub(crate) async fn create_session(
    master: Arc<Master>,
    request: CreateWorkerSessionRequest,
) -> Result<CreateWorkerSessionResponse, Status> {
    master.worker.sessions.create(&request).map_err(|error| to_status(&error))?;
    tracing::info!(session = request.session_handle, master = request.master_task, "worker session created");
    Ok(CreateWorkerSessionResponse {})
}

pub(crate) async fn delete_session(
    master: Arc<Master>,
    request: DeleteWorkerSessionRequest,
) -> Result<DeleteWorkerSessionResponse, Status> {
    master.worker.sessions.delete(&request.session_handle);
    Ok(DeleteWorkerSessionResponse {})
}

pub(crate) async fn register_graph(
    master: Arc<Master>,
    request: RegisterGraphRequest,
) -> Result<RegisterGraphResponse, Status> {
    Master::blocking(move || {
        let sessions = &master.worker.sessions;
        let session = sessions.find(&request.session_handle, request.create_worker_session_called)?;
        let watches = request.debug_options.iter().any(|debug| !debug.debug_tensor_watch_opts.is_empty());
        ensure!(!watches, unimplemented, "RegisterGraphRequest.debug_options is not supported");
        let graph_handle = session.register(request.graph_def.unwrap_or_default())?;
        Ok(RegisterGraphResponse { graph_handle })
    })
    .await
}

pub(crate) async fn deregister_graph(
    master: Arc<Master>,
    request: DeregisterGraphRequest,
) -> Result<DeregisterGraphResponse, Status> {
    let sessions = &master.worker.sessions;
    let forget = || {
        let session = sessions.find(&request.session_handle, request.create_worker_session_called)?;
        session.deregister(&request.graph_handle)
    };
    forget().map_err(|error| to_status(&error))?;
    Ok(DeregisterGraphResponse {})
}

pub(crate) async fn run_graph(
    master: Arc<Master>,
    request: RunGraphRequest,
) -> Result<RunGraphResponse, Status> {
    let in_body = request.store_errors_in_response_body;
    match run::run_graph(&master, request).await {
        Err(status) if in_body => Ok(RunGraphResponse {
            status_code: status.code() as i32,
            status_error_message: status.message().to_string(),
            ..RunGraphResponse::default()
        }),
        result => result,
    }
}

/// Answers once the tensor is there. A caller who hangs up is not waited for.
pub(crate) async fn recv_tensor(
    master: Arc<Master>,
    request: RecvTensorRequest,
) -> Result<RecvTensorResponse, Status> {
    let worker = &master.worker;
    let begin = || {
        worker.requests.note(request.request_id, "RecvTensor (GrpcWorker)")?;
        check_key(&request.rendezvous_key, &master.device)?;
        worker.steps.enter(request.step_id)
    };
    let step = begin().map_err(|error| to_status(&error))?;
    let (sender, receiver) = oneshot::channel();
    let receipt = move |value: Result<Sent>| {
        let _ = sender.send(value);
    };
    step.exchange.recv(&request.rendezvous_key, Box::new(receipt));
    let lost = |_| Err(Error::internal("a tensor was lost"));
    let value = receiver.await.unwrap_or_else(lost).map_err(|error| to_status(&error))?;
    let micros = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_micros();
    let answer = RecvTensorResponse {
        is_dead: value.is_none(),
        send_start_micros: i64::try_from(micros).unwrap_or(i64::MAX),
        ..RecvTensorResponse::default()
    };
    let tensor = match value {
        // TensorFlow's servers send an empty tensor along.
        None => Ok(empty()),
        Some(value) => Master::blocking(move || tensor_proto::from_array(&value)).await,
    };
    Ok(RecvTensorResponse { tensor: Some(tensor?), ..answer })
}

fn empty() -> TensorProto {
    let dim = tensor_shape_proto::Dim::default();
    let shape = TensorShapeProto { dim: vec![dim], ..TensorShapeProto::default() };
    TensorProto {
        dtype: ferroflow_core::DType::FLOAT32.number(),
        tensor_shape: Some(shape),
        ..TensorProto::default()
    }
}

/// Checks that a key is one, and that it means the server that is here now.
fn check_key(key: &str, device: &Device) -> Result<()> {
    let fields: Vec<&str> = key.split(';').collect();
    let incarnation = match fields[..] {
        [_, incarnation, _, _, frame] if incarnation.len() == 16 && frame.contains(':') => {
            u64::from_str_radix(incarnation, 16).ok()
        }
        _ => None,
    };
    let malformed = || Error::invalid_argument(format!("Invalid  rendezvous key: {key}"));
    let incarnation = incarnation.ok_or_else(malformed)?;
    ensure!(
        task_of(key) != device.task_name() || incarnation == device.incarnation(),
        aborted,
        "RecvTensor expects a different device incarnation: {incarnation} vs. {}. Your worker job (\"{}\") was \
         probably restarted. Check your worker job for the reason why it was restarted.",
        device.incarnation(),
        device.task_name()
    );
    Ok(())
}

pub(crate) async fn mark_recv_finished(
    _master: Arc<Master>,
    _request: MarkRecvFinishedRequest,
) -> Result<MarkRecvFinishedResponse, Status> {
    // Answers are not kept until they are told to have arrived: none asks for it.
    Ok(MarkRecvFinishedResponse {})
}

/// Masters turn this on beside a traced step. What is noted is how long calls take, which no answer of ours holds.
pub(crate) async fn logging(
    _master: Arc<Master>,
    _request: LoggingRequest,
) -> Result<LoggingResponse, Status> {
    Ok(LoggingResponse::default())
}

pub(crate) async fn cleanup_graph(
    master: Arc<Master>,
    request: CleanupGraphRequest,
) -> Result<CleanupGraphResponse, Status> {
    master.worker.steps.forget(request.step_id, None);
    Ok(CleanupGraphResponse {})
}

pub(crate) async fn cleanup_all(
    master: Arc<Master>,
    request: CleanupAllRequest,
) -> Result<CleanupAllResponse, Status> {
    master.clean_up(&request.container);
    Ok(CleanupAllResponse {})
}
