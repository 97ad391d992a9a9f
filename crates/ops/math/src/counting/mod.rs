//! Values sorted into bins, and bins counted.

mod bincount;
mod bucketize;
mod histogram;

pub use bucketize::bucketize;
pub use histogram::{HistogramOptions, histogram_fixed_width, histogram_fixed_width_with};

pub(crate) use bincount::{BINCOUNT, DENSE_BINCOUNT};
pub(crate) use bucketize::BUCKETIZE;
pub(crate) use histogram::HISTOGRAM_FIXED_WIDTH;
