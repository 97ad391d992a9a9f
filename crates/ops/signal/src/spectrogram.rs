//! AudioSpectrogram: the strengths of the frequencies of short pieces of sound.

use crate::transform::real_to_complex;
use ferroflow_core::{
    Error, Grad, IntoOperand, KernelCtx, Op, OpDef, PartialShape, Result, ShapeCtx, Tensor, bail, ensure,
    reserve,
};
use std::f64::consts::PI;

/// The strengths of the frequencies of pieces of `window_size` samples, one every `stride` samples, of sound shaped
/// `[samples, channels]`: `[channels, pieces, frequencies]`.
///
/// Source: `tf.raw_ops.AudioSpectrogram` (op `AudioSpectrogram`).
///
/// ```
/// let strengths = ferroflow_ops_signal::audio_spectrogram([[0.0], [0.0], [0.0], [0.0]], 2, 2, false)?;
/// assert_eq!(strengths.numpy()?.shape().dims(), [1, 2, 2]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` unless there are two axes, a window of at least two samples and a positive stride.
pub fn audio_spectrogram(
    input: impl IntoOperand,
    window_size: i64,
    stride: i64,
    magnitude_squared: bool,
) -> Result<Tensor> {
    Op::new(&AUDIO_SPECTROGRAM)
        .input(input)
        .attr("window_size", window_size)
        .attr("stride", stride)
        .attr("magnitude_squared", magnitude_squared)
        .one()
}

/// Sizes of the window, of the stride, and of the transform.
struct Sizes {
    window: usize,
    stride: usize,
    transform: usize,
}

impl Sizes {
    fn new(cx: &ShapeCtx<'_>) -> Result<Sizes> {
        let (window, stride) = (cx.int("window_size")?, cx.int("stride")?);
        let failed =
            format!("Spectrogram initialization failed for window size {window} and stride {stride}");
        if window <= 1 {
            return Err(cx.mismatch(failed, format!("window size must be > 1, got {window}")));
        }
        if stride <= 0 {
            return Err(cx.mismatch(failed, format!("stride must be strictly positive, got {stride}")));
        }
        let transform = usize::try_from(window).ok().and_then(usize::checked_next_power_of_two);
        match transform.filter(|size| i32::try_from(*size).is_ok()) {
            Some(transform) => Ok(Sizes { window: window as usize, stride: stride as usize, transform }),
            None => Err(Error::invalid_argument(failed)),
        }
    }

    fn pieces(&self, samples: usize) -> usize {
        samples.checked_sub(self.window).map_or(0, |rest| 1 + rest / self.stride)
    }
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let input = cx.input(0);
    if cx.at_run_time() {
        ensure!(input.rank() == Some(2), invalid_argument, "input must be 2-dimensional{}", input.cpp());
    }
    let input = cx.with_rank(0, 2)?;
    let sizes = Sizes::new(cx)?;
    let pieces = input.dim(0).map(|samples| sizes.pieces(samples));
    cx.set(0, PartialShape::new([input.dim(1), pieces, Some(1 + sizes.transform / 2)]));
    Ok(())
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let output = cx.output_shape(0)?;
    let &[channels, pieces, frequencies] = output.dims() else {
        bail!(internal, "a spectrogram has three axes")
    };
    let window = usize::try_from(cx.int("window_size")?).unwrap_or_default();
    let stride = usize::try_from(cx.int("stride")?).unwrap_or_default();
    let squared = cx.bool("magnitude_squared")?;
    let samples = cx.slice::<f32>(0)?;
    let size = 2 * (frequencies - 1);
    let mut strengths = reserve::<f32>(output.num_elements())?;
    if output.num_elements() > 0 {
        let mut weights = reserve::<f64>(window)?;
        weights.extend((0..window).map(|k| 0.5 - 0.5 * (2.0 * PI * k as f64 / window as f64).cos()));
        let mut line = reserve::<f64>(size)?;
        for channel in 0..channels {
            for piece in 0..pieces {
                line.clear();
                let sample = |k: usize| f64::from(samples[(piece * stride + k) * channels + channel]);
                line.extend(weights.iter().enumerate().map(|(k, weight)| sample(k) * weight));
                line.resize(size, 0.0);
                for value in real_to_complex(&mut line, size)? {
                    let square = value.norm_sqr();
                    strengths.push(if squared { square } else { square.sqrt() } as f32);
                }
            }
        }
    }
    cx.set_elements(0, strengths)
}

pub(crate) static AUDIO_SPECTROGRAM: OpDef =
    OpDef { name: "AudioSpectrogram", shape, kernel: Some(kernel), grad: Grad::Missing, ..OpDef::NEW };
