//! BroadcastTo, BroadcastArgs: sizes of 1 repeated.

use crate::mover;
use crate::sizes::{joined, shape_from_sizes};
use crate::strided_read::StridedRead;
use ferroflow_core::{
    Grad, GradCtx, IntoOperand, KernelCtx, NdArray, Op, OpDef, PartialShape, Result, Shape, ShapeCtx, Tensor,
    bail,
};

/// The tensor repeated along its dimensions of size 1, and along new leading ones, to fill `shape`.
///
/// Source: `tf.broadcast_to` (op `BroadcastTo`).
///
/// ```
/// use ferroflow_ops_array::broadcast_to;
/// let rows = broadcast_to([1, 2], [2, 2])?;
/// assert_eq!(rows.numpy()?.as_slice::<i32>()?, [1, 2, 1, 2]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when the shapes are not compatible.
pub fn broadcast_to(input: impl IntoOperand, shape: impl IntoOperand) -> Result<Tensor> {
    Op::new(&BROADCAST_TO).input(input).input(shape).one()
}

/// The shape that tensors of two shapes broadcast to, computed when the program runs.
///
/// Source: `tf.broadcast_dynamic_shape` (op `BroadcastArgs`).
///
/// # Errors
/// `InvalidArgument` when the shapes do not broadcast.
pub fn broadcast_dynamic_shape(shape_x: impl IntoOperand, shape_y: impl IntoOperand) -> Result<Tensor> {
    Op::new(&BROADCAST_ARGS).input(shape_x).input(shape_y).one()
}

/// The shape that two known shapes broadcast to.
///
/// Source: `tf.broadcast_static_shape`.
///
/// # Errors
/// `ValueError` when they do not broadcast.
pub fn broadcast_static_shape(shape_x: &PartialShape, shape_y: &PartialShape) -> Result<PartialShape> {
    match shape_x.broadcast(shape_y) {
        Some(shape) => Ok(shape),
        None => bail!(value, "Incompatible shapes for broadcasting: {shape_x} and {shape_y}"),
    }
}

fn to_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let input = cx.input(0);
    if cx.at_run_time() {
        let shape_shape = cx.input(1);
        if shape_shape.rank() != Some(1) && shape_shape.num_elements() != Some(1) {
            bail!(
                invalid_argument,
                "shape must be a vector of {{int32,int64}}, got shape {}",
                shape_shape.cpp()
            );
        }
        let wanted = shape_from_sizes(&cx.ints(1)?.unwrap_or_default())?;
        let Some(found) = input.to_shape() else { return Ok(()) };
        if found.rank() > wanted.rank() {
            bail!(
                invalid_argument,
                "Rank of input ({}) must be no greater than rank of output shape ({}).",
                found.rank(),
                wanted.rank()
            );
        }
        if found.broadcast(&wanted).as_ref() != Some(&wanted) {
            bail!(invalid_argument, "Incompatible shapes: {found} vs. {wanted}");
        }
        cx.set(0, wanted);
        return Ok(());
    }
    cx.with_rank(1, 1)?;
    let wanted = cx.input_as_shape(1)?;
    if let (Some(found), Some(dims)) = (input.dims(), wanted.dims()) {
        if found.len() > dims.len() {
            bail!(invalid_argument, "Shape must be at most rank {} but is rank {}", dims.len(), found.len());
        }
        for (found, wanted) in found.iter().rev().zip(dims.iter().rev()) {
            if let (Some(found), Some(wanted)) = (found, wanted)
                && found != wanted
                && *found != 1
            {
                bail!(invalid_argument, "Dimensions must be equal, but are {found} and {wanted}");
            }
        }
    }
    cx.set(0, wanted);
    Ok(())
}

fn to_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shape = cx.output_shape(0)?;
    let input = cx.take(0)?;
    if input.len() == shape.num_elements() {
        return cx.set(0, input.into_shape(shape)?);
    }
    let repeated = spread(&input, &shape)?;
    cx.set(0, repeated)
}

/// The array repeated to fill a shape that it broadcasts to.
pub(crate) fn spread(input: &NdArray, shape: &Shape) -> Result<NdArray> {
    let leading = shape.rank().saturating_sub(input.rank());
    let strides = input.shape().strides();
    let stride_of = |axis: usize| match axis.checked_sub(leading) {
        Some(own) if input.shape()[own] != 1 => strides[own] as isize,
        _ => 0,
    };
    let dims: Vec<(usize, isize)> = (0..shape.rank()).map(|axis| (shape[axis], stride_of(axis))).collect();
    mover::run(&[input], shape.clone(), &StridedRead::new(dims, 0))
}

fn to_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (input, wanted, dy) = (cx.x(0)?, cx.x(1)?, cx.dy(0)?);
    let dtype = wanted.dtype().base();
    let own = Op::named("Shape").input(input).attr("out_type", dtype).one()?;
    let [_, axes] = Op::named("BroadcastGradientArgs").input(wanted).input(&own).outputs()?;
    let summed = Op::named("Sum").input(dy).input(axes).attr("keep_dims", true).one()?;
    cx.set(0, Op::named("Reshape").input(summed).input(own).one())
}

fn args_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let longest = match (vector_length(cx, 0)?, vector_length(cx, 1)?) {
        (Some(x), Some(y)) => Some(x.max(y)),
        _ => None,
    };
    if cx.at_run_time() {
        cx.set_all_unknown()
    } else {
        cx.set(0, [longest])
    }
    Ok(())
}

/// The length of a vector of sizes; a scalar is taken for a vector of one.
fn vector_length(cx: &ShapeCtx<'_>, index: usize) -> Result<Option<usize>> {
    let shape = cx.input(index);
    match shape.rank() {
        None => Ok(None),
        Some(1) => Ok(shape.dim(0)),
        Some(rank) => Err(cx.mismatch(
            format!("In[{index}] must be a vector.{}", shape.cpp()),
            format!("Shape must be rank 1 but is rank {rank}"),
        )),
    }
}

fn args_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (x, y) = (cx.ints(0)?, cx.ints(1)?);
    let rank = x.len().max(y.len());
    let mut sizes = Vec::with_capacity(rank);
    for axis in 0..rank {
        let (a, b) = (padded(&x, axis, rank), padded(&y, axis, rank));
        sizes.push(match (a, b) {
            _ if a == b => a,
            (1, b) => b,
            (a, 1) => a,
            _ => bail!(
                invalid_argument,
                "Incompatible shapes: [{}] vs. [{}]",
                joined(&x, ","),
                joined(&y, ",")
            ),
        });
    }
    cx.set(0, NdArray::vector(sizes).cast(cx.dtype("T")?)?)
}

/// The size along an axis of the result, to which the vector's sizes are the last.
fn padded(sizes: &[i64], axis: usize, rank: usize) -> i64 {
    (axis + sizes.len()).checked_sub(rank).map_or(1, |own| sizes[own])
}

pub(crate) static BROADCAST_TO: OpDef = OpDef {
    name: "BroadcastTo",
    shape: to_shape,
    kernel: Some(to_kernel),
    grad: Grad::Fn(to_grad),
    ..OpDef::NEW
};
pub(crate) static BROADCAST_ARGS: OpDef =
    OpDef { name: "BroadcastArgs", shape: args_shape, kernel: Some(args_kernel), ..OpDef::NEW };
