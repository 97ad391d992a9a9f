//! `RowPasses`: what is done to values while they are in registers.

use crate::simd::load;
use pulp::Simd;
use std::ops::Range;

/// What is done to each value of rows of channels, in this order; a kernel that holds values in registers does it there. Rows
/// have a number for each channel.
#[derive(Clone, Copy, Debug, Default)]
pub struct RowPasses<'a> {
    /// What is added, such as biases.
    pub plus: Option<&'a [f32]>,
    /// What is then subtracted.
    pub minus: Option<&'a [f32]>,
    /// What the result is multiplied by.
    pub times: Option<&'a [f32]>,
    /// What is added to the product.
    pub offset: Option<&'a [f32]>,
    /// What is then added value by value: an array of the output's shape.
    pub values: Option<&'a [f32]>,
    /// What replaces less.
    pub at_least: Option<f32>,
    /// What replaces more.
    pub at_most: Option<f32>,
}

impl RowPasses<'_> {
    /// Takes sums through the passes: `R` rows of `V` registers, which hold these columns. `row(r)` is where the row begins whose
    /// values are added to those of row `r`.
    ///
    /// # Panics
    /// When a pass has no number for a column, or no value.
    #[inline(always)]
    pub fn apply<S: Simd, const R: usize, const V: usize>(
        &self,
        simd: S,
        mut sums: [[S::f32s; V]; R],
        columns: &Range<usize>,
        row: impl Fn(usize) -> usize,
    ) -> [[S::f32s; V]; R] {
        let RowPasses { plus, minus, times, offset, values, at_least, at_most } = *self;
        // One after the other: a loop over passes would keep the sums in memory all along.
        if let Some(row) = plus {
            let row = numbers::<S, V>(simd, row, columns);
            sums = each::<S, R, V>(sums, |sum, v| simd.add_f32s(sum, row[v]));
        }
        if let Some(row) = minus {
            let row = numbers::<S, V>(simd, row, columns);
            sums = each::<S, R, V>(sums, |sum, v| simd.sub_f32s(sum, row[v]));
        }
        if let Some(row) = times {
            let row = numbers::<S, V>(simd, row, columns);
            sums = each::<S, R, V>(sums, |sum, v| simd.mul_f32s(sum, row[v]));
        }
        if let Some(row) = offset {
            let row = numbers::<S, V>(simd, row, columns);
            sums = each::<S, R, V>(sums, |sum, v| simd.add_f32s(sum, row[v]));
        }
        if let Some(values) = values {
            for r in 0..R {
                let row = numbers::<S, V>(simd, &values[row(r)..], columns);
                for v in 0..V {
                    sums[r][v] = simd.add_f32s(sums[r][v], row[v]);
                }
            }
        }
        // What is not a number stays.
        if let Some(limit) = at_least {
            let limit = simd.splat_f32s(limit);
            let limited = |sum| simd.select_f32s(simd.less_than_f32s(sum, limit), limit, sum);
            sums = each::<S, R, V>(sums, |sum, _| limited(sum));
        }
        if let Some(limit) = at_most {
            let limit = simd.splat_f32s(limit);
            let limited = |sum| simd.select_f32s(simd.greater_than_f32s(sum, limit), limit, sum);
            sums = each::<S, R, V>(sums, |sum, _| limited(sum));
        }
        sums
    }
}

/// The numbers of these columns.
#[inline(always)]
fn numbers<S: Simd, const V: usize>(simd: S, row: &[f32], columns: &Range<usize>) -> [S::f32s; V] {
    load::<S, V>(simd, &row[columns.clone()])
}

/// Applies a function to each sum and the number of its register.
#[allow(clippy::needless_range_loop, reason = "indices that are constants keep sums in registers")]
#[inline(always)]
fn each<S: Simd, const R: usize, const V: usize>(
    mut sums: [[S::f32s; V]; R],
    f: impl Fn(S::f32s, usize) -> S::f32s,
) -> [[S::f32s; V]; R] {
    for r in 0..R {
        for v in 0..V {
            sums[r][v] = f(sums[r][v], v);
        }
    }
    sums
}
