//! What the session service does: sessions by their handles, and the limits on all of them together.

use super::options::ServerOptions;
use super::peers::Peers;
use super::placement::Device;
use super::service::CLIENT;
use super::session::{InUse, ServedSession};
use super::spread::Cluster;
use super::worker::Worker;
use crate::status::to_status;
use ferroflow_core::{Cancellation, Error, ResourceManager, Result, bail, ensure};
use ferroflow_proto::*;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::Status;

/// The sessions of a server.
pub(crate) struct Master {
    pub(crate) options: ServerOptions,
    pub(crate) device: Device,
    /// What sessions share that are not isolated.
    resources: Arc<ResourceManager>,
    pub(crate) worker: Worker,
    sessions: Mutex<HashMap<String, Arc<ServedSession>>>,
    steps: Arc<Semaphore>,
    /// Places for steps on the threads that serve connections.
    at_once: Semaphore,
    opened: AtomicU64,
    /// Makes handles that cannot be guessed.
    keys: RandomState,
}

/// Cancels a step whose call is dropped before its end: the client has gone.
pub(crate) struct CancelOnDrop(pub(crate) Cancellation);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// What a call answers that came to an end, or panicked.
fn answer<R>(result: Option<Result<R>>) -> Result<R, Status> {
    match result {
        Some(result) => result.map_err(|error| to_status(&error)),
        None => Err(Status::internal("a defect in ferroflow: the call has panicked")),
    }
}

impl Master {
    /// The master of a server with so many threads for its connections. One of them is always there for these.
    pub(crate) fn new(options: ServerOptions, workers: usize) -> Master {
        let device = Device::new(&options.job, options.task);
        let resources = Arc::new(ResourceManager::with_default_container(device.job()));
        Master {
            at_once: Semaphore::new(workers.saturating_sub(1)),
            worker: Worker::new(&options, &device, &resources),
            device,
            steps: Arc::new(Semaphore::new(options.limits.steps)),
            options,
            resources,
            sessions: Mutex::default(),
            opened: AtomicU64::new(0),
            keys: RandomState::new(),
        }
    }

