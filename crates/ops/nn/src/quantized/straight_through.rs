//! QuantizeAndDequantizeV4Grad: the gradient of rounding to steps passes where values are within the range.

use crate::activations::is_half;
use ferroflow_core::{
    DType, Element, Grad, GradCtx, KernelCtx, Op, OpDef, Result, ShapeCtx, dispatch, ensure, zeroed,
};
use num_traits::Float;

pub(crate) static QUANTIZE_AND_DEQUANTIZE_V4_GRAD: OpDef = OpDef {
    name: "QuantizeAndDequantizeV4Grad",
    shape,
    kernel: Some(kernel),
    // TensorFlow's gradient of this one mistakes its inputs for those of the op it is of, and fails.
    grad: Grad::Missing,
    types: &[("T", &[DType::FLOAT32, DType::FLOAT64])],
    ..OpDef::NEW
};

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (axis, input) = (cx.int("axis")?, cx.input(1));
    if axis < -1 {
        return Err(cx.mismatch(
            format!("Axis must be at least -1. Found {axis}"),
            format!("axis should be at least -1, got {axis}"),
        ));
    }
    let position = usize::try_from(axis).ok();
    if cx.at_run_time() {
        check(cx, axis)?;
    } else {
        let ends = cx.merge(
            &cx.with_rank(3, usize::from(position.is_some()))?,
            &cx.with_rank(2, usize::from(position.is_some()))?,
        )?;
        if let Some(axis) = position {
            let input = cx.with_rank_at_least(1, axis + 1)?;
            cx.merge_dims(ends.dim(0), input.dim(axis))?;
        }
        cx.merge(&cx.input(0), &input)?;
    }
    let ends = [cx.input(2), cx.input(3)];
    cx.set(0, input);
    for (index, shape) in ends.into_iter().enumerate() {
        cx.set(index + 1, shape);
    }
    Ok(())
}

fn check(cx: &ShapeCtx<'_>, axis: i64) -> Result<()> {
    let (gradients, input) = (cx.input(0), cx.input(1));
    ensure!(gradients == input, invalid_argument, "gradient and input must be the same size");
    let rank = input.rank().unwrap_or(0);
    ensure!(
        axis < rank as i64 || axis < 0,
        invalid_argument,
        "Axis should be -1 or 0 or a positive value less than {rank}but given axis value was {axis}"
    );
    let channels = usize::try_from(axis).ok().and_then(|axis| input.dim(axis));
    for (index, long, short) in [(2, "input_min", "min"), (3, "input_max", "max")] {
        let ends = cx.input(index);
        match channels {
            None => ensure!(
                ends.rank() == Some(0),
                invalid_argument,
                "{long} must be a scalar if axis is unspecified"
            ),
            Some(channels) => ensure!(
                ends.rank() == Some(1) && ends.dim(0) == Some(channels),
                invalid_argument,
                "{short} has incorrect size, expected {channels} was {}",
                ends.dim(0).unwrap_or(0)
            ),
        }
    }
    Ok(())
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.dtype("T")? {
        dtype if is_half(dtype) => cx.through_f32(kernel),
        dtype => dispatch!(dtype, FLOATS, |T| run::<T>(cx)),
    }
}

fn run<T: Element + Float>(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shape = cx.input(1)?.shape().clone();
    let inner = match usize::try_from(cx.int("axis")?) {
        Ok(axis) => shape[axis + 1..].iter().product(),
        Err(_) => shape.num_elements(),
    };
    let (lows, highs) = (cx.slice::<T>(2)?, cx.slice::<T>(3)?);
    let pairs = cx.slice::<T>(0)?.iter().zip(cx.slice::<T>(1)?).enumerate();
    let passed = pairs.map(|(number, (&gradient, &value))| {
        let channel = number / inner.max(1) % lows.len().max(1);
        let inside = value >= lows[channel] && value <= highs[channel];
        gradient * if inside { T::one() } else { T::zero() }
    });
    let passed = passed.collect();
    let channels = lows.len();
    cx.set_elements(0, passed)?;
    cx.set_elements(1, zeroed::<T>(channels)?)?;
    cx.set_elements(2, zeroed::<T>(channels)?)
}

/// The gradient of `QuantizeAndDequantizeV4`.
pub(crate) fn grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let op = Op::new(&QUANTIZE_AND_DEQUANTIZE_V4_GRAD).input(cx.dy(0)?).input(cx.x(0)?);
    let gradients = op.input(cx.x(1)?).input(cx.x(2)?).attr("axis", cx.int("axis")?).outputs::<3>()?;
    for (index, gradient) in gradients.into_iter().enumerate() {
        cx.set(index, gradient)?;
    }
    Ok(())
}
