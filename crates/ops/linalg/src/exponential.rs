//! MatrixExponential: powers of e, by the quotient of polynomials of degree 13 (N. J. Higham, 2005).

use crate::batch::{TYPES, Wide, map, square_shape, with_wide};
use crate::lu::Lu;
use crate::matrix::{Field, Matrix};
use ferroflow_core::{Grad, KernelCtx, OpDef, Result};

/// The coefficients of the polynomial above, those of odd powers negated below.
const COEFFICIENTS: [f64; 14] = [
    64_764_752_532_480_000.0,
    32_382_376_266_240_000.0,
    7_771_770_303_897_600.0,
    1_187_353_796_428_800.0,
    129_060_195_264_000.0,
    10_559_470_521_600.0,
    670_442_572_800.0,
    33_522_128_640.0,
    1_323_241_920.0,
    40_840_800.0,
    960_960.0,
    16_380.0,
    182.0,
    1.0,
];
/// The norm up to which the quotient is exact in double precision.
const NORM: f64 = 5.371_920_351_148_152;

/// The largest sum of a column's absolute values.
fn norm<T: Field>(matrix: &Matrix<T>) -> f64 {
    let column = |column: usize| (0..matrix.rows).map(|row| matrix[(row, column)].abs()).sum::<f64>();
    (0..matrix.columns).map(column).fold(0.0, f64::max)
}

/// The sum of matrices of one size, each times a number.
fn sum<T: Field>(terms: &[(f64, &Matrix<T>)]) -> Matrix<T> {
    let size = terms.first().map_or(0, |(_, matrix)| matrix.rows);
    let mut total = Matrix::zeros(size, size);
    for (factor, matrix) in terms {
        let pairs = total.elements.iter_mut().zip(&matrix.elements);
        pairs.for_each(|(sum, value)| *sum += value.scale(*factor));
    }
    total
}

/// `e` to the power of a matrix; NaN where that has an element that is not finite.
fn exponential<T: Field>(mut matrix: Matrix<T>) -> Matrix<T> {
    let size = matrix.rows;
    if !matrix.is_finite() {
        matrix.elements.iter_mut().for_each(|value| *value = T::from_real(f64::NAN));
        return matrix;
    }
    let halvings = (norm(&matrix) / NORM).log2().ceil().max(0.0) as u32;
    let factor = f64::exp2(-f64::from(halvings));
    matrix.elements.iter_mut().for_each(|value| *value = value.scale(factor));
    let one = Matrix::identity(size);
    let second = matrix.product(&matrix);
    let fourth = second.product(&second);
    let sixth = fourth.product(&second);
    let b = COEFFICIENTS;
    let high = sixth.product(&sum(&[(b[13], &sixth), (b[11], &fourth), (b[9], &second)]));
    let odd = sum(&[(1.0, &high), (b[7], &sixth), (b[5], &fourth), (b[3], &second), (b[1], &one)]);
    let odd = matrix.product(&odd);
    let high = sixth.product(&sum(&[(b[12], &sixth), (b[10], &fourth), (b[8], &second)]));
    let even = sum(&[(1.0, &high), (b[6], &sixth), (b[4], &fourth), (b[2], &second), (b[0], &one)]);
    let (above, below) = (sum(&[(1.0, &even), (1.0, &odd)]), sum(&[(1.0, &even), (-1.0, &odd)]));
    let mut power = Lu::new(below).solve(&above);
    for _ in 0..halvings {
        power = power.product(&power);
    }
    power
}

fn run<T: Wide>(cx: &mut KernelCtx<'_>) -> Result<()> {
    map::<T>(cx, |matrix| Ok(exponential(matrix).elements))
}

pub(crate) static MATRIX_EXPONENTIAL: OpDef = OpDef {
    name: "MatrixExponential",
    shape: square_shape,
    kernel: Some(|cx| with_wide!(cx, |T| run::<T>(cx))),
    grad: Grad::Missing,
    types: &[("T", TYPES)],
    ..OpDef::NEW
};
