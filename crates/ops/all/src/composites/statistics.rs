//! Moments from sums, and moments of weighted values.

use ferroflow_core::{
    DType, IntoOperand, NdArray, Result, Tensor, constant, context, convert_to_tensor, operators,
};
use ferroflow_ops_array as array;
use ferroflow_ops_math as math;

/// The number, the sum and the sum of squares of elements along axes, and the shift, if one is taken off each element first:
/// close to the mean it makes the sums exacter.
///
/// Source: `tf.nn.sufficient_statistics`.
///
/// ```
/// use ferroflow_ops::composites::{normalize_moments, sufficient_statistics};
/// ferroflow_ops::install();
/// let (count, sum, squares, shift) = sufficient_statistics([1.0, 2.0, 3.0], &[0], None, false)?;
/// let (mean, variance) = normalize_moments(count, sum, squares, shift)?;
/// assert_eq!(mean.numpy()?.item::<f32>()?, 2.0);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for an axis that the tensor does not have.
pub fn sufficient_statistics(
    x: impl IntoOperand,
    axes: &[i64],
    shift: Option<Tensor>,
    keepdims: bool,
) -> Result<(Tensor, Tensor, Tensor, Option<Tensor>)> {
    let x = x.into_operand()?;
    let mut axes = axes.to_vec();
    axes.sort_unstable();
    axes.dedup();
    context::name_scope("sufficient_statistics", || {
        let x = context::with_name("x", || convert_to_tensor(x, None))?;
        let rank = x.rank().unwrap_or(0) as i64;
        let known = axes.iter().map(|axis| x.shape().dim((axis.rem_euclid(rank.max(1))) as usize));
        let count = match known.product::<Option<usize>>() {
            Some(count) if x.rank().is_some() => constant(NdArray::scalar(count as f64).cast(x.dtype())?)?,
            _ => {
                let rank = array::rank(&x)?;
                let mut places = Vec::new();
                for &axis in &axes {
                    let axis = axis as i32;
                    places.push(if axis < 0 { (axis + &rank)? } else { constant(NdArray::scalar(axis))? });
                }
                let sizes = operators::cast(array::shape(&x)?, x.dtype())?;
                let sizes = array::gather(sizes, array::stack(places)?)?;
                context::with_name("count", || math::reduce_prod(sizes, ()))?
            }
        };
        let (shift, sums, squares) = match shift {
            Some(shift) => {
                let sums = operators::subtract(&x, &shift)?;
                let squares = math::squared_difference(&x, &shift)?;
                (Some(shift), sums, squares)
            }
            None => (None, x.clone(), math::square(&x)?),
        };
        let summed = |name: &str, tensor: Tensor| {
            context::with_name(name, || math::reduce_sum_with(tensor, axes.clone(), |o| o.keepdims(keepdims)))
        };
        let mean_ss = summed("mean_ss", sums)?;
        Ok((count, mean_ss, summed("var_ss", squares)?, shift))
    })
}

/// The mean and the variance from what [`sufficient_statistics`] gave.
///
/// Source: `tf.nn.normalize_moments`.
///
/// # Errors
/// `InvalidArgument` when the shapes do not broadcast.
pub fn normalize_moments(
    counts: impl IntoOperand,
    mean_ss: impl IntoOperand,
    variance_ss: impl IntoOperand,
    shift: Option<Tensor>,
) -> Result<(Tensor, Tensor)> {
    let counts = convert_to_tensor(counts, None)?;
    let (mean_ss, variance_ss) = (convert_to_tensor(mean_ss, None)?, convert_to_tensor(variance_ss, None)?);
    context::name_scope("normalize", || {
        let divisor = context::with_name("divisor", || math::reciprocal(&counts))?;
        let (shifted, mean) = match shift {
            Some(shift) => {
                let shifted = context::with_name("shifted_mean", || operators::multiply(&mean_ss, &divisor))?;
                let mean = context::with_name("mean", || operators::add(&shifted, shift))?;
                (shifted, mean)
            }
            None => {
                let mean = context::with_name("mean", || operators::multiply(&mean_ss, &divisor))?;
                (mean.clone(), mean)
            }
        };
        let squares = operators::multiply(&variance_ss, &divisor)?;
        let square = math::square(shifted)?;
        let variance = context::with_name("variance", || operators::subtract(squares, square))?;
        Ok((mean, variance))
    })
}

/// The mean and the variance along axes of elements that count as often as their weights say.
///
/// Source: `tf.nn.weighted_moments`.
///
/// ```
/// use ferroflow_ops::composites::weighted_moments;
/// ferroflow_ops::install();
/// let (mean, _) = weighted_moments([1.0, 5.0], &[0], [3.0, 1.0], false)?;
/// assert_eq!(mean.numpy()?.item::<f32>()?, 2.0);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when the shapes do not broadcast, or for an axis that the tensor does not have.
pub fn weighted_moments(
    x: impl IntoOperand,
    axes: &[i64],
    frequency_weights: impl IntoOperand,
    keepdims: bool,
) -> Result<(Tensor, Tensor)> {
    let (x, weights) = (x.into_operand()?, frequency_weights.into_operand()?);
    context::name_scope("weighted_moments", || {
        let x = context::with_name("x", || convert_to_tensor(x, None))?;
        let weights = context::with_name("frequency_weights", || convert_to_tensor(weights, None))?;
        // Half-precision sums are made in single precision.
        let half = x.dtype() == DType::HALF;
        let x = if half { operators::cast(x, DType::FLOAT32)? } else { x };
        let weights = operators::cast(weights, x.dtype())?;
        let sum = |name: &str, tensor: Tensor| {
            context::with_name(name, || math::reduce_sum_with(tensor, axes.to_vec(), |o| o.keepdims(true)))
        };
        let total = sum("weighted_input_sum", (&weights * &x)?)?;
        let count = sum("sum_of_weights", (&weights + array::zeros_like(&x)?)?)?;
        let mean = math::divide_no_nan(total, &count)?;
        let distances = (&weights * math::squared_difference(&x, &mean)?)?;
        let variance = math::divide_no_nan(sum("weighted_distsq", distances)?, count)?;
        let finish = |moment: Tensor| {
            let moment =
                if keepdims { moment } else { array::squeeze_with(moment, |o| o.axis(axes.to_vec()))? };
            if half { operators::cast(moment, DType::HALF) } else { Ok(moment) }
        };
        Ok((finish(mean)?, finish(variance)?))
    })
}
