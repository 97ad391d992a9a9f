//! Convolutions as products of gathered rows: windows are read where they lie in the input.

use crate::patches::{Rows, Windows};
use ferroflow_core::{Epilogue, Error, NdArray, Result, RowPasses, ndarray, parallel};
use ferroflow_gemm::{Factor, Gathered};
use ndarray::{ArrayViewMut2, Axis, s};
use std::cell::Cell;

/// Elements of inputs and outputs that stay in the second cache while all filters pass by.
const BLOCK: usize = 1 << 17;
/// Rows of a tile on the widest processors: blocks of multiples leave no rest.
const TILE: usize = 6;
/// The fewest rows that a thread takes at a time: a filter that comes from the third cache serves them as fast as they multiply.
const SHARE: usize = 3 * TILE;
/// Output positions for each thread below which threads share filters instead: each reads only its own.
const FEW: usize = 9 * TILE;
/// Pieces that are listed at a time, unless a single row has more.
const PIECES: usize = 1 << 14;
/// Elements of pieces that are made at a time, unless a single row has more.
const SPARE: usize = 1 << 21;
/// Elements and pieces for which a thread keeps memory.
const KEPT: usize = 1 << 19;
/// Threads that share filters take multiples of so many: registers are full of them.
const FILTERS: usize = 32;

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
    let (patch, positions, threads) = (windows.patch(), windows.positions(), parallel::threads());
    let factor = Factor::of(filter, filters)?;
    let convolution =
        Convolution { windows, input, factor, passes: epilogue.map(Epilogue::rows).unwrap_or_default() };
    let finish = |start: usize, part: &mut [f32]| {
        if let Some(epilogue) = epilogue {
            epilogue.apply_after_rows(start, part);
        }
    };
    let block = (BLOCK / (windows.channels + filters)).clamp(FEW, PIECES).min(positions.div_ceil(threads));
    let most = (PIECES / windows.taps().min(PIECES)).min(SPARE / patch.min(SPARE));
    let rows = if most < TILE { most } else { block.next_multiple_of(TILE).min(most - most % TILE) };
    if positions >= threads * FEW || !parallel::worthwhile(output.len(), patch) {
        return parallel::try_chunks(output, SHARE * filters, patch, |start, chunk| {
            for (number, output) in chunk.chunks_mut(rows * filters).enumerate() {
                let first = start + number * rows * filters;
                convolution.of_filters([first / filters, 0], view(output, filters)?)?;
                finish(first, output);
            }
            Ok(())
        });
    }
    let share = filters.div_ceil(threads).next_multiple_of(FILTERS);
    let mut whole = view(output, filters)?;
    let mut parts: Vec<_> = whole.axis_chunks_iter_mut(Axis(1), share).collect();
    parallel::try_chunks(&mut parts, 1, positions * share * patch, |start, parts| {
        for (number, output) in parts.iter_mut().enumerate() {
            for (block, output) in output.axis_chunks_iter_mut(Axis(0), rows).enumerate() {
                convolution.of_filters([block * rows, (start + number) * share], output)?;
            }
        }
        Ok(())
    })?;
    parallel::chunks(output, filters, 8, finish);
    Ok(())
}

fn view(output: &mut [f32], filters: usize) -> Result<ArrayViewMut2<'_, f32>> {
    let rows = output.len() / filters;
    ArrayViewMut2::from_shape((rows, filters), output).map_err(|error| Error::internal(error.to_string()))
}

thread_local! {
    /// Where the rows of this thread's last block lay: the memory of the lists serves the next.
    static ROWS: Cell<Rows> = Cell::default();
}

struct Convolution<'a> {
    windows: &'a Windows,
    input: &'a [f32],
    factor: Factor<'a>,
    passes: RowPasses<'a>,
}

impl Convolution<'_> {
    /// The outputs of some filters at some positions, both from the first of those given on.
    ///
    /// # Errors
    /// `ResourceExhausted` when the memory cannot be had.
    fn of_filters(&self, [position, start]: [usize; 2], mut output: ArrayViewMut2<'_, f32>) -> Result<()> {
        let Convolution { windows, input, factor, passes } = *self;
        // Each group of channels has filters of its own.
        let of_group = factor.columns() * windows.channels / windows.input.channels;
        let (end, mut from) = (start + output.ncols(), start);
        let mut rows = ROWS.take();
        while from < end {
            let group = from / of_group;
            let until = end.min((group + 1) * of_group);
            let positions = position..position + output.nrows();
            windows.gather(&mut rows, input, positions, group * windows.channels)?;
            let Rows { pieces, spare, in_row, length } = &rows;
            let left = Gathered { values: input, spare, pieces, in_row: *in_row, length: *length };
            left.multiply(factor, from..until, passes, output.slice_mut(s![.., from - start..until - start]));
            from = until;
        }
        if rows.pieces.capacity().max(rows.spare.capacity()) <= KEPT {
            ROWS.set(rows);
        }
        Ok(())
    }
}
