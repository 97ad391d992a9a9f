//! Eig: eigenvalues and eigenvectors of square matrices.

use crate::batch::{Batch, TYPES, Wide, absent_shape, precision, square, with_inner, write};
use crate::matrix::{Field, Matrix};
use crate::ops::{
    adjoint, cast, conjugate, diagonal, diagonal_matrix, expand, product, safe_reciprocal, with_diagonal,
    zeros_like,
};
use crate::real_schur::{self, RealSchur};
use crate::schur::{self, Schur};
use ferroflow_core::{
    Complex, DType, Grad, GradCtx, IntoOperand, KernelCtx, NdArray, Op, OpDef, Result, Shape, ShapeCtx,
    Tensor, bail, convert_to_tensor,
};

type C = Complex<f64>;

/// Eigenvalues, and eigenvectors as columns.
type Eigen = (Vec<C>, Matrix<C>);

/// The eigenvalues of square matrices and their eigenvectors as columns, complex in either case. The eigenvalues of complex
/// matrices come by size, those of real ones in the order in which they were found.
///
/// Source: `tf.linalg.eig` (op `Eig`).
///
/// ```
/// use ferroflow_core::{Complex, NdArray};
/// let matrix = NdArray::from_vec(&[1, 1], vec![Complex::new(3.0f32, 4.0)])?;
/// let (values, _) = ferroflow_ops_linalg::eig(matrix)?;
/// assert_eq!(values.numpy()?.as_slice::<Complex<f32>>()?, [Complex::new(3.0, 4.0)]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for a matrix that is not square or not finite.
pub fn eig(tensor: impl IntoOperand) -> Result<(Tensor, Tensor)> {
    let [values, vectors] = call(tensor, true)?;
    Ok((values, vectors))
}

/// The eigenvalues of square matrices, in the order of [`eig`].
///
/// Source: `tf.linalg.eigvals` (op `Eig`).
///
/// # Errors
/// As [`eig`].
pub fn eigvals(tensor: impl IntoOperand) -> Result<Tensor> {
    let [values, _] = call(tensor, false)?;
    Ok(values)
}

fn call(tensor: impl IntoOperand, compute_v: bool) -> Result<[Tensor; 2]> {
    let tensor = convert_to_tensor(tensor, None)?;
    let wide = [DType::FLOAT64, DType::COMPLEX128].contains(&tensor.dtype());
    let dtype = if wide { DType::COMPLEX128 } else { DType::COMPLEX64 };
    Op::new(&EIG).input(tensor).attr("compute_v", compute_v).attr("Tout", dtype).outputs()
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (outer, size) = square(cx, 0)?;
    cx.set(0, with_inner(&outer, &[size]));
    let vectors = if cx.bool("compute_v")? { with_inner(&outer, &[size, size]) } else { absent_shape(cx) };
    cx.set(1, vectors);
    Ok(())
}

/// Eigenvectors of length 1 from any.
fn normalize(vectors: &mut Matrix<C>) {
    let size = vectors.rows;
    for column in 0..size {
        let norm = (0..size).map(|row| vectors[(row, column)].norm_sqr()).sum::<f64>().sqrt();
        if norm > 0.0 {
            (0..size).for_each(|row| vectors[(row, column)] /= norm);
        }
    }
}

/// The eigenvectors of a triangle, as columns.
fn triangle_vectors(t: &Matrix<C>) -> Matrix<C> {
    let size = t.rows;
    let norm = t.elements.iter().map(|value| value.norm_sqr()).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
    let mut x: Matrix<C> = Matrix::zeros(size, size);
    for column in (0..size).rev() {
        x[(column, column)] = C::from_real(1.0);
        for row in (0..column).rev() {
            let inner = (row + 1..column).fold(C::default(), |sum, k| sum + t[(row, k)] * x[(k, column)]);
            let mut gap = t[(row, row)] - t[(column, column)];
            if gap == C::default() {
                // Vectors of equal eigenvalues are as good as independent.
                gap.re = f64::EPSILON * norm;
            }
            x[(row, column)] = (-t[(row, column)] - inner) / gap;
        }
    }
    x
}

