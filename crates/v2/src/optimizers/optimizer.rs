//! `Optimizer`: a rule, a learning rate, and what is common to all rules.

use super::clip::Clip;
use super::schedules::LearningRate;
use super::state::State;
use super::{Step, UpdateRule};
use crate::utils::unique_name;
use crate::{Children, Deferred, Trackable, Variable, cond};
use ferroflow_core::{DType, Gradient, Result, Tensor, bail, ensure, options};
use ferroflow_graph::dense;
use std::sync::{Mutex, PoisonError};

options! {
    /// What all optimizers can do beside their rule.
    pub struct OptimizerOptions {
        /// The name, under which the optimizer's variables stand; by default that of the rule, with a number from the second optimizer on.
        name: Option<String> = None,
        /// The share of a variable that each step takes off, in units of the learning rate.
        weight_decay: Option<f64> = None,
        /// The norm to which each gradient is clipped.
        clipnorm: Option<f64> = None,
        /// The absolute value to which each element of a gradient is clipped.
        clipvalue: Option<f64> = None,
        /// The norm to which all gradients together are clipped.
        global_clipnorm: Option<f64> = None,
        /// Whether a moving average of each variable is kept.
        use_ema: bool = false,
        /// How much of the averages each step keeps.
        ema_momentum: f64 = 0.99,
        /// After how many steps, each time, the averages take the variables' places.
        ema_overwrite_frequency: Option<i64> = None,
        /// By what the loss was multiplied: gradients are divided by it.
        loss_scale_factor: Option<f64> = None,
        /// How many gradients are averaged for each change of the variables; at least 2.
        gradient_accumulation_steps: Option<i64> = None,
    }
}

/// Changes variables by gradients.
///
/// It works eagerly and in traced functions, and is shared by both. See the [module](super) for an example.
pub struct Optimizer {
    rule: Box<dyn UpdateRule>,
    options: OptimizerOptions,
    clip: Option<Clip>,
    name: String,
    iterations: Variable,
    learning_rate: Rate,
    state: Mutex<Option<State>>,
    /// Values of a checkpoint for state that is yet to be made.
    deferred: Mutex<Option<Deferred>>,
}

enum Rate {
    Fixed(Variable),
    Schedule(LearningRate),
}

impl Optimizer {
    /// An optimizer with this rule, and a learning rate that is fixed or follows a schedule.
    ///
    /// # Errors
    /// As [`Optimizer::new_with`].
    pub fn new(rule: impl UpdateRule, learning_rate: impl Into<LearningRate>) -> Result<Optimizer> {
        Optimizer::new_with(rule, learning_rate, |o| o)
    }

