//! Bincount, DenseBincount: how often each whole number occurs, or what it weighs.

use ferroflow_core::{
    Element, KernelCtx, OpDef, PartialShape, Result, ShapeCtx, bail, dispatch, ensure, zeroed,
};
use num_traits::One;
use std::ops::Add;

/// The number of bins, checked.
pub(super) fn size(cx: &ShapeCtx<'_>, input: usize) -> Result<Option<usize>> {
    cx.with_rank(input, 0)?;
    match cx.int_value(input)? {
        Some(size @ ..0) => bail!(invalid_argument, "size ({size}) must be non-negative"),
        size => Ok(size.and_then(|size| usize::try_from(size).ok())),
    }
}

fn flat_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let size = size(cx, 1)?;
    if cx.at_run_time() {
        let (values, weights) = (cx.input(0).num_elements(), cx.input(2).num_elements());
        ensure!(
            weights == Some(0) || weights == values,
            invalid_argument,
            "Input indices and weights must have the same size."
        );
    }
    cx.set(0, PartialShape::new([size]));
    Ok(())
}

fn dense_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (input, weights) = (cx.input(0), cx.input(2));
    if let Some(rank @ 3..) = input.rank() {
        bail!(invalid_argument, "Shape must be at most rank 2 but is rank {rank}");
    }
    let size = size(cx, 1)?;
    if cx.at_run_time() {
        ensure!(
            weights == input || weights.num_elements() == Some(0),
            invalid_argument,
            "`weights` must be the same shape as `arr` or a length-0 `Tensor`, in which case it acts as all weights \
             equal to 1. Received {}",
            weights.cpp()
        );
    }
    match input.dims() {
        None => cx.set_all_unknown(),
        Some([rows, _]) => cx.set(0, PartialShape::new([*rows, size])),
        Some(_) => cx.set(0, PartialShape::new([size])),
    }
    Ok(())
}

/// Counts rows of `length` values into rows of `bins`. Values from `bins` on are left out.
fn count<T: Element + Copy + One + Add<Output = T>>(
    cx: &mut KernelCtx<'_>,
    length: usize,
    bins: usize,
    binary: bool,
) -> Result<()> {
    let output = cx.output_shape(0)?;
    let values = cx.ints(0)?;
    let weights = cx.slice::<T>(2)?;
    let mut counts = zeroed::<T>(output.num_elements())?;
    for (position, &value) in values.iter().enumerate() {
        let Ok(value) = usize::try_from(value) else {
            bail!(invalid_argument, "Input arr must be non-negative!");
        };
        if value >= bins {
            continue;
        }
        if let Some(bin) = counts.get_mut(position / length.max(1) * bins + value) {
            let weight = weights.get(position).copied().unwrap_or_else(T::one);
            *bin = if binary { T::one() } else { *bin + weight };
        }
    }
    cx.set_elements(0, counts)
}

fn flat_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let bins = cx.output_shape(0)?.num_elements();
    let length = cx.input(0)?.len();
    match cx.dtype("T")? {
        dtype if dtype.is_integer() => dispatch!(dtype, INDICES, |T| count::<T>(cx, length, bins, false)),
        dtype => dispatch!(dtype, FLOATS, |T| count::<T>(cx, length, bins, false)),
    }
}

fn dense_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let binary = cx.bool("binary_output")?;
    let bins = cx.output_shape(0)?.dims().last().copied().unwrap_or(0);
    let length = match cx.input(0)?.shape().dims() {
        [_, length] => *length,
        _ => cx.input(0)?.len(),
    };
    match cx.dtype("T")? {
        dtype if dtype.is_integer() => dispatch!(dtype, INDICES, |T| count::<T>(cx, length, bins, binary)),
        dtype => dispatch!(dtype, FLOATS, |T| count::<T>(cx, length, bins, binary)),
    }
}

pub(crate) static BINCOUNT: OpDef =
    OpDef { name: "Bincount", shape: flat_shape, kernel: Some(flat_kernel), ..OpDef::NEW };

pub(crate) static DENSE_BINCOUNT: OpDef =
    OpDef { name: "DenseBincount", shape: dense_shape, kernel: Some(dense_kernel), ..OpDef::NEW };
