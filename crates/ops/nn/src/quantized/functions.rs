//! `tf.quantization`: floats to steps and back.

use super::dequantize::DEQUANTIZE;
use super::quantize::QUANTIZE_V2;
use crate::quantize_and_dequantize::{QUANTIZE_AND_DEQUANTIZE_V2, QUANTIZE_AND_DEQUANTIZE_V4};
use ferroflow_core::{
    DType, IntoOperand, IntoOperands, Op, OpDef, Operand, Result, Tensor, bail, convert_to_tensor, options,
};

options! {
    /// Optional arguments of [`quantize_with`].
    pub struct QuantizeOptions {
        /// `"MIN_COMBINED"`, `"MIN_FIRST"` or `"SCALED"`.
        mode: String = "MIN_COMBINED".to_string(),
        /// `"HALF_AWAY_FROM_ZERO"`, or, for `"SCALED"`, `"HALF_TO_EVEN"`.
        round_mode: String = "HALF_AWAY_FROM_ZERO".to_string(),
        /// Whether the lowest step is left out, so that there are as many below zero as above.
        narrow_range: bool = false,
        /// The axis along which each slice has its own range.
        axis: Option<i64> = None,
        /// The least width of a range, as a share of its greatest end.
        ensure_minimum_range: f32 = 0.01,
    }
}

/// Floats as steps of the range from `min_range` to `max_range`, of a quantized dtype `t`, and the range that they have.
///
/// Source: `tf.quantization.quantize` (op `QuantizeV2`).
///
/// ```
/// use ferroflow_core::DType;
/// ferroflow_ops::install();
/// let (steps, low, high) = ferroflow_ops_nn::quantize([-1.0, 0.0, 1.0], -1.0, 1.0, DType::QUINT8)?;
/// let floats = ferroflow_ops_nn::dequantize(steps, low, high)?;
/// assert!((floats.numpy()?.as_slice::<f32>()?[1]).abs() < 0.01);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for a range that is reversed or not a scalar.
pub fn quantize(
    input: impl IntoOperand,
    min_range: impl IntoOperand,
    max_range: impl IntoOperand,
    t: DType,
) -> Result<(Tensor, Tensor, Tensor)> {
    quantize_with(input, min_range, max_range, t, |options| options)
}

/// [`quantize`] with other options.
///
/// # Errors
/// As [`quantize`]; `InvalidArgument` for ranges that are not one for each slice.
pub fn quantize_with(
    input: impl IntoOperand,
    min_range: impl IntoOperand,
    max_range: impl IntoOperand,
    t: DType,
    options: impl FnOnce(QuantizeOptions) -> QuantizeOptions,
) -> Result<(Tensor, Tensor, Tensor)> {
    let options = options(QuantizeOptions::default());
    let input = convert_to_tensor(input, Some(DType::FLOAT32))?;
    let axis = axis(&input, options.axis)?;
    let [output, low, high] = Op::new(&QUANTIZE_V2)
        .input(input)
        .input(min_range)
        .input(max_range)
        .attr("T", t)
        .attr("mode", options.mode)
        .attr("round_mode", options.round_mode)
        .attr("narrow_range", options.narrow_range)
        .attr("axis", axis)
        .attr("ensure_minimum_range", options.ensure_minimum_range)
        .outputs()?;
    Ok((output, low, high))
}

/// The axis as the ops take it: -1 for none, else from the front.
fn axis(input: &Tensor, asked: Option<i64>) -> Result<i64> {
    Ok(match (asked, input.rank()) {
        (None, _) => -1,
        (Some(axis), _) if axis >= 0 => axis,
        (Some(axis), Some(rank)) => axis.rem_euclid((rank as i64).max(1)),
        (Some(_), None) => bail!(value, "input should have known rank to use negative axis."),
    })
}

options! {
    /// Optional arguments of [`dequantize_with`].
    pub struct DequantizeOptions {
        /// `"MIN_COMBINED"`, `"MIN_FIRST"` or `"SCALED"`.
        mode: String = "MIN_COMBINED".to_string(),
        /// The axis along which each slice has its own range.
        axis: Option<i64> = None,
        /// Whether the lowest step was left out.
        narrow_range: bool = false,
        /// `float32` or `bfloat16`.
        dtype: DType = DType::FLOAT32,
    }
}

