//! Rules that follow the gradient: plain descent, momentum, and their proximal forms.

use super::hyperparameter::Hyperparameter;
use super::optimizer::{Optimizer, Rule, prepare};
use super::slots::Slots;
use super::update::{Input, Update};
use crate::ops::{colocate_with, constant_of, node_of};
use crate::variables::Variable;
use ferroflow_core::{AttrValue, NdArray, Op, Result, Tensor, ensure, options};
use ferroflow_graph::Operation;

/// The rule of [`GradientDescentOptimizer`].
pub struct GradientDescent(Hyperparameter);

/// Takes the gradient, times the learning rate, off the variable.
///
/// Source: `tf.compat.v1.train.GradientDescentOptimizer`.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let w = tf::get_variable_with("w", |o| o.shape([2]).initializer(tf::ones_initializer()))?;
/// let loss = tf::reduce_sum((&w * &w)?, (), false)?;
/// let step = tf::train::GradientDescentOptimizer::new(0.25)?.minimize(&loss)?;
/// let sess = tf::Session::new()?;
/// sess.run(tf::global_variables_initializer()?)?;
/// sess.run(&step)?;
/// assert_eq!(sess.run(&w)?.as_slice::<f32>()?, [0.5, 0.5]);
/// # Ok::<(), tf::Error>(())
/// ```
pub type GradientDescentOptimizer = Optimizer<GradientDescent>;

options! {
    /// Optional arguments of optimizers that have none of their own.
    pub struct OptimizerOptions {
        /// Whether variables are locked while they change.
        use_locking: bool = false,
        /// The name; by default the rule's.
        name: Option<String> = None,
    }
}

impl Optimizer<GradientDescent> {
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
        options: impl FnOnce(OptimizerOptions) -> OptimizerOptions,
    ) -> Result<Self> {
        let options = options(OptimizerOptions::default());
        let rule = GradientDescent(learning_rate.into().checked()?);
        Optimizer::of(rule, options.name, "GradientDescent", options.use_locking)
    }
}

impl Rule for GradientDescent {
    fn prepare(&self) -> Result<Vec<Tensor>> {
        prepare(&[("learning_rate", &self.0)])
    }

    fn sums_duplicates(&self) -> bool {
        false
    }

    fn apply(&self, update: &Update<'_>) -> Result<Option<Operation>> {
        let Some(indices) = &update.indices else {
            return update.apply("GradientDescent", &[Input::Prepared(0), Input::Gradient]);
        };
        let rate = update.prepared(0)?;
        match update.variable.as_resource() {
            None => {
                let delta = ferroflow_core::IndexedSlices {
                    values: (&update.gradient * rate)?,
                    indices: indices.clone(),
                    dense_shape: None,
                };
                update.variable.scatter_sub(&delta)?.op().map(Some)
            }
            Some(resource) => {
                let delta = (crate::negative(&update.gradient)? * rate)?;
                node_of("ResourceScatterAdd", || {
                    let op = Op::named("ResourceScatterAdd").input(resource.handle());
                    op.input(indices).input(delta).all()
                })
            }
        }
    }
}

/// The rule of [`MomentumOptimizer`].
pub struct Momentum {
    learning_rate: Hyperparameter,
    momentum: Hyperparameter,
    use_nesterov: bool,
}

/// Keeps a running sum of gradients, `accumulation = momentum * accumulation + gradient`, and takes it, times the
/// learning rate, off the variable.
///
/// Source: `tf.compat.v1.train.MomentumOptimizer`.
pub type MomentumOptimizer = Optimizer<Momentum>;

options! {
    /// Optional arguments of [`MomentumOptimizer`].
    pub struct MomentumOptions {
        /// Whether variables are locked while they change.
        use_locking: bool = false,
        /// The name; by default `Momentum`.
        name: Option<String> = None,
        /// Whether the gradient is added once more: Nesterov's momentum.
        use_nesterov: bool = false,
    }
}

impl Optimizer<Momentum> {
    /// With this learning rate and momentum, numbers or tensors.
    ///
    /// # Errors
    /// The error of a `Result` that is passed on.
    pub fn new(
        learning_rate: impl Into<Hyperparameter>,
        momentum: impl Into<Hyperparameter>,
    ) -> Result<Self> {
        Self::new_with(learning_rate, momentum, |o| o)
    }

    /// The same with optional arguments.
    ///
    /// # Errors
    /// `ValueError` for an empty name.
    pub fn new_with(
        learning_rate: impl Into<Hyperparameter>,
        momentum: impl Into<Hyperparameter>,
        options: impl FnOnce(MomentumOptions) -> MomentumOptions,
    ) -> Result<Self> {
        let options = options(MomentumOptions::default());
        let rule = Momentum {
            learning_rate: learning_rate.into().checked()?,
            momentum: momentum.into().checked()?,
            use_nesterov: options.use_nesterov,
        };
        Optimizer::of(rule, options.name, "Momentum", options.use_locking)
    }
}

impl Rule for Momentum {
    fn create_slots(&self, slots: &Slots, variables: &[Variable], name: &str) -> Result<()> {
        variables.iter().try_for_each(|variable| slots.zeros(variable, "momentum", name).map(drop))
    }

    fn prepare(&self) -> Result<Vec<Tensor>> {
        prepare(&[("learning_rate", &self.learning_rate), ("momentum", &self.momentum)])
    }

