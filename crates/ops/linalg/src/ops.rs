//! What gradients and composed functions are made of: a few ops of other families under short names.

use ferroflow_core::{DType, IntoOperand, NdArray, Op, Result, Tensor, constant, operators};

/// The product of matrices, adjoint where asked.
pub(crate) fn matmul(a: &Tensor, b: &Tensor, adjoint_a: bool, adjoint_b: bool) -> Result<Tensor> {
    Op::named("BatchMatMulV2").input(a).input(b).attr("adj_x", adjoint_a).attr("adj_y", adjoint_b).one()
}

pub(crate) fn product(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    matmul(a, b, false, false)
}

pub(crate) fn adjoint_product(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    matmul(a, b, true, false)
}

pub(crate) fn product_adjoint(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    matmul(a, b, false, true)
}

pub(crate) fn negative(x: &Tensor) -> Result<Tensor> {
    operators::negative(x)
}

pub(crate) fn conjugate(x: &Tensor) -> Result<Tensor> {
    if x.dtype().is_complex() { Op::named("Conj").input(x).one() } else { Ok(x.clone()) }
}

pub(crate) fn shape_of(x: &Tensor) -> Result<Tensor> {
    Op::named("Shape").input(x).one()
}

pub(crate) fn reshape(x: &Tensor, shape: impl IntoOperand) -> Result<Tensor> {
    Op::named("Reshape").input(x).input(shape).one()
}

pub(crate) fn concatenate(parts: &[Tensor], axis: i32) -> Result<Tensor> {
    Op::named("ConcatV2").inputs(parts.to_vec()).input(axis).one()
}

pub(crate) fn zeros_like(x: &Tensor) -> Result<Tensor> {
    Op::named("ZerosLike").input(x).one()
}

pub(crate) fn expand(x: &Tensor, axis: i32) -> Result<Tensor> {
    Op::named("ExpandDims").input(x).input(axis).one()
}

/// A number in the dtype of a tensor.
pub(crate) fn number_like(value: f64, like: &Tensor) -> Result<Tensor> {
    constant(NdArray::scalar(value).cast(like.dtype().base())?)
}

/// The matrices with their last two axes swapped.
pub(crate) fn transposed(x: &Tensor) -> Result<Tensor> {
    if let Some(rank) = x.rank() {
        let mut axes: Vec<i32> = (0..rank as i32).collect();
        if rank >= 2 {
            axes.swap(rank - 1, rank - 2);
        }
        return Op::named("Transpose").input(x).input(constant(axes)?).one();
    }
    let rank = Op::named("Rank").input(x).one()?;
    let axis = |back: i32| -> Result<Tensor> { reshape(&(&rank - back)?, [1]) };
    let outer = Op::named("Range").input(0).input((&rank - 2)?).input(1).one()?;
    Op::named("Transpose").input(x).input(concatenate(&[outer, axis(1)?, axis(2)?], 0)?).one()
}

/// The conjugates of the transposed matrices.
pub(crate) fn adjoint(x: &Tensor) -> Result<Tensor> {
    conjugate(&transposed(x)?)
}

/// The matrices times a number each.
pub(crate) fn scaled_by(factors: &Tensor, matrices: &Tensor) -> Result<Tensor> {
    expand(&expand(factors, -1)?, -1)? * matrices
}

/// The part of matrices between two diagonals.
pub(crate) fn band(x: &Tensor, lower: i64, upper: i64) -> Result<Tensor> {
    Op::named("MatrixBandPart").input(x).input(lower).input(upper).one()
}

/// The main diagonals.
pub(crate) fn diagonal(x: &Tensor) -> Result<Tensor> {
    Op::named("MatrixDiagPart").input(x).one()
}

pub(crate) fn with_diagonal(x: &Tensor, diagonal: &Tensor) -> Result<Tensor> {
    Op::named("MatrixSetDiag").input(x).input(diagonal).one()
}

/// Diagonal matrices.
pub(crate) fn diagonal_matrix(diagonal: &Tensor) -> Result<Tensor> {
    Op::named("MatrixDiag").input(diagonal).one()
}

/// Identity matrices like these square ones.
pub(crate) fn identity_like(x: &Tensor) -> Result<Tensor> {
    let ones = Op::named("OnesLike").input(diagonal(x)?).one()?;
    with_diagonal(&zeros_like(x)?, &ones)
}

pub(crate) fn cast(x: &Tensor, dtype: DType) -> Result<Tensor> {
    operators::cast(x, dtype)
}

/// Columns of matrices, from one to another; `None` is the end.
pub(crate) fn columns(x: &Tensor, from: usize, to: Option<usize>) -> Result<Tensor> {
    part(x, -1, from, to)
}

/// A part along the last axis (-1) or the one before it (-2).
pub(crate) fn part(x: &Tensor, axis: i32, from: usize, to: Option<usize>) -> Result<Tensor> {
    slice(x, axis, from as i32, to.map(|to| to as i32))
}

/// All along an axis (-1 or -2) but the last.
pub(crate) fn all_but_last(x: &Tensor, axis: i32) -> Result<Tensor> {
    slice(x, axis, 0, Some(-1))
}

/// `x[..., from:to]` for the last axis, `x[..., from:to, :]` for the one before it.
fn slice(x: &Tensor, axis: i32, from: i32, to: Option<i32>) -> Result<Tensor> {
    let (mut begin, mut end) = (vec![0, from], vec![0, to.unwrap_or(0)]);
    let (mut begin_mask, mut end_mask) = (0i64, if to.is_none() { 2i64 } else { 0 });
    if axis == -2 {
        begin.push(0);
        end.push(0);
        begin_mask |= 4;
        end_mask |= 4;
    }
    let strides = vec![1i32; begin.len()];
    Op::named("StridedSlice")
        .input(x)
        .input(constant(begin)?)
        .input(constant(end)?)
        .input(constant(strides)?)
        .attr("begin_mask", begin_mask)
        .attr("end_mask", end_mask)
        .attr("ellipsis_mask", 1i64)
        .one()
}

/// `x` over its square, which is one over `x` kept from dividing by 0.
pub(crate) fn safe_reciprocal(x: &Tensor) -> Result<Tensor> {
    let square = ((x * x)? + number_like(1e-20, x)?)?;
    x * Op::named("Reciprocal").input(square).one()?
}

/// The outer sizes of a shape: all but the last two.
pub(crate) fn outer(shape: &Tensor) -> Result<Tensor> {
    Op::named("StridedSlice").input(shape).input([0]).input([-2]).input([1]).attr("begin_mask", 1i64).one()
}

/// Sums gradients of two operands whose outer axes broadcast back to the shapes of these.
pub(crate) fn sum_outer(gradients: [Tensor; 2], operands: [&Tensor; 2]) -> Result<[Tensor; 2]> {
    let known = |tensor: &Tensor| {
        let shape = tensor.shape().to_shape()?;
        Some(shape.dims().get(..shape.rank().checked_sub(2)?)?.to_vec())
    };
    if let (Some(left), Some(right)) = (known(operands[0]), known(operands[1]))
        && left == right
    {
        return Ok(gradients);
    }
    let shapes = [shape_of(operands[0])?, shape_of(operands[1])?];
    let [left, right] =
        Op::named("BroadcastGradientArgs").input(outer(&shapes[0])?).input(outer(&shapes[1])?).outputs()?;
    let sum = |gradient: &Tensor, axes: Tensor, shape: &Tensor| {
        reshape(&Op::named("Sum").input(gradient).input(axes).one()?, shape)
    };
    Ok([sum(&gradients[0], left, &shapes[0])?, sum(&gradients[1], right, &shapes[1])?])
}
