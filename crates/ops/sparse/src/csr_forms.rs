//! Sparse matrices in variants, made of and made into other forms: DenseToCSRSparseMatrix, SparseTensorToCSRSparseMatrix,
//! CSRSparseMatrixToDense, CSRSparseMatrixToSparseTensor, CSRSparseMatrixComponents, SparseMatrixNNZ.

use crate::csr::{Csr, known, tell};
use crate::entries::{Entries, picked};
use ferroflow_core::{
    Element, Grad, GradCtx, KernelCtx, NdArray, Op, OpDef, PartialShape, Result, ShapeCtx, bail, dispatch,
    ensure, zeroed,
};

pub(crate) static DENSE_TO_CSR_SPARSE_MATRIX: OpDef = OpDef {
    name: "DenseToCSRSparseMatrix",
    shape: from_dense_shape,
    kernel: Some(from_dense),
    grad: Grad::Fn(from_dense_grad),
    ..OpDef::NEW
};

pub(crate) static SPARSE_TENSOR_TO_CSR_SPARSE_MATRIX: OpDef = OpDef {
    name: "SparseTensorToCSRSparseMatrix",
    shape: from_sparse_shape,
    kernel: Some(from_sparse),
    grad: Grad::Fn(from_sparse_grad),
    ..OpDef::NEW
};

pub(crate) static CSR_SPARSE_MATRIX_TO_DENSE: OpDef = OpDef {
    name: "CSRSparseMatrixToDense",
    shape: to_dense_shape,
    kernel: Some(to_dense),
    grad: Grad::Fn(to_dense_grad),
    ..OpDef::NEW
};

pub(crate) static CSR_SPARSE_MATRIX_TO_SPARSE_TENSOR: OpDef = OpDef {
    name: "CSRSparseMatrixToSparseTensor",
    shape: to_sparse_shape,
    kernel: Some(to_sparse),
    grad: Grad::Fn(to_sparse_grad),
    ..OpDef::NEW
};

pub(crate) static CSR_SPARSE_MATRIX_COMPONENTS: OpDef = OpDef {
    name: "CSRSparseMatrixComponents",
    shape: components_shape,
    kernel: Some(components),
    ..OpDef::NEW
};

pub(crate) static SPARSE_MATRIX_NNZ: OpDef =
    OpDef { name: "SparseMatrixNNZ", shape: nnz_shape, kernel: Some(nnz), grad: Grad::None, ..OpDef::NEW };

fn from_dense_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (dense, indices) = (cx.input(0), cx.input(1));
    if let Some(rank) = dense.rank().filter(|rank| ![2, 3].contains(rank)) {
        return Err(cx.mismatch(
            format!("params must have rank == 2 or 3; but saw shape: {}", dense.cpp()),
            format!("Invalid rank of dense: {rank}.  Expected a known rank of either 2 or 3."),
        ));
    }
    if let Some(rank) = indices.rank().filter(|rank| *rank != 2) {
        return Err(cx.mismatch(
            format!("indices must be a matrix, but saw shape: {}", indices.cpp()),
            format!("indices must be a matrix; but its rank is not 2: {rank}"),
        ));
    }
    if let (Some(rank), Some(columns)) = (dense.rank(), indices.dim(1))
        && rank != columns
    {
        return Err(cx.mismatch(
            format!("indices.shape[1] must be equal to the rank of params, but saw: {columns} vs. {rank}"),
            format!("indices.shape[1] must match rank of dense; saw: {columns} vs. {rank}"),
        ));
    }
    let dtype = cx.dtype("T")?;
    tell(cx, dtype, dense);
    Ok(())
}

fn from_dense(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (dense, indices) = (cx.input(0)?, cx.input(1)?);
    let shape = dense.shape().clone();
    let (rank, strides) = (shape.rank(), shape.strides());
    let given = indices.to_i64_vec()?;
    let mut places = ferroflow_core::reserve::<usize>(given.len())?;
    let mut picks = ferroflow_core::reserve::<(usize, usize)>(given.len() / rank)?;
    for (number, place) in given.chunks_exact(rank).enumerate() {
        let mut offset = 0;
        for ((&at, &size), &stride) in place.iter().zip(shape.dims()).zip(&strides) {
            let Some(at) = usize::try_from(at).ok().filter(|at| *at < size) else {
                let text: Vec<String> = place.iter().map(i64::to_string).collect();
                bail!(
                    invalid_argument,
                    "indices[{number}] = [{}] does not index into param shape {}, node name: {}",
                    text.join(", "),
                    PartialShape::from(&shape).cpp(),
                    cx.node()
                );
            };
            places.push(at);
            offset += at * stride;
        }
        picks.push((0, offset));
    }
    let matrix = Csr::new(shape.dims().to_vec(), &places, picked(&[dense], &picks)?)?;
    cx.set(0, matrix.array())
}

