//! The servers that sessions run on in these tests: our own, and TensorFlow's where there is one.

use ferroflow::rpc::{Server, ServerOptions};
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};

/// Our server, in this process.
pub(crate) fn ours() -> Server {
    Server::start(ServerOptions::default()).unwrap()
}

/// Servers of TensorFlow's, which end when this is dropped.
pub(crate) struct Cluster {
    pub(crate) tasks: Vec<Task>,
    script: Child,
    input: Option<ChildStdin>,
}

/// One server of a cluster.
pub(crate) struct Task {
    pub(crate) address: String,
}

impl Task {
    pub(crate) fn target(&self) -> String {
        format!("grpc://{}", self.address)
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
        let lines = BufReader::new(script.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut tasks = Vec::new();
        for line in lines.take_while(|line| line != "ready") {
            let fields: Vec<&str> = line.split(' ').collect();
            tasks.push(Task { address: fields[2].to_string() });
        }
        assert!(!tasks.is_empty(), "tools/cluster.py has failed");
        Some(Cluster { tasks, script, input })
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.input.take();
        let _ = self.script.wait();
    }
}
