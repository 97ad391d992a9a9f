//! Random numbers, with the bits of TensorFlow: `tf.random`.

mod distribution;
mod functions;
mod mersenne;
mod philox;
mod rng;
mod seeds;
mod shuffle;
mod stateful;
mod stateless;

pub use functions::*;
pub use seeds::{get_seed, set_eager_seed};

use ferroflow_core::OpDef;

/// The ops of this family, by name.
pub static OPS: &[&OpDef] = &[
    &shuffle::MULTINOMIAL,
    &rng::NON_DETERMINISTIC_INTS,
    &shuffle::RANDOM_SHUFFLE,
    &stateful::RANDOM_STANDARD_NORMAL,
    &stateful::RANDOM_UNIFORM,
    &stateful::RANDOM_UNIFORM_INT,
    &rng::RNG_READ_AND_SKIP,
    &rng::RNG_SKIP,
    &rng::STATEFUL_STANDARD_NORMAL_V2,
    &rng::STATEFUL_TRUNCATED_NORMAL,
    &rng::STATEFUL_UNIFORM,
    &rng::STATEFUL_UNIFORM_FULL_INT,
    &rng::STATEFUL_UNIFORM_INT,
    &stateless::STATELESS_RANDOM_GET_ALG,
    &stateless::STATELESS_RANDOM_GET_KEY_COUNTER,
    &stateless::STATELESS_RANDOM_GET_KEY_COUNTER_ALG,
    &stateless::STATELESS_RANDOM_NORMAL,
    &stateless::STATELESS_RANDOM_NORMAL_V2,
    &stateless::STATELESS_RANDOM_UNIFORM,
    &stateless::STATELESS_RANDOM_UNIFORM_FULL_INT,
    &stateless::STATELESS_RANDOM_UNIFORM_FULL_INT_V2,
    &stateless::STATELESS_RANDOM_UNIFORM_INT,
    &stateless::STATELESS_RANDOM_UNIFORM_INT_V2,
    &stateless::STATELESS_RANDOM_UNIFORM_V2,
    &stateless::STATELESS_TRUNCATED_NORMAL,
    &stateless::STATELESS_TRUNCATED_NORMAL_V2,
    &stateful::TRUNCATED_NORMAL,
];
