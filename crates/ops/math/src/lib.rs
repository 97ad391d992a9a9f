//! Arithmetic, reductions, matrix products and segment ops: TensorFlow's `tf.math` and `tf.linalg.matmul`.

mod axes;
mod broadcast_gradient_args;
mod dtypes;
mod known;
mod reduce;

pub use axes::Axes;
pub use reduce::*;

use ferroflow_core::OpDef;

/// The ops of this family, by name.
pub static OPS: &[&OpDef] = &[
    &reduce::ALL,
    &reduce::ANY,
    &broadcast_gradient_args::BROADCAST_GRADIENT_ARGS,
    &reduce::EUCLIDEAN_NORM,
    &reduce::MAX,
    &reduce::MEAN,
    &reduce::MIN,
    &reduce::PROD,
    &reduce::SUM,
];
