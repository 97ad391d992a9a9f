//! Products of a matrix whose rows lie in pieces elsewhere: convolutions that write down no matrix of patches.
//!
//! Both factors can be read where they are: a tile of the product stays in registers while it is summed up, so each element that
//! is read takes part in several products at once. A right factor that serves often is faster in [`Panels`].

use crate::panels::{PANEL, Panels};
use crate::product::{Part, share};
use ferroflow_core::simd::{load, store};
use ferroflow_core::{NdArray, Result, RowPasses};
use ndarray::{ArrayViewMut2, Axis};
use pulp::{Simd, WithSimd};
use std::ops::Range;

/// Rows of the right factor whose products are summed up at a time: as much of a panel as stays in the second cache, where a
/// long stride leaves only some of the places, while all rows of the left pass by.
const DEPTH: usize = 384;
/// Rows of a tile: as many sums as leave registers for what is multiplied; one more row and some would lie in memory.
pub const TILE: usize = 6;
/// What is read of zeros at a time.
static ZEROS: [f32; DEPTH] = [0.0; DEPTH];

/// Where a piece of a row begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Piece {
    /// At this element of the values.
    Value(u32),
    /// At this element of the spare values.
    Spare(u32),
    /// Nowhere: its elements are zeros. Where they are so in all rows of a tile, and what they meet is known to be finite, nothing
    /// is multiplied.
    Zeros,
}

impl Piece {
    /// One that begins at this of no more than [`Piece::MOST`] values.
    pub fn value(start: usize) -> Piece {
        Piece::Value(start as u32)
    }

    /// One that begins at this of no more than [`Piece::MOST`] spare values.
    pub fn spare(start: usize) -> Piece {
        Piece::Spare(start as u32)
    }

    /// The most values among which pieces are told apart.
    pub const MOST: usize = u32::MAX as usize;
}

/// A matrix whose rows lie in pieces of one length among other values.
#[derive(Clone, Copy, Debug)]
pub struct Gathered<'a> {
    /// What pieces are cut from.
    pub values: &'a [f32],
    /// What other pieces are cut from: those that had to be made.
    pub spare: &'a [f32],
    /// The pieces of all rows, row by row.
    pub pieces: &'a [Piece],
    /// How many pieces a row has.
    pub in_row: usize,
    /// The elements of a piece.
    pub length: usize,
    /// All rows in the order in which they are multiplied: best those side by side whose pieces are zeros alike. One after the
    /// other where it is empty.
    pub order: &'a [u32],
}

impl Gathered<'_> {
    /// Whether this processor has registers for it; where not, a product of whole matrices is faster.
    pub fn is_fast() -> bool {
        struct Lanes;
        impl WithSimd for Lanes {
            type Output = usize;
            #[inline(always)]
            fn with_simd<S: Simd>(self, _: S) -> usize {
                S::F32_LANES
            }
        }
        pulp::Arch::new().dispatch(Lanes) >= 8
    }

    /// Sets `output` to the product with these columns of `right`, each value then taken through `passes`, whose rows have a
    /// number for each column of `right`; what they add value by value has as many rows as the product. Where there is nothing to
    /// sum up, the output is zeros alone.
    ///
    /// ```
    /// use ferroflow_gemm::{Factor, Gathered, Piece};
    /// use ndarray::Array2;
    /// // Sums of neighbours: windows of two values over three.
    /// let pieces = [Piece::value(0), Piece::value(1)];
    /// let windows =
    ///     Gathered { values: &[1.0, 2.0, 4.0], spare: &[], pieces: &pieces, in_row: 1, length: 2, order: &[] };
    /// let ones = Factor::Rows { elements: &[1.0, 1.0], columns: 1 };
    /// let mut sums = Array2::zeros((2, 1));
    /// windows.multiply(ones, 0..1, Default::default(), sums.view_mut());
    /// assert_eq!(sums.into_raw_vec_and_offset().0, [3.0, 6.0]);
    /// ```
    ///
    /// # Panics
    /// When pieces or columns do not lie within the values, passes do not fit the product, the order names other rows, or the
    /// output has not the product's size or rows with gaps.
    pub fn multiply(
        &self,
        right: Factor<'_>,
        columns: Range<usize>,
        passes: RowPasses<'_>,
        mut output: ArrayViewMut2<'_, f32>,
    ) {
        let depth = self.in_row * self.length;
        assert!(
            right.rows() == depth
                && columns.start <= columns.end
                && columns.end <= right.columns()
                && output.dim() == (self.pieces.len().checked_div(self.in_row).unwrap_or(0), columns.len()),
            "the factors of a gathered product fit together"
        );
        let rows = output.nrows();
        assert!(self.order.is_empty() || self.order.len() == rows, "an order is one of all rows");
        assert!(
            passes.values.is_none_or(|values| values.len() == rows * right.columns()),
            "the values that are added to a product are as many"
        );
        if columns.is_empty() || output.is_empty() {
            return;
        }
        if depth == 0 {
            output.fill(0.0);
            return;
        }
        pulp::Arch::new().dispatch(Tiles { left: *self, right, columns, passes, output });
    }
}

