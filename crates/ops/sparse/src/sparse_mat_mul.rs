//! SparseTensorDenseMatMul: the product of a sparse and a dense matrix.

use ferroflow_core::{
    DType, Element, Grad, GradCtx, IntoOperand, KernelCtx, NdArray, Op, OpDef, Result, ShapeCtx,
    SparseTensor, Tensor, bail, dispatch, ensure, options, zeroed,
};
use std::ops::{Add, Mul};

options! {
    /// Optional arguments of [`sparse_dense_matmul_with`].
    pub struct SparseMatMulOptions {
        /// Whether the sparse matrix is conjugated and transposed before the product.
        adjoint_a: bool = false,
        /// Whether the dense one is.
        adjoint_b: bool = false,
    }
}

/// The product of a sparse matrix and a dense one; indices that repeat add up.
///
/// Source: `tf.sparse.sparse_dense_matmul` (op `SparseTensorDenseMatMul`).
///
/// # Errors
/// `InvalidArgument` when the sizes do not fit together or an index lies outside.
pub fn sparse_dense_matmul(a: &SparseTensor, b: impl IntoOperand) -> Result<Tensor> {
    sparse_dense_matmul_with(a, b, |options| options)
}

/// The same with optional arguments.
///
/// # Errors
/// As [`sparse_dense_matmul`].
pub fn sparse_dense_matmul_with(
    a: &SparseTensor,
    b: impl IntoOperand,
    options: impl FnOnce(SparseMatMulOptions) -> SparseMatMulOptions,
) -> Result<Tensor> {
    let options = options(SparseMatMulOptions::default());
    Op::new(&SPARSE_TENSOR_DENSE_MAT_MUL)
        .input(&a.indices)
        .input(&a.values)
        .input(&a.dense_shape)
        .input(b)
        .attr("adjoint_a", options.adjoint_a)
        .attr("adjoint_b", options.adjoint_b)
        .one()
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if cx.at_run_time() {
        return Ok(());
    }
    cx.with_rank(0, 2)?;
    cx.with_rank(1, 1)?;
    let a = cx.input_as_shape(2)?;
    if let Some(rank) = a.rank().filter(|rank| *rank != 2) {
        bail!(invalid_argument, "Shape must be rank 2 but is rank {rank}");
    }
    let b = cx.with_rank(3, 2)?;
    let (rows, inner) = if cx.bool("adjoint_a")? { (a.dim(1), a.dim(0)) } else { (a.dim(0), a.dim(1)) };
    let (other, columns) = if cx.bool("adjoint_b")? { (b.dim(1), b.dim(0)) } else { (b.dim(0), b.dim(1)) };
    cx.merge_dims(inner, other)?;
    cx.set(0, [rows, columns]);
    Ok(())
}

/// Sizes of the product, and what the loops over it need.
struct Sizes {
    rows: usize,
    inner: usize,
    columns: usize,
    adjoint_a: bool,
    adjoint_b: bool,
}

fn check(cx: &KernelCtx<'_>) -> Result<Sizes> {
    let (indices, values, shape, b) = (cx.input(0)?, cx.input(1)?, cx.input(2)?, cx.input(3)?);
    ensure!(b.rank() == 2, invalid_argument, "Tensor 'b' is not a matrix");
    ensure!(shape.rank() == 1, invalid_argument, "Tensor 'a_shape' is not a vector");
    ensure!(shape.len() == 2, invalid_argument, "Tensor 'a_shape' must have 2 elements");
    ensure!(values.rank() == 1, invalid_argument, "Tensor 'a_values' is not a vector");
    ensure!(indices.rank() == 2, invalid_argument, "Tensor 'a_indices' is not a matrix");
    ensure!(
        indices.shape()[0] == values.len(),
        invalid_argument,
        "Number of rows of a_indices does not match number of entries in a_values"
    );
    ensure!(
        indices.shape()[1] == 2,
        invalid_argument,
        "Number of columns of a_indices does not match number of entries in a_shape"
    );
    let (adjoint_a, adjoint_b) = (cx.bool("adjoint_a")?, cx.bool("adjoint_b")?);
    let dims = ferroflow_core::Shape::from_i64(&shape.to_i64_vec()?)?;
    let (rows, inner) = if adjoint_a { (dims[1], dims[0]) } else { (dims[0], dims[1]) };
    let (other, columns) = match (b.shape().dims(), adjoint_b) {
        ([rows, columns], false) => (*rows, *columns),
        ([rows, columns], true) => (*columns, *rows),
        _ => bail!(internal, "a matrix of another rank"),
    };
    ensure!(
        inner == other,
        invalid_argument,
        "Cannot multiply A and B because inner dimension does not match: {inner} vs. {other}.  Did you forget a \
         transpose?  Dimensions of A: [{}, {}).  Dimensions of B: {}",
        rows,
        inner,
        b.shape()
    );
    Ok(Sizes { rows, inner, columns, adjoint_a, adjoint_b })
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let output = match cx.dtype("T")? {
        DType::HALF | DType::BFLOAT16 => return cx.through_f32(kernel),
        DType::COMPLEX64 => product::<ferroflow_core::Complex<f32>>(cx, |value| value.conj())?,
        DType::COMPLEX128 => product::<ferroflow_core::Complex<f64>>(cx, |value| value.conj())?,
        DType::INT32 => product::<i32>(cx, |value| value)?,
        dtype => dispatch!(dtype, FLOATS, |T| product::<T>(cx, |value| value))?,
    };
    cx.set(0, output)
}

