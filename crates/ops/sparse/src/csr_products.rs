//! Products of sparse matrices in variants, and transposed ones: SparseMatrixMatMul, SparseMatrixSparseMatMul,
//! SparseMatrixTranspose.

use crate::csr::{Csr, conjugate, known, tell};
use ferroflow_core::{
    Attrs, DType, Dim, Element, Grad, GradCtx, KernelCtx, NdArray, Op, OpDef, PartialShape, Result, Shape,
    ShapeCtx, Tensor, dispatch, ensure, zeroed,
};
use std::collections::BTreeMap;
use std::ops::{AddAssign, Mul};

pub(crate) static SPARSE_MATRIX_MAT_MUL: OpDef = OpDef {
    name: "SparseMatrixMatMul",
    shape: product_shape,
    kernel: Some(product),
    grad: Grad::Fn(product_grad),
    types: &[("T", &[DType::FLOAT32, DType::FLOAT64, DType::COMPLEX64, DType::COMPLEX128])],
    ..OpDef::NEW
};

pub(crate) static SPARSE_MATRIX_SPARSE_MAT_MUL: OpDef = OpDef {
    name: "SparseMatrixSparseMatMul",
    shape: sparse_product_shape,
    kernel: Some(sparse_product),
    grad: Grad::Fn(sparse_product_grad),
    ..OpDef::NEW
};

pub(crate) static SPARSE_MATRIX_TRANSPOSE: OpDef = OpDef {
    name: "SparseMatrixTranspose",
    shape: transpose_shape,
    kernel: Some(transpose),
    grad: Grad::Fn(|cx| {
        let back = Op::new(&SPARSE_MATRIX_TRANSPOSE).input(cx.dy(0)?);
        let back = back.attr("conjugate", cx.bool("conjugate")?).attr("type", cx.attrs().dtype("type")?);
        cx.set(0, back.one())
    }),
    ..OpDef::NEW
};

/// How a factor is taken.
#[derive(Clone, Copy)]
struct Turn {
    transposes: bool,
    conjugates: bool,
}

fn turn(attrs: &Attrs, name: &str) -> Result<Turn> {
    let (transpose, adjoint) =
        (attrs.bool(&format!("transpose_{name}"))?, attrs.bool(&format!("adjoint_{name}"))?);
    ensure!(
        !(transpose && adjoint),
        invalid_argument,
        "Only one of adjoint_{name} and transpose_{name} may be true."
    );
    Ok(Turn { transposes: transpose || adjoint, conjugates: adjoint })
}

fn turned(matrix: &Csr, turn: Turn) -> Result<Csr> {
    let mut matrix = if turn.transposes { matrix.transposed()? } else { matrix.clone() };
    if turn.conjugates {
        matrix.values = conjugate(&matrix.values)?;
    }
    Ok(matrix)
}

/// The sizes of a product: those of the batch, then rows and columns, as far as known.
fn sizes(
    cx: &ShapeCtx<'_>,
    [a, b]: [&PartialShape; 2],
    [turn_a, turn_b]: [Turn; 2],
) -> Result<Option<Vec<Dim>>> {
    let (Some(rank), Some(of_b)) = (a.rank(), b.rank()) else { return Ok(None) };
    for rank in [rank, of_b] {
        ensure!(rank >= 2, invalid_argument, "Shape must be at least rank 2 but is rank {rank}");
        ensure!(rank <= 3, invalid_argument, "Shape must be at most rank 3 but is rank {rank}");
    }
    let end = |shape: &PartialShape, rank: usize, turn: Turn, is_row: bool| {
        shape.dim(if turn.transposes == is_row { rank - 1 } else { rank - 2 })
    };
    let (outer_a, outer_b) = (a.slice(0..rank - 2), b.slice(0..of_b - 2));
    let outer = cx.merge(&outer_a, &outer_b)?;
    cx.merge_dims(end(a, rank, turn_a, false), end(b, of_b, turn_b, true))?;
    let mut dims: Vec<Dim> = outer.dims().unwrap_or_default().to_vec();
    dims.extend([end(a, rank, turn_a, true), end(b, of_b, turn_b, false)]);
    Ok(Some(dims))
}

fn product_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let turns = [turn(cx, "a")?, turn(cx, "b")?];
    if cx.at_run_time() {
        return Ok(());
    }
    cx.with_rank(0, 0)?;
    let b = cx.input(1);
    if let Some(mut dims) = sizes(cx, [&known(cx, 0), &b], turns)? {
        if cx.bool("transpose_output")? {
            let last = dims.len() - 1;
            dims.swap(last - 1, last);
        }
        cx.set(0, PartialShape::new(dims));
    } else {
        cx.set_all_unknown();
    }
    Ok(())
}

