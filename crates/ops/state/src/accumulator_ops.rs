//! ConditionalAccumulator, AccumulatorApplyGradient, SparseAccumulatorTakeGradient, ... : the ops on sums of gradients.

use crate::accumulator::{Accumulator, Gradient, Slices};
use crate::op_table::ops;
use crate::target::{handle, named_resource, two_strings};
use ferroflow_core::{DType, Grad, KernelCtx, NdArray, OpDef, Result, ShapeCtx, bail, ensure, shape_fn};
use std::sync::Arc;

/// The dtypes that TensorFlow adds gradients up in.
const TYPES: &[(&str, &[DType])] = &[("dtype", &[DType::FLOAT32, DType::FLOAT64, DType::HALF])];

pub(crate) static CONDITIONAL_ACCUMULATOR: OpDef = OpDef {
    name: "ConditionalAccumulator",
    shape: two_strings,
    kernel: Some(create_kernel),
    grad: Grad::Missing,
    types: TYPES,
    ..OpDef::NEW
};

pub(crate) static SPARSE_CONDITIONAL_ACCUMULATOR: OpDef = OpDef {
    name: "SparseConditionalAccumulator",
    shape: two_strings,
    kernel: Some(create_kernel),
    grad: Grad::Missing,
    types: TYPES,
    ..OpDef::NEW
};

pub(crate) static RESOURCE_CONDITIONAL_ACCUMULATOR: OpDef = OpDef {
    name: "ResourceConditionalAccumulator",
    shape: resource_shape,
    kernel: Some(create_kernel),
    grad: Grad::Missing,
    types: TYPES,
    ..OpDef::NEW
};

/// The handle is a scalar; TensorFlow 2.21 takes it for two strings while a graph is built.
fn resource_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if cx.at_run_time() { shape_fn::scalar(cx) } else { shape_fn::unknown(cx) }
}

fn create_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (dtype, shape) = (cx.dtype("dtype")?, cx.shape("shape")?.clone());
    let mean = cx.str("reduction_type")? == "MEAN";
    named_resource(cx, |_| Ok(Accumulator::new(dtype, shape, mean))).map(|_| ())
}

fn accumulator(cx: &KernelCtx<'_>) -> Result<Arc<Accumulator>> {
    handle(cx, 0)?.lookup::<Accumulator>(&cx.env().resources)
}

/// The accumulator, which must be of the op's dtype.
fn accumulator_of(cx: &KernelCtx<'_>) -> Result<Arc<Accumulator>> {
    let (accumulator, dtype) = (accumulator(cx)?, cx.dtype("dtype")?);
    ensure!(
        accumulator.dtype == dtype,
        invalid_argument,
        "Expected gradients of type {}, got {}",
        accumulator.dtype.cpp_name(),
        dtype.cpp_name()
    );
    Ok(accumulator)
}

/// A scalar at input 1, which the shape function has checked.
fn scalar_input(cx: &ShapeCtx<'_>, name: &str) -> Result<()> {
    let shape = cx.input(1);
    let Some(rank) = shape.rank().filter(|rank| *rank != 0) else { return Ok(()) };
    Err(cx.mismatch(
        format!("Argument {name} must be scalar, but had bad shape {}", shape.cpp()),
        format!("Shape must be rank 0 but is rank {rank}"),
    ))
}

fn step_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    scalar_input(cx, "local_step")
}

fn apply_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (accumulator, step, gradient) = (accumulator_of(cx)?, cx.int_value(1)?, cx.take(2)?);
    let shape = gradient.shape().clone();
    accumulator.apply(step, Gradient::Dense(gradient), |sum| match sum {
        None => {
            ensure!(
                accumulator.shape.admits(&shape),
                invalid_argument,
                "Shape mismatch: expected {}, got {shape}",
                accumulator.shape.cpp()
            );
            Ok(())
        }
        Some(Gradient::Dense(sum)) => {
            ensure!(
                *sum.shape() == shape,
                invalid_argument,
                "Shape mismatch: expected {}, got {shape}",
                sum.shape()
            );
            Ok(())
        }
        Some(Gradient::Slices(_)) => bail!(invalid_argument, "Expected a sparse gradient, got a dense one"),
    })
}

fn sparse_apply_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (accumulator, step) = (accumulator_of(cx)?, cx.int_value(1)?);
    let (indices, values) = (cx.input(2)?, cx.input(3)?.clone());
    let known_shape = if cx.bool("has_known_shape")? { Some(cx.ints(4)?) } else { None };
    ensure!(
        indices.rank() == 1,
        invalid_argument,
        "Input indices should be vector but received shape: {}",
        indices.shape()
    );
    let count = indices.len();
    ensure!(values.rank() >= 1, invalid_argument, "Values cannot be 0-dimensional.");
    ensure!(
        values.shape()[0] == count,
        invalid_argument,
        "Expected {count} non-empty input values, got {}",
        values.shape()[0]
    );
    let places = cx.ints(2)?;
    let gradient = Gradient::Slices(Slices::new(places.clone(), values.clone()));
    accumulator.apply(step, gradient, |sum| {
        check_slices(&accumulator, &places, &values, known_shape.as_deref(), sum)
    })
}

