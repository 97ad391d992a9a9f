//! Functions made of ops of several families.

mod masks;
mod normalization;
mod reductions;
mod tensordot;

pub use masks::{boolean_mask, sequence_mask};
pub use normalization::{batch_normalization, l2_normalize, moments, sigmoid_cross_entropy_with_logits};
pub use reductions::{
    count_nonzero, reduce_logsumexp, reduce_logsumexp_with, reduce_std, reduce_std_with, reduce_variance,
    reduce_variance_with,
};
pub use tensordot::{ContractedAxes, tensordot};
