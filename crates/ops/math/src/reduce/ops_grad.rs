//! Gradients of reductions.

use crate::known;
use ferroflow_core::{DType, GradCtx, NdArray, Op, Result, Tensor, constant, operators};

/// `tensor`, which has the shape of the reduction's output, with the reduced axes put back as 1.
fn keep_dims(cx: &GradCtx<'_>, tensor: &Tensor) -> Result<Tensor> {
    if cx.bool("keep_dims")? {
        return Ok(tensor.clone());
    }
    known::reshape(tensor, &known::reduced_shape(cx.x(0)?, cx.x(1)?)?)
}

/// `tensor` repeated along the reduced axes, in the shape of the reduction's input.
fn spread(cx: &GradCtx<'_>, tensor: &Tensor) -> Result<Tensor> {
    let shape = known::shape_of(cx.x(0)?)?;
    Op::named("BroadcastTo").input(keep_dims(cx, tensor)?).input(shape).one()
}

/// The same in a graph, for sums and means: by the nodes that TensorFlow has where shape and axes are known.
fn repeated(cx: &GradCtx<'_>, tensor: &Tensor) -> Result<Tensor> {
    let x = cx.x(0)?;
    let (Some(rank), Some(axes)) = (x.shape().rank(), known::value(cx.x(1)?)) else {
        return spread(cx, tensor);
    };
    if tensor.is_eager() {
        return spread(cx, tensor);
    }
    let sizes = |sizes: Vec<i32>| NdArray::vector(sizes);
    let reshaped = |shape: Vec<i32>| Op::named("Reshape").input(tensor).input(sizes(shape)).one();
    let axes = axes.to_i64_vec()?;
    if axes.iter().copied().eq(0..rank as i64) {
        let whole = reshaped(vec![1; rank])?;
        let shape = known::shape_of(x)?;
        return Op::named("Tile").input(whole).input(shape).one();
    }
    let Some(shape) = x.shape().to_shape() else { return spread(cx, tensor) };
    let mut kept: Vec<i32> = shape.iter().map(|&size| size as i32).collect();
    let mut times = vec![1; rank];
    for axis in axes {
        let axis = (axis + rank as i64).rem_euclid(rank.max(1) as i64) as usize;
        if let (Some(size), Some(times)) = (kept.get_mut(axis), times.get_mut(axis)) {
            // An axis without elements is repeated no times; one that is listed twice was reduced already.
            *times = if *size == 1 { *times } else { *size };
            *size = 1;
        }
    }
    Op::named("Tile").input(reshaped(kept)?).input(sizes(times)).one()
}

pub(super) fn sum(cx: &mut GradCtx<'_>) -> Result<()> {
    let dx = repeated(cx, &cx.dy(0)?)?;
    cx.set(0, dx)
}

pub(super) fn mean(cx: &mut GradCtx<'_>) -> Result<()> {
    let (x, y) = (cx.x(0)?, cx.y(0)?);
    let spread = repeated(cx, &cx.dy(0)?)?;
    let dtype = spread.dtype();
    let count = match (x.shape().num_elements(), y.shape().num_elements()) {
        (Some(input), Some(output)) => {
            constant(NdArray::scalar((input / output.max(1)) as f64).cast(dtype)?)?
        }
        _ => {
            let size = |tensor: &Tensor| Op::named("Size").input(tensor).one();
            let output = Op::named("Maximum").input(size(y)?).input(1).one()?;
            operators::cast(Op::named("FloorDiv").input(size(x)?).input(output).one()?, dtype)?
        }
    };
    cx.set(0, operators::truediv(spread, count))
}

/// Max and Min: the gradient is shared equally by all elements that attain the extreme.
pub(super) fn extreme(cx: &mut GradCtx<'_>) -> Result<()> {
    let (x, y, dy) = (cx.x(0)?, keep_dims(cx, cx.y(0)?)?, keep_dims(cx, &cx.dy(0)?)?);
    let is_extreme = Op::named("Equal").input(&y).input(x).one()?;
    let indicators = operators::cast(is_extreme, dy.dtype())?;
    let count = Op::named("Sum").input(&indicators).input(cx.x(1)?).attr("keep_dims", true).one()?;
    cx.set(0, (indicators / count)? * dy)
}

pub(super) fn euclidean_norm(cx: &mut GradCtx<'_>) -> Result<()> {
    let (y, dy) = (keep_dims(cx, cx.y(0)?)?, keep_dims(cx, &cx.dy(0)?)?);
    let dx = operators::truediv(cx.x(0)?, operators::truediv(y, dy)?);
    cx.set(0, dx)
}

/// Prod: the gradient of an element is the product of all others, made of running products from both sides so that
/// zeros do no harm.
pub(super) fn prod(cx: &mut GradCtx<'_>) -> Result<()> {
    let x = cx.x(0)?;
    let axes = Op::named("Reshape").input(cx.x(1)?).input([-1]).one()?;
    let spread = spread(cx, &cx.dy(0)?)?;
    let shape = Op::named("Shape").input(x).one()?;
    let rank = Op::named("Rank").input(x).one()?;
    let reduced = ((operators::cast(axes, DType::INT32)? + &rank)? % &rank)?;
    let all = Op::named("Range").input(0).input(rank).input(1).one()?;
    let [other, _] = Op::named("ListDiff").input(all).input(&reduced).outputs()?;
    let permutation = Op::named("ConcatV2").inputs([&reduced, &other]).input(0).one()?;
    let count = |axes: &Tensor| {
        let sizes = Op::named("GatherV2").input(&shape).input(axes).input(0).one()?;
        Op::named("Prod").input(sizes).input(0).one()
    };
    let matrix_shape = Op::named("Pack").inputs([count(&reduced)?, count(&other)?]).one()?;
    let permuted = Op::named("Transpose").input(x).input(&permutation).one()?;
    let permuted_shape = Op::named("Shape").input(&permuted).one()?;
    let matrix = known::reshape(&permuted, &matrix_shape)?;
    let others = |reverse: bool| {
        let product =
            Op::named("Cumprod").input(&matrix).input(0).attr("exclusive", true).attr("reverse", reverse);
        known::conjugate(&product.one()?)
    };
    let y = known::reshape(&(others(false)? * others(true)?)?, &permuted_shape)?;
    let inverse = Op::named("InvertPermutation").input(permutation).one()?;
    let y = Op::named("Transpose").input(y).input(inverse).one()?;
    let dx = known::reshape(&(spread * y)?, &shape)?;
    cx.set(0, dx)
}
