//! SparseBincount: how often each whole number occurs among the values of a sparse array, or in each of its rows, or what
//! it weighs.

use super::bincount::size;
use ferroflow_core::{
    Element, KernelCtx, NdArray, OpDef, PartialShape, Result, Shape, ShapeCtx, bail, dispatch, ensure, zeroed,
};
use num_traits::One;
use std::ops::Add;

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let size = size(cx, 3)?;
    if !cx.at_run_time() {
        let (indices, dense) = (cx.input(0), cx.input(2));
        if let (Some(_), Some(rank)) = (indices.rank(), dense.dim(0)) {
            match rank {
                1 => cx.set(0, PartialShape::new([size])),
                2 => {
                    let rows = cx.input_as_shape(2)?.dim(0);
                    cx.set(0, PartialShape::new([rows, size]));
                }
                _ => cx.set_all_unknown(),
            }
            return Ok(());
        }
    }
    cx.set_all_unknown();
    Ok(())
}

/// The checks that TensorFlow makes of every sparse input, in its words.
fn check(cx: &KernelCtx<'_>) -> Result<Vec<i64>> {
    let (indices, values, dense) = (cx.input(0)?, cx.input(1)?, cx.input(2)?);
    ensure!(
        indices.rank() == 2,
        invalid_argument,
        "Sparse indices must be rank 2 but is rank {}",
        indices.rank()
    );
    ensure!(
        values.rank() == 1,
        invalid_argument,
        "Sparse values must be rank 1 but is rank {}",
        values.rank()
    );
    ensure!(dense.rank() == 1, invalid_argument, "Sparse shape must be rank 1 but is rank {}", dense.rank());
    let [count, rank] = [indices.shape()[0], indices.shape()[1]];
    ensure!(
        count == values.len(),
        invalid_argument,
        "Number of elements in indices ({count}) and values ({}) do not match",
        values.len()
    );
    ensure!(
        rank == dense.len(),
        invalid_argument,
        "Index rank ({rank}) and shape rank ({}) do not match",
        dense.len()
    );
    let (places, sizes) = (cx.ints(0)?, cx.ints(2)?);
    for (row, place) in places.chunks(rank.max(1)).enumerate() {
        let is_inside = place.iter().zip(&sizes).all(|(place, size)| (0..*size).contains(place));
        let shown: Vec<String> = place.iter().map(i64::to_string).collect();
        ensure!(
            is_inside,
            invalid_argument,
            "Sparse index tuple indices[{row}, :] = [{}] is out of bounds",
            shown.join(", ")
        );
    }
    Ok(places)
}

fn run<T: Element + Copy + One + Add<Output = T>>(cx: &mut KernelCtx<'_>) -> Result<()> {
    cx.infer_shapes()?;
    let bins = usize::try_from(cx.int_value(3)?).unwrap_or_default();
    let (values, sizes, weights) = (cx.ints(1)?, cx.ints(2)?, cx.slice::<T>(4)?);
    ensure!(
        weights.is_empty() || weights.len() == values.len(),
        invalid_argument,
        "Input indices and weights must have the same size."
    );
    let places = check(cx)?;
    let is_flat = sizes.len() == 1;
    let shape = match sizes.as_slice() {
        [_] => Shape::new(&[bins])?,
        [rows, _] => Shape::from_i64(&[*rows, bins as i64])?,
        _ => bail!(invalid_argument, "Sparse shape must be rank 1 or 2"),
    };
    let mut counts = zeroed::<T>(shape.num_elements())?;
    let binary = cx.bool("binary_output")?;
    for (position, &value) in values.iter().enumerate() {
        let Ok(value) = usize::try_from(value) else {
            bail!(invalid_argument, "Input arr must be non-negative!");
        };
        if value >= bins {
            continue;
        }
        let row = if is_flat { 0 } else { places[2 * position] as usize };
        if let Some(bin) = counts.get_mut(row * bins + value) {
            let weight = weights.get(position).copied().unwrap_or_else(T::one);
            *bin = if binary { T::one() } else { *bin + weight };
        }
    }
    cx.set(0, NdArray::from_shape(shape, counts)?)
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.dtype("T")? {
        dtype if dtype.is_integer() => dispatch!(dtype, INDICES, |T| run::<T>(cx)),
        dtype => dispatch!(dtype, FLOATS, |T| run::<T>(cx)),
    }
}

pub(crate) static SPARSE_BINCOUNT: OpDef =
    OpDef { name: "SparseBincount", shape, kernel: Some(kernel), ..OpDef::NEW };
