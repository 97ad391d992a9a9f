//! `convert_image_dtype`: images of another dtype, with the range of values that it stands for.

use super::build::{binary, number, unary};
use ferroflow_core::operators::cast;
use ferroflow_core::{DType, IntoOperand, NdArray, Op, Result, Tensor, bail, context, convert_to_tensor};

/// The largest value of an integer type; `None` for other types.
pub(crate) fn largest(dtype: DType) -> Option<f64> {
    let bits = 8 * dtype.size() as i32;
    dtype.is_integer().then(|| 2f64.powi(if dtype.is_unsigned() { bits } else { bits - 1 }) - 1.0)
}

/// Images of another dtype: floats stand for 0 to 1, integers for 0 to their largest value.
///
/// Source: `tf.image.convert_image_dtype`.
///
/// # Errors
/// `AttributeError` for a dtype that is neither of integers nor of floats.
pub fn convert_image_dtype(image: impl IntoOperand, dtype: DType) -> Result<Tensor> {
    let image = context::with_name("image", || convert_to_tensor(image, None))?;
    converted(image, dtype, false)
}

/// [`convert_image_dtype`] where values outside the range of the dtype become its bounds.
///
/// Source: `tf.image.convert_image_dtype` with `saturate=True`.
///
/// # Errors
/// As [`convert_image_dtype`].
pub fn saturating_convert_image_dtype(image: impl IntoOperand, dtype: DType) -> Result<Tensor> {
    let image = context::with_name("image", || convert_to_tensor(image, None))?;
    converted(image, dtype, true)
}

/// Values brought within the bounds of the dtype that they are cast to.
fn clamped(x: Tensor, dtype: DType) -> Result<Tensor> {
    let Some(high) = largest(dtype) else { return Ok(x) };
    let low = if dtype.is_unsigned() { 0.0 } else { -high - 1.0 };
    let mut x = x;
    let own = largest(x.dtype());
    let signed = !x.dtype().is_unsigned();
    if signed && (x.dtype().is_floating() || own.is_some_and(|own| -own - 1.0 < low)) {
        let bound = number(low, &x)?;
        x = binary("Maximum", x, bound)?;
    }
    if x.dtype().is_floating() || own.is_some_and(|own| own > high) {
        // The bound itself may round up to what the type does not hold.
        let bound = float_below(high, x.dtype())?;
        x = binary("Minimum", x, bound)?;
    }
    Ok(x)
}

/// The largest value of a type that is not above a bound.
fn float_below(bound: f64, dtype: DType) -> Result<NdArray> {
    if dtype == DType::FLOAT32 {
        let rounded = bound as f32;
        let below = if f64::from(rounded) > bound { rounded.next_down() } else { rounded };
        return Ok(NdArray::scalar(below));
    }
    NdArray::scalar(bound).cast(dtype)
}

pub(crate) fn converted(image: Tensor, dtype: DType, saturate: bool) -> Result<Tensor> {
    let known = |dtype: DType| dtype.is_floating() || dtype.is_integer();
    if !known(dtype) {
        bail!(attribute, "dtype must be either floating point or integer");
    }
    if !known(image.dtype()) {
        bail!(attribute, "image dtype must be either floating point or integer");
    }
    if image.dtype() == dtype {
        return unary("Identity", image);
    }
    let within = |x: Tensor| if saturate { clamped(x, dtype) } else { Ok(x) };
    context::name_scope_for_op("convert_image", |name| {
        let last_cast = |x: Tensor| context::with_name(&name, || cast(x, dtype));
        let last_product =
            |x: Tensor, factor: NdArray| Op::named("Mul").input(x).input(factor).name(&*name).one();
        match (largest(image.dtype()), largest(dtype)) {
            (Some(from), Some(onto)) if from > onto => {
                let factor = number(((from + 1.0) / (onto + 1.0)).floor(), &image)?;
                let fewer =
                    Op::named("FloorDiv").input(image).input(factor).default_name("floordiv").one()?;
                last_cast(within(fewer)?)
            }
            (Some(from), Some(onto)) => {
                let wide = cast(within(image)?, dtype)?;
                let factor = number(((onto + 1.0) / (from + 1.0)).floor(), &wide)?;
                last_product(wide, factor)
            }
            (None, None) => last_cast(image),
            (Some(from), None) => {
                let wide = cast(image, dtype)?;
                let factor = number(1.0 / from, &wide)?;
                last_product(wide, factor)
            }
            (None, Some(onto)) => {
                // Half a step keeps the cast from rounding down what stands for the largest value.
                let factor = number(onto + 0.5, &image)?;
                last_cast(within(binary("Mul", image, factor)?)?)
            }
        }
    })
}

/// Calls a function on images of floats: those of other types are converted before and after.
pub(crate) fn through_floats(
    image: impl IntoOperand,
    saturate: bool,
    f: impl FnOnce(Tensor) -> Result<Tensor>,
) -> Result<Tensor> {
    let image = convert_to_tensor(image, None)?;
    let dtype = image.dtype();
    let floats = if matches!(dtype, DType::HALF | DType::FLOAT32) {
        image
    } else {
        converted(image, DType::FLOAT32, false)?
    };
    converted(f(floats)?, dtype, saturate)
}
