//! Eigenvalues and eigenvectors of self-adjoint matrices: reflections to tridiagonal form, then implicit QR steps, in the
//! order in which TensorFlow's library takes them, so that eigenvectors have its signs.

use crate::householder::Reflection;
use crate::matrix::{Field, Matrix};

/// QR steps for each row that are taken at most.
const STEPS: usize = 30;

/// Eigenvalues in rising order, and eigenvectors as rows.
pub(crate) struct Eigen<T> {
    pub(crate) values: Vec<f64>,
    pub(crate) vectors: Matrix<T>,
}

/// Decomposes a matrix, of which the lower triangle is read; `None` where the steps do not converge.
pub(crate) fn decompose<T: Field>(
    mut matrix: Matrix<T>,
    with_vectors: bool,
    precision: f64,
) -> Option<Eigen<T>> {
    let size = matrix.rows;
    if size == 1 {
        let value = matrix[(0, 0)].re();
        return value.is_finite().then(|| Eigen { values: vec![value], vectors: Matrix::identity(1) });
    }
    let mut scale = 0.0f64;
    for row in 0..size {
        for column in 0..=row {
            let value = matrix[(row, column)].abs();
            if !value.is_finite() {
                return None;
            }
            scale = scale.max(value);
        }
    }
    if scale == 0.0 {
        scale = 1.0;
    }
    for row in 0..size {
        for column in 0..=row {
            let value = matrix[(row, column)].scale(1.0 / scale);
            matrix[(row, column)] = value;
            matrix[(column, row)] = if row == column { T::from_real(value.re()) } else { value.conj() };
        }
    }
    let (mut diagonal, mut below, mut vectors) = tridiagonal(matrix, with_vectors);
    if !iterate(&mut diagonal, &mut below, with_vectors.then_some(&mut vectors), precision) {
        return None;
    }
    for first in 0..size {
        let rest = diagonal[first..].iter().enumerate();
        let least =
            rest.fold(first, |least, (k, value)| if *value < diagonal[least] { first + k } else { least });
        if least != first {
            diagonal.swap(first, least);
            if with_vectors {
                vectors.swap_rows(first, least);
            }
        }
    }
    diagonal.iter_mut().for_each(|value| *value *= scale);
    Some(Eigen { values: diagonal, vectors })
}

/// The diagonals of a similar tridiagonal matrix, and what turns it into the given one, transposed.
fn tridiagonal<T: Field>(mut a: Matrix<T>, with_vectors: bool) -> (Vec<f64>, Vec<f64>, Matrix<T>) {
    let size = a.rows;
    let mut below = Vec::with_capacity(size);
    let mut reflections = Vec::with_capacity(size);
    for k in 0..size.saturating_sub(1) {
        let reflection = Reflection::new(a[(k + 1, k)], (k + 2..size).map(|row| a[(row, k)]).collect());
        let mut v = vec![T::from_real(1.0)];
        v.extend(&reflection.tail);
        let turn = reflection.tau.conj();
        // Both halves of the trailing block are kept, which spares looking at the other triangle.
        let start = k + 1;
        let mut w: Vec<T> = (start..size)
            .map(|row| {
                let pairs = a.row(row)[start..].iter().zip(&v);
                pairs.fold(T::default(), |sum, (&value, &v)| sum + value * (turn * v))
            })
            .collect();
        let dot = w.iter().zip(&v).fold(T::default(), |sum, (w, &v)| sum + w.conj() * v);
        let shift = turn.scale(-0.5) * dot;
        w.iter_mut().zip(&v).for_each(|(w, &v)| *w += shift * v);
        for row in start..size {
            let (v_row, w_row) = (v[row - start], w[row - start]);
            for column in start..size {
                let change = v_row * w[column - start].conj() + w_row * v[column - start].conj();
                a[(row, column)] -= change;
            }
        }
        below.push(reflection.beta);
        reflections.push(reflection);
    }
    let diagonal = (0..size).map(|k| a[(k, k)].re()).collect();
    let mut q = Matrix::identity(if with_vectors { size } else { 0 });
    if with_vectors {
        for (k, reflection) in reflections.iter().enumerate().rev() {
            reflection.apply_left(reflection.tau.conj(), &mut q, k + 1, k + 1);
        }
    }
    // Rows are quicker to rotate than columns.
    let mut transposed = q.clone();
    for row in 0..q.rows {
        for column in 0..q.columns {
            transposed[(column, row)] = q[(row, column)];
        }
    }
    (diagonal, below, transposed)
}

