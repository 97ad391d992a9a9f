//! Our server's limits, its token, and clients that leave.

use crate::raw::{Connection, framed};
use ferroflow::compat::v1::{self as tf, feeds};
use ferroflow::rpc::{Limits, Server, ServerOptions};
use ferroflow::{Code, DType, Result, Tensor};
use ferroflow_core::Op;
use ferroflow_proto::ConfigProto;
use std::time::{Duration, Instant};

fn limited(limits: Limits) -> Server {
    Server::start(ServerOptions { limits, ..ServerOptions::default() }).unwrap()
}

/// A session on a server with a graph of its own, made by `build`.
fn session<R>(server: &Server, build: impl FnOnce() -> Result<R>) -> (tf::Session, R) {
    let graph = tf::Graph::new();
    let made = graph.as_default_scope(build).unwrap();
    (tf::Session::builder().graph(&graph).target(&server.target()).build().unwrap(), made)
}

fn waiting() -> Result<Tensor> {
    let queue = Op::named("FIFOQueueV2").attr("component_types", vec![DType::INT32]).one()?;
    Op::named("QueueDequeueV2").input(&queue).attr("component_types", vec![DType::INT32]).one()
}

#[test]
fn limits_are_told() {
    let graph_nodes = limited(Limits { graph_nodes: 1, ..Limits::default() });
    let (sess, sum) = session(&graph_nodes, || tf::constant(1)? + 1);
    let error = sess.run(&sum).unwrap_err();
    assert_eq!(error.code(), Code::ResourceExhausted);
    assert_eq!(error.message(), "a graph of 3 nodes is above the server's limit of 1 (--max-graph-nodes)");

    let sessions = limited(Limits { sessions: 1, ..Limits::default() });
    let (first, one) = session(&sessions, || tf::constant(1));
    first.run(&one).unwrap();
    let (second, two) = session(&sessions, || tf::constant(2));
    let error = second.run(&two).unwrap_err();
    assert_eq!(error.message(), "1 sessions are open, the server's limit (--max-sessions)");
    first.close();
    assert_eq!(second.run(&two).unwrap().item::<i32>().unwrap(), 2);

    let bytes = limited(Limits { step_bytes: 100, ..Limits::default() });
    let (sess, zeros) = session(&bytes, || tf::zeros([26], DType::FLOAT32));
    let error = sess.run(&zeros).unwrap_err();
    assert_eq!(error.code(), Code::ResourceExhausted);
    assert!(error.message().contains("limit of 100 bytes (--max-step-bytes)"), "{error}");

    // What a step computes on the way counts, too, before it is made.
    for limit in [1 << 20, 4 << 30] {
        let bytes = limited(Limits { step_bytes: limit, ..Limits::default() });
        let (sess, (n, sum)) = session(&bytes, || {
            let n = tf::placeholder(DType::INT32, ())?;
            let ones = tf::fill(tf::stack([&n, &n], 0)?, 1.0f32)?;
            Ok((n, tf::reduce_sum(&ones, (), false)?))
        });
        assert_eq!(sess.run_feed(&sum, feeds![&n => 100]).unwrap().item::<f32>().unwrap(), 1e4);
        let error = sess.run_feed(&sum, feeds![&n => 100_000]).unwrap_err();
        assert_eq!(error.code(), Code::ResourceExhausted);
        let told = format!(
            "OOM when allocating tensor with shape[100000,100000] and type float: a step may take {limit} bytes \
             (--max-step-bytes)"
        );
        assert!(error.message().contains(&told), "{error}");
        // The session goes on.
        assert_eq!(sess.run_feed(&sum, feeds![&n => 2]).unwrap().item::<f32>().unwrap(), 4.0);
    }

    let message = limited(Limits { message_bytes: 4096, ..Limits::default() });
    let (sess, (x, y)) = session(&message, || {
        let x = tf::placeholder(DType::FLOAT32, [4096])?;
        Ok((x.clone(), tf::identity(&x)?))
    });
    let error = sess.run_feed(&y, feeds![&x => vec![0f32; 4096]]).unwrap_err();
    assert_eq!(error.code(), Code::OutOfRange);
    assert!(error.message().contains("message length too large"), "{error}");
}

#[test]
fn steps_are_limited_and_end_with_their_session() {
    let server = limited(Limits { steps: 1, ..Limits::default() });
    let (busy, take) = session(&server, waiting);
    let (other, one) = session(&server, || tf::constant(1));
    std::thread::scope(|scope| {
        // The other session may hold the only place when this one asks for it.
        let step = scope.spawn(|| {
            loop {
                let error = busy.run(&take).unwrap_err();
                if error.code() != Code::ResourceExhausted {
                    break error;
                }
            }
        });
        let started = Instant::now();
        let refused = loop {
            match other.run(&one) {
                Err(error) => break error,
                Ok(_) => assert!(started.elapsed() < Duration::from_secs(20)),
            }
        };
        assert_eq!(refused.message(), "1 steps are running, the server's limit (--max-steps)");
        busy.close();
        assert_eq!(step.join().unwrap().code(), Code::Cancelled);
    });
    let started = Instant::now();
    while other.run(&one).is_err() {
        assert!(started.elapsed() < Duration::from_secs(20));
    }
}

