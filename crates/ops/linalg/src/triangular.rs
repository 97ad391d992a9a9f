//! MatrixTriangularSolve, BandedTriangularSolve: systems whose matrices are triangles.

use crate::batch::{Batch, TYPES, Wide, shape_of, split, with_inner, with_wide, write};
use crate::lu::substitute;
use crate::matrix::{Field, Matrix};
use crate::ops::{band, negative, product_adjoint, sum_outer};
use ferroflow_core::{
    BroadcastPlan, Grad, GradCtx, IntoOperand, KernelCtx, Op, OpDef, Result, ShapeCtx, Tensor, bail,
    broadcast_shapes, ensure, options,
};

options! {
    /// Optional arguments of [`triangular_solve_with`] and [`banded_triangular_solve_with`].
    pub struct TriangularSolveOptions {
        /// Whether the lower triangle is used, else the upper one.
        lower: bool = true,
        /// Whether the system is that of the adjoint matrix.
        adjoint: bool = false,
    }
}

/// The solutions of `matrix * x = rhs`, of which only the lower triangle of `matrix` is read.
///
/// Source: `tf.linalg.triangular_solve` (op `MatrixTriangularSolve`).
///
/// ```
/// let x = ferroflow_ops_linalg::triangular_solve([[2.0, 9.0], [2.0, 4.0]], [[2.0], [6.0]])?;
/// assert_eq!(x.numpy()?.as_slice::<f32>()?, [1.0, 1.0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for a matrix that is not square, another number of rows on the right, or outer sizes that do not
/// broadcast.
pub fn triangular_solve(matrix: impl IntoOperand, rhs: impl IntoOperand) -> Result<Tensor> {
    triangular_solve_with(matrix, rhs, |options| options)
}

/// [`triangular_solve`] with optional arguments.
///
/// # Errors
/// As [`triangular_solve`].
pub fn triangular_solve_with(
    matrix: impl IntoOperand,
    rhs: impl IntoOperand,
    options: impl FnOnce(TriangularSolveOptions) -> TriangularSolveOptions,
) -> Result<Tensor> {
    let options = options(TriangularSolveOptions::default());
    Op::new(&MATRIX_TRIANGULAR_SOLVE)
        .input(matrix)
        .input(rhs)
        .attr("lower", options.lower)
        .attr("adjoint", options.adjoint)
        .one()
}

/// The solutions of systems whose matrices are triangles given by their bands: row 0 of `bands` is the main diagonal and
/// row `k` the `k`-th one below it, aligned to the right.
///
/// Source: `tf.linalg.banded_triangular_solve` (op `BandedTriangularSolve`).
///
/// ```
/// let x = ferroflow_ops_linalg::banded_triangular_solve([[2.0, 4.0], [0.0, 2.0]], [[2.0], [6.0]])?;
/// assert_eq!(x.numpy()?.as_slice::<f32>()?, [1.0, 1.0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// As [`triangular_solve`]; `InvalidArgument` when there are no bands or a number on the main diagonal is 0.
pub fn banded_triangular_solve(bands: impl IntoOperand, rhs: impl IntoOperand) -> Result<Tensor> {
    banded_triangular_solve_with(bands, rhs, |options| options)
}

/// [`banded_triangular_solve`] with optional arguments; of an upper triangle the last row is the main diagonal, and the
/// others are aligned to the left.
///
/// # Errors
/// As [`banded_triangular_solve`].
pub fn banded_triangular_solve_with(
    bands: impl IntoOperand,
    rhs: impl IntoOperand,
    options: impl FnOnce(TriangularSolveOptions) -> TriangularSolveOptions,
) -> Result<Tensor> {
    let options = options(TriangularSolveOptions::default());
    Op::new(&BANDED_TRIANGULAR_SOLVE)
        .input(bands)
        .input(rhs)
        .attr("lower", options.lower)
        .attr("adjoint", options.adjoint)
        .one()
}

