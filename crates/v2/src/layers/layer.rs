//! `Layer`: what is common to all layers.

use super::{InputSpec, LayerState, SeedGenerator, Weights};
use crate::{Children, Deferred, Identity, Trackable, Variable, convert_to_tensor};
use ferroflow_core::{DType, IntoOperand, NdArray, PartialShape, Result, Tensor, ensure, operators::cast};
use std::sync::Arc;

/// A part of a model (`tf.keras.layers.Layer`).
///
/// A layer of one's own holds a [`LayerState`], makes its weights in [`Layer::build`] and computes in [`Layer::forward`]:
///
/// ```
/// use ferroflow_v2 as tf;
/// use tf::layers::{Layer, LayerState, Weights};
/// struct Scale(LayerState);
/// impl Layer for Scale {
///     fn state(&self) -> &LayerState {
///         &self.0
///     }
///     fn build(&self, input_shape: &tf::TensorShape, weights: &mut Weights) -> tf::Result<()> {
///         let width = input_shape.dims().and_then(|dims| dims.last().copied().flatten());
///         weights.add("scale", &[width.unwrap_or(1)], &tf::initializers::Ones::default()).map(drop)
///     }
///     fn forward(&self, inputs: &tf::Tensor, _training: bool) -> tf::Result<tf::Tensor> {
///         inputs * self.0.weight("scale")?
///     }
/// }
/// let layer = Scale(LayerState::new("Scale", "scale", None));
/// assert_eq!(format!("{}", layer.call([[1.0, 2.0]])?), "[[1. 2.]]");
/// assert_eq!(layer.trainable_variables()[0].name(), "scale/scale:0");
/// # Ok::<(), tf::Error>(())
/// ```
pub trait Layer: Send + Sync + 'static {
    /// The name and the weights.
    fn state(&self) -> &LayerState;

    /// Computes the output: what Keras calls `call`. Weights are made, and inputs checked.
    ///
    /// # Errors
    /// Those of its ops.
    fn forward(&self, inputs: &Tensor, training: bool) -> Result<Tensor>;

    /// The same where a mask of dtype `bool` says which inputs count. Most layers take no notice of it.
    ///
    /// # Errors
    /// As [`Layer::forward`].
    fn forward_masked(&self, inputs: &Tensor, _mask: Option<&Tensor>, training: bool) -> Result<Tensor> {
        self.forward(inputs, training)
    }

    /// Which outputs count, if that is known: what later layers are given as their mask. By default nothing is known.
    ///
    /// # Errors
    /// Those of its ops.
    fn compute_mask(&self, _inputs: &Tensor, _mask: Option<&Tensor>) -> Result<Option<Tensor>> {
        Ok(None)
    }

    /// Makes the weights for inputs of this shape.
    ///
    /// # Errors
    /// `ValueError` for a shape that is not known where the layer needs it.
    fn build(&self, _input_shape: &PartialShape, _weights: &mut Weights) -> Result<()> {
        Ok(())
    }

    /// What is asked of inputs before weights are made.
    fn input_spec(&self) -> InputSpec {
        InputSpec::default()
    }

    /// The generator of the layer's random numbers, if it draws any.
    fn seed_generator(&self) -> Option<&SeedGenerator> {
        None
    }

    /// The layer's input layer, if it is one.
    fn as_input(&self) -> Option<&super::Input> {
        None
    }

    /// The name.
    fn name(&self) -> &str {
        self.state().name()
    }

    /// Computes the output; the first time, makes the weights. [`Layer::call`] takes values of any kind.
    ///
    /// # Errors
    /// `ValueError` for inputs that do not fit the layer; those of its ops.
    fn apply(&self, inputs: &Tensor, training: bool) -> Result<Tensor> {
        self.apply_masked(inputs, None, training).map(|(outputs, _)| outputs)
    }

    /// The same with a mask that says which inputs count, as [`Layer::compute_mask`] of the layer before gives it; the
    /// outputs, and which of them count. In Keras tensors carry their masks by themselves.
    ///
    /// # Errors
    /// As [`Layer::apply`].
    fn apply_masked(
        &self,
        inputs: &Tensor,
        mask: Option<&Tensor>,
        training: bool,
    ) -> Result<(Tensor, Option<Tensor>)> {
        let float = |dtype: DType| dtype.is_floating() && dtype != DType::FLOAT32;
        let cast_inputs = if float(inputs.dtype()) { Some(cast(inputs, DType::FLOAT32)?) } else { None };
        let inputs = cast_inputs.as_ref().unwrap_or(inputs);
        let shape = inputs.shape();
        self.state().prepare(&self.input_spec(), &shape, |weights| self.build(&shape, weights))?;
        crate::name_scope(self.name(), || {
            Ok((self.forward_masked(inputs, mask, training)?, self.compute_mask(inputs, mask)?))
        })
    }

    /// What the weights add to the loss.
    ///
    /// # Errors
    /// Those of the regularizers.
    fn losses(&self) -> Result<Vec<Tensor>> {
        self.state().losses()
    }

    /// What outputs of the layer add to the loss, where it has a regularizer of its activity; training and evaluation of
    /// models add it by themselves.
    ///
    /// # Errors
    /// Those of the regularizer.
    fn activity_loss(&self, outputs: &Tensor) -> Result<Option<Tensor>> {
        self.state().activity_loss(outputs)
    }

    /// The output for inputs, as in inference.
    ///
    /// # Errors
    /// As [`Layer::apply`].
    fn call(&self, inputs: impl IntoOperand) -> Result<Tensor>
    where
        Self: Sized,
    {
        self.call_with(inputs, false)
    }

    /// The output for inputs, in training or not.
    ///
    /// # Errors
    /// As [`Layer::apply`].
    fn call_with(&self, inputs: impl IntoOperand, training: bool) -> Result<Tensor>
    where
        Self: Sized,
    {
        self.apply(&convert_to_tensor(inputs, None)?, training)
    }

    /// The weights, then the state of the layer's random numbers.
    fn variables(&self) -> Vec<Variable> {
        let generator = self.seed_generator().map(|generator| generator.state().clone());
        let weights = self.state().weights().iter().map(|(_, variable)| variable.clone());
        weights.chain(generator).collect()
    }

    /// The weights that are trained.
    fn trainable_variables(&self) -> Vec<Variable> {
        if !self.state().trainable() {
            return Vec::new();
        }
        self.variables().into_iter().filter(Variable::trainable).collect()
    }

    /// The variables that are not trained.
    fn non_trainable_variables(&self) -> Vec<Variable> {
        let trained = self.state().trainable();
        self.variables().into_iter().filter(|variable| !(trained && variable.trainable())).collect()
    }

    /// The values of the weights.
    ///
    /// # Errors
    /// Those of [`Variable::numpy`].
    fn get_weights(&self) -> Result<Vec<NdArray>> {
        self.state().weights().iter().map(|(_, variable)| variable.numpy()).collect()
    }

    /// Gives the weights values, in the order of [`Layer::get_weights`].
    ///
    /// # Errors
    /// `ValueError` for another number of values, or other shapes; then no weight has changed.
    fn set_weights(&self, values: &[NdArray]) -> Result<()> {
        let weights = self.state().weights();
        ensure!(
            weights.len() == values.len(),
            value,
            "You called `set_weights(weights)` on layer '{}' with a weight list of length {}, but the layer was \
             expecting {} weights.",
            self.name(),
            values.len(),
            weights.len()
        );
        for ((_, variable), value) in weights.iter().zip(values) {
            ensure!(
                variable.shape().admits(value.shape()),
                value,
                "Layer {} weight shape {} is not compatible with provided weight shape {}.",
                self.name(),
                variable.shape(),
                PartialShape::from(value.shape())
            );
        }
        weights.iter().zip(values).try_for_each(|((_, variable), value)| variable.assign(value).map(drop))
    }
}

