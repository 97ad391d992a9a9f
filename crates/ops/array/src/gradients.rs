//! What gradients of this family share: shapes of tensors, known or computed, and sums.

use ferroflow_core::{NdArray, Op, Result, Tensor, convert_to_tensor};

/// The shape of a tensor as an `int32` tensor: a constant where it is known in full.
pub(crate) fn shape_of(tensor: &Tensor) -> Result<Tensor> {
    match tensor.shape().to_i64() {
        Some(dims) if tensor.shape().is_fully_defined() => int32_constant(&dims),
        _ => Op::new(&crate::shape_of::SHAPE).input(tensor).one(),
    }
}

/// A constant `int32` vector.
pub(crate) fn int32_constant(values: &[i64]) -> Result<Tensor> {
    convert_to_tensor(NdArray::vector(values.iter().map(|&value| value as i32).collect()), None)
}

/// The gradient in the shape of the input: the gradient of every op that keeps the elements in their order.
pub(crate) fn reshape_to(dy: &Tensor, x: &Tensor) -> Result<Tensor> {
    crate::reshape(dy, shape_of(x)?)
}

/// The sum of all elements.
pub(crate) fn sum_all(tensor: &Tensor) -> Result<Tensor> {
    let axes = match tensor.rank() {
        Some(rank) => int32_constant(&(0..rank as i64).collect::<Vec<_>>())?,
        None => {
            let rank = Op::named("Rank").input(tensor).one()?;
            Op::named("Range").input(0).input(rank).input(1).one()?
        }
    };
    Op::named("Sum").input(tensor).input(axes).one()
}

/// The elements of a vector from `begin` up to `end`, as far as they are given.
pub(crate) fn part(vector: &Tensor, begin: Option<i32>, end: Option<i32>) -> Result<Tensor> {
    Op::new(&crate::strided_slice::STRIDED_SLICE)
        .input(vector)
        .input([begin.unwrap_or(0)])
        .input([end.unwrap_or(0)])
        .input([1])
        .attr("begin_mask", i64::from(begin.is_none()))
        .attr("end_mask", i64::from(end.is_none()))
        .one()
}
