//! Conv2DBackpropInput, Conv2DBackpropFilter and their relatives for volumes: gradients of convolutions.

use crate::activations::is_half;
use crate::conv::{like, output_shape, windows};
use crate::conv_attrs::{ConvAttrs, check_conv};
use crate::conv_kernels;
use crate::patches::Windows;
use crate::product::Product;
use crate::volume::{Format, Volume};
use ferroflow_core::{
    DType, Grad, GradCtx, KernelCtx, NdArray, Op, OpDef, PartialShape, Result, Shape, ShapeCtx, bail,
    dispatch,
};

pub(crate) static CONV_2D_BACKPROP_INPUT: OpDef = OpDef {
    name: "Conv2DBackpropInput",
    shape: input_shape::<2>,
    kernel: Some(input_kernel::<2>),
    grad: Grad::Fn(|cx| of_input_gradient(cx, "Conv2DBackpropFilter", "Conv2D")),
    ..OpDef::NEW
};

pub(crate) static CONV_2D_BACKPROP_FILTER: OpDef = OpDef {
    name: "Conv2DBackpropFilter",
    shape: filter_shape::<2>,
    kernel: Some(filter_kernel::<2>),
    grad: Grad::Fn(|cx| of_filter_gradient(cx, "Conv2DBackpropInput", "Conv2D")),
    ..OpDef::NEW
};

pub(crate) static CONV_3D_BACKPROP_INPUT_V2: OpDef = OpDef {
    name: "Conv3DBackpropInputV2",
    shape: input_shape::<3>,
    kernel: Some(input_kernel::<3>),
    grad: Grad::Fn(|cx| of_input_gradient(cx, "Conv3DBackpropFilterV2", "Conv3D")),
    ..OpDef::NEW
};

pub(crate) static CONV_3D_BACKPROP_FILTER_V2: OpDef = OpDef {
    name: "Conv3DBackpropFilterV2",
    shape: filter_shape::<3>,
    kernel: Some(filter_kernel::<3>),
    grad: Grad::Fn(|cx| of_filter_gradient(cx, "Conv3DBackpropInputV2", "Conv3D")),
    ..OpDef::NEW
};

/// The sizes that an input holds as numbers; what `op` calls itself stands in front of complaints.
fn sizes(cx: &ShapeCtx<'_>, index: usize, name: &str, spatial: usize) -> Result<PartialShape> {
    if let Some(rank) = cx.input(index).rank()
        && rank != 1
    {
        return Err(cx.mismatch(
            format!("{}: {name} input must be 1-dim, not {rank}", cx.op()),
            format!("Shape must be rank 1 but is rank {rank}"),
        ));
    }
    if let Some(values) = cx.ints(index)?
        && let Some(negative) = values.iter().find(|&&size| size < 0)
    {
        return Err(cx.mismatch(
            format!("Dimension {negative} must be >= 0"),
            format!("Invalid value in tensor used for shape: {negative}"),
        ));
    }
    let shape = cx.input_as_shape(index)?;
    Ok(if shape.rank().is_none() { PartialShape::of_rank(spatial + 2) } else { shape })
}

fn with_rank(cx: &ShapeCtx<'_>, shape: &PartialShape, rank: usize, words: String) -> Result<()> {
    match shape.rank() {
        Some(found) if found != rank => {
            Err(cx.mismatch(words, format!("Shape must be rank {rank} but is rank {found}")))
        }
        _ => Ok(()),
    }
}

