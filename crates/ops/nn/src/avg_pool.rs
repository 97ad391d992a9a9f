//! AvgPool, AvgPool3D and their gradients: the mean of each window.

use crate::activations::is_half;
use crate::conv::output_shape;
use crate::conv_options::{Padding, PoolOptions, Sizes};
use crate::max_pool_grad::like;
use crate::pool_attrs::{PoolAttrs, check_channel_window, check_pool, check_rank};
use crate::pool_kernels::{means, to_means};
use crate::volume::{Format, Volume};
use ferroflow_core::{
    Attrs, Element, Grad, GradCtx, IntoOperand, KernelCtx, NdArray, Op, OpDef, PartialShape, Result, Shape,
    ShapeCtx, Tensor, bail, context, dispatch,
};
use num_traits::{Float, NumAssign};

/// The mean of each window of `[batch, height, width, channels]` images; padding does not count.
///
/// `ksize` and `strides` are one number, one for each of height and width, or one for each dimension.
///
/// Source: `tf.nn.avg_pool2d` (op `AvgPool`).
///
/// ```
/// use ferroflow_ops_nn::avg_pool2d;
/// let image = [[[[1.0], [2.0]], [[3.0], [4.0]]]];
/// assert_eq!(avg_pool2d(image, 2, 2, "VALID")?.numpy()?.as_slice::<f32>()?, [2.5]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// Differs from TensorFlow: `data_format = "NCHW"` works without a GPU, too.
///
/// # Errors
/// `InvalidArgument` when window, strides and padding do not fit the input.
pub fn avg_pool2d(
    input: impl IntoOperand,
    ksize: impl Into<Sizes>,
    strides: impl Into<Sizes>,
    padding: impl Into<Padding>,
) -> Result<Tensor> {
    avg_pool2d_with(input, ksize, strides, padding, |options| options)
}

/// [`avg_pool2d`] with another data format.
///
/// # Errors
/// `InvalidArgument` when window, strides and padding do not fit the input.
pub fn avg_pool2d_with(
    input: impl IntoOperand,
    ksize: impl Into<Sizes>,
    strides: impl Into<Sizes>,
    padding: impl Into<Padding>,
    options: impl FnOnce(PoolOptions) -> PoolOptions,
) -> Result<Tensor> {
    let options = options(PoolOptions::default());
    let name = context::take_name().unwrap_or_else(|| "AvgPool2D".to_string());
    context::name_scope_for_op(&name, |name| {
        let op = Op::new(&AVG_POOL).input(input).name(name);
        options.apply(op, 2, ksize.into(), strides.into(), padding.into())?.one()
    })
}

/// The mean of each window of `[batch, depth, height, width, channels]` volumes; padding does not count.
///
/// Source: `tf.nn.avg_pool3d` (op `AvgPool3D`).
///
/// # Errors
/// `InvalidArgument` when window, strides and padding do not fit the input.
pub fn avg_pool3d(
    input: impl IntoOperand,
    ksize: impl Into<Sizes>,
    strides: impl Into<Sizes>,
    padding: impl Into<Padding>,
) -> Result<Tensor> {
    let op = Op::new(&AVG_POOL_3D).input(input);
    PoolOptions::default().apply(op, 3, ksize.into(), strides.into(), padding.into())?.one()
}

pub(crate) static AVG_POOL: OpDef = OpDef {
    name: "AvgPool",
    shape: shape::<2>,
    kernel: Some(kernel::<2>),
    grad: Grad::Fn(|cx| grad(cx, "AvgPoolGrad")),
    ..OpDef::NEW
};

pub(crate) static AVG_POOL_3D: OpDef = OpDef {
    name: "AvgPool3D",
    shape: shape::<3>,
    kernel: Some(kernel::<3>),
    grad: Grad::Fn(|cx| grad(cx, "AvgPool3DGrad")),
    ..OpDef::NEW
};

pub(crate) static AVG_POOL_GRAD: OpDef = OpDef {
    name: "AvgPoolGrad",
    shape: grad_shape::<2>,
    kernel: Some(grad_kernel::<2>),
    grad: Grad::Fn(|cx| grad_grad(cx, "AvgPool")),
    ..OpDef::NEW
};

pub(crate) static AVG_POOL_3D_GRAD: OpDef = OpDef {
    name: "AvgPool3DGrad",
    shape: grad_shape::<3>,
    kernel: Some(grad_kernel::<3>),
    grad: Grad::Fn(|cx| grad_grad(cx, "AvgPool3D")),
    ..OpDef::NEW
};

