//! Reshape, ExpandDims, Squeeze: the same elements in another shape.

use crate::sizes::joined;
use ferroflow_core::{
    Dim, Error, Grad, GradCtx, IntoOperand, KernelCtx, Op, OpDef, PartialShape, Result, ShapeCtx, Tensor,
    bail, options,
};

/// The elements of a tensor in another shape, in which one size may be -1: whatever is left.
///
/// Source: `tf.reshape` (op `Reshape`).
///
/// ```
/// use ferroflow_ops_array::reshape;
/// let rows = reshape([1, 2, 3, 4], [2, -1])?;
/// assert_eq!(rows.shape(), [2, 2].into());
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when the number of elements does not fit the shape.
pub fn reshape(tensor: impl IntoOperand, shape: impl IntoOperand) -> Result<Tensor> {
    Op::new(&RESHAPE).input(tensor).input(shape).one()
}

/// The tensor with a dimension of size 1 put in before dimension `axis`; -1 puts it last.
///
/// Source: `tf.expand_dims` (op `ExpandDims`).
///
/// # Errors
/// `InvalidArgument` when `axis` is out of range.
pub fn expand_dims(input: impl IntoOperand, axis: impl IntoOperand) -> Result<Tensor> {
    Op::new(&EXPAND_DIMS).input(input).input(axis).one()
}

options! {
    /// Optional arguments of [`squeeze_with`].
    pub struct SqueezeOptions {
        /// The dimensions to drop, each of size 1; all of size 1 when it is empty.
        axis: Vec<i64> = Vec::new(),
    }
}

/// The tensor without its dimensions of size 1.
///
/// Source: `tf.squeeze` (op `Squeeze`).
///
/// # Errors
/// Those of the graph in force.
pub fn squeeze(input: impl IntoOperand) -> Result<Tensor> {
    squeeze_with(input, |o| o)
}

/// [`squeeze`] with options.
///
/// ```
/// use ferroflow_ops_array::squeeze_with;
/// let row = squeeze_with([[[1, 2]]], |o| o.axis([0]))?;
/// assert_eq!(row.shape(), [1, 2].into());
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when an axis is out of range or its size is not 1.
pub fn squeeze_with(
    input: impl IntoOperand,
    options: impl FnOnce(SqueezeOptions) -> SqueezeOptions,
) -> Result<Tensor> {
    Op::new(&SQUEEZE).input(input).attr("squeeze_dims", options(SqueezeOptions::default()).axis).one()
}

fn reshape_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (input, sizes) = (cx.input(0), cx.input(1));
    if cx.at_run_time() && sizes.rank().is_some_and(|rank| rank > 1) {
        bail!(invalid_argument, "sizes input must be 1-D, not {}", sizes.cpp());
    }
    let wanted = match cx.ints(1)? {
        Some(sizes) if cx.at_run_time() => known_sizes(&sizes, &input)?,
        _ => shape_in_graph(cx, &input)?,
    };
    cx.set(0, wanted);
    Ok(())
}

/// The shape that sizes with at most one -1 stand for, checked in the words of TensorFlow's kernel.
fn known_sizes(sizes: &[i64], input: &PartialShape) -> Result<PartialShape> {
    let elements = input.num_elements().unwrap_or(0);
    let mut missing = None;
    // Zeros stay out of the product: what is missing is found from the other sizes.
    let mut product = 1usize;
    for (axis, &size) in sizes.iter().enumerate() {
        match usize::try_from(size) {
            Ok(0) => {}
            Ok(size) => {
                product = product
                    .checked_mul(size)
                    .filter(|&n| n <= i64::MAX as usize)
                    .ok_or_else(|| overflow(sizes))?
            }
            Err(_) if size == -1 => {
                if let Some(first) = missing.replace(axis) {
                    bail!(invalid_argument, "Only one input size may be -1, not both {first} and {axis}")
                }
            }
            Err(_) => bail!(invalid_argument, "Size {axis} must be non-negative, not {size}"),
        }
    }
    let mut dims: Vec<Dim> = sizes.iter().map(|&size| usize::try_from(size).ok()).collect();
    let has_zero = sizes.contains(&0);
    if let Some(axis) = missing {
        let known = input.dims().unwrap_or_default().iter().flatten();
        let left: usize = known.filter(|&&dim| dim > 0 || !has_zero).product();
        let zero_to_zero = has_zero && elements == 0;
        if !left.is_multiple_of(product) && !zero_to_zero {
            bail!(
                invalid_argument,
                "Input to reshape is a tensor with {elements} values, but the requested shape requires a multiple \
                 of {product}"
            );
        }
        dims[axis] = Some(left / product);
    }
    let shape = PartialShape::new(dims);
    let asked = shape.num_elements().ok_or_else(|| overflow(sizes))?;
    if asked != elements {
        bail!(
            invalid_argument,
            "Input to reshape is a tensor with {elements} values, but the requested shape has {asked}"
        );
    }
    Ok(shape)
}

fn overflow(sizes: &[i64]) -> Error {
    Error::invalid_argument(format!("Shape [{}] has too many elements", joined(sizes, ", ")))
}

