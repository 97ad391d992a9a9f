//! The Schur form of real matrices: reflections to Hessenberg form, then QR steps with double shifts (J. G. F. Francis), in
//! the order in which TensorFlow's library takes them, so that eigenvalues have its order and eigenvectors its signs.

use crate::householder::Reflection;
use crate::matrix::Matrix;
use crate::schur::hessenberg;

/// QR steps for each row that are taken at most.
const STEPS: usize = 40;

/// `u * t * transposed(u)`, where `t` is an upper triangle but for blocks of two on the diagonal, which stand for pairs of
/// complex eigenvalues.
pub(crate) struct RealSchur {
    pub(crate) t: Matrix<f64>,
    pub(crate) u: Matrix<f64>,
    /// What was taken off the diagonal.
    shifted: f64,
}

/// What a double shift is made of: both numbers on the diagonal, and the product beside it.
type Shift = [f64; 3];

/// The form of a matrix; `None` where the steps do not converge to this precision.
pub(crate) fn decompose(mut matrix: Matrix<f64>, precision: f64) -> Option<RealSchur> {
    let size = matrix.rows;
    let scale = matrix.elements.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
    if scale < f64::MIN_POSITIVE {
        return Some(RealSchur { t: Matrix::zeros(size, size), u: Matrix::identity(size), shifted: 0.0 });
    }
    matrix.elements.iter_mut().for_each(|value| *value /= scale);
    let (t, u) = hessenberg(matrix);
    let mut schur = RealSchur { t, u, shifted: 0.0 };
    schur.split(precision)?;
    schur.t.elements.iter_mut().for_each(|value| *value *= scale);
    Some(schur)
}

/// The rotation `(cos, sin)` that turns `(p, q)` into a number and 0.
fn rotation(p: f64, q: f64) -> (f64, f64) {
    if q == 0.0 {
        return (if p < 0.0 { -1.0 } else { 1.0 }, 0.0);
    }
    if p == 0.0 {
        return (0.0, if q < 0.0 { 1.0 } else { -1.0 });
    }
    if p.abs() > q.abs() {
        let ratio = q / p;
        let cos = 1.0 / (1.0 + ratio * ratio).sqrt().copysign(p);
        return (cos, -ratio * cos);
    }
    let ratio = p / q;
    let sin = -1.0 / (1.0 + ratio * ratio).sqrt().copysign(q);
    (-ratio * sin, sin)
}

impl RealSchur {
    /// Splits blocks of one and two off the end until nothing is left.
    fn split(&mut self, precision: f64) -> Option<()> {
        let size = self.t.rows;
        let mut norm = 0.0;
        for row in 0..size {
            norm += self.t.row(row)[row.saturating_sub(1)..].iter().map(|value| value.abs()).sum::<f64>();
        }
        let nothing = (norm * precision * precision).max(f64::MIN_POSITIVE);
        let (mut left, mut steps, mut total) = (size, 0, 0);
        while left > 0 {
            let end = left - 1;
            let start = self.block_start(end, precision, nothing);
            if start == end {
                self.t[(end, end)] += self.shifted;
                if end > 0 {
                    self.t[(end, end - 1)] = 0.0;
                }
                (left, steps) = (left - 1, 0);
            } else if start + 1 == end {
                self.split_two(end);
                (left, steps) = (left - 2, 0);
            } else {
                let shift = self.shift(end, steps);
                steps += 1;
                total += 1;
                if total > STEPS * size {
                    return None;
                }
                self.step(start, end, shift, precision);
            }
        }
        self.t.is_finite().then_some(())
    }

    /// Where the block that ends at a row begins.
    fn block_start(&self, end: usize, precision: f64, nothing: f64) -> usize {
        let mut start = end;
        while start > 0 {
            let beside = self.t[(start - 1, start - 1)].abs() + self.t[(start, start)].abs();
            if self.t[(start, start - 1)].abs() <= (beside * precision).max(nothing) {
                break;
            }
            start -= 1;
        }
        start
    }

