//! UniformQuantizedConvolution, UniformQuantizedConvolutionHybrid: sums of products of steps under windows of any number of
//! dimensions.

use super::dimensions::{Convolution, Places};
use super::dot::{check_scales, check_sizes, product_steps};
use super::elementwise::bounds;
use super::scales::{Scales, check_inputs, quantize_row};
use crate::quantized::ranges::{Steps, integers};
use ferroflow_core::{
    DType, KernelCtx, NdArray, OpDef, PartialShape, Result, Shape, ShapeCtx, ensure, zeroed,
};

pub(crate) static UNIFORM_QUANTIZED_CONVOLUTION: OpDef =
    OpDef { name: "UniformQuantizedConvolution", shape, kernel: Some(kernel), ..OpDef::NEW };

pub(crate) static UNIFORM_QUANTIZED_CONVOLUTION_HYBRID: OpDef =
    OpDef { name: "UniformQuantizedConvolutionHybrid", shape, kernel: Some(hybrid), ..OpDef::NEW };

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let is_hybrid = cx.op() == "UniformQuantizedConvolutionHybrid";
    let rhs_scales = if is_hybrid { 2 } else { 4 };
    if cx.at_run_time() {
        if !is_hybrid {
            ensure!(
                cx.int("lhs_quantization_axis")? == -1,
                invalid_argument,
                "lhs_quantization_axis Attr must be -1 (per-tensor)."
            );
            check_scales(cx, 2, "lhs")?;
        }
        check_scales(cx, rhs_scales, "rhs")?;
        if !is_hybrid {
            check_scales(cx, 6, "output")?;
        }
    }
    let (lhs, rhs) = (cx.input(0), cx.input(1));
    if !cx.at_run_time() && lhs.rank().is_some() && rhs.rank().is_some() {
        ensure!(lhs.rank() == rhs.rank(), invalid_argument, "lhs and rhs must have same rank.");
    }
    let (Some(lhs), Some(rhs)) = (lhs.to_shape(), rhs.to_shape()) else {
        match lhs.rank().or(rhs.rank()) {
            Some(rank) => cx.set(0, PartialShape::of_rank(rank)),
            None => cx.set_all_unknown(),
        }
        return Ok(());
    };
    let convolution = Convolution::read(cx, &lhs, &rhs)?;
    let output = convolution.output_shape(&lhs, &rhs)?;
    if cx.at_run_time() {
        check_axes(cx, &convolution, &output, is_hybrid)?;
    } else {
        let channels = Some(output[convolution.output.second]);
        check_sizes(cx, rhs_scales, channels)?;
        if !is_hybrid {
            check_sizes(cx, 6, channels)?;
        }
    }
    cx.set(0, output);
    Ok(())
}

/// The checks of scales and zero points when an op runs.
fn check_axes(cx: &ShapeCtx<'_>, convolution: &Convolution, output: &Shape, is_hybrid: bool) -> Result<()> {
    if !is_hybrid {
        ensure!(
            cx.input(2) == cx.input(3) && cx.input(2).rank() == Some(0),
            invalid_argument,
            "lhs scales/zero_points must be all scalar tensors. Given: {}{}",
            cx.input(2).cpp(),
            cx.input(3).cpp()
        );
    }
    let axis = cx.int("rhs_quantization_axis")?;
    ensure!(
        axis == -1 || axis == convolution.kernel.first as i64,
        invalid_argument,
        "rhs_quantization_axis Attr must be -1 (per-tensor) or dimension_numbers.kernel_output_feature_dimension (per-channel)."
    );
    check_inputs(cx, &cx.input(1), if is_hybrid { 2 } else { 4 }, axis)?;
    if is_hybrid {
        return Ok(());
    }
    let axis = cx.int("output_quantization_axis")?;
    ensure!(
        axis == -1 || axis == convolution.output.second as i64,
        invalid_argument,
        "output_quantization_axis Attr must be -1 (per-tensor) or dimension_numbers.output_feature_dimension (per-channel)."
    );
    check_inputs(cx, &output.into(), 6, axis)?;
    ensure!(
        cx.input(4).rank() > Some(0) || cx.input(6).rank() == Some(0),
        invalid_argument,
        "If rhs is per-tensor quantized, output must be also per-tensor quantized. Given output scales/zero_points of rank {}",
        cx.input(6).rank().unwrap_or(0)
    );
    Ok(())
}

