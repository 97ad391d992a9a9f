//! Einstein summation: `tf.einsum`.

mod contraction;
mod einsum_fn;
mod equation;
mod grad;
mod op;
mod transfer;

pub use einsum_fn::einsum;

pub(crate) use op::EINSUM;
