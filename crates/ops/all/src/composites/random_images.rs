//! Random changes of images, with TensorFlow's bits.

use ferroflow_core::operators::cast;
use ferroflow_core::{DType, IntoOperand, Op, Result, Tensor, bail, context, convert_to_tensor, ensure};
use ferroflow_ops_image as image;
use ferroflow_ops_random as random;

/// Where random numbers come from.
enum Source {
    /// The op's own seed, if it has one.
    Stateful(Option<i64>),
    /// The seed of a stateless op.
    Stateless(Tensor),
}

impl Source {
    fn uniform(&self, shape: Tensor, low: f64, high: f64) -> Result<Tensor> {
        match self {
            Source::Stateful(seed) => {
                random::uniform_with(shape, |options| options.minval(low).maxval(high).seed(*seed))
            }
            Source::Stateless(seed) => {
                random::stateless_uniform_with(shape, seed, |options| options.minval(low).maxval(high))
            }
        }
    }

    /// A number in a range.
    fn scalar(&self, low: f64, high: f64) -> Result<Tensor> {
        self.uniform(ferroflow_core::constant(ferroflow_core::NdArray::vector(Vec::<i32>::new()))?, low, high)
    }
}

fn flip(
    images: impl IntoOperand,
    source: impl FnOnce() -> Result<Source>,
    name: &str,
    flipped: fn(Tensor) -> Result<Tensor>,
) -> Result<Tensor> {
    let images = images.into_operand()?;
    context::name_scope(name, || {
        let images = convert_to_tensor(images, None)?;
        let source = source()?;
        match images.rank() {
            Some(3) => {
                let mirrored = Op::named("Less").input(source.scalar(0.0, 1.0)?).input(0.5).one()?;
                Op::named("SelectV2").input(mirrored).input(flipped(images.clone())?).input(images).one()
            }
            Some(4) => {
                let shape = Op::named("Shape").input(&images).one()?;
                let batch = Op::named("Slice").input(shape).input([0]).input([1]).one()?;
                let drawn = source.uniform(batch, 0.0, 1.0)?;
                let drawn = Op::named("Reshape").input(drawn).input([-1, 1, 1, 1]).one()?;
                let flips = cast(Op::named("Round").input(drawn).one()?, images.dtype())?;
                let one = Op::named("OnesLike").input(&flips).one()?;
                let mul = |x: Tensor, y: &Tensor| Op::named("Mul").input(x).input(y).one();
                let turned = mul(flips.clone(), &flipped(images.clone())?)?;
                let kept = mul(Op::named("Sub").input(one).input(flips).one()?, &images)?;
                Op::named("AddV2").input(turned).input(kept).one()
            }
            _ => bail!(value, "'image' (shape {}) must have either 3 or 4 dimensions.", images.shape()),
        }
    })
}

/// Images mirrored from left to right, each with a chance of one half.
///
/// Source: `tf.image.random_flip_left_right`.
///
/// # Errors
/// `ValueError` unless the images have three or four dimensions.
pub fn random_flip_left_right(image: impl IntoOperand, seed: Option<i64>) -> Result<Tensor> {
    let source = || Ok(Source::Stateful(seed));
    flip(image, source, "random_flip_left_right", image::flip_left_right)
}

/// Images turned upside down, each with a chance of one half.
///
/// Source: `tf.image.random_flip_up_down`.
///
/// # Errors
/// `ValueError` unless the images have three or four dimensions.
pub fn random_flip_up_down(image: impl IntoOperand, seed: Option<i64>) -> Result<Tensor> {
    let source = || Ok(Source::Stateful(seed));
    flip(image, source, "random_flip_up_down", image::flip_up_down)
}

/// [`random_flip_left_right`] that gives the same for the same seed.
///
/// Source: `tf.image.stateless_random_flip_left_right`.
///
/// # Errors
/// As [`random_flip_left_right`].
pub fn stateless_random_flip_left_right(image: impl IntoOperand, seed: impl IntoOperand) -> Result<Tensor> {
    let source = || Ok(Source::Stateless(convert_to_tensor(seed, None)?));
    flip(image, source, "stateless_random_flip_left_right", image::flip_left_right)
}

