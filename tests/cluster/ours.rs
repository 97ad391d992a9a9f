//! Servers of ours in one cluster. These tests need no TensorFlow.

use crate::in_graph;
use ferroflow::compat::v1::train::{ClusterSpec, GradientDescentOptimizer};
use ferroflow::compat::v1::{self as tf, feeds};
use ferroflow::rpc::{Limits, Server, ServerOptions};
use ferroflow::{Code, Result};
use ferroflow_core::Op;
use ferroflow_proto::{ConfigProto, RunOptions};
use std::time::{Duration, Instant};

/// Two servers: `worker`, on which sessions are opened, and `ps`.
struct Pair {
    worker: Server,
    ps: Server,
}

impl Pair {
    fn start(limits: &Limits) -> Pair {
        let listen = |job: &str| {
            let options = ServerOptions {
                job: job.to_string(),
                limits: limits.clone(),
                grace: Duration::from_secs(1),
                ..ServerOptions::default()
            };
            Server::listen(options).unwrap()
        };
        let (worker, ps) = (listen("worker"), listen("ps"));
        let spec = ClusterSpec::new(
            [("worker", [&worker]), ("ps", [&ps])]
                .map(|(job, servers)| (job, servers.map(|server| server.address().to_string()).to_vec())),
        );
        let serve = |listening: ferroflow::rpc::Listening| {
            listening.with_cluster(spec.as_cluster_def()).serve().unwrap()
        };
        Pair { worker: serve(worker), ps: serve(ps) }
    }

    fn session(&self) -> Result<tf::Session> {
        tf::Session::builder().target(&self.worker.target()).build()
    }
}

fn on<R>(job: &str, f: impl FnOnce() -> Result<R>) -> Result<R> {
    tf::device(format!("/job:{job}").as_str(), f)
}

#[test]
fn steps_run_on_both() {
    let pair = Pair::start(&Limits::default());
    in_graph(|| {
        let x = tf::placeholder(tf::float32, [2])?;
        let (v, doubled) = on("ps", || {
            let v = tf::Variable::new_with([1f32, 2.0], |o| o.name("v").use_resource(true))?;
            Ok((v, tf::multiply(&x, 2f32)?))
        })?;
        let sum = on("worker", || tf::add(&doubled, &v.value()?))?;
        let back = on("ps", || tf::square(&sum))?;
        let session = pair.session()?;
        session.run(tf::global_variables_initializer()?)?;
        let fed = || feeds![&x => [1f32, 10.0]];
        let found = session.run_feed((&sum, &back, &sum), fed())?;
        assert_eq!(format!("{} {} {}", found.0, found.1, found.2), "[ 3. 22.] [  9. 484.] [ 3. 22.]");
        // A tensor that is fed is the fed one everywhere.
        let value = session.run_feed(&back, feeds![&doubled => [0f32, 1.0], &x => [5f32, 5.0]])?;
        assert_eq!(value.to_string(), "[1. 9.]");
        // What waits for a node of the other server runs behind it.
        let bumped = v.assign_add([1f32, 1.0])?;
        let read = tf::control_dependencies([&bumped], || on("worker", || tf::identity(tf::constant(7)?)))?;
        assert_eq!(session.run(&read)?.item::<i32>()?, 7);
        // A session on the other server sees the same variable.
        let other = tf::Session::builder().target(&pair.ps.target()).build()?;
        assert_eq!(other.run(&v)?.to_string(), "[2. 3.]");
        // Callables, and devices.
        let call = session.make_callable(&back, &[&x])?;
        assert_eq!(call.call([[1f32, 1.0]])?.to_string(), "[16. 25.]");
        let mut names: Vec<String> = session.list_devices()?.into_iter().map(|device| device.name).collect();
        names.sort();
        let device = |job: &str| format!("/job:{job}/replica:0/task:0/device:CPU:0");
        assert_eq!(names, [device("ps"), device("worker")]);
        // A reset empties the containers of both.
        tf::Session::reset(&pair.worker.target(), &[])?;
        assert_eq!(pair.session()?.run(&v).unwrap_err().code(), Code::FailedPrecondition);
        Ok(())
    });
}

