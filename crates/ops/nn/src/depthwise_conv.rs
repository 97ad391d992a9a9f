//! DepthwiseConv2dNative and its gradients: filters that each see one channel.

use crate::activations::is_half;
use crate::conv::{grads_by, like, output_shape, windows};
use crate::conv_attrs::{ConvAttrs, check_conv};
use crate::conv_options::{ConvOptions, Padding, Sizes};
use crate::depthwise_kernels::{Real, forward, to_filter, to_input};
use crate::volume::{Format, Volume};
use ferroflow_core::{
    Grad, GradCtx, IntoOperand, KernelCtx, NdArray, Op, OpDef, PartialShape, Result, Shape, ShapeCtx, Tensor,
    bail, dispatch,
};

/// The convolution of each channel of `[batch, height, width, channels]` images with its own filters, of
/// `[height, width, channels, multiplier]`: `channels * multiplier` channels come out.
///
/// `strides` has a number for each dimension of the images.
///
/// Source: `tf.nn.depthwise_conv2d` (op `DepthwiseConv2dNative`).
///
/// ```
/// use ferroflow_ops_nn::depthwise_conv2d;
/// let image = [[[[1.0, 2.0]]]];
/// let scaled = depthwise_conv2d(image, [[[[10.0], [100.0]]]], [1, 1, 1, 1], "VALID")?;
/// assert_eq!(scaled.numpy()?.as_slice::<f32>()?, [10.0, 200.0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// Differs from TensorFlow: on the CPU, too, strides may differ, filters may have holes, and channels may stand
/// first.
///
/// # Errors
/// `InvalidArgument` when shapes, strides and padding do not fit each other.
pub fn depthwise_conv2d(
    input: impl IntoOperand,
    filter: impl IntoOperand,
    strides: impl Into<Sizes>,
    padding: impl Into<Padding>,
) -> Result<Tensor> {
    depthwise_conv2d_with(input, filter, strides, padding, |options| options)
}

/// [`depthwise_conv2d`] with another data format or with holes in the filters.
///
/// # Errors
/// `InvalidArgument` when shapes, strides and padding do not fit each other.
pub fn depthwise_conv2d_with(
    input: impl IntoOperand,
    filter: impl IntoOperand,
    strides: impl Into<Sizes>,
    padding: impl Into<Padding>,
    options: impl FnOnce(ConvOptions) -> ConvOptions,
) -> Result<Tensor> {
    let options = options(ConvOptions::default());
    let name = ferroflow_core::context::take_name().unwrap_or_else(|| "depthwise".to_string());
    ferroflow_core::context::name_scope_for_op(&name, |name| {
        let op = Op::new(&DEPTHWISE_CONV_2D_NATIVE).input(input).input(filter).name(name);
        options.apply(op, 2, strides.into(), padding.into())?.one()
    })
}

pub(crate) static DEPTHWISE_CONV_2D_NATIVE: OpDef = OpDef {
    name: "DepthwiseConv2dNative",
    shape,
    kernel: Some(kernel),
    grad: Grad::Fn(grad),
    finishes_parts: true,
    ..OpDef::NEW
};

pub(crate) static DEPTHWISE_CONV_2D_NATIVE_BACKPROP_INPUT: OpDef = OpDef {
    name: "DepthwiseConv2dNativeBackpropInput",
    shape: input_shape,
    kernel: Some(input_kernel),
    grad: Grad::Fn(input_grad),
    ..OpDef::NEW
};

pub(crate) static DEPTHWISE_CONV_2D_NATIVE_BACKPROP_FILTER: OpDef = OpDef {
    name: "DepthwiseConv2dNativeBackpropFilter",
    shape: filter_shape,
    kernel: Some(filter_kernel),
    grad: Grad::Fn(filter_grad),
    ..OpDef::NEW
};

