//! Functions made of ops of several families.

mod masks;

pub use masks::{boolean_mask, sequence_mask};
