//! Samplers of candidate classes, for losses that look at some of many classes.

mod draws;
pub(crate) mod hits;
pub(crate) mod ops;
mod unigrams;
