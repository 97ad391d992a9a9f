//! SparseSegmentSum, SparseSegmentMean, SparseSegmentSqrtN, and the same with a given number of segments
//! (`...WithNumSegments`): segments of rows picked by index.

use super::driver::{Combine, Segmented, combine, sorted_ids};
use super::sorted::segments_shape;
use super::sparse_grad;
use crate::dtypes::{REALS, is_half};
use ferroflow_core::{
    DType, Grad, IntoOperand, KernelCtx, NdArray, Op, OpDef, PartialShape, Result, ShapeCtx, Tensor, bail,
    dispatch, ensure, reserve,
};

macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident $name_with_count:ident $static:ident $with_count:ident $kernel:ident $tf:literal $path:literal $types:expr, $set:ident, $scale:expr, $grad:ident;)*) => {
        $($(#[$doc])*
        ///
        /// Row `indices[i]` of `data` belongs to segment `segment_ids[i]`; ids are sorted.
        ///
        #[doc = concat!("Source: `", $path, "` (op `", $tf, "`).")]
        ///
        /// # Errors
        /// `InvalidArgument` for an index without a row, ids that fall, or numbers of indices and ids that differ.
        pub fn $name(
            data: impl IntoOperand,
            indices: impl IntoOperand,
            segment_ids: impl IntoOperand,
        ) -> Result<Tensor> {
            Op::new(&$static).input(data).input(indices).input(segment_ids).one()
        }

        #[doc = concat!("[`", stringify!($name), "`] into this many segments.")]
        ///
        /// # Errors
        #[doc = concat!("As [`", stringify!($name), "`]; `InvalidArgument` for an id from `num_segments` on.")]
        pub fn $name_with_count(
            data: impl IntoOperand,
            indices: impl IntoOperand,
            segment_ids: impl IntoOperand,
            num_segments: impl IntoOperand,
        ) -> Result<Tensor> {
            Op::new(&$with_count).input(data).input(indices).input(segment_ids).input(num_segments).one()
        }

        fn $kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
            match cx.dtype("T")? {
                dtype if is_half(dtype) => cx.through_f32($kernel),
                dtype => dispatch!(dtype, $set, |T| run::<T>(cx, $scale)),
            }
        }

        pub(crate) static $static: OpDef = OpDef {
            name: $tf,
            shape,
            kernel: Some($kernel),
            grad: Grad::Fn(sparse_grad::$grad),
            types: &[("T", $types)],
            ..OpDef::NEW
        };

        pub(crate) static $with_count: OpDef = OpDef {
            name: concat!($tf, "WithNumSegments"),
            shape: shape_with_count,
            kernel: Some($kernel),
            grad: Grad::Fn(sparse_grad::$grad),
            types: &[("T", $types)],
            ..OpDef::NEW
        };)*
    };
}

const FLOATS: &[DType] = &[DType::HALF, DType::BFLOAT16, DType::FLOAT32, DType::FLOAT64];

functions! {
    /// The sums of the rows of each segment.
    sparse_segment_sum sparse_segment_sum_with_num_segments
        SPARSE_SEGMENT_SUM SPARSE_SEGMENT_SUM_WITH_NUM_SEGMENTS sum_kernel "SparseSegmentSum" "tf.sparse.segment_sum"
        REALS, REALS, |value, _| value, sum;
    /// The means of the rows of each segment.
    sparse_segment_mean sparse_segment_mean_with_num_segments
        SPARSE_SEGMENT_MEAN SPARSE_SEGMENT_MEAN_WITH_NUM_SEGMENTS mean_kernel "SparseSegmentMean" "tf.sparse.segment_mean"
        FLOATS, FLOATS, |value, count| value / count as T, mean;
    /// The sums of the rows of each segment over the square roots of their numbers.
    sparse_segment_sqrt_n sparse_segment_sqrt_n_with_num_segments
        SPARSE_SEGMENT_SQRT_N SPARSE_SEGMENT_SQRT_N_WITH_NUM_SEGMENTS sqrt_n_kernel "SparseSegmentSqrtN" "tf.sparse.segment_sqrt_n"
        FLOATS, FLOATS, |value, count| value / (count as T).sqrt(), sqrt_n;
}

