//! Servers of ours and of TensorFlow's in one cluster: each runs its part of steps for the others' masters.

use crate::replication::Line;
use crate::{in_graph, servers::Cluster};
use ferroflow::compat::v1::train::ClusterSpec;
use ferroflow::compat::v1::{self as tf, feeds};
use ferroflow::rpc::{Server, ServerOptions};
use ferroflow::{Code, Result};
use ferroflow_core::Op;
use ferroflow_proto::run_options::TraceLevel;
use ferroflow_proto::{GraphDef, NodeDef, RunMetadata, RunOptions};
use std::net::SocketAddr;

/// A server of ours as the only task of a job, and the jobs of TensorFlow's servers around it.
pub(crate) struct Mixed {
    pub(crate) tensorflow: Cluster,
    _ours: Server,
    pub(crate) spec: ClusterSpec,
}

/// The cluster with a job at an address of ours.
pub(crate) fn spec(tensorflow: &Cluster, job: &str, address: SocketAddr) -> ClusterSpec {
    let mut jobs = vec![(job.to_string(), vec![address.to_string()])];
    for task in tensorflow.tasks.iter().filter(|task| task.job != job) {
        match jobs.iter_mut().find(|(name, _)| *name == task.job) {
            Some((_, addresses)) => addresses.push(task.address.clone()),
            None => jobs.push((task.job.clone(), vec![task.address.clone()])),
        }
    }
    ClusterSpec::new(jobs)
}

impl Mixed {
    /// `None` where there is no TensorFlow.
    pub(crate) fn start(test: &str, job: &str, others: &[&str]) -> Option<Mixed> {
        let options = ServerOptions { job: job.to_string(), ..ServerOptions::default() };
        let listening = Server::listen(options).unwrap();
        let address = listening.address();
        let member = format!("{job}={address}");
        let jobs: Vec<&str> = others.iter().copied().chain([member.as_str()]).collect();
        let tensorflow = Cluster::start(test, &jobs)?;
        let spec = spec(&tensorflow, job, address);
        let ours = listening.with_cluster(spec.as_cluster_def()).serve().unwrap();
        Some(Mixed { tensorflow, _ours: ours, spec })
    }

    /// A session on a task.
    pub(crate) fn session(&self, job: &str, task: i32) -> Result<tf::Session> {
        let target = format!("grpc://{}", self.spec.task_address(job, task)?);
        tf::Session::builder().target(&target).build()
    }
}

/// Makes steps of a model through a session; gives what it has found then.
fn train(line: &Line, session: &tf::Session, steps: usize) -> Result<(f32, f32)> {
    let fed = || feeds![&line.x => [-1f32, 0.0, 1.0, 2.0], &line.y => [-1f32, 2.0, 5.0, 8.0]];
    for _ in 0..steps {
        session.run_feed(&line.train, fed())?;
    }
    let (slope, bias) = session.run((&line.slope, &line.bias))?;
    Ok((slope.item()?, bias.item()?))
}

/// Two workers of TensorFlow's update variables that stand on our server, each when it likes.
#[test]
fn variables_stand_on_our_server() {
    let Some(mixed) = Mixed::start("variables", "ps", &["worker=2"]) else { return };
    const STEPS: usize = 400;
    std::thread::scope(|scope| {
        in_graph(|| {
            let line = Line::build(&mixed.spec, 0)?;
            let first = mixed.session("worker", 0)?;
            first.run(tf::global_variables_initializer()?)?;
            let mixed = &mixed;
            let second = scope.spawn(move || {
                in_graph(|| {
                    let line = Line::build(&mixed.spec, 1)?;
                    train(&line, &mixed.session("worker", 1)?, STEPS)
                })
            });
            train(&line, &first, STEPS)?;
            second.join().unwrap();
            let (slope, bias) = train(&line, &first, 0)?;
            assert!((slope - 3.0).abs() < 0.01 && (bias - 2.0).abs() < 0.01, "{slope} {bias}");
            let steps: i64 = first.run(&line.global_step)?.item()?;
            assert_eq!(steps, 2 * STEPS as i64);
            println!("{steps} steps of two workers on variables of ours: {slope} {bias}");

            // Sessions on our server see the same variables.
            let direct = mixed.session("ps", 0)?;
            let seen = direct.run((&line.slope, &line.bias))?;
            assert_eq!((seen.0.item::<f32>()?, seen.1.item::<f32>()?), (slope, bias));
            Ok(())
        });
    });
}