    fn apply(&self, update: &Update<'_>) -> Result<Option<Operation>> {
        let inputs = [Input::Slot("momentum"), Input::Prepared(0), Input::Gradient, Input::Prepared(1)];
        update.apply_with("Momentum", &inputs, &[("use_nesterov", AttrValue::Bool(self.use_nesterov))])
    }
}

options! {
    /// Optional arguments of [`ProximalGradientDescentOptimizer`].
    pub struct ProximalOptions {
        /// How strongly absolute values are kept small.
        l1_regularization_strength: f64 = 0.0,
        /// How strongly squares are kept small.
        l2_regularization_strength: f64 = 0.0,
        /// Whether variables are locked while they change.
        use_locking: bool = false,
        /// The name; by default the rule's.
        name: Option<String> = None,
    }
}

/// The rule of [`ProximalGradientDescentOptimizer`].
pub struct ProximalGradientDescent {
    learning_rate: Hyperparameter,
    strengths: [Hyperparameter; 2],
}

/// Descent by FOBOS: after each step, regularisation is solved for exactly.
///
/// Source: `tf.compat.v1.train.ProximalGradientDescentOptimizer`.
pub type ProximalGradientDescentOptimizer = Optimizer<ProximalGradientDescent>;

impl Optimizer<ProximalGradientDescent> {
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
        options: impl FnOnce(ProximalOptions) -> ProximalOptions,
    ) -> Result<Self> {
        let options = options(ProximalOptions::default());
        let rule = ProximalGradientDescent {
            learning_rate: learning_rate.into().checked()?,
            strengths: [options.l1_regularization_strength.into(), options.l2_regularization_strength.into()],
        };
        Optimizer::of(rule, options.name, "ProximalGradientDescent", options.use_locking)
    }
}

fn prepare_proximal(learning_rate: &Hyperparameter, [l1, l2]: &[Hyperparameter; 2]) -> Result<Vec<Tensor>> {
    prepare(&[
        ("learning_rate", learning_rate),
        ("l1_regularization_strength", l1),
        ("l2_regularization_strength", l2),
    ])
}

impl Rule for ProximalGradientDescent {
    fn prepare(&self) -> Result<Vec<Tensor>> {
        prepare_proximal(&self.learning_rate, &self.strengths)
    }

    fn apply(&self, update: &Update<'_>) -> Result<Option<Operation>> {
        let inputs = [Input::Prepared(0), Input::Prepared(1), Input::Prepared(2), Input::Gradient];
        update.apply("ProximalGradientDescent", &inputs)
    }
}

options! {
    /// Optional arguments of [`ProximalAdagradOptimizer`].
    pub struct ProximalAdagradOptions {
        /// What the sums of squared gradients begin with; positive.
        initial_accumulator_value: f64 = 0.1,
        /// How strongly absolute values are kept small.
        l1_regularization_strength: f64 = 0.0,
        /// How strongly squares are kept small.
        l2_regularization_strength: f64 = 0.0,
        /// Whether variables are locked while they change.
        use_locking: bool = false,
        /// The name; by default `ProximalAdagrad`.
        name: Option<String> = None,
    }
}

/// The rule of [`ProximalAdagradOptimizer`].
pub struct ProximalAdagrad {
    learning_rate: Hyperparameter,
    initial: f64,
    strengths: [Hyperparameter; 2],
}

/// Adagrad by FOBOS: after each step, regularisation is solved for exactly.
///
/// Source: `tf.compat.v1.train.ProximalAdagradOptimizer`.
pub type ProximalAdagradOptimizer = Optimizer<ProximalAdagrad>;

impl Optimizer<ProximalAdagrad> {
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
        options: impl FnOnce(ProximalAdagradOptions) -> ProximalAdagradOptions,
    ) -> Result<Self> {
        let options = options(ProximalAdagradOptions::default());
        let initial = options.initial_accumulator_value;
        ensure!(initial > 0.0, value, "initial_accumulator_value must be positive: {initial:?}");
        let rule = ProximalAdagrad {
            learning_rate: learning_rate.into().checked()?,
            initial,
            strengths: [options.l1_regularization_strength.into(), options.l2_regularization_strength.into()],
        };
        Optimizer::of(rule, options.name, "ProximalAdagrad", options.use_locking)
    }
}

/// A constant of the variable's shape and dtype, which stands with the variable.
pub(super) fn constant_beside(variable: &Variable, value: f64) -> Result<Tensor> {
    let Some(shape) = variable.shape().to_shape() else {
        ferroflow_core::bail!(
            value,
            "Cannot convert a partially known TensorShape {} to a Tensor.",
            variable.shape()
        )
    };
    colocate_with(variable, || {
        constant_of(NdArray::from(value).cast(variable.dtype().base())?, None, Some(&shape))
    })
}

impl Rule for ProximalAdagrad {
    fn create_slots(&self, slots: &Slots, variables: &[Variable], name: &str) -> Result<()> {
        for variable in variables {
            let value = constant_beside(variable, self.initial)?;
            slots.of_value(variable, &value, "accumulator", name)?;
        }
        Ok(())
    }

    fn prepare(&self) -> Result<Vec<Tensor>> {
        prepare_proximal(&self.learning_rate, &self.strengths)
    }

    fn apply(&self, update: &Update<'_>) -> Result<Option<Operation>> {
        let inputs = [
            Input::Slot("accumulator"),
            Input::Prepared(0),
            Input::Prepared(1),
            Input::Prepared(2),
            Input::Gradient,
        ];
        update.apply("ProximalAdagrad", &inputs)
    }
}
