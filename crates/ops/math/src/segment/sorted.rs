//! SegmentSum, SegmentMean, SegmentProd, SegmentMin, SegmentMax: segments listed in order.

use super::driver::{Combine, Segmented, combine, sorted_ids};
use crate::dtypes::{NUMBERS, REALS, is_half};
use crate::known::number_like;
use ferroflow_core::{
    Grad, GradCtx, IntoOperand, KernelCtx, NdArray, Op, OpDef, PartialShape, Result, Shape, ShapeCtx, Tensor,
    dispatch, ensure, operators,
};

/// Integers, floats and complex numbers.
macro_rules! numbers {
    ($dtype:ident, $cx:ident, $how:ident, $mean:literal) => {
        if $dtype.is_complex() {
            dispatch!($dtype, COMPLEX, |T| run::<T>($cx, Combine::$how, $mean))
        } else {
            dispatch!($dtype, REALS, |T| run::<T>($cx, Combine::$how, $mean))
        }
    };
}

/// Integers and floats.
macro_rules! reals {
    ($dtype:ident, $cx:ident, $how:ident, $mean:literal) => {
        dispatch!($dtype, REALS, |T| run::<T>($cx, Combine::$how, $mean))
    };
}

macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident $static:ident $tf:literal $how:ident $mean:literal $set:ident $types:ident $grad:expr;)*) => {
        $($(#[$doc])*
        ///
        /// Row `i` belongs to segment `segment_ids[i]`; ids are sorted.
        ///
        #[doc = concat!("Source: `tf.math.", stringify!($name), "` (op `", $tf, "`).")]
        ///
        /// # Errors
        /// `InvalidArgument` unless there is one id for each row, none negative, none smaller than the one before.
        pub fn $name(data: impl IntoOperand, segment_ids: impl IntoOperand) -> Result<Tensor> {
            Op::new(&$static).input(data).input(segment_ids).one()
        }

        pub(crate) static $static: OpDef = OpDef {
            name: $tf,
            shape,
            kernel: Some(|cx| {
                let dtype = cx.dtype("T")?;
                if is_half(dtype) {
                    return cx.through_f32(cx.op().kernel.unwrap_or(|_| Ok(())));
                }
                $set!(dtype, cx, $how, $mean)
            }),
            grad: $grad,
            types: &[("T", $types)],
            ..OpDef::NEW
        };)*
    };
}

functions! {
    /// The sums of the rows of each segment.
    segment_sum SEGMENT_SUM "SegmentSum" Sum false numbers NUMBERS Grad::Fn(sum_grad);
    /// The means of the rows of each segment.
    segment_mean SEGMENT_MEAN "SegmentMean" Sum true numbers NUMBERS Grad::Fn(mean_grad);
    /// The products of the rows of each segment.
    segment_prod SEGMENT_PROD "SegmentProd" Prod false numbers NUMBERS Grad::Fn(prod_grad);
    /// The smallest elements of the rows of each segment.
    segment_min SEGMENT_MIN "SegmentMin" Min false reals REALS Grad::Fn(extreme_grad);
    /// The largest elements of the rows of each segment.
    segment_max SEGMENT_MAX "SegmentMax" Max false reals REALS Grad::Fn(extreme_grad);
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (data, ids) = (cx.input(0), cx.input(1));
    if cx.at_run_time() {
        ensure!(data.rank() != Some(0), invalid_argument, "input must be at least rank 1");
        ensure!(ids.rank() == Some(1), invalid_argument, "segment_ids should be a vector.");
        ensure!(
            ids.dim(0) == data.dim(0),
            invalid_argument,
            "segment_ids should be the same size as dimension 0 of input."
        );
    }
    let data = cx.with_rank_at_least(0, 1)?;
    cx.with_rank(1, 1)?;
    // How many segments there are is read from the ids, by the kernel.
    match data.dims() {
        Some(dims) => cx.set(0, PartialShape::new([None].into_iter().chain(dims[1..].iter().copied()))),
        None => cx.set_all_unknown(),
    }
    Ok(())
}

