//! TensorFlow's functions in v1's mode: those that v1 shares with v2, by their names, and those it has its own way.

mod by_hand;
mod forward;
mod functions;

pub use functions::*;
