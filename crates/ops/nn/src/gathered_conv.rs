//! Convolutions as products of gathered rows: windows are read where they lie in the input.

use crate::patches::{Rows, Windows};
use ferroflow_core::{Epilogue, Error, NdArray, Result, RowPasses, ndarray, parallel};
use ferroflow_gemm::{Factor, Gathered, PANEL, TILE};
use ndarray::{ArrayViewMut2, Axis, s};
use std::cell::Cell;

/// Elements of inputs and outputs that stay in the second cache while all filters pass by.
const BLOCK: usize = 1 << 17;
/// Elements of filters that stay there while all windows pass by.
const FILTERS: usize = 160 << 10;
/// Threads that have few windows to share take multiples of so many filters.
const HALF_PANEL: usize = PANEL / 2;
/// The fewest rows that a thread takes at a time: filters that come from the third cache serve them as fast as they multiply.
const SHARE: usize = 3 * TILE;
/// Output positions for each thread below which threads share filters instead: each reads only its own.
const FEW: usize = 9 * TILE;
/// Parts for each thread into which much work is cut.
const PARTS: usize = 16;
/// Pieces that are listed at a time, unless a single row has more.
const PIECES: usize = 1 << 14;
/// Elements of pieces that are made at a time, unless a single row has more.
const SPARE: usize = 1 << 21;
/// Elements and pieces for which a thread keeps memory.
const KEPT: usize = 1 << 19;

/// The convolution of an input with a filter, in groups of channels, all of which are not empty; `output` is set.
///
/// # Errors
/// `ResourceExhausted` when the memory cannot be had.
pub(crate) fn forward(
    windows: &Windows,
    filters: usize,
    input: &[f32],
    filter: &NdArray,
    output: &mut [f32],
    epilogue: Option<Epilogue<'_>>,
) -> Result<()> {
    let (patch, positions) = (windows.patch(), windows.positions());
    let convolution = Convolution::new(windows, input, Factor::of(filter, filters)?, epilogue);
    let width = filters_of_windows(filters, patch, positions);
    let rows = rows_at_a_time(windows, width);
    if width >= filters {
        return parallel::try_chunks(output, SHARE * filters, patch, |start, chunk| {
            let rows = evenly(chunk.len() / filters, rows);
            for (number, output) in chunk.chunks_mut(rows * filters).enumerate() {
                let first = start + number * rows * filters;
                convolution.of_filters([first / filters, 0], view(output, filters)?)?;
                convolution.finish_part(first, output);
            }
            Ok(())
        });
    }
    // Some filters stay in a cache while windows pass by: more of the filters than of the windows would come from afar.
    let rows = if patch * width > FILTERS {
        // What does not stay had better come as seldom as may be.
        rows
    } else {
        rows.min((positions * filters.div_ceil(width) / (PARTS * parallel::threads())).max(FEW))
    };
    let rows = evenly(positions, rows);
    let starts = (0..positions).step_by(rows).map(|position| (position, rows.min(positions - position)));
    let mut parts = parts(output, filters, width, starts)?;
    parallel::try_chunks(&mut parts, 1, rows * width * patch, |_, parts| {
        parts
            .iter_mut()
            .try_for_each(|part| convolution.of_filters([part.rows, part.filter], part.output.view_mut()))
    })?;
    convolution.finish(output);
    Ok(())
}

/// A part of an output.
pub(crate) struct Part<'a, R> {
    /// Which rows it has.
    pub(crate) rows: R,
    /// The filter of its first column.
    pub(crate) filter: usize,
    pub(crate) output: ArrayViewMut2<'a, f32>,
}

/// Cuts an output into parts of some rows, each with how many they are, and of this many filters: one after the other those of the
/// same filters.
pub(crate) fn parts<R>(
    output: &mut [f32],
    filters: usize,
    width: usize,
    rows: impl Iterator<Item = (R, usize)> + Clone,
) -> Result<Vec<Part<'_, R>>> {
    let mut parts = Vec::new();
    let mut rest = view(output, filters)?;
    for filter in (0..filters).step_by(width) {
        let (mut group, behind) = rest.split_at(Axis(1), width.min(filters - filter));
        rest = behind;
        for (rows, count) in rows.clone() {
            let (output, below) = group.split_at(Axis(0), count);
            group = below;
            parts.push(Part { rows, filter, output });
        }
    }
    Ok(parts)
}

/// As many filters as a cache has room for, with so many elements each.
pub(crate) fn filters_at_a_time(filters: usize, elements: usize, room: usize) -> usize {
    let most = (room / elements).max(PANEL);
    if most < filters { evenly_by(PANEL, filters, most - most % PANEL) } else { filters }
}

