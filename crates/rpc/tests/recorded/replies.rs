//! A server that answers what was recorded, and checks that it is asked what was recorded.

use crate::exchanges::{Call, Raw};
use ferroflow_proto::{
    CallableOptions, CloseSessionRequest, CreateSessionRequest, ExtendSessionRequest, ListDevicesRequest,
    MakeCallableRequest, Message, NamedTensorProto, PartialRunSetupRequest, RecvTensorRequest,
    ReleaseCallableRequest, RunCallableRequest, RunStepRequest, tensor_proto,
};
use http::{Request, Response};
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use tonic::body::Body;
use tonic::server::{Grpc, UnaryService};
use tonic::{Code, Status};

/// The message without the node and what is told of it behind.
pub(crate) fn first_line(message: &str) -> &str {
    message.lines().next().unwrap_or("")
}

/// The request of a method that only names its session, or a callable of it.
pub(crate) fn with_session(method: &str, request: &[u8], session: &str) -> Vec<u8> {
    macro_rules! with {
        ($kind:ty) => {{
            let mut request = <$kind>::decode(request).unwrap();
            request.session_handle = session.to_string();
            request.encode_to_vec()
        }};
    }
    match method {
        "CloseSession" => with!(CloseSessionRequest),
        "ListDevices" => with!(ListDevicesRequest),
        "ReleaseCallable" => with!(ReleaseCallableRequest),
        method => panic!("{method} was recorded, and is not tested"),
    }
}

type Answer<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// What was recorded and has not been asked for yet, and what was asked instead.
#[derive(Default)]
struct Script {
    calls: Vec<Call>,
    complaints: Vec<String>,
}

#[derive(Clone)]
struct Replies(Arc<Mutex<Script>>);

impl Replies {
    fn answer(&self, method: &str, request: &[u8]) -> Result<Vec<u8>, Status> {
        let mut script = self.0.lock().unwrap();
        let Some(at) = script.calls.iter().position(|call| is_asked(call, method, request)) else {
            // A session that ends by itself asks for no more than TensorFlow's.
            script.complaints.push(format!("{method} was called once more than by TensorFlow's client"));
            return Err(Status::unimplemented(method.to_string()));
        };
        let call = script.calls.remove(at);
        if let Some(complaint) = differs(method, request, &call.request) {
            script.complaints.push(format!("{method}: {complaint}"));
        }
        match call.code {
            0 => Ok(call.answer),
            code => Err(Status::new(Code::from_i32(code), String::from_utf8_lossy(&call.answer))),
        }
    }
}

/// Whether a recorded call is the one that is made: several tensors are asked for at one time.
fn is_asked(call: &Call, method: &str, request: &[u8]) -> bool {
    let tensor = |request: &[u8]| {
        let request = RecvTensorRequest::decode(request).unwrap();
        (request.step_id, request.rendezvous_key)
    };
    call.method == method && (method != "RecvTensor" || tensor(request) == tensor(&call.request))
}

