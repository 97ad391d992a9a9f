//! ExtractGlimpse, ExtractGlimpseV2: a window out of each image, around a place of its own.

use crate::resize_geometry::sizes;
use ferroflow_core::philox::{Philox, Singles};
use ferroflow_core::{
    Attrs, Grad, IntoOperand, KernelCtx, NdArray, Op, OpDef, Result, Shape, ShapeCtx, Tensor, bail, ensure,
    options, zeroed,
};
use std::hash::{BuildHasher, Hasher, RandomState};

options! {
    /// Optional arguments of [`extract_glimpse_with`].
    pub struct ExtractGlimpseOptions {
        /// Whether an offset of (0, 0) is the middle of the image.
        centered: bool = true,
        /// Whether offsets are in parts of the image's size.
        normalized: bool = true,
        /// What fills a window outside the image: `uniform`, `gaussian` or `zero`.
        noise: String = "uniform".to_string(),
    }
}

/// A window of `size` out of each image, at its offset.
///
/// Source: `tf.image.extract_glimpse` (op `ExtractGlimpseV2`).
///
/// # Errors
/// `InvalidArgument` when shapes do not fit.
pub fn extract_glimpse(
    input: impl IntoOperand,
    size: impl IntoOperand,
    offsets: impl IntoOperand,
) -> Result<Tensor> {
    extract_glimpse_with(input, size, offsets, |options| options)
}

/// [`extract_glimpse`] by another way to give offsets.
///
/// # Errors
/// As [`extract_glimpse`].
pub fn extract_glimpse_with(
    input: impl IntoOperand,
    size: impl IntoOperand,
    offsets: impl IntoOperand,
    options: impl FnOnce(ExtractGlimpseOptions) -> ExtractGlimpseOptions,
) -> Result<Tensor> {
    let options = options(ExtractGlimpseOptions::default());
    Op::new(&EXTRACT_GLIMPSE_V2)
        .input(input)
        .input(size)
        .input(offsets)
        .attr("centered", options.centered)
        .attr("normalized", options.normalized)
        .attr("uniform_noise", false)
        .attr("noise", options.noise)
        .one()
}

pub(crate) static EXTRACT_GLIMPSE: OpDef = OpDef {
    name: "ExtractGlimpse",
    shape,
    kernel: Some(|cx| kernel(cx, true)),
    grad: Grad::None,
    ..OpDef::NEW
};

pub(crate) static EXTRACT_GLIMPSE_V2: OpDef =
    OpDef { name: "ExtractGlimpseV2", shape, kernel: Some(|cx| kernel(cx, false)), ..OpDef::NEW };

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if cx.at_run_time() {
        return Ok(());
    }
    ensure!(
        !cx.bool("uniform_noise")? || matches!(cx.str("noise")?, "" | "uniform"),
        invalid_argument,
        "The uniform_noise should not be True when noise is not uniform"
    );
    let (input, size, offsets) = (cx.with_rank(0, 4)?, cx.with_rank(1, 1)?, cx.with_rank(2, 2)?);
    for (found, wanted) in [(offsets.dim(1), 2), (size.dim(0), 2)] {
        if let Some(found) = found
            && found != wanted
        {
            bail!(invalid_argument, "Dimension must be {wanted} but is {found}");
        }
    }
    let batch = cx.merge_dims(input.dim(0), offsets.dim(0))?;
    let size = cx.input_as_shape(1)?;
    cx.set(0, [batch, size.dim(0), size.dim(1), input.dim(3)]);
    Ok(())
}

/// What fills a window outside the image.
#[derive(Clone, Copy, PartialEq)]
enum Noise {
    Uniform,
    Gaussian,
    Zero,
}

fn noise(attrs: &Attrs) -> Result<Noise> {
    let (uniform, name) = (attrs.bool("uniform_noise")?, attrs.str("noise")?);
    ensure!(
        !uniform || matches!(name, "" | "uniform"),
        invalid_argument,
        "The uniform_noise and noise could not be specified at the same time"
    );
    match name {
        "" if !uniform => Ok(Noise::Gaussian),
        "" | "uniform" => Ok(Noise::Uniform),
        "gaussian" => Ok(Noise::Gaussian),
        "zero" => Ok(Noise::Zero),
        other => {
            bail!(invalid_argument, "The noise could only be uniform, gaussian, or zero, got{other}")
        }
    }
}

/// The first pixel of a window along one dimension.
fn start(rules: (bool, bool, bool), offset: f32, input: usize, window: usize) -> i64 {
    let (first_version, centered, normalized) = rules;
    let (input, half) = (input as f32, window as f32 / 2.0);
    let at = if normalized { offset * input } else { offset };
    let at = match (first_version, centered) {
        (true, true) => at / 2.0 + input / 2.0 - half,
        (true, false) => at - half,
        // The second version moves by half a window only where offsets are parts of the image.
        (false, true) if normalized => at / 2.0 + input / 2.0 - half,
        (false, true) => at + input / 2.0,
        (false, false) => at,
    };
    at as i64
}

