//! Reductions of rows that belong to the same segment.

pub(crate) mod driver;
mod sorted;
mod sparse;
mod sparse_grad;
mod unsorted;

pub use sorted::{segment_max, segment_mean, segment_min, segment_prod, segment_sum};
pub use sparse::{
    sparse_segment_mean, sparse_segment_mean_with_num_segments, sparse_segment_sqrt_n,
    sparse_segment_sqrt_n_with_num_segments, sparse_segment_sum, sparse_segment_sum_with_num_segments,
};
pub use unsorted::{unsorted_segment_max, unsorted_segment_min, unsorted_segment_prod, unsorted_segment_sum};

pub(crate) use sorted::{SEGMENT_MAX, SEGMENT_MEAN, SEGMENT_MIN, SEGMENT_PROD, SEGMENT_SUM};
pub(crate) use sparse::{
    SPARSE_SEGMENT_MEAN, SPARSE_SEGMENT_MEAN_WITH_NUM_SEGMENTS, SPARSE_SEGMENT_SQRT_N,
    SPARSE_SEGMENT_SQRT_N_WITH_NUM_SEGMENTS, SPARSE_SEGMENT_SUM, SPARSE_SEGMENT_SUM_WITH_NUM_SEGMENTS,
};
pub(crate) use sparse_grad::{
    SPARSE_SEGMENT_MEAN_GRAD, SPARSE_SEGMENT_MEAN_GRAD_V2, SPARSE_SEGMENT_SQRT_N_GRAD,
    SPARSE_SEGMENT_SQRT_N_GRAD_V2, SPARSE_SEGMENT_SUM_GRAD, SPARSE_SEGMENT_SUM_GRAD_V2,
};
pub(crate) use unsorted::{
    UNSORTED_SEGMENT_MAX, UNSORTED_SEGMENT_MIN, UNSORTED_SEGMENT_PROD, UNSORTED_SEGMENT_SUM,
};
