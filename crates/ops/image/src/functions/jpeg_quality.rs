//! `adjust_jpeg_quality`, `is_jpeg`: images as they come out of JPEG files, and which files those are.

use super::convert::saturating_convert_image_dtype;
use crate::codecs::{decode_jpeg_with, encode_jpeg_variable_quality};
use ferroflow_core::{DType, IntoOperand, Result, Tensor, context, convert_to_tensor};

/// An image as it comes out of a JPEG file of a quality from 0 to 100.
///
/// Source: `tf.image.adjust_jpeg_quality`.
///
/// # Errors
/// `InvalidArgument` for another rank than 3, other channels than 1 or 3, or a quality out of range.
pub fn adjust_jpeg_quality(image: impl IntoOperand, jpeg_quality: impl IntoOperand) -> Result<Tensor> {
    let (image, quality) = (image.into_operand()?, jpeg_quality.into_operand()?);
    context::name_scope("adjust_jpeg_quality", || {
        let image = context::with_name("image", || convert_to_tensor(image, None))?;
        let channels = image.rank().and_then(|rank| image.shape().dim(rank.checked_sub(1)?)).unwrap_or(0);
        let dtype = image.dtype();
        let bytes = saturating_convert_image_dtype(image, DType::UINT8)?;
        let file = encode_jpeg_variable_quality(bytes, convert_to_tensor(quality, Some(DType::INT32))?)?;
        let decoded = decode_jpeg_with(file, |o| o.channels(channels as i64))?;
        saturating_convert_image_dtype(decoded, dtype)
    })
}
