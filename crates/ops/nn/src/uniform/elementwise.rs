//! UniformQuantize, UniformDequantize, UniformRequantize, UniformQuantizedAdd, UniformQuantizedClipByValue: each number by
//! itself.

use super::scales::{Multiplier, Requantizer, Scales, channels, check_inputs, quantize};
use crate::quantized::ranges::{Steps, integers};
use ferroflow_core::{
    Attrs, BroadcastPlan, DType, KernelCtx, OpDef, PartialShape, Result, ShapeCtx, broadcast_shapes, ensure,
    reserve, shape_fn,
};

pub(crate) static UNIFORM_QUANTIZE: OpDef =
    OpDef { name: "UniformQuantize", shape: quantize_shape, kernel: Some(quantize_kernel), ..OpDef::NEW };

pub(crate) static UNIFORM_DEQUANTIZE: OpDef =
    OpDef { name: "UniformDequantize", shape: quantize_shape, kernel: Some(dequantize), ..OpDef::NEW };

pub(crate) static UNIFORM_REQUANTIZE: OpDef = OpDef {
    name: "UniformRequantize",
    shape: requantize_shape,
    kernel: Some(requantize),
    types: &[("Tout", &[DType::QINT8])],
    ..OpDef::NEW
};

pub(crate) static UNIFORM_QUANTIZED_CLIP_BY_VALUE: OpDef =
    OpDef { name: "UniformQuantizedClipByValue", shape: clip_shape, kernel: Some(clip), ..OpDef::NEW };

pub(crate) static UNIFORM_QUANTIZED_ADD: OpDef =
    OpDef { name: "UniformQuantizedAdd", shape: add_shape, kernel: Some(add), ..OpDef::NEW };

/// The bounds that two attributes name.
pub(crate) fn bounds(attrs: &Attrs, prefix: &str) -> Result<(i32, i32)> {
    let end = |name: &str| {
        let value = attrs.int(&format!("{prefix}quantization_{name}_val"))?;
        Ok::<_, ferroflow_core::Error>(value.clamp(i32::MIN.into(), i32::MAX.into()) as i32)
    };
    Ok((end("min")?, end("max")?))
}

/// Integers as the output, in its dtype.
fn set(cx: &mut KernelCtx<'_>, dtype: DType, values: Vec<i64>) -> Result<()> {
    let output = Steps::of(dtype)?.array(cx.output_shape(0)?, values)?;
    cx.set(0, output)
}

fn quantize_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if cx.at_run_time() {
        let axis = cx.int("quantization_axis")?;
        ensure!(
            axis >= -1 || cx.op() != "UniformQuantize",
            invalid_argument,
            "quantization_axis must be >= -1, given: {axis}"
        );
        check_inputs(cx, &cx.input(0), 1, axis)?;
    }
    shape_fn::unchanged(cx)
}

fn quantize_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (bounds, dtype) = (bounds(cx.attrs(), "")?, cx.dtype("Tout")?);
    let scales = Scales::read(cx, 1, cx.int("quantization_axis")?)?;
    let channel = channels(cx.input(0)?.shape(), scales.axis);
    let each = |(at, value): (usize, &f32)| {
        let (scale, zero) = scales.of(channel(at));
        i64::from(quantize(*value, 1.0 / scale, zero, bounds))
    };
    let values = cx.slice::<f32>(0)?.iter().enumerate().map(each).collect();
    set(cx, dtype, values)
}

fn dequantize(cx: &mut KernelCtx<'_>) -> Result<()> {
    let scales = Scales::read(cx, 1, cx.int("quantization_axis")?)?;
    ensure!(scales.are_positive(), invalid_argument, "rhs scales elements must be all positive.");
    let channel = channels(cx.input(0)?.shape(), scales.axis);
    let each = |(at, value): (usize, i64)| {
        let (scale, zero) = scales.of(channel(at));
        (value as i32).wrapping_sub(zero) as f32 * scale
    };
    let values: Vec<f32> = integers(cx, 0)?.into_iter().enumerate().map(each).collect();
    cx.set_elements(0, values)
}

