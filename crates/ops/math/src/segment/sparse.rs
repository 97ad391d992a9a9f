//! SparseSegmentSum, SparseSegmentMean, SparseSegmentSqrtN: segments of rows picked by index.

use super::driver::{Combine, Segmented, combine, sorted_ids};
use super::sorted::{gather, segments_shape};
use crate::dtypes::{REALS, is_half};
use ferroflow_core::{
    DType, Grad, GradCtx, IntoOperand, KernelCtx, NdArray, Op, OpDef, PartialShape, Result, ShapeCtx, Tensor,
    bail, dispatch, ensure, operators,
};

macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident $static:ident $kernel:ident $tf:literal $path:literal $types:expr, $set:ident, $scale:expr, $grad:ident;)*) => {
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
            grad: Grad::Fn($grad),
            types: &[("T", $types)],
            ..OpDef::NEW
        };)*
    };
}

const FLOATS: &[DType] = &[DType::HALF, DType::BFLOAT16, DType::FLOAT32, DType::FLOAT64];

functions! {
    /// The sums of the rows of each segment.
    sparse_segment_sum SPARSE_SEGMENT_SUM sum_kernel "SparseSegmentSum" "tf.sparse.segment_sum"
        REALS, REALS, |value, _| value, sum_grad;
    /// The means of the rows of each segment.
    sparse_segment_mean SPARSE_SEGMENT_MEAN mean_kernel "SparseSegmentMean" "tf.sparse.segment_mean"
        FLOATS, FLOATS, |value, count| value / count as T, mean_grad;
    /// The sums of the rows of each segment over the square roots of their numbers.
    sparse_segment_sqrt_n SPARSE_SEGMENT_SQRT_N sqrt_n_kernel "SparseSegmentSqrtN" "tf.sparse.segment_sqrt_n"
        FLOATS, FLOATS, |value, count| value / (count as T).sqrt(), sqrt_n_grad;
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
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
    match data.dims() {
        Some(dims) => cx.set(0, PartialShape::new([None].into_iter().chain(dims[1..].iter().copied()))),
        None => cx.set_all_unknown(),
    }
    Ok(())
}

fn run<T: Segmented>(cx: &mut KernelCtx<'_>, scale: fn(T, usize) -> T) -> Result<()> {
    cx.infer_shapes()?;
    let (ids, count) = sorted_ids(&cx.ints(2)?)?;
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

/// The gradient of the sums, spread over the rows they were made of.
fn spread(cx: &mut GradCtx<'_>, dy: &Tensor) -> Result<()> {
    let (x, indices, ids) = (cx.x(0)?, cx.x(1)?, cx.x(2)?);
    let shape = Op::named("Shape").input(x).one()?;
    let rows = Op::named("GatherV2").input(shape).input(0).input(0).one()?;
    let gathered = gather(dy, ids)?;
    cx.set(0, Op::named("UnsortedSegmentSum").input(gathered).input(indices).input(rows).one())
}

/// How many rows each segment has, shaped to divide the segments.
fn counts(cx: &GradCtx<'_>) -> Result<Tensor> {
    let (x, indices, ids) = (cx.x(0)?, cx.x(1)?, cx.x(2)?);
    let ones = Op::named("OnesLike").input(gather(x, indices)?).one()?;
    Op::named("SegmentSum").input(ones).input(ids).one()
}

fn sum_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let dy = cx.dy(0)?;
    spread(cx, &dy)
}

fn mean_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let dy = operators::truediv(cx.dy(0)?, counts(cx)?)?;
    // Segments without rows divide by 0, and are never gathered.
    spread(cx, &dy)
}

fn sqrt_n_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let roots = Op::named("Sqrt").input(counts(cx)?).one()?;
    let dy = operators::truediv(cx.dy(0)?, roots)?;
    spread(cx, &dy)
}
