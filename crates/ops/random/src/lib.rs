//! Random numbers, with the bits of TensorFlow: `tf.random`.

mod clustering;
mod distribution;
mod distributions;
mod fans;
mod functions;
mod index_shuffle;
mod mersenne;
mod parametric;
mod philox;
mod random_crop;
mod rng;
mod samplers;
mod seeds;
mod shuffle;
mod sobol;
mod stateful;
mod stateless;
mod stochastic_cast;
mod truncated_normal;
mod truncated_sampler;

pub use distributions::*;
pub use fans::{Distribution, FanMode};
pub use functions::*;
pub use mersenne::PythonRandom;
pub use seeds::{eager_seed, get_seed, set_eager_seed};
pub use sobol::{sobol_sample, sobol_sample_with};
pub use truncated_normal::stateless_parameterized_truncated_normal;

use ferroflow_core::OpDef;

/// The ops of this family, by name.
pub static OPS: &[&OpDef] = &[
    &clustering::KMC2_CHAIN_INITIALIZATION,
    &clustering::KMEANS_PLUS_PLUS_INITIALIZATION,
    &shuffle::MULTINOMIAL,
    &rng::NON_DETERMINISTIC_INTS,
    &truncated_normal::PARAMETERIZED_TRUNCATED_NORMAL,
    &random_crop::RANDOM_CROP,
    &parametric::RANDOM_GAMMA,
    &index_shuffle::RANDOM_INDEX_SHUFFLE,
    &parametric::RANDOM_POISSON,
    &parametric::RANDOM_POISSON_V2,
    &shuffle::RANDOM_SHUFFLE,
    &stateful::RANDOM_STANDARD_NORMAL,
    &stateful::RANDOM_UNIFORM,
    &stateful::RANDOM_UNIFORM_INT,
    &rng::RNG_READ_AND_SKIP,
    &rng::RNG_SKIP,
    &sobol::SOBOL_SAMPLE,
    &parametric::STATEFUL_RANDOM_BINOMIAL,
    &rng::STATEFUL_STANDARD_NORMAL,
    &rng::STATEFUL_STANDARD_NORMAL_V2,
    &rng::STATEFUL_TRUNCATED_NORMAL,
    &rng::STATEFUL_UNIFORM,
    &rng::STATEFUL_UNIFORM_FULL_INT,
    &rng::STATEFUL_UNIFORM_INT,
    &shuffle::STATELESS_MULTINOMIAL,
    &truncated_normal::STATELESS_PARAMETERIZED_TRUNCATED_NORMAL,
    &parametric::STATELESS_RANDOM_BINOMIAL,
    &parametric::STATELESS_RANDOM_GAMMA_V2,
    &parametric::STATELESS_RANDOM_GAMMA_V3,
    &stateless::STATELESS_RANDOM_GET_ALG,
    &stateless::STATELESS_RANDOM_GET_KEY_COUNTER,
    &stateless::STATELESS_RANDOM_GET_KEY_COUNTER_ALG,
    &stateless::STATELESS_RANDOM_NORMAL,
    &stateless::STATELESS_RANDOM_NORMAL_V2,
    &parametric::STATELESS_RANDOM_POISSON,
    &stateless::STATELESS_RANDOM_UNIFORM,
    &stateless::STATELESS_RANDOM_UNIFORM_FULL_INT,
    &stateless::STATELESS_RANDOM_UNIFORM_FULL_INT_V2,
    &stateless::STATELESS_RANDOM_UNIFORM_INT,
    &stateless::STATELESS_RANDOM_UNIFORM_INT_V2,
    &stateless::STATELESS_RANDOM_UNIFORM_V2,
    &shuffle::STATELESS_SHUFFLE,
    &stateless::STATELESS_TRUNCATED_NORMAL,
    &stateless::STATELESS_TRUNCATED_NORMAL_V2,
    &stochastic_cast::STOCHASTIC_CAST_TO_INT,
    &stateful::TRUNCATED_NORMAL,
];