fn requantize_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if cx.at_run_time() {
        let axes = [cx.int("input_quantization_axis")?, cx.int("output_quantization_axis")?];
        for (axis, name) in axes.into_iter().zip(["input", "output"]) {
            ensure!(axis >= -1, invalid_argument, "{name}_quantization_axis must be >= -1, given: {axis}");
        }
        ensure!(
            axes[0] < 0 || axes[1] < 0 || axes[0] == axes[1],
            invalid_argument,
            "If input and output is both per-axis quantized, the quantization axis must be same."
        );
        check_inputs(cx, &cx.input(0), 1, axes[0])?;
        check_inputs(cx, &cx.input(0), 3, axes[1])?;
    }
    shape_fn::unchanged(cx)
}

/// What leads from one scale to another, for each channel that both or one of them have.
fn requantizers(from: &Scales<'_>, to: &Scales<'_>, bounds: (i32, i32)) -> Result<Vec<Requantizer>> {
    let count = if from.axis.is_some() { from.scales.len() } else { to.scales.len() };
    let each = |channel: usize| {
        let ((scale, zero_in), (target, zero_out)) = (from.of(channel), to.of(channel));
        let multiplier = Multiplier::new(f64::from(scale) / f64::from(target))?;
        Ok(Requantizer { multiplier, zero_in, zero_out, bounds })
    };
    (0..count).map(each).collect()
}

fn requantize(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (bounds, dtype) = (bounds(cx.attrs(), "output_")?, cx.dtype("Tout")?);
    let from = Scales::read(cx, 1, cx.int("input_quantization_axis")?)?;
    let to = Scales::read(cx, 3, cx.int("output_quantization_axis")?)?;
    ensure!(
        from.are_positive() && to.are_positive(),
        invalid_argument,
        "input/output scales elements must be all positive."
    );
    let steps = requantizers(&from, &to, bounds)?;
    let channel = channels(cx.input(0)?.shape(), from.axis.or(to.axis));
    let each = |(at, value): (usize, i64)| i64::from(steps[channel(at)].apply(value as i32));
    let values = integers(cx, 0)?.into_iter().enumerate().map(each).collect();
    set(cx, dtype, values)
}

fn clip_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if cx.at_run_time() {
        check_inputs(cx, &cx.input(0), 3, cx.int("quantization_axis")?)?;
        let scales = cx.input(3);
        for (index, name) in [(1, "min"), (2, "max")] {
            let found = cx.input(index);
            ensure!(
                found == scales,
                invalid_argument,
                "Input {name} shape must be same as scales/zero_points. Given {name} of shape {} and scales/zero_points of shape {}",
                found.cpp(),
                scales.cpp()
            );
        }
    }
    shape_fn::unchanged(cx)
}

fn clip(cx: &mut KernelCtx<'_>) -> Result<()> {
    let axis = usize::try_from(cx.int("quantization_axis")?).ok();
    let channel = channels(cx.input(0)?.shape(), axis);
    let (low, high) = (integers(cx, 1)?, integers(cx, 2)?);
    let each = |(at, value): (usize, i64)| value.max(low[channel(at)]).min(high[channel(at)]);
    let values = integers(cx, 0)?.into_iter().enumerate().map(each).collect();
    set(cx, DType::QINT32, values)
}

