//! UniformQuantizedDot, UniformQuantizedDotHybrid: products of matrices of steps.

use super::elementwise::bounds;
use super::scales::{Multiplier, Requantizer, Scales, check_inputs, quantize_row};
use crate::quantized::ranges::{Steps, integers};
use ferroflow_core::{DType, KernelCtx, OpDef, PartialShape, Result, ShapeCtx, bail, ensure, reserve};

pub(crate) static UNIFORM_QUANTIZED_DOT: OpDef =
    OpDef { name: "UniformQuantizedDot", shape, kernel: Some(kernel), ..OpDef::NEW };

pub(crate) static UNIFORM_QUANTIZED_DOT_HYBRID: OpDef =
    OpDef { name: "UniformQuantizedDotHybrid", shape, kernel: Some(hybrid), ..OpDef::NEW };

/// Checks that all of an operand's scales are above 0.
pub(crate) fn check_scales(cx: &ShapeCtx<'_>, index: usize, name: &str) -> Result<()> {
    let scales = cx.value(index);
    let is_positive = match &scales {
        Some(scales) => scales.as_slice::<f32>()?.iter().all(|scale| *scale > 0.0),
        None => true,
    };
    ensure!(is_positive, invalid_argument, "{name} scales elements must be all positive.");
    Ok(())
}

/// The axis of one operand: -1 for scalars, another for channels.
fn axis_of(scales: &PartialShape, channel: i64) -> i64 {
    if scales.rank() == Some(0) { -1 } else { channel }
}

fn check(cx: &ShapeCtx<'_>, is_hybrid: bool) -> Result<()> {
    if !is_hybrid {
        ensure!(
            cx.int("lhs_quantization_axis")? == -1,
            invalid_argument,
            "lhs_quantization_axis Attr must be -1 (per-tensor)."
        );
    }
    let channelled: &[&str] = if is_hybrid { &["rhs"] } else { &["rhs", "output"] };
    for name in channelled {
        let axis = cx.int(&format!("{name}_quantization_axis"))?;
        ensure!(
            axis == 1 || axis == -1,
            invalid_argument,
            "{name}_quantization_axis Attr must be 1 (per-channel) or -1 (per-tensor)."
        );
    }
    if !is_hybrid {
        for (index, name) in [(2, "lhs"), (4, "rhs"), (6, "output")] {
            check_scales(cx, index, name)?;
        }
    }
    let (lhs, rhs) = (cx.input(0), cx.input(1));
    for (shape, name) in [(&lhs, "lhs"), (&rhs, "rhs")] {
        ensure!(
            shape.rank() == Some(2),
            invalid_argument,
            "{name} rank must be 2, but given {name} shape {}",
            shape.cpp()
        );
    }
    ensure!(
        lhs.dim(1) == rhs.dim(0),
        invalid_argument,
        "lhs.dim_size(1) and rhs.dim_size(0) must be equal, but given lhs shape {} and rhs shape {}",
        lhs.cpp(),
        rhs.cpp()
    );
    if is_hybrid {
        check_inputs(cx, &rhs, 2, axis_of(&cx.input(2), 1))?;
        return check_scales(cx, 2, "rhs");
    }
    ensure!(
        cx.input(2) == cx.input(3) && cx.input(2).rank() == Some(0),
        invalid_argument,
        "lhs scales/zero_points must be all scalar tensors. Given: {}{}",
        cx.input(2).cpp(),
        cx.input(3).cpp()
    );
    check_inputs(cx, &rhs, 4, axis_of(&cx.input(4), 1))?;
    let output = PartialShape::new([lhs.dim(0), rhs.dim(1)]);
    check_inputs(cx, &output, 6, axis_of(&cx.input(6), 1))?;
    ensure!(
        cx.input(4).rank() > Some(0) || cx.input(6).rank() == Some(0),
        invalid_argument,
        "If rhs is per-tensor quantized, output must be also per-tensor quantized. Given rhs scales and zero_points of shape {} but given output scales and zero_points of shape {}",
        cx.input(4).cpp(),
        cx.input(6).cpp()
    );
    Ok(())
}

/// What a graph checks of scales and zero points: that their sizes, where they have one, are those of the channels.
pub(crate) fn check_sizes(cx: &ShapeCtx<'_>, index: usize, size: ferroflow_core::Dim) -> Result<()> {
    let (scales, zeros) = (cx.input(index), cx.input(index + 1));
    let (Some(rank), Some(of_zeros)) = (scales.rank(), zeros.rank()) else { return Ok(()) };
    ensure!(rank == of_zeros, invalid_argument, "scales and zero_points must have same rank.");
    if rank > 0 {
        cx.merge_dims(scales.dim(0), size)?;
        cx.merge_dims(zeros.dim(0), size)?;
    }
    Ok(())
}

