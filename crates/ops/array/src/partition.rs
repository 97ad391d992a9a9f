//! DynamicPartition, DynamicStitch: rows dealt out by number, and put together again.

use crate::mover::{self, Item, Moves};
use ferroflow_core::{
    Dim, Grad, GradCtx, IntoOperand, IntoOperands, KernelCtx, NdArray, Op, OpDef, PartialShape, Result,
    Shape, ShapeCtx, Tensor, bail,
};

/// The rows of `data` dealt out to `num_partitions` tensors by the numbers in `partitions`.
///
/// Source: `tf.dynamic_partition` (op `DynamicPartition`).
///
/// ```
/// use ferroflow_ops_array::dynamic_partition;
/// let parts = dynamic_partition([10, 20, 30], [1, 0, 1], 2)?;
/// assert_eq!(parts[1].numpy()?.as_slice::<i32>()?, [10, 30]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when a number is out of range or the shape of `partitions` does not begin `data`'s.
pub fn dynamic_partition(
    data: impl IntoOperand,
    partitions: impl IntoOperand,
    num_partitions: usize,
) -> Result<Vec<Tensor>> {
    Op::new(&DYNAMIC_PARTITION).input(data).input(partitions).attr("num_partitions", num_partitions).all()
}

/// The rows of all of `data` at the places in `indices`; where a place is named twice, the last row stands.
///
/// Source: `tf.dynamic_stitch` (op `DynamicStitch`).
///
/// # Errors
/// `InvalidArgument` when the shapes do not go together.
pub fn dynamic_stitch(indices: impl IntoOperands, data: impl IntoOperands) -> Result<Tensor> {
    Op::new(&DYNAMIC_STITCH).inputs(indices).inputs(data).one()
}

fn partition_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (data, partitions) = (cx.input(0), cx.input(1));
    let (Some(data_dims), Some(rank)) = (data.dims(), partitions.rank()) else { return Ok(()) };
    let starts = rank <= data_dims.len() && partitions.is_compatible_with(&data.slice(0..rank));
    if cx.at_run_time() {
        if !starts {
            bail!(
                invalid_argument,
                "data.shape must start with partitions.shape, got data.shape = {}, partitions.shape = {}",
                data.cpp(),
                partitions.cpp()
            );
        }
        cx.set_all_unknown();
        return Ok(());
    }
    if rank > data_dims.len() {
        bail!(invalid_argument, "Shape must be at least rank {rank} but is rank {}", data_dims.len());
    }
    for axis in 0..rank {
        cx.merge_dims(data.dim(axis), partitions.dim(axis))?;
    }
    let part = PartialShape::new([None]).concatenate(&data.slice(rank..data_dims.len()));
    for index in 0..cx.num_outputs() {
        cx.set(index, part.clone());
    }
    Ok(())
}

/// Copies rows in an order.
struct Rows {
    order: Vec<usize>,
    row: usize,
}

impl Moves for Rows {
    const WRITES_ALL: bool = true;

    fn fill<T: Item>(&self, inputs: &[&[T]], output: &mut [T]) {
        let Some(input) = inputs.first() else { return };
        for (part, &row) in output.chunks_mut(self.row).zip(&self.order) {
            part.clone_from_slice(&input[row * self.row..(row + 1) * self.row]);
        }
    }
}

fn partition_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    cx.infer_shapes()?;
    let count = cx.num_outputs();
    let (data, partitions) = (cx.take(0)?, cx.take(1)?);
    let mut orders = vec![Vec::new(); count];
    for (row, partition) in partitions.to_i64_vec()?.into_iter().enumerate() {
        match usize::try_from(partition).ok().and_then(|partition| orders.get_mut(partition)) {
            Some(order) => order.push(row),
            None => bail!(
                invalid_argument,
                "partitions{} = {partition} is not in [0, {count})",
                crate::indices::position_text(partitions.shape(), row)
            ),
        }
    }
    let rest = &data.shape().dims()[partitions.rank()..];
    let row: usize = rest.iter().product();
    for (index, order) in orders.into_iter().enumerate() {
        let dims: Vec<usize> = std::iter::once(order.len()).chain(rest.iter().copied()).collect();
        let shape = Shape::new(&dims)?;
        let part = match shape.num_elements() {
            0 => NdArray::zeros(data.dtype(), shape)?,
            _ => mover::run(&[&data], shape, &Rows { order, row })?,
        };
        cx.set(index, part)?;
    }
    Ok(())
}

fn partition_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (data, partitions) = (cx.x(0)?, cx.x(1)?);
    let shape = crate::gradients::shape_of(partitions)?;
    let size = Op::named("Size").input(partitions).one()?;
    let places = Op::named("Range").input(0).input(size).input(1).one()?;
    let places = Op::named("Reshape").input(places).input(shape).one()?;
    let count = cx.outputs().len();
    let dealt = dynamic_partition(places, partitions, count)?;
    let grads = (0..count).map(|index| cx.dy(index)).collect::<Result<Vec<_>>>()?;
    let together = dynamic_stitch(&dealt, grads)?;
    cx.set(0, crate::gradients::reshape_to(&together, data))
}

