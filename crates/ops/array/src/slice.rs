//! Slice: a box of given corner and size out of a tensor.

use crate::mover;
use crate::strided_read::StridedRead;
use ferroflow_core::{
    Dim, Grad, GradCtx, IntoOperand, KernelCtx, Op, OpDef, PartialShape, Result, ShapeCtx, Tensor, bail,
};

/// The box that begins at `begin` and is of size `size`, in which -1 stands for all that is left.
///
/// Source: `tf.slice` (op `Slice`).
///
/// ```
/// use ferroflow_ops_array::slice;
/// let corner = slice([[1, 2, 3], [4, 5, 6]], [1, 1], [1, -1])?;
/// assert_eq!(corner.numpy()?.as_slice::<i32>()?, [5, 6]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when the box does not lie within the tensor.
pub fn slice(input: impl IntoOperand, begin: impl IntoOperand, size: impl IntoOperand) -> Result<Tensor> {
    Op::new(&SLICE).input(input).input(begin).input(size).one()
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (input, begin_shape, size_shape) = (cx.input(0), cx.input(1), cx.input(2));
    if cx.at_run_time() {
        let rank = input.rank().unwrap_or(0);
        let fits = |shape: &PartialShape| shape.rank() == Some(1) && shape.dim(0) == Some(rank);
        if !fits(&begin_shape) || !fits(&size_shape) {
            bail!(
                invalid_argument,
                "Expected begin and size arguments to be 1-D tensors of size {rank}, but got shapes {} and {} \
                 instead.",
                begin_shape.cpp(),
                size_shape.cpp()
            );
        }
    } else {
        cx.with_rank(1, 1)?;
        cx.with_rank(2, 1)?;
        let length = cx.merge(&begin_shape, &size_shape)?.dim(0);
        if let (Some(rank), Some(length)) = (input.rank(), length)
            && rank != length
        {
            bail!(invalid_argument, "Shape must be rank {length} but is rank {rank}");
        }
    }
    let rank = input.rank().or(begin_shape.dim(0)).or(size_shape.dim(0));
    let Some(rank) = rank else { return Ok(()) };
    let (begin, size) = (cx.ints(1)?, cx.ints(2)?);
    let mut dims: Vec<Dim> = Vec::with_capacity(rank);
    for axis in 0..rank {
        let at = |values: &Option<Vec<i64>>| values.as_ref().and_then(|values| values.get(axis).copied());
        dims.push(taken(cx, axis, input.dim(axis), at(&begin), at(&size))?);
    }
    cx.set(0, PartialShape::new(dims));
    Ok(())
}

/// The size of the box along one axis, as far as it is known.
fn taken(cx: &ShapeCtx<'_>, axis: usize, dim: Dim, begin: Option<i64>, size: Option<i64>) -> Result<Dim> {
    if size.is_some_and(|size| size < -1) && !cx.at_run_time() {
        bail!(invalid_argument, "Invalid value in tensor used for shape: {}", size.unwrap_or(0));
    }
    let (Some(dim), Some(begin)) = (dim, begin) else {
        return Ok(size.and_then(|size| usize::try_from(size).ok()));
    };
    let Some(size) = size else { return Ok(None) };
    let whole = dim as i64;
    let length = if size == -1 { whole.saturating_sub(begin) } else { size };
    if dim == 0 {
        if begin != 0 || length != 0 {
            bail!(
                invalid_argument,
                "Expected begin[{axis}] == 0 (got {begin}) and size[{axis}] == 0 (got {length}) when \
                 input.dim_size({axis}) == 0"
            );
        }
        return Ok(Some(0));
    }
    if begin < 0 || begin > whole {
        bail!(invalid_argument, "Expected begin[{axis}] in [0, {whole}], but got {begin}");
    }
    if length < 0 || length > whole - begin {
        bail!(invalid_argument, "Expected size[{axis}] in [0, {}], but got {length}", whole - begin);
    }
    Ok(Some(length as usize))
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shape = cx.output_shape(0)?;
    let begin = cx.ints(1)?;
    let input = cx.take(0)?;
    if *input.shape() == shape {
        return cx.set(0, input);
    }
    let strides = input.shape().strides();
    let offset = begin.iter().zip(&strides).map(|(&begin, &stride)| begin as usize * stride).sum();
    let dims = shape.dims().iter().zip(&strides).map(|(&size, &stride)| (size, stride as isize));
    let sliced = mover::run(&[&input], shape.clone(), &StridedRead::new(dims, offset))?;
    cx.set(0, sliced)
}

fn grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (input, begin, dy) = (cx.x(0)?, cx.x(1)?, cx.dy(0)?);
    let rank = Op::named("Rank").input(input).one()?;
    let column = |vector: Tensor| {
        let shape =
            Op::named("Pack").inputs([rank.clone(), ferroflow_core::convert_to_tensor(1, None)?]).one()?;
        Op::named("Reshape").input(vector).input(shape).one()
    };
    let index = begin.dtype().base();
    let (whole, taken) = (
        Op::named("Shape").input(input).attr("out_type", index),
        Op::named("Shape").input(cx.y(0)?).attr("out_type", index),
    );
    let after = ((whole.one()? - taken.one()?)? - begin)?;
    let paddings = crate::concat([column(begin.clone())?, column(after)?], 1)?;
    cx.set(0, Op::named("Pad").input(dy).input(paddings).one())
}

pub(crate) static SLICE: OpDef =
    OpDef { name: "Slice", shape, kernel: Some(kernel), grad: Grad::Fn(grad), ..OpDef::NEW };