/// Elements of a tensor in the order: first axis, second axis, places.
struct Ordered {
    values: Vec<i32>,
    first: usize,
    second: usize,
    spatial: Vec<usize>,
}

impl Ordered {
    fn new<T: Copy>(values: &[T], shape: &Shape, places: &Places, of: impl Fn(T) -> i32) -> Ordered {
        let axes: Vec<usize> =
            [places.first, places.second].into_iter().chain(places.spatial.clone()).collect();
        let strides = shape.strides();
        let values = offsets(shape, &axes, &strides).into_iter().map(|at| of(values[at])).collect();
        let spatial = places.spatial.iter().map(|&axis| shape[axis]).collect();
        Ordered { values, first: shape[places.first], second: shape[places.second], spatial }
    }

    fn places(&self) -> usize {
        self.spatial.iter().product()
    }
}

/// Where the elements of a shape are, its axes taken in another order.
fn offsets(shape: &Shape, axes: &[usize], strides: &[usize]) -> Vec<usize> {
    let mut offsets = vec![0];
    if shape.num_elements() == 0 {
        return Vec::new();
    }
    for &axis in axes {
        offsets = offsets
            .into_iter()
            .flat_map(|offset| (0..shape[axis]).map(move |at| offset + at * strides[axis]))
            .collect();
    }
    offsets
}

/// Sums of products for each element of the output; `zero` is that of a batch, `zeros` those of output channels.
fn sums(
    convolution: &Convolution,
    lhs: &Ordered,
    rhs: &Ordered,
    output: &[usize],
    zero: impl Fn(usize) -> i32,
    rhs_scales: &Scales<'_>,
    mut give: impl FnMut(usize, usize, i32) -> Result<()>,
) -> Result<()> {
    let batch = lhs.first / convolution.batch_groups as usize;
    let per_feature_group = (rhs.first / convolution.feature_groups as usize).max(1);
    let per_batch_group = (rhs.first / convolution.batch_groups as usize).max(1);
    let positions: usize = output.iter().product();
    let (lhs_places, rhs_places) = (lhs.places(), rhs.places());
    // Where the taps of each position are in the input; those outside count for nothing, as padding stands for zero.
    let taps = |position: usize, tap: usize| -> Option<usize> {
        let (mut position, mut tap, mut at, mut stride) = (position, tap, 0, 1);
        for axis in (0..output.len()).rev() {
            let place = (position % output[axis]) as i64 * convolution.strides[axis]
                + (tap % rhs.spatial[axis]) as i64 * convolution.rhs_dilation[axis]
                - convolution.paddings[axis][0];
            let dilation = convolution.lhs_dilation[axis];
            if place < 0 || place % dilation != 0 || place / dilation >= lhs.spatial[axis] as i64 {
                return None;
            }
            at += (place / dilation) as usize * stride;
            stride *= lhs.spatial[axis];
            position /= output[axis];
            tap /= rhs.spatial[axis];
        }
        Some(at)
    };
    for image in 0..batch {
        for feature in 0..rhs.first {
            let row = feature / per_batch_group * batch + image;
            let first_channel = feature / per_feature_group * rhs.second;
            let (zero, other_zero) = (zero(row), rhs_scales.of(feature).1);
            for position in 0..positions {
                let mut sum = 0i32;
                for tap in 0..rhs_places {
                    let Some(at) = taps(position, tap) else { continue };
                    for channel in 0..rhs.second {
                        let value =
                            lhs.values[(row * lhs.second + first_channel + channel) * lhs_places + at];
                        let factor = rhs.values[(feature * rhs.second + channel) * rhs_places + tap];
                        let product = value.wrapping_sub(zero).wrapping_mul(factor.wrapping_sub(other_zero));
                        sum = sum.wrapping_add(product);
                    }
                }
                give(row, feature, sum)?;
            }
        }
    }
    Ok(())
}

