//! `RMSprop`, `Adagrad`, `Adadelta`: steps scaled by the squares of past gradients.

use super::{Slot, Step, UpdateRule};
use crate::Variable;
use crate::math::{sqrt, square};
use ferroflow_core::{Error, Result, Tensor, options};

options! {
    /// Divides by a moving average of squared gradients (`tf.keras.optimizers.RMSprop`).
    pub struct RMSprop {
        /// How much of the averages each step keeps.
        rho: f64 = 0.9,
        /// How much of the last step the next one keeps.
        momentum: f64 = 0.0,
        /// Keeps divisors away from zero.
        epsilon: f64 = 1e-7,
        /// Whether the average of the gradients is subtracted: their variance is estimated.
        centered: bool = false,
    }
}

options! {
    /// Divides by the sum of squared gradients (`tf.keras.optimizers.Adagrad`).
    pub struct Adagrad {
        /// What the sums begin with.
        initial_accumulator_value: f64 = 0.1,
        /// Keeps divisors away from zero.
        epsilon: f64 = 1e-7,
    }
}

options! {
    /// Scales steps by averages of past steps and gradients (`tf.keras.optimizers.Adadelta`; Zeiler 2012).
    pub struct Adadelta {
        /// How much of the averages each step keeps.
        rho: f64 = 0.95,
        /// Keeps divisors away from zero.
        epsilon: f64 = 1e-7,
    }
}

/// `rho * average + (1 - rho) * value`, assigned to the average.
fn average(average: &Variable, rho: f64, value: Tensor) -> Result<()> {
    average.assign((average * rho)? + (value * (1.0 - rho))?).map(drop)
}

/// The error for a step whose slots are not those of its rule.
pub(super) fn missing_slots(rule: &str) -> Error {
    Error::internal(format!("a step of {rule} has other slots than the rule"))
}

impl UpdateRule for RMSprop {
    fn name(&self) -> &'static str {
        "rm_sprop"
    }

    fn slots(&self) -> Vec<Slot> {
        let momentum = (self.momentum > 0.0).then_some(Slot::zeros("momentum"));
        let mean = self.centered.then_some(Slot::zeros("average_gradient"));
        [Some(Slot::zeros("velocity")), momentum, mean].into_iter().flatten().collect()
    }

    fn together(&self) -> usize {
        0
    }

    fn update(&self, step: &Step<'_>) -> Result<()> {
        let (velocity, rest) = step.slots.split_first().ok_or_else(|| missing_slots("RMSprop"))?;
        average(velocity, self.rho, step.of_slices(|gradient| square(gradient))?)?;
        let denominator = match rest.last().filter(|_| self.centered) {
            Some(mean) => {
                average(mean, self.rho, step.gradient.clone())?;
                ((velocity - square(mean)?)? + self.epsilon)?
            }
            None => (velocity + self.epsilon)?,
        };
        let increment = ((&step.learning_rate * &step.gradient)? / sqrt(denominator)?)?;
        match rest.first().filter(|_| self.momentum > 0.0) {
            Some(momentum) => {
                momentum.assign((momentum * self.momentum)? + increment)?;
                step.variable.assign_sub(momentum).map(drop)
            }
            None => step.variable.assign_sub(increment).map(drop),
        }
    }
}

impl UpdateRule for Adagrad {
    fn name(&self) -> &'static str {
        "adagrad"
    }

    fn slots(&self) -> Vec<Slot> {
        vec![Slot { name: "accumulator", initial: self.initial_accumulator_value }]
    }

    fn update(&self, step: &Step<'_>) -> Result<()> {
        let [accumulator] = step.slots else { return Err(missing_slots("Adagrad")) };
        accumulator.assign_add(step.of_slices(|gradient| square(gradient))?)?;
        let scale = sqrt((accumulator + self.epsilon)?)?;
        step.variable.assign_sub((&step.learning_rate * &step.gradient)? / scale).map(drop)
    }
}

impl UpdateRule for Adadelta {
    fn name(&self) -> &'static str {
        "adadelta"
    }

    fn slots(&self) -> Vec<Slot> {
        vec![Slot::zeros("accumulated_grad"), Slot::zeros("accumulated_delta_var")]
    }

    fn update(&self, step: &Step<'_>) -> Result<()> {
        let [gradients, deltas] = step.slots else { return Err(missing_slots("Adadelta")) };
        let root = |squares: &Variable| sqrt((squares + self.epsilon)?);
        average(gradients, self.rho, step.of_slices(|gradient| square(gradient))?)?;
        let delta = (-((root(deltas)? * &step.gradient)? / root(gradients)?)?)?;
        let squares = match step.slices {
            None => square(&delta)?,
            Some(_) => {
                let factor = (root(deltas)? / root(gradients)?)?;
                (square(factor)? * step.of_slices(|gradient| square(gradient))?)?
            }
        };
        average(deltas, self.rho, squares)?;
        step.variable.assign_add((&step.learning_rate * delta)?).map(drop)
    }
}