/// The checks of both ops, whose outer axes broadcast; `is_square` tells a full matrix from bands.
fn infer(cx: &mut ShapeCtx<'_>, is_square: bool) -> Result<()> {
    let (matrix, rhs) = (cx.input(0), cx.input(1));
    if cx.at_run_time() {
        for (index, shape) in [&matrix, &rhs].into_iter().enumerate() {
            let rank = shape.rank().unwrap_or_default();
            ensure!(rank >= 2, invalid_argument, "In[{index}] ndims must be >= 2: {rank}");
        }
    }
    let (matrix, rhs) = (cx.with_rank_at_least(0, 2)?, cx.with_rank_at_least(1, 2)?);
    let (Some((left, rows, columns)), Some((right, right_rows, right_columns))) =
        (split(&matrix), split(&rhs))
    else {
        cx.set_all_unknown();
        return Ok(());
    };
    let outer = broadcast_shapes(cx, &left, &right);
    let mut size = columns;
    if cx.at_run_time() {
        let (Some(rows), Some(columns), Some(right_rows)) = (rows, columns, right_rows) else {
            bail!(internal, "shapes are known at run time");
        };
        if outer.is_err() {
            bail!(
                invalid_argument,
                "In[0] and In[1] must have compatible batch dimensions: {} vs. {}",
                matrix.cpp(),
                rhs.cpp()
            );
        }
        if !is_square && matrix.num_elements() == Some(0) {
            let shape = matrix.cpp();
            bail!(
                invalid_argument,
                "In[0] must not be an empty tensor: Tensor<type: {} shape: {shape} values: >",
                cx.dtype("T")?.cpp_name()
            );
        }
        ensure!(
            !is_square || rows == columns,
            invalid_argument,
            "In[0] matrices in the last dimensions must be square ({columns} =/= {rows})"
        );
        ensure!(
            columns == right_rows,
            invalid_argument,
            "In[0] mismatch In[1] shape: {columns} vs. {right_rows}: {} {} {} {}",
            matrix.cpp(),
            rhs.cpp(),
            i32::from(cx.bool("lower")?),
            i32::from(cx.bool("adjoint")?)
        );
    } else if !is_square {
        if let Some(0) = rows {
            bail!(invalid_argument, "Number of bands must be positive, but is 0");
        }
        if let (Some(rows), Some(columns)) = (rows, columns)
            && rows > columns
        {
            bail!(invalid_argument, "Number of bands {rows} cannot exceed the size of the matrix {columns}");
        }
    }
    if is_square {
        size = cx.merge_dims(rows, columns)?;
    }
    let size = cx.merge_dims(size, right_rows)?;
    cx.set(0, with_inner(&outer?, &[size, right_columns]));
    Ok(())
}

/// The triangle that bands stand for; the main diagonal is checked.
fn from_bands<T: Field>(bands: &Matrix<T>, lower: bool) -> Result<Matrix<T>> {
    let size = bands.columns;
    let mut triangle = Matrix::zeros(size, size);
    for band in 0..bands.rows {
        let distance = if lower { band } else { bands.rows - 1 - band };
        for k in distance..size {
            let (row, column) = if lower { (k, k - distance) } else { (k - distance, k) };
            // Below the diagonal numbers stand at their row, above it at theirs as well.
            triangle[(row, column)] = bands[(band, row)];
        }
    }
    let has_zero = (0..size).any(|k| triangle[(k, k)] == T::default());
    ensure!(!has_zero, invalid_argument, "Input matrix is not invertible.");
    Ok(triangle)
}

