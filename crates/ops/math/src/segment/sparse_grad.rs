//! SparseSegmentSumGrad, SparseSegmentMeanGrad, SparseSegmentSqrtNGrad and their second versions: what flows into segments,
//! spread over the rows that they were made of.

use super::driver::Segmented;
use crate::dtypes::is_half;
use ferroflow_core::{
    Grad, GradCtx, IndexedSlices, KernelCtx, NdArray, Op, OpDef, PartialShape, Result, Shape, ShapeCtx, bail,
    dispatch, ensure, reserve, zeroed,
};
use num_traits::Float;

/// What a row gets of the gradient of a segment of this many rows.
#[derive(Clone, Copy)]
enum Share {
    All,
    Mean,
    SqrtN,
}

impl Share {
    fn factor(self, count: usize) -> f64 {
        match self {
            Share::All => 1.0,
            Share::Mean => 1.0 / count.max(1) as f64,
            Share::SqrtN => 1.0 / (count.max(1) as f64).sqrt(),
        }
    }
}

macro_rules! ops {
    ($($static:ident $v2:ident $tf:literal $kernel:ident $v2_kernel:ident $share:ident;)*) => {
        $(fn $kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
            match cx.dtype("T")? {
                dtype if is_half(dtype) => cx.through_f32($kernel),
                dtype => dispatch!(dtype, FLOATS, |T| dense::<T>(cx, Share::$share)),
            }
        }

        fn $v2_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
            match cx.dtype("T")? {
                dtype if is_half(dtype) => cx.through_f32($v2_kernel),
                dtype => dispatch!(dtype, FLOATS, |T| sliced::<T>(cx, Share::$share)),
            }
        }

        pub(crate) static $static: OpDef = OpDef {
            name: $tf,
            shape: dense_shape,
            kernel: Some($kernel),
            grad: Grad::Missing,
            ..OpDef::NEW
        };

        pub(crate) static $v2: OpDef = OpDef {
            name: concat!($tf, "V2"),
            shape: sliced_shape,
            kernel: Some($v2_kernel),
            grad: Grad::Missing,
            ..OpDef::NEW
        };)*
    };
}

ops! {
    SPARSE_SEGMENT_SUM_GRAD SPARSE_SEGMENT_SUM_GRAD_V2 "SparseSegmentSumGrad" sum_kernel sum_v2_kernel All;
    SPARSE_SEGMENT_MEAN_GRAD SPARSE_SEGMENT_MEAN_GRAD_V2 "SparseSegmentMeanGrad" mean_kernel mean_v2_kernel Mean;
    SPARSE_SEGMENT_SQRT_N_GRAD SPARSE_SEGMENT_SQRT_N_GRAD_V2 "SparseSegmentSqrtNGrad" sqrt_n_kernel
        sqrt_n_v2_kernel SqrtN;
}

fn check(cx: &ShapeCtx<'_>, rows_name: &str) -> Result<()> {
    let (indices, ids) = (cx.input(1), cx.input(2));
    if cx.at_run_time() {
        ensure!(indices.rank() == Some(1), invalid_argument, "indices should be a vector.");
        ensure!(ids.rank() == Some(1), invalid_argument, "segment_ids should be a vector.");
        ensure!(indices == ids, invalid_argument, "segment_ids and indices should have same size.");
        ensure!(cx.input(3).rank() == Some(0), invalid_argument, "{rows_name} should be a scalar.");
    }
    cx.with_rank_at_least(0, 1)?;
    let (indices, ids) = (cx.with_rank(1, 1)?, cx.with_rank(2, 1)?);
    cx.merge(&ids, &indices)?;
    cx.with_rank(3, 0)?;
    Ok(())
}

fn dense_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    check(cx, "output_dim0")?;
    let rows = match cx.int_value(3)? {
        Some(rows @ ..0) => {
            return Err(cx.mismatch(
                format!("Expected a non-negative size, got {rows}"),
                "Cannot specify a negative value for output_dim0",
            ));
        }
        rows => rows.and_then(|rows| usize::try_from(rows).ok()),
    };
    match cx.input(0).dims() {
        Some(dims) => cx.set(0, PartialShape::new([rows].into_iter().chain(dims[1..].iter().copied()))),
        None => cx.set_all_unknown(),
    }
    Ok(())
}

fn sliced_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    check(cx, "dense_output_dim0")?;
    match cx.input(0).dims() {
        Some(dims) => cx.set(0, PartialShape::new([None].into_iter().chain(dims[1..].iter().copied()))),
        None => cx.set(0, PartialShape::unknown()),
    }
    cx.set(1, PartialShape::new([None]));
    Ok(())
}

/// Which segment's gradient goes to which row.
struct Routes {
    /// Pairs of a row and a segment, none outside.
    pairs: Vec<(usize, usize)>,
    /// How many rows each segment has.
    counts: Vec<usize>,
    /// How many rows there are.
    rows: usize,
}

