//! What TensorFlow's client and TensorFlow's server said to each other: our server answers the client's requests as
//! TensorFlow's did, and our client asks as TensorFlow's did and understands the answers. Neither needs TensorFlow.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may")]

mod bad_calls;
mod exchanges;
mod replies;
mod worker;

use exchanges::{Call, programs};
use ferroflow_core::NdArray;
use ferroflow_graph::{Graph, Port, RemoteSession, RunSignature};
use ferroflow_proto::{
    CallableOptions, CreateSessionRequest, CreateSessionResponse, ExtendSessionRequest, GraphDef,
    MakeCallableRequest, MakeCallableResponse, Message, NamedTensorProto, PartialRunSetupRequest,
    PartialRunSetupResponse, RunCallableRequest, RunCallableResponse, RunOptions, RunStepRequest,
    RunStepResponse, tensor_proto,
};
use ferroflow_rpc::{GrpcSession, Server, ServerOptions};
use std::collections::HashMap;

/// Handles as they were recorded, and as our server gives them.
#[derive(Default)]
struct Handles {
    session: String,
    version: i64,
    partial: HashMap<String, String>,
    callables: HashMap<i64, i64>,
}

/// A tensor as TensorFlow writes it differs from ours in how values are packed: what counts are the values.
fn array(named: &NamedTensorProto) -> (String, String) {
    let value = tensor_proto::to_array(named.tensor.as_ref().unwrap()).unwrap();
    (named.name.clone(), format!("{value:?}"))
}

fn arrays(tensors: &[NamedTensorProto]) -> Vec<(String, String)> {
    let mut arrays: Vec<_> = tensors.iter().map(array).collect();
    arrays.sort();
    arrays
}

/// Which task an error is from is named differently by a server that is asked by its own process.
fn told(message: &str) -> String {
    message.replace("From /job:localhost/replica:0/task:0:\n", "")
}

#[test]
fn our_server_answers_as_tensorflows() {
    for (name, calls) in programs() {
        let server = Server::start(ServerOptions::default()).unwrap();
        let client = exchanges::Client::connect(server.address());
        let mut handles = Handles::default();
        for call in &calls {
            answer(&client, call, &mut handles, &name);
        }
        server.stop().unwrap();
    }
}

/// Sends a recorded request with our own handles, and compares the answer.
fn answer(client: &exchanges::Client, call: &Call, handles: &mut Handles, name: &str) {
    let what = format!("{name}: {}", call.method);
    macro_rules! ask {
        ($request:ident: $kind:ty => $change:block) => {{
            #[allow(unused_mut)]
            let mut $request = <$kind>::decode(call.request.as_slice()).unwrap();
            $change
            client.call(&call.method, $request.encode_to_vec())
        }};
    }
    match call.method.as_str() {
        "CreateSession" => {
            let answer = ask!(request: CreateSessionRequest => {}).unwrap();
            let answer = CreateSessionResponse::decode(answer.as_slice()).unwrap();
            (handles.session, handles.version) = (answer.session_handle, answer.graph_version);
        }
        "ExtendSession" => {
            let extended = ask!(request: ExtendSessionRequest => {
                request.session_handle = handles.session.clone();
                assert_eq!(request.current_graph_version, handles.version, "{what}");
            });
            assert!(extended.is_ok(), "{what}: {extended:?}");
            handles.version += 1;
        }
        "RunStep" => {
            let answer = ask!(request: RunStepRequest => {
                request.session_handle = handles.session.clone();
                if !request.partial_run_handle.is_empty() {
                    request.partial_run_handle = handles.partial[&request.partial_run_handle].clone();
                }
            });
            let answer = RunStepResponse::decode(answer.unwrap().as_slice()).unwrap();
            let recorded = RunStepResponse::decode(call.answer.as_slice()).unwrap();
            assert_eq!(answer.status_code, recorded.status_code, "{what}");
            let (ours, theirs) = (told(&answer.status_error_message), told(&recorded.status_error_message));
            assert_eq!(replies::first_line(&ours), replies::first_line(&theirs), "{what}");
            assert_eq!(arrays(&answer.tensor), arrays(&recorded.tensor), "{what}");
        }
        "PartialRunSetup" => {
            let answer = ask!(request: PartialRunSetupRequest => {
                request.session_handle = handles.session.clone();
            });
            let answer = PartialRunSetupResponse::decode(answer.unwrap().as_slice()).unwrap();
            let recorded = PartialRunSetupResponse::decode(call.answer.as_slice()).unwrap();
            handles.partial.insert(recorded.partial_run_handle, answer.partial_run_handle);
        }
        "MakeCallable" => {
            let answer = ask!(request: MakeCallableRequest => {
                request.session_handle = handles.session.clone();
            });
            let answer = MakeCallableResponse::decode(answer.unwrap().as_slice()).unwrap();
            let recorded = MakeCallableResponse::decode(call.answer.as_slice()).unwrap();
            handles.callables.insert(recorded.handle, answer.handle);
        }
        "RunCallable" => {
            let answer = ask!(request: RunCallableRequest => {
                request.session_handle = handles.session.clone();
                request.handle = handles.callables[&request.handle];
            });
            let answer = RunCallableResponse::decode(answer.unwrap().as_slice()).unwrap();
            let recorded = RunCallableResponse::decode(call.answer.as_slice()).unwrap();
            let arrays = |answer: &RunCallableResponse| -> Vec<String> {
                answer
                    .fetch
                    .iter()
                    .map(|fetch| format!("{:?}", tensor_proto::to_array(fetch).unwrap()))
                    .collect()
            };
            assert_eq!(arrays(&answer), arrays(&recorded), "{what}");
        }
        method => {
            let request = replies::with_session(method, &call.request, &handles.session);
            let answer = client.call(method, request);
            assert_eq!(answer.is_ok(), call.code == 0, "{what}: {answer:?}");
        }
    }
}

