//! Conv2D, Conv3D: filters moved over images and volumes.

use crate::activations::is_half;
use crate::conv_attrs::{ConvAttrs, check_conv};
use crate::conv_kernels;
use crate::conv_options::{ConvOptions, Padding, Sizes};
use crate::patches::Windows;
use crate::product::Product;
use crate::volume::Volume;
use ferroflow_core::{
    DType, Grad, GradCtx, IntoOperand, KernelCtx, NdArray, Op, OpDef, Result, ShapeCtx, Tensor, bail,
    dispatch,
};

/// The convolution of `[batch, height, width, channels]` images with `[height, width, channels, filters]` filters.
///
/// `strides` is one number, one for each of height and width, or one for each dimension; `padding` is `"VALID"`,
/// `"SAME"` or pairs of numbers, one for each dimension.
///
/// Source: `tf.nn.conv2d` (op `Conv2D`).
///
/// ```
/// use ferroflow_ops_nn::conv2d;
/// let image = [[[[1.0], [2.0]], [[3.0], [4.0]]]];
/// let sums = conv2d(image, [[[[1.0]], [[1.0]]]], 1, "VALID")?;
/// assert_eq!(sums.numpy()?.as_slice::<f32>()?, [3.0, 7.0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// Differs from TensorFlow: `data_format = "NCHW"` works without a GPU, too.
///
/// # Errors
/// `InvalidArgument` when shapes, strides and padding do not fit each other.
pub fn conv2d(
    input: impl IntoOperand,
    filters: impl IntoOperand,
    strides: impl Into<Sizes>,
    padding: impl Into<Padding>,
) -> Result<Tensor> {
    conv2d_with(input, filters, strides, padding, |options| options)
}

/// [`conv2d`] with another data format or with holes in the filters.
///
/// # Errors
/// `InvalidArgument` when shapes, strides and padding do not fit each other.
pub fn conv2d_with(
    input: impl IntoOperand,
    filters: impl IntoOperand,
    strides: impl Into<Sizes>,
    padding: impl Into<Padding>,
    options: impl FnOnce(ConvOptions) -> ConvOptions,
) -> Result<Tensor> {
    let options = options(ConvOptions::default());
    let op = Op::new(&CONV_2D).input(input).input(filters);
    options.apply(op, 2, strides.into(), padding.into())?.one()
}

/// The convolution of `[batch, depth, height, width, channels]` volumes with
/// `[depth, height, width, channels, filters]` filters.
///
/// Source: `tf.nn.conv3d` (op `Conv3D`).
///
/// # Errors
/// `InvalidArgument` when shapes, strides and padding do not fit each other.
pub fn conv3d(
    input: impl IntoOperand,
    filters: impl IntoOperand,
    strides: impl Into<Sizes>,
    padding: impl Into<Padding>,
) -> Result<Tensor> {
    conv3d_with(input, filters, strides, padding, |options| options)
}

/// [`conv3d`] with another data format or with holes in the filters.
///
/// # Errors
/// `InvalidArgument` when shapes, strides and padding do not fit each other.
pub fn conv3d_with(
    input: impl IntoOperand,
    filters: impl IntoOperand,
    strides: impl Into<Sizes>,
    padding: impl Into<Padding>,
    options: impl FnOnce(ConvOptions) -> ConvOptions,
) -> Result<Tensor> {
    let options = options(ConvOptions::default());
    let op = Op::new(&CONV_3D).input(input).input(filters);
    options.apply(op, 3, strides.into(), padding.into())?.one()
}

pub(crate) static CONV_2D: OpDef = OpDef {
    name: "Conv2D",
    shape: shape::<2>,
    kernel: Some(kernel::<2>),
    finishes_parts: true,
    grad: Grad::Fn(grad),
    ..OpDef::NEW
};

pub(crate) static CONV_3D: OpDef = OpDef {
    name: "Conv3D",
    shape: shape::<3>,
    kernel: Some(kernel::<3>),
    finishes_parts: true,
    grad: Grad::Fn(grad_3d),
    ..OpDef::NEW
};

fn shape<const SPATIAL: usize>(cx: &mut ShapeCtx<'_>) -> Result<()> {
    check_conv(cx, SPATIAL)?;
    let (input, filter) = (cx.input(0), cx.input(1));
    for (what, shape) in [("input", &input), ("filter", &filter)] {
        if let Some(rank) = shape.rank()
            && rank != SPATIAL + 2
        {
            return Err(cx.mismatch(
                if SPATIAL == 2 {
                    format!("convolution {what} must be 4-dimensional: {}", shape.cpp())
                } else {
                    format!("{what} must be 5-dimensional")
                },
                format!("Shape must be rank {} but is rank {rank}", SPATIAL + 2),
            ));
        }
    }
    let attrs = ConvAttrs::read(cx, SPATIAL)?;
    let channels = input.dim(attrs.format.channel_axis(SPATIAL + 2));
    check_channels(cx, SPATIAL, channels, filter.dim(SPATIAL), filter.dim(SPATIAL + 1))?;
    let output = attrs.output_shape(cx, &input, &filter, filter.dim(SPATIAL + 1))?;
    cx.set(0, output);
    Ok(())
}

