//! DecodePng, DecodeJpeg, DecodeAndCropJpeg, DecodeGif, DecodeBmp, DecodeWebP, DecodeImage, ExtractJpegShape: pixels of image files.

use super::picture::Picture;
use super::{bmp, gif_frames, jpeg, png_pixels, webp};
use ferroflow_core::{
    Attrs, DType, Error, Grad, IntoOperand, KernelCtx, NdArray, Op, OpDef, PartialShape, Result, ShapeCtx,
    TString, Tensor, bail, ensure, options,
};

options! {
    /// Optional arguments of [`decode_jpeg_with`].
    pub struct DecodeJpegOptions {
        /// 1 for grey, 3 for colours, 0 for what the file has.
        channels: i64 = 0,
        /// `INTEGER_FAST` or `INTEGER_ACCURATE`: both are decoded accurately here.
        dct_method: String = String::new(),
    }
}

/// The pixels of a PNG file in this many channels; 0 for as many as it has.
///
/// Source: `tf.io.decode_png` (op `DecodePng`).
///
/// # Errors
/// `InvalidArgument` for another number of channels, and for what is no image.
pub fn decode_png(contents: impl IntoOperand, channels: i64) -> Result<Tensor> {
    Op::new(&DECODE_PNG).input(contents).attr("channels", channels).one()
}

/// The pixels of a JPEG file.
///
/// Source: `tf.io.decode_jpeg` (op `DecodeJpeg`). Differs from TensorFlow: its default is a quicker and less accurate
/// transform, so that pixels may be off by a few steps.
///
/// # Errors
/// `InvalidArgument` for what is no image.
pub fn decode_jpeg(contents: impl IntoOperand) -> Result<Tensor> {
    decode_jpeg_with(contents, |options| options)
}

/// [`decode_jpeg`] with options.
///
/// # Errors
/// As [`decode_jpeg`].
pub fn decode_jpeg_with(
    contents: impl IntoOperand,
    options: impl FnOnce(DecodeJpegOptions) -> DecodeJpegOptions,
) -> Result<Tensor> {
    let options = options(DecodeJpegOptions::default());
    let op = Op::new(&DECODE_JPEG).input(contents).attr("channels", options.channels);
    op.attr("dct_method", options.dct_method).one()
}

/// The pixels of a window `[y, x, height, width]` of a JPEG file.
///
/// Source: `tf.io.decode_and_crop_jpeg` (op `DecodeAndCropJpeg`).
///
/// # Errors
/// `InvalidArgument` for what is no image, or a window outside of it.
pub fn decode_and_crop_jpeg(
    contents: impl IntoOperand,
    crop_window: impl IntoOperand,
    channels: i64,
) -> Result<Tensor> {
    Op::new(&DECODE_AND_CROP_JPEG).input(contents).input(crop_window).attr("channels", channels).one()
}

/// The frames of a GIF file, as they are seen one after the other.
///
/// Source: `tf.io.decode_gif` (op `DecodeGif`).
///
/// # Errors
/// `InvalidArgument` for what is no image.
pub fn decode_gif(contents: impl IntoOperand) -> Result<Tensor> {
    Op::new(&DECODE_GIF).input(contents).one()
}

/// The pixels of a BMP file in this many channels; 0 for as many as it has.
///
/// Source: `tf.io.decode_bmp` (op `DecodeBmp`).
///
/// # Errors
/// `InvalidArgument` for what is no image.
pub fn decode_bmp(contents: impl IntoOperand, channels: i64) -> Result<Tensor> {
    Op::new(&DECODE_BMP).input(contents).attr("channels", channels).one()
}

/// The frames of a WebP file; 0 channels are those it has, and no other number is converted to.
///
/// Source: `tf.io.decode_webp` (op `DecodeWebP`).
///
/// # Errors
/// `InvalidArgument` for another number of channels than the file's, and for what is no image; `Unimplemented` for an
/// animation without an alpha channel.
pub fn decode_webp(contents: impl IntoOperand, channels: i64) -> Result<Tensor> {
    Op::new(&DECODE_WEB_P).input(contents).attr("channels", channels).one()
}