/// How a request of ours differs from TensorFlow's in what matters.
fn differs(method: &str, ours: &[u8], theirs: &[u8]) -> Option<String> {
    fn both<M: Message + Default>(ours: &[u8], theirs: &[u8]) -> (M, M) {
        (M::decode(ours).unwrap(), M::decode(theirs).unwrap())
    }
    fn values(feeds: &[NamedTensorProto]) -> Vec<(String, String)> {
        let value = |feed: &NamedTensorProto| {
            let array = tensor_proto::to_array(feed.tensor.as_ref().unwrap()).unwrap();
            (feed.name.clone(), format!("{array:?}"))
        };
        feeds.iter().map(value).collect()
    }
    fn check<T: PartialEq + std::fmt::Debug>(ours: T, theirs: T) -> Option<String> {
        (ours != theirs).then(|| format!("{ours:?} instead of {theirs:?}"))
    }
    // In any order, as a graph that was read may have it, and so for what a node waits for; the first output needs no
    // number.
    let nodes = |graph: &Option<ferroflow_proto::GraphDef>| -> Vec<(String, String, Vec<String>)> {
        let input = |name: &String| name.strip_suffix(":0").unwrap_or(name).to_string();
        let nodes = graph.iter().flat_map(|graph| &graph.node);
        let inputs = |names: &[String]| {
            let mut names: Vec<String> = names.iter().map(input).collect();
            let controls = names.iter().take_while(|name| !name.starts_with('^')).count();
            names[controls..].sort();
            names
        };
        let mut nodes: Vec<_> =
            nodes.map(|node| (node.name.clone(), node.op.clone(), inputs(&node.input))).collect();
        nodes.sort();
        nodes
    };
    match method {
        "CreateSession" => {
            let (ours, theirs) = both::<CreateSessionRequest>(ours, theirs);
            // The target is an address, which differs.
            check(nodes(&ours.graph_def), nodes(&theirs.graph_def))
                .or_else(|| check(ours.target.is_empty(), theirs.target.is_empty()))
        }
        "ExtendSession" => {
            let (ours, theirs) = both::<ExtendSessionRequest>(ours, theirs);
            check(nodes(&ours.graph_def), nodes(&theirs.graph_def))
                .or_else(|| check(ours.session_handle, theirs.session_handle))
                .or_else(|| check(ours.current_graph_version, theirs.current_graph_version))
        }
        "RunStep" => {
            let (ours, theirs) = both::<RunStepRequest>(ours, theirs);
            let seen = |request: &RunStepRequest| {
                let names = (request.fetch.clone(), request.target.clone());
                let handles = (request.session_handle.clone(), request.partial_run_handle.clone());
                (values(&request.feed), names, handles, request.store_errors_in_response_body)
            };
            let limit = |request: &RunStepRequest| request.options.as_ref().map_or(0, |o| o.timeout_in_ms);
            check(seen(&ours), seen(&theirs)).or_else(|| check(limit(&ours), limit(&theirs)))
        }
        "PartialRunSetup" => {
            let (ours, theirs) = both::<PartialRunSetupRequest>(ours, theirs);
            let seen = |r: PartialRunSetupRequest| (r.session_handle, r.feed, r.fetch, r.target);
            check(seen(ours), seen(theirs))
        }
        "MakeCallable" => {
            let (ours, theirs) = both::<MakeCallableRequest>(ours, theirs);
            let seen = |request: MakeCallableRequest| {
                let CallableOptions { feed, fetch, target, .. } = request.options.unwrap();
                (request.session_handle, feed, fetch, target)
            };
            check(seen(ours), seen(theirs))
        }
        "RunCallable" => {
            let (ours, theirs) = both::<RunCallableRequest>(ours, theirs);
            check((ours.session_handle, ours.handle), (theirs.session_handle, theirs.handle))
        }
        "ReleaseCallable" => {
            let (ours, theirs) = both::<ReleaseCallableRequest>(ours, theirs);
            check((ours.session_handle, ours.handle), (theirs.session_handle, theirs.handle))
        }
        "ListDevices" => {
            let (ours, theirs) = both::<ListDevicesRequest>(ours, theirs);
            check(ours.session_handle, theirs.session_handle)
        }
        "RecvTensor" => None,
        "CloseSession" => {
            let (ours, theirs) = both::<CloseSessionRequest>(ours, theirs);
            check(ours.session_handle, theirs.session_handle)
        }
        method => Some(format!("{method} was not recorded")),
    }
}

struct Method(Replies, String);

impl UnaryService<Vec<u8>> for Method {
    type Response = Vec<u8>;
    type Future = Answer<Result<tonic::Response<Vec<u8>>, Status>>;

    fn call(&mut self, request: tonic::Request<Vec<u8>>) -> Self::Future {
        let answer = self.0.answer(&self.1, request.get_ref());
        Box::pin(async move { answer.map(tonic::Response::new) })
    }
}

impl tower_service::Service<Request<Body>> for Replies {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answer<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let name = request.uri().path().rsplit('/').next().unwrap_or("").to_string();
        let method = Method(self.clone(), name);
        Box::pin(async move { Ok(Grpc::new(Raw).unary(method, request).await) })
    }
}

/// The server that answers what was recorded.
pub(crate) struct Replay {
    pub(crate) address: String,
    script: Arc<Mutex<Script>>,
    _runtime: tokio::runtime::Runtime,
}

impl Replay {
    pub(crate) fn start(calls: Vec<Call>) -> Replay {
        let script = Arc::new(Mutex::new(Script { calls, complaints: Vec::new() }));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.unwrap();
        let address = {
            let _context = runtime.enter();
            let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            let address = free.local_addr().unwrap();
            drop(free);
            let service = Replies(script.clone());
            runtime.spawn(tonic::transport::Server::builder().serve(address, service));
            address
        };
        while std::net::TcpStream::connect(address).is_err() {
            std::thread::yield_now();
        }
        Replay { address: address.to_string(), script, _runtime: runtime }
    }

    /// Everything that was recorded was asked for, and nothing else.
    pub(crate) fn finish(self, name: &str) {
        let script = self.script.lock().unwrap();
        assert!(script.complaints.is_empty(), "{name}: {}", script.complaints.join("\n"));
        let left: Vec<&str> = script.calls.iter().map(|call| call.method.as_str()).collect();
        assert!(left.is_empty(), "{name}: ours did not ask for {left:?}");
    }
}
