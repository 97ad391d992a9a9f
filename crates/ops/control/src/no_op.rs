//! NoOp, ControlTrigger: nodes that do nothing but stand in the order of things.

use ferroflow_core::{Op, OpDef, Result, shape_fn};

/// Does nothing; a node that others can wait for.
///
/// Source: `tf.no_op` (op `NoOp`).
///
/// # Errors
/// Those of the graph in force.
pub fn no_op() -> Result<()> {
    Op::new(&NO_OP).run()
}

/// Does nothing, even where what it waits for did not run.
///
/// Source: `tf.raw_ops.ControlTrigger` (op `ControlTrigger`).
///
/// # Errors
/// Those of the graph in force.
pub fn control_trigger() -> Result<()> {
    Op::new(&CONTROL_TRIGGER).run()
}

pub(crate) static NO_OP: OpDef =
    OpDef { name: "NoOp", shape: shape_fn::no_outputs, kernel: Some(|_| Ok(())), ..OpDef::NEW };
pub(crate) static CONTROL_TRIGGER: OpDef =
    OpDef { name: "ControlTrigger", shape: shape_fn::no_outputs, kernel: Some(|_| Ok(())), ..OpDef::NEW };
