//! QuantizeDownAndShrinkRange, Requantize, RequantizationRange, RequantizePerChannel, RequantizationRangePerChannel:
//! sums of many steps as few steps.

use super::ranges::{Steps, check_scalars, integers, range, scalar_outputs, set_range, to_i32};
use ferroflow_core::{DType, KernelCtx, NdArray, OpDef, Result, ShapeCtx, ensure};

const TO_BYTES: &[(&str, &[DType])] =
    &[("Tinput", &[DType::QINT32]), ("out_type", &[DType::QUINT8, DType::QINT8])];

pub(crate) static QUANTIZE_DOWN_AND_SHRINK_RANGE: OpDef = OpDef {
    name: "QuantizeDownAndShrinkRange",
    shape: |cx| shape(cx, &["input_min", "input_max"]),
    kernel: Some(shrink),
    types: &[("Tinput", &[DType::QINT32]), ("out_type", &[DType::QUINT8])],
    ..OpDef::NEW
};

pub(crate) static REQUANTIZE: OpDef = OpDef {
    name: "Requantize",
    shape: |cx| shape(cx, &["input_min", "input_max", "requested_output_min", "requested_output_max"]),
    kernel: Some(requantize),
    types: TO_BYTES,
    ..OpDef::NEW
};

pub(crate) static REQUANTIZATION_RANGE: OpDef = OpDef {
    name: "RequantizationRange",
    shape: |cx| {
        // TensorFlow's kernel takes the first of several.
        if !cx.at_run_time() {
            check_scalars(cx, 1, &["input_min", "input_max"])?;
        }
        scalar_outputs(cx, 0..2);
        Ok(())
    },
    kernel: Some(|cx| {
        let (low, high) = used_range(cx)?;
        cx.set(0, NdArray::scalar(low))?;
        cx.set(1, NdArray::scalar(high))
    }),
    types: &[("Tinput", &[DType::QINT32])],
    ..OpDef::NEW
};

pub(crate) static REQUANTIZATION_RANGE_PER_CHANNEL: OpDef = OpDef {
    name: "RequantizationRangePerChannel",
    shape: |cx| {
        if cx.at_run_time() {
            ensure!(cx.input(0).rank() == Some(4), invalid_argument, "input must be in NHWC format");
            check_channels(cx)?;
        } else {
            cx.with_rank_at_least(0, 1)?;
            cx.with_rank(1, 1)?;
            cx.with_rank(2, 1)?;
        }
        scalar_outputs(cx, 0..2);
        Ok(())
    },
    kernel: Some(range_per_channel),
    types: &[("T", &[DType::QINT32])],
    ..OpDef::NEW
};

pub(crate) static REQUANTIZE_PER_CHANNEL: OpDef = OpDef {
    name: "RequantizePerChannel",
    shape: |cx| {
        if cx.at_run_time() {
            ensure!(
                cx.input(0).rank() == Some(4),
                invalid_argument,
                "Current RequantizePerChannel operatorsupports 4D tensors only."
            );
            check_channels(cx)?;
        } else {
            cx.with_rank(1, 1)?;
            cx.with_rank(2, 1)?;
        }
        check_scalars(cx, 3, &["requested_output_min", "requested_output_max"])?;
        let input = cx.input(0);
        cx.set(0, input);
        scalar_outputs(cx, 1..3);
        Ok(())
    },
    kernel: Some(requantize_per_channel),
    types: &[("T", &[DType::QINT32]), ("out_type", &[DType::QUINT8, DType::QINT8])],
    ..OpDef::NEW
};

fn shape(cx: &mut ShapeCtx<'_>, ranges: &[&str]) -> Result<()> {
    check_scalars(cx, 1, ranges)?;
    let input = cx.input(0);
    cx.set(0, input);
    scalar_outputs(cx, 1..3);
    Ok(())
}

/// The range of the values that occur, down to zero.
fn used_range(cx: &KernelCtx<'_>) -> Result<(f32, f32)> {
    let (steps, whole) = (Steps::of(cx.input(0)?.dtype())?, range(cx, 1)?);
    let values = integers(cx, 0)?;
    let least = values.iter().copied().min().unwrap_or(steps.highest);
    let greatest = values.iter().copied().max().unwrap_or(steps.lowest);
    Ok((steps.float(least, whole).min(0.0), steps.float(greatest, whole)))
}

