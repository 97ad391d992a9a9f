//! Cells with gates: `GRUCell`, `BasicLSTMCell`, `LSTMCell`.

use super::cells::{RNNCell, affine, depth, tanh, weight};
use super::state::{LSTMStateTuple, RNNState, StateSize, number};
use crate::initializers::{Initializer, constant_initializer, zeros_initializer};
use crate::layers::{Activation, KeptScope, LayerName};
use crate::mode::facade;
use crate::scopes::Reuse;
use crate::variables::Variable;
use ferroflow_core::{DType, Op, Result, Tensor, bail, convert_to_tensor, options};
use ferroflow_ops_array as array;

fn value_of(variable: &Variable) -> Result<Tensor> {
    convert_to_tensor(variable, None)
}

fn sigmoid(x: &Tensor) -> Result<Tensor> {
    Op::named("Sigmoid").input(x).one()
}

/// `Add` and `Mul` under the names of TensorFlow's functions.
fn add(x: &Tensor, y: &Tensor) -> Result<Tensor> {
    Op::named("AddV2").input(x).input(y).default_name("Add").one()
}

fn multiply(x: &Tensor, y: &Tensor) -> Result<Tensor> {
    Op::named("Mul").input(x).input(y).one()
}

options! {
    /// Optional arguments of [`GRUCell`].
    pub struct GRUCellOptions {
        /// What is done to the candidate; the hyperbolic tangent by default.
        activation: Activation = tanh(),
        /// Whether the variables exist.
        reuse: Reuse = Reuse::Inherit,
        /// Makes the initial weights.
        kernel_initializer: Option<Initializer> = None,
        /// Makes the initial biases; by default 1 for the gates and 0 for the candidate.
        bias_initializer: Option<Initializer> = None,
        /// The name of the variable scope.
        name: LayerName = LayerName::default(),
    }
}

/// A gated recurrent unit.
///
/// Source: `tf.compat.v1.nn.rnn_cell.GRUCell`.
pub struct GRUCell {
    num_units: usize,
    options: GRUCellOptions,
    scope: KeptScope,
}

impl GRUCell {
    /// A cell of so many units.
    pub fn new(num_units: usize) -> GRUCell {
        GRUCell::with(num_units, |o| o)
    }

    /// A cell with an activation, or initializers.
    pub fn with(num_units: usize, options: impl FnOnce(GRUCellOptions) -> GRUCellOptions) -> GRUCell {
        GRUCell { num_units, options: options(GRUCellOptions::default()), scope: KeptScope::default() }
    }
}

impl RNNCell for GRUCell {
    fn state_size(&self) -> StateSize {
        StateSize::Tensor(self.num_units)
    }

    fn output_size(&self) -> usize {
        self.num_units
    }

    fn type_name(&self) -> &'static str {
        "GRUCell"
    }

    fn call(&self, inputs: &Tensor, state: &RNNState) -> Result<(Tensor, RNNState)> {
        let (state, units) = (state.tensor()?, self.num_units);
        let (kernel, bias) = (&self.options.kernel_initializer, &self.options.bias_initializer);
        facade(|| {
            self.scope.enter("gru_cell", &self.options.name, self.options.reuse, || {
                let rows = depth(inputs)? + units;
                let or = |default: Initializer| bias.clone().or(Some(default));
                let gate_kernel = weight("gates/kernel", vec![rows, 2 * units], inputs, kernel.clone())?;
                let gate_bias =
                    weight("gates/bias", vec![2 * units], inputs, or(constant_initializer(1.0)?))?;
                let new_kernel = weight("candidate/kernel", vec![rows, units], inputs, kernel.clone())?;
                let new_bias = weight("candidate/bias", vec![units], inputs, or(zeros_initializer()))?;
                let gates = sigmoid(&affine(inputs, state, &gate_kernel, &gate_bias)?)?;
                let gates = array::split(gates, 2, 1)?;
                let [reset, update] = gates.as_slice() else { bail!(internal, "two gates are expected") };
                let candidate = affine(inputs, &(reset * state)?, &new_kernel, &new_bias)?;
                let candidate = self.options.activation.apply(candidate)?;
                let kept = (update * state)?;
                let new = ((kept + ((1.0 - update)? * candidate)?)?).clone();
                Ok((new.clone(), RNNState::Tensor(new)))
            })
        })
    }
}

