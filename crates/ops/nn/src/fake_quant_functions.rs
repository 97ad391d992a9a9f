//! The functions of `tf.quantization` that round as if to few bits, and their gradients.

use crate::fake_quant::{
    FAKE_QUANT_WITH_MIN_MAX_ARGS, FAKE_QUANT_WITH_MIN_MAX_ARGS_GRADIENT, FAKE_QUANT_WITH_MIN_MAX_VARS,
    FAKE_QUANT_WITH_MIN_MAX_VARS_GRADIENT, FAKE_QUANT_WITH_MIN_MAX_VARS_PER_CHANNEL,
    FAKE_QUANT_WITH_MIN_MAX_VARS_PER_CHANNEL_GRADIENT,
};
use ferroflow_core::{IntoOperand, Op, OpDef, Result, Tensor, options};

options! {
    /// Optional arguments of [`fake_quant_with_min_max_args_with`].
    pub struct FakeQuantArgsOptions {
        /// The lower end of the range.
        min: f32 = -6.0,
        /// The upper end of the range.
        max: f32 = 6.0,
        /// How many bits a value takes.
        num_bits: i64 = 8,
        /// Whether the lowest step stays unused.
        narrow_range: bool = false,
    }
}

options! {
    /// Optional arguments of [`fake_quant_with_min_max_vars_with`] and its form for channels.
    pub struct FakeQuantOptions {
        /// How many bits a value takes.
        num_bits: i64 = 8,
        /// Whether the lowest step stays unused.
        narrow_range: bool = false,
    }
}

/// The inputs rounded to a grid of 256 steps between -6 and 6, of which one is zero.
///
/// Source: `tf.quantization.fake_quant_with_min_max_args`.
///
/// ```
/// use ferroflow_ops_nn::fake_quant_with_min_max_args;
/// let x = fake_quant_with_min_max_args([0.3f32, 7.0])?;
/// assert!(x.numpy()?.as_slice::<f32>()?[1] < 6.03);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `TypeError` for inputs that are not `float32`.
pub fn fake_quant_with_min_max_args(inputs: impl IntoOperand) -> Result<Tensor> {
    fake_quant_with_min_max_args_with(inputs, |options| options)
}

/// [`fake_quant_with_min_max_args`] with optional arguments.
///
/// # Errors
/// `InvalidArgument` for an empty range or a number of bits outside 2 to 16.
pub fn fake_quant_with_min_max_args_with(
    inputs: impl IntoOperand,
    options: impl FnOnce(FakeQuantArgsOptions) -> FakeQuantArgsOptions,
) -> Result<Tensor> {
    with_args(Op::new(&FAKE_QUANT_WITH_MIN_MAX_ARGS).input(inputs), options(FakeQuantArgsOptions::default()))
        .one()
}

fn with_args(op: Op, options: FakeQuantArgsOptions) -> Op {
    let op = op.attr("min", options.min).attr("max", options.max);
    with_bits(op, options.num_bits, options.narrow_range)
}

fn with_bits(op: Op, num_bits: i64, narrow_range: bool) -> Op {
    op.attr("num_bits", num_bits).attr("narrow_range", narrow_range)
}

fn fake_quant(
    def: &'static OpDef,
    inputs: impl IntoOperand,
    (min, max): (impl IntoOperand, impl IntoOperand),
    options: impl FnOnce(FakeQuantOptions) -> FakeQuantOptions,
) -> Result<Tensor> {
    let options = options(FakeQuantOptions::default());
    with_bits(Op::new(def).input(inputs).input(min).input(max), options.num_bits, options.narrow_range).one()
}

/// The inputs rounded to a grid of 256 steps between two numbers that are tensors.
///
/// Source: `tf.quantization.fake_quant_with_min_max_vars`.
///
/// # Errors
/// `InvalidArgument` for a range that is no scalar.
pub fn fake_quant_with_min_max_vars(
    inputs: impl IntoOperand,
    min: impl IntoOperand,
    max: impl IntoOperand,
) -> Result<Tensor> {
    fake_quant_with_min_max_vars_with(inputs, min, max, |options| options)
}

/// [`fake_quant_with_min_max_vars`] with optional arguments.
///
/// # Errors
/// The same, and `InvalidArgument` for a number of bits outside 2 to 16.
pub fn fake_quant_with_min_max_vars_with(
    inputs: impl IntoOperand,
    min: impl IntoOperand,
    max: impl IntoOperand,
    options: impl FnOnce(FakeQuantOptions) -> FakeQuantOptions,
) -> Result<Tensor> {
    fake_quant(&FAKE_QUANT_WITH_MIN_MAX_VARS, inputs, (min, max), options)
}

/// The same with a range for each channel along the last axis.
///
/// Source: `tf.quantization.fake_quant_with_min_max_vars_per_channel`.
///
/// # Errors
/// `InvalidArgument` for ranges that are not one for each channel.
pub fn fake_quant_with_min_max_vars_per_channel(
    inputs: impl IntoOperand,
    min: impl IntoOperand,
    max: impl IntoOperand,
) -> Result<Tensor> {
    fake_quant_with_min_max_vars_per_channel_with(inputs, min, max, |options| options)
}

