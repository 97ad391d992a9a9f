//! How alike two images are.

use super::build::{binary, number, reduce, slice, unary};
use super::convert::{converted, largest};
use ferroflow_core::{
    DType, IntoOperand, NdArray, Op, Result, Tensor, bail, context, convert_to_tensor, ensure, options,
};

fn images(a: impl IntoOperand, b: impl IntoOperand) -> Result<(Tensor, Tensor)> {
    let (a, b) = (convert_to_tensor(a, None)?, convert_to_tensor(b, None)?);
    for image in [&a, &b] {
        if let Some(rank) = image.rank() {
            ensure!(rank >= 3, value, "Shape {} must have rank at least 3", image.shape());
        }
    }
    if let (Some(left), Some(right)) = (a.rank(), b.rank()) {
        let (left, right) = (a.shape().slice(left - 3..left), b.shape().slice(right - 3..right));
        ensure!(left.is_compatible_with(&right), value, "Shapes {left} and {right} are incompatible");
    }
    Ok((a, b))
}

/// The largest value of pixels, in the range that floats stand for.
fn range(max_val: f64, dtype: DType) -> f64 {
    largest(dtype).map_or(max_val, |largest| max_val / largest)
}

/// The peak signal-to-noise ratio of pairs of images, in decibels.
///
/// Source: `tf.image.psnr`.
///
/// # Errors
/// `ValueError` when the images have fewer than three dimensions or do not fit each other.
pub fn psnr(a: impl IntoOperand, b: impl IntoOperand, max_val: f64) -> Result<Tensor> {
    let (a, b) = (a.into_operand()?, b.into_operand()?);
    context::name_scope("PSNR", || {
        let (a, b) = images(a, b)?;
        let max_val = range(max_val, a.dtype()) as f32;
        let (a, b) = (converted(a, DType::FLOAT32, false)?, converted(b, DType::FLOAT32, false)?);
        let error = reduce("Mean", binary("SquaredDifference", a, b)?, vec![-3, -2, -1], false)?;
        let peak = 20.0 * max_val.ln() / 10f32.ln();
        let factor = (10.0 / 10f64.ln()) as f32;
        binary("Sub", NdArray::scalar(peak), binary("Mul", NdArray::scalar(factor), unary("Log", error)?)?)
    })
}

options! {
    /// Optional arguments of [`ssim_with`].
    pub struct SsimOptions {
        /// The side of the Gaussian window.
        filter_size: usize = 11usize,
        /// The width of the Gaussian window.
        filter_sigma: f64 = 1.5,
        /// What keeps means of 0 from being divided by.
        k1: f64 = 0.01,
        /// What keeps deviations of 0 from being divided by.
        k2: f64 = 0.03,
        /// Whether the likeness of every place is given, not the mean.
        return_index_map: bool = false,
    }
}

/// The structural similarity of pairs of images.
///
/// Source: `tf.image.ssim`.
///
/// # Errors
/// `ValueError` when the images have fewer than three dimensions or do not fit each other, `InvalidArgument` when they
/// are smaller than the window.
pub fn ssim(img1: impl IntoOperand, img2: impl IntoOperand, max_val: f64) -> Result<Tensor> {
    ssim_with(img1, img2, max_val, |options| options)
}

/// [`ssim`] with another window or other constants.
///
/// # Errors
/// As [`ssim`].
pub fn ssim_with(
    img1: impl IntoOperand,
    img2: impl IntoOperand,
    max_val: f64,
    options: impl FnOnce(SsimOptions) -> SsimOptions,
) -> Result<Tensor> {
    let options = options(SsimOptions::default());
    let (img1, img2) = (img1.into_operand()?, img2.into_operand()?);
    context::name_scope("SSIM", || {
        let (a, b) = images(img1, img2)?;
        let max_val = range(max_val, a.dtype());
        let (a, b) = (converted(a, DType::FLOAT32, false)?, converted(b, DType::FLOAT32, false)?);
        let window = Window::new(&options, &a)?;
        let (likeness, _) = window.compare(&a, &b, max_val as f32, &options)?;
        let per_channel =
            if options.return_index_map { likeness } else { reduce("Mean", likeness, vec![-3, -2], false)? };
        reduce("Mean", per_channel, vec![-1], false)
    })
}

