//! StridedSlice, StridedSliceGrad: Python's `x[begin:end:stride, ...]`.

use crate::mover::{self, Item, Moves};
use crate::slice_spec::{Masks, SliceSpec};
use crate::strided_read::StridedRead;
use crate::strided_write::StridedWrite;
use ferroflow_core::{
    DType, Grad, GradCtx, IntoOperand, KernelCtx, NdArray, Op, OpDef, PartialShape, Result, Shape, ShapeCtx,
    Tensor, bail, options,
};

options! {
    /// Optional arguments of [`strided_slice_with`].
    pub struct StridedSliceOptions {
        /// The step along each dimension; 1 if it is not given.
        strides: Option<Tensor> = None,
        /// Bits of dimensions that begin at their start, whatever `begin` says.
        begin_mask: i64 = 0,
        /// Bits of dimensions that run to their end, whatever `end` says.
        end_mask: i64 = 0,
        /// The bit that stands for as many whole dimensions as are left.
        ellipsis_mask: i64 = 0,
        /// Bits that put in a new dimension of size 1.
        new_axis_mask: i64 = 0,
        /// Bits of dimensions of which the one element at `begin` is taken, and the dimension dropped.
        shrink_axis_mask: i64 = 0,
    }
}

/// The elements from `begin` up to `end` along each dimension.
///
/// Source: `tf.strided_slice` (op `StridedSlice`).
///
/// ```
/// use ferroflow_ops_array::strided_slice;
/// let middle = strided_slice([1, 2, 3, 4], [1], [3])?;
/// assert_eq!(middle.numpy()?.as_slice::<i32>()?, [2, 3]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when the specification does not fit the input.
pub fn strided_slice(
    input: impl IntoOperand,
    begin: impl IntoOperand,
    end: impl IntoOperand,
) -> Result<Tensor> {
    strided_slice_with(input, begin, end, |o| o)
}

/// [`strided_slice`] with options.
///
/// # Errors
/// As [`strided_slice`].
pub fn strided_slice_with(
    input: impl IntoOperand,
    begin: impl IntoOperand,
    end: impl IntoOperand,
    options: impl FnOnce(StridedSliceOptions) -> StridedSliceOptions,
) -> Result<Tensor> {
    let options = options(StridedSliceOptions::default());
    let begin = begin.into_operand()?;
    let strides = match options.strides {
        Some(strides) => strides,
        None => crate::ones_like_by_filling(begin.clone(), None)?,
    };
    Op::new(&STRIDED_SLICE)
        .input(input)
        .input(begin)
        .input(end)
        .input(strides)
        .attr("begin_mask", options.begin_mask)
        .attr("end_mask", options.end_mask)
        .attr("ellipsis_mask", options.ellipsis_mask)
        .attr("new_axis_mask", options.new_axis_mask)
        .attr("shrink_axis_mask", options.shrink_axis_mask)
        .one()
}

/// Checks that begin, end and strides, from input `first` on, are vectors of one length.
pub(crate) fn check_vectors(cx: &ShapeCtx<'_>, first: usize) -> Result<()> {
    let shapes: Vec<PartialShape> = (first..first + 3).map(|index| cx.input(index)).collect();
    let bad = shapes.iter().any(|shape| shape.rank().is_some_and(|rank| rank != 1));
    let lengths: Vec<usize> = shapes.iter().filter_map(|shape| shape.dim(0)).collect();
    if cx.at_run_time() && (bad || lengths.iter().any(|length| *length != lengths[0] || *length >= 32)) {
        bail!(
            invalid_argument,
            "Expected begin, end, and strides to be 1D equal size tensors, but got shapes {}, {}, and {} instead.",
            shapes[0].cpp(),
            shapes[1].cpp(),
            shapes[2].cpp()
        );
    }
    for index in first..first + 3 {
        cx.with_rank(index, 1)?;
    }
    let merged = cx.merge(&shapes[0], &shapes[1])?;
    cx.merge(&merged, &shapes[2])?;
    Ok(())
}

fn slice_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    check_vectors(cx, 1)?;
    let input = cx.input(0);
    let (Some(dims), Some(strides)) = (input.dims(), cx.ints(3)?) else { return Ok(()) };
    let (begin, end) = (cx.ints(1)?, cx.ints(2)?);
    let bounds = match (&begin, &end) {
        (Some(begin), Some(end)) => Some((begin.as_slice(), end.as_slice())),
        _ => None,
    };
    let shape = SliceSpec::resolve(dims, bounds, &strides, &Masks::of(cx)?)?.shape();
    cx.set(0, shape);
    Ok(())
}

