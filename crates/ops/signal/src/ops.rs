//! What gradients and composed functions are made of: a few ops of other families under short names.

use ferroflow_core::{DType, IntoOperand, NdArray, Op, Result, Tensor, constant, operators};

pub(crate) fn shape_of(x: &Tensor) -> Result<Tensor> {
    Op::named("Shape").input(x).one()
}

pub(crate) fn cast(x: &Tensor, dtype: DType) -> Result<Tensor> {
    operators::cast(x, dtype)
}

pub(crate) fn reshape(x: &Tensor, shape: impl IntoOperand) -> Result<Tensor> {
    Op::named("Reshape").input(x).input(shape).one()
}

/// A number in the dtype of a tensor.
pub(crate) fn number_like(value: f64, like: &Tensor) -> Result<Tensor> {
    constant(NdArray::scalar(value).cast(like.dtype().base())?)
}

/// A vector of integers.
pub(crate) fn ints(values: &[i32]) -> Result<Tensor> {
    constant(NdArray::vector(values.to_vec()))
}

pub(crate) fn concatenate(parts: &[Tensor], axis: i32) -> Result<Tensor> {
    Op::named("ConcatV2").inputs(parts.to_vec()).input(axis).one()
}

/// The real dtype of a complex one.
pub(crate) fn real_dtype(dtype: DType) -> DType {
    if dtype == DType::COMPLEX128 { DType::FLOAT64 } else { DType::FLOAT32 }
}

/// The complex dtype of a real one.
pub(crate) fn complex_dtype(dtype: DType) -> DType {
    if dtype == DType::FLOAT64 { DType::COMPLEX128 } else { DType::COMPLEX64 }
}

pub(crate) fn real(x: &Tensor) -> Result<Tensor> {
    Op::named("Real").input(x).attr("Tout", real_dtype(x.dtype())).one()
}

/// The elements of a vector from one position to another; negative ones count from the end.
pub(crate) fn part(vector: &Tensor, from: i32, to: Option<i32>) -> Result<Tensor> {
    Op::named("StridedSlice")
        .input(vector)
        .input(ints(&[from])?)
        .input(ints(&[to.unwrap_or(0)])?)
        .input(ints(&[1])?)
        .attr("end_mask", i64::from(to.is_none()))
        .one()
}

/// One element of a vector; negative positions count from the end.
pub(crate) fn element(vector: &Tensor, position: i32) -> Result<Tensor> {
    Op::named("StridedSlice")
        .input(vector)
        .input(ints(&[position])?)
        .input(ints(&[position + 1])?)
        .input(ints(&[1])?)
        .attr("end_mask", i64::from(position == -1))
        .attr("shrink_axis_mask", 1i64)
        .one()
}

/// `x[..., from:to:step]`.
pub(crate) fn last_axis(x: &Tensor, from: impl IntoOperand, to: Option<Tensor>, step: i32) -> Result<Tensor> {
    let from = ferroflow_core::convert_to_tensor(from, Some(DType::INT32))?;
    let pair = |last: &Tensor| Op::named("Pack").inputs([&constant(0)?, last]).one();
    let end_mask = if to.is_none() { 2i64 } else { 0 };
    let end = match to {
        Some(to) => to,
        None => constant(0)?,
    };
    Op::named("StridedSlice")
        .input(x)
        .input(pair(&from)?)
        .input(pair(&end)?)
        .input(ints(&[1, step])?)
        .attr("end_mask", end_mask)
        .attr("ellipsis_mask", 1i64)
        .one()
}

/// How many elements the last axes hold, as `int32`.
pub(crate) fn inner_size(x: &Tensor, rank: usize) -> Result<Tensor> {
    if let Some(dims) = x.shape().dims()
        && dims.len() >= rank
        && let Some(size) = dims[dims.len() - rank..].iter().copied().product::<Option<usize>>()
    {
        return constant(i32::try_from(size).unwrap_or(i32::MAX));
    }
    let sizes = part(&shape_of(x)?, -(rank as i32), None)?;
    Op::named("Prod").input(sizes).input(0).one()
}

/// The value of a tensor, where it is at hand: it is eager, or a constant of its graph.
pub(crate) fn value(tensor: &Tensor) -> Option<NdArray> {
    match tensor {
        Tensor::Eager(tensor) => Some(tensor.value().clone()),
        Tensor::Symbolic(tensor) => tensor.graph().constant_value(tensor),
    }
}
