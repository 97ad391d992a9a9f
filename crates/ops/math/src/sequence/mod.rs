//! Sums of many tensors, ranges of numbers, limits.

mod add_n;
mod clip;
mod lin_space;
mod range;

pub use add_n::{accumulate_n, add_n};
pub use clip::clip_by_value;
pub use range::range;

pub(crate) use add_n::{ACCUMULATE_N_V2, ADD_N};
pub(crate) use clip::CLIP_BY_VALUE;
pub(crate) use lin_space::LIN_SPACE;
pub(crate) use range::RANGE;
