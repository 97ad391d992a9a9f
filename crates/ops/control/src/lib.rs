//! Ops that steer a program: branches, loops, calls of functions, assertions and messages.

mod assert_op;
mod assertion;
mod batch_function;
mod batching;
mod branch;
mod call_op;
mod frame;
mod host_function;
mod loop_op;
mod map_defun;
mod no_op;
mod print_op;
mod summary;
mod timestamp;
mod truth;

pub use assert_op::{AssertOptions, assert_true, assert_true_with};
pub use assertion::Assert;
pub use host_function::{HostFunction, numpy_function};
pub use no_op::{control_trigger, no_op};
pub use print_op::{PrintOptions, PrintV2Options, print, print_v2, print_v2_with, print_with};
pub use summary::summarize;
pub use timestamp::timestamp;

use ferroflow_core::OpDef;

/// The ops of this family, by name.
pub static OPS: &[&OpDef] = &[
    &assert_op::ASSERT,
    &batching::BATCH,
    &branch::CASE,
    &no_op::CONTROL_TRIGGER,
    &frame::ENTER,
    &frame::EXIT,
    &batch_function::BATCH_FUNCTION,
    &call_op::FAKE_PARAM,
    &loop_op::FOR,
    &branch::IF,
    &frame::LOOP_COND,
    &map_defun::MAP_DEFUN,
    &frame::MERGE,
    &frame::NEXT_ITERATION,
    &no_op::NO_OP,
    &call_op::PARTITIONED_CALL,
    &print_op::PRINT,
    &print_op::PRINT_V2,
    &host_function::PY_FUNC,
    &host_function::PY_FUNC_STATELESS,
    &frame::REF_ENTER,
    &frame::REF_EXIT,
    &frame::REF_MERGE,
    &frame::REF_NEXT_ITERATION,
    &frame::REF_SWITCH,
    &call_op::REMOTE_CALL,
    &call_op::STATEFUL_PARTITIONED_CALL,
    &branch::STATELESS_CASE,
    &branch::STATELESS_IF,
    &loop_op::STATELESS_WHILE,
    &frame::SWITCH,
    &call_op::SYMBOLIC_GRADIENT,
    &timestamp::TIMESTAMP,
    &truth::TO_BOOL,
    &batching::UNBATCH,
    &batching::UNBATCH_GRAD,
    &loop_op::WHILE,
];
