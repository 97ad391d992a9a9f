//! Reductions along axes, and running totals.

mod driver;
mod ops;
mod ops_grad;
mod reduce_fns;

pub use reduce_fns::*;

pub(crate) use ops::{ALL, ANY, EUCLIDEAN_NORM, MAX, MEAN, MIN, PROD, SUM};