/// The pixels of an image file of any format.
///
/// Source: `tf.io.decode_image` (op `DecodeImage`).
///
/// # Errors
/// `InvalidArgument` for what is no image.
pub fn decode_image(contents: impl IntoOperand) -> Result<Tensor> {
    decode_image_with(contents, 0, DType::UINT8, true)
}

/// [`decode_image`] in another number of channels or dtype, or without the later frames of a GIF.
///
/// # Errors
/// As [`decode_image`].
pub fn decode_image_with(
    contents: impl IntoOperand,
    channels: i64,
    dtype: DType,
    expand_animations: bool,
) -> Result<Tensor> {
    Op::new(&DECODE_IMAGE)
        .input(contents)
        .attr("channels", channels)
        .attr("dtype", dtype)
        .attr("expand_animations", expand_animations)
        .one()
}

/// Height, width and channels of a JPEG file, without decoding it.
///
/// Source: `tf.io.extract_jpeg_shape` (op `ExtractJpegShape`).
///
/// # Errors
/// `InvalidArgument` for what is no JPEG file.
pub fn extract_jpeg_shape(contents: impl IntoOperand, output_type: DType) -> Result<Tensor> {
    Op::new(&EXTRACT_JPEG_SHAPE).input(contents).attr("output_type", output_type).one()
}

macro_rules! decoders {
    ($($static:ident $name:literal $shape:ident;)*) => {
        $(pub(crate) static $static: OpDef =
            OpDef { name: $name, shape: $shape, kernel: Some(kernel), grad: Grad::None, ..OpDef::NEW };)*
    };
}

decoders! {
    DECODE_PNG "DecodePng" image_shape;
    DECODE_JPEG "DecodeJpeg" image_shape;
    DECODE_AND_CROP_JPEG "DecodeAndCropJpeg" crop_shape;
    DECODE_BMP "DecodeBmp" image_shape;
    DECODE_GIF "DecodeGif" gif_shape;
    DECODE_WEB_P "DecodeWebP" webp_shape;
    DECODE_IMAGE "DecodeImage" any_shape;
}

pub(crate) static EXTRACT_JPEG_SHAPE: OpDef = OpDef {
    name: "ExtractJpegShape",
    shape: |cx| {
        if !cx.at_run_time() {
            cx.with_rank(0, 0)?;
        }
        cx.set(0, [3]);
        Ok(())
    },
    kernel: Some(shape_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};

fn channels_dim(cx: &ShapeCtx<'_>) -> Result<Option<usize>> {
    match cx.int("channels")? {
        0 => Ok(None),
        channels @ 1.. => Ok(Some(channels as usize)),
        channels => bail!(invalid_argument, "channels must be non-negative, got {channels}"),
    }
}

fn image_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        cx.with_rank(0, 0)?;
        let channels = channels_dim(cx)?;
        cx.set(0, [None, None, channels]);
    }
    Ok(())
}

fn crop_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if cx.at_run_time() {
        return Ok(());
    }
    cx.with_rank(0, 0)?;
    let channels = channels_dim(cx)?;
    let window = cx.with_rank(1, 1)?;
    if let Some(count) = window.dim(0)
        && count != 4
    {
        bail!(invalid_argument, "Dimension must be 4 but is {count}");
    }
    let side = |values: &Option<Vec<i64>>, at: usize| {
        values.as_ref().and_then(|values| usize::try_from(*values.get(at)?).ok())
    };
    let values = cx.ints(1)?;
    cx.set(0, [side(&values, 2), side(&values, 3), channels]);
    Ok(())
}

fn gif_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        cx.with_rank(0, 0)?;
        cx.set(0, [None, None, None, Some(3)]);
    }
    Ok(())
}

fn webp_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        cx.with_rank(0, 0)?;
        let channels = channels_dim(cx)?;
        cx.set(0, [None, None, None, channels]);
    }
    Ok(())
}

