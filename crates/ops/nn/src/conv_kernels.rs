//! Convolutions of batches with channels last, as matrix products: forward, and to the gradients of input and filter.

use crate::direct_conv;
use crate::patches::Windows;
use crate::product::{Product, matrix};
use ferroflow_core::{Buffer, Epilogue, NdArray, Result, parallel, recycled, zeroed};

/// Elements of one thread's part of a block of the patch matrix: what stays in the second cache.
const BLOCK: usize = 1 << 17;

/// Rows of a block of the patch matrix. Blocks follow each other; threads share each block.
fn block_rows(windows: &Windows) -> usize {
    let rows = BLOCK.saturating_mul(parallel::threads()) / windows.patch().max(1);
    rows.clamp(64, 1 << 14).min(windows.positions())
}

/// Fills a block of the patch matrix, whose first row is that of output position `first`.
fn fill<T: Product>(windows: &Windows, patches: &mut [T], input: &[T], first: usize, group: usize) {
    let patch = windows.patch();
    parallel::chunks(patches, patch, 1, |start, chunk| {
        windows.fill(chunk, input, first + start / patch, group * windows.channels);
    });
}

/// The convolution of an input with a `[window.., channels, filters]` filter, in groups of channels.
///
/// # Errors
/// `ResourceExhausted` when the memory cannot be had.
pub(crate) fn forward<T: Product>(
    windows: &Windows,
    filters: usize,
    input: &[T],
    filter: &NdArray,
    epilogue: Option<Epilogue<'_>>,
) -> Result<Vec<T>> {
    let (patch, positions) = (windows.patch(), windows.positions());
    let finish = |start: usize, part: &mut [T]| {
        if let Some(epilogue) = epilogue {
            epilogue.apply(start, part);
        }
    };
    if positions * filters == 0 || patch == 0 {
        let mut output = zeroed::<T>(positions * filters)?;
        finish(0, &mut output);
        return Ok(output);
    }
    let mut output = recycled::<T>(positions * filters)?;
    if T::gathered(windows, filters, input, filter, &mut output, epilogue)? {
        return Ok(output);
    }
    let filter = filter.as_slice::<T>()?;
    if direct_conv::suits(windows) {
        direct_conv::forward(windows, filters, input, filter, &mut output, finish);
        return Ok(output);
    }
    let groups = windows.input.channels / windows.channels;
    if groups > 1 {
        grouped(windows, groups, filters, input, filter, &mut output)?;
        parallel::chunks(&mut output, filters, 8, finish);
        return Ok(output);
    }
    let filter = matrix(filter, patch, filters)?;
    if windows.are_pixels() {
        T::product(matrix(input, positions, patch)?, filter, &mut output, false)?;
        finish(0, &mut output);
        return Ok(output);
    }
    let rows = block_rows(windows);
    let mut patches = Buffer::<T>::scratch(rows * patch)?;
    for (block, output) in output.chunks_mut(rows * filters).enumerate() {
        let count = output.len() / filters;
        let patches = &mut patches[..count * patch];
        fill(windows, patches, input, block * rows, 0);
        T::product(matrix(patches, count, patch)?, filter, output, false)?;
        finish(block * rows * filters, output);
    }
    Ok(output)
}

