//! Lu, MatrixInverse, MatrixDeterminant, LogMatrixDeterminant, MatrixSolve: what elimination gives.

use crate::batch::{
    Batch, TYPES, at_least_matrix, map, split, square, square_shape, with_inner, with_wide, write,
};
use crate::lu::Lu;
use crate::matrix::{Field, Matrix};
use crate::ops::{matmul, negative, product_adjoint, scaled_by};
use ferroflow_core::{
    Grad, GradCtx, IntoOperand, KernelCtx, Op, OpDef, PartialShape, Result, ShapeCtx, Tensor, ensure,
};

/// The factors of square matrices whose rows are permuted, both in one matrix, and the permutations.
///
/// Source: `tf.linalg.lu` (op `Lu`).
///
/// ```
/// let (lu, p) = ferroflow_ops_linalg::lu([[0.0, 1.0], [2.0, 3.0]])?;
/// assert_eq!(lu.numpy()?.as_slice::<f32>()?, [2.0, 3.0, 0.0, 1.0]);
/// assert_eq!(p.numpy()?.as_slice::<i32>()?, [1, 0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for a matrix that is not square or not invertible.
pub fn lu(input: impl IntoOperand) -> Result<(Tensor, Tensor)> {
    let [lu, p] = Op::new(&LU).input(input).outputs()?;
    Ok((lu, p))
}

/// The inverses of square matrices.
///
/// Source: `tf.linalg.inv` (op `MatrixInverse`).
///
/// ```
/// let inverse = ferroflow_ops_linalg::inv([[2.0, 0.0], [0.0, 4.0]])?;
/// assert_eq!(inverse.numpy()?.as_slice::<f32>()?, [0.5, 0.0, 0.0, 0.25]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// As [`lu`].
pub fn inv(input: impl IntoOperand) -> Result<Tensor> {
    inv_with(input, false)
}

/// The inverses of square matrices, or of their adjoints.
///
/// # Errors
/// As [`lu`].
pub fn inv_with(input: impl IntoOperand, adjoint: bool) -> Result<Tensor> {
    Op::new(&MATRIX_INVERSE).input(input).attr("adjoint", adjoint).one()
}

/// The determinants of square matrices.
///
/// Source: `tf.linalg.det` (op `MatrixDeterminant`).
///
/// ```
/// let determinant = ferroflow_ops_linalg::det([[1.0, 2.0], [3.0, 4.0]])?;
/// assert_eq!(determinant.numpy()?.as_slice::<f32>()?, [-2.0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for matrices that are not square.
pub fn det(input: impl IntoOperand) -> Result<Tensor> {
    Op::new(&MATRIX_DETERMINANT).input(input).one()
}

/// The signs of determinants and the logarithms of their absolute values.
///
/// Source: `tf.linalg.slogdet` (op `LogMatrixDeterminant`).
///
/// # Errors
/// As [`det`].
pub fn slogdet(input: impl IntoOperand) -> Result<(Tensor, Tensor)> {
    let [sign, log] = Op::new(&LOG_MATRIX_DETERMINANT).input(input).outputs()?;
    Ok((sign, log))
}

/// The solutions of `matrix * x = rhs`.
///
/// Source: `tf.linalg.solve` (op `MatrixSolve`).
///
/// ```
/// let x = ferroflow_ops_linalg::solve([[2.0, 0.0], [0.0, 4.0]], [[2.0], [2.0]])?;
/// assert_eq!(x.numpy()?.as_slice::<f32>()?, [1.0, 0.5]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for a matrix that is not square or not invertible, or another number of rows on the right.
pub fn solve(matrix: impl IntoOperand, rhs: impl IntoOperand) -> Result<Tensor> {
    solve_with(matrix, rhs, false)
}

/// [`solve`], for the adjoint matrices where asked.
///
/// # Errors
/// As [`solve`].
pub fn solve_with(matrix: impl IntoOperand, rhs: impl IntoOperand, adjoint: bool) -> Result<Tensor> {
    Op::new(&MATRIX_SOLVE).input(matrix).input(rhs).attr("adjoint", adjoint).one()
}

fn lu_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (outer, size) = square(cx, 0)?;
    cx.set(0, with_inner(&outer, &[size, size]));
    cx.set(1, with_inner(&outer, &[size]));
    Ok(())
}

