//! `Conv2D`: the same filters at every place of an image.

use super::dense::channels;
use super::weight_spec::{GivenWeight, WeightSpec, activity_option, glorot_uniform, weight_options, zeros};
use super::{InputSpec, Layer, LayerOptions, LayerState, Weights};
use crate::activations::Activation;
use crate::nn::conv2d_with;
use crate::options::Sizes;
use crate::{Variable, reshape};
use ferroflow_core::{DType, PartialShape, Result, Tensor, ensure, operators::cast};

/// Optional arguments of [`Conv2D::new_with`].
#[must_use]
pub struct Conv2DOptions {
    strides: [i64; 2],
    padding: String,
    dilation_rate: [i64; 2],
    activation: Option<Activation>,
    use_bias: bool,
    kernel: GivenWeight,
    bias: GivenWeight,
    layer: LayerOptions,
}

/// One number for both dimensions, or one for each.
pub struct Pair([i64; 2]);

impl From<i64> for Pair {
    fn from(both: i64) -> Pair {
        Pair([both, both])
    }
}

impl From<i32> for Pair {
    fn from(both: i32) -> Pair {
        Pair([both.into(), both.into()])
    }
}

impl From<[i64; 2]> for Pair {
    fn from(pair: [i64; 2]) -> Pair {
        Pair(pair)
    }
}

impl From<[i32; 2]> for Pair {
    fn from(pair: [i32; 2]) -> Pair {
        Pair(pair.map(i64::from))
    }
}

impl Pair {
    pub(super) fn get(self) -> [i64; 2] {
        self.0
    }
}

/// A padding's name as Keras takes it.
pub(super) fn check_padding(padding: &str) -> Result<String> {
    let padding = padding.to_lowercase();
    ensure!(
        padding == "valid" || padding == "same",
        value,
        "The `padding` argument must be one of {{'valid', 'same'}}. Received: {padding}"
    );
    Ok(padding)
}

impl Conv2DOptions {
    /// How far filters move from one place to the next; 1 by default.
    pub fn strides(mut self, strides: impl Into<Pair>) -> Conv2DOptions {
        self.strides = strides.into().0;
        self
    }

    /// `"valid"`, which is the default: filters stay within the image; or `"same"`: they stand at every pixel.
    pub fn padding(mut self, padding: impl Into<String>) -> Conv2DOptions {
        self.padding = padding.into();
        self
    }

    /// Distances between neighbouring elements of filters in the image; 1 by default.
    pub fn dilation_rate(mut self, rate: impl Into<Pair>) -> Conv2DOptions {
        self.dilation_rate = rate.into().0;
        self
    }

    /// What is applied to the outputs; nothing by default.
    pub fn activation(mut self, activation: impl Into<Activation>) -> Conv2DOptions {
        self.activation = Some(activation.into());
        self
    }

    /// Whether a bias is added, which is so by default.
    pub fn use_bias(mut self, use_bias: bool) -> Conv2DOptions {
        self.use_bias = use_bias;
        self
    }

    /// The name.
    pub fn name(mut self, name: impl Into<String>) -> Conv2DOptions {
        self.layer.name = Some(name.into());
        self
    }

    /// Whether the weights are trained, which is so by default.
    pub fn trainable(mut self, trainable: bool) -> Conv2DOptions {
        self.layer.trainable = trainable;
        self
    }
}

activity_option!(Conv2DOptions);
weight_options!(Conv2DOptions: kernel, "kernel", "`GlorotUniform`",
    kernel_initializer, kernel_regularizer, kernel_constraint);
weight_options!(Conv2DOptions: bias, "bias", "zeros", bias_initializer, bias_regularizer, bias_constraint);

/// Convolutions of images `[batch, height, width, channels]` (`tf.keras.layers.Conv2D`).
pub struct Conv2D {
    state: LayerState,
    filters: usize,
    kernel_size: [i64; 2],
    strides: [i64; 2],
    padding: String,
    dilation_rate: [i64; 2],
    activation: Option<Activation>,
    use_bias: bool,
    kernel: WeightSpec,
    bias: WeightSpec,
}

