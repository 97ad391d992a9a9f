//! The Schur form of complex matrices: reflections to Hessenberg form, then QR steps with single shifts, in the order in
//! which TensorFlow's library takes them, so that eigenvectors have its phases.

use crate::householder::Reflection;
use crate::matrix::{Field, Matrix};
use ferroflow_core::Complex;

type C = Complex<f64>;

/// QR steps for each row that are taken at most.
const STEPS: usize = 30;

/// `u * t * adjoint(u)`, where `t` is an upper triangle.
pub(crate) struct Schur {
    pub(crate) t: Matrix<C>,
    pub(crate) u: Matrix<C>,
}

fn norm1(value: C) -> f64 {
    value.re.abs() + value.im.abs()
}

/// The form of a matrix; `None` where the steps do not converge to this precision.
pub(crate) fn decompose(matrix: Matrix<C>, precision: f64) -> Option<Schur> {
    let size = matrix.rows;
    if size == 1 {
        return matrix.is_finite().then(|| Schur { t: matrix, u: Matrix::identity(1) });
    }
    let (t, u) = hessenberg(matrix);
    let mut schur = Schur { t, u };
    let mut end = size - 1;
    let (mut steps, mut total) = (0, 0);
    loop {
        while end > 0 && schur.is_split(end - 1, precision) {
            steps = 0;
            end -= 1;
        }
        if end == 0 {
            return schur.t.is_finite().then_some(schur);
        }
        steps += 1;
        total += 1;
        if total > STEPS * size {
            return None;
        }
        let mut start = end - 1;
        while start > 0 && !schur.is_split(start - 1, precision) {
            start -= 1;
        }
        let shift = schur.shift(end, steps);
        schur.step(start, end, shift);
    }
}

/// The Hessenberg form of a matrix, and the turns that lead there.
pub(crate) fn hessenberg<T: Field>(mut a: Matrix<T>) -> (Matrix<T>, Matrix<T>) {
    let size = a.rows;
    let mut reflections = Vec::with_capacity(size);
    for k in 0..size.saturating_sub(1) {
        let reflection = Reflection::new(a[(k + 1, k)], (k + 2..size).map(|row| a[(row, k)]).collect());
        a[(k + 1, k)] = T::from_real(reflection.beta);
        for row in k + 2..size {
            a[(row, k)] = T::default();
        }
        reflection.apply_left(reflection.tau, &mut a, k + 1, k + 1);
        // From the right by the adjoint, so that eigenvalues stay.
        reflection.apply_right(reflection.tau.conj(), &mut a, size, k + 1);
        reflections.push(reflection);
    }
    let mut u = Matrix::identity(size);
    for (k, reflection) in reflections.iter().enumerate().rev() {
        reflection.apply_left(reflection.tau.conj(), &mut u, k + 1, k + 1);
    }
    (a, u)
}

/// The rotation `(cos, sin)` that turns `(p, q)` into a number and 0, and that number.
fn rotation(p: C, q: C) -> (f64, C, C) {
    if q == C::default() {
        let cos = if p.re < 0.0 { -1.0 } else { 1.0 };
        return (cos, C::default(), p.scale(cos));
    }
    if p == C::default() {
        let size = q.norm();
        return (0.0, -q / size, C::from_real(size));
    }
    let (p1, q1) = (norm1(p), norm1(q));
    let sign = if p.re < 0.0 { -1.0 } else { 1.0 };
    if p1 >= q1 {
        let (ps, qs) = (p / p1, q / p1);
        let p2 = ps.norm_sqr();
        let root = sign * (1.0 + qs.norm_sqr() / p2).sqrt();
        let cos = 1.0 / root;
        return (cos, -qs * ps.conj() * (cos / p2), p * root);
    }
    let (ps, qs) = (p / q1, q / q1);
    let root = sign * q1 * (ps.norm_sqr() + qs.norm_sqr()).sqrt();
    let size = p.norm();
    let phase = p / size;
    (size / root, -phase.conj() * (q / root), phase * root)
}

impl Schur {
    /// Whether what stands below the diagonal at a row is nothing; then it is made 0.
    fn is_split(&mut self, row: usize, precision: f64) -> bool {
        let beside = norm1(self.t[(row, row)]) + norm1(self.t[(row + 1, row + 1)]);
        let is_split = norm1(self.t[(row + 1, row)]) <= beside * precision;
        if is_split {
            self.t[(row + 1, row)] = C::default();
        }
        is_split
    }

    /// The eigenvalue of the last block of two that is closer to its last number.
    fn shift(&self, end: usize, steps: usize) -> C {
        if (steps == 10 || steps == 20) && end > 1 {
            // Out of the ordinary, to break cycles.
            return C::from_real(self.t[(end, end - 1)].re.abs() + self.t[(end - 1, end - 2)].re.abs());
        }
        let at = |row: usize, column: usize| self.t[(end - 1 + row, end - 1 + column)];
        let size: f64 = [at(0, 0), at(0, 1), at(1, 0), at(1, 1)].iter().map(|value| value.norm()).sum();
        let [a, b, c, d] = [at(0, 0) / size, at(0, 1) / size, at(1, 0) / size, at(1, 1) / size];
        let product = b * c;
        let root = ((a - d) * (a - d) + product * 4.0).sqrt();
        let (determinant, trace) = (a * d - product, a + d);
        let (mut first, mut second) = ((trace + root) / 2.0, (trace - root) / 2.0);
        if norm1(first) > norm1(second) {
            second = determinant / first;
        } else if norm1(second) != 0.0 {
            first = determinant / second;
        }
        if norm1(first - d) < norm1(second - d) { first * size } else { second * size }
    }

    /// A QR step on the block from `start` to `end`, chasing what it leaves below the diagonal.
    fn step(&mut self, start: usize, end: usize, shift: C) {
        let (cos, sin, _) = rotation(self.t[(start, start)] - shift, self.t[(start + 1, start)]);
        self.turn(start, start, (start + 2).min(end) + 1, cos, sin);
        for k in start + 1..end {
            let (cos, sin, left) = rotation(self.t[(k, k - 1)], self.t[(k + 1, k - 1)]);
            self.t[(k, k - 1)] = left;
            self.t[(k + 1, k - 1)] = C::default();
            self.turn(k, k, (k + 2).min(end) + 1, cos, sin);
        }
    }

    /// Turns rows `k` and `k + 1` from a column on, and the same columns of the rows before another.
    fn turn(&mut self, k: usize, column: usize, rows: usize, cos: f64, sin: C) {
        let width = self.t.columns;
        for column in column..width {
            let (x, y) = (self.t[(k, column)], self.t[(k + 1, column)]);
            self.t[(k, column)] = x * cos - sin.conj() * y;
            self.t[(k + 1, column)] = sin * x + y * cos;
        }
        for (matrix, rows) in [(&mut self.t, rows), (&mut self.u, width)] {
            for row in 0..rows {
                let (x, y) = (matrix[(row, k)], matrix[(row, k + 1)]);
                matrix[(row, k)] = x * cos - sin * y;
                matrix[(row, k + 1)] = sin.conj() * x + y * cos;
            }
        }
    }
}