/// The shape of this many segments of the rows of `data`.
pub(super) fn segments_shape(data: &NdArray, segments: usize) -> Result<Shape> {
    let mut dims = vec![segments];
    dims.extend_from_slice(data.shape().get(1..).unwrap_or_default());
    Shape::new(&dims)
}

fn run<T: Segmented>(cx: &mut KernelCtx<'_>, how: Combine, mean: bool) -> Result<()> {
    cx.infer_shapes()?;
    let (ids, count) = sorted_ids(&cx.ints(1)?)?;
    let data = cx.input(0)?;
    let inner = data.shape()[1..].iter().product();
    let absent = if how == Combine::Prod { T::ONE } else { T::default() };
    let rows = ids.iter().copied().zip(0..);
    let mut segments = combine(data.as_slice::<T>()?, inner, count, rows, how, absent)?;
    if mean {
        for (row, &count) in segments.elements.chunks_mut(inner.max(1)).zip(&segments.counts) {
            row.iter_mut().for_each(|value| *value = value.divide(count.max(1)));
        }
    }
    let shape = segments_shape(data, count)?;
    cx.set(0, NdArray::from_shape(shape, segments.elements)?)
}

/// The rows of `tensor` that the ids name.
pub(super) fn gather(tensor: &Tensor, ids: &Tensor) -> Result<Tensor> {
    Op::named("GatherV2").input(tensor).input(ids).input(0).one()
}

fn sum_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let dx = gather(&cx.dy(0)?, cx.x(1)?);
    cx.set(0, dx)
}

fn mean_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (x, ids, dy) = (cx.x(0)?, cx.x(1)?, cx.dy(0)?);
    let ones = Op::named("OnesLike").input(x).one()?;
    let counts = segment_sum(ones, ids)?;
    cx.set(0, gather(&operators::truediv(dy, counts)?, ids))
}

/// The gradient is shared equally by all elements that attain the extreme.
fn extreme_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (x, ids, y, dy) = (cx.x(0)?, cx.x(1)?, cx.y(0)?, cx.dy(0)?);
    let is_extreme = Op::named("Equal").input(x).input(gather(y, ids)?).one()?;
    let counts = segment_sum(operators::cast(&is_extreme, dy.dtype())?, ids)?;
    let shared = gather(&operators::truediv(dy, counts)?, ids)?;
    let zero = number_like(0.0, x)?;
    cx.set(0, Op::named("SelectV2").input(is_extreme).input(shared).input(zero).one())
}

/// Products of the other rows, without dividing by the zeros among them: where a segment has one zero, only that row has
/// a gradient, and with more of them none has.
fn prod_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (x, ids, y, dy) = (cx.x(0)?, cx.x(1)?, cx.y(0)?, cx.dy(0)?);
    let [is_zero, dy, non_zero] = without_zeros(x, dy, |zeros| segment_sum(zeros, ids))?;
    let non_zero_prod = segment_prod(&non_zero, ids)?;
    let quotient = Op::named("RealDiv").input(gather(y, ids)?).input(&non_zero).one()?;
    let partial =
        Op::named("SelectV2").input(is_zero).input(gather(&non_zero_prod, ids)?).input(quotient).one()?;
    cx.set(0, gather(&dy, ids)? * partial)
}

/// Where `x` is 0; the gradient without that of segments with more zeros than one; and `x` with ones for zeros.
pub(super) fn without_zeros(
    x: &Tensor,
    dy: Tensor,
    count: impl FnOnce(Tensor) -> Result<Tensor>,
) -> Result<[Tensor; 3]> {
    let is_zero = Op::named("Equal").input(x).input(number_like(0.0, x)?).one()?;
    let zeros = count(operators::cast(&is_zero, ferroflow_core::DType::INT32)?)?;
    let has_more = Op::named("Greater").input(zeros).input(1).one()?;
    let nothing = Op::named("ZerosLike").input(&dy).one()?;
    let dy = Op::named("SelectV2").input(has_more).input(nothing).input(dy).one()?;
    let ones = Op::named("OnesLike").input(x).one()?;
    let non_zero = Op::named("SelectV2").input(&is_zero).input(ones).input(x).one()?;
    Ok([is_zero, dy, non_zero])
}