/// The convolution in groups: each group of channels has its own filters.
fn grouped<T: Product>(
    windows: &Windows,
    groups: usize,
    filters: usize,
    input: &[T],
    filter: &[T],
    output: &mut [T],
) -> Result<()> {
    let patch = windows.patch();
    let rows = block_rows(windows);
    let width = filters / groups;
    let mut patches = Buffer::<T>::scratch(rows * patch)?;
    let mut products = Buffer::<T>::scratch(rows * width)?;
    for group in 0..groups {
        let own: Vec<T> = filter
            .chunks_exact(filters)
            .flat_map(|row| &row[group * width..(group + 1) * width])
            .copied()
            .collect();
        let own = matrix(&own, patch, width)?;
        for (block, output) in output.chunks_mut(rows * filters).enumerate() {
            let count = output.len() / filters;
            let (patches, products) = (&mut patches[..count * patch], &mut products[..count * width]);
            fill(windows, patches, input, block * rows, group);
            T::product(matrix(patches, count, patch)?, own, products, false)?;
            for (output, products) in output.chunks_exact_mut(filters).zip(products.chunks_exact(width)) {
                output[group * width..(group + 1) * width].copy_from_slice(products);
            }
        }
    }
    Ok(())
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
    let (input, patch) = (windows.input, windows.patch());
    let image = windows.pixel(1, 0, 0, 0);
    let mut dx = zeroed::<T>(image * input.batch)?;
    if dx.is_empty() || dy.is_empty() || filter.is_empty() {
        return Ok(dx);
    }
    let filter = matrix(filter, patch, filters)?.reversed_axes();
    if windows.are_pixels() {
        T::product(matrix(dy, windows.positions(), filters)?, filter, &mut dx, false)?;
        return Ok(dx);
    }
    let positions = windows.positions() / input.batch;
    let line = input.width * input.channels;
    let of_image = |number: usize| {
        let dy = &dy[number * positions * filters..(number + 1) * positions * filters];
        matrix(dy, positions, filters)
    };
    if input.batch >= parallel::threads() {
        parallel::try_chunks(&mut dx, image, windows.taps().saturating_mul(filters), |start, chunk| {
            let mut sent = Buffer::<T>::scratch(positions * patch)?;
            for (count, dx) in chunk.chunks_exact_mut(image).enumerate() {
                T::product_here(of_image(start / image + count)?, filter, &mut sent)?;
                gather(windows, &sent, 0, dx);
            }
            Ok(())
        })?;
        return Ok(dx);
    }
    let mut sent = Buffer::<T>::scratch(positions * patch)?;
    for (number, dx) in dx.chunks_exact_mut(image).enumerate() {
        T::product(of_image(number)?, filter, &mut sent, false)?;
        parallel::chunks(dx, line, windows.taps(), |start, lines| gather(windows, &sent, start, lines));
    }
    Ok(dx)
}

/// Adds up what the patches of one image's gradient send to each pixel of some of its lines, from element `start` on. Each line
/// gathers from the output lines above it: no two threads write to one line.
fn gather<T: Product>(windows: &Windows, sent: &[T], start: usize, lines: &mut [T]) {
    let [depth, height, width] = windows.axes;
    let (input, channels, patch) = (windows.input, windows.channels, windows.patch());
    let line = input.width * input.channels;
    let spans = width.spans();
    for (count, dx) in lines.chunks_exact_mut(line).enumerate() {
        let number = start / line + count;
        for tap in 0..depth.window * height.window {
            let from_depth = depth.output_of(number / input.height, tap / height.window);
            let from_row = height.output_of(number % input.height, tap % height.window);
            let (Some(from_depth), Some(from_row)) = (from_depth, from_row) else { continue };
            let first = (from_depth * height.output + from_row) * width.output;
            for (output, (taps, source)) in spans.iter().enumerate() {
                let sent = &sent[(first + output) * patch + tap * width.window * channels..];
                let sent = &sent[taps.start * channels..taps.end * channels];
                if width.dilation == 1 {
                    add(&mut dx[source * channels..source * channels + sent.len()], sent);
                    continue;
                }
                for (count, sent) in sent.chunks_exact(channels).enumerate() {
                    let column = source + count * width.dilation;
                    add(&mut dx[column * channels..(column + 1) * channels], sent);
                }
            }
        }
    }
}

fn add<T: Product>(sums: &mut [T], values: &[T]) {
    for (sum, &value) in sums.iter_mut().zip(values) {
        *sum = sum.plus(value);
    }
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
    if direct_conv::suits(windows) {
        direct_conv::to_filter(windows, filters, input, dy, &mut gradient)?;
        return Ok(gradient);
    }
    if windows.are_pixels() {
        let (pixels, dy) = (matrix(input, positions, patch)?, matrix(dy, positions, filters)?);
        T::product(pixels.reversed_axes(), dy, &mut gradient, false)?;
        return Ok(gradient);
    }
    let rows = block_rows(windows);
    let mut patches = Buffer::<T>::scratch(rows * patch)?;
    for (block, dy) in dy.chunks(rows * filters).enumerate() {
        let count = dy.len() / filters;
        let patches = &mut patches[..count * patch];
        fill(windows, patches, input, block * rows, 0);
        let patches = matrix(patches, count, patch)?.reversed_axes();
        T::product(patches, matrix(dy, count, filters)?, &mut gradient, true)?;
    }
    Ok(gradient)
}
