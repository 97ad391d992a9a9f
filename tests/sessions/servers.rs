//! The servers that sessions run on in these tests: our own, and TensorFlow's where there is one.

use ferroflow::rpc::{Server, ServerOptions};
use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// Our server, in this process.
#[allow(dead_code, reason = "not every test needs it")]
pub(crate) fn ours() -> Server {
    Server::start(ServerOptions::default()).unwrap()
}

/// Servers of TensorFlow's, which end when this is dropped.
pub(crate) struct Cluster {
    pub(crate) tasks: Vec<Task>,
    script: Child,
    input: Option<ChildStdin>,
    lines: Lines<BufReader<ChildStdout>>,
}

/// One server of a cluster.
#[allow(dead_code, reason = "not every test needs all of it")]
pub(crate) struct Task {
    pub(crate) job: String,
    pub(crate) index: i32,
    pub(crate) address: String,
    pid: String,
}

#[allow(dead_code, reason = "not every test needs all of it")]
impl Task {
    pub(crate) fn target(&self) -> String {
        format!("grpc://{}", self.address)
    }

    /// Takes the task away.
    pub(crate) fn kill(&self) {
        self.signal("KILL");
    }

    /// Lets the task hang.
    pub(crate) fn hang(&self) {
        self.signal("STOP");
    }

    /// Lets a task that hangs go on.
    pub(crate) fn go_on(&self) {
        self.signal("CONT");
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args(["-s", signal, &self.pid]).status().unwrap();
        assert!(sent.success());
    }

    fn read(line: &str) -> Task {
        let fields: Vec<&str> = line.split(' ').collect();
        let [job, index, address, pid] = fields[..] else { panic!("tools/cluster.py says {line}") };
        Task {
            job: job.to_string(),
            index: index.parse().unwrap(),
            address: address.to_string(),
            pid: pid.to_string(),
        }
    }
}

impl Cluster {
    /// Starts servers, or says that there is no TensorFlow here. `jobs` are `name=count`.
    pub(crate) fn start(test: &str, jobs: &[&str]) -> Option<Cluster> {
        let Ok(python) = std::env::var("FERROFLOW_TF_PYTHON") else {
            println!(
                "{test}: skipped on TensorFlow's servers: FERROFLOW_TF_PYTHON names no Python that has it"
            );
            return None;
        };
        let tools = concat!(env!("CARGO_MANIFEST_DIR"), "/../tools/cluster.py");
        let mut script = Command::new(python)
            .arg(tools)
            .args(jobs)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = script.stdin.take();
        let mut lines = BufReader::new(script.stdout.take().unwrap()).lines();
        let started = lines.by_ref().map(Result::unwrap).take_while(|line| line != "ready");
        let tasks: Vec<Task> = started.map(|line| Task::read(&line)).collect();
        assert!(!tasks.is_empty(), "tools/cluster.py has failed");
        Some(Cluster { tasks, script, input, lines })
    }

    /// The task of a job.
    #[allow(dead_code, reason = "not every test needs it")]
    pub(crate) fn task(&self, job: &str, index: i32) -> &Task {
        self.tasks.iter().find(|task| task.job == job && task.index == index).unwrap()
    }

    /// Starts a task again, at its address.
    #[allow(dead_code, reason = "not every test needs it")]
    pub(crate) fn restart(&mut self, job: &str, index: i32) {
        writeln!(self.input.as_mut().unwrap(), "{job} {index}").unwrap();
        let started = Task::read(&self.lines.next().unwrap().unwrap());
        let task = self.tasks.iter_mut().find(|task| task.job == job && task.index == index);
        *task.unwrap() = started;
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.input.take();
        let _ = self.script.wait();
    }
}
