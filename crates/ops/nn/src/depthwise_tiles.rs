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
            let vectors = (channels - channel) / S::F32_LANES;
            channel += match vectors {
                0 => self.edge::<S, P>(simd, input, filter, channels, channel, output),
                1 => self.tile::<S, P, 1>(simd, input, filter, channels, channel, output),
                _ => self.tile::<S, P, 2>(simd, input, filter, channels, channel, output),
            };
        }
    }

    /// The outputs of `P` windows for as many channels as `V` registers hold; returns how many those are.
    #[allow(clippy::needless_range_loop, reason = "indices that are constants keep sums in registers")]
    #[inline(always)]
    fn tile<S: Simd, const P: usize, const V: usize>(
        &self,
        simd: S,
        input: &[f32],
        filter: &[f32],
        channels: usize,
        channel: usize,
        output: &mut [f32],
    ) -> usize {
        let width = V * S::F32_LANES;
        let mut sums = [[simd.splat_f32s(0.0); V]; P];
        for tap in self.taps {
            let weights = &filter[tap.number * channels + channel..][..width];
            let mut factors = [simd.splat_f32s(0.0); V];
            factors.copy_from_slice(&S::as_simd_f32s(weights).0[..V]);
            let pixel = tap.pixel(self.origin) + channel;
            for p in 0..P {
                let start = pixel + p * self.step;
                let values = S::as_simd_f32s(&input[start..start + width]).0;
                for v in 0..V {
                    sums[p][v] = simd.mul_add_f32s(values[v], factors[v], sums[p][v]);
                }
            }
        }
        for (output, sums) in output.chunks_exact_mut(channels).zip(&sums) {
            S::as_mut_simd_f32s(&mut output[channel..channel + width]).0.copy_from_slice(sums);
        }
        width
    }

    /// The outputs of `P` windows for the last channels, which do not fill a register.
    #[allow(clippy::needless_range_loop, reason = "indices that are constants keep sums in registers")]
    #[inline(always)]
    fn edge<S: Simd, const P: usize>(
        &self,
        simd: S,
        input: &[f32],
        filter: &[f32],
        channels: usize,
        channel: usize,
        output: &mut [f32],
    ) -> usize {
        let width = channels - channel;
        let mut sums = [simd.splat_f32s(0.0); P];
        for tap in self.taps {
            let factor = simd.partial_load_f32s(&filter[tap.number * channels + channel..][..width]);
            let pixel = tap.pixel(self.origin) + channel;
            for p in 0..P {
                let start = pixel + p * self.step;
                let values = simd.partial_load_f32s(&input[start..start + width]);
                sums[p] = simd.mul_add_f32s(values, factor, sums[p]);
            }
        }
        for (output, sum) in output.chunks_exact_mut(channels).zip(sums) {
            simd.partial_store_f32s(&mut output[channel..], sum);
        }
        width
    }
}