    fn sessions(&self) -> MutexGuard<'_, HashMap<String, Arc<ServedSession>>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, handle: &str) -> Result<InUse> {
        let found = self.sessions().get(handle).map(ServedSession::enter);
        found.ok_or_else(|| Error::aborted(format!("Session {handle} is not found.")))
    }

    /// Runs what may take long on a thread of its own.
    pub(crate) async fn blocking<R: Send + 'static>(
        run: impl FnOnce() -> Result<R> + Send + 'static,
    ) -> Result<R, Status> {
        answer(tokio::task::spawn_blocking(run).await.ok())
    }

    /// A place for a step, where the server may run one more.
    pub(crate) fn permit(&self) -> Result<OwnedSemaphorePermit, Status> {
        self.steps.clone().try_acquire_owned().map_err(|_| {
            let limit = self.options.limits.steps;
            Status::resource_exhausted(format!("{limit} steps are running, the server's limit (--max-steps)"))
        })
    }

    /// Runs a step of a session, which ends when its client goes away.
    async fn step<R: Send + 'static>(
        &self,
        handle: &str,
        is_short: impl FnOnce(&ServedSession) -> bool,
        run: impl FnOnce(&ServedSession, Cancellation) -> Result<R> + Send + 'static,
    ) -> Result<R, Status> {
        let session = self.find(handle).map_err(|error| to_status(&error))?;
        let permit = self.permit()?;
        let cancellation = session.direct.cancellation();
        // To hand a short step to another thread and back takes longer than the step.
        if let Ok(_at_once) = self.at_once.try_acquire()
            && is_short(&session)
        {
            // Nothing else tells a thread that runs a step for whom it does so.
            let _watched = CLIENT.try_with(|client| client.watch(&cancellation)).ok();
            let run = || run(&session, cancellation);
            return answer(std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).ok());
        }
        let _gone = CancelOnDrop(cancellation.clone());
        Master::blocking(move || {
            let _permit = permit;
            run(&session, cancellation)
        })
        .await
    }

    /// Resources that nobody shares.
    fn own_resources(&self) -> Arc<ResourceManager> {
        Arc::new(ResourceManager::with_default_container(self.device.job()))
    }

    /// The server's device and its cluster, as a session knows them that may bring its own.
    fn surroundings(&self, config: &ConfigProto, target: &str) -> Result<(Device, Arc<Peers>)> {
        let Some(brought) = config.cluster_def.as_ref().filter(|cluster| !cluster.job.is_empty()) else {
            return Ok((self.device.clone(), self.worker.peers.clone()));
        };
        let peers = Arc::new(Peers::new(brought));
        let address = target.strip_prefix("grpc://").unwrap_or(target);
        let Some(own) = peers.task_at(address) else {
            bail!(invalid_argument, "the session's cluster has no task at its target {target}");
        };
        Ok((self.device.renamed(own.job(), own.task()), peers))
    }

    pub(crate) async fn create_session(
        self: Arc<Master>,
        request: CreateSessionRequest,
    ) -> Result<CreateSessionResponse, Status> {
        Master::blocking(move || {
            let limit = self.options.limits.sessions;
            let check = |open: usize| {
                ensure!(
                    open < limit,
                    resource_exhausted,
                    "{limit} sessions are open, the server's limit (--max-sessions)"
                );
                Ok(())
            };
            check(self.sessions().len())?;
            let mut config = self.options.default_session_config.clone();
            let asked = request.config.unwrap_or_default().encode_to_vec();
            config
                .merge(asked.as_slice())
                .map_err(|error| Error::invalid_argument(format!("ConfigProto: {error}")))?;
            let isolated = config.isolate_session_state;
            let resources = if isolated { self.own_resources() } else { self.resources.clone() };
            let graph = request.graph_def.unwrap_or_default();
            let number = self.opened.fetch_add(1, Ordering::Relaxed);
            let session_handle = format!("{:016x}", self.keys.hash_one(number));
            let (device, peers) = self.surroundings(&config, &request.target)?;
            let limits = &self.options.limits;
            let cluster = Cluster::new(
                &device,
                &peers,
                &config,
                &session_handle,
                &self.worker.steps,
                limits,
                &resources,
            );
            let session = ServedSession::new(&graph, config, device, cluster, limits, resources)?;
            let mut sessions = self.sessions();
            check(sessions.len())?;
            sessions.insert(session_handle.clone(), Arc::new(session));
            tracing::info!(session = session_handle, nodes = graph.node.len(), isolated, "session created");
            Ok(CreateSessionResponse { session_handle, graph_version: 0 })
        })
        .await
    }

    pub(crate) async fn extend_session(
        self: Arc<Master>,
        request: ExtendSessionRequest,
    ) -> Result<ExtendSessionResponse, Status> {
        Master::blocking(move || {
            let session = self.find(&request.session_handle)?;
            let graph = request.graph_def.unwrap_or_default();
            let new_graph_version = session.extend(&graph, request.current_graph_version)?;
            Ok(ExtendSessionResponse { new_graph_version })
        })
        .await
    }

    pub(crate) async fn run_step(
        self: Arc<Master>,
        request: RunStepRequest,
    ) -> Result<RunStepResponse, Status> {
        let handle = request.session_handle.clone();
        let in_body = request.store_errors_in_response_body;
        let request = Arc::new(request);
        let is_short = |session: &ServedSession| session.is_short_step(&request);
        let step = request.clone();
        let result = self.step(&handle, is_short, move |session, stop| session.run_step(&step, stop)).await;
        match result {
            Ok((tensor, metadata)) => {
                Ok(RunStepResponse { tensor, metadata: Some(metadata), ..RunStepResponse::default() })
            }
            Err(status) => {
                tracing::debug!(session = handle, code = ?status.code(), error = status.message(), "step failed");
                if !in_body {
                    return Err(status);
                }
                Ok(RunStepResponse {
                    metadata: Some(RunMetadata::default()),
                    status_code: status.code() as i32,
                    status_error_message: status.message().to_string(),
                    ..RunStepResponse::default()
                })
            }
        }
    }

    pub(crate) async fn partial_run_setup(
        self: Arc<Master>,
        request: PartialRunSetupRequest,
    ) -> Result<PartialRunSetupResponse, Status> {
        Master::blocking(move || {
            let session = self.find(&request.session_handle)?;
            let partial_run_handle =
                session.partial_run_setup(&request.feed, &request.fetch, &request.target)?;
            Ok(PartialRunSetupResponse { partial_run_handle })
        })
        .await
    }

    pub(crate) async fn make_callable(
        self: Arc<Master>,
        request: MakeCallableRequest,
    ) -> Result<MakeCallableResponse, Status> {
        Master::blocking(move || {
            let session = self.find(&request.session_handle)?;
            let handle = session.make_callable(&request.options.unwrap_or_default())?;
            Ok(MakeCallableResponse { handle })
        })
        .await
    }

    pub(crate) async fn run_callable(
        self: Arc<Master>,
        request: RunCallableRequest,
    ) -> Result<RunCallableResponse, Status> {
        let handle = request.session_handle.clone();
        let request = Arc::new(request);
        let is_short = |session: &ServedSession| session.is_short_call(&request);
        let call = request.clone();
        let run = move |session: &ServedSession, stop| session.run_callable(&call, stop);
        let (fetch, metadata) = self.step(&handle, is_short, run).await?;
        Ok(RunCallableResponse { fetch, metadata: Some(metadata) })
    }

    pub(crate) async fn release_callable(
        self: Arc<Master>,
        request: ReleaseCallableRequest,
    ) -> Result<ReleaseCallableResponse, Status> {
        let session = self.find(&request.session_handle).map_err(|error| to_status(&error))?;
        session.release_callable(request.handle);
        Ok(ReleaseCallableResponse {})
    }

    pub(crate) async fn close_session(
        self: Arc<Master>,
        request: CloseSessionRequest,
    ) -> Result<CloseSessionResponse, Status> {
        let handle = request.session_handle;
        let Some(session) = self.sessions().remove(&handle) else {
            return Err(Status::aborted(format!(
                "Session {handle} is not found. Possibly, this master has restarted."
            )));
        };
        session.close();
        tracing::info!(session = handle, "session closed");
        Ok(CloseSessionResponse {})
    }

    pub(crate) async fn list_devices(
        self: Arc<Master>,
        request: ListDevicesRequest,
    ) -> Result<ListDevicesResponse, Status> {
        let handle = request.session_handle;
        if handle.is_empty() {
            let local_device = vec![self.device.attributes()];
            return Ok(ListDevicesResponse { local_device, remote_device: Vec::new() });
        }
        let Ok(session) = self.find(&handle) else {
            return Err(Status::invalid_argument(format!(
                "Session {handle} is not found. Possibly, this master has restarted."
            )));
        };
        Master::blocking(move || {
            let local_device = vec![session.device().attributes()];
            Ok(ListDevicesResponse { local_device, remote_device: session.other_devices() })
        })
        .await
    }

    pub(crate) async fn reset(self: Arc<Master>, request: ResetRequest) -> Result<ResetResponse, Status> {
        self.close_sessions();
        self.clean_up(&request.container);
        tracing::info!(containers = ?request.container, "reset");
        Master::blocking(move || {
            let own = self.device.task_name();
            Cluster::clean_up(&self.worker.peers, &own, &request);
            Ok(())
        })
        .await?;
        Ok(ResetResponse {})
    }

    /// Empties containers.
    pub(crate) fn clean_up(&self, containers: &[String]) {
        if containers.is_empty() {
            self.resources.clear("");
        }
        for container in containers {
            self.resources.clear(container);
        }
    }

    /// Ends everything.
    pub(crate) fn close_all(&self) {
        self.close_sessions();
        self.worker.close_all();
    }

    /// Ends every session and its steps.
    fn close_sessions(&self) {
        let sessions = std::mem::take(&mut *self.sessions());
        for session in sessions.into_values() {
            session.close();
        }
    }

    /// Ends the sessions that nobody has called for long.
    pub(crate) fn collect(&self) {
        self.worker.collect(self.options.idle);
        self.sessions().retain(|handle, session| {
            let idle = session.is_idle(self.options.idle);
            if idle {
                session.close();
                tracing::warn!(session = handle, "idle session collected");
            }
            !idle
        });
    }
}
