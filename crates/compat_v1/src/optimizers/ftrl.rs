//! FTRL.

use super::hyperparameter::Hyperparameter;
use super::optimizer::{Optimizer, Rule, prepare};
use super::slots::Slots;
use super::update::{Input, Update};
use crate::initializers::Initializer;
use crate::variables::Variable;
use ferroflow_core::{NdArray, Result, Tensor, ensure, options};
use ferroflow_graph::Operation;

/// The rule of [`FtrlOptimizer`].
pub struct Ftrl {
    learning_rate: Hyperparameter,
    options: FtrlOptions,
}

/// FTRL: a variable follows the regularised leader, for sparse models.
///
/// Source: `tf.compat.v1.train.FtrlOptimizer`.
pub type FtrlOptimizer = Optimizer<Ftrl>;

options! {
    /// Optional arguments of [`FtrlOptimizer`].
    pub struct FtrlOptions {
        /// How the learning rate falls; not positive.
        learning_rate_power: f64 = -0.5,
        /// What the sums of squared gradients begin with; not negative.
        initial_accumulator_value: f64 = 0.1,
        /// How strongly absolute values are kept small; not negative.
        l1_regularization_strength: f64 = 0.0,
        /// How strongly squares are kept small; not negative.
        l2_regularization_strength: f64 = 0.0,
        /// Whether variables are locked while they change.
        use_locking: bool = false,
        /// The name; by default `Ftrl`.
        name: Option<String> = None,
        /// The name of the sums of squares; by default the optimizer's.
        accum_name: Option<String> = None,
        /// The name of the linear terms; by default the optimizer's.
        linear_name: Option<String> = None,
        /// How strongly the gradient shrinks the variable; not negative.
        l2_shrinkage_regularization_strength: f64 = 0.0,
        /// What is added to the root of the sums of squares.
        beta: f64 = 0.0,
    }
}

impl Optimizer<Ftrl> {
    /// With this learning rate, a number or a tensor.
    ///
    /// # Errors
    /// The error of a `Result` that is passed on.
    pub fn new(learning_rate: impl Into<Hyperparameter>) -> Result<Self> {
        Self::new_with(learning_rate, |o| o)
    }

    /// The same with optional arguments.
    ///
    /// # Errors
    /// `ValueError` for arguments out of range, or an empty name.
    pub fn new_with(
        learning_rate: impl Into<Hyperparameter>,
        options: impl FnOnce(FtrlOptions) -> FtrlOptions,
    ) -> Result<Self> {
        let options = options(FtrlOptions::default());
        let initial = options.initial_accumulator_value;
        let power = options.learning_rate_power;
        let (l1, l2) = (options.l1_regularization_strength, options.l2_regularization_strength);
        let shrinkage = options.l2_shrinkage_regularization_strength;
        ensure!(initial >= 0.0, value, "initial_accumulator_value {initial:.6} needs to be positive or zero");
        ensure!(power <= 0.0, value, "learning_rate_power {power:.6} needs to be negative or zero");
        ensure!(l1 >= 0.0, value, "l1_regularization_strength {l1:.6} needs to be positive or zero");
        ensure!(l2 >= 0.0, value, "l2_regularization_strength {l2:.6} needs to be positive or zero");
        ensure!(
            shrinkage >= 0.0,
            value,
            "l2_shrinkage_regularization_strength {shrinkage:.6} needs to be positive or zero"
        );
        let (name, use_locking) = (options.name.clone(), options.use_locking);
        let rule = Ftrl { learning_rate: learning_rate.into().checked()?, options };
        Optimizer::of(rule, name, "Ftrl", use_locking)
    }
}

impl Rule for Ftrl {
    fn create_slots(&self, slots: &Slots, variables: &[Variable], name: &str) -> Result<()> {
        let initial = self.options.initial_accumulator_value;
        let (accum, linear) = (self.options.accum_name.as_deref(), self.options.linear_name.as_deref());
        for variable in variables {
            let initializer = Initializer::new(move |shape, dtype| {
                let sizes: Vec<i32> = shape.iter().map(|size| *size as i32).collect();
                ferroflow_ops_array::ones(NdArray::vector(sizes), dtype)? * initial
            });
            slots.initialized(variable, initializer, "accum", accum.unwrap_or(name))?;
            slots.zeros(variable, "linear", linear.unwrap_or(name))?;
        }
        Ok(())
    }

    fn prepare(&self) -> Result<Vec<Tensor>> {
        let options = &self.options;
        let mut prepared = prepare(&[
            ("learning_rate", &self.learning_rate),
            ("l1_regularization_strength", &options.l1_regularization_strength.into()),
        ])?;
        // TensorFlow computes this with the rate as it was given, a number or a tensor.
        let rate = ferroflow_ops_math::maximum(self.learning_rate.operand()?, 1e-36)?;
        let adjustment = (options.beta / (2.0 * rate)?)?;
        prepared.push((options.l2_regularization_strength + adjustment)?);
        prepared.extend(prepare(&[
            ("beta", &options.beta.into()),
            ("l2_shrinkage_regularization_strength", &options.l2_shrinkage_regularization_strength.into()),
            ("learning_rate_power", &options.learning_rate_power.into()),
        ])?);
        Ok(prepared)
    }

    fn apply(&self, update: &Update<'_>) -> Result<Option<Operation>> {
        let shrinks = self.options.l2_shrinkage_regularization_strength > 0.0;
        let mut inputs = vec![Input::Slot("accum"), Input::Slot("linear"), Input::Gradient];
        inputs.extend([0, 1, 2].map(Input::Prepared));
        if shrinks {
            inputs.push(Input::Prepared(4));
        }
        inputs.push(Input::Prepared(5));
        update.apply(if shrinks { "FtrlV2" } else { "Ftrl" }, &inputs)
    }
}
