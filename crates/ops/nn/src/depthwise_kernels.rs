//! Depthwise convolutions with channels last: every loop runs along the channels, which lie next to each other.

use crate::depthwise_tiles::{Depthwise, MOST_WINDOWS};
use crate::patches::{Tap, Windows, by_channels};
use bytemuck::{Pod, cast_slice, cast_slice_mut};
use ferroflow_core::{DType, Element, Epilogue, Result, parallel, recycled, vectorized, zeroed};
use num_traits::{Float, NumAssign};

/// Elements of the output that are finished at a time: they stay in the first cache.
const BLOCK: usize = 1 << 12;

/// An element type of depthwise convolutions.
pub(crate) trait Real: Element + Float + NumAssign + Pod {}

impl<T: Element + Float + NumAssign + Pod> Real for T {}

/// Adds to each of `channels * multiplier` sums the product of its channel's value and its weight.
#[inline(always)]
fn accumulate<T: Real>(sums: &mut [T], values: &[T], weights: &[T], multiplier: usize) {
    if multiplier == 1 {
        for ((sum, &value), &weight) in sums.iter_mut().zip(values).zip(weights) {
            *sum += value * weight;
        }
        return;
    }
    let groups = sums.chunks_exact_mut(multiplier).zip(weights.chunks_exact(multiplier));
    for ((sums, weights), &value) in groups.zip(values) {
        for (sum, &weight) in sums.iter_mut().zip(weights) {
            *sum += value * weight;
        }
    }
}

/// The convolution.
pub(crate) fn forward<T: Real>(
    windows: &Windows,
    multiplier: usize,
    input: &[T],
    filter: &[T],
    epilogue: Option<Epilogue<'_>>,
) -> Result<Vec<T>> {
    let width = windows.channels * multiplier;
    if width == 0 {
        return zeroed::<T>(0);
    }
    let mut output = recycled::<T>(windows.positions() * width)?;
    let block = (BLOCK / width).max(1).next_multiple_of(MOST_WINDOWS) * width;
    parallel::chunks(&mut output, width, windows.taps(), |start, chunk| {
        for (number, output) in chunk.chunks_mut(block).enumerate() {
            let start = start + number * block;
            if multiplier == 1 && T::DTYPE == DType::FLOAT32 {
                let (input, filter) = (cast_slice(input), cast_slice(filter));
                let output = cast_slice_mut(output);
                Depthwise { windows, input, filter, first: start / width, output }.run();
            } else {
                forward_from(windows, multiplier, input, filter, start / width, output);
            }
            if let Some(epilogue) = epilogue {
                epilogue.apply(start, output);
            }
        }
    });
    Ok(output)
}

vectorized! {
    /// The convolution at the output positions from `first` on.
    fn forward_from[T: Real](
        windows: &Windows,
        multiplier: usize,
        input: &[T],
        filter: &[T],
        first: usize,
        output: &mut [T],
    ) {
        let (channels, width) = (windows.channels, windows.channels * multiplier);
        let positions = first..first + output.len() / width;
        let mut outputs = output.chunks_exact_mut(width);
        windows.for_windows(positions, #[inline(always)] |origin, taps| {
            let Some(output) = outputs.next() else { return };
            if multiplier == 1 {
                by_channels!(channels, weigh(output, input, filter, origin, taps));
                return;
            }
            output.fill(T::zero());
            for tap in taps {
                let weights = &filter[tap.number * width..][..width];
                accumulate(output, tap.values(input, origin, 0, channels), weights, multiplier);
            }
        });
    }
}

/// The sums of the products of values and weights for `N` channels from `channel` on.
#[inline(always)]
fn weigh<T: Real, const N: usize>(
    output: &mut [T],
    input: &[T],
    filter: &[T],
    origin: usize,
    taps: &[Tap],
    channel: usize,
) {
    let mut sums = [T::zero(); N];
    let width = output.len();
    for tap in taps {
        let values = tap.values(input, origin, channel, N);
        let weights = &filter[tap.number * width + channel..][..N];
        for (lane, sum) in sums.iter_mut().enumerate() {
            *sum += values[lane] * weights[lane];
        }
    }
    output[channel..channel + N].copy_from_slice(&sums);
}

/// The gradient of the input: each pixel gathers from the outputs that saw it.
pub(crate) fn to_input<T: Real>(
    windows: &Windows,
    multiplier: usize,
    dy: &[T],
    filter: &[T],
) -> Result<Vec<T>> {
    let (channels, width) = (windows.channels, windows.channels * multiplier);
    let (input, [_, rows, columns]) = (windows.input, windows.axes);
    let mut dx = zeroed::<T>(windows.pixel(input.batch, 0, 0, 0))?;
    if width == 0 {
        return Ok(dx);
    }
    parallel::chunks(&mut dx, channels, windows.taps().saturating_mul(multiplier), |start, chunk| {
        for (count, dx) in chunk.chunks_exact_mut(channels).enumerate() {
            let number = start / channels + count;
            let (image, at) = (number / (input.height * input.width), number % (input.height * input.width));
            for row_tap in 0..rows.window {
                let Some(row) = rows.output_of(at / input.width, row_tap) else { continue };
                for column_tap in 0..columns.window {
                    let Some(column) = columns.output_of(at % input.width, column_tap) else { continue };
                    let from = ((image * rows.output + row) * columns.output + column) * width;
                    let weights = &filter[(row_tap * columns.window + column_tap) * width..][..width];
                    gather(dx, &dy[from..from + width], weights, multiplier);
                }
            }
        }
    });
    Ok(dx)
}

/// Adds to each channel the products of its outputs' gradients and weights.
fn gather<T: Real>(dx: &mut [T], dy: &[T], weights: &[T], multiplier: usize) {
    if multiplier == 1 {
        return accumulate(dx, dy, weights, 1);
    }
    let groups = dy.chunks_exact(multiplier).zip(weights.chunks_exact(multiplier));
    for (dx, (dy, weights)) in dx.iter_mut().zip(groups) {
        *dx = dy.iter().zip(weights).fold(*dx, |sum, (&dy, &weight)| sum + dy * weight);
    }
}

/// The gradient of the filter: each of its taps runs over all positions.
pub(crate) fn to_filter<T: Real>(
    windows: &Windows,
    multiplier: usize,
    input: &[T],
    dy: &[T],
) -> Result<Vec<T>> {
    let (channels, width) = (windows.channels, windows.channels * multiplier);
    let [_, rows, columns] = windows.axes;
    let mut gradient = zeroed::<T>(windows.taps().saturating_mul(width))?;
    if width == 0 {
        return Ok(gradient);
    }
    parallel::chunks(&mut gradient, width, windows.positions(), |start, chunk| {
        for (count, sums) in chunk.chunks_exact_mut(width).enumerate() {
            let tap = start / width + count;
            let (row_tap, column_tap) = (tap / columns.window, tap % columns.window);
            for image in 0..windows.input.batch {
                for row in rows.outputs(row_tap) {
                    let Some(source_row) = rows.source(row, row_tap) else { continue };
                    for column in columns.outputs(column_tap) {
                        let Some(source_column) = columns.source(column, column_tap) else { continue };
                        let pixel = windows.pixel(image, 0, source_row, source_column);
                        let from = ((image * rows.output + row) * columns.output + column) * width;
                        accumulate(
                            sums,
                            &input[pixel..pixel + channels],
                            &dy[from..from + width],
                            multiplier,
                        );
                    }
                }
            }
        }
    });
    Ok(gradient)
}