/// Checks that the channels of input and filter fit, in as many groups as they make.
fn check_channels(
    cx: &ShapeCtx<'_>,
    spatial: usize,
    input: Option<usize>,
    filter: Option<usize>,
    filters: Option<usize>,
) -> Result<()> {
    if filter == Some(0) {
        return Err(cx.mismatch(
            if spatial == 2 {
                "filter depth must be stricly positive, got 0"
            } else {
                "filter depth must be > 0"
            },
            "Depth of filter must not be 0",
        ));
    }
    let (Some(input), Some(filter)) = (input, filter) else {
        return Ok(());
    };
    if input % filter != 0 {
        return Err(cx.mismatch(
            if spatial == 2 {
                format!("input depth must be evenly divisible by filter depth: {input} vs {filter}")
            } else {
                format!("Input depth must be evenly divisible by filter depth: {input} vs {filter}")
            },
            format!("Depth of input ({input}) is not a multiple of input depth of filter ({filter})"),
        ));
    }
    let groups = input / filter;
    if let Some(filters) = filters
        && groups > 0
        && filters % groups != 0
    {
        return Err(cx.mismatch(
            format!("output depth must be evenly divisible by number of groups: {filters} vs {groups}"),
            format!("Depth of output ({filters}) is not a multiple of the number of groups ({groups})"),
        ));
    }
    Ok(())
}

/// The windows of a filter of this shape over an input.
pub(crate) fn windows<const SPATIAL: usize>(
    attrs: ConvAttrs,
    input: Volume,
    filter: &[usize],
) -> Result<Windows> {
    let [sizes @ .., channels, _] = filter else {
        bail!(internal, "a filter has no rank below two");
    };
    let mut windows = [1; 3];
    match windows.get_mut(3 - SPATIAL..) {
        Some(known) if known.len() == sizes.len() => known.copy_from_slice(sizes),
        _ => bail!(invalid_argument, "filter must have {SPATIAL} spatial dimensions"),
    }
    let axes = attrs.with_windows(windows)?.over(input.spatial())?;
    Ok(Windows { input, axes, channels: *channels })
}

fn kernel<const SPATIAL: usize>(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.dtype("T")? {
        dtype if is_half(dtype) => cx.through_f32(kernel::<SPATIAL>),
        DType::INT32 => convolve::<i32, SPATIAL>(cx),
        dtype => dispatch!(dtype, FLOATS, |T| convolve::<T, SPATIAL>(cx)),
    }
}

fn convolve<T: Product, const SPATIAL: usize>(cx: &mut KernelCtx<'_>) -> Result<()> {
    let attrs = ConvAttrs::read(cx, SPATIAL)?;
    let shape = cx.output_shape(0)?;
    let input = attrs.format.channels_to_end(cx.take(0)?)?;
    let filter = cx.input(1)?;
    let dims = filter.shape().dims();
    if filter.is_empty() && shape.num_elements() > 0 {
        bail!(invalid_argument, "filter must not have zero elements (i.e. all dimensions must be non-zero)");
    }
    if input.is_empty() {
        // Sums of nothing.
        let zeros = ferroflow_core::zeroed::<T>(shape.num_elements())?;
        return cx.set_elements(0, zeros);
    }
    let volume = Volume::of(input.shape(), crate::volume::Format::ChannelsLast)?;
    let windows = windows::<SPATIAL>(attrs, volume, dims)?;
    let filters = dims.last().copied().unwrap_or(0);
    let filter = filter.clone();
    // Parts hold whole rows of channels: those have to be last.
    let epilogue = attrs.format.is_channels_last().then(|| cx.epilogue::<T>()).flatten();
    let output = conv_kernels::forward(&windows, filters, input.as_slice::<T>()?, &filter, epilogue)?;
    let output = NdArray::from_shape(output_shape(&windows, SPATIAL, filters)?, output)?;
    cx.set(0, attrs.format.channels_from_end(output)?)
}

/// The shape of the output with channels last.
pub(crate) fn output_shape(
    windows: &Windows,
    spatial: usize,
    channels: usize,
) -> Result<ferroflow_core::Shape> {
    let sizes = windows.axes.map(|axis| axis.output);
    let mut dims = vec![windows.input.batch];
    dims.extend_from_slice(&sizes[3 - spatial..]);
    dims.push(channels);
    ferroflow_core::Shape::new(&dims)
}

/// The attributes that a convolution shares with the ops of its gradients.
const SHARED: [&str; 6] =
    ["strides", "padding", "explicit_paddings", "use_cudnn_on_gpu", "data_format", "dilations"];

/// An op with the attributes of the convolution whose gradient it is.
pub(crate) fn like(cx: &GradCtx<'_>, op: &str) -> Op {
    SHARED.iter().fold(Op::named(op), |op, &name| match cx.attrs().get(name) {
        Some(value) => op.attr(name, value.clone()),
        None => op,
    })
}

fn grad(cx: &mut GradCtx<'_>) -> Result<()> {
    grads_by(cx, "Conv2DBackpropInput", "Conv2DBackpropFilter")
}

fn grad_3d(cx: &mut GradCtx<'_>) -> Result<()> {
    grads_by(cx, "Conv3DBackpropInputV2", "Conv3DBackpropFilterV2")
}

/// The gradients of a convolution's input and filter by the ops of these names.
pub(crate) fn grads_by(cx: &mut GradCtx<'_>, to_input: &str, to_filter: &str) -> Result<()> {
    let (input, filter, dy) = (cx.x(0)?, cx.x(1)?, cx.dy(0)?);
    let [input_shape, filter_shape] = Op::named("ShapeN").inputs([input, filter]).outputs()?;
    cx.set(0, like(cx, to_input).input(input_shape).input(filter).input(&dy).one())?;
    cx.set(1, like(cx, to_filter).input(input).input(filter_shape).input(&dy).one())
}
