//! MaxPool, MaxPoolV2, MaxPool3D: the greatest value in each window.

use crate::activations::is_half;
use crate::conv::output_shape;
use crate::conv_options::{Padding, PoolOptions, Sizes};
use crate::max_pool_grad as grads;
use crate::pool_attrs::{PoolAttrs, check_channel_window, check_pool, check_rank};
use crate::pool_kernels::{Number, channel_maxima, maxima};
use crate::volume::{Format, Volume};
use ferroflow_core::{
    Attrs, DType, Grad, IntoOperand, KernelCtx, NdArray, Op, OpDef, Result, Shape, ShapeCtx, Tensor, bail,
    context, dispatch,
};

/// The dtypes that TensorFlow's CPU kernels take: `qint8` has none.
const TYPES: &[DType] = &[
    DType::HALF,
    DType::BFLOAT16,
    DType::FLOAT32,
    DType::FLOAT64,
    DType::INT32,
    DType::INT64,
    DType::UINT8,
    DType::INT16,
    DType::INT8,
    DType::UINT16,
];

/// The greatest value in each window of `[batch, height, width, channels]` images.
///
/// `ksize` and `strides` are one number, one for each of height and width, or one for each dimension.
///
/// Source: `tf.nn.max_pool2d` (op `MaxPool`).
///
/// ```
/// use ferroflow_ops_nn::max_pool2d;
/// let image = [[[[1.0], [2.0]], [[3.0], [4.0]]]];
/// assert_eq!(max_pool2d(image, 2, 2, "VALID")?.numpy()?.as_slice::<f32>()?, [4.0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// Differs from TensorFlow: `data_format = "NCHW"` works without a GPU, too.
///
/// # Errors
/// `InvalidArgument` when window, strides and padding do not fit the input.
pub fn max_pool2d(
    input: impl IntoOperand,
    ksize: impl Into<Sizes>,
    strides: impl Into<Sizes>,
    padding: impl Into<Padding>,
) -> Result<Tensor> {
    max_pool2d_with(input, ksize, strides, padding, |options| options)
}

/// [`max_pool2d`] with another data format.
///
/// # Errors
/// `InvalidArgument` when window, strides and padding do not fit the input.
pub fn max_pool2d_with(
    input: impl IntoOperand,
    ksize: impl Into<Sizes>,
    strides: impl Into<Sizes>,
    padding: impl Into<Padding>,
    options: impl FnOnce(PoolOptions) -> PoolOptions,
) -> Result<Tensor> {
    let options = options(PoolOptions::default());
    let name = context::take_name().unwrap_or_else(|| "MaxPool2d".to_string());
    context::name_scope_for_op(&name, |name| {
        let op = Op::new(&MAX_POOL).input(input).name(name);
        options.apply(op, 2, ksize.into(), strides.into(), padding.into())?.one()
    })
}

/// The greatest value in each window of `[batch, depth, height, width, channels]` volumes.
///
/// Source: `tf.nn.max_pool3d` (op `MaxPool3D`).
///
/// # Errors
/// `InvalidArgument` when window, strides and padding do not fit the input.
pub fn max_pool3d(
    input: impl IntoOperand,
    ksize: impl Into<Sizes>,
    strides: impl Into<Sizes>,
    padding: impl Into<Padding>,
) -> Result<Tensor> {
    let op = Op::new(&MAX_POOL_3D).input(input);
    PoolOptions::default().apply(op, 3, ksize.into(), strides.into(), padding.into())?.one()
}

pub(crate) static MAX_POOL: OpDef = OpDef {
    name: "MaxPool",
    shape: shape::<2>,
    kernel: Some(kernel::<2>),
    grad: Grad::Fn(grads::grad),
    types: &[("T", TYPES)],
    ..OpDef::NEW
};

pub(crate) static MAX_POOL_V2: OpDef = OpDef {
    name: "MaxPoolV2",
    shape: shape::<2>,
    kernel: Some(kernel::<2>),
    grad: Grad::Fn(grads::grad_v2),
    types: &[("T", TYPES)],
    ..OpDef::NEW
};

