//! DenseCountSparseOutput, SparseCountSparseOutput, RaggedCountSparseOutput: how often each whole number occurs in each row,
//! or what it weighs, as a sparse array of those that occur.

use ferroflow_core::{
    Element, Grad, KernelCtx, NdArray, OpDef, PartialShape, Result, Shape, ShapeCtx, bail, dispatch, ensure,
};
use num_traits::One;
use std::collections::BTreeMap;

fn set_outputs(cx: &mut ShapeCtx<'_>, rank: Option<usize>) {
    cx.set(0, PartialShape::new([None, rank]));
    cx.set(1, PartialShape::of_rank(1));
    cx.set(2, PartialShape::new([rank]));
}

fn dense_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        let values = cx.input(0);
        let rank = values.rank();
        ensure!(
            matches!(rank, None | Some(1 | 2)),
            invalid_argument,
            "Input must be a 1 or 2-dimensional tensor. Got: {}",
            values.cpp()
        );
        let weights = cx.input(1);
        if weights.num_elements().is_some_and(|count| count > 0) {
            cx.merge(&weights, &values)?;
        }
        set_outputs(cx, rank);
    }
    Ok(())
}

fn sparse_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        cx.with_rank(0, 2)?;
        let rank = cx.input(2).dim(0);
        set_outputs(cx, rank);
    }
    Ok(())
}

fn ragged_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        set_outputs(cx, Some(2));
    }
    Ok(())
}

/// Rows whose numbers are counted: each value with the row it is in.
struct Rows {
    count: usize,
    /// Whether the result has an axis for the rows.
    is_flat: bool,
    of_values: Vec<usize>,
}

fn check_values(cx: &KernelCtx<'_>, values: usize) -> Result<()> {
    let is_counted = cx.ints(values)?.iter().all(|value| *value >= 0);
    ensure!(is_counted, invalid_argument, "Input values must all be non-negative");
    Ok(())
}

fn check_weights(cx: &KernelCtx<'_>, values: usize, weights: usize, name: &str) -> Result<()> {
    let (values, weights) = (cx.input(values)?, cx.input(weights)?);
    ensure!(
        weights.is_empty() || weights.shape() == values.shape(),
        invalid_argument,
        "Weights and {name} must have the same shape. Weight shape: {}; {name} shape: {}",
        weights.shape(),
        values.shape()
    );
    Ok(())
}

fn count(cx: &mut KernelCtx<'_>, values: usize, weights: usize, rows: &Rows) -> Result<()> {
    match cx.dtype("output_type")? {
        dtype if dtype.is_integer() => {
            dispatch!(dtype, INDICES, |T| count_as::<T>(cx, values, weights, rows, T::wrapping_add))
        }
        dtype => {
            dispatch!(dtype, FLOATS, |T| count_as::<T>(cx, values, weights, rows, |sum, weight| sum + weight))
        }
    }
}

fn count_as<T: Element + Copy + One>(
    cx: &mut KernelCtx<'_>,
    values: usize,
    weights: usize,
    rows: &Rows,
    add: impl Fn(T, T) -> T,
) -> Result<()> {
    let (values, weights) = (cx.ints(values)?, cx.slice::<T>(weights)?);
    let (least, most) = (cx.int("minlength")?, cx.int("maxlength")?);
    let is_binary = cx.bool("binary_output")?;
    let mut counts: BTreeMap<(usize, i64), T> = BTreeMap::new();
    let mut largest = 0;
    for (position, (&value, &row)) in values.iter().zip(&rows.of_values).enumerate() {
        if value < 0 || (most > 0 && value >= most) {
            continue;
        }
        largest = largest.max(value);
        let weight = weights.get(position).copied().unwrap_or_else(T::one);
        let count = counts.entry((row, value)).or_default();
        *count = if is_binary { T::one() } else { add(*count, weight) };
    }
    let width = if most > 0 { most } else { least.max(largest.saturating_add(1)) };
    let (mut places, mut found) = (Vec::new(), Vec::new());
    for ((row, value), count) in counts {
        if !rows.is_flat {
            places.push(row as i64);
        }
        places.push(value);
        found.push(count);
    }
    let rank = if rows.is_flat { 1 } else { 2 };
    cx.set(0, NdArray::from_shape(Shape::new(&[found.len(), rank])?, places)?)?;
    cx.set(1, NdArray::vector(found))?;
    cx.set(2, NdArray::vector(if rows.is_flat { vec![width] } else { vec![rows.count as i64, width] }))
}

