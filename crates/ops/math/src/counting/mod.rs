//! Values sorted into bins, and bins counted.

mod bincount;
mod bucketize;
mod count_sparse;
mod histogram;
mod ragged_bincount;
mod sparse_bincount;

pub use bucketize::bucketize;
pub use histogram::{HistogramOptions, histogram_fixed_width, histogram_fixed_width_with};

pub(crate) use bincount::{BINCOUNT, DENSE_BINCOUNT};
pub(crate) use bucketize::BUCKETIZE;
pub(crate) use count_sparse::{
    DENSE_COUNT_SPARSE_OUTPUT, RAGGED_COUNT_SPARSE_OUTPUT, SPARSE_COUNT_SPARSE_OUTPUT,
};
pub(crate) use histogram::HISTOGRAM_FIXED_WIDTH;
pub(crate) use ragged_bincount::RAGGED_BINCOUNT;
pub(crate) use sparse_bincount::SPARSE_BINCOUNT;
