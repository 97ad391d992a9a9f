//! Ops on uniformly quantized values: integers that stand for floats by a scale and a zero point, for a whole tensor or for
//! each channel.

pub(crate) mod convolution;
mod dimensions;
pub(crate) mod dot;
pub(crate) mod elementwise;
mod scales;
