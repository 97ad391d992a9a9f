//! Mfcc: mel-frequency cepstral coefficients of spectrograms.

use ferroflow_core::{
    Grad, IntoOperand, KernelCtx, Op, OpDef, PartialShape, Result, ShapeCtx, Tensor, bail, ensure, options,
    reserve,
};
use std::f64::consts::PI;

options! {
    /// Optional arguments of [`mfcc_with`].
    pub struct MfccOptions {
        /// The highest frequency that counts.
        upper_frequency_limit: f32 = 4000.0,
        /// The lowest frequency that counts.
        lower_frequency_limit: f32 = 20.0,
        /// How many bands frequencies are gathered in.
        filterbank_channel_count: i64 = 40,
        /// How many coefficients there are.
        dct_coefficient_count: i64 = 13,
    }
}

/// The mel-frequency cepstral coefficients of spectrograms shaped `[channels, pieces, frequencies]`.
///
/// Source: `tf.raw_ops.Mfcc` (op `Mfcc`).
///
/// # Errors
/// `InvalidArgument` unless there are three axes, and for a rate, limits or counts that make no bands.
pub fn mfcc(spectrogram: impl IntoOperand, sample_rate: impl IntoOperand) -> Result<Tensor> {
    mfcc_with(spectrogram, sample_rate, |options| options)
}

/// [`mfcc`] with optional arguments.
///
/// # Errors
/// As [`mfcc`].
pub fn mfcc_with(
    spectrogram: impl IntoOperand,
    sample_rate: impl IntoOperand,
    options: impl FnOnce(MfccOptions) -> MfccOptions,
) -> Result<Tensor> {
    let options = options(MfccOptions::default());
    Op::new(&MFCC)
        .input(spectrogram)
        .input(sample_rate)
        .attr("upper_frequency_limit", options.upper_frequency_limit)
        .attr("lower_frequency_limit", options.lower_frequency_limit)
        .attr("filterbank_channel_count", options.filterbank_channel_count)
        .attr("dct_coefficient_count", options.dct_coefficient_count)
        .one()
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (spectrogram, rate) = (cx.input(0), cx.input(1));
    if cx.at_run_time() {
        let has_three = spectrogram.rank() == Some(3);
        ensure!(has_three, invalid_argument, "spectrogram must be 3-dimensional{}", spectrogram.cpp());
        ensure!(
            rate.rank() == Some(0),
            invalid_argument,
            "Input sample_rate should be a scalar tensor, got {} instead.",
            rate.cpp()
        );
    }
    let spectrogram = cx.with_rank(0, 3)?;
    cx.with_rank(1, 0)?;
    let count = cx.int("dct_coefficient_count")?;
    if count < 0 && !cx.at_run_time() {
        bail!(value, "Dimension {count} must be >= 0");
    }
    let count = usize::try_from(count).ok();
    cx.set(0, PartialShape::new([spectrogram.dim(0), spectrogram.dim(1), count]));
    Ok(())
}

/// The perceived pitch of a frequency.
fn mel(frequency: f64) -> f64 {
    1127.0 * (frequency / 700.0).ln_1p()
}

/// No spectrum has as many frequencies; memory for more bands is not asked for.
const MAX_BANDS: usize = 1 << 24;

/// Triangular bands, evenly spaced in pitch: each frequency counts for the band below it with a weight, and for the one
/// above with the rest.
struct Bands {
    count: usize,
    /// The first and the last frequency that count.
    range: (usize, usize),
    /// The band below each frequency, by its number from 1 on, and its weight there.
    below: Vec<(usize, f64)>,
}

