//! LinSpace: a number of points at equal distances between two ends.

use ferroflow_core::{
    DType, Grad, KernelCtx, OpDef, PartialShape, Result, ShapeCtx, dispatch, ensure, reserve,
};

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    for (index, name) in ["start", "stop", "num"].into_iter().enumerate() {
        let found = cx.input(index);
        if cx.at_run_time() {
            ensure!(
                found.rank() == Some(0),
                invalid_argument,
                "{name} must be a scalar, not shape {}",
                found.cpp()
            );
        } else {
            cx.with_rank(index, 0).map_err(|error| {
                let message = format!("{}\n\t for '{name}'", error.message());
                error.with_message(message)
            })?;
        }
    }
    let num = cx.int_value(2)?;
    if let Some(num) = num {
        ensure!(num > 0, invalid_argument, "Requires num > 0: {num}");
    }
    cx.set(0, PartialShape::new([num.and_then(|num| usize::try_from(num).ok())]));
    Ok(())
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    dispatch!(cx.dtype("T")?, FLOATS, |T| {
        let count = cx.output_shape(0)?.num_elements();
        let (start, stop) = (cx.input(0)?.item::<T>()?, cx.input(1)?.item::<T>()?);
        let mut points = reserve::<T>(count)?;
        let step = (stop - start) / (count.max(2) - 1) as T;
        points.extend((0..count).map(|index| start + step * index as T));
        // The end is hit exactly.
        if let [_, .., last] = points.as_mut_slice() {
            *last = stop;
        }
        cx.set_elements(0, points)
    })
}

pub(crate) static LIN_SPACE: OpDef = OpDef {
    name: "LinSpace",
    shape,
    kernel: Some(kernel),
    grad: Grad::None,
    types: &[("T", &[DType::FLOAT32, DType::FLOAT64])],
    ..OpDef::NEW
};
