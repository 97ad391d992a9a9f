//! Qr: matrices as products of one with orthonormal columns and an upper triangle.

use crate::batch::{Batch, TYPES, at_least_matrix, split, with_inner, with_wide, write};
use crate::householder::Reflection;
use crate::matrix::{Field, Matrix};
use crate::ops::{
    adjoint, adjoint_product, band, cast, columns, concatenate, diagonal, product, product_adjoint,
    with_diagonal, zeros_like,
};
use crate::triangular::solve_triangle;
use ferroflow_core::{
    Grad, GradCtx, IntoOperand, KernelCtx, Op, OpDef, PartialShape, Result, ShapeCtx, Tensor, bail,
};

/// Matrices with orthonormal columns and upper triangles whose products are the given ones. The triangles' diagonals have
/// the signs that reflections leave, as in TensorFlow.
///
/// Source: `tf.linalg.qr` (op `Qr`).
///
/// ```
/// let (q, r) = ferroflow_ops_linalg::qr([[3.0], [4.0]])?;
/// assert_eq!(r.numpy()?.as_slice::<f32>()?, [-5.0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for an input without two axes.
pub fn qr(input: impl IntoOperand) -> Result<(Tensor, Tensor)> {
    qr_with(input, false)
}

/// [`qr`]; with `full_matrices` the first factor is square.
///
/// # Errors
/// As [`qr`].
pub fn qr_with(input: impl IntoOperand, full_matrices: bool) -> Result<(Tensor, Tensor)> {
    let [q, r] = Op::new(&QR).input(input).attr("full_matrices", full_matrices).outputs()?;
    Ok((q, r))
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let shape = at_least_matrix(cx, 0)?;
    let Some((outer, rows, columns)) = split(&shape) else {
        cx.set_all_unknown();
        return Ok(());
    };
    let least = match (rows, columns) {
        (Some(rows), Some(columns)) => Some(rows.min(columns)),
        (Some(0), _) | (_, Some(0)) => Some(0),
        _ => None,
    };
    let (inner, upper) = if cx.bool("full_matrices")? { (rows, rows) } else { (least, least) };
    cx.set(0, with_inner(&outer, &[rows, inner]));
    cx.set(1, with_inner(&outer, &[upper, columns]));
    Ok(())
}

/// The full factors.
pub(crate) fn factors<T: Field>(matrix: Matrix<T>) -> (Matrix<T>, Matrix<T>) {
    let (mut r, steps) = (matrix.clone(), matrix.rows.min(matrix.columns));
    let mut reflections = Vec::with_capacity(steps);
    for k in 0..steps {
        let rest = (k + 1..r.rows).map(|row| r[(row, k)]).collect();
        let reflection = Reflection::new(r[(k, k)], rest);
        reflection.apply_left(reflection.tau, &mut r, k, k);
        r[(k, k)] = T::from_real(reflection.beta);
        for row in k + 1..r.rows {
            r[(row, k)] = T::default();
        }
        reflections.push(reflection);
    }
    let mut q = Matrix::identity(r.rows);
    for (k, reflection) in reflections.iter().enumerate().rev() {
        reflection.apply_left(reflection.tau.conj(), &mut q, k, k);
    }
    (q, r)
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let full = cx.bool("full_matrices")?;
    let (q_size, r_size) = (cx.output_shape(0)?.num_elements(), cx.output_shape(1)?.num_elements());
    with_wide!(cx, |T| {
        let batch = Batch::<T>::read(cx, 0)?;
        let least = batch.rows.min(batch.columns);
        let mut orthonormal = ferroflow_core::reserve::<T>(q_size)?;
        let mut triangles = ferroflow_core::reserve::<T>(r_size)?;
        for index in 0..batch.count {
            let (q, r) = factors(batch.matrix(index)?);
            if full {
                orthonormal.extend(q.elements);
                triangles.extend(r.elements);
            } else {
                orthonormal.extend(q.first_columns(least).elements);
                triangles.extend(r.first_rows(least).elements);
            }
        }
        let dtype = cx.dtype("T")?;
        write(cx, 0, orthonormal, dtype)?;
        write(cx, 1, triangles, dtype)
    })
}

/// `x * inverse(adjoint(r))`
fn divide(x: &Tensor, r: &Tensor) -> Result<Tensor> {
    adjoint(&solve_triangle(r, &adjoint(x)?, false, false)?)
}

fn deep_grad(q: &Tensor, r: &Tensor, dq: &Tensor, dr: &Tensor) -> Result<Tensor> {
    let qdq = adjoint_product(q, dq)?;
    let rdr = product_adjoint(r, dr)?;
    let odd = |x: &Tensor| x - adjoint(x)?;
    let lower = band(&(odd(&qdq)? + odd(&rdr)?)?, -1, 0)?;
    let first = product(q, &(dr + divide(&lower, r)?)?)?;
    let second = divide(&(dq - product(q, &qdq)?)?, r)?;
    let sum = (first + second)?;
    if !q.dtype().is_complex() {
        return Ok(sum);
    }
    // The diagonal of `r` is real, which takes away what would turn it.
    let m = (&rdr - adjoint(&qdq)?)?;
    let diagonal = with_diagonal(&zeros_like(&m)?, &diagonal(&m)?)?;
    let part = if q.dtype() == ferroflow_core::DType::COMPLEX128 {
        ferroflow_core::DType::FLOAT64
    } else {
        ferroflow_core::DType::FLOAT32
    };
    let real = Op::named("Real").input(&diagonal).attr("Tout", part).one()?;
    let correction = (&diagonal - cast(&real, q.dtype())?)?;
    sum + divide(&product(q, &adjoint(&correction)?)?, r)?
}

fn grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (q, r, dq, dr) = (cx.y(0)?, cx.y(1)?, cx.dy(0)?, cx.dy(1)?);
    let inner = |shape: &PartialShape| split(shape).map(|(_, rows, columns)| (rows, columns));
    let sizes = (inner(&q.shape()), inner(&r.shape()));
    let (Some((Some(rows), q_columns)), Some((Some(r_rows), Some(columns)))) = sizes else {
        bail!(unimplemented, "QrGrad not implemented with dynamic shapes. Received r.shape: {:?}", r.shape());
    };
    if r_rows > columns && q_columns == Some(rows) {
        bail!(
            unimplemented,
            "QrGrad not implemented when nrows > ncols and full_matrices is true. Received r.shape={:?} with \
             nrows={r_rows}and ncols={columns}.",
            r.shape()
        );
    }
    if rows >= columns {
        return cx.set(0, deep_grad(q, r, &dq, &dr));
    }
    let a = cx.x(0)?;
    let y = self::columns(a, rows, None)?;
    let u = self::columns(r, 0, Some(rows))?;
    let (du, dv) = (self::columns(&dr, 0, Some(rows))?, self::columns(&dr, rows, None)?);
    let dy = product(q, &dv)?;
    let dx = deep_grad(q, &u, &(dq + product_adjoint(&y, &dv)?)?, &du)?;
    cx.set(0, concatenate(&[dx, dy], -1))
}

pub(crate) static QR: OpDef = OpDef {
    name: "Qr",
    shape,
    kernel: Some(kernel),
    grad: Grad::Fn(grad),
    types: &[("T", TYPES)],
    ..OpDef::NEW
};