impl Conv2D {
    /// A layer with this many filters of this size.
    ///
    /// # Errors
    /// As [`Conv2D::new_with`].
    pub fn new(filters: usize, kernel_size: impl Into<Pair>) -> Result<Conv2D> {
        Conv2D::new_with(filters, kernel_size, |o| o)
    }

    /// The same with options.
    ///
    /// # Errors
    /// `ValueError` for sizes that are not positive, or strides and dilations that both differ from 1.
    pub fn new_with(
        filters: usize,
        kernel_size: impl Into<Pair>,
        options: impl FnOnce(Conv2DOptions) -> Conv2DOptions,
    ) -> Result<Conv2D> {
        let options = options(Conv2DOptions {
            strides: [1, 1],
            padding: "valid".to_string(),
            dilation_rate: [1, 1],
            activation: None,
            use_bias: true,
            kernel: GivenWeight::default(),
            bias: GivenWeight::default(),
            layer: LayerOptions::default(),
        });
        let kernel_size = kernel_size.into().0;
        ensure!(
            filters > 0,
            value,
            "Invalid value for argument `filters`. Expected a strictly positive value. Received filters={filters}."
        );
        for (name, [height, width]) in [
            ("kernel_size", kernel_size),
            ("strides", options.strides),
            ("dilation_rate", options.dilation_rate),
        ] {
            ensure!(
                height > 0 && width > 0,
                value,
                "The `{name}` argument must be a tuple of 2 integers. Received {name}=({height}, {width}), \
                 including values that do not satisfy `value > 0`"
            );
        }
        let [strides, dilations] = [options.strides, options.dilation_rate];
        ensure!(
            strides == [1, 1] || dilations == [1, 1],
            value,
            "`strides > 1` not supported in conjunction with `dilation_rate > 1`. Received: strides=({}, {}) and \
             dilation_rate=({}, {})",
            strides[0],
            strides[1],
            dilations[0],
            dilations[1]
        );
        if let Some(activation) = &options.activation {
            activation.check()?;
        }
        Ok(Conv2D {
            state: LayerState::of("Conv2D", "conv2d", options.layer),
            filters,
            kernel_size,
            strides,
            padding: check_padding(&options.padding)?,
            dilation_rate: dilations,
            activation: options.activation,
            use_bias: options.use_bias,
            kernel: options.kernel.settled(glorot_uniform),
            bias: options.bias.settled(zeros),
        })
    }

    /// The kernel, of shape `[height, width, channels, filters]`.
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

impl Layer for Conv2D {
    fn state(&self) -> &LayerState {
        &self.state
    }

    fn input_spec(&self) -> InputSpec {
        InputSpec::at_least(4)
    }

    fn build(&self, input_shape: &PartialShape, weights: &mut Weights) -> Result<()> {
        let channels = channels(&self.state, input_shape)?;
        let [height, width] = self.kernel_size.map(|size| size as usize);
        let sizes = [height, width, channels, self.filters];
        weights.add_spec("kernel", &sizes, &self.kernel, "_kernel")?;
        if self.use_bias {
            weights.add_spec("bias", &[self.filters], &self.bias, "bias")?;
        }
        weights.expect(InputSpec::at_least(4).axis(-1, channels));
        Ok(())
    }

    fn forward(&self, inputs: &Tensor, _training: bool) -> Result<Tensor> {
        let inputs = cast(inputs, DType::FLOAT32)?;
        let dilations = Sizes::from(self.dilation_rate);
        let mut outputs = conv2d_with(inputs, self.kernel()?, self.strides, self.padding.as_str(), |o| {
            o.dilations(dilations)
        })?;
        if self.use_bias {
            outputs = (outputs + reshape(self.bias()?, [1, 1, 1, self.filters as i32])?)?;
        }
        match &self.activation {
            Some(activation) => activation.apply(&outputs),
            None => Ok(outputs),
        }
    }
}
