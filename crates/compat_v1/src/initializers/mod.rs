//! `tf.initializers`: what gives variables their initial values.

mod distributions;
mod initializer;

pub use distributions::{
    Distribution, FanMode, glorot_normal_initializer, glorot_uniform_initializer, he_normal_initializer,
    he_uniform_initializer, identity_initializer, lecun_normal_initializer, lecun_uniform_initializer,
    orthogonal_initializer, random_normal_initializer, random_uniform_initializer,
    truncated_normal_initializer, uniform_unit_scaling_initializer, variance_scaling_initializer,
};
pub use initializer::{Initializer, constant_initializer, ones_initializer, zeros_initializer};

// The same under shorter names, and what runs them.
pub use crate::variables::{
    global_variables_initializer as global_variables, local_variables_initializer as local_variables,
    variables_initializer as variables,
};
pub use distributions::{
    glorot_normal_initializer as glorot_normal, glorot_uniform_initializer as glorot_uniform,
    he_normal_initializer as he_normal, he_uniform_initializer as he_uniform,
    identity_initializer as identity, lecun_normal_initializer as lecun_normal,
    lecun_uniform_initializer as lecun_uniform, orthogonal_initializer as orthogonal,
    random_normal_initializer as random_normal, random_uniform_initializer as random_uniform,
    truncated_normal_initializer as truncated_normal,
    uniform_unit_scaling_initializer as uniform_unit_scaling,
    variance_scaling_initializer as variance_scaling,
};
pub use initializer::{
    constant_initializer as constant, ones_initializer as ones, zeros_initializer as zeros,
};
