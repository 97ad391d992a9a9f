//! `Adam` and its relatives: steps by moving averages of gradients and of their squares.

use super::adaptive::missing_slots;
use super::{Slot, Step, UpdateRule};
use crate::Variable;
use crate::math::{abs, maximum, pow, sign, sqrt, square};
use ferroflow_core::{IntoOperand, Result, Tensor, options};

options! {
    /// Averages of gradients over the roots of averages of their squares, corrected for starting at zero
    /// (`tf.keras.optimizers.Adam`; Kingma and Ba 2014).
    pub struct Adam {
        /// How much of the average of gradients each step keeps.
        beta_1: f64 = 0.9,
        /// How much of the average of squared gradients each step keeps.
        beta_2: f64 = 0.999,
        /// Keeps divisors away from zero: the "epsilon hat" of the paper.
        epsilon: f64 = 1e-7,
        /// Whether the largest average of squares counts, not the last one (Reddi et al. 2018).
        amsgrad: bool = false,
    }
}

options! {
    /// Adam with weight decay apart from the gradient (`tf.keras.optimizers.AdamW`; Loshchilov and Hutter 2017).
    pub struct AdamW {
        /// The share of a variable that each step takes off, in units of the learning rate.
        weight_decay: f64 = 0.004,
        /// How much of the average of gradients each step keeps.
        beta_1: f64 = 0.9,
        /// How much of the average of squared gradients each step keeps.
        beta_2: f64 = 0.999,
        /// Keeps divisors away from zero.
        epsilon: f64 = 1e-7,
        /// Whether the largest average of squares counts, not the last one.
        amsgrad: bool = false,
    }
}

options! {
    /// Adam with the largest gradient in the place of the average of squares (`tf.keras.optimizers.Adamax`).
    pub struct Adamax {
        /// How much of the average of gradients each step keeps.
        beta_1: f64 = 0.9,
        /// How much of the largest gradient each step keeps.
        beta_2: f64 = 0.999,
        /// Keeps divisors away from zero.
        epsilon: f64 = 1e-7,
    }
}

options! {
    /// Adam with Nesterov momentum (`tf.keras.optimizers.Nadam`; Dozat 2016).
    pub struct Nadam {
        /// How much of the average of gradients each step keeps.
        beta_1: f64 = 0.9,
        /// How much of the average of squared gradients each step keeps.
        beta_2: f64 = 0.999,
        /// Keeps divisors away from zero.
        epsilon: f64 = 1e-7,
    }
}

options! {
    /// Steps by the sign of a moving average (`tf.keras.optimizers.Lion`; Chen et al. 2023).
    pub struct Lion {
        /// How much of the average a step takes beside the gradient.
        beta_1: f64 = 0.9,
        /// How much of the average each step keeps.
        beta_2: f64 = 0.99,
    }
}

/// Moves an average by a share of the way to a value.
fn approach(average: &Variable, share: impl IntoOperand, value: &Tensor) -> Result<()> {
    average.assign_add((value - average)? * share).map(drop)
}

/// The step of Adam and AdamW.
fn adam(rule: &Adam, step: &Step<'_>) -> Result<()> {
    let (Some(m), Some(v)) = (step.slots.first(), step.slots.get(1)) else {
        return Err(missing_slots("Adam"));
    };
    let correction = sqrt((1.0 - step.power(rule.beta_2)?)?)?;
    let alpha = ((&step.learning_rate * correction)? / (1.0 - step.power(rule.beta_1)?)?)?;
    approach(m, 1.0 - rule.beta_1, &step.gradient)?;
    approach(v, 1.0 - rule.beta_2, &step.of_slices(|gradient| square(gradient))?)?;
    let scale = match step.slots.get(2) {
        Some(largest) => {
            largest.assign(maximum(largest, v)?)?;
            largest
        }
        None => v,
    };
    let divisor = (sqrt(scale)? + rule.epsilon)?;
    step.variable.assign_sub((m * alpha)? / divisor).map(drop)
}

impl UpdateRule for Adam {
    fn name(&self) -> &'static str {
        "adam"
    }

    fn slots(&self) -> Vec<Slot> {
        let mut slots = vec![Slot::zeros("momentum"), Slot::zeros("velocity")];
        if self.amsgrad {
            slots.push(Slot::zeros("velocity_hat"));
        }
        slots
    }

    fn together(&self) -> usize {
        2
    }

    fn update(&self, step: &Step<'_>) -> Result<()> {
        adam(self, step)
    }
}