fn any_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        cx.with_rank(0, 0)?;
        let channels = channels_dim(cx)?;
        // A file of any format may have frames.
        let shape = match cx.bool("expand_animations")? {
            true => PartialShape::unknown(),
            false => PartialShape::new([None, None, channels]),
        };
        cx.set(0, shape);
    }
    Ok(())
}

/// The formats of image files, by how they begin.
#[derive(Clone, Copy, PartialEq)]
enum Format {
    Jpeg,
    Png,
    Gif,
    Bmp,
    WebP,
    JpegXl,
}

impl Format {
    fn of(contents: &[u8]) -> Option<Format> {
        let riff = contents.len() > 12 && contents.starts_with(b"RIFF") && contents[8..].starts_with(b"WEBP");
        match contents {
            _ if contents.starts_with(b"\xff\xd8\xff") => Some(Format::Jpeg),
            _ if contents.starts_with(b"\x89PNG\r\n\x1a\n") => Some(Format::Png),
            _ if contents.starts_with(b"GIF8") => Some(Format::Gif),
            _ if contents.starts_with(b"BM") => Some(Format::Bmp),
            _ if riff => Some(Format::WebP),
            _ if contents.starts_with(b"\xff\x0a") || contents.starts_with(b"\0\0\0\x0cJXL \r\n\x87\n") => {
                Some(Format::JpegXl)
            }
            _ => None,
        }
    }
}

/// The contents of a file, from a scalar input.
fn contents(cx: &KernelCtx<'_>, message: &str) -> Result<TString> {
    let input = cx.input(0)?;
    ensure!(input.rank() == 0, invalid_argument, "{message}{}", input.shape());
    input.item::<TString>()
}

/// The checks of the attributes that DecodeJpeg and DecodeAndCropJpeg have.
fn check_jpeg_attrs(attrs: &Attrs) -> Result<()> {
    let ratio = attrs.int("ratio")?;
    ensure!(matches!(ratio, 1 | 2 | 4 | 8), invalid_argument, "ratio must be 1, 2, 4, or 8, got {ratio}");
    ensure!(
        matches!(attrs.str("dct_method")?, "" | "INTEGER_FAST" | "INTEGER_ACCURATE"),
        invalid_argument,
        "dct_method must be one of {{'', 'INTEGER_FAST', 'INTEGER_ACCURATE'}}"
    );
    Ok(())
}

/// The window to crop, as the input gives it: top, left, height, width.
fn window(cx: &KernelCtx<'_>) -> Result<[i64; 4]> {
    let window = cx.input(1)?;
    ensure!(window.rank() == 1, invalid_argument, "crop_window must be 1-D, got shape {}", window.shape());
    match *window.to_i64_vec()? {
        [top, left, height, width] => Ok([top, left, height, width]),
        _ => bail!(invalid_argument, "crop_size must have four elements {}", window.shape()),
    }
}