/// Puts values that come in the order batch, channels, places where the output has them.
fn arrange<T: ferroflow_core::Element>(
    convolution: &Convolution,
    shape: &Shape,
    values: Vec<T>,
) -> Result<NdArray> {
    let places = &convolution.output;
    let axes: Vec<usize> = [places.first, places.second].into_iter().chain(places.spatial.clone()).collect();
    let mut arranged = zeroed::<T>(shape.num_elements())?;
    let strides = shape.strides();
    offsets(shape, &axes, &strides).into_iter().zip(values).for_each(|(at, value)| arranged[at] = value);
    NdArray::from_shape(shape.clone(), arranged)
}

/// The convolution, the filter, and the sizes of the output along its places.
fn parts(cx: &KernelCtx<'_>) -> Result<(Convolution, Ordered, Shape, Vec<usize>)> {
    let (lhs, rhs) = (cx.input(0)?.shape(), cx.input(1)?.shape());
    let convolution = Convolution::read(cx.attrs(), lhs, rhs)?;
    let filter = Ordered::new(&integers(cx, 1)?, rhs, &convolution.kernel, |value| value as i32);
    let output = convolution.output_shape(lhs, rhs)?;
    let spatial = convolution.output.spatial.iter().map(|&axis| output[axis]).collect();
    Ok((convolution, filter, output, spatial))
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (convolution, filter, shape, spatial) = parts(cx)?;
    let lhs = Ordered::new(&integers(cx, 0)?, cx.input(0)?.shape(), &convolution.input, |value| value as i32);
    let (scale, zero) = Scales::read(cx, 2, -1)?.of(0);
    let rhs = Scales::read(cx, 4, cx.int("rhs_quantization_axis")?)?;
    let output = Scales::read(cx, 6, cx.int("output_quantization_axis")?)?;
    let steps = product_steps(scale, &rhs, &output, bounds(cx.attrs(), "output_")?)?;
    let mut values = ferroflow_core::reserve::<i32>(shape.num_elements())?;
    sums(
        &convolution,
        &lhs,
        &filter,
        &spatial,
        |_| zero,
        &rhs,
        |_, feature, sum| {
            cx.env().check()?;
            values.push(steps[feature.min(steps.len() - 1)].apply(sum));
            Ok(())
        },
    )?;
    let values = values.into_iter().map(i64::from).collect();
    let arranged = arrange::<i64>(&convolution, &shape, values)?;
    let output = Steps::of(DType::QINT32)?.array(shape, arranged.to_i64_vec()?)?;
    cx.set(0, output)
}

fn hybrid(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (convolution, filter, shape, spatial) = parts(cx)?;
    let input = cx.slice::<f32>(0)?;
    let mut lhs =
        Ordered::new(input, cx.input(0)?.shape(), &convolution.input, |value| value.to_bits() as i32);
    let rows: Vec<f32> = lhs.values.iter().map(|bits| f32::from_bits(*bits as u32)).collect();
    let size = lhs.second * lhs.places();
    let mut ranges = vec![(1.0f32, 0i32); lhs.first];
    for (row, range) in ranges.iter_mut().enumerate() {
        let (steps, scale, zero) = quantize_row(&rows[row * size..][..size], (-128, 127));
        lhs.values[row * size..][..size].copy_from_slice(&steps);
        *range = (scale, zero);
    }
    let rhs = Scales::read(cx, 2, cx.int("rhs_quantization_axis")?)?;
    let mut values = ferroflow_core::reserve::<f32>(shape.num_elements())?;
    sums(
        &convolution,
        &lhs,
        &filter,
        &spatial,
        |row| ranges[row].1,
        &rhs,
        |row, feature, sum| {
            cx.env().check()?;
            values.push(sum as f32 * ranges[row].0 * rhs.of(feature).0);
            Ok(())
        },
    )?;
    let arranged = arrange(&convolution, &shape, values)?;
    cx.set(0, arranged)
}
