//! `moments`, `batch_normalization`, `l2_normalize`, `sigmoid_cross_entropy_with_logits`.

use ferroflow_core::operators::{add, cast, multiply, negative};
use ferroflow_core::{DType, IntoOperand, NdArray, Op, Result, Tensor, context, convert_to_tensor};

fn mean_over(x: impl IntoOperand, axes: &[i32], name: &'static str) -> Result<Tensor> {
    Op::named("Mean").input(x).input(axes).attr("keep_dims", true).default_name(name).one()
}

fn squeezed(x: Tensor, axes: &[i32]) -> Result<Tensor> {
    let axes: Vec<i64> = axes.iter().map(|&axis| axis.into()).collect();
    Op::named("Squeeze").input(x).attr("squeeze_dims", axes).one()
}

/// Mean and variance along axes, which are kept with size 1 where `keepdims` is set.
///
/// Source: `tf.nn.moments`.
///
/// # Errors
/// `InvalidArgument` for an axis that the tensor does not have.
pub fn moments(x: impl IntoOperand, axes: &[i32], keepdims: bool) -> Result<(Tensor, Tensor)> {
    context::name_scope("moments", || {
        let x = convert_to_tensor(x, None)?;
        // Half precision is too narrow for sums of squares.
        let wide = if x.dtype() == DType::HALF { cast(&x, DType::FLOAT32)? } else { x.clone() };
        let mean = mean_over(&wide, axes, "mean")?;
        let still = Op::named("StopGradient").input(&mean).one()?;
        let squares = Op::named("SquaredDifference").input(&wide).input(still).one()?;
        let variance = mean_over(squares, axes, "variance")?;
        let (mean, variance) =
            if keepdims { (mean, variance) } else { (squeezed(mean, axes)?, squeezed(variance, axes)?) };
        Ok((cast(mean, x.dtype())?, cast(variance, x.dtype())?))
    })
}

/// `x` brought to mean 0 and variance 1 by these statistics, then scaled and shifted.
///
/// Source: `tf.nn.batch_normalization`.
///
/// # Errors
/// `InvalidArgument` when the shapes do not broadcast.
pub fn batch_normalization(
    x: impl IntoOperand,
    mean: impl IntoOperand,
    variance: impl IntoOperand,
    offset: Option<&Tensor>,
    scale: Option<&Tensor>,
    variance_epsilon: f64,
) -> Result<Tensor> {
    context::name_scope("batchnorm", || {
        let x = convert_to_tensor(x, None)?;
        let (mean, variance) = (convert_to_tensor(mean, None)?, convert_to_tensor(variance, None)?);
        let mut inverse = Op::named("Rsqrt").input(variance + variance_epsilon).one()?;
        if let Some(scale) = scale {
            inverse = (inverse * scale)?;
        }
        let scaled = (&x * cast(&inverse, x.dtype())?)?;
        let shift = match offset {
            Some(offset) => (offset - (mean * inverse)?)?,
            None => (negative(mean)? * inverse)?,
        };
        scaled + cast(shift, x.dtype())?
    })
}

/// `x` divided by its Euclidean norm along axes, which counts as `sqrt(epsilon)` at least.
///
/// Source: `tf.math.l2_normalize`.
///
/// # Errors
/// `InvalidArgument` for an axis that the tensor does not have.
pub fn l2_normalize(x: impl IntoOperand, axes: &[i32], epsilon: f64) -> Result<Tensor> {
    let name = context::take_name().unwrap_or_else(|| "l2_normalize".to_string());
    context::name_scope_for_op(&name, |name| {
        let x = convert_to_tensor(x, None)?;
        let squares = Op::named("Square").input(&x).one()?;
        let sum = Op::named("Sum").input(squares).input(axes).attr("keep_dims", true).one()?;
        let bounded = Op::named("Maximum").input(sum).input(epsilon).one()?;
        let inverse = Op::named("Rsqrt").input(bounded).one()?;
        context::with_name(&name, || multiply(&x, inverse))
    })
}

/// The cross entropy of independent yes-or-no decisions, from their logits, without overflow.
///
/// Source: `tf.nn.sigmoid_cross_entropy_with_logits`.
///
/// # Errors
/// `InvalidArgument` when the shapes differ.
pub fn sigmoid_cross_entropy_with_logits(
    labels: impl IntoOperand,
    logits: impl IntoOperand,
) -> Result<Tensor> {
    let name = context::take_name().unwrap_or_else(|| "logistic_loss".to_string());
    context::name_scope_for_op(&name, |name| {
        let logits = context::with_name("logits", || convert_to_tensor(logits, None))?;
        let labels = context::with_name("labels", || convert_to_tensor(labels, Some(logits.dtype())))?;
        let zeros = ferroflow_ops_array::zeros_like(&logits)?;
        let positive = Op::named("GreaterEqual").input(&logits).input(&zeros).one()?;
        let select = |yes: &Tensor, no: &Tensor| {
            Op::named("Select").input(&positive).input(yes).input(no).default_name("Select").one()
        };
        let relu = select(&logits, &zeros)?;
        let below_zero = select(&negative(&logits)?, &logits)?;
        let product = (&logits * labels)?;
        let difference = (relu - product)?;
        let exponential = Op::named("Exp").input(below_zero).one()?;
        let rest = Op::named("Log1p").input(exponential).one()?;
        context::with_name(&name, || add(difference, rest))
    })
}

/// [`batch_normalization`] with an offset, and a scale that is left out unless `scale_after_normalization` says otherwise.
///
/// Source: `tf.nn.batch_norm_with_global_normalization`.
///
/// # Errors
/// As [`batch_normalization`].
pub fn batch_norm_with_global_normalization(
    input: impl IntoOperand,
    mean: impl IntoOperand,
    variance: impl IntoOperand,
    beta: &Tensor,
    gamma: &Tensor,
    variance_epsilon: f64,
    scale_after_normalization: bool,
) -> Result<Tensor> {
    let scale = scale_after_normalization.then_some(gamma);
    batch_normalization(input, mean, variance, Some(beta), scale, variance_epsilon)
}

/// The sum of a regularization loss, as each of the replicas that train together adds it: there is one.
///
/// Source: `tf.nn.scale_regularization_loss`.
///
/// # Errors
/// Those of the graph in force.
pub fn scale_regularization_loss(regularization_loss: impl IntoOperand) -> Result<Tensor> {
    let sum = ferroflow_ops_math::reduce_sum(regularization_loss, ())?;
    let replicas = convert_to_tensor(NdArray::scalar(1.0f64).cast(sum.dtype())?, None)?;
    ferroflow_core::operators::truediv(sum, replicas)
}
