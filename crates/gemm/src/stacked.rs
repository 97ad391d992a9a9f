//! Products of many small matrices at a time, as transforms of convolutions make them.

use crate::gathered::{TILE, accumulate};
use crate::panels::{PANEL, Panels};
use ferroflow_core::simd::store;
use pulp::{Simd, WithSimd};
use std::ops::Range;

/// Matrices row by row, one behind the other; with how far apart they begin.
#[derive(Clone, Copy, Debug)]
pub struct Stack<T> {
    /// Their elements.
    pub elements: T,
    /// From the beginning of one to that of the next.
    pub apart: usize,
}

impl Panels {
    /// Sets matrices of `output` to the products of these rows of matrices and those of which this one is made, one below the
    /// other: each has one of these numbers of rows, and these columns, which lie in one panel.
    ///
    /// ```
    /// use ferroflow_gemm::{Panels, Stack};
    /// let both = Panels::new(&[[2.0; 16], [3.0; 16]].concat(), 16).expect("wide enough");
    /// let left = Stack { elements: &[1.0, 10.0, /* the other: */ 5.0, 50.0][..], apart: 2 };
    /// let mut products = [0.0; 4];
    /// both.multiply_stacked(left, &[1, 1], 0..2, 0..1, Stack { elements: &mut products[..], apart: 2 });
    /// assert_eq!(products, [2.0, 20.0, 15.0, 150.0]);
    /// ```
    ///
    /// # Panics
    /// When the sizes do not fit.
    pub fn multiply_stacked(
        &self,
        left: Stack<&[f32]>,
        depths: &[usize],
        rows: Range<usize>,
        columns: Range<usize>,
        output: Stack<&mut [f32]>,
    ) {
        let fits = !columns.is_empty()
            && columns.end <= self.columns()
            && columns.start / PANEL == (columns.end - 1) / PANEL
            && depths.iter().sum::<usize>() <= self.rows();
        assert!(fits, "the factors of stacked products fit together");
        pulp::Arch::new().dispatch(Stacked { right: self, left, depths, rows, columns, output });
    }
}

struct Stacked<'a, 'b> {
    right: &'a Panels,
    left: Stack<&'a [f32]>,
    depths: &'a [usize],
    rows: Range<usize>,
    columns: Range<usize>,
    output: Stack<&'b mut [f32]>,
}

/// One of the products.
#[derive(Clone, Copy)]
struct Product {
    number: usize,
    /// Where its matrix begins in the right factor.
    start: usize,
    depth: usize,
}

impl WithSimd for Stacked<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let most = if S::REGISTER_COUNT >= 32 { 4 } else { 2 };
        let mut start = 0;
        for (number, &depth) in self.depths.iter().enumerate() {
            let product = Product { number, start, depth };
            start += depth;
            let mut column = self.columns.start;
            while column < self.columns.end {
                let rest = self.columns.end - column;
                let vectors = rest.div_ceil(S::F32_LANES).min(most);
                let columns = column..column + rest.min(vectors * S::F32_LANES);
                column = columns.end;
                match vectors {
                    1 => self.product::<S, 1>(simd, product, columns),
                    2 => self.product::<S, 2>(simd, product, columns),
                    3 => self.product::<S, 3>(simd, product, columns),
                    _ => self.product::<S, 4>(simd, product, columns),
                }
            }
        }
    }
}

impl Stacked<'_, '_> {
    /// Some columns of a product, `V` registers wide.
    #[inline(always)]
    fn product<S: Simd, const V: usize>(&mut self, simd: S, product: Product, columns: Range<usize>) {
        let mut row = 0;
        while row < self.rows.len() {
            row += match self.rows.len() - row {
                1 => self.tile::<S, 1, V>(simd, product, row, &columns),
                2 | 3 => self.tile::<S, 2, V>(simd, product, row, &columns),
                4 | 5 => self.tile::<S, 4, V>(simd, product, row, &columns),
                _ => self.tile::<S, TILE, V>(simd, product, row, &columns),
            };
        }
    }

    /// `R` rows of them, from this one on; returns how many.
    #[allow(clippy::needless_range_loop, reason = "indices that are constants keep sums in registers")]
    #[inline(always)]
    fn tile<S: Simd, const R: usize, const V: usize>(
        &mut self,
        simd: S,
        product: Product,
        row: usize,
        columns: &Range<usize>,
    ) -> usize {
        let Product { number, start, depth } = product;
        let (rights, stride) = self.right.from(start, columns.start);
        let left =
            &self.left.elements[number * self.left.apart + (self.rows.start + row) * depth..][..R * depth];
        let mut lefts: [&[f32]; R] = [&[]; R];
        for r in 0..R {
            lefts[r] = &left[r * depth..(r + 1) * depth];
        }
        let sums = accumulate::<S, R, V>(simd, lefts, rights, stride, [[simd.splat_f32s(0.0); V]; R]);
        let width = self.columns.len();
        let output = &mut self.output.elements[number * self.output.apart + row * width..][..R * width];
        let inner = columns.start - self.columns.start..columns.end - self.columns.start;
        for r in 0..R {
            store::<S, V>(simd, sums[r], &mut output[r * width..(r + 1) * width][inner.clone()]);
        }
        R
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The products by the tiles of this processor, or by those of one without AVX-512.
    fn multiply(stacked: Stacked<'_, '_>, narrow: bool) {
        #[cfg(target_arch = "x86_64")]
        if narrow && let Some(simd) = pulp::x86::V3::try_new() {
            return Simd::vectorize(simd, stacked);
        }
        let _ = narrow;
        pulp::Arch::new().dispatch(stacked);
    }

    #[test]
    fn stacked_products_agree_with_sums() {
        for (depths, rows, width) in
            [(&[1][..], 0..1, 16), (&[5, 3, 0, 5], 2..15, 40), (&[4; 16], 0..6, 64), (&[7, 2], 1..18, 150)]
        {
            let depth: usize = depths.iter().sum();
            let right: Vec<f32> = (0..depth * width).map(|i| (i * 3 % 13) as f32 - 6.0).collect();
            let panels = Panels::new(&right, width).expect("wide enough");
            let (left_apart, apart) = (rows.end * 7 + 3, rows.len() * PANEL + 5);
            let left: Vec<f32> = (0..depths.len() * left_apart).map(|i| (i * 7 % 11) as f32 - 5.0).collect();
            let starts = (0..width).step_by(PANEL);
            for (start, narrow) in starts.flat_map(|start| [(start, false), (start, true)]) {
                let columns = start..width.min(start + PANEL);
                let mut output = vec![f32::NAN; depths.len() * apart];
                let stacked = Stacked {
                    right: &panels,
                    left: Stack { elements: &left, apart: left_apart },
                    depths,
                    rows: rows.clone(),
                    columns: columns.clone(),
                    output: Stack { elements: &mut output, apart },
                };
                multiply(stacked, narrow);
                for (i, found) in output.iter().enumerate() {
                    let (number, row) = (i / apart, i % apart / columns.len());
                    if row >= rows.len() {
                        assert!(found.is_nan(), "element {i} is not one of a product");
                        continue;
                    }
                    let above: usize = depths[..number].iter().sum();
                    let product = |k: usize| {
                        let left = left[number * left_apart + (rows.start + row) * depths[number] + k];
                        left * right[(above + k) * width + start + i % apart % columns.len()]
                    };
                    let expected = (0..depths[number]).map(product).sum::<f32>();
                    assert_eq!(*found, expected, "{depths:?} {rows:?} {width}: element {i}");
                }
            }
        }
    }
}
