//! What gradients and composites can know of tensors before any session runs.

use ferroflow_core::{NdArray, Op, Result, Shape, Tensor, constant, operators};

/// The value of a tensor, where it is at hand: it is eager, or a constant of its graph.
pub(crate) fn value(tensor: &Tensor) -> Option<NdArray> {
    match tensor {
        Tensor::Eager(tensor) => Some(tensor.value().clone()),
        Tensor::Symbolic(tensor) => tensor.graph().constant_value(tensor),
    }
}

/// A shape as the `int32` tensor that ops take.
pub(crate) fn shape_constant(shape: &Shape) -> Result<Tensor> {
    constant(NdArray::vector(shape.iter().map(|&dim| dim as i32).collect::<Vec<_>>()))
}

/// The shape of a tensor as a tensor: a constant where it is known.
pub(crate) fn shape_of(tensor: &Tensor) -> Result<Tensor> {
    match tensor.shape().to_shape() {
        Some(shape) => shape_constant(&shape),
        None => Op::named("Shape").input(tensor).one(),
    }
}

/// A tensor in this shape.
pub(crate) fn reshape(tensor: &Tensor, shape: &Tensor) -> Result<Tensor> {
    Op::named("Reshape").input(tensor).input(shape).one()
}

/// The shape that a reduction of `input` over `axes` has when it keeps the reduced axes as 1.
pub(crate) fn reduced_shape(input: &Tensor, axes: &Tensor) -> Result<Tensor> {
    if let (Some(shape), Some(axes)) = (input.shape().to_shape(), value(axes)) {
        let rank = shape.rank() as i64;
        let mut dims: Vec<i32> = shape.iter().map(|&dim| dim as i32).collect();
        for axis in axes.to_i64_vec()? {
            if let Some(dim) = dims.get_mut((axis + rank).rem_euclid(rank.max(1)) as usize) {
                *dim = 1;
            }
        }
        return constant(NdArray::vector(dims));
    }
    let shape = Op::named("Shape").input(input).one()?;
    let rank = Op::named("Size").input(&shape).one()?;
    let axes = operators::cast(axes, ferroflow_core::DType::INT32)?;
    let axes = ((&axes + &rank)? % &rank)?;
    let all = Op::named("Range").input(0).input(&rank).input(1).one()?;
    let axes_shape = Op::named("Shape").input(&axes).one()?;
    let ones = Op::named("Fill").input(axes_shape).input(1).one()?;
    Op::named("DynamicStitch").inputs([&all, &axes]).inputs([&shape, &ones]).one()
}

/// The conjugate that gradients of complex functions need; the tensor itself where it is real.
pub(crate) fn conjugate(tensor: &Tensor) -> Result<Tensor> {
    if tensor.dtype().is_complex() { Op::named("Conj").input(tensor).one() } else { Ok(tensor.clone()) }
}

/// A constant of one number in the dtype of a tensor.
pub(crate) fn number_like(value: f64, like: &Tensor) -> Result<Tensor> {
    constant(NdArray::scalar(value).cast(like.dtype().base())?)
}