/// Eigenvalues by size, and eigenvectors of length 1 as columns.
fn decompose(matrix: Matrix<C>, precision: f64, with_vectors: bool) -> Option<Eigen> {
    let Schur { t, u } = schur::decompose(matrix, precision)?;
    let size = t.rows;
    let mut values: Vec<C> = (0..size).map(|k| t[(k, k)]).collect();
    let mut vectors = if with_vectors { u.product(&triangle_vectors(&t)) } else { Matrix::zeros(0, 0) };
    normalize(&mut vectors);
    for first in 0..size {
        let least = (first..size)
            .fold(first, |least, k| if values[k].norm() < values[least].norm() { k } else { least });
        if least != first {
            values.swap(first, least);
            if with_vectors {
                (0..size).for_each(|row| vectors.elements.swap(row * size + first, row * size + least));
            }
        }
    }
    Some((values, vectors))
}

/// The eigenvalues on the diagonal of a real matrix's Schur form; of each pair, that with the positive imaginary part is the
/// first.
fn real_values(t: &Matrix<f64>) -> Vec<C> {
    let size = t.rows;
    let mut values = Vec::with_capacity(size);
    while values.len() < size {
        let k = values.len();
        if k + 1 == size || t[(k + 1, k)] == 0.0 {
            values.push(C::from_real(t[(k, k)]));
            continue;
        }
        let half = 0.5 * (t[(k, k)] - t[(k + 1, k + 1)]);
        let (below, above) = (t[(k + 1, k)], t[(k, k + 1)]);
        let most = half.abs().max(below.abs()).max(above.abs());
        let root = most * ((half / most) * (half / most) + (below / most) * (above / most)).abs().sqrt();
        let middle = t[(k + 1, k + 1)] + half;
        values.extend([C::new(middle, root), C::new(middle, -root)]);
    }
    values
}

/// The eigenvectors of a real matrix's Schur form, as columns.
fn block_vectors(t: &Matrix<f64>, values: &[C]) -> Matrix<C> {
    let size = t.rows;
    let norm: f64 = t.elements.iter().map(|value| value.abs()).sum();
    if norm == 0.0 {
        return Matrix::identity(size);
    }
    let tiny = (f64::EPSILON * norm).max(f64::MIN_POSITIVE);
    let mut x: Matrix<C> = Matrix::zeros(size, size);
    for (column, &value) in values.iter().enumerate() {
        if value.im < 0.0 {
            (0..size).for_each(|row| x[(row, column)] = x[(row, column - 1)].conj());
            continue;
        }
        // Where the rows that are given end.
        let mut left = column;
        if value.im == 0.0 {
            x[(column, column)] = C::from_real(1.0);
        } else {
            let (below, above) = (t[(column + 1, column)], t[(column, column + 1)]);
            x[(column + 1, column)] = C::new(0.0, 1.0);
            x[(column, column)] = if below.abs() > above.abs() {
                C::new(-value.im, value.re - t[(column + 1, column + 1)]) / below
            } else {
                C::new(0.0, -above) / (C::from_real(t[(column, column)]) - value)
            };
        }
        let rest = |x: &Matrix<C>, row: usize, from: usize| {
            (from..size).fold(C::default(), |sum, k| sum - x[(k, column)] * t[(row, k)])
        };
        while left > 0 {
            let row = left - 1;
            let mut gap = C::from_real(t[(row, row)]) - value;
            if row == 0 || t[(row, row - 1)] == 0.0 {
                if gap == C::default() {
                    gap.re = tiny;
                }
                x[(row, column)] = rest(&x, row, left) / gap;
                left -= 1;
                continue;
            }
            let (upper, lower) = (rest(&x, row - 1, left), rest(&x, row, left));
            let above_gap = C::from_real(t[(row - 1, row - 1)]) - value;
            let (above, below) = (t[(row - 1, row)], t[(row, row - 1)]);
            let mut determinant = above_gap * gap - C::from_real(above * below);
            if determinant == C::default() {
                determinant.re = tiny * norm;
            }
            x[(row - 1, column)] = (upper * gap - lower * above) / determinant;
            x[(row, column)] = (above_gap * lower - upper * below) / determinant;
            left -= 2;
        }
    }
    x
}