fn routes(cx: &KernelCtx<'_>) -> Result<Routes> {
    let (indices, ids, rows) = (cx.ints(1)?, cx.ints(2)?, cx.int_value(3)?);
    let Ok(rows) = usize::try_from(rows) else {
        bail!(invalid_argument, "Expected a non-negative size, got {rows}");
    };
    let segments = cx.input(0)?.shape()[0];
    let mut counts = reserve::<usize>(segments)?;
    counts.resize(segments, 0);
    let mut pairs = reserve::<(usize, usize)>(ids.len())?;
    if rows == 0 {
        return Ok(Routes { pairs, counts, rows });
    }
    let is_above = |last: &i64| usize::try_from(*last).is_ok_and(|last| last >= segments);
    ensure!(!ids.last().is_some_and(is_above), invalid_argument, "Invalid number of segments");
    for &id in &ids {
        match usize::try_from(id).ok().and_then(|id| counts.get_mut(id)) {
            Some(count) => *count += 1,
            None => bail!(invalid_argument, "Segment id {id} out of range [0, {segments})."),
        }
    }
    for (&index, &id) in indices.iter().zip(&ids) {
        match usize::try_from(index) {
            Ok(row) if row < rows => pairs.push((row, id as usize)),
            _ => bail!(invalid_argument, "Index {index} out of range [0, {rows})."),
        }
    }
    Ok(Routes { pairs, counts, rows })
}

/// Adds the shares of segments to rows; `place` says where a row stands in `output`.
fn spread<T: Segmented + Float>(
    gradient: &[T],
    routes: &Routes,
    share: Share,
    output: &mut [T],
    inner: usize,
    place: impl Fn(usize) -> usize,
) {
    for &(row, segment) in &routes.pairs {
        let factor = T::from(share.factor(routes.counts[segment])).unwrap_or_else(T::nan);
        let from = &gradient[segment * inner..][..inner];
        let into = &mut output[place(row) * inner..][..inner];
        into.iter_mut().zip(from).for_each(|(sum, value)| *sum = *sum + *value * factor);
    }
}

fn dense<T: Segmented + Float>(cx: &mut KernelCtx<'_>, share: Share) -> Result<()> {
    let shape = cx.output_shape(0)?;
    let routes = routes(cx)?;
    let inner = shape.dims().iter().skip(1).product();
    let mut output = zeroed::<T>(shape.num_elements())?;
    spread(cx.slice::<T>(0)?, &routes, share, &mut output, inner, |row| row);
    cx.set_elements(0, output)
}

fn sliced<T: Segmented + Float>(cx: &mut KernelCtx<'_>, share: Share) -> Result<()> {
    cx.infer_shapes()?;
    let routes = routes(cx)?;
    let mut present: Vec<usize> = routes.pairs.iter().map(|(row, _)| *row).collect();
    present.sort_unstable();
    present.dedup();
    debug_assert!(present.last().is_none_or(|row| *row < routes.rows));
    let gradient = cx.input(0)?;
    let mut dims = vec![present.len()];
    dims.extend_from_slice(&gradient.shape()[1..]);
    let shape = Shape::new(&dims)?;
    let inner = dims.iter().skip(1).product();
    let mut output = zeroed::<T>(shape.num_elements())?;
    let place = |row: usize| present.binary_search(&row).unwrap_or_default();
    spread(gradient.as_slice::<T>()?, &routes, share, &mut output, inner, place);
    let indices = NdArray::vector(present.iter().map(|&row| row as i64).collect::<Vec<_>>());
    let indices = indices.cast(cx.dtype("Tidx")?)?;
    cx.set(0, NdArray::from_shape(shape, output)?)?;
    cx.set(1, indices)
}

/// The gradient of a sum over segments of picked rows: dense, or slices where the op asks for it.
fn grad(cx: &mut GradCtx<'_>, op: &str) -> Result<()> {
    let (x, indices, ids, dy) = (cx.x(0)?, cx.x(1)?, cx.x(2)?, cx.dy(0)?);
    let shape = Op::named("Shape").input(x).one()?;
    let rows = Op::named("StridedSlice")
        .input(&shape)
        .input([0])
        .input([1])
        .input([1])
        .attr("shrink_axis_mask", 1i64)
        .one()?;
    let call = |name: &str| Op::named(name).input(dy).input(indices).input(ids).input(rows);
    if cx.bool("sparse_gradient")? {
        let [values, indices] = call(&format!("{op}V2")).outputs()?;
        return cx.set_slices(0, IndexedSlices { values, indices, dense_shape: Some(shape) });
    }
    cx.set(0, call(op).one())
}

pub(super) fn sum(cx: &mut GradCtx<'_>) -> Result<()> {
    grad(cx, "SparseSegmentSumGrad")
}

pub(super) fn mean(cx: &mut GradCtx<'_>) -> Result<()> {
    grad(cx, "SparseSegmentMeanGrad")
}

pub(super) fn sqrt_n(cx: &mut GradCtx<'_>) -> Result<()> {
    grad(cx, "SparseSegmentSqrtNGrad")
}