/// The steps of another range.
fn in_range(cx: &mut KernelCtx<'_>, target: (f32, f32)) -> Result<()> {
    let (shape, whole) = (cx.input(0)?.shape().clone(), range(cx, 1)?);
    let steps = Steps::of(cx.dtype("out_type")?)?;
    let mut values = integers(cx, 0)?;
    if steps.is_signed() {
        let (from, to) = (Steps::of(cx.input(0)?.dtype())?.to_floats(whole), steps.of_floats(target));
        values.iter_mut().for_each(|value| *value = to(from(*value)));
    } else {
        let to = fixed_point(whole, target);
        values.iter_mut().for_each(|value| *value = to(*value));
    }
    let output = steps.array(shape, values)?;
    cx.set(0, output)?;
    set_range(cx, target)
}

/// Bytes for 32 bits, in TensorFlow's arithmetic of 16 bits behind the point.
fn fixed_point((low, high): (f32, f32), (out_low, out_high): (f32, f32)) -> impl Fn(i64) -> i64 {
    const ONE: i64 = 1 << 16;
    let (width, out_width) = (high - low, out_high - out_low);
    let center = ((f64::from(low + high)) / 2.0) as f32;
    let (scale, offset) = if out_width == 0.0 {
        (0, (center * 0.0) as i64)
    } else {
        let reciprocal = (255.0 / f64::from(out_width)) as f32;
        let scale = (255.0 * ONE as f64 * f64::from(width) / f64::from(out_width)) as i64;
        let start = (ONE as f64 * (f64::from(out_low) * 255.0) / f64::from(out_width)).round() as i64;
        (scale, ((center * reciprocal * ONE as f32) as i64).saturating_sub(start))
    };
    move |value| {
        let scaled = (value.wrapping_mul(scale) >> 32).saturating_add(offset).saturating_add(ONE / 2);
        (scaled >> 16).clamp(0, 255)
    }
}

fn shrink(cx: &mut KernelCtx<'_>) -> Result<()> {
    let target = used_range(cx)?;
    in_range(cx, target)
}

fn requantize(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (low, high) = range(cx, 3)?;
    ensure!(low <= 0.0, invalid_argument, "requested_output_min must be <= 0, but got {low}");
    ensure!(
        high >= low,
        invalid_argument,
        "requested_output_max must be >= requested_output_min, but got {high} and {low}"
    );
    in_range(cx, (low, high))
}

fn check_channels(cx: &ShapeCtx<'_>) -> Result<()> {
    let input = cx.input(0);
    let rank = input.rank().unwrap_or(0);
    ensure!(rank >= 1, invalid_argument, "input must have at least one dimension");
    let depth = input.dim(rank - 1).unwrap_or(0);
    for (index, name) in [(1, "input_min"), (2, "input_max")] {
        let found = cx.input(index);
        ensure!(
            found.rank() == Some(1) && found.dim(0) == Some(depth),
            invalid_argument,
            "{name} has incorrect size, expected {depth} was {}",
            found.num_elements().unwrap_or(0)
        );
    }
    Ok(())
}

/// The greatest absolute value of each channel's range.
fn spans(cx: &KernelCtx<'_>) -> Result<Vec<f32>> {
    let pairs = cx.slice::<f32>(1)?.iter().zip(cx.slice::<f32>(2)?);
    Ok(pairs.map(|(low, high)| low.abs().max(high.abs())).collect())
}

const HALF_STEPS: f32 = (1u64 << 31) as f32;

fn range_per_channel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (spans, values) = (spans(cx)?, integers(cx, 0)?);
    let mut greatest = vec![0i64; spans.len()];
    for row in values.chunks_exact(spans.len().max(1)) {
        greatest.iter_mut().zip(row).for_each(|(greatest, value)| *greatest = (*greatest).max(value.abs()));
    }
    let ranges = spans.iter().zip(&greatest).map(|(span, &greatest)| span * greatest as f32 / HALF_STEPS);
    let high = ranges.fold(f32::NEG_INFINITY, f32::max).min(cx.float("clip_value_max")?);
    let low = if values.iter().any(|value| *value < 0) { -high } else { 0.0 };
    cx.set(0, NdArray::scalar(low))?;
    cx.set(1, NdArray::scalar(high))
}

fn requantize_per_channel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (spans, target) = (spans(cx)?, range(cx, 3)?);
    let steps = Steps::of(cx.dtype("out_type")?)?;
    let span = target.0.abs().max(target.1.abs());
    let scales: Vec<f32> = spans.iter().map(|own| steps.highest as f32 * (own / span / HALF_STEPS)).collect();
    let shape = cx.input(0)?.shape().clone();
    let mut values = integers(cx, 0)?;
    for row in values.chunks_exact_mut(scales.len().max(1)) {
        for (value, scale) in row.iter_mut().zip(&scales) {
            let scaled = (*value as f32 * scale).max(steps.lowest as f32).min(steps.highest as f32);
            *value = to_i32(scaled.round_ties_even());
        }
    }
    let output = steps.array(shape, values)?;
    cx.set(0, output)?;
    set_range(cx, target)
}
