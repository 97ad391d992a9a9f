//! `RNNCell` and the plain cell.

use super::state::{BatchSize, RNNState, StateSize, bias_add, zero_state};
use crate::initializers::{Initializer, zeros_initializer};
use crate::layers::{Activation, KeptScope, LayerName, Weight, add_weight};
use crate::mode::facade;
use crate::scopes::Reuse;
use crate::variables::Variable;
use ferroflow_core::{DType, Op, Result, Tensor, bail, context, ensure, options};
use ferroflow_ops_array as array;

/// A step of a recurrent network.
///
/// Source: `tf.compat.v1.nn.rnn_cell.RNNCell`.
pub trait RNNCell {
    /// How many numbers there are in the state.
    fn state_size(&self) -> StateSize;

    /// How many numbers there are in the output.
    fn output_size(&self) -> usize;

    /// The output and the next state for these inputs `[batch, depth]`.
    ///
    /// # Errors
    /// `ValueError` for inputs of unknown depth; `TypeError` for a state of another structure.
    fn call(&self, inputs: &Tensor, state: &RNNState) -> Result<(Tensor, RNNState)>;

    /// What the cell is called in the names of its first state.
    fn type_name(&self) -> &'static str;

    /// A state of zeros.
    ///
    /// # Errors
    /// Those of the graph in force.
    fn zero_state(&self, batch_size: &BatchSize, dtype: DType) -> Result<RNNState> {
        let name = format!("{}ZeroState", self.type_name());
        facade(|| context::name_scope(&name, || zero_state(&self.state_size(), batch_size, dtype)))
    }
}

options! {
    /// Optional arguments of [`BasicRNNCell`].
    pub struct BasicRNNCellOptions {
        /// What is done to the result; the hyperbolic tangent by default.
        activation: Activation = tanh(),
        /// Whether the variables exist.
        reuse: Reuse = Reuse::Inherit,
        /// The name of the variable scope.
        name: LayerName = LayerName::default(),
    }
}

/// The hyperbolic tangent.
pub(super) fn tanh() -> Activation {
    Activation::from(|x: &Tensor| Op::named("Tanh").input(x).one())
}

/// The cell whose next state and output are an activation of a product of weights with inputs and state.
///
/// Source: `tf.compat.v1.nn.rnn_cell.BasicRNNCell`.
///
/// ```
/// use ferroflow_compat_v1::{self as tf, nn, nn::rnn_cell::BasicRNNCell};
/// use ferroflow_core::DType;
/// let x = tf::placeholder(DType::FLOAT32, [2, 5, 3])?;
/// let (outputs, _) = nn::dynamic_rnn(&BasicRNNCell::new(4), &x, |o| o.dtype(DType::FLOAT32))?;
/// assert_eq!(outputs.shape(), [2, 5, 4].into());
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
pub struct BasicRNNCell {
    num_units: usize,
    options: BasicRNNCellOptions,
    scope: KeptScope,
}

impl BasicRNNCell {
    /// A cell of so many units.
    pub fn new(num_units: usize) -> BasicRNNCell {
        BasicRNNCell::with(num_units, |o| o)
    }

    /// A cell with an activation, or a name.
    pub fn with(
        num_units: usize,
        options: impl FnOnce(BasicRNNCellOptions) -> BasicRNNCellOptions,
    ) -> BasicRNNCell {
        let options = options(BasicRNNCellOptions::default());
        BasicRNNCell { num_units, options, scope: KeptScope::default() }
    }
}

impl RNNCell for BasicRNNCell {
    fn state_size(&self) -> StateSize {
        StateSize::Tensor(self.num_units)
    }

    fn output_size(&self) -> usize {
        self.num_units
    }

    fn type_name(&self) -> &'static str {
        "BasicRNNCell"
    }

    fn call(&self, inputs: &Tensor, state: &RNNState) -> Result<(Tensor, RNNState)> {
        let state = state.tensor()?;
        facade(|| {
            self.scope.enter("basic_rnn_cell", &self.options.name, self.options.reuse, || {
                let rows = depth(inputs)? + self.num_units;
                let kernel = weight("kernel", vec![rows, self.num_units], inputs, None)?;
                let bias = weight("bias", vec![self.num_units], inputs, Some(zeros_initializer()))?;
                let output = self.options.activation.apply(affine(inputs, state, &kernel, &bias)?)?;
                Ok((output.clone(), RNNState::Tensor(output)))
            })
        })
    }
}

/// The last dimension of a cell's inputs, which are matrices.
pub(super) fn depth(inputs: &Tensor) -> Result<usize> {
    let shape = inputs.shape();
    ensure!(
        shape.rank().is_none_or(|rank| rank == 2),
        value,
        "Input 0 of layer is incompatible with the layer: expected ndim=2, found ndim={}. Full shape received: {shape}",
        shape.rank().unwrap_or_default()
    );
    match shape.dims().and_then(|dims| dims.get(1).copied()).flatten() {
        Some(depth) => Ok(depth),
        None => bail!(value, "Expected inputs.shape[-1] to be known, received shape: {shape}"),
    }
}

/// A variable of a cell.
pub(super) fn weight(
    name: &'static str,
    shape: Vec<usize>,
    inputs: &Tensor,
    initializer: Option<Initializer>,
) -> Result<Variable> {
    let dtype = inputs.dtype().base();
    add_weight(Weight { name, shape, dtype, initializer, regularizer: None, trainable: true })
}

/// Inputs and state, side by side, by a matrix of weights, plus a bias.
pub(super) fn affine(inputs: &Tensor, state: &Tensor, kernel: &Variable, bias: &Variable) -> Result<Tensor> {
    bias_add(crate::matmul(array::concat([inputs, state], 1)?, kernel)?, bias)
}