#[test]
fn steps_of_clients_that_leave_are_cancelled() {
    let server = limited(Limits { steps: 1, ..Limits::default() });
    let graph = tf::Graph::new();
    let take = graph.as_default_scope(waiting).unwrap();
    let config = ConfigProto { operation_timeout_in_ms: 200, ..ConfigProto::default() };
    let leaving =
        tf::Session::builder().graph(&graph).config(config).target(&server.target()).build().unwrap();
    assert_eq!(leaving.run(&take).unwrap_err().code(), Code::DeadlineExceeded);
    let (other, one) = session(&server, || tf::constant(1));
    let started = Instant::now();
    while other.run(&one).is_err() {
        assert!(started.elapsed() < Duration::from_secs(20), "the step still runs");
    }
}

#[test]
fn tokens_are_asked_for() {
    let options = ServerOptions { token: Some("secret".to_string()), ..ServerOptions::default() };
    let server = Server::start(options).unwrap();
    let (sess, one) = session(&server, || tf::constant(1));
    assert_eq!(sess.run(&one).unwrap_err().code(), Code::Unauthenticated);
}

#[test]
fn only_this_machine_is_served_unless_asked() {
    let options = ServerOptions { bind: ([0, 0, 0, 0], 0).into(), ..ServerOptions::default() };
    let error = Server::start(options.clone()).map(|_| ()).unwrap_err();
    assert_eq!(error.code(), Code::InvalidArgument);
    assert_eq!(error.message(), "other machines reach 0.0.0.0:0: say --allow-remote if that is meant");
    Server::start(ServerOptions { allow_remote: true, ..options }).unwrap().stop().unwrap();
}

#[test]
fn idle_sessions_are_collected() {
    let options = ServerOptions { idle: Duration::from_millis(1000), ..ServerOptions::default() };
    let server = Server::start(options).unwrap();
    let (sess, one) = session(&server, || tf::constant(1));
    sess.run(&one).unwrap();
    std::thread::sleep(Duration::from_millis(3000));
    let error = sess.run(&one).unwrap_err();
    assert_eq!(error.code(), Code::Aborted);
    assert!(error.message().ends_with(" is not found."), "{error}");
}

#[test]
fn nodes_for_other_tasks_are_refused() {
    let server = crate::servers::ours();
    let graph = tf::Graph::new();
    let far = graph.as_default_scope(|| tf::device("/job:ps/task:0", || tf::constant(1))).unwrap();
    let sess = tf::Session::builder().graph(&graph).target(&server.target()).build().unwrap();
    let error = sess.run(&far).unwrap_err();
    assert_eq!(error.code(), Code::InvalidArgument);
    assert!(error.message().starts_with("Cannot assign a device for operation Const"), "{error}");
}

#[test]
fn calls_that_are_not_served_are_named() {
    let server = crate::servers::ours();
    let client = Connection::open(&server.target());
    let of_workers = "RecvBuf Tracing GetStepSequence CompleteGroup CompleteInstance";
    let of_workers = of_workers.split(' ').map(|method| format!("tensorflow.WorkerService/{method}"));
    let others =
        ["tensorflow.eager.EagerService/CreateContext", "tensorflow.CoordinationService/RegisterTask"];
    for path in of_workers.chain(others.map(str::to_string)) {
        let (code, told) = client.send(&path, &framed(&[])).unwrap_err();
        assert_eq!(code, Code::Unimplemented);
        assert_eq!(told, format!("ferroflow does not serve {}", path.replace('/', ".")));
    }
    let served =
        "GetStatus DeleteWorkerSession RegisterGraph CleanupGraph CleanupAll Logging MarkRecvFinished";
    for method in served.split(' ') {
        client.send(&format!("tensorflow.WorkerService/{method}"), &framed(&[])).unwrap();
    }
}

#[test]
fn stopping_lets_steps_end() {
    let options = ServerOptions { grace: Duration::from_secs(600), ..ServerOptions::default() };
    let server = Server::start(options).unwrap();
    let go = std::env::temp_dir().join(format!("ferroflow-stopping-{}", std::process::id()));
    // A step that tells when it runs, and ends when there is a file.
    let (sess, (go_on, turns, running)) = session(&server, || {
        let queue = Op::named("FIFOQueueV2")
            .attr("component_types", vec![DType::INT32])
            .attr("shared_name", "stopping")
            .one()?;
        Op::named("QueueEnqueueV2").input(&queue).inputs([tf::constant(1)?]).name("tell").run()?;
        let tell = tf::get_default_graph().get_operation_by_name("tell")?;
        let go_on = tf::placeholder(DType::STRING, ())?;
        let turns = tf::control_dependencies(&[tell], || {
            let start = tf::identity(0)?;
            tf::while_loop(
                |_: &Tensor| tf::equal(tf::size(tf::io::matching_files(&go_on)?)?, 0),
                |turn| turn + 1,
                start,
            )
        })?;
        let running =
            Op::named("QueueDequeueV2").input(&queue).attr("component_types", vec![DType::INT32]).one()?;
        Ok((go_on, turns, running))
    });
    let pattern = go.to_str().unwrap();
    let (other, one) = session(&server, || tf::constant(1));
    std::thread::scope(|scope| {
        let step = scope.spawn(|| sess.run_feed(&turns, feeds![&go_on => pattern]));
        sess.run(&running).unwrap();
        let stop = scope.spawn(|| server.stop());
        // It takes no more calls, and waits for the step.
        while other.run(&one).is_ok() {}
        assert!(!step.is_finished() && !stop.is_finished());
        std::fs::write(&go, "").unwrap();
        stop.join().unwrap().unwrap();
        assert!(step.join().unwrap().unwrap().item::<i32>().unwrap() > 0);
    });
    std::fs::remove_file(&go).unwrap();
    assert_eq!(sess.run(&running).unwrap_err().code(), Code::Unavailable);
}
