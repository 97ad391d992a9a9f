//! Rules that divide by what squared gradients have come to: Adagrad, Adadelta, RMSProp and their kin.

use super::descent::constant_beside;
use super::hyperparameter::Hyperparameter;
use super::optimizer::{Optimizer, Rule, prepare};
use super::slots::Slots;
use super::update::{Input, Update};
use crate::initializers::{constant_initializer, ones_initializer};
use crate::ops::device;
use crate::variables::Variable;
use ferroflow_core::{Result, Tensor, ensure, options};
use ferroflow_graph::Operation;

/// The rule of [`AdagradOptimizer`].
pub struct Adagrad {
    learning_rate: Hyperparameter,
    initial: f64,
}

/// Adagrad: steps are divided by the root of the sum of all squared gradients.
///
/// Source: `tf.compat.v1.train.AdagradOptimizer`.
pub type AdagradOptimizer = Optimizer<Adagrad>;

options! {
    /// Optional arguments of [`AdagradOptimizer`].
    pub struct AdagradOptions {
        /// What the sums of squared gradients begin with; positive.
        initial_accumulator_value: f64 = 0.1,
        /// Whether variables are locked while they change.
        use_locking: bool = false,
        /// The name; by default `Adagrad`.
        name: Option<String> = None,
    }
}

impl Optimizer<Adagrad> {
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
    /// `ValueError` for sums that do not begin above 0, or an empty name.
    pub fn new_with(
        learning_rate: impl Into<Hyperparameter>,
        options: impl FnOnce(AdagradOptions) -> AdagradOptions,
    ) -> Result<Self> {
        let options = options(AdagradOptions::default());
        let initial = options.initial_accumulator_value;
        ensure!(initial > 0.0, value, "initial_accumulator_value must be positive: {initial:?}");
        let rule = Adagrad { learning_rate: learning_rate.into().checked()?, initial };
        Optimizer::of(rule, options.name, "Adagrad", options.use_locking)
    }
}

impl Rule for Adagrad {
    fn create_slots(&self, slots: &Slots, variables: &[Variable], name: &str) -> Result<()> {
        for variable in variables {
            slots.initialized(variable, constant_initializer(self.initial)?, "accumulator", name)?;
        }
        Ok(())
    }

    fn prepare(&self) -> Result<Vec<Tensor>> {
        prepare(&[("learning_rate", &self.learning_rate)])
    }

    fn apply(&self, update: &Update<'_>) -> Result<Option<Operation>> {
        update.apply("Adagrad", &[Input::Slot("accumulator"), Input::Prepared(0), Input::Gradient])
    }
}

/// The rule of [`AdagradDAOptimizer`].
pub struct AdagradDA {
    learning_rate: Hyperparameter,
    global_step: Hyperparameter,
    initial: f64,
    strengths: [f64; 2],
}

/// Adagrad by dual averaging: a variable is computed anew from sums of its gradients and their squares.
///
/// Source: `tf.compat.v1.train.AdagradDAOptimizer`.
pub type AdagradDAOptimizer = Optimizer<AdagradDA>;

options! {
    /// Optional arguments of [`AdagradDAOptimizer`].
    pub struct AdagradDAOptions {
        /// What the sums of squared gradients begin with; positive.
        initial_gradient_squared_accumulator_value: f64 = 0.1,
        /// How strongly absolute values are kept small.
        l1_regularization_strength: f64 = 0.0,
        /// How strongly squares are kept small.
        l2_regularization_strength: f64 = 0.0,
        /// Whether variables are locked while they change.
        use_locking: bool = false,
        /// The name; by default `AdagradDA`.
        name: Option<String> = None,
    }
}

impl Optimizer<AdagradDA> {
    /// With this learning rate and the variable, or tensor, that counts steps.
    ///
    /// # Errors
    /// The error of a `Result` that is passed on.
    pub fn new(
        learning_rate: impl Into<Hyperparameter>,
        global_step: impl Into<Hyperparameter>,
    ) -> Result<Self> {
        Self::new_with(learning_rate, global_step, |o| o)
    }

