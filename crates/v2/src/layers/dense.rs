//! `Dense`: every output depends on every input.

use super::weight_spec::{GivenWeight, WeightSpec, activity_option, glorot_uniform, weight_options, zeros};
use super::{InputSpec, Layer, LayerOptions, LayerState, Weights};
use crate::activations::Activation;
use crate::{Variable, matmul, tensordot};
use ferroflow_core::{DType, PartialShape, Result, Tensor, ensure, operators::cast};

/// The size of the last dimension, which layers with kernels must know.
pub(super) fn channels(layer: &LayerState, shape: &PartialShape) -> Result<usize> {
    let last = shape.rank().and_then(|rank| shape.dim(rank.checked_sub(1)?));
    let class = layer.class_name();
    ensure!(
        last.is_some(),
        value,
        "The last dimension of the inputs to a {class} layer should be defined. Found None. Full input shape \
         received: input_shape={shape}"
    );
    Ok(last.unwrap_or(0))
}

/// Optional arguments of [`Dense::new_with`].
#[derive(Default)]
#[must_use]
pub struct DenseOptions {
    activation: Option<Activation>,
    no_bias: bool,
    kernel: GivenWeight,
    bias: GivenWeight,
    layer: LayerOptions,
}

impl DenseOptions {
    /// What is applied to the outputs; nothing by default.
    pub fn activation(mut self, activation: impl Into<Activation>) -> DenseOptions {
        self.activation = Some(activation.into());
        self
    }

    /// Whether a bias is added, which is so by default.
    pub fn use_bias(mut self, use_bias: bool) -> DenseOptions {
        self.no_bias = !use_bias;
        self
    }

    /// The name.
    pub fn name(mut self, name: impl Into<String>) -> DenseOptions {
        self.layer.name = Some(name.into());
        self
    }

    /// Whether the weights are trained, which is so by default.
    pub fn trainable(mut self, trainable: bool) -> DenseOptions {
        self.layer.trainable = trainable;
        self
    }
}

activity_option!(DenseOptions);
weight_options!(DenseOptions: kernel, "kernel", "`GlorotUniform`",
    kernel_initializer, kernel_regularizer, kernel_constraint);
weight_options!(DenseOptions: bias, "bias", "zeros", bias_initializer, bias_regularizer, bias_constraint);

/// `activation(inputs * kernel + bias)` along the last axis (`tf.keras.layers.Dense`).
pub struct Dense {
    state: LayerState,
    units: usize,
    activation: Option<Activation>,
    use_bias: bool,
    kernel: WeightSpec,
    bias: WeightSpec,
}

impl Dense {
    /// A layer with this many outputs.
    ///
    /// # Errors
    /// As [`Dense::new_with`].
    pub fn new(units: usize) -> Result<Dense> {
        Dense::new_with(units, |o| o)
    }

    /// The same with options.
    ///
    /// # Errors
    /// `ValueError` without outputs, or for an activation that does not exist.
    pub fn new_with(units: usize, options: impl FnOnce(DenseOptions) -> DenseOptions) -> Result<Dense> {
        let options = options(DenseOptions::default());
        ensure!(
            units > 0,
            value,
            "Received an invalid value for `units`, expected a positive integer. Received: units={units}"
        );
        if let Some(activation) = &options.activation {
            activation.check()?;
        }
        Ok(Dense {
            state: LayerState::of("Dense", "dense", options.layer),
            units,
            activation: options.activation,
            use_bias: !options.no_bias,
            kernel: options.kernel.settled(glorot_uniform),
            bias: options.bias.settled(zeros),
        })
    }

    /// The kernel, of shape `[inputs, outputs]`.
    ///
    /// # Errors
    /// `AttributeError` before the layer was called.
    pub fn kernel(&self) -> Result<&Variable> {
        self.state.weight("_kernel")
    }

    /// The bias.
    ///
    /// # Errors
    /// `AttributeError` before the layer was called, or without a bias.
    pub fn bias(&self) -> Result<&Variable> {
        self.state.weight("bias")
    }
}

impl Layer for Dense {
    fn state(&self) -> &LayerState {
        &self.state
    }

    fn compute_mask(&self, _inputs: &Tensor, mask: Option<&Tensor>) -> Result<Option<Tensor>> {
        Ok(mask.cloned())
    }

    fn input_spec(&self) -> InputSpec {
        InputSpec::at_least(2)
    }

    fn build(&self, input_shape: &PartialShape, weights: &mut Weights) -> Result<()> {
        let inputs = channels(&self.state, input_shape)?;
        let sizes = [inputs, self.units];
        weights.add_spec("kernel", &sizes, &self.kernel, "_kernel")?;
        if self.use_bias {
            weights.add_spec("bias", &[self.units], &self.bias, "bias")?;
        }
        weights.expect(InputSpec::at_least(2).axis(-1, inputs));
        Ok(())
    }

    fn forward(&self, inputs: &Tensor, _training: bool) -> Result<Tensor> {
        let inputs = cast(inputs, DType::FLOAT32)?;
        let mut outputs = match inputs.rank() {
            Some(2) => matmul(&inputs, self.kernel()?)?,
            _ => tensordot(&inputs, self.kernel()?, 1)?,
        };
        if self.use_bias {
            outputs = (outputs + self.bias()?.value()?)?;
        }
        match &self.activation {
            Some(activation) => activation.apply(&outputs),
            None => Ok(outputs),
        }
    }
}
