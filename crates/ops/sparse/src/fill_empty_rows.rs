//! SparseFillEmptyRows, RaggedFillEmptyRows and their gradients: rows without an entry get one.

use crate::entries::{Entries, Number, most_rows, picked, place_array};
use ferroflow_core::{
    Grad, GradCtx, IntoOperand, KernelCtx, NdArray, Op, OpDef, PartialShape, Result, ShapeCtx, Tensor, bail,
    dispatch, ensure, reserve,
};

/// The rows of values with one more value for each row that has none: `(value_rowids, values, empty_row_indicator,
/// reverse_index_map)`.
///
/// Source: `tf.ragged_fill_empty_rows` (op `RaggedFillEmptyRows`).
///
/// ```
/// use ferroflow_ops_sparse::ragged_fill_empty_rows;
/// let (rowids, values, is_empty, _) = ragged_fill_empty_rows([0i64, 2], [5, 6], 3i64, -1)?;
/// assert_eq!(rowids.numpy()?.as_slice::<i64>()?, [0, 1, 2]);
/// assert_eq!(values.numpy()?.as_slice::<i32>()?, [5, -1, 6]);
/// assert_eq!(is_empty.numpy()?.as_slice::<bool>()?, [false, true, false]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for rows that there are not.
pub fn ragged_fill_empty_rows(
    value_rowids: impl IntoOperand,
    values: impl IntoOperand,
    nrows: impl IntoOperand,
    default_value: impl IntoOperand,
) -> Result<(Tensor, Tensor, Tensor, Tensor)> {
    let op = Op::new(&RAGGED_FILL_EMPTY_ROWS).input(value_rowids).input(values).input(nrows);
    let [rowids, values, is_empty, origins] = op.input(default_value).outputs()?;
    Ok((rowids, values, is_empty, origins))
}

/// The gradients of [`ragged_fill_empty_rows`] by its values and its default value.
///
/// Source: `tf.ragged_fill_empty_rows_grad` (op `RaggedFillEmptyRowsGrad`).
///
/// # Errors
/// `InvalidArgument` for a map to places that there are not.
pub fn ragged_fill_empty_rows_grad(
    reverse_index_map: impl IntoOperand,
    grad_values: impl IntoOperand,
) -> Result<(Tensor, Tensor)> {
    let op = Op::new(&RAGGED_FILL_EMPTY_ROWS_GRAD).input(reverse_index_map).input(grad_values);
    let [values, default_value] = op.outputs()?;
    Ok((values, default_value))
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        let (indices, values, sizes) = (cx.with_rank(0, 2)?, cx.with_rank(1, 1)?, cx.with_rank(2, 1)?);
        cx.with_rank(3, 0)?;
        let count = cx.merge_dims(indices.dim(0), values.dim(0))?;
        let rank = cx.merge_dims(indices.dim(1), sizes.dim(0))?;
        let known = cx.input_as_shape(2)?;
        cx.set(0, PartialShape::new([None, rank]));
        cx.set(1, PartialShape::new([None]));
        cx.set(2, PartialShape::new([known.dim(0)]));
        cx.set(3, PartialShape::new([count]));
    }
    Ok(())
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (indices, values, sizes, default) = (cx.input(0)?, cx.input(1)?, cx.input(2)?, cx.input(3)?);
    ensure!(sizes.rank() == 1, invalid_argument, "dense_shape must be a vector, saw: {}", sizes.shape());
    ensure!(indices.rank() == 2, invalid_argument, "indices must be a matrix, saw: {}", indices.shape());
    ensure!(values.rank() == 1, invalid_argument, "values must be a vector, saw: {}", values.shape());
    ensure!(
        indices.shape()[0] == values.len(),
        invalid_argument,
        "The length of `values` ({}) must match the first dimension of `indices` ({}).",
        values.len(),
        indices.shape()[0]
    );
    ensure!(
        indices.shape()[1] == sizes.len(),
        invalid_argument,
        "The length of `dense_shape` ({}) must match the second dimension of `indices` ({}).",
        sizes.len(),
        indices.shape()[1]
    );
    ensure!(
        default.rank() == 0,
        invalid_argument,
        "default_value must be a scalar, saw: {}",
        default.shape()
    );
    ensure!(!sizes.is_empty(), invalid_argument, "Dense shape cannot be empty.");
    let entries = Entries { places: indices.to_i64_vec()?, values, sizes: sizes.to_i64_vec()? };
    let rank = entries.rank();
    ensure!(
        entries.sizes[0] >= 0,
        invalid_argument,
        "dense_shape[0] must be non-negative, saw: {}",
        entries.sizes[0]
    );
    let filled = Filled::new(entries.sizes[0], (0..entries.count()).map(|entry| entries.place(entry)[0]))?;
    let mut places = reserve(filled.order.len().saturating_mul(rank))?;
    for taken in &filled.order {
        match *taken {
            Ok(entry) => places.extend_from_slice(entries.place(entry)),
            Err(row) => {
                places.push(row as i64);
                places.resize(places.len() + rank - 1, 0);
            }
        }
    }
    cx.set(0, place_array(places, rank, filled.order.len())?)?;
    filled.give(cx, 1, 3)
}

