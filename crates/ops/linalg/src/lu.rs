//! Gaussian elimination with the largest pivot of each column.

use crate::matrix::{Field, Matrix};

/// The factors of a matrix whose rows were permuted: `lu` holds both, the unit diagonal of the lower one left out.
pub(crate) struct Lu<T> {
    pub(crate) lu: Matrix<T>,
    /// Which row of the matrix stands at each row of the product.
    pub(crate) order: Vec<usize>,
    /// Whether rows were swapped an odd number of times.
    pub(crate) is_odd: bool,
}

impl<T: Field> Lu<T> {
    /// Factors a square matrix.
    pub(crate) fn new(mut lu: Matrix<T>) -> Lu<T> {
        let size = lu.rows;
        let mut order: Vec<usize> = (0..size).collect();
        let mut is_odd = false;
        for k in 0..size {
            let mut pivot = k;
            for row in k + 1..size {
                if lu[(row, k)].abs() > lu[(pivot, k)].abs() {
                    pivot = row;
                }
            }
            if pivot != k {
                lu.swap_rows(pivot, k);
                order.swap(pivot, k);
                is_odd = !is_odd;
            }
            let diagonal = lu[(k, k)];
            if diagonal == T::default() {
                continue;
            }
            for row in k + 1..size {
                let (upper, lower) = lu.row_pair(k, row);
                let factor = lower[k] / diagonal;
                lower[k] = factor;
                if factor != T::default() {
                    let pairs = lower[k + 1..].iter_mut().zip(&upper[k + 1..]);
                    pairs.for_each(|(value, &above)| *value -= factor * above);
                }
            }
        }
        Lu { lu, order, is_odd }
    }

    pub(crate) fn diagonal(&self) -> impl Iterator<Item = T> + '_ {
        (0..self.lu.rows).map(|k| self.lu[(k, k)])
    }

    /// Whether a pivot is 0, or no number.
    pub(crate) fn is_singular(&self) -> bool {
        self.diagonal().any(|pivot| pivot == T::default() || pivot.abs().is_nan())
    }

    /// The solution of `matrix * x = rhs`.
    pub(crate) fn solve(&self, rhs: &Matrix<T>) -> Matrix<T> {
        let mut x = Matrix::zeros(rhs.rows, rhs.columns);
        for (row, &from) in self.order.iter().enumerate() {
            x.elements[row * rhs.columns..][..rhs.columns].copy_from_slice(rhs.row(from));
        }
        substitute(&self.lu, &mut x, true, true);
        substitute(&self.lu, &mut x, false, false);
        x
    }
}

/// Solves a triangular system in place, by rows: that of the lower or of the upper triangle, its diagonal taken for ones
/// where `unit` is set.
pub(crate) fn substitute<T: Field>(triangle: &Matrix<T>, x: &mut Matrix<T>, lower: bool, unit: bool) {
    let size = triangle.rows;
    for step in 0..size {
        let row = if lower { step } else { size - 1 - step };
        let others = if lower { 0..row } else { row + 1..size };
        for other in others {
            let factor = triangle[(row, other)];
            if factor != T::default() {
                let (from, into) = x.row_pair(other, row);
                into.iter_mut().zip(from).for_each(|(value, &solved)| *value -= factor * solved);
            }
        }
        if !unit {
            let pivot = triangle[(row, row)];
            let width = x.columns;
            x.elements[row * width..][..width].iter_mut().for_each(|value| *value = *value / pivot);
        }
    }
}
