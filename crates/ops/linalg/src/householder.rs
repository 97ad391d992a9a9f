//! Reflections that zero all but the first of some numbers, with the signs that TensorFlow's have: the number that is
//! left is real, and has not the sign of the real part of the one that was there.

use crate::matrix::{Field, Matrix};

/// `1 - tau * v * adjoint(v)`, where `v` is 1 followed by `tail`.
pub(crate) struct Reflection<T> {
    pub(crate) tau: T,
    pub(crate) tail: Vec<T>,
    /// What is left of the numbers.
    pub(crate) beta: f64,
}

impl<T: Field> Reflection<T> {
    /// The reflection that turns `first, rest` into `beta, 0, ...`.
    pub(crate) fn new(first: T, rest: Vec<T>) -> Reflection<T> {
        let norm: f64 = rest.iter().map(|value| value.square_abs()).sum();
        if norm <= f64::MIN_POSITIVE && first.im() * first.im() <= f64::MIN_POSITIVE {
            let tail = vec![T::default(); rest.len()];
            return Reflection { tau: T::default(), tail, beta: first.re() };
        }
        let size = (first.square_abs() + norm).sqrt();
        let beta = if first.re() >= 0.0 { -size } else { size };
        let pivot = first - T::from_real(beta);
        let tail = rest.into_iter().map(|value| value / pivot).collect();
        Reflection { tau: (-pivot).scale(1.0 / beta).conj(), tail, beta }
    }

    /// Replaces `matrix` by the reflection with this `tau` times it, in the rows from `row` and the columns from `column` on.
    pub(crate) fn apply_left(&self, tau: T, matrix: &mut Matrix<T>, row: usize, column: usize) {
        if tau == T::default() {
            return;
        }
        let mut sums: Vec<T> = matrix.row(row)[column..].to_vec();
        for (k, value) in self.tail.iter().enumerate() {
            let from = &matrix.row(row + 1 + k)[column..];
            sums.iter_mut().zip(from).for_each(|(sum, &other)| *sum += value.conj() * other);
        }
        sums.iter_mut().for_each(|sum| *sum = tau * *sum);
        let width = matrix.columns;
        let mut subtract = |row: usize, factor: T| {
            let into = &mut matrix.elements[row * width + column..(row + 1) * width];
            into.iter_mut().zip(&sums).for_each(|(value, &sum)| *value -= factor * sum);
        };
        subtract(row, T::from_real(1.0));
        for (k, value) in self.tail.iter().enumerate() {
            subtract(row + 1 + k, *value);
        }
    }

    /// Replaces `matrix` by it times the reflection with this `tau`, in the first rows and in the columns from `column` on.
    pub(crate) fn apply_right(&self, tau: T, matrix: &mut Matrix<T>, rows: usize, column: usize) {
        let width = matrix.columns;
        for row in 0..rows {
            let line = &mut matrix.elements[row * width + column..(row + 1) * width];
            let tail = line[1..].iter().zip(&self.tail);
            let sum = tau * tail.fold(line[0], |sum, (&value, &v)| sum + value * v);
            line[0] -= sum;
            line[1..].iter_mut().zip(&self.tail).for_each(|(value, v)| *value -= sum * v.conj());
        }
    }
}
