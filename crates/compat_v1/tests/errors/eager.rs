//! Situations of eager execution: the switch is one of the process, so each has a process of its own.

use crate::Situation;
use crate::table::{Row, describe};
use ferroflow_compat_v1 as tf;
use ferroflow_core::{DType, Error, Result};
use std::process::Command;

pub(crate) const SITUATIONS: &[(&str, Situation)] = &[
    ("eager_placeholder", || eagerly(|| tf::placeholder(DType::FLOAT32, ()).map(drop))),
    ("eager_gradients", || {
        eagerly(|| {
            let x = tf::constant(1.0)?;
            tf::gradients(&[&x], &[&x]).map(drop)
        })
    }),
    ("eager_eval", || eagerly(|| tf::constant(1)?.eval().map(drop))),
    ("eager_name", || eagerly(|| tf::constant(1)?.name().map(drop))),
    ("eager_graph", || eagerly(|| tf::constant(1)?.graph().map(drop))),
    ("eager_operation", || eagerly(|| tf::Operation::of(&tf::constant(1)?).map(drop))),
    ("eager_variable_eval", || eagerly(|| tf::Variable::new(1)?.eval().map(drop))),
    ("eager_session_of_empty_graph", || eagerly(|| tf::Session::new()?.run(tf::constant(1)?).map(drop))),
    ("eager_tensor_in_session_of_a_graph", || {
        eagerly(|| {
            let x = tf::constant(1)?;
            let graph = tf::Graph::new();
            graph.as_default_scope(|| tf::constant(2))?;
            tf::Session::builder().graph(&graph).build()?.run(x).map(drop)
        })
    }),
    ("eager_global_variables_initializer_is_harmless", || {
        eagerly(|| match tf::global_variables_initializer()? {
            None => Err(Error::key("None")),
            Some(operation) => Err(Error::key(format!("{operation:?}"))),
        })
    }),
    ("eager_get_variable_for_reuse", || {
        eagerly(|| {
            tf::get_variable("w", [2])?;
            tf::variable_scope_with("", |o| o.reuse(true), |_| tf::get_variable("w", [2])).map(drop)
        })
    }),
    ("enable_eager_after_an_op", || {
        tf::constant(1)?;
        tf::enable_eager_execution()
    }),
    ("enable_eager_after_get_default_graph", || {
        tf::get_default_graph();
        tf::enable_eager_execution()
    }),
    ("enable_eager_after_a_session", || {
        tf::Session::new()?;
        tf::enable_eager_execution()
    }),
    ("enable_eager_after_an_op_in_a_graph_of_its_own", || {
        tf::Graph::new().as_default_scope(|| tf::constant(1))?;
        tf::enable_eager_execution()?;
        executing_eagerly()
    }),
    ("enable_eager_after_executing_eagerly", || {
        tf::executing_eagerly();
        tf::enable_eager_execution()?;
        executing_eagerly()
    }),
    ("enable_eager_after_reset_default_graph", || {
        tf::constant(1)?;
        tf::reset_default_graph()?;
        tf::enable_eager_execution()?;
        executing_eagerly()
    }),
    ("enable_v2_behavior_after_an_op", || {
        tf::constant(1)?;
        tf::enable_v2_behavior()
    }),
    ("enable_eager_twice", || {
        tf::enable_eager_execution()?;
        tf::enable_eager_execution()?;
        executing_eagerly()
    }),
];

/// TensorFlow 2 begins eagerly.
fn eagerly(f: impl FnOnce() -> Result<()>) -> Result<()> {
    tf::enable_eager_execution()?;
    f()
}

/// The recorder reports the mode as the text of a `KeyError`.
fn executing_eagerly() -> Result<()> {
    Err(Error::key(if tf::executing_eagerly() { "True" } else { "False" }))
}

/// Says to a process of this test which situation it is for.
const VARIABLE: &str = "FERROFLOW_SITUATION";
const MARK: &str = "situation: ";

/// What a situation leads to in a process of its own.
pub(crate) fn in_a_process_of_its_own(name: &str) -> Row {
    let program = std::env::current_exe().expect("the test's program");
    let output = Command::new(program)
        .args(["--exact", "eager::one_situation", "--nocapture"])
        .env(VARIABLE, name)
        .output()
        .expect("the test's program runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    match text.lines().find_map(|line| line.split_once(MARK)) {
        Some((_, row)) => Row::parse(row),
        None => Row { name: name.to_string(), class: "(no answer)".into(), message: text, ..Row::default() },
    }
}

/// Does nothing but in a process that was started for one situation.
#[test]
fn one_situation() {
    let Ok(asked) = std::env::var(VARIABLE) else { return };
    let (name, situation) = SITUATIONS.iter().find(|(name, _)| *name == asked).expect("a situation");
    let row = describe(name, situation());
    // The answer goes to the process that asks.
    std::io::Write::write_all(&mut std::io::stdout(), format!("\n{MARK}{}\n", row.line()).as_bytes())
        .expect("an answer");
}
