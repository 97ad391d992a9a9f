//! Programs in the style of v1: each builds the graph that TensorFlow builds for it, byte for byte in text form, and
//! computes the same. `tools/record_v1_graphs.py` holds the same programs in Python, and records what is expected.

mod data_flow;
mod flow;
mod layers;
mod loops;
mod partitions;
mod record;
mod recurrent;
mod savers;
mod scopes;
mod values;
mod variables;

use ferroflow_compat_v1 as tf;
use ferroflow_core::Result;
use record::{Run, recorded_values};

/// A program: it builds into the open graph, and runs what it has built.
type Program = fn(&mut Run) -> Result<()>;

/// Programs whose values are compared alone, each with the reason.
const OTHER_GRAPHS: &[(&str, &str)] = &[
    (
        "growing_loop",
        "the axis of a concatenation gets into the gradient's loop under another name than TensorFlow's",
    ),
    (
        "gradient_of_an_rnn",
        "the gradients of transpositions and of arrays have other names than TensorFlow's",
    ),
    (
        "gradient_of_unknown_shape",
        "the gradient of an addition looks for broadcasts once for each of its inputs, where TensorFlow does so once",
    ),
    (
        "dataset_functions",
        "datasets have no types beyond their dtypes here, and functions that were read stand in another order",
    ),
    ("uneven_batches", "datasets have no types beyond their dtypes here"),
    (
        "mapped_batches",
        "datasets have no types beyond their dtypes here, and functions that were read stand in another order",
    ),
    (
        "parallel_filters",
        "datasets have no types beyond their dtypes here, and functions that were read stand in another order",
    ),
    (
        "gradient_of_lookups_in_a_loop",
        "a variable is read before a lookup, where TensorFlow looks up in the variable",
    ),
];

/// Runs each program in a graph of its own; says what differs.
fn check(programs: &[(&str, Program)]) {
    check_within(programs, 0.0);
}

/// Sums of products are taken in another order than TensorFlow's.
const SUMS: f32 = 2e-6;

/// [`check`], in which numbers may be apart by this share.
fn check_within(programs: &[(&str, Program)], tolerance: f32) {
    let mut wrong = Vec::new();
    for (name, program) in programs {
        let graph = tf::Graph::new();
        let mut run = Run::default();
        let built = graph.as_default_scope(|| program(&mut run));
        if let Err(error) = built {
            wrong.push(format!("{name}: {error:?}"));
        }
        if !OTHER_GRAPHS.iter().any(|(other, _)| other == name) {
            wrong.extend(record::graph_difference(name, &graph));
        }
        wrong.extend(record::value_difference(name, &run, &recorded_values(name), tolerance));
    }
    assert!(wrong.is_empty(), "{} differences\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn variables_are_tensorflows() {
    check(variables::PROGRAMS);
}

#[test]
fn scopes_are_tensorflows() {
    check(scopes::PROGRAMS);
}

#[test]
fn values_are_tensorflows() {
    check(values::PROGRAMS);
}

#[test]
fn data_flow_is_tensorflows() {
    check(data_flow::PROGRAMS);
}

#[test]
fn control_flow_is_tensorflows() {
    check(flow::PROGRAMS);
}

#[test]
fn loops_are_tensorflows() {
    check(loops::PROGRAMS);
}

#[test]
fn layers_are_tensorflows() {
    check_within(layers::PROGRAMS, SUMS);
}

#[test]
fn recurrent_networks_are_tensorflows() {
    check_within(recurrent::PROGRAMS, SUMS);
}

#[test]
fn savers_are_tensorflows() {
    check(savers::PROGRAMS);
}

#[test]
fn variables_in_parts_are_tensorflows() {
    check_within(partitions::PROGRAMS, SUMS);
}

#[test]
fn every_recorded_program_is_checked() {
    let all = [
        variables::PROGRAMS,
        scopes::PROGRAMS,
        values::PROGRAMS,
        data_flow::PROGRAMS,
        flow::PROGRAMS,
        loops::PROGRAMS,
        layers::PROGRAMS,
        recurrent::PROGRAMS,
        savers::PROGRAMS,
        partitions::PROGRAMS,
    ]
    .concat();
    let mut names: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    assert_eq!(names, record::recorded_names());
}
