//! Reductions that are made of others: logarithms of sums, variances, counts.

use ferroflow_core::{
    DType, IntoOperand, NdArray, Op, Operand, Result, Tensor, bail, constant, context, convert_to_tensor,
    operators,
};
use ferroflow_ops_array as array;
use ferroflow_ops_math::{self as math, Axes, ReduceOptions};

/// `log(sum(exp(x)))` along axes, without leaving the range of the dtype.
///
/// Source: `tf.math.reduce_logsumexp`.
///
/// ```
/// use ferroflow_ops::composites::reduce_logsumexp;
/// ferroflow_ops::install();
/// let sum = reduce_logsumexp([1000.0, 1000.0], ())?.numpy()?.item::<f32>()?;
/// assert!((sum - 1000.6931).abs() < 1e-3);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for an axis that the input does not have.
pub fn reduce_logsumexp(input: impl IntoOperand, axis: impl Into<Axes>) -> Result<Tensor> {
    reduce_logsumexp_with(input, axis, |options| options)
}

/// [`reduce_logsumexp`] with optional arguments.
///
/// # Errors
/// As [`reduce_logsumexp`].
pub fn reduce_logsumexp_with(
    input: impl IntoOperand,
    axis: impl Into<Axes>,
    options: impl FnOnce(ReduceOptions) -> ReduceOptions,
) -> Result<Tensor> {
    let (input, axis) = (input.into_operand()?, axis.into());
    let keepdims = options(ReduceOptions::default()).keepdims;
    let name = context::take_name().unwrap_or_else(|| "ReduceLogSumExp".to_string());
    context::name_scope_for_op(&name, |op_name| {
        let largest = math::reduce_max_with(input.clone(), axis.clone(), |o| o.keepdims(true))?;
        // Infinite maxima would leave NaN behind when they are subtracted.
        let is_finite = math::is_finite(&largest)?;
        let shift = array::stop_gradient(array::where_select(is_finite, &largest, 0)?)?;
        let shifted = math::exp(operators::subtract(input, &shift)?)?;
        let sum = math::log(math::reduce_sum_with(shifted, axis, |o| o.keepdims(keepdims))?)?;
        let shift =
            if keepdims { shift } else { array::reshape(shift, Op::named("Shape").input(&sum).one()?)? };
        context::with_name(&op_name, || operators::add(sum, shift))
    })
}

/// The mean of the squared distances from the mean, along axes.
///
/// Source: `tf.math.reduce_variance`.
///
/// ```
/// use ferroflow_ops::composites::reduce_variance;
/// ferroflow_ops::install();
/// let variance = reduce_variance([[1.0, 2.0], [3.0, 4.0]], 0)?;
/// assert_eq!(variance.numpy()?.as_slice::<f32>()?, [1.0, 1.0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `TypeError` for integers, `InvalidArgument` for an axis that the input does not have.
pub fn reduce_variance(input: impl IntoOperand, axis: impl Into<Axes>) -> Result<Tensor> {
    reduce_variance_with(input, axis, |options| options)
}

/// [`reduce_variance`] with optional arguments.
///
/// # Errors
/// As [`reduce_variance`].
pub fn reduce_variance_with(
    input: impl IntoOperand,
    axis: impl Into<Axes>,
    options: impl FnOnce(ReduceOptions) -> ReduceOptions,
) -> Result<Tensor> {
    let (input, axis) = (input.into_operand()?, axis.into());
    let keepdims = options(ReduceOptions::default()).keepdims;
    context::name_scope("reduce_variance", || {
        let input = convert_to_tensor(input, None)?;
        let mean = math::reduce_mean_with(&input, axis.clone(), |o| o.keepdims(true))?;
        if mean.dtype().is_integer() {
            bail!(
                type_error,
                "Input must be either real or complex. Received integer type {:?}.",
                mean.dtype()
            );
        }
        let difference = (&input - mean)?;
        let squares = if difference.dtype().is_complex() {
            math::real(operators::multiply(&difference, math::conj(&difference)?)?)?
        } else {
            math::square(difference)?
        };
        math::reduce_mean_with(squares, axis, |o| o.keepdims(keepdims))
    })
}

/// The square root of the variance, along axes.
///
/// Source: `tf.math.reduce_std`.
///
/// # Errors
/// As [`reduce_variance`].
pub fn reduce_std(input: impl IntoOperand, axis: impl Into<Axes>) -> Result<Tensor> {
    reduce_std_with(input, axis, |options| options)
}

/// [`reduce_std`] with optional arguments.
///
/// # Errors
/// As [`reduce_variance`].
pub fn reduce_std_with(
    input: impl IntoOperand,
    axis: impl Into<Axes>,
    options: impl FnOnce(ReduceOptions) -> ReduceOptions,
) -> Result<Tensor> {
    let (input, axis) = (input.into_operand()?, axis.into());
    context::name_scope("reduce_std", || {
        let input = convert_to_tensor(input, None)?;
        math::sqrt(reduce_variance_with(input, axis, options)?)
    })
}

/// How many elements differ from 0 (from the empty string) along axes, as `int64`.
///
/// Source: `tf.math.count_nonzero`.
///
/// ```
/// use ferroflow_ops::composites::count_nonzero;
/// ferroflow_ops::install();
/// let count = count_nonzero([[0, 1], [2, 3]], 1)?;
/// assert_eq!(count.numpy()?.as_slice::<i64>()?, [1, 2]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for an axis that the input does not have.
pub fn count_nonzero(input: impl IntoOperand, axis: impl Into<Axes>) -> Result<Tensor> {
    let (input, axis): (Operand, Axes) = (input.into_operand()?, axis.into());
    context::name_scope("count_nonzero", || {
        let input = context::with_name("input", || convert_to_tensor(input, None))?;
        let dtype = input.dtype().base();
        let zero = match dtype {
            DType::STRING => NdArray::from(""),
            dtype => NdArray::scalar(0i32).cast(dtype)?,
        };
        let zero = context::with_name("zeros", || constant(zero))?;
        let is_nonzero = math::not_equal(input, zero)?;
        math::reduce_sum(operators::cast(is_nonzero, DType::INT64)?, axis)
    })
}
