//! Reductions of rows that belong to the same segment.

mod driver;
mod sorted;
mod sparse;
mod unsorted;

pub use sorted::{segment_max, segment_mean, segment_min, segment_prod, segment_sum};
pub use sparse::{sparse_segment_mean, sparse_segment_sqrt_n, sparse_segment_sum};
pub use unsorted::{unsorted_segment_max, unsorted_segment_min, unsorted_segment_prod, unsorted_segment_sum};

pub(crate) use sorted::{SEGMENT_MAX, SEGMENT_MEAN, SEGMENT_MIN, SEGMENT_PROD, SEGMENT_SUM};
pub(crate) use sparse::{SPARSE_SEGMENT_MEAN, SPARSE_SEGMENT_SQRT_N, SPARSE_SEGMENT_SUM};
pub(crate) use unsorted::{
    UNSORTED_SEGMENT_MAX, UNSORTED_SEGMENT_MIN, UNSORTED_SEGMENT_PROD, UNSORTED_SEGMENT_SUM,
};