/// Our server computes gradients from variables on TensorFlow's, for a master of TensorFlow's and for its own.
#[test]
fn our_server_is_a_worker() {
    let Some(mixed) = Mixed::start("worker", "worker", &["ps=2"]) else { return };
    let mut found = Vec::new();
    for (job, what) in [("ps", "TensorFlow's"), ("worker", "ours")] {
        in_graph(|| {
            let line = Line::build(&mixed.spec, 0)?;
            let session = mixed.session(job, 0)?;
            session.run(tf::global_variables_initializer()?)?;
            let (slope, bias) = train(&line, &session, 300)?;
            assert!((slope - 3.0).abs() < 0.01 && (bias - 2.0).abs() < 0.01, "{slope} {bias}");
            assert_eq!(session.run(&line.global_step)?.item::<i64>()?, 300);
            println!("a worker of ours, a master of {what}: {slope} {bias}");
            found.push((slope, bias));

            // What ran where, and the parts of the graph.
            let options = RunOptions {
                trace_level: TraceLevel::FullTrace as i32,
                output_partition_graphs: true,
                ..RunOptions::default()
            };
            let mut metadata = RunMetadata::default();
            let fed = feeds![&line.x => [0f32; 4], &line.y => [0f32; 4]];
            session.run_with(&line.train, fed, &options, Some(&mut metadata))?;
            let devices = metadata.step_stats.unwrap_or_default().dev_stats;
            let ours = devices.iter().find(|stats| stats.device.contains("/job:worker")).unwrap();
            assert!(ours.node_stats.iter().any(|node| node.node_name == "mul"));
            assert!(metadata.partition_graphs.len() >= 2, "{}", metadata.partition_graphs.len());
            Ok(())
        });
    }
    assert_eq!(found[0], found[1]);
}

#[test]
fn errors_name_code_node_and_task() {
    let Some(mixed) = Mixed::start("errors", "ours", &["theirs=1"]) else { return };
    in_graph(|| {
        let place = |device: &str, text: &str| {
            tf::device(device, || {
                let text = tf::placeholder_with_default(text, ())?;
                tf::strings::to_number(&text, tf::float32)
            })
        };
        for (there, master) in [("ours", "theirs"), ("theirs", "ours")] {
            let bad = place(&format!("/job:{there}"), "x")?;
            let far = tf::device(format!("/job:{master}").as_str(), || tf::square(&bad))?;
            let session = mixed.session(master, 0)?;
            for fetch in [&bad, &far] {
                let error = session.run(fetch).unwrap_err();
                assert_eq!(error.code(), Code::InvalidArgument);
                let told = "StringToNumberOp could not correctly convert string: x";
                assert!(error.message().contains(told), "{error}");
                assert!(error.message().contains(&format!("/job:{there}/replica:0/task:0")), "{error}");
                let node = tf::Operation::of(&bad)?.name();
                assert!(error.node() == Some(node.as_str()) || error.message().contains(&node), "{error:?}");
            }
            let unset = tf::device(format!("/job:{there}").as_str(), || {
                tf::Variable::new_with(1f32, |o| o.name("unset").use_resource(true))?.value()
            })?;
            assert_eq!(session.run(&unset).unwrap_err().code(), Code::FailedPrecondition);
        }
        // An op without a kernel of ours is told before anything runs.
        let node = NodeDef {
            name: "missing".to_string(),
            op: "AnonymousMemoryCache".to_string(),
            device: "/job:ours".to_string(),
            ..NodeDef::default()
        };
        let graph_def = GraphDef { node: vec![node], ..GraphDef::default() };
        tf::get_default_graph().extend(&graph_def)?;
        let missing = tf::get_default_graph().get_operation_by_name("missing")?;
        for master in ["theirs", "ours"] {
            let error = mixed.session(master, 0)?.run(&missing).unwrap_err();
            assert_eq!(error.code(), Code::Unimplemented);
            assert!(error.message().contains("unsupported op: AnonymousMemoryCache"), "{error}");
        }
        Ok(())
    });
}

