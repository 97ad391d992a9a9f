//! UnsortedSegmentSum, UnsortedSegmentProd, UnsortedSegmentMin, UnsortedSegmentMax: segments in any order.

use super::driver::{Combine, Segmented, combine};
use super::sorted::without_zeros;
use crate::dtypes::{NUMBERS, REALS, is_half};
use crate::known::number_like;
use ferroflow_core::{
    Grad, GradCtx, IntoOperand, KernelCtx, Op, OpDef, PartialShape, Result, ShapeCtx, Tensor, bail, dispatch,
    ensure, operators,
};

macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident $static:ident $tf:literal $how:ident $complex:literal $types:ident $grad:expr;)*) => {
        $($(#[$doc])*
        ///
        /// The slice of `data` at position `i` of `segment_ids` belongs to segment `segment_ids[i]`, and to none where
        /// that is negative.
        ///
        #[doc = concat!("Source: `tf.math.", stringify!($name), "` (op `", $tf, "`).")]
        ///
        /// # Errors
        /// `InvalidArgument` for an id from `num_segments` on, and when the shape of `segment_ids` does not begin that
        /// of `data`.
        pub fn $name(
            data: impl IntoOperand,
            segment_ids: impl IntoOperand,
            num_segments: impl IntoOperand,
        ) -> Result<Tensor> {
            Op::new(&$static).input(data).input(segment_ids).input(num_segments).one()
        }

        pub(crate) static $static: OpDef = OpDef {
            name: $tf,
            shape,
            kernel: Some(|cx| {
                let dtype = cx.dtype("T")?;
                if $complex && dtype.is_complex() {
                    return dispatch!(dtype, COMPLEX, |T| run::<T>(cx, Combine::$how));
                }
                match dtype {
                    dtype if is_half(dtype) => half(cx, Combine::$how),
                    dtype => dispatch!(dtype, REALS, |T| run::<T>(cx, Combine::$how)),
                }
            }),
            grad: $grad,
            types: &[("T", $types)],
            ..OpDef::NEW
        };)*
    };
}

functions! {
    /// The sums of the slices of each segment; 0 where there are none.
    unsorted_segment_sum UNSORTED_SEGMENT_SUM "UnsortedSegmentSum" Sum true NUMBERS Grad::Fn(sum_grad);
    /// The products of the slices of each segment; 1 where there are none.
    unsorted_segment_prod UNSORTED_SEGMENT_PROD "UnsortedSegmentProd" Prod true NUMBERS Grad::Fn(prod_grad);
    /// The smallest elements of the slices of each segment; the dtype's largest number where there are none.
    unsorted_segment_min UNSORTED_SEGMENT_MIN "UnsortedSegmentMin" Min false REALS Grad::Fn(extreme_grad);
    /// The largest elements of the slices of each segment; the dtype's smallest number where there are none.
    unsorted_segment_max UNSORTED_SEGMENT_MAX "UnsortedSegmentMax" Max false REALS Grad::Fn(extreme_grad);
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (data, ids, num) = (cx.input(0), cx.input(1), cx.input(2));
    let count = cx.int_value(2)?;
    if cx.at_run_time() {
        ensure!(
            num.rank() == Some(0),
            invalid_argument,
            "num_segments should be a scalar, not shape {}",
            num.cpp()
        );
        let starts = match (data.dims(), ids.dims()) {
            (Some(data), Some(ids)) => data.starts_with(ids),
            _ => true,
        };
        ensure!(
            starts,
            invalid_argument,
            "data.shape = {} does not start with segment_ids.shape = {}",
            data.cpp(),
            ids.cpp()
        );
    } else {
        cx.with_rank(2, 0)?;
    }
    if let Some(count @ ..0) = count {
        return Err(cx.mismatch(
            format!("Input num_segments == {count} must not be negative."),
            format!("Dimension size, given by scalar input 2, must be non-negative but is {count}"),
        ));
    }
    let (Some(dims), Some(id_dims)) = (data.dims(), ids.dims()) else {
        cx.set_all_unknown();
        return Ok(());
    };
    if dims.len() < id_dims.len() {
        bail!(invalid_argument, "Shape must be at least rank {} but is rank {}", id_dims.len(), dims.len());
    }
    for (&dim, &id_dim) in dims.iter().zip(id_dims) {
        cx.merge_dims(dim, id_dim)?;
    }
    let count = count.and_then(|count| usize::try_from(count).ok());
    cx.set(0, PartialShape::new([count].into_iter().chain(dims[id_dims.len()..].iter().copied())));
    Ok(())
}

/// `absent` is what a segment without slices holds.
fn fill<T: Segmented>(cx: &mut KernelCtx<'_>, how: Combine, absent: T) -> Result<()> {
    let output = cx.output_shape(0)?;
    let (data, ids_array) = (cx.input(0)?, cx.input(1)?);
    let count = output.dims().first().copied().unwrap_or(0);
    let inner = output.dims().iter().skip(1).product();
    let mut rows = Vec::new();
    for (position, id) in cx.ints(1)?.into_iter().enumerate() {
        match usize::try_from(id) {
            // Negative ids are left out.
            Err(_) => {}
            Ok(segment) if segment < count => rows.push((segment, position)),
            Ok(_) => {
                let at = index_text(position, ids_array.shape().dims());
                bail!(invalid_argument, "segment_ids{at} = {id} is out of range [0, {count})")
            }
        }
    }
    let segments = combine(data.as_slice::<T>()?, inner, count, rows.into_iter(), how, absent)?;
    cx.set_elements(0, segments.elements)
}