/// Refuses slices that are not of the accumulator's shape, or not of the sum's.
fn check_slices(
    accumulator: &Accumulator,
    places: &[i64],
    values: &NdArray,
    known_shape: Option<&[i64]>,
    sum: Option<&Gradient>,
) -> Result<()> {
    let expected = accumulator.shape.dims().unwrap_or_default();
    let (rank, dims) = (expected.len(), values.shape().dims());
    if let Some(shape) = known_shape {
        ensure!(
            rank <= shape.len(),
            invalid_argument,
            "Shape mismatch: expected shape rank at least {rank}, got {}",
            shape.len()
        );
        for (axis, (expected, &size)) in expected.iter().zip(shape).enumerate() {
            if let Some(expected) = expected.filter(|expected| *expected as i64 != size) {
                bail!(
                    invalid_argument,
                    "Shape mismatch: expected shape dim {axis} to be {expected}, got {size}"
                );
            }
        }
    }
    if let Some(Some(limit)) = expected.first() {
        let outside = places.iter().position(|place| *place >= *limit as i64);
        if let Some(slice) = outside {
            bail!(
                invalid_argument,
                "Shape mismatch: index of slice {slice} exceeded limits of shape; index is {} exceeded {limit}",
                places[slice]
            );
        }
    }
    let inner: Vec<Option<usize>> = match sum {
        None => {
            ensure!(
                rank <= dims.len(),
                invalid_argument,
                "Shape mismatch: expected values rank at least {rank}, got {}",
                dims.len()
            );
            expected.iter().skip(1).copied().collect()
        }
        Some(Gradient::Slices(sum)) => {
            let held = sum.values.shape().dims();
            ensure!(
                held.len() == dims.len(),
                invalid_argument,
                "Shape mismatch: expected values rank {}, got {}",
                held.len(),
                dims.len()
            );
            held[1..].iter().copied().map(Some).collect()
        }
        Some(Gradient::Dense(_)) => bail!(invalid_argument, "Expected a dense gradient, got a sparse one"),
    };
    for (axis, (expected, &size)) in inner.iter().zip(&dims[1..]).enumerate() {
        if let Some(expected) = expected.filter(|expected| *expected != size) {
            bail!(
                invalid_argument,
                "Shape mismatch: expected values dim {} to be {expected}, got {size}",
                axis + 1
            );
        }
    }
    Ok(())
}

fn count_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let count = accumulator(cx)?.count();
    cx.set(0, NdArray::scalar(count as i32))
}

fn set_step_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    // TensorFlow 2.21 calls the step `num_required` here.
    scalar_input(cx, "num_required")
}

fn set_step_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    accumulator(cx)?.set_step(cx.int_value(1)?);
    Ok(())
}

fn take_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    scalar_input(cx, "num_required")?;
    shape_fn::unknown(cx)
}

fn take(cx: &KernelCtx<'_>) -> Result<Gradient> {
    let required = cx.int_value(1)?;
    let Some(count) = u32::try_from(required).ok().filter(|count| *count > 0) else {
        bail!(invalid_argument, "Argument num_required must be positive, but was {required}");
    };
    accumulator_of(cx)?.take(count, cx.env())
}

fn take_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    match take(cx)? {
        Gradient::Dense(gradient) => cx.set(0, gradient),
        Gradient::Slices(_) => bail!(invalid_argument, "The accumulator holds sparse gradients"),
    }
}

fn sparse_take_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let first = accumulator(cx)?.shape.dims().and_then(|dims| dims.first().copied().flatten());
    let Gradient::Slices(slices) = take(cx)? else {
        bail!(invalid_argument, "The accumulator holds dense gradients");
    };
    let mut shape = slices.values.shape().to_i64();
    if let Some(size) = shape.first_mut() {
        *size = first.map_or(-1, |size| size as i64);
    }
    cx.set(0, NdArray::vector(slices.indices))?;
    cx.set(1, slices.values)?;
    cx.set(2, NdArray::vector(shape))
}

ops! {
    grad: Grad::Missing;
    ACCUMULATOR_APPLY_GRADIENT "AccumulatorApplyGradient" step_shape, apply_kernel;
    ACCUMULATOR_NUM_ACCUMULATED "AccumulatorNumAccumulated" shape_fn::scalar, count_kernel;
    ACCUMULATOR_SET_GLOBAL_STEP "AccumulatorSetGlobalStep" set_step_shape, set_step_kernel;
    ACCUMULATOR_TAKE_GRADIENT "AccumulatorTakeGradient" take_shape, take_kernel;
    RESOURCE_ACCUMULATOR_APPLY_GRADIENT "ResourceAccumulatorApplyGradient" step_shape, apply_kernel;
    RESOURCE_ACCUMULATOR_NUM_ACCUMULATED "ResourceAccumulatorNumAccumulated" shape_fn::scalar, count_kernel;
    RESOURCE_ACCUMULATOR_SET_GLOBAL_STEP "ResourceAccumulatorSetGlobalStep" set_step_shape, set_step_kernel;
    RESOURCE_ACCUMULATOR_TAKE_GRADIENT "ResourceAccumulatorTakeGradient" take_shape, take_kernel;
    SPARSE_ACCUMULATOR_APPLY_GRADIENT "SparseAccumulatorApplyGradient" step_shape, sparse_apply_kernel;
    SPARSE_ACCUMULATOR_TAKE_GRADIENT "SparseAccumulatorTakeGradient" take_shape, sparse_take_kernel;
}
