//! Convolutions by Winograd's minimal filtering (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2015): tiles of
//! neighbouring outputs are sums of fewer products than their windows have elements, of sums of pixels and of weights.
//!
//! Only the smallest tiles are used, of two outputs along an axis: all factors are halves there, and rounding errors those of a few
//! more additions. Larger ones save more, but lose digits.

mod filters;
mod grid;
mod outputs;
#[cfg(test)]
mod tests;
mod tiles;

use crate::gathered_conv::{Convolution, filters_at_a_time, parts};
use crate::patches::Windows;
use crate::window::Axis;
use ferroflow_core::{Buffer, Epilogue, Error, NdArray, Result, ndarray, parallel, recycled};
use ferroflow_gemm::{Factor, PANEL, Panels, Stack, TILE};
use filters::Filters;
use grid::Grid;
use ndarray::{ArrayViewMut2, s};
use outputs::Outputs;
use pulp::WithSimd;
use std::cell::Cell;
use std::ops::Range;
use tiles::Tiles;

/// Channels above which the filters, which grow, do not stay in a cache.
const MOST: usize = 448;
/// Tiles below which the transform of the filters costs what it saves.
const FEW: usize = 128;
/// Elements of transformed tiles that stay in the second cache.
const BLOCK: usize = 96 << 10;
/// Elements of transformed filters that stay there while all tiles pass by.
const FILTERS: usize = 320 << 10;
/// Tiles that are multiplied at a time: their products stay in the first cache until they are outputs.
const AT_ONCE: usize = 2 * TILE;
/// Elements between two matrices of many: they would else share the few places that a cache has for addresses this far apart.
const BETWEEN: usize = 16;
/// Parts for each thread into which little work is cut.
const PARTS: usize = 4;
/// Taps along an axis that share products.
const SHARED: usize = 3;

/// The products that make a tile of outputs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Scheme {
    /// F(2x2, 3x3): two lines of two outputs.
    Square,
    /// Two outputs along an axis: F(2, 3) for each three of so many taps, and plain products for what remains, which join the
    /// first and the last product. Four or five taps save too little.
    Line(usize),
}

impl Scheme {
    /// That of windows, where they have one.
    fn of(windows: &Windows) -> Option<Scheme> {
        let slides = |axis: &Axis| axis.stride == 1 && axis.dilation == 1;
        let [depth, height, width] = &windows.axes;
        match [height.window, width.window] {
            _ if !depth.is_identity() || !slides(height) || !slides(width) => None,
            [3, 3] => Some(Scheme::Square),
            [1, taps @ (3 | 6 | 7)] if height.is_identity() => Some(Scheme::Line(taps)),
            [taps @ (3 | 6 | 7), 1] if width.is_identity() => Some(Scheme::Line(taps)),
            _ => None,
        }
    }

    /// Channels and filters below which the transforms cost what they save.
    fn least(self) -> [usize; 2] {
        match self {
            Scheme::Square => [32, 48],
            Scheme::Line(_) => [128, 128],
        }
    }

    /// The taps of a window.
    fn taps(self) -> usize {
        match self {
            Scheme::Square => SHARED * SHARED,
            Scheme::Line(taps) => taps,
        }
    }

    /// How many products there are.
    fn products(self) -> usize {
        match self {
            Scheme::Square => 16,
            Scheme::Line(_) => 4,
        }
    }

    /// How many times as many elements as channels this product is a sum over.
    fn times(self, product: usize) -> usize {
        match self {
            Scheme::Square => 1,
            Scheme::Line(taps) if product == 0 || product == 3 => taps / SHARED + taps % SHARED,
            Scheme::Line(taps) => taps / SHARED,
        }
    }

    /// How many that is for all products.
    fn all_times(self) -> usize {
        (0..self.products()).map(|product| self.times(product)).sum()
    }
}

/// How a convolution takes less time so, if it does.
pub(crate) fn suiting(windows: &Windows, filters: usize) -> Option<Scheme> {
    let scheme = Scheme::of(windows)?;
    let [least_channels, least_filters] = scheme.least();
    let suits = windows.channels == windows.input.channels
        && (least_channels..=MOST).contains(&windows.channels)
        && filters >= least_filters
        && Grid::of(windows, scheme).tiles() >= FEW;
    suits.then_some(scheme)
}