/// The right factor of a product.
#[derive(Clone, Copy, Debug)]
pub enum Factor<'a> {
    /// A matrix row by row.
    Rows {
        /// Its elements.
        elements: &'a [f32],
        /// How many are a row.
        columns: usize,
    },
    /// A matrix in panels.
    Panels(&'a Panels),
}

impl Factor<'_> {
    /// An array as a matrix of this many columns: in panels once it has served a few times.
    ///
    /// # Errors
    /// `TypeError` when it is not of `float32`.
    pub fn of(array: &NdArray, columns: usize) -> Result<Factor<'_>> {
        match array.form(|elements| Panels::new(elements, columns)) {
            // The elements may serve another product in another shape.
            Some(Some(panels)) if panels.columns() == columns => Ok(Factor::Panels(panels)),
            _ => Ok(Factor::Rows { elements: array.as_slice()?, columns }),
        }
    }

    fn rows(&self) -> usize {
        match self {
            Factor::Rows { elements, columns } => elements.len().checked_div(*columns).unwrap_or(0),
            Factor::Panels(panels) => panels.rows(),
        }
    }

    /// How many elements a row has.
    pub fn columns(&self) -> usize {
        match self {
            Factor::Rows { columns, .. } => *columns,
            Factor::Panels(panels) => panels.columns(),
        }
    }
}

/// Sets `output` to the product of a matrix, row by row, and `right`; both are read where they lie. `parallel` shares it over the
/// threads of the `rayon` pool, if there is enough of it.
///
/// ```
/// use ferroflow_gemm::{Factor, multiply_rows};
/// let mut output = [0.0; 2];
/// multiply_rows(&[1.0, 2.0], Factor::Rows { elements: &[3.0, 4.0, 5.0, 6.0], columns: 2 }, &mut output, false);
/// assert_eq!(output, [13.0, 16.0]);
/// ```
///
/// # Panics
/// When the sizes do not fit.
pub fn multiply_rows(left: &[f32], right: Factor<'_>, output: &mut [f32], parallel: bool) {
    let (depth, columns) = (right.rows(), right.columns());
    let rows = output.len().checked_div(columns).unwrap_or(0);
    assert!(left.len() == rows * depth && left.len() <= Piece::MOST, "the factors of a product fit together");
    let Ok(output) = ArrayViewMut2::from_shape((rows, columns), output) else {
        panic!("an output holds whole rows")
    };
    let pieces: Vec<Piece> = (0..rows).map(|row| Piece::value(row * depth)).collect();
    let gathered =
        Gathered { values: left, spare: &[], pieces: &pieces, in_row: 1, length: depth, order: &[] };
    let multiply = |part: Part, output: ArrayViewMut2<'_, f32>| {
        let gathered = Gathered { pieces: &pieces[part.rows], ..gathered };
        gathered.multiply(right, part.columns, RowPasses::default(), output);
    };
    if parallel {
        share(output, depth, multiply);
    } else {
        multiply(Part { rows: 0..rows, columns: 0..columns }, output);
    }
}

struct Tiles<'a, 'b> {
    left: Gathered<'a>,
    right: Factor<'a>,
    columns: Range<usize>,
    passes: RowPasses<'a>,
    output: ArrayViewMut2<'b, f32>,
}