    /// The same with optional arguments.
    ///
    /// # Errors
    /// `ValueError` for sums that do not begin above 0, or an empty name.
    pub fn new_with(
        learning_rate: impl Into<Hyperparameter>,
        global_step: impl Into<Hyperparameter>,
        options: impl FnOnce(AdagradDAOptions) -> AdagradDAOptions,
    ) -> Result<Self> {
        let options = options(AdagradDAOptions::default());
        let initial = options.initial_gradient_squared_accumulator_value;
        ensure!(
            initial > 0.0,
            value,
            "initial_gradient_squared_accumulator_value must be positive: {initial:?}"
        );
        let rule = AdagradDA {
            learning_rate: learning_rate.into().checked()?,
            global_step: global_step.into().checked()?,
            initial,
            strengths: [options.l1_regularization_strength, options.l2_regularization_strength],
        };
        Optimizer::of(rule, options.name, "AdagradDA", options.use_locking)
    }
}

impl Rule for AdagradDA {
    fn create_slots(&self, slots: &Slots, variables: &[Variable], name: &str) -> Result<()> {
        for variable in variables {
            let zeros = constant_beside(variable, 0.0)?;
            let squares = constant_beside(variable, self.initial)?;
            slots.of_value(variable, &zeros, "gradient_accumulator", name)?;
            slots.of_value(variable, &squares, "gradient_squared_accumulator", name)?;
        }
        Ok(())
    }

    fn prepare(&self) -> Result<Vec<Tensor>> {
        let mut prepared = prepare(&[("learning_rate", &self.learning_rate)])?;
        let next = match prepared.first().map(Operation::of) {
            Some(Ok(operation)) => operation.graph().colocate_with(&operation, || {
                ferroflow_ops_array::identity(self.global_step.operand()?)? + 1
            })?,
            _ => (ferroflow_ops_array::identity(self.global_step.operand()?)? + 1)?,
        };
        prepared.push(next);
        Ok(prepared)
    }

    fn apply(&self, update: &Update<'_>) -> Result<Option<Operation>> {
        let next = update.prepared.get(1);
        let step = device(update.variable.device(), || match next {
            Some(next) => ferroflow_ops_array::identity(next),
            None => ferroflow_core::bail!(internal, "AdagradDA was not prepared"),
        })?;
        let rate = update.prepared(0)?;
        let dtype = update.variable.dtype().base();
        let [l1, l2] = self.strengths;
        let (l1, l2) = (crate::cast(l1, dtype)?, crate::cast(l2, dtype)?);
        let inputs = [
            Input::Slot("gradient_accumulator"),
            Input::Slot("gradient_squared_accumulator"),
            Input::Gradient,
            Input::Tensor(rate),
            Input::Tensor(l1),
            Input::Tensor(l2),
            Input::Tensor(step),
        ];
        update.apply("AdagradDA", &inputs)
    }
}

/// The rule of [`AdadeltaOptimizer`].
pub struct Adadelta {
    learning_rate: Hyperparameter,
    rho: Hyperparameter,
    epsilon: Hyperparameter,
}

/// Adadelta: steps are as long as those before, in relation to gradients.
///
/// Source: `tf.compat.v1.train.AdadeltaOptimizer`.
pub type AdadeltaOptimizer = Optimizer<Adadelta>;

options! {
    /// Optional arguments of [`AdadeltaOptimizer`].
    pub struct AdadeltaOptions {
        /// How much of its means each step keeps.
        rho: f64 = 0.95,
        /// What is added to each mean before its root is taken.
        epsilon: f64 = 1e-8,
        /// Whether variables are locked while they change.
        use_locking: bool = false,
        /// The name; by default `Adadelta`.
        name: Option<String> = None,
    }
}

impl Optimizer<Adadelta> {
    /// With this learning rate, a number or a tensor; TensorFlow's default is 0.001.
    ///
    /// # Errors
    /// The error of a `Result` that is passed on.
    pub fn new(learning_rate: impl Into<Hyperparameter>) -> Result<Self> {
        Self::new_with(learning_rate, |o| o)
    }