    /// Splits off a block of two, and turns it into a triangle where its eigenvalues are real.
    fn split_two(&mut self, end: usize) {
        let half = 0.5 * (self.t[(end - 1, end - 1)] - self.t[(end, end)]);
        let square = half * half + self.t[(end, end - 1)] * self.t[(end - 1, end)];
        self.t[(end, end)] += self.shifted;
        self.t[(end - 1, end - 1)] += self.shifted;
        if square >= 0.0 {
            let root = square.sqrt();
            let first = if half >= 0.0 { half + root } else { half - root };
            let (cos, sin) = rotation(first, self.t[(end, end - 1)]);
            for column in end - 1..self.t.columns {
                let (x, y) = (self.t[(end - 1, column)], self.t[(end, column)]);
                self.t[(end - 1, column)] = cos * x - sin * y;
                self.t[(end, column)] = sin * x + cos * y;
            }
            let size = self.u.rows;
            for (matrix, rows) in [(&mut self.t, end + 1), (&mut self.u, size)] {
                for row in 0..rows {
                    let (x, y) = (matrix[(row, end - 1)], matrix[(row, end)]);
                    matrix[(row, end - 1)] = cos * x - sin * y;
                    matrix[(row, end)] = sin * x + cos * y;
                }
            }
            self.t[(end, end - 1)] = 0.0;
        }
        if end > 1 {
            self.t[(end - 1, end - 2)] = 0.0;
        }
    }

    fn shift_diagonal(&mut self, end: usize, by: f64) {
        self.shifted += by;
        (0..=end).for_each(|k| self.t[(k, k)] -= by);
    }

    fn shift(&mut self, end: usize, steps: usize) -> Shift {
        let last = self.t[(end, end)];
        let before = self.t[(end - 1, end - 1)];
        let product = self.t[(end, end - 1)] * self.t[(end - 1, end)];
        if steps == 0 || !steps.is_multiple_of(16) {
            return [last, before, product];
        }
        // Out of the ordinary, to break cycles.
        if !steps.is_multiple_of(32) {
            self.shift_diagonal(end, last);
            let size = self.t[(end, end - 1)].abs() + self.t[(end - 1, end - 2)].abs();
            return [0.75 * size, 0.75 * size, -0.4375 * size * size];
        }
        let half = (before - last) / 2.0;
        let square = half * half + product;
        if square <= 0.0 {
            return [last, before, product];
        }
        let root = if before < last { -square.sqrt() } else { square.sqrt() };
        self.shift_diagonal(end, last - product / (root + half));
        [0.964; 3]
    }

    /// The row where a step may begin, and what its first reflection turns.
    fn step_start(&self, start: usize, end: usize, shift: Shift, precision: f64) -> (usize, [f64; 3]) {
        let t = &self.t;
        let mut row = end - 2;
        loop {
            let here = t[(row, row)];
            let (r, s) = (shift[0] - here, shift[1] - here);
            let v = [
                (r * s - shift[2]) / t[(row + 1, row)] + t[(row, row + 1)],
                t[(row + 1, row + 1)] - here - r - s,
                t[(row + 2, row + 1)],
            ];
            if row == start {
                return (row, v);
            }
            let left = t[(row, row - 1)] * (v[1].abs() + v[2].abs());
            let around = t[(row - 1, row - 1)].abs() + here.abs() + t[(row + 1, row + 1)].abs();
            if left.abs() < precision * v[0] * around {
                return (row, v);
            }
            row -= 1;
        }
    }

    /// A QR step on the block from `start` to `end`, chasing what it leaves below the diagonal.
    fn step(&mut self, start: usize, end: usize, shift: Shift, precision: f64) {
        let (first, v) = self.step_start(start, end, shift, precision);
        for k in first..end {
            let is_first = k == first;
            let last = (k + 2).min(end);
            let (head, tail) = if is_first {
                (v[0], v[1..].to_vec())
            } else {
                (self.t[(k, k - 1)], (k + 1..=last).map(|row| self.t[(row, k - 1)]).collect())
            };
            let reflection = Reflection::new(head, tail);
            if reflection.beta == 0.0 {
                continue;
            }
            if !is_first {
                self.t[(k, k - 1)] = reflection.beta;
            } else if k > start {
                self.t[(k, k - 1)] = -self.t[(k, k - 1)];
            }
            let size = self.u.rows;
            reflection.apply_left(reflection.tau, &mut self.t, k, k);
            reflection.apply_right(reflection.tau, &mut self.t, end.min(k + 3) + 1, k);
            reflection.apply_right(reflection.tau, &mut self.u, size, k);
        }
        for row in first + 2..=end {
            self.t[(row, row - 2)] = 0.0;
            if row > first + 2 {
                self.t[(row, row - 3)] = 0.0;
            }
        }
    }
}
