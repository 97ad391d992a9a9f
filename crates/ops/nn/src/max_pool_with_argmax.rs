//! MaxPoolWithArgmax, MaxPoolGradWithArgmax: the greatest value in each window, and where it is.

use crate::activations::is_half;
use crate::conv_options::{Padding, Sizes, with_sizes};
use crate::max_pool_grad::like;
use crate::pool_attrs::{PoolAttrs, check_channel_window, check_pool, check_rank};
use crate::pool_kernels::{Number, maxima_with_places};
use crate::volume::{Format, Volume};
use ferroflow_core::{
    Attrs, DType, Grad, GradCtx, IntoOperand, KernelCtx, Op, OpDef, Result, ShapeCtx, Tensor, bail, dispatch,
    zeroed,
};

/// The greatest value in each window of `[batch, height, width, channels]` images, and its index
/// `(y * width + x) * channels + channel` in the image.
///
/// Source: `tf.nn.max_pool_with_argmax` (op `MaxPoolWithArgmax`).
///
/// # Errors
/// `InvalidArgument` when window, strides and padding do not fit the input.
pub fn max_pool_with_argmax(
    input: impl IntoOperand,
    ksize: impl Into<Sizes>,
    strides: impl Into<Sizes>,
    padding: impl Into<Padding>,
) -> Result<(Tensor, Tensor)> {
    let op = Op::new(&MAX_POOL_WITH_ARGMAX).input(input);
    let op = with_sizes(op, 2, &ksize.into(), &strides.into(), false)?;
    let [output, argmax] = padding.into().apply(op).outputs()?;
    Ok((output, argmax))
}

pub(crate) static MAX_POOL_WITH_ARGMAX: OpDef =
    OpDef { name: "MaxPoolWithArgmax", shape, kernel: Some(kernel), grad: Grad::Fn(grad), ..OpDef::NEW };

pub(crate) static MAX_POOL_GRAD_WITH_ARGMAX: OpDef =
    OpDef { name: "MaxPoolGradWithArgmax", shape: grad_shape, kernel: Some(grad_kernel), ..OpDef::NEW };

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let input = cx.input(0);
    let attrs: &Attrs = cx;
    let (ksize, strides) = (attrs.ints("ksize")?, attrs.ints("strides")?);
    check_pool(cx, 2, ksize, strides, false)?;
    check_rank(cx, &input, 2, "tensor_in must be 4-dimensional (2)")?;
    let pool = PoolAttrs::read(cx, 2)?;
    if cx.at_run_time() {
        if input.num_elements() == Some(0) {
            bail!(invalid_argument, "tensor_in must not be empty (2)");
        }
        check_channel_window(Format::ChannelsLast, ksize, strides, input.dim(3).unwrap_or(0), true)?;
    }
    let output = pool.output_shape(cx, &input)?;
    cx.set(0, output.clone());
    cx.set(1, output);
    Ok(())
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.dtype("T")? {
        dtype if is_half(dtype) => cx.through_f32(kernel),
        dtype => dispatch!(dtype, REALS, |T| pool::<T>(cx)),
    }
}

fn pool<T: Number>(cx: &mut KernelCtx<'_>) -> Result<()> {
    let attrs = PoolAttrs::read(cx, 2)?;
    let volume = Volume::of(cx.input(0)?.shape(), Format::ChannelsLast)?;
    let windows = attrs.over(volume)?;
    let (maxima, mut places) = maxima_with_places(&windows, cx.slice::<T>(0)?)?;
    if !cx.bool("include_batch_in_index")? {
        let image = windows.pixel(1, 0, 0, 0).max(1) as i64;
        places.iter_mut().for_each(|place| *place %= image);
    }
    cx.set_elements(0, maxima)?;
    match cx.dtype("Targmax")? {
        DType::INT32 => {
            let narrow = |place: &i64| i32::try_from(*place);
            match places.iter().map(narrow).collect::<Result<Vec<i32>, _>>() {
                Ok(places) => cx.set_elements(1, places),
                Err(_) => bail!(invalid_argument, "an index of the input does not fit in int32"),
            }
        }
        _ => cx.set_elements(1, places),
    }
}

fn grad_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let input = cx.input(0);
    check_rank(cx, &input, 2, "tensor_in must be 4-dimensional (2)")?;
    let (dy, argmax) = (cx.input(1), cx.input(2));
    if cx.at_run_time() && dy != argmax {
        bail!(invalid_argument, "grad {} and argmax {} must have the same shape", dy.cpp(), argmax.cpp());
    }
    cx.set(0, input);
    Ok(())
}

fn grad_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.dtype("T")? {
        dtype if is_half(dtype) => cx.through_f32(grad_kernel),
        dtype => dispatch!(dtype, REALS, |T| scatter::<T>(cx)),
    }
}

fn scatter<T: Number>(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shape = cx.output_shape(0)?;
    let (places, dy) = (cx.ints(2)?, cx.slice::<T>(1)?);
    let mut dx = zeroed::<T>(shape.num_elements())?;
    let images = cx.input(1)?.shape()[0].max(1);
    let per_image = dy.len() / images;
    let image = if cx.bool("include_batch_in_index")? { 0 } else { dx.len() / shape[0].max(1) };
    for (number, (&place, &dy)) in places.iter().zip(dy).enumerate() {
        let start = image * (number / per_image.max(1));
        let at = usize::try_from(place).ok().and_then(|place| place.checked_add(start));
        match at.and_then(|at| dx.get_mut(at)) {
            Some(dx) => *dx = dx.plus(dy),
            None => bail!(invalid_argument, "argmax {place} is not within the input of shape {shape}"),
        }
    }
    cx.set_elements(0, dx)
}

fn grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let op =
        like(cx, "MaxPoolGradWithArgmax").attr("include_batch_in_index", cx.bool("include_batch_in_index")?);
    let dx = op.input(cx.x(0)?).input(cx.dy(0)?).input(cx.y(1)?).one();
    cx.set(0, dx)
}
