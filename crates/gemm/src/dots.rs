//! Products of few rows and columns that are stored one after the other, as sums of vectors: to bring the columns into the
//! order that tiles want would take longer than the product.

use ndarray::{ArrayView2, ArrayViewMut2, Axis};
use pulp::{Simd, WithSimd};

/// Of a single row each element is used once, which tiles are not slower at.
const LEAST_ROWS: usize = 2;
/// Rows from which on it is worth bringing the other factor into order, however long its columns are.
const MOST_ROWS: usize = 256;
/// By how much columns have to be longer than there are rows: adding up a register's elements takes a while. Measured.
const MARGIN: usize = 96;
/// Elements of columns that stay in the second cache while all rows pass by.
const KEPT: usize = 1 << 17;

/// Whether the product of these is best taken so: in `b`, columns lie without gaps.
pub(crate) fn suit(a: ArrayView2<'_, f32>, b: ArrayView2<'_, f32>) -> bool {
    let without_gaps = a.strides()[1] == 1 && b.strides()[0] == 1;
    let rows = a.nrows();
    let few = (LEAST_ROWS..=MOST_ROWS).contains(&rows) && rows + MARGIN <= a.ncols();
    few && without_gaps && b.strides()[1] != 1
}

/// Sets `c` to the products of the rows of `a` with those of `b`. `false` when rows have gaps: nothing is done then.
pub(crate) fn run(a: ArrayView2<'_, f32>, b: ArrayView2<'_, f32>, c: &mut ArrayViewMut2<'_, f32>) -> bool {
    let (Some(left), Some(right)) = (rows_of(a), rows_of(b)) else { return false };
    pulp::Arch::new().dispatch(Dots { left: &left, right: &right, c });
    true
}

fn rows_of(matrix: ArrayView2<'_, f32>) -> Option<Vec<&[f32]>> {
    (0..matrix.nrows()).map(|row| matrix.index_axis_move(Axis(0), row).to_slice()).collect()
}

struct Dots<'a, 'b> {
    left: &'a [&'a [f32]],
    right: &'a [&'a [f32]],
    c: &'a mut ArrayViewMut2<'b, f32>,
}

impl WithSimd for Dots<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        // As many sums as leave registers for what is multiplied.
        if S::F32_LANES >= 16 { self.blocks::<S, 4, 4>(simd) } else { self.blocks::<S, 2, 4>(simd) }
    }
}

impl Dots<'_, '_> {
    #[inline(always)]
    fn blocks<S: Simd, const M: usize, const N: usize>(self, simd: S) {
        let depth = self.left.first().map_or(0, |row| row.len());
        let group = (KEPT / depth.max(1)).max(1).next_multiple_of(N);
        for (number, rights) in self.right.chunks(group).enumerate() {
            for (row, left) in self.left.chunks(M).enumerate() {
                for (column, right) in rights.chunks(N).enumerate() {
                    let at = [row * M, number * group + column * N];
                    if let (Some(left), Some(right)) = (left.first_chunk::<M>(), right.first_chunk::<N>()) {
                        write(self.c, at, block(simd, left, right));
                        continue;
                    }
                    for (i, left) in left.iter().enumerate() {
                        for (j, right) in right.iter().enumerate() {
                            write(self.c, [at[0] + i, at[1] + j], block(simd, &[left], &[right]));
                        }
                    }
                }
            }
        }
    }
}

#[inline(always)]
fn write<const M: usize, const N: usize>(
    c: &mut ArrayViewMut2<'_, f32>,
    at: [usize; 2],
    sums: [[f32; N]; M],
) {
    for (i, sums) in sums.iter().enumerate() {
        for (j, &sum) in sums.iter().enumerate() {
            c[[at[0] + i, at[1] + j]] = sum;
        }
    }
}

/// The products of each of the left rows with each of the right ones, all of one length.
#[inline(always)]
fn block<S: Simd, const M: usize, const N: usize>(
    simd: S,
    left: &[&[f32]; M],
    right: &[&[f32]; N],
) -> [[f32; N]; M] {
    let depth = left[0].len();
    let whole = depth / S::F32_LANES * S::F32_LANES;
    let mut sums = [[simd.splat_f32s(0.0); N]; M];
    let mut start = 0;
    while start < depth {
        let end = if start < whole { start + S::F32_LANES } else { depth };
        let mut columns = [simd.splat_f32s(0.0); N];
        for j in 0..N {
            columns[j] = load(simd, &right[j][start..end]);
        }
        for i in 0..M {
            let row = load(simd, &left[i][start..end]);
            for j in 0..N {
                sums[i][j] = simd.mul_add_f32s(row, columns[j], sums[i][j]);
            }
        }
        start = end;
    }
    let mut totals = [[0.0; N]; M];
    for i in 0..M {
        for j in 0..N {
            totals[i][j] = simd.reduce_sum_f32s(sums[i][j]);
        }
    }
    totals
}

/// A register's values; zeros behind the last one.
#[inline(always)]
fn load<S: Simd>(simd: S, values: &[f32]) -> S::f32s {
    match S::as_simd_f32s(values) {
        ([only], _) => *only,
        _ => simd.partial_load_f32s(values),
    }
}
