//! AudioSummary, AudioSummaryV2: sounds that training reports, as WAV files in a message (`Summary`).

use crate::wav::file_of;
use ferroflow_core::wire::{write_bytes, write_float, write_number, write_summary_value};
use ferroflow_core::{
    Grad, IntoOperand, KernelCtx, NdArray, Op, OpDef, Result, TString, Tensor, bail, ensure, options,
    shape_fn,
};

options! {
    /// Optional arguments of [`audio_summary_v2`].
    pub struct AudioSummaryOptions {
        /// How many sounds of the batch are reported.
        max_outputs: i64 = 3,
    }
}

/// A summary of the first sounds of a batch: `[batch, frames, channels]`, or `[batch, frames]` for one channel, of samples
/// in `[-1, 1]`.
///
/// Source: `tf.raw_ops.AudioSummaryV2`.
///
/// ```
/// use ferroflow_ops_signal::{audio_summary_v2, encode_wav};
/// let summary = audio_summary_v2("tone", [[0.5f32, -0.5]], 8000.0, |options| options)?.numpy()?;
/// let summary = summary.item::<ferroflow_core::TString>()?;
/// // The file stands at the message's end, but for what type it is of.
/// let file = encode_wav([[0.5f32], [-0.5]], 8000)?.numpy()?.item::<ferroflow_core::TString>()?;
/// assert!(summary.ends_with(&[file.as_bytes(), b"*\taudio/wav"].concat()));
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` unless the tag is a scalar, the sounds have two or three dimensions and the rate is positive.
pub fn audio_summary_v2(
    tag: impl IntoOperand,
    tensor: impl IntoOperand,
    sample_rate: impl IntoOperand,
    options: impl FnOnce(AudioSummaryOptions) -> AudioSummaryOptions,
) -> Result<Tensor> {
    let options = options(AudioSummaryOptions::default());
    Op::new(&AUDIO_SUMMARY_V2)
        .input(tag)
        .input(tensor)
        .input(sample_rate)
        .attr("max_outputs", options.max_outputs)
        .one()
}

pub(crate) static AUDIO_SUMMARY: OpDef = OpDef {
    name: "AudioSummary",
    shape: shape_fn::scalar,
    kernel: Some(|cx| kernel(cx, cx.float("sample_rate")?)),
    grad: Grad::None,
    ..OpDef::NEW
};

pub(crate) static AUDIO_SUMMARY_V2: OpDef = OpDef {
    name: "AudioSummaryV2",
    shape: shape_fn::scalar,
    kernel: Some(|cx| {
        let Some(&rate) = cx.slice::<f32>(2)?.first() else {
            bail!(invalid_argument, "sample_rate must be a scalar");
        };
        kernel(cx, rate)
    }),
    grad: Grad::None,
    ..OpDef::NEW
};

fn kernel(cx: &mut KernelCtx<'_>, rate: f32) -> Result<()> {
    let (tag, sounds) = (cx.input(0)?, cx.input(1)?);
    ensure!(tag.rank() == 0, invalid_argument, "Tag must be a scalar");
    let most = usize::try_from(cx.int("max_outputs")?).unwrap_or(0);
    let summary = message(tag.item::<TString>()?.as_bytes(), sounds, rate, most)?;
    cx.set(0, NdArray::scalar(TString::from(summary)))
}

/// The message (`Summary`) of up to `most` sounds.
fn message(tag: &[u8], sounds: &NdArray, rate: f32, most: usize) -> Result<Vec<u8>> {
    let (count, frames, channels) = match *sounds.shape().dims() {
        [count, frames] => (count, frames, 1),
        [count, frames, channels] => (count, frames, channels),
        _ => bail!(invalid_argument, "Tensor must be 3-D or 2-D, got: {}", sounds.shape()),
    };
    ensure!(rate > 0.0, invalid_argument, "sample_rate must be > 0");
    let samples = sounds.as_slice::<f32>()?;
    let size = frames * channels;
    // Files hold whole rates alone; halves go to the even one, and what is beyond 64 bits is said to be this.
    let whole = if rate < 9.2e18 { (rate.round_ties_even() as u64).max(1) } else { 1 << 63 };
    let mut summary = Vec::new();
    for index in 0..count.min(most) {
        let samples = samples.get(index * size..(index + 1) * size).unwrap_or_default();
        ensure!(frames == 0 || channels > 0, invalid_argument, "audio is null");
        let file = file_of(samples, channels, whole)?;
        let mut audio = Vec::new();
        write_float(&mut audio, 1, rate);
        for (field, value) in [(2, channels), (3, frames)] {
            // Zero is what a message without the field says.
            if value != 0 {
                write_number(&mut audio, field, value as u64);
            }
        }
        write_bytes(&mut audio, 4, &file);
        write_bytes(&mut audio, 5, b"audio/wav");
        write_summary_value(&mut summary, tag, "audio", (most != 1).then_some(index), 6, &audio);
    }
    Ok(summary)
}
