//! `Dropout`: values that are missing at random in training.

use super::{Layer, LayerState, SeedGenerator};
use crate::math::greater_equal;
use crate::random::stateless_uniform_with;
use ferroflow_core::{Result, Tensor, ensure, options};
use ferroflow_ops_array::{shape, where_select, zeros_like};

options! {
    /// Optional arguments of [`Dropout::new_with`].
    pub struct DropoutOptions {
        /// The seed of which values are missing.
        seed: Option<i64> = None,
        /// The name.
        name: Option<String> = None,
    }
}

/// Values of which a share is set to 0 in training, and the others are scaled so that the sum stays the same on average
/// (`tf.keras.layers.Dropout`).
pub struct Dropout {
    state: LayerState,
    rate: f64,
    generator: Option<SeedGenerator>,
}

impl Dropout {
    /// A layer that sets this share of values to 0.
    ///
    /// # Errors
    /// As [`Dropout::new_with`].
    pub fn new(rate: f64) -> Result<Dropout> {
        Dropout::new_with(rate, |o| o)
    }

    /// The same with options.
    ///
    /// # Errors
    /// `ValueError` for a share that is not from 0 to 1.
    pub fn new_with(rate: f64, options: impl FnOnce(DropoutOptions) -> DropoutOptions) -> Result<Dropout> {
        let DropoutOptions { seed, name } = options(DropoutOptions::default());
        ensure!(
            (0.0..=1.0).contains(&rate),
            value,
            "Invalid value received for argument `rate`. Expected a float value between 0 and 1. Received: \
             rate={rate:?}"
        );
        let generator = if rate > 0.0 { Some(SeedGenerator::new(seed)?) } else { None };
        Ok(Dropout { state: LayerState::new("Dropout", "dropout", name), rate, generator })
    }
}

impl Layer for Dropout {
    fn state(&self) -> &LayerState {
        &self.state
    }

    fn compute_mask(&self, _inputs: &Tensor, mask: Option<&Tensor>) -> Result<Option<Tensor>> {
        Ok(mask.cloned())
    }

    fn seed_generator(&self) -> Option<&SeedGenerator> {
        self.generator.as_ref()
    }

    fn forward(&self, inputs: &Tensor, training: bool) -> Result<Tensor> {
        let Some(generator) = self.generator.as_ref().filter(|_| training) else {
            return Ok(inputs.clone());
        };
        if self.rate == 1.0 {
            return zeros_like(inputs);
        }
        let seed = generator.next_seed()?;
        let drawn = stateless_uniform_with(shape(inputs)?, seed, |o| o.dtype(inputs.dtype()))?;
        let scaled = (inputs * (1.0 / (1.0 - self.rate)))?;
        where_select(greater_equal(drawn, self.rate)?, &scaled, zeros_like(&scaled)?)
    }
}
