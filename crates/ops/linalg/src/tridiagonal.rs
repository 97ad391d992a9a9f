//! TridiagonalMatMul, TridiagonalSolve: products with, and systems of, matrices with three diagonals.

use crate::batch::{Batch, TYPES, Wide, at_least_matrix, split, with_inner, with_wide, write};
use crate::matrix::{Field, Matrix};
use crate::ops::{all_but_last, concatenate, conjugate, expand, negative, part, transposed, zeros_like};
use ferroflow_core::{
    DType, Grad, GradCtx, IntoOperand, KernelCtx, Op, OpDef, Result, ShapeCtx, Tensor, bail, ensure, options,
};

options! {
    /// Optional arguments of [`tridiagonal_solve_with`].
    pub struct TridiagonalSolveOptions {
        /// Whether rows are swapped where that makes pivots larger.
        partial_pivoting: bool = true,
        /// Whether singular systems are disturbed until they have a solution; only with `partial_pivoting`.
        perturb_singular: bool = false,
    }
}

/// The products of matrices with three diagonals and others. Of the diagonal above the last element counts for nothing, and
/// of that below the first.
///
/// Source: `tf.linalg.tridiagonal_matmul` (op `TridiagonalMatMul`), which also takes diagonals in other forms.
///
/// ```
/// let y = ferroflow_ops_linalg::tridiagonal_matmul([[1.0, 0.0]], [[2.0, 3.0]], [[0.0, 4.0]], [[1.0], [10.0]])?;
/// assert_eq!(y.numpy()?.as_slice::<f32>()?, [12.0, 34.0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when the sizes do not fit together.
pub fn tridiagonal_matmul(
    superdiag: impl IntoOperand,
    maindiag: impl IntoOperand,
    subdiag: impl IntoOperand,
    rhs: impl IntoOperand,
) -> Result<Tensor> {
    Op::new(&TRIDIAGONAL_MAT_MUL).input(superdiag).input(maindiag).input(subdiag).input(rhs).one()
}

/// The solutions of systems whose matrices have three diagonals, given as the rows of `diagonals`: the one above, the main
/// one, the one below.
///
/// Source: `tf.linalg.tridiagonal_solve` (op `TridiagonalSolve`), with `diagonals_format="compact"`.
///
/// ```
/// let x = ferroflow_ops_linalg::tridiagonal_solve([[0.0, 0.0], [2.0, 4.0], [0.0, 2.0]], [[2.0], [6.0]])?;
/// assert_eq!(x.numpy()?.as_slice::<f32>()?, [1.0, 1.0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when the sizes do not fit together.
pub fn tridiagonal_solve(diagonals: impl IntoOperand, rhs: impl IntoOperand) -> Result<Tensor> {
    tridiagonal_solve_with(diagonals, rhs, |options| options)
}

/// [`tridiagonal_solve`] with optional arguments.
///
/// # Errors
/// As [`tridiagonal_solve`].
pub fn tridiagonal_solve_with(
    diagonals: impl IntoOperand,
    rhs: impl IntoOperand,
    options: impl FnOnce(TridiagonalSolveOptions) -> TridiagonalSolveOptions,
) -> Result<Tensor> {
    let options = options(TridiagonalSolveOptions::default());
    Op::new(&TRIDIAGONAL_SOLVE)
        .input(diagonals)
        .input(rhs)
        .attr("partial_pivoting", options.partial_pivoting)
        .attr("perturb_singular", options.perturb_singular)
        .one()
}

fn product_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if cx.at_run_time() {
        let mut ranks = Vec::new();
        for index in 0..4 {
            ranks.push(at_least_matrix(cx, index)?.rank());
        }
        ensure!(
            ranks.iter().all(|rank| *rank == ranks[0]),
            invalid_argument,
            "All input tensors must have the same rank."
        );
        let rhs = cx.input(3);
        let Some((outer, rows, _)) = split(&rhs) else { bail!(internal, "a shape is known at run time") };
        for (index, name) in ["superdiagonal", "main diagonal", "subdiagonal"].into_iter().enumerate() {
            let own = cx.input(index);
            let fits = split(&own).is_some_and(|(_, one, size)| one == Some(1) && size == rows);
            ensure!(fits, invalid_argument, "Invalid {name} shape.");
            let is_same = split(&own).is_some_and(|(own, _, _)| own == outer);
            ensure!(is_same, invalid_argument, "All input tensors must have the same outer dimensions.");
        }
    }
    let superdiag = cx.with_rank_at_least(0, 2)?;
    let maindiag = cx.with_rank_at_least(1, 2)?;
    let subdiag = cx.with_rank_at_least(2, 2)?;
    let rhs = cx.with_rank_at_least(3, 2)?;
    let diagonals = cx.merge(&superdiag, &maindiag)?;
    let diagonals = cx.merge(&subdiag, &diagonals)?;
    if let (Some((own, one, size)), Some((outer, rows, _))) = (split(&diagonals), split(&rhs)) {
        cx.merge(&own, &outer)?;
        if let Some(found) = one.filter(|found| *found != 1) {
            bail!(invalid_argument, "Dimension must be 1 but is {found}");
        }
        cx.merge_dims(size, rows)?;
    }
    cx.set(0, rhs);
    Ok(())
}

