//! Functions of numbers that are a few elementwise ops each: activations, losses, logic.

use ferroflow_core::{
    DType, IntoOperand, NdArray, Op, Result, Tensor, bail, constant, context, convert_to_tensor, operators,
};
use ferroflow_ops_array as array;
use ferroflow_ops_math as math;

/// A number times a tensor.
///
/// Source: `tf.math.scalar_mul`.
///
/// # Errors
/// `ValueError` unless `scalar` has rank 0.
pub fn scalar_mul(scalar: impl IntoOperand, x: impl IntoOperand) -> Result<Tensor> {
    let x = convert_to_tensor(x, None)?;
    let scalar = convert_to_tensor(scalar, Some(x.dtype().base()))?;
    if scalar.rank() != Some(0) {
        bail!(value, "The input scalar must be a 0-D value. Received shape {}.", scalar.shape());
    }
    let name = context::take_name().unwrap_or_else(|| "scalar_mul".to_string());
    context::with_name(&name, || operators::multiply(scalar, x))
}

/// The logarithm of the sigmoid, without its loss of digits.
///
/// Source: `tf.math.log_sigmoid`.
///
/// # Errors
/// `TypeError` for a dtype that is not floating.
pub fn log_sigmoid(x: impl IntoOperand) -> Result<Tensor> {
    let x = x.into_operand()?;
    let name = context::take_name().unwrap_or_else(|| "LogSigmoid".to_string());
    context::name_scope_for_op(&name, |name| {
        let x = context::with_name("x", || convert_to_tensor(x, None))?;
        let softplus = Op::named("Softplus").input(operators::negative(x)?).one()?;
        context::with_name(&name, || operators::negative(softplus))
    })
}

