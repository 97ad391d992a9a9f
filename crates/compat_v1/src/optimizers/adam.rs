//! Adam.

use super::hyperparameter::Hyperparameter;
use super::optimizer::{Optimizer, Rule, prepare};
use super::slots::Slots;
use super::update::{Input, Update};
use crate::derivatives::GradientSource;
use crate::ops::{colocate_with, control_dependencies, group, node_of};
use crate::variables::{Assigned, Variable};
use ferroflow_core::{Error, Op, Operand, Result, Tensor, context, convert_to_tensor, options};
use ferroflow_graph::Operation;
use ferroflow_ops_math::sqrt;
use ferroflow_v2::AsOperation;

/// The rule of [`AdamOptimizer`].
pub struct Adam {
    learning_rate: Hyperparameter,
    beta1: Hyperparameter,
    beta2: Hyperparameter,
    epsilon: Hyperparameter,
}

/// Adam: running means of gradients and of their squares, corrected for having begun with zeros, set each step's
/// length.
///
/// Source: `tf.compat.v1.train.AdamOptimizer`.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let w = tf::get_variable_with("w", |o| o.shape([1]).initializer(tf::ones_initializer()))?;
/// let loss = tf::reduce_sum((&w * &w)?, (), false)?;
/// let adam = tf::train::AdamOptimizer::new_with(0.1, |o| o.beta1(0.8))?;
/// adam.minimize(&loss)?;
/// let names: Vec<String> = adam.variables().iter().map(|v| v.name()).collect();
/// assert_eq!(names, ["beta1_power:0", "beta2_power:0", "w/Adam:0", "w/Adam_1:0"]);
/// # Ok::<(), tf::Error>(())
/// ```
pub type AdamOptimizer = Optimizer<Adam>;

options! {
    /// Optional arguments of [`AdamOptimizer`].
    pub struct AdamOptions {
        /// How much of the mean of gradients each step keeps.
        beta1: f64 = 0.9,
        /// How much of the mean of squares each step keeps.
        beta2: f64 = 0.999,
        /// What is added to the root of the mean of squares.
        epsilon: f64 = 1e-8,
        /// Whether variables are locked while they change.
        use_locking: bool = false,
        /// The name; by default `Adam`.
        name: Option<String> = None,
    }
}

impl Optimizer<Adam> {
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
        options: impl FnOnce(AdamOptions) -> AdamOptions,
    ) -> Result<Self> {
        let options = options(AdamOptions::default());
        let rule = Adam {
            learning_rate: learning_rate.into().checked()?,
            beta1: options.beta1.into(),
            beta2: options.beta2.into(),
            epsilon: options.epsilon.into(),
        };
        Optimizer::of(rule, options.name, "Adam", options.use_locking)
    }
}

/// Where `prepare` puts what.
const RATE: usize = 0;
const BETA1: usize = 1;
const BETA2: usize = 2;
const EPSILON: usize = 3;

/// The powers of both betas.
fn powers(slots: &Slots, beside: &Variable) -> Result<[Variable; 2]> {
    let power =
        |name| slots.get_other(name, beside).ok_or_else(|| Error::internal(format!("Adam keeps no {name}")));
    Ok([power("beta1_power")?, power("beta2_power")?])
}

impl Rule for Adam {
    fn create_slots(&self, slots: &Slots, variables: &[Variable], name: &str) -> Result<()> {
        let Some(first) = variables.iter().min_by_key(|variable| variable.name()) else { return Ok(()) };
        slots.other(self.beta1.operand()?, "beta1_power", first)?;
        slots.other(self.beta2.operand()?, "beta2_power", first)?;
        for variable in variables {
            slots.zeros(variable, "m", name)?;
            slots.zeros(variable, "v", name)?;
        }
        Ok(())
    }

    fn prepare(&self) -> Result<Vec<Tensor>> {
        prepare(&[
            ("learning_rate", &self.learning_rate),
            ("beta1", &self.beta1),
            ("beta2", &self.beta2),
            ("epsilon", &self.epsilon),
        ])
    }

    fn apply(&self, update: &Update<'_>) -> Result<Option<Operation>> {
        match &update.indices {
            Some(indices) => sparse(update, indices),
            None => dense(update),
        }
    }

    fn finish(
        &self,
        slots: &Slots,
        prepared: &[Tensor],
        mut updates: Vec<Operation>,
        name: &str,
    ) -> Result<Option<Operation>> {
        let [Some(beta1), Some(beta2)] = [prepared.get(BETA1), prepared.get(BETA2)] else {
            return Err(Error::internal("Adam was not prepared"));
        };
        let Some(beside) = slots.any_of("m") else { return group(updates, name) };
        let [power1, power2] = powers(slots, &beside)?;
        let changes = control_dependencies(&updates, || {
            colocate_with(&power1, || {
                let first = power1.assign((power1.value()? * beta1)?)?.as_operation()?;
                Ok([first, power2.assign((power2.value()? * beta2)?)?.as_operation()?])
            })
        })?;
        updates.extend(changes.into_iter().flatten());
        group(updates, name)
    }
}