fn product<T: Wide>(cx: &mut KernelCtx<'_>) -> Result<()> {
    let [above, main, below, rhs] =
        [Batch::<T>::read(cx, 0)?, Batch::read(cx, 1)?, Batch::read(cx, 2)?, Batch::read(cx, 3)?];
    let mut elements = Vec::new();
    for index in 0..rhs.count {
        let (above, main, below) = (above.matrix(index)?, main.matrix(index)?, below.matrix(index)?);
        let rhs = rhs.matrix(index)?;
        for row in 0..rhs.rows {
            for column in 0..rhs.columns {
                let mut sum = main[(0, row)] * rhs[(row, column)];
                if row + 1 < rhs.rows {
                    sum += above[(0, row)] * rhs[(row + 1, column)];
                }
                if row > 0 {
                    sum += below[(0, row)] * rhs[(row - 1, column)];
                }
                elements.push(sum);
            }
        }
    }
    write(cx, 0, elements, cx.dtype("T")?)
}

fn product_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    cx.infer_shapes()?;
    with_wide!(cx, |T| product::<T>(cx))
}

fn solve_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (diagonals, rhs) = (cx.input(0), cx.input(1));
    if cx.at_run_time() {
        ensure!(
            !cx.bool("perturb_singular")? || cx.bool("partial_pivoting")?,
            invalid_argument,
            "Setting perturb_singular requires also setting partial_pivoting."
        );
        at_least_matrix(cx, 0)?;
        let (left, right) = (diagonals.dims().unwrap_or_default(), rhs.dims().unwrap_or_default());
        ensure!(left.len() == right.len(), invalid_argument, "All input tensors must have the same rank.");
        let count = left.len() - 2;
        ensure!(
            left[..count] == right[..count],
            invalid_argument,
            "All input tensors must have the same outer dimensions."
        );
        let number = |dim: Option<usize>| dim.unwrap_or_default();
        ensure!(
            left[count] == Some(3),
            invalid_argument,
            "Expected diagonals to be provided as a matrix with 3 rows, got {} rows.",
            number(left[count])
        );
        ensure!(
            left[count + 1] == right[count],
            invalid_argument,
            "Expected the same number of left-hand sides and right-hand sides, got {} and {}.",
            number(left[count + 1]),
            number(right[count])
        );
    }
    let (diagonals, rhs) = (cx.with_rank_at_least(0, 2)?, cx.with_rank_at_least(1, 2)?);
    if let (Some((left, three, size)), Some((right, rows, columns))) = (split(&diagonals), split(&rhs)) {
        let outer = cx.merge(&left, &right)?;
        if let Some(found) = three.filter(|found| *found != 3) {
            bail!(invalid_argument, "Dimension must be 3 but is {found}");
        }
        let rows = cx.merge_dims(size, rows)?;
        cx.set(0, with_inner(&outer, &[rows, columns]));
    } else {
        cx.set_all_unknown();
    }
    Ok(())
}

/// The solution by elimination; `None` for a singular matrix.
fn solve<T: Field>(diagonals: &Matrix<T>, mut x: Matrix<T>, with_pivots: bool) -> Option<Matrix<T>> {
    let size = x.rows;
    // The pivots, and the two diagonals above them that elimination fills.
    let mut pivots: Vec<T> = (0..size).map(|k| diagonals[(1, k)]).collect();
    let mut above: Vec<T> =
        (0..size).map(|k| if k + 1 < size { diagonals[(0, k)] } else { T::default() }).collect();
    let mut second = vec![T::default(); size];
    for k in 0..size.saturating_sub(1) {
        let below = diagonals[(2, k + 1)];
        if with_pivots && below.abs() > pivots[k].abs() {
            let factor = pivots[k] / below;
            x.swap_rows(k, k + 1);
            let (next_pivot, next_above) = (pivots[k + 1], above[k + 1]);
            pivots[k + 1] = above[k] - factor * next_pivot;
            above[k + 1] = -(factor * next_above);
            (pivots[k], above[k], second[k]) = (below, next_pivot, next_above);
            subtract(&mut x, k, k + 1, factor);
        } else {
            if pivots[k] == T::default() {
                return None;
            }
            let factor = below / pivots[k];
            let taken = factor * above[k];
            pivots[k + 1] -= taken;
            subtract(&mut x, k, k + 1, factor);
        }
    }
    if pivots.last().is_some_and(|pivot| *pivot == T::default()) {
        return None;
    }
    for k in (0..size).rev() {
        if k + 1 < size {
            subtract(&mut x, k + 1, k, above[k]);
        }
        if k + 2 < size {
            subtract(&mut x, k + 2, k, second[k]);
        }
        let width = x.columns;
        x.elements[k * width..][..width].iter_mut().for_each(|value| *value = *value / pivots[k]);
    }
    Some(x)
}

