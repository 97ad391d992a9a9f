//! EncodeJpeg, EncodeJpegVariableQuality: images as JPEG files.

use super::jpeg_encoder::{JpegStyle, jpeg_of};
use ferroflow_core::{
    Grad, IntoOperand, KernelCtx, NdArray, Op, OpDef, PartialShape, Result, Shape, ShapeCtx, TString, Tensor,
    bail, ensure, options,
};

options! {
    /// Optional arguments of [`encode_jpeg_with`].
    pub struct EncodeJpegOptions {
        /// `grayscale` or `rgb`; empty for that of the image's channels.
        format: String = String::new(),
        /// From 0 to 100; the higher, the more like the image, and the larger.
        quality: i64 = 95,
        /// Whether the file shows a coarse image first.
        progressive: bool = false,
        /// Whether codes are made for the image: a smaller file that takes longer.
        optimize_size: bool = false,
        /// Whether colours have half the resolution.
        chroma_downsampling: bool = true,
        /// What densities are counted in: `in` or `cm`.
        density_unit: String = "in".to_string(),
        /// Pixels in a unit from left to right.
        x_density: i64 = 300,
        /// Pixels in a unit from top to bottom.
        y_density: i64 = 300,
        /// Metadata in the file.
        xmp_metadata: String = String::new(),
    }
}

/// An image as a JPEG file, the same bytes that TensorFlow gives.
///
/// Source: `tf.io.encode_jpeg` (op `EncodeJpeg`).
///
/// ```
/// use ferroflow_core::NdArray;
/// use ferroflow_ops_image::{decode_jpeg, encode_jpeg};
/// let image = NdArray::from_vec(&[8, 8, 1], vec![100u8; 64])?;
/// let back = decode_jpeg(encode_jpeg(&image)?)?;
/// assert_eq!(back.numpy()?.as_slice::<u8>()?, [100; 64]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for another rank than 3, other channels than 1 or 3, a quality outside of 0 to 100.
pub fn encode_jpeg(image: impl IntoOperand) -> Result<Tensor> {
    encode_jpeg_with(image, |options| options)
}

/// [`encode_jpeg`] with optional arguments.
///
/// # Errors
/// As [`encode_jpeg`].
pub fn encode_jpeg_with(
    image: impl IntoOperand,
    options: impl FnOnce(EncodeJpegOptions) -> EncodeJpegOptions,
) -> Result<Tensor> {
    let options = options(EncodeJpegOptions::default());
    Op::new(&ENCODE_JPEG)
        .input(image)
        .attr("format", options.format.as_str())
        .attr("quality", options.quality)
        .attr("progressive", options.progressive)
        .attr("optimize_size", options.optimize_size)
        .attr("chroma_downsampling", options.chroma_downsampling)
        .attr("density_unit", options.density_unit.as_str())
        .attr("x_density", options.x_density)
        .attr("y_density", options.y_density)
        .attr("xmp_metadata", options.xmp_metadata.as_str())
        .one()
}

/// An image as a JPEG file of a quality that is a tensor.
pub(crate) fn encode_jpeg_variable_quality(
    images: impl IntoOperand,
    quality: impl IntoOperand,
) -> Result<Tensor> {
    Op::new(&ENCODE_JPEG_VARIABLE_QUALITY).input(images).input(quality).one()
}

pub(crate) static ENCODE_JPEG: OpDef =
    OpDef { name: "EncodeJpeg", shape, kernel: Some(kernel), grad: Grad::None, ..OpDef::NEW };

pub(crate) static ENCODE_JPEG_VARIABLE_QUALITY: OpDef = OpDef {
    name: "EncodeJpegVariableQuality",
    shape: variable_shape,
    kernel: Some(variable_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};

fn check_rank(cx: &ShapeCtx<'_>) -> Result<()> {
    let image = cx.input(0);
    if cx.at_run_time() {
        ensure!(image.rank() == Some(3), invalid_argument, "image must be 3-dimensional{}", image.cpp());
        return Ok(());
    }
    cx.with_rank(0, 3).map(|_| ())
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    check_rank(cx)?;
    cx.set(0, PartialShape::scalar());
    Ok(())
}

fn variable_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    check_rank(cx)?;
    if cx.at_run_time() {
        let quality = cx.input(1);
        ensure!(quality.rank() == Some(0), invalid_argument, "quality must be scalar: {}", quality.cpp());
    }
    cx.set(0, PartialShape::scalar());
    Ok(())
}

/// The channels of the image.
fn channels(cx: &KernelCtx<'_>) -> Result<usize> {
    let shape = cx.input(0)?.shape();
    match shape.dims() {
        &[.., channels @ (1 | 3)] => Ok(channels),
        _ => bail!(
            invalid_argument,
            "image must have 1 or 3 channels, got {}",
            PartialShape::from(shape).cpp()
        ),
    }
}

/// Writes the only image as a file.
fn encode(cx: &mut KernelCtx<'_>, style: &JpegStyle<'_>) -> Result<()> {
    let image = cx.input(0)?;
    let &[height, width, channels] = image.shape().dims() else {
        bail!(internal, "the rank of an image was checked");
    };
    let Some(file) = jpeg_of(image.as_slice::<u8>()?, [height, width, channels], style) else {
        bail!(internal, "JPEG encoding failed");
    };
    cx.set(0, NdArray::from_shape(Shape::scalar(), vec![TString::from(file)])?)
}

/// What libjpeg stores of a density.
fn density(value: i64) -> u16 {
    value as u16
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let quality = cx.int("quality")?;
    ensure!((0..=100).contains(&quality), invalid_argument, "quality must be in [0,100], got {quality}");
    let format = cx.str("format")?;
    let channels = channels(cx)?;
    let expected = match format {
        "grayscale" => 1,
        "rgb" => 3,
        _ => channels,
    };
    ensure!(
        channels == expected,
        invalid_argument,
        "format {format} expects {expected} channels, got {}",
        PartialShape::from(cx.input(0)?.shape()).cpp()
    );
    let attrs = cx.attrs();
    let style = JpegStyle {
        quality,
        is_progressive: attrs.bool("progressive")?,
        is_optimized: attrs.bool("optimize_size")?,
        halves_colors: attrs.bool("chroma_downsampling")?,
        in_centimetres: attrs.str("density_unit")? == "cm",
        density: [density(attrs.int("x_density")?), density(attrs.int("y_density")?)],
        metadata: attrs.bytes("xmp_metadata")?,
    };
    encode(cx, &style)
}

fn variable_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let quality = cx.int_value(1)?;
    ensure!((0..=100).contains(&quality), invalid_argument, "quality must be in [0,100], got {quality}");
    channels(cx)?;
    let style = JpegStyle {
        quality,
        is_progressive: false,
        is_optimized: false,
        halves_colors: true,
        in_centimetres: false,
        density: [300, 300],
        metadata: &[],
    };
    encode(cx, &style)
}
