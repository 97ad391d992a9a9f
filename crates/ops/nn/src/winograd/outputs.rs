//! The transform of products to outputs.

use super::Scheme;
use super::grid::{Grid, Place};
use ferroflow_core::RowPasses;
use ferroflow_core::ndarray::{ArrayViewMut2, Axis};
use ferroflow_core::simd::{load, store};
use ferroflow_gemm::Stack;
use pulp::{Simd, WithSimd};
use std::ops::Range;

/// Makes outputs of the products of tiles and filters.
pub(super) struct Outputs<'a> {
    pub(super) scheme: Scheme,
    pub(super) grid: Grid,
    /// For each product, a matrix of tiles and these filters.
    pub(super) products: Stack<&'a [f32]>,
    /// Which tiles.
    pub(super) tiles: Range<usize>,
    /// Which of so many filters.
    pub(super) columns: Range<usize>,
    pub(super) filters: usize,
    /// A row for each position from the first on, of these filters alone.
    pub(super) output: ArrayViewMut2<'a, f32>,
    pub(super) first: usize,
    pub(super) passes: RowPasses<'a>,
}

impl WithSimd for Outputs<'_> {
    /// Whether all sums were finite.
    type Output = bool;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> bool {
        match self.scheme {
            Scheme::Square => self.tiles::<S, 16, 4>(
                simd,
                #[inline(always)]
                |square| both_ways(simd, square),
            ),
            Scheme::Line(_) => self.tiles::<S, 4, 2>(
                simd,
                #[inline(always)]
                |line| along(simd, line),
            ),
        }
    }
}

impl Outputs<'_> {
    /// Makes `R` outputs of the `N` products of each tile; returns whether all sums were finite. The transform is handed on as a
    /// value: what is called through a reference does not become part of its caller, and registers go through memory.
    #[inline(always)]
    fn tiles<S: Simd, const N: usize, const R: usize>(
        mut self,
        simd: S,
        transform: impl Fn([S::f32s; N]) -> [S::f32s; R] + Copy,
    ) -> bool {
        // Zero times each sum: not a number where one is not finite.
        let mut nothing = simd.splat_f32s(0.0);
        let (width, apart) = (self.columns.len(), self.products.apart);
        for (tile, place) in self.grid.places(self.tiles.clone()).enumerate() {
            let mut products: [&[f32]; N] = [&[]; N];
            for (number, product) in products.iter_mut().enumerate() {
                *product = &self.products.elements[number * apart + tile * width..][..width];
            }
            let mut column = 0;
            while column < width {
                let vectors = (width - column).div_ceil(S::F32_LANES).min(4);
                let columns = column..width.min(column + vectors * S::F32_LANES);
                column = columns.end;
                let sums = match vectors {
                    1 => self.tile::<S, N, R, 1>(simd, products, place, columns, transform),
                    2 => self.tile::<S, N, R, 2>(simd, products, place, columns, transform),
                    3 => self.tile::<S, N, R, 3>(simd, products, place, columns, transform),
                    _ => self.tile::<S, N, R, 4>(simd, products, place, columns, transform),
                };
                nothing = simd.add_f32s(nothing, sums);
            }
        }
        simd.reduce_sum_f32s(nothing) == 0.0
    }

    /// The outputs of a tile for some of the filters, `V` registers of them; returns zero times each sum.
    #[allow(clippy::needless_range_loop, reason = "indices that are constants keep products in registers")]
    #[inline(always)]
    fn tile<S: Simd, const N: usize, const R: usize, const V: usize>(
        &mut self,
        simd: S,
        products: [&[f32]; N],
        place: Place,
        columns: Range<usize>,
        transform: impl Fn([S::f32s; N]) -> [S::f32s; R] + Copy,
    ) -> S::f32s {
        let zero = simd.splat_f32s(0.0);
        let (mut sums, mut nothing) = ([[zero; V]; R], zero);
        for v in 0..V {
            let start = columns.start + v * S::F32_LANES;
            let register = start..columns.end.min(start + S::F32_LANES);
            let mut values = [zero; N];
            for n in 0..N {
                values[n] = load::<S, 1>(simd, &products[n][register.clone()])[0];
            }
            let values = transform(values);
            for r in 0..R {
                sums[r][v] = values[r];
                nothing = simd.mul_add_f32s(values[r], zero, nothing);
            }
        }
        let mut positions = [None; R];
        for r in 0..R {
            positions[r] = self.grid.position(place, r);
        }
        let of_filters = self.columns.start + columns.start..self.columns.start + columns.end;
        let row = |r: usize| positions[r].or(positions[0]).unwrap_or_default() * self.filters;
        let sums = self.passes.apply::<S, R, V>(simd, sums, &of_filters, row);
        for r in 0..R {
            let Some(position) = positions[r] else { continue };
            let row = self.output.index_axis_mut(Axis(0), position - self.first).into_slice();
            if let Some(row) = row.and_then(|row| row.get_mut(columns.clone())) {
                store::<S, V>(simd, sums[r], row);
            }
        }
        nothing
    }
}

/// The two outputs of four products.
#[inline(always)]
fn along<S: Simd>(simd: S, [first, second, third, last]: [S::f32s; 4]) -> [S::f32s; 2] {
    let (sum, difference) = (simd.add_f32s(second, third), simd.sub_f32s(second, third));
    [simd.add_f32s(first, sum), simd.sub_f32s(difference, last)]
}

/// The two lines of two outputs of a square of products.
#[inline(always)]
fn both_ways<S: Simd>(simd: S, square: [S::f32s; 16]) -> [S::f32s; 4] {
    let mut lines = [[simd.splat_f32s(0.0); 4]; 2];
    for column in 0..4 {
        let down = [square[column], square[4 + column], square[8 + column], square[12 + column]];
        let [first, second] = along(simd, down);
        (lines[0][column], lines[1][column]) = (first, second);
    }
    let ([first, second], [third, last]) = (along(simd, lines[0]), along(simd, lines[1]));
    [first, second, third, last]
}