/// Checks the three inputs that all these ops have, and gives the shape of a segment.
fn segment_shape(cx: &ShapeCtx<'_>) -> Result<Option<PartialShape>> {
    let (data, indices, ids) = (cx.input(0), cx.input(1), cx.input(2));
    if cx.at_run_time() {
        ensure!(indices.rank() == Some(1), invalid_argument, "indices should be a vector.");
        ensure!(ids.rank() == Some(1), invalid_argument, "segment_ids should be a vector.");
        ensure!(indices == ids, invalid_argument, "segment_ids and indices should have same size.");
        ensure!(data.rank() != Some(0), invalid_argument, "Shape must be at least rank 1");
    }
    cx.with_rank_at_least(0, 1)?;
    let (indices, ids) = (cx.with_rank(1, 1)?, cx.with_rank(2, 1)?);
    cx.merge(&indices, &ids)?;
    Ok(data.dims().map(|dims| PartialShape::new(dims[1..].iter().copied())))
}

fn set_segments(cx: &mut ShapeCtx<'_>, count: Option<usize>, segment: Option<PartialShape>) {
    match segment {
        Some(segment) => cx.set(0, PartialShape::new([count]).concatenate(&segment)),
        None => cx.set_all_unknown(),
    }
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let segment = segment_shape(cx)?;
    set_segments(cx, None, segment);
    Ok(())
}

fn shape_with_count(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let count_shape = cx.input(3);
    if cx.at_run_time() {
        ensure!(
            count_shape.rank() == Some(0),
            invalid_argument,
            "num_segments should be a scalar, not shape {}",
            count_shape.cpp()
        );
    }
    let segment = segment_shape(cx)?;
    cx.with_rank(3, 0)?;
    let count = match cx.int_value(3)? {
        // At run time the kernel has its own words for it.
        Some(..0) if !cx.at_run_time() => {
            bail!(invalid_argument, "Cannot specify a negative value for num_segments")
        }
        count => count.and_then(|count| usize::try_from(count).ok()),
    };
    set_segments(cx, count, segment);
    Ok(())
}

/// Sorted ids that lie below a given number of segments.
fn counted_ids(ids: &[i64], count: i64) -> Result<(Vec<usize>, usize)> {
    let Ok(count) = usize::try_from(count) else {
        bail!(invalid_argument, "segment ids must be >= 0");
    };
    if ids.last().is_some_and(|&last| last >= 0 && last as u64 >= count as u64) {
        bail!(invalid_argument, "segment ids must be < num_segments");
    }
    let mut checked = reserve::<usize>(ids.len())?;
    for (position, &id) in ids.iter().enumerate() {
        if ids.get(position + 1).is_some_and(|&next| next < id) {
            bail!(invalid_argument, "segment ids are not increasing");
        }
        match usize::try_from(id) {
            Ok(id) if id < count => checked.push(id),
            _ => bail!(
                invalid_argument,
                "Segment id {id} out of range [0, {count}), possibly because 'segment_ids' input is not sorted."
            ),
        }
    }
    Ok((checked, count))
}

fn run<T: Segmented>(cx: &mut KernelCtx<'_>, scale: fn(T, usize) -> T) -> Result<()> {
    cx.infer_shapes()?;
    let ids = cx.ints(2)?;
    let (ids, count) =
        if cx.num_inputs() == 4 { counted_ids(&ids, cx.int_value(3)?)? } else { sorted_ids(&ids)? };
    let data = cx.input(0)?;
    let (size, inner) = (data.shape()[0], data.shape()[1..].iter().product());
    let mut rows = Vec::new();
    for (position, (&segment, index)) in ids.iter().zip(cx.ints(1)?).enumerate() {
        match usize::try_from(index) {
            Ok(row) if row < size => rows.push((segment, row)),
            _ => bail!(invalid_argument, "Bad: indices[{position}] == {index} out of range [0, {size})"),
        }
    }
    let data_elements = data.as_slice::<T>()?;
    let mut segments = combine(data_elements, inner, count, rows.into_iter(), Combine::Sum, T::default())?;
    for (row, &count) in segments.elements.chunks_mut(inner.max(1)).zip(&segments.counts) {
        row.iter_mut().for_each(|value| *value = scale(*value, count.max(1)));
    }
    let shape = segments_shape(data, count)?;
    cx.set(0, NdArray::from_shape(shape, segments.elements)?)
}
