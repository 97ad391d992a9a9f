//! RandomUniform, RandomStandardNormal, TruncatedNormal, RandomUniformInt: numbers from a stream that each run of the
//! op continues.

use crate::distribution::{Distribution, STEPS_PER_OUTPUT, floats, ints_between};
pub(crate) use ferroflow_core::philox::reserve;
use ferroflow_core::{DType, Grad, KernelCtx, OpDef, Result, Shape, ShapeCtx, ensure};

/// The dtypes of random floats.
pub(crate) const FLOATS: &[DType] = &[DType::FLOAT32, DType::FLOAT64, DType::HALF, DType::BFLOAT16];

/// The shape that an input holds.
pub(crate) fn requested_shape(cx: &KernelCtx<'_>, index: usize) -> Result<Shape> {
    let requested = cx.input(index)?;
    ensure!(
        requested.rank() == 1,
        invalid_argument,
        "shape must be a vector of {{int32,int64}}, got shape {}",
        requested.shape()
    );
    Shape::from_i64(&requested.to_i64_vec()?)
}

/// The output has the shape that the first input holds.
pub(crate) fn shape_of_input(cx: &mut ShapeCtx<'_>) -> Result<()> {
    // The kernel words what is wrong with a shape at run time.
    if !cx.at_run_time() {
        cx.with_rank(0, 1)?;
        let shape = cx.input_as_shape(0)?;
        cx.set(0, shape);
    }
    Ok(())
}

fn float_kernel(cx: &mut KernelCtx<'_>, distribution: Distribution) -> Result<()> {
    let shape = requested_shape(cx, 0)?;
    let stream = reserve(cx, (shape.num_elements() as u64).wrapping_mul(STEPS_PER_OUTPUT))?;
    let output = floats(stream, cx.dtype("dtype")?, shape, distribution)?;
    cx.set(0, output)
}

/// Refuses bounds, at the two inputs from `first` on, that are known to be no scalars.
pub(crate) fn scalar_bounds(cx: &ShapeCtx<'_>, first: usize) -> Result<()> {
    for (index, name) in [(first, "minval"), (first + 1, "maxval")] {
        let bound = cx.input(index);
        ensure!(
            bound.rank().is_none_or(|rank| rank == 0),
            invalid_argument,
            "{name} must be a scalar; got a tensor of shape {}",
            bound.cpp()
        );
    }
    Ok(())
}

fn int_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        scalar_bounds(cx, 1)?;
    }
    shape_of_input(cx)
}

fn int_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shape = requested_shape(cx, 0)?;
    for (index, name) in [(1, "minval"), (2, "maxval")] {
        let bound = cx.input(index)?;
        ensure!(bound.rank() == 0, invalid_argument, "{name} must be 0-D, got shape {}", bound.shape());
    }
    let (low, high) = (cx.input(1)?.clone(), cx.input(2)?.clone());
    // An empty range is an error only where a number would come from it.
    if shape.num_elements() == 0 {
        let empty = ferroflow_core::NdArray::zeros(low.dtype(), shape)?;
        return cx.set(0, empty);
    }
    let steps = (shape.num_elements() as u64).wrapping_mul(STEPS_PER_OUTPUT);
    let output = ints_between(reserve(cx, steps)?, shape, &low, &high)?;
    cx.set(0, output)
}

pub(crate) static RANDOM_UNIFORM: OpDef = OpDef {
    name: "RandomUniform",
    shape: shape_of_input,
    kernel: Some(|cx| float_kernel(cx, Distribution::Uniform)),
    grad: Grad::None,
    types: &[("dtype", FLOATS)],
    ..OpDef::NEW
};

pub(crate) static RANDOM_STANDARD_NORMAL: OpDef = OpDef {
    name: "RandomStandardNormal",
    shape: shape_of_input,
    kernel: Some(|cx| float_kernel(cx, Distribution::Normal)),
    grad: Grad::None,
    types: &[("dtype", FLOATS)],
    ..OpDef::NEW
};

pub(crate) static TRUNCATED_NORMAL: OpDef = OpDef {
    name: "TruncatedNormal",
    shape: shape_of_input,
    kernel: Some(|cx| float_kernel(cx, Distribution::TruncatedNormal)),
    grad: Grad::None,
    types: &[("dtype", FLOATS)],
    ..OpDef::NEW
};

pub(crate) static RANDOM_UNIFORM_INT: OpDef = OpDef {
    name: "RandomUniformInt",
    shape: int_shape,
    kernel: Some(int_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};