/// Lists, maps and optionals are sent from server to server, and to the client and back.
#[test]
fn variants_are_sent() {
    let pair = Pair::start(&Limits::default());
    in_graph(|| {
        let (list, optional, map) = on("ps", || {
            let values = tf::constant([[1f32, 2.0], [3.0, 4.0]])?;
            let list = Op::named("TensorListFromTensor").input(&values).input([2]).one()?;
            let optional = Op::named("OptionalFromValue").inputs([tf::constant("a")?, list.clone()]).one()?;
            let map = Op::named("EmptyTensorMap").one()?;
            let map = Op::named("TensorMapInsert").input(&map).input(1).input(2.5f32).one()?;
            Ok((list, optional, map))
        })?;
        let (stacked, inner, found) = on("worker", || {
            let stack = |list: &tf::Tensor| {
                Op::named("TensorListStack").input(list).input([2]).attr("element_dtype", tf::float32).one()
            };
            let inner = Op::named("OptionalGetValue")
                .input(&optional)
                .attr("output_types", vec![tf::string, ferroflow::DType::VARIANT])
                .attr("output_shapes", vec![ferroflow::PartialShape::scalar(); 2])
                .all()?;
            let found =
                Op::named("TensorMapLookup").input(&map).input(1).attr("value_dtype", tf::float32).one()?;
            Ok((stack(&list)?, stack(&inner[1])?, found))
        })?;
        let session = pair.session()?;
        let (stacked, inner, found) = {
            let values = session.run((&stacked, &inner, &found))?;
            (values.0.to_string(), values.1.to_string(), values.2.item::<f32>()?)
        };
        let text = "[[1. 2.]\n [3. 4.]]";
        assert_eq!((stacked.as_str(), inner.as_str(), found), (text, text, 2.5));
        // A list that is fetched can be fed.
        let fetched = session.run(&list)?;
        let length = Op::named("TensorListLength").input(&list).one()?;
        assert_eq!(session.run_feed(&length, feeds![&list => fetched])?.item::<i32>()?, 2);
        // A dataset stays where it is.
        let dataset = on("ps", || {
            Op::named("RangeDataset")
                .input(0i64)
                .input(5i64)
                .input(1i64)
                .attr("output_types", vec![tf::int64])
                .attr("output_shapes", vec![ferroflow::PartialShape::scalar()])
                .one()
        })?;
        let size = on("worker", || Op::named("DatasetCardinality").input(&dataset).one())?;
        assert_eq!(session.run(&size).unwrap_err().code(), Code::Unimplemented);
        Ok(())
    });
}

#[test]
fn training_with_variables_elsewhere() {
    let pair = Pair::start(&Limits::default());
    in_graph(|| {
        let (slope, bias) = on("ps", || {
            let slope = tf::Variable::new_with(0f32, |o| o.name("slope"))?;
            Ok((slope, tf::Variable::new_with(0f32, |o| o.name("bias").use_resource(true))?))
        })?;
        let (train, loss) = on("worker", || {
            let x = tf::constant([-1f32, 0.0, 1.0, 2.0])?;
            let y = tf::constant([-1f32, 2.0, 5.0, 8.0])?;
            let found = ((&x * &slope.value()?)? + bias.value()?)?;
            let loss = tf::reduce_mean(tf::squared_difference(&found, &y)?, (), false)?;
            Ok((GradientDescentOptimizer::new(0.05)?.minimize(&loss)?, loss))
        })?;
        let session = pair.session()?;
        session.run(tf::global_variables_initializer()?)?;
        for _ in 0..300 {
            session.run(&train)?;
        }
        assert!(session.run(&loss)?.item::<f32>()? < 1e-4);
        Ok(())
    });
}

#[test]
fn errors_tell_where_they_are_from() {
    let pair = Pair::start(&Limits { step_bytes: 1 << 20, ..Limits::default() });
    in_graph(|| {
        let bad = on("ps", || {
            let text = tf::placeholder_with_default("x", ())?;
            tf::strings::to_number(&text, tf::float32)
        })?;
        let far = on("worker", || tf::square(&bad))?;
        let session = pair.session()?;
        for fetch in [&bad, &far] {
            let error = session.run(fetch).unwrap_err();
            assert_eq!(error.code(), Code::InvalidArgument);
            assert_eq!(error.node(), Some("StringToNumber"));
            let told =
                "From /job:ps/replica:0/task:0:\nStringToNumberOp could not correctly convert string: x";
            assert_eq!(error.message(), told);
        }
        let here = on("worker", || tf::strings::to_number("y", tf::float32))?;
        let error = session.run((&here, on("ps", || tf::square(&here))?)).unwrap_err();
        assert!(error.message().starts_with("From /job:worker/replica:0/task:0:\n"), "{error}");

        let nowhere = tf::device("/job:ps/task:7", || tf::constant(1))?;
        let error = pair.session()?.run(&nowhere).unwrap_err();
        let available = "available devices are [ /job:ps/replica:0/task:0/device:CPU:0, \
                         /job:worker/replica:0/task:0/device:CPU:0 ]";
        assert!(error.message().contains(available), "{error}");
        Ok(())
    });
    in_graph(|| {
        // Each server has its own limit for what a step takes there.
        let large = on("ps", || tf::fill([1 << 20], 1f32))?;
        let sum = on("worker", || tf::reduce_sum(&large, (), false))?;
        let session = pair.session()?;
        let error = session.run(&sum).unwrap_err();
        assert_eq!(error.code(), Code::ResourceExhausted, "{error}");
        Ok(())
    });
}

