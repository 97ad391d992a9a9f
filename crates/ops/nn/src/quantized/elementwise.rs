//! QuantizedBiasAdd, QuantizedAdd, QuantizedMul, QuantizedRelu, QuantizedRelu6.

use super::ranges::{
    Steps, check_range, check_scalars, integers, product_range, range, scalar_outputs, set_range, sum_range,
};
use ferroflow_core::{BroadcastPlan, DType, KernelCtx, OpDef, Result, ShapeCtx, broadcast_shapes, ensure};

const BYTES: &[(&str, &[DType])] =
    &[("T1", &[DType::QUINT8]), ("T2", &[DType::QUINT8]), ("Toutput", &[DType::QINT32])];

pub(crate) static QUANTIZED_BIAS_ADD: OpDef = OpDef {
    name: "QuantizedBiasAdd",
    shape: bias_shape,
    kernel: Some(bias_add),
    types: &[
        ("T1", &[DType::QUINT8, DType::QINT8]),
        ("T2", &[DType::QUINT8, DType::QINT8]),
        ("out_type", &[DType::QINT32]),
    ],
    ..OpDef::NEW
};

pub(crate) static QUANTIZED_ADD: OpDef =
    OpDef { name: "QuantizedAdd", shape: pair_shape, kernel: Some(add), types: BYTES, ..OpDef::NEW };

pub(crate) static QUANTIZED_MUL: OpDef =
    OpDef { name: "QuantizedMul", shape: pair_shape, kernel: Some(mul), types: BYTES, ..OpDef::NEW };

const RELU: &[(&str, &[DType])] =
    &[("Tinput", &[DType::QUINT8, DType::QINT32]), ("out_type", &[DType::QUINT8, DType::QINT32])];

pub(crate) static QUANTIZED_RELU: OpDef = OpDef {
    name: "QuantizedRelu",
    shape: relu_shape,
    kernel: Some(|cx| clamp(cx, None)),
    types: RELU,
    ..OpDef::NEW
};

pub(crate) static QUANTIZED_RELU6: OpDef = OpDef {
    name: "QuantizedRelu6",
    shape: relu_shape,
    kernel: Some(|cx| clamp(cx, Some(6.0))),
    types: RELU,
    ..OpDef::NEW
};

fn bias_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (input, bias) = (cx.input(0), cx.input(1));
    check_scalars(cx, 2, &["min_input", "max_input", "min_bias", "max_bias"])?;
    if cx.at_run_time() {
        let rank = input.rank().unwrap_or(0);
        ensure!(rank >= 2, invalid_argument, "Input tensor must be at least 2D: {}", input.cpp());
        ensure!(bias.rank() == Some(1), invalid_argument, "Biases must be 1D: {}", bias.cpp());
        ensure!(
            bias.dim(0) == input.dim(rank - 1),
            invalid_argument,
            "Must provide as many biases as the last dimension of the input tensor: {} vs. {}",
            bias.cpp(),
            input.cpp()
        );
        ensure!(bias.dim(0) != Some(0), invalid_argument, "Must provide at least 1 bias");
    } else if let Some(rank) = cx.with_rank_at_least(0, 2)?.rank() {
        cx.merge_dims(input.dim(rank - 1), cx.with_rank(1, 1)?.dim(0))?;
    }
    cx.set(0, input);
    scalar_outputs(cx, 1..3);
    Ok(())
}

fn bias_add(cx: &mut KernelCtx<'_>) -> Result<()> {
    let ranges = [range(cx, 2)?, range(cx, 4)?];
    let total = sum_range(ranges[0], ranges[1], 17);
    let output = Steps::of(cx.dtype("out_type")?)?;
    let zero = output.quantized(0.0, total);
    let shape = cx.input(0)?.shape().clone();
    let mut values = [integers(cx, 0)?, integers(cx, 1)?];
    for (index, values) in values.iter_mut().enumerate() {
        let from = Steps::of(cx.input(index)?.dtype())?.to_floats(ranges[index]);
        let to = output.of_floats(total);
        values.iter_mut().for_each(|value| *value = to(from(*value)));
    }
    let [mut sums, bias] = values;
    for row in sums.chunks_exact_mut(bias.len().max(1)) {
        row.iter_mut().zip(&bias).for_each(|(sum, bias)| *sum += bias + zero);
    }
    let output = output.array(shape, sums)?;
    cx.set(0, output)?;
    set_range(cx, total)
}

fn pair_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let shape = broadcast_shapes(cx, &cx.input(0), &cx.input(1));
    if cx.at_run_time() {
        check_scalars(cx, 2, &["min_x", "max_x", "min_y", "max_y"])?;
    }
    cx.set(0, shape?);
    scalar_outputs(cx, 1..3);
    Ok(())
}

