//! `SeedGenerator`: the seeds of a layer's random numbers, one after another.

use crate::initializers::{next_default, stateless};
use crate::utils::unique_name;
use crate::{Variable, init_scope};
use ferroflow_core::{NdArray, Result, Tensor};

/// Seeds for stateless random ops, one after another (`tf.keras.random.SeedGenerator`).
///
/// ```
/// use ferroflow_v2 as tf;
/// use tf::layers::SeedGenerator;
/// let generator = SeedGenerator::new(Some(3))?;
/// assert_eq!(format!("{}", generator.next_seed()?), "[3 0]");
/// assert_eq!(format!("{}", generator.next_seed()?), "[3 1]");
/// # Ok::<(), tf::Error>(())
/// ```
pub struct SeedGenerator {
    state: Variable,
}

impl SeedGenerator {
    /// A generator that begins with this seed, or else with one drawn as
    /// [`set_random_seed`](crate::utils::set_random_seed) says.
    ///
    /// # Errors
    /// Those of the graph in force.
    pub fn new(seed: Option<i64>) -> Result<SeedGenerator> {
        let seed = seed.unwrap_or_else(next_default);
        let name = format!("{}/seed_generator_state", unique_name("seed_generator"));
        let initial = NdArray::vector(vec![seed, 0i64]);
        let state =
            init_scope(|| Variable::new_with(initial, |o| o.name(name).trainable(false).weight(true)))?;
        Ok(SeedGenerator { state })
    }

    /// The state: the seed, and how many were drawn.
    pub fn state(&self) -> &Variable {
        &self.state
    }

    /// The next seed: two `int32` numbers.
    ///
    /// # Errors
    /// Those of the graph in force.
    pub fn next_seed(&self) -> Result<Tensor> {
        let now = self.state.read_value()?;
        self.state.assign((&now + NdArray::vector(vec![0i64, 1]))?)?;
        stateless(now)
    }
}
