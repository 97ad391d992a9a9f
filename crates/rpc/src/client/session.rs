//! `GrpcSession`: a session on a server, as TensorFlow's class of that name keeps it.

use super::channel::Client;
use crate::status;
use ferroflow_core::{Error, NdArray, Result, ensure};
use ferroflow_graph::{Graph, Port, RemoteSession, RunSignature};
use ferroflow_proto::*;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A session on a server.
///
/// The server hears of it with the first call that has a graph to send; each further call sends the nodes that the
/// graph has gained since.
pub struct GrpcSession {
    client: Client,
    config: ConfigProto,
    sent: Mutex<Sent>,
    closed: AtomicBool,
    /// Requests have numbers, by which a server knows one that is sent twice.
    next_request: AtomicI64,
}

/// What the server knows.
#[derive(Default)]
struct Sent {
    /// Empty before there is a session.
    handle: String,
    version: i64,
    nodes: usize,
}

impl GrpcSession {
    /// A session on the server at `host:port`. Nothing is sent yet.
    ///
    /// # Errors
    /// `InvalidArgument` for what is no address.
    pub fn open(address: &str, config: ConfigProto) -> Result<GrpcSession> {
        Ok(GrpcSession {
            client: Client::connect(address)?,
            config,
            sent: Mutex::default(),
            closed: AtomicBool::new(false),
            next_request: AtomicI64::new((RandomState::new().hash_one(address) >> 2) as i64),
        })
    }

    /// The time limit for calls that have none of their own.
    fn timeout(&self, options: Option<&RunOptions>) -> Option<Duration> {
        let own = options.map_or(0, |options| options.timeout_in_ms);
        let limit = if own > 0 { own } else { self.config.operation_timeout_in_ms };
        (limit > 0).then(|| Duration::from_millis(limit.unsigned_abs()))
    }

    fn request_id(&self) -> i64 {
        self.next_request.fetch_add(1, Ordering::Relaxed)
    }

    /// Sends what the graph has gained; gives the session's handle.
    fn sync(&self, graph: &Graph) -> Result<String> {
        let mut sent = self.open_and_lock()?;
        let nodes = graph.num_nodes();
        if nodes == sent.nodes && !sent.handle.is_empty() {
            return Ok(sent.handle.clone());
        }
        let graph_def = graph.graph_def_from(sent.nodes)?;
        // What joined the graph meanwhile is part of the message or not, as the message says.
        let nodes = sent.nodes + graph_def.node.len();
        if sent.handle.is_empty() {
            self.create(&mut sent, graph_def)?;
        } else {
            let request = ExtendSessionRequest {
                session_handle: sent.handle.clone(),
                graph_def: Some(graph_def),
                current_graph_version: sent.version,
            };
            let answer: ExtendSessionResponse =
                self.client.call("ExtendSession", request, self.timeout(None))?;
            sent.version = answer.new_graph_version;
        }
        sent.nodes = nodes;
        Ok(sent.handle.clone())
    }

    fn open_and_lock(&self) -> Result<MutexGuard<'_, Sent>> {
        ensure!(!self.closed.load(Ordering::SeqCst), cancelled, "Session has been closed.");
        Ok(self.sent.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn create(&self, sent: &mut Sent, graph_def: GraphDef) -> Result<()> {
        let config = Some(self.config.clone());
        // By its target a server finds itself in a cluster that the configuration brings.
        let target = format!("grpc://{}", self.client.address());
        let request = CreateSessionRequest { graph_def: Some(graph_def), config, target };
        let answer: CreateSessionResponse = self.client.call("CreateSession", request, self.timeout(None))?;
        (sent.handle, sent.version) = (answer.session_handle, answer.graph_version);
        Ok(())
    }

    /// The handle of a session that the server knows.
    fn handle(&self) -> String {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).handle.clone()
    }

    fn run_step(
        &self,
        request: RunStepRequest,
        fetches: &[Port],
        graph: &Graph,
    ) -> Result<(Vec<NdArray>, RunMetadata)> {
        let timeout = self.timeout(request.options.as_ref());
        let answer: RunStepResponse = self.client.call("RunStep", request, timeout)?;
        if answer.status_code != 0 {
            return Err(status::error(answer.status_code, &answer.status_error_message));
        }
        let tensors: HashMap<String, Option<TensorProto>> =
            answer.tensor.into_iter().map(|named| (named.name, named.tensor)).collect();
        let value = |port: &Port| {
            let name = tensor_name(graph, *port);
            let tensor = tensors.get(&name).and_then(Option::as_ref);
            let missing = || Error::internal(format!("the server's answer lacks the tensor {name}"));
            tensor_proto::to_array(tensor.ok_or_else(missing)?)
        };
        let values = fetches.iter().map(value).collect::<Result<_>>()?;
        Ok((values, answer.metadata.unwrap_or_default()))
    }
}

fn tensor_name(graph: &Graph, port: Port) -> String {
    format!("{}:{}", graph.node(port.node).name, port.index)
}

fn tensor_names(graph: &Graph, ports: &[Port]) -> Vec<String> {
    ports.iter().map(|port| tensor_name(graph, *port)).collect()
}

