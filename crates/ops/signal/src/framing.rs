//! Signals cut into frames, and frames added up to signals.

use crate::ops::{concatenate, element, ints, number_like, part, reshape, shape_of};
use ferroflow_core::{IntoOperand, Op, Result, Tensor, bail, constant, convert_to_tensor, options};

options! {
    /// Optional arguments of [`frame_with`].
    pub struct FrameOptions {
        /// Whether frames that reach beyond the end are padded, else they are left out.
        pad_end: bool = false,
        /// What they are padded with.
        pad_value: f64 = 0.0,
        /// The axis of the signal.
        axis: i32 = -1,
    }
}

/// Frames of `frame_length` elements, one every `frame_step`, along the last axis.
///
/// Source: `tf.signal.frame`.
///
/// ```
/// ferroflow_ops::install();
/// let frames = ferroflow_ops_signal::frame([1, 2, 3, 4, 5], 3, 2)?;
/// assert_eq!(frames.numpy()?.as_slice::<i32>()?, [1, 2, 3, 3, 4, 5]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `ValueError` for a length or step that is not positive, `InvalidArgument` for a scalar.
pub fn frame(signal: impl IntoOperand, frame_length: i32, frame_step: i32) -> Result<Tensor> {
    frame_with(signal, frame_length, frame_step, |options| options)
}

/// [`frame`] with optional arguments.
///
/// # Errors
/// As [`frame`]; `Unimplemented` for a signal of unknown rank with frames along another axis than the last.
pub fn frame_with(
    signal: impl IntoOperand,
    frame_length: i32,
    frame_step: i32,
    options: impl FnOnce(FrameOptions) -> FrameOptions,
) -> Result<Tensor> {
    let options = options(FrameOptions::default());
    let signal = convert_to_tensor(signal, None)?;
    if frame_length <= 0 || frame_step <= 0 {
        bail!(value, "frame_length and frame_step must be positive. Got {frame_length} and {frame_step}");
    }
    let length = element(&shape_of(&signal)?, options.axis)?;
    let (signal, count) = if options.pad_end {
        let count = Op::named("FloorDiv").input((&length + (frame_step - 1))?).input(frame_step).one()?;
        let whole = (((&count - 1)? * frame_step)? + frame_length)?;
        let missing = Op::named("Maximum").input((whole - length)?).input(0).one()?;
        (padded(&signal, &missing, options.axis, options.pad_value)?, count)
    } else {
        let rest = Op::named("FloorDiv").input((length - frame_length)?).input(frame_step).one()?;
        (signal, Op::named("Maximum").input((rest + 1)?).input(0).one()?)
    };
    let starts = (Op::named("Range").input(0).input(count).input(1).one()? * frame_step)?;
    let within = Op::named("Range").input(0).input(frame_length).input(1).one()?;
    let places = (reshape(&starts, ints(&[-1, 1])?)? + reshape(&within, ints(&[1, -1])?)?)?;
    Op::named("GatherV2").input(signal).input(places).input(options.axis).one()
}

/// The signal with this many more elements behind it.
fn padded(signal: &Tensor, missing: &Tensor, axis: i32, value: f64) -> Result<Tensor> {
    let rank = signal.rank();
    let own = Op::named("Pack").inputs([&constant(0)?, missing]).one()?;
    let own = reshape(&own, ints(&[1, 2])?)?;
    let zeros = |count: i32| Op::named("Fill").input(ints(&[count, 2])?).input(0).one();
    let paddings = match (rank, axis) {
        (Some(rank), axis) => {
            let rank = rank as i32;
            let axis = if axis < 0 { axis + rank } else { axis };
            if !(0..rank).contains(&axis) {
                bail!(invalid_argument, "axis {axis} is out of range for a signal of rank {rank}");
            }
            concatenate(&[zeros(axis)?, own, zeros(rank - 1 - axis)?], 0)?
        }
        (None, -1) => {
            let outer = (Op::named("Rank").input(signal).one()? - 1)?;
            let shape = Op::named("Pack").inputs([&outer, &constant(2)?]).one()?;
            concatenate(&[Op::named("Fill").input(shape).input(0).one()?, own], 0)?
        }
        _ => bail!(unimplemented, "frames of a signal of unknown rank along axis {axis}"),
    };
    Op::named("PadV2").input(signal).input(paddings).input(number_like(value, signal)?).one()
}

