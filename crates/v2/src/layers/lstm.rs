//! `LSTM`: a cell that goes through sequences and remembers.

use super::dense::{Shared, channels, glorot_uniform, settled, zeros};
use super::{InputSpec, Layer, LayerOptions, LayerState, SeedGenerator, Weights};
use crate::activations::Activation;
use crate::initializers::{Initializer, Ones, Orthogonal};
use crate::{Variable, concat, fill, matmul, split, stack_with};
use ferroflow_core::{DType, PartialShape, Result, Tensor, bail, ensure, operators::cast};
use ferroflow_ops_array::{Ellipsis, getitem, shape};
use std::sync::Arc;

/// Optional arguments of [`LSTM::new_with`].
#[must_use]
pub struct LSTMOptions {
    activation: Activation,
    recurrent_activation: Activation,
    use_bias: bool,
    kernel_initializer: Option<Box<dyn Initializer>>,
    recurrent_initializer: Option<Box<dyn Initializer>>,
    bias_initializer: Option<Box<dyn Initializer>>,
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

    /// What the kernel for inputs begins with; `GlorotUniform` by default.
    pub fn kernel_initializer(mut self, initializer: impl Into<Box<dyn Initializer>>) -> LSTMOptions {
        self.kernel_initializer = Some(initializer.into());
        self
    }

    /// What the kernel for the last output begins with; `Orthogonal` by default.
    pub fn recurrent_initializer(mut self, initializer: impl Into<Box<dyn Initializer>>) -> LSTMOptions {
        self.recurrent_initializer = Some(initializer.into());
        self
    }

    /// What the bias begins with; zeros by default.
    pub fn bias_initializer(mut self, initializer: impl Into<Box<dyn Initializer>>) -> LSTMOptions {
        self.bias_initializer = Some(initializer.into());
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

/// A cell that goes through sequences `[batch, steps, features]` and remembers (`tf.keras.layers.LSTM`; Hochreiter and
/// Schmidhuber 1997). The number of steps must be known when the layer is called.
pub struct LSTM {
    state: LayerState,
    units: usize,
    activation: Activation,
    recurrent_activation: Activation,
    use_bias: bool,
    kernel_initializer: Shared,
    recurrent_initializer: Shared,
    bias_initializer: Shared,
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
            kernel_initializer: None,
            recurrent_initializer: None,
            bias_initializer: None,
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
        let kernel_initializer = settled(options.kernel_initializer, glorot_uniform);
        let recurrent_initializer = settled(options.recurrent_initializer, orthogonal);
        let bias = settled(options.bias_initializer, zeros);
        let bias_initializer: Shared =
            if options.unit_forget_bias { Arc::new(ForgetBias(bias)) } else { bias };
        Ok(LSTM {
            // Keras makes one for every cell, whether or not it drops values.
            generator: SeedGenerator::new(options.seed)?,
            state: LayerState::of("LSTM", "lstm", options.layer),
            units,
            activation: options.activation,
            recurrent_activation: options.recurrent_activation,
            use_bias: options.use_bias,
            kernel_initializer,
            recurrent_initializer,
            bias_initializer,
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
        weights.add("lstm_cell/kernel", &[features, gates], &*self.kernel_initializer)?;
        weights.add("lstm_cell/recurrent_kernel", &[self.units, gates], &*self.recurrent_initializer)?;
        if self.use_bias {
            weights.add("lstm_cell/bias", &[gates], &*self.bias_initializer)?;
        }
        Ok(())
    }

    fn forward(&self, inputs: &Tensor, _training: bool) -> Result<Tensor> {
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
            [output, memory] = self.step(input, &recurrent, &output, &memory)?;
            outputs.push(output.clone());
        }
        match self.return_sequences {
            true => stack_with(outputs, |o| o.axis(1)),
            false => Ok(output),
        }
    }
}
