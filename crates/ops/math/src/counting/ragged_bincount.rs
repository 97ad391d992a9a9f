//! RaggedBincount: how often each whole number occurs in each row of a ragged array, or what it weighs.

use super::bincount::size;
use ferroflow_core::{
    Element, KernelCtx, NdArray, OpDef, Result, Shape, ShapeCtx, bail, dispatch, ensure, zeroed,
};
use num_traits::One;
use std::ops::Add;

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    // Whatever is known is left to the kernel, as TensorFlow (2.21) leaves it.
    size(cx, 2)?;
    cx.set_all_unknown();
    Ok(())
}

fn run<T: Element + Copy + One + Add<Output = T>>(cx: &mut KernelCtx<'_>) -> Result<()> {
    cx.infer_shapes()?;
    let (splits, values) = (cx.ints(0)?, cx.ints(1)?);
    let bins = usize::try_from(cx.int_value(2)?).unwrap_or_default();
    let weights = cx.slice::<T>(3)?;
    let (Some(&first), Some(&last)) = (splits.first(), splits.last()) else {
        bail!(invalid_argument, "Splits must be non-empty");
    };
    ensure!(first == 0, invalid_argument, "Splits must start with 0, not with {first}");
    ensure!(
        usize::try_from(last).is_ok_and(|last| last == values.len()),
        invalid_argument,
        "Splits must end with the number of values, got {last} instead of {}",
        values.len()
    );
    let shape = Shape::new(&[splits.len() - 1, bins])?;
    let mut counts = zeroed::<T>(shape.num_elements())?;
    let mut row = 0;
    for (position, &value) in values.iter().enumerate() {
        // The last split is the number of values, so that the row exists.
        while splits.get(row + 1).is_some_and(|&end| end <= position as i64) {
            row += 1;
        }
        let Ok(value) = usize::try_from(value) else {
            bail!(invalid_argument, "Input must be non-negative");
        };
        if value >= bins {
            continue;
        }
        if let Some(bin) = counts.get_mut(row * bins + value) {
            let weight = if weights.is_empty() { Some(T::one()) } else { weights.get(position).copied() };
            *bin = if cx.bool("binary_output")? { T::one() } else { *bin + weight.unwrap_or_default() };
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

pub(crate) static RAGGED_BINCOUNT: OpDef =
    OpDef { name: "RaggedBincount", shape, kernel: Some(kernel), ..OpDef::NEW };