/// [`random_flip_up_down`] that gives the same for the same seed.
///
/// Source: `tf.image.stateless_random_flip_up_down`.
///
/// # Errors
/// As [`random_flip_up_down`].
pub fn stateless_random_flip_up_down(image: impl IntoOperand, seed: impl IntoOperand) -> Result<Tensor> {
    let source = || Ok(Source::Stateless(convert_to_tensor(seed, None)?));
    flip(image, source, "stateless_random_flip_up_down", image::flip_up_down)
}

fn brightness(image: impl IntoOperand, max_delta: f64, source: &Source) -> Result<Tensor> {
    ensure!(max_delta >= 0.0, value, "max_delta must be non-negative.");
    image::adjust_brightness(image, source.scalar(-max_delta, max_delta)?)
}

fn contrast(image: impl IntoOperand, lower: f64, upper: f64, source: &Source) -> Result<Tensor> {
    ensure!(upper > lower, value, "upper must be > lower.");
    ensure!(lower >= 0.0, value, "lower must be non-negative.");
    image::adjust_contrast(image, source.scalar(lower, upper)?)
}

fn hue(image: impl IntoOperand, max_delta: f64, source: &Source) -> Result<Tensor> {
    ensure!(max_delta <= 0.5, value, "max_delta must be <= 0.5.");
    ensure!(max_delta >= 0.0, value, "max_delta must be non-negative.");
    image::adjust_hue(image, source.scalar(-max_delta, max_delta)?)
}

fn saturation(image: impl IntoOperand, lower: f64, upper: f64, source: &Source) -> Result<Tensor> {
    ensure!(upper > lower, value, "upper must be > lower.");
    ensure!(lower >= 0.0, value, "lower must be non-negative.");
    image::adjust_saturation(image, source.scalar(lower, upper)?)
}

macro_rules! by_one_bound {
    ($($function:ident $stateless:ident $adjust:ident $text:literal;)*) => {
        $(#[doc = $text]
        ///
        #[doc = concat!("Source: `tf.image.", stringify!($function), "`.")]
        ///
        /// # Errors
        /// `ValueError` for a bound outside its range.
        pub fn $function(image: impl IntoOperand, max_delta: f64, seed: Option<i64>) -> Result<Tensor> {
            $adjust(image, max_delta, &Source::Stateful(seed))
        }

        #[doc = concat!("[`", stringify!($function), "`] that gives the same for the same seed.")]
        ///
        #[doc = concat!("Source: `tf.image.", stringify!($stateless), "`.")]
        ///
        /// # Errors
        #[doc = concat!("As [`", stringify!($function), "`].")]
        pub fn $stateless(image: impl IntoOperand, max_delta: f64, seed: impl IntoOperand) -> Result<Tensor> {
            $adjust(image, max_delta, &Source::Stateless(convert_to_tensor(seed, None)?))
        })*
    };
}

by_one_bound! {
    random_brightness stateless_random_brightness brightness
        "Images with a random number from `-max_delta` to `max_delta` added to every pixel.";
    random_hue stateless_random_hue hue
        "Images whose hues are turned by a random number from `-max_delta` to `max_delta`.";
}

macro_rules! by_two_bounds {
    ($($function:ident $stateless:ident $adjust:ident $text:literal;)*) => {
        $(#[doc = $text]
        ///
        #[doc = concat!("Source: `tf.image.", stringify!($function), "`.")]
        ///
        /// # Errors
        /// `ValueError` for bounds out of order or below 0.
        pub fn $function(image: impl IntoOperand, lower: f64, upper: f64, seed: Option<i64>) -> Result<Tensor> {
            $adjust(image, lower, upper, &Source::Stateful(seed))
        }

        #[doc = concat!("[`", stringify!($function), "`] that gives the same for the same seed.")]
        ///
        #[doc = concat!("Source: `tf.image.", stringify!($stateless), "`.")]
        ///
        /// # Errors
        #[doc = concat!("As [`", stringify!($function), "`].")]
        pub fn $stateless(
            image: impl IntoOperand,
            lower: f64,
            upper: f64,
            seed: impl IntoOperand,
        ) -> Result<Tensor> {
            $adjust(image, lower, upper, &Source::Stateless(convert_to_tensor(seed, None)?))
        })*
    };
}