impl AdamW {
    /// The rule without its weight decay.
    fn adam(&self) -> Adam {
        Adam::default().beta_1(self.beta_1).beta_2(self.beta_2).epsilon(self.epsilon).amsgrad(self.amsgrad)
    }
}

impl UpdateRule for AdamW {
    fn name(&self) -> &'static str {
        "adam_w"
    }

    fn slots(&self) -> Vec<Slot> {
        self.adam().slots()
    }

    fn weight_decay(&self) -> Option<f64> {
        Some(self.weight_decay)
    }

    fn together(&self) -> usize {
        2
    }

    fn update(&self, step: &Step<'_>) -> Result<()> {
        adam(&self.adam(), step)
    }
}

impl UpdateRule for Adamax {
    fn name(&self) -> &'static str {
        "adamax"
    }

    fn slots(&self) -> Vec<Slot> {
        vec![Slot::zeros("momentum"), Slot::zeros("norm")]
    }

    fn lists(&self) -> Vec<String> {
        vec!["_m".to_string(), "_u".to_string()]
    }

    fn update(&self, step: &Step<'_>) -> Result<()> {
        let [m, u] = step.slots else { return Err(missing_slots("Adamax")) };
        approach(m, 1.0 - self.beta_1, &step.gradient)?;
        u.assign(maximum((u * self.beta_2)?, step.of_slices(|gradient| abs(gradient))?)?)?;
        let divisor = (1.0 - step.power(self.beta_1)?)? * (u + self.epsilon)?;
        step.variable.assign_sub((&step.learning_rate * m)? / divisor).map(drop)
    }
}

/// By how much Nadam's momentum falls off with each step.
const NADAM_DECAY: f64 = 0.96;

impl UpdateRule for Nadam {
    fn name(&self) -> &'static str {
        "nadam"
    }

    fn slots(&self) -> Vec<Slot> {
        vec![Slot::zeros("momentum"), Slot::zeros("velocity")]
    }

    fn scalar(&self) -> Option<Slot> {
        Some(Slot { name: "u_product", initial: 1.0 })
    }

    fn begin(&self, number: &Tensor, scalar: Option<&Variable>) -> Result<()> {
        let product = scalar.ok_or_else(|| missing_slots("Nadam"))?;
        let decay = pow(NADAM_DECAY, crate::cast(number, product.dtype())?)?;
        product.assign((product * self.beta_1)? * (1.0 - (decay * 0.5)?)?).map(drop)
    }

    fn update(&self, step: &Step<'_>) -> Result<()> {
        let ([m, v], Some(product)) = (step.slots, step.scalar) else { return Err(missing_slots("Nadam")) };
        let dtype = step.variable.dtype();
        let (beta_1, beta_2) = (step.number_of(self.beta_1)?, step.number_of(self.beta_2)?);
        let momentum = |number: Tensor| {
            let decay = pow(step.number_of(NADAM_DECAY)?, crate::cast(number, dtype)?)?;
            &beta_1 * (1.0 - (decay * 0.5)?)?
        };
        let (now, next) = (momentum(step.number.clone())?, momentum((&step.number + 1)?)?);
        let product = crate::cast(product, dtype)?;
        let next_product = (&product * &next)?;
        approach(m, (1.0 - &beta_1)?, &step.gradient)?;
        approach(v, (1.0 - &beta_2)?, &step.of_slices(|gradient| square(gradient))?)?;
        let by_average = ((next * m)? / (1.0 - next_product)?)?;
        let by_gradient = (((1.0 - now)? * &step.gradient)? / (1.0 - product)?)?;
        let v_hat = (v / (1.0 - step.power(self.beta_2)?)?)?;
        let divisor = (sqrt(v_hat)? + self.epsilon)?;
        let m_hat = (by_average + by_gradient)?;
        step.variable.assign_sub((m_hat * &step.learning_rate)? / divisor).map(drop)
    }
}

impl UpdateRule for Lion {
    fn name(&self) -> &'static str {
        "lion"
    }

    fn slots(&self) -> Vec<Slot> {
        vec![Slot::zeros("momentum")]
    }

    fn update(&self, step: &Step<'_>) -> Result<()> {
        let [m] = step.slots else { return Err(missing_slots("Lion")) };
        let (beta_1, beta_2) = (step.number_of(self.beta_1)?, step.number_of(self.beta_2)?);
        let blend = |share: &Tensor| (m * share)? + (&step.gradient * (1.0 - share)?)?;
        step.variable.assign_sub(&step.learning_rate * sign(blend(&beta_1)?)?)?;
        m.assign(blend(&beta_2)?).map(drop)
    }
}
