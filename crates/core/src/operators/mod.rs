//! The ops behind Rust's operators on tensors, behind constants and behind conversions of literals.
//!
//! They stand in this crate because the operators do: `impl Add for Tensor` cannot live elsewhere.

mod arithmetic;
mod bitwise;
mod cast_op;
mod constant;
mod logical;
mod std_ops;

pub use arithmetic::{add, floormod, multiply, negative, realdiv, subtract, truediv};
pub use bitwise::{bitwise_and, bitwise_or, bitwise_xor, invert};
pub use cast_op::cast;
pub use constant::{GIVEN_VALUES, constant, constant_node, constant_node_of, constant_of};
pub use logical::{logical_and, logical_not, logical_or};

use crate::OpDef;

/// The ops of this crate.
pub static OPS: &[&OpDef] = &[
    &arithmetic::ADD,
    &arithmetic::ADD_V2,
    &bitwise::BITWISE_AND,
    &bitwise::BITWISE_OR,
    &bitwise::BITWISE_XOR,
    &cast_op::CAST,
    &constant::CONST,
    &arithmetic::FLOOR_MOD,
    &bitwise::INVERT,
    &logical::LOGICAL_AND,
    &logical::LOGICAL_NOT,
    &logical::LOGICAL_OR,
    &arithmetic::MUL,
    &arithmetic::NEG,
    &arithmetic::REAL_DIV,
    &arithmetic::SUB,
];