/// The entries row by row, with one more for each row that has none.
struct Filled {
    /// An entry, or a row without any.
    order: Vec<std::result::Result<usize, usize>>,
    is_empty: Vec<bool>,
    /// Where each entry went.
    reverse: Vec<i64>,
}

impl Filled {
    fn new(rows: i64, row_of_entries: impl ExactSizeIterator<Item = i64>) -> Result<Filled> {
        let (count, total) = (row_of_entries.len(), most_rows(rows)?);
        ensure!(
            rows > 0 || count == 0,
            invalid_argument,
            "Received SparseTensor with dense_shape[0] = 0 but indices.shape[0] = {count}"
        );
        let mut by_row: Vec<Vec<usize>> = reserve(total)?;
        by_row.resize(total, Vec::new());
        for (entry, row) in row_of_entries.enumerate() {
            match usize::try_from(row).ok().and_then(|row| by_row.get_mut(row)) {
                Some(of_row) => of_row.push(entry),
                None => bail!(invalid_argument, "indices({entry}, 0) is invalid: {row} >= {rows}"),
            }
        }
        let (mut order, mut reverse) = (Vec::new(), vec![0i64; count]);
        for (row, of_row) in by_row.iter().enumerate() {
            if of_row.is_empty() {
                order.push(Err(row));
            }
            for &entry in of_row {
                reverse[entry] = order.len() as i64;
                order.push(Ok(entry));
            }
        }
        Ok(Filled { order, is_empty: by_row.iter().map(Vec::is_empty).collect(), reverse })
    }

    /// Sets the outputs behind the first, from the inputs of values and default.
    fn give(self, cx: &mut KernelCtx<'_>, values: usize, default: usize) -> Result<()> {
        let picks: Vec<_> = self.order.iter().map(|taken| taken.map_or((1, 0), |entry| (0, entry))).collect();
        let output = picked(&[cx.input(values)?, cx.input(default)?], &picks)?;
        cx.set(1, output)?;
        cx.set(2, NdArray::vector(self.is_empty))?;
        cx.set(3, NdArray::vector(self.reverse))
    }
}

fn ragged_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        let (rows, values) = (cx.with_rank(0, 1)?, cx.with_rank(1, 1)?);
        cx.with_rank(2, 0)?;
        cx.with_rank(3, 0)?;
        let count = cx.merge_dims(rows.dim(0), values.dim(0))?;
        cx.set(0, PartialShape::of_rank(1));
        cx.set(1, PartialShape::of_rank(1));
        cx.set(2, PartialShape::of_rank(1));
        cx.set(3, PartialShape::new([count]));
    }
    Ok(())
}

