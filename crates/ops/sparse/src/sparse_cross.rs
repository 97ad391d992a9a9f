//! SparseCross, SparseCrossV2, SparseCrossHashed: every way to take one feature of each column within a row.

use crate::cross::{Column, bucket, counts, crosses, dense_rows, fingerprints, hashed, joined, texts};
use crate::entries::{most_rows, place_array};
use ferroflow_core::hash::{fingerprint64, sip};
use ferroflow_core::{
    DType, Element, Grad, KernelCtx, NdArray, OpDef, PartialShape, Result, ShapeCtx, TString, bail, ensure,
    reserve,
};
use std::ops::Range;

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        cx.set(0, PartialShape::new([None, Some(2)]));
        cx.set(1, PartialShape::of_rank(1));
        cx.set(2, PartialShape::new([Some(2)]));
    }
    Ok(())
}

/// The inputs of an op, checked.
struct Inputs {
    values: Range<usize>,
    dense: Range<usize>,
    /// The rows of each sparse column.
    rows: Vec<Vec<(usize, usize)>>,
    batch: usize,
}

fn checked(cx: &KernelCtx<'_>, internal_type: Option<DType>) -> Result<Inputs> {
    let (indices, values, shapes, dense) = (cx.arg(0)?, cx.arg(1)?, cx.arg(2)?, cx.arg(3)?);
    let count = indices.len();
    for (position, index) in indices.clone().enumerate() {
        let shape = cx.input(index)?.shape();
        ensure!(
            shape.rank() == 2,
            invalid_argument,
            "Input indices should be a matrix but received shape {shape} at position {position}"
        );
        ensure!(
            shape[1] == 2,
            invalid_argument,
            "Expected D2 of index to be 2 got {} at position {position}",
            shape[1]
        );
    }
    ensure!(values.len() == count, invalid_argument, "Expected {count} input values, got {}", values.len());
    let is_of_wrong_type =
        |array: &NdArray| internal_type == Some(DType::STRING) && array.dtype() == DType::INT64;
    for (position, (index, places)) in values.clone().zip(indices.clone()).enumerate() {
        let (array, places) = (cx.input(index)?, cx.input(places)?.shape()[0]);
        ensure!(
            !is_of_wrong_type(array),
            invalid_argument,
            "Input values should be of internal type {} but received {}",
            DType::STRING.number(),
            DType::INT64.number()
        );
        ensure!(
            array.rank() == 1,
            invalid_argument,
            "Input values should be a vector but received shape {} at position {position}",
            array.shape()
        );
        ensure!(
            array.len() == places,
            invalid_argument,
            "Expected size of values to be {places} got {} at position {position}",
            array.len()
        );
    }
    for (position, index) in shapes.clone().enumerate() {
        let shape = cx.input(index)?.shape();
        ensure!(
            shape.rank() == 1,
            invalid_argument,
            "Input shapes should be a vector but received shape {shape} at position {position}"
        );
        ensure!(
            shape[0] == 2,
            invalid_argument,
            "shape should imply a 2D tensor, but got {shape} at position {position}"
        );
    }
    for (position, index) in dense.clone().enumerate() {
        let array = cx.input(index)?;
        ensure!(
            !is_of_wrong_type(array),
            invalid_argument,
            "Dense inputs should be of internal type {} but received {}",
            DType::STRING.number(),
            DType::INT64.number()
        );
        ensure!(
            array.rank() == 2,
            invalid_argument,
            "Dense inputs should be a matrix but received shape {} at position {position}",
            array.shape()
        );
    }
    let batch = match (shapes.clone().next(), dense.clone().next()) {
        (Some(index), _) => cx.ints(index)?[0],
        (None, Some(index)) => cx.input(index)?.shape()[0] as i64,
        (None, None) => 0,
    };
    for (position, index) in shapes.enumerate() {
        let found = cx.ints(index)?[0];
        ensure!(
            found == batch,
            invalid_argument,
            "Expected batch size {batch} got {found} at position {position}"
        );
    }
    for (position, index) in dense.clone().enumerate() {
        let found = cx.input(index)?.shape()[0];
        ensure!(
            found as i64 == batch,
            invalid_argument,
            "Expected batch size {batch} got {found} at dense tensor {position}"
        );
    }
    let batch = most_rows(batch)?;
    let mut rows = Vec::new();
    for index in indices {
        rows.push(rows_of(&cx.ints(index)?, batch)?);
    }
    Ok(Inputs { values, dense, rows, batch })
}

/// The entries of each row. An entry that is out of order ends all rows from its own on, as in TensorFlow (2.21).
fn rows_of(places: &[i64], batch: usize) -> Result<Vec<(usize, usize)>> {
    let mut rows = reserve(batch)?;
    let mut next = 0;
    for row in 0..batch {
        let first = next;
        while places.get(next * 2) == Some(&(row as i64)) {
            next += 1;
        }
        rows.push((first, next - first));
    }
    Ok(rows)
}

