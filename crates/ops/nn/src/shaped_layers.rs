//! Convolutions and pooling of sequences, transposed and separable convolutions: other functions' ops, reshaped.

use crate::conv_options::{ConvOptions, Padding, Sizes};
use crate::{avg_pool2d, avg_pool3d, max_pool2d, max_pool3d};
use ferroflow_core::{IntoOperand, Op, Operand, Result, Tensor, bail, context, convert_to_tensor};

fn expand(x: impl IntoOperand, axis: i32) -> Result<Tensor> {
    Op::named("ExpandDims").input(x).input(axis).one()
}

fn squeeze(x: Tensor, axis: i64) -> Result<Tensor> {
    Op::named("Squeeze").input(x).attr("squeeze_dims", vec![axis]).one()
}

/// The convolution of `[batch, width, channels]` sequences with `[width, in, out]` filters.
///
/// Source: `tf.nn.conv1d` (ops `ExpandDims`, `Conv2D`, `Squeeze`).
///
/// # Errors
/// `InvalidArgument` when filters, stride and padding do not fit the input.
pub fn conv1d(
    input: impl IntoOperand,
    filters: impl IntoOperand,
    stride: i64,
    padding: impl Into<Padding>,
) -> Result<Tensor> {
    let (input, filters, padding) = (input.into_operand()?, filters.into_operand()?, padding.into());
    let name = context::take_name().unwrap_or_else(|| "conv1d".to_string());
    context::name_scope_for_op(&name, |name| {
        let (wide, filters) = (expand(input, 1)?, expand(filters, 0)?);
        let op = Op::named("Conv2D").input(wide).input(filters).name(name);
        let strides = Sizes::from([1, 1, stride, 1]);
        squeeze(ConvOptions::default().apply(op, 2, strides, padding)?.one()?, 1)
    })
}

/// A convolution of each channel by itself, then one that mixes channels at each pixel.
///
/// Source: `tf.nn.separable_conv2d` (ops `DepthwiseConv2dNative`, `Conv2D`).
///
/// # Errors
/// `InvalidArgument` when filters, strides and padding do not fit the input.
pub fn separable_conv2d(
    input: impl IntoOperand,
    depthwise_filter: impl IntoOperand,
    pointwise_filter: impl IntoOperand,
    strides: impl Into<Sizes>,
    padding: impl Into<Padding>,
) -> Result<Tensor> {
    let (input, depthwise, pointwise) =
        (input.into_operand()?, depthwise_filter.into_operand()?, pointwise_filter.into_operand()?);
    let (strides, padding) = (strides.into(), padding.into());
    let name = context::take_name().unwrap_or_else(|| "separable_conv2d".to_string());
    context::name_scope_for_op(&name, |name| {
        let op = Op::named("DepthwiseConv2dNative").input(input).input(depthwise).default_name("depthwise");
        let each = ConvOptions::default().apply(op, 2, strides, padding)?.one()?;
        let op = Op::named("Conv2D").input(each).input(pointwise).name(name);
        ConvOptions::default().apply(op, 2, Sizes::from(1), Padding::from("VALID"))?.one()
    })
}

/// How many axes of an input are neither batch nor channels.
fn spatial(input: &Tensor) -> Result<usize> {
    match input.rank() {
        Some(rank @ 3..=5) => Ok(rank - 2),
        Some(rank) => bail!(
            value,
            "`input.shape.rank` must be 3, 4 or 5. Received: input.shape={} of rank {rank}.",
            input.shape()
        ),
        None => bail!(unimplemented, "pooling of an input of unknown rank"),
    }
}

fn pool1d(
    scope: &str,
    op: &'static str,
    input: Operand,
    ksize: i64,
    strides: i64,
    padding: Padding,
) -> Result<Tensor> {
    let name = context::take_name().unwrap_or_else(|| scope.to_string());
    context::name_scope_for_op(&name, |name| {
        let op = Op::named(op).input(expand(input, 1)?).name(name);
        let (ksize, strides) = (Sizes::from([1, 1, ksize, 1]), Sizes::from([1, 1, strides, 1]));
        squeeze(crate::PoolOptions::default().apply(op, 2, ksize, strides, padding)?.one()?, 1)
    })
}

/// The greatest value in each window of `[batch, width, channels]` sequences.
///
/// Source: `tf.nn.max_pool1d` (op `MaxPool`).
///
/// # Errors
/// `InvalidArgument` when window, strides and padding do not fit the input.
pub fn max_pool1d(
    input: impl IntoOperand,
    ksize: i64,
    strides: i64,
    padding: impl Into<Padding>,
) -> Result<Tensor> {
    pool1d("MaxPool1d", "MaxPool", input.into_operand()?, ksize, strides, padding.into())
}

/// The mean of each window of `[batch, width, channels]` sequences.
///
/// Source: `tf.nn.avg_pool1d` (op `AvgPool`).
///
/// # Errors
/// `InvalidArgument` when window, strides and padding do not fit the input.
pub fn avg_pool1d(
    input: impl IntoOperand,
    ksize: i64,
    strides: i64,
    padding: impl Into<Padding>,
) -> Result<Tensor> {
    pool1d("AvgPool1D", "AvgPool", input.into_operand()?, ksize, strides, padding.into())
}

/// The greatest value in each window of sequences, images or volumes.
///
/// Source: `tf.nn.max_pool` (ops `MaxPool`, `MaxPool3D`).
///
/// ```
/// use ferroflow_ops_nn::max_pool;
/// let image = [[[[1.0], [2.0]], [[3.0], [4.0]]]];
/// assert_eq!(max_pool(image, 2, 2, "VALID")?.numpy()?.as_slice::<f32>()?, [4.0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `ValueError` for another rank, `InvalidArgument` when window, strides and padding do not fit the input.
pub fn max_pool(
    input: impl IntoOperand,
    ksize: impl Into<Sizes>,
    strides: impl Into<Sizes>,
    padding: impl Into<Padding>,
) -> Result<Tensor> {
    let input = convert_to_tensor(input, None)?;
    match spatial(&input)? {
        1 => {
            let (ksize, strides) =
                (ksize.into().expand("ksize", 1, false)?, strides.into().expand("strides", 1, false)?);
            max_pool1d(input, ksize[1], strides[1], padding)
        }
        2 => max_pool2d(input, ksize, strides, padding),
        _ => max_pool3d(input, ksize, strides, padding),
    }
}

/// The mean of each window of sequences, images or volumes.
///
/// Source: `tf.nn.avg_pool` (ops `AvgPool`, `AvgPool3D`).
///
/// # Errors
/// `ValueError` for another rank, `InvalidArgument` when window, strides and padding do not fit the input.
pub fn avg_pool(
    input: impl IntoOperand,
    ksize: impl Into<Sizes>,
    strides: impl Into<Sizes>,
    padding: impl Into<Padding>,
) -> Result<Tensor> {
    let input = convert_to_tensor(input, None)?;
    match spatial(&input)? {
        1 => {
            let (ksize, strides) =
                (ksize.into().expand("ksize", 1, false)?, strides.into().expand("strides", 1, false)?);
            avg_pool1d(input, ksize[1], strides[1], padding)
        }
        2 => {
            let name = context::take_name().unwrap_or_else(|| "AvgPool".to_string());
            context::with_name(&name, || avg_pool2d(input, ksize, strides, padding))
        }
        _ => avg_pool3d(input, ksize, strides, padding),
    }
}
