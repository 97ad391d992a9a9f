//! Convolutions of batches with channels last, as matrix products: forward, and to the gradients of input and filter.

use crate::patches::Windows;
use crate::product::{Product, matrix, matrix_mut};
use ferroflow_core::ndarray::s;
use ferroflow_core::{Result, parallel, zeroed};

/// Elements of a block of the patch matrix: what stays in the second cache.
const BLOCK: usize = 1 << 17;

/// Rows of a block of the patch matrix.
fn block_rows(patch: usize) -> usize {
    (BLOCK / patch.max(1)).clamp(16, 1024)
}

/// The convolution of an input with a `[window.., channels, filters]` filter, in groups of channels.
///
/// # Errors
/// `ResourceExhausted` when the memory cannot be had.
pub(crate) fn forward<T: Product>(
    windows: &Windows,
    filters: usize,
    input: &[T],
    filter: &[T],
) -> Result<Vec<T>> {
    let patch = windows.patch();
    let mut output = zeroed::<T>(windows.positions() * filters)?;
    if output.is_empty() || patch == 0 {
        return Ok(output);
    }
    let filter = matrix(filter, patch, filters)?;
    if windows.are_pixels() {
        parallel::try_chunks(&mut output, filters, patch, |start, chunk| {
            let (first, rows) = (start / filters, chunk.len() / filters);
            let pixels = matrix(&input[first * patch..(first + rows) * patch], rows, patch)?;
            T::product(&pixels, &filter, &mut matrix_mut(chunk, rows, filters)?, false);
            Ok(())
        })?;
        return Ok(output);
    }
    let groups = windows.input.channels / windows.channels;
    let group_filters = filters / groups;
    parallel::try_chunks(&mut output, filters, patch, |start, chunk| {
        let rows = block_rows(patch).min(chunk.len() / filters);
        let mut patches = zeroed::<T>(rows * patch)?;
        for (block, output) in chunk.chunks_mut(rows * filters).enumerate() {
            let (first, rows) = (start / filters + block * rows, output.len() / filters);
            let mut output = matrix_mut(output, rows, filters)?;
            for group in 0..groups {
                let patches = &mut patches[..rows * patch];
                windows.fill(patches, input, first, 0..patch, group * windows.channels);
                let columns = group * group_filters..(group + 1) * group_filters;
                let filter = filter.slice(s![.., columns.clone()]);
                let mut output = output.slice_mut(s![.., columns]);
                T::product(&matrix(patches, rows, patch)?, &filter, &mut output, false);
            }
        }
        Ok(())
    })?;
    Ok(output)
}

/// The gradient of the input, from that of the output and the filter.
///
/// # Errors
/// `ResourceExhausted` when the memory cannot be had.
pub(crate) fn to_input<T: Product>(
    windows: &Windows,
    filters: usize,
    dy: &[T],
    filter: &[T],
) -> Result<Vec<T>> {
    let input = windows.input;
    let mut dx = zeroed::<T>(windows.pixel(input.batch, 0, 0, 0))?;
    if dx.is_empty() || dy.is_empty() || filter.is_empty() {
        return Ok(dx);
    }
    let filter = matrix(filter, windows.patch(), filters)?;
    if windows.are_pixels() {
        let channels = input.channels;
        parallel::try_chunks(&mut dx, channels, filters, |start, chunk| {
            let (first, rows) = (start / channels, chunk.len() / channels);
            let dy = matrix(&dy[first * filters..(first + rows) * filters], rows, filters)?;
            T::product(&dy, &filter.t(), &mut matrix_mut(chunk, rows, channels)?, false);
            Ok(())
        })?;
        return Ok(dx);
    }
    let [depth, height, width] = windows.axes;
    let line = width.window * windows.channels;
    let cost = filters.saturating_mul(windows.patch()) / windows.channels.max(1);
    // Each line of the input gathers what the output lines above it send: no two threads write to one line.
    parallel::try_chunks(&mut dx, input.width * input.channels, cost, |start, chunk| {
        let mut sent = zeroed::<T>(width.output * line)?;
        let first = start / (input.width * input.channels);
        for (count, dx) in chunk.chunks_exact_mut(input.width * input.channels).enumerate() {
            let number = first + count;
            let at = (
                number / input.height / input.depth,
                number / input.height % input.depth,
                number % input.height,
            );
            for tap in 0..depth.window * height.window {
                let from_depth = depth.output_of(at.1, tap / height.window);
                let from_row = height.output_of(at.2, tap % height.window);
                let (Some(from_depth), Some(from_row)) = (from_depth, from_row) else {
                    continue;
                };
                let from =
                    ((at.0 * depth.output + from_depth) * height.output + from_row) * width.output * filters;
                let dy = matrix(&dy[from..from + width.output * filters], width.output, filters)?;
                let taps = filter.slice(s![tap * line..(tap + 1) * line, ..]);
                T::product(&dy, &taps.t(), &mut matrix_mut(&mut sent, width.output, line)?, false);
                for (output, sent) in sent.chunks_exact(line).enumerate() {
                    for tap in width.taps(output) {
                        let Some(column) = width.source(output, tap) else { continue };
                        let dx = &mut dx[column * input.channels..][..windows.channels];
                        for (dx, &sent) in dx.iter_mut().zip(&sent[tap * windows.channels..]) {
                            *dx = T::sum(*dx, sent);
                        }
                    }
                }
            }
        }
        Ok(())
    })?;
    Ok(dx)
}

/// The gradient of the filter, from the input and the gradient of the output.
///
/// # Errors
/// `ResourceExhausted` when the memory cannot be had.
pub(crate) fn to_filter<T: Product>(
    windows: &Windows,
    filters: usize,
    input: &[T],
    dy: &[T],
) -> Result<Vec<T>> {
    let (patch, positions) = (windows.patch(), windows.positions());
    let mut gradient = zeroed::<T>(patch * filters)?;
    if gradient.is_empty() || positions == 0 {
        return Ok(gradient);
    }
    // Each piece of the filter is summed over all positions by one thread: the result does not depend on their
    // number.
    parallel::try_chunks(&mut gradient, filters, positions, |start, chunk| {
        let columns = start / filters..(start + chunk.len()) / filters;
        let mut gradient = matrix_mut(chunk, columns.len(), filters)?;
        if windows.are_pixels() {
            let pixels = matrix(input, positions, patch)?;
            let dy = matrix(dy, positions, filters)?;
            T::product(&pixels.slice(s![.., columns]).t(), &dy, &mut gradient, false);
            return Ok(());
        }
        let rows = block_rows(columns.len()).min(positions);
        let mut patches = zeroed::<T>(rows * columns.len())?;
        for (block, dy) in dy.chunks(rows * filters).enumerate() {
            let count = dy.len() / filters;
            let patches = &mut patches[..count * columns.len()];
            windows.fill(patches, input, block * rows, columns.clone(), 0);
            let patches = matrix(patches, count, columns.len())?;
            T::product(&patches.t(), &matrix(dy, count, filters)?, &mut gradient, true);
        }
        Ok(())
    })?;
    Ok(gradient)
}