/// Both operands, one step with the other at each element of the output, and their ranges.
fn pairs(cx: &mut KernelCtx<'_>, each: impl Fn(i64, i64) -> i64) -> Result<()> {
    let shape = cx.output_shape(0)?;
    let (x, y) = (integers(cx, 0)?, integers(cx, 1)?);
    let plan = BroadcastPlan::new(cx.input(0)?.shape(), cx.input(1)?.shape(), &shape);
    let mut values = ferroflow_core::reserve(shape.num_elements())?;
    let runs = shape.num_elements() / plan.inner.max(1);
    plan.for_runs(0, runs, |a, b| {
        let elements =
            (0..plan.inner).map(|at| each(x[a + at * plan.left_step], y[b + at * plan.right_step]));
        values.extend(elements);
    });
    let output = Steps::of(cx.dtype("Toutput")?)?.array(shape, values)?;
    cx.set(0, output)
}

/// The steps and ranges of both operands.
fn operands(cx: &KernelCtx<'_>, names: [(&str, &str); 2]) -> Result<[(Steps, (f32, f32)); 2]> {
    let operands = [
        (Steps::of(cx.input(0)?.dtype())?, range(cx, 2)?),
        (Steps::of(cx.input(1)?.dtype())?, range(cx, 4)?),
    ];
    check_range(operands[0].1, names[0])?;
    check_range(operands[1].1, names[1])?;
    Ok(operands)
}

fn add(cx: &mut KernelCtx<'_>) -> Result<()> {
    let [(x, x_range), (y, y_range)] = operands(cx, [("max_x", "min_x"), ("max_y", "min_y")])?;
    let total = sum_range(x_range, y_range, 14);
    let output = Steps::of(cx.dtype("Toutput")?)?;
    // A single element is converted by itself; arrays have whole steps between their values.
    let exact = |steps: Steps, range| move |value| output.quantized(steps.float(value, range), total);
    let linear = |steps: Steps, range| {
        let code = move |value| output.unclamped(steps.float(value, range), total);
        let (first, second) = (code(0), code(1));
        move |value: i64| {
            first
                .saturating_add(value.wrapping_mul(second.wrapping_sub(first)))
                .clamp(output.lowest, output.highest)
        }
    };
    let x_is_single = cx.input(0)?.len() == 1;
    match (x_is_single, !x_is_single && cx.input(1)?.len() == 1) {
        (true, _) => {
            let (x, y) = (exact(x, x_range), linear(y, y_range));
            pairs(cx, |a, b| x(a) + y(b))?;
        }
        (_, true) => {
            let (x, y) = (linear(x, x_range), exact(y, y_range));
            pairs(cx, |a, b| x(a) + y(b))?;
        }
        _ => {
            let (x, y) = (linear(x, x_range), linear(y, y_range));
            pairs(cx, |a, b| x(a) + y(b))?;
        }
    }
    set_range(cx, total)
}

fn mul(cx: &mut KernelCtx<'_>) -> Result<()> {
    // The names are TensorFlow's (2.21).
    let [(x, x_range), (y, y_range)] = operands(cx, [("max_x", "min_a"), ("max_x", "min_b")])?;
    let zeros = (x.unclamped(0.0, x_range), y.unclamped(0.0, y_range));
    pairs(cx, |a, b| (a.wrapping_sub(zeros.0)).wrapping_mul(b.wrapping_sub(zeros.1)))?;
    let product = product_range((x, x_range), (y, y_range), Steps::of(cx.dtype("Toutput")?)?);
    set_range(cx, product)
}

fn relu_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    check_scalars(cx, 1, &["min_input", "max_input"])?;
    let input = cx.input(0);
    cx.set(0, input);
    scalar_outputs(cx, 1..3);
    Ok(())
}

/// Nothing below zero, nor above a limit.
fn clamp(cx: &mut KernelCtx<'_>, limit: Option<f32>) -> Result<()> {
    let (shape, whole) = (cx.input(0)?.shape().clone(), range(cx, 1)?);
    let dtype = cx.input(0)?.dtype();
    ensure!(
        dtype == cx.dtype("out_type")?,
        unimplemented,
        "unsupported dtype: {}",
        cx.dtype("out_type")?.name()
    );
    let steps = Steps::of(dtype)?;
    let zero = steps.quantized(0.0, whole);
    let limit = limit.map_or(steps.highest, |limit| steps.quantized(limit, whole));
    let mut values = integers(cx, 0)?;
    values.iter_mut().for_each(|value| *value = (*value).max(zero).min(limit));
    let output = steps.array(shape, values)?;
    cx.set(0, output)?;
    set_range(cx, whole)
}
