//! The transform of filters.

use super::{SHARED, Scheme};
use ferroflow_core::simd::{load, store};
use pulp::{Simd, WithSimd};

/// Makes the matrices, of channels and filters, that the products of tiles multiply.
pub(super) struct Filters<'a> {
    pub(super) scheme: Scheme,
    /// Tap by tap, a matrix of channels and filters.
    pub(super) filter: &'a [f32],
    /// Elements of such a matrix.
    pub(super) of_tap: usize,
    /// Filters.
    pub(super) columns: usize,
    /// Product by product, as many matrices as it is a sum over.
    pub(super) transformed: &'a mut [f32],
}

impl WithSimd for Filters<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Filters { scheme, filter, of_tap, columns, transformed } = self;
        for row in (0..of_tap).step_by(columns) {
            let end = row + columns;
            for column in (row..end).step_by(S::F32_LANES) {
                let range = column..end.min(column + S::F32_LANES);
                let tap = |tap: usize| load::<S, 1>(simd, &filter[tap * of_tap..][range.clone()])[0];
                let mut set = |matrix: usize, value: S::f32s| {
                    store::<S, 1>(simd, [value], &mut transformed[matrix * of_tap..][range.clone()]);
                };
                match scheme {
                    Scheme::Square => {
                        let line = |first| along(simd, [tap(first), tap(first + 1), tap(first + 2)]);
                        let (first, middle, last) = (line(0), line(3), line(6));
                        for number in 0..4 {
                            let down = along(simd, [first[number], middle[number], last[number]]);
                            for (line, value) in down.into_iter().enumerate() {
                                set(4 * line + number, value);
                            }
                        }
                    }
                    Scheme::Line(taps) => {
                        let (groups, mut matrix) = (taps / SHARED, 0);
                        for product in 0..4 {
                            for group in 0..groups {
                                let first = group * SHARED;
                                let values = along(simd, [tap(first), tap(first + 1), tap(first + 2)]);
                                set(matrix + group, values[product]);
                            }
                            for rest in groups..scheme.times(product) {
                                let value = tap(groups * SHARED + rest - groups);
                                // The last product is subtracted.
                                let value = if product == 0 { value } else { simd.neg_f32s(value) };
                                set(matrix + rest, value);
                            }
                            matrix += scheme.times(product);
                        }
                    }
                }
            }
        }
    }
}

/// What three taps along an axis become.
#[inline(always)]
fn along<S: Simd>(simd: S, [first, middle, last]: [S::f32s; 3]) -> [S::f32s; 4] {
    let half = simd.splat_f32s(0.5);
    let ends = simd.add_f32s(first, last);
    let (sum, difference) = (simd.add_f32s(ends, middle), simd.sub_f32s(ends, middle));
    [first, simd.mul_f32s(sum, half), simd.mul_f32s(difference, half), last]
}
