//! SpaceToBatchND, BatchToSpaceND and their older forms: blocks of space dealt out over the batch, and back.

use crate::mover;
use crate::mover::{Item, Moves};
use crate::strided_read::StridedRead;
use crate::strided_write::StridedWrite;
use ferroflow_core::{
    Attrs, Dim, Error, Grad, GradCtx, IntoOperand, KernelCtx, NdArray, Op, OpDef, PartialShape, Result,
    Shape, ShapeCtx, Tensor, bail,
};

/// The tensor padded, and its blocks of space dealt out over the batch dimension.
///
/// Source: `tf.space_to_batch` (op `SpaceToBatchND`).
///
/// # Errors
/// `InvalidArgument` when a padded size is no multiple of the block's.
pub fn space_to_batch(
    input: impl IntoOperand,
    block_shape: impl IntoOperand,
    paddings: impl IntoOperand,
) -> Result<Tensor> {
    Op::new(&SPACE_TO_BATCH_ND).input(input).input(block_shape).input(paddings).one()
}

/// The batch dimension's blocks put together in space, and the result cropped.
///
/// Source: `tf.batch_to_space` (op `BatchToSpaceND`).
///
/// # Errors
/// `InvalidArgument` when the batch is no multiple of the block's size or the crops exceed the result.
pub fn batch_to_space(
    input: impl IntoOperand,
    block_shape: impl IntoOperand,
    crops: impl IntoOperand,
) -> Result<Tensor> {
    Op::new(&BATCH_TO_SPACE_ND).input(input).input(block_shape).input(crops).one()
}

/// [`space_to_batch`] under the name of its op.
///
/// Source: `tf.space_to_batch_nd` (op `SpaceToBatchND`).
///
/// # Errors
/// As [`space_to_batch`].
pub fn space_to_batch_nd(
    input: impl IntoOperand,
    block_shape: impl IntoOperand,
    paddings: impl IntoOperand,
) -> Result<Tensor> {
    space_to_batch(input, block_shape, paddings)
}

/// The sizes of a block and the room before and after each of its dimensions.
struct Blocks {
    sizes: Vec<usize>,
    room: Vec<(usize, usize)>,
}

impl Blocks {
    fn new(sizes: &[i64], room: &[i64]) -> Result<Blocks> {
        let mut checked = Vec::with_capacity(sizes.len());
        for size in sizes {
            match usize::try_from(*size).ok().filter(|&size| size >= 1 && size <= i32::MAX as usize) {
                Some(size) => checked.push(size),
                None => bail!(
                    invalid_argument,
                    "All values in block_shape must be positive, got value, {size} at index 0."
                ),
            }
        }
        let mut pairs = Vec::with_capacity(sizes.len());
        for pair in room.chunks_exact(2) {
            match (usize::try_from(pair[0]), usize::try_from(pair[1])) {
                (Ok(before), Ok(after)) if before.max(after) <= i32::MAX as usize => {
                    pairs.push((before, after))
                }
                _ => bail!(invalid_argument, "Paddings must be non-negative"),
            }
        }
        Ok(Blocks { sizes: checked, room: pairs })
    }

    fn count(&self) -> Result<usize> {
        let product = self.sizes.iter().try_fold(1usize, |product, &size| product.checked_mul(size));
        product.ok_or_else(|| Error::invalid_argument("Product of block sizes overflows"))
    }
}

/// The block that the op's inputs describe; `None` where they are not known yet.
fn blocks_in_shape(cx: &ShapeCtx<'_>) -> Result<Option<Blocks>> {
    if is_square(cx.op()) {
        let block = cx.int("block_size")?;
        return cx.ints(1)?.map(|room| Blocks::new(&[block, block], &room)).transpose();
    }
    match (cx.ints(1)?, cx.ints(2)?) {
        (Some(sizes), Some(room)) => Blocks::new(&sizes, &room).map(Some),
        _ => Ok(None),
    }
}

fn blocks_in_kernel(cx: &KernelCtx<'_>) -> Result<Blocks> {
    if is_square(cx.op().name) {
        let block = Attrs::int(cx, "block_size")?;
        return Blocks::new(&[block, block], &cx.ints(1)?);
    }
    Blocks::new(&cx.ints(1)?, &cx.ints(2)?)
}

