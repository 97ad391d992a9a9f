//! Brightness, gamma, hue, saturation, and other ways to write colours.

use super::build::{binary, number, reduce, unary};
use super::convert::{converted, through_floats};
use crate::adjust_color::{ADJUST_HUE, ADJUST_SATURATION};
use ferroflow_core::operators::cast;
use ferroflow_core::{
    DType, IntoOperand, NdArray, Op, Result, Tensor, bail, context, convert_to_tensor, ensure,
};

/// Images with `delta` added to every pixel, in parts of the range of the dtype.
///
/// Source: `tf.image.adjust_brightness`.
///
/// # Errors
/// Those of the ops it is made of.
pub fn adjust_brightness(image: impl IntoOperand, delta: impl IntoOperand) -> Result<Tensor> {
    let (image, delta) = (image.into_operand()?, delta.into_operand()?);
    context::name_scope("adjust_brightness", || {
        through_floats(image, true, |image| {
            let delta = cast(convert_to_tensor(delta, None)?, image.dtype())?;
            binary("AddV2", image, delta)
        })
    })
}

/// `gain * image ^ gamma`.
///
/// Source: `tf.image.adjust_gamma`.
///
/// # Errors
/// `ValueError` for a negative gamma.
pub fn adjust_gamma(image: impl IntoOperand, gamma: f64, gain: f64) -> Result<Tensor> {
    ensure!(gamma >= 0.0, value, "Gamma should be a non-negative real number.");
    let image = image.into_operand()?;
    context::name_scope("adjust_gamma", || {
        through_floats(image, true, |image| {
            let (gamma, gain) = (number(gamma, &image)?, number(gain, &image)?);
            binary("Mul", gain, binary("Pow", image, gamma)?)
        })
    })
}

/// Images of red, green and blue whose hues are turned by `delta`, from -1 to 1.
///
/// Source: `tf.image.adjust_hue` (op `AdjustHue`).
///
/// # Errors
/// `InvalidArgument` unless the images have three channels and at least three dimensions.
pub fn adjust_hue(image: impl IntoOperand, delta: impl IntoOperand) -> Result<Tensor> {
    let (image, delta) = (image.into_operand()?, delta.into_operand()?);
    if let Some(value) = delta.value()
        && let Ok(value) = value.cast(DType::FLOAT64)?.item::<f64>()
    {
        ensure!((-1.0..=1.0).contains(&value), value, "delta must be in the interval [-1, 1]");
    }
    context::name_scope("adjust_hue", || {
        through_floats(image, false, |image| Op::new(&ADJUST_HUE).input(image).input(delta).one())
    })
}

/// Images of red, green and blue whose saturation is multiplied by a factor.
///
/// Source: `tf.image.adjust_saturation` (op `AdjustSaturation`).
///
/// # Errors
/// `InvalidArgument` unless the images have three channels and at least three dimensions.
pub fn adjust_saturation(image: impl IntoOperand, saturation_factor: impl IntoOperand) -> Result<Tensor> {
    let (image, factor) = (image.into_operand()?, saturation_factor.into_operand()?);
    context::name_scope("adjust_saturation", || {
        through_floats(image, false, |image| Op::new(&ADJUST_SATURATION).input(image).input(factor).one())
    })
}

/// Pixels multiplied by a matrix along the last dimension.
fn times(images: &Tensor, matrix: NdArray) -> Result<Tensor> {
    let Some(rank) = images.rank().filter(|rank| *rank > 0) else {
        bail!(value, "the images' rank must be known");
    };
    let rows = matrix.shape()[0] as i32;
    let columns = matrix.shape()[1] as i32;
    let matrix = matrix.cast(images.dtype().base())?;
    let flat = Op::named("Reshape").input(images).input(NdArray::vector(vec![-1, rows])).one()?;
    let product = binary("MatMul", flat, matrix)?;
    let sizes = images.shape().slice(0..rank - 1);
    if sizes.is_fully_defined() {
        let mut sizes: Vec<i32> =
            sizes.dims().unwrap_or_default().iter().map(|dim| dim.unwrap_or(0) as i32).collect();
        sizes.push(columns);
        return Op::named("Reshape").input(product).input(NdArray::vector(sizes)).one();
    }
    let shape = unary("Shape", images)?;
    let kept = super::build::slice(&shape, vec![0], vec![rank as i32 - 1])?;
    let shape = Op::named("ConcatV2").inputs([kept, ferroflow_core::constant([columns])?]).input(0).one()?;
    Op::named("Reshape").input(product).input(shape).one()
}