fn check_attrs(cx: &ShapeCtx<'_>) -> Result<()> {
    check_conv(cx, 2).map_err(|error| {
        // The one message that the op's kernel gives under another code.
        let outside =
            "Current implementation does not yet support strides in the batch and depth dimensions.";
        if error.message() == outside { ferroflow_core::Error::invalid_argument(outside) } else { error }
    })
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    check_attrs(cx)?;
    let (input, filter) = (cx.input(0), cx.input(1));
    for (what, shape) in
        [("input must be 4-dimensional", &input), ("filter must be 4-dimensional: ", &filter)]
    {
        if let Some(rank) = shape.rank()
            && rank != 4
        {
            return Err(cx.mismatch(
                format!("{what}{}", shape.cpp()),
                format!("Shape must be rank 4 but is rank {rank}"),
            ));
        }
    }
    let attrs = ConvAttrs::read(cx, 2)?;
    let (channels, filter_channels) = (input.dim(attrs.format.channel_axis(4)), filter.dim(2));
    if let (Some(channels), Some(filter_channels)) = (channels, filter_channels)
        && channels != filter_channels
    {
        return Err(cx.mismatch(
            format!("input and filter must have the same depth: {channels} vs {filter_channels}"),
            format!("Dimensions must be equal, but are {channels} and {filter_channels}"),
        ));
    }
    let output = channels.or(filter_channels).zip(filter.dim(3)).and_then(|(a, b)| a.checked_mul(b));
    let output = attrs.output_shape(cx, &input, &filter, output)?;
    cx.set(0, output);
    Ok(())
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.dtype("T")? {
        dtype if is_half(dtype) => cx.through_f32(kernel),
        dtype => dispatch!(dtype, FLOATS, |T| convolve::<T>(cx)),
    }
}

fn convolve<T: Real>(cx: &mut KernelCtx<'_>) -> Result<()> {
    cx.infer_shapes()?;
    let attrs = ConvAttrs::read(cx, 2)?;
    let input = attrs.format.channels_to_end(cx.take(0)?)?;
    let filter = cx.input(1)?.clone();
    let volume = Volume::of(input.shape(), Format::ChannelsLast)?;
    let windows = windows::<2>(attrs, volume, filter.shape().dims())?;
    let multiplier = filter.shape()[3];
    let epilogue = attrs.format.is_channels_last().then(|| cx.epilogue::<T>()).flatten();
    let (input, filter) = (input.as_slice::<T>()?, filter.as_slice::<T>()?);
    let output = forward(&windows, multiplier, input, filter, epilogue)?;
    let output = NdArray::from_shape(output_shape(&windows, 2, volume.channels * multiplier)?, output)?;
    cx.set(0, attrs.format.channels_from_end(output)?)
}

/// Checks that the gradient of an output fits an input and a filter.
fn check_gradient(
    cx: &ShapeCtx<'_>,
    input: &PartialShape,
    filter: &PartialShape,
    dy: &PartialShape,
) -> Result<()> {
    let (Some(input), Some(filter), Some(dy)) = (input.to_shape(), filter.to_shape(), dy.to_shape()) else {
        return Ok(());
    };
    for (shape, name) in [(&input, "input"), (&filter, "filter"), (&dy, "out_backprop")] {
        if shape.rank() != 4 {
            bail!(invalid_argument, "{}: {name} must be 4-dimensional", cx.op());
        }
    }
    let attrs = ConvAttrs::read(cx, 2)?;
    let volume = Volume::of(&input, attrs.format)?;
    let windows = windows::<2>(attrs, volume, filter.dims())?;
    let channels = filter[2].checked_mul(filter[3]);
    let expected = output_shape(&windows, 2, channels.unwrap_or(0))?;
    let found = Volume::of(&dy, attrs.format)?;
    if volume.channels != filter[2] || Volume::of(&expected, Format::ChannelsLast)? != found {
        bail!(
            invalid_argument,
            "{}: out_backprop {dy} does not fit input {input} and filter {filter}",
            cx.op()
        );
    }
    Ok(())
}