    /// The same with options.
    ///
    /// ```
    /// use ferroflow_v2 as tf;
    /// use tf::optimizers::{Adam, Optimizer, schedules::ExponentialDecay};
    /// let rate = ExponentialDecay::new(0.1, 100, 0.9)?;
    /// let optimizer = Optimizer::new_with(Adam::default().beta_1(0.8), rate, |o| o.clipnorm(1.0))?;
    /// assert_eq!(optimizer.learning_rate()?.numpy()?.item::<f32>()?, 0.1);
    /// # Ok::<(), tf::Error>(())
    /// ```
    ///
    /// # Errors
    /// `ValueError` for options that contradict each other or are out of range.
    pub fn new_with(
        rule: impl UpdateRule,
        learning_rate: impl Into<LearningRate>,
        options: impl FnOnce(OptimizerOptions) -> OptimizerOptions,
    ) -> Result<Optimizer> {
        let options = options(OptimizerOptions::default());
        let clip = check(&options)?;
        let name = options.name.clone().unwrap_or_else(|| unique_name(rule.name()));
        let variable = |part: &str, value: ferroflow_core::NdArray| {
            Variable::new_with(value, |o| o.name(format!("{name}/{part}")).trainable(false))
        };
        let iterations = variable("iteration", 0i64.into())?;
        let learning_rate = match learning_rate.into() {
            LearningRate::Fixed(rate) => Rate::Fixed(variable("learning_rate", (rate as f32).into())?),
            schedule => Rate::Schedule(schedule),
        };
        let state = Mutex::new(None);
        let deferred = Mutex::new(None);
        Ok(Optimizer {
            rule: Box::new(rule),
            options,
            clip,
            name,
            iterations,
            learning_rate,
            state,
            deferred,
        })
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many steps have changed variables.
    ///
    /// # Errors
    /// Those of the graph in force.
    pub fn iterations(&self) -> Result<Tensor> {
        match self.options.gradient_accumulation_steps {
            Some(steps) => crate::math::floordiv(&self.iterations, steps),
            None => self.iterations.value(),
        }
    }

    /// The learning rate of the next step.
    ///
    /// # Errors
    /// Those of the schedule.
    pub fn learning_rate(&self) -> Result<Tensor> {
        match &self.learning_rate {
            Rate::Fixed(rate) => rate.value(),
            Rate::Schedule(schedule) => schedule.at(self.iterations()?),
        }
    }

    /// Gives another learning rate.
    ///
    /// # Errors
    /// `TypeError` for an optimizer whose rate follows a schedule.
    pub fn set_learning_rate(&self, learning_rate: f64) -> Result<()> {
        match &self.learning_rate {
            Rate::Fixed(rate) => rate.assign(learning_rate).map(drop),
            Rate::Schedule(_) => bail!(
                type_error,
                "This optimizer was created with a `LearningRateSchedule` object as its `learning_rate` constructor \
                 argument, hence its learning rate is not settable. If you need the learning rate to be settable, \
                 you should instantiate the optimizer with a float `learning_rate` argument."
            ),
        }
    }

    /// The loss multiplied by `loss_scale_factor`, which gradients are divided by; as it is without one.
    ///
    /// # Errors
    /// Those of the graph in force.
    pub fn scale_loss(&self, loss: Tensor) -> Result<Tensor> {
        match self.options.loss_scale_factor {
            Some(scale) => loss * scale,
            None => Ok(loss),
        }
    }

    /// Makes the optimizer's variables for these ones, which are then all it can change. The first step does so by
    /// itself.
    ///
    /// # Errors
    /// `ValueError` for variables that are no floats, or whose shapes are not fixed.
    pub fn build(&self, variables: &[Variable]) -> Result<()> {
        {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            if state.is_some() {
                return Ok(());
            }
            *state = Some(State::new(self.rule.as_ref(), &self.options, &self.name, variables)?);
        }
        let deferred = self.deferred.lock().unwrap_or_else(PoisonError::into_inner).take();
        deferred.map_or(Ok(()), |values| values.apply(self))
    }

    /// The optimizer's own variables: the number of steps, the learning rate, then what is kept for each variable.
    pub fn variables(&self) -> Vec<Variable> {
        let mut all = vec![self.iterations.clone()];
        if let Rate::Fixed(rate) = &self.learning_rate {
            all.push(rate.clone());
        }
        if let Some(state) = self.state.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            all.extend(state.variables(self.rule.together()));
        }
        all
    }

    /// Changes each variable by its gradient. Variables without one stay as they are.
    ///
    /// # Errors
    /// `ValueError` when there is no gradient at all, or a variable that the optimizer was not built for; what the
    /// rule's ops give.
    pub fn apply_gradients<'a>(
        &self,
        grads_and_vars: impl IntoIterator<Item = (Option<Tensor>, &'a Variable)>,
    ) -> Result<()> {
        let given = grads_and_vars.into_iter();
        self.apply_sparse_gradients(
            given.map(|(gradient, variable)| (gradient.map(Gradient::Dense), variable)),
        )
    }