fn run<T: Wide>(
    cx: &mut KernelCtx<'_>,
    triangle: impl Fn(Matrix<T>, bool) -> Result<Matrix<T>>,
) -> Result<()> {
    let (lower, adjoint) = (cx.bool("lower")?, cx.bool("adjoint")?);
    let output = cx.output_shape(0)?;
    let (matrices, sides) = (Batch::<T>::read(cx, 0)?, Batch::<T>::read(cx, 1)?);
    let mut solutions = ferroflow_core::reserve::<T>(output.num_elements())?;
    if output.num_elements() > 0 {
        let outer = shape_of(&output.dims()[..output.rank() - 2], &[])?;
        let (left, right) = (shape_of(&matrices.outer, &[])?, shape_of(&sides.outer, &[])?);
        let plan = BroadcastPlan::new(&left, &right, &outer);
        let mut pairs = Vec::new();
        plan.for_runs(0, outer.num_elements() / plan.inner, |left, right| {
            pairs.extend((0..plan.inner).map(|k| (left + k * plan.left_step, right + k * plan.right_step)));
        });
        for (left, right) in pairs {
            let matrix = triangle(matrices.matrix(left)?, lower)?;
            let matrix = if adjoint { matrix.adjoint() } else { matrix };
            let mut x = sides.matrix(right)?;
            substitute(&matrix, &mut x, lower != adjoint, false);
            solutions.extend(x.elements);
        }
    }
    write(cx, 0, solutions, cx.dtype("T")?)
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    with_wide!(cx, |T| run::<T>(cx, |matrix, _| Ok(matrix)))
}

fn banded_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    with_wide!(cx, |T| run::<T>(cx, |bands, lower| from_bands(&bands, lower)))
}

/// The gradients of a solution, that of the matrix still full.
fn solution_grads(cx: &GradCtx<'_>) -> Result<[Tensor; 2]> {
    let (a, c, dy) = (cx.x(0)?, cx.y(0)?, cx.dy(0)?);
    let (adjoint, lower) = (cx.bool("adjoint")?, cx.bool("lower")?);
    let db = Op::new(cx.op()).input(a).input(dy).attr("lower", lower).attr("adjoint", !adjoint).one()?;
    let da = if adjoint { product_adjoint(c, &db)? } else { product_adjoint(&db, c)? };
    Ok([negative(&da)?, db])
}

fn grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (a, b) = (cx.x(0)?, cx.x(1)?);
    let [da, db] = solution_grads(cx)?;
    let da = if cx.bool("lower")? { band(&da, -1, 0)? } else { band(&da, 0, -1)? };
    let [da, db] = sum_outer([da, db], [a, b])?;
    cx.set(0, da)?;
    cx.set(1, db)
}

fn banded_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (a, b) = (cx.x(0)?, cx.x(1)?);
    let [da, db] = solution_grads(cx)?;
    let shape = crate::ops::shape_of(a)?;
    let bands = Op::named("StridedSlice")
        .input(shape)
        .input([-2])
        .input([-1])
        .input([1])
        .attr("shrink_axis_mask", 1i64)
        .one()?;
    let most = (bands - 1)?;
    let zero = ferroflow_core::constant(0)?;
    let pair = |low: &Tensor, high: &Tensor| Op::named("Pack").inputs([low, high]).one();
    let range = if cx.bool("lower")? { pair(&negative(&most)?, &zero)? } else { pair(&zero, &most)? };
    let padding = crate::ops::number_like(0.0, &da)?;
    let da = Op::named("MatrixDiagPartV3")
        .input(da)
        .input(range)
        .input(padding)
        .attr("align", "LEFT_RIGHT")
        .one()?;
    let [da, db] = sum_outer([da, db], [a, b])?;
    cx.set(0, da)?;
    cx.set(1, db)
}

/// The solution of a triangular system, for gradients.
pub(crate) fn solve_triangle(matrix: &Tensor, rhs: &Tensor, lower: bool, adjoint: bool) -> Result<Tensor> {
    let op = Op::new(&MATRIX_TRIANGULAR_SOLVE).input(matrix).input(rhs);
    op.attr("lower", lower).attr("adjoint", adjoint).one()
}

pub(crate) static MATRIX_TRIANGULAR_SOLVE: OpDef = OpDef {
    name: "MatrixTriangularSolve",
    shape: |cx| infer(cx, true),
    kernel: Some(kernel),
    grad: Grad::Fn(grad),
    types: &[("T", TYPES)],
    ..OpDef::NEW
};

pub(crate) static BANDED_TRIANGULAR_SOLVE: OpDef = OpDef {
    name: "BandedTriangularSolve",
    shape: |cx| infer(cx, false),
    kernel: Some(banded_kernel),
    grad: Grad::Fn(banded_grad),
    types: &[("T", TYPES)],
    ..OpDef::NEW
};
