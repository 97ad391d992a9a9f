//! Resizing as v1 has it: pixels correspond by their corners, not by their centres.

use crate::mode::facade;
use ferroflow_core::{IntoOperand, NdArray, Op, Operand, Result, Tensor, bail, context, convert_to_tensor};
use ferroflow_ops_image::ResizeMethod;
use ferroflow_v2::options::NonMaxSuppressionPaddedOptions;

fn resized(op: &'static str, images: Operand, size: Operand, align_corners: bool) -> Result<Tensor> {
    Op::named(op).input(images).input(size).attr("align_corners", align_corners).one()
}

/// Images of another height and width, by interpolation between four pixels, as `float32`.
///
/// Source: `tf.compat.v1.image.resize_bilinear`.
///
/// # Errors
/// `InvalidArgument` for sizes that are not positive.
pub fn resize_bilinear(
    images: impl IntoOperand,
    size: impl IntoOperand,
    align_corners: bool,
) -> Result<Tensor> {
    let (images, size) = (images.into_operand()?, size.into_operand()?);
    facade(|| resized("ResizeBilinear", images, size, align_corners))
}

/// Images of another height and width, each pixel that of the nearest place.
///
/// Source: `tf.compat.v1.image.resize_nearest_neighbor`.
///
/// # Errors
/// `InvalidArgument` for sizes that are not positive.
pub fn resize_nearest_neighbor(
    images: impl IntoOperand,
    size: impl IntoOperand,
    align_corners: bool,
) -> Result<Tensor> {
    let (images, size) = (images.into_operand()?, size.into_operand()?);
    facade(|| resized("ResizeNearestNeighbor", images, size, align_corners))
}

/// Images of another height and width, each pixel the mean of what it covers, as `float32`.
///
/// Source: `tf.compat.v1.image.resize_area`.
///
/// # Errors
/// `InvalidArgument` for sizes that are not positive.
pub fn resize_area(images: impl IntoOperand, size: impl IntoOperand, align_corners: bool) -> Result<Tensor> {
    let (images, size) = (images.into_operand()?, size.into_operand()?);
    facade(|| resized("ResizeArea", images, size, align_corners))
}

/// Images of another height and width, by cubic interpolation between sixteen pixels, as `float32`.
///
/// Source: `tf.compat.v1.image.resize_bicubic`.
///
/// # Errors
/// `InvalidArgument` for sizes that are not positive.
pub fn resize_bicubic(
    images: impl IntoOperand,
    size: impl IntoOperand,
    align_corners: bool,
) -> Result<Tensor> {
    let (images, size) = (images.into_operand()?, size.into_operand()?);
    facade(|| resized("ResizeBicubic", images, size, align_corners))
}

/// For each position of a window over images, the pixels under it along the channels.
///
/// Source: `tf.compat.v1.extract_image_patches`.
///
/// # Errors
/// As `tf::image::extract_patches`.
pub fn extract_image_patches(
    images: impl IntoOperand,
    ksizes: &[i64],
    strides: &[i64],
    rates: &[i64],
    padding: &str,
) -> Result<Tensor> {
    facade(|| ferroflow_ops_nn::extract_patches(images, ksizes, strides, rates, padding))
}

/// Images of another height and width: a batch, or one image. `align_corners` keeps the pixels at the corners.
///
/// Source: `tf.compat.v1.image.resize_images`.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// use tf::options::ResizeMethod;
/// let wide = tf::image::resize_images([[[[1.0], [3.0]]]], [1, 4], ResizeMethod::Bilinear, false)?;
/// let wide = tf::squeeze(wide, &[])?.eval_in(&tf::Session::new()?)?;
/// assert_eq!(wide.to_string(), "[1. 2. 3. 3.]");
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// `ValueError` unless the images have three or four dimensions, `InvalidArgument` for sizes that are not positive.
pub fn resize_images(
    images: impl IntoOperand,
    size: [i32; 2],
    method: ResizeMethod,
    align_corners: bool,
) -> Result<Tensor> {
    let images = images.into_operand()?;
    let op = match method {
        ResizeMethod::NearestNeighbor => "ResizeNearestNeighbor",
        ResizeMethod::Bilinear => "ResizeBilinear",
        #[allow(unreachable_patterns)]
        method => bail!(unimplemented, "resize_images by {method:?}"),
    };
    facade(|| {
        context::name_scope("resize", || {
            let images = context::with_name("images", || convert_to_tensor(images, None))?;
            let batch = match images.rank() {
                Some(3) => Op::named("ExpandDims").input(&images).input(0).one()?,
                Some(4) => images.clone(),
                Some(_) => bail!(value, "'images' must have either 3 or 4 dimensions."),
                None => bail!(value, "'images' contains no shape."),
            };
            let known = [1, 2].map(|axis| batch.shape().dim(axis));
            if known == size.map(|size| usize::try_from(size).ok()) {
                return Ok(images);
            }
            let size = NdArray::vector(size.to_vec()).into_operand()?;
            let resized = resized(op, Operand::Tensor(batch), size, align_corners)?;
            match images.rank() {
                Some(3) => Op::named("Squeeze").input(resized).attr("squeeze_dims", vec![0i64]).one(),
                _ => Ok(resized),
            }
        })
    })
}

/// Images turned counter-clockwise by `k` quarters of a turn.
///
/// Source: `tf.compat.v1.image.rot90`.
///
/// # Errors
/// `ValueError` unless the images have three or four dimensions.
pub fn rot90(image: impl IntoOperand, k: impl IntoOperand) -> Result<Tensor> {
    facade(|| ferroflow_v2::image::rot90(image, k))
}

/// The indices of the boxes with the highest scores that have little area in common, and how many there are.
///
/// Source: `tf.compat.v1.image.non_max_suppression_padded`.
///
/// # Errors
/// `ValueError` for a batch; `InvalidArgument` for boxes without four coordinates, and for other numbers of scores.
pub fn non_max_suppression_padded(
    boxes: impl IntoOperand,
    scores: impl IntoOperand,
    max_output_size: impl IntoOperand,
) -> Result<(Tensor, Tensor)> {
    facade(|| ferroflow_v2::image::non_max_suppression_padded(boxes, scores, max_output_size))
}

/// [`non_max_suppression_padded`] with optional arguments, of batches, too.
///
/// # Errors
/// As [`non_max_suppression_padded`]; `ValueError` for a size of tiles that is not positive, and for a batch whose indices are
/// not filled up.
pub fn non_max_suppression_padded_with(
    boxes: impl IntoOperand,
    scores: impl IntoOperand,
    max_output_size: impl IntoOperand,
    options: impl FnOnce(NonMaxSuppressionPaddedOptions) -> NonMaxSuppressionPaddedOptions,
) -> Result<(Tensor, Tensor)> {
    facade(|| ferroflow_v2::image::non_max_suppression_padded_with(boxes, scores, max_output_size, options))
}
