//! Sparse tensors taken apart along their first axis, and put together again: what serialising and keeping them share.

use crate::entries::{Entries, listed, most_rows, picked, place_array};
use ferroflow_core::{DType, KernelCtx, NdArray, Result, ShapeCtx, bail, ensure, reserve};

/// A sparse tensor that stands for itself.
#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) indices: NdArray,
    pub(crate) values: NdArray,
    pub(crate) sizes: NdArray,
}

/// Checks the static ranks of the three parts.
pub(crate) fn check_ranks(cx: &ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        cx.with_rank(0, 2)?;
        cx.with_rank(1, 1)?;
        cx.with_rank(2, 1)?;
    }
    Ok(())
}

/// The first three inputs, of the ranks that the parts of a sparse tensor have.
pub(crate) fn read(cx: &KernelCtx<'_>) -> Result<Parts> {
    let (indices, values, sizes) = (cx.input(0)?, cx.input(1)?, cx.input(2)?);
    for (array, rank, name, kind) in
        [(indices, 2, "indices", "matrix"), (values, 1, "values", "vector"), (sizes, 1, "shape", "vector")]
    {
        ensure!(
            array.rank() == rank,
            invalid_argument,
            "Input {name} should be a {kind} but received shape {}",
            array.shape()
        );
    }
    Ok(Parts { indices: indices.clone(), values: values.clone(), sizes: sizes.clone() })
}

impl Parts {
    /// Refuses parts that do not fit each other.
    pub(crate) fn check_fit(&self) -> Result<()> {
        let (rows, rank) = (self.indices.shape()[0], self.indices.shape()[1]);
        ensure!(
            rows == self.values.len(),
            invalid_argument,
            "indices and values rows (indexing dimension) must match. (indices = {rows}, values = {})",
            self.values.len()
        );
        ensure!(rank == self.sizes.len(), invalid_argument, "Order length must be SparseTensor rank.");
        Ok(())
    }

    /// The sparse tensors that stand along the first axis, `None` where one has no entry.
    pub(crate) fn rows(&self) -> Result<Vec<Option<Parts>>> {
        let sizes = self.sizes.to_i64_vec()?;
        if let Some(size) = sizes.iter().find(|size| **size < 0) {
            bail!(invalid_argument, "Expected shape dimensions to be non-negative, got {size}");
        }
        self.check_fit()?;
        let entries = Entries { places: self.indices.to_i64_vec()?, values: &self.values, sizes };
        let rank = entries.rank();
        let count = most_rows(entries.sizes[0])?;
        for entry in 0..entries.count() {
            let (place, before) =
                (entries.place(entry), entry.checked_sub(1).map(|entry| entries.place(entry)));
            let is_inside = place.iter().zip(&entries.sizes).all(|(at, size)| (0..*size).contains(at));
            ensure!(
                is_inside,
                invalid_argument,
                "indices[{entry}] = [{}] is out of bounds: need 0 <= index < [{}]",
                listed(place),
                listed(&entries.sizes)
            );
            ensure!(
                before.is_none_or(|before| before <= place),
                invalid_argument,
                "indices[{entry}] = [{}] is out of order. Many sparse ops require sorted indices.\n    Use \
                 `tf.sparse.reorder` to create a correctly ordered copy.",
                listed(place)
            );
            ensure!(
                before != Some(place),
                invalid_argument,
                "indices[{entry}] = [{}] is repeated",
                listed(place)
            );
        }
        let sizes = NdArray::vector(entries.sizes[1..].to_vec());
        let mut rows = reserve(count)?;
        let mut next = 0;
        for row in 0..count {
            let first = next;
            while next < entries.count() && entries.place(next)[0] == row as i64 {
                next += 1;
            }
            if first == next {
                rows.push(None);
                continue;
            }
            let places = (first..next).flat_map(|entry| entries.place(entry)[1..].to_vec()).collect();
            let indices = place_array(places, rank - 1, next - first)?;
            let picks: Vec<_> = (first..next).map(|entry| (0, entry)).collect();
            rows.push(Some(Parts {
                indices,
                values: picked(&[&self.values], &picks)?,
                sizes: sizes.clone(),
            }));
        }
        Ok(rows)
    }

    /// What stands along the first axis where there is no entry.
    pub(crate) fn empty_row(&self) -> Result<Parts> {
        let sizes = self.sizes.to_i64_vec()?;
        Ok(Parts {
            indices: place_array(Vec::new(), sizes.len() - 1, 0)?,
            values: picked(&[&self.values], &[])?,
            sizes: NdArray::vector(sizes[1..].to_vec()),
        })
    }
}

/// Sets three outputs: sparse tensors of one rank stacked along new axes in front. Each of the other axes is as long
/// as the longest.
pub(crate) fn stack(cx: &mut KernelCtx<'_>, parts: &[Parts], outer: &[usize]) -> Result<()> {
    let Some(first) = parts.first() else { bail!(internal, "no sparse tensors to stack") };
    let mut sizes = first.sizes.to_i64_vec()?;
    let mut places = Vec::new();
    let mut picks = Vec::new();
    for (number, part) in parts.iter().enumerate() {
        for (size, own) in sizes.iter_mut().zip(part.sizes.to_i64_vec()?) {
            *size = own.max(*size);
        }
        let mut prefix = vec![0i64; outer.len()];
        let mut rest = number;
        for (at, size) in prefix.iter_mut().zip(outer).rev() {
            *at = (rest % size) as i64;
            rest /= size;
        }
        let own = part.indices.as_slice::<i64>()?;
        let rank = part.indices.shape()[1];
        for entry in 0..part.values.len() {
            places.extend_from_slice(&prefix);
            places.extend_from_slice(&own[entry * rank..(entry + 1) * rank]);
            picks.push((number, entry));
        }
    }
    let values: Vec<&NdArray> = parts.iter().map(|part| &part.values).collect();
    let values = picked(&values, &picks)?;
    let shape: Vec<i64> = outer.iter().map(|size| *size as i64).chain(sizes).collect();
    cx.set(0, place_array(places, shape.len(), picks.len())?)?;
    cx.set(1, values)?;
    cx.set(2, NdArray::vector(shape))
}

/// Refuses the values of a sparse tensor, the one of this number, that are not of the dtype asked for.
pub(crate) fn check_dtype(values: &NdArray, wanted: DType, number: usize) -> Result<()> {
    ensure!(
        values.dtype() == wanted,
        invalid_argument,
        "Requested SparseTensor of type {} but SparseTensor[{number}].values.dtype() == {}",
        wanted.cpp_name(),
        values.dtype().cpp_name()
    );
    Ok(())
}

/// Refuses a sparse tensor, the one of this number, whose values or sizes are not as many as its indices have rows and
/// columns.
pub(crate) fn check_counts(indices: &NdArray, values: &NdArray, number: usize) -> Result<()> {
    ensure!(
        indices.shape()[0] == values.len(),
        invalid_argument,
        "Expected row counts of SparseTensor[{number}].indices and SparseTensor[{number}].values to match but they do \
         not: {} vs. {}",
        indices.shape()[0],
        values.len()
    );
    Ok(())
}

/// The same for sizes.
pub(crate) fn check_columns(indices: &NdArray, columns: usize, number: usize) -> Result<()> {
    ensure!(
        indices.shape()[1] == columns,
        invalid_argument,
        "Expected column counts of SparseTensor[{number}].indices to match size of SparseTensor[{number}].shape but \
         they do not: {} vs. {columns}",
        indices.shape()[1]
    );
    Ok(())
}