options! {
    /// Optional arguments of [`BasicLSTMCell`].
    pub struct BasicLSTMCellOptions {
        /// What is added to the gate that keeps the memory.
        forget_bias: f64 = 1.0,
        /// What is done to new memories and to outputs; the hyperbolic tangent by default.
        activation: Activation = tanh(),
        /// Whether the variables exist.
        reuse: Reuse = Reuse::Inherit,
        /// The name of the variable scope.
        name: LayerName = LayerName::default(),
    }
}

/// A cell of long short-term memory.
///
/// Source: `tf.compat.v1.nn.rnn_cell.BasicLSTMCell`.
pub struct BasicLSTMCell {
    num_units: usize,
    options: BasicLSTMCellOptions,
    scope: KeptScope,
}

impl BasicLSTMCell {
    /// A cell of so many units.
    pub fn new(num_units: usize) -> BasicLSTMCell {
        BasicLSTMCell::with(num_units, |o| o)
    }

    /// A cell with another forget bias, an activation, or a name.
    pub fn with(
        num_units: usize,
        options: impl FnOnce(BasicLSTMCellOptions) -> BasicLSTMCellOptions,
    ) -> BasicLSTMCell {
        let options = options(BasicLSTMCellOptions::default());
        BasicLSTMCell { num_units, options, scope: KeptScope::default() }
    }
}

impl RNNCell for BasicLSTMCell {
    fn state_size(&self) -> StateSize {
        StateSize::Lstm(self.num_units, self.num_units)
    }

    fn output_size(&self) -> usize {
        self.num_units
    }

    fn type_name(&self) -> &'static str {
        "BasicLSTMCell"
    }

    fn call(&self, inputs: &Tensor, state: &RNNState) -> Result<(Tensor, RNNState)> {
        let (LSTMStateTuple { c, h }, units) = (state.lstm()?, self.num_units);
        let activation = &self.options.activation;
        facade(|| {
            self.scope.enter("basic_lstm_cell", &self.options.name, self.options.reuse, || {
                let rows = depth(inputs)? + units;
                let kernel = weight("kernel", vec![rows, 4 * units], inputs, None)?;
                let bias = weight("bias", vec![4 * units], inputs, Some(zeros_initializer()))?;
                let one = number(1.0, DType::INT32, "Const")?;
                let gates = array::split(affine(inputs, h, &kernel, &bias)?, 4, one)?;
                let [i, j, f, o] = gates.as_slice() else { bail!(internal, "four gates are expected") };
                let forget_bias = number(self.options.forget_bias, f.dtype().base(), "Const")?;
                let kept = multiply(c, &sigmoid(&add(f, &forget_bias)?)?)?;
                let input = sigmoid(i)?;
                let c = add(&kept, &multiply(&input, &activation.apply(j.clone())?)?)?;
                let output = activation.apply(c.clone())?;
                let h = multiply(&output, &sigmoid(o)?)?;
                Ok((h.clone(), RNNState::Lstm(LSTMStateTuple { c, h })))
            })
        })
    }
}

options! {
    /// Optional arguments of [`LSTMCell`].
    pub struct LSTMCellOptions {
        /// Whether gates see the memory.
        use_peepholes: bool = false,
        /// How large memories may be.
        cell_clip: Option<f64> = None,
        /// Makes the initial weights.
        initializer: Option<Initializer> = None,
        /// How many numbers the output is projected to.
        num_proj: Option<usize> = None,
        /// How large projected outputs may be.
        proj_clip: Option<f64> = None,
        /// What is added to the gate that keeps the memory.
        forget_bias: f64 = 1.0,
        /// What is done to new memories and to outputs; the hyperbolic tangent by default.
        activation: Activation = tanh(),
        /// Whether the variables exist.
        reuse: Reuse = Reuse::Inherit,
        /// The name of the variable scope.
        name: LayerName = LayerName::default(),
    }
}

