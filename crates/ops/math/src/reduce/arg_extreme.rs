//! ArgMax, ArgMin: where along an axis the extreme element stands.

use crate::dtypes::is_half;
use ferroflow_core::{
    DType, Element, Grad, IntoOperand, KernelCtx, NdArray, Op, OpDef, Operand, PartialShape, Result,
    ShapeCtx, Tensor, bail, dispatch, ensure, options, parallel, vectorized, zeroed,
};

options! {
    /// Optional arguments of [`argmax_with`] and [`argmin_with`].
    pub struct ArgExtremeOptions {
        /// The dtype of the positions.
        output_type: DType = DType::INT64,
    }
}

/// The position of the largest element along an axis, the first of equals.
///
/// Source: `tf.math.argmax` (op `ArgMax`), whose default axis is 0.
///
/// ```
/// let position = ferroflow_ops_math::argmax([3, 9, 4], 0)?;
/// assert_eq!(position.numpy()?.as_slice::<i64>()?, [1]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for an axis that the input does not have, or that is empty.
pub fn argmax(input: impl IntoOperand, axis: impl IntoOperand) -> Result<Tensor> {
    argmax_with(input, axis, |options| options)
}

/// [`argmax`] with optional arguments.
///
/// # Errors
/// As [`argmax`].
pub fn argmax_with(
    input: impl IntoOperand,
    axis: impl IntoOperand,
    options: impl FnOnce(ArgExtremeOptions) -> ArgExtremeOptions,
) -> Result<Tensor> {
    apply(&ARG_MAX, input.into_operand()?, axis.into_operand()?, options(ArgExtremeOptions::default()))
}

/// The position of the smallest element along an axis, the first of equals.
///
/// Source: `tf.math.argmin` (op `ArgMin`), whose default axis is 0.
///
/// # Errors
/// As [`argmax`].
pub fn argmin(input: impl IntoOperand, axis: impl IntoOperand) -> Result<Tensor> {
    argmin_with(input, axis, |options| options)
}

/// [`argmin`] with optional arguments.
///
/// # Errors
/// As [`argmax`].
pub fn argmin_with(
    input: impl IntoOperand,
    axis: impl IntoOperand,
    options: impl FnOnce(ArgExtremeOptions) -> ArgExtremeOptions,
) -> Result<Tensor> {
    apply(&ARG_MIN, input.into_operand()?, axis.into_operand()?, options(ArgExtremeOptions::default()))
}

fn apply(def: &'static OpDef, input: Operand, axis: Operand, options: ArgExtremeOptions) -> Result<Tensor> {
    Op::new(def).input(input).input(axis).attr("output_type", options.output_type).one()
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (input, axis_shape) = (cx.input(0), cx.input(1));
    if cx.at_run_time() {
        ensure!(
            axis_shape.rank() == Some(0),
            invalid_argument,
            "dim must be a scalar, but received tensor of shape: {}",
            axis_shape.cpp()
        );
    } else {
        cx.with_rank(1, 0)?;
    }
    let Some(dims) = input.dims() else {
        cx.set_all_unknown();
        return Ok(());
    };
    let rank = dims.len();
    // Whatever the axis, a graph takes a scalar; only the kernel refuses it.
    if rank == 0 && !cx.at_run_time() {
        cx.set(0, PartialShape::scalar());
        return Ok(());
    }
    let Some(axis) = cx.int_value(1)? else {
        cx.set(0, PartialShape::of_rank(rank - 1));
        return Ok(());
    };
    let signed = rank as i64;
    if !(-signed..signed).contains(&axis) {
        return Err(cx.mismatch(
            format!("Expected dimension in the range [{}, {signed}), but got {axis}", -signed),
            format!(
                "Dimension ({axis}) must be in the range [{}, {signed}), where {signed} is the number of dimensions in \
                 the input.",
                -signed
            ),
        ));
    }
    let axis = axis.rem_euclid(signed) as usize;
    if cx.at_run_time() && dims[axis] == Some(0) {
        bail!(invalid_argument, "Reduction axis {axis} is empty in shape {}", input.cpp());
    }
    let kept = dims.iter().enumerate().filter(|(position, _)| *position != axis);
    cx.set(0, PartialShape::new(kept.map(|(_, dim)| *dim)));
    Ok(())
}

