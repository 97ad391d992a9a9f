//! `LayerState`: the name and the weights of a layer.

use super::InputSpec;
use super::weight_spec::WeightSpec;
use crate::constraints::OptionalConstraint;
use crate::initializers::Initializer;
use crate::math::divide_no_nan;
use crate::regularizers::{OptionalRegularizer, Regularizer};
use crate::utils::unique_name;
use crate::{Children, Deferred, Trackable, Variable, init_scope, name_scope};
use ferroflow_core::{DType, Error, PartialShape, Result, Tensor, operators::cast, options};
use ferroflow_ops_array::{getitem, shape};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

options! {
    /// Optional arguments of layers that have no others.
    pub struct LayerOptions {
        /// The name; by default that of the class in snake case, with a number from the second layer on.
        name: Option<String> = None,
        /// Whether its weights are trained.
        trainable: bool = true,
        /// What its outputs add to the loss.
        activity_regularizer: OptionalRegularizer = OptionalRegularizer::default(),
    }
}

/// What a layer holds beside its options.
pub struct LayerState {
    name: String,
    class_name: &'static str,
    trainable: AtomicBool,
    activity_regularizer: OptionalRegularizer,
    built: OnceLock<Built>,
    /// Held while weights are made, so that threads do not make them twice.
    building: Mutex<()>,
    /// Values of a checkpoint for weights that are yet to be made.
    deferred: Mutex<Option<Deferred>>,
}

/// What there is of a layer once its input is known.
struct Built {
    weights: Vec<(&'static str, Variable)>,
    regularized: Vec<(Variable, Arc<dyn Regularizer>)>,
    spec: InputSpec,
}

options! {
    /// Optional arguments of [`Weights::add_with`].
    pub struct WeightOptions {
        /// Whether optimizers change it.
        trainable: bool = true,
        /// The dtype.
        dtype: DType = DType::FLOAT32,
        /// What the layer calls it; the name of the variable by default.
        attribute: Option<&'static str> = None,
        /// What it adds to the loss.
        regularizer: OptionalRegularizer = OptionalRegularizer::default(),
        /// What is made of it after each step.
        constraint: OptionalConstraint = OptionalConstraint::default(),
    }
}

/// The weights of a layer while they are made.
#[derive(Default)]
pub struct Weights {
    made: Vec<(&'static str, Variable)>,
    regularized: Vec<(Variable, Arc<dyn Regularizer>)>,
    spec: InputSpec,
}

impl Weights {
    /// Adds a trained weight with this name.
    ///
    /// # Errors
    /// Those of the initializer.
    pub fn add(
        &mut self,
        name: &'static str,
        shape: &[usize],
        initializer: &dyn Initializer,
    ) -> Result<Variable> {
        self.add_with(name, shape, initializer, |o| o)
    }

    /// The same with options.
    ///
    /// # Errors
    /// Those of the initializer.
    pub fn add_with(
        &mut self,
        name: &'static str,
        shape: &[usize],
        initializer: &dyn Initializer,
        options: impl FnOnce(WeightOptions) -> WeightOptions,
    ) -> Result<Variable> {
        let options = options(WeightOptions::default());
        let variable = Variable::from_fn(
            || initializer.call(shape, options.dtype),
            |o| o.name(name).trainable(options.trainable).weight(true).constraint(options.constraint),
        )?;
        if let OptionalRegularizer(Some(regularizer)) = options.regularizer {
            self.regularized.push((variable.clone(), regularizer));
        }
        self.made.push((options.attribute.unwrap_or(name), variable.clone()));
        Ok(variable)
    }

    /// Adds a trained weight as the options of a layer describe it.
    pub(super) fn add_spec(
        &mut self,
        name: &'static str,
        shape: &[usize],
        spec: &WeightSpec,
        attribute: &'static str,
    ) -> Result<()> {
        let (regularizer, constraint) = (spec.regularizer.clone(), spec.constraint.clone());
        let options =
            |o: WeightOptions| o.attribute(attribute).regularizer(regularizer).constraint(constraint);
        self.add_with(name, shape, &*spec.initializer, options).map(drop)
    }

    /// What is asked of inputs from now on.
    pub fn expect(&mut self, spec: InputSpec) {
        self.spec = spec;
    }
}

impl LayerState {
    /// The state of a new layer of a class, whose name in snake case names it unless the options do.
    pub fn new(class_name: &'static str, snake_case: &str, name: Option<String>) -> LayerState {
        LayerState {
            name: name.unwrap_or_else(|| unique_name(snake_case)),
            class_name,
            trainable: AtomicBool::new(true),
            activity_regularizer: OptionalRegularizer::default(),
            built: OnceLock::new(),
            building: Mutex::new(()),
            deferred: Mutex::new(None),
        }
    }