/// A plane rotation that turns `(x, z)` into a number and 0.
fn rotation(x: f64, z: f64) -> (f64, f64) {
    if z == 0.0 {
        return (if x < 0.0 { -1.0 } else { 1.0 }, 0.0);
    }
    if x == 0.0 {
        return (0.0, if z < 0.0 { 1.0 } else { -1.0 });
    }
    if x.abs() > z.abs() {
        let t = z / x;
        let cos = (1.0 + t * t).sqrt().copysign(x).recip();
        return (cos, -t * cos);
    }
    let t = x / z;
    let sin = -(1.0 + t * t).sqrt().copysign(z).recip();
    (-t * sin, sin)
}

/// Makes the matrix diagonal; whether that succeeded. What is left beside the diagonal is as small as TensorFlow leaves it
/// in a type of this precision: another number of steps would turn vectors around.
fn iterate<T: Field>(
    diagonal: &mut [f64],
    below: &mut [f64],
    mut vectors: Option<&mut Matrix<T>>,
    precision: f64,
) -> bool {
    let size = diagonal.len();
    let (mut end, mut start, mut steps) = (size - 1, 0, 0);
    while end > 0 {
        for k in start..end {
            let scaled = below[k] / precision;
            if below[k].abs() < f64::MIN_POSITIVE
                || scaled * scaled <= diagonal[k].abs() + diagonal[k + 1].abs()
            {
                below[k] = 0.0;
            }
        }
        while end > 0 && below[end - 1] == 0.0 {
            end -= 1;
        }
        if end == 0 {
            break;
        }
        steps += 1;
        if steps > STEPS * size {
            return false;
        }
        start = end - 1;
        while start > 0 && below[start - 1] != 0.0 {
            start -= 1;
        }
        step(diagonal, below, start, end, vectors.as_deref_mut());
    }
    true
}

/// One implicit QR step with Wilkinson's shift on the block from `start` to `end`.
fn step<T: Field>(
    diagonal: &mut [f64],
    below: &mut [f64],
    start: usize,
    end: usize,
    mut vectors: Option<&mut Matrix<T>>,
) {
    let half = (diagonal[end - 1] - diagonal[end]) * 0.5;
    let off = below[end - 1];
    let mut shift = diagonal[end];
    if half == 0.0 {
        shift -= off.abs();
    } else if off != 0.0 {
        let root = half.hypot(off).copysign(half);
        let square = off * off;
        shift -= if square == 0.0 { off / ((half + root) / off) } else { square / (half + root) };
    }
    let (mut x, mut z) = (diagonal[start] - shift, below[start]);
    for k in start..end {
        if z == 0.0 {
            break;
        }
        let (cos, sin) = rotation(x, z);
        let lower = sin * diagonal[k] + cos * below[k];
        let next = sin * below[k] + cos * diagonal[k + 1];
        diagonal[k] =
            cos * (cos * diagonal[k] - sin * below[k]) - sin * (cos * below[k] - sin * diagonal[k + 1]);
        diagonal[k + 1] = sin * lower + cos * next;
        below[k] = cos * lower - sin * next;
        if k > start {
            below[k - 1] = cos * below[k - 1] - sin * z;
        }
        x = below[k];
        if k + 1 < end {
            z = -sin * below[k + 1];
            below[k + 1] *= cos;
        }
        if let Some(vectors) = vectors.as_deref_mut() {
            let width = vectors.columns;
            let (head, tail) = vectors.elements.split_at_mut((k + 1) * width);
            for (left, right) in head[k * width..].iter_mut().zip(&mut tail[..width]) {
                (*left, *right) = (left.scale(cos) - right.scale(sin), left.scale(sin) + right.scale(cos));
            }
        }
    }
}
