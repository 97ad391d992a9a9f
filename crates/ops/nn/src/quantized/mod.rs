//! Ops on quantized values: integers that stand for the floats of a range.

pub(crate) mod concat;
pub(crate) mod dequantize;
pub(crate) mod elementwise;

pub(crate) mod functions;
pub(crate) mod normalization;
pub(crate) mod pool;
pub(crate) mod products;
pub(crate) mod quantize;
pub(crate) mod ranges;
pub(crate) mod requantize;
pub(crate) mod reshape;
pub(crate) mod straight_through;
