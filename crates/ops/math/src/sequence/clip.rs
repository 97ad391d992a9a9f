//! ClipByValue, and `clip_by_value`, which TensorFlow makes of Minimum and Maximum.

use crate::binary::{maximum, minimum};
use crate::dtypes::is_half;
use ferroflow_core::{
    DType, Element, Grad, GradCtx, IntoOperand, KernelCtx, Op, OpDef, Result, ShapeCtx, Tensor, context,
    convert_to_tensor, dispatch, ensure, operators, parallel, sum_to_shape_of,
};

/// The tensor with what is below `clip_value_min` or above `clip_value_max` replaced by these.
///
/// Source: `tf.clip_by_value` (ops `Minimum`, `Maximum`).
///
/// ```
/// let clipped = ferroflow_ops_math::clip_by_value([-5, 0, 5], -1, 2)?;
/// assert_eq!(clipped.numpy()?.as_slice::<i32>()?, [-1, 0, 2]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when the shapes do not broadcast to that of the tensor, or the dtypes differ.
pub fn clip_by_value(
    t: impl IntoOperand,
    clip_value_min: impl IntoOperand,
    clip_value_max: impl IntoOperand,
) -> Result<Tensor> {
    let t = convert_to_tensor(t, None)?;
    let name = context::take_name().unwrap_or_else(|| "clip_by_value".to_string());
    context::name_scope_for_op(&name, |op_name| {
        let below = minimum(&t, clip_value_max)?;
        t.shape().merge_with(&below.shape())?;
        let clipped = context::with_name(&op_name, || maximum(below, clip_value_min))?;
        t.shape().merge_with(&clipped.shape())?;
        Ok(clipped)
    })
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if cx.at_run_time() {
        let [t, low, high] = [0, 1, 2].map(|index| cx.input(index));
        let fits = |limit: &ferroflow_core::PartialShape| limit.rank() == Some(0) || *limit == t;
        ensure!(
            fits(&low) && fits(&high),
            invalid_argument,
            "clip_value_min and clip_value_max must be either of the same shape as input, or a scalar. input shape: \
             {}clip_value_min shape: {}clip_value_max shape: {}",
            t.cpp(),
            low.cpp(),
            high.cpp()
        );
    }
    let t = cx.input(0);
    cx.set(0, t);
    Ok(())
}

fn run<T: Element + Copy>(cx: &mut KernelCtx<'_>, clip: fn(T, T, T) -> T) -> Result<()> {
    cx.infer_shapes()?;
    let mut array = cx.take(0)?;
    let (low, high) = (cx.slice::<T>(1)?, cx.slice::<T>(2)?);
    let (low_is_one, high_is_one) = (cx.input(1)?.rank() == 0, cx.input(2)?.rank() == 0);
    parallel::chunks(array.as_mut_slice::<T>()?, 1, 4, |start, chunk| {
        for (offset, value) in chunk.iter_mut().enumerate() {
            let at = |limits: &[T], is_one: bool| limits[if is_one { 0 } else { start + offset }];
            *value = clip(*value, at(low, low_is_one), at(high, high_is_one));
        }
    });
    cx.set(0, array)
}

/// The lower limit has the last word; NaN stays.
fn clip<T: PartialOrd>(value: T, low: T, high: T) -> T {
    let value = if high < value { high } else { value };
    if value < low { low } else { value }
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.dtype("T")? {
        dtype if is_half(dtype) => cx.through_f32(kernel),
        dtype => dispatch!(dtype, REALS, |T| run::<T>(cx, clip)),
    }
}

fn grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (x, low, high, dy) = (cx.x(0)?, cx.x(1)?, cx.x(2)?, cx.dy(0)?);
    let zeros = Op::named("ZerosLike").input(&dy).one()?;
    let is_below = Op::named("Less").input(x).input(low).one()?;
    let is_above = Op::named("Greater").input(x).input(high).one()?;
    let select = |mask: &Tensor, yes: &Tensor, no: &Tensor| {
        Op::named("SelectV2").input(mask).input(yes).input(no).one()
    };
    cx.set(0, select(&operators::logical_or(&is_below, &is_above)?, &zeros, &dy)?)?;
    cx.set(1, sum_to_shape_of(select(&is_below, &dy, &zeros)?, low, x))?;
    cx.set(2, sum_to_shape_of(select(&is_above, &dy, &zeros)?, high, x))
}

pub(crate) static CLIP_BY_VALUE: OpDef = OpDef {
    name: "ClipByValue",
    shape,
    kernel: Some(kernel),
    grad: Grad::Fn(grad),
    types: &[(
        "T",
        &[
            DType::HALF,
            DType::BFLOAT16,
            DType::FLOAT32,
            DType::FLOAT64,
            DType::INT8,
            DType::INT16,
            DType::INT32,
            DType::INT64,
            DType::UINT8,
            DType::UINT16,
        ],
    )],
    ..OpDef::NEW
};