fn product(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (turn_a, turn_b) = (turn(cx.attrs(), "a")?, turn(cx.attrs(), "b")?);
    let (flips, conjugates) = (cx.bool("transpose_output")?, cx.bool("conjugate_output")?);
    let (a, b) = (Csr::of(cx, 0)?, cx.input(1)?);
    ensure!(
        a.dtype() == b.dtype(),
        invalid_argument,
        "Input types don't match.  a.dtype == {} vs. b.dtype == {}",
        a.dtype().cpp_name(),
        b.dtype().cpp_name()
    );
    let rank = a.sizes.len();
    ensure!(rank == b.rank(), invalid_argument, "Ranks of a and b must match, saw: {rank} vs. {}.", b.rank());
    let b_sizes = b.shape().dims().to_vec();
    let batch = if rank == 2 { 1 } else { b_sizes[0] };
    ensure!(
        a.count() == batch,
        invalid_argument,
        "Batch sizes of a and b must match, saw: {} vs. {batch}.",
        a.count()
    );
    let inner = |transposes: bool| if transposes { rank - 2 } else { rank - 1 };
    ensure!(
        a.sizes[inner(turn_a.transposes)] == b_sizes[inner(!turn_b.transposes)],
        invalid_argument,
        "Inner product dimensions of A and B do not agree. Shapes are: {} vs. {}",
        PartialShape::from(a.shape()?).cpp(),
        PartialShape::from(b.shape()).cpp()
    );
    let left = turned(a, turn_a)?;
    let right = if turn_b.conjugates { conjugate(b)? } else { b.clone() };
    let mut output = dispatch!(a.dtype(), FLOATS_COMPLEX, |T| dense_product::<T>(
        &left,
        &right,
        turn_b.transposes,
        flips
    ))?;
    if conjugates {
        output = conjugate(&output)?;
    }
    cx.set(0, output)
}

/// The product with dense matrices, transposed where asked.
fn dense_product<T: Element + Copy + Mul<Output = T> + AddAssign>(
    a: &Csr,
    b: &NdArray,
    turns_b: bool,
    flips: bool,
) -> Result<NdArray> {
    let rank = a.sizes.len();
    let (rows, inner) = (a.height(), a.width());
    let columns = b.shape()[if turns_b { rank - 2 } else { rank - 1 }];
    let mut dims = a.sizes.clone();
    (dims[rank - 2], dims[rank - 1]) = if flips { (columns, rows) } else { (rows, columns) };
    let shape = Shape::new(&dims)?;
    let mut output = zeroed::<T>(shape.num_elements())?;
    let (values, factors) = (a.values.as_slice::<T>()?, b.as_slice::<T>()?);
    for (matrix, row, entry) in a.entries() {
        let (value, step) = (values[entry], a.columns[entry]);
        let factors = &factors[matrix * inner * columns..][..inner * columns];
        let output = &mut output[matrix * rows * columns..][..rows * columns];
        for column in 0..columns {
            let factor =
                if turns_b { factors[column * inner + step] } else { factors[step * columns + column] };
            output[if flips { column * rows + row } else { row * columns + column }] += value * factor;
        }
    }
    NdArray::from_shape(shape, output)
}

/// The product of a sparse matrix and a dense one, in any of its forms.
fn apply(a: &Tensor, b: &Tensor, adjoint_a: bool, output: Turn) -> Result<Tensor> {
    Op::new(&SPARSE_MATRIX_MAT_MUL)
        .input(a)
        .input(b)
        .attr("adjoint_a", adjoint_a)
        .attr("transpose_output", output.transposes)
        .attr("conjugate_output", output.conjugates)
        .one()
}

/// Matrices with their last two axes swapped.
fn transposed(x: &Tensor) -> Result<Tensor> {
    let transpose = Op::named("Transpose").input(x);
    if let Some(rank) = x.rank().filter(|rank| *rank >= 2) {
        let mut order: Vec<i32> = (0..rank as i32).collect();
        order.swap(rank - 2, rank - 1);
        return transpose.input(ferroflow_core::constant(order)?).one();
    }
    let rank = Op::named("Rank").input(x).one()?;
    let outer = Op::named("Range").input(0).input((&rank - 2)?).input(1).one()?;
    let last = Op::named("Pack").inputs([(&rank - 1)?, (&rank - 2)?]).one()?;
    transpose.input(Op::named("ConcatV2").inputs([outer, last]).input(0).one()?).one()
}