/// A flat position as an index in brackets: `[1,0]`, and `` for a scalar.
fn index_text(position: usize, dims: &[usize]) -> String {
    let (mut rest, mut parts) = (position, Vec::new());
    for &dim in dims.iter().rev() {
        parts.push((rest % dim.max(1)).to_string());
        rest /= dim.max(1);
    }
    parts.reverse();
    if parts.is_empty() { String::new() } else { format!("[{}]", parts.join(",")) }
}

fn run<T: Segmented>(cx: &mut KernelCtx<'_>, how: Combine) -> Result<()> {
    let absent = match how {
        Combine::Sum => T::default(),
        Combine::Prod => T::ONE,
        Combine::Min => T::LIMITS[0],
        Combine::Max => T::LIMITS[1],
    };
    fill(cx, how, absent)
}

/// Half types have limits of their own.
fn half(cx: &mut KernelCtx<'_>, how: Combine) -> Result<()> {
    match how {
        Combine::Sum => cx.through_f32(|cx| run::<f32>(cx, Combine::Sum)),
        Combine::Prod => cx.through_f32(|cx| run::<f32>(cx, Combine::Prod)),
        _ => {
            let is_bfloat16 = cx.dtype("T")? == ferroflow_core::DType::BFLOAT16;
            match (how, is_bfloat16) {
                (Combine::Min, false) => cx.through_f32(|cx| fill(cx, Combine::Min, 65504.0f32)),
                (Combine::Min, true) => {
                    cx.through_f32(|cx| fill(cx, Combine::Min, ferroflow_core::bf16::MAX.to_f32()))
                }
                (_, false) => cx.through_f32(|cx| fill(cx, Combine::Max, -65504.0f32)),
                (_, true) => cx.through_f32(|cx| fill(cx, Combine::Max, ferroflow_core::bf16::MIN.to_f32())),
            }
        }
    }
}

/// The slices of `tensor` that the ids name, zeros where an id is negative; and where they are not.
fn gather_or_zero(tensor: &Tensor, ids: &Tensor) -> Result<(Tensor, Tensor)> {
    let zero_ids = Op::named("ZerosLike").input(ids).one()?;
    let clipped = Op::named("Maximum").input(ids).input(&zero_ids).one()?;
    let gathered = super::sorted::gather(tensor, &clipped)?;
    let is_named = Op::named("GreaterEqual").input(ids).input(&zero_ids).one()?;
    let is_named = with_axes_of(is_named, ids, &gathered)?;
    let zero = number_like(0.0, tensor)?;
    let kept = Op::named("SelectV2").input(&is_named).input(gathered).input(zero).one()?;
    Ok((kept, is_named))
}

/// A mask over ids, with axes of size 1 behind, as many as the slices have more.
fn with_axes_of(mask: Tensor, ids: &Tensor, slices: &Tensor) -> Result<Tensor> {
    if let (Some(all), Some(own)) = (slices.rank(), ids.rank()) {
        return (own..all).try_fold(mask, |mask, _| Op::named("ExpandDims").input(mask).input(-1).one());
    }
    let shape = Op::named("Shape").input(&mask).one()?;
    let rank = |tensor: &Tensor| Op::named("Rank").input(tensor).one();
    let missing = (rank(slices)? - rank(&mask)?)?;
    let missing = Op::named("Reshape").input(missing).input([1]).one()?;
    let ones = Op::named("Fill").input(missing).input(1).one()?;
    let shape = Op::named("ConcatV2").inputs([&shape, &ones]).input(0).one()?;
    Op::named("Reshape").input(mask).input(shape).one()
}

fn sum_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (dx, _) = gather_or_zero(&cx.dy(0)?, cx.x(1)?)?;
    cx.set(0, dx)
}

/// The gradient is shared equally by all elements that attain the extreme.
fn extreme_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (x, ids, num, y, dy) = (cx.x(0)?, cx.x(1)?, cx.x(2)?, cx.y(0)?, cx.dy(0)?);
    let (extremes, is_named) = gather_or_zero(y, ids)?;
    let is_extreme = Op::named("Equal").input(x).input(extremes).one()?;
    let is_extreme = operators::logical_and(is_extreme, is_named)?;
    let counts = unsorted_segment_sum(operators::cast(&is_extreme, dy.dtype())?, ids, num)?;
    let (shared, _) = gather_or_zero(&operators::truediv(dy, counts)?, ids)?;
    let zero = number_like(0.0, x)?;
    cx.set(0, Op::named("SelectV2").input(is_extreme).input(shared).input(zero).one())
}

/// As the gradient of sorted products; rows without a segment get none.
fn prod_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (x, ids, num, y, dy) = (cx.x(0)?, cx.x(1)?, cx.x(2)?, cx.y(0)?, cx.dy(0)?);
    let [is_zero, dy, non_zero] = without_zeros(x, dy, |zeros| unsorted_segment_sum(zeros, ids, num))?;
    let non_zero_prod = unsorted_segment_prod(non_zero, ids, num)?;
    let zero_ids = Op::named("ZerosLike").input(ids).one()?;
    let clipped = Op::named("Maximum").input(ids).input(zero_ids).one()?;
    let pick = |tensor: &Tensor| super::sorted::gather(tensor, &clipped);
    let quotient = Op::named("RealDiv").input(pick(y)?).input(x).one()?;
    let partial = Op::named("SelectV2").input(is_zero).input(pick(&non_zero_prod)?).input(quotient).one()?;
    let (dy, _) = gather_or_zero(&dy, ids)?;
    cx.set(0, dy * partial)
}
