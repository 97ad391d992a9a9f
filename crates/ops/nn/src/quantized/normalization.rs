//! QuantizedInstanceNorm, QuantizedBatchNormWithGlobalNormalization: quantized images with their mean taken out and their
//! deviation brought to 1.

use super::ranges::{Steps, check_scalars, integers, range, scalar_outputs, set_range};
use ferroflow_core::{DType, KernelCtx, OpDef, Result, ShapeCtx, ensure, reserve};

pub(crate) static QUANTIZED_INSTANCE_NORM: OpDef = OpDef {
    name: "QuantizedInstanceNorm",
    shape: instance_shape,
    kernel: Some(instance_kernel),
    types: &[("T", &[DType::QUINT8])],
    ..OpDef::NEW
};

pub(crate) static QUANTIZED_BATCH_NORM_WITH_GLOBAL_NORMALIZATION: OpDef = OpDef {
    name: "QuantizedBatchNormWithGlobalNormalization",
    shape: batch_shape,
    kernel: Some(batch_kernel),
    types: &[("Tinput", &[DType::QUINT8]), ("out_type", &[DType::QINT32])],
    ..OpDef::NEW
};

fn instance_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    // TensorFlow ends the process where images have another rank at run time.
    let images = cx.with_rank(0, 4)?;
    check_scalars(cx, 1, &["x_min", "x_max"])?;
    cx.set(0, images);
    scalar_outputs(cx, 1..3);
    Ok(())
}

/// Each channel of each image by its own statistics.
fn instance_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let given = if cx.bool("output_range_given")? {
        let (low, high) = (cx.float("given_y_min")?, cx.float("given_y_max")?);
        ensure!(low < high, invalid_argument, "given_y_min must be less than given_y_max : {low} >= {high}");
        Some((low, high))
    } else {
        None
    };
    let (low, high) = range(cx, 1)?;
    ensure!(low < high, invalid_argument, "input_min must be less than input_max : {low} >= {high}");
    let (scale, epsilon) = ((high - low) / 255.0, cx.float("variance_epsilon")?);
    let shape = cx.input(0)?.shape().clone();
    let channels = shape.dims().last().copied().unwrap_or(0);
    let pixels: usize = shape.dims().get(1..3).unwrap_or_default().iter().product();
    let values = integers(cx, 0)?;
    let mut normed = reserve::<f32>(values.len())?;
    if pixels * channels > 0 {
        for image in values.chunks_exact(pixels * channels) {
            let mut statistics = Vec::with_capacity(channels);
            for channel in 0..channels {
                let own = || image.iter().skip(channel).step_by(channels);
                let mean = own().map(|&value| value as f32).sum::<f32>() / pixels as f32;
                let squares = own().map(|&value| (scale * (value as f32 - mean)).powi(2));
                let variance = squares.sum::<f32>() / pixels as f32;
                statistics.push((mean, 1.0 / (variance + epsilon).sqrt()));
            }
            for pixel in image.chunks_exact(channels) {
                let of_channels = pixel.iter().zip(&statistics);
                normed.extend(
                    of_channels.map(|(&value, (mean, factor))| scale * (value as f32 - mean) * factor),
                );
            }
        }
    }
    let (low, mut high) = given.unwrap_or_else(|| {
        // Eigen's least and greatest of nothing are the infinities.
        let ends = (f32::INFINITY, f32::NEG_INFINITY);
        normed.iter().fold(ends, |(low, high), &value| (low.min(value), high.max(value)))
    });
    let separation = cx.float("min_separation")?;
    if high - low < separation {
        high = low + separation;
    }
    let steps = Steps::of(DType::QUINT8)?;
    let quantize = steps.of_floats((low, high));
    let output = steps.array(shape, normed.into_iter().map(quantize).collect())?;
    cx.set(0, output)?;
    set_range(cx, (low, high))
}

/// Where each of the five quantized arguments stands; its range follows it.
const ARGUMENTS: [(usize, &str, usize); 5] =
    [(0, "input", 4), (3, "mean", 1), (6, "var", 1), (9, "beta", 1), (12, "gamma", 1)];

fn batch_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let mut depth = cx.input(0).dim(3);
    for (index, name, rank) in ARGUMENTS {
        let found = cx.input(index);
        if let Some(other) = found.rank().filter(|other| *other != rank) {
            return Err(cx.mismatch(
                format!("{name} must be {rank}-dimensional{}", found.cpp()),
                format!("Shape must be rank {rank} but is rank {other}"),
            ));
        }
        check_scalars(cx, index + 1, &["min", "max"])?;
        if !cx.at_run_time() {
            depth = cx.merge_dims(depth, found.dim(rank - 1))?;
        }
    }
    if cx.at_run_time() {
        check_depths(cx)?;
    }
    let images = cx.with_rank(0, 4)?;
    cx.set(0, images.slice(0..3).concatenate(&ferroflow_core::PartialShape::new([depth])));
    scalar_outputs(cx, 1..3);
    Ok(())
}

/// What TensorFlow's kernel asks of sizes; it takes no images of a single channel (2.21).
fn check_depths(cx: &ShapeCtx<'_>) -> Result<()> {
    let (images, means) = (cx.input(0), cx.input(3));
    ensure!(
        means.dim(0).is_some_and(|size| size > 1),
        invalid_argument,
        "Must have at least a mean value{}",
        cx.input(6).cpp()
    );
    ensure!(
        means.dim(0) == images.dim(3),
        invalid_argument,
        "Must provide as many means as the last dimension of the input tensor: {} vs. {}",
        means.cpp(),
        images.cpp()
    );
    for (index, name) in [(6, "variance"), (9, "beta"), (12, "gamma")] {
        let other = cx.input(index);
        ensure!(
            other == means,
            invalid_argument,
            "Mean and {name} tensors must have the same shape: {} vs. {}",
            means.cpp(),
            other.cpp()
        );
    }
    Ok(())
}

/// The fixed-point arithmetic of TensorFlow: numbers up to about a million, with ten bits behind the point.
fn batch_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    const RANGE: (f32, f32) = (-1048576.0, 1048576.0);
    let (narrow, wide) = (Steps::of(DType::QUINT8)?, Steps::of(DType::QINT32)?);
    let (epsilon, scaled) = (cx.float("variance_epsilon")?, cx.bool("scale_after_normalization")?);
    let floats = |index: usize| -> Result<Vec<f32>> {
        let own = range(cx, index + 1)?;
        Ok(integers(cx, index)?.into_iter().map(|value| narrow.float(value, own)).collect())
    };
    let [images, means, variances, betas, gammas] =
        [floats(0)?, floats(3)?, floats(6)?, floats(9)?, floats(12)?];
    let fixed = |value: f32| wide.quantized(value, RANGE) as i32;
    let mut channels = Vec::with_capacity(means.len());
    for (((mean, variance), beta), gamma) in means.iter().zip(variances).zip(betas).zip(gammas) {
        let factor = 1.0 / (variance + epsilon).sqrt();
        let factor = if scaled { factor * gamma } else { factor };
        channels.push((fixed(factor), fixed(-mean * factor + beta)));
    }
    let one = fixed(1.0);
    let mut output = reserve(images.len())?;
    for (value, &(factor, offset)) in images.iter().zip(channels.iter().cycle()) {
        let product = fixed(*value).wrapping_mul(factor) / one;
        output.push(i64::from(product.wrapping_add(offset)));
    }
    let output = wide.array(cx.input(0)?.shape().clone(), output)?;
    cx.set(0, output)?;
    set_range(cx, RANGE)
}