/// No more of them than leave some for each thread where there are few windows.
fn filters_of_windows(filters: usize, patch: usize, positions: usize) -> usize {
    let threads = parallel::threads();
    let width = filters_at_a_time(filters, patch, FILTERS);
    if positions >= threads * FEW || !parallel::worthwhile(positions * filters, patch) {
        return width;
    }
    width.min(filters.div_ceil(threads).next_multiple_of(HALF_PANEL))
}

/// As many output positions as stay in a cache with this many filters' outputs, no more than memory is for.
fn rows_at_a_time(windows: &Windows, width: usize) -> usize {
    let block = (BLOCK / (windows.channels + width)).clamp(FEW, PIECES);
    let most = (PIECES / windows.taps().min(PIECES)).min(SPARE / windows.patch().min(SPARE));
    block.min(most)
}

/// How many of these to take at a time, no more than there may be, so that the last are nearly as many as the first: whole tiles,
/// where there may be one.
fn evenly(count: usize, most: usize) -> usize {
    if most < TILE { most } else { evenly_by(TILE, count, most - most % TILE) }
}

/// The same in whole units, of which `most` are a number.
fn evenly_by(unit: usize, count: usize, most: usize) -> usize {
    count.div_ceil(count.div_ceil(most).max(1)).next_multiple_of(unit)
}

fn view(output: &mut [f32], filters: usize) -> Result<ArrayViewMut2<'_, f32>> {
    let rows = output.len() / filters;
    ArrayViewMut2::from_shape((rows, filters), output).map_err(|error| Error::internal(error.to_string()))
}

thread_local! {
    /// Where the rows of this thread's last block lay: the memory of the lists serves the next.
    static ROWS: Cell<Rows> = Cell::default();
}

/// A convolution of gathered rows.
pub(crate) struct Convolution<'a> {
    pub(crate) windows: &'a Windows,
    pub(crate) input: &'a [f32],
    factor: Factor<'a>,
    /// What is done to the outputs of filters.
    pub(crate) passes: RowPasses<'a>,
    epilogue: Option<Epilogue<'a>>,
}

impl<'a> Convolution<'a> {
    pub(crate) fn new(
        windows: &'a Windows,
        input: &'a [f32],
        factor: Factor<'a>,
        epilogue: Option<Epilogue<'a>>,
    ) -> Convolution<'a> {
        let passes = epilogue.map(Epilogue::rows).unwrap_or_default();
        Convolution { windows, input, factor, passes, epilogue }
    }

    /// Does what remains to be done to a part of the output that begins at this element.
    fn finish_part(&self, start: usize, part: &mut [f32]) {
        if let Some(epilogue) = self.epilogue {
            epilogue.apply_after_rows(start, part);
        }
    }

    /// Does what remains to be done to the output.
    pub(crate) fn finish(&self, output: &mut [f32]) {
        if self.epilogue.is_some_and(|epilogue| !epilogue.ends_with_rows()) {
            parallel::chunks(output, self.factor.columns(), 8, |start, part| self.finish_part(start, part));
        }
    }

    /// The outputs of some filters at some positions, both from the first of those given on.
    ///
    /// # Errors
    /// `ResourceExhausted` when the memory cannot be had.
    pub(crate) fn of_filters(
        &self,
        [position, start]: [usize; 2],
        mut output: ArrayViewMut2<'_, f32>,
    ) -> Result<()> {
        let Convolution { windows, input, factor, passes, .. } = *self;
        // Each group of channels has filters of its own.
        let of_group = factor.columns() * windows.channels / windows.input.channels;
        let (end, mut from) = (start + output.ncols(), start);
        let mut rows = ROWS.take();
        while from < end {
            let group = from / of_group;
            let until = end.min((group + 1) * of_group);
            let positions = position..position + output.nrows();
            windows.gather(&mut rows, input, positions, group * windows.channels)?;
            let Rows { pieces, spare, in_row, length, order, .. } = &rows;
            let (in_row, length) = (*in_row, *length);
            let left = Gathered { values: input, spare, pieces, in_row, length, order };
            let values = passes
                .values
                .map(|values| &values[position * factor.columns()..][..output.nrows() * factor.columns()]);
            let passes = RowPasses { values, ..passes };
            left.multiply(factor, from..until, passes, output.slice_mut(s![.., from - start..until - start]));
            from = until;
        }
        if rows.pieces.capacity().max(rows.spare.capacity()) <= KEPT {
            ROWS.set(rows);
        }
        Ok(())
    }
}