fn product<T: Element + Copy + Add<Output = T> + Mul<Output = T>>(
    cx: &KernelCtx<'_>,
    conjugate: fn(T) -> T,
) -> Result<NdArray> {
    let sizes = check(cx)?;
    let indices = cx.ints(0)?;
    let (values, b) = (cx.slice::<T>(1)?, cx.slice::<T>(3)?);
    let shape = ferroflow_core::Shape::new(&[sizes.rows, sizes.columns])?;
    let mut out = zeroed::<T>(shape.num_elements())?;
    let place = |number: i64, limit: usize, letter: char, row: usize, column: usize| {
        usize::try_from(number).ok().filter(|place| *place < limit).ok_or_else(|| {
            ferroflow_core::Error::invalid_argument(format!(
                "{letter} ({number}) from index[{row},{column}] out of bounds (>={limit})"
            ))
        })
    };
    for (row, (index, &value)) in indices.chunks_exact(2).zip(values).enumerate() {
        let (m_column, k_column) = if sizes.adjoint_a { (1, 0) } else { (0, 1) };
        let k = place(index[k_column], sizes.inner, 'k', row, k_column)?;
        let m = place(index[m_column], sizes.rows, 'm', row, m_column)?;
        let factor = if sizes.adjoint_a { conjugate(value) } else { value };
        let line = &mut out[m * sizes.columns..(m + 1) * sizes.columns];
        for (column, out) in line.iter_mut().enumerate() {
            let other = if sizes.adjoint_b {
                conjugate(b[column * sizes.inner + k])
            } else {
                b[k * sizes.columns + column]
            };
            *out = *out + factor * other;
        }
    }
    NdArray::from_shape(shape, out)
}

/// As `_SparseTensorDenseMatMulGrad`: rows and columns of both factors are picked at the indices, so that no dense
/// gradient of the sparse matrix is made.
fn grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (adjoint_a, adjoint_b) = (cx.bool("adjoint_a")?, cx.bool("adjoint_b")?);
    let (indices, values, a_shape, b, dy) = (cx.x(0)?, cx.x(1)?, cx.x(2)?, cx.x(3)?, cx.dy(0)?);
    let matmul = Op::new(&SPARSE_TENSOR_DENSE_MAT_MUL).input(indices).input(values).input(a_shape);
    let db = matmul.input(&dy).attr("adjoint_a", !adjoint_a).one()?;
    let adjoint = |tensor: &Tensor| {
        let axes = Op::named("Transpose").input(conjugate(tensor)?).input([1, 0]);
        axes.one()
    };
    let db = if adjoint_b { adjoint(&db)? } else { db };
    let column = |number: i32| {
        Op::named("StridedSlice")
            .input(indices)
            .input([0, number])
            .input([0, number + 1])
            .input([1, 1])
            .attr("begin_mask", 1i64)
            .attr("end_mask", 1i64)
            .attr("shrink_axis_mask", 2i64)
            .one()
    };
    let (rows, columns) = if adjoint_a { (column(1)?, column(0)?) } else { (column(0)?, column(1)?) };
    let pick =
        |tensor: &Tensor, places: Tensor| Op::named("GatherV2").input(tensor).input(places).input(0).one();
    let parts_b = pick(&if adjoint_b { adjoint(b)? } else { b.clone() }, columns)?;
    let parts_dy = pick(&dy, rows)?;
    let parts_b = conjugate(&parts_b)?;
    let products = (&parts_dy * &parts_b)?;
    let d_values = Op::named("Sum").input(products).input([-1]).one()?;
    cx.set(1, if adjoint_a { conjugate(&d_values)? } else { d_values })?;
    cx.set(3, db)
}

fn conjugate(tensor: &Tensor) -> Result<Tensor> {
    if tensor.dtype().is_complex() { Op::named("Conj").input(tensor).one() } else { Ok(tensor.clone()) }
}

pub(crate) static SPARSE_TENSOR_DENSE_MAT_MUL: OpDef = OpDef {
    name: "SparseTensorDenseMatMul",
    shape,
    kernel: Some(kernel),
    grad: Grad::Fn(grad),
    types: &[(
        "T",
        &[
            DType::FLOAT32,
            DType::FLOAT64,
            DType::INT32,
            DType::COMPLEX64,
            DType::COMPLEX128,
            DType::HALF,
            DType::BFLOAT16,
        ],
    )],
    ..OpDef::NEW
};