fn decode_jpeg_file(cx: &KernelCtx<'_>, contents: &[u8], channels: usize) -> Result<Picture> {
    ensure!(channels != 4, invalid_argument, "JPEG does not support 4 channels");
    let mut crop = None;
    let op = cx.op().name;
    if op == "DecodeAndCropJpeg" {
        crop = Some(window(cx)?);
    } else if op == "DecodeBmp" {
        bail!(
            invalid_argument,
            "Trying to decode JPEG format using DecodeBmp op. Use `decode_jpeg` or `decode_image` instead."
        );
    }
    if matches!(op, "DecodeJpeg" | "DecodeAndCropJpeg") {
        let ratio = cx.int("ratio")?;
        ensure!(ratio == 1, unimplemented, "{op} with ratio {ratio}");
        ensure!(cx.bool("fancy_upscaling")?, unimplemented, "{op} without fancy_upscaling");
    }
    let decoded = jpeg::decode(contents, channels);
    if decoded.is_err() && cx.bool("try_recover_truncated").unwrap_or(false) {
        bail!(unimplemented, "{op} that recovers truncated data");
    }
    let picture = decoded?;
    let Some(window) = crop else { return Ok(picture) };
    let failed = || Error::invalid_argument("jpeg::Uncompress failed. Invalid JPEG data or crop window.");
    let sides = window.map(usize::try_from);
    let [Ok(top), Ok(left), Ok(height), Ok(width)] = sides else { return Err(failed()) };
    picture.cropped(top, left, height, width).map_err(|_| failed())
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let op = cx.op().name;
    if matches!(op, "DecodeJpeg" | "DecodeAndCropJpeg") {
        check_jpeg_attrs(cx)?;
    }
    let channels = if op == "DecodeGif" { 3 } else { cx.int("channels")? };
    ensure!(
        matches!(channels, 0 | 1 | 3 | 4),
        invalid_argument,
        "`channels` must be 0, 1, 3 or 4 but got {channels}"
    );
    let channels = channels as usize;
    let contents = contents(cx, "`contents` must be scalar but got shape")?;
    ensure!(!contents.is_empty(), invalid_argument, "Input is empty.");
    let dtype = cx.dtype("dtype").unwrap_or(DType::UINT8);
    let Some(format) = Format::of(&contents) else {
        bail!(
            invalid_argument,
            "Unknown image file format. One of JPEG, JPEG XL, PNG, GIF, BMP, WebP required."
        );
    };
    let detected = |name: &str| -> Result<()> {
        let lower = name.to_lowercase();
        match op {
            "DecodeBmp" => bail!(
                invalid_argument,
                "Trying to decode {name} format using DecodeBmp op. Use `decode_{lower}` or `decode_image` instead."
            ),
            "DecodeAndCropJpeg" => bail!(
                invalid_argument,
                "DecodeAndCropJpeg operation can run on JPEG only, but detected {name}."
            ),
            _ => Ok(()),
        }
    };
    let expand = cx.bool("expand_animations").unwrap_or(true);
    let mut frames = op == "DecodeGif";
    let picture = match format {
        Format::Jpeg => decode_jpeg_file(cx, &contents, channels)?,
        Format::Png => {
            let picture = png_pixels::decode(&contents, channels, dtype)?;
            detected("PNG")?;
            picture
        }
        Format::Gif => {
            ensure!(
                matches!(channels, 0 | 3),
                invalid_argument,
                "channels must be 0 or 3 for GIF, got {channels}"
            );
            detected("GIF")?;
            let picture = gif_frames::decode(&contents, expand)?;
            let count = picture.frames.unwrap_or(1);
            ensure!(
                count == 1 || !matches!(op, "DecodePng" | "DecodeJpeg"),
                invalid_argument,
                "Got {count} frames, but animated gifs can only be decoded by tf.io.decode_gif or tf.io.decode_image"
            );
            frames |= op == "DecodeImage" && expand;
            picture
        }
        Format::Bmp => {
            ensure!(
                channels != 1,
                invalid_argument,
                "`channels` must be 0, 3 or 4 for BMP, but got {channels}"
            );
            if op == "DecodeAndCropJpeg" {
                detected("BMP")?;
            }
            ensure!(
                matches!(op, "DecodeBmp" | "DecodeImage"),
                invalid_argument,
                "Trying to decode BMP format using a wrong op. Use `decode_bmp` or `decode_image` instead. Op used: {op}"
            );
            bmp::decode(&contents, channels)?
        }
        Format::WebP => {
            // Whatever the op, there are frames, unless DecodeImage is told to give one.
            frames = op != "DecodeImage" || expand;
            webp::decode(&contents, channels, dtype, expand)?
        }
        Format::JpegXl => bail!(unimplemented, "{op} of JPEG XL files"),
    };
    cx.set(0, picture.into_array(dtype, frames)?)
}

fn shape_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let contents = contents(cx, "contents must be scalar, got shape ")?;
    let shape = jpeg::shape(&contents)?.map(|side| side as i64);
    let shape = NdArray::vector(shape.to_vec()).cast(cx.dtype("output_type")?)?;
    cx.set(0, shape)
}