fn ragged_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (rows, values, total, default) = (cx.input(0)?, cx.input(1)?, cx.input(2)?, cx.input(3)?);
    ensure!(total.rank() == 0, invalid_argument, "nrows must be a scalar, saw: {}", total.shape());
    ensure!(rows.rank() == 1, invalid_argument, "value_rowids must be a vector, saw: {}", rows.shape());
    ensure!(values.rank() == 1, invalid_argument, "values must be a vector, saw: {}", values.shape());
    ensure!(
        rows.len() == values.len(),
        invalid_argument,
        "The length of `values` ({}) must match the first dimension of `value_rowids` ({}).",
        values.len(),
        rows.len()
    );
    ensure!(
        default.rank() == 0,
        invalid_argument,
        "default_value must be a scalar, saw: {}",
        default.shape()
    );
    let (rows, total) = (rows.as_slice::<i64>()?, cx.int_value(2)?);
    ensure!(total >= 0, invalid_argument, "Expected shape dimensions to be non-negative, got {total}");
    let filled = Filled::new(total, rows.iter().copied())?;
    let row_of =
        |taken: &std::result::Result<usize, usize>| taken.map_or_else(|row| row as i64, |entry| rows[entry]);
    let row_ids = NdArray::vector(filled.order.iter().map(row_of).collect::<Vec<i64>>());
    // Without any row TensorFlow (2.21) gives a matrix of no rows, against its own shape function.
    cx.set(0, row_ids)?;
    filled.give(cx, 1, 3)
}

fn ragged_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let gradient = Op::new(&RAGGED_FILL_EMPTY_ROWS_GRAD).input(cx.y(3)?).input(cx.dy(1)?);
    let [d_values, d_default] = gradient.outputs()?;
    cx.set(1, d_values)?;
    cx.set(3, d_default)
}

fn grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let gradient = Op::new(&SPARSE_FILL_EMPTY_ROWS_GRAD).input(cx.y(3)?).input(cx.dy(1)?);
    let [d_values, d_default] = gradient.outputs()?;
    cx.set(1, d_values)?;
    cx.set(3, d_default)
}

fn grad_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        let reverse = cx.with_rank(0, 1)?;
        cx.with_rank(1, 1)?;
        cx.set(0, reverse);
        cx.set(1, PartialShape::scalar());
    }
    Ok(())
}

fn grad_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (reverse, gradient) = (cx.input(0)?, cx.input(1)?);
    ensure!(
        reverse.rank() == 1,
        invalid_argument,
        "reverse_index_map must be a vector, saw: {}",
        reverse.shape()
    );
    ensure!(
        gradient.rank() == 1,
        invalid_argument,
        "grad_values must be a vector, saw: {}",
        gradient.shape()
    );
    let mut rows: Vec<usize> = reserve(reverse.len())?;
    let mut visited = vec![false; gradient.len()];
    for row in reverse.to_i64_vec()? {
        let Some(at) = usize::try_from(row).ok().filter(|at| *at < visited.len()) else {
            bail!(
                invalid_argument,
                "Elements in reverse index must be in [0, {}) but got {row}",
                visited.len()
            );
        };
        visited[at] = true;
        rows.push(at);
    }
    let (d_values, d_default) = dispatch!(gradient.dtype(), NUMBERS, |T| {
        let gradient = gradient.as_slice::<T>()?;
        let rest = gradient.iter().zip(&visited).filter(|(_, visited)| !**visited);
        let rest = rest.fold(T::default(), |sum, (value, _)| sum.plus(*value));
        let values: Vec<T> = rows.iter().map(|row| gradient[*row]).collect();
        Ok((NdArray::vector(values), NdArray::scalar(rest)))
    })?;
    cx.set(0, d_values)?;
    cx.set(1, d_default)
}

pub(crate) static SPARSE_FILL_EMPTY_ROWS: OpDef =
    OpDef { name: "SparseFillEmptyRows", shape, kernel: Some(kernel), grad: Grad::Fn(grad), ..OpDef::NEW };

pub(crate) static SPARSE_FILL_EMPTY_ROWS_GRAD: OpDef = OpDef {
    name: "SparseFillEmptyRowsGrad",
    shape: grad_shape,
    kernel: Some(grad_kernel),
    grad: Grad::Missing,
    ..OpDef::NEW
};

pub(crate) static RAGGED_FILL_EMPTY_ROWS: OpDef = OpDef {
    name: "RaggedFillEmptyRows",
    shape: ragged_shape,
    kernel: Some(ragged_kernel),
    grad: Grad::Fn(ragged_grad),
    ..OpDef::NEW
};

pub(crate) static RAGGED_FILL_EMPTY_ROWS_GRAD: OpDef = OpDef {
    name: "RaggedFillEmptyRowsGrad",
    shape: grad_shape,
    kernel: Some(grad_kernel),
    grad: Grad::Missing,
    ..OpDef::NEW
};
