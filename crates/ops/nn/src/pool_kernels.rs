//! Maxima and means of windows, channels last, and where their gradients go.

use crate::patches::{Position, Tap, Windows, by_channels};
use ferroflow_core::{DType, Element, Result, parallel, recycled, vectorized, zeroed};
use num_traits::{Bounded, Float, NumAssign};
use std::ops::Range;

/// An element type of pooling.
pub(crate) trait Number: Element + Copy + PartialOrd + Bounded {
    /// The sum; integers wrap around.
    fn plus(self, other: Self) -> Self;
}

macro_rules! numbers {
    ($add:expr; $($ty:ty),*) => {
        $(impl Number for $ty {
            fn plus(self, other: $ty) -> $ty {
                let add: fn($ty, $ty) -> $ty = $add;
                add(self, other)
            }
        })*
    };
}

numbers!(|a, b| a + b; f32, f64);
numbers!(|a, b| a.wrapping_add(b); i8, i16, i32, i64, u8, u16, u32, u64);

/// The maximum of each window. NaN is never one, as in TensorFlow: a window of nothing else gives the lowest number.
pub(crate) fn maxima<T: Number>(windows: &Windows, input: &[T]) -> Result<Vec<T>> {
    let channels = windows.channels;
    if channels == 0 {
        return zeroed::<T>(0);
    }
    let mut output = recycled::<T>(windows.positions() * channels)?;
    parallel::chunks(&mut output, channels, windows.taps(), |start, chunk| {
        if const { matches!(T::DTYPE, DType::FLOAT32) } {
            return wide_maxima_from(windows, input, start / channels, chunk);
        }
        maxima_from(windows, input, start / channels, chunk);
    });
    Ok(output)
}

/// The maxima of the windows from the `first` on.
#[inline(always)]
fn maxima_from<T: Number>(windows: &Windows, input: &[T], first: usize, output: &mut [T]) {
    let greater = |max, value| if value > max { value } else { max };
    let positions = first..first + output.len() / windows.channels;
    let mut outputs = output.chunks_exact_mut(windows.channels);
    windows.for_windows(
        positions,
        #[inline(always)]
        |origin, taps| {
            let Some(output) = outputs.next() else { return };
            by_channels!(windows.channels, fold(output, input, origin, taps, T::min_value(), greater));
        },
    );
}

/// The values of each of `N` channels from `channel` on, put together.
#[inline(always)]
fn fold<T: Copy, const N: usize>(
    output: &mut [T],
    input: &[T],
    origin: usize,
    taps: &[Tap],
    start: T,
    put_together: impl Fn(T, T) -> T,
    channel: usize,
) {
    let mut folded = [start; N];
    for tap in taps {
        let values = tap.values(input, origin, channel, N);
        for (lane, folded) in folded.iter_mut().enumerate() {
            *folded = put_together(*folded, values[lane]);
        }
    }
    output[channel..channel + N].copy_from_slice(&folded);
}

vectorized! {
    fn wide_maxima_from[T: Number](windows: &Windows, input: &[T], first: usize, output: &mut [T]) {
        maxima_from(windows, input, first, output);
    }

    fn wide_to_maxima_of[T: Number](
        windows: &Windows,
        input: &[T],
        dy: &[T],
        positions: Range<usize>,
        start: usize,
        dx: &mut [T],
    ) {
        to_maxima_of(windows, input, dy, positions, start, dx);
    }

    /// The means of the windows from the `first` on.
    fn means_from[T: Element + Float + NumAssign](
        windows: &Windows,
        input: &[T],
        first: usize,
        output: &mut [T],
    ) {
        let positions = first..first + output.len() / windows.channels;
        let mut outputs = output.chunks_exact_mut(windows.channels);
        windows.for_windows(positions, #[inline(always)] |origin, taps| {
            let Some(output) = outputs.next() else { return };
            by_channels!(windows.channels, fold(output, input, origin, taps, T::zero(), |a, b| a + b));
            let taps = T::from(taps.len()).unwrap_or_else(T::nan);
            output.iter_mut().for_each(|sum| *sum /= taps);
        });
    }
}

