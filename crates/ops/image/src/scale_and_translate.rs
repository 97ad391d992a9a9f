//! ScaleAndTranslate, ScaleAndTranslateGrad: images moved and resized by a sampling kernel.

use crate::resize_geometry::sizes;
use ferroflow_core::{
    Attrs, DType, Error, Grad, GradCtx, IntoOperand, KernelCtx, NdArray, Op, OpDef, Result, Shape, ShapeCtx,
    Tensor, bail, ensure, parallel, zeroed,
};

/// Images of another size, whose pixels are weighted by a kernel around the place that scale and translation send them
/// from; with `antialias` the kernel is as wide as a pixel of the result.
///
/// Source: `tf.raw_ops.ScaleAndTranslate` (op `ScaleAndTranslate`).
///
/// # Errors
/// `InvalidArgument` for an unknown kernel, shapes that do not fit, or sizes or scales that are not positive.
pub fn scale_and_translate(
    images: impl IntoOperand,
    size: impl IntoOperand,
    scale: impl IntoOperand,
    translation: impl IntoOperand,
    kernel_type: &str,
    antialias: bool,
) -> Result<Tensor> {
    Op::new(&SCALE_AND_TRANSLATE)
        .input(images)
        .input(size)
        .input(scale)
        .input(translation)
        .attr("kernel_type", kernel_type)
        .attr("antialias", antialias)
        .one()
}

pub(crate) static SCALE_AND_TRANSLATE: OpDef =
    OpDef { name: "ScaleAndTranslate", shape, kernel: Some(kernel), grad: Grad::Fn(grad), ..OpDef::NEW };

pub(crate) static SCALE_AND_TRANSLATE_GRAD: OpDef = OpDef {
    name: "ScaleAndTranslateGrad",
    shape: |cx| {
        let image = cx.input(1);
        cx.set(0, image);
        Ok(())
    },
    kernel: Some(grad_kernel),
    ..OpDef::NEW
};

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if cx.at_run_time() {
        return Ok(());
    }
    let images = cx.with_rank(0, 4)?;
    let size = cx.with_rank(1, 1)?;
    cx.with_rank(2, 1)?;
    if let Some(count) = size.dim(0)
        && count != 2
    {
        bail!(invalid_argument, "Dimension must be 2 but is {count}");
    }
    let size = cx.input_as_shape(1)?;
    cx.set(0, [images.dim(0), size.dim(0), size.dim(1), images.dim(3)]);
    Ok(())
}

/// A sampling kernel: how far it reaches, and its weight at a distance.
struct Sampling {
    radius: f32,
    weight: fn(f32) -> f32,
}

fn lanczos(x: f32, radius: f32) -> f32 {
    const PI: f32 = std::f32::consts::PI;
    if x > radius {
        0.0
    } else if x <= 1e-3 {
        1.0
    } else {
        radius * (PI * x).sin() * (PI * x / radius).sin() / (PI * PI * x * x)
    }
}

/// A Gaussian of standard deviation 0.5, cut off at three of them (Turkowski, 1990).
fn gaussian(x: f32) -> f32 {
    if x >= 1.5 { 0.0 } else { (f64::from(-x * x) / 0.5).exp() as f32 }
}

fn boxed(x: f32) -> f32 {
    match x.partial_cmp(&0.5) {
        Some(std::cmp::Ordering::Less) => 1.0,
        Some(std::cmp::Ordering::Equal) => 0.5,
        _ => 0.0,
    }
}

/// Cubic convolution (Keys, 1981).
fn keys(x: f32) -> f32 {
    if x >= 2.0 {
        0.0
    } else if x >= 1.0 {
        ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0
    } else {
        ((1.5 * x - 2.5) * x) * x + 1.0
    }
}

/// A cubic that does not interpolate (Mitchell and Netravali, 1988).
fn mitchell(x: f32) -> f32 {
    if x >= 2.0 {
        0.0
    } else if x >= 1.0 {
        (((-7.0 / 18.0) * x + 2.0) * x - 10.0 / 3.0) * x + 16.0 / 9.0
    } else {
        (((7.0 / 6.0) * x - 2.0) * x) * x + 8.0 / 9.0
    }
}

