//! What gives variables their initial values.

mod distributions;
mod initializer;

pub use distributions::{
    Distribution, FanMode, glorot_normal_initializer, glorot_uniform_initializer, he_normal_initializer,
    he_uniform_initializer, identity_initializer, lecun_normal_initializer, lecun_uniform_initializer,
    orthogonal_initializer, random_normal_initializer, random_uniform_initializer,
    truncated_normal_initializer, uniform_unit_scaling_initializer, variance_scaling_initializer,
};
pub use initializer::{Initializer, constant_initializer, ones_initializer, zeros_initializer};