fn from_dense_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let dtype = cx.x(0)?.dtype().base();
    cx.set(0, Op::new(&CSR_SPARSE_MATRIX_TO_DENSE).input(cx.dy(0)?).attr("type", dtype).one())
}

fn from_sparse_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        let (indices, values, sizes) = (cx.with_rank(0, 2)?, cx.with_rank(1, 1)?, cx.with_rank(2, 1)?);
        cx.merge_dims(indices.dim(0), values.dim(0))?;
        cx.merge_dims(indices.dim(1), sizes.dim(0))?;
    }
    let mut shape = cx.input_as_shape(2)?;
    if !shape.is_fully_defined() && shape.rank().is_none() {
        shape = cx.input(0).dim(1).map_or(PartialShape::unknown(), PartialShape::of_rank);
    }
    if let Some(rank) = shape.rank().filter(|rank| ![2, 3].contains(rank))
        && !cx.at_run_time()
    {
        bail!(invalid_argument, "Invalid rank: {rank}.  Expected a known rank of either 2 or 3.");
    }
    let dtype = cx.dtype("T")?;
    tell(cx, dtype, shape);
    Ok(())
}

fn from_sparse(cx: &mut KernelCtx<'_>) -> Result<()> {
    let rank = cx.input(0)?.shape().dims().get(1).copied().unwrap_or(0);
    ensure!(
        rank == 2 || rank == 3,
        invalid_argument,
        "SparseTensor must have rank 2 or 3; but indices has rank: {rank}"
    );
    let entries = Entries::read(cx, 0)?;
    let mut places = ferroflow_core::reserve::<usize>(entries.places.len())?;
    for (number, place) in entries.places.chunks_exact(rank).enumerate() {
        for (&at, &size) in place.iter().zip(&entries.sizes) {
            let Some(at) = usize::try_from(at).ok().filter(|at| (*at as i64) < size) else {
                let text: Vec<String> = place.iter().map(i64::to_string).collect();
                bail!(
                    invalid_argument,
                    "Sparse index tuple indices[{number}, :] = [{}] is out of bounds",
                    text.join(", ")
                );
            };
            places.push(at);
        }
    }
    let sizes: std::result::Result<Vec<usize>, _> =
        entries.sizes.iter().map(|&size| usize::try_from(size)).collect();
    let Ok(sizes) = sizes else { bail!(invalid_argument, "a sparse matrix has a negative size") };
    let matrix = Csr::new(sizes, &places, entries.values.clone())?;
    cx.set(0, matrix.array())
}

fn from_sparse_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let dtype = cx.x(1)?.dtype().base();
    let [_, values, _] =
        Op::new(&CSR_SPARSE_MATRIX_TO_SPARSE_TENSOR).input(cx.dy(0)?).attr("type", dtype).outputs()?;
    cx.set(1, values)
}

/// The matrix in the first input, whose dtype must be that of an attribute.
fn typed<'a>(cx: &'a KernelCtx<'_>, asked: impl Fn(&str, &str) -> String) -> Result<&'a Csr> {
    let (matrix, dtype) = (Csr::of(cx, 0)?, cx.dtype("type")?);
    if matrix.dtype() != dtype {
        bail!(invalid_argument, "{}", asked(&dtype.cpp_name(), &matrix.dtype().cpp_name()));
    }
    Ok(matrix)
}

fn to_dense_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        cx.with_rank(0, 0)?;
        let shape = known(cx, 0);
        cx.set(0, shape);
    }
    Ok(())
}

fn to_dense(cx: &mut KernelCtx<'_>) -> Result<()> {
    let matrix = typed(cx, |asked, found| {
        format!("Asked for a CSRSparseMatrix of type {asked} but saw dtype: {found}")
    })?;
    let dense = dispatch!(matrix.dtype(), FLOATS_COMPLEX, |T| spread::<T>(matrix))?;
    cx.set(0, dense)
}

/// The matrix with its zeros; of entries at one place the last one counts.
fn spread<T: Element + Copy>(matrix: &Csr) -> Result<NdArray> {
    let shape = matrix.shape()?;
    let mut dense = zeroed::<T>(shape.num_elements())?;
    let values = matrix.values.as_slice::<T>()?;
    for (number, row, entry) in matrix.entries() {
        dense[(number * matrix.height() + row) * matrix.width() + matrix.columns[entry]] = values[entry];
    }
    NdArray::from_shape(shape, dense)
}