/// Some rows of some columns of the right factor, where a tile reads them.
struct Panel<'a> {
    /// From the first on; registers are filled from behind the last column, too.
    elements: &'a [f32],
    stride: usize,
    rows: Range<usize>,
    columns: Range<usize>,
    /// Whether these are the last rows: what is summed up is the product then.
    last: bool,
    /// Whether its elements are known to be finite.
    is_finite: bool,
}

impl WithSimd for Tiles<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let (lanes, mut column) = (S::F32_LANES, self.columns.start);
        let most = if S::REGISTER_COUNT >= 32 { 4 } else { 2 };
        let mut edge = Vec::new();
        // Columns come first: their panel stays in the cache while all rows pass by.
        while column < self.columns.end {
            let rest = match self.right {
                Factor::Rows { .. } => self.columns.end - column,
                Factor::Panels(_) => (self.columns.end - column).min(PANEL - column % PANEL),
            };
            let vectors = rest.div_ceil(lanes).min(most);
            let columns = column..column + rest.min(vectors * lanes);
            column = columns.end;
            match vectors {
                1 => self.panel::<S, TILE, 1>(simd, columns, &mut edge),
                2 => self.panel::<S, TILE, 2>(simd, columns, &mut edge),
                3 => self.panel::<S, TILE, 3>(simd, columns, &mut edge),
                _ => self.panel::<S, TILE, 4>(simd, columns, &mut edge),
            }
        }
    }
}

impl Tiles<'_, '_> {
    /// Some columns of the product, at most `V` registers wide. `edge` is room for those behind which there is nothing that
    /// could fill the registers.
    #[inline(always)]
    fn panel<S: Simd, const R: usize, const V: usize>(
        &mut self,
        simd: S,
        columns: Range<usize>,
        edge: &mut Vec<f32>,
    ) {
        let (depth, width) = (self.left.in_row * self.left.length, V * S::F32_LANES);
        let of_part = depth.div_ceil(depth.div_ceil(DEPTH));
        for start in (0..depth).step_by(of_part) {
            let rows = start..depth.min(start + of_part);
            let (mut elements, mut stride) = match self.right {
                Factor::Rows { elements, columns: stride } => {
                    (&elements[rows.start * stride + columns.start..], stride)
                }
                Factor::Panels(panels) => panels.from(rows.start, columns.start),
            };
            if elements.len() < (rows.len() - 1) * stride + width {
                edge.clear();
                edge.resize(rows.len() * width, 0.0);
                for (edge, elements) in edge.chunks_exact_mut(width).zip(elements.chunks(stride)) {
                    edge[..columns.len()].copy_from_slice(&elements[..columns.len()]);
                }
                (elements, stride) = (&*edge, width);
            }
            let (columns, last) = (columns.clone(), rows.end == depth);
            let is_finite = matches!(self.right, Factor::Panels(panels) if panels.is_finite());
            self.rows::<S, R, V>(simd, &Panel { elements, stride, rows, columns, last, is_finite });
        }
    }

    /// All rows of the product of a panel.
    #[inline(always)]
    fn rows<S: Simd, const R: usize, const V: usize>(&mut self, simd: S, panel: &Panel<'_>) {
        let (rows, mut row) = (self.output.nrows(), 0);
        while row + R <= rows {
            self.tile::<S, R, V>(simd, row, panel);
            row += R;
        }
        while row < rows {
            match rows - row {
                1 => self.tile::<S, 1, V>(simd, row, panel),
                2 | 3 => self.tile::<S, 2, V>(simd, row, panel),
                _ => self.tile::<S, 4, V>(simd, row, panel),
            }
            row += 1 << (rows - row).ilog2();
        }
    }

