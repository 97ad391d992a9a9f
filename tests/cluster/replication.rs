//! Several programs that train one model: its variables stand on a server of their own, each program's steps run on a
//! worker of its own.

use crate::{Scratch, in_graph, servers::Cluster, spec};
use ferroflow::compat::v1::train::{ClusterSpec, MonitoredTrainingSession, Scaffold, SessionRunHook};
use ferroflow::compat::v1::train::{GradientDescentOptimizer, StopAtStepHook};
use ferroflow::compat::v1::{self as tf, feeds};
use ferroflow::{DType, Result, Tensor};
use ferroflow_proto::{ClusterDef, ConfigProto, Message};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A line through points: `y = 3 x + 2` is what training finds.
pub(crate) struct Line {
    pub(crate) x: Tensor,
    pub(crate) y: Tensor,
    pub(crate) slope: tf::Variable,
    pub(crate) bias: tf::Variable,
    pub(crate) global_step: tf::Variable,
    pub(crate) train: tf::Operation,
}

impl Line {
    /// The model of one worker.
    pub(crate) fn build(cluster: &ClusterSpec, worker: i32) -> Result<Line> {
        let worker = format!("/job:worker/task:{worker}");
        let setter = tf::train::replica_device_setter(|o| o.cluster(cluster.clone()).worker_device(worker))?;
        tf::device(setter, || {
            let x = tf::placeholder(DType::FLOAT32, [4])?;
            let y = tf::placeholder(DType::FLOAT32, [4])?;
            let slope = tf::Variable::new_with(0f32, |o| o.name("slope"))?;
            let bias = tf::Variable::new_with(0f32, |o| o.name("bias").use_resource(true))?;
            let global_step = tf::train::get_or_create_global_step()?;
            let found = ((&x * &slope.value()?)? + bias.value()?)?;
            let loss = tf::reduce_mean(tf::squared_difference(&found, &y)?, (), false)?;
            let train = GradientDescentOptimizer::new(0.05)?
                .minimize_with(&loss, |o| o.global_step(global_step.clone()))?;
            Ok(Line { x, y, slope, bias, global_step, train })
        })
    }

    /// One step; gives the number of steps that all programs have made.
    pub(crate) fn step(&self, session: &mut tf::train::MonitoredSession) -> Result<i64> {
        let fed = feeds![&self.x => [-1f32, 0.0, 1.0, 2.0], &self.y => [-1f32, 2.0, 5.0, 8.0]];
        let (_, step) = session.run_feed((&self.train, &self.global_step), fed)?;
        step.item()
    }
}

/// A worker needs its own server and the one of the variables, and no other worker.
pub(crate) fn config(worker: i32) -> ConfigProto {
    ConfigProto {
        device_filters: vec!["/job:ps".to_string(), format!("/job:worker/task:{worker}")],
        ..ConfigProto::default()
    }
}

const LAST_STEP: i64 = 1500;

/// What a program is told by the test that starts it.
const CLUSTER: &str = "FERROFLOW_TEST_CLUSTER";
const WORKER: &str = "FERROFLOW_TEST_WORKER";
const DIRECTORY: &str = "FERROFLOW_TEST_DIRECTORY";

/// The client program. It is no test by itself.
#[test]
fn client_program() {
    let (Ok(cluster), Ok(worker)) = (std::env::var(CLUSTER), std::env::var(WORKER)) else { return };
    let directory = std::env::var(DIRECTORY).unwrap();
    let bytes: Vec<u8> = cluster.split(',').map(|byte| byte.parse().unwrap()).collect();
    let cluster = ClusterSpec::from(ClusterDef::decode(bytes.as_slice()).unwrap());
    let worker: i32 = worker.parse().unwrap();
    in_graph(|| {
        let line = Line::build(&cluster, worker)?;
        let target = format!("grpc://{}", cluster.task_address("worker", worker)?);
        let hooks: Vec<Box<dyn SessionRunHook>> = vec![Box::new(StopAtStepHook::last_step(LAST_STEP))];
        let mut session = MonitoredTrainingSession(Scaffold::new(), hooks, |o| {
            o.master(target)
                .is_chief(worker == 0)
                .config(config(worker))
                .checkpoint_dir(Path::new(&directory).to_path_buf())
        })?;
        let mut steps = 0;
        while !session.should_stop() {
            line.step(&mut session)?;
            steps += 1;
            // A program that is not the chief looks every half a minute whether the model is ready.
            std::thread::sleep(std::time::Duration::from_millis(30));
        }
        let values = session.raw_session()?.run((&line.slope, &line.bias, &line.global_step))?;
        println!("worker {worker}: {steps} steps, {} {} {}", values.0, values.1, values.2);
        session.close()
    });
}

fn start(cluster: &ClusterSpec, worker: i32, directory: &Path) -> Child {
    let bytes: Vec<String> = cluster.as_cluster_def().encode_to_vec().iter().map(u8::to_string).collect();
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "replication::client_program", "--nocapture"])
        .env(CLUSTER, bytes.join(","))
        .env(WORKER, worker.to_string())
        .env(DIRECTORY, directory)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn two_programs_train_one_model() {
    let Some(cluster) = Cluster::start("replication", &["ps=1", "worker=2"]) else { return };
    let scratch = Scratch::new("replication");
    let spec = spec(&cluster);
    let programs: Vec<Child> = (0..2).map(|worker| start(&spec, worker, &scratch.0)).collect();
    let mut total = 0;
    for program in programs {
        let output = program.wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{text}");
        let line = text.lines().find_map(|line| line.split_once("worker ").map(|(_, told)| told)).unwrap();
        println!("worker {line}");
        let numbers: Vec<f64> = line.split([' ', ':', ',']).filter_map(|word| word.parse().ok()).collect();
        let [_, steps, slope, bias, _] = numbers[..] else { panic!("{line}") };
        assert!(steps > 10.0 && (slope - 3.0).abs() < 0.05 && (bias - 2.0).abs() < 0.05, "{line}");
        total += steps as i64;
    }
    // Updates are asynchronous: the last steps of both may meet.
    assert!((LAST_STEP..LAST_STEP + 10).contains(&total), "{total} steps");
    let saved = tf::train::load_variable(&scratch.0, "slope").unwrap();
    assert!((saved.item::<f32>().unwrap() - 3.0).abs() < 0.05);
}
