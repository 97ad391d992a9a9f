//! Reductions along axes, and running totals.

mod arg_extreme;
mod cumulative;
mod driver;
mod ops;
mod ops_grad;
mod reduce_fns;

pub use arg_extreme::{ArgExtremeOptions, argmax, argmax_with, argmin, argmin_with};
pub use cumulative::{
    CumulativeOptions, cumprod, cumprod_with, cumsum, cumsum_with, cumulative_logsumexp,
    cumulative_logsumexp_with,
};
pub use reduce_fns::*;

pub(crate) use arg_extreme::{ARG_MAX, ARG_MIN};
pub(crate) use cumulative::{CUMPROD, CUMSUM, CUMULATIVE_LOGSUMEXP};
pub(crate) use ops::{ALL, ANY, EUCLIDEAN_NORM, MAX, MEAN, MIN, PROD, SUM};
