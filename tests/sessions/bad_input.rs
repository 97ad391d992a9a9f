//! What no session sends: our server answers it as TensorFlow's does, and its other sessions go on.
//!
//! The codes are those that TensorFlow's server gives; tools/serve_requests.py compares them with the real one.

use crate::raw::{Connection, End, framed, master};
use crate::servers::ours;
use ferroflow::compat::v1::{self as tf, feeds};
use ferroflow::rpc::{Limits, Server, ServerOptions};
use ferroflow::{Code, DType, NdArray, Result, Tensor};
use ferroflow_core::Op;
use ferroflow_proto::*;
use prost::Message;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// What is tried, and what it is called in messages.
type Named<T> = (&'static str, T);

const METHODS: &[&str] = &[
    "CreateSession",
    "ExtendSession",
    "PartialRunSetup",
    "RunStep",
    "MakeCallable",
    "RunCallable",
    "ReleaseCallable",
    "CloseSession",
    "ListDevices",
    "Reset",
];

/// A session that is there before anything bad is sent, and shows that it still runs.
struct Bystander {
    session: tf::Session,
    x: Tensor,
    y: Tensor,
}

impl Bystander {
    fn on(server: &Server) -> Bystander {
        let graph = tf::Graph::new();
        let (x, y) = graph
            .as_default_scope(|| -> Result<(Tensor, Tensor)> {
                let x = tf::placeholder(DType::FLOAT32, [2])?;
                Ok((x.clone(), (&x * 2.0)?))
            })
            .unwrap();
        let session = tf::Session::builder().graph(&graph).target(&server.target()).build().unwrap();
        let bystander = Bystander { session, x, y };
        bystander.runs();
        bystander
    }

    fn runs(&self) {
        let y = self.session.run_feed(&self.y, feeds![&self.x => [1.0, 2.0]]).unwrap();
        assert_eq!(y.as_slice::<f32>().unwrap(), [2.0, 4.0]);
    }
}

/// `y = x * 2` and what takes from an empty queue.
fn graph_def() -> GraphDef {
    let graph = tf::Graph::new();
    graph
        .as_default_scope(|| -> Result<()> {
            let x = Op::named("Placeholder").attr("dtype", DType::FLOAT32).name("x").one()?;
            Op::named("Add").input(&x).input(&x).name("y").one()?;
            let queue = Op::named("FIFOQueueV2").attr("component_types", vec![DType::INT32]).one()?;
            Op::named("QueueDequeueV2")
                .input(&queue)
                .attr("component_types", vec![DType::INT32])
                .name("take")
                .one()?;
            Ok(())
        })
        .unwrap();
    graph.as_graph_def().unwrap()
}

fn create(connection: &Connection, graph_def: GraphDef) -> std::result::Result<String, End> {
    let request = CreateSessionRequest { graph_def: Some(graph_def), ..CreateSessionRequest::default() };
    let answer = connection.call("CreateSession", &request)?;
    Ok(CreateSessionResponse::decode(answer).unwrap().session_handle)
}

/// A step that is fed `x` and gives `y`.
fn step(handle: &str, tensor: TensorProto) -> RunStepRequest {
    RunStepRequest {
        session_handle: handle.to_string(),
        feed: vec![NamedTensorProto { name: "x:0".to_string(), tensor: Some(tensor) }],
        fetch: vec!["y:0".to_string()],
        ..RunStepRequest::default()
    }
}

fn floats() -> TensorProto {
    tensor_proto::from_array(&NdArray::vector(vec![1f32, 2.0])).unwrap()
}

fn code<T>(result: std::result::Result<T, End>) -> Option<Code> {
    result.err().map(|(code, _)| code)
}

#[test]
fn malformed_messages_are_refused() {
    let server = ours();
    let bystander = Bystander::on(&server);
    let connection = Connection::open(&server.target());
    for method in METHODS {
        let refused = connection.send(&master(method), &framed(&[0xff; 4]));
        assert_eq!(code(refused), Some(Code::Internal), "{method}");
    }
    let handle = create(&connection, graph_def()).unwrap();
    let whole = step(&handle, floats()).encode_to_vec();
    for cut in [1, whole.len() / 2, whole.len() - 1] {
        let refused = connection.send(&master("RunStep"), &framed(&whole[..cut]));
        assert_eq!(code(refused), Some(Code::Internal), "cut at {cut}");
    }
    // A name that is no text, and fields that nobody knows: these are passed over.
    assert_eq!(code(connection.send(&master("RunStep"), &framed(b"\x0a\x01\xff"))), Some(Code::Internal));
    let more = [whole.as_slice(), b"\xfa\x7f\x01a"].concat();
    assert_eq!(code(connection.send(&master("RunStep"), &framed(&more))), None);
    for path in [&master("Nonsense"), "tensorflow.Nonsense/RunStep", "nonsense", ""] {
        assert_eq!(code(connection.send(path, &framed(&[]))), Some(Code::Unimplemented), "{path}");
    }
    bystander.runs();
}

#[test]
fn frames_that_are_none_are_refused() {
    let server = Server::start(ServerOptions {
        limits: Limits { message_bytes: 1 << 20, ..Limits::default() },
        ..ServerOptions::default()
    })
    .unwrap();
    let bystander = Bystander::on(&server);
    let connection = Connection::open(&server.target());
    let path = master("RunStep");
    // No message at all, half a header, and less than the header says.
    for body in [&[][..], &[0, 0], &[0, 0, 0, 0, 9, 1, 2]] {
        assert!(code(connection.send(&path, body)).is_some(), "{body:?}");
    }
    assert_eq!(code(connection.send(&path, &[0, 0xff, 0xff, 0xff, 0xff])), Some(Code::OutOfRange));
    // Compressed, which was not agreed on, and a flag that does not exist.
    assert!(code(connection.send(&path, &[1, 0, 0, 0, 1, 0])).is_some());
    assert!(code(connection.send(&path, &[9, 0, 0, 0, 0])).is_some());
    // The connection itself has not suffered.
    create(&connection, graph_def()).unwrap();
    // No HTTP at all.
    let address = server.address();
    for noise in [&b"\x00\x01\x02\x03"[..], b"GET / HTTP/1.1\r\nhost: x\r\n\r\n", &[0xff; 4096]] {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let _ = stream.write_all(noise);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        // It is hung up on, sooner or later.
        let _ = stream.read_to_end(&mut Vec::new());
    }
    bystander.runs();
}

#[test]
fn streams_that_do_not_end_disturb_nobody() {
    let server = ours();
    let bystander = Bystander::on(&server);
    let connection = Connection::open(&server.target());
    let handle = create(&connection, graph_def()).unwrap();
    let whole = framed(&step(&handle, floats()).encode_to_vec());
    let mut open = Vec::new();
    for size in [0, 3, 5, whole.len() / 2] {
        open.push(connection.begin(&master("RunStep"), &whole[..size]));
    }
    assert_eq!(code(connection.call("RunStep", &step(&handle, floats()))), None);
    bystander.runs();
    for mut stream in open {
        stream.send_reset(h2::Reason::CANCEL);
    }
    assert_eq!(code(connection.call("RunStep", &step(&handle, floats()))), None);
    bystander.runs();
}

#[test]
fn sessions_that_are_not_there_are_told() {
    let server = ours();
    let bystander = Bystander::on(&server);
    let connection = Connection::open(&server.target());
    let session_handle = "0123456789abcdef".to_string();
    let gone = |method: &str, request: &dyn Fn(String) -> Vec<u8>| {
        connection.send(&master(method), &framed(&request(session_handle.clone()))).unwrap_err()
    };
    let calls: [Named<&dyn Fn(String) -> Vec<u8>>; 7] = [
        ("ExtendSession", &|session_handle| {
            ExtendSessionRequest { session_handle, ..Default::default() }.encode_to_vec()
        }),
        ("PartialRunSetup", &|session_handle| {
            PartialRunSetupRequest { session_handle, ..Default::default() }.encode_to_vec()
        }),
        ("RunStep", &|session_handle| {
            RunStepRequest { session_handle, ..Default::default() }.encode_to_vec()
        }),
        ("MakeCallable", &|session_handle| {
            MakeCallableRequest { session_handle, ..Default::default() }.encode_to_vec()
        }),
        ("RunCallable", &|session_handle| {
            RunCallableRequest { session_handle, ..Default::default() }.encode_to_vec()
        }),
        ("ReleaseCallable", &|session_handle| {
            ReleaseCallableRequest { session_handle, ..Default::default() }.encode_to_vec()
        }),
        ("CloseSession", &|session_handle| CloseSessionRequest { session_handle }.encode_to_vec()),
    ];
    for (method, request) in calls {
        let (code, message) = gone(method, request);
        assert_eq!(code, Code::Aborted, "{method}");
        assert!(message.starts_with("Session 0123456789abcdef is not found."), "{method}: {message}");
    }
    let list = |session_handle| ListDevicesRequest { session_handle }.encode_to_vec();
    assert_eq!(gone("ListDevices", &list).0, Code::InvalidArgument);
    bystander.runs();
}

#[test]
fn graphs_of_another_version_are_refused() {
    let server = ours();
    let connection = Connection::open(&server.target());
    let session_handle = create(&connection, graph_def()).unwrap();
    let mut more = graph_def();
    more.node.retain(|node| node.name == "x");
    let extend = |name: &str, current_graph_version| {
        let mut graph_def = more.clone();
        graph_def.node[0].name = name.to_string();
        let request = ExtendSessionRequest {
            session_handle: session_handle.clone(),
            graph_def: Some(graph_def),
            current_graph_version,
        };
        let answer = connection.call("ExtendSession", &request)?;
        Ok(ExtendSessionResponse::decode(answer).unwrap().new_graph_version)
    };
    let (code, message) = extend("z", 7).unwrap_err();
    assert_eq!(code, Code::Aborted);
    assert_eq!(message, "Current version is 0 but caller expected 7.");
    assert_eq!(extend("z", 0), Ok(1));
    assert_eq!(extend("w", 0).unwrap_err().0, Code::Aborted);
    assert_eq!(extend("z", 1).unwrap_err().0, Code::InvalidArgument);
    assert_eq!(extend("w", 1), Ok(2));
}

#[test]
fn graphs_that_are_none_open_no_session() {
    let server = ours();
    let connection = Connection::open(&server.target());
    let bad: [Named<fn(&mut GraphDef)>; 6] = [
        ("op", |graph| graph.node[0].op = "NoSuchOp".to_string()),
        ("input", |graph| graph.node[1].input[0] = "nowhere".to_string()),
        ("output", |graph| graph.node[1].input[0] = "x:5".to_string()),
        ("name", |graph| graph.node[1].name = "x".to_string()),
        ("attribute", |graph| {
            graph.node[1].attr.clear();
            graph.node[1].input.pop();
        }),
        ("cycle", |graph| graph.node[1].input[1] = "y".to_string()),
    ];
    for (what, change) in bad {
        let mut graph_def = graph_def();
        change(&mut graph_def);
        let code = create(&connection, graph_def).unwrap_err().0;
        assert!(matches!(code, Code::InvalidArgument | Code::NotFound), "{what}: {code:?}");
    }
    create(&connection, graph_def()).unwrap();
}

#[test]
fn feeds_that_do_not_fit_are_refused() {
    let server = ours();
    let bystander = Bystander::on(&server);
    let connection = Connection::open(&server.target());
    let handle = create(&connection, graph_def()).unwrap();
    let run = |request: RunStepRequest| code(connection.call("RunStep", &request));
    let ints = tensor_proto::from_array(&NdArray::vector(vec![1i32, 2])).unwrap();
    assert_eq!(run(step(&handle, ints.clone())), Some(Code::Internal));
    let bad: [Named<fn(&mut TensorProto)>; 4] = [
        ("no dtype", |tensor| tensor.dtype = 0),
        ("unknown dtype", |tensor| tensor.dtype = 77),
        ("content", |tensor| tensor.tensor_content = b"abc".to_vec().into()),
        ("negative", |tensor| tensor.tensor_shape.as_mut().unwrap().dim[0].size = -5),
    ];
    for (what, change) in bad {
        let mut tensor = floats();
        change(&mut tensor);
        let (code, message) = connection.call("RunStep", &step(&handle, tensor)).unwrap_err();
        assert_eq!(code, Code::InvalidArgument, "{what}");
        assert_eq!(message, "Invalid TensorProto for feed value 0", "{what}");
    }
    let mut huge = floats();
    huge.tensor_content.clear();
    huge.tensor_shape.as_mut().unwrap().dim[0].size = 1 << 60;
    assert!(run(step(&handle, huge)).is_some());
    let mut twice = step(&handle, floats());
    twice.feed.push(twice.feed[0].clone());
    assert_eq!(run(twice), Some(Code::InvalidArgument));
    let named = |feed: &str, fetch: &str| {
        let mut request = step(&handle, floats());
        request.feed[0].name = feed.to_string();
        request.fetch[0] = fetch.to_string();
        run(request)
    };
    assert_eq!(named("z:0", "y:0"), Some(Code::NotFound));
    assert_eq!(named("x:3", "y:0"), Some(Code::InvalidArgument));
    assert_eq!(named("x:0", "z:0"), Some(Code::NotFound));
    assert_eq!(named("x:0", "y:3"), Some(Code::InvalidArgument));
    // A status may be asked for in the answer's body.
    let inside =
        RunStepRequest { store_errors_in_response_body: true, ..step(&handle, TensorProto::default()) };
    let answer = RunStepResponse::decode(connection.call("RunStep", &inside).unwrap()).unwrap();
    assert_eq!(answer.status_code, Code::InvalidArgument as i32);
    let unknown = RunStepRequest { partial_run_handle: "nonsense".to_string(), ..step(&handle, floats()) };
    assert_eq!(run(unknown), Some(Code::InvalidArgument));
    bystander.runs();
    callables(&connection, &handle, ints);
}

fn callables(connection: &Connection, handle: &str, ints: TensorProto) {
    let options = CallableOptions {
        feed: vec!["x:0".to_string()],
        fetch: vec!["y:0".to_string()],
        ..CallableOptions::default()
    };
    let make = MakeCallableRequest {
        session_handle: handle.to_string(),
        options: Some(options),
        ..MakeCallableRequest::default()
    };
    let made = connection.call("MakeCallable", &make).unwrap();
    let made = MakeCallableResponse::decode(made).unwrap().handle;
    let run = |handle: i64, feed: Vec<TensorProto>| {
        let session_handle = make.session_handle.clone();
        let request = RunCallableRequest { session_handle, handle, feed, ..RunCallableRequest::default() };
        code(connection.call("RunCallable", &request))
    };
    assert_eq!(run(made, vec![floats()]), None);
    assert_eq!(run(made, vec![]), Some(Code::InvalidArgument));
    assert_eq!(run(made, vec![ints]), Some(Code::Internal));
    assert_eq!(run(made + 1, vec![floats()]), Some(Code::InvalidArgument));
}

#[test]
fn calls_end_at_their_deadline() {
    let limits = Limits { steps: 1, ..Limits::default() };
    let server = Server::start(ServerOptions { limits, ..ServerOptions::default() }).unwrap();
    let connection = Connection::open(&server.target());
    let handle = create(&connection, graph_def()).unwrap();
    let target = vec!["take".to_string()];
    let take = RunStepRequest { session_handle: handle.clone(), target, ..RunStepRequest::default() };
    for timeout in ["300m", "300000u", "300000000n"] {
        let started = Instant::now();
        let (code, message) = loop {
            let late = connection.call_within(timeout, "RunStep", &take).unwrap_err();
            // The step before may hold the only place for a moment.
            if late.0 != Code::ResourceExhausted || started.elapsed() > Duration::from_secs(20) {
                break late;
            }
        };
        assert_eq!((code, message.as_str()), (Code::DeadlineExceeded, "Deadline Exceeded"));
    }
    // A time that is none is no limit, and the steps that were too late are gone.
    for timeout in ["60S", "1M", "1H", "m", "soon"] {
        let started = Instant::now();
        while connection.call_within(timeout, "RunStep", &step(&handle, floats())).is_err() {
            assert!(started.elapsed() < Duration::from_secs(20), "{timeout}");
        }
    }
}

#[test]
fn steps_tell_which_nodes_they_run() {
    let server = ours();
    let connection = Connection::open(&server.target());
    let handle = create(&connection, graph_def()).unwrap();
    let options = RunOptions { output_partition_graphs: true, ..RunOptions::default() };
    let request = RunStepRequest { options: Some(options), ..step(&handle, floats()) };
    let answer = RunStepResponse::decode(connection.call("RunStep", &request).unwrap()).unwrap();
    let graphs = answer.metadata.unwrap().partition_graphs;
    let mut nodes: Vec<String> = graphs
        .iter()
        .flat_map(|graph| &graph.node)
        .map(|node| format!("{} = {}({})", node.name, node.op, node.input.join(", ")))
        .collect();
    nodes.sort();
    assert_eq!(nodes, ["_recv_x_0 = _Recv()", "_send_y_0 = _Send(y)", "y = Add(_recv_x_0, _recv_x_0)"]);
}

#[test]
fn clients_that_vanish_take_their_steps_along() {
    let limits = Limits { steps: 1, ..Limits::default() };
    let server = Server::start(ServerOptions { limits, ..ServerOptions::default() }).unwrap();
    let bystander = Bystander::on(&server);
    let connection = Connection::open(&server.target());
    let handle = create(&connection, graph_def()).unwrap();
    let take = RunStepRequest {
        session_handle: handle,
        target: vec!["take".to_string()],
        ..RunStepRequest::default()
    };
    let feeds = || feeds![&bystander.x => [1.0, 2.0]];
    // The only place is taken by the step that waits. Its call is refused if a step of the bystander's has the place just then:
    // it is made again.
    let started = Instant::now();
    let stream = loop {
        let mut stream = connection.begin(&master("RunStep"), &framed(&take.encode_to_vec()));
        stream.send_data(bytes::Bytes::new(), true).unwrap();
        if (0..100).any(|_| bystander.session.run_feed(&bystander.y, feeds()).is_err()) {
            break stream;
        }
        assert!(started.elapsed() < Duration::from_secs(20), "the step does not run");
    };
    drop(stream);
    connection.vanish();
    let started = Instant::now();
    while bystander.session.run_feed(&bystander.y, feeds()).is_err() {
        assert!(started.elapsed() < Duration::from_secs(20), "the step still runs");
    }
}

/// Steps that are known to be short run on the threads that serve connections. One that is not short this time ends with
/// its client, too.
#[test]
fn clients_that_vanish_take_steps_along_that_were_short() {
    let limits = Limits { steps: 1, ..Limits::default() };
    let server = Server::start(ServerOptions { limits, ..ServerOptions::default() }).unwrap();
    let bystander = Bystander::on(&server);
    let connection = Connection::open(&server.target());
    let graph = tf::Graph::new();
    let build = || -> Result<()> {
        let size = Op::named("Placeholder").attr("dtype", DType::INT32).name("x").one()?;
        let mut product = tf::fill(tf::stack([&size, &size], 0)?, 1e-4f32)?;
        for _ in 0..1000 {
            product = tf::matmul(&product, &product)?;
        }
        Op::named("Sum").input(&product).input([0, 1]).name("y").one()?;
        Ok(())
    };
    graph.as_default_scope(build).unwrap();
    let handle = create(&connection, graph.as_graph_def().unwrap()).unwrap();
    let size = |size: i32| tensor_proto::from_array(&NdArray::scalar(size)).unwrap();
    for _ in 0..5 {
        connection.call("RunStep", &step(&handle, size(2))).unwrap();
    }
    // All of it would take minutes without optimisations; a single product, which nothing interrupts, a second.
    let long = step(&handle, size(500));
    let mut stream = connection.begin(&master("RunStep"), &framed(&long.encode_to_vec()));
    stream.send_data(bytes::Bytes::new(), true).unwrap();
    let feeds = || feeds![&bystander.x => [1.0, 2.0]];
    let started = Instant::now();
    while bystander.session.run_feed(&bystander.y, feeds()).is_ok() {
        assert!(started.elapsed() < Duration::from_secs(20), "the step does not run");
    }
    drop(stream);
    connection.vanish();
    let started = Instant::now();
    while bystander.session.run_feed(&bystander.y, feeds()).is_err() {
        assert!(started.elapsed() < Duration::from_secs(30), "the step still runs");
    }
}