/// Whether one of both is true, and not the other.
///
/// Source: `tf.math.logical_xor`.
///
/// ```
/// use ferroflow_ops::composites::logical_xor;
/// ferroflow_ops::install();
/// let one = logical_xor([true, true], [true, false])?;
/// assert_eq!(one.numpy()?.as_slice::<bool>()?, [false, true]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when the shapes do not broadcast.
pub fn logical_xor(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> {
    let name = context::take_name().unwrap_or_else(|| "LogicalXor".to_string());
    let (x, y) = (convert_to_tensor(x, Some(DType::BOOL))?, convert_to_tensor(y, Some(DType::BOOL))?);
    let either = operators::logical_or(&x, &y)?;
    let not_both = operators::logical_not(operators::logical_and(x, y)?)?;
    context::with_name(&name, || operators::logical_and(either, not_both))
}

/// The polynomial with these coefficients, the highest power's first, at each element of `x`.
///
/// Source: `tf.math.polyval`.
///
/// ```
/// use ferroflow_ops::composites::polyval;
/// ferroflow_ops::install();
/// let values = polyval([1.0, 0.0, -1.0], [2.0, 3.0])?.numpy()?;
/// assert_eq!(values.as_slice::<f32>()?, [3.0, 8.0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when the shapes do not broadcast.
pub fn polyval(coeffs: impl ferroflow_core::IntoOperands, x: impl IntoOperand) -> Result<Tensor> {
    let (coeffs, x) = (coeffs.into_operands()?, x.into_operand()?);
    context::name_scope("polyval", || {
        let x = context::with_name("x", || convert_to_tensor(x, None))?;
        let mut coeffs = coeffs.into_iter().map(|coeff| convert_to_tensor(coeff, Some(x.dtype().base())));
        let Some(first) = coeffs.next() else { return array::zeros_like(&x) };
        coeffs.try_fold(first?, |sum, coeff| coeff? + (sum * &x)?)
    })
}

/// The tensor in another dtype, values outside of its range brought to the nearest end.
///
/// Source: `tf.dtypes.saturate_cast`.
///
/// # Errors
/// `Unimplemented` for complex numbers.
pub fn saturate_cast(value: impl IntoOperand, dtype: DType) -> Result<Tensor> {
    let value = value.into_operand()?;
    let name = context::take_name().unwrap_or_else(|| "saturate_cast".to_string());
    context::name_scope_for_op(&name, |name| {
        let value = context::with_name("value", || convert_to_tensor(value, None))?;
        let from = value.dtype().base();
        let (Some((low, high)), Some((least, most))) = (integer_range(dtype), finite_range(from)) else {
            if dtype.is_floating() && from.is_integer() {
                return context::with_name(&name, || operators::cast(value, dtype));
            }
            bail!(unimplemented, "saturate_cast from {from:?} to {dtype:?}");
        };
        let mut clamped = value;
        if least < low || most > high {
            let limit = |value: f64| constant(NdArray::scalar(value).cast(from)?);
            // The largest integer may not be a float: the float below it is.
            let high = if from == DType::FLOAT32 { below_f32(high) } else { high };
            let (low, high) = (limit(low.max(least))?, limit(high.min(most))?);
            clamped =
                Op::named("ClipByValue").input(clamped).input(low).input(high).default_name("clamp").one()?;
        }
        context::with_name(&name, || operators::cast(clamped, dtype))
    })
}

fn integer_range(dtype: DType) -> Option<(f64, f64)> {
    Some(match dtype {
        DType::UINT8 => (0.0, 255.0),
        DType::INT8 => (-128.0, 127.0),
        DType::UINT16 => (0.0, 65535.0),
        DType::INT16 => (-32768.0, 32767.0),
        DType::INT32 => (-2147483648.0, 2147483647.0),
        DType::UINT32 => (0.0, 4294967295.0),
        _ => return None,
    })
}

fn finite_range(dtype: DType) -> Option<(f64, f64)> {
    match dtype {
        DType::FLOAT64 => Some((f64::MIN, f64::MAX)),
        DType::FLOAT32 => Some((f32::MIN.into(), f32::MAX.into())),
        DType::INT64 => Some((i64::MIN as f64, i64::MAX as f64)),
        dtype => integer_range(dtype),
    }
}

fn below_f32(value: f64) -> f64 {
    let near = value as f32;
    f64::from(if f64::from(near) > value { near.next_down() } else { near })
}

/// `relu` of the tensor and of its negative, joined along the last axis.
///
/// Source: `tf.nn.crelu`.
///
/// # Errors
/// `TypeError` for booleans and strings.
pub fn crelu(features: impl IntoOperand) -> Result<Tensor> {
    let features = features.into_operand()?;
    let name = context::take_name().unwrap_or_else(|| "CRelu".to_string());
    context::name_scope_for_op(&name, |name| {
        let features = context::with_name("features", || convert_to_tensor(features, None))?;
        let negative = operators::negative(&features)?;
        let both = context::with_name(&name, || array::concat([features, negative], -1))?;
        Op::named("Relu").input(both).one()
    })
}

/// The Gaussian error linear unit: `x` times the share of a normal distribution below it.
///
/// Source: `tf.nn.gelu`.
///
/// # Errors
/// `TypeError` for a dtype that is not floating.
pub fn gelu(features: impl IntoOperand, approximate: bool) -> Result<Tensor> {
    let features = features.into_operand()?;
    context::name_scope("Gelu", || {
        let x = context::with_name("features", || convert_to_tensor(features, None))?;
        if !x.dtype().is_floating() {
            bail!(
                value,
                "`features.dtype` must be a floating point tensor.Received:features.dtype={:?}",
                x.dtype()
            );
        }
        let half: Tensor = (0.5f64 * &x)?;
        if approximate {
            let cube: Tensor = (0.044715f64 * math::pow(&x, 3.0)?)?;
            let inner: Tensor = (0.7978845608028654f64 * (&x + cube)?)?;
            let bent: Tensor = (1.0f64 + math::tanh(inner)?)?;
            return half * bent;
        }
        let scaled: Tensor = (operators::negative(&x)? * std::f64::consts::FRAC_1_SQRT_2)?;
        half * math::erfc(scaled)?
    })
}

/// The cross entropy of yes-or-no decisions, where a positive label counts `pos_weight` times.
///
/// Source: `tf.nn.weighted_cross_entropy_with_logits`.
///
/// # Errors
/// `InvalidArgument` when the shapes differ.
pub fn weighted_cross_entropy_with_logits(
    labels: impl IntoOperand,
    logits: impl IntoOperand,
    pos_weight: f64,
) -> Result<Tensor> {
    let (labels, logits) = (labels.into_operand()?, logits.into_operand()?);
    let name = context::take_name().unwrap_or_else(|| "logistic_loss".to_string());
    context::name_scope_for_op(&name, |name| {
        let logits = context::with_name("logits", || convert_to_tensor(logits, None))?;
        let labels = context::with_name("labels", || convert_to_tensor(labels, Some(logits.dtype().base())))?;
        if !labels.shape().is_compatible_with(&logits.shape()) {
            bail!(
                value,
                "`logits` and `labels` must have the same shape, received {} vs {}.",
                logits.shape(),
                labels.shape()
            );
        }
        let weight: Tensor = ((pos_weight - 1.0) * &labels)?;
        let weight: Tensor = (1.0f64 + weight)?;
        let others: Tensor = (1.0f64 - &labels)?;
        let first: Tensor = (others * &logits)?;
        let exponential = math::exp(operators::negative(math::abs(&logits)?)?)?;
        let rest = math::log1p(exponential)?;
        let relu = Op::named("Relu").input(operators::negative(&logits)?).one()?;
        let second: Tensor = (weight * (rest + relu)?)?;
        context::with_name(&name, || operators::add(first, second))
    })
}

/// The loss of a prediction of counts, whose logarithm is `log_input`, up to what depends on `targets` alone.
///
/// Source: `tf.nn.log_poisson_loss`.
///
/// # Errors
/// `InvalidArgument` when the shapes differ.
pub fn log_poisson_loss(targets: impl IntoOperand, log_input: impl IntoOperand) -> Result<Tensor> {
    let (targets, log_input) = (targets.into_operand()?, log_input.into_operand()?);
    context::name_scope("log_poisson_loss", || {
        let log_input = context::with_name("log_input", || convert_to_tensor(log_input, None))?;
        let targets =
            context::with_name("targets", || convert_to_tensor(targets, Some(log_input.dtype().base())))?;
        let exponential = math::exp(&log_input)?;
        exponential - (log_input * targets)?
    })
}