fn shape_in_graph(cx: &ShapeCtx<'_>, input: &PartialShape) -> Result<PartialShape> {
    cx.with_rank(1, 1)?;
    let wanted = cx.input_as_shape(1)?;
    let Some(dims) = wanted.dims() else { return Ok(wanted) };
    let missing: Vec<usize> = (0..dims.len()).filter(|&axis| dims[axis].is_none()).collect();
    // TensorFlow's shape function lets this product wrap around.
    let known = dims.iter().flatten().fold(1usize, |product, &dim| product.wrapping_mul(dim));
    let Some(elements) = input.num_elements() else { return Ok(wanted.clone()) };
    match missing.as_slice() {
        [] if known != elements => bail!(
            invalid_argument,
            "Cannot reshape a tensor with {elements} elements to shape {} ({known} elements)",
            wanted.cpp()
        ),
        [axis] if known != 0 => {
            if !elements.is_multiple_of(known) {
                bail!(
                    invalid_argument,
                    "Dimension size must be evenly divisible by {known} but is {elements}"
                );
            }
            Ok(PartialShape::new(
                dims.iter().enumerate().map(
                    |(at, &dim)| {
                        if at == *axis { Some(elements / known) } else { dim }
                    },
                ),
            ))
        }
        _ => Ok(wanted.clone()),
    }
}

fn in_new_shape(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shape = cx.output_shape(0)?;
    let reshaped = cx.take(0)?.into_shape(shape)?;
    cx.set(0, reshaped)
}

fn reshape_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let dy = cx.dy(0)?;
    cx.set(0, crate::gradients::reshape_to(&dy, cx.x(0)?))
}

fn expand_dims_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (input, axis) = (cx.input(0), cx.input(1));
    if axis.num_elements().is_some_and(|count| count != 1) {
        return Err(cx.mismatch(
            "'dim' must be a tensor with a single value",
            "'dim' input must be a tensor with a single value",
        ));
    }
    let Some(dims) = input.dims() else { return Ok(()) };
    let rank = dims.len() as i64;
    let Some(axis) = cx.int_value(1)? else {
        cx.set(0, PartialShape::of_rank(dims.len() + 1));
        return Ok(());
    };
    if axis < -1 - rank || axis > rank {
        return Err(cx.mismatch(
            format!("Tried to expand dim index {axis} for tensor with {rank} dimensions."),
            format!("dim {axis} not in the interval [{}, {rank}].", -1 - rank),
        ));
    }
    let at = if axis < 0 { axis + rank + 1 } else { axis } as usize;
    let (before, after) = dims.split_at(at);
    let expanded = PartialShape::new(before.iter().chain([&Some(1)]).chain(after).copied());
    cx.set(0, expanded);
    Ok(())
}

fn squeeze_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let input = cx.input(0);
    let Some(dims) = input.dims() else { return Ok(()) };
    let axes = ferroflow_core::Attrs::ints(cx, "squeeze_dims")?.to_vec();
    if axes.is_empty() {
        // Without sizes even the rank of the result is unknown.
        if dims.iter().all(Option::is_some) {
            let kept = PartialShape::new(dims.iter().copied().filter(|dim| *dim != Some(1)));
            cx.set(0, kept);
        }
        return Ok(());
    }
    let rank = dims.len() as i64;
    let mut dropped = vec![false; dims.len()];
    for (index, &axis) in axes.iter().enumerate() {
        if axis < -rank || axis >= rank {
            return Err(cx.mismatch(
                format!("Tried to squeeze dim index {axis} for tensor with {rank} dimensions."),
                format!("squeeze_dims[{index}] not in [{},{rank}).", -rank),
            ));
        }
        let at = if axis < 0 { axis + rank } else { axis } as usize;
        match dims[at] {
            Some(size) if size != 1 => {
                return Err(cx.mismatch(
                    format!("Can not squeeze dim[{at}], expected a dimension of 1, got {size}"),
                    format!("Can not squeeze dim[{at}], expected a dimension of 1, got {size}"),
                ));
            }
            _ => dropped[at] = true,
        }
    }
    let kept =
        PartialShape::new(dims.iter().zip(&dropped).filter(|(_, dropped)| !**dropped).map(|(dim, _)| *dim));
    cx.set(0, kept);
    Ok(())
}

pub(crate) static RESHAPE: OpDef = OpDef {
    name: "Reshape",
    shape: reshape_shape,
    kernel: Some(in_new_shape),
    grad: Grad::Fn(reshape_grad),
    ..OpDef::NEW
};
pub(crate) static EXPAND_DIMS: OpDef = OpDef {
    name: "ExpandDims",
    shape: expand_dims_shape,
    kernel: Some(in_new_shape),
    grad: Grad::Fn(reshape_grad),
    ..OpDef::NEW
};
pub(crate) static SQUEEZE: OpDef = OpDef {
    name: "Squeeze",
    shape: squeeze_shape,
    kernel: Some(in_new_shape),
    grad: Grad::Fn(reshape_grad),
    ..OpDef::NEW
};