/// The signal of frames that overlap, `frame_step` apart: the last two axes `[frames, frame_length]` become one.
///
/// Source: `tf.signal.overlap_and_add`.
///
/// ```
/// ferroflow_ops::install();
/// let signal = ferroflow_ops_signal::overlap_and_add([[1.0, 2.0], [10.0, 20.0]], 1)?;
/// assert_eq!(signal.numpy()?.as_slice::<f32>()?, [1.0, 12.0, 20.0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `ValueError` for a step that is not positive or a signal without two axes.
pub fn overlap_and_add(signal: impl IntoOperand, frame_step: i32) -> Result<Tensor> {
    let signal = convert_to_tensor(signal, None)?;
    if frame_step <= 0 {
        bail!(value, "frame_step must be positive. Got {frame_step}");
    }
    if let Some(rank @ ..2) = signal.rank() {
        bail!(value, "Shape must have rank at least 2, got {rank}");
    }
    let shape = shape_of(&signal)?;
    let outer = part(&shape, 0, Some(-2))?;
    let (frames, length) = (element(&shape, -2)?, element(&shape, -1)?);
    let total = (&length + ((&frames - 1)? * frame_step)?)?;
    let vector = |x: &Tensor| reshape(x, ints(&[1])?);
    let full = |inner: &[&Tensor]| -> Result<Tensor> {
        let mut parts = vec![outer.clone()];
        for size in inner {
            parts.push(vector(size)?);
        }
        concatenate(&parts, 0)
    };
    // Each frame is cut into segments of the step; the k-th one of each is moved k steps on, by rows that are one longer.
    let step = constant(frame_step)?;
    let segments = Op::named("FloorDiv").input((&length + (frame_step - 1))?).input(frame_step).one()?;
    let missing = ((&segments * &step)? - &length)?;
    let zero = constant(0)?;
    let row = |after: &Tensor| -> Result<Tensor> {
        reshape(&Op::named("Pack").inputs([&zero, after]).one()?, ints(&[1, 2])?)
    };
    let outer_rank = Op::named("Size").input(&outer).one()?;
    let rows = Op::named("Pack").inputs([&outer_rank, &constant(2)?]).one()?;
    let none = Op::named("Fill").input(rows).input(0).one()?;
    let paddings = concatenate(&[none, row(&segments)?, row(&missing)?], 0)?;
    let padded = Op::named("Pad").input(&signal).input(paddings).one()?;
    let long = (&frames + &segments)?;
    let cut = reshape(&padded, full(&[&long, &segments, &step])?)?;
    let order = (vector(&outer_rank)? + ints(&[1, 0, 2])?)?;
    let all = Op::named("Range").input(0).input(&outer_rank).input(1).one()?;
    let turned = Op::named("Transpose").input(cut).input(concatenate(&[all, order], 0)?).one()?;
    let flat = reshape(&turned, full(&[&(&long * &segments)?, &step])?)?;
    let shorter = (&long - 1)?;
    let kept = rows_before(&flat, &(&shorter * &segments)?)?;
    let shifted = reshape(&kept, full(&[&segments, &shorter, &step])?)?;
    let sums = Op::named("Sum").input(shifted).input(-3).one()?;
    let whole = reshape(&sums, full(&[&(&shorter * &step)?])?)?;
    crate::ops::last_axis(&whole, 0, Some(total), 1)
}

/// `x[..., :end, :]`
fn rows_before(x: &Tensor, end: &Tensor) -> Result<Tensor> {
    let zero = constant(0)?;
    let ends = Op::named("Pack").inputs([&zero, end, &zero]).one()?;
    Op::named("StridedSlice")
        .input(x)
        .input(ints(&[0, 0, 0])?)
        .input(ends)
        .input(ints(&[1, 1, 1])?)
        .attr("begin_mask", 4i64)
        .attr("end_mask", 4i64)
        .attr("ellipsis_mask", 1i64)
        .one()
}
