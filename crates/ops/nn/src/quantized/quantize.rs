//! QuantizeV2: floats as the steps of a range, or of a range for each channel.

use super::ranges::{Steps, to_i32};
use ferroflow_core::{KernelCtx, NdArray, OpDef, PartialShape, Result, ShapeCtx, bail, ensure, reserve};

pub(crate) static QUANTIZE_V2: OpDef =
    OpDef { name: "QuantizeV2", shape, kernel: Some(kernel), ..OpDef::NEW };

/// The shape of the ranges that go with an input: scalars, or one for each channel along `axis`.
pub(crate) fn range_shape(cx: &ShapeCtx<'_>) -> Result<PartialShape> {
    let axis = cx.int("axis")?;
    ensure!(axis >= -1, invalid_argument, "axis should be at least -1, got {axis}");
    let rank = usize::from(axis >= 0);
    cx.with_rank(1, rank)?;
    let ranges = cx.with_rank(2, rank)?;
    let Ok(axis) = usize::try_from(axis) else { return Ok(ranges) };
    let input = cx.with_rank_at_least(0, axis + 1)?;
    cx.merge_dims(ranges.dim(0), input.dim(axis))?;
    Ok(ranges)
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let ranges = if cx.at_run_time() {
        check(cx)?;
        cx.input(1)
    } else {
        range_shape(cx)?
    };
    let input = cx.input(0);
    cx.set(0, input);
    cx.set(1, ranges.clone());
    cx.set(2, ranges);
    Ok(())
}

fn check(cx: &ShapeCtx<'_>) -> Result<()> {
    let (mode, round_mode) = (cx.str("mode")?, cx.str("round_mode")?);
    ensure!(
        round_mode != "HALF_TO_EVEN" || mode == "SCALED",
        invalid_argument,
        "Round mode 'HALF_TO_EVEN' only supported for mode 'SCALED', but mode is '{mode}'."
    );
    let (axis, input) = (cx.int("axis")?, cx.input(0));
    let Ok(position) = usize::try_from(axis) else {
        for (index, name) in [(1, "min_range"), (2, "max_range")] {
            let count = cx.input(index).num_elements().unwrap_or(0);
            ensure!(
                count == 1,
                invalid_argument,
                "If axis is not specified, {name} must contain a single float element, but it contains {count} \
                 elements"
            );
        }
        return Ok(());
    };
    let rank = input.rank().unwrap_or(0);
    ensure!(
        position < rank,
        invalid_argument,
        "Axis is on a zero-based index, so its value must always be less than number of input's dims, but given axis \
         value was {axis} and input's dims was {rank}"
    );
    let size = input.dim(position).unwrap_or(0);
    for (index, name) in [(1, "min_range"), (2, "max_range")] {
        let range = cx.input(index);
        let words = format!(
            "If axis is specified, {name} must be a 1-D tensor whose size matches the axis dimension of the input and \
             output tensors, but {name}"
        );
        let rank = range.rank().unwrap_or(0);
        ensure!(rank == 1, invalid_argument, "{words} dims are {rank}");
        let found = range.dim(0).unwrap_or(0);
        ensure!(
            found == size,
            invalid_argument,
            "{words} is a 1-D tensor of size {found} and input's axis dimension is of size {size}"
        );
    }
    ensure!(
        mode != "MIN_FIRST" || size == 1,
        unimplemented,
        "MIN_FIRST mode is not implemented for Quantize with axis != -1."
    );
    Ok(())
}

/// How floats become integers, and the range that these stand for.
type Converter = (Box<dyn Fn(f32) -> i64>, (f32, f32));

/// The conversion of the floats of one range.
fn steps(cx: &KernelCtx<'_>, (low, high): (f32, f32)) -> Result<Converter> {
    if high < low {
        bail!(invalid_argument, "input_max_range must be larger than input_min_range.");
    }
    let steps = Steps::of(cx.dtype("T")?)?;
    // Zero is in every range, and the range is wide enough for its steps to be told apart.
    let width = 1f32.max(low.abs().max(high.abs())) * cx.float("ensure_minimum_range")?;
    let low = low.min(0.0);
    let high = high.max(low + width).max(0.0);
    match cx.str("mode")? {
        "MIN_FIRST" => Ok((Box::new(steps.of_floats((low, high))), (low, high))),
        "MIN_COMBINED" => {
            let scale = ((steps.highest - steps.lowest) as f64 / f64::from(high - low)) as f32;
            let half = -(steps.lowest as f32);
            let clamp = move |value: f32| (value.min(high).max(low) - low) * scale;
            Ok(if steps.is_signed() {
                (Box::new(move |value| to_i32((clamp(value) - half).round())), (low, high))
            } else {
                (Box::new(move |value| to_i32(clamp(value) + 0.5)), (low, high))
            })
        }
        "SCALED" => {
            let lowest = (steps.lowest + i64::from(cx.bool("narrow_range")?)) as f32;
            let highest = steps.highest as f32;
            let side = |steps: f32, end: f32| if steps * end > 0.0 { steps / end } else { f32::MAX };
            let scale = side(lowest, low).min(side(highest, high));
            let (low, high) = (lowest / scale, highest / scale);
            let to_even = cx.str("round_mode")? == "HALF_TO_EVEN";
            let round = move |value: f32| if to_even { value.round_ties_even() } else { value.round() };
            Ok((Box::new(move |value: f32| to_i32(round(value.min(high).max(low) * scale))), (low, high)))
        }
        mode => bail!(
            invalid_argument,
            "Mode string must be 'MIN_COMBINED', 'MIN_FIRST', or 'SCALED', is '{mode}'"
        ),
    }
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let input = cx.input(0)?;
    let shape = input.shape().clone();
    let (channels, inner) = match usize::try_from(cx.int("axis")?) {
        Ok(axis) => (shape[axis], shape[axis + 1..].iter().product::<usize>()),
        Err(_) => (1, input.len()),
    };
    let (lows, highs) = (cx.slice::<f32>(1)?, cx.slice::<f32>(2)?);
    let mut converters = Vec::with_capacity(channels);
    for (&low, &high) in lows.iter().zip(highs) {
        converters.push(steps(cx, (low, high))?);
    }
    let values = cx.slice::<f32>(0)?;
    let mut output = reserve(values.len())?;
    for (number, &value) in values.iter().enumerate() {
        let channel = number / inner.max(1) % channels.max(1);
        output.push(converters[channel].0(value));
    }
    let ranges: Vec<(f32, f32)> = converters.into_iter().map(|(_, range)| range).collect();
    let of_ranges = cx.input(1)?.shape().clone();
    let output = Steps::of(cx.dtype("T")?)?.array(shape, output)?;
    cx.set(0, output)?;
    let (lows, highs) = ranges.into_iter().unzip();
    cx.set(1, NdArray::from_shape::<f32>(of_ranges.clone(), lows)?)?;
    cx.set(2, NdArray::from_shape::<f32>(of_ranges, highs)?)
}