fn to_dense_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let dtype = cx.y(0)?.dtype().base();
    let [indices, _, _] =
        Op::new(&CSR_SPARSE_MATRIX_TO_SPARSE_TENSOR).input(cx.x(0)?).attr("type", dtype).outputs()?;
    cx.set(0, Op::new(&DENSE_TO_CSR_SPARSE_MATRIX).input(cx.dy(0)?).input(indices).one())
}

fn to_sparse_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        cx.with_rank(0, 0)?;
        let rank = known(cx, 0).rank();
        cx.set(0, PartialShape::new([None, rank]));
        cx.set(1, PartialShape::of_rank(1));
        cx.set(2, PartialShape::new([rank]));
    }
    Ok(())
}

fn to_sparse(cx: &mut KernelCtx<'_>) -> Result<()> {
    let matrix = typed(cx, |asked, found| {
        format!("Expected a CSRSparseMatrix of type {asked} but saw type: {found}")
    })?;
    let rank = matrix.sizes.len();
    let places: Vec<i64> = matrix
        .entries()
        .flat_map(|(number, row, entry)| [number, row, matrix.columns[entry]].into_iter().skip(3 - rank))
        .map(|at| at as i64)
        .collect();
    let indices = NdArray::from_vec(&[matrix.values.len(), rank], places)?;
    let sizes = NdArray::vector(matrix.sizes.iter().map(|&size| size as i64).collect());
    let values = matrix.values.clone();
    cx.set(0, indices)?;
    cx.set(1, values)?;
    cx.set(2, sizes)
}

fn to_sparse_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let matrix =
        Op::new(&SPARSE_TENSOR_TO_CSR_SPARSE_MATRIX).input(cx.y(0)?).input(cx.dy(1)?).input(cx.y(2)?);
    cx.set(0, matrix.one())
}

fn components_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if cx.at_run_time() {
        return Ok(());
    }
    if cx.input(1).rank().is_some_and(|rank| rank != 0) {
        bail!(invalid_argument, "index must be a scalar.");
    }
    cx.with_rank(0, 0)?;
    let shape = known(cx, 0);
    let rows = shape.rank().and_then(|rank| shape.dim(rank.checked_sub(2)?));
    cx.set(0, PartialShape::new([rows.map(|rows| rows + 1)]));
    cx.set(1, PartialShape::of_rank(1));
    cx.set(2, PartialShape::of_rank(1));
    Ok(())
}

fn components(cx: &mut KernelCtx<'_>) -> Result<()> {
    let matrix =
        typed(cx, |asked, found| format!("dtype of input is not equal to 'type': {found} vs. {asked}"))?;
    let index = cx.input(1)?;
    ensure!(
        index.rank() == 0,
        invalid_argument,
        "index should be a scalar, but saw: Tensor<type: int32 shape: {} values: {}>",
        PartialShape::from(index.shape()).cpp(),
        ferroflow_core::print::cpp_elements(index, 3).join(" ")
    );
    let (index, count) = (cx.int_value(1)?, matrix.count());
    let Some(number) = usize::try_from(index).ok().filter(|number| *number < count) else {
        bail!(invalid_argument, "index ({index}) not in [0, {count})");
    };
    let start = matrix.start(number);
    let end = start + matrix.entries_of(number);
    let picks: Vec<(usize, usize)> = (start..end).map(|entry| (0, entry)).collect();
    let rows = NdArray::vector(matrix.ends(number).iter().map(|&end| end as i32).collect());
    let columns = NdArray::vector(matrix.columns[start..end].iter().map(|&column| column as i32).collect());
    let values = picked(&[&matrix.values], &picks)?;
    cx.set(0, rows)?;
    cx.set(1, columns)?;
    cx.set(2, values)
}

fn nnz_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        cx.with_rank(0, 0)?;
        let shape = known(cx, 0);
        match shape.rank() {
            Some(3) => cx.set(0, PartialShape::new([shape.dim(0)])),
            Some(_) => cx.set(0, PartialShape::scalar()),
            None => cx.set_all_unknown(),
        }
    }
    Ok(())
}

fn nnz(cx: &mut KernelCtx<'_>) -> Result<()> {
    let matrix = Csr::of(cx, 0)?;
    let counts: Vec<i32> = (0..matrix.count()).map(|number| matrix.entries_of(number) as i32).collect();
    let counts = match matrix.sizes.len() {
        2 => NdArray::scalar(counts.first().copied().unwrap_or(0)),
        _ => NdArray::vector(counts),
    };
    cx.set(0, counts)
}