impl Sampling {
    fn named(attrs: &Attrs) -> Result<Sampling> {
        let name = attrs.str("kernel_type")?;
        let (radius, weight): (f32, fn(f32) -> f32) = match name {
            "lanczos1" => (1.0, |x| lanczos(x, 1.0)),
            "lanczos3" => (3.0, |x| lanczos(x, 3.0)),
            "lanczos5" => (5.0, |x| lanczos(x, 5.0)),
            "gaussian" => (1.5, gaussian),
            "box" => (1.0, boxed),
            "triangle" => (1.0, |x| if x < 1.0 { 1.0 - x } else { 0.0 }),
            "keyscubic" => (2.0, keys),
            "mitchellcubic" => (2.0, mitchell),
            other => bail!(invalid_argument, "Unrecognized kernel type: {other}"),
        };
        Ok(Sampling { radius, weight })
    }

    /// The input pixels of every output pixel along one dimension: the first, and the weights from there on.
    fn spans(&self, side: Side, antialias: bool) -> Result<Vec<Span>> {
        let Side { input, output, scale, translation } = side;
        let inverse = (1.0 / f64::from(scale)) as f32;
        let offset = -inverse * translation;
        let stretch = if antialias { inverse.max(1.0) } else { 1.0 };
        let (reach, last) = (self.radius * stretch, input as i64 - 1);
        let (per_pixel, narrowed) = ((2.0 * reach.ceil() + 1.0).min(input as f32), 1.0 / stretch);
        if per_pixel as f64 * output as f64 > (1u64 << 26) as f64 {
            return Err(Error::resource_exhausted("OOM when allocating the weights of sampled pixels"));
        }
        let mut weights = Vec::new();
        let span = |pixel: usize| {
            let at = (pixel as f32 + 0.5) * inverse + offset;
            if !(at >= 0.0 && at <= input as f32) {
                return Span { start: 0, weights: Vec::new() };
            }
            let start = ((at - reach - 0.5).ceil() as i64).clamp(0, last);
            let end = ((at + reach - 0.5).floor() as i64).clamp(0, last) + 1;
            weights.clear();
            weights.extend((start..end).map(|source| {
                let distance = source as f32 + 0.5 - at;
                (self.weight)((distance * narrowed).abs())
            }));
            let sum = weights.iter().fold(0.0f32, |sum, weight| sum + weight);
            let factor = if sum.abs() >= 1000.0 * f32::MIN_POSITIVE { 1.0 / sum } else { 0.0 };
            Span { start: start as usize, weights: weights.iter().map(|weight| weight * factor).collect() }
        };
        Ok((0..output).map(span).collect())
    }
}

/// One dimension of the images and of the result.
#[derive(Clone, Copy)]
struct Side {
    input: usize,
    output: usize,
    scale: f32,
    translation: f32,
}

/// Consecutive pixels with their weights.
#[derive(Clone, Default)]
struct Span {
    start: usize,
    weights: Vec<f32>,
}

/// For every input pixel, the output pixels that it has a weight in.
fn transposed(spans: &[Span], input: usize) -> Vec<Span> {
    let mut found = vec![Span::default(); input];
    for (output, span) in spans.iter().enumerate() {
        for (step, &weight) in span.weights.iter().enumerate().filter(|(_, weight)| **weight != 0.0) {
            if let Some(back) = found.get_mut(span.start + step) {
                if back.weights.is_empty() {
                    back.start = output;
                }
                back.weights.resize(output - back.start + 1, 0.0);
                back.weights[output - back.start] += weight;
            }
        }
    }
    found
}

/// Scale and translation of both dimensions.
fn placement(cx: &KernelCtx<'_>) -> Result<([f32; 2], [f32; 2])> {
    let pair = |index: usize| {
        let input = cx.input(index)?;
        ensure!(input.rank() == 1, invalid_argument, "t must be 1-dimensional{}", input.shape());
        match *input.as_slice::<f32>()? {
            [rows, columns] => Ok([rows, columns]),
            _ => bail!(invalid_argument, "t must have two elements{}", input.shape()),
        }
    };
    let scale = pair(2)?;
    ensure!(scale[0] > 0.0 && scale[1] > 0.0, invalid_argument, "Scale must be greater than zero.");
    Ok((scale, pair(3)?))
}

