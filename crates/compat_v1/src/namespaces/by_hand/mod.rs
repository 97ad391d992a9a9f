//! Functions that v1 has its own way: with other arguments, other defaults, another result than v2's.

pub(crate) mod arrays;
pub(crate) mod batching;
pub(crate) mod casts;
pub(crate) mod checks;
pub(crate) mod ctc;
pub(crate) mod features;
pub(crate) mod graph_values;
pub(crate) mod images;
pub(crate) mod lookups;
pub(crate) mod matrices;
pub(crate) mod neural;
pub(crate) mod random;
