//! `SGD`: steps against the gradient, with or without momentum.

use super::{Slot, Step, UpdateRule};
use ferroflow_core::{Result, options};

options! {
    /// Steps against the gradient, with or without momentum (`tf.keras.optimizers.SGD`).
    pub struct SGD {
        /// How much of the last step the next one keeps.
        momentum: f64 = 0.0,
        /// Whether the gradient is taken as if momentum had moved the variable already (Nesterov).
        nesterov: bool = false,
    }
}

impl UpdateRule for SGD {
    fn name(&self) -> &'static str {
        "sgd"
    }

    fn slots(&self) -> Vec<Slot> {
        if self.momentum == 0.0 { Vec::new() } else { vec![Slot::zeros("momentum")] }
    }

    fn lists(&self) -> Vec<String> {
        vec!["momentums".to_string()]
    }

    fn update(&self, step: &Step<'_>) -> Result<()> {
        let descent = (&step.gradient * &step.learning_rate)?;
        let [velocity] = step.slots else {
            return step.variable.assign_sub(descent).map(drop);
        };
        velocity.assign((velocity * self.momentum)? - &descent)?;
        let change = match self.nesterov {
            true => ((velocity * self.momentum)? - descent)?,
            false => velocity.value()?,
        };
        step.variable.assign_add(change).map(drop)
    }
}
