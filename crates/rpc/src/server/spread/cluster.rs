//! The servers of a session's cluster, and what they know of the session.

use super::Made;
use crate::server::options::Limits;
use crate::server::peers::Peers;
use crate::server::placement::Device;
use crate::server::worker::sessions::WorkerSession;
use crate::server::worker::steps::Steps;
use ferroflow_core::{Code, Error, ResourceManager, Result};
use ferroflow_proto::*;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long to wait before a server that is not there yet is called again.
const PAUSE: Duration = Duration::from_millis(200);
/// How long a server may take to say what its devices are.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a session that ends waits for a server to hear of it.
const FAREWELL: Duration = Duration::from_secs(5);

/// The servers that a session's nodes can be placed on.
pub(crate) struct Cluster {
    /// The session's own device first. Those of others do not have their true numbers.
    devices: Vec<Device>,
    /// What other servers have said of their devices, once the session needs them.
    known: Mutex<Vec<Option<u64>>>,
    pub(super) peers: Arc<Peers>,
    /// What runs on the session's own server.
    pub(super) own: WorkerSession,
    pub(super) steps: Arc<Steps>,
    /// What the session is called on other servers.
    pub(super) handle: String,
    pub(super) soft: bool,
    isolated: bool,
    /// The cluster, where the session has brought its own.
    brought: Option<ClusterDef>,
    made: Mutex<Made>,
}

impl Cluster {
    /// The cluster of a session; `None` where there is nobody else in it.
    pub(crate) fn new(
        device: &Device,
        peers: &Arc<Peers>,
        config: &ConfigProto,
        handle: &str,
        steps: &Arc<Steps>,
        limits: &Limits,
        resources: &Arc<ResourceManager>,
    ) -> Option<Cluster> {
        let filtered = |other: &Device| {
            let filters = &config.device_filters;
            filters.is_empty() || filters.iter().any(|filter| other.fits(filter, false))
        };
        let own = device.task_name();
        let others = peers.devices().filter(|other| other.task_name() != own && filtered(other));
        let devices: Vec<Device> = std::iter::once(device.clone()).chain(others).collect();
        if devices.len() == 1 {
            return None;
        }
        Some(Cluster {
            known: Mutex::new(vec![None; devices.len()]),
            devices,
            peers: peers.clone(),
            own: WorkerSession::new(device.clone(), peers.clone(), resources.clone(), limits),
            steps: steps.clone(),
            handle: handle.to_string(),
            soft: config.allow_soft_placement,
            isolated: config.isolate_session_state,
            brought: config.cluster_def.clone().filter(|cluster| !cluster.job.is_empty()),
            made: Mutex::default(),
        })
    }

    pub(crate) fn devices(&self) -> &[Device] {
        &self.devices
    }

    pub(super) fn made(&self) -> MutexGuard<'_, Made> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self) -> MutexGuard<'_, Vec<Option<u64>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The devices, those that are `used` with their true numbers. A server that is not there is waited for.
    pub(super) fn reached(&self, used: &[usize], go_on: &dyn Fn() -> Result<()>) -> Result<Vec<Device>> {
        let mut devices = self.devices.clone();
        for (position, device) in devices.iter_mut().enumerate().skip(1) {
            if used.contains(&position) {
                *device = device.with_incarnation(self.reach(position, go_on)?);
            }
        }
        Ok(devices)
    }

    /// Opens the session on another server, unless it is open there; gives the number of its device.
    fn reach(&self, position: usize, go_on: &dyn Fn() -> Result<()>) -> Result<u64> {
        if let Some(incarnation) = self.known()[position] {
            return Ok(incarnation);
        }
        let device = &self.devices[position];
        let status = loop {
            match self.status(position) {
                Err(error) if error.code() == Code::Unavailable => {
                    tracing::debug!(task = device.task_name(), "waiting for a server");
                    go_on()?;
                    std::thread::sleep(PAUSE);
                }
                status => break status?,
            }
        };
        let incarnation = incarnation(&status)
            .ok_or_else(|| Error::internal(format!("{} has no device CPU:0", device.task_name())))?;
        let server = ServerDef {
            cluster: self.brought.clone(),
            job_name: device.job().to_string(),
            task_index: i32::try_from(device.task()).unwrap_or(i32::MAX),
            protocol: "grpc".to_string(),
            ..ServerDef::default()
        };
        let request = CreateWorkerSessionRequest {
            session_handle: self.handle.clone(),
            server_def: Some(server),
            isolate_session_state: self.isolated,
            master_task: self.devices[0].task_name(),
            master_incarnation: self.devices[0].incarnation().cast_signed(),
            ..CreateWorkerSessionRequest::default()
        };
        let client = self.peers.client(&device.task_name())?;
        let _: CreateWorkerSessionResponse =
            client.ask_worker("CreateWorkerSession", request, Some(PATIENCE))?;
        self.known()[position] = Some(incarnation);
        Ok(incarnation)
    }