/// The eigenvalues of a real matrix, and eigenvectors of length 1 as columns.
fn decompose_real(matrix: Matrix<f64>, precision: f64, with_vectors: bool) -> Option<Eigen> {
    let RealSchur { t, u, .. } = real_schur::decompose(matrix, precision)?;
    let values = real_values(&t);
    if !with_vectors {
        return Some((values, Matrix::zeros(0, 0)));
    }
    let elements = u.elements.into_iter().map(C::from_real).collect();
    let turns = Matrix { rows: u.rows, columns: u.columns, elements };
    let mut vectors = turns.product(&block_vectors(&t, &values));
    normalize(&mut vectors);
    Some((values, vectors))
}

/// The eigenvalues and eigenvectors of all matrices of the input.
fn run<T: Wide>(cx: &mut KernelCtx<'_>, decompose: fn(Matrix<T>, f64, bool) -> Option<Eigen>) -> Result<()> {
    let with_vectors = cx.bool("compute_v")?;
    let (precision, dtype) = (precision(cx.dtype("T")?), cx.dtype("Tout")?);
    let batch = Batch::<T>::read(cx, 0)?;
    let (mut values, mut vectors) = (Vec::new(), Vec::new());
    for index in 0..if batch.rows == 0 { 0 } else { batch.count } {
        let matrix = batch.matrix(index)?;
        let parts = if matrix.is_finite() { decompose(matrix, precision, with_vectors) } else { None };
        let Some((own_values, own_vectors)) = parts else {
            bail!(invalid_argument, "Eigen decomposition was not successful. The input might not be valid.");
        };
        values.extend(own_values);
        vectors.extend(own_vectors.elements);
    }
    write(cx, 0, values, dtype)?;
    match with_vectors {
        true => write(cx, 1, vectors, dtype),
        false => cx.set(1, NdArray::zeros(dtype, Shape::scalar())?),
    }
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    cx.infer_shapes()?;
    if cx.dtype("T")?.is_complex() { run::<C>(cx, decompose) } else { run::<f64>(cx, decompose_real) }
}

fn grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let x = cx.x(0)?;
    let mut middle = diagonal_matrix(&cx.dy(0)?)?;
    let v = if cx.bool("compute_v")? { cx.y(1)?.clone() } else { eig(x)?.1 };
    let vt = adjoint(&v)?;
    if cx.bool("compute_v")? {
        let (e, dv) = (cx.y(0)?, cx.dy(1)?);
        let gaps = (expand(e, -2)? - expand(e, -1)?)?;
        let f = conjugate(&with_diagonal(&safe_reciprocal(&gaps)?, &zeros_like(e)?)?)?;
        let turned = product(&vt, &dv)?;
        let real = if v.dtype() == DType::COMPLEX128 { DType::FLOAT64 } else { DType::FLOAT32 };
        let part = Op::named("Real").input(diagonal(&turned)?).attr("Tout", real).one()?;
        // Vectors keep their length, so that what would stretch them is taken out.
        let stretch = diagonal_matrix(&cast(&part, v.dtype())?)?;
        let kept = (turned - product(&product(&vt, &v)?, &stretch)?)?;
        middle = (middle + (f * kept)?)?;
    }
    let da = Op::named("MatrixSolve").input(&vt).input(product(&middle, &vt)?).one()?;
    cx.set(0, cast(&da, x.dtype()))
}

pub(crate) static EIG: OpDef = OpDef {
    name: "Eig",
    shape,
    kernel: Some(kernel),
    grad: Grad::Fn(grad),
    types: &[("T", TYPES)],
    ..OpDef::NEW
};
