//! IsotonicRegression: the falling rows that are nearest to given ones.

use ferroflow_core::{
    DType, Element, Grad, GradCtx, KernelCtx, NdArray, Op, OpDef, Result, ShapeCtx, Tensor, dispatch,
    reserve, unsupported,
};
use num_traits::Float;

pub(crate) static ISOTONIC_REGRESSION: OpDef =
    OpDef { name: "IsotonicRegression", shape, kernel: Some(kernel), grad: Grad::Fn(grad), ..OpDef::NEW };

/// Each element takes the mean of what flows into its stretch.
fn grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (input, segments, dy) = (cx.x(0)?, cx.y(1)?, cx.dy(0)?);
    let vector = |x: &Tensor| Op::named("Reshape").input(x).input([-1]).one();
    let shape = Op::named("Shape").input(input).one()?;
    let count = Op::named("Size").input(input).one()?;
    let width = Op::named("StridedSlice")
        .input(&shape)
        .input([-1])
        .input([0])
        .input([1])
        .attr("shrink_axis_mask", 1i64)
        .one()?;
    // Stretches are numbered anew in each row; a row has no more of them than elements.
    let places = Op::named("Range").input(0).input(&count).input(1).one()?;
    let column = Op::named("FloorMod").input(&places).input(width).one()?;
    let numbers = ((places - column)? + vector(segments)?)?;
    let flat = vector(&dy)?;
    let sum = |x: &Tensor| Op::named("UnsortedSegmentSum").input(x).input(&numbers).input(&count).one();
    let ones = Op::named("OnesLike").input(&flat).one()?;
    let means = Op::named("DivNoNan").input(sum(&flat)?).input(sum(&ones)?).one()?;
    let spread = Op::named("GatherV2").input(means).input(numbers).input(0).one()?;
    cx.set(0, Op::named("Reshape").input(spread).input(shape).one())
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        cx.with_rank_at_least(0, 1)?;
    }
    let input = cx.input(0);
    cx.set(0, input.clone());
    cx.set(1, input);
    Ok(())
}

/// The dtype that TensorFlow (2.21) computes in, and gives.
fn computed(dtype: DType) -> Option<DType> {
    match dtype {
        DType::HALF | DType::BFLOAT16 | DType::FLOAT32 | DType::FLOAT64 => Some(dtype),
        DType::INT8 | DType::INT16 => Some(DType::FLOAT32),
        DType::INT32 | DType::INT64 => Some(DType::FLOAT64),
        _ => None,
    }
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (input, dtype) = (cx.input(0)?, cx.dtype("output_dtype")?);
    if computed(input.dtype()) != Some(dtype) {
        return Err(unsupported(cx.op().name, cx.node(), Some(input.dtype())));
    }
    let values = input.cast(dtype)?;
    let (solution, segments) = match dtype {
        DType::HALF | DType::BFLOAT16 => dispatch!(dtype, HALVES, |T| rows::<T>(&values)),
        _ => dispatch!(dtype, FLOATS, |T| rows::<T>(&values)),
    }?;
    cx.set(0, solution)?;
    cx.set(1, segments)
}

/// A stretch of a row that gets one value.
struct Pool<T> {
    sum: T,
    count: usize,
    value: T,
}

fn rows<T: Element + Float>(values: &NdArray) -> Result<(NdArray, NdArray)> {
    let shape = values.shape().clone();
    let width = shape.last().copied().unwrap_or(1).max(1);
    let mut solution = reserve::<T>(values.len())?;
    let mut segments = reserve::<i32>(values.len())?;
    let mut pools: Vec<Pool<T>> = Vec::new();
    for row in values.as_slice::<T>()?.chunks_exact(width) {
        pools.clear();
        for &value in row {
            let mut last = Pool { sum: value, count: 1, value };
            // Neighbours in the wrong order get their mean.
            while let Some(before) = pools.pop_if(|before| last.value > before.value) {
                let (sum, count) = (before.sum + last.sum, before.count + last.count);
                let parts = T::from(count).unwrap_or_else(T::one);
                last = Pool { sum, count, value: sum / parts };
            }
            pools.push(last);
        }
        for (number, pool) in (0..).zip(&pools) {
            solution.extend(std::iter::repeat_n(pool.value, pool.count));
            segments.extend(std::iter::repeat_n(number, pool.count));
        }
    }
    Ok((NdArray::from_shape(shape.clone(), solution)?, NdArray::from_shape(shape, segments)?))
}