    /// The same with the option that says whether it is trained.
    pub(super) fn of(class_name: &'static str, snake_case: &str, options: LayerOptions) -> LayerState {
        let state = LayerState::new(class_name, snake_case, options.name);
        state.set_trainable(options.trainable);
        state.activity_regularizer(options.activity_regularizer)
    }

    /// The same of a layer whose outputs add this to the loss.
    #[must_use]
    pub fn activity_regularizer(self, regularizer: impl Into<OptionalRegularizer>) -> LayerState {
        LayerState { activity_regularizer: regularizer.into(), ..self }
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name of the class.
    pub fn class_name(&self) -> &'static str {
        self.class_name
    }

    /// Whether weights are trained.
    pub fn trainable(&self) -> bool {
        self.trainable.load(Ordering::Relaxed)
    }

    /// Says whether weights are trained from now on.
    pub fn set_trainable(&self, trainable: bool) {
        self.trainable.store(trainable, Ordering::Relaxed);
    }

    /// Whether the weights are made.
    pub fn built(&self) -> bool {
        self.built.get().is_some()
    }

    /// The weights with the names that the layer has for them; none before they are made.
    pub fn weights(&self) -> &[(&'static str, Variable)] {
        self.built.get().map_or(&[], |built| &built.weights)
    }

    /// What the weights add to the loss; nothing where they are not trained.
    ///
    /// # Errors
    /// Those of the regularizers.
    pub fn losses(&self) -> Result<Vec<Tensor>> {
        let regularized = self.built.get().filter(|_| self.trainable()).into_iter();
        let regularized = regularized.flat_map(|built| &built.regularized);
        let trained = regularized.filter(|(variable, _)| variable.trainable());
        trained.map(|(variable, regularizer)| regularizer.call(&variable.value()?)).collect()
    }

    /// What outputs of the layer add to the loss, whether or not its weights are trained: their penalty, divided by the
    /// size of the batch.
    ///
    /// # Errors
    /// Those of the regularizer.
    pub fn activity_loss(&self, outputs: &Tensor) -> Result<Option<Tensor>> {
        let OptionalRegularizer(Some(regularizer)) = &self.activity_regularizer else { return Ok(None) };
        let penalty = regularizer.call(outputs)?;
        if outputs.shape().rank() == Some(0) {
            return Ok(Some(penalty));
        }
        let samples = cast(getitem(shape(outputs)?, 0)?, penalty.dtype())?;
        divide_no_nan(penalty, samples).map(Some)
    }

    /// The weight that the layer calls so, if it has one.
    pub fn find(&self, attribute: &str) -> Option<&Variable> {
        self.weights().iter().find(|(name, _)| *name == attribute).map(|(_, variable)| variable)
    }

    /// The weight that the layer calls so.
    ///
    /// # Errors
    /// `AttributeError` before the weights are made, or where there is no such weight.
    pub fn weight(&self, attribute: &str) -> Result<&Variable> {
        let shown = attribute.trim_start_matches('_');
        match self.find(attribute) {
            Some(variable) => Ok(variable),
            None if self.built() => {
                Err(Error::attribute(format!("'{}' object has no attribute '{shown}'", self.class_name)))
            }
            None => Err(Error::attribute(format!("You must build the layer before accessing `{shown}`."))),
        }
    }

    /// Makes the weights by `make` if they are not made, and checks the shape of an input.
    pub(super) fn prepare(
        &self,
        first_spec: &InputSpec,
        shape: &PartialShape,
        make: impl FnOnce(&mut Weights) -> Result<()>,
    ) -> Result<()> {
        if self.built.get().is_none() {
            first_spec.check(&self.name, shape)?;
            let _building = self.building.lock().unwrap_or_else(PoisonError::into_inner);
            if self.built.get().is_none() {
                let mut weights = Weights { spec: first_spec.clone(), ..Weights::default() };
                init_scope(|| name_scope(&self.name, || make(&mut weights)))?;
                self.built.get_or_init(|| Built {
                    weights: weights.made,
                    regularized: weights.regularized,
                    spec: weights.spec,
                });
                let deferred = self.deferred.lock().unwrap_or_else(PoisonError::into_inner).take();
                if let Some(values) = deferred {
                    values.apply(self)?;
                }
            }
        }
        match self.built.get() {
            Some(built) => built.spec.check(&self.name, shape),
            None => Err(Error::internal("a layer has lost its weights")),
        }
    }
}

/// The weights under the names that the layer has for them, which are those of Keras's checkpoints.
impl Trackable for LayerState {
    fn children<'a>(&'a self, children: &mut Children<'a>) {
        for (name, variable) in self.weights() {
            children.add(*name, variable);
        }
    }

    fn restore_later(&self, values: &Deferred) {
        if !self.built() {
            *self.deferred.lock().unwrap_or_else(PoisonError::into_inner) = Some(values.clone());
        }
    }
}