fn lu_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    with_wide!(cx, |T| {
        let batch = Batch::<T>::read(cx, 0)?;
        let (mut factors, mut orders) = (Vec::new(), Vec::new());
        for index in 0..batch.count {
            let lu = Lu::new(batch.matrix(index)?);
            ensure!(!lu.is_singular(), invalid_argument, "Input is not invertible.");
            factors.extend(lu.lu.elements);
            orders.extend(lu.order.into_iter().map(|row| row as i64));
        }
        write(cx, 1, orders, cx.dtype("output_idx_type")?)?;
        write(cx, 0, factors, cx.dtype("T")?)
    })
}

fn inverse_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let adjoint = cx.bool("adjoint")?;
    with_wide!(cx, |T| map::<T>(cx, |matrix| {
        let size = matrix.rows;
        let lu = Lu::new(if adjoint { matrix.adjoint() } else { matrix });
        ensure!(!lu.is_singular(), invalid_argument, "Input is not invertible.");
        Ok(lu.solve(&Matrix::identity(size)).elements)
    }))
}

/// One number for each square matrix.
fn determinant_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let shape = at_least_matrix(cx, 0)?;
    let outer = match split(&shape) {
        Some((outer, rows, columns)) => {
            if cx.at_run_time() {
                ensure!(rows == columns, invalid_argument, "Input matrix must be square.");
            }
            cx.merge_dims(columns, rows)?;
            outer
        }
        None => PartialShape::unknown(),
    };
    for index in 0..cx.num_outputs() {
        cx.set(index, outer.clone());
    }
    Ok(())
}

fn determinant_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    with_wide!(cx, |T| map::<T>(cx, |matrix| {
        let lu = Lu::new(matrix);
        let one = <T as Field>::from_real(if lu.is_odd { -1.0 } else { 1.0 });
        Ok(vec![lu.diagonal().fold(one, |product, pivot| product * pivot)])
    }))
}

fn log_determinant_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    with_wide!(cx, |T| {
        let batch = Batch::<T>::read(cx, 0)?;
        let (mut signs, mut logs) = (Vec::new(), Vec::new());
        for index in 0..batch.count {
            let lu = Lu::new(batch.matrix(index)?);
            let mut sign = <T as Field>::from_real(if lu.is_odd { -1.0 } else { 1.0 });
            let mut log = 0.0;
            for pivot in lu.diagonal() {
                let size = Field::abs(pivot);
                log += size.ln();
                sign = if size == 0.0 { T::default() } else { sign * pivot.scale(1.0 / size) };
            }
            signs.push(sign);
            logs.push(<T as Field>::from_real(log));
        }
        let dtype = cx.dtype("T")?;
        write(cx, 0, signs, dtype)?;
        write(cx, 1, logs, dtype)
    })
}

/// The checks of systems of equations whose batches are equal; gives the outer sizes and those of a solution.
pub(crate) fn system(
    cx: &ShapeCtx<'_>,
    is_square: bool,
) -> Result<(PartialShape, Option<usize>, Option<usize>)> {
    let (matrix, rhs) = (cx.input(0), cx.input(1));
    if cx.at_run_time() {
        at_least_matrix(cx, 0)?;
        let (left, right) = (matrix.dims().unwrap_or_default(), rhs.dims().unwrap_or_default());
        ensure!(left.len() == right.len(), invalid_argument, "All input tensors must have the same rank.");
        ensure!(
            left[..left.len() - 2] == right[..right.len() - 2],
            invalid_argument,
            "All input tensors must have the same outer dimensions."
        );
        let (rows, columns) = (left[left.len() - 2], left[left.len() - 1]);
        ensure!(
            !is_square || rows == columns,
            invalid_argument,
            "First input (lhs) must be a square matrix."
        );
        ensure!(rows == right[right.len() - 2], invalid_argument, "Input matrix and rhs are incompatible.");
    }
    let (matrix, rhs) = (cx.with_rank_at_least(0, 2)?, cx.with_rank_at_least(1, 2)?);
    let (left, right) = (split(&matrix), split(&rhs));
    let unknown = || (PartialShape::unknown(), None, None);
    let (left_outer, mut rows, mut columns) = left.unwrap_or_else(unknown);
    let (right_outer, right_rows, right_columns) = right.unwrap_or_else(unknown);
    let outer = cx.merge(&left_outer, &right_outer)?;
    if is_square {
        rows = cx.merge_dims(rows, columns)?;
        columns = rows;
    }
    let rows = cx.merge_dims(rows, right_rows)?;
    Ok((outer, if is_square { rows } else { columns }, right_columns))
}