fn stitch_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let count = cx.num_inputs() / 2;
    let mut rest = PartialShape::unknown();
    let mut length: Dim = Some(0);
    for index in 0..count {
        let (indices, data) = (cx.input(index), cx.input(count + index));
        match cx.ints(index)? {
            Some(values) => {
                let negative = values.iter().position(|value| *value < 0);
                if let (Some(position), true) = (negative, cx.at_run_time()) {
                    bail!(
                        invalid_argument,
                        "indices{} is out of range",
                        crate::indices::position_text(&indices.to_shape().unwrap_or_default(), position)
                    );
                }
                let longest = values.iter().max().map_or(0, |most| (most + 1).max(0) as usize);
                length = length.map(|length| length.max(longest));
            }
            None => length = None,
        }
        let (Some(rank), Some(data_rank)) = (indices.rank(), data.rank()) else { continue };
        let starts = rank <= data_rank && indices.is_compatible_with(&data.slice(0..rank));
        if !starts {
            if cx.at_run_time() {
                bail!(
                    invalid_argument,
                    "data[{index}].shape = {} does not start with indices[{index}].shape = {}",
                    data.cpp(),
                    indices.cpp()
                );
            }
            if rank > data_rank {
                bail!(invalid_argument, "Shape must be at least rank {rank} but is rank {data_rank}");
            }
            for axis in 0..rank {
                cx.merge_dims(data.dim(axis), indices.dim(axis))?;
            }
        }
        let tail = data.slice(rank..data_rank);
        if cx.at_run_time() && index > 0 && tail != rest {
            let first = (cx.input(0), cx.input(count));
            bail!(
                invalid_argument,
                "Need data[0].shape[{}:] = data[{index}].shape[{rank}:], got data[0].shape = {}, data[{index}].shape \
                 = {}, indices[0].shape = {}, indices[{index}].shape = {}",
                first.0.rank().unwrap_or(0),
                first.1.cpp(),
                data.cpp(),
                first.0.cpp(),
                indices.cpp()
            );
        }
        rest = cx.merge(&rest, &tail)?;
    }
    let shape = PartialShape::new([length]).concatenate(&rest);
    cx.set(0, shape);
    Ok(())
}

/// Writes rows of several inputs at their places.
struct Stitch {
    places: Vec<Vec<usize>>,
    row: usize,
}

impl Moves for Stitch {
    fn fill<T: Item>(&self, inputs: &[&[T]], output: &mut [T]) {
        for (input, places) in inputs.iter().zip(&self.places) {
            for (part, place) in input.chunks(self.row).zip(places) {
                output[place * self.row..(place + 1) * self.row].clone_from_slice(part);
            }
        }
    }
}

fn stitch_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shape = cx.output_shape(0)?;
    let count = cx.num_inputs() / 2;
    let row: usize = shape.dims().iter().skip(1).product();
    let read = |index| Ok(cx.ints(index)?.into_iter().map(|place| place as usize).collect());
    let places = (0..count).map(read).collect::<Result<Vec<Vec<usize>>>>()?;
    let data: Vec<&NdArray> = cx.inputs().iter().skip(count).collect();
    let merged = match (shape.num_elements(), data.first()) {
        (0, Some(first)) => NdArray::zeros(first.dtype(), shape)?,
        _ => mover::run(&data, shape, &Stitch { places, row })?,
    };
    cx.set(0, merged)
}

fn stitch_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (count, dy) = (cx.inputs().len() / 2, cx.dy(0)?);
    for index in 0..count {
        let rows = crate::gather(&dy, cx.x(index)?);
        cx.set(count + index, rows)?;
    }
    Ok(())
}

pub(crate) static DYNAMIC_PARTITION: OpDef = OpDef {
    name: "DynamicPartition",
    shape: partition_shape,
    kernel: Some(partition_kernel),
    grad: Grad::Fn(partition_grad),
    ..OpDef::NEW
};
pub(crate) static DYNAMIC_STITCH: OpDef = OpDef {
    name: "DynamicStitch",
    shape: stitch_shape,
    kernel: Some(stitch_kernel),
    grad: Grad::Fn(stitch_grad),
    ..OpDef::NEW
};
pub(crate) static PARALLEL_DYNAMIC_STITCH: OpDef = OpDef {
    name: "ParallelDynamicStitch",
    shape: stitch_shape,
    kernel: Some(stitch_kernel),
    grad: Grad::Fn(stitch_grad),
    ..OpDef::NEW
};
