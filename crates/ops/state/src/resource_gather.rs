//! ResourceGather, ResourceGatherNd: slices of a variable, read through its handle.

use crate::target::{checked_indices, position_text, value, variable_shape};
use ferroflow_core::{
    DType, Grad, GradCtx, IndexedSlices, IntoOperand, KernelCtx, NdArray, Op, OpDef, PartialShape, Result,
    Shape, ShapeCtx, Tensor, bail, dispatch, ensure,
};

/// The slices of the variable that `indices` name along the axis `batch_dims`.
///
/// Source: `tf.raw_ops.ResourceGather`.
///
/// # Errors
/// `NotFound` when the variable has no value, `InvalidArgument` for an index outside it.
pub fn resource_gather(
    resource: impl IntoOperand,
    indices: impl IntoOperand,
    dtype: DType,
    batch_dims: i64,
) -> Result<Tensor> {
    Op::new(&RESOURCE_GATHER)
        .input(resource)
        .input(indices)
        .attr("dtype", dtype)
        .attr("batch_dims", batch_dims)
        .one()
}

/// The slices of the variable at the positions that the last axis of `indices` holds.
///
/// Source: `tf.raw_ops.ResourceGatherNd`.
///
/// # Errors
/// `NotFound` when the variable has no value, `InvalidArgument` for a position outside it.
pub fn resource_gather_nd(
    resource: impl IntoOperand,
    indices: impl IntoOperand,
    dtype: DType,
) -> Result<Tensor> {
    Op::new(&RESOURCE_GATHER_ND).input(resource).input(indices).attr("dtype", dtype).one()
}

/// `batch_dims` counted from the front.
fn batch_dims(requested: i64, rank: usize) -> Result<usize> {
    let counted = if requested < 0 { requested + rank as i64 } else { requested };
    match usize::try_from(counted).ok().filter(|dims| *dims <= rank) {
        Some(dims) => Ok(dims),
        None => {
            bail!(invalid_argument, "batch_dims must be in the range [-{rank}, {rank}], but got {requested}")
        }
    }
}

fn gather_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (params, indices) = (variable_shape(cx, 0, cx.dtype("dtype")?)?, cx.input(1));
    let (Some(rank), Some(index_rank)) = (params.rank(), indices.rank()) else {
        return Ok(());
    };
    let batch = batch_dims(cx.int("batch_dims")?, index_rank)?;
    ensure!(rank > batch, invalid_argument, "Shape must be at least rank {} but is rank {rank}", batch + 1);
    let outer = cx.merge(&params.slice(0..batch), &indices.slice(0..batch))?;
    let shape =
        outer.concatenate(&indices.slice(batch..index_rank)).concatenate(&params.slice(batch + 1..rank));
    cx.set(0, shape);
    Ok(())
}

fn gather_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let params = value(cx, 0)?;
    let indices = cx.input(1)?;
    let batch = batch_dims(cx.int("batch_dims")?, indices.rank())?;
    ensure!(params.rank() > batch, invalid_argument, "params must be at least {} dimensional", batch + 1);
    let (sizes, index_sizes) = (params.shape().dims(), indices.shape().dims());
    ensure!(
        sizes[..batch] == index_sizes[..batch],
        invalid_argument,
        "params.shape[:{batch}]: {} should be equal to indices.shape[:{batch}]: {}",
        params.shape(),
        indices.shape()
    );
    let limit = sizes[batch];
    let rows = checked_indices(indices, limit)?;
    let per_batch: usize = index_sizes[batch..].iter().product();
    let width: usize = sizes[batch + 1..].iter().product();
    let shape = Shape::new(&[&sizes[..batch], &index_sizes[batch..], &sizes[batch + 1..]].concat())?;
    let starts = rows
        .iter()
        .enumerate()
        .map(|(position, row)| ((position / per_batch.max(1)) * limit + row) * width)
        .collect::<Vec<_>>();
    let output = slices(&params, &starts, width, shape)?;
    cx.set(0, output)
}

/// The slices of `width` elements that begin at `starts`, as an array of this shape.
fn slices(params: &NdArray, starts: &[usize], width: usize, shape: Shape) -> Result<NdArray> {
    dispatch!(params.dtype(), ALL, |T| {
        let from = params.as_slice::<T>()?;
        let mut elements = ferroflow_core::reserve(shape.num_elements())?;
        for &start in starts {
            elements.extend_from_slice(&from[start..start + width]);
        }
        NdArray::from_shape(shape, elements)
    })
}

