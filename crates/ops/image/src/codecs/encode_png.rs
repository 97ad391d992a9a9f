//! EncodePng: images as PNG files.

use ferroflow_core::{
    Error, Grad, IntoOperand, KernelCtx, NdArray, Op, OpDef, Result, Shape, ShapeCtx, TString, Tensor, bail,
    ensure,
};
use png::{BitDepth, ColorType, Compression, Encoder, Filter};

/// Each image as a PNG file of 8 or 16 bits a sample; `compression` is from 0 to 9, or -1 for a good choice.
///
/// Other programs read the same pixels from these files as from TensorFlow's, which are compressed in another way.
///
/// Source: `tf.io.encode_png` (op `EncodePng`).
///
/// ```
/// use ferroflow_core::NdArray;
/// use ferroflow_ops_image::{decode_png, encode_png};
/// let image = NdArray::from_vec(&[1, 2, 1], vec![7u8, 200])?;
/// let back = decode_png(encode_png(&image, -1)?, 0)?;
/// assert_eq!(back.numpy()?.as_slice::<u8>()?, [7, 200]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for fewer than three dimensions, more than four channels or another compression, `Internal` for
/// an image without pixels.
pub fn encode_png(image: impl IntoOperand, compression: i64) -> Result<Tensor> {
    Op::new(&ENCODE_PNG).input(image).attr("compression", compression).one()
}

pub(crate) static ENCODE_PNG: OpDef =
    OpDef { name: "EncodePng", shape, kernel: Some(kernel), grad: Grad::None, ..OpDef::NEW };

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        let image = cx.with_rank_at_least(0, 3)?;
        if let Some(rank) = image.rank() {
            cx.set(0, image.slice(0..rank - 3));
        }
    }
    Ok(())
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let level = cx.int("compression")?;
    ensure!((-1..=9).contains(&level), invalid_argument, "compression should be in [-1,9], got {level}");
    let images = cx.input(0)?;
    let &[ref batch @ .., height, width, channels] = images.shape().dims() else {
        bail!(invalid_argument, "images must be at least rank 3{}", images.shape());
    };
    let color = match channels {
        1 => ColorType::Grayscale,
        2 => ColorType::GrayscaleAlpha,
        3 => ColorType::Rgb,
        4 => ColorType::Rgba,
        other => bail!(invalid_argument, "image must have 1, 2, 3, or 4 channels, got {other}"),
    };
    let failed = |index: usize| {
        Error::internal(format!("PNG encoding failed at the following flattened batch indices: {index}"))
    };
    let (Ok(across), Ok(down)) = (u32::try_from(width), u32::try_from(height)) else {
        return Err(failed(0));
    };
    let shape = Shape::new(batch)?;
    let (depth, bytes): (BitDepth, Vec<u8>) = match images.as_slice::<u16>() {
        Ok(words) => (BitDepth::Sixteen, words.iter().flat_map(|word| word.to_be_bytes()).collect()),
        Err(_) => (BitDepth::Eight, images.as_slice::<u8>()?.to_vec()),
    };
    let size = bytes.len() / shape.num_elements().max(1);
    let mut files = Vec::with_capacity(shape.num_elements());
    for index in 0..shape.num_elements() {
        if across == 0 || down == 0 {
            return Err(failed(index));
        }
        let mut file = Vec::new();
        let mut encoder = Encoder::new(&mut file, across, down);
        encoder.set_color(color);
        encoder.set_depth(depth);
        encoder.set_filter(Filter::Adaptive);
        encoder.set_compression(match level {
            0 => Compression::NoCompression,
            1 => Compression::Fastest,
            2..=4 => Compression::Fast,
            9 => Compression::High,
            _ => Compression::Balanced,
        });
        let written = encoder
            .write_header()
            .and_then(|mut writer| writer.write_image_data(&bytes[index * size..(index + 1) * size]));
        written.map_err(|_| failed(index))?;
        files.push(TString::from(file));
    }
    cx.set(0, NdArray::from_shape(shape, files)?)
}

/// The PNG file of one image of 8 bits a sample; `None` where it has no pixels, or another number of channels than
/// there are kinds of files.
pub(crate) fn png_of(pixels: &[u8], width: usize, height: usize, channels: usize) -> Option<Vec<u8>> {
    let color = match channels {
        1 => ColorType::Grayscale,
        2 => ColorType::GrayscaleAlpha,
        3 => ColorType::Rgb,
        4 => ColorType::Rgba,
        _ => return None,
    };
    let (width, height) = (u32::try_from(width).ok()?, u32::try_from(height).ok()?);
    if width == 0 || height == 0 {
        return None;
    }
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, width, height);
    encoder.set_color(color);
    encoder.set_depth(BitDepth::Eight);
    encoder.write_header().and_then(|mut writer| writer.write_image_data(pixels)).ok()?;
    Some(file)
}
