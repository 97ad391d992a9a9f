//! MatrixSolveLs: solutions of systems of equations in the sense of least squares.

use crate::batch::{Batch, TYPES, precision, with_inner, with_wide, write};
use crate::cholesky::{cholesky, cholesky_solve, factor};
use crate::lu::substitute;
use crate::lu_ops::system;
use crate::matrix::{Field, Matrix};
use crate::ops::{
    adjoint_product, cast, diagonal, negative, product, product_adjoint, transposed, with_diagonal,
};
use crate::singular;
use ferroflow_core::{
    Grad, GradCtx, IntoOperand, KernelCtx, Op, OpDef, Result, ShapeCtx, Tensor, bail, ensure, options,
};

options! {
    /// Optional arguments of [`lstsq_with`].
    pub struct LstsqOptions {
        /// How much the size of a solution weighs.
        l2_regularizer: f64 = 0.0,
        /// Whether normal equations are solved, else a full decomposition is made, which also solves deficient systems.
        fast: bool = true,
    }
}

/// The `x` with the smallest `matrix * x - rhs`, and the smallest one of them.
///
/// Source: `tf.linalg.lstsq` (op `MatrixSolveLs`).
///
/// ```
/// let x = ferroflow_ops_linalg::lstsq([[1.0], [1.0]], [[1.0], [3.0]])?;
/// assert_eq!(x.numpy()?.as_slice::<f32>()?, [2.0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when the numbers of rows differ, and for a matrix without full rank.
pub fn lstsq(matrix: impl IntoOperand, rhs: impl IntoOperand) -> Result<Tensor> {
    lstsq_with(matrix, rhs, |options| options)
}

/// [`lstsq`] with optional arguments.
///
/// # Errors
/// As [`lstsq`].
pub fn lstsq_with(
    matrix: impl IntoOperand,
    rhs: impl IntoOperand,
    options: impl FnOnce(LstsqOptions) -> LstsqOptions,
) -> Result<Tensor> {
    let options = options(LstsqOptions::default());
    let op = Op::new(&MATRIX_SOLVE_LS).input(matrix).input(rhs);
    op.input(ferroflow_core::NdArray::scalar(options.l2_regularizer))
        .attr("fast", options.fast)
        .default_name("matrix_solve_ls")
        .one()
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (outer, columns, width) = system(cx, false)?;
    if cx.at_run_time() {
        let weight = cx.input(2);
        let is_scalar = weight.rank() == Some(0);
        ensure!(is_scalar, invalid_argument, "l2_regularizer must be scalar, got shape {}", weight.cpp());
    }
    cx.with_rank(2, 0)?;
    cx.set(0, with_inner(&outer, &[columns, width]));
    Ok(())
}

fn solve_factor<T: Field>(l: &Matrix<T>, mut x: Matrix<T>) -> Matrix<T> {
    substitute(l, &mut x, true, false);
    substitute(&l.adjoint(), &mut x, false, false);
    x
}

fn fast<T: Field>(a: &Matrix<T>, rhs: &Matrix<T>, weight: f64) -> Result<Matrix<T>> {
    let adjoint = a.adjoint();
    let is_tall = a.rows >= a.columns;
    let mut gramian = if is_tall { adjoint.product(a) } else { a.product(&adjoint) };
    for k in 0..gramian.rows {
        gramian[(k, k)] += T::from_real(weight);
    }
    let Some(l) = factor(gramian) else {
        let advice = if is_tall { "a larger l2_regularizer" } else { "an l2_regularizer" };
        bail!(
            invalid_argument,
            "Input matrix was rank deficient or ill-conditioned. Try setting fast=False or provide {advice} > 0."
        );
    };
    Ok(if is_tall {
        solve_factor(&l, adjoint.product(rhs))
    } else {
        adjoint.product(&solve_factor(&l, rhs.clone()))
    })
}

