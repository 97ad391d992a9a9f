//! Members that go in the middle of a step, ours and TensorFlow's: the others hear of it in bounded time.

use crate::members::Mixed;
use crate::ours::endless;
use crate::{in_graph, servers::Cluster};
use ferroflow::compat::v1::{self as tf, feeds};
use ferroflow::rpc::{Server, ServerOptions};
use ferroflow::{Code, Result};
use ferroflow_proto::RunOptions;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Names the job of the server that a process is to be.
const JOB: &str = "FERROFLOW_TEST_JOB";

/// The server in a process of its own. It is no test by itself.
#[test]
fn server_program() {
    let Ok(job) = std::env::var(JOB) else { return };
    let server = Server::start(ServerOptions { job, ..ServerOptions::default() }).unwrap();
    println!("\nlistening on {}", server.address());
    server.join().unwrap();
}

fn start(job: &str) -> (Child, String) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "loss::server_program", "--nocapture"])
        .env(JOB, job)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(std::io::Result::ok);
    let address = lines.filter_map(|line| Some(line.strip_prefix("listening on ")?.to_string())).next();
    (child, address.unwrap())
}

/// Takes from a queue that nobody fills, on a job, and uses it on another.
fn endless_of(job: &str, reader: &str) -> Result<(tf::Tensor, tf::Tensor, tf::Operation)> {
    let (value, size, fill) = endless(job)?;
    Ok((tf::device(format!("/job:{reader}").as_str(), || tf::square(&value))?, size, fill))
}

/// The error of a step that is under way when something happens, and how long after that it came.
fn interrupted(session: &tf::Session, fetch: &tf::Tensor, happens: impl FnOnce()) -> (Code, Duration) {
    std::thread::scope(|scope| {
        let step = scope.spawn(|| {
            let error = session.run(fetch).map(|_| ()).unwrap_err();
            (error.code(), Instant::now())
        });
        std::thread::sleep(Duration::from_secs(1));
        assert!(!step.is_finished());
        happens();
        let since = Instant::now();
        let (code, at) = step.join().unwrap();
        (code, at.saturating_duration_since(since))
    })
}

fn check(what: &str, (code, after): (Code, Duration)) {
    println!("{what}: {code:?} after {after:?}");
    assert!(matches!(code, Code::Unavailable | Code::Aborted), "{what}: {code:?}");
    assert!(after < Duration::from_secs(30), "{what}: {after:?}");
}

#[test]
fn our_server_dies_in_a_step_of_tensorflows() {
    let (mut child, address) = start("ours");
    let member = format!("ours={address}");
    let Some(cluster) = Cluster::start("loss of ours", &["theirs=1", &member]) else {
        child.kill().unwrap();
        child.wait().unwrap();
        return;
    };
    in_graph(|| {
        let (far, size, _) = endless_of("ours", "theirs")?;
        let session = tf::Session::builder().target(&cluster.task("theirs", 0).target()).build()?;
        session.run(&size)?;
        check("ours dies", interrupted(&session, &far, || child.kill().unwrap()));
        child.wait().unwrap();
        assert_eq!(session.run(&size).unwrap_err().code(), Code::Unavailable);
        Ok(())
    });
}

#[test]
fn a_server_of_tensorflow_dies_in_a_step_of_ours() {
    let Some(mixed) = Mixed::start("loss of theirs", "ours", &["theirs=1"]) else { return };
    in_graph(|| {
        let (far, size, _) = endless_of("theirs", "ours")?;
        let session = mixed.session("ours", 0)?;
        session.run(&size)?;
        let theirs = mixed.tensorflow.task("theirs", 0);
        check("theirs dies", interrupted(&session, &far, || theirs.kill()));
        assert_eq!(session.run(&size).unwrap_err().code(), Code::Unavailable);
        Ok(())
    });
}

/// Steps that are cancelled end on the other server, too: nothing takes from the queue any more.
#[test]
fn cancelled_steps_end_on_both() {
    let Some(mixed) = Mixed::start("cancelled", "ours", &["theirs=1"]) else { return };
    in_graph(|| {
        for (queue, master) in [("ours", "theirs"), ("theirs", "ours")] {
            let (far, size, fill) = endless_of(queue, master)?;
            let session = mixed.session(master, 0)?;
            session.run(&size)?;
            let options = RunOptions { timeout_in_ms: 1000, ..RunOptions::default() };
            let error = session.run_with(&far, feeds![], &options, None).unwrap_err();
            assert_eq!(error.code(), Code::DeadlineExceeded, "{error}");
            let closing = mixed.session(master, 0)?;
            std::thread::scope(|scope| {
                let step = scope.spawn(|| closing.run(&far).map(|_| ()).unwrap_err());
                std::thread::sleep(Duration::from_secs(1));
                closing.close();
                let error = step.join().unwrap();
                assert!(matches!(error.code(), Code::Cancelled | Code::Aborted), "{error}");
            });
            std::thread::sleep(Duration::from_millis(500));
            session.run(&fill)?;
            std::thread::sleep(Duration::from_millis(500));
            assert_eq!(session.run(&size)?.item::<i32>()?, 1, "a queue on {queue}");
            assert_eq!(session.run(&far)?.item::<i32>()?, 25);
        }
        Ok(())
    });
}
