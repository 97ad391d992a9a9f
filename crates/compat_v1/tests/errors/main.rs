//! Every error that `tools/record_errors.py` recorded from TensorFlow: the same class, node and sentence.

mod eager;
mod graphs;
mod sessions;
mod table;
mod variables;

use ferroflow_compat_v1 as tf;
use ferroflow_core::Result;
use table::{Row, describe, rows};

/// Does what leads to an error.
type Situation = fn() -> Result<()>;

/// Rows that no program in Rust can lead to, or where ferroflow means to differ, each with the reason.
const EXCEPTIONS: &[(&str, &str)] = &[
    (
        "variable_without_initial_value",
        "the initial value is not an optional argument: this does not compile",
    ),
    (
        "enable_eager_inside_a_graph",
        "TensorFlow 2 makes the rest of the open graph's scope eager, and what follows it not; here the switch takes \
         effect when the graph's scope ends",
    ),
];

#[test]
fn errors_are_tensorflows() {
    let situations: Vec<(&str, Situation)> =
        [sessions::SITUATIONS, graphs::SITUATIONS, variables::SITUATIONS].concat();
    let mut wrong = Vec::new();
    for row in rows() {
        if EXCEPTIONS.iter().any(|(name, _)| *name == row.name) {
            continue;
        }
        let found = match situations.iter().find(|(name, _)| *name == row.name) {
            Some((_, situation)) => describe(&row.name, tf::Graph::new().as_default_scope(situation)),
            None if eager::SITUATIONS.iter().any(|(name, _)| *name == row.name) => {
                eager::in_a_process_of_its_own(&row.name)
            }
            None => Row { name: row.name.clone(), class: "(no such situation)".into(), ..Row::default() },
        };
        if !found.says_the_same(&row) {
            wrong.push(format!("{found:?}\n  instead of\n{row:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} rows\n{}", wrong.len(), rows().len(), wrong.join("\n"));
}

#[test]
fn exceptions_are_recorded_rows() {
    let rows = rows();
    for (name, reason) in EXCEPTIONS {
        assert!(rows.iter().any(|row| row.name == *name) && !reason.is_empty(), "{name}");
    }
}