/// What a model takes as a layer: a [`Layer`], one that is shared, or a result of making one.
pub trait IntoLayer {
    /// The layer.
    ///
    /// # Errors
    /// The error of a `Result` that is passed on.
    fn into_layer(self) -> Result<Arc<dyn Layer>>;
}

impl<L: Layer> IntoLayer for L {
    fn into_layer(self) -> Result<Arc<dyn Layer>> {
        Ok(Arc::new(self))
    }
}

impl IntoLayer for Arc<dyn Layer> {
    fn into_layer(self) -> Result<Arc<dyn Layer>> {
        Ok(self)
    }
}

impl<L: IntoLayer> IntoLayer for Result<L> {
    fn into_layer(self) -> Result<Arc<dyn Layer>> {
        self?.into_layer()
    }
}

/// The weights under the names that the layer has for them, which are those of Keras's checkpoints. The state of random
/// numbers is not among them, as in Keras.
impl Trackable for dyn Layer {
    fn children<'a>(&'a self, children: &mut Children<'a>) {
        self.state().children(children);
    }

    fn restore_later(&self, values: &Deferred) {
        self.state().restore_later(values);
    }

    fn identity(&self) -> Identity {
        self.state().identity()
    }
}

macro_rules! trackable_layers {
    ($($layer:ty),* $(,)?) => {
        $(impl Trackable for $layer {
            fn children<'a>(&'a self, children: &mut Children<'a>) {
                self.state().children(children);
            }

            fn restore_later(&self, values: &Deferred) {
                self.state().restore_later(values);
            }

            fn identity(&self) -> Identity {
                self.state().identity()
            }
        })*
    };
}

trackable_layers!(
    super::Activation,
    super::ActivityRegularization,
    super::AveragePooling2D,
    super::BatchNormalization,
    super::Conv2D,
    super::Dense,
    super::Dropout,
    super::Embedding,
    super::Flatten,
    super::GlobalAveragePooling2D,
    super::Input,
    super::LayerNormalization,
    super::LSTM,
    super::Masking,
    super::MaxPooling2D,
    super::ReLU,
    super::Softmax,
);