/// The older ops, for images, have one size for both dimensions of a block.
fn is_square(op: &str) -> bool {
    !op.ends_with("ND")
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let input = cx.input(0);
    if !is_square(cx.op()) {
        let (block_shape, room) = (cx.input(1), cx.input(2));
        if block_shape.rank().is_some_and(|rank| rank != 1) {
            return Err(cx.mismatch(
                format!("block_shape rank should be 1 instead of {}", block_shape.rank().unwrap_or(0)),
                "block_shape must have rank 1.",
            ));
        }
        if let (Some(count), Some(rank)) = (block_shape.dim(0), input.rank())
            && rank < count + 1
        {
            return Err(cx.mismatch(
                format!("input rank should be >= {} instead of {rank}", count + 1),
                format!("Shape must be at least rank {} but is rank {rank}", count + 1),
            ));
        }
        let fits = room.rank().is_none_or(|rank| rank == 2)
            && room.dim(1).is_none_or(|columns| columns == 2)
            && (room.dim(0).is_none() || block_shape.dim(0).is_none() || room.dim(0) == block_shape.dim(0));
        if !fits {
            let name = if cx.op() == "SpaceToBatchND" { "paddings" } else { "crops" };
            return Err(cx.mismatch(
                format!(
                    "{name} should have shape [{}, 2] instead of {}",
                    block_shape.dim(0).unwrap_or(0),
                    room.cpp()
                ),
                format!(
                    "Dimensions must be equal, but are {} and {}",
                    block_shape.dim(0).unwrap_or(0),
                    room.dim(0).unwrap_or(0)
                ),
            ));
        }
    } else if let Some(rank) = input.rank().filter(|&rank| rank != 4) {
        return Err(cx.mismatch(
            format!("Input rank should be 4 instead of: {rank}"),
            format!("Shape must be rank 4 but is rank {rank}"),
        ));
    }
    let Some(dims) = input.dims() else { return Ok(()) };
    let Some(blocks) = blocks_in_shape(cx)? else {
        cx.set(0, PartialShape::of_rank(dims.len()));
        return Ok(());
    };
    if dims.len() < blocks.sizes.len() + 1 || blocks.room.len() != blocks.sizes.len() {
        bail!(invalid_argument, "paddings and block_shape do not fit the input");
    }
    let spread = cx.op().starts_with("SpaceToBatch");
    let count = blocks.count()?;
    let mut made: Vec<Dim> = dims.to_vec();
    made[0] = match dims[0] {
        None => None,
        Some(batch) if spread => batch.checked_mul(count),
        Some(batch) if batch % count == 0 => Some(batch / count),
        Some(batch) => {
            return Err(cx.mismatch(
                format!(
                    "Input batch dimension ({batch}) is not divisible by product of block sizes ({count})"
                ),
                format!("Dimension size must be evenly divisible by {count} but is {batch}"),
            ));
        }
    };
    for (index, (&block, &(before, after))) in blocks.sizes.iter().zip(&blocks.room).enumerate() {
        let Some(size) = dims[index + 1] else {
            made[index + 1] = None;
            continue;
        };
        made[index + 1] = if spread {
            let padded = size.saturating_add(before + after);
            if padded % block != 0 {
                return Err(cx.mismatch(
                    format!(
                        "padded_shape[{index}]={padded} is not divisible by block_shape[{index}]={block}"
                    ),
                    format!("Dimension size must be evenly divisible by {block} but is {padded}"),
                ));
            }
            Some(padded / block)
        } else {
            let whole = size.checked_mul(block).unwrap_or(0);
            match whole.checked_sub(before + after) {
                Some(size) => Some(size),
                None => {
                    return Err(cx.mismatch(
                        format!(
                            "cropped_shape[{index}]={} must be non-negative",
                            whole as i64 - (before + after) as i64
                        ),
                        if whole < before {
                            format!("Negative dimension size caused by subtracting {before} from {whole}")
                        } else {
                            format!(
                                "Negative dimension size caused by subtracting {after} from {}",
                                whole - before
                            )
                        },
                    ));
                }
            }
        };
    }
    cx.set(0, PartialShape::new(made));
    Ok(())
}

/// Copies an input into zeros.
struct IntoZeros(StridedWrite);

impl Moves for IntoZeros {
    fn fill<T: Item>(&self, inputs: &[&[T]], output: &mut [T]) {
        if let Some(input) = inputs.first() {
            self.0.copy(input, output);
        }
    }
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shape = cx.output_shape(0)?;
    let blocks = blocks_in_kernel(cx)?;
    let input = cx.take(0)?;
    let moved = if shape.num_elements() == 0 {
        NdArray::zeros(input.dtype(), shape)?
    } else if cx.op().name.starts_with("SpaceToBatch") {
        deal_out(&input, &blocks, shape)?
    } else {
        put_together(&input, &blocks, shape)?
    };
    cx.set(0, moved)
}