/// Checks, as kernels do, that an input, a filter and the gradient of an output belong together.
fn check_run_time(attrs: &ConvAttrs, label: &str, input: &Shape, filter: &Shape, dy: &Shape) -> Result<()> {
    let spatial = attrs.spatial;
    let channel_axis = attrs.format.channel_axis(spatial + 2);
    if input[0] != dy[0] {
        bail!(
            invalid_argument,
            "{label}: input and out_backprop must have the same batch size. Input batch: {}, outbackprop batch: {}, \
             batch_dim: 0",
            input[0],
            dy[0]
        );
    }
    let (channels, filter_channels) = (input[channel_axis], filter[spatial]);
    if filter_channels == 0 || channels % filter_channels != 0 {
        bail!(invalid_argument, "{label}: input depth must be evenly divisible by filter depth");
    }
    if filter[spatial + 1] != dy[channel_axis] {
        bail!(invalid_argument, "{label}: filter and out_backprop must have the same out_depth");
    }
    for axis in 0..spatial {
        let at = axis + attrs.format.first_spatial();
        let mut span = attrs.spans[3 - spatial + axis];
        span.window = filter[axis] as i64;
        let computed = span.over(input[at])?.output;
        if computed != dy[at] {
            bail!(
                invalid_argument,
                "{label}: Size of out_backprop doesn't match computed: actual = {}, computed = {computed} spatial_dim: {at} \
                 input: {} filter: {} output: {} stride: {} dilation: {}",
                dy[at],
                input[at],
                filter[axis],
                dy[at],
                span.stride,
                span.dilation
            );
        }
    }
    Ok(())
}

fn label(cx: &ShapeCtx<'_>, spatial: usize) -> String {
    let gradient = cx.op().trim_start_matches(|c: char| c != 'B').trim_end_matches("V2");
    format!("Conv{spatial}DCustom{gradient}")
}

fn input_shape<const SPATIAL: usize>(cx: &mut ShapeCtx<'_>) -> Result<()> {
    check_conv(cx, SPATIAL)?;
    let attrs = ConvAttrs::read(cx, SPATIAL)?;
    let rank = SPATIAL + 2;
    let (mut input, filter, dy) = (sizes(cx, 0, "input_sizes", SPATIAL)?, cx.input(1), cx.input(2));
    with_rank(
        cx,
        &dy,
        rank,
        format!("input_sizes must be {rank}-dimensional, got: {}", dy.rank().unwrap_or(0)),
    )?;
    with_rank(cx, &filter, rank, format!("filter must be {rank}-dimensional"))?;
    let channel_axis = attrs.format.channel_axis(rank);
    match input.dims() {
        // Two sizes are height and width alone.
        Some(&[height, width]) if SPATIAL == 2 => {
            input = attrs.format.shape(dy.dim(0), &[height, width], filter.dim(2));
        }
        Some(dims) if dims.len() != rank => bail!(
            invalid_argument,
            "{} requires input_sizes to contain {rank} values{}, but got: {}",
            cx.op(),
            if SPATIAL == 2 { " or 2 values" } else { "" },
            dims.len()
        ),
        _ => {}
    }
    if cx.at_run_time() {
        if let (Some(input), Some(filter), Some(dy)) = (input.to_shape(), filter.to_shape(), dy.to_shape()) {
            check_run_time(&attrs, &label(cx, SPATIAL), &input, &filter, &dy)?;
            check_one_group(input[channel_axis], filter[SPATIAL])?;
        }
    } else {
        cx.merge_dims(input.dim(0), dy.dim(0))?;
        cx.merge_dims(dy.dim(channel_axis), filter.dim(rank - 1))?;
    }
    cx.set(0, input);
    Ok(())
}

fn check_one_group(channels: usize, filter_channels: usize) -> Result<()> {
    if channels != filter_channels {
        bail!(
            invalid_argument,
            "Gradients for grouped convolutions are not supported on CPU. Please file a feature request if you run into \
             this issue. Computed input depth {channels} doesn't match filter input depth {filter_channels}"
        );
    }
    Ok(())
}

fn filter_shape<const SPATIAL: usize>(cx: &mut ShapeCtx<'_>) -> Result<()> {
    check_conv(cx, SPATIAL)?;
    let attrs = ConvAttrs::read(cx, SPATIAL)?;
    let rank = SPATIAL + 2;
    let (input, filter, dy) = (cx.input(0), sizes(cx, 1, "filter_sizes", SPATIAL)?, cx.input(2));
    let label = label(cx, SPATIAL);
    with_rank(cx, &filter, rank, format!("{label}: filter must be {rank}-dimensional"))?;
    with_rank(cx, &input, rank, format!("{label}: input must be {rank}-dimensional"))?;
    with_rank(cx, &dy, rank, format!("{label}: out_backprop must be {rank}-dimensional"))?;
    if cx.at_run_time()
        && let (Some(input), Some(filter), Some(dy)) = (input.to_shape(), filter.to_shape(), dy.to_shape())
    {
        check_run_time(&attrs, &label, &input, &filter, &dy)?;
        let channels = input[attrs.format.channel_axis(rank)];
        if channels != filter[SPATIAL] {
            bail!(
                invalid_argument,
                "filter_size does not have enough elements, requested {}, got {}",
                filter.num_elements() / filter[SPATIAL].max(1) * channels,
                filter.num_elements()
            );
        }
    }
    cx.set(0, filter);
    Ok(())
}

