//! What TensorFlow's servers said to each other: ours, in the place of one of them, answers as it did, and asks the other
//! one for what it asked.

use crate::exchanges::{Call, Client, base64};
use crate::replies::Replay;
use ferroflow_proto::attr_value::Value;
use ferroflow_proto::{
    AttrValue, ClusterDef, DeregisterGraphRequest, GetStatusResponse, JobDef, Message, RecvTensorRequest,
    RecvTensorResponse, RegisterGraphRequest, RegisterGraphResponse, RunGraphRequest, RunGraphResponse,
    tensor_proto,
};
use ferroflow_rpc::{Server, ServerOptions};
use std::collections::{BTreeMap, HashMap};
use tonic::Status;

/// The recorded programs: the calls of both tasks, in the order in which they began.
fn programs() -> BTreeMap<String, Vec<(String, Call)>> {
    let mut programs: BTreeMap<String, Vec<(String, Call)>> = BTreeMap::new();
    for line in include_str!("../data/worker_calls.txt").lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split(' ').collect();
        let [program, task, method, code, request, answer] = fields[..] else { panic!("{line}") };
        let call = Call {
            method: method.to_string(),
            code: code.parse().unwrap(),
            request: base64(request),
            answer: base64(answer),
        };
        programs.entry(program.to_string()).or_default().push((task.to_string(), call));
    }
    programs
}

/// Our server as the task `ps`, and what differs from the recorded one by chance: the number of its device, and the
/// names it gives to graphs.
struct Place {
    client: Client,
    /// The recorded number, and ours.
    incarnations: (u64, u64),
    graphs: HashMap<String, String>,
}

fn incarnation(answer: &[u8]) -> u64 {
    let status = GetStatusResponse::decode(answer).unwrap();
    status.device_attributes.iter().find(|device| device.device_type == "CPU").unwrap().incarnation
}

impl Place {
    fn ask(&self, method: &str, request: Vec<u8>) -> Result<Vec<u8>, Status> {
        self.client.call_service("WorkerService", method, request)
    }

    /// A text with our number in the place of the recorded one.
    fn ours(&self, text: &str) -> String {
        let (theirs, ours) = self.incarnations;
        text.replace(&format!("{theirs:016x}"), &format!("{ours:016x}"))
            .replace(&theirs.to_string(), &ours.to_string())
    }

    /// The recorded request as it is for our server.
    fn request(&self, call: &Call) -> Vec<u8> {
        let graph = |handle: &str| self.graphs.get(handle).cloned().unwrap_or_else(|| handle.to_string());
        match call.method.as_str() {
            "RegisterGraph" => {
                let mut request = RegisterGraphRequest::decode(call.request.as_slice()).unwrap();
                let (theirs, ours) = self.incarnations;
                for node in request.graph_def.iter_mut().flat_map(|graph| &mut graph.node) {
                    if let Some(AttrValue { value: Some(Value::I(number)) }) =
                        node.attr.get_mut("send_device_incarnation")
                        && *number == theirs.cast_signed()
                    {
                        *number = ours.cast_signed();
                    }
                }
                request.encode_to_vec()
            }
            "RunGraph" => {
                let mut request = RunGraphRequest::decode(call.request.as_slice()).unwrap();
                request.graph_handle = graph(&request.graph_handle);
                request.encode_to_vec()
            }
            "DeregisterGraph" => {
                let mut request = DeregisterGraphRequest::decode(call.request.as_slice()).unwrap();
                request.graph_handle = graph(&request.graph_handle);
                request.encode_to_vec()
            }
            "RecvTensor" => {
                let mut request = RecvTensorRequest::decode(call.request.as_slice()).unwrap();
                request.rendezvous_key = self.ours(&request.rendezvous_key);
                request.encode_to_vec()
            }
            _ => call.request.clone(),
        }
    }

    /// Whether a recorded call ends with an error, of the call or in the answer.
    fn is_ended(&self, call: &Call) -> bool {
        let answer = self.ask(&call.method, self.request(call));
        answer.map_or(true, |answer| {
            call.method == "RunGraph" && RunGraphResponse::decode(answer.as_slice()).unwrap().status_code != 0
        })
    }