    /// Adds the products of `R` rows and a panel to the output, or begins with them.
    #[allow(clippy::needless_range_loop, reason = "indices that are constants keep sums in registers")]
    #[inline(always)]
    fn tile<S: Simd, const R: usize, const V: usize>(&mut self, simd: S, row: usize, panel: &Panel<'_>) {
        let Gathered { values, spare, pieces, in_row, length, order } = self.left;
        let places: [usize; R] = std::array::from_fn(|r| match order.get(row + r) {
            Some(place) => *place as usize,
            None => row + r,
        });
        let mut sums = [[simd.splat_f32s(0.0); V]; R];
        if panel.rows.start > 0 {
            for r in 0..R {
                sums[r] = load::<S, V>(simd, self.output_of(places[r], &panel.columns));
            }
        }
        let (mut k, mut start) = (panel.rows.start, 0);
        while k < panel.rows.end {
            let (piece, from) = (k / length, k % length);
            let count = (length - from).min(panel.rows.end - k);
            let (mut lefts, mut zeros): ([&[f32]; R], usize) = ([&[]; R], 0);
            for r in 0..R {
                let (elements, start) = match pieces[places[r] * in_row + piece] {
                    Piece::Value(start) => (values, start as usize + from),
                    Piece::Spare(start) => (spare, start as usize + from),
                    Piece::Zeros => {
                        zeros += 1;
                        (&ZEROS[..], 0)
                    }
                };
                lefts[r] = &elements[start..start + count];
            }
            k += count;
            if zeros == R && panel.is_finite {
                start += panel.stride * count;
                continue;
            }
            sums = accumulate::<S, R, V>(simd, lefts, &panel.elements[start..], panel.stride, sums);
            start += panel.stride * count;
        }
        if panel.last {
            let width = self.right.columns();
            sums = self.passes.apply(simd, sums, &panel.columns, |r| places[r] * width);
        }
        for r in 0..R {
            store::<S, V>(simd, sums[r], self.output_of(places[r], &panel.columns));
        }
    }

    /// What the output holds of a row of these columns.
    #[inline(always)]
    fn output_of(&mut self, row: usize, columns: &Range<usize>) -> &mut [f32] {
        let columns = columns.start - self.columns.start..columns.end - self.columns.start;
        let output = self.output.index_axis_mut(Axis(0), row).into_slice();
        let Some(output) = output.and_then(|output| output.get_mut(columns)) else {
            unreachable!("the rows of a gathered product have no gaps")
        };
        output
    }
}

