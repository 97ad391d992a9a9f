//! `tf.compat.v1.metrics`: figures over a stream of batches, kept in local variables.

pub(crate) mod auc;
pub(crate) mod classes;
pub(crate) mod counts;
pub(crate) mod means;
mod parts;
pub(crate) mod ranked;
pub(crate) mod rates;
pub(crate) mod thresholds;

pub use auc::AucOptions;
pub use parts::MetricOptions;
pub use ranked::AtKOptions;
pub use rates::RateOptions;
