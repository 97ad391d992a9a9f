//! Singular values and vectors by one-sided Jacobi rotations (G. H. Golub and C. F. Van Loan, Matrix Computations, 8.6.3):
//! columns are turned in pairs until all are orthogonal.

use crate::matrix::{Field, Matrix};
use crate::qr;

/// Sweeps over all pairs that are made at most; a dozen is plenty.
const SWEEPS: usize = 60;

/// `u * diagonal(values) * adjoint(v)`, with singular values in falling order and vectors as columns.
pub(crate) struct Singular<T> {
    pub(crate) values: Vec<f64>,
    pub(crate) u: Matrix<T>,
    pub(crate) v: Matrix<T>,
}

/// Decomposes a finite matrix, with square or with thin factors.
pub(crate) fn decompose<T: Field>(matrix: &Matrix<T>, full: bool) -> Singular<T> {
    if matrix.rows < matrix.columns {
        let Singular { values, u, v } = decompose(&matrix.adjoint(), full);
        return Singular { values, u: v, v: u };
    }
    let (rows, columns) = (matrix.rows, matrix.columns);
    // The triangle has the same singular values, and fewer rows.
    let (q, r) = if rows > columns {
        let (q, r) = qr::factors(matrix.clone());
        (Some(q), r.first_rows(columns))
    } else {
        (None, matrix.clone())
    };
    let (mut work, mut v) = (rows_of_columns(&r), Matrix::identity(columns));
    for _ in 0..SWEEPS {
        if !sweep(&mut work, &mut v) {
            break;
        }
    }
    let norms: Vec<f64> = (0..columns).map(|k| norm(work.row(k))).collect();
    let mut order: Vec<usize> = (0..columns).collect();
    order.sort_by(|&a, &b| norms[b].total_cmp(&norms[a]));
    let values: Vec<f64> = order.iter().map(|&k| norms[k]).collect();
    let least = values.first().copied().unwrap_or(0.0) * f64::EPSILON * columns as f64;
    let rank = values.iter().take_while(|value| **value > least).count();
    let mut left = Matrix::zeros(columns, rank);
    for (column, &k) in order.iter().take(rank).enumerate() {
        for (row, value) in work.row(k).iter().enumerate() {
            left[(row, column)] = value.scale(1.0 / norms[k]);
        }
    }
    let mut right = Matrix::zeros(columns, columns);
    for (column, &k) in order.iter().enumerate() {
        for (row, &value) in v.row(k).iter().enumerate() {
            right[(row, column)] = value;
        }
    }
    let mut u = completed(left);
    if let Some(q) = q {
        let thin = q.first_columns(columns).product(&u);
        u = if full { beside(&thin, &q, columns) } else { thin };
    }
    Singular { values, u, v: right }
}

/// The columns, each as a row.
fn rows_of_columns<T: Field>(matrix: &Matrix<T>) -> Matrix<T> {
    let mut turned = Matrix::zeros(matrix.columns, matrix.rows);
    for row in 0..matrix.rows {
        for (column, &value) in matrix.row(row).iter().enumerate() {
            turned[(column, row)] = value;
        }
    }
    turned
}

fn norm<T: Field>(values: &[T]) -> f64 {
    // Scaled, so that squares neither overflow nor vanish.
    let most = values.iter().map(|value| value.abs()).fold(0.0, f64::max);
    if most == 0.0 {
        return 0.0;
    }
    most * values.iter().map(|value| value.scale(1.0 / most).square_abs()).sum::<f64>().sqrt()
}

/// Turns each pair of rows of `work` until they are orthogonal, and those of `v` alike; whether any was turned.
fn sweep<T: Field>(work: &mut Matrix<T>, v: &mut Matrix<T>) -> bool {
    let mut has_turned = false;
    for p in 0..work.rows {
        for q in p + 1..work.rows {
            let (left, right) = (work.row(p), work.row(q));
            let alpha: f64 = left.iter().map(|value| value.square_abs()).sum();
            let beta: f64 = right.iter().map(|value| value.square_abs()).sum();
            let gamma =
                left.iter().zip(right).fold(T::default(), |sum, (left, &right)| sum + left.conj() * right);
            let size = gamma.abs();
            if size <= f64::EPSILON * (alpha * beta).sqrt() || size < f64::MIN_POSITIVE {
                continue;
            }
            has_turned = true;
            let zeta = (beta - alpha) / (2.0 * size);
            let tangent = 1.0f64.copysign(zeta) / (zeta.abs() + (1.0 + zeta * zeta).sqrt());
            let cos = (1.0 + tangent * tangent).sqrt().recip();
            let sin = cos * tangent;
            // The phase makes the product of both real.
            let phase = gamma.conj().scale(1.0 / size);
            for matrix in [&mut *work, &mut *v] {
                let width = matrix.columns;
                let (head, tail) = matrix.elements.split_at_mut(q * width);
                for (left, right) in head[p * width..][..width].iter_mut().zip(&mut tail[..width]) {
                    let turned = *right * phase;
                    (*left, *right) =
                        (left.scale(cos) - turned.scale(sin), left.scale(sin) + turned.scale(cos));
                }
            }
        }
    }
    has_turned
}

/// Orthonormal columns completed to a square matrix.
fn completed<T: Field>(columns: Matrix<T>) -> Matrix<T> {
    if columns.columns == columns.rows {
        return columns;
    }
    let first = columns.columns;
    let (q, _) = qr::factors(columns.clone());
    beside(&columns, &q, first)
}

/// The columns of `left`, followed by those of `right` from one on.
fn beside<T: Field>(left: &Matrix<T>, right: &Matrix<T>, from: usize) -> Matrix<T> {
    let width = left.columns + right.columns - from;
    let mut joined = Matrix::zeros(left.rows, width);
    for row in 0..left.rows {
        let into = &mut joined.elements[row * width..][..width];
        into[..left.columns].copy_from_slice(left.row(row));
        into[left.columns..].copy_from_slice(&right.row(row)[from..]);
    }
    joined
}
