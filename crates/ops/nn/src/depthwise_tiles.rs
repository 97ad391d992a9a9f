//! Depthwise convolutions of `float32` with one filter for each channel: neighbouring windows share each weight that is loaded.

use crate::patches::{Tap, Windows};
use pulp::{Simd, WithSimd};

/// How many windows share weights, at most: as many as leave registers for those on processors with few, too.
pub(crate) const MOST_WINDOWS: usize = 4;

/// The convolution at some output positions.
pub(crate) struct Depthwise<'a> {
    pub(crate) windows: &'a Windows,
    pub(crate) input: &'a [f32],
    /// Tap by tap, a weight for each channel.
    pub(crate) filter: &'a [f32],
    /// The first position.
    pub(crate) first: usize,
    pub(crate) output: &'a mut [f32],
}

impl Depthwise<'_> {
    /// Sets the output, on the widest registers of this processor.
    pub(crate) fn run(self) {
        pulp::Arch::new().dispatch(self);
    }
}

/// Windows whose taps lie on the input alike, each so many elements behind the one before.
struct Run<'a> {
    taps: &'a [Tap],
    origin: usize,
    step: usize,
}

impl WithSimd for Depthwise<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Depthwise { windows, input, filter, first, output } = self;
        let channels = windows.channels;
        let positions = first..first + output.len() / channels;
        let mut rest = output;
        windows.for_runs(
            positions,
            #[inline(always)]
            |origin, step, count, taps| {
                let (mut outputs, behind) = std::mem::take(&mut rest).split_at_mut(count * channels);
                rest = behind;
                let mut run = Run { taps, origin, step };
                while !outputs.is_empty() {
                    let windows = MOST_WINDOWS.min(1 << (outputs.len() / channels).ilog2());
                    let (these, others) = outputs.split_at_mut(windows * channels);
                    match windows {
                        1 => run.windows::<S, 1>(simd, input, filter, channels, these),
                        2 => run.windows::<S, 2>(simd, input, filter, channels, these),
                        _ => run.windows::<S, MOST_WINDOWS>(simd, input, filter, channels, these),
                    }
                    run.origin += windows * step;
                    outputs = others;
                }
            },
        );
    }
}

impl Run<'_> {
    /// The outputs of the next `P` windows.
    #[inline(always)]
    fn windows<S: Simd, const P: usize>(
        &self,
        simd: S,
        input: &[f32],
        filter: &[f32],
        channels: usize,
        output: &mut [f32],
    ) {
        let mut channel = 0;
        while channel < channels {
            let rest = channels - channel;
            let width = rest.min(if rest < 2 * S::F32_LANES { S::F32_LANES } else { 2 * S::F32_LANES });
            let channels = [channel, width, channels];
            match width / S::F32_LANES {
                0 => self.tile::<S, P, 1, false>(simd, input, filter, channels, output),
                1 => self.tile::<S, P, 1, true>(simd, input, filter, channels, output),
                _ => self.tile::<S, P, 2, true>(simd, input, filter, channels, output),
            }
            channel += width;
        }
    }

    /// The outputs of `P` windows for the channels from the first number on, as many as the second, of the third in all: `V`
    /// registers are `FULL` of them, or one is not.
    #[allow(clippy::needless_range_loop, reason = "indices that are constants keep sums in registers")]
    #[inline(always)]
    fn tile<S: Simd, const P: usize, const V: usize, const FULL: bool>(
        &self,
        simd: S,
        input: &[f32],
        filter: &[f32],
        [channel, width, channels]: [usize; 3],
        output: &mut [f32],
    ) {
        // A constant, mostly: no bounds are left to be checked then.
        let width = if FULL { V * S::F32_LANES } else { width };
        let mut sums = [[simd.splat_f32s(0.0); V]; P];
        for tap in self.taps {
            let factors = load::<S, V, FULL>(simd, &filter[tap.number * channels + channel..][..width]);
            let pixel = tap.pixel(self.origin) + channel;
            for p in 0..P {
                let values = load::<S, V, FULL>(simd, &input[pixel + p * self.step..][..width]);
                for v in 0..V {
                    sums[p][v] = simd.mul_add_f32s(values[v], factors[v], sums[p][v]);
                }
            }
        }
        for (output, sums) in output.chunks_exact_mut(channels).zip(&sums) {
            let output = &mut output[channel..channel + width];
            if FULL {
                S::as_mut_simd_f32s(output).0.copy_from_slice(sums);
            } else {
                simd.partial_store_f32s(output, sums[0]);
            }
        }
    }
}

/// `V` registers `FULL` of these values, or one that they do not fill.
#[inline(always)]
fn load<S: Simd, const V: usize, const FULL: bool>(simd: S, values: &[f32]) -> [S::f32s; V] {
    let mut registers = [simd.splat_f32s(0.0); V];
    if FULL {
        registers.copy_from_slice(S::as_simd_f32s(values).0);
    } else {
        registers[0] = simd.partial_load_f32s(values);
    }
    registers
}
