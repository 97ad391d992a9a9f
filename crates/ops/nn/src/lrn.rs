//! LRN, LRNGrad: values divided by the strength of their neighbouring channels.

use crate::activations::is_half;
use ferroflow_core::{
    Attrs, Grad, GradCtx, IntoOperand, KernelCtx, Op, OpDef, Result, ShapeCtx, Tensor, bail, options,
    parallel, zeroed,
};

options! {
    /// Optional arguments of [`local_response_normalization_with`].
    pub struct LocalResponseNormalizationOptions {
        /// How many channels on each side count.
        depth_radius: i64 = 5,
        /// Added to the sum of squares.
        bias: f32 = 1.0,
        /// The weight of the sum of squares.
        alpha: f32 = 1.0,
        /// The power that divides.
        beta: f32 = 0.5,
    }
}

/// Images divided by the strength of neighbouring channels: `input / (bias + alpha * squares) ** beta`.
///
/// Source: `tf.nn.local_response_normalization` (op `LRN`).
///
/// # Errors
/// `InvalidArgument` unless the input has four dimensions.
pub fn local_response_normalization(input: impl IntoOperand) -> Result<Tensor> {
    local_response_normalization_with(input, |options| options)
}

/// [`local_response_normalization`] with other constants.
///
/// # Errors
/// `InvalidArgument` unless the input has four dimensions.
pub fn local_response_normalization_with(
    input: impl IntoOperand,
    options: impl FnOnce(LocalResponseNormalizationOptions) -> LocalResponseNormalizationOptions,
) -> Result<Tensor> {
    let options = options(LocalResponseNormalizationOptions::default());
    let op = Op::new(&LRN).input(input).attr("depth_radius", options.depth_radius);
    op.attr("bias", options.bias).attr("alpha", options.alpha).attr("beta", options.beta).one()
}

pub(crate) static LRN: OpDef =
    OpDef { name: "LRN", shape, kernel: Some(kernel), grad: Grad::Fn(grad), ..OpDef::NEW };

pub(crate) static LRN_GRAD: OpDef =
    OpDef { name: "LRNGrad", shape: grad_shape, kernel: Some(grad_kernel), ..OpDef::NEW };

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let input = cx.input(0);
    if let Some(rank) = input.rank()
        && rank != 4
    {
        return Err(
            cx.mismatch("in must be 4-dimensional", format!("Shape must be rank 4 but is rank {rank}"))
        );
    }
    let radius = cx.int("depth_radius")?;
    if cx.at_run_time() && !(0..=i64::from(i32::MAX)).contains(&radius) {
        bail!(invalid_argument, "depth_radius = {radius} larger than int max");
    }
    cx.set(0, input);
    Ok(())
}

fn grad_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let shape = cx.merge(&cx.input(0), &cx.input(1))?;
    let shape = cx.merge(&shape, &cx.input(2))?;
    if let Some(rank) = shape.rank()
        && rank != 4
    {
        bail!(invalid_argument, "Shape must be rank 4 but is rank {rank}");
    }
    cx.set(0, shape);
    Ok(())
}

/// The op's constants.
struct Constants {
    radius: usize,
    bias: f32,
    alpha: f32,
    beta: f32,
}

impl Constants {
    fn read(attrs: &Attrs) -> Result<Constants> {
        Ok(Constants {
            radius: usize::try_from(attrs.int("depth_radius")?).unwrap_or(0),
            bias: attrs.float("bias")?,
            alpha: attrs.float("alpha")?,
            beta: attrs.float("beta")?,
        })
    }

    /// The channels that count for one.
    fn window(&self, channel: usize, channels: usize) -> std::ops::Range<usize> {
        channel.saturating_sub(self.radius)..channel.saturating_add(self.radius + 1).min(channels)
    }

    /// What the values of a pixel are divided by, before the power.
    fn norms(&self, pixel: &[f32], norms: &mut [f32]) {
        for (channel, norm) in norms.iter_mut().enumerate() {
            let squares: f32 =
                pixel[self.window(channel, pixel.len())].iter().map(|value| value * value).sum();
            *norm = self.bias + self.alpha * squares;
        }
    }
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    if is_half(cx.dtype("T")?) {
        return cx.through_f32(kernel);
    }
    let shape = cx.output_shape(0)?;
    let constants = Constants::read(cx)?;
    let channels = shape.dims().last().copied().unwrap_or(0);
    let mut input = cx.take(0)?;
    parallel::chunks(input.as_mut_slice::<f32>()?, channels, 16, |_, chunk| {
        let mut norms = vec![0.0; channels];
        for pixel in chunk.chunks_exact_mut(channels) {
            constants.norms(pixel, &mut norms);
            for (value, norm) in pixel.iter_mut().zip(&norms) {
                *value *= norm.powf(-constants.beta);
            }
        }
    });
    cx.set(0, input)
}

fn grad_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    if is_half(cx.dtype("T")?) {
        return cx.through_f32(grad_kernel);
    }
    let shape = cx.output_shape(0)?;
    let constants = Constants::read(cx)?;
    let channels = shape.dims().last().copied().unwrap_or(0);
    let (dy, x, y) = (cx.slice::<f32>(0)?, cx.slice::<f32>(1)?, cx.slice::<f32>(2)?);
    let mut dx = zeroed::<f32>(shape.num_elements())?;
    parallel::chunks(&mut dx, channels, 32, |start, chunk| {
        let mut norms = vec![0.0; channels];
        for (count, dx) in chunk.chunks_exact_mut(channels).enumerate() {
            let pixel = start + count * channels..start + (count + 1) * channels;
            let (dy, x, y) = (&dy[pixel.clone()], &x[pixel.clone()], &y[pixel]);
            constants.norms(x, &mut norms);
            for channel in 0..channels {
                let norm = norms[channel];
                let shared = -2.0 * constants.alpha * constants.beta * y[channel] / norm * dy[channel];
                for other in constants.window(channel, channels) {
                    dx[other] += shared * x[other];
                }
                dx[channel] += norm.powf(-constants.beta) * dy[channel];
            }
        }
    });
    cx.set_elements(0, dx)
}

fn grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let mut op = Op::new(&LRN_GRAD).input(cx.dy(0)?).input(cx.x(0)?).input(cx.y(0)?);
    op = op.attr("depth_radius", cx.int("depth_radius")?);
    for attr in ["bias", "alpha", "beta"] {
        op = op.attr(attr, cx.float(attr)?);
    }
    cx.set(0, op.one())
}