/// The slice that inputs `first..first + 3` take of an array of this shape.
pub(crate) fn spec_of(cx: &KernelCtx<'_>, first: usize, shape: &Shape) -> Result<SliceSpec> {
    let dims: Vec<Option<usize>> = shape.dims().iter().map(|&dim| Some(dim)).collect();
    let (begin, end, strides) = (cx.ints(first)?, cx.ints(first + 1)?, cx.ints(first + 2)?);
    SliceSpec::resolve(&dims, Some((&begin, &end)), &strides, &Masks::of(cx)?)
}

/// The first element that a slice takes, and its size and stride along each dimension; `None` when it is empty.
pub(crate) fn walk(spec: &SliceSpec, shape: &Shape) -> Option<(Vec<(usize, isize)>, usize)> {
    let strides = shape.strides();
    let mut offset = 0;
    let mut dims = Vec::with_capacity(shape.rank());
    for (taken, &stride) in spec.taken.iter().zip(&strides) {
        let count = taken.count.filter(|&count| count > 0)?;
        offset += usize::try_from(taken.begin).ok()? * stride;
        // A stride that leaves the dimension at once may be huge; it is then never taken.
        let step = if count == 1 { 0 } else { taken.stride as isize * stride as isize };
        dims.push((count, step));
    }
    Some((dims, offset))
}

fn slice_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shape = cx.output_shape(0)?;
    let spec = spec_of(cx, 1, cx.input(0)?.shape())?;
    let input = cx.take(0)?;
    let sliced = if shape.num_elements() == input.len() && spec.taken.iter().all(|taken| taken.stride > 0) {
        input.into_shape(shape)?
    } else {
        match walk(&spec, input.shape()) {
            Some((dims, offset)) => mover::run(&[&input], shape, &StridedRead::new(dims, offset))?,
            None => NdArray::zeros(input.dtype(), shape)?,
        }
    };
    cx.set(0, sliced)
}

fn slice_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let index = cx.x(1)?.dtype().base();
    // The gradient op has no int16 indices.
    let wide = if index == DType::INT16 { DType::INT32 } else { index };
    let shape = Op::named("Shape").input(cx.x(0)?).attr("out_type", wide).one()?;
    let mut op = Op::new(&STRIDED_SLICE_GRAD).input(shape);
    for bound in 1..4 {
        op = op.input(ferroflow_core::operators::cast(cx.x(bound)?, wide)?);
    }
    let grad = masks_of(cx, op.input(cx.dy(0)?))?.one();
    cx.set(0, grad)
}

pub(crate) fn masks_of(cx: &GradCtx<'_>, mut op: Op) -> Result<Op> {
    for mask in ["begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask"] {
        op = op.attr(mask, cx.int(mask)?);
    }
    Ok(op)
}

fn slice_grad_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let shape_input = cx.input(0);
    if cx.at_run_time() {
        if shape_input.rank() != Some(1) {
            bail!(invalid_argument, "shape must be 1-D, got shape.shape = {}", shape_input.cpp());
        }
        check_vectors(cx, 1)?;
    } else {
        cx.with_rank(0, 1)?;
    }
    let shape = cx.input_as_shape(0)?;
    cx.set(0, shape);
    Ok(())
}

/// Writes a slice's gradient into zeros in the input's shape.
struct Spread {
    write: StridedWrite,
}

impl Moves for Spread {
    fn fill<T: Item>(&self, inputs: &[&[T]], output: &mut [T]) {
        if let Some(input) = inputs.first() {
            self.write.copy(input, output);
        }
    }
}

fn slice_grad_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shape = cx.output_shape(0)?;
    let spec = spec_of(cx, 1, &shape)?;
    let dy = cx.take(4)?;
    let expected = spec.shape();
    if !expected.admits(dy.shape()) {
        bail!(invalid_argument, "shape of dy was {} instead of {}", dy.shape(), expected.cpp());
    }
    let grad = match walk(&spec, &shape) {
        Some((dims, offset)) => {
            let write = StridedWrite::new(dims, offset);
            mover::run(&[&dy], shape, &Spread { write })?
        }
        None => NdArray::zeros(dy.dtype(), shape)?,
    };
    cx.set(0, grad)
}

fn slice_grad_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let mut op = Op::new(&STRIDED_SLICE).input(cx.dy(0)?);
    for bound in 1..4 {
        op = op.input(cx.x(bound)?);
    }
    let grad = masks_of(cx, op)?.one();
    cx.set(4, grad)
}

pub(crate) static STRIDED_SLICE: OpDef = OpDef {
    name: "StridedSlice",
    shape: slice_shape,
    kernel: Some(slice_kernel),
    grad: Grad::Fn(slice_grad),
    ..OpDef::NEW
};
pub(crate) static STRIDED_SLICE_GRAD: OpDef = OpDef {
    name: "StridedSliceGrad",
    shape: slice_grad_shape,
    kernel: Some(slice_grad_kernel),
    grad: Grad::Fn(slice_grad_grad),
    ..OpDef::NEW
};