/// The weights of the scales that the authors of the measure found.
const SCALES: [f32; 5] = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333];

/// The structural similarity of pairs of images at five scales, each half as large as the one before.
///
/// Source: `tf.image.ssim_multiscale`.
///
/// # Errors
/// As [`ssim`], for the smallest scale.
pub fn ssim_multiscale(img1: impl IntoOperand, img2: impl IntoOperand, max_val: f64) -> Result<Tensor> {
    ssim_multiscale_with(img1, img2, max_val, &SCALES, |options| options)
}

/// [`ssim_multiscale`] with weights of one's own, one for each scale, another window or other constants.
///
/// # Errors
/// As [`ssim_multiscale`]; `ValueError` without weights, and for `return_index_map`, which scales do not have in common.
pub fn ssim_multiscale_with(
    img1: impl IntoOperand,
    img2: impl IntoOperand,
    max_val: f64,
    power_factors: &[f32],
    options: impl FnOnce(SsimOptions) -> SsimOptions,
) -> Result<Tensor> {
    let options = options(SsimOptions::default());
    ensure!(!power_factors.is_empty(), value, "power_factors must not be empty");
    ensure!(!options.return_index_map, value, "ssim_multiscale has no index map");
    let (img1, img2) = (img1.into_operand()?, img2.into_operand()?);
    context::name_scope("MS-SSIM", || {
        let (a, b) = images(img1, img2)?;
        let max_val = range(max_val, a.dtype()) as f32;
        let mut images = [converted(a, DType::FLOAT32, false)?, converted(b, DType::FLOAT32, false)?];
        let mut factors = Vec::with_capacity(power_factors.len());
        for scale in 0..power_factors.len() {
            if scale > 0 {
                images = [halved(&images[0])?, halved(&images[1])?];
            }
            let [a, b] = &images;
            let (likeness, structure) = Window::new(&options, a)?.compare(a, b, max_val, &options)?;
            // The smallest scale counts in full, the others without their brightness.
            let is_last = scale + 1 == power_factors.len();
            let mean = reduce("Mean", if is_last { likeness } else { structure }, vec![-3, -2], false)?;
            factors.push(unary("Relu", mean)?);
        }
        let factors = Op::named("Pack").inputs(&factors).attr("axis", -1i64).one()?;
        let powers = binary("Pow", factors, NdArray::vector(power_factors.to_vec()))?;
        reduce("Mean", reduce("Prod", powers, vec![-1], false)?, vec![-1], false)
    })
}

/// Images of half the size. One row or column is repeated first where their number is odd.
fn halved(images: &Tensor) -> Result<Tensor> {
    let Some(rank) = images.rank() else { bail!(value, "the images' rank must be known") };
    let shape = unary("Shape", images)?;
    let join = |parts: [Tensor; 2]| Op::named("ConcatV2").inputs(parts).input(0).one();
    let tail = slice(&shape, vec![rank as i32 - 3], vec![3])?;
    let flat = join([ferroflow_core::constant([-1])?, tail.clone()])?;
    let mut batch = Op::named("Reshape").input(images).input(flat).one()?;
    let known_even = |axis: usize| images.shape().dim(axis).is_some_and(|size| size % 2 == 0);
    if !(known_even(rank - 3) && known_even(rank - 2)) {
        let rest = binary("FloorMod", tail, NdArray::vector(vec![2, 2, 1]))?;
        let rest = binary("ExpandDims", rest, -1)?;
        let paddings = binary("Pad", rest, NdArray::from_vec(&[2, 2], vec![1, 0, 1, 0])?)?;
        batch = Op::named("MirrorPad").input(batch).input(paddings).attr("mode", "SYMMETRIC").one()?;
    }
    let pooled = Op::named("AvgPool")
        .input(batch)
        .attr("ksize", [1, 2, 2, 1])
        .attr("strides", [1, 2, 2, 1])
        .attr("padding", "VALID")
        .one()?;
    let heads = slice(&shape, vec![0], vec![rank as i32 - 3])?;
    let shape = join([heads, slice(&unary("Shape", &pooled)?, vec![1], vec![3])?])?;
    Op::named("Reshape").input(pooled).input(shape).one()
}

