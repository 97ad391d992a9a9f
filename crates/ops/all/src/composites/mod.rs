//! Functions made of ops of several families.

mod masks;
mod reductions;
mod tensordot;

pub use masks::{boolean_mask, sequence_mask};
pub use reductions::{
    count_nonzero, reduce_logsumexp, reduce_logsumexp_with, reduce_std, reduce_std_with, reduce_variance,
    reduce_variance_with,
};
pub use tensordot::{ContractedAxes, tensordot};