/// Adds to sums the products of rows, as long as the first, and of columns, `V` registers wide, whose rows lie this far apart.
#[allow(clippy::needless_range_loop, reason = "indices that are constants keep sums in registers")]
#[inline(always)]
pub(crate) fn accumulate<S: Simd, const R: usize, const V: usize>(
    simd: S,
    mut lefts: [&[f32]; R],
    rights: &[f32],
    stride: usize,
    mut sums: [[S::f32s; V]; R],
) -> [[S::f32s; V]; R] {
    let (count, width) = (lefts[0].len(), V * S::F32_LANES);
    if count == 0 {
        return sums;
    }
    for r in 0..R {
        lefts[r] = &lefts[r][..count];
    }
    let rights = &rights[..(count - 1) * stride + width];
    for k in 0..count {
        // Benefit: the checks of these bounds take a twentieth of the time of a product. Soundness:
        #[allow(unsafe_code)]
        // SAFETY: `rights` was cut to hold `width` elements behind the last of `count` strides, `k` is less than `count`, which is
        // no less than one, and each of `lefts` was cut to that many.
        let (right, left) = unsafe {
            let right = rights.get_unchecked(k * stride..k * stride + width);
            (right, lefts.map(|left| *left.get_unchecked(k)))
        };
        let mut factors = [simd.splat_f32s(0.0); V];
        factors.copy_from_slice(&S::as_simd_f32s(right).0[..V]);
        for r in 0..R {
            let factor = simd.splat_f32s(left[r]);
            for v in 0..V {
                sums[r][v] = simd.mul_add_f32s(factor, factors[v], sums[r][v]);
            }
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, s};

    /// The product by the tiles of this processor, or by those of one without AVX-512.
    fn multiply(
        left: Gathered<'_>,
        right: Factor<'_>,
        columns: Range<usize>,
        passes: RowPasses<'_>,
        output: ArrayViewMut2<'_, f32>,
        narrow: bool,
    ) {
        #[cfg(target_arch = "x86_64")]
        if narrow && let Some(simd) = pulp::x86::V3::try_new() {
            return Simd::vectorize(simd, Tiles { left, right, columns, passes, output });
        }
        let _ = narrow;
        left.multiply(right, columns, passes, output);
    }

    #[test]
    fn zeros_meet_what_is_not_finite() {
        let right = [f32::INFINITY; 2 * 16];
        let panels = Panels::new(&right, 16).expect("small");
        let pieces = [Piece::Zeros, Piece::value(0)];
        let left = Gathered { values: &[1.0], spare: &[], pieces: &pieces, in_row: 2, length: 1, order: &[] };
        for factor in [Factor::Rows { elements: &right, columns: 16 }, Factor::Panels(&panels)] {
            let mut output = Array2::zeros((1, 16));
            left.multiply(factor, 0..16, RowPasses::default(), output.view_mut());
            assert!(output.iter().all(|sum| sum.is_nan()), "{output}");
        }
    }

    #[test]
    fn rows_in_pieces_agree_with_sums() {
        let values: Vec<f32> = (0..700).map(|i| (i * 7 % 11) as f32 - 5.0).collect();
        let spare: Vec<f32> = (0..400).map(|i| (i * 5 % 7) as f32).collect();
        for (rows, in_row, length, width) in [
            (1, 1, 1, 1),
            (7, 2, 5, 64),
            (13, 3, 4, 100),
            (20, 1, 30, 17),
            (6, 9, 2, 7),
            (29, 2, 3, 130),
            (9, 2, 301, 35),
            (3, 30, 29, 6),
        ] {
            let piece = |i: usize| match i % 4 {
                _ if i / in_row < 6 && i % in_row == 1 => Piece::Zeros,
                0 => Piece::Zeros,
                1 => Piece::spare(i % 70),
                _ => Piece::value(i * 13 % 370),
            };
            let pieces: Vec<Piece> = (0..rows * in_row).map(piece).collect();
            // Rows may come in any order: backwards here, where their number is odd.
            let order: Vec<u32> = if rows % 2 > 0 { (0..rows as u32).rev().collect() } else { Vec::new() };
            let left =
                Gathered { values: &values, spare: &spare, pieces: &pieces, in_row, length, order: &order };
            let right: Vec<f32> = (0..in_row * length * width).map(|i| (i * 3 % 13) as f32 - 6.0).collect();
            let element = |row: usize, k: usize| match pieces[row * in_row + k / length] {
                Piece::Value(start) => values[start as usize + k % length],
                Piece::Spare(start) => spare[start as usize + k % length],
                Piece::Zeros => 0.0,
            };
            let ranges = [0..width, width / 3..width, 1.min(width)..width / 2];
            let panels = Panels::new(&right, width);
            let numbers: Vec<f32> = (0..width).map(|column| (column % 5) as f32 - 2.0).collect();
            let row = Some(&*numbers);
            let more: Vec<f32> = (0..rows * width).map(|i| (i * 11 % 17) as f32).collect();
            let (values, at_least, at_most) = (Some(&*more), Some(-40.0), Some(60.0));
            let passes =
                RowPasses { plus: row, minus: row, times: row, offset: row, values, at_least, at_most };
            let cases = ranges.iter().flat_map(|columns| (0..8).map(move |number| (columns.clone(), number)));
            for (columns, number) in cases {
                if columns.start >= columns.end {
                    continue;
                }
                let (narrow, in_panels, passed) = (number & 1 > 0, number & 2 > 0, number & 4 > 0);
                let factor = match &panels {
                    Some(panels) if in_panels => Factor::Panels(panels),
                    _ => Factor::Rows { elements: &right, columns: width },
                };
                let mut whole = Array2::from_elem((rows, width), f32::NAN);
                let output = whole.slice_mut(s![.., columns.clone()]);
                let passes = if passed { passes } else { RowPasses::default() };
                multiply(left, factor, columns.clone(), passes, output, narrow);
                for ((row, column), &found) in whole.indexed_iter() {
                    let products = (0..in_row * length).map(|k| element(row, k) * right[k * width + column]);
                    let (sum, number) = (products.sum::<f32>(), numbers[column]);
                    let expected = match passed {
                        true => (sum * number + number + more[row * width + column]).clamp(-40.0, 60.0),
                        false => sum,
                    };
                    match columns.contains(&column) {
                        true => {
                            assert_eq!(found, expected, "{rows}x{in_row}x{length}x{width} at {row},{column}")
                        }
                        false => assert!(found.is_nan(), "column {column} of {columns:?} was touched"),
                    }
                }
            }
        }
    }
}
