//! FusedBatchNorm, V2, V3: channels brought to mean 0 and variance 1, then scaled and shifted.

use crate::batch_norm_grad as grads;
use crate::sums::column_sums_of;
use crate::volume::Format;
use ferroflow_core::{
    Attrs, ChannelMap, DType, Dim, Fusion, Grad, KernelCtx, NdArray, OpDef, PartialShape, Result, Shape,
    ShapeCtx, bail, parallel,
};

macro_rules! versions {
    ($($static:ident $name:literal $grad:literal;)*) => {
        $(pub(crate) static $static: OpDef = OpDef {
            name: $name,
            shape,
            kernel: Some(kernel),
            grad: Grad::Fn(|cx| grads::grad(cx, $grad)),
            fusion: Some(Fusion::Channels(of_inference)),
            ..OpDef::NEW
        };)*
    };
}

versions! {
    FUSED_BATCH_NORM "FusedBatchNorm" "FusedBatchNormGrad";
    FUSED_BATCH_NORM_V2 "FusedBatchNormV2" "FusedBatchNormGradV2";
    FUSED_BATCH_NORM_V3 "FusedBatchNormV3" "FusedBatchNormGradV3";
}

/// The rank that the data format asks for.
pub(crate) fn format_rank(cx: &ShapeCtx<'_>) -> Result<usize> {
    Ok(cx.str("data_format")?.len())
}

/// Checks the rank of the normalised input.
pub(crate) fn check_rank(cx: &ShapeCtx<'_>, shape: &PartialShape) -> Result<()> {
    let expected = format_rank(cx)?;
    match shape.rank() {
        Some(rank) if cx.at_run_time() && !(4..=5).contains(&rank) => {
            bail!(invalid_argument, "input must be 4 or 5-dimensional{}", shape.cpp())
        }
        Some(rank) if !cx.at_run_time() && rank != expected => {
            bail!(invalid_argument, "Shape must be rank {expected} but is rank {rank}")
        }
        _ => Ok(()),
    }
}

/// Checks that an input is a vector with an element for each channel, and joins what is known of their number.
pub(crate) fn check_channels(
    cx: &ShapeCtx<'_>,
    index: usize,
    name: &str,
    prefix: &str,
    channels: Dim,
) -> Result<Dim> {
    let shape = cx.input(index);
    cx.merge_dims(channels, shape.dim(0)).map_err(|error| {
        let (found, channels) = (shape.dim(0).unwrap_or(0), channels.unwrap_or(0));
        let run_time =
            format!("{prefix}{name} must have the same number of elements as the channels of x, got {found} and {channels}");
        cx.mismatch(run_time, error.message())
    })
}

fn check_vector(cx: &ShapeCtx<'_>, index: usize, name: &str) -> Result<()> {
    let shape = cx.input(index);
    match shape.rank() {
        Some(rank) if rank != 1 => Err(cx.mismatch(
            format!("{name} must be 1-dimensional{}", shape.cpp()),
            format!("Shape must be rank 1 but is rank {rank}"),
        )),
        _ => Ok(()),
    }
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let x = cx.input(0);
    check_rank(cx, &x)?;
    let training = cx.bool("is_training")?;
    // Running statistics are read only when they end up in an output.
    let statistics = !training || cx.float("exponential_avg_factor")? != 1.0;
    let names = ["scale", "offset", "estimated_mean", "estimated_variance"];
    let read = if statistics || cx.at_run_time() { 4 } else { 2 };
    for (index, name) in names.into_iter().enumerate().take(read) {
        check_vector(cx, index + 1, name)?;
    }
    let axis = Format::of(cx)?.channel_axis(x.rank().unwrap_or(0));
    let mut channels = x.dim(axis);
    channels = check_channels(cx, 1, "scale", "", channels)?;
    channels = check_channels(cx, 2, "offset", "", channels)?;
    if statistics {
        let prefix = if training { "When exponential_avg_factor != 1, " } else { "When is_training=false, " };
        channels = check_channels(cx, 3, "mean", prefix, channels)?;
        channels = check_channels(cx, 4, "variance", prefix, channels)?;
    }
    let output = match x.dims() {
        Some(dims) => {
            let mut dims = dims.to_vec();
            if let Some(dim) = dims.get_mut(axis) {
                *dim = channels;
            }
            PartialShape::new(dims)
        }
        None => PartialShape::of_rank(format_rank(cx)?),
    };
    cx.set(0, output);
    for index in 1..5 {
        cx.set(index, [channels]);
    }
    if cx.at_run_time() {
        cx.set(5, Shape::scalar());
    }
    Ok(())
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let half = |dtype| matches!(dtype, DType::HALF | DType::BFLOAT16);
    if half(cx.input(0)?.dtype()) || half(cx.input(1)?.dtype()) {
        cx.through_f32(normalize)
    } else {
        normalize(cx)
    }
}