fn shape<const SPATIAL: usize>(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let input = cx.input(0);
    let attrs: &Attrs = cx;
    let (ksize, strides) = (attrs.ints("ksize")?, attrs.ints("strides")?);
    check_pool(cx, SPATIAL, ksize, strides, SPATIAL == 2)?;
    let found = input.rank().unwrap_or(0);
    let words = if SPATIAL == 2 {
        format!("tensor_in_shape must have 2 spatial dimensions. {found} 0")
    } else {
        "tensor_in must be 5-dimensional".to_string()
    };
    check_rank(cx, &input, SPATIAL, &words)?;
    let pool = PoolAttrs::read(cx, SPATIAL)?;
    if cx.at_run_time() {
        let channels = input.dim(pool.format.channel_axis(SPATIAL + 2)).unwrap_or(0);
        check_channel_window(pool.format, ksize, strides, channels, true)?;
    }
    let output = pool.output_shape(cx, &input)?;
    cx.set(0, output);
    Ok(())
}

fn kernel<const SPATIAL: usize>(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.dtype("T")? {
        dtype if is_half(dtype) => cx.through_f32(kernel::<SPATIAL>),
        dtype => dispatch!(dtype, FLOATS, |T| pool::<T, SPATIAL>(cx)),
    }
}

fn pool<T: Element + Float + NumAssign, const SPATIAL: usize>(cx: &mut KernelCtx<'_>) -> Result<()> {
    let attrs = PoolAttrs::read(cx, SPATIAL)?;
    let input = attrs.format.channels_to_end(cx.take(0)?)?;
    let volume = Volume::of(input.shape(), Format::ChannelsLast)?;
    let windows = attrs.over(volume)?;
    let output = means(&windows, input.as_slice::<T>()?)?;
    let output = NdArray::from_shape(output_shape(&windows, SPATIAL, volume.channels)?, output)?;
    cx.set(0, attrs.format.channels_from_end(output)?)
}

fn grad_shape<const SPATIAL: usize>(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let rank = SPATIAL + 2;
    let sizes = cx.input(0);
    if sizes.rank().is_some_and(|rank| rank != 1) || sizes.dim(0).is_some_and(|count| count != rank) {
        let found = sizes.dim(0).filter(|_| sizes.rank() == Some(1));
        return Err(cx.mismatch(
            format!("out_backprop must be 1-dimensional and {rank} elements"),
            match found {
                Some(found) => format!("Shape must be rank {rank} but is rank {found}"),
                None => format!("Shape must be rank 1 but is rank {}", sizes.rank().unwrap_or(0)),
            },
        ));
    }
    let dy = cx.input(1);
    if cx.at_run_time() && dy.rank() != Some(rank) {
        bail!(invalid_argument, "out_backprop must be {rank}-dimensional");
    }
    if let Some(values) = cx.ints(0)?
        && let Some(negative) = values.iter().find(|&&size| size < 0)
    {
        return Err(cx.mismatch(
            format!("Expected a non-negative size, got {negative}"),
            format!("Invalid value in tensor used for shape: {negative}"),
        ));
    }
    let input = cx.input_as_shape(0)?;
    cx.set(0, if input.rank().is_none() { PartialShape::of_rank(rank) } else { input });
    Ok(())
}

fn grad_kernel<const SPATIAL: usize>(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.dtype("T")? {
        dtype if is_half(dtype) => cx.through_f32(grad_kernel::<SPATIAL>),
        dtype => dispatch!(dtype, FLOATS, |T| spread::<T, SPATIAL>(cx)),
    }
}

fn spread<T: Element + Float + NumAssign, const SPATIAL: usize>(cx: &mut KernelCtx<'_>) -> Result<()> {
    let attrs = PoolAttrs::read(cx, SPATIAL)?;
    let volume = Volume::of(&cx.output_shape(0)?, attrs.format)?;
    let windows = attrs.over(volume)?;
    let dy = attrs.format.channels_to_end(cx.take(1)?)?;
    let expected = output_shape(&windows, SPATIAL, volume.channels)?;
    if dy.shape() != &expected {
        bail!(invalid_argument, "Expected grad shape to be {expected}, but got {}", dy.shape());
    }
    let dx = to_means(&windows, dy.as_slice::<T>()?)?;
    let mut dims = vec![volume.batch];
    dims.extend_from_slice(&volume.spatial()[3 - SPATIAL..]);
    dims.push(volume.channels);
    let dx = NdArray::from_shape(Shape::new(&dims)?, dx)?;
    cx.set(0, attrs.format.channels_from_end(dx)?)
}

fn grad(cx: &mut GradCtx<'_>, op: &str) -> Result<()> {
    let shape = Op::named("Shape").input(cx.x(0)?).one()?;
    let dx = like(cx, op).input(shape).input(cx.dy(0)?).one();
    cx.set(0, dx)
}

fn grad_grad(cx: &mut GradCtx<'_>, op: &str) -> Result<()> {
    let ddy = like(cx, op).input(cx.dy(0)?).one();
    cx.set(0, Op::named("StopGradient").input(cx.x(0)?).one())?;
    cx.set(1, ddy)
}