    /// The same with optional arguments.
    ///
    /// # Errors
    /// `ValueError` for an empty name.
    pub fn new_with(
        learning_rate: impl Into<Hyperparameter>,
        options: impl FnOnce(AdadeltaOptions) -> AdadeltaOptions,
    ) -> Result<Self> {
        let options = options(AdadeltaOptions::default());
        let rule = Adadelta {
            learning_rate: learning_rate.into().checked()?,
            rho: options.rho.into(),
            epsilon: options.epsilon.into(),
        };
        Optimizer::of(rule, options.name, "Adadelta", options.use_locking)
    }
}

impl Rule for Adadelta {
    fn create_slots(&self, slots: &Slots, variables: &[Variable], name: &str) -> Result<()> {
        for variable in variables {
            slots.zeros(variable, "accum", name)?;
            slots.zeros(variable, "accum_update", name)?;
        }
        Ok(())
    }

    fn prepare(&self) -> Result<Vec<Tensor>> {
        prepare(&[("lr", &self.learning_rate), ("rho", &self.rho), ("epsilon", &self.epsilon)])
    }

    fn apply(&self, update: &Update<'_>) -> Result<Option<Operation>> {
        let inputs = [
            Input::Slot("accum"),
            Input::Slot("accum_update"),
            Input::Prepared(0),
            Input::Prepared(1),
            Input::Prepared(2),
            Input::Gradient,
        ];
        update.apply("Adadelta", &inputs)
    }
}

/// The rule of [`RMSPropOptimizer`].
pub struct RMSProp {
    learning_rate: Hyperparameter,
    decay: Hyperparameter,
    momentum: Hyperparameter,
    epsilon: Hyperparameter,
    centered: bool,
}

/// RMSProp: steps are divided by the root of a running mean of squared gradients.
///
/// Source: `tf.compat.v1.train.RMSPropOptimizer`.
pub type RMSPropOptimizer = Optimizer<RMSProp>;

options! {
    /// Optional arguments of [`RMSPropOptimizer`].
    pub struct RMSPropOptions {
        /// How much of the mean each step keeps.
        decay: f64 = 0.9,
        /// How much of the last step goes into the next.
        momentum: f64 = 0.0,
        /// What is added to the mean before its root is taken.
        epsilon: f64 = 1e-10,
        /// Whether variables are locked while they change.
        use_locking: bool = false,
        /// Whether the variance stands in the place of the mean of squares.
        centered: bool = false,
        /// The name; by default `RMSProp`.
        name: Option<String> = None,
    }
}

impl Optimizer<RMSProp> {
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
    /// `ValueError` for an empty name.
    pub fn new_with(
        learning_rate: impl Into<Hyperparameter>,
        options: impl FnOnce(RMSPropOptions) -> RMSPropOptions,
    ) -> Result<Self> {
        let options = options(RMSPropOptions::default());
        let rule = RMSProp {
            learning_rate: learning_rate.into().checked()?,
            decay: options.decay.into(),
            momentum: options.momentum.into(),
            epsilon: options.epsilon.into(),
            centered: options.centered,
        };
        Optimizer::of(rule, options.name, "RMSProp", options.use_locking)
    }
}

impl Rule for RMSProp {
    fn create_slots(&self, slots: &Slots, variables: &[Variable], name: &str) -> Result<()> {
        for variable in variables {
            slots.initialized(variable, ones_initializer(), "rms", name)?;
            if self.centered {
                slots.zeros(variable, "mg", name)?;
            }
            slots.zeros(variable, "momentum", name)?;
        }
        Ok(())
    }

    fn prepare(&self) -> Result<Vec<Tensor>> {
        prepare(&[
            ("learning_rate", &self.learning_rate),
            ("decay", &self.decay),
            ("momentum", &self.momentum),
            ("epsilon", &self.epsilon),
        ])
    }

    fn apply(&self, update: &Update<'_>) -> Result<Option<Operation>> {
        let mut inputs = Vec::new();
        if self.centered {
            inputs.push(Input::Slot("mg"));
        }
        inputs.extend([Input::Slot("rms"), Input::Slot("momentum")]);
        inputs.extend((0..4).map(Input::Prepared));
        inputs.push(Input::Gradient);
        update.apply(if self.centered { "CenteredRMSProp" } else { "RMSProp" }, &inputs)
    }
}