/// The tensor of a name, or the operation where none is asked for.
fn port(graph: &Graph, name: &str) -> Port {
    let (node, index) = name.split_once(':').unwrap_or((name, "0"));
    let node = graph.get_operation_by_name(node).unwrap().id();
    Port { node, index: index.parse().unwrap() }
}

fn signature(graph: &Graph, feeds: &[String], fetches: &[String], targets: &[String]) -> RunSignature {
    let ports = |names: &[String]| names.iter().map(|name| port(graph, name)).collect();
    RunSignature {
        feeds: ports(feeds),
        fetches: ports(fetches),
        targets: targets.iter().map(|name| port(graph, name).node).collect(),
    }
}

/// What TensorFlow's client asked for, asked for by ours.
#[test]
fn our_client_asks_as_tensorflows() {
    for (name, calls) in programs() {
        let replay = replies::Replay::start(calls.clone());
        let first = calls.iter().find(|call| call.method == "CreateSession").unwrap();
        let request = CreateSessionRequest::decode(first.request.as_slice()).unwrap();
        let graph = Graph::new();
        let session = GrpcSession::open(&replay.address, request.config.unwrap_or_default()).unwrap();
        let extend = |graph_def: &Option<GraphDef>| graph.extend(graph_def.as_ref().unwrap()).unwrap();
        extend(&request.graph_def);
        let mut callables = HashMap::new();
        for call in &calls {
            ask(&session, &graph, call, &mut callables, &extend);
        }
        session.close();
        replay.finish(&name);
    }
}

fn ask(
    session: &GrpcSession,
    graph: &Graph,
    call: &Call,
    callables: &mut HashMap<i64, i64>,
    extend: &dyn Fn(&Option<GraphDef>),
) {
    let values = |feeds: &[NamedTensorProto]| -> Vec<NdArray> {
        feeds.iter().map(|feed| tensor_proto::to_array(feed.tensor.as_ref().unwrap()).unwrap()).collect()
    };
    let names =
        |feeds: &[NamedTensorProto]| -> Vec<String> { feeds.iter().map(|feed| feed.name.clone()).collect() };
    match call.method.as_str() {
        "ExtendSession" => {
            extend(&ExtendSessionRequest::decode(call.request.as_slice()).unwrap().graph_def);
        }
        "RunStep" => {
            let request = RunStepRequest::decode(call.request.as_slice()).unwrap();
            let recorded = RunStepResponse::decode(call.answer.as_slice()).unwrap();
            let signature = signature(graph, &names(&request.feed), &request.fetch, &request.target);
            let values = values(&request.feed);
            let result = if request.partial_run_handle.is_empty() {
                let options: RunOptions = request.options.unwrap_or_default();
                session.run(graph, &signature, values, &options).map(|(values, _)| values)
            } else {
                let feeds = signature.feeds.iter().copied().zip(values).collect();
                session.partial_run(graph, &request.partial_run_handle, feeds, &signature.fetches)
            };
            match result {
                Ok(values) => {
                    let ours = request.fetch.iter().zip(&values);
                    let mut ours: Vec<_> =
                        ours.map(|(name, value)| (name.clone(), format!("{value:?}"))).collect();
                    ours.sort();
                    assert_eq!(ours, arrays(&recorded.tensor));
                }
                Err(error) => assert_eq!(error.code() as i32, recorded.status_code, "{error}"),
            }
        }
        "PartialRunSetup" => {
            let request = PartialRunSetupRequest::decode(call.request.as_slice()).unwrap();
            let recorded = PartialRunSetupResponse::decode(call.answer.as_slice()).unwrap();
            let signature = signature(graph, &request.feed, &request.fetch, &request.target);
            assert_eq!(session.partial_run_setup(graph, &signature).unwrap(), recorded.partial_run_handle);
        }
        "MakeCallable" => {
            let request = MakeCallableRequest::decode(call.request.as_slice()).unwrap();
            let recorded = MakeCallableResponse::decode(call.answer.as_slice()).unwrap();
            let options: CallableOptions = request.options.unwrap();
            let signature = signature(graph, &options.feed, &options.fetch, &options.target);
            callables.insert(recorded.handle, session.make_callable(graph, &signature).unwrap());
        }
        "RunCallable" => {
            let request = RunCallableRequest::decode(call.request.as_slice()).unwrap();
            let recorded = RunCallableResponse::decode(call.answer.as_slice()).unwrap();
            let values = request.feed.iter().map(|feed| tensor_proto::to_array(feed).unwrap()).collect();
            let (values, _) = session.run_callable(callables[&request.handle], values).unwrap();
            let theirs = recorded.fetch.iter().map(|fetch| tensor_proto::to_array(fetch).unwrap());
            assert!(
                values.iter().zip(theirs).all(|(ours, theirs)| format!("{ours:?}") == format!("{theirs:?}"))
            );
        }
        "ReleaseCallable" => callables.values().for_each(|handle| session.release_callable(*handle)),
        "ListDevices" => assert!(!session.list_devices().unwrap().is_empty()),
        "CreateSession" | "CloseSession" => {}
        method => panic!("{method} was recorded, and is not tested"),
    }
}
