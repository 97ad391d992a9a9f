//! Sessions in this process, on our server, and on TensorFlow's: the same programs, the same results.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may")]

mod bad_input;
mod programs;
mod raw;
mod server;
mod servers;
mod tls;

use ferroflow::Result;
use ferroflow::compat::v1 as tf;
use programs::PROGRAMS;

/// What a program shows on a target, each in a graph of its own.
fn shown(target: &str) -> Vec<(&'static str, String)> {
    let run = |program: &programs::Program| -> Result<String> {
        let graph = tf::Graph::new();
        graph.as_default_scope(|| {
            let session = tf::Session::builder().graph(&graph).target(target).build()?;
            program(&session)
        })
    };
    PROGRAMS
        .iter()
        .map(|(name, program)| (*name, run(program).unwrap_or_else(|e| panic!("{name}: {e:?}"))))
        .collect()
}

#[test]
fn programs_run_on_our_server_as_in_this_process() {
    let server = servers::ours();
    for (remote, local) in shown(&server.target()).into_iter().zip(shown("")) {
        assert_eq!(remote, local);
    }
    server.stop().unwrap();
}

#[test]
fn programs_run_on_a_server_of_tensorflow_as_in_this_process() {
    let Some(cluster) = servers::Cluster::start("programs", &["local=1"]) else { return };
    for (remote, local) in shown(&cluster.tasks[0].target()).into_iter().zip(shown("")) {
        assert_eq!(remote, local);
    }
    println!("{} programs ran on a server of TensorFlow's", PROGRAMS.len());
}