by_two_bounds! {
    random_contrast stateless_random_contrast contrast
        "Images whose contrast is multiplied by a random number in a range.";
    random_saturation stateless_random_saturation saturation
        "Images whose saturation is multiplied by a random number in a range.";
}

fn jpeg_quality(
    image: impl IntoOperand,
    [lowest, highest]: [i32; 2],
    draw: impl FnOnce(Tensor, f64, f64) -> Result<Tensor>,
) -> Result<Tensor> {
    ensure!(
        (0..=100).contains(&lowest) && (0..=100).contains(&highest),
        value,
        "jpeg encoding range must be between 0 and 100."
    );
    ensure!(lowest < highest, value, "`min_jpeg_quality` must be less than `max_jpeg_quality`.");
    let scalar = ferroflow_core::constant(ferroflow_core::NdArray::vector(Vec::<i32>::new()))?;
    image::adjust_jpeg_quality(image, draw(scalar, lowest.into(), highest.into())?)
}

/// An image as it comes out of a JPEG file of a random quality.
///
/// Source: `tf.image.random_jpeg_quality`.
///
/// # Errors
/// `ValueError` for qualities out of order or outside of 0 to 100.
pub fn random_jpeg_quality(
    image: impl IntoOperand,
    min_jpeg_quality: i32,
    max_jpeg_quality: i32,
    seed: Option<i64>,
) -> Result<Tensor> {
    jpeg_quality(image, [min_jpeg_quality, max_jpeg_quality], |shape, low, high| {
        random::uniform_with(shape, |o| o.minval(low).maxval(high).dtype(DType::INT32).seed(seed))
    })
}

/// [`random_jpeg_quality`] that gives the same for the same seed.
///
/// Source: `tf.image.stateless_random_jpeg_quality`.
///
/// # Errors
/// As [`random_jpeg_quality`].
pub fn stateless_random_jpeg_quality(
    image: impl IntoOperand,
    min_jpeg_quality: i32,
    max_jpeg_quality: i32,
    seed: impl IntoOperand,
) -> Result<Tensor> {
    let seed = convert_to_tensor(seed, None)?;
    jpeg_quality(image, [min_jpeg_quality, max_jpeg_quality], |shape, low, high| {
        random::stateless_uniform_with(shape, seed, |o| o.minval(low).maxval(high).dtype(DType::INT32))
    })
}

/// A random part of a tensor, of this size.
///
/// Source: `tf.image.random_crop`.
///
/// # Errors
/// `ValueError` when the size is larger than the tensor, as far as that is known.
pub fn random_crop(value: impl IntoOperand, size: &[i32], seed: Option<i64>) -> Result<Tensor> {
    let value = value.into_operand()?;
    context::name_scope("random_crop", || {
        let value = convert_to_tensor(value, None)?;
        if let Some(dims) = value.shape().dims() {
            let fits = dims.len() == size.len()
                && dims
                    .iter()
                    .zip(size)
                    .all(|(dim, &size)| dim.is_none_or(|dim| dim as i64 >= i64::from(size)));
            ensure!(fits, value, "Need value.shape >= size, got {} {size:?}", value.shape());
        }
        let shape = Op::named("Shape").input(&value).one()?;
        let size = convert_to_tensor(size, Some(DType::INT32))?;
        let room = Op::named("Sub").input(shape).input(&size).one()?;
        let limit = Op::named("AddV2").input(room).input(1).one()?;
        let offsets = random::uniform_with(Op::named("Shape").input(&limit).one()?, |options| {
            options.dtype(DType::INT32).minval(0.0).maxval(f64::from(i32::MAX)).seed(seed)
        })?;
        let offset = Op::named("FloorMod").input(offsets).input(limit).one()?;
        Op::named("Slice").input(value).input(offset).input(size).one()
    })
}