    /// Makes a recorded call, and compares the answer.
    fn check(&self, name: &str, call: &Call) -> Option<Vec<u8>> {
        let what = format!("{name}: {}", call.method);
        let answer = match self.ask(&call.method, self.request(call)) {
            Ok(answer) => answer,
            Err(status) => {
                assert_eq!(status.code() as i32, call.code, "{what}: {status}");
                let theirs = self.ours(&String::from_utf8_lossy(&call.answer));
                assert_eq!(status.message(), theirs, "{what}");
                return None;
            }
        };
        assert_eq!(call.code, 0, "{what}: no error");
        match call.method.as_str() {
            "RecvTensor" => {
                let value = |answer: &[u8]| {
                    let answer = RecvTensorResponse::decode(answer).unwrap();
                    let tensor = tensor_proto::to_array(&answer.tensor.unwrap()).unwrap();
                    (answer.is_dead, format!("{tensor:?}"))
                };
                assert_eq!(value(&answer), value(&call.answer), "{what}");
            }
            "RunGraph" => {
                let told = |answer: &[u8]| {
                    let answer = RunGraphResponse::decode(answer).unwrap();
                    let timed = answer.step_stats.is_some_and(|stats| !stats.dev_stats.is_empty());
                    let part: Vec<String> = answer.partition_graph.into_iter().flat_map(names).collect();
                    (answer.status_code, answer.status_error_message, timed, part)
                };
                assert_eq!(told(&answer), told(&call.answer), "{what}");
            }
            _ => {}
        }
        Some(answer)
    }
}

/// The names of a graph's nodes.
fn names(graph: ferroflow_proto::GraphDef) -> Vec<String> {
    let mut names: Vec<String> = graph.node.into_iter().map(|node| node.name).collect();
    names.sort();
    names
}

#[test]
fn our_server_takes_the_place_of_tensorflows() {
    for (name, calls) in programs() {
        let (to_ps, to_worker): (Vec<_>, Vec<_>) = calls.into_iter().partition(|(task, _)| task == "ps");
        let replay = Replay::start(to_worker.into_iter().map(|(_, call)| call).collect());
        let job = JobDef { name: "worker".to_string(), tasks: BTreeMap::from([(0, replay.address.clone())]) };
        let options = ServerOptions {
            job: "ps".to_string(),
            cluster: ClusterDef { job: vec![job] },
            ..ServerOptions::default()
        };
        let server = Server::start(options).unwrap();
        let client = Client::connect(server.address());
        let mut place = Place { client, incarnations: (0, 0), graphs: HashMap::new() };
        run(&name, to_ps.into_iter().map(|(_, call)| call).collect(), &mut place);
        replay.finish(&name);
        server.stop().unwrap();
    }
}

/// Makes the calls: those of a step all at one time, as they were made.
fn run(name: &str, calls: Vec<Call>, place: &mut Place) {
    let mut rest = calls.as_slice();
    while let Some((call, behind)) = rest.split_first() {
        let of_step = |call: &Call| matches!(call.method.as_str(), "RunGraph" | "RecvTensor");
        if name != "wrong" && of_step(call) {
            let count = rest.iter().position(|call| call.method == "CleanupGraph").unwrap();
            let (step, behind) = rest.split_at(count);
            // What was under way when the step was given up has no answer.
            let given_up = step.iter().any(|call| call.code == 1);
            let place = &*place;
            std::thread::scope(|scope| {
                for call in step {
                    let made = scope.spawn(move || match given_up {
                        true => assert!(place.is_ended(call)),
                        false => drop(place.check(name, call)),
                    });
                    if call.method == "RunGraph" && name == "partial" {
                        made.join().unwrap();
                    }
                }
                if given_up {
                    std::thread::sleep(std::time::Duration::from_millis(300));
                    place.check(name, &behind[0]);
                }
            });
            rest = behind;
            continue;
        }
        let answer = place.check(name, call);
        match (call.method.as_str(), answer) {
            ("GetStatus", Some(answer)) => {
                place.incarnations = (incarnation(&call.answer), incarnation(&answer));
            }
            ("RegisterGraph", Some(answer)) => {
                let handle = |answer: &[u8]| RegisterGraphResponse::decode(answer).unwrap().graph_handle;
                place.graphs.insert(handle(&call.answer), handle(&answer));
            }
            _ => {}
        }
        rest = behind;
    }
}
