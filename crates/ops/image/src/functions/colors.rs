//! Brightness, gamma, hue, saturation, and other ways to write colours.

use super::build::{binary, last_sizes, number, past_checks, reduce, slice, unary};
use super::convert::{converted, through_floats};
use crate::adjust_color::{ADJUST_HUE, ADJUST_SATURATION};
use ferroflow_core::operators::cast;
use ferroflow_core::{
    DType, IntoOperand, NdArray, Op, Result, Tensor, bail, constant, context, convert_to_tensor, ensure,
};

/// Images with `delta` added to every pixel, in parts of the range of the dtype.
///
/// Source: `tf.image.adjust_brightness`.
///
/// # Errors
/// Those of the ops it is made of.
pub fn adjust_brightness(image: impl IntoOperand, delta: impl IntoOperand) -> Result<Tensor> {
    let (image, delta) = (image.into_operand()?, delta.into_operand()?);
    context::name_scope_for_op("adjust_brightness", |name| {
        through_floats(image, true, |image| {
            let delta = cast(convert_to_tensor(delta, None)?, image.dtype())?;
            Op::named("AddV2").input(image).input(delta).name(name).one()
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

/// Pixels multiplied by a vector or a matrix along the last dimension, in the nodes of `tf.tensordot`.
fn times(images: &Tensor, weights: NdArray) -> Result<Tensor> {
    let Some(rank) = images.rank().filter(|rank| *rank > 0) else {
        bail!(value, "the images' rank must be known");
    };
    let channels = weights.shape()[0] as i32;
    let columns = (weights.rank() == 2).then(|| weights.shape()[1] as i32);
    let weights = weights.cast(images.dtype().base())?;
    let sizes: Option<Vec<i32>> = images
        .shape()
        .slice(0..rank - 1)
        .to_shape()
        .and_then(|sizes| sizes.dims().iter().map(|&size| i32::try_from(size).ok()).collect());
    let reshape = |x: Tensor, sizes: Vec<i32>| Op::named("Reshape").input(x).input(NdArray::vector(sizes));
    context::name_scope_for_op("Tensordot", |name| {
        let rows = sizes.iter().flatten().try_fold(1i32, |rows, &size| rows.checked_mul(size));
        let rows = if sizes.is_some() { rows.unwrap_or(-1) } else { -1 };
        let is_matrix = rank == 2 && images.shape().dim(1) == Some(channels as usize);
        let flat =
            if is_matrix { images.clone() } else { reshape(images.clone(), vec![rows, channels]).one()? };
        let weights = context::with_name("b", || constant(weights))?;
        let weights = if columns.is_some() { weights } else { reshape(weights, vec![channels, 1]).one()? };
        let product = binary("MatMul", flat, weights)?;
        if rank == 2 && columns.is_some() {
            return Ok(product);
        }
        if let Some(mut sizes) = sizes {
            sizes.extend(columns);
            return reshape(product, sizes).name(name).one();
        }
        let mut shape = slice(&unary("Shape", images)?, vec![0], vec![rank as i32 - 1])?;
        if let Some(columns) = columns {
            shape = Op::named("ConcatV2").inputs([shape, constant([columns])?]).input(0).one()?;
        }
        Op::named("Reshape").input(product).input(shape).name(name).one()
    })
}

/// Images of one channel, the luma of red, green and blue.
///
/// Source: `tf.image.rgb_to_grayscale`.
///
/// # Errors
/// Those of the ops it is made of.
pub fn rgb_to_grayscale(images: impl IntoOperand) -> Result<Tensor> {
    let images = images.into_operand()?;
    context::name_scope_for_op("rgb_to_grayscale", |name| {
        let images = context::with_name("images", || convert_to_tensor(images, None))?;
        let dtype = images.dtype();
        let floats = converted(images, DType::FLOAT32, false)?;
        let gray = times(&floats, NdArray::vector(vec![0.2989f32, 0.5870, 0.1140]))?;
        let gray = Op::named("ExpandDims").input(gray).input(-1).one()?;
        context::with_name(&name, || converted(gray, dtype, false))
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
    context::name_scope_for_op("grayscale_to_rgb", |name| {
        let images = context::with_name("images", || convert_to_tensor(images, None))?;
        let Some(rank) = images.rank().filter(|rank| *rank > 0) else {
            bail!(value, "A grayscale image must be at least two-dimensional.");
        };
        if let Some(channels) = images.shape().dim(rank - 1) {
            ensure!(channels == 1, value, "Last dimension of a grayscale image should be size 1.");
        }
        let images = past_checks(images)?;
        // TensorFlow computes the multiples in the graph.
        let outer = Op::named("Sub").input(context::with_name("Rank", || constant(rank as i32))?).input(1);
        let outer = Op::named("ExpandDims").input(outer.default_name("sub").one()?).input(0).one()?;
        let ones = context::with_name("ones", || binary("Fill", outer, 1))?;
        let three = binary("ExpandDims", 3, 0)?;
        let multiples = Op::named("ConcatV2").inputs([ones, three]).input(0).default_name("concat").one()?;
        Op::named("Tile").input(images).input(multiples).name(name).one()
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
    context::name_scope_for_op("per_image_standardization", |name| {
        let image = context::with_name("image", || convert_to_tensor(image, None))?;
        if image.rank().is_none_or(|rank| rank < 3) {
            bail!(value, "'image' (shape {}) must be at least three-dimensional.", image.shape());
        }
        let image = past_checks(image)?;
        let floats = match image.dtype() {
            DType::HALF | DType::FLOAT32 => image,
            _ => cast(image, DType::FLOAT32)?,
        };
        let axes = vec![-1, -2, -3];
        let pixels = reduce("Prod", last_sizes(&floats, 3)?, vec![0], false)?;
        let mean = reduce("Mean", &floats, axes.clone(), true)?;
        let deviation = deviation(&floats, axes)?;
        let least = unary("Rsqrt", cast(pixels, floats.dtype())?)?;
        let deviation = binary("Maximum", deviation, least)?;
        Op::named("RealDiv").input(less(&floats, mean)?).input(deviation).name(name).one()
    })
}

/// `x - y` under the name of Python's operator.
fn less(x: &Tensor, y: Tensor) -> Result<Tensor> {
    Op::named("Sub").input(x).input(y).default_name("sub").one()
}

/// The standard deviation along axes, which are kept, in the nodes of `tf.math.reduce_std`.
fn deviation(x: &Tensor, axes: Vec<i32>) -> Result<Tensor> {
    context::name_scope("reduce_std", || {
        let variance = context::name_scope("reduce_variance", || {
            let mean = reduce("Mean", x, axes.clone(), true)?;
            reduce("Mean", unary("Square", less(x, mean)?)?, axes, true)
        })?;
        unary("Sqrt", variance)
    })
}
