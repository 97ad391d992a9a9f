//! `Sequential`: layers one after another.

use super::batches::Batch;
use super::compile::{CompileOptions, Compiled, IntoOptimizer};
use super::step::{Layers, Steps, forward};
use crate::layers::{IntoLayer, Layer};
use crate::losses::IntoLoss;
use crate::optimizers::Optimizer;
use crate::utils::unique_name;
use crate::{
    Children, Function, TensorSpec, Trackable, TrackableKind, Variable, convert_to_tensor, expand_dims,
    function_with, init_scope, name_scope, squeeze_with,
};
use ferroflow_core::{
    DType, Error, IntoOperand, PartialShape, Result, Tensor, bail, ensure, operators::cast,
};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Layers one after another (`tf.keras.Sequential`), and what trains them.
///
/// ```
/// use ferroflow_v2 as tf;
/// use tf::layers::{Dense, Input};
/// let mut model = tf::sequential![
///     Input::new([2]),
///     Dense::new_with(4, |o| o.activation("tanh").kernel_initializer(tf::initializers::GlorotUniform::default().seed(1))),
///     Dense::new_with(1, |o| o.kernel_initializer(tf::initializers::GlorotUniform::default().seed(2))),
/// ]?;
/// model.compile(tf::optimizers::Optimizer::new(tf::optimizers::Adam::default(), 0.05), "mse", |o| o.metric("mae"))?;
/// let (x, y) = ([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [[0.0], [1.0], [1.0], [0.0]]);
/// let history = model.fit(x, y, |o| o.epochs(200).shuffle(false).verbose(0))?;
/// assert!(history.get("loss").unwrap().last().unwrap() < &0.02);
/// assert_eq!(model.predict(x, |o| o.verbose(0))?.shape().dims(), [4, 1]);
/// # Ok::<(), tf::Error>(())
/// ```
pub struct Sequential {
    name: String,
    functional: Functional,
    pub(super) compiled: Option<Compiled>,
    /// What was traced for the layers there are, and is made again when there are others.
    pub(super) traced: Traced,
}

/// The layers, as Keras's checkpoints know them.
#[derive(Default)]
struct Functional {
    operations: Operations,
}

/// The layers by their positions. The first one may be an input layer; where it is not, Keras puts one before it.
#[derive(Default)]
struct Operations(Vec<Arc<dyn Layer>>);

impl Trackable for Functional {
    fn children<'a>(&'a self, children: &mut Children<'a>) {
        children.add("_operations", &self.operations);
    }
}

impl Trackable for Operations {
    fn children<'a>(&'a self, children: &mut Children<'a>) {
        let offset = usize::from(self.0.first().is_some_and(|first| first.as_input().is_none()));
        for (position, layer) in self.0.iter().enumerate() {
            children.add((position + offset).to_string(), layer);
        }
    }

    fn kind(&self) -> TrackableKind {
        TrackableKind::List
    }
}

/// What a model traces when it is first needed.
#[derive(Default)]
pub(super) struct Traced {
    pub(super) steps: Mutex<Option<Arc<Steps>>>,
    predict: Mutex<Option<Arc<Function<'static, Tensor>>>>,
    /// The shape of inputs that weights were made for, and that of the output.
    pub(super) shapes: Mutex<Option<(PartialShape, PartialShape)>>,
    /// What a SavedModel of the model computes by default, once weights are made.
    pub(super) default_signature: OnceLock<Function<'static, Tensor>>,
}

