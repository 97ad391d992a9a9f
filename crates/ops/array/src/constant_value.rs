//! `constant_value`: what is known of a tensor before the program runs.

use ferroflow_core::{NdArray, Tensor};

/// The value of a tensor that is eager or constant, `None` for any other.
///
/// Source: `tf.get_static_value`.
pub fn constant_value(tensor: &Tensor) -> Option<NdArray> {
    match tensor {
        Tensor::Eager(tensor) => Some(tensor.value().clone()),
        Tensor::Symbolic(tensor) => tensor.graph().constant_value(tensor),
    }
}
