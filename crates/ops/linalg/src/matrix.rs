//! Row-major matrices of `f64` or complex numbers of them: what every algorithm of this family computes in. Narrower
//! types are widened on the way in and rounded on the way out.

use ferroflow_core::Complex;
use std::ops::{Add, AddAssign, Div, Index, IndexMut, Mul, Neg, Sub, SubAssign};

/// Real or complex numbers.
pub(crate) trait Field:
    Copy
    + Default
    + PartialEq
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
{
    fn from_real(value: f64) -> Self;
    fn re(self) -> f64;
    fn im(self) -> f64;
    fn conj(self) -> Self;
    fn abs(self) -> f64;

    /// The square of the absolute value.
    fn square_abs(self) -> f64 {
        self.re() * self.re() + self.im() * self.im()
    }

    fn scale(self, factor: f64) -> Self;
}

impl Field for f64 {
    fn from_real(value: f64) -> f64 {
        value
    }
    fn re(self) -> f64 {
        self
    }
    fn im(self) -> f64 {
        0.0
    }
    fn conj(self) -> f64 {
        self
    }
    fn abs(self) -> f64 {
        f64::abs(self)
    }
    fn scale(self, factor: f64) -> f64 {
        self * factor
    }
}

impl Field for Complex<f64> {
    fn from_real(value: f64) -> Complex<f64> {
        Complex::new(value, 0.0)
    }
    fn re(self) -> f64 {
        self.re
    }
    fn im(self) -> f64 {
        self.im
    }
    fn conj(self) -> Complex<f64> {
        Complex::conj(&self)
    }
    fn abs(self) -> f64 {
        self.norm()
    }
    fn scale(self, factor: f64) -> Complex<f64> {
        Complex::new(self.re * factor, self.im * factor)
    }
}

/// A matrix.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Matrix<T> {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) elements: Vec<T>,
}

impl<T> Index<(usize, usize)> for Matrix<T> {
    type Output = T;
    fn index(&self, (row, column): (usize, usize)) -> &T {
        &self.elements[row * self.columns + column]
    }
}

impl<T> IndexMut<(usize, usize)> for Matrix<T> {
    fn index_mut(&mut self, (row, column): (usize, usize)) -> &mut T {
        &mut self.elements[row * self.columns + column]
    }
}

impl<T: Field> Matrix<T> {
    /// A matrix of zeros; the sizes are those of a tensor or smaller.
    pub(crate) fn zeros(rows: usize, columns: usize) -> Matrix<T> {
        Matrix { rows, columns, elements: vec![T::default(); rows * columns] }
    }

    pub(crate) fn identity(size: usize) -> Matrix<T> {
        let mut matrix = Matrix::zeros(size, size);
        for k in 0..size {
            matrix[(k, k)] = T::from_real(1.0);
        }
        matrix
    }

    pub(crate) fn row(&self, row: usize) -> &[T] {
        &self.elements[row * self.columns..][..self.columns]
    }

    /// Two rows, the second one to write to.
    pub(crate) fn row_pair(&mut self, from: usize, to: usize) -> (&[T], &mut [T]) {
        let width = self.columns;
        if from < to {
            let (head, tail) = self.elements.split_at_mut(to * width);
            (&head[from * width..][..width], &mut tail[..width])
        } else {
            let (head, tail) = self.elements.split_at_mut(from * width);
            (&tail[..width], &mut head[to * width..][..width])
        }
    }

    pub(crate) fn swap_rows(&mut self, left: usize, right: usize) {
        if left != right {
            let (low, high) = (left.min(right), left.max(right));
            let (head, tail) = self.elements.split_at_mut(high * self.columns);
            head[low * self.columns..][..self.columns].swap_with_slice(&mut tail[..self.columns]);
        }
    }

    /// The conjugate transpose.
    pub(crate) fn adjoint(&self) -> Matrix<T> {
        let mut adjoint = Matrix::zeros(self.columns, self.rows);
        for row in 0..self.rows {
            for column in 0..self.columns {
                adjoint[(column, row)] = self[(row, column)].conj();
            }
        }
        adjoint
    }

    pub(crate) fn product(&self, other: &Matrix<T>) -> Matrix<T> {
        let mut product = Matrix::zeros(self.rows, other.columns);
        for row in 0..self.rows {
            let into = &mut product.elements[row * other.columns..][..other.columns];
            for (k, &factor) in self.row(row).iter().enumerate() {
                if factor != T::default() {
                    into.iter_mut().zip(other.row(k)).for_each(|(sum, &value)| *sum += factor * value);
                }
            }
        }
        product
    }

    /// The first columns.
    pub(crate) fn first_columns(&self, columns: usize) -> Matrix<T> {
        let mut part = Matrix::zeros(self.rows, columns);
        for row in 0..self.rows {
            part.elements[row * columns..][..columns].copy_from_slice(&self.row(row)[..columns]);
        }
        part
    }

    /// The first rows.
    pub(crate) fn first_rows(mut self, rows: usize) -> Matrix<T> {
        self.elements.truncate(rows * self.columns);
        self.rows = rows;
        self
    }

    pub(crate) fn is_finite(&self) -> bool {
        self.elements.iter().all(|value| value.re().is_finite() && value.im().is_finite())
    }
}
