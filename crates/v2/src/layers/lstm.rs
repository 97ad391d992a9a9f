//! `LSTM`: a cell that goes through sequences and remembers.

use super::dense::channels;
use super::weight_spec::{
    GivenWeight, Shared, WeightSpec, activity_option, glorot_uniform, weight_options, zeros,
};
use super::{InputSpec, Layer, LayerOptions, LayerState, SeedGenerator, Weights};
use crate::activations::Activation;
use crate::initializers::{Initializer, Ones, Orthogonal};
use crate::{Variable, concat, expand_dims, fill, matmul, split, stack_with};
use ferroflow_core::{DType, PartialShape, Result, Tensor, bail, ensure, operators::cast};
use ferroflow_ops_array::{Ellipsis, getitem, shape, where_select};
use std::sync::Arc;

/// Optional arguments of [`LSTM::new_with`].
#[must_use]
pub struct LSTMOptions {
    activation: Activation,
    recurrent_activation: Activation,
    use_bias: bool,
    kernel: GivenWeight,
    recurrent: GivenWeight,
    bias: GivenWeight,
    unit_forget_bias: bool,
    return_sequences: bool,
    go_backwards: bool,
    seed: Option<i64>,
    layer: LayerOptions,
}

impl LSTMOptions {
    /// What is applied to new and to remembered values; `tanh` by default.
    pub fn activation(mut self, activation: impl Into<Activation>) -> LSTMOptions {
        self.activation = activation.into();
        self
    }

    /// What is applied to gates; `sigmoid` by default.
    pub fn recurrent_activation(mut self, activation: impl Into<Activation>) -> LSTMOptions {
        self.recurrent_activation = activation.into();
        self
    }

    /// Whether a bias is added, which is so by default.
    pub fn use_bias(mut self, use_bias: bool) -> LSTMOptions {
        self.use_bias = use_bias;
        self
    }

    /// Whether the bias of the gate that forgets begins with ones, which is so by default.
    pub fn unit_forget_bias(mut self, unit_forget_bias: bool) -> LSTMOptions {
        self.unit_forget_bias = unit_forget_bias;
        self
    }

    /// Whether the outputs of all steps are given, and not of the last one alone.
    pub fn return_sequences(mut self, return_sequences: bool) -> LSTMOptions {
        self.return_sequences = return_sequences;
        self
    }

    /// Whether sequences are gone through from their ends.
    pub fn go_backwards(mut self, go_backwards: bool) -> LSTMOptions {
        self.go_backwards = go_backwards;
        self
    }

    /// The seed that the cell's generator begins with. Nothing is drawn from it: the layer drops no values.
    pub fn seed(mut self, seed: i64) -> LSTMOptions {
        self.seed = Some(seed);
        self
    }

    /// The name.
    pub fn name(mut self, name: impl Into<String>) -> LSTMOptions {
        self.layer.name = Some(name.into());
        self
    }

    /// Whether the weights are trained, which is so by default.
    pub fn trainable(mut self, trainable: bool) -> LSTMOptions {
        self.layer.trainable = trainable;
        self
    }
}

activity_option!(LSTMOptions);
weight_options!(LSTMOptions: kernel, "kernel for inputs", "`GlorotUniform`",
    kernel_initializer, kernel_regularizer, kernel_constraint);
weight_options!(LSTMOptions: recurrent, "kernel for the last output", "`Orthogonal`",
    recurrent_initializer, recurrent_regularizer, recurrent_constraint);
weight_options!(LSTMOptions: bias, "bias", "zeros", bias_initializer, bias_regularizer, bias_constraint);

/// A cell that goes through sequences `[batch, steps, features]` and remembers (`tf.keras.layers.LSTM`; Hochreiter and
/// Schmidhuber 1997). The number of steps must be known when the layer is called.
pub struct LSTM {
    state: LayerState,
    units: usize,
    activation: Activation,
    recurrent_activation: Activation,
    use_bias: bool,
    kernel: WeightSpec,
    recurrent: WeightSpec,
    bias: WeightSpec,
    return_sequences: bool,
    go_backwards: bool,
    generator: SeedGenerator,
}

/// A bias whose part for the gate that forgets is ones.
struct ForgetBias(Shared);

impl Initializer for ForgetBias {
    fn call(&self, shape: &[usize], dtype: DType) -> Result<Tensor> {
        let units = shape.first().map_or(0, |size| size / 4);
        let parts = [
            self.0.call(&[units], dtype)?,
            Ones::default().call(&[units], dtype)?,
            self.0.call(&[units * 2], dtype)?,
        ];
        concat(parts, 0)
    }
}

impl LSTM {
    /// A layer with this many outputs.
    ///
    /// # Errors
    /// As [`LSTM::new_with`].
    pub fn new(units: usize) -> Result<LSTM> {
        LSTM::new_with(units, |o| o)
    }