fn node_names(graph: &Graph, nodes: &[usize]) -> Vec<String> {
    nodes.iter().map(|node| graph.node(*node).name.clone()).collect()
}

fn feed(graph: &Graph, port: Port, value: &NdArray) -> Result<NamedTensorProto> {
    Ok(NamedTensorProto { name: tensor_name(graph, port), tensor: Some(tensor_proto::from_array(value)?) })
}

impl RemoteSession for GrpcSession {
    fn run(
        &self,
        graph: &Graph,
        signature: &RunSignature,
        values: Vec<NdArray>,
        options: &RunOptions,
    ) -> Result<(Vec<NdArray>, RunMetadata)> {
        let feeds = signature.feeds.iter().zip(&values);
        let request = RunStepRequest {
            session_handle: self.sync(graph)?,
            feed: feeds.map(|(port, value)| feed(graph, *port, value)).collect::<Result<_>>()?,
            fetch: tensor_names(graph, &signature.fetches),
            target: node_names(graph, &signature.targets),
            options: Some(options.clone()),
            store_errors_in_response_body: true,
            request_id: self.request_id(),
            ..RunStepRequest::default()
        };
        self.run_step(request, &signature.fetches, graph)
    }

    fn partial_run_setup(&self, graph: &Graph, signature: &RunSignature) -> Result<String> {
        let request = PartialRunSetupRequest {
            session_handle: self.sync(graph)?,
            feed: tensor_names(graph, &signature.feeds),
            fetch: tensor_names(graph, &signature.fetches),
            target: node_names(graph, &signature.targets),
            request_id: self.request_id(),
        };
        let answer: PartialRunSetupResponse =
            self.client.call("PartialRunSetup", request, self.timeout(None))?;
        Ok(answer.partial_run_handle)
    }

    fn partial_run(
        &self,
        graph: &Graph,
        handle: &str,
        feeds: Vec<(Port, NdArray)>,
        fetches: &[Port],
    ) -> Result<Vec<NdArray>> {
        let request = RunStepRequest {
            session_handle: self.sync(graph)?,
            feed: feeds.iter().map(|(port, value)| feed(graph, *port, value)).collect::<Result<_>>()?,
            fetch: tensor_names(graph, fetches),
            partial_run_handle: handle.to_string(),
            store_errors_in_response_body: true,
            request_id: self.request_id(),
            ..RunStepRequest::default()
        };
        Ok(self.run_step(request, fetches, graph)?.0)
    }

    fn make_callable(&self, graph: &Graph, signature: &RunSignature) -> Result<i64> {
        let options = CallableOptions {
            feed: tensor_names(graph, &signature.feeds),
            fetch: tensor_names(graph, &signature.fetches),
            target: node_names(graph, &signature.targets),
            ..CallableOptions::default()
        };
        let request = MakeCallableRequest {
            session_handle: self.sync(graph)?,
            options: Some(options),
            request_id: self.request_id(),
        };
        let answer: MakeCallableResponse = self.client.call("MakeCallable", request, self.timeout(None))?;
        Ok(answer.handle)
    }

    fn run_callable(&self, handle: i64, values: Vec<NdArray>) -> Result<(Vec<NdArray>, RunMetadata)> {
        let request = RunCallableRequest {
            session_handle: self.handle(),
            handle,
            feed: values.iter().map(tensor_proto::from_array).collect::<Result<_>>()?,
            request_id: self.request_id(),
        };
        let answer: RunCallableResponse = self.client.call("RunCallable", request, self.timeout(None))?;
        let values = answer.fetch.iter().map(tensor_proto::to_array).collect::<Result<_>>()?;
        Ok((values, answer.metadata.unwrap_or_default()))
    }

    fn release_callable(&self, handle: i64) {
        if self.closed.load(Ordering::SeqCst) {
            return;
        }
        let request = ReleaseCallableRequest { session_handle: self.handle(), handle };
        // A server that is gone holds nothing.
        let _: Result<ReleaseCallableResponse> =
            self.client.call("ReleaseCallable", request, self.timeout(None));
    }

    /// As in TensorFlow, a session that is not there yet begins with an empty graph.
    fn list_devices(&self) -> Result<Vec<DeviceAttributes>> {
        let mut sent = self.open_and_lock()?;
        if sent.handle.is_empty() {
            self.create(&mut sent, Graph::new().as_graph_def()?)?;
        }
        let request = ListDevicesRequest { session_handle: sent.handle.clone() };
        drop(sent);
        let answer: ListDevicesResponse = self.client.call("ListDevices", request, self.timeout(None))?;
        Ok(answer.local_device.into_iter().chain(answer.remote_device).collect())
    }

    fn close(&self) {
        if self.closed.swap(true, Ordering::SeqCst) {
            return;
        }
        let session_handle = self.handle();
        if !session_handle.is_empty() {
            let request = CloseSessionRequest { session_handle };
            // A session that cannot be closed ends with its server.
            let limit = self.timeout(None).or(Some(Duration::from_secs(10)));
            let _: Result<CloseSessionResponse> = self.client.call("CloseSession", request, limit);
        }
    }
}

impl Drop for GrpcSession {
    fn drop(&mut self) {
        self.close();
    }
}