/// The maximum of each run of `window` channels.
pub(crate) fn channel_maxima<T: Number>(input: &[T], window: usize) -> Vec<T> {
    let greater = |max, &value| if value > max { value } else { max };
    input.chunks_exact(window).map(|run| run.iter().fold(T::min_value(), greater)).collect()
}

/// The first maximum of each channel of one window, and its place in the input.
fn arg_maxima<T: Number>(
    windows: &Windows,
    input: &[T],
    at: Position,
    maxima: &mut [T],
    places: &mut [usize],
) -> bool {
    let mut first = true;
    windows.for_taps(at, |_, pixel| {
        let values = &input[pixel..pixel + windows.channels];
        for (channel, ((max, place), &value)) in maxima.iter_mut().zip(&mut *places).zip(values).enumerate() {
            if first || value > *max {
                *max = value;
                *place = pixel + channel;
            }
        }
        first = false;
    });
    !first
}

/// The maximum of each window and its place in the input.
pub(crate) fn maxima_with_places<T: Number>(windows: &Windows, input: &[T]) -> Result<(Vec<T>, Vec<i64>)> {
    let channels = windows.channels;
    let count = windows.positions() * channels;
    let (mut maxima, mut places) = (zeroed::<T>(count)?, zeroed::<i64>(count)?);
    let mut at = vec![0; channels];
    let pairs = maxima.chunks_exact_mut(channels.max(1)).zip(places.chunks_exact_mut(channels.max(1)));
    for (number, (maxima, places)) in pairs.enumerate() {
        arg_maxima(windows, input, windows.position(number), maxima, &mut at);
        places.iter_mut().zip(&at).for_each(|(place, &at)| *place = at as i64);
    }
    Ok((maxima, places))
}

/// Fills an array of the input's size image by image; `fill(positions, first element, image)`.
fn by_image<T: Element>(
    windows: &Windows,
    fill: impl Fn(Range<usize>, usize, &mut [T]) + Sync,
) -> Result<Vec<T>> {
    let image = windows.pixel(1, 0, 0, 0);
    let mut output = zeroed::<T>(windows.pixel(windows.input.batch, 0, 0, 0))?;
    let positions = windows.positions() / windows.input.batch.max(1);
    parallel::chunks(&mut output, image, windows.taps(), |start, chunk| {
        for (count, chunk) in chunk.chunks_exact_mut(image).enumerate() {
            let number = start / image + count;
            fill(number * positions..(number + 1) * positions, number * image, chunk);
        }
    });
    Ok(output)
}

/// Adds the gradient of each window's maximum to the element that is it.
pub(crate) fn to_maxima<T: Number>(windows: &Windows, input: &[T], dy: &[T]) -> Result<Vec<T>> {
    by_image(windows, |positions, start, dx: &mut [T]| {
        if const { matches!(T::DTYPE, DType::FLOAT32) } {
            return wide_to_maxima_of(windows, input, dy, positions, start, dx);
        }
        to_maxima_of(windows, input, dy, positions, start, dx);
    })
}

/// The same for the windows at these positions; `dx` is the part of the gradient from element `start` on.
#[inline(always)]
fn to_maxima_of<T: Number>(
    windows: &Windows,
    input: &[T],
    dy: &[T],
    positions: Range<usize>,
    start: usize,
    dx: &mut [T],
) {
    let mut gradients = dy[positions.start * windows.channels..].chunks_exact(windows.channels.max(1));
    windows.for_windows(
        positions,
        #[inline(always)]
        |origin, taps| {
            let Some(dy) = gradients.next() else { return };
            if !taps.is_empty() {
                by_channels!(windows.channels, to_maximum(dx, start, input, dy, origin, taps));
            }
        },
    );
}

