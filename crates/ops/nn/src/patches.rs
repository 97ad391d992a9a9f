//! Patch matrices: what a window sees at each output position, as rows of a matrix, so that a convolution is a
//! matrix product.

use crate::volume::Volume;
use crate::window::Axis;
use ferroflow_core::{Element, Error, Result};
use ferroflow_gemm::Piece;
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

/// A tap of a window that lies on the input.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tap {
    /// Its number in the filter.
    pub(crate) number: usize,
    /// Where its pixel begins in the input, from the window's origin: the sum wraps around, since padding lies before it.
    pixel: usize,
}

impl Tap {
    /// Where the pixel begins in the input, for the window of this origin.
    #[inline(always)]
    pub(crate) fn pixel(&self, origin: usize) -> usize {
        origin.wrapping_add(self.pixel)
    }

    /// This many elements of the pixel from this channel on, for the window of this origin.
    #[inline(always)]
    pub(crate) fn values<'a, T>(
        &self,
        input: &'a [T],
        origin: usize,
        channel: usize,
        count: usize,
    ) -> &'a [T] {
        let pixel = self.pixel(origin) + channel;
        &input[pixel..pixel + count]
    }
}

/// Where rows of the patch matrix lie.
#[derive(Default)]
pub(crate) struct Rows {
    pub(crate) pieces: Vec<Piece>,
    /// The pieces that had to be made.
    pub(crate) spare: Vec<f32>,
    pub(crate) in_row: usize,
    pub(crate) length: usize,
    /// All rows, those side by side that reach into the same padding; empty where none does.
    pub(crate) order: Vec<u32>,
    /// What of the padding a row sees: a number that differs, as a rule, where that does.
    keys: Vec<u64>,
}

/// Channels from which on each tap is a piece of its own, and padding no work: shorter pieces would cost more than they leave out.
const PIECE: usize = 96;

