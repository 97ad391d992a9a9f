//! Calls of other families' ops, and the checks that the functions share.

use ferroflow_core::{IntoOperand, NdArray, Op, Operand, Result, Tensor, bail, context, convert_to_tensor};

/// A number in the dtype of a tensor.
pub(crate) fn number(value: f64, like: &Tensor) -> Result<NdArray> {
    NdArray::scalar(value).cast(like.dtype().base())
}

pub(crate) fn unary(op: &str, x: impl IntoOperand) -> Result<Tensor> {
    Op::named(op).input(x).one()
}

pub(crate) fn binary(op: &str, x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> {
    Op::named(op).input(x).input(y).one()
}

/// The mean or sum over axes.
pub(crate) fn reduce(op: &str, x: impl IntoOperand, axes: Vec<i32>, keep_dims: bool) -> Result<Tensor> {
    Op::named(op).input(x).input(NdArray::vector(axes)).attr("keep_dims", keep_dims).one()
}

/// A part of each dimension, from `begin` of this size; -1 is the rest.
pub(crate) fn slice(x: &Tensor, begin: Vec<i32>, size: Vec<i32>) -> Result<Tensor> {
    Op::named("Slice").input(x).input(NdArray::vector(begin)).input(NdArray::vector(size)).one()
}

/// The part of one axis from `begin` on, of this size; -1 is the rest.
pub(crate) fn slice_axis(x: &Tensor, rank: usize, axis: usize, begin: i32, size: i32) -> Result<Tensor> {
    let (mut begins, mut sizes) = (vec![0; rank], vec![-1; rank]);
    begins[axis] = begin;
    sizes[axis] = size;
    slice(x, begins, sizes)
}

/// All but the last of an axis.
pub(crate) fn without_last(x: &Tensor, rank: usize, axis: usize) -> Result<Tensor> {
    let (mut end, mut masks) = (vec![0; rank], !0i64);
    end[axis] = -1;
    masks &= !(1 << axis);
    Op::named("StridedSlice")
        .input(x)
        .input(NdArray::vector(vec![0i32; rank]))
        .input(NdArray::vector(end))
        .input(NdArray::vector(vec![1i32; rank]))
        .attr("begin_mask", (1i64 << rank) - 1)
        .attr("end_mask", masks & ((1 << rank) - 1))
        .one()
}

/// The rank of images, which is known to be 3 or 4.
///
/// # Errors
/// `ValueError` for another rank, or none that is known.
pub(crate) fn image_rank(image: &Tensor) -> Result<usize> {
    match image.rank() {
        Some(rank @ (3 | 4)) => Ok(rank),
        Some(_) => bail!(value, "'image' (shape {}) must have either 3 or 4 dimensions.", image.shape()),
        None => bail!(value, "'image' must have either 3 or 4 dimensions."),
    }
}

/// What images are read through once their shape is found right: the node that TensorFlow's checks leave in a graph.
pub(crate) fn past_checks(image: Tensor) -> Result<Tensor> {
    Op::named("Identity").input(image).default_name("control_dependency").one()
}

/// An image or a batch of images past TensorFlow's checks, and the rank.
///
/// # Errors
/// `ValueError` for an image whose rank is not 3 or 4, or not known.
pub fn checked(image: impl IntoOperand) -> Result<(Tensor, usize)> {
    let image = context::with_name("image", || convert_to_tensor(image, None))?;
    let rank = image_rank(&image)?;
    Ok((past_checks(image)?, rank))
}

/// Calls a function with a batch of images; one image is made a batch before, and taken out of it after.
pub(crate) fn as_batch(image: &Tensor, f: impl FnOnce(Tensor) -> Result<Tensor>) -> Result<Tensor> {
    if image_rank(image)? == 4 {
        return f(image.clone());
    }
    let batch = Op::named("ExpandDims").input(image).input(0).one()?;
    Op::named("Squeeze").input(f(batch)?).attr("squeeze_dims", vec![0i64]).one()
}

/// The size of one dimension as a scalar: a constant where it is known.
pub(crate) fn dim(x: &Tensor, axis: usize) -> Result<Tensor> {
    if let Some(size) = x.shape().dim(axis)
        && let Ok(size) = i32::try_from(size)
    {
        return ferroflow_core::constant(size);
    }
    let shape = unary("Shape", x)?;
    let axis = axis as i32;
    Op::named("StridedSlice")
        .input(shape)
        .input(NdArray::vector(vec![axis]))
        .input(NdArray::vector(vec![axis + 1]))
        .input(NdArray::vector(vec![1i32]))
        .attr("shrink_axis_mask", 1i64)
        .one()
}

/// The shape: a constant where all sizes are known.
pub(crate) fn shape(x: &Tensor) -> Result<Tensor> {
    let known: Option<Vec<i32>> = x
        .shape()
        .to_shape()
        .and_then(|shape| shape.dims().iter().map(|&size| i32::try_from(size).ok()).collect());
    match known {
        Some(sizes) => context::with_name("Shape", || ferroflow_core::constant(NdArray::vector(sizes))),
        None => unary("Shape", x),
    }
}

/// One size, looked up in the shape even where it is known, as `tf.shape(x)[axis]` does.
pub(crate) fn looked_up(x: &Tensor, axis: i32) -> Result<Tensor> {
    Op::named("StridedSlice")
        .input(shape(x)?)
        .input(NdArray::vector(vec![axis]))
        .input(NdArray::vector(vec![axis + 1]))
        .input(NdArray::vector(vec![1i32]))
        .attr("shrink_axis_mask", 1i64)
        .default_name("strided_slice")
        .one()
}

/// The last sizes of a shape, this many: of a constant where all sizes are known.
pub(crate) fn last_sizes(x: &Tensor, count: i32) -> Result<Tensor> {
    Op::named("StridedSlice")
        .input(shape(x)?)
        .input(NdArray::vector(vec![-count]))
        .input(NdArray::vector(vec![0i32]))
        .input(NdArray::vector(vec![1i32]))
        .attr("end_mask", 1i64)
        .default_name("strided_slice")
        .one()
}

/// Scalars as a vector: a constant where all are numbers; else numbers are constants named by their place.
pub(crate) fn stack(values: &[Operand]) -> Result<Tensor> {
    let numbers: Option<Vec<i32>> =
        values.iter().map(|value| value.value().and_then(|value| value.item::<i32>().ok())).collect();
    if let Some(numbers) = numbers {
        return context::with_name("stack", || ferroflow_core::constant(NdArray::vector(numbers)));
    }
    context::name_scope_for_op("stack", |name| {
        let tensor = |(position, value): (usize, &Operand)| {
            context::with_name(&position.to_string(), || convert_to_tensor(value.clone(), None))
        };
        let values = values.iter().enumerate().map(tensor).collect::<Result<Vec<_>>>()?;
        Op::named("Pack").inputs(values).name(name).one()
    })
}

/// A number among scalars.
pub(crate) fn int(value: i32) -> Operand {
    Operand::Value { array: NdArray::scalar(value), weak: true }
}