    /// The same with gradients that may be slices, as
    /// [`GradientTape::sparse_gradient`](crate::GradientTape::sparse_gradient) gives them for embeddings. Rules that take
    /// squares of gradients then take those of the slices, as Keras does; where gradients are clipped, scaled or
    /// accumulated, they are tensors first.
    ///
    /// # Errors
    /// As [`Optimizer::apply_gradients`].
    pub fn apply_sparse_gradients<'a>(
        &self,
        grads_and_vars: impl IntoIterator<Item = (Option<Gradient>, &'a Variable)>,
    ) -> Result<()> {
        let (gradients, variables): (Vec<_>, Vec<&Variable>) = grads_and_vars.into_iter().unzip();
        if gradients.is_empty() {
            return Ok(());
        }
        let all: Vec<Variable> = variables.iter().map(|variable| (*variable).clone()).collect();
        self.build(&all)?;
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(state) = state.as_ref() else { bail!(internal, "the optimizer was not built") };
        let (mut positions, mut present) = (Vec::new(), Vec::new());
        for (position, (gradient, variable)) in gradients.into_iter().zip(&variables).enumerate() {
            state.parts(position, variable)?;
            if let Some(gradient) = gradient {
                positions.push(position);
                present.push(match self.options.loss_scale_factor {
                    Some(scale) => Gradient::Dense((dense(gradient)? / scale)?),
                    None => gradient,
                });
            }
        }
        ensure!(!present.is_empty(), value, "No gradients provided for any variable.");
        let targets: Vec<(usize, &Variable)> =
            positions.into_iter().map(|position| (position, variables[position])).collect();
        match self.options.gradient_accumulation_steps {
            None => self.step(state, present, &targets)?,
            Some(steps) => {
                let present = present.into_iter().map(dense).collect::<Result<_>>()?;
                self.accumulate(state, present, &targets, steps)?;
            }
        }
        self.average(state)?;
        for (_, variable) in &targets {
            if let Some(constraint) = variable.constraint() {
                variable.assign(constraint.call(&variable.value()?)?)?;
            }
        }
        self.iterations.assign_add(1).map(drop)
    }

    /// Adds gradients up; with the last one of `steps`, changes variables by their mean.
    fn accumulate(
        &self,
        state: &State,
        gradients: Vec<Tensor>,
        targets: &[(usize, &Variable)],
        steps: i64,
    ) -> Result<()> {
        let mut sums = Vec::new();
        for (position, variable) in targets {
            let accumulated = state.parts(*position, variable)?.accumulated.clone();
            let Some(accumulated) = accumulated else { bail!(internal, "an optimizer lacks a sum") };
            sums.push(accumulated);
        }
        let totals =
            gradients.iter().zip(&sums).map(|(gradient, sum)| gradient + sum).collect::<Result<Vec<_>>>()?;
        let last = crate::equal(((&self.iterations + 1)? % steps as i32)?, 0)?;
        let done = || crate::constant(false);
        cond(
            last,
            || {
                let means = totals.iter().map(|total| total / steps as f64).collect::<Result<Vec<_>>>()?;
                self.step(state, means.into_iter().map(Gradient::Dense).collect(), targets)?;
                for parts in state.all() {
                    if let Some(sum) = &parts.accumulated {
                        sum.assign(crate::zeros_like(sum)?)?;
                    }
                }
                done()
            },
            || {
                for (sum, total) in sums.iter().zip(&totals) {
                    sum.assign(total)?;
                }
                done()
            },
        )
        .map(drop)
    }

    /// Clips, decays, and lets the rule change the variables.
    fn step(&self, state: &State, gradients: Vec<Gradient>, targets: &[(usize, &Variable)]) -> Result<()> {
        let gradients = match self.clip {
            Some(clip) => {
                let whole = gradients.into_iter().map(dense).collect::<Result<_>>()?;
                clip.apply(whole)?.into_iter().map(Gradient::Dense).collect()
            }
            None => gradients,
        };
        let learning_rate = self.learning_rate()?;
        if let Some(decay) = self.options.weight_decay.or_else(|| self.rule.weight_decay()) {
            for (_, variable) in targets {
                let rate = crate::cast(&learning_rate, variable.dtype())?;
                variable.assign(variable.value()? - ((*variable * decay)? * rate)?)?;
            }
        }
        let number = (self.iterations()? + 1)?;
        self.rule.begin(&number, state.scalar.as_ref())?;
        for (gradient, (position, variable)) in gradients.into_iter().zip(targets) {
            let dtype: DType = variable.dtype();
            let slices = match &gradient {
                Gradient::Slices(slices) if slices.values.dtype() == dtype => Some(slices.clone()),
                _ => None,
            };
            self.rule.update(&Step {
                variable,
                gradient: crate::cast(dense(gradient)?, dtype)?,
                learning_rate: crate::cast(&learning_rate, dtype)?,
                number: number.clone(),
                slots: &state.parts(*position, variable)?.slots,
                scalar: state.scalar.as_ref(),
                slices,
            })?;
        }
        Ok(())
    }

