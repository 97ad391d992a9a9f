//! Members of a cluster that die or hang: errors in bounded time, and training that goes on from the last checkpoint.

use crate::replication::{Line, config};
use crate::{Scratch, in_graph, servers::Cluster, spec};
use ferroflow::Code;
use ferroflow::compat::v1::train::{MonitoredTrainingSession, Scaffold};
use ferroflow::compat::v1::{self as tf, feeds};
use ferroflow_core::Op;
use ferroflow_proto::{ConfigProto, RunOptions};
use std::time::{Duration, Instant};

/// Takes from a queue that nobody fills, on a task.
fn endless(task: &str) -> ferroflow::Result<tf::Tensor> {
    tf::device(task, || {
        let queue = Op::named("FIFOQueueV2").attr("component_types", vec![tf::int32]).one()?;
        Op::named("QueueDequeueV2").input(&queue).attr("component_types", vec![tf::int32]).one()
    })
}

/// The error of a step that is under way when something happens, and how long after that it came.
fn interrupted(
    session: &tf::Session,
    fetch: &tf::Tensor,
    options: &RunOptions,
    happens: impl FnOnce(),
) -> (Code, Duration) {
    std::thread::scope(|scope| {
        let step = scope.spawn(|| {
            let error = session.run_with(fetch, feeds![], options, None).map(|_| ()).unwrap_err();
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

#[test]
fn members_that_die_or_hang_end_steps() {
    let Some(mut cluster) = Cluster::start("recovery", &["ps=1", "worker=2"]) else { return };
    let target = cluster.task("worker", 0).target();
    let plain = RunOptions::default();
    let open = |config: ConfigProto| tf::Session::builder().target(&target).config(config).build();
    in_graph(|| {
        let far = endless("/job:worker/task:1")?;
        let near = endless("/job:worker/task:0")?;
        let one = tf::device("/job:worker/task:1", || tf::constant(1))?;

        // Another member dies.
        let sess = open(ConfigProto::default())?;
        sess.run(&one)?;
        let (code, after) = interrupted(&sess, &far, &plain, || cluster.task("worker", 1).kill());
        assert!(matches!(code, Code::Unavailable | Code::Aborted), "{code:?}");
        assert!(after < Duration::from_secs(30), "{after:?}");
        println!("another member dies: {code:?} after {after:?}");

        // A new session works once the member is back.
        cluster.restart("worker", 1);
        let sess = open(ConfigProto::default())?;
        assert_eq!(sess.run(&one)?.item::<i32>()?, 1);

        // Another member hangs: the time limit of the step ends it, or that of the session.
        let limited = RunOptions { timeout_in_ms: 3000, ..RunOptions::default() };
        let (code, after) = interrupted(&sess, &far, &limited, || cluster.task("worker", 1).hang());
        assert_eq!(code, Code::DeadlineExceeded);
        assert!(after < Duration::from_secs(10), "{after:?}");
        println!("another member hangs, with a time limit: {code:?} after {after:?}");
        let config = ConfigProto { operation_timeout_in_ms: 3000, ..ConfigProto::default() };
        let started = Instant::now();
        let late = open(config)?.run(&one).unwrap_err();
        assert_eq!(late.code(), Code::DeadlineExceeded, "{late}");
        assert!(started.elapsed() < Duration::from_secs(10));
        cluster.task("worker", 1).go_on();

        // The server itself hangs: it is asked whether it is there, and then given up.
        let sess = open(ConfigProto::default())?;
        sess.run(&one)?;
        let (code, after) = interrupted(&sess, &near, &plain, || cluster.task("worker", 0).hang());
        assert_eq!(code, Code::Unavailable);
        assert!(after < Duration::from_secs(90), "{after:?}");
        println!("the server hangs: {code:?} after {after:?}");
        cluster.task("worker", 0).go_on();

        // The server itself dies.
        let sess = open(ConfigProto::default())?;
        sess.run(&one)?;
        let (code, after) = interrupted(&sess, &near, &plain, || cluster.task("worker", 0).kill());
        assert_eq!(code, Code::Unavailable);
        assert!(after < Duration::from_secs(10), "{after:?}");
        println!("the server dies: {code:?} after {after:?}");
        assert_eq!(sess.run(&one).unwrap_err().code(), Code::Unavailable);
        cluster.restart("worker", 0);
        // The server that is there now knows nothing of the session.
        assert_eq!(sess.run(&one).unwrap_err().code(), Code::Aborted);
        assert_eq!(open(ConfigProto::default())?.run(&one)?.item::<i32>()?, 1);
        Ok(())
    });
}

#[test]
fn training_goes_on_from_the_checkpoint() {
    let Some(mut cluster) = Cluster::start("checkpoint", &["ps=1", "worker=1"]) else { return };
    let scratch = Scratch::new("recovery");
    let spec = spec(&cluster);
    in_graph(|| {
        let line = Line::build(&spec, 0)?;
        let target = cluster.task("worker", 0).target();
        let mut session = MonitoredTrainingSession(Scaffold::new(), Vec::new(), |o| {
            o.master(target)
                .config(config(0))
                .checkpoint_dir(scratch.0.clone())
                .save_checkpoint(None)
                .save_checkpoint_steps(10)
        })?;
        let mut last = 0;
        while last < 57 {
            last = line.step(&mut session)?;
        }
        // The server of the variables dies, and comes back with nothing.
        cluster.task("ps", 0).kill();
        let started = Instant::now();
        let restarted = std::thread::scope(|scope| {
            let cluster = &mut cluster;
            scope.spawn(move || {
                std::thread::sleep(Duration::from_secs(1));
                cluster.restart("ps", 0);
            });
            line.step(&mut session)
        })?;
        // The number may be read before or after the step adds to it.
        assert!((50..57).contains(&restarted), "{restarted}");
        println!(
            "after step {last} the server of the variables died; {restarted} was next, {:?} later",
            started.elapsed()
        );
        while last < 300 {
            last = line.step(&mut session)?;
        }
        let slope: f32 = session.raw_session()?.run(&line.slope)?.item()?;
        assert!((slope - 3.0).abs() < 0.05, "{slope}");
        session.close()
    });
}