/// Images of one channel, the luma of red, green and blue.
///
/// Source: `tf.image.rgb_to_grayscale`.
///
/// # Errors
/// Those of the ops it is made of.
pub fn rgb_to_grayscale(images: impl IntoOperand) -> Result<Tensor> {
    let images = images.into_operand()?;
    context::name_scope("rgb_to_grayscale", || {
        let images = convert_to_tensor(images, None)?;
        let dtype = images.dtype();
        let floats = converted(images, DType::FLOAT32, false)?;
        let weights = NdArray::from_vec(&[3, 1], vec![0.2989f32, 0.5870, 0.1140])?;
        converted(times(&floats, weights)?, dtype, false)
    })
}

/// Images of three equal channels.
///
/// Source: `tf.image.grayscale_to_rgb`.
///
/// # Errors
/// `ValueError` when the images are known not to have one channel.
pub fn grayscale_to_rgb(images: impl IntoOperand) -> Result<Tensor> {
    let images = images.into_operand()?;
    context::name_scope("grayscale_to_rgb", || {
        let images = convert_to_tensor(images, None)?;
        let Some(rank) = images.rank().filter(|rank| *rank > 0) else {
            bail!(value, "A grayscale image must be at least two-dimensional.");
        };
        if let Some(channels) = images.shape().dim(rank - 1) {
            ensure!(channels == 1, value, "Last dimension of a grayscale image should be size 1.");
        }
        let mut multiples = vec![1; rank];
        multiples[rank - 1] = 3;
        binary("Tile", images, NdArray::vector(multiples))
    })
}

macro_rules! color_spaces {
    ($($function:ident $name:literal $text:literal [$($weight:literal),*];)*) => {
        $(#[doc = $text]
        ///
        #[doc = concat!("Source: `tf.image.", $name, "`.")]
        ///
        /// # Errors
        /// `InvalidArgument` unless the last dimension has size 3.
        pub fn $function(images: impl IntoOperand) -> Result<Tensor> {
            let matrix = NdArray::from_vec(&[3, 3], vec![$($weight as f64),*])?;
            times(&convert_to_tensor(images, None)?, matrix)
        })*
    };
}

color_spaces! {
    rgb_to_yiq "rgb_to_yiq" "Luma and the two chrominances of NTSC."
        [0.299, 0.59590059, 0.2115, 0.587, -0.27455667, -0.52273617, 0.114, -0.32134392, 0.31119955];
    yiq_to_rgb "yiq_to_rgb" "Red, green and blue of NTSC's luma and chrominances."
        [1, 1, 1, 0.95598634, -0.27201283, -1.10674021, 0.6208248, -0.64720424, 1.70423049];
    rgb_to_yuv "rgb_to_yuv" "Luma and the two chrominances of PAL."
        [0.299, -0.14714119, 0.61497538, 0.587, -0.28886916, -0.51496512, 0.114, 0.43601035, -0.10001026];
    yuv_to_rgb "yuv_to_rgb" "Red, green and blue of PAL's luma and chrominances."
        [1, 1, 1, 0, -0.394642334, 2.03206185, 1.13988303, -0.58062185, 0];
}

/// Each image brought to mean 0 and variance 1, as floats; the deviation counts as at least `1 / sqrt(pixels)`.
///
/// Source: `tf.image.per_image_standardization`.
///
/// # Errors
/// `ValueError` when the images have fewer than three dimensions.
pub fn per_image_standardization(image: impl IntoOperand) -> Result<Tensor> {
    let image = image.into_operand()?;
    context::name_scope("per_image_standardization", || {
        let image = convert_to_tensor(image, None)?;
        let Some(rank) = image.rank().filter(|rank| *rank >= 3) else {
            bail!(value, "'image' (shape {}) must be at least three-dimensional.", image.shape());
        };
        let dtype = image.dtype();
        let floats =
            if matches!(dtype, DType::HALF | DType::FLOAT32) { image } else { cast(image, DType::FLOAT32)? };
        let axes = vec![-1, -2, -3];
        let shape = super::build::slice(&unary("Shape", &floats)?, vec![rank as i32 - 3], vec![3])?;
        let pixels = reduce("Prod", shape, vec![0], false)?;
        let mean = reduce("Mean", &floats, axes.clone(), true)?;
        let least = unary("Rsqrt", cast(pixels, floats.dtype())?)?;
        let off = binary("Sub", &floats, &mean)?;
        let variance = reduce("Mean", unary("Square", &off)?, axes, true)?;
        let deviation = binary("Maximum", unary("Sqrt", variance)?, least)?;
        binary("RealDiv", binary("Sub", floats, mean)?, deviation)
    })
}
