//! RaggedCross: every way to take one feature of each column within a row, for columns of all kinds.

use crate::cross::{Column, bucket, counts, crosses, dense_rows, fingerprints, hashed, joined, texts};
use crate::entries::most_rows;
use crate::ragged::verify_splits;
use ferroflow_core::{
    DType, Error, Grad, KernelCtx, NdArray, OpDef, PartialShape, Result, ShapeCtx, bail, ensure, reserve,
};

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (splits, sparse, dense) = (cx.arg(1)?, cx.arg(4)?, cx.arg(5)?);
    cx.set(0, PartialShape::of_rank(1));
    let with_rank = |cx: &ShapeCtx<'_>, index: usize, rank: usize| {
        let found = cx.with_rank(index, rank);
        found.map_err(|_| Error::invalid_argument(OTHER_RANK.trim_end_matches('.')))
    };
    let rows = match (splits.clone().next(), dense.clone().next(), sparse.clone().next()) {
        _ if cx.at_run_time() => None,
        (Some(index), ..) => with_rank(cx, index, 1)?.dim(0),
        (None, Some(index), _) => with_rank(cx, index, 2)?.dim(0).map(|rows| rows + 1),
        (None, None, Some(_)) => None,
        (None, None, None) => Some(1),
    };
    cx.set(1, PartialShape::new([rows]));
    Ok(())
}

const OTHER_RANK: &str = "tf.ragged.cross only supports inputs with rank=2.";
const OTHER_ROWS: &str = "inputs must all have the same batch dimension size.";

/// The number of rows, after all inputs were checked.
fn checked(cx: &KernelCtx<'_>) -> Result<usize> {
    let [values, splits, indices, entries, sizes, dense] =
        [cx.arg(0)?, cx.arg(1)?, cx.arg(2)?, cx.arg(3)?, cx.arg(4)?, cx.arg(5)?];
    ensure!(
        values.len() == splits.len(),
        invalid_argument,
        "ragged values and splits must have the same length"
    );
    ensure!(
        indices.len() == entries.len(),
        invalid_argument,
        "sparse indices and values must have the same length"
    );
    ensure!(
        values.len() + entries.len() + dense.len() == cx.str("input_order")?.len(),
        invalid_argument,
        "Invalid length for input_order"
    );
    for (values, splits) in values.zip(splits.clone()) {
        let (values, rank) = (cx.input(values)?, cx.input(splits)?.rank());
        ensure!(values.rank() == 1 && rank == 1, invalid_argument, "{OTHER_RANK}");
        verify_splits(&cx.ints(splits)?, values.len())?;
    }
    for (position, index) in sizes.clone().enumerate() {
        let (places, count) = (cx.input(indices.start + position)?, cx.input(entries.start + position)?);
        let size = cx.input(index)?;
        let is_whole = places.rank() == 2 && count.rank() == 1 && size.rank() == 1;
        ensure!(is_whole, invalid_argument, "Invalid SparseTensor {position}");
        ensure!(size.len() == 2, invalid_argument, "{OTHER_RANK}");
        // TensorFlow (2.21) reads beyond its buffers here.
        ensure!(
            places.shape()[0] == count.len() && places.shape()[1] == 2,
            invalid_argument,
            "Invalid SparseTensor {position}"
        );
    }
    for index in dense.clone() {
        ensure!(cx.input(index)?.rank() == 2, invalid_argument, "{OTHER_RANK}");
    }
    let mut rows = Vec::new();
    for index in splits {
        rows.push(cx.input(index)?.len() as i64 - 1);
    }
    for index in dense {
        rows.push(cx.input(index)?.shape()[0] as i64);
    }
    for index in sizes {
        rows.push(cx.ints(index)?[0]);
    }
    let first = rows.first().copied().unwrap_or(0);
    ensure!(rows.iter().all(|rows| *rows == first), invalid_argument, "{OTHER_ROWS}");
    most_rows(first)
}

/// The columns in the order in which they are crossed.
fn columns<F>(
    cx: &KernelCtx<'_>,
    batch: usize,
    features: fn(&NdArray) -> Result<Vec<F>>,
) -> Result<Vec<Column<F>>> {
    let mut ragged = cx.arg(0)?.zip(cx.arg(1)?);
    let mut sparse = cx.arg(2)?.zip(cx.arg(3)?);
    let mut dense = cx.arg(5)?;
    let order = cx.str("input_order")?;
    let [num_ragged, num_sparse, num_dense] = [cx.arg(0)?.len(), cx.arg(3)?.len(), dense.len()];
    let mut columns = Vec::new();
    for kind in order.chars() {
        let (values, rows) = match kind {
            'R' => {
                let Some((values, splits)) = ragged.next() else {
                    bail!(
                        invalid_argument,
                        "input_order \"{order}\" specifies reading a ragged tensor value at index {num_ragged} \
                         from a list of {num_ragged} values."
                    );
                };
                let splits = cx.ints(splits)?;
                (
                    values,
                    splits.windows(2).map(|pair| (pair[0] as usize, (pair[1] - pair[0]) as usize)).collect(),
                )
            }
            'S' => {
                let Some((indices, values)) = sparse.next() else {
                    bail!(
                        invalid_argument,
                        "input_order \"{order}\" specifies reading a sparse tensor value at index {num_sparse} \
                         from a list of {num_sparse} values."
                    );
                };
                (values, rows_of(&cx.ints(indices)?, batch)?)
            }
            'D' => {
                let Some(values) = dense.next() else {
                    bail!(
                        invalid_argument,
                        "input_order \"{order}\" specifies reading a dense tensor at index {num_dense} \
                         from a list of {num_dense} tensors."
                    );
                };
                let shape = cx.input(values)?.shape();
                (values, dense_rows(shape[0], shape[1])?)
            }
            _ => bail!(invalid_argument, "Unexpected input_order value."),
        };
        columns.push(Column { features: features(cx.input(values)?)?, rows });
    }
    Ok(columns)
}

/// The entries of each row: those that follow and are of no later row.
fn rows_of(places: &[i64], batch: usize) -> Result<Vec<(usize, usize)>> {
    let mut rows = reserve(batch)?;
    let mut next = 0;
    for row in 0..batch {
        let first = next;
        while places.get(next * 2).is_some_and(|place| *place <= row as i64) {
            next += 1;
        }
        rows.push((first, next - first));
    }
    Ok(rows)
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let batch = checked(cx)?;
    let (counts, values) = if cx.dtype("out_values_type")? == DType::STRING {
        let columns = columns(cx, batch, texts)?;
        let counts = counts(&columns, batch)?;
        let values = crosses(&columns, &counts, |parts| joined(parts, b"_X_"))?;
        (counts, NdArray::vector(values))
    } else {
        let (key, buckets) = (cx.int("hash_key")? as u64, cx.int("num_buckets")?);
        let columns = columns(cx, batch, fingerprints)?;
        let counts = counts(&columns, batch)?;
        let values = crosses(&columns, &counts, |parts| bucket(hashed(key, parts), buckets))?;
        (counts, NdArray::vector(values))
    };
    let mut splits = reserve(batch + 1)?;
    splits.push(0i64);
    let mut total = 0;
    for count in counts {
        total += count as i64;
        splits.push(total);
    }
    cx.set(0, values)?;
    let dtype = cx.dtype("out_row_splits_type")?;
    cx.set(1, NdArray::vector(splits).cast(dtype)?)
}

pub(crate) static RAGGED_CROSS: OpDef =
    OpDef { name: "RaggedCross", shape, kernel: Some(kernel), grad: Grad::Missing, ..OpDef::NEW };
