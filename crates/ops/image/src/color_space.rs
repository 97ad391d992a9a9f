//! RGBToHSV, HSVToRGB: colours as hue, saturation and value.

use ferroflow_core::{
    DType, Element, Error, Grad, IntoOperand, KernelCtx, Op, OpDef, Result, ShapeCtx, Tensor, dispatch,
    parallel,
};
use num_traits::Float;

/// Hue, saturation and value, between 0 and 1, of pixels of red, green and blue.
///
/// Source: `tf.image.rgb_to_hsv` (op `RGBToHSV`).
///
/// ```
/// use ferroflow_ops_image::rgb_to_hsv;
/// assert_eq!(rgb_to_hsv([[0.0, 0.5, 0.0]])?.numpy()?.as_slice::<f32>()?[1..], [1.0, 0.5]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` unless the last dimension has size 3.
pub fn rgb_to_hsv(images: impl IntoOperand) -> Result<Tensor> {
    Op::new(&RGB_TO_HSV).input(images).one()
}

/// Red, green and blue of pixels of hue, saturation and value.
///
/// Source: `tf.image.hsv_to_rgb` (op `HSVToRGB`).
///
/// # Errors
/// `InvalidArgument` unless the last dimension has size 3.
pub fn hsv_to_rgb(images: impl IntoOperand) -> Result<Tensor> {
    Op::new(&HSV_TO_RGB).input(images).one()
}

pub(crate) static RGB_TO_HSV: OpDef = OpDef {
    name: "RGBToHSV",
    shape,
    kernel: Some(to_hsv),
    grad: Grad::Fn(crate::color_space_grad::grad),
    ..OpDef::NEW
};

pub(crate) static HSV_TO_RGB: OpDef =
    OpDef { name: "HSVToRGB", shape, kernel: Some(to_rgb), grad: Grad::None, ..OpDef::NEW };

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let images = cx.input(0);
    let Some(rank) = images.rank() else {
        cx.set(0, images);
        return Ok(());
    };
    if rank == 0 {
        return Err(cx.mismatch("input must be at least 1D[]", "Shape must be at least rank 1 but is rank 0"));
    }
    if let Some(channels) = images.dim(rank - 1)
        && channels != 3
    {
        return Err(if cx.at_run_time() {
            let words = format!("input must have 3 channels but input only has {channels} channels.");
            Error::failed_precondition(words)
        } else {
            Error::invalid_argument(format!("Dimension must be 3 but is {channels}"))
        });
    }
    let mut dims = images.dims().unwrap_or_default().to_vec();
    dims[rank - 1] = Some(3);
    cx.set(0, dims);
    Ok(())
}

fn to_hsv(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.dtype("T")? {
        DType::HALF | DType::BFLOAT16 => cx.through_f32(to_hsv),
        dtype => dispatch!(dtype, FLOATS, |T| pixels::<T>(cx, hsv)),
    }
}

fn to_rgb(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.dtype("T")? {
        DType::HALF | DType::BFLOAT16 => cx.through_f32(to_rgb),
        dtype => dispatch!(dtype, FLOATS, |T| pixels::<T>(cx, rgb)),
    }
}

/// Replaces each pixel by a function of it.
fn pixels<T: Element + Copy>(cx: &mut KernelCtx<'_>, of_pixel: fn([T; 3]) -> [T; 3]) -> Result<()> {
    cx.infer_shapes()?;
    let mut images = cx.take(0)?;
    parallel::chunks(images.as_mut_slice::<T>()?, 3, 8, |_, chunk| {
        for pixel in chunk.chunks_exact_mut(3) {
            if let [a, b, c] = *pixel {
                pixel.copy_from_slice(&of_pixel([a, b, c]));
            }
        }
    });
    cx.set(0, images)
}

fn constant<T: Float>(value: f64) -> T {
    T::from(value).unwrap_or_else(T::nan)
}

pub(crate) fn hsv<T: Float>([red, green, blue]: [T; 3]) -> [T; 3] {
    let (zero, one) = (T::zero(), T::one());
    let value = red.max(green).max(blue);
    let range = value - red.min(green).min(blue);
    let saturation = if value > zero { range / value } else { zero };
    if range <= zero {
        return [zero, saturation, value];
    }
    let norm = one / (constant::<T>(6.0) * range);
    let hue = if red == value {
        norm * (green - blue)
    } else if green == value {
        norm * (blue - red) + constant::<T>(2.0) / constant(6.0)
    } else {
        norm * (red - green) + constant::<T>(4.0) / constant(6.0)
    };
    [if hue < zero { hue + one } else { hue }, saturation, value]
}

fn rgb<T: Float>([hue, saturation, value]: [T; 3]) -> [T; 3] {
    let (zero, one, two) = (T::zero(), T::one(), constant::<T>(2.0));
    let sixths = hue * constant(6.0);
    let distance = |center: f64| (sixths - constant(center)).abs();
    let unit = |share: T| share.max(zero).min(one);
    let shares = [unit(distance(3.0) - one), unit(two - distance(2.0)), unit(two - distance(4.0))];
    shares.map(|share| ((one - saturation) + saturation * share) * value)
}