fn at_most(cx: &ShapeCtx<'_>, index: usize, rank: usize) -> Result<()> {
    if let Some(found) = cx.input(index).rank().filter(|found| *found > rank) {
        bail!(invalid_argument, "Shape must be at most rank {rank} but is rank {found}");
    }
    Ok(())
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let is_hybrid = cx.op() == "UniformQuantizedDotHybrid";
    let (lhs, rhs) = if cx.at_run_time() {
        check(cx, is_hybrid)?;
        (cx.input(0), cx.input(1))
    } else {
        let (lhs, rhs) = (cx.with_rank(0, 2)?, cx.with_rank(1, 2)?);
        if is_hybrid {
            (2..4).try_for_each(|index| at_most(cx, index, 1))?;
        } else {
            (2..4).try_for_each(|index| at_most(cx, index, 0))?;
            (4..8).try_for_each(|index| at_most(cx, index, 1))?;
        }
        cx.merge_dims(lhs.dim(1), rhs.dim(0))?;
        check_sizes(cx, if is_hybrid { 2 } else { 4 }, rhs.dim(1))?;
        if !is_hybrid {
            check_sizes(cx, 6, rhs.dim(1))?;
        }
        (lhs, rhs)
    };
    cx.set(0, PartialShape::new([lhs.dim(0), rhs.dim(1)]));
    Ok(())
}

/// The steps that lead from sums of products to an output, for each channel.
pub(crate) fn product_steps(
    lhs_scale: f32,
    rhs: &Scales<'_>,
    output: &Scales<'_>,
    bounds: (i32, i32),
) -> Result<Vec<Requantizer>> {
    let each = |channel: usize| {
        let ((scale, _), (target, zero_out)) = (rhs.of(channel), output.of(channel));
        let multiplier = Multiplier::new(f64::from(lhs_scale) * f64::from(scale) / f64::from(target))?;
        Ok(Requantizer { multiplier, zero_in: 0, zero_out, bounds })
    };
    (0..rhs.scales.len()).map(each).collect()
}

/// Sums of products of a row of numbers less `zero` and the columns of a matrix.
fn row_product(row: &[i32], zero: i32, matrix: &[i64], columns: usize, rhs: &Scales<'_>) -> Vec<i32> {
    let mut sums = vec![0i32; columns];
    for (step, &factor) in row.iter().enumerate() {
        let factor = factor.wrapping_sub(zero);
        for (column, sum) in sums.iter_mut().enumerate() {
            let other = (matrix[step * columns + column] as i32).wrapping_sub(rhs.of(column).1);
            *sum = sum.wrapping_add(factor.wrapping_mul(other));
        }
    }
    sums
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shape = cx.output_shape(0)?;
    let (rows, columns, inner) = (shape[0], shape[1], cx.input(0)?.shape()[1]);
    let (scale, zero) = Scales::read(cx, 2, -1)?.of(0);
    let rhs = Scales::read(cx, 4, if cx.input(4)?.rank() == 0 { -1 } else { 1 })?;
    let output = Scales::read(cx, 6, if cx.input(6)?.rank() == 0 { -1 } else { 1 })?;
    let steps = product_steps(scale, &rhs, &output, bounds(cx.attrs(), "output_")?)?;
    let lhs: Vec<i32> = integers(cx, 0)?.into_iter().map(|value| value as i32).collect();
    let matrix = integers(cx, 1)?;
    let mut values = reserve(shape.num_elements())?;
    for row in 0..rows {
        let sums = row_product(&lhs[row * inner..][..inner], zero, &matrix, columns, &rhs);
        let each = |(column, sum): (usize, &i32)| i64::from(steps[column.min(steps.len() - 1)].apply(*sum));
        values.extend(sums.iter().enumerate().map(each));
    }
    let values = Steps::of(DType::QINT32)?.array(shape, values)?;
    cx.set(0, values)
}

fn hybrid(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shape = cx.output_shape(0)?;
    let (rows, columns, inner) = (shape[0], shape[1], cx.input(0)?.shape()[1]);
    let rhs = Scales::read(cx, 2, if cx.input(2)?.rank() == 0 { -1 } else { 1 })?;
    let (lhs, matrix) = (cx.slice::<f32>(0)?, integers(cx, 1)?);
    let mut values = reserve::<f32>(shape.num_elements())?;
    for row in 0..rows {
        let (steps, scale, zero) = quantize_row(&lhs[row * inner..][..inner], (-128, 127));
        let sums = row_product(&steps, zero, &matrix, columns, &rhs);
        values.extend(sums.iter().enumerate().map(|(column, sum)| *sum as f32 * scale * rhs.of(column).0));
    }
    cx.set_elements(0, values)
}