/// Rows first, then columns, as TensorFlow adds.
fn gather(input: &[f32], from: [usize; 4], vertical: &[Span], horizontal: &[Span]) -> Result<Vec<f32>> {
    let [batch, height, width, channels] = from;
    let (rows, columns, line) = (vertical.len(), horizontal.len(), width * channels);
    let count = Shape::new(&[batch, rows, columns, channels])?.num_elements();
    let mut output = zeroed::<f32>(count)?;
    let row = columns * channels;
    let cost = vertical.iter().chain(horizontal).map(|span| span.weights.len()).max().unwrap_or(1);
    parallel::chunks(&mut output, row, cost, |start, chunk| {
        let mut mixed = vec![0.0f32; line];
        for (step, output) in chunk.chunks_exact_mut(row.max(1)).enumerate() {
            let number = start / row + step;
            let image = &input[number / rows * height * line..][..height * line];
            let span = &vertical[number % rows];
            mixed.fill(0.0);
            for (source, weight) in image[span.start * line..].chunks_exact(line.max(1)).zip(&span.weights) {
                mixed.iter_mut().zip(source).for_each(|(sum, value)| *sum += weight * value);
            }
            for (pixel, span) in output.chunks_exact_mut(channels).zip(horizontal) {
                let sources = mixed[span.start * channels..].chunks_exact(channels);
                for (source, weight) in sources.zip(&span.weights) {
                    pixel.iter_mut().zip(source).for_each(|(sum, value)| *sum += weight * value);
                }
            }
        }
    });
    Ok(output)
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (sampling, antialias) = (Sampling::named(cx)?, cx.bool("antialias")?);
    let (images, size) = (cx.input(0)?, cx.input(1)?);
    ensure!(images.rank() == 4, invalid_argument, "input must be 4-dimensional{}", images.shape());
    ensure!(size.rank() == 1, invalid_argument, "output_shape_t must be 1-dimensional{}", size.shape());
    ensure!(size.len() == 2, invalid_argument, "output_shape_t must have two elements{}", size.shape());
    let [batch, height, width, channels] = sizes(images.shape())?;
    let [rows, columns] = match *size.as_slice::<i32>()? {
        [rows, columns] if rows > 0 && columns > 0 => [rows as usize, columns as usize],
        _ => bail!(invalid_argument, "output dimensions must be positive"),
    };
    ensure!(channels > 0, invalid_argument, "image must have at least one channel");
    ensure!(height > 0 && width > 0, invalid_argument, "input image must be of non-zero size");
    let (scale, translation) = placement(cx)?;
    let shape = Shape::new(&[batch, rows, columns, channels])?;
    let spans = |input, output, axis: usize| {
        let side = Side { input, output, scale: scale[axis], translation: translation[axis] };
        sampling.spans(side, antialias)
    };
    let (vertical, horizontal) = (spans(height, rows, 0)?, spans(width, columns, 1)?);
    let input = images.cast(DType::FLOAT32)?;
    let output = gather(input.as_slice::<f32>()?, [batch, height, width, channels], &vertical, &horizontal)?;
    cx.set(0, NdArray::from_shape(shape, output)?)
}

fn grad_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (sampling, antialias) = (Sampling::named(cx)?, cx.bool("antialias")?);
    let (grads, image) = (cx.input(0)?, cx.input(1)?);
    ensure!(grads.rank() == 4, invalid_argument, "input_grad must be 4-dimensional{}", grads.shape());
    ensure!(image.rank() == 4, invalid_argument, "original_image must be 4-dimensional{}", image.shape());
    let [batch, rows, columns, channels] = sizes(grads.shape())?;
    let [_, height, width, _] = sizes(image.shape())?;
    let (scale, translation) = placement(cx)?;
    let shape = Shape::new(&[batch, height, width, channels])?;
    let spans = |input, output, axis: usize| {
        let side = Side { input, output, scale: scale[axis], translation: translation[axis] };
        Ok::<_, Error>(transposed(&sampling.spans(side, antialias)?, input))
    };
    let (vertical, horizontal) = (spans(height, rows, 0)?, spans(width, columns, 1)?);
    let output = if shape.num_elements() == 0 {
        Vec::new()
    } else {
        gather(grads.as_slice::<f32>()?, [batch, rows, columns, channels], &vertical, &horizontal)?
    };
    cx.set(0, NdArray::from_shape(shape, output)?)
}

fn grad(cx: &mut GradCtx<'_>) -> Result<()> {
    // The gradient op takes this type alone, in TensorFlow as here.
    let image = cx.x(0)?;
    if image.dtype() != DType::FLOAT32 {
        return Ok(());
    }
    let op = Op::new(&SCALE_AND_TRANSLATE_GRAD).input(cx.dy(0)?).input(image).input(cx.x(2)?).input(cx.x(3)?);
    let op = op.attr("kernel_type", cx.str("kernel_type")?).attr("antialias", cx.bool("antialias")?);
    cx.set(0, op.one())
}