pub(super) fn locked<T: Clone>(cell: &Mutex<Option<T>>) -> Option<T> {
    cell.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

pub(super) fn keep<T: Clone>(cell: &Mutex<Option<T>>, value: T) -> T {
    *cell.lock().unwrap_or_else(PoisonError::into_inner) = Some(value.clone());
    value
}

/// A [`Sequential`](crate::Sequential) model of these layers, or of these results of making them.
#[macro_export]
macro_rules! sequential {
    ($($layer:expr),* $(,)?) => {{
        let make = || -> $crate::Result<$crate::Sequential> {
            let mut model = $crate::Sequential::new();
            $(model.add($layer)?;)*
            Ok(model)
        };
        make()
    }};
}

impl Default for Sequential {
    fn default() -> Sequential {
        Sequential::new()
    }
}

impl Sequential {
    /// A model without layers. See [`sequential!`](crate::sequential!) for one that has some.
    pub fn new() -> Sequential {
        Sequential::named(unique_name("sequential"))
    }

    /// The same with a name.
    pub fn named(name: impl Into<String>) -> Sequential {
        Sequential {
            name: name.into(),
            functional: Functional::default(),
            compiled: None,
            traced: Traced::default(),
        }
    }

    /// Adds a layer at the end. Where the first one is an [`Input`](crate::layers::Input), weights are made.
    ///
    /// # Errors
    /// `ValueError` for a name that a layer has already, or a layer that does not take what comes before; the error of a
    /// `Result` that is passed on.
    pub fn add(&mut self, layer: impl IntoLayer) -> Result<&mut Sequential> {
        let layer = layer.into_layer()?;
        ensure!(
            !self.all().iter().any(|other| other.name() == layer.name()),
            value,
            "All layers added to a Sequential model should have unique names. Name '{}' is already the name of a layer \
             in this model. Update the `name` argument to pass a unique name.",
            layer.name()
        );
        if layer.as_input().is_some() && !self.all().is_empty() {
            let name = &self.name;
            let first = self.all().first().and_then(|first| first.as_input());
            return Err(Error::value(match first {
                Some(input) => format!(
                    "Sequential model '{name}' has already been configured to use input shape {}. You cannot add a \
                     different Input layer to it.",
                    input.batch_shape()
                ),
                None => format!(
                    "Sequential model '{name}' already has layers. An Input layer must be the first one."
                ),
            }));
        }
        self.functional.operations.0.push(layer);
        self.traced = Traced::default();
        let input = self.all().first().and_then(|first| first.as_input());
        if let Some(shape) = input.map(|input| input.batch_shape().clone()).filter(|_| self.all().len() > 1) {
            self.build(&shape)?;
        }
        Ok(self)
    }

    /// Makes the weights for inputs of this shape, batch included.
    ///
    /// # Errors
    /// `ValueError` for a shape that a layer does not take, or without layers.
    pub fn build(&self, input_shape: &PartialShape) -> Result<()> {
        self.shapes_for(input_shape).map(drop)
    }

    fn shapes_for(&self, input_shape: &PartialShape) -> Result<(PartialShape, PartialShape)> {
        if let Some(shapes) = locked(&self.traced.shapes) {
            return Ok(shapes);
        }
        ensure!(
            !self.layers().is_empty(),
            value,
            "Sequential model {} cannot be built because it has no layers. Call `model.add(layer)`.",
            self.name
        );
        let layers = self.shared_layers();
        // The scope is opened in eager code: it names the weights, which are made outside of the trace.
        let output = init_scope(|| {
            name_scope(&self.name, || {
                let through = function_with(
                    move |inputs: &Tensor| forward(&layers, inputs, false),
                    |o| o.name(self.name.clone()),
                );
                let spec = TensorSpec { shape: input_shape.clone(), dtype: self.input_dtype(), name: None };
                through.get_concrete_function(&[spec])
            })
        })?;
        let shape = output.output_signature().first().map(|spec| spec.shape.clone());
        let shape = shape.ok_or_else(|| Error::internal("a model has no output"))?;
        let shapes = keep(&self.traced.shapes, (input_shape.clone(), shape));
        let spec = self.input_spec()?.named("inputs");
        self.traced.default_signature.get_or_init(|| self.inference("call", spec));
        Ok(shapes)
    }

    /// The shape of outputs, as far as known: batch included.
    ///
    /// # Errors
    /// `AttributeError` before weights are made.
    pub fn output_shape(&self) -> Result<PartialShape> {
        let shapes = locked(&self.traced.shapes);
        shapes.map(|(_, output)| output).ok_or_else(|| {
            Error::attribute(format!("Sequential model '{}' has no defined output shape yet.", self.name))
        })
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The layers, the input layer among them.
    fn all(&self) -> &[Arc<dyn Layer>] {
        &self.functional.operations.0
    }

    /// The layers, without the input layer.
    pub fn layers(&self) -> &[Arc<dyn Layer>] {
        match self.all().split_first() {
            Some((first, others)) if first.as_input().is_some() => others,
            _ => self.all(),
        }
    }

    pub(super) fn shared_layers(&self) -> Layers {
        self.layers().into()
    }

    /// The layer with this name.
    ///
    /// # Errors
    /// `ValueError` where there is none.
    pub fn get_layer(&self, name: &str) -> Result<&Arc<dyn Layer>> {
        let found = self.layers().iter().find(|layer| layer.name() == name);
        found.ok_or_else(|| {
            let names: Vec<&str> = self.layers().iter().map(|layer| layer.name()).collect();
            Error::value(format!("No such layer: {name}. Existing layers are: {names:?}."))
        })
    }

    pub(super) fn input_layer(&self) -> Option<&crate::layers::Input> {
        self.all().first().and_then(|first| first.as_input())
    }

    pub(super) fn input_dtype(&self) -> DType {
        let input = self.input_layer();
        input.map_or(DType::FLOAT32, |input| input.dtype())
    }

    /// Inputs as the first layer takes them: in the dtype and with the rank of the input layer.
    pub(super) fn inputs(&self, inputs: impl IntoOperand) -> Result<Tensor> {
        let tensor = cast(convert_to_tensor(inputs, None)?, self.input_dtype())?;
        let input = self.input_layer();
        let wanted = input.and_then(|input| input.batch_shape().rank());
        match (wanted, tensor.rank()) {
            (Some(wanted), Some(found)) if found + 1 == wanted => expand_dims(tensor, -1),
            (Some(wanted), Some(found))
                if found == wanted + 1 && tensor.shape().dim(found - 1) == Some(1) =>
            {
                squeeze_with(tensor, |o| o.axis(vec![-1]))
            }
            _ => Ok(tensor),
        }
    }

    /// The output for inputs, as in inference.
    ///
    /// # Errors
    /// `ValueError` for inputs that do not fit.
    pub fn call(&self, inputs: impl IntoOperand) -> Result<Tensor> {
        self.call_with(inputs, false)
    }

    /// The output for inputs, in training or not.
    ///
    /// # Errors
    /// As [`Sequential::call`].
    pub fn call_with(&self, inputs: impl IntoOperand, training: bool) -> Result<Tensor> {
        let inputs = self.inputs(inputs)?;
        self.shapes_for(&inputs.shape())?;
        name_scope(&self.name, || forward(self.layers(), &inputs, training))
    }

    /// All variables, in the order of layers.
    pub fn variables(&self) -> Vec<Variable> {
        self.layers().iter().flat_map(|layer| layer.variables()).collect()
    }

    /// The variables that are trained.
    pub fn trainable_variables(&self) -> Vec<Variable> {
        self.layers().iter().flat_map(|layer| layer.trainable_variables()).collect()
    }

    /// The variables that are not trained.
    pub fn non_trainable_variables(&self) -> Vec<Variable> {
        self.layers().iter().flat_map(|layer| layer.non_trainable_variables()).collect()
    }

    /// What the weights add to the loss, in the order of layers; what outputs add is [`Layer::activity_loss`].
    ///
    /// # Errors
    /// Those of the regularizers.
    pub fn losses(&self) -> Result<Vec<Tensor>> {
        let losses = self.layers().iter().map(|layer| layer.losses()).collect::<Result<Vec<_>>>()?;
        Ok(losses.into_iter().flatten().collect())
    }

    /// How many numbers the weights have.
    pub fn count_params(&self) -> usize {
        let weights = self.layers().iter().flat_map(|layer| layer.state().weights());
        weights.filter_map(|(_, variable)| variable.shape().num_elements()).sum()
    }

    /// Says what trains the model: an optimizer, a loss and metrics, which may be names.
    ///
    /// # Errors
    /// `ValueError` for a name that nothing has.
    pub fn compile(
        &mut self,
        optimizer: impl IntoOptimizer,
        loss: impl IntoLoss,
        options: impl FnOnce(CompileOptions) -> CompileOptions,
    ) -> Result<()> {
        let options = options(CompileOptions::default());
        let compiled = Compiled::new(optimizer.into_optimizer()?, loss.into_loss()?, options)?;
        self.compiled = Some(compiled);
        self.traced.steps = Mutex::default();
        Ok(())
    }

    /// The optimizer.
    ///
    /// # Errors
    /// `ValueError` before [`Sequential::compile`].
    pub fn optimizer(&self) -> Result<&Arc<Optimizer>> {
        self.compiled().map(|compiled| &compiled.optimizer)
    }

    pub(super) fn compiled(&self) -> Result<&Compiled> {
        let compiled = self.compiled.as_ref();
        compiled.ok_or_else(|| Error::value("You must call `compile()` before using the model."))
    }

    /// The steps for batches of this kind, traced when they first run.
    pub(super) fn steps(&self, x: &Tensor, y: &Tensor) -> Result<Arc<Steps>> {
        let compiled = self.compiled()?;
        let batch_of = |tensor: &Tensor| {
            let shape = tensor.shape();
            PartialShape::new([None]).concatenate(&shape.slice(1..shape.rank().unwrap_or(1)))
        };
        let (_, output) = self.shapes_for(&batch_of(x))?;
        if let Some(steps) = locked(&self.traced.steps) {
            return Ok(steps);
        }
        let trainable = self.trainable_variables();
        let steps = Steps::new(self.shared_layers(), trainable, compiled, &y.shape(), &output)?;
        Ok(keep(&self.traced.steps, Arc::new(steps)))
    }

    /// The steps for batches like this one.
    pub(super) fn steps_for(&self, batch: Batch) -> Result<Arc<Steps>> {
        match self.batch(batch)?.as_slice() {
            [x, y, ..] => self.steps(x, y),
            _ => bail!(value, "None values not supported."),
        }
    }

    /// A batch as steps take it: the inputs as the first layer takes them.
    pub(super) fn batch(&self, mut batch: Batch) -> Result<Batch> {
        if let Some(x) = batch.first_mut() {
            *x = self.inputs(&*x)?;
        }
        Ok(batch)
    }

    /// The function that predicts, traced when it is first called.
    pub(super) fn prediction(&self) -> Arc<Function<'static, Tensor>> {
        if let Some(function) = locked(&self.traced.predict) {
            return function;
        }
        let layers = self.shared_layers();
        let function = function_with(
            move |inputs: &Tensor| forward(&layers, inputs, false),
            |o| o.name("predict_step").reduce_retracing(true),
        );
        keep(&self.traced.predict, Arc::new(function))
    }
}

/// The layers and the optimizer under the names that they have in Keras's checkpoints.
impl Trackable for Sequential {
    fn children<'a>(&'a self, children: &mut Children<'a>) {
        children.add("_functional", &self.functional);
        if let Some(compiled) = &self.compiled {
            children.add("optimizer", &compiled.optimizer);
        }
        if let Some(function) = self.traced.default_signature.get() {
            children.add("_default_save_signature", function);
        }
    }
}