fn add_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (lhs, rhs) = (cx.input(0), cx.input(1));
    if !cx.at_run_time() {
        let shape = broadcast_shapes(cx, &lhs, &rhs)?;
        cx.set(0, shape);
        return Ok(());
    }
    let axes = ["lhs", "rhs", "output"].map(|name| cx.int(&format!("{name}_quantization_axis")));
    let [lhs_axis, rhs_axis, axis] = [axes[0].clone()?, axes[1].clone()?, axes[2].clone()?];
    ensure!(
        lhs_axis >= -1 && rhs_axis >= -1 && axis >= -1,
        invalid_argument,
        "lhs, rhs and output quantization_axis must be -1 or within [0, dims)"
    );
    check_inputs(cx, &lhs, 2, lhs_axis)?;
    check_inputs(cx, &rhs, 4, rhs_axis)?;
    let Some(shape) = lhs.broadcast(&rhs) else {
        ferroflow_core::bail!(invalid_argument, "Cannot Add tensors of shapes: {}{}", lhs.cpp(), rhs.cpp());
    };
    check_inputs(cx, &shape, 6, axis)?;
    let rank = |shape: &PartialShape| shape.rank().unwrap_or(0) as i64;
    for (own, own_axis, name) in [(&lhs, lhs_axis, "lhs"), (&rhs, rhs_axis, "rhs")] {
        ensure!(
            own_axis < 0 || axis < 0 || rank(own) - own_axis == rank(&shape) - axis,
            invalid_argument,
            "If {name} and output is both per-axis quantized, the quantization axis must match."
        );
    }
    cx.set(0, shape);
    Ok(())
}

fn add(cx: &mut KernelCtx<'_>) -> Result<()> {
    let read = |index, name: &str| Scales::read(cx, index, cx.int(&format!("{name}_quantization_axis"))?);
    let scales = [read(2, "lhs")?, read(4, "rhs")?];
    let output = read(6, "output")?;
    ensure!(
        scales.iter().chain([&output]).all(Scales::are_positive),
        invalid_argument,
        "lhs/rhs/output scales elements must be all positive."
    );
    let bounds = bounds(cx.attrs(), "output_")?;
    let zeros = vec![0; output.zeros.len()];
    let to = Scales { zeros: &zeros, ..output };
    let whole = (i32::MIN, i32::MAX);
    let steps = [requantizers(&scales[0], &to, whole)?, requantizers(&scales[1], &to, whole)?];
    let shape = broadcast_of(cx)?;
    let rank = shape.rank();
    // Channels are counted from the last axis of the output, to which those of the operands are aligned.
    let place = |index: usize, own: Option<usize>| -> Result<Option<usize>> {
        let of_rank = cx.input(index)?.rank();
        Ok(own.map(|axis| axis + rank - of_rank).or(to.axis))
    };
    let [left, right, out] = [
        channels(&shape, place(0, scales[0].axis)?),
        channels(&shape, place(1, scales[1].axis)?),
        channels(&shape, to.axis),
    ];
    let (x, y) = (integers(cx, 0)?, integers(cx, 1)?);
    let plan = BroadcastPlan::new(cx.input(0)?.shape(), cx.input(1)?.shape(), &shape);
    let mut values = reserve(shape.num_elements())?;
    let of = |steps: &[Requantizer], channel: usize, value: i64| {
        steps[if steps.len() == 1 { 0 } else { channel }].apply(value as i32)
    };
    plan.for_runs(0, shape.num_elements() / plan.inner.max(1), |a, b| {
        for step in 0..plan.inner {
            let at = values.len();
            let sum = of(&steps[0], left(at), x[a + step * plan.left_step])
                .wrapping_add(of(&steps[1], right(at), y[b + step * plan.right_step]))
                .wrapping_add(output.zeros[if to.axis.is_some() { out(at) } else { 0 }]);
            values.push(i64::from(sum.min(bounds.1).max(bounds.0)));
        }
    });
    set(cx, DType::QINT32, values)
}

/// The shape of the sum.
fn broadcast_of(cx: &KernelCtx<'_>) -> Result<ferroflow_core::Shape> {
    let (lhs, rhs) = (cx.input(0)?.shape(), cx.input(1)?.shape());
    lhs.broadcast(rhs).ok_or_else(|| ferroflow_core::Error::internal("shapes that were checked do not fit"))
}