    fn status(&self, position: usize) -> Result<GetStatusResponse> {
        let client = self.peers.client(&self.devices[position].task_name())?;
        client.ask_worker("GetStatus", GetStatusRequest {}, Some(PATIENCE))
    }

    /// Gives another server its part of a run; gives the part's name there.
    pub(super) fn register(&self, position: usize, graph_def: GraphDef) -> Result<String> {
        let request = RegisterGraphRequest {
            session_handle: self.handle.clone(),
            graph_def: Some(graph_def),
            create_worker_session_called: true,
            ..RegisterGraphRequest::default()
        };
        let client = self.peers.client(&self.devices[position].task_name())?;
        let answer: RegisterGraphResponse = client.ask_worker("RegisterGraph", request, None)?;
        Ok(answer.graph_handle)
    }

    /// The devices of the servers that answer.
    pub(crate) fn list_devices(&self) -> Vec<DeviceAttributes> {
        let positions: Vec<usize> = (1..self.devices.len()).collect();
        std::thread::scope(|scope| {
            let ask = |position: &usize| {
                let position = *position;
                scope.spawn(move || (position, self.status(position)))
            };
            let asked: Vec<_> = positions.iter().map(ask).collect();
            let mut devices = Vec::new();
            for (position, status) in asked.into_iter().filter_map(|asked| asked.join().ok()) {
                let device = &self.devices[position];
                match status {
                    // Where the session brings its cluster, the server knows itself by another name.
                    Ok(status) => devices.extend(status.device_attributes.into_iter().map(|found| {
                        let kind = found.name.split_once("/device:").map(|(_, kind)| kind.to_string());
                        let name = format!("{}/device:{}", device.task_name(), kind.unwrap_or_default());
                        DeviceAttributes { name, ..found }
                    })),
                    Err(error) => {
                        tracing::warn!(task = device.task_name(), %error, "a server does not answer");
                    }
                }
            }
            devices
        })
    }

    /// Ends the session everywhere.
    pub(crate) fn close(&self) {
        self.own.close();
        let known = std::mem::take(&mut *self.known());
        for (device, _) in self.devices.iter().zip(known).filter(|(_, known)| known.is_some()) {
            let request = DeleteWorkerSessionRequest { session_handle: self.handle.clone() };
            if let Ok(client) = self.peers.client(&device.task_name()) {
                // A server that is gone has forgotten it already.
                client.tell_worker::<_, DeleteWorkerSessionResponse>(
                    "DeleteWorkerSession",
                    request,
                    FAREWELL,
                );
            }
        }
    }

    /// Empties containers on all servers that can be reached.
    pub(crate) fn clean_up(peers: &Peers, own: &str, reset: &ResetRequest) {
        let filters = &reset.device_filters;
        let chosen = |device: &Device| {
            device.task_name() != own
                && (filters.is_empty() || filters.iter().any(|filter| device.fits(filter, false)))
        };
        for task in peers.devices().filter(chosen).map(|device| device.task_name()) {
            let request = CleanupAllRequest { container: reset.container.clone() };
            let cleaned = peers.client(&task).and_then(|client| {
                client.ask_worker::<_, CleanupAllResponse>("CleanupAll", request, Some(PATIENCE))
            });
            if let Err(error) = cleaned {
                tracing::warn!(task, %error, "a server does not empty its containers");
            }
        }
    }
}

fn incarnation(status: &GetStatusResponse) -> Option<u64> {
    let mut devices = status.device_attributes.iter();
    devices.find(|device| device.name.ends_with("/device:CPU:0")).map(|device| device.incarnation)
}