fn input_kernel<const SPATIAL: usize>(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.dtype("T")? {
        dtype if is_half(dtype) => cx.through_f32(input_kernel::<SPATIAL>),
        DType::INT32 => to_input::<i32, SPATIAL>(cx),
        dtype => dispatch!(dtype, FLOATS, |T| to_input::<T, SPATIAL>(cx)),
    }
}

fn to_input<T: Product, const SPATIAL: usize>(cx: &mut KernelCtx<'_>) -> Result<()> {
    let attrs = ConvAttrs::read(cx, SPATIAL)?;
    let volume = Volume::of(&cx.output_shape(0)?, attrs.format)?;
    let dy = attrs.format.channels_to_end(cx.take(2)?)?;
    let filter = cx.input(1)?;
    let windows = windows::<SPATIAL>(attrs, volume, filter.shape().dims())?;
    let filters = filter.shape().dims().last().copied().unwrap_or(0);
    let dx = conv_kernels::to_input(&windows, filters, dy.as_slice::<T>()?, filter.as_slice::<T>()?)?;
    let dx = NdArray::from_shape(last_shape(&windows, SPATIAL)?, dx)?;
    cx.set(0, attrs.format.channels_from_end(dx)?)
}

/// The input's shape with channels last.
fn last_shape(windows: &Windows, spatial: usize) -> Result<Shape> {
    let mut unmoved = *windows;
    for (axis, size) in unmoved.axes.iter_mut().zip(windows.input.spatial()) {
        axis.output = size;
    }
    output_shape(&unmoved, spatial, windows.input.channels)
}

fn filter_kernel<const SPATIAL: usize>(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.dtype("T")? {
        dtype if is_half(dtype) => cx.through_f32(filter_kernel::<SPATIAL>),
        dtype => dispatch!(dtype, FLOATS, |T| to_filter::<T, SPATIAL>(cx)),
    }
}

fn to_filter<T: Product, const SPATIAL: usize>(cx: &mut KernelCtx<'_>) -> Result<()> {
    let attrs = ConvAttrs::read(cx, SPATIAL)?;
    let shape = cx.output_shape(0)?;
    let input = attrs.format.channels_to_end(cx.take(0)?)?;
    let dy = attrs.format.channels_to_end(cx.take(2)?)?;
    let volume = Volume::of(input.shape(), Format::ChannelsLast)?;
    let windows = windows::<SPATIAL>(attrs, volume, shape.dims())?;
    let filters = shape.dims().last().copied().unwrap_or(0);
    let gradient = conv_kernels::to_filter(&windows, filters, input.as_slice::<T>()?, dy.as_slice::<T>()?)?;
    cx.set_elements(0, gradient)
}

/// `dx` is bilinear in filter and `dy`: their gradients are another convolution's.
fn of_input_gradient(cx: &mut GradCtx<'_>, to_filter: &str, forward: &str) -> Result<()> {
    let (filter, dy, dz) = (cx.x(1)?, cx.x(2)?, cx.dy(0)?);
    let shape = Op::named("Shape").input(filter).one()?;
    cx.set(1, like(cx, to_filter).input(&dz).input(shape).input(dy).one())?;
    cx.set(2, like(cx, forward).input(&dz).input(filter).one())
}

/// The filter's gradient is bilinear in input and `dy`.
fn of_filter_gradient(cx: &mut GradCtx<'_>, to_input: &str, forward: &str) -> Result<()> {
    let (input, dy, dz) = (cx.x(0)?, cx.x(2)?, cx.dy(0)?);
    let shape = Op::named("Shape").input(input).one()?;
    cx.set(0, like(cx, to_input).input(shape).input(&dz).input(dy).one())?;
    cx.set(2, like(cx, forward).input(input).input(&dz).one())
}
