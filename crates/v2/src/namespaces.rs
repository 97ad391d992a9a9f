//! TensorFlow's modules.

pub use ferroflow_core::operators::{add, cast, multiply};
pub use ferroflow_ops_array::zeros;
