//! v1 graphs with loops and branches, recorded from TensorFlow by `tools/record_v1_loops.py`, give what they gave there.

mod closeness;
mod recorded;

use closeness::assert_close;
use ferroflow_core::{Error, NdArray, TString, registry};
use ferroflow_graph::{DirectSession, Port};
use recorded::{graph_of, port, record_of};

/// Whether a graph could not run for lack of a kernel, which is told by the name of the op.
fn lacks_a_kernel(error: &Error) -> bool {
    let op = error.message().strip_prefix("unsupported op: ").and_then(|rest| rest.split(' ').next());
    op.is_some_and(|op| registry::lookup(op).is_none())
}

/// Runs a graph as often as the record does, in one session.
fn check(name: &str) {
    let graph = graph_of("v1_loops", name);
    let mut record = record_of("v1_loops", name);
    let session = DirectSession::new(graph.clone());
    if let Some(initial) = record.remove("init") {
        let names = initial.into_vec::<TString>().expect("strings");
        let ids: Vec<usize> = names
            .iter()
            .map(|name| graph.get_operation_by_name(&name.to_string_lossy()).expect("an operation").id())
            .collect();
        session.run(&[], &[], &ids).expect("a run");
    }
    for run in 0.. {
        let of = |kind: &str| -> Vec<(String, NdArray)> {
            let prefix = format!("{run}.{kind}.");
            let found = record.iter().filter_map(|(key, value)| Some((key.strip_prefix(&prefix)?, value)));
            found.map(|(key, value)| (key.to_string(), value.clone())).collect()
        };
        let expected = of("out");
        if expected.is_empty() {
            assert!(run > 0, "{name} has no runs");
            return;
        }
        let feeds: Vec<(Port, NdArray)> =
            of("in").into_iter().map(|(key, value)| (port(&graph, &key), value)).collect();
        let fetches: Vec<Port> = expected.iter().map(|(key, _)| port(&graph, key)).collect();
        let found = match session.run(&feeds, &fetches, &[]) {
            Err(error) if lacks_a_kernel(&error) => return,
            found => found.unwrap_or_else(|error| panic!("{name}, run {run}: {error:?}")),
        };
        for ((key, expected), actual) in expected.iter().zip(&found) {
            assert_close(&format!("{name}, run {run}, {key}"), actual, expected);
        }
    }
}

macro_rules! graphs {
    ($($name:ident)*) => { $(#[test] fn $name() { check(stringify!($name)); })* };
}

graphs! {
    nested
    cond_in_loop
    loop_in_cond
    gradient_of_loop
    gradient_of_nested_loops
    gradient_of_cond_in_loop
    gradient_of_cond
    varying_shapes
    variables_in_loop
    arrays_in_loop
    unfetched_variable
    recurrent
    two_ways_out
    frame_without_condition
    dead_frames
    gradients_of_functions
}