/// The floats that steps of the range from `min_range` to `max_range` stand for.
///
/// Source: `tf.quantization.dequantize` (op `Dequantize`).
///
/// # Errors
/// `InvalidArgument` for a range that is not a scalar.
pub fn dequantize(
    input: impl IntoOperand,
    min_range: impl IntoOperand,
    max_range: impl IntoOperand,
) -> Result<Tensor> {
    dequantize_with(input, min_range, max_range, |options| options)
}

/// [`dequantize`] with other options.
///
/// # Errors
/// `InvalidArgument` for ranges that are not one for each slice.
pub fn dequantize_with(
    input: impl IntoOperand,
    min_range: impl IntoOperand,
    max_range: impl IntoOperand,
    options: impl FnOnce(DequantizeOptions) -> DequantizeOptions,
) -> Result<Tensor> {
    let options = options(DequantizeOptions::default());
    let input = convert_to_tensor(input, None)?;
    let axis = axis(&input, options.axis)?;
    let op = Op::new(&DEQUANTIZE).input(input).input(min_range).input(max_range).attr("mode", options.mode);
    op.attr("axis", axis).attr("narrow_range", options.narrow_range).attr("dtype", options.dtype).one()
}

options! {
    /// Optional arguments of [`quantize_and_dequantize_v2_with`].
    pub struct QuantizeAndDequantizeOptions {
        /// Whether there are steps below zero.
        signed_input: bool = true,
        /// How many bits a step has.
        num_bits: i64 = 8,
        /// Whether the range is given; else it is that of the input.
        range_given: bool = false,
        /// `"HALF_TO_EVEN"` or `"HALF_UP"`.
        round_mode: String = "HALF_TO_EVEN".to_string(),
        /// Whether the lowest step is left out.
        narrow_range: bool = false,
        /// The axis along which each slice has its own range.
        axis: Option<i64> = None,
    }
}

/// Floats rounded to steps; gradients pass where values are within the range.
///
/// Source: `tf.quantization.quantize_and_dequantize_v2` (op `QuantizeAndDequantizeV4`).
///
/// # Errors
/// `InvalidArgument` for a range that is reversed.
pub fn quantize_and_dequantize_v2(
    input: impl IntoOperand,
    input_min: impl IntoOperand,
    input_max: impl IntoOperand,
) -> Result<Tensor> {
    quantize_and_dequantize_v2_with(input, input_min, input_max, |options| options)
}

/// [`quantize_and_dequantize_v2`] with other options.
///
/// # Errors
/// As [`quantize_and_dequantize_v2`]; `InvalidArgument` for a number of bits out of range.
pub fn quantize_and_dequantize_v2_with(
    input: impl IntoOperand,
    input_min: impl IntoOperand,
    input_max: impl IntoOperand,
    options: impl FnOnce(QuantizeAndDequantizeOptions) -> QuantizeAndDequantizeOptions,
) -> Result<Tensor> {
    straight_through(
        &QUANTIZE_AND_DEQUANTIZE_V4,
        input.into_operand()?,
        (input_min, input_max),
        options(QuantizeAndDequantizeOptions::default()),
    )
}

/// Floats rounded to steps; gradients pass everywhere.
///
/// Source: `tf.quantization.quantize_and_dequantize` (op `QuantizeAndDequantizeV2`).
///
/// ```
/// use ferroflow_ops_nn::quantize_and_dequantize_with;
/// let x = quantize_and_dequantize_with([0.3, 1.0], -1.0, 1.0, |o| o.num_bits(3).range_given(true))?;
/// assert_eq!(x.numpy()?.as_slice::<f32>()?[1], 1.0);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for a range that is reversed.
pub fn quantize_and_dequantize(
    input: impl IntoOperand,
    input_min: impl IntoOperand,
    input_max: impl IntoOperand,
) -> Result<Tensor> {
    quantize_and_dequantize_with(input, input_min, input_max, |options| options)
}

/// [`quantize_and_dequantize`] with other options.
///
/// # Errors
/// As [`quantize_and_dequantize`]; `InvalidArgument` for a number of bits out of range.
pub fn quantize_and_dequantize_with(
    input: impl IntoOperand,
    input_min: impl IntoOperand,
    input_max: impl IntoOperand,
    options: impl FnOnce(QuantizeAndDequantizeOptions) -> QuantizeAndDequantizeOptions,
) -> Result<Tensor> {
    straight_through(
        &QUANTIZE_AND_DEQUANTIZE_V2,
        input.into_operand()?,
        (input_min, input_max),
        options(QuantizeAndDequantizeOptions::default()),
    )
}

