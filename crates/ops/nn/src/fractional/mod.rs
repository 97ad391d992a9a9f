//! Pooling over regions of random sizes, whose number is any fraction of the input's size.

pub(crate) mod gradients;
pub(crate) mod pool;
mod regions;
