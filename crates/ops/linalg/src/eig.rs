//! Eig: eigenvalues and eigenvectors of square matrices.

use crate::batch::{Batch, absent_shape, precision, square, with_inner, write};
use crate::matrix::{Field, Matrix};
use crate::ops::{
    adjoint, cast, conjugate, diagonal, diagonal_matrix, expand, product, safe_reciprocal, with_diagonal,
    zeros_like,
};
use crate::schur::{self, Schur};
use ferroflow_core::{
    Complex, DType, Grad, GradCtx, IntoOperand, KernelCtx, NdArray, Op, OpDef, Result, Shape, ShapeCtx,
    Tensor, bail, convert_to_tensor,
};

type C = Complex<f64>;

/// The eigenvalues of square complex matrices, those of least size first, and their eigenvectors as columns.
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
/// `InvalidArgument` for a matrix that is not square or not finite, `Unimplemented` for real matrices.
pub fn eig(tensor: impl IntoOperand) -> Result<(Tensor, Tensor)> {
    let [values, vectors] = call(tensor, true)?;
    Ok((values, vectors))
}

/// The eigenvalues of square complex matrices.
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
fn decompose(matrix: Matrix<C>, precision: f64, with_vectors: bool) -> Option<(Vec<C>, Matrix<C>)> {
    let Schur { t, u } = schur::decompose(matrix, precision)?;
    let size = t.rows;
    let mut values: Vec<C> = (0..size).map(|k| t[(k, k)]).collect();
    let mut vectors = if with_vectors { u.product(&triangle_vectors(&t)) } else { Matrix::zeros(0, 0) };
    if with_vectors {
        for column in 0..size {
            let norm = (0..size).map(|row| vectors[(row, column)].norm_sqr()).sum::<f64>().sqrt();
            (0..size).for_each(|row| vectors[(row, column)] /= norm);
        }
    }
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

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    cx.infer_shapes()?;
    let with_vectors = cx.bool("compute_v")?;
    let (precision, dtype) = (precision(cx.dtype("T")?), cx.dtype("Tout")?);
    let batch = Batch::<C>::read(cx, 0)?;
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
    types: &[("T", &[DType::COMPLEX64, DType::COMPLEX128])],
    ..OpDef::NEW
};