/// [`fake_quant_with_min_max_vars_per_channel`] with optional arguments.
///
/// # Errors
/// The same, and `InvalidArgument` for a number of bits outside 2 to 16.
pub fn fake_quant_with_min_max_vars_per_channel_with(
    inputs: impl IntoOperand,
    min: impl IntoOperand,
    max: impl IntoOperand,
    options: impl FnOnce(FakeQuantOptions) -> FakeQuantOptions,
) -> Result<Tensor> {
    fake_quant(&FAKE_QUANT_WITH_MIN_MAX_VARS_PER_CHANNEL, inputs, (min, max), options)
}

/// The gradient of [`fake_quant_with_min_max_args`]: that of the result where the input is on the grid, else 0.
///
/// Source: `tf.quantization.fake_quant_with_min_max_args_gradient`.
///
/// # Errors
/// `InvalidArgument` for gradients and inputs of different shapes.
pub fn fake_quant_with_min_max_args_gradient(
    gradients: impl IntoOperand,
    inputs: impl IntoOperand,
) -> Result<Tensor> {
    fake_quant_with_min_max_args_gradient_with(gradients, inputs, |options| options)
}

/// [`fake_quant_with_min_max_args_gradient`] with optional arguments.
///
/// # Errors
/// The same, and `InvalidArgument` for an empty range or a number of bits outside 2 to 16.
pub fn fake_quant_with_min_max_args_gradient_with(
    gradients: impl IntoOperand,
    inputs: impl IntoOperand,
    options: impl FnOnce(FakeQuantArgsOptions) -> FakeQuantArgsOptions,
) -> Result<Tensor> {
    let op = Op::new(&FAKE_QUANT_WITH_MIN_MAX_ARGS_GRADIENT).input(gradients).input(inputs);
    with_args(op, options(FakeQuantArgsOptions::default())).one()
}

fn vars_gradient(
    def: &'static OpDef,
    (gradients, inputs): (impl IntoOperand, impl IntoOperand),
    (min, max): (impl IntoOperand, impl IntoOperand),
    options: FakeQuantOptions,
) -> Result<(Tensor, Tensor, Tensor)> {
    let op = Op::new(def).input(gradients).input(inputs).input(min).input(max);
    let [inputs, min, max] = with_bits(op, options.num_bits, options.narrow_range).outputs()?;
    Ok((inputs, min, max))
}

/// The gradients of [`fake_quant_with_min_max_vars`] by its inputs, `min` and `max`.
///
/// Source: `tf.quantization.fake_quant_with_min_max_vars_gradient`.
///
/// ```
/// use ferroflow_ops_nn::fake_quant_with_min_max_vars_gradient;
/// let (inputs, min, max) = fake_quant_with_min_max_vars_gradient([1.0, 2.0], [0.5, 9.0], 0.0, 6.0)?;
/// assert_eq!(inputs.numpy()?.as_slice::<f32>()?, [1.0, 0.0]);
/// assert_eq!((min.numpy()?.item::<f32>()?, max.numpy()?.item::<f32>()?), (0.0, 2.0));
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for gradients and inputs of different shapes, or a range that is no scalar.
pub fn fake_quant_with_min_max_vars_gradient(
    gradients: impl IntoOperand,
    inputs: impl IntoOperand,
    min: impl IntoOperand,
    max: impl IntoOperand,
) -> Result<(Tensor, Tensor, Tensor)> {
    fake_quant_with_min_max_vars_gradient_with(gradients, inputs, min, max, |options| options)
}

/// [`fake_quant_with_min_max_vars_gradient`] with optional arguments.
///
/// # Errors
/// The same, and `InvalidArgument` for a number of bits outside 2 to 16.
pub fn fake_quant_with_min_max_vars_gradient_with(
    gradients: impl IntoOperand,
    inputs: impl IntoOperand,
    min: impl IntoOperand,
    max: impl IntoOperand,
    options: impl FnOnce(FakeQuantOptions) -> FakeQuantOptions,
) -> Result<(Tensor, Tensor, Tensor)> {
    let options = options(FakeQuantOptions::default());
    vars_gradient(&FAKE_QUANT_WITH_MIN_MAX_VARS_GRADIENT, (gradients, inputs), (min, max), options)
}

/// The same with a range for each channel along the last axis.
///
/// Source: `tf.quantization.fake_quant_with_min_max_vars_per_channel_gradient`.
///
/// # Errors
/// `InvalidArgument` for gradients and inputs of different shapes, or ranges that are not one for each channel.
pub fn fake_quant_with_min_max_vars_per_channel_gradient(
    gradients: impl IntoOperand,
    inputs: impl IntoOperand,
    min: impl IntoOperand,
    max: impl IntoOperand,
) -> Result<(Tensor, Tensor, Tensor)> {
    fake_quant_with_min_max_vars_per_channel_gradient_with(gradients, inputs, min, max, |options| options)
}

/// [`fake_quant_with_min_max_vars_per_channel_gradient`] with optional arguments.
///
/// # Errors
/// The same, and `InvalidArgument` for a number of bits outside 2 to 16.
pub fn fake_quant_with_min_max_vars_per_channel_gradient_with(
    gradients: impl IntoOperand,
    inputs: impl IntoOperand,
    min: impl IntoOperand,
    max: impl IntoOperand,
    options: impl FnOnce(FakeQuantOptions) -> FakeQuantOptions,
) -> Result<(Tensor, Tensor, Tensor)> {
    let options = options(FakeQuantOptions::default());
    vars_gradient(
        &FAKE_QUANT_WITH_MIN_MAX_VARS_PER_CHANNEL_GRADIENT,
        (gradients, inputs),
        (min, max),
        options,
    )
}
