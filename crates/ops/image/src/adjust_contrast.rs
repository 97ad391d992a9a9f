//! AdjustContrastv2: distances from the mean of each channel, scaled.

use crate::functions::through_floats;
use ferroflow_core::{
    DType, Grad, IntoOperand, KernelCtx, Op, OpDef, Result, ShapeCtx, Tensor, bail, parallel,
};

/// Images whose distances from the mean of their channel are scaled by `contrast_factor`.
///
/// Source: `tf.image.adjust_contrast` (op `AdjustContrastv2`).
///
/// ```
/// use ferroflow_ops_image::adjust_contrast;
/// ferroflow_ops::install();
/// let image = adjust_contrast([[[1.0], [3.0]]], 2.0)?;
/// assert_eq!(image.numpy()?.as_slice::<f32>()?, [0.0, 4.0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` unless the images have at least three dimensions and the factor none.
pub fn adjust_contrast(images: impl IntoOperand, contrast_factor: impl IntoOperand) -> Result<Tensor> {
    let factor = contrast_factor.into_operand()?;
    through_floats(images, true, |images| {
        Op::new(&ADJUST_CONTRASTV2).input(images).input(factor).default_name("adjust_contrast").one()
    })
}

pub(crate) static ADJUST_CONTRASTV2: OpDef =
    OpDef { name: "AdjustContrastv2", shape, kernel: Some(kernel), grad: Grad::Missing, ..OpDef::NEW };

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let (images, factor) = (cx.input(0), cx.input(1));
    if let Some(rank) = images.rank()
        && rank < 3
    {
        return Err(cx.mismatch(
            format!("input must be at least 3-D, got shape{}", images.cpp()),
            format!("Shape must be at least rank 3 but is rank {rank}"),
        ));
    }
    if cx.at_run_time() && factor.rank() != Some(0) {
        bail!(invalid_argument, "contrast_factor must be scalar: {}", factor.cpp());
    }
    cx.with_rank(1, 0)?;
    cx.set(0, images);
    Ok(())
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    if cx.dtype("T")? == DType::HALF {
        return cx.through_f32(kernel);
    }
    cx.infer_shapes()?;
    let factor = cx.input(1)?.item::<f32>()?;
    let mut images = cx.take(0)?;
    let (image, channels) = match images.shape().dims() {
        [.., height, width, channels] => (height * width * channels, *channels),
        _ => bail!(internal, "the images' rank was not checked"),
    };
    parallel::chunks(images.as_mut_slice::<f32>()?, image, 4, |_, chunk| {
        for image in chunk.chunks_exact_mut(image) {
            let pixels = (image.len() / channels) as f64;
            let mut sums = vec![0.0f64; channels];
            for pixel in image.chunks_exact(channels) {
                sums.iter_mut().zip(pixel).for_each(|(sum, &value)| *sum += f64::from(value));
            }
            let means: Vec<f32> = sums.iter().map(|sum| (sum / pixels) as f32).collect();
            for pixel in image.chunks_exact_mut(channels) {
                for (value, mean) in pixel.iter_mut().zip(&means) {
                    *value = (*value - mean) * factor + mean;
                }
            }
        }
    });
    cx.set(0, images)
}
