//! Programs in the style of v1: each builds the graph that TensorFlow builds for it, byte for byte in text form, and
//! computes the same. `tools/record_v1_graphs.py` holds the same programs in Python, and records what is expected.

mod flow;
mod record;
mod savers;
mod scopes;
mod values;
mod variables;

use ferroflow_compat_v1 as tf;
use ferroflow_core::Result;
use record::{Run, recorded_values};

/// A program: it builds into the open graph, and runs what it has built.
type Program = fn(&mut Run) -> Result<()>;

/// Runs each program in a graph of its own; says what differs.
fn check(programs: &[(&str, Program)]) {
    let mut wrong = Vec::new();
    for (name, program) in programs {
        let graph = tf::Graph::new();
        let mut run = Run::default();
        let built = graph.as_default_scope(|| program(&mut run));
        if let Err(error) = built {
            wrong.push(format!("{name}: {error:?}"));
        }
        wrong.extend(record::graph_difference(name, &graph));
        wrong.extend(record::value_difference(name, &run, &recorded_values(name)));
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
fn control_flow_is_tensorflows() {
    check(flow::PROGRAMS);
}

#[test]
fn savers_are_tensorflows() {
    check(savers::PROGRAMS);
}

#[test]
fn every_recorded_program_is_checked() {
    let all =
        [variables::PROGRAMS, scopes::PROGRAMS, values::PROGRAMS, flow::PROGRAMS, savers::PROGRAMS].concat();
    let mut names: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    assert_eq!(names, record::recorded_names());
}