/// The numbers of a dtype that decide when a pivot counts as nothing.
struct Limits {
    precision: f64,
    /// The least number whose reciprocal is finite.
    least: f64,
}

impl Limits {
    fn of(dtype: DType) -> Limits {
        match dtype {
            DType::FLOAT64 | DType::COMPLEX128 => {
                Limits { precision: f64::EPSILON, least: f64::MIN_POSITIVE }
            }
            _ => Limits { precision: f32::EPSILON.into(), least: f32::MIN_POSITIVE.into() },
        }
    }
}

/// Divides a row by a pivot, which is moved from 0 by multiples of `step` until the quotients are finite (as LAPACK's
/// `dlagts` does it).
fn divide<T: Field>(row: &mut [T], mut pivot: T, step: f64, limits: &Limits) {
    let greatest = 1.0 / limits.least;
    let most = row.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
    let mut step = step.abs().max(limits.least).copysign(pivot.re());
    while pivot.abs() < 1.0 {
        let size = pivot.abs();
        let is_tiny = size < limits.least;
        let overflows =
            if is_tiny { size == 0.0 || most * limits.least > size } else { most > size * greatest };
        if overflows {
            pivot += T::from_real(step);
            step *= 2.0;
            continue;
        }
        if is_tiny {
            pivot = pivot.scale(greatest);
            row.iter_mut().for_each(|value| *value = value.scale(greatest));
        }
        break;
    }
    // In two steps: the square of a tiny complex pivot is 0.
    let scale = 1.0 / pivot.abs();
    let factor = pivot.conj().scale(scale).scale(scale);
    row.iter_mut().for_each(|value| *value = *value * factor);
}

/// The solution by elimination with pivots relative to their rows, where tiny ones are moved from 0.
fn solve_perturbed<T: Field>(diagonals: &Matrix<T>, mut x: Matrix<T>, limits: &Limits) -> Matrix<T> {
    let size = x.rows;
    if size == 0 {
        return x;
    }
    let line = |row: usize, k: usize| diagonals[(row, k)];
    let mut u = vec![[T::default(); 3]; size];
    u[0] = [line(1, 0), line(0, 0), T::default()];
    let single = size == 1;
    let mut most = if single { u[0][0].abs() } else { u[0][0].abs().max(u[0][1].abs()) };
    let mut scale = u[0][0].abs() + u[0][1].abs();
    for k in 0..size - 1 {
        let (above, pivot, below) = (line(0, k + 1), line(1, k + 1), line(2, k + 1));
        let is_last = k + 2 == size;
        let next_scale = below.abs() + pivot.abs() + if is_last { 0.0 } else { above.abs() };
        let own = if u[k][0] == T::default() { 0.0 } else { u[k][0].abs() / scale };
        if below == T::default() || below.abs() / next_scale <= own {
            scale = next_scale;
            let factor = if below == T::default() { below } else { below / u[k][0] };
            u[k + 1] = [pivot - factor * u[k][1], above, T::default()];
            if factor != T::default() {
                subtract(&mut x, k, k + 1, factor);
            }
        } else {
            let factor = u[k][0] / below;
            u[k + 1][0] = u[k][1] - factor * pivot;
            (u[k][0], u[k][1]) = (below, pivot);
            if !is_last {
                u[k][2] = above;
                u[k + 1][1] = -factor * above;
            }
            x.swap_rows(k, k + 1);
            subtract(&mut x, k, k + 1, factor);
        }
        if !is_last {
            most = u[k].iter().fold(most, |most, value| most.max(value.abs()));
        }
    }
    let step = limits.precision * most.max(u[size - 1][0].abs());
    for k in (0..size).rev() {
        for (ahead, &factor) in u[k].iter().enumerate().skip(1) {
            if k + ahead < size {
                subtract(&mut x, k + ahead, k, factor);
            }
        }
        let width = x.columns;
        divide(&mut x.elements[k * width..][..width], u[k][0], step, limits);
    }
    x
}