fn product_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let attrs = cx.attrs();
    let (turn_a, turn_b) = (turn(attrs, "a")?, turn(attrs, "b")?);
    let (a, b, mut dy) = (cx.x(0)?, cx.x(1)?, cx.dy(0)?);
    let dtype = b.dtype().base();
    let conj = |x: &Tensor| if dtype.is_complex() { Op::named("Conj").input(x).one() } else { Ok(x.clone()) };
    let product = |x: &Tensor, y: &Tensor, adj_x: bool, adj_y: bool| {
        Op::named("BatchMatMulV2").input(x).input(y).attr("adj_x", adj_x).attr("adj_y", adj_y).one()
    };
    // What flows into the product before it is turned.
    if attrs.bool("conjugate_output")? {
        dy = conj(&dy)?;
    }
    if attrs.bool("transpose_output")? {
        dy = transposed(&dy)?;
    }
    // The adjoint of the first factor as it was taken, times what flows in, turned as the second was.
    let db = match (turn_a.transposes, turn_a.conjugates) {
        (false, _) => apply(a, &dy, true, turn_b)?,
        (true, true) => apply(a, &dy, false, turn_b)?,
        (true, false) => {
            let conjugates = !turn_b.conjugates && dtype.is_complex();
            apply(a, &conj(&dy)?, false, Turn { transposes: turn_b.transposes, conjugates })?
        }
    };
    // The dense gradient of the first factor, of which the entries' places are kept.
    let factor = if turn_b.transposes && !turn_b.conjugates { conj(b)? } else { b.clone() };
    let da = match (turn_a.transposes, turn_a.conjugates) {
        (false, _) => product(&dy, &factor, false, !turn_b.transposes)?,
        (true, true) => product(&factor, &dy, turn_b.transposes, true)?,
        (true, false) => conj(&product(&factor, &dy, turn_b.transposes, true)?)?,
    };
    let [places, _, _] = Op::named("CSRSparseMatrixToSparseTensor").input(a).attr("type", dtype).outputs()?;
    cx.set(0, Op::named("DenseToCSRSparseMatrix").input(da).input(places).one())?;
    cx.set(1, db)
}

/// What flows to a factor: the product of what flows into theirs and of the other's adjoint, as either was taken, where the
/// factor has entries.
fn sparse_product_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let attrs = cx.attrs();
    let (turn_a, turn_b) = (turn(attrs, "a")?, turn(attrs, "b")?);
    let (a, b, dy, dtype) = (cx.x(0)?, cx.x(1)?, cx.dy(0)?, attrs.dtype("type")?);
    let transpose = |x: &Tensor, conjugate: bool| {
        Op::new(&SPARSE_MATRIX_TRANSPOSE).input(x).attr("conjugate", conjugate).attr("type", dtype).one()
    };
    // The adjoint of a factor as it was taken: another one, and the attributes that take it so on either side.
    let adjoint = |x: &Tensor, turn: Turn| match (turn.transposes, turn.conjugates) {
        (false, _) => Ok::<_, ferroflow_core::Error>((x.clone(), Some(["adjoint_a", "adjoint_b"]))),
        (true, true) => Ok((x.clone(), None)),
        (true, false) => Ok((transpose(x, true)?, Some(["transpose_a", "transpose_b"]))),
    };
    let product = |left: (Tensor, Option<[&'static str; 2]>), right: (Tensor, Option<[&'static str; 2]>)| {
        let mut op = Op::new(&SPARSE_MATRIX_SPARSE_MAT_MUL).input(left.0).input(right.0).attr("type", dtype);
        if let Some([name, _]) = left.1 {
            op = op.attr(name, true);
        }
        if let Some([_, name]) = right.1 {
            op = op.attr(name, true);
        }
        op.one()
    };
    let placed = |gradient: Tensor, factor: &Tensor, turn: Turn| {
        let gradient = if turn.transposes { transpose(&gradient, turn.conjugates)? } else { gradient };
        let dense = Op::named("CSRSparseMatrixToDense").input(gradient).attr("type", dtype).one()?;
        let [places, _, _] =
            Op::named("CSRSparseMatrixToSparseTensor").input(factor).attr("type", dtype).outputs()?;
        Op::named("DenseToCSRSparseMatrix").input(dense).input(places).one()
    };
    let da = placed(product((dy.clone(), None), adjoint(b, turn_b)?)?, a, turn_a)?;
    let db = placed(product(adjoint(a, turn_a)?, (dy, None))?, b, turn_b)?;
    cx.set(0, da)?;
    cx.set(1, db)
}

