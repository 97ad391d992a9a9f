//! `resize`: the function that puts the ways of resizing behind one name.

use crate::functions::as_batch;
use crate::resize_area::RESIZE_AREA;
use crate::resize_bicubic::RESIZE_BICUBIC;
use crate::resize_bilinear::RESIZE_BILINEAR;
use crate::resize_nearest::RESIZE_NEAREST_NEIGHBOR;
use crate::scale_and_translate::SCALE_AND_TRANSLATE;
use ferroflow_core::operators::cast;
use ferroflow_core::{
    DType, IntoOperand, NdArray, Op, Result, Tensor, bail, context, convert_to_tensor, options,
};

/// A way of resizing images (`tf.image.ResizeMethod`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResizeMethod {
    /// Interpolation between four pixels.
    Bilinear,
    /// The nearest pixel.
    NearestNeighbor,
    /// Interpolation between sixteen pixels.
    Bicubic,
    /// The mean of the pixels that are covered.
    Area,
    /// A Lanczos kernel of radius 3.
    Lanczos3,
    /// A Lanczos kernel of radius 5.
    Lanczos5,
    /// A Gaussian kernel of radius 3.
    Gaussian,
    /// The cubic kernel of Mitchell and Netravali.
    MitchellCubic,
}

options! {
    /// Optional arguments of [`resize_with`].
    pub struct ResizeOptions {
        /// The way of resizing.
        method: ResizeMethod = ResizeMethod::Bilinear,
        /// Whether the size is a bound, within which the images keep their proportions.
        preserve_aspect_ratio: bool = false,
        /// Whether small images are smoothed, so that nothing is left out.
        antialias: bool = false,
    }
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
pub fn resize(images: impl IntoOperand, size: impl IntoOperand, method: ResizeMethod) -> Result<Tensor> {
    resize_with(images, size, |options| options.method(method))
}

/// [`resize`] with options.
///
/// # Errors
/// As [`resize`].
pub fn resize_with(
    images: impl IntoOperand,
    size: impl IntoOperand,
    options: impl FnOnce(ResizeOptions) -> ResizeOptions,
) -> Result<Tensor> {
    let options = options(ResizeOptions::default());
    let (images, size) = (images.into_operand()?, size.into_operand()?);
    context::name_scope("resize", || {
        let images = convert_to_tensor(images, None)?;
        match images.rank() {
            None => bail!(value, "'images' contains no shape."),
            Some(3 | 4) => {}
            Some(_) => bail!(value, "'images' must have either 3 or 4 dimensions."),
        }
        let size = context::with_name("size", || convert_to_tensor(size, Some(DType::INT32)))?;
        if !size.shape().is_compatible_with(&[2].into()) {
            bail!(value, "'size' must be a 1-D Tensor of 2 elements: new_height, new_width");
        }
        as_batch(&images, |batch| {
            let size = if options.preserve_aspect_ratio { fitted(&batch, size)? } else { size };
            one_way(batch, size, options.method, options.antialias)
        })
    })
}

/// Height and width of images, as floats.
fn sides(images: &Tensor) -> Result<Tensor> {
    let shape = Op::named("Shape").input(images).one()?;
    cast(Op::named("Slice").input(shape).input([1]).input([2]).one()?, DType::FLOAT32)
}

/// The largest size within bounds that has the images' proportions.
fn fitted(images: &Tensor, size: Tensor) -> Result<Tensor> {
    let own = sides(images)?;
    let scales = Op::named("RealDiv").input(cast(size, DType::FLOAT32)?).input(&own).one()?;
    let scale = Op::named("Min").input(scales).input([0]).one()?;
    let scaled = Op::named("Mul").input(scale).input(own).one()?;
    cast(Op::named("Round").input(scaled).one()?, DType::INT32)
}

fn one_way(images: Tensor, size: Tensor, method: ResizeMethod, antialias: bool) -> Result<Tensor> {
    let (def, kernel) = match (method, antialias) {
        (ResizeMethod::NearestNeighbor, _) => (&RESIZE_NEAREST_NEIGHBOR, ""),
        (ResizeMethod::Area, _) => (&RESIZE_AREA, ""),
        (ResizeMethod::Bilinear, false) => (&RESIZE_BILINEAR, ""),
        (ResizeMethod::Bicubic, false) => (&RESIZE_BICUBIC, ""),
        (ResizeMethod::Bilinear, true) => (&SCALE_AND_TRANSLATE, "triangle"),
        (ResizeMethod::Bicubic, true) => (&SCALE_AND_TRANSLATE, "keyscubic"),
        (ResizeMethod::Lanczos3, _) => (&SCALE_AND_TRANSLATE, "lanczos3"),
        (ResizeMethod::Lanczos5, _) => (&SCALE_AND_TRANSLATE, "lanczos5"),
        (ResizeMethod::Gaussian, _) => (&SCALE_AND_TRANSLATE, "gaussian"),
        (ResizeMethod::MitchellCubic, _) => (&SCALE_AND_TRANSLATE, "mitchellcubic"),
    };
    let op = Op::new(def).input(&images).input(&size);
    if !kernel.is_empty() {
        let scale = Op::named("RealDiv").input(cast(&size, DType::FLOAT32)?).input(sides(&images)?).one()?;
        let still = NdArray::vector(vec![0.0f32; 2]);
        return op.input(scale).input(still).attr("kernel_type", kernel).attr("antialias", antialias).one();
    }
    if method == ResizeMethod::Area { op.one() } else { op.attr("half_pixel_centers", true).one() }
}
