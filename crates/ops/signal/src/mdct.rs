//! Modified discrete cosine transforms: of frames that overlap by half, as many numbers as there are new samples.

use crate::dct::dct_with;
use crate::framing::{frame_with, overlap_and_add};
use crate::ops::{concatenate, ints, number_like};
use crate::windows::{WindowFn, vorbis_window};
use ferroflow_core::{
    IntoOperand, NdArray, Op, Result, Tensor, bail, context, convert_to_tensor, ensure, options,
};

options! {
    /// Optional arguments of [`mdct_with`] and [`inverse_mdct_with`].
    pub struct MdctOptions {
        /// What frames are multiplied by; without it by the root of one half.
        window_fn: Option<WindowFn> = Some(vorbis_window as WindowFn),
        /// Whether frames that reach beyond the end are padded, which [`inverse_mdct_with`] does not ask.
        pad_end: bool = false,
        /// Whether the cosine transform is scaled to be orthonormal (`norm="ortho"`).
        ortho: bool = false,
    }
}

/// The modified cosine transforms of frames of `frame_length` samples along the last axis, one every half a frame: half as
/// many numbers for each.
///
/// Source: `tf.signal.mdct`.
///
/// ```
/// ferroflow_ops::install();
/// let numbers = ferroflow_ops_signal::mdct([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], 4)?;
/// assert_eq!(numbers.numpy()?.shape().dims(), [3, 2]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `ValueError` for a scalar, and for a length that is not a positive multiple of 4.
pub fn mdct(signals: impl IntoOperand, frame_length: i32) -> Result<Tensor> {
    mdct_with(signals, frame_length, |options| options)
}

/// [`mdct`] with optional arguments.
///
/// # Errors
/// As [`mdct`].
pub fn mdct_with(
    signals: impl IntoOperand,
    frame_length: i32,
    options: impl FnOnce(MdctOptions) -> MdctOptions,
) -> Result<Tensor> {
    let (signals, options) = (signals.into_operand()?, options(MdctOptions::default()));
    context::name_scope("mdct", || {
        let signals = convert_to_tensor(signals, None)?;
        if let Some(rank @ 0) = signals.rank() {
            bail!(value, "Shape () must have rank at least 1, got {rank}");
        }
        ensure!(frame_length % 4 == 0, value, "The frame length must be a multiple of 4.");
        let frames = frame_with(signals, frame_length, frame_length / 2, |o| o.pad_end(options.pad_end))?;
        let frames = windowed(frames, frame_length, options.window_fn)?;
        let [a, b, c, d] = Op::named("Split").input(-1).input(frames).attr("num_split", 4i64).outputs()?;
        let first = (-reversed(&c)? - d)?;
        let second = (a - reversed(&b)?)?;
        dct_with(concatenate(&[first, second], -1)?, |o| o.kind(4).ortho(options.ortho))
    })
}

/// The signals of modified cosine transforms: frames are multiplied by the window once more, and added up. What only one
/// frame covers, at both ends, does not come back.
///
/// Source: `tf.signal.inverse_mdct`.
///
/// ```
/// ferroflow_ops::install();
/// let signal = ferroflow_ops_signal::inverse_mdct([[1.0, 2.0], [3.0, 4.0]])?;
/// assert_eq!(signal.numpy()?.shape().dims(), [6]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `ValueError` for fewer than two dimensions, and where the size of the last is not known.
pub fn inverse_mdct(mdcts: impl IntoOperand) -> Result<Tensor> {
    inverse_mdct_with(mdcts, |options| options)
}

/// [`inverse_mdct`] with optional arguments.
///
/// # Errors
/// As [`inverse_mdct`].
pub fn inverse_mdct_with(
    mdcts: impl IntoOperand,
    options: impl FnOnce(MdctOptions) -> MdctOptions,
) -> Result<Tensor> {
    let (mdcts, options) = (mdcts.into_operand()?, options(MdctOptions::default()));
    context::name_scope("inverse_mdct", || {
        let mdcts = convert_to_tensor(mdcts, None)?;
        let Some(rank) = mdcts.rank().filter(|rank| *rank >= 2) else {
            bail!(value, "Shape {} must have rank at least 2", mdcts.shape());
        };
        let half = mdcts.shape().dim(rank - 1).and_then(|half| i32::try_from(half).ok());
        let whole = half.and_then(|half| Some((half, half.checked_mul(2)?)));
        let Some((half, whole)) = whole.filter(|(half, _)| *half > 0) else {
            bail!(value, "the last dimension of {} must be known, and not be 0", mdcts.shape());
        };
        let transformed = dct_with(&mdcts, |o| o.kind(4).ortho(options.ortho))?;
        let transformed = match options.ortho {
            true => transformed,
            false => (number_like(0.5 / f64::from(half), &transformed)? * transformed)?,
        };
        let [low, high] =
            Op::named("Split").input(-1).input(transformed).attr("num_split", 2i64).outputs()?;
        let parts = [high.clone(), (-reversed(&high)?)?, (-reversed(&low)?)?, (-low)?];
        let frames = windowed(concatenate(&parts, -1)?, whole, options.window_fn)?;
        overlap_and_add(frames, half)
    })
}

fn windowed(frames: Tensor, length: i32, window: Option<WindowFn>) -> Result<Tensor> {
    match window {
        Some(window) => &frames * window(length, frames.dtype())?,
        None => &frames * NdArray::scalar(1.0 / 2f64.sqrt()).cast(frames.dtype())?,
    }
}

/// `x[..., ::-1]`
fn reversed(x: &Tensor) -> Result<Tensor> {
    Op::named("ReverseV2").input(x).input(ints(&[-1])?).one()
}