/// A cell of long short-term memory with peepholes, bounds and a projection.
///
/// Source: `tf.compat.v1.nn.rnn_cell.LSTMCell`.
pub struct LSTMCell {
    num_units: usize,
    options: LSTMCellOptions,
    scope: KeptScope,
}

impl LSTMCell {
    /// A cell of so many units.
    pub fn new(num_units: usize) -> LSTMCell {
        LSTMCell::with(num_units, |o| o)
    }

    /// A cell with peepholes, bounds or a projection.
    pub fn with(num_units: usize, options: impl FnOnce(LSTMCellOptions) -> LSTMCellOptions) -> LSTMCell {
        LSTMCell { num_units, options: options(LSTMCellOptions::default()), scope: KeptScope::default() }
    }
}

/// A tensor's elements within a bound on either side.
fn clipped(x: Tensor, bound: Option<f64>) -> Result<Tensor> {
    match bound {
        Some(bound) => crate::clip_by_value(&x, -bound, bound),
        None => Ok(x),
    }
}

impl RNNCell for LSTMCell {
    fn state_size(&self) -> StateSize {
        StateSize::Lstm(self.num_units, self.output_size())
    }

    fn output_size(&self) -> usize {
        self.options.num_proj.unwrap_or(self.num_units)
    }

    fn type_name(&self) -> &'static str {
        "LSTMCell"
    }

    fn call(&self, inputs: &Tensor, state: &RNNState) -> Result<(Tensor, RNNState)> {
        let (LSTMStateTuple { c: before, h }, units) = (state.lstm()?, self.num_units);
        let options = &self.options;
        facade(|| {
            self.scope.enter("lstm_cell", &options.name, options.reuse, || {
                let made = |name, shape| weight(name, shape, inputs, options.initializer.clone());
                let rows = depth(inputs)? + self.output_size();
                let kernel = made("kernel", vec![rows, 4 * units])?;
                let bias = weight("bias", vec![4 * units], inputs, Some(zeros_initializer()))?;
                let peepholes = match options.use_peepholes {
                    true => Some([
                        made("w_f_diag", vec![units])?,
                        made("w_i_diag", vec![units])?,
                        made("w_o_diag", vec![units])?,
                    ]),
                    false => None,
                };
                let projection =
                    options.num_proj.map(|size| made("projection/kernel", vec![units, size])).transpose()?;
                let gates = array::split(affine(inputs, h, &kernel, &bias)?, 4, 1)?;
                let [i, j, f, o] = gates.as_slice() else { bail!(internal, "four gates are expected") };
                let forgetting = (f + options.forget_bias)?;
                let (forget, input) = match &peepholes {
                    Some([of_forget, of_input, _]) => {
                        let forget = sigmoid(&(forgetting + (value_of(of_forget)? * before)?)?)?;
                        let kept = (forget * before)?;
                        (kept, sigmoid(&(i + (value_of(of_input)? * before)?)?)?)
                    }
                    None => {
                        let kept = (sigmoid(&forgetting)? * before)?;
                        (kept, sigmoid(i)?)
                    }
                };
                let new = (input * options.activation.apply(j.clone())?)?;
                let c = clipped((forget + new)?, options.cell_clip)?;
                let gate = match &peepholes {
                    Some([_, _, of_output]) => sigmoid(&(o + (value_of(of_output)? * &c)?)?)?,
                    None => sigmoid(o)?,
                };
                let mut h = (gate * options.activation.apply(c.clone())?)?;
                if let Some(projection) = &projection {
                    h = clipped(crate::matmul(&h, projection)?, options.proj_clip)?;
                }
                Ok((h.clone(), RNNState::Lstm(LSTMStateTuple { c, h })))
            })
        })
    }
}