fn sparse_product_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let turns = [turn(cx, "a")?, turn(cx, "b")?];
    let mut shape = PartialShape::unknown();
    if !cx.at_run_time() {
        cx.with_rank(0, 0)?;
        cx.with_rank(1, 0)?;
        if let Some(dims) = sizes(cx, [&known(cx, 0), &known(cx, 1)], turns)? {
            shape = PartialShape::new(dims);
        }
    }
    let dtype = cx.dtype("type")?;
    tell(cx, dtype, shape);
    Ok(())
}

fn sparse_product(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (turn_a, turn_b) = (turn(cx.attrs(), "a")?, turn(cx.attrs(), "b")?);
    let dtype = cx.dtype("type")?;
    let factors = [Csr::of(cx, 0)?, Csr::of(cx, 1)?];
    for (factor, name) in factors.iter().zip(["a", "b"]) {
        ensure!(
            factor.dtype() == dtype,
            invalid_argument,
            "dtype of {name} is not equal to 'type': {} vs. {}",
            factor.dtype().cpp_name(),
            dtype.cpp_name()
        );
    }
    let rank = factors[0].sizes.len();
    ensure!(
        rank == factors[1].sizes.len(),
        invalid_argument,
        "Ranks of a and b must match, saw: {rank} vs. {}.",
        factors[1].sizes.len()
    );
    ensure!(
        factors[0].count() == factors[1].count(),
        invalid_argument,
        "Batch sizes of a and b must match, saw: {} vs. {}.",
        factors[0].count(),
        factors[1].count()
    );
    let (a, b) = (turned(factors[0], turn_a)?, turned(factors[1], turn_b)?);
    ensure!(
        a.width() == b.height(),
        invalid_argument,
        "Inner product dimensions of A and B do not agree.  Shapes are: {} vs. {}",
        PartialShape::from(factors[0].shape()?).cpp(),
        PartialShape::from(factors[1].shape()?).cpp()
    );
    let product = dispatch!(dtype, FLOATS_COMPLEX, |T| entries_product::<T>(&a, &b))?;
    cx.set(0, product.array())
}

/// The product of two sparse matrices, the entries of a row in the order of their columns.
fn entries_product<T: Element + Copy + Mul<Output = T> + AddAssign>(a: &Csr, b: &Csr) -> Result<Csr> {
    let rank = a.sizes.len();
    let (left, right) = (a.values.as_slice::<T>()?, b.values.as_slice::<T>()?);
    let (mut places, mut values) = (Vec::new(), Vec::new());
    let (mut a_start, mut b_start) = (0, 0);
    for matrix in 0..a.count() {
        let b_ends = b.ends(matrix);
        for (row, ends) in a.ends(matrix).windows(2).enumerate() {
            let mut sums: BTreeMap<usize, T> = BTreeMap::new();
            let entries = a_start + ends[0] as usize..a_start + ends[1] as usize;
            for (&step, &value) in a.columns[entries.clone()].iter().zip(&left[entries]) {
                let others = b_start + b_ends[step] as usize..b_start + b_ends[step + 1] as usize;
                for (&column, &factor) in b.columns[others.clone()].iter().zip(&right[others]) {
                    let product = value * factor;
                    sums.entry(column).and_modify(|sum| *sum += product).or_insert(product);
                }
            }
            for (column, sum) in sums {
                places.extend([matrix, row, column].into_iter().skip(3 - rank));
                values.push(sum);
            }
        }
        a_start += a.entries_of(matrix);
        b_start += b.entries_of(matrix);
    }
    let mut sizes = a.sizes.clone();
    sizes[rank - 1] = b.width();
    Csr::new(sizes, &places, NdArray::vector(values))
}

fn transpose_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let mut shape = PartialShape::unknown();
    if !cx.at_run_time() {
        cx.with_rank(0, 0)?;
        let own = known(cx, 0);
        if let Some(dims) = own.dims().filter(|dims| dims.len() >= 2) {
            let mut dims = dims.to_vec();
            let last = dims.len() - 1;
            dims.swap(last - 1, last);
            shape = PartialShape::new(dims);
        }
    }
    let dtype = cx.dtype("type")?;
    tell(cx, dtype, shape);
    Ok(())
}

fn transpose(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (matrix, dtype) = (Csr::of(cx, 0)?, cx.dtype("type")?);
    ensure!(
        matrix.dtype() == dtype,
        invalid_argument,
        "dtype of input is not equal to 'type': {} vs. {}",
        matrix.dtype().cpp_name(),
        dtype.cpp_name()
    );
    let transposed = turned(matrix, Turn { transposes: true, conjugates: cx.bool("conjugate")? })?;
    cx.set(0, transposed.array())
}