    /// The same with options.
    ///
    /// # Errors
    /// `ValueError` without outputs, or for an activation that does not exist.
    pub fn new_with(units: usize, options: impl FnOnce(LSTMOptions) -> LSTMOptions) -> Result<LSTM> {
        let options = options(LSTMOptions {
            activation: Activation::from("tanh"),
            recurrent_activation: Activation::from("sigmoid"),
            use_bias: true,
            kernel: GivenWeight::default(),
            recurrent: GivenWeight::default(),
            bias: GivenWeight::default(),
            unit_forget_bias: true,
            return_sequences: false,
            go_backwards: false,
            seed: None,
            layer: LayerOptions::default(),
        });
        ensure!(
            units > 0,
            value,
            "Received an invalid value for argument `units`, expected a positive integer, got {units}."
        );
        options.activation.check()?;
        options.recurrent_activation.check()?;
        let orthogonal: fn() -> Shared = || Arc::new(Orthogonal::default());
        let kernel = options.kernel.settled(glorot_uniform);
        let recurrent = options.recurrent.settled(orthogonal);
        let mut bias = options.bias.settled(zeros);
        if options.unit_forget_bias {
            bias.initializer = Arc::new(ForgetBias(bias.initializer));
        }
        Ok(LSTM {
            // Keras makes one for every cell, whether or not it drops values.
            generator: SeedGenerator::new(options.seed)?,
            state: LayerState::of("LSTM", "lstm", options.layer),
            units,
            activation: options.activation,
            recurrent_activation: options.recurrent_activation,
            use_bias: options.use_bias,
            kernel,
            recurrent,
            bias,
            return_sequences: options.return_sequences,
            go_backwards: options.go_backwards,
        })
    }

    /// The kernel for inputs, of shape `[features, 4 * outputs]`.
    ///
    /// # Errors
    /// `AttributeError` before the layer was called.
    pub fn kernel(&self) -> Result<&Variable> {
        self.state.weight("lstm_cell/kernel")
    }

    /// The kernel for the last output, of shape `[outputs, 4 * outputs]`.
    ///
    /// # Errors
    /// `AttributeError` before the layer was called.
    pub fn recurrent_kernel(&self) -> Result<&Variable> {
        self.state.weight("lstm_cell/recurrent_kernel")
    }

    /// One step: the output and what is remembered, from the input's part of the gates.
    fn step(&self, input: Tensor, kernel: &Tensor, output: &Tensor, memory: &Tensor) -> Result<[Tensor; 2]> {
        let gates = (input + matmul(output, kernel)?)?;
        let [take, keep, new, give] = split(gates, 4, 1)?.try_into().map_err(|_| {
            ferroflow_core::Error::internal("a tensor was split into another number of parts")
        })?;
        let gate = |values: &Tensor| self.recurrent_activation.apply(values);
        let kept = (gate(&keep)? * memory)?;
        let memory = (kept + (gate(&take)? * self.activation.apply(&new)?)?)?;
        Ok([(gate(&give)? * self.activation.apply(&memory)?)?, memory])
    }
}

impl Layer for LSTM {
    fn state(&self) -> &LayerState {
        &self.state
    }

    fn input_spec(&self) -> InputSpec {
        InputSpec::of_rank(3)
    }

    fn seed_generator(&self) -> Option<&SeedGenerator> {
        Some(&self.generator)
    }

    fn build(&self, input_shape: &PartialShape, weights: &mut Weights) -> Result<()> {
        let features = channels(&self.state, input_shape)?;
        let gates = 4 * self.units;
        let mut add = |name, sizes: [usize; 2], spec| weights.add_spec(name, &sizes, spec, name);
        add("lstm_cell/kernel", [features, gates], &self.kernel)?;
        add("lstm_cell/recurrent_kernel", [self.units, gates], &self.recurrent)?;
        if self.use_bias {
            weights.add_spec("lstm_cell/bias", &[gates], &self.bias, "lstm_cell/bias")?;
        }
        Ok(())
    }

    fn compute_mask(&self, _inputs: &Tensor, mask: Option<&Tensor>) -> Result<Option<Tensor>> {
        Ok(mask.filter(|_| self.return_sequences).cloned())
    }

    fn forward(&self, inputs: &Tensor, training: bool) -> Result<Tensor> {
        self.forward_masked(inputs, None, training)
    }

    /// Steps that are masked leave the output and what is remembered as they are.
    fn forward_masked(&self, inputs: &Tensor, mask: Option<&Tensor>, _training: bool) -> Result<Tensor> {
        let inputs = cast(inputs, DType::FLOAT32)?;
        let Some(steps) = inputs.shape().dim(1) else {
            bail!(unimplemented, "LSTM over sequences whose number of steps is not known");
        };
        let batch = getitem(shape(&inputs)?, 0)?;
        let sizes = crate::stack([batch, crate::constant(self.units as i32)?])?;
        let mut output = fill(sizes, 0.0)?;
        let mut memory = output.clone();
        let (kernel, recurrent) = (self.kernel()?.value()?, self.recurrent_kernel()?.value()?);
        let bias = self.state.find("lstm_cell/bias").map(Variable::value).transpose()?;
        let mut outputs = Vec::with_capacity(steps);
        for step in 0..steps {
            let position = if self.go_backwards { steps - 1 - step } else { step };
            let now = getitem(&inputs, (.., position, Ellipsis))?;
            let mut input = matmul(now, &kernel)?;
            if let Some(bias) = &bias {
                input = (input + bias)?;
            }
            let [new_output, new_memory] = self.step(input, &recurrent, &output, &memory)?;
            [output, memory] = match mask {
                None => [new_output, new_memory],
                Some(mask) => {
                    let counts = expand_dims(getitem(mask, (.., position))?, -1)?;
                    [where_select(&counts, new_output, output)?, where_select(&counts, new_memory, memory)?]
                }
            };
            outputs.push(output.clone());
        }
        match self.return_sequences {
            true => stack_with(outputs, |o| o.axis(1)),
            false => Ok(output),
        }
    }
}