fn dense(update: &Update<'_>) -> Result<Option<Operation>> {
    let [power1, power2] = powers(update.slots, update.variable)?;
    let op_name = update.op_name("Adam");
    // The powers of resource variables are read within the op's own scope.
    if update.variable.is_resource() && update.variable.dtype().base() == power1.dtype().base() {
        return context::name_scope_for_op(&op_name, |name| {
            let (first, second) = (power1.value()?, power2.value()?);
            context::with_name(&name, || apply_dense(update, first, second))
        });
    }
    let dtype = update.variable.dtype().base();
    let (first, second) = (crate::cast(&power1, dtype)?, crate::cast(&power2, dtype)?);
    apply_dense(update, first, second)
}

fn apply_dense(update: &Update<'_>, power1: Tensor, power2: Tensor) -> Result<Option<Operation>> {
    let name = context::take_name();
    let mut tensors = Vec::new();
    for prepared in [RATE, BETA1, BETA2, EPSILON] {
        tensors.push(Input::Tensor(update.prepared(prepared)?));
    }
    let mut inputs = vec![Input::Slot("m"), Input::Slot("v"), Input::Tensor(power1), Input::Tensor(power2)];
    inputs.extend(tensors);
    inputs.push(Input::Gradient);
    match name {
        Some(name) => context::with_name(&name, || update.apply("Adam", &inputs)),
        None => update.apply("Adam", &inputs),
    }
}

/// TensorFlow has no op for slices: each mean decays as a whole, then the slices are added.
fn sparse(update: &Update<'_>, indices: &Tensor) -> Result<Option<Operation>> {
    let [power1, power2] = powers(update.slots, update.variable)?;
    let dtype = update.variable.dtype().base();
    let power = |variable: &Variable| -> Result<Operand> {
        // Of the same dtype, it is read where it is used.
        match variable.dtype().base() == dtype {
            true => Ok(Operand::Tensor(variable.value()?)),
            false => Ok(Operand::Tensor(crate::cast(variable, dtype)?)),
        }
    };
    let (rate, beta1) = (update.prepared(RATE)?, update.prepared(BETA1)?);
    let (beta2, epsilon) = (update.prepared(BETA2)?, update.prepared(EPSILON)?);
    let rest = |of: Operand| -> Result<Tensor> { 1.0 - convert_to_tensor(of, None)? };
    let scaled = (rate * sqrt(rest(power(&power2)?)?)?)?;
    let rate = (scaled / rest(power(&power1)?)?)?;

    let gradient = &update.gradient;
    let mean = update.slot("m")?;
    let mean_scaled = (gradient * (1.0 - &beta1)?)?;
    let mean_now = decayed(update, &mean, &beta1, indices, mean_scaled)?;
    let squares = update.slot("v")?;
    let squared = (gradient * gradient)?;
    let squares_scaled = (squared * (1.0 - &beta2)?)?;
    let squares_now = decayed(update, &squares, &beta2, indices, squares_scaled)?;
    let root = sqrt(&squares_now)?;
    let step = ((rate * &mean_now)? / (root + epsilon)?)?;
    let changed = assigned(update, "AssignSub", step)?;
    let all = [changed.as_operation()?, mean_now.as_operation()?, squares_now.as_operation()?];
    group(all.into_iter().flatten(), "group_deps")
}

/// The variable changed by this op, which asks for the optimizer's lock where it is a reference variable.
fn assigned(update: &Update<'_>, op: &'static str, value: Tensor) -> Result<Assigned> {
    match update.variable.is_resource() {
        true => update.variable.assign_sub(value),
        false => {
            let op = Op::named(op).input(update.variable.source()?).input(value);
            op.attr("use_locking", update.use_locking).one().map(Assigned::Reference)
        }
    }
}

/// A mean that has decayed and taken slices in: its value then.
fn decayed(
    update: &Update<'_>,
    mean: &Variable,
    beta: &Tensor,
    indices: &Tensor,
    slices: Tensor,
) -> Result<Tensor> {
    let kept = (mean.value()? * beta)?;
    let locking = update.use_locking;
    match mean.as_resource() {
        None => {
            let reference = mean.source()?;
            let op = Op::named("Assign").input(&reference).input(kept).attr("use_locking", locking);
            let assigned = op.one()?;
            control_dependencies([&assigned], || {
                let op = Op::named("ScatterAdd").input(&reference).input(indices).input(slices);
                op.attr("use_locking", locking).one()
            })
        }
        Some(resource) => {
            let assigned = mean.assign(kept)?;
            control_dependencies([&assigned], || {
                let added = node_of("ResourceScatterAdd", || {
                    let op = Op::named("ResourceScatterAdd").input(resource.handle());
                    op.input(indices).input(slices).all()
                })?;
                control_dependencies(added, || mean.value())
            })
        }
    }
}