/// The solution of least size, which leaves out singular values that are rounding errors.
fn complete<T: Field>(a: &Matrix<T>, rhs: &Matrix<T>, precision: f64) -> Matrix<T> {
    if !a.is_finite() {
        let elements = vec![T::from_real(f64::NAN); a.columns * rhs.columns];
        return Matrix { rows: a.columns, columns: rhs.columns, elements };
    }
    let parts = singular::decompose(a, false);
    let most = parts.values.first().copied().unwrap_or(0.0);
    let least = most * precision * a.rows.min(a.columns) as f64;
    let mut turned = parts.u.adjoint().product(rhs);
    for (row, value) in parts.values.iter().enumerate() {
        let factor = if *value > least { 1.0 / value } else { 0.0 };
        let width = turned.columns;
        turned.elements[row * width..][..width].iter_mut().for_each(|x| *x = x.scale(factor));
    }
    parts.v.product(&turned)
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let is_fast = cx.bool("fast")?;
    let size = cx.output_shape(0)?.num_elements();
    let weight = cx.input(2)?.as_slice::<f64>()?.first().copied().unwrap_or(0.0);
    ensure!(weight >= 0.0, invalid_argument, "l2_regularizer must be >= 0.");
    let dtype = cx.dtype("T")?;
    let precision = precision(dtype);
    with_wide!(cx, |T| {
        let (matrices, sides) = (Batch::<T>::read(cx, 0)?, Batch::<T>::read(cx, 1)?);
        let mut solutions = ferroflow_core::reserve::<T>(size)?;
        if matrices.rows == 0 || size == 0 {
            // Without equations the smallest solution is 0.
            solutions.resize(size, T::default());
        } else {
            for index in 0..matrices.count {
                let (a, rhs) = (matrices.matrix(index)?, sides.matrix(index)?);
                let x = if is_fast { fast(&a, &rhs, weight)? } else { complete(&a, &rhs, precision) };
                solutions.extend(x.elements);
            }
        }
        write(cx, 0, solutions, dtype)
    })
}

/// The factor of the matrix of normal equations.
fn gramian_factor(a: &Tensor, weight: &Tensor, is_tall: bool) -> Result<Tensor> {
    let gramian = if is_tall { adjoint_product(a, a)? } else { product_adjoint(a, a)? };
    let diagonal = (diagonal(&gramian)? + weight)?;
    cholesky(with_diagonal(&gramian, &diagonal)?)
}

fn grad(cx: &mut GradCtx<'_>) -> Result<()> {
    if !cx.bool("fast")? {
        bail!(value, "Gradient not defined for fast=False");
    }
    let shape = cx.x(0)?.shape();
    let sizes = crate::batch::split(&shape).map(|(_, rows, columns)| (rows, columns));
    let [da, db] = match sizes {
        Some((Some(rows), Some(columns))) if rows >= columns => tall_grads(cx)?,
        Some((Some(_), Some(_))) => wide_grads(cx)?,
        _ => {
            // Both forms have the same shapes. Only one of the matrices of normal equations is regular.
            let shape = crate::ops::shape_of(cx.x(0)?)?;
            let size = |back: i32| {
                let op = Op::named("StridedSlice").input(&shape).input([-back]).input([1 - back]).input([1]);
                op.attr("end_mask", i64::from(back == 1)).attr("shrink_axis_mask", 1i64).one()
            };
            let is_tall = Op::named("GreaterEqual").input(size(2)?).input(size(1)?).one()?;
            let pick = |tall: &Tensor, wide: &Tensor| {
                Op::named("SelectV2").input(&is_tall).input(tall).input(wide).one()
            };
            let (tall, wide) = (tall_grads(cx)?, wide_grads(cx)?);
            [pick(&tall[0], &wide[0])?, pick(&tall[1], &wide[1])?]
        }
    };
    cx.set(0, da)?;
    cx.set(1, db)
}

/// The gradients of matrix and right side where there are at least as many equations as unknowns.
fn tall_grads(cx: &GradCtx<'_>) -> Result<[Tensor; 2]> {
    let (a, b, x, dy) = (cx.x(0)?, cx.x(1)?, cx.y(0)?, cx.dy(0)?);
    let chol = gramian_factor(a, &cast(cx.x(2)?, a.dtype())?, true)?;
    let z = cholesky_solve(&chol, &dy)?;
    let xz = product_adjoint(x, &z)?;
    let symmetric = (&xz + transposed(&xz)?)?;
    let da = (negative(&product(a, &symmetric)?)? + product_adjoint(b, &z)?)?;
    Ok([da, product(a, &z)?])
}

/// The same where there are fewer.
fn wide_grads(cx: &GradCtx<'_>) -> Result<[Tensor; 2]> {
    let (a, b, dy) = (cx.x(0)?, cx.x(1)?, cx.dy(0)?);
    let chol = gramian_factor(a, &cast(cx.x(2)?, a.dtype())?, false)?;
    let db = cholesky_solve(&chol, product(a, &dy)?)?;
    let inner = cholesky_solve(&chol, b)?;
    let first = negative(&product(&db, &adjoint_product(&inner, a)?)?)?;
    let rest = (dy - adjoint_product(a, &db)?)?;
    let second = product_adjoint(&inner, &rest)?;
    Ok([(first + second)?, db])
}

pub(crate) static MATRIX_SOLVE_LS: OpDef = OpDef {
    name: "MatrixSolveLs",
    shape,
    kernel: Some(kernel),
    grad: Grad::Fn(grad),
    types: &[("T", TYPES)],
    ..OpDef::NEW
};
