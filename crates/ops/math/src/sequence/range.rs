//! Range: numbers at equal distances.

use crate::dtypes::is_half;
use ferroflow_core::{
    DType, Element, Error, Grad, IntoOperand, KernelCtx, NdArray, Op, OpDef, PartialShape, Result, ShapeCtx,
    Tensor, bail, dispatch, ensure, reserve,
};
use num_traits::{AsPrimitive, Zero};
use std::fmt::Display;

/// The numbers from `start` up to, and without, `limit`, at distances of `delta`.
///
/// Source: `tf.range` (op `Range`), whose `start` and `delta` are 0 and 1 where they are not given.
///
/// ```
/// let numbers = ferroflow_ops_math::range(3, 18, 3)?;
/// assert_eq!(numbers.numpy()?.as_slice::<i32>()?, [3, 6, 9, 12, 15]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when `delta` is 0 or leads away from `limit`.
pub fn range(start: impl IntoOperand, limit: impl IntoOperand, delta: impl IntoOperand) -> Result<Tensor> {
    Op::new(&RANGE).input(start).input(limit).input(delta).default_name("range").one()
}

/// Whether an argument can be taken for a scalar: vectors of one element pass when the op runs.
fn check_scalar(cx: &ShapeCtx<'_>, index: usize, name: &str) -> Result<()> {
    let shape = cx.input(index);
    match shape.rank() {
        Some(0) | None => Ok(()),
        Some(_) if cx.at_run_time() && shape.num_elements() == Some(1) => Ok(()),
        Some(_) if cx.at_run_time() => {
            bail!(invalid_argument, "{name} must be a scalar, not shape {}", shape.cpp())
        }
        Some(rank) => bail!(invalid_argument, "Shape must be rank 0 but is rank {rank}\n\t for '{name}'"),
    }
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    for (index, name) in ["start", "limit", "delta"].into_iter().enumerate() {
        check_scalar(cx, index, name)?;
    }
    let known = (cx.value(0), cx.value(1), cx.value(2));
    let (Some(start), Some(limit), Some(delta)) = known else {
        cx.set(0, PartialShape::of_rank(1));
        return Ok(());
    };
    let count = match start.dtype() {
        // TensorFlow's shape function does not count in this dtype (seen in 2.21).
        DType::HALF if !cx.at_run_time() => {
            bail!(invalid_argument, "Unsupported dtype{}", DType::HALF.number())
        }
        DType::UINT64 => int_count::<u64>(cx, &start, &limit, &delta)?,
        dtype if dtype.is_integer() => {
            let [start, limit, delta] = [start, limit, delta].map(|value| value.cast(DType::INT64));
            int_count::<i64>(cx, &start?, &limit?, &delta?)?
        }
        _ => {
            let mut values = [0.0f64; 3];
            for (value, array) in values.iter_mut().zip([start, limit, delta]) {
                *value = array.cast(DType::FLOAT64)?.item()?;
            }
            float_count(cx, values)?
        }
    };
    cx.set(0, PartialShape::from([count]));
    Ok(())
}

fn check_direction<T: PartialOrd + Zero + Display>(
    cx: &ShapeCtx<'_>,
    start: T,
    limit: T,
    delta: T,
) -> Result<()> {
    if delta.is_zero() {
        return Err(cx.mismatch("Requires delta != 0: 0", "Requires delta != 0"));
    }
    if delta > T::zero() {
        ensure!(start <= limit, invalid_argument, "Requires start <= limit when delta > 0: {start}/{limit}");
    } else {
        ensure!(start >= limit, invalid_argument, "Requires start >= limit when delta < 0: {start}/{limit}");
    }
    Ok(())
}

fn int_count<T>(cx: &ShapeCtx<'_>, start: &NdArray, limit: &NdArray, delta: &NdArray) -> Result<usize>
where
    T: Element + Copy + PartialOrd + Zero + Display + AsPrimitive<i128>,
{
    let (start, limit, delta) = (start.item::<T>()?, limit.item::<T>()?, delta.item::<T>()?);
    check_direction(cx, start, limit, delta)?;
    let distance: u128 = (limit.as_() - start.as_()).unsigned_abs();
    usize::try_from(distance.div_ceil(delta.as_().unsigned_abs())).map_err(|_| too_long())
}

fn float_count(cx: &ShapeCtx<'_>, [start, limit, delta]: [f64; 3]) -> Result<usize> {
    check_direction(cx, start, limit, delta)?;
    let count = ((limit - start) / delta).abs().ceil();
    // Also false for NaN.
    if count <= i64::MAX as f64 { Ok(count as usize) } else { Err(too_long()) }
}

fn too_long() -> Error {
    Error::invalid_argument("Requires ((limit - start) / delta) <= 9223372036854775807")
}

fn run<T: Element + Copy>(cx: &mut KernelCtx<'_>, add: fn(T, T) -> T) -> Result<()> {
    let count = cx.output_shape(0)?.num_elements();
    let (mut value, delta) = (cx.input(0)?.item::<T>()?, cx.input(2)?.item::<T>()?);
    let mut values = reserve::<T>(count)?;
    for _ in 0..count {
        values.push(value);
        value = add(value, delta);
    }
    cx.set_elements(0, values)
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.dtype("Tidx")? {
        dtype if is_half(dtype) => cx.through_f32(kernel),
        dtype if dtype.is_integer() => dispatch!(dtype, INTEGERS, |T| run::<T>(cx, T::wrapping_add)),
        dtype => dispatch!(dtype, FLOATS, |T| run::<T>(cx, |a, b| a + b)),
    }
}

pub(crate) static RANGE: OpDef =
    OpDef { name: "Range", shape, kernel: Some(kernel), grad: Grad::None, ..OpDef::NEW };
