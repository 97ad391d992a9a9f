//! The other servers of a cluster, and the tensors that are fetched from them.

use super::placement::Device;
use super::worker::exchange::Exchange;
use crate::client::Client;
use ferroflow_core::{Error, Result};
use ferroflow_graph::{OnReceipt, Rendezvous, Sent};
use ferroflow_proto::{ClusterDef, RecvTensorRequest, RecvTensorResponse, tensor_proto};
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The servers of a cluster, by the names of their tasks.
pub(crate) struct Peers {
    addresses: BTreeMap<String, String>,
    clients: Mutex<HashMap<String, Client>>,
    next_request: AtomicI64,
}

impl Peers {
    pub(crate) fn new(cluster: &ClusterDef) -> Peers {
        let mut addresses = BTreeMap::new();
        for job in &cluster.job {
            for (task, address) in &job.tasks {
                addresses.insert(format!("/job:{}/replica:0/task:{task}", job.name), address.clone());
            }
        }
        let next_request = AtomicI64::new((RandomState::new().hash_one(addresses.len()) >> 2) as i64);
        Peers { addresses, clients: Mutex::default(), next_request }
    }

    /// The devices of all tasks. Their numbers are not those that the servers have given them.
    pub(crate) fn devices(&self) -> impl Iterator<Item = Device> {
        let device = |task: &String| {
            let (job, number) = task.strip_prefix("/job:")?.split_once("/replica:0/task:")?;
            Some(Device::new(job, number.parse().ok()?))
        };
        self.addresses.keys().filter_map(device)
    }

    /// The task at an address.
    pub(crate) fn task_at(&self, address: &str) -> Option<Device> {
        let tasks = self.addresses.iter().zip(self.devices());
        tasks.filter(|((_, known), _)| *known == address).map(|(_, device)| device).next()
    }

    /// A number that no call had before.
    pub(crate) fn request_id(&self) -> i64 {
        self.next_request.fetch_add(1, Ordering::Relaxed)
    }

    /// The connection to a task's server.
    ///
    /// # Errors
    /// `Internal` for a task that is not of the cluster.
    pub(crate) fn client(&self, task: &str) -> Result<Client> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(task) {
            return Ok(client.clone());
        }
        let unknown = || Error::internal(format!("No worker known as {task}"));
        let client = Client::connect(self.addresses.get(task).ok_or_else(unknown)?)?;
        clients.insert(task.to_string(), client.clone());
        Ok(client)
    }
}

/// The task that a device, or the tensor of a key, belongs to.
pub(crate) fn task_of(device: &str) -> &str {
    let device = device.split(';').next().unwrap_or(device);
    device.split_once("/device:").map_or(device, |(task, _)| task)
}

/// A step as the nodes of one server see it: what they take is made here, or fetched from the server that makes it.
pub(crate) struct Everywhere {
    pub(crate) exchange: Arc<Exchange>,
    pub(crate) number: i64,
    /// This server's task.
    pub(crate) task: String,
    pub(crate) peers: Arc<Peers>,
}

impl Rendezvous for Everywhere {
    fn send(&self, key: &str, value: Sent) -> Result<()> {
        self.exchange.send(key, value)
    }

    fn recv(&self, key: &str, receipt: OnReceipt) {
        let source = task_of(key);
        if source == self.task {
            return self.exchange.recv(key, receipt);
        }
        let client = match self.peers.client(source) {
            Ok(client) => client,
            Err(error) => return receipt(Err(error)),
        };
        let request = RecvTensorRequest {
            step_id: self.number,
            rendezvous_key: key.to_string(),
            request_id: self.peers.request_id(),
            ..RecvTensorRequest::default()
        };
        let exchange = self.exchange.clone();
        client.clone().spawn(
            async move {
                let call = client.worker_call::<_, RecvTensorResponse>("RecvTensor", request);
                let answer = tokio::select! {
                    answer = call => answer,
                    end = exchange.ended() => Err(end),
                };
                answer.and_then(|answer| match &answer.tensor {
                    _ if answer.is_dead => Ok(None),
                    Some(tensor) => tensor_proto::to_array(tensor).map(Some),
                    None => Err(Error::internal("a server has answered RecvTensor without a tensor")),
                })
            },
            receipt,
        );
    }
}