/// Numbers that nobody can foresee: TensorFlow's are not seeded either.
fn unforeseen() -> Singles {
    let random = || RandomState::new().build_hasher().finish();
    Singles::new(Philox::new(random(), random()))
}

/// Fills a glimpse as the image's values are spread.
fn fill(glimpse: &mut [f32], image: &[f32], channels: usize, noise: Noise) {
    let mut numbers = unforeseen();
    let mut unit = || (numbers.next() >> 8) as f32 / (1u32 << 24) as f32;
    let bounds = |values: &mut dyn Iterator<Item = f32>| {
        values
            .fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
    };
    match noise {
        Noise::Zero => glimpse.fill(0.0),
        Noise::Uniform => {
            let (low, high) = bounds(&mut image.iter().copied());
            glimpse.iter_mut().for_each(|value| *value = low + unit() * (high - low));
        }
        Noise::Gaussian => {
            for channel in 0..channels {
                let values = || image.iter().skip(channel).step_by(channels).copied();
                let count = values().count().max(1) as f32;
                let mean = values().sum::<f32>() / count;
                let sigma = (values().map(|value| (value - mean).powi(2)).sum::<f32>() / count).sqrt();
                let (low, high) = bounds(&mut values());
                for value in glimpse.iter_mut().skip(channel).step_by(channels) {
                    let (radius, angle) =
                        ((-2.0 * (1.0 - unit()).ln()).sqrt(), std::f32::consts::TAU * unit());
                    *value = (mean + sigma * radius * angle.cos()).min(high).max(low);
                }
            }
        }
    }
}

fn kernel(cx: &mut KernelCtx<'_>, first_version: bool) -> Result<()> {
    let noise = noise(cx)?;
    let (centered, normalized) = (cx.bool("centered")?, cx.bool("normalized")?);
    let (input, size, offsets) = (cx.input(0)?, cx.input(1)?, cx.input(2)?);
    ensure!(
        input.rank() == 4,
        invalid_argument,
        "input must be 4-dimensional (batch_size, height, width, depth){}",
        input.shape()
    );
    let [batch, height, width, channels] = sizes(input.shape())?;
    ensure!(
        *size.shape().dims() == [2],
        invalid_argument,
        "input must be a vector of size 2 (height, width){}",
        size.shape()
    );
    let size = size.to_i64_vec()?;
    if let Some(negative) = size.iter().find(|size| **size < 0) {
        bail!(invalid_argument, "Expected a non-negative size, got {negative}");
    }
    let shape = Shape::from_i64(&[batch as i64, size[0], size[1], channels as i64])?;
    let [_, rows, columns, _] = sizes(&shape)?;
    ensure!(offsets.rank() == 2, invalid_argument, "input must be a matrix{}", offsets.shape());
    ensure!(
        offsets.shape()[0] == batch,
        invalid_argument,
        "first dimension should be batch{}",
        offsets.shape()
    );
    ensure!(
        offsets.shape()[1] == 2,
        invalid_argument,
        "second dimension should be of size 2 (y,x){}",
        offsets.shape()
    );
    let mut output = zeroed::<f32>(shape.num_elements())?;
    let pixels = input.as_slice::<f32>()?;
    let unit = rows * columns * channels;
    let offsets = offsets.as_slice::<f32>()?;
    for (number, glimpse) in output.chunks_exact_mut(unit.max(1)).enumerate() {
        let image = &pixels[number * height * width * channels..][..height * width * channels];
        let at = |axis: usize, input: usize, window: usize| {
            start((first_version, centered, normalized), offsets[number * 2 + axis], input, window)
        };
        let (top, left) = (at(0, height, rows), at(1, width, columns));
        let outside = |start: i64, window: usize, size: usize| {
            start < 0 || start.saturating_add(window as i64) >= size as i64
        };
        if outside(top, rows, height) || outside(left, columns, width) {
            fill(glimpse, image, channels, noise);
        }
        for row in 0..rows {
            let Some(y) = usize::try_from(top.saturating_add(row as i64)).ok().filter(|y| *y < height) else {
                continue;
            };
            for column in 0..columns {
                let Some(x) = usize::try_from(left.saturating_add(column as i64)).ok().filter(|x| *x < width)
                else {
                    continue;
                };
                glimpse[(row * columns + column) * channels..][..channels]
                    .copy_from_slice(&image[(y * width + x) * channels..][..channels]);
            }
        }
    }
    cx.set(0, NdArray::from_shape(shape, output)?)
}
