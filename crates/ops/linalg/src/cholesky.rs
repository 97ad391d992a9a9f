//! Cholesky, CholeskyGrad: the lower triangle whose product with its adjoint is a matrix.

use crate::batch::{Batch, TYPES, at_least_matrix, map, split, square_shape, with_inner, with_wide, write};
use crate::lu::substitute;
use crate::matrix::{Field, Matrix};
use crate::ops::{
    adjoint, adjoint_product, band, diagonal, identity_like, number_like, product, with_diagonal,
};
use crate::triangular::solve_triangle;
use ferroflow_core::{
    DType, Grad, GradCtx, IntoOperand, KernelCtx, Op, OpDef, PartialShape, Result, ShapeCtx, Tensor, ensure,
};

/// The lower triangular factors of positive definite matrices, of which the lower triangles are read. Where a matrix is
/// not positive definite, the triangle is NaN.
///
/// Source: `tf.linalg.cholesky` (op `Cholesky`).
///
/// ```
/// let factor = ferroflow_ops_linalg::cholesky([[4.0, 2.0], [2.0, 5.0]])?;
/// assert_eq!(factor.numpy()?.as_slice::<f32>()?, [2.0, 0.0, 1.0, 2.0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for a matrix that is not square.
pub fn cholesky(input: impl IntoOperand) -> Result<Tensor> {
    Op::new(&CHOLESKY).input(input).one()
}

/// The solutions of `a * x = rhs`, given the Cholesky factors of `a`.
///
/// Source: `tf.linalg.cholesky_solve` (ops `MatrixTriangularSolve`).
///
/// ```
/// let x = ferroflow_ops_linalg::cholesky_solve([[2.0, 0.0], [0.0, 1.0]], [[4.0], [3.0]])?;
/// assert_eq!(x.numpy()?.as_slice::<f32>()?, [1.0, 3.0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for a factor that is not square or another number of rows on the right.
pub fn cholesky_solve(chol: impl IntoOperand, rhs: impl IntoOperand) -> Result<Tensor> {
    let chol = ferroflow_core::convert_to_tensor(chol, None)?;
    let y = crate::triangular_solve(&chol, rhs)?;
    solve_triangle(&chol, &y, true, true)
}

/// The factor; `None` where the matrix is not positive definite.
pub(crate) fn factor<T: Field>(mut matrix: Matrix<T>) -> Option<Matrix<T>> {
    let size = matrix.rows;
    for row in 0..size {
        for column in 0..=row {
            let mut rest = matrix[(row, column)];
            for k in 0..column {
                rest -= matrix[(row, k)] * matrix[(column, k)].conj();
            }
            matrix[(row, column)] = if row == column {
                if rest.re() <= 0.0 || rest.re().is_nan() {
                    return None;
                }
                T::from_real(rest.re().sqrt())
            } else {
                rest / matrix[(column, column)]
            };
        }
        for column in row + 1..size {
            matrix[(row, column)] = T::default();
        }
    }
    Some(matrix)
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    with_wide!(cx, |T| map::<T>(cx, |matrix| {
        let size = matrix.rows;
        let factor = factor(matrix).unwrap_or_else(|| {
            let mut nothing = Matrix::zeros(size, size);
            for row in 0..size {
                for column in 0..=row {
                    nothing[(row, column)] = <T as Field>::from_real(f64::NAN);
                }
            }
            nothing
        });
        Ok(factor.elements)
    }))
}

fn grad_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if cx.at_run_time() {
        let (l, gradient) = (cx.input(0), cx.input(1));
        at_least_matrix(cx, 0)?;
        at_least_matrix(cx, 1)?;
        ensure!(l == gradient, invalid_argument, "Inputs (L and grad) must have the same shape.");
    }
    let shape = cx.with_rank_at_least(0, 2)?;
    let (outer, size) = match split(&shape) {
        Some((outer, rows, columns)) => {
            if cx.at_run_time() {
                ensure!(rows == columns, invalid_argument, "Inputs must be a square matrices.");
            }
            (outer, cx.merge_dims(rows, columns)?)
        }
        None => (PartialShape::unknown(), None),
    };
    cx.set(0, with_inner(&outer, &[size, size]));
    Ok(())
}

/// The gradient of one matrix: half the symmetric part of `inverse(adjoint(l)) * phi(adjoint(l) * dl) * inverse(l)`, where
/// `phi` takes the lower triangle with half the diagonal (I. Murray, Differentiation of the Cholesky decomposition).
fn matrix_grad(l: &Matrix<f64>, gradient: &Matrix<f64>) -> Matrix<f64> {
    let size = l.rows;
    let mut lower = l.clone();
    let mut dl = gradient.clone();
    for row in 0..size {
        for column in row + 1..size {
            lower[(row, column)] = 0.0;
            dl[(row, column)] = 0.0;
        }
    }
    let transposed = lower.adjoint();
    let mut middle = transposed.product(&dl);
    for row in 0..size {
        middle[(row, row)] *= 0.5;
        for column in row + 1..size {
            middle[(row, column)] = 0.0;
        }
    }
    substitute(&transposed, &mut middle, false, false);
    let mut right = middle.adjoint();
    substitute(&transposed, &mut right, false, false);
    let mut sum = right.adjoint();
    for row in 0..size {
        for column in 0..size {
            sum[(row, column)] = 0.5 * (sum[(row, column)] + right[(row, column)]);
        }
    }
    sum
}

fn grad_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let size = cx.output_shape(0)?.num_elements();
    let (factors, gradients) = (Batch::<f64>::read(cx, 0)?, Batch::<f64>::read(cx, 1)?);
    let mut elements = ferroflow_core::reserve::<f64>(size)?;
    for index in 0..factors.count {
        elements.extend(matrix_grad(&factors.matrix(index)?, &gradients.matrix(index)?).elements);
    }
    write(cx, 0, elements, cx.dtype("T")?)
}

fn grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (l, dy) = (cx.y(0)?, cx.dy(0)?);
    let inverse = solve_triangle(l, &identity_like(l)?, true, false)?;
    let middle = adjoint_product(l, &dy)?;
    let half = |tensor: &Tensor| number_like(0.5, tensor)? * tensor;
    let middle = with_diagonal(&middle, &half(&diagonal(&middle)?)?)?;
    let middle = band(&middle, -1, 0)?;
    let da = product(&adjoint_product(&inverse, &middle)?, &inverse)?;
    let da = (&da + adjoint(&da)?)?;
    cx.set(0, half(&da))
}

pub(crate) static CHOLESKY: OpDef = OpDef {
    name: "Cholesky",
    shape: square_shape,
    kernel: Some(kernel),
    grad: Grad::Fn(grad),
    types: &[("T", TYPES)],
    ..OpDef::NEW
};

pub(crate) static CHOLESKY_GRAD: OpDef = OpDef {
    name: "CholeskyGrad",
    shape: grad_shape,
    kernel: Some(grad_kernel),
    grad: Grad::Missing,
    types: &[("T", &[DType::FLOAT32, DType::FLOAT64])],
    ..OpDef::NEW
};