fn deal_out(input: &NdArray, blocks: &Blocks, shape: Shape) -> Result<NdArray> {
    let mut dims = input.shape().to_vec();
    for (dim, (before, after)) in dims[1..].iter_mut().zip(&blocks.room) {
        *dim += before + after;
    }
    let padded_shape = Shape::new(&dims)?;
    let strides = padded_shape.strides();
    let padded = if padded_shape == *input.shape() {
        input.clone()
    } else if input.is_empty() {
        NdArray::zeros(input.dtype(), padded_shape.clone())?
    } else {
        let offset = blocks.room.iter().zip(&strides[1..]).map(|((before, _), stride)| before * stride).sum();
        let walk = input.shape().iter().zip(&strides).map(|(&size, &stride)| (size, stride as isize));
        mover::run(&[input], padded_shape.clone(), &IntoZeros(StridedWrite::new(walk, offset)))?
    };
    let space = blocks.sizes.len();
    let within = blocks.sizes.iter().zip(&strides[1..]).map(|(&block, &stride)| (block, stride as isize));
    let batch = std::iter::once((padded_shape[0], strides[0] as isize));
    let across = (0..space).map(|axis| (shape[axis + 1], (strides[axis + 1] * blocks.sizes[axis]) as isize));
    let rest = (space + 1..shape.rank()).map(|axis| (shape[axis], strides[axis] as isize));
    let walk: Vec<(usize, isize)> = within.chain(batch).chain(across).chain(rest).collect();
    mover::run(&[&padded], shape, &StridedRead::new(walk, 0))
}

fn put_together(input: &NdArray, blocks: &Blocks, shape: Shape) -> Result<NdArray> {
    let strides = input.shape().strides();
    let space = blocks.sizes.len();
    let batch = shape[0];
    // The input's batch is laid out as the block's dimensions around the batch proper.
    let mut block_strides = vec![0; space];
    let mut stride = batch * strides[0];
    for (place, &size) in block_strides.iter_mut().zip(&blocks.sizes).rev() {
        *place = stride;
        stride *= size;
    }
    let mut whole_dims = input.shape().to_vec();
    whole_dims[0] = batch;
    let mut walk: Vec<(usize, isize)> = vec![(batch, strides[0] as isize)];
    for axis in 0..space {
        whole_dims[axis + 1] *= blocks.sizes[axis];
        walk.push((input.shape()[axis + 1], strides[axis + 1] as isize));
        walk.push((blocks.sizes[axis], block_strides[axis] as isize));
    }
    walk.extend((space + 1..shape.rank()).map(|axis| (shape[axis], strides[axis] as isize)));
    let whole = mover::run(&[input], Shape::new(&whole_dims)?, &StridedRead::new(walk, 0))?;
    if *whole.shape() == shape {
        return Ok(whole);
    }
    let strides = whole.shape().strides();
    let offset = blocks.room.iter().zip(&strides[1..]).map(|((before, _), stride)| before * stride).sum();
    let crop: Vec<(usize, isize)> =
        shape.iter().zip(&strides).map(|(&size, &stride)| (size, stride as isize)).collect();
    mover::run(&[&whole], shape, &StridedRead::new(crop, offset))
}

fn grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let back = match cx.op().name {
        "SpaceToBatchND" => &BATCH_TO_SPACE_ND,
        "BatchToSpaceND" => &SPACE_TO_BATCH_ND,
        "SpaceToBatch" => &BATCH_TO_SPACE,
        _ => &SPACE_TO_BATCH,
    };
    let mut op = Op::new(back).input(cx.dy(0)?);
    for input in &cx.inputs()[1..] {
        op = op.input(input);
    }
    if is_square(back.name) {
        op = op.attr("block_size", Attrs::int(cx, "block_size")?);
    }
    let grad = op.one();
    cx.set(0, grad)
}

const fn op(name: &'static str) -> OpDef {
    OpDef { name, shape, kernel: Some(kernel), grad: Grad::Fn(grad), ..OpDef::NEW }
}

pub(crate) static SPACE_TO_BATCH_ND: OpDef = op("SpaceToBatchND");
pub(crate) static BATCH_TO_SPACE_ND: OpDef = op("BatchToSpaceND");
pub(crate) static SPACE_TO_BATCH: OpDef = op("SpaceToBatch");
pub(crate) static BATCH_TO_SPACE: OpDef = op("BatchToSpace");
