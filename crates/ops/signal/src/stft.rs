//! Short-time Fourier transforms.

use crate::framing::{frame_with, overlap_and_add};
use crate::ops::{element, ints, last_axis, number_like, real_dtype, reshape, shape_of};
use crate::rfft_fns::{forward, inverse};
use crate::rfft_ops::{IRFFT, RFFT};
use crate::windows::{WindowFn, hann_window_with};
use ferroflow_core::{
    DType, IntoOperand, Op, Result, Tensor, bail, constant, convert_to_tensor, operators, options,
};

/// Hann's window, as the default.
fn hann(length: i32, dtype: DType) -> Result<Tensor> {
    hann_window_with(length, true, dtype)
}

options! {
    /// Optional arguments of [`stft_with`] and [`inverse_stft_with`].
    pub struct StftOptions {
        /// The length of each transform: the power of two that holds a frame, where it is left out.
        fft_length: Option<i32> = None,
        /// What frames are multiplied by.
        window_fn: Option<WindowFn> = Some(hann as WindowFn),
        /// Whether frames that reach beyond the end are padded, which [`inverse_stft_with`] does not ask.
        pad_end: bool = false,
    }
}

/// The non-negative frequencies of frames of `frame_length` samples, one every `frame_step`, along the last axis.
///
/// Source: `tf.signal.stft`.
///
/// ```
/// ferroflow_ops::install();
/// let spectra = ferroflow_ops_signal::stft([0.0, 1.0, 0.0, 1.0, 0.0, 1.0], 4, 2)?;
/// assert_eq!(spectra.numpy()?.shape().dims(), [2, 3]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `ValueError` for a length or step that is not positive, or a dtype that is neither `float32` nor `float64`.
pub fn stft(signals: impl IntoOperand, frame_length: i32, frame_step: i32) -> Result<Tensor> {
    stft_with(signals, frame_length, frame_step, |options| options)
}

/// [`stft`] with optional arguments.
///
/// # Errors
/// As [`stft`].
pub fn stft_with(
    signals: impl IntoOperand,
    frame_length: i32,
    frame_step: i32,
    options: impl FnOnce(StftOptions) -> StftOptions,
) -> Result<Tensor> {
    let options = options(StftOptions::default());
    let mut frames = frame_with(signals, frame_length, frame_step, |o| o.pad_end(options.pad_end))?;
    if let Some(window) = options.window_fn {
        frames = (&frames * window(frame_length, frames.dtype())?)?;
    }
    let length = transform_length(frame_length, options.fft_length)?;
    forward(&RFFT, 1, frames, Some(ints(&[length])?))
}

/// The length of the transform of a frame.
fn transform_length(frame_length: i32, asked: Option<i32>) -> Result<i32> {
    let length = match asked {
        Some(length) => Some(length),
        None => u32::try_from(frame_length)
            .ok()
            .and_then(u32::checked_next_power_of_two)
            .and_then(|length| i32::try_from(length).ok()),
    };
    match length {
        Some(length) => Ok(length),
        None => bail!(value, "there is no transform for frames of length {frame_length}"),
    }
}

/// The signals of short-time Fourier transforms: frames are multiplied by the window once more, and added up.
///
/// Source: `tf.signal.inverse_stft`.
///
/// # Errors
/// `ValueError` for a length or step that is not positive, or a dtype that is not complex.
pub fn inverse_stft(stfts: impl IntoOperand, frame_length: i32, frame_step: i32) -> Result<Tensor> {
    inverse_stft_with(stfts, frame_length, frame_step, |options| options)
}

/// [`inverse_stft`] with optional arguments.
///
/// # Errors
/// As [`inverse_stft`].
pub fn inverse_stft_with(
    stfts: impl IntoOperand,
    frame_length: i32,
    frame_step: i32,
    options: impl FnOnce(StftOptions) -> StftOptions,
) -> Result<Tensor> {
    let options = options(StftOptions::default());
    let stfts = convert_to_tensor(stfts, None)?;
    let dtype = real_dtype(stfts.dtype());
    let length = transform_length(frame_length, options.fft_length)?;
    let mut frames = inverse(&IRFFT, 1, stfts, Some(ints(&[length])?))?;
    if length > frame_length {
        frames = last_axis(&frames, 0, Some(constant(frame_length)?), 1)?;
    } else if length < frame_length {
        let rank = Op::named("Rank").input(&frames).one()?;
        let shape = Op::named("Pack").inputs([&(rank - 1)?, &constant(2)?]).one()?;
        let outer = Op::named("Fill").input(shape).input(0).one()?;
        let own = reshape(&ints(&[0, frame_length - length])?, ints(&[1, 2])?)?;
        let paddings = crate::ops::concatenate(&[outer, own], 0)?;
        frames = Op::named("Pad").input(frames).input(paddings).one()?;
    }
    if let Some(window) = options.window_fn {
        frames = (frames * window(frame_length, dtype)?)?;
    }
    overlap_and_add(frames, frame_step)
}

/// The window with which [`inverse_stft_with`] undoes a transform with another window exactly.
///
/// Source: `tf.signal.inverse_stft_window_fn`.
///
/// # Errors
/// `ValueError` for a length or step that is not positive.
pub fn inverse_stft_window(
    frame_length: i32,
    frame_step: i32,
    forward_window_fn: WindowFn,
    dtype: DType,
) -> Result<Tensor> {
    if frame_length <= 0 || frame_step <= 0 {
        bail!(value, "frame_length and frame_step must be positive. Got {frame_length} and {frame_step}");
    }
    let window = forward_window_fn(frame_length, dtype)?;
    let squares = Op::named("Square").input(&window).one()?;
    let overlaps = frame_length.checked_add(frame_step - 1).map_or(1, |length| length / frame_step);
    let missing = overlaps * frame_step - frame_length;
    let paddings = reshape(&ints(&[0, missing])?, ints(&[1, 2])?)?;
    let padded = Op::named("Pad").input(squares).input(paddings).one()?;
    let rows = reshape(&padded, ints(&[overlaps, frame_step])?)?;
    let sums = Op::named("Sum").input(rows).input(0).attr("keep_dims", true).one()?;
    let tiled = Op::named("Tile").input(sums).input(ints(&[overlaps, 1])?).one()?;
    let flat = reshape(&tiled, ints(&[-1])?)?;
    let sums = last_axis(&flat, 0, Some(constant(frame_length)?), 1)?;
    let is_zero = Op::named("Equal").input(&sums).input(number_like(0.0, &sums)?).one()?;
    let quotient = operators::truediv(&window, &sums)?;
    let zeros = Op::named("ZerosLike").input(&window).one()?;
    Op::named("SelectV2").input(is_zero).input(zeros).input(quotient).one()
}

/// The last size of a tensor's shape: a number where it is known.
pub(crate) fn last_size(x: &Tensor) -> Result<Tensor> {
    let known = x.rank().and_then(|rank| rank.checked_sub(1)).and_then(|axis| x.shape().dim(axis));
    match known.and_then(|size| i32::try_from(size).ok()) {
        Some(size) => constant(size),
        None => element(&shape_of(x)?, -1),
    }
}
