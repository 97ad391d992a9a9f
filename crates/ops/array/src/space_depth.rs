//! SpaceToDepth, DepthToSpace: blocks of an image as channels, and back.

use crate::mover;
use crate::strided_read::StridedRead;
use ferroflow_core::{
    Dim, Grad, GradCtx, IntoOperand, KernelCtx, NdArray, Op, OpDef, PartialShape, Result, ShapeCtx, Tensor,
    bail, options,
};

options! {
    /// Optional arguments of [`space_to_depth_with`] and [`depth_to_space_with`].
    pub struct DepthOptions {
        /// `NHWC` or `NCHW`.
        data_format: String = "NHWC".to_string(),
    }
}

/// Images with each block of `block_size` by `block_size` pixels made one pixel of as many times the channels.
///
/// Source: `tf.nn.space_to_depth` (op `SpaceToDepth`).
///
/// # Errors
/// `InvalidArgument` when height or width is no multiple of the block's.
pub fn space_to_depth(input: impl IntoOperand, block_size: i64) -> Result<Tensor> {
    space_to_depth_with(input, block_size, |o| o)
}

/// [`space_to_depth`] with options.
///
/// # Errors
/// As [`space_to_depth`].
pub fn space_to_depth_with(
    input: impl IntoOperand,
    block_size: i64,
    options: impl FnOnce(DepthOptions) -> DepthOptions,
) -> Result<Tensor> {
    let format = options(DepthOptions::default()).data_format;
    Op::new(&SPACE_TO_DEPTH).input(input).attr("block_size", block_size).attr("data_format", format).one()
}

/// Images with the channels of each pixel spread over a block of `block_size` by `block_size` pixels.
///
/// Source: `tf.nn.depth_to_space` (op `DepthToSpace`).
///
/// # Errors
/// `InvalidArgument` when the number of channels is no multiple of the block's size.
pub fn depth_to_space(input: impl IntoOperand, block_size: i64) -> Result<Tensor> {
    depth_to_space_with(input, block_size, |o| o)
}

/// [`depth_to_space`] with options.
///
/// # Errors
/// As [`depth_to_space`].
pub fn depth_to_space_with(
    input: impl IntoOperand,
    block_size: i64,
    options: impl FnOnce(DepthOptions) -> DepthOptions,
) -> Result<Tensor> {
    let format = options(DepthOptions::default()).data_format;
    Op::new(&DEPTH_TO_SPACE).input(input).attr("block_size", block_size).attr("data_format", format).one()
}

/// Batch, height, width and depth among the dimensions.
fn axes(format: &str) -> Result<[usize; 4]> {
    match format {
        "NHWC" => Ok([0, 1, 2, 3]),
        "NCHW" => Ok([0, 2, 3, 1]),
        other => bail!(unimplemented, "data_format {other} has no kernel on CPUs"),
    }
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let [batch, height, width, depth] = axes(cx.str("data_format")?)?;
    let input = cx.input(0);
    if let Some(rank) = input.rank().filter(|&rank| rank != 4) {
        return Err(cx.mismatch(
            if cx.op() == "SpaceToDepth" {
                format!("Input rank should be 4 instead of {rank}")
            } else {
                format!("Input rank should be: 4 instead of: {rank}")
            },
            format!("Shape must be rank 4 but is rank {rank}"),
        ));
    }
    let block = cx.int("block_size")?;
    let Some(block) = usize::try_from(block).ok().filter(|&block| (2..=1 << 20).contains(&block)) else {
        bail!(invalid_argument, "Block size should be > 1, but was: {block}");
    };
    let to_depth = cx.op() == "SpaceToDepth";
    let scaled = |dim: Dim, down: bool, factor: usize, words: String| match dim {
        None => Ok(None),
        Some(size) if !down => Ok(size.checked_mul(factor)),
        Some(size) if size % factor == 0 => Ok(Some(size / factor)),
        Some(size) => Err(
            cx.mismatch(words, format!("Dimension size must be evenly divisible by {factor} but is {size}"))
        ),
    };
    let (h, w, d) = (input.dim(height), input.dim(width), input.dim(depth));
    let space = format!(
        "Image width {} and height {} should be divisible by block_size: {block}",
        w.unwrap_or(0),
        h.unwrap_or(0)
    );
    let channels =
        format!("Input depth dimension {} should be divisible by: {}", d.unwrap_or(0), block * block);
    let mut dims = [None; 4];
    dims[batch] = input.dim(batch);
    dims[height] = scaled(h, to_depth, block, space.clone())?;
    dims[width] = scaled(w, to_depth, block, space)?;
    dims[depth] = scaled(d, !to_depth, block * block, channels)?;
    cx.set(0, PartialShape::new(dims));
    Ok(())
}

/// The size and the input's stride of a part of a dimension.
type Part = (usize, isize);

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shape = cx.output_shape(0)?;
    let format = cx.attrs().str("data_format")?;
    let [_, height, width, depth] = axes(format)?;
    let block = cx.int("block_size")? as usize;
    let input = cx.take(0)?;
    if shape.num_elements() == 0 {
        return cx.set(0, NdArray::zeros(input.dtype(), shape)?);
    }
    let strides = input.shape().strides();
    let stride = |axis: usize| strides[axis] as isize;
    let step = block as isize;
    // Sizes and input strides of batch, height, width and depth, each of them in two parts where it is split.
    let (h, w, d): ([Part; 2], [Part; 2], [Part; 3]) = if cx.op().name == "SpaceToDepth" {
        (
            [(shape[height], step * stride(height)), (1, 0)],
            [(shape[width], step * stride(width)), (1, 0)],
            [(block, stride(height)), (block, stride(width)), (input.shape()[depth], stride(depth))],
        )
    } else {
        let channels = shape[depth] as isize * stride(depth);
        (
            [(input.shape()[height], stride(height)), (block, step * channels)],
            [(input.shape()[width], stride(width)), (block, channels)],
            [(1, 0), (1, 0), (shape[depth], stride(depth))],
        )
    };
    let batch = [(shape[0], stride(0))];
    let dims: Vec<(usize, isize)> = match format {
        "NHWC" => [&batch[..], &h, &w, &d].concat(),
        _ => [&batch[..], &d, &h, &w].concat(),
    };
    let moved = mover::run(&[&input], shape, &StridedRead::new(dims, 0))?;
    cx.set(0, moved)
}

fn grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let back = if cx.op().name == "SpaceToDepth" { &DEPTH_TO_SPACE } else { &SPACE_TO_DEPTH };
    let op = Op::new(back).input(cx.dy(0)?).attr("block_size", cx.int("block_size")?);
    let grad = op.attr("data_format", cx.str("data_format")?).one();
    cx.set(0, grad)
}

pub(crate) static SPACE_TO_DEPTH: OpDef =
    OpDef { name: "SpaceToDepth", shape, kernel: Some(kernel), grad: Grad::Fn(grad), ..OpDef::NEW };
pub(crate) static DEPTH_TO_SPACE: OpDef =
    OpDef { name: "DepthToSpace", shape, kernel: Some(kernel), grad: Grad::Fn(grad), ..OpDef::NEW };
