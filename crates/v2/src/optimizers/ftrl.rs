//! `Ftrl`: follow the regularized leader.

use super::adaptive::missing_slots;
use super::{Slot, Step, UpdateRule};
use crate::math::{maximum, minimum, pow, square};
use ferroflow_core::{Result, Tensor, options};

options! {
    /// Follows the regularized leader (`tf.keras.optimizers.Ftrl`; McMahan et al. 2013).
    pub struct Ftrl {
        /// How steps shrink with the sum of squared gradients; at most 0.
        learning_rate_power: f64 = -0.5,
        /// What the sums of squared gradients begin with.
        initial_accumulator_value: f64 = 0.1,
        /// How much absolute values of variables cost.
        l1_regularization_strength: f64 = 0.0,
        /// How much squares of variables cost.
        l2_regularization_strength: f64 = 0.0,
        /// How much squares of variables add to the gradient.
        l2_shrinkage_regularization_strength: f64 = 0.0,
        /// Added to the learning rate's denominator.
        beta: f64 = 0.0,
    }
}

impl UpdateRule for Ftrl {
    fn name(&self) -> &'static str {
        "ftrl"
    }

    fn slots(&self) -> Vec<Slot> {
        vec![Slot { name: "accumulator", initial: self.initial_accumulator_value }, Slot::zeros("linear")]
    }

    fn update(&self, step: &Step<'_>) -> Result<()> {
        let [accumulator, linear] = step.slots else { return Err(missing_slots("Ftrl")) };
        let learning_rate = &step.learning_rate;
        let l2 = (self.l2_regularization_strength + (self.beta / (learning_rate * 2.0)?)?)?;
        let shrunk = (step.variable * (2.0 * self.l2_shrinkage_regularization_strength))?;
        let gradient = (&step.gradient + shrunk)?;
        let sum = (accumulator + step.of_slices(|gradient| square(gradient))?)?;
        let power = |base: Tensor| pow(base, -self.learning_rate_power);
        let rise = ((power(sum.clone())? - power(accumulator.value()?)?)? / learning_rate)?;
        linear.assign_add(gradient - (rise * step.variable)?)?;
        let quadratic = ((power(sum.clone())? / learning_rate)? + (l2 * 2.0)?)?;
        let l1 = self.l1_regularization_strength;
        let clipped = minimum(maximum(linear, -l1)?, l1)?;
        step.variable.assign((clipped - linear)? / quadratic)?;
        accumulator.assign(sum).map(drop)
    }
}