/// Subtracts a multiple of one row from another.
fn subtract<T: Field>(x: &mut Matrix<T>, from: usize, to: usize, factor: T) {
    let (from, to) = x.row_pair(from, to);
    to.iter_mut().zip(from).for_each(|(value, &other)| *value -= factor * other);
}

fn solve_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    cx.infer_shapes()?;
    let (with_pivots, perturb) = (cx.bool("partial_pivoting")?, cx.bool("perturb_singular")?);
    let limits = Limits::of(cx.dtype("T")?);
    with_wide!(cx, |T| {
        let (diagonals, sides) = (Batch::<T>::read(cx, 0)?, Batch::<T>::read(cx, 1)?);
        let mut elements = Vec::new();
        for index in 0..sides.count {
            let (diagonals, rhs) = (diagonals.matrix(index)?, sides.matrix(index)?);
            let size = rhs.elements.len();
            let x = match with_pivots && perturb {
                true => Some(solve_perturbed(&diagonals, rhs, &limits)),
                false => solve(&diagonals, rhs, with_pivots),
            };
            match x {
                Some(x) => elements.extend(x.elements),
                None => elements.extend(vec![<T as Field>::from_real(f64::NAN); size]),
            }
        }
        write(cx, 0, elements, cx.dtype("T")?)
    })
}

/// What stands along an axis, one further up or down, with zeros for the one that is missing.
fn shifted(x: &Tensor, axis: i32, up: bool) -> Result<Tensor> {
    let zeros = zeros_like(&part(x, axis, 0, Some(1))?)?;
    if up {
        return concatenate(&[part(x, axis, 1, None)?, zeros], axis);
    }
    concatenate(&[zeros, all_but_last(x, axis)?], axis)
}

fn sum_last(x: &Tensor) -> Result<Tensor> {
    Op::named("Sum").input(x).input(-1).one()
}

fn product_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let dy = cx.dy(0)?;
    let turned = |index: usize| conjugate(&transposed(cx.x(index)?)?);
    let (above, main, below) = (turned(0)?, turned(1)?, turned(2)?);
    let rhs = conjugate(cx.x(3)?)?;
    let sums = |factor: Tensor| expand(&sum_last(&(factor * &dy)?)?, -2);
    let d_above = sums(shifted(&rhs, -2, true)?)?;
    let d_main = sums(rhs.clone())?;
    let d_below = sums(shifted(&rhs, -2, false)?)?;
    let from_above = shifted(&(above * &dy)?, -2, false)?;
    let from_below = shifted(&(below * &dy)?, -2, true)?;
    let d_rhs = ((from_above + (main * &dy)?)? + from_below)?;
    cx.set(0, d_above)?;
    cx.set(1, d_main)?;
    cx.set(2, d_below)?;
    cx.set(3, d_rhs)
}

fn solve_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (diagonals, x, dy) = (cx.x(0)?, cx.y(0)?, cx.dy(0)?);
    let row = |k: usize| part(diagonals, -2, k, Some(k + 1));
    let transposed =
        concatenate(&[shifted(&row(2)?, -1, true)?, row(1)?, shifted(&row(0)?, -1, false)?], -2)?;
    let op = Op::new(&TRIDIAGONAL_SOLVE).input(transposed).input(dy);
    let d_rhs = op
        .attr("partial_pivoting", cx.bool("partial_pivoting")?)
        .attr("perturb_singular", cx.bool("perturb_singular")?)
        .one()?;
    let sums = |factor: Tensor| expand(&sum_last(&(&d_rhs * factor)?)?, -2);
    let d_diagonals =
        concatenate(&[sums(shifted(x, -2, true)?)?, sums(x.clone())?, sums(shifted(x, -2, false)?)?], -2)?;
    cx.set(0, negative(&d_diagonals))?;
    cx.set(1, d_rhs)
}

pub(crate) static TRIDIAGONAL_MAT_MUL: OpDef = OpDef {
    name: "TridiagonalMatMul",
    shape: product_shape,
    kernel: Some(product_kernel),
    grad: Grad::Fn(product_grad),
    types: &[("T", TYPES)],
    ..OpDef::NEW
};

pub(crate) static TRIDIAGONAL_SOLVE: OpDef = OpDef {
    name: "TridiagonalSolve",
    shape: solve_shape,
    kernel: Some(solve_kernel),
    grad: Grad::Fn(solve_grad),
    types: &[("T", TYPES)],
    ..OpDef::NEW
};
