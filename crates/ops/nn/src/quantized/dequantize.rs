//! Dequantize: the floats that the steps of a range stand for.

use super::quantize::range_shape;
use super::ranges::{Steps, integers};
use ferroflow_core::{KernelCtx, NdArray, OpDef, Result, ShapeCtx, bail, ensure, reserve};

pub(crate) static DEQUANTIZE: OpDef = OpDef { name: "Dequantize", shape, kernel: Some(kernel), ..OpDef::NEW };

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if cx.at_run_time() {
        check(cx)?
    } else {
        range_shape(cx).map(drop)?
    }
    let input = cx.input(0);
    cx.set(0, input);
    Ok(())
}

fn check(cx: &ShapeCtx<'_>) -> Result<()> {
    let (axis, input) = (cx.int("axis")?, cx.input(0));
    let rank = input.rank().unwrap_or(0);
    ensure!(
        axis < rank as i64,
        invalid_argument,
        "Axis must be less than input dimension({rank}), got {axis}"
    );
    let slices = usize::try_from(axis).map_or(1, |axis| input.dim(axis).unwrap_or(0));
    for (index, name) in [(1, "input_min_tensor"), (2, "input_max_tensor")] {
        let count = cx.input(index).num_elements().unwrap_or(0);
        ensure!(
            count == slices,
            invalid_argument,
            "{name} must have as many elements as input on the dequantization axis ({axis}), got {count}, expected \
             {slices}"
        );
    }
    ensure!(
        slices == 1 || cx.str("mode")? != "MIN_FIRST",
        unimplemented,
        "MIN_FIRST mode is not implemented for Dequantize with axis != -1."
    );
    Ok(())
}

/// How integers of one range become floats.
fn floats(cx: &KernelCtx<'_>, steps: Steps, (low, high): (f32, f32)) -> Result<Box<dyn Fn(i64) -> f32>> {
    let highest = steps.highest as f32;
    Ok(match cx.str("mode")? {
        "MIN_FIRST" => Box::new(steps.to_floats((low, high))),
        "MIN_COMBINED" => {
            let half = -(steps.lowest as f32);
            let scale = (high - low) / (highest - steps.lowest as f32);
            Box::new(move |value| (value as f32 + half) * scale + low)
        }
        "SCALED" => {
            let lowest = (steps.lowest + i64::from(cx.bool("narrow_range")?)) as f32;
            let scale = if steps.is_signed() { (low / lowest).max(high / highest) } else { high / highest };
            Box::new(move |value| value as f32 * scale)
        }
        mode => bail!(
            invalid_argument,
            "Mode string must be 'MIN_COMBINED', 'MIN_FIRST', or 'SCALED', is '{mode}'"
        ),
    })
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let input = cx.input(0)?;
    let shape = input.shape().clone();
    let steps = Steps::of(input.dtype())?;
    let (channels, inner) = match usize::try_from(cx.int("axis")?) {
        Ok(axis) => (shape[axis], shape[axis + 1..].iter().product::<usize>()),
        Err(_) => (1, input.len()),
    };
    let mut converters = Vec::with_capacity(channels);
    for (&low, &high) in cx.slice::<f32>(1)?.iter().zip(cx.slice::<f32>(2)?) {
        converters.push(floats(cx, steps, (low, high))?);
    }
    let values = integers(cx, 0)?;
    let mut output = reserve::<f32>(values.len())?;
    for (number, &value) in values.iter().enumerate() {
        output.push(converters[number / inner.max(1) % channels.max(1)](value));
    }
    let output = NdArray::from_shape(shape, output)?.cast(cx.dtype("dtype")?)?;
    cx.set(0, output)
}