/// A Gaussian window over one channel after the other.
struct Window {
    kernel: NdArray,
    rank: usize,
}

impl Window {
    fn new(options: &SsimOptions, image: &Tensor) -> Result<Window> {
        let Some(rank) = image.rank() else { bail!(value, "the images' rank must be known") };
        let Some(channels) = image.shape().dim(rank - 1) else {
            bail!(value, "the images' number of channels must be known");
        };
        let size = options.filter_size;
        for axis in [rank - 3, rank - 2] {
            if let Some(side) = image.shape().dim(axis) {
                ensure!(
                    side >= size,
                    invalid_argument,
                    "the images are smaller than the window of {size} pixels: {}",
                    image.shape()
                );
            }
        }
        let middle = (size as f32 - 1.0) / 2.0;
        let scale = -0.5 / (options.filter_sigma as f32).powi(2);
        let line: Vec<f32> = (0..size).map(|at| (at as f32 - middle).powi(2) * scale).collect();
        let weights: Vec<f32> = line.iter().flat_map(|a| line.iter().map(move |b| (a + b).exp())).collect();
        let sum: f32 = weights.iter().sum();
        let kernel = weights.iter().flat_map(|weight| vec![weight / sum; channels]).collect();
        Ok(Window { kernel: NdArray::from_vec(&[size, size, channels, 1], kernel)?, rank })
    }

    /// The weighted mean around each place.
    fn mean(&self, x: Tensor) -> Result<Tensor> {
        let shape = unary("Shape", &x)?;
        let inner = slice(&shape, vec![self.rank as i32 - 3], vec![3])?;
        let join = |parts: [Tensor; 2]| Op::named("ConcatV2").inputs(parts).input(0).one();
        let flat = join([ferroflow_core::constant([-1])?, inner])?;
        let batch = Op::named("Reshape").input(x).input(flat).one()?;
        let mean = Op::named("DepthwiseConv2dNative")
            .input(batch)
            .input(self.kernel.clone())
            .attr("strides", [1, 1, 1, 1])
            .attr("padding", "VALID")
            .one()?;
        let outer = slice(&shape, vec![0], vec![self.rank as i32 - 3])?;
        let shape = join([outer, slice(&unary("Shape", &mean)?, vec![1], vec![3])?])?;
        Op::named("Reshape").input(mean).input(shape).one()
    }

    /// How alike every place is, and what of that is neither mean nor brightness.
    fn compare(
        &self,
        a: &Tensor,
        b: &Tensor,
        max_val: f32,
        options: &SsimOptions,
    ) -> Result<(Tensor, Tensor)> {
        let constant = |k: f64, like: &Tensor| number(f64::from((k as f32 * max_val).powi(2)), like);
        let (c1, c2) = (constant(options.k1, a)?, constant(options.k2, a)?);
        let (mean_a, mean_b) = (self.mean(a.clone())?, self.mean(b.clone())?);
        let two = number(2.0, a)?;
        let add = |x: &Tensor, y: &NdArray| binary("AddV2", x, y);
        let num0 = binary("Mul", binary("Mul", &mean_a, &mean_b)?, &two)?;
        let den0 = binary("AddV2", unary("Square", &mean_a)?, unary("Square", &mean_b)?)?;
        let luminance = binary("RealDiv", add(&num0, &c1)?, add(&den0, &c1)?)?;
        let num1 = binary("Mul", self.mean(binary("Mul", a, b)?)?, &two)?;
        let den1 = self.mean(binary("AddV2", unary("Square", a)?, unary("Square", b)?)?)?;
        let structure = binary(
            "RealDiv",
            add(&binary("Sub", num1, &num0)?, &c2)?,
            add(&binary("Sub", den1, &den0)?, &c2)?,
        )?;
        Ok((binary("Mul", luminance, &structure)?, structure))
    }
}