/// Positions along the axis of what is `better` than everything before it. NaN is better than nothing, and nothing is
/// better than a NaN that comes first: comparisons with it are false.
fn positions<T: Element + Copy>(
    input: &[T],
    size: usize,
    inner: usize,
    better: impl Fn(T, T) -> bool + Sync,
) -> Result<Vec<i64>> {
    let count = input.len().checked_div(size).unwrap_or(0);
    let mut found = zeroed::<i64>(count)?;
    parallel::chunks(&mut found, inner, size, |start, chunk| {
        if inner == 1 {
            for (row, found) in input[start * size..].chunks_exact(size).zip(chunk) {
                *found = position_in_row(row, &better);
            }
            return;
        }
        let mut best = vec![T::default(); inner];
        for (offset, found) in chunk.chunks_mut(inner).enumerate() {
            let begin = (start / inner + offset) * size * inner;
            let rows = &input[begin..begin + size * inner];
            positions_in_columns(rows, &mut best, found, &better);
        }
    });
    Ok(found)
}

/// Positions that are looked for side by side.
const LANES: usize = 16;

vectorized! {
    fn position_in_row[T: Element + Copy, F: Fn(T, T) -> bool](row: &[T], better: &F) -> i64 {
        let Some(&first) = row.first() else { return 0 };
        // All lanes start from the first element: where that is NaN, it stays.
        let (mut best, mut places) = ([first; LANES], [0u32; LANES]);
        let (groups, tail) = row.as_chunks::<LANES>();
        let mut place = 0u32;
        for group in groups {
            for lane in 0..LANES {
                let is_better = better(group[lane], best[lane]);
                best[lane] = if is_better { group[lane] } else { best[lane] };
                places[lane] = if is_better { place } else { places[lane] };
            }
            place = place.wrapping_add(1);
        }
        let (mut winner, mut position) = (first, 0);
        for (lane, (&value, &place)) in best.iter().zip(&places).enumerate() {
            // A lane that never found anything better still means the first element.
            let at = if better(value, first) { place as usize * LANES + lane } else { 0 };
            let is_tie = !better(winner, value) && at < position && at > 0;
            if better(value, winner) || is_tie {
                (winner, position) = (value, at);
            }
        }
        for (at, &value) in (groups.len() * LANES..).zip(tail) {
            if better(value, winner) {
                (winner, position) = (value, at);
            }
        }
        position as i64
    }

    fn positions_in_columns[T: Element + Copy, F: Fn(T, T) -> bool](
        rows: &[T],
        best: &mut [T],
        found: &mut [i64],
        better: &F,
    ) {
        let inner = best.len();
        best.copy_from_slice(&rows[..inner]);
        for (position, row) in rows.chunks_exact(inner).enumerate().skip(1) {
            for ((best, found), &value) in best.iter_mut().zip(found.iter_mut()).zip(row) {
                let is_better = better(value, *best);
                *best = if is_better { value } else { *best };
                *found = if is_better { position as i64 } else { *found };
            }
        }
    }
}

macro_rules! arg_extreme {
    ($kernel:ident $static:ident $tf:literal $better:tt) => {
        fn $kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
            if is_half(cx.dtype("T")?) {
                return cx.through_f32($kernel);
            }
            let output = cx.output_shape(0)?;
            let input = cx.input(0)?;
            let dims = input.shape().dims();
            let axis = cx.int_value(1)?.rem_euclid(dims.len().max(1) as i64) as usize;
            let (size, inner) = (dims[axis], dims[axis + 1..].iter().product::<usize>().max(1));
            let found = match input.dtype() {
                DType::BOOL => positions::<bool>(input.as_slice()?, size, inner, |a, b| a $better b),
                dtype => dispatch!(dtype, REALS, |T| {
                    positions::<T>(input.as_slice()?, size, inner, |a, b| a $better b)
                }),
            }?;
            let found = NdArray::from_shape(output, found)?.cast(cx.dtype("output_type")?)?;
            cx.set(0, found)
        }

        pub(crate) static $static: OpDef = OpDef {
            name: $tf,
            shape,
            kernel: Some($kernel),
            grad: Grad::None,
            types: &[("T", TYPES)],
            ..OpDef::NEW
        };
    };
}

const TYPES: &[DType] = &[
    DType::HALF,
    DType::BFLOAT16,
    DType::FLOAT32,
    DType::FLOAT64,
    DType::INT8,
    DType::INT16,
    DType::INT32,
    DType::INT64,
    DType::UINT8,
    DType::UINT16,
    DType::UINT32,
    DType::UINT64,
    DType::BOOL,
];

arg_extreme!(arg_max_kernel ARG_MAX "ArgMax" >);
arg_extreme!(arg_min_kernel ARG_MIN "ArgMin" <);
