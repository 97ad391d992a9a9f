//! `adjust_jpeg_quality`, `is_jpeg`: images as they come out of JPEG files, and which files those are.

use super::convert::saturating_convert_image_dtype;
use crate::codecs::{decode_jpeg_with, encode_jpeg_variable_quality};
use ferroflow_core::{DType, IntoOperand, Op, Result, TString, Tensor, constant, context, convert_to_tensor};

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

/// Whether strings begin as JPEG files do.
///
/// Source: `tf.io.is_jpeg`.
///
/// # Errors
/// As of the ops that it is made of.
pub fn is_jpeg(contents: impl IntoOperand) -> Result<Tensor> {
    let contents = contents.into_operand()?;
    context::name_scope("is_jpeg", || {
        let head = Op::named("Substr").input(contents).input(0).input(3).one()?;
        let mark = constant(ferroflow_core::NdArray::scalar(TString::from(vec![0xff, 0xd8, 0xff])))?;
        Op::named("Equal").input(head).input(mark).one()
    })
}
