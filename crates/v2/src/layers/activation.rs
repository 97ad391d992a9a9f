//! Layers that apply a function to each value.

use super::{Layer, LayerOptions, LayerState};
use crate::activations::{self, relu_with};
use crate::cast;
use ferroflow_core::{Result, Tensor, ensure, options};
use ferroflow_ops_array::where_select;

/// An activation as a layer of its own (`tf.keras.layers.Activation`).
pub struct Activation {
    state: LayerState,
    activation: activations::Activation,
}

impl Activation {
    /// A layer that applies this function.
    ///
    /// # Errors
    /// As [`Activation::new_with`].
    pub fn new(activation: impl Into<activations::Activation>) -> Result<Activation> {
        Activation::new_with(activation, |o| o)
    }

    /// The same with a name.
    ///
    /// # Errors
    /// `ValueError` for a name that no function has.
    pub fn new_with(
        activation: impl Into<activations::Activation>,
        options: impl FnOnce(LayerOptions) -> LayerOptions,
    ) -> Result<Activation> {
        let activation = activation.into();
        activation.check()?;
        let state = LayerState::of("Activation", "activation", options(LayerOptions::default()));
        Ok(Activation { state, activation })
    }
}

impl Layer for Activation {
    fn state(&self) -> &LayerState {
        &self.state
    }

    fn compute_mask(&self, _inputs: &Tensor, mask: Option<&Tensor>) -> Result<Option<Tensor>> {
        Ok(mask.cloned())
    }

    fn forward(&self, inputs: &Tensor, _training: bool) -> Result<Tensor> {
        self.activation.apply(inputs)
    }
}

options! {
    /// Optional arguments of [`ReLU::new_with`].
    pub struct ReLUOptions {
        /// The greatest value.
        max_value: Option<f64> = None,
        /// The slope of what is below the threshold.
        negative_slope: f64 = 0.0,
        /// What is below counts as negative.
        threshold: f64 = 0.0,
        /// The name.
        name: Option<String> = None,
    }
}

/// `max(x, 0)`, with a slope for negative values, a greatest value or a threshold (`tf.keras.layers.ReLU`).
pub struct ReLU {
    state: LayerState,
    options: ReLUOptions,
}

impl ReLU {
    /// A layer that replaces negative values by 0.
    ///
    /// # Errors
    /// None so far.
    pub fn new() -> Result<ReLU> {
        ReLU::new_with(|o| o)
    }

    /// The same with options.
    ///
    /// # Errors
    /// `ValueError` for an option that is negative.
    pub fn new_with(options: impl FnOnce(ReLUOptions) -> ReLUOptions) -> Result<ReLU> {
        let options = options(ReLUOptions::default());
        if let Some(most) = options.max_value {
            ensure!(
                most >= 0.0,
                value,
                "max_value of a ReLU layer cannot be a negative value. Received: max_value={most:?}"
            );
        }
        for (name, given) in [("negative_slope", options.negative_slope), ("threshold", options.threshold)] {
            ensure!(
                given >= 0.0,
                value,
                "{name} of a ReLU layer cannot be None or a negative value. Received: {name}={given:?}"
            );
        }
        Ok(ReLU { state: LayerState::new("ReLU", "re_lu", options.name.clone()), options })
    }
}

impl Layer for ReLU {
    fn state(&self) -> &LayerState {
        &self.state
    }

    fn compute_mask(&self, _inputs: &Tensor, mask: Option<&Tensor>) -> Result<Option<Tensor>> {
        Ok(mask.cloned())
    }

    fn forward(&self, inputs: &Tensor, _training: bool) -> Result<Tensor> {
        let ReLUOptions { max_value, negative_slope, threshold, .. } = &self.options;
        relu_with(inputs, |o| o.max_value(*max_value).negative_slope(*negative_slope).threshold(*threshold))
    }
}

options! {
    /// Optional arguments of [`Softmax::new_with`].
    pub struct SoftmaxLayerOptions {
        /// The axis along which values sum to one.
        axis: i32 = -1,
        /// The name.
        name: Option<String> = None,
    }
}

/// `exp(x)` scaled to sum to one along an axis (`tf.keras.layers.Softmax`).
pub struct Softmax {
    state: LayerState,
    axis: i32,
}

impl Softmax {
    /// A layer for the last axis.
    ///
    /// # Errors
    /// None so far.
    pub fn new() -> Result<Softmax> {
        Softmax::new_with(|o| o)
    }

    /// The same with options.
    ///
    /// # Errors
    /// None so far.
    pub fn new_with(options: impl FnOnce(SoftmaxLayerOptions) -> SoftmaxLayerOptions) -> Result<Softmax> {
        let SoftmaxLayerOptions { axis, name } = options(SoftmaxLayerOptions::default());
        Ok(Softmax { state: LayerState::new("Softmax", "softmax", name), axis })
    }
}

impl Layer for Softmax {
    fn state(&self) -> &LayerState {
        &self.state
    }

    fn compute_mask(&self, _inputs: &Tensor, mask: Option<&Tensor>) -> Result<Option<Tensor>> {
        Ok(mask.cloned())
    }

    fn forward(&self, inputs: &Tensor, _training: bool) -> Result<Tensor> {
        activations::softmax(inputs, self.axis)
    }

    /// What is masked counts as nothing in the sum.
    fn forward_masked(&self, inputs: &Tensor, mask: Option<&Tensor>, training: bool) -> Result<Tensor> {
        let Some(mask) = mask else { return self.forward(inputs, training) };
        let (wide, narrow) = (inputs.shape(), mask.shape());
        if let (Some(of_inputs), Some(of_mask)) = (wide.dims(), narrow.dims()) {
            ensure!(
                of_mask.len() <= of_inputs.len(),
                value,
                "The `mask` must be broadcastable to `inputs` and must not have more dimensions. Received: \
                 inputs.shape={wide}, mask.shape={narrow}"
            );
            let fits = |(mask, input): (&Option<usize>, &Option<usize>)| match (mask, input) {
                (Some(mask), Some(input)) => *mask == 1 || mask == input,
                _ => true,
            };
            ensure!(
                of_mask.iter().rev().zip(of_inputs.iter().rev()).all(fits),
                value,
                "The `mask` must be broadcastable to `inputs`. Each mask dimension must be 1 or match the \
                 corresponding input dimension. Received: inputs.shape={wide}, mask.shape={narrow}"
            );
        }
        let hidden = cast(-1e9, inputs.dtype())?;
        let outputs = activations::softmax(&where_select(mask, inputs, hidden)?, self.axis)?;
        where_select(mask, &outputs, cast(0.0, outputs.dtype())?)
    }
}