fn dense_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let values = cx.input(0)?;
    ensure!(
        matches!(values.rank(), 1 | 2),
        invalid_argument,
        "Input must be a 1 or 2-dimensional tensor. Got: {}",
        values.shape()
    );
    check_values(cx, 0)?;
    check_weights(cx, 0, 1, "data")?;
    let is_flat = values.rank() == 1;
    let count_of_rows = if is_flat { 1 } else { values.shape()[0] };
    ensure!(count_of_rows != 0, invalid_argument, "Invalid input: Shapes dimension cannot be 0.");
    let width = (values.len() / count_of_rows).max(1);
    let of_values = (0..values.len()).map(|position| position / width).collect();
    count(cx, 0, 1, &Rows { count: count_of_rows, is_flat, of_values })
}

fn sparse_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (indices, values, sizes) = (cx.input(0)?, cx.input(1)?, cx.input(2)?);
    ensure!(
        indices.rank() == 2,
        invalid_argument,
        "Input indices must be a 2-dimensional tensor. Got: {}",
        indices.shape()
    );
    ensure!(values.rank() == 1, invalid_argument, "Input values must be a vector. Got: {}", values.shape());
    ensure!(sizes.rank() == 1, invalid_argument, "Input shape must be a vector. Got: {}", sizes.shape());
    let (rows, rank) = (indices.shape()[0], indices.shape()[1]);
    ensure!(
        values.len() == rows,
        invalid_argument,
        "Number of values must match first dimension of indices.Got {} values, indices shape: {}",
        values.len(),
        indices.shape()
    );
    ensure!(
        sizes.len() == rank,
        invalid_argument,
        "Number of dimensions must match second dimension of indices.Got {} dimensions, indices shape: {}",
        sizes.len(),
        indices.shape()
    );
    ensure!(!sizes.is_empty(), invalid_argument, "The shape argument requires at least one element.");
    let shown = format!(
        "Tensor<type: int64 shape: {} values: {}>",
        sizes.shape(),
        ferroflow_core::print::cpp_elements(sizes, 3).join(" ")
    );
    let (places, sizes) = (cx.ints(0)?, cx.ints(2)?);
    for (position, place) in places.chunks(rank).enumerate() {
        for (axis, (at, size)) in place.iter().zip(&sizes).enumerate() {
            ensure!(
                (0..*size).contains(at),
                invalid_argument,
                "Invalid index value at {position}: dimension {axis} has value {at} which is not in [0, {size}) (as \
                 given by dense shape {shown}"
            );
        }
    }
    check_values(cx, 1)?;
    check_weights(cx, 1, 3, "values")?;
    let is_flat = sizes.len() == 1;
    let batches = if is_flat { 1 } else { sizes[0] };
    let Some(batches) = usize::try_from(batches).ok().filter(|count| (1..i32::MAX as usize).contains(count))
    else {
        bail!(invalid_argument, "Cannot allocate {batches} batches, is the dense shape too wide?");
    };
    let of_values = places.chunks(rank).map(|place| if is_flat { 0 } else { place[0] as usize }).collect();
    count(cx, 1, 3, &Rows { count: batches, is_flat, of_values })
}

fn ragged_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let splits = cx.ints(0)?;
    let total = cx.input(1)?.len();
    check_weights(cx, 1, 2, "values")?;
    let (Some(&first), Some(&last), true) = (splits.first(), splits.last(), splits.len() > 1) else {
        bail!(invalid_argument, "Must provide at least 2 elements for the splits argument");
    };
    ensure!(first == 0, invalid_argument, "Splits must start with 0, not with {first}");
    ensure!(
        last == total as i64,
        invalid_argument,
        "Splits must end with the number of values, got {last} instead of {total}"
    );
    check_values(cx, 1)?;
    let mut of_values = Vec::with_capacity(total);
    let mut row = 0;
    for position in 0..total {
        // The last split is the number of values, so that the row exists.
        while splits.get(row + 1).is_some_and(|end| *end <= position as i64) {
            row += 1;
        }
        of_values.push(row);
    }
    count(cx, 1, 2, &Rows { count: splits.len() - 1, is_flat: false, of_values })
}

pub(crate) static DENSE_COUNT_SPARSE_OUTPUT: OpDef = OpDef {
    name: "DenseCountSparseOutput",
    shape: dense_shape,
    kernel: Some(dense_kernel),
    grad: Grad::Missing,
    ..OpDef::NEW
};

pub(crate) static SPARSE_COUNT_SPARSE_OUTPUT: OpDef = OpDef {
    name: "SparseCountSparseOutput",
    shape: sparse_shape,
    kernel: Some(sparse_kernel),
    grad: Grad::Missing,
    ..OpDef::NEW
};

pub(crate) static RAGGED_COUNT_SPARSE_OUTPUT: OpDef = OpDef {
    name: "RaggedCountSparseOutput",
    shape: ragged_shape,
    kernel: Some(ragged_kernel),
    grad: Grad::Missing,
    ..OpDef::NEW
};