    /// Moves the averages of variables, and puts them in the variables' places when it is time.
    fn average(&self, state: &State) -> Result<()> {
        if !self.options.use_ema {
            return Ok(());
        }
        for parts in state.all() {
            let Some(average) = &parts.average else { continue };
            let later = crate::cast(crate::not_equal(self.iterations()?, 0)?, parts.variable.dtype())?;
            let momentum = (later * self.options.ema_momentum)?;
            let kept = (&momentum * average)?;
            average.assign(kept + ((1.0 - momentum)? * &parts.variable)?)?;
        }
        let Some(frequency) = self.options.ema_overwrite_frequency else { return Ok(()) };
        let due = crate::equal(((self.iterations()? + 1)? % frequency as i32)?, 0)?;
        let done = || crate::constant(false);
        let overwrite = || {
            self.overwrite_with_averages(state)?;
            done()
        };
        cond(due, overwrite, done).map(drop)
    }

    fn overwrite_with_averages(&self, state: &State) -> Result<()> {
        for parts in state.all() {
            if let Some(average) = &parts.average {
                parts.variable.assign(average)?;
            }
        }
        Ok(())
    }

    /// Puts the averages in the variables' places, at the end of training.
    ///
    /// # Errors
    /// Those of the graph in force.
    pub fn finalize_variable_values(&self) -> Result<()> {
        match self.state.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            Some(state) => self.overwrite_with_averages(state),
            None => Ok(()),
        }
    }
}

/// The parts have the names that Keras gives them, so that checkpoints go both ways.
impl Trackable for Optimizer {
    fn children<'a>(&'a self, children: &mut Children<'a>) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = vec![self.iterations.clone()];
        if let Rate::Fixed(rate) = &self.learning_rate {
            all.push(rate.clone());
        }
        all.extend(state.iter().flat_map(|state| state.variables(self.rule.together())));
        children.add_variables("_variables", all);
        let targets = state.as_ref().map(State::targets).unwrap_or_default();
        children.add_variables("_trainable_variables", targets);
        children.add_variables("_trainable_variables_indices", []);
        children.add_variable("_iterations", self.iterations.clone());
        if let Rate::Fixed(rate) = &self.learning_rate {
            children.add_variable("_learning_rate", rate.clone());
        }
        let Some(state) = state.as_ref() else { return };
        if self.options.use_ema {
            children.add_variables("_model_variables_moving_average", state.averages());
        }
        if self.options.gradient_accumulation_steps.is_some() {
            children.add_variables("_accumulated_gradients", state.accumulated());
        }
        for (index, list) in self.rule.lists().into_iter().enumerate() {
            children.add_variables(list, state.slot(index));
        }
        if let (Some(kept), Some(scalar)) = (self.rule.scalar(), &state.scalar) {
            children.add_variable(format!("_{}", kept.name), scalar.clone());
        }
    }

    fn restore_later(&self, values: &Deferred) {
        if self.state.lock().unwrap_or_else(PoisonError::into_inner).is_none() {
            *self.deferred.lock().unwrap_or_else(PoisonError::into_inner) = Some(values.clone());
        }
    }
}

/// Checks options, and gives how gradients are clipped.
fn check(options: &OptimizerOptions) -> Result<Option<Clip>> {
    let clips = [
        options.clipnorm.map(Clip::Norm),
        options.global_clipnorm.map(Clip::GlobalNorm),
        options.clipvalue.map(Clip::Value),
    ];
    let shown = |value: Option<f64>| value.map_or("None".to_string(), |value| format!("{value:?}"));
    ensure!(
        clips.iter().flatten().count() <= 1,
        value,
        "Only one of `clipnorm`, `clipvalue` and `global_clipnorm` can be set. Received: clipnorm={}, clipvalue={}, \
         global_clipnorm={}",
        shown(options.clipnorm),
        shown(options.clipvalue),
        shown(options.global_clipnorm)
    );
    if let Some(steps) = options.gradient_accumulation_steps {
        ensure!(
            steps >= 2,
            value,
            "`gradient_accumulation_steps` must be an integer >= 2. Received: gradient_accumulation_steps={steps}"
        );
    }
    if options.use_ema {
        let momentum = options.ema_momentum;
        ensure!(
            (0.0..=1.0).contains(&momentum),
            value,
            "`ema_momentum` must be in the range [0, 1]. Received: ema_momentum={momentum:?}"
        );
        if let Some(frequency) = options.ema_overwrite_frequency {
            ensure!(
                frequency >= 1,
                value,
                "`ema_overwrite_frequency` must be an integer >= 1 or None. Received: \
                 ema_overwrite_frequency={frequency}"
            );
        }
    }
    Ok(clips.into_iter().flatten().next())
}
