//! Convolutions of few channels, window by window: their patch matrices would be many short rows, and cost more than the products.

use crate::patches::{Tap, Windows, by_channels};
use crate::product::Product;
use ferroflow_core::{Buffer, Result, parallel, vectorized};

/// Elements of the largest window that is not worth a row of a patch matrix.
const PATCH: usize = 32;
/// Channels of such a window.
const CHANNELS: usize = 4;
/// Positions whose outputs stay in the first cache until all is done to them.
const BLOCK: usize = 64;

/// Whether the windows are small enough.
pub(crate) fn suits(windows: &Windows) -> bool {
    windows.patch() <= PATCH && windows.channels <= CHANNELS && windows.channels == windows.input.channels
}

/// The convolution; `finish(start, part)` is called for each part of the output.
pub(crate) fn forward<T: Product>(
    windows: &Windows,
    filters: usize,
    input: &[T],
    filter: &[T],
    output: &mut [T],
    finish: impl Fn(usize, &mut [T]) + Sync,
) {
    parallel::chunks(output, filters, windows.patch(), |start, chunk| {
        for (block, output) in chunk.chunks_mut(BLOCK * filters).enumerate() {
            let first = start + block * BLOCK * filters;
            forward_from(windows, filters, input, filter, first / filters, output);
            finish(first, output);
        }
    });
}

/// Adds the gradient of the filter to `gradient`.
///
/// # Errors
/// `ResourceExhausted` when the memory cannot be had.
pub(crate) fn to_filter<T: Product>(
    windows: &Windows,
    filters: usize,
    input: &[T],
    dy: &[T],
    gradient: &mut [T],
) -> Result<()> {
    // Each thread adds up the products of some lines of the output; a line's sum is short, and so loses few digits.
    let (line, size) = (windows.axes[2].output, gradient.len());
    let lines = windows.positions() / line.max(1);
    let parts = parallel::threads().min(lines).max(1);
    let mut sums = Buffer::<T>::scratch(2 * parts * size)?;
    parallel::chunks(&mut sums, 2 * size, windows.positions() / parts, |start, chunk| {
        for (count, sums) in chunk.chunks_exact_mut(2 * size).enumerate() {
            let part = start / (2 * size) + count;
            let (sums, of_line) = sums.split_at_mut(size);
            sums.fill(T::default());
            for line_number in part * lines / parts..(part + 1) * lines / parts {
                of_line.fill(T::default());
                products_of(
                    windows,
                    filters,
                    input,
                    dy,
                    line_number * line..(line_number + 1) * line,
                    of_line,
                );
                sums.iter_mut().zip(&*of_line).for_each(|(sum, &value)| *sum = sum.plus(value));
            }
        }
    });
    for sums in sums.chunks_exact(2 * size) {
        gradient.iter_mut().zip(sums).for_each(|(sum, &value)| *sum = sum.plus(value));
    }
    Ok(())
}

vectorized! {
    /// The convolution at the output positions from `first` on.
    fn forward_from[T: Product](
        windows: &Windows,
        filters: usize,
        input: &[T],
        filter: &[T],
        first: usize,
        output: &mut [T],
    ) {
        let positions = first..first + output.len() / filters;
        let mut outputs = output.chunks_exact_mut(filters);
        windows.for_windows(positions, #[inline(always)] |origin, taps| {
            let Some(output) = outputs.next() else { return };
            by_channels!(filters, weigh(output, input, filter, origin, taps, windows.channels));
        });
    }

    /// Adds the products of inputs and gradients at these output positions.
    fn products_of[T: Product](
        windows: &Windows,
        filters: usize,
        input: &[T],
        dy: &[T],
        positions: std::ops::Range<usize>,
        sums: &mut [T],
    ) {
        let mut gradients = dy[positions.start * filters..].chunks_exact(filters);
        windows.for_windows(positions, #[inline(always)] |origin, taps| {
            let Some(dy) = gradients.next() else { return };
            by_channels!(filters, add_products(sums, input, dy, origin, taps, windows.channels));
        });
    }
}

/// `N` filters' sums over a window.
#[inline(always)]
fn weigh<T: Product, const N: usize>(
    output: &mut [T],
    input: &[T],
    filter: &[T],
    origin: usize,
    taps: &[Tap],
    channels: usize,
    at: usize,
) {
    let (mut sums, filters) = ([T::default(); N], output.len());
    for tap in taps {
        for (channel, &value) in tap.values(input, origin, 0, channels).iter().enumerate() {
            let weights = &filter[(tap.number * channels + channel) * filters + at..][..N];
            for (lane, sum) in sums.iter_mut().enumerate() {
                *sum = value.times_plus(weights[lane], *sum);
            }
        }
    }
    output[at..at + N].copy_from_slice(&sums);
}

/// Adds the products of a window's elements and `N` filters' gradients.
#[inline(always)]
fn add_products<T: Product, const N: usize>(
    sums: &mut [T],
    input: &[T],
    dy: &[T],
    origin: usize,
    taps: &[Tap],
    channels: usize,
    at: usize,
) {
    let filters = dy.len();
    let dy = &dy[at..at + N];
    for tap in taps {
        for (channel, &value) in tap.values(input, origin, 0, channels).iter().enumerate() {
            let sums = &mut sums[(tap.number * channels + channel) * filters + at..][..N];
            for (lane, sum) in sums.iter_mut().enumerate() {
                *sum = value.times_plus(dy[lane], *sum);
            }
        }
    }
}
