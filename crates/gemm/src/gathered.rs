//! Products of a matrix whose rows lie in pieces elsewhere: convolutions that write down no matrix of patches.
//!
//! Both factors are read where they are. A tile of the product stays in registers while it is summed up, so each element
//! that is read takes part in several products at once, and bringing factors into another order saves nothing.

use ndarray::{ArrayViewMut2, Axis};
use pulp::{Simd, WithSimd};
use std::ops::Range;

/// Where a piece of a row begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Piece {
    /// At this element of the values.
    Value(usize),
    /// At this element of the spare values.
    Spare(usize),
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

    /// Sets `output` to the product with these columns of `right`, which lies row by row, each of `width` elements.
    ///
    /// ```
    /// use ferroflow_gemm::{Gathered, Piece};
    /// use ndarray::Array2;
    /// // Sums of neighbours: windows of two values over three.
    /// let pieces = [Piece::Value(0), Piece::Value(1)];
    /// let windows = Gathered { values: &[1.0, 2.0, 4.0], spare: &[], pieces: &pieces, in_row: 1, length: 2 };
    /// let mut sums = Array2::zeros((2, 1));
    /// windows.multiply(&[1.0, 1.0], 1, 0..1, sums.view_mut());
    /// assert_eq!(sums.into_raw_vec_and_offset().0, [3.0, 6.0]);
    /// ```
    ///
    /// # Panics
    /// When pieces or columns do not lie within the values, or the output has not the product's size or rows with gaps.
    pub fn multiply(
        &self,
        right: &[f32],
        width: usize,
        columns: Range<usize>,
        mut output: ArrayViewMut2<'_, f32>,
    ) {
        let depth = self.in_row * self.length;
        assert!(
            right.len() == depth * width
                && columns.start <= columns.end
                && columns.end <= width
                && output.dim() == (self.pieces.len().checked_div(self.in_row).unwrap_or(0), columns.len()),
            "the factors of a gathered product fit together"
        );
        if columns.is_empty() || output.is_empty() {
            return;
        }
        if depth == 0 {
            output.fill(0.0);
            return;
        }
        pulp::Arch::new().dispatch(Tiles { left: *self, right, width, columns, output });
    }
}

struct Tiles<'a, 'b> {
    left: Gathered<'a>,
    right: &'a [f32],
    width: usize,
    columns: Range<usize>,
    output: ArrayViewMut2<'b, f32>,
}

impl WithSimd for Tiles<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let (Range { mut start, end }, lanes) = (self.columns.clone(), S::F32_LANES);
        // Panels of columns come first: one stays in the cache while all rows pass by.
        while start < end {
            let most = if S::REGISTER_COUNT >= 32 { 4 } else { 2 };
            let fitting = (end - self.columns.start) / lanes;
            let vectors = (end - start).div_ceil(lanes).min(fitting).min(most);
            // The last panel begins early enough to be whole: its first columns are computed twice.
            start = start.min(end - vectors * lanes);
            // As many sums as leave registers for what is multiplied: one more row and some would lie in memory.
            match (most, vectors) {
                (_, 0) => self.panel::<S, 4, 1, true>(simd, start..end),
                (_, 1) => self.panel::<S, 6, 1, false>(simd, start..start + lanes),
                (2, _) | (_, 2) => self.panel::<S, 6, 2, false>(simd, start..start + 2 * lanes),
                (_, 3) => self.panel::<S, 6, 3, false>(simd, start..start + 3 * lanes),
                (_, _) => self.panel::<S, 6, 4, false>(simd, start..start + 4 * lanes),
            }
            start += vectors.max(1) * lanes;
        }
    }
}

impl Tiles<'_, '_> {
    /// Some columns of the product, `V` registers wide, or less than one where they are `NARROW`.
    #[inline(always)]
    fn panel<S: Simd, const R: usize, const V: usize, const NARROW: bool>(
        &mut self,
        simd: S,
        columns: Range<usize>,
    ) {
        let rows = self.output.nrows();
        let mut row = 0;
        while row + R <= rows {
            self.tile::<S, R, V, NARROW>(simd, row, &columns);
            row += R;
        }
        for _ in 0..3 {
            match rows - row {
                0 => return,
                1 => self.tile::<S, 1, V, NARROW>(simd, row, &columns),
                2 | 3 => self.tile::<S, 2, V, NARROW>(simd, row, &columns),
                _ => self.tile::<S, 4, V, NARROW>(simd, row, &columns),
            }
            row += 1 << (rows - row).ilog2();
        }
    }

