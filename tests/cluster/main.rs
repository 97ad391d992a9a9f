//! Clients of a cluster of TensorFlow's servers: placement, several programs that train together, members that die or
//! hang; and servers of ours among them, or alone. Those with TensorFlow run where `FERROFLOW_TF_PYTHON` names a Python with TensorFlow 2.21, and say that they were skipped
//! elsewhere.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may")]

mod loss;
mod members;
mod ours;
mod placement;
mod recovery;
mod replication;
#[path = "../sessions/servers.rs"]
mod servers;

use ferroflow::Result;
use ferroflow::compat::v1 as tf;
use std::path::PathBuf;

/// Runs in a graph of its own.
fn in_graph<R>(f: impl FnOnce() -> Result<R>) -> R {
    tf::Graph::new().as_default_scope(f).unwrap()
}

/// The cluster as client programs know it.
fn spec(cluster: &servers::Cluster) -> tf::train::ClusterSpec {
    let addresses = |job: &str| {
        let tasks = cluster.tasks.iter().filter(|task| task.job == job);
        tasks.map(|task| task.address.clone()).collect::<Vec<_>>()
    };
    tf::train::ClusterSpec::new(["ps", "worker"].map(|job| (job, addresses(job))))
}

/// A directory that is gone with the value.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Scratch {
        let path = std::env::temp_dir().join(format!("ferroflow-cluster-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