fn solve_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (outer, rows, columns) = system(cx, true)?;
    cx.set(0, with_inner(&outer, &[rows, columns]));
    Ok(())
}

fn solve_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let adjoint = cx.bool("adjoint")?;
    let size = cx.output_shape(0)?.num_elements();
    with_wide!(cx, |T| {
        let (matrices, sides) = (Batch::<T>::read(cx, 0)?, Batch::<T>::read(cx, 1)?);
        let mut solutions = ferroflow_core::reserve::<T>(size)?;
        // Nothing is solved, and nothing found to be singular, where there is nothing on the right.
        for index in 0..if size == 0 { 0 } else { matrices.count } {
            let matrix = matrices.matrix(index)?;
            let lu = Lu::new(if adjoint { matrix.adjoint() } else { matrix });
            ensure!(!lu.is_singular(), invalid_argument, "Input matrix is not invertible.");
            solutions.extend(lu.solve(&sides.matrix(index)?).elements);
        }
        write(cx, 0, solutions, cx.dtype("T")?)
    })
}

fn inverse_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (inverse, dy, adjoint) = (cx.y(0)?, cx.dy(0)?, cx.bool("adjoint")?);
    let right = matmul(&dy, inverse, adjoint, !adjoint)?;
    cx.set(0, negative(&matmul(inverse, &right, !adjoint, false)?))
}

/// `factor` times the inverses of the adjoints.
fn inverse_of_adjoint(a: &Tensor, factor: &Tensor) -> Result<Tensor> {
    let inverse = Op::new(&MATRIX_INVERSE).input(a).attr("adjoint", true).one()?;
    scaled_by(factor, &inverse)
}

fn determinant_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let factor = (cx.dy(0)? * cx.y(0)?)?;
    cx.set(0, inverse_of_adjoint(cx.x(0)?, &factor))
}

fn log_determinant_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    cx.set(0, inverse_of_adjoint(cx.x(0)?, &cx.dy(1)?))
}

fn solve_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (a, c, dy, adjoint) = (cx.x(0)?, cx.y(0)?, cx.dy(0)?, cx.bool("adjoint")?);
    let db = Op::new(&MATRIX_SOLVE).input(a).input(dy).attr("adjoint", !adjoint).one()?;
    let da = if adjoint { product_adjoint(c, &db)? } else { product_adjoint(&db, c)? };
    cx.set(0, negative(&da))?;
    cx.set(1, db)
}

pub(crate) static LU: OpDef = OpDef {
    name: "Lu",
    shape: lu_shape,
    kernel: Some(lu_kernel),
    grad: Grad::Missing,
    types: &[("T", TYPES)],
    ..OpDef::NEW
};

pub(crate) static MATRIX_INVERSE: OpDef = OpDef {
    name: "MatrixInverse",
    shape: square_shape,
    kernel: Some(inverse_kernel),
    grad: Grad::Fn(inverse_grad),
    types: &[("T", TYPES)],
    ..OpDef::NEW
};

pub(crate) static MATRIX_DETERMINANT: OpDef = OpDef {
    name: "MatrixDeterminant",
    shape: determinant_shape,
    kernel: Some(determinant_kernel),
    grad: Grad::Fn(determinant_grad),
    types: &[("T", TYPES)],
    ..OpDef::NEW
};

pub(crate) static LOG_MATRIX_DETERMINANT: OpDef = OpDef {
    name: "LogMatrixDeterminant",
    shape: determinant_shape,
    kernel: Some(log_determinant_kernel),
    grad: Grad::Fn(log_determinant_grad),
    types: &[("T", TYPES)],
    ..OpDef::NEW
};

pub(crate) static MATRIX_SOLVE: OpDef = OpDef {
    name: "MatrixSolve",
    shape: solve_shape,
    kernel: Some(solve_kernel),
    grad: Grad::Fn(solve_grad),
    types: &[("T", TYPES)],
    ..OpDef::NEW
};
