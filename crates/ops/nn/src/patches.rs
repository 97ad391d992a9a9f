//! Patch matrices: what a window sees at each output position, as rows of a matrix, so that a convolution is a
//! matrix product.

use crate::volume::Volume;
use crate::window::Axis;
use ferroflow_core::Element;
use std::ops::Range;

/// A convolution's windows over its input; channels are last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Windows {
    pub(crate) input: Volume,
    pub(crate) axes: [Axis; 3],
    /// The filter's input channels: those of one group.
    pub(crate) channels: usize,
}

/// A position of the output.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Position {
    pub(crate) batch: usize,
    pub(crate) depth: usize,
    pub(crate) row: usize,
    pub(crate) column: usize,
}

impl Windows {
    /// The number of output positions.
    pub(crate) fn positions(&self) -> usize {
        self.input.batch * self.axes.iter().map(|axis| axis.output).product::<usize>()
    }

    /// The number of elements under a window: the columns of the patch matrix.
    pub(crate) fn patch(&self) -> usize {
        self.taps() * self.channels
    }

    /// Whether patches are just the input's pixels.
    pub(crate) fn are_pixels(&self) -> bool {
        self.axes.iter().all(Axis::is_identity) && self.channels == self.input.channels
    }

    /// The output position of this number.
    pub(crate) fn position(&self, number: usize) -> Position {
        let [depth, height, width] = self.axes.map(|axis| axis.output.max(1));
        Position {
            batch: number / (depth * height * width),
            depth: number / (height * width) % depth,
            row: number / width % height,
            column: number % width,
        }
    }

    /// Where the input's pixel begins among its elements.
    pub(crate) fn pixel(&self, batch: usize, depth: usize, row: usize, column: usize) -> usize {
        let input = &self.input;
        (((batch * input.depth + depth) * input.height + row) * input.width + column) * input.channels
    }

    /// Calls `visit(tap, pixel)` for each tap of the window at a position that lies on the input, with the start of
    /// the input's pixel under it; returns how many there are.
    #[inline]
    pub(crate) fn for_taps(&self, at: Position, mut visit: impl FnMut(usize, usize)) -> usize {
        let [depth, height, width] = &self.axes;
        let (depths, rows, columns) = (depth.taps(at.depth), height.taps(at.row), width.taps(at.column));
        for depth_tap in depths.clone() {
            let Some(source_depth) = depth.source(at.depth, depth_tap) else { continue };
            for row_tap in rows.clone() {
                let Some(source_row) = height.source(at.row, row_tap) else { continue };
                for column_tap in columns.clone() {
                    let Some(source_column) = width.source(at.column, column_tap) else { continue };
                    // Pooling windows can be so large that taps have no number; pooling does not ask for it.
                    let line = depth_tap.wrapping_mul(height.window).wrapping_add(row_tap);
                    let tap = line.wrapping_mul(width.window).wrapping_add(column_tap);
                    visit(tap, self.pixel(at.batch, source_depth, source_row, source_column));
                }
            }
        }
        depths.len() * rows.len() * columns.len()
    }

    /// The number of taps of a window.
    pub(crate) fn taps(&self) -> usize {
        self.axes.iter().fold(1, |taps, axis| taps.saturating_mul(axis.window))
    }

    /// Fills the given columns of the rows of the patch matrix that start at output position `first`, for the
    /// group whose channels begin at `offset`.
    pub(crate) fn fill<T: Element + Copy>(
        &self,
        patches: &mut [T],
        input: &[T],
        first: usize,
        columns: Range<usize>,
        offset: usize,
    ) {
        if columns.is_empty() {
            return;
        }
        for (number, row) in patches.chunks_exact_mut(columns.len()).enumerate() {
            self.fill_row(row, input, self.position(first + number), &columns, offset);
        }
    }

    fn fill_row<T: Element + Copy>(
        &self,
        patch: &mut [T],
        input: &[T],
        at: Position,
        columns: &Range<usize>,
        offset: usize,
    ) {
        let [depth, height, width] = &self.axes;
        let taps = width.taps(at.column);
        let whole = width.dilation == 1 && self.channels == self.input.channels;
        let line = width.window * self.channels;
        for line_number in 0..depth.window * height.window {
            let start = line_number * line;
            if start >= columns.end || start + line <= columns.start {
                continue;
            }
            let source_depth = depth.source(at.depth, line_number / height.window);
            let source_row = height.source(at.row, line_number % height.window);
            let (Some(source_depth), Some(source_row)) = (source_depth, source_row) else {
                part(patch, columns, start, line).fill(T::default());
                continue;
            };
            if taps.len() < width.window {
                part(patch, columns, start, line).fill(T::default());
            }
            let Some(left) = width.source(at.column, taps.start).filter(|_| !taps.is_empty()) else {
                continue;
            };
            let pixel = self.pixel(at.batch, source_depth, source_row, left) + offset;
            if whole {
                let source = &input[pixel..pixel + taps.len() * self.channels];
                copy(patch, columns, start + taps.start * self.channels, source);
            } else {
                let step = width.dilation * self.input.channels;
                for (count, tap) in taps.clone().enumerate() {
                    let source = &input[pixel + count * step..][..self.channels];
                    copy(patch, columns, start + tap * self.channels, source);
                }
            }
        }
    }
}

/// The columns from `start` on, as far as the patch holds them.
fn part<'a, T>(patch: &'a mut [T], columns: &Range<usize>, start: usize, count: usize) -> &'a mut [T] {
    let from = start.max(columns.start) - columns.start;
    let to = (start + count).min(columns.end).max(columns.start) - columns.start;
    patch.get_mut(from..to).unwrap_or_default()
}

/// Copies elements to the columns from `start` on, as far as the patch holds them.
fn copy<T: Copy>(patch: &mut [T], columns: &Range<usize>, start: usize, source: &[T]) {
    let skipped = columns.start.saturating_sub(start);
    let target = part(patch, columns, start, source.len());
    if !target.is_empty() {
        target.copy_from_slice(&source[skipped..skipped + target.len()]);
    }
}