impl Inputs {
    fn columns<F>(
        &self,
        cx: &KernelCtx<'_>,
        sparse: impl Fn(&NdArray) -> Result<Vec<F>>,
        dense: impl Fn(&NdArray) -> Result<Vec<F>>,
    ) -> Result<Vec<Column<F>>> {
        let mut columns = Vec::new();
        for (index, rows) in self.values.clone().zip(&self.rows) {
            columns.push(Column { features: sparse(cx.input(index)?)?, rows: rows.clone() });
        }
        for index in self.dense.clone() {
            let matrix = cx.input(index)?;
            let rows = dense_rows(matrix.shape()[0], matrix.shape()[1])?;
            columns.push(Column { features: dense(matrix)?, rows });
        }
        Ok(columns)
    }

    /// Sets the outputs: the crosses as a sparse matrix.
    fn give<F, T: Element>(
        &self,
        cx: &mut KernelCtx<'_>,
        columns: &[Column<F>],
        join: impl Fn(&[&F]) -> T,
    ) -> Result<()> {
        let counts = counts(columns, self.batch)?;
        let values = crosses(columns, &counts, join)?;
        let mut places = reserve(values.len() * 2)?;
        for (row, &count) in counts.iter().enumerate() {
            places.extend((0..count).flat_map(|at| [row as i64, at as i64]));
        }
        let widest = counts.iter().max().copied().unwrap_or(0);
        cx.set(0, place_array(places, 2, values.len())?)?;
        cx.set(1, NdArray::vector(values))?;
        cx.set(2, NdArray::vector(vec![self.batch as i64, widest as i64]))
    }
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let inputs = checked(cx, Some(cx.dtype("internal_type")?))?;
    if cx.dtype("out_type")? == DType::STRING {
        let columns = inputs.columns(cx, texts, texts)?;
        return inputs.give(cx, &columns, |parts| joined(parts, b"_X_"));
    }
    let (key, buckets) = (cx.int("hash_key")? as u64, cx.int("num_buckets")?);
    let columns = inputs.columns(cx, fingerprints, fingerprints)?;
    inputs.give(cx, &columns, |parts| bucket(hashed(key, parts), buckets))
}

fn joined_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let inputs = checked(cx, None)?;
    let separator = cx.input(inputs.dense.end)?;
    ensure!(
        separator.rank() == 0,
        invalid_argument,
        "Input separator should be a scalar. Received: {}",
        shown(separator)
    );
    let separator = separator.item::<TString>()?;
    let columns = inputs.columns(cx, texts, texts)?;
    inputs.give(cx, &columns, |parts| joined(parts, &separator))
}

/// A tensor as messages show it.
fn shown(array: &NdArray) -> String {
    let elements = ferroflow_core::print::cpp_elements(array, 3).join(" ");
    format!("Tensor<type: {} shape: {} values: {elements}>", array.dtype().cpp_name(), array.shape())
}

/// The bytes of a number that are hashed: TensorFlow (2.21) takes as many as its enumeration of dtypes has, four.
fn hashed_bytes(value: i64) -> [u8; 4] {
    (value as i32).to_le_bytes()
}

fn hashed_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let inputs = checked(cx, None)?;
    let first = inputs.dense.end;
    let (Some(&buckets), Some(&is_strong)) =
        (cx.slice::<i64>(first)?.first(), cx.slice::<bool>(first + 1)?.first())
    else {
        bail!(invalid_argument, "num_buckets and strong_hash must be scalars");
    };
    let &[a, b] = cx.slice::<i64>(first + 2)? else {
        bail!(
            invalid_argument,
            "Input \"salt\" must have length 2 but has length {}",
            cx.input(first + 2)?.len()
        );
    };
    let key = [a as u64, b as u64];
    let strong = |values: &NdArray| match values.as_slice::<TString>() {
        Ok(texts) => Ok(texts.iter().map(|text| sip(text, key)).collect()),
        Err(_) => Ok(values.as_slice::<i64>()?.iter().map(|value| sip(&hashed_bytes(*value), key)).collect()),
    };
    let weak_sparse = |values: &NdArray| match values.as_slice::<i64>() {
        Ok(numbers) => Ok(numbers.iter().map(|value| fingerprint64(&hashed_bytes(*value))).collect()),
        Err(_) => fingerprints(values),
    };
    let columns = if is_strong {
        inputs.columns(cx, strong, strong)
    } else {
        inputs.columns(cx, weak_sparse, fingerprints)
    }?;
    inputs.give(cx, &columns, |parts| match parts {
        [first, rest @ ..] => bucket(hashed(**first, rest), buckets),
        [] => 0,
    })
}

pub(crate) static SPARSE_CROSS: OpDef =
    OpDef { name: "SparseCross", shape, kernel: Some(kernel), grad: Grad::None, ..OpDef::NEW };

pub(crate) static SPARSE_CROSS_V2: OpDef =
    OpDef { name: "SparseCrossV2", shape, kernel: Some(joined_kernel), grad: Grad::None, ..OpDef::NEW };

pub(crate) static SPARSE_CROSS_HASHED: OpDef =
    OpDef { name: "SparseCrossHashed", shape, kernel: Some(hashed_kernel), grad: Grad::None, ..OpDef::NEW };
