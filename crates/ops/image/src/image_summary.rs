//! ImageSummary: images that training reports, as PNG files in a message (`Summary`).

use crate::codecs::png_of;
use ferroflow_core::wire::{write_bytes, write_number, write_summary_value};
use ferroflow_core::{
    DType, Error, Grad, IntoOperand, KernelCtx, NdArray, Op, OpDef, Result, TString, Tensor, ensure, options,
    shape_fn,
};

options! {
    /// Optional arguments of [`image_summary`].
    pub struct ImageSummaryOptions {
        /// How many images of the batch are reported.
        max_images: i64 = 3,
    }
}

/// A summary of the first images of a batch. Floats are stretched to the range of `uint8`, each image by itself.
///
/// Source: `tf.raw_ops.ImageSummary`.
///
/// # Errors
/// `InvalidArgument` unless the tag is a scalar and the images have four dimensions and 1, 3 or 4 channels.
pub fn image_summary(
    tag: impl IntoOperand,
    tensor: impl IntoOperand,
    options: impl FnOnce(ImageSummaryOptions) -> ImageSummaryOptions,
) -> Result<Tensor> {
    let options = options(ImageSummaryOptions::default());
    Op::new(&IMAGE_SUMMARY).input(tag).input(tensor).attr("max_images", options.max_images).one()
}

pub(crate) static IMAGE_SUMMARY: OpDef = OpDef {
    name: "ImageSummary",
    shape: shape_fn::scalar,
    kernel: Some(kernel),
    grad: Grad::None,
    ..OpDef::NEW
};

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (tag, images) = (cx.input(0)?, cx.input(1)?);
    ensure!(tag.rank() == 0, invalid_argument, "Tags must be a scalar");
    let &[count, height, width, depth] = images.shape().dims() else {
        return Err(wrong_shape(images));
    };
    ensure!([1, 3, 4].contains(&depth), invalid_argument, "{}", wrong_shape(images).message());
    let tag = tag.item::<TString>()?;
    let most = usize::try_from(cx.int("max_images")?).unwrap_or(0);
    let bad_color = cx.attrs().tensor("bad_color")?.clone();
    let size = height * width * depth;
    let mut summary = Vec::new();
    for index in 0..count.min(most) {
        let range = index * size..(index + 1) * size;
        let pixels = match images.dtype() {
            DType::UINT8 => images.as_slice::<u8>()?.get(range).unwrap_or_default().to_vec(),
            _ => {
                let floats = images.cast(DType::FLOAT32)?.into_vec::<f32>()?;
                normalized(floats.get(range).unwrap_or_default(), depth, &bad_color)?
            }
        };
        let file =
            png_of(&pixels, width, height, depth).ok_or_else(|| Error::unknown("PNG encoding failed"))?;
        let mut image = Vec::new();
        for (field, value) in [(1, height), (2, width), (3, depth)] {
            write_number(&mut image, field, value as u64);
        }
        write_bytes(&mut image, 4, &file);
        let number = (most != 1).then_some(index);
        write_summary_value(&mut summary, tag.as_bytes(), "image", number, 4, &image);
    }
    cx.set(0, NdArray::scalar(TString::from(summary)))
}

fn wrong_shape(images: &NdArray) -> Error {
    Error::invalid_argument(format!("Tensor must be 4-D with last dim 1, 3, or 4, not {}", images.shape()))
}

/// Below this an image counts as empty.
const ZERO: f32 = 1e-6;

/// The pixels of one image: from 0 to 255 where none is negative, around 128 otherwise; the bad colour where a channel
/// is not finite.
fn normalized(values: &[f32], depth: usize, bad_color: &NdArray) -> Result<Vec<u8>> {
    let bad_color = bad_color.as_slice::<u8>()?;
    ensure!(
        bad_color.len() >= depth,
        invalid_argument,
        "expected depth <= bad_color.size, got depth = {depth}, bad_color.size = {}",
        bad_color.len()
    );
    let finite = |pixel: &&[f32]| pixel.iter().all(|value| value.is_finite());
    let (mut low, mut high) = (f32::INFINITY, f32::NEG_INFINITY);
    for value in values.chunks(depth).filter(finite).flatten() {
        (low, high) = (low.min(*value), high.max(*value));
    }
    let (largest, range, offset) =
        if low < 0.0 { (low.abs().max(high.abs()), 127.0, 128.0) } else { (high, 255.0, 0.0) };
    let scale = if largest < ZERO { 0.0 } else { range / largest };
    let pixel = |pixel: &[f32]| -> Vec<u8> {
        match finite(&pixel) {
            true => pixel.iter().map(|value| (value * scale + offset) as u8).collect(),
            false => bad_color.iter().take(depth).copied().collect(),
        }
    };
    Ok(values.chunks(depth).flat_map(pixel).collect())
}