fn gather_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (handle, indices, dy) = (cx.x(0)?, cx.x(1)?, cx.dy(0)?);
    let params_shape = Op::named("VariableShape").input(handle).attr("out_type", DType::INT32).one()?;
    let size = Op::named("Size").input(indices).attr("out_type", DType::INT32).one()?;
    let size = Op::named("ExpandDims").input(size).input(0).one()?;
    let inner = Op::named("StridedSlice")
        .input(&params_shape)
        .input([1])
        .input([0])
        .input([1])
        .attr("end_mask", 1)
        .one()?;
    let values_shape = Op::named("ConcatV2").inputs([&size, &inner]).input(0).one()?;
    let values = Op::named("Reshape").input(dy).input(values_shape).one()?;
    let indices = Op::named("Reshape").input(indices).input(size).one()?;
    cx.set_slices(0, IndexedSlices { values, indices, dense_shape: Some(params_shape) })
}

fn gather_nd_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (params, indices) = (variable_shape(cx, 0, cx.dtype("dtype")?)?, cx.with_rank_at_least(1, 1)?);
    let (Some(rank), Some(index_rank)) = (params.rank(), indices.rank()) else {
        return Ok(());
    };
    let Some(depth) = indices.dim(index_rank - 1) else { return Ok(()) };
    ensure!(
        depth <= rank,
        invalid_argument,
        "indices.shape[-1] must be <= params.rank, but saw indices shape: {} and params shape: {}",
        indices.cpp(),
        params.cpp()
    );
    cx.set(0, indices.slice(0..index_rank - 1).concatenate(&params.slice(depth..rank)));
    Ok(())
}

fn gather_nd_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let params = value(cx, 0)?;
    let indices = cx.input(1)?;
    let Some((&depth, outer)) = indices.shape().dims().split_last() else {
        bail!(invalid_argument, "indices must be at least a vector");
    };
    ensure!(
        depth <= params.rank(),
        invalid_argument,
        "index innermost dimension length must be <= params rank; saw: {depth} vs. {}",
        params.rank()
    );
    let sizes = params.shape().dims();
    let width: usize = sizes[depth..].iter().product();
    let shape = Shape::new(&[outer, &sizes[depth..]].concat())?;
    let (values, strides) = (indices.to_i64_vec()?, params.shape().strides());
    let count: usize = outer.iter().product();
    let mut starts = ferroflow_core::reserve(count)?;
    for row in 0..count {
        let position = &values[row * depth..(row + 1) * depth];
        match start_of(position, sizes, &strides) {
            Some(start) => starts.push(start),
            None => {
                let parts: Vec<String> = position.iter().map(i64::to_string).collect();
                bail!(
                    invalid_argument,
                    "indices{} = [{}] does not index into param shape {}, node name: {}",
                    position_text(&Shape::new(outer)?, row),
                    parts.join(", "),
                    params.shape(),
                    cx.node()
                );
            }
        }
    }
    let output = slices(&params, &starts, width, shape)?;
    cx.set(0, output)
}

/// Where the slice at a position begins; `None` for a position outside.
pub(crate) fn start_of(position: &[i64], sizes: &[usize], strides: &[usize]) -> Option<usize> {
    position.iter().zip(sizes).zip(strides).try_fold(0, |start, ((&index, &size), &stride)| {
        let index = usize::try_from(index).ok().filter(|index| *index < size)?;
        Some(start + index * stride)
    })
}

fn gather_nd_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (handle, indices, dy) = (cx.x(0)?, cx.x(1)?, cx.dy(0)?);
    let params_shape = Op::named("VariableShape").input(handle).attr("out_type", indices.dtype()).one()?;
    let depth_is_one =
        indices.shape().rank() == Some(2) && indices.shape().dims().and_then(|dims| dims[1]) == Some(1);
    if depth_is_one {
        let rows = Op::named("Squeeze").input(indices).attr("squeeze_dims", [-1]).one()?;
        return cx
            .set_slices(0, IndexedSlices { values: dy, indices: rows, dense_shape: Some(params_shape) });
    }
    cx.set(0, Op::named("ScatterNd").input(indices).input(dy).input(params_shape).one()?)
}

/// What is known of `indices` and the rest of `params`, put together.
pub(crate) fn update_shape(params: &PartialShape, indices: &PartialShape) -> PartialShape {
    match params.rank() {
        Some(rank @ 1..) => indices.concatenate(&params.slice(1..rank)),
        _ => PartialShape::unknown(),
    }
}

pub(crate) static RESOURCE_GATHER: OpDef = OpDef {
    name: "ResourceGather",
    shape: gather_shape,
    kernel: Some(gather_kernel),
    grad: Grad::Fn(gather_grad),
    ..OpDef::NEW
};

pub(crate) static RESOURCE_GATHER_ND: OpDef = OpDef {
    name: "ResourceGatherNd",
    shape: gather_nd_shape,
    kernel: Some(gather_nd_kernel),
    grad: Grad::Fn(gather_nd_grad),
    ..OpDef::NEW
};