    /// `R` rows of these columns.
    #[inline(always)]
    fn tile<S: Simd, const R: usize, const V: usize, const NARROW: bool>(
        &mut self,
        simd: S,
        row: usize,
        columns: &Range<usize>,
    ) {
        let Gathered { values, spare, pieces, in_row, length } = self.left;
        let mut sums = [[simd.splat_f32s(0.0); V]; R];
        let mut rights = self.right.chunks_exact(self.width);
        for piece in 0..in_row {
            let lefts: [&[f32]; R] = std::array::from_fn(|r| match pieces[(row + r) * in_row + piece] {
                Piece::Value(start) => &values[start..start + length],
                Piece::Spare(start) => &spare[start..start + length],
            });
            for (k, right) in (0..length).zip(&mut rights) {
                let right = &right[columns.clone()];
                let mut factors = [simd.splat_f32s(0.0); V];
                if NARROW {
                    factors[0] = simd.partial_load_f32s(right);
                } else {
                    factors.copy_from_slice(&S::as_simd_f32s(right).0[..V]);
                }
                for r in 0..R {
                    let factor = simd.splat_f32s(lefts[r][k]);
                    for v in 0..V {
                        sums[r][v] = simd.mul_add_f32s(factor, factors[v], sums[r][v]);
                    }
                }
            }
        }
        let columns = columns.start - self.columns.start..columns.end - self.columns.start;
        for (r, sums) in sums.iter().enumerate() {
            let output = self.output.index_axis_mut(Axis(0), row + r).into_slice();
            let Some(output) = output.and_then(|output| output.get_mut(columns.clone())) else {
                unreachable!("the rows of a gathered product have no gaps")
            };
            if NARROW {
                simd.partial_store_f32s(output, sums[0]);
            } else {
                S::as_mut_simd_f32s(output).0[..V].copy_from_slice(sums);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, s};

    /// The product by the tiles of this processor, or by those of one without AVX-512.
    fn multiply(
        left: Gathered<'_>,
        right: &[f32],
        width: usize,
        columns: Range<usize>,
        output: ArrayViewMut2<'_, f32>,
        narrow: bool,
    ) {
        #[cfg(target_arch = "x86_64")]
        if narrow && let Some(simd) = pulp::x86::V3::try_new() {
            return Simd::vectorize(simd, Tiles { left, right, width, columns, output });
        }
        let _ = narrow;
        left.multiply(right, width, columns, output);
    }

    #[test]
    fn rows_in_pieces_agree_with_sums() {
        let values: Vec<f32> = (0..400).map(|i| (i * 7 % 11) as f32 - 5.0).collect();
        let spare: Vec<f32> = (0..100).map(|i| (i * 5 % 7) as f32).collect();
        for (rows, in_row, length, width) in
            [(1, 1, 1, 1), (7, 2, 5, 64), (13, 3, 4, 100), (20, 1, 30, 17), (6, 9, 2, 7), (29, 2, 3, 130)]
        {
            let piece = |i: usize| if i % 3 == 1 { Piece::Spare(i % 70) } else { Piece::Value(i * 13 % 370) };
            let pieces: Vec<Piece> = (0..rows * in_row).map(piece).collect();
            let left = Gathered { values: &values, spare: &spare, pieces: &pieces, in_row, length };
            let right: Vec<f32> = (0..in_row * length * width).map(|i| (i * 3 % 13) as f32 - 6.0).collect();
            let element = |row: usize, k: usize| match pieces[row * in_row + k / length] {
                Piece::Value(start) => values[start + k % length],
                Piece::Spare(start) => spare[start + k % length],
            };
            let ranges = [0..width, width / 3..width, 1.min(width)..width / 2];
            for (columns, narrow) in
                ranges.iter().flat_map(|columns| [(columns.clone(), false), (columns.clone(), true)])
            {
                if columns.start >= columns.end {
                    continue;
                }
                let mut whole = Array2::from_elem((rows, width), f32::NAN);
                multiply(
                    left,
                    &right,
                    width,
                    columns.clone(),
                    whole.slice_mut(s![.., columns.clone()]),
                    narrow,
                );
                for ((row, column), &found) in whole.indexed_iter() {
                    let expected: f32 =
                        (0..in_row * length).map(|k| element(row, k) * right[k * width + column]).sum();
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