/// Takes from a queue that nobody fills, on a job; gives the queue's size, too.
pub(crate) fn endless(job: &str) -> Result<(tf::Tensor, tf::Tensor, tf::Operation)> {
    on(job, || {
        let queue = Op::named("FIFOQueueV2")
            .attr("component_types", vec![tf::int32])
            .attr("shared_name", "endless")
            .one()?;
        let value =
            Op::named("QueueDequeueV2").input(&queue).attr("component_types", vec![tf::int32]).one()?;
        let size = Op::named("QueueSizeV2").input(&queue).one()?;
        let put = Op::named("QueueEnqueueV2").input(&queue).inputs([tf::constant(5)?]);
        put.name(format!("fill_{job}")).run()?;
        let fill = tf::get_default_graph().get_operation_by_name(&format!("fill_{job}"))?;
        Ok((value, size, fill))
    })
}

#[test]
fn steps_end_everywhere() {
    let pair = Pair::start(&Limits::default());
    in_graph(|| {
        let (value, size, fill) = endless("ps")?;
        let far = on("worker", || tf::square(&value))?;
        let session = pair.session()?;
        session.run(&size)?;
        let options = RunOptions { timeout_in_ms: 500, ..RunOptions::default() };
        let started = Instant::now();
        let error = session.run_with(&far, feeds![], &options, None).unwrap_err();
        assert_eq!(error.code(), Code::DeadlineExceeded, "{error}");
        assert!(started.elapsed() < Duration::from_secs(5));
        // The other server's part has ended, too: it does not take what comes now.
        std::thread::sleep(Duration::from_millis(700));
        session.run(&fill)?;
        std::thread::sleep(Duration::from_millis(700));
        assert_eq!(session.run(&size)?.item::<i32>()?, 1);
        assert_eq!(session.run(&far)?.item::<i32>()?, 25);
        // A node that waits keeps no other one from running: what it waits for comes from the same step.
        let both = (&far, &fill);
        assert_eq!(session.run(both)?.0.item::<i32>()?, 25);

        // Closing the session ends what runs elsewhere.
        let closing = pair.session()?;
        std::thread::scope(|scope| {
            let step = scope.spawn(|| closing.run(&far).map(|_| ()).unwrap_err().code());
            std::thread::sleep(Duration::from_millis(500));
            closing.close();
            let code = step.join().unwrap();
            assert!(matches!(code, Code::Cancelled | Code::Aborted), "{code:?}");
        });
        session.run(&fill)?;
        std::thread::sleep(Duration::from_millis(700));
        assert_eq!(session.run(&size)?.item::<i32>()?, 1);
        Ok(())
    });
}

#[test]
fn a_server_that_goes_is_missed() {
    let pair = Pair::start(&Limits::default());
    let Pair { worker, ps } = pair;
    in_graph(|| {
        let (value, size, _) = endless("ps")?;
        let far = on("worker", || tf::square(&value))?;
        let session = tf::Session::builder().target(&worker.target()).build()?;
        session.run(&size)?;
        std::thread::scope(|scope| {
            let step = scope.spawn(|| session.run(&far).map(|_| ()).unwrap_err());
            std::thread::sleep(Duration::from_millis(500));
            drop(ps);
            let error = step.join().unwrap();
            assert!(matches!(error.code(), Code::Unavailable | Code::Aborted | Code::Cancelled), "{error}");
        });
        let error = session.run(&far).unwrap_err();
        assert_eq!(error.code(), Code::Unavailable, "{error}");
        // A new session waits for the server to come back, for as long as it may.
        let config = ConfigProto { operation_timeout_in_ms: 700, ..ConfigProto::default() };
        let waiting = tf::Session::builder().target(&worker.target()).config(config).build()?;
        assert_eq!(waiting.run(&size).unwrap_err().code(), Code::DeadlineExceeded);
        Ok(())
    });
}

/// Servers that know nothing of each other become a cluster by the configuration of a session.
#[test]
fn sessions_bring_their_cluster() {
    let [first, second] = [(); 2].map(|()| Server::start(ServerOptions::default()).unwrap());
    let addresses = [&first, &second].map(|server| server.address().to_string());
    let cluster = ClusterSpec::new([("worker", addresses)]).as_cluster_def();
    let config = ConfigProto { cluster_def: Some(cluster), ..ConfigProto::default() };
    in_graph(|| {
        let near = tf::device("/job:worker/task:0", || tf::add(1, 2))?;
        let far = tf::device("/job:worker/task:1", || tf::multiply(&near, 5))?;
        let back = tf::device("/job:worker/task:0", || tf::subtract(&far, 1))?;
        let session = tf::Session::builder().target(&first.target()).config(config).build()?;
        assert_eq!(session.run(&back)?.item::<i32>()?, 14);
        let mut names: Vec<String> = session.list_devices()?.into_iter().map(|device| device.name).collect();
        names.sort();
        let device = |task: usize| format!("/job:worker/replica:0/task:{task}/device:CPU:0");
        assert_eq!(names, [device(0), device(1)]);
        Ok(())
    });
}