/// Adds the gradients of `N` channels from `channel` on to the first maxima of a window.
#[inline(always)]
fn to_maximum<T: Number, const N: usize>(
    dx: &mut [T],
    start: usize,
    input: &[T],
    dy: &[T],
    origin: usize,
    taps: &[Tap],
    channel: usize,
) {
    let (mut maxima, mut places) = ([T::default(); N], [0u32; N]);
    for (number, tap) in (0..).zip(taps) {
        let values = tap.values(input, origin, channel, N);
        for lane in 0..N {
            let greater = number == 0 || values[lane] > maxima[lane];
            maxima[lane] = if greater { values[lane] } else { maxima[lane] };
            places[lane] = if greater { number } else { places[lane] };
        }
    }
    for (lane, &place) in places.iter().enumerate() {
        let at = taps[place as usize].pixel(origin) + channel + lane - start;
        dx[at] = dx[at].plus(dy[channel + lane]);
    }
}

/// Adds the gradient of each window's maximum to every element that equals it, as pooling of volumes does.
pub(crate) fn to_equal<T: Number>(windows: &Windows, input: &[T], maxima: &[T], dy: &[T]) -> Result<Vec<T>> {
    let channels = windows.channels;
    by_image(windows, |positions, start, dx: &mut [T]| {
        for number in positions {
            let (maxima, dy) = (&maxima[number * channels..], &dy[number * channels..]);
            windows.for_taps(windows.position(number), |_, pixel| {
                let values = input[pixel..pixel + channels].iter().zip(maxima).zip(dy);
                for (dx, ((value, max), &dy)) in dx[pixel - start..].iter_mut().zip(values) {
                    if value == max {
                        *dx = dx.plus(dy);
                    }
                }
            });
        }
    })
}

/// The elements of `values`, an array like the input, at the first element of each window that equals its maximum.
pub(crate) fn at_maxima<T: Number>(
    windows: &Windows,
    input: &[T],
    maxima: &[T],
    values: &[T],
) -> Result<Vec<T>> {
    let channels = windows.channels;
    let mut output = zeroed::<T>(windows.positions() * channels)?;
    parallel::chunks(&mut output, channels, windows.taps(), |start, chunk| {
        let mut found = vec![false; channels];
        for (count, output) in chunk.chunks_exact_mut(channels).enumerate() {
            let number = start / channels + count;
            found.fill(false);
            windows.for_taps(windows.position(number), |_, pixel| {
                for (channel, found) in found.iter_mut().enumerate() {
                    if !*found && input[pixel + channel] == maxima[number * channels + channel] {
                        *found = true;
                        output[channel] = values[pixel + channel];
                    }
                }
            });
        }
    });
    Ok(output)
}

/// The mean of each window, padding left out.
pub(crate) fn means<T: Element + Float + NumAssign>(windows: &Windows, input: &[T]) -> Result<Vec<T>> {
    let channels = windows.channels;
    if channels == 0 {
        return zeroed::<T>(0);
    }
    let mut output = recycled::<T>(windows.positions() * channels)?;
    parallel::chunks(&mut output, channels, windows.taps(), |start, chunk| {
        means_from(windows, input, start / channels, chunk);
    });
    Ok(output)
}

/// Spreads the gradient of each window's mean evenly over the window.
pub(crate) fn to_means<T: Element + Float + NumAssign>(windows: &Windows, dy: &[T]) -> Result<Vec<T>> {
    let channels = windows.channels;
    by_image(windows, |positions, start, dx: &mut [T]| {
        for number in positions {
            let at = windows.position(number);
            let taps = windows.for_taps(at, |_, _| {});
            let share = T::from(taps).unwrap_or_else(T::nan).recip();
            let dy = &dy[number * channels..(number + 1) * channels];
            windows.for_taps(at, |_, pixel| {
                for (dx, &dy) in dx[pixel - start..].iter_mut().zip(dy) {
                    *dx += dy * share;
                }
            });
        }
    })
}