pub(crate) static MAX_POOL_3D: OpDef = OpDef {
    name: "MaxPool3D",
    shape: shape::<3>,
    kernel: Some(kernel::<3>),
    grad: Grad::Fn(grads::grad_3d),
    ..OpDef::NEW
};

/// `ksize` and `strides`, from attributes or, as far as known, from the inputs that stand from `first` on.
pub(crate) fn sizes(cx: &ShapeCtx<'_>, first: usize) -> Result<Option<(Vec<i64>, Vec<i64>)>> {
    let attrs: &Attrs = cx;
    if let (Ok(ksize), Ok(strides)) = (attrs.ints("ksize"), attrs.ints("strides")) {
        return Ok(Some((ksize.to_vec(), strides.to_vec())));
    }
    cx.with_rank(first, 1)?;
    cx.with_rank(first + 1, 1)?;
    Ok(cx.ints(first)?.zip(cx.ints(first + 1)?))
}

/// The same for a kernel.
pub(crate) fn kernel_sizes(cx: &KernelCtx<'_>, first: usize) -> Result<(Vec<i64>, Vec<i64>)> {
    let attrs = cx.attrs();
    match (attrs.ints("ksize"), attrs.ints("strides")) {
        (Ok(ksize), Ok(strides)) => Ok((ksize.to_vec(), strides.to_vec())),
        _ => Ok((cx.ints(first)?, cx.ints(first + 1)?)),
    }
}

fn shape<const SPATIAL: usize>(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let input = cx.input(0);
    let Some((ksize, strides)) = sizes(cx, 1)? else {
        cx.set(0, ferroflow_core::PartialShape::of_rank(SPATIAL + 2));
        return Ok(());
    };
    check_pool(cx, SPATIAL, &ksize, &strides, false)?;
    let found = input.rank().unwrap_or(0);
    let words = if SPATIAL == 2 {
        format!("tensor_in_shape must have 2 spatial dimensions. {found} 0")
    } else {
        "tensor_in must be 5-dimensional".to_string()
    };
    check_rank(cx, &input, SPATIAL, &words)?;
    let attrs = PoolAttrs::new(cx, SPATIAL, &ksize, &strides)?;
    if cx.at_run_time() {
        let channels = input.dim(attrs.format.channel_axis(SPATIAL + 2)).unwrap_or(0);
        check_channel_window(attrs.format, &ksize, &strides, channels, false)?;
    }
    let output = attrs.output_shape(cx, &input)?;
    if SPATIAL == 2 && !cx.at_run_time() {
        // The shape function counts windows over channels, too, whatever their number.
        let axis = attrs.format.channel_axis(SPATIAL + 2);
        if let Some(channels) = input.dim(axis).filter(|&channels| (channels as i64) < ksize[axis]) {
            let window = ksize[axis];
            bail!(invalid_argument, "Negative dimension size caused by subtracting {window} from {channels}");
        }
    }
    cx.set(0, output);
    Ok(())
}

fn kernel<const SPATIAL: usize>(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.dtype("T")? {
        dtype if is_half(dtype) => cx.through_f32(kernel::<SPATIAL>),
        dtype => dispatch!(dtype, REALS, |T| pool::<T, SPATIAL>(cx)),
    }
}

fn pool<T: Number, const SPATIAL: usize>(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (ksize, strides) = kernel_sizes(cx, 1)?;
    let attrs = PoolAttrs::new(cx, SPATIAL, &ksize, &strides)?;
    let input = attrs.format.channels_to_end(cx.take(0)?)?;
    let volume = Volume::of(input.shape(), Format::ChannelsLast)?;
    let windows = attrs.over(volume)?;
    let values = input.as_slice::<T>()?;
    let output = if attrs.channel_window > 1 {
        let mut dims = input.shape().dims().to_vec();
        if let Some(channels) = dims.last_mut() {
            *channels /= attrs.channel_window;
        }
        NdArray::from_shape(Shape::new(&dims)?, channel_maxima(values, attrs.channel_window))?
    } else {
        NdArray::from_shape(output_shape(&windows, SPATIAL, volume.channels)?, maxima(&windows, values)?)?
    };
    cx.set(0, attrs.format.channels_from_end(output)?)
}
