//! `resize`: the function that puts the ways of resizing behind one name.

use crate::resize_bilinear::RESIZE_BILINEAR;
use crate::resize_nearest::RESIZE_NEAREST_NEIGHBOR;
use ferroflow_core::{IntoOperand, Op, Result, Tensor, bail, context, convert_to_tensor};

/// A way of resizing images (`tf.image.ResizeMethod`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResizeMethod {
    /// Interpolation between four pixels.
    Bilinear,
    /// The nearest pixel.
    NearestNeighbor,
}

/// Images of another height and width: a batch `[batch, height, width, channels]`, or one image without the first
/// dimension. Pixels correspond by their centres.
///
/// Source: `tf.image.resize`.
///
/// ```
/// use ferroflow_ops_image::{ResizeMethod, resize};
/// # ferroflow_core::registry::install(|name| ferroflow_ops_image::OPS.iter().copied().find(|op| op.name == name));
/// let image = [[[[1.0], [3.0]]]];
/// let wide = resize(image, [1, 4], ResizeMethod::Bilinear)?;
/// assert_eq!(wide.numpy()?.as_slice::<f32>()?, [1.0, 1.5, 2.5, 3.0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `ValueError` unless the images have three or four dimensions, `InvalidArgument` for sizes that are not positive.
pub fn resize(images: impl IntoOperand, size: [i32; 2], method: ResizeMethod) -> Result<Tensor> {
    context::name_scope("resize", || {
        let images = convert_to_tensor(images, None)?;
        let batch = match images.rank() {
            Some(3) => Op::named("ExpandDims").input(&images).input(0).one()?,
            Some(4) => images.clone(),
            Some(_) => bail!(value, "'images' must have either 3 or 4 dimensions."),
            None => bail!(value, "'images' contains no shape."),
        };
        let (height, width) = (batch.shape().dim(1), batch.shape().dim(2));
        if (height, width) == (usize::try_from(size[0]).ok(), usize::try_from(size[1]).ok()) {
            return Ok(images);
        }
        let def = match method {
            ResizeMethod::Bilinear => &RESIZE_BILINEAR,
            ResizeMethod::NearestNeighbor => &RESIZE_NEAREST_NEIGHBOR,
        };
        let resized = Op::new(def).input(batch).input(size).attr("half_pixel_centers", true).one()?;
        match images.rank() {
            Some(3) => Op::named("Squeeze").input(resized).attr("squeeze_dims", vec![0i64]).one(),
            _ => Ok(resized),
        }
    })
}