/// Calls `$block::<N>(channel)` for consecutive blocks of `$channels` channels, as wide as registers hold.
macro_rules! by_channels {
    ($channels:expr, $block:ident($($argument:expr),*)) => {{
        let mut channel = 0;
        by_channels!(@blocks $channels, channel, $block($($argument),*), 64 16 8 1);
    }};
    (@blocks $channels:expr, $channel:ident, $block:ident $arguments:tt, $($size:literal)*) => {
        $(while $channels - $channel >= $size {
            by_channels!(@call $block, $size, $channel, $arguments);
            $channel += $size;
        })*
    };
    (@call $block:ident, $size:literal, $channel:ident, ($($argument:expr),*)) => {
        $block::<_, $size>($($argument,)* $channel)
    };
}
pub(crate) use by_channels;

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

    /// Calls `visit(origin, taps)` for the window at each of these output positions, with its taps that lie on the input.
    #[inline(always)]
    pub(crate) fn for_windows(&self, positions: Range<usize>, mut visit: impl FnMut(usize, &[Tap])) {
        self.for_runs(
            positions,
            #[inline(always)]
            |origin, step, count, taps| {
                for number in 0..count {
                    visit(origin + number * step, taps);
                }
            },
        );
    }

    /// Calls `visit(origin, step, count, taps)` for `count` windows at a time that see the same taps, at these output positions:
    /// the origin of each is a step behind that of the one before.
    #[inline(always)]
    pub(crate) fn for_runs(
        &self,
        positions: Range<usize>,
        mut visit: impl FnMut(usize, usize, usize, &[Tap]),
    ) {
        let width = &self.axes[2];
        let step = width.stride * self.input.channels;
        let mut taps: Vec<Tap> = Vec::new();
        let mut number = positions.start;
        while number < positions.end {
            let column = number % width.output;
            let origin = column * step;
            taps.clear();
            self.for_taps(self.position(number), |number, pixel| {
                taps.push(Tap { number, pixel: pixel.wrapping_sub(origin) });
            });
            let left = (width.output - column).min(positions.end - number);
            let count = (1..left).find(|&more| !width.is_whole(column + more)).unwrap_or(left);
            let count = if width.is_whole(column) { count } else { 1 };
            visit(origin, step, count, &taps);
            number += count;
        }
    }

    /// The number of taps of a window.
    pub(crate) fn taps(&self) -> usize {
        self.axes.iter().fold(1, |taps, axis| taps.saturating_mul(axis.window))
    }

    /// The number of lines of the input that a window sees.
    pub(crate) fn lines(&self) -> usize {
        self.axes[0].window.saturating_mul(self.axes[1].window)
    }

    /// Calls `visit(lines, taps, source)` for the window at each of these output positions: where the lines of the input begin
    /// that it sees, `None` in the padding, at channel `offset`; which taps of a line lie on the input; and the column under the
    /// first of those.
    fn for_rows(
        &self,
        positions: Range<usize>,
        offset: usize,
        mut visit: impl FnMut(&[Option<usize>], &Range<usize>, usize),
    ) {
        let [depth, height, width] = &self.axes;
        let spans = width.spans();
        let (mut number, mut lines) = (positions.start, Vec::new());
        while number < positions.end {
            let at = self.position(number);
            // The windows of one line of the output see the same lines.
            lines.clear();
            lines.extend((0..self.lines()).map(|line| {
                let source_depth = depth.source(at.depth, line / height.window)?;
                let source_row = height.source(at.row, line % height.window)?;
                Some(self.pixel(at.batch, source_depth, source_row, 0) + offset)
            }));
            let spans = &spans[at.column..];
            for (taps, source) in spans.iter().take(positions.end - number) {
                visit(&lines, taps, *source);
            }
            number += spans.len();
        }
    }

    /// Fills the rows of the patch matrix that start at output position `first`, for the group whose channels begin
    /// at `offset`.
    pub(crate) fn fill<T: Element + Copy>(
        &self,
        patches: &mut [T],
        input: &[T],
        first: usize,
        offset: usize,
    ) {
        let patch = self.patch().max(1);
        let positions = first..first + patches.len() / patch;
        let mut patches = patches.chunks_exact_mut(patch);
        self.for_rows(positions, offset, |lines, taps, source| {
            let Some(patch) = patches.next() else { return };
            for (line, patch) in lines.iter().zip(patch.chunks_exact_mut(self.axes[2].window * self.channels))
            {
                match line {
                    Some(line) => self.fill_line(patch, input, taps, line + source * self.input.channels),
                    None => patch.fill(T::default()),
                }
            }
        });
    }

    /// Notes in `rows` where the rows of the patch matrix of these output positions lie in the input, for the group whose channels
    /// begin at `offset`. Pieces that lie only in part in the padding are made.
    ///
    /// # Errors
    /// `ResourceExhausted` when the memory cannot be had.
    pub(crate) fn gather(
        &self,
        rows: &mut Rows,
        input: &[f32],
        positions: Range<usize>,
        offset: usize,
    ) -> Result<()> {
        let width = &self.axes[2];
        let pixels = self.input.channels;
        // Neighbours lie side by side, unless there are holes between them or channels of other groups.
        let by_line =
            width.dilation == 1 && self.channels == pixels && (self.channels < PIECE || width.window == 1);
        let sorts = self.channels >= PIECE && self.taps() > 1;
        let (of_line, length) =
            if by_line { (1, width.window * self.channels) } else { (width.window, self.channels) };
        (rows.in_row, rows.length) = (self.lines() * of_line, length);
        let Rows { pieces, spare, order, keys, .. } = rows;
        pieces.clear();
        spare.clear();
        order.clear();
        keys.clear();
        let no_memory = || Error::resource_exhausted("memory for the windows of a convolution cannot be had");
        let count = positions.len().saturating_mul(self.lines()).saturating_mul(of_line);
        pieces.try_reserve(count).map_err(|_| no_memory())?;
        if sorts {
            keys.try_reserve(positions.len()).map_err(|_| no_memory())?;
        }
        let mut has_room = true;
        self.for_rows(positions, offset, |lines, taps, source| {
            if sorts {
                let missing = |key: u64, line: &Option<usize>| key.rotate_left(1) ^ u64::from(line.is_none());
                let of_lines = lines.iter().fold(0, missing);
                keys.push(of_lines.rotate_left(32) ^ (taps.start as u64) << 16 ^ taps.end as u64);
            }
            if by_line && taps.len() == width.window {
                pieces.extend(lines.iter().map(|line| match line {
                    Some(line) => Piece::value(line + source * pixels),
                    None => Piece::Zeros,
                }));
                return;
            }
            for line in lines {
                let Some(line) = line.filter(|_| !taps.is_empty()) else {
                    pieces.extend(std::iter::repeat_n(Piece::Zeros, of_line));
                    continue;
                };
                let pixel = line + source * pixels;
                if by_line {
                    let start = spare.len();
                    has_room &=
                        start <= Piece::MOST - length.min(Piece::MOST) && spare.try_reserve(length).is_ok();
                    if !has_room {
                        return;
                    }
                    spare.resize(start + length, 0.0);
                    self.fill_line(&mut spare[start..], input, taps, pixel);
                    pieces.push(Piece::spare(start));
                } else {
                    pieces.extend((0..of_line).map(|tap| match taps.contains(&tap) {
                        true => Piece::value(pixel + (tap - taps.start) * width.dilation * pixels),
                        false => Piece::Zeros,
                    }));
                }
            }
        });
        if !has_room {
            return Err(no_memory());
        }
        if keys.iter().any(|key| *key != keys[0]) {
            order.try_reserve(keys.len()).map_err(|_| no_memory())?;
            order.extend(0..keys.len() as u32);
            order.sort_unstable_by_key(|&row| (keys[row as usize], row));
        }
        Ok(())
    }

    /// Fills the part of a patch that lies on one line of the input, the pixel under the first of the taps given.
    fn fill_line<T: Element + Copy>(&self, patch: &mut [T], input: &[T], taps: &Range<usize>, pixel: usize) {
        let (before, rest) = patch.split_at_mut(taps.start * self.channels);
        let (inside, behind) = rest.split_at_mut(taps.len() * self.channels);
        before.fill(T::default());
        behind.fill(T::default());
        let dilation = self.axes[2].dilation;
        if dilation == 1 && self.channels == self.input.channels {
            inside.copy_from_slice(&input[pixel..pixel + inside.len()]);
            return;
        }
        let step = dilation * self.input.channels;
        for (count, target) in inside.chunks_exact_mut(self.channels).enumerate() {
            target.copy_from_slice(&input[pixel + count * step..][..self.channels]);
        }
    }
}
