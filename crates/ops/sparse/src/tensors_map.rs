//! AddSparseToTensorsMap, AddManySparseToTensorsMap, TakeManySparseFromTensorsMap: sparse tensors kept under numbers.

use crate::parts::{Parts, check_columns, check_counts, check_dtype, check_ranks, read, stack};
use ferroflow_core::{
    Grad, KernelCtx, NdArray, OpDef, PartialShape, Resource, Result, Shape, ShapeCtx, bail, ensure,
};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Sparse tensors under the numbers they were given, until they are taken.
#[derive(Default)]
struct TensorsMap {
    name: String,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    next: i64,
    tensors: HashMap<i64, Parts>,
}

impl Resource for TensorsMap {
    fn type_name(&self) -> &'static str {
        "tensorflow::SparseTensorsMap"
    }
    fn debug_string(&self) -> String {
        "A SparseTensorsMap".to_string()
    }
}

impl TensorsMap {
    /// The map that an op's attributes name; an op without a name for it has one of its own.
    fn of(cx: &KernelCtx<'_>, default: &str) -> Result<Arc<TensorsMap>> {
        let name = match cx.str("shared_name")? {
            "" => default,
            name => name,
        };
        let create = || Ok(TensorsMap { name: name.to_string(), ..TensorsMap::default() });
        cx.env().resources.get_or_create(cx.str("container")?, name, create)
    }

    fn add(&self, tensor: Parts) -> i64 {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let number = kept.next;
        kept.next += 1;
        kept.tensors.insert(number, tensor);
        number
    }

    fn take(&self, numbers: &[i64]) -> Result<Vec<Parts>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let mut taken = Vec::new();
        for number in numbers {
            match kept.tensors.remove(number) {
                Some(tensor) => taken.push(tensor),
                None => {
                    bail!(invalid_argument, "Unable to find SparseTensor: {number} in map: {}", self.name)
                }
            }
        }
        Ok(taken)
    }
}

fn add_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    check_ranks(cx)?;
    cx.set(0, Shape::scalar());
    Ok(())
}

fn add_many_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    check_ranks(cx)?;
    cx.set(0, PartialShape::of_rank(1));
    Ok(())
}

fn add_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let map = TensorsMap::of(cx, cx.node())?;
    let parts = read(cx)?;
    Shape::from_i64(&parts.sizes.to_i64_vec()?)?;
    parts.check_fit()?;
    cx.set(0, NdArray::scalar(map.add(parts)))
}

fn add_many_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let map = TensorsMap::of(cx, cx.node())?;
    let parts = read(cx)?;
    let (indices, values, sizes) = (parts.indices.shape(), parts.values.len(), parts.sizes.len());
    ensure!(
        values == indices[0],
        invalid_argument,
        "Number of values must match first dimension of indices. Got {values} values, indices shape: {indices}"
    );
    ensure!(
        sizes == indices[1],
        invalid_argument,
        "Number of dimensions must match second dimension of indices. Got {sizes} dimensions, indices shape: {indices}"
    );
    ensure!(sizes > 1, invalid_argument, "Rank of input SparseTensor should be > 1, but saw rank: {sizes}");
    let (rows, empty) = (parts.rows()?, parts.empty_row()?);
    // Rows without an entry are numbered after all others.
    let mut numbers: Vec<Option<i64>> = rows.into_iter().map(|row| row.map(|row| map.add(row))).collect();
    for number in &mut numbers {
        number.get_or_insert_with(|| map.add(empty.clone()));
    }
    cx.set(0, NdArray::vector(numbers.into_iter().flatten().collect::<Vec<i64>>()))
}

fn take_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        cx.with_rank(0, 1)?;
        cx.set(0, PartialShape::of_rank(2));
        cx.set(1, PartialShape::of_rank(1));
        cx.set(2, PartialShape::of_rank(1));
    }
    Ok(())
}

fn take_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let map = TensorsMap::of(cx, &format!("_0_{}", cx.node()))?;
    let numbers = cx.input(0)?;
    ensure!(
        numbers.rank() == 1,
        invalid_argument,
        "sparse_handles should be a vector but received shape {}",
        numbers.shape()
    );
    ensure!(
        !numbers.is_empty(),
        invalid_argument,
        "Must have at least 1 serialized SparseTensor, but input matrix has 0 rows"
    );
    let taken = map.take(numbers.as_slice::<i64>()?)?;
    let dtype = cx.dtype("dtype")?;
    let mut rank = None;
    for (number, part) in taken.iter().enumerate() {
        check_dtype(&part.values, dtype, number)?;
        check_counts(&part.indices, &part.values, number)?;
        check_columns(&part.indices, part.sizes.len(), number)?;
        let (own, first) = (part.sizes.len() + 1, *rank.get_or_insert(part.sizes.len() + 1));
        ensure!(
            own == first,
            invalid_argument,
            "Inconsistent rank across SparseTensors: rank prior to SparseTensor[{number}] was: {first} but rank of \
             SparseTensor[{number}] is: {own}"
        );
    }
    stack(cx, &taken, &[taken.len()])
}

pub(crate) static ADD_SPARSE_TO_TENSORS_MAP: OpDef = OpDef {
    name: "AddSparseToTensorsMap",
    shape: add_shape,
    kernel: Some(add_kernel),
    grad: Grad::Missing,
    ..OpDef::NEW
};

pub(crate) static ADD_MANY_SPARSE_TO_TENSORS_MAP: OpDef = OpDef {
    name: "AddManySparseToTensorsMap",
    shape: add_many_shape,
    kernel: Some(add_many_kernel),
    grad: Grad::Missing,
    ..OpDef::NEW
};

pub(crate) static TAKE_MANY_SPARSE_FROM_TENSORS_MAP: OpDef = OpDef {
    name: "TakeManySparseFromTensorsMap",
    shape: take_shape,
    kernel: Some(take_kernel),
    grad: Grad::Missing,
    ..OpDef::NEW
};