fn sizes(cx: &ShapeCtx<'_>, index: usize) -> Result<PartialShape> {
    cx.with_rank(index, 1)?;
    let shape = cx.input_as_shape(index)?;
    match shape.rank() {
        None => Ok(PartialShape::of_rank(4)),
        Some(4) => Ok(shape),
        Some(other) => bail!(invalid_argument, "Shape must be rank 4 but is rank {other}"),
    }
}

fn input_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    check_attrs(cx)?;
    let input = sizes(cx, 0)?;
    check_gradient(cx, &input, &cx.input(1), &cx.input(2))?;
    cx.set(0, input);
    Ok(())
}

fn filter_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    check_attrs(cx)?;
    let filter = sizes(cx, 1)?;
    check_gradient(cx, &cx.input(0), &filter, &cx.input(2))?;
    cx.set(0, filter);
    Ok(())
}

fn input_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.dtype("T")? {
        dtype if is_half(dtype) => cx.through_f32(input_kernel),
        dtype => dispatch!(dtype, FLOATS, |T| input_gradient::<T>(cx)),
    }
}

fn input_gradient<T: Real>(cx: &mut KernelCtx<'_>) -> Result<()> {
    let attrs = ConvAttrs::read(cx, 2)?;
    let volume = Volume::of(&cx.output_shape(0)?, attrs.format)?;
    let dy = attrs.format.channels_to_end(cx.take(2)?)?;
    let filter = cx.input(1)?;
    let windows = windows::<2>(attrs, volume, filter.shape().dims())?;
    let dx = to_input(&windows, filter.shape()[3], dy.as_slice::<T>()?, filter.as_slice::<T>()?)?;
    let dims = [volume.batch, volume.height, volume.width, volume.channels];
    let dx = NdArray::from_shape(Shape::new(&dims)?, dx)?;
    cx.set(0, attrs.format.channels_from_end(dx)?)
}

fn filter_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.dtype("T")? {
        dtype if is_half(dtype) => cx.through_f32(filter_kernel),
        dtype => dispatch!(dtype, FLOATS, |T| filter_gradient::<T>(cx)),
    }
}

fn filter_gradient<T: Real>(cx: &mut KernelCtx<'_>) -> Result<()> {
    let attrs = ConvAttrs::read(cx, 2)?;
    let shape = cx.output_shape(0)?;
    let input = attrs.format.channels_to_end(cx.take(0)?)?;
    let dy = attrs.format.channels_to_end(cx.take(2)?)?;
    let volume = Volume::of(input.shape(), Format::ChannelsLast)?;
    let windows = windows::<2>(attrs, volume, shape.dims())?;
    let gradient = to_filter(&windows, shape[3], input.as_slice::<T>()?, dy.as_slice::<T>()?)?;
    cx.set_elements(0, gradient)
}

fn grad(cx: &mut GradCtx<'_>) -> Result<()> {
    grads_by(cx, "DepthwiseConv2dNativeBackpropInput", "DepthwiseConv2dNativeBackpropFilter")
}

fn input_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (filter, dy, dz) = (cx.x(1)?, cx.x(2)?, cx.dy(0)?);
    let shape = Op::named("Shape").input(filter).one()?;
    let op = like(cx, "DepthwiseConv2dNativeBackpropFilter");
    cx.set(1, op.input(&dz).input(shape).input(dy).one())?;
    cx.set(2, like(cx, "DepthwiseConv2dNative").input(&dz).input(filter).one())
}

fn filter_grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (input, dy, dz) = (cx.x(0)?, cx.x(2)?, cx.dy(0)?);
    let shape = Op::named("Shape").input(input).one()?;
    let op = like(cx, "DepthwiseConv2dNativeBackpropInput");
    cx.set(0, op.input(shape).input(&dz).input(dy).one())?;
    cx.set(2, like(cx, "DepthwiseConv2dNative").input(input).input(&dz).one())
}