/// The convolution of an input with a filter, which this scheme is [suiting]; `output` is set.
///
/// # Errors
/// `ResourceExhausted` when the memory cannot be had.
pub(crate) fn forward(
    scheme: Scheme,
    windows: &Windows,
    filters: usize,
    input: &[f32],
    filter: &NdArray,
    output: &mut [f32],
    epilogue: Option<Epilogue<'_>>,
) -> Result<()> {
    let (grid, channels) = (Grid::of(windows, scheme), windows.channels);
    let made;
    let transformed = match filter.form(|filter| TransformedFilter::new(scheme, filter, filters)) {
        // The elements may serve another convolution in another shape.
        Some(Ok(known)) if known.scheme == scheme && known.panels.columns() == filters => known,
        _ => {
            made = TransformedFilter::new(scheme, filter.as_slice()?, filters)?;
            &made
        }
    };
    let rows = Factor::Rows { elements: filter.as_slice()?, columns: filters };
    let direct = Convolution::new(windows, input, rows, epilogue);
    let of_tile = scheme.all_times() * channels;
    let tiles = ((BLOCK / of_tile) / AT_ONCE * AT_ONCE).max(AT_ONCE);
    let winograd = Winograd { scheme, grid, direct: &direct, filter: &transformed.panels, tiles };
    let lines = (tiles / grid.in_line()).min(grid.lines() / (PARTS * parallel::threads())).max(1);
    let rows = (0..grid.lines()).step_by(lines).map(|line| {
        let lines = line..grid.lines().min(line + lines);
        (lines.clone(), grid.positions(lines).len())
    });
    let mut parts = parts(output, filters, filters_at_a_time(filters, of_tile, FILTERS), rows)?;
    let cost = windows.positions() * windows.patch() * filters / parts.len().max(1);
    parallel::try_chunks(&mut parts, 1, cost, |_, parts| {
        parts
            .iter_mut()
            .try_for_each(|part| winograd.of_lines(part.rows.clone(), part.filter, part.output.view_mut()))
    })?;
    direct.finish(output);
    Ok(())
}

/// What each product multiplies of a filter, one matrix below the other.
struct TransformedFilter {
    scheme: Scheme,
    panels: Panels,
}

impl TransformedFilter {
    /// # Errors
    /// `ResourceExhausted` when the memory cannot be had.
    fn new(scheme: Scheme, filter: &[f32], filters: usize) -> Result<TransformedFilter> {
        let of_tap = filter.len() / scheme.taps();
        let mut transformed = Buffer::<f32>::scratch(of_tap * scheme.all_times())?;
        dispatch(Filters { scheme, filter, of_tap, columns: filters, transformed: &mut transformed });
        let no_memory = || Error::resource_exhausted("memory for the filter of a convolution cannot be had");
        let panels = Panels::new(&transformed, filters).ok_or_else(no_memory)?;
        Ok(TransformedFilter { scheme, panels })
    }
}

thread_local! {
    /// Where this thread's last tiles and products lay: the memory serves the next.
    static ROOM: Cell<Vec<f32>> = Cell::default();
}

/// Runs an operation on the widest registers of this processor; tests, on narrower ones as well.
fn dispatch<Op: WithSimd>(op: Op) -> Op::Output {
    #[cfg(all(test, target_arch = "x86_64"))]
    if tests::NARROW.load(std::sync::atomic::Ordering::Relaxed)
        && let Some(simd) = pulp::x86::V3::try_new()
    {
        return pulp::Simd::vectorize(simd, op);
    }
    pulp::Arch::new().dispatch(op)
}

struct Winograd<'a> {
    scheme: Scheme,
    grid: Grid,
    /// The same convolution, for what is not finite.
    direct: &'a Convolution<'a>,
    filter: &'a Panels,
    /// Tiles at a time.
    tiles: usize,
}

impl Winograd<'_> {
    /// The outputs of lines of tiles, for as many filters from this one on as the output has columns.
    ///
    /// # Errors
    /// `ResourceExhausted` when the memory cannot be had.
    fn of_lines(&self, lines: Range<usize>, filter: usize, mut output: ArrayViewMut2<'_, f32>) -> Result<()> {
        let Winograd { scheme, grid, direct, .. } = *self;
        let channels = direct.windows.channels;
        let first = grid.positions(lines.clone()).start;
        let depths: Vec<usize> =
            (0..scheme.products()).map(|product| scheme.times(product) * channels).collect();
        let of_tiles = self.tiles * depths[0] + BETWEEN;
        let of_products = AT_ONCE * PANEL + BETWEEN;
        let mut room = ROOM.take();
        let count = scheme.products() * (of_tiles + of_products);
        if room.len() < count {
            room = recycled(count)?;
        }
        let (transformed, products) = room.split_at_mut(scheme.products() * of_tiles);
        let tiles = lines.start * grid.in_line()..lines.end * grid.in_line();
        let (end, mut are_finite) = (filter + output.ncols(), true);
        for start in tiles.clone().step_by(self.tiles) {
            let block = start..tiles.end.min(start + self.tiles);
            dispatch(Tiles {
                scheme,
                grid,
                input: direct.input,
                channels,
                tiles: block.clone(),
                transformed: Stack { elements: &mut *transformed, apart: of_tiles },
            });
            for from in (filter..end).step_by(PANEL) {
                let columns = from..end.min(from + PANEL);
                for few in (0..block.len()).step_by(AT_ONCE) {
                    let few = few..block.len().min(few + AT_ONCE);
                    let left = Stack { elements: &*transformed, apart: of_tiles };
                    let into = Stack { elements: &mut *products, apart: of_products };
                    self.filter.multiply_stacked(left, &depths, few.clone(), columns.clone(), into);
                    are_finite &= dispatch(Outputs {
                        scheme,
                        grid,
                        products: Stack { elements: products, apart: of_products },
                        tiles: start + few.start..start + few.end,
                        columns: columns.clone(),
                        filters: self.filter.columns(),
                        output: output.slice_mut(s![.., from - filter..columns.end - filter]),
                        first,
                        passes: direct.passes,
                    });
                }
            }
        }
        ROOM.set(room);
        // Differences of what is infinite are no numbers, where the plain sum may be infinite.
        if are_finite { Ok(()) } else { direct.of_filters([first, filter], output) }
    }
}
