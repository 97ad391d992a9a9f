//! Means of unsorted segments, and the same over the roots of their sizes.

use ferroflow_core::{
    DType, IntoOperand, NdArray, Op, Operand, Result, Tensor, constant, context, convert_to_tensor, operators,
};
use ferroflow_ops_array as array;
use ferroflow_ops_math as math;

/// How many rows each segment has, at least 1, in a shape that broadcasts with sums of rows.
fn sizes(data: &Tensor, segment_ids: &Tensor, num_segments: &Tensor) -> Result<Tensor> {
    let of_ids = array::shape_with(segment_ids, |o| o.out_type(DType::INT32))?;
    let ones = |shape: Tensor, dtype: DType| {
        context::name_scope_for_op("ones", |name| {
            let shape = match shape.rank() {
                Some(0) => context::with_name("packed", || Op::named("Pack").inputs([shape]).one())?,
                _ => shape,
            };
            let one = number(1.0, dtype)?;
            context::with_name(&name, || array::fill(shape, one))
        })
    };
    let counts = math::unsorted_segment_sum(ones(of_ids, data.dtype())?, segment_ids, num_segments)?;
    // One size for the segments, then ones for what is left of a row.
    let segments = array::getitem(num_segments, array::NewAxis)?;
    let left = (array::rank(data)? - array::rank(segment_ids)?)?;
    let shape = array::concat([segments, ones(left, num_segments.dtype())?], 0)?;
    math::maximum(array::reshape(counts, shape)?, number(1.0, data.dtype())?)
}

fn number(value: f64, dtype: DType) -> Result<Tensor> {
    constant(NdArray::scalar(value).cast(dtype)?)
}

fn parts(data: Operand, segment_ids: Operand, num_segments: Operand) -> Result<[Tensor; 3]> {
    Ok([
        convert_to_tensor(data, None)?,
        convert_to_tensor(segment_ids, None)?,
        convert_to_tensor(num_segments, None)?,
    ])
}

/// The means of the slices of each segment; 0 where there are none.
///
/// Source: `tf.math.unsorted_segment_mean`.
///
/// ```
/// use ferroflow_ops::composites::unsorted_segment_mean;
/// ferroflow_ops::install();
/// let means = unsorted_segment_mean([1.0, 3.0, 5.0], [1, 1, 0], 3)?.numpy()?;
/// assert_eq!(means.as_slice::<f32>()?, [5.0, 2.0, 0.0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for an id from `num_segments` on.
pub fn unsorted_segment_mean(
    data: impl IntoOperand,
    segment_ids: impl IntoOperand,
    num_segments: impl IntoOperand,
) -> Result<Tensor> {
    let [data, ids, num] =
        parts(data.into_operand()?, segment_ids.into_operand()?, num_segments.into_operand()?)?;
    context::name_scope("UnsortedSegmentMean", || {
        let sizes = sizes(&data, &ids, &num)?;
        operators::truediv(math::unsorted_segment_sum(&data, &ids, &num)?, sizes)
    })
}

/// The sums of the slices of each segment over the roots of their numbers; 0 where there are none.
///
/// Source: `tf.math.unsorted_segment_sqrt_n`.
///
/// # Errors
/// `InvalidArgument` for an id from `num_segments` on.
pub fn unsorted_segment_sqrt_n(
    data: impl IntoOperand,
    segment_ids: impl IntoOperand,
    num_segments: impl IntoOperand,
) -> Result<Tensor> {
    let [data, ids, num] =
        parts(data.into_operand()?, segment_ids.into_operand()?, num_segments.into_operand()?)?;
    context::name_scope("UnsortedSegmentSqrtN", || {
        let sizes = sizes(&data, &ids, &num)?;
        operators::truediv(math::unsorted_segment_sum(&data, &ids, &num)?, math::sqrt(sizes)?)
    })
}

/// The share of elements that are 0.
///
/// Source: `tf.math.zero_fraction`.
///
/// # Errors
/// `TypeError` for a dtype that cannot be compared.
pub fn zero_fraction(value: impl IntoOperand) -> Result<Tensor> {
    let value = value.into_operand()?;
    context::name_scope("zero_fraction", || {
        let value = context::with_name("value", || convert_to_tensor(value, None))?;
        let size = array::size_with(&value, |o| o.out_type(DType::INT64))?;
        // Small counts are made in int32.
        let small = math::less_equal(&size, i64::from(i32::MAX))?;
        let count = |dtype: DType| {
            context::name_scope("count_nonzero", || {
                let zero = constant(NdArray::scalar(0i32).cast(value.dtype().base())?)?;
                let marks = operators::cast(math::not_equal(&value, zero)?, dtype)?;
                context::with_name("nonzero_count", || math::reduce_sum(marks, ()))
            })
        };
        let nonzero = context::cond(
            &small,
            || operators::cast(count(DType::INT32)?, DType::INT64),
            || count(DType::INT64),
        )?;
        let fraction = context::name_scope("counts_to_fraction", || {
            let zeros = context::with_name("sub", || operators::subtract(&size, nonzero))?;
            let [zeros, size] = [&zeros, &size].map(|count| operators::cast(count, DType::FLOAT32));
            operators::truediv(zeros?, size?)
        })?;
        context::with_name("fraction", || array::identity(fraction))
    })
}