/// `1 / sqrt(variance + epsilon)`.
pub(crate) fn inverse_deviation(variance: &[f32], epsilon: f32) -> Vec<f32> {
    variance.iter().map(|&variance| 1.0 / (variance + epsilon).sqrt()).collect()
}

fn normalize(cx: &mut KernelCtx<'_>) -> Result<()> {
    cx.infer_shapes()?;
    let (training, epsilon) = (cx.bool("is_training")?, cx.float("epsilon")?);
    let factor = cx.float("exponential_avg_factor")?;
    let format = Format::of(cx)?;
    let mut x = format.channels_to_end(cx.take(0)?)?;
    let (scale, offset) = (cx.slice::<f32>(1)?, cx.slice::<f32>(2)?);
    let (old_mean, old_variance) = (cx.slice::<f32>(3)?, cx.slice::<f32>(4)?);
    let channels = scale.len();
    let rows = x.len() / channels.max(1);
    let (mean, variance) = match training {
        true if rows > 0 => moments(x.as_slice::<f32>()?, rows, channels)?,
        true => (vec![0.0; channels], vec![0.0; channels]),
        false => (old_mean.to_vec(), old_variance.to_vec()),
    };
    let map = map_of(scale, offset, &mean, &variance, epsilon);
    parallel::chunks(x.as_mut_slice::<f32>()?, channels, 2, |_, chunk| map.apply(chunk));
    let (new_mean, new_variance) = match training {
        // Of no rows there are no statistics.
        true if rows == 0 => (vec![f32::NAN; channels], vec![f32::NAN; channels]),
        true => {
            let unbiased = rows as f32 / rows.saturating_sub(1).max(1) as f32;
            let unbiased: Vec<f32> = variance.iter().map(|variance| variance * unbiased).collect();
            (blend(old_mean, &mean, factor), blend(old_variance, &unbiased, factor))
        }
        false => (mean.clone(), variance.clone()),
    };
    let vector = |values: Vec<f32>| NdArray::vector(values);
    cx.set(0, format.channels_from_end(x)?)?;
    for (index, values) in [new_mean, new_variance, mean, variance].into_iter().enumerate() {
        cx.set(index + 1, vector(values))?;
    }
    if cx.num_outputs() > 5 {
        cx.set(5, NdArray::scalar(0.0f32))?;
    }
    Ok(())
}

/// What the op does to the channels of an image whose statistics are these.
fn map_of(scale: &[f32], offset: &[f32], mean: &[f32], variance: &[f32], epsilon: f32) -> ChannelMap {
    let inverse = inverse_deviation(variance, epsilon);
    let factor = inverse.iter().zip(scale).map(|(inverse, scale)| inverse * scale).collect();
    ChannelMap { rank: 4, shift: mean.to_vec(), factor, offset: offset.to_vec() }
}

/// What the op does when its statistics are given, and channels are last.
fn of_inference(attrs: &Attrs, inputs: &[NdArray]) -> Option<ChannelMap> {
    if attrs.bool("is_training").ok()? || attrs.str("data_format").ok()? != "NHWC" {
        return None;
    }
    let vectors: Option<Vec<&[f32]>> = inputs
        .iter()
        .map(|input| if input.rank() == 1 { input.as_slice::<f32>().ok() } else { None })
        .collect();
    let [scale, offset, mean, variance] = *vectors?.as_slice() else { return None };
    if [offset, mean, variance].iter().any(|vector| vector.len() != scale.len()) {
        return None;
    }
    Some(map_of(scale, offset, mean, variance, attrs.float("epsilon").ok()?))
}

/// The running statistics after new ones came in with this weight.
fn blend(old: &[f32], new: &[f32], factor: f32) -> Vec<f32> {
    if factor == 1.0 {
        return new.to_vec();
    }
    old.iter().zip(new).map(|(old, new)| (1.0 - factor) * old + factor * new).collect()
}

/// The mean and variance of each column.
fn moments(x: &[f32], rows: usize, channels: usize) -> Result<(Vec<f32>, Vec<f32>)> {
    let inverse = 1.0 / rows as f32;
    let row = |number: usize| &x[number * channels..(number + 1) * channels];
    let mut mean = column_sums_of(rows, channels, |number, terms| terms.copy_from_slice(row(number)))?;
    mean.iter_mut().for_each(|mean| *mean *= inverse);
    let mut variance = column_sums_of(rows, channels, |number, terms| {
        for ((term, x), mean) in terms.iter_mut().zip(row(number)).zip(&mean) {
            *term = (x - mean) * (x - mean);
        }
    })?;
    variance.iter_mut().for_each(|variance| *variance *= inverse);
    Ok((mean, variance))
}