/// Branches and loops of the first kind that lead over both servers: tensors of nodes that do not run, frames and
/// iterations.
#[test]
fn branches_and_loops_lead_over_servers() {
    let Some(mixed) = Mixed::start("control flow", "ours", &["theirs=1"]) else { return };
    in_graph(|| {
        tf::disable_control_flow_v2();
        for (here, there) in [("ours", "theirs"), ("theirs", "ours")] {
            let far = |f: &dyn Fn() -> Result<tf::Tensor>| tf::device(format!("/job:{there}").as_str(), f);
            let (taken, total) = tf::device(format!("/job:{here}").as_str(), || {
                let choice = tf::placeholder_with_default(false, ())?;
                let taken = tf::cond(
                    &choice,
                    || far(&|| tf::add(tf::constant(1)?, 1)),
                    || far(&|| tf::multiply(tf::constant(3)?, 3)),
                )?;
                let looped = tf::while_loop(
                    |(i, _): &(tf::Tensor, tf::Tensor)| tf::less(i, 5),
                    |(i, total): &(tf::Tensor, tf::Tensor)| {
                        let doubled = far(&|| tf::multiply(total, 2))?;
                        Ok((tf::add(i, 1)?, tf::add(&doubled, 1)?))
                    },
                    (tf::constant(0)?, tf::constant(1)?),
                )?;
                Ok((taken, looped.1))
            })?;
            for master in ["ours", "theirs"] {
                let session = mixed.session(master, 0)?;
                assert_eq!(session.run(&taken)?.item::<i32>()?, 9, "{here} {master}");
                assert_eq!(session.run(&total)?.item::<i32>()?, 63, "{here} {master}");
            }
        }
        Ok(())
    });
}

/// What is fed and fetched part by part.
#[test]
fn partial_runs_lead_over_servers() {
    let Some(mixed) = Mixed::start("partial", "ours", &["theirs=1"]) else { return };
    in_graph(|| {
        for (there, master) in [("ours", "theirs"), ("theirs", "ours")] {
            let (a, b, sum, product) = tf::device(format!("/job:{there}").as_str(), || {
                let (a, b) = (tf::placeholder(tf::float32, ())?, tf::placeholder(tf::float32, ())?);
                let sum = tf::add(&a, 1f32)?;
                let product = tf::multiply(&sum, &b)?;
                Ok((a, b, sum, product))
            })?;
            let session = mixed.session(master, 0)?;
            let handle = session.partial_run_setup((&sum, &product), &[&a, &b])?;
            let first = session.partial_run(&handle, &sum, feeds![&a => 2f32])?;
            let second = session.partial_run(&handle, &product, feeds![&b => 5f32])?;
            assert_eq!((first.item::<f32>()?, second.item::<f32>()?), (3.0, 15.0));
        }
        Ok(())
    });
}

/// TensorFlow's masters join nodes; our server runs what they were.
#[test]
fn joined_nodes_are_taken_apart() {
    let Some(mixed) = Mixed::start("joined", "worker", &["ps=1"]) else { return };
    in_graph(|| {
        let x = tf::placeholder(tf::float32, [2, 3])?;
        let op = |name: &str, inputs: &[&tf::Tensor]| {
            inputs.iter().fold(Op::named(name), |op, input| op.input(*input)).one()
        };
        let fetches = tf::device("/job:worker", || {
            let weights = tf::constant([[1f32, -2.0], [0.5, 1.0], [-1.5, 2.0]])?;
            let bias = tf::constant([0.25f32, -0.5])?;
            let sum = op("BiasAdd", &[&op("MatMul", &[&x, &weights])?, &bias])?;
            let image = tf::reshape(&x, [1, 2, 3, 1])?;
            let filter = tf::constant([[[[1f32, -1.0]]]])?;
            let pixels = Op::named("Conv2D").input(&image).input(&filter);
            let pixels = pixels.attr("strides", vec![1i64; 4]).attr("padding", "SAME").one()?;
            let pixels = op("BiasAdd", &[&pixels, &bias])?;
            let chosen = ["Relu", "Elu", "Tanh", "Sigmoid", "Relu6", "LeakyRelu"];
            let of = |values: &tf::Tensor| {
                chosen.iter().map(|name| op(name, &[values])).collect::<Result<Vec<_>>>()
            };
            Ok([of(&sum)?, of(&pixels)?].concat())
        })?;
        let fed = || feeds![&x => [[1f32, 2.0, 3.0], [-4.0, 5.0, -6.0]]];
        let theirs = mixed.session("ps", 0)?;
        let ours = mixed.session("worker", 0)?;
        for fetch in &fetches {
            let (a, b) = (theirs.run_feed(fetch, fed())?, ours.run_feed(fetch, fed())?);
            let pairs = a.as_slice::<f32>()?.iter().zip(b.as_slice::<f32>()?);
            assert!(pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-5), "{fetch:?}: {a} {b}");
        }
        Ok(())
    });
}