impl Bands {
    fn new(frequencies: usize, rate: f64, count: i64, lower: f64, upper: f64) -> Option<Bands> {
        let count = usize::try_from(count).ok().filter(|count| (1..=MAX_BANDS).contains(count))?;
        if rate <= 0.0 || frequencies < 2 || lower < 0.0 || upper <= lower {
            return None;
        }
        let low = mel(lower);
        let spacing = (mel(upper) - low) / (count as f64 + 1.0);
        let center = |band: usize| low + spacing * (band as f64 + 1.0);
        let hertz = 0.5 * rate / (frequencies as f64 - 1.0);
        let range = ((1.5 + lower / hertz) as usize, (upper / hertz) as usize);
        let mut below = reserve(frequencies).ok()?;
        let mut band = 0;
        for k in 0..frequencies {
            if k < range.0 || k > range.1 {
                below.push((0, 0.0));
                continue;
            }
            let pitch = mel(k as f64 * hertz);
            // Far bands are passed over at once.
            band = band.max((((pitch - low) / spacing - 2.0) as usize).min(count));
            while band < count && center(band) < pitch {
                band += 1;
            }
            let start = if band == 0 { low } else { center(band - 1) };
            below.push((band, (center(band) - pitch) / (center(band) - start)));
        }
        Some(Bands { count, range, below })
    }

    /// What each band gathers of the square roots of a spectrum; nothing where it ends too early.
    fn gather(&self, spectrum: &[f32], bands: &mut [f64]) -> bool {
        bands.fill(0.0);
        if spectrum.len() <= self.range.1 {
            return false;
        }
        let inside = spectrum.iter().zip(&self.below).take(self.range.1 + 1).skip(self.range.0);
        for (&strength, &(band, weight)) in inside {
            let strength = f64::from(strength).sqrt();
            let weighted = strength * weight;
            if let Some(lower) = band.checked_sub(1).and_then(|band| bands.get_mut(band)) {
                *lower += weighted;
            }
            if let Some(upper) = bands.get_mut(band) {
                *upper += strength - weighted;
            }
        }
        true
    }
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    cx.infer_shapes()?;
    let frequencies = cx.input(0)?.shape()[2];
    let rate = cx.int_value(1)?;
    let (count, coefficients) = (cx.int("filterbank_channel_count")?, cx.int("dct_coefficient_count")?);
    let limit = |name: &str| cx.float(name).map(f64::from);
    let (lower, upper) = (limit("lower_frequency_limit")?, limit("upper_frequency_limit")?);
    let bands = Bands::new(frequencies, rate as f64, count, lower, upper);
    let Some(bands) = bands.filter(|bands| (1..=bands.count as i64).contains(&coefficients)) else {
        bail!(
            invalid_argument,
            "Mfcc initialization failed for channel count {frequencies}, sample rate {rate} and \
             filterbank_channel_count {count}"
        );
    };
    let output = cx.output_shape(0)?;
    let mut gathered = reserve::<f64>(bands.count)?;
    gathered.resize(bands.count, 0.0);
    let mut values = reserve::<f32>(output.num_elements())?;
    let scale = (2.0 / bands.count as f64).sqrt();
    for spectrum in cx.slice::<f32>(0)?.chunks_exact(frequencies) {
        if !bands.gather(spectrum, &mut gathered) {
            // As TensorFlow has it where the limit lies above what the rate can carry.
            values.extend((0..coefficients).map(|_| 0.0));
            continue;
        }
        // A floor keeps silence from minus infinity, and leaves NaN as it is.
        gathered
            .iter_mut()
            .for_each(|value| *value = if *value < 1e-12 { 1e-12f64.ln() } else { value.ln() });
        for coefficient in 0..coefficients {
            let step = coefficient as f64 * PI / bands.count as f64;
            let terms = gathered.iter().enumerate().map(|(k, value)| value * (step * (k as f64 + 0.5)).cos());
            values.push((scale * terms.sum::<f64>()) as f32);
        }
    }
    cx.set_elements(0, values)
}

pub(crate) static MFCC: OpDef =
    OpDef { name: "Mfcc", shape, kernel: Some(kernel), grad: Grad::Missing, ..OpDef::NEW };