fn straight_through(
    def: &'static OpDef,
    input: Operand,
    (input_min, input_max): (impl IntoOperand, impl IntoOperand),
    options: QuantizeAndDequantizeOptions,
) -> Result<Tensor> {
    // The rank matters to a negative axis alone, and a literal that becomes a constant sooner has another name.
    let (input, axis) = match options.axis {
        Some(given) => {
            let input = convert_to_tensor(input, None)?;
            let axis = axis(&input, Some(given))?;
            (Operand::Tensor(input), axis)
        }
        None => (input, -1),
    };
    Op::new(def)
        .input(input)
        .input(input_min)
        .input(input_max)
        .attr("signed_input", options.signed_input)
        .attr("num_bits", options.num_bits)
        .attr("range_given", options.range_given)
        .attr("round_mode", options.round_mode)
        .attr("narrow_range", options.narrow_range)
        .attr("axis", axis)
        .one()
}

fn with_range(op: Op) -> Result<(Tensor, Tensor, Tensor)> {
    let [output, min, max] = op.outputs()?;
    Ok((output, min, max))
}

fn pooled(
    def: &'static OpDef,
    input: (impl IntoOperand, impl IntoOperand, impl IntoOperand),
    (ksize, strides, padding): (&[i64], &[i64], &str),
) -> Result<(Tensor, Tensor, Tensor)> {
    let op = Op::new(def).input(input.0).input(input.1).input(input.2);
    with_range(op.attr("ksize", ksize).attr("strides", strides).attr("padding", padding))
}

/// The mean of each window of quantized images, and the range that the means are of.
///
/// Source: `tf.compat.v1.nn.quantized_avg_pool` (op `QuantizedAvgPool`).
///
/// # Errors
/// `InvalidArgument` when windows, strides and padding do not fit.
pub fn quantized_avg_pool(
    input: impl IntoOperand,
    min_input: impl IntoOperand,
    max_input: impl IntoOperand,
    ksize: &[i64],
    strides: &[i64],
    padding: &str,
) -> Result<(Tensor, Tensor, Tensor)> {
    pooled(&super::pool::QUANTIZED_AVG_POOL, (input, min_input, max_input), (ksize, strides, padding))
}

/// The greatest of each window of quantized images, and the range that they are of.
///
/// Source: `tf.compat.v1.nn.quantized_max_pool` (op `QuantizedMaxPool`).
///
/// # Errors
/// `InvalidArgument` when windows, strides and padding do not fit.
pub fn quantized_max_pool(
    input: impl IntoOperand,
    min_input: impl IntoOperand,
    max_input: impl IntoOperand,
    ksize: &[i64],
    strides: &[i64],
    padding: &str,
) -> Result<(Tensor, Tensor, Tensor)> {
    pooled(&super::pool::QUANTIZED_MAX_POOL, (input, min_input, max_input), (ksize, strides, padding))
}

/// The convolution of quantized images with quantized filters, as `qint32`, and its range; the ranges are pairs of minimum and
/// maximum.
///
/// Source: `tf.compat.v1.nn.quantized_conv2d` (op `QuantizedConv2D`).
///
/// # Errors
/// `InvalidArgument` when shapes, strides and padding do not fit.
pub fn quantized_conv2d(
    input: impl IntoOperand,
    filter: impl IntoOperand,
    input_range: (impl IntoOperand, impl IntoOperand),
    filter_range: (impl IntoOperand, impl IntoOperand),
    strides: &[i64],
    padding: &str,
) -> Result<(Tensor, Tensor, Tensor)> {
    let op = Op::new(&super::products::QUANTIZED_CONV_2D).input(input).input(filter);
    let op = op.input(input_range.0).input(input_range.1).input(filter_range.0).input(filter_range.1);
    with_range(op.attr("strides", strides).attr("padding", padding))
}

/// Quantized tensors joined along an axis, and the range `(output, output_min, output_max)` that they then have.
///
/// Source: `tf.quantization.quantized_concat` (op `QuantizedConcat`).
///
/// # Errors
/// `InvalidArgument` for sizes of other axes that differ, or ranges that are not one for each tensor.
pub fn quantized_concat(
    concat_dim: impl IntoOperand,
    values: impl IntoOperands,
    input_mins: impl IntoOperands,
    input_maxes: impl IntoOperands,
) -> Result<(Tensor, Tensor, Tensor)> {
    let op = Op::new(&super::concat::QUANTIZED_CONCAT).input(concat_dim);
    with_range(op.inputs(values).inputs(input_mins).inputs(input_maxes))
}
