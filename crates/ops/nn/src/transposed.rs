//! Convolutions run backwards: transposed ones, and the gradients of convolutions as functions of their own.

use crate::{ConvOptions, Padding, Sizes};
use ferroflow_core::NdArray;
use ferroflow_core::{
    IntoOperand, Op, Operand, Result, Tensor, bail, constant, context, convert_to_tensor, ensure,
};

/// The op that spreads each element of `input` over a window of the output.
fn spread(
    op: &str,
    [output_shape, filters, input]: [Operand; 3],
    spatial: usize,
    strides: Sizes,
    padding: Padding,
    name: String,
) -> Result<Op> {
    let op = Op::named(op).input(output_shape).input(filters).input(input).name(name);
    ConvOptions::default().apply(op, spatial, strides, padding)
}

/// The transpose of [`crate::conv1d`]: each element spreads over a window of a `[batch, width, channels]` sequence.
///
/// `filters` is `[width, out_channels, in_channels]`.
///
/// Source: `tf.nn.conv1d_transpose` (op `Conv2DBackpropInput`).
///
/// ```
/// use ferroflow_ops_nn::conv1d_transpose;
/// ferroflow_ops::install();
/// let spread = conv1d_transpose([[[1.0], [2.0]]], [[[1.0]], [[10.0]]], [1, 4, 1], 2, "SAME")?;
/// assert_eq!(spread.numpy()?.as_slice::<f32>()?, [1.0, 10.0, 2.0, 20.0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for a convolution that would not give the input's shape.
pub fn conv1d_transpose(
    input: impl IntoOperand,
    filters: impl IntoOperand,
    output_shape: impl IntoOperand,
    strides: i64,
    padding: impl Into<Padding>,
) -> Result<Tensor> {
    let (input, filters, shape) =
        (input.into_operand()?, filters.into_operand()?, output_shape.into_operand()?);
    let padding = padding.into();
    let name = context::take_name().unwrap_or_else(|| "conv1d_transpose".to_string());
    context::name_scope_for_op(&name, |name| {
        let expand = |operand: Operand, axis: i32| Op::named("ExpandDims").input(operand).input(axis).one();
        let (input, filters) = (expand(input, 1)?, expand(filters, 0)?);
        let shape = convert_to_tensor(shape, None)?;
        let known = match &shape {
            Tensor::Eager(shape) => Some(shape.value().clone()),
            Tensor::Symbolic(shape) => shape.graph().constant_value(shape),
        };
        let known = known.map(|sizes| sizes.to_i64_vec()).transpose()?;
        let list = |sizes: &[i64]| constant(NdArray::vector(sizes.to_vec()).cast(shape.dtype())?);
        // Sizes that are known are cut apart as they are.
        let part = |begin: usize, end: usize| match known.as_ref().and_then(|known| known.get(begin..end)) {
            Some(sizes) => list(sizes),
            None => {
                let op = Op::named("StridedSlice").input(&shape).input([begin as i32]).input([end as i32]);
                op.input([1]).default_name("strided_slice").one()
            }
        };
        let parts = [part(0, 1)?, list(&[1])?, part(1, 3)?];
        let shape = Op::named("ConcatV2").inputs(parts).input(0).default_name("concat").one()?;
        let operands = [shape.into_operand()?, filters.into_operand()?, input.into_operand()?];
        let strides = Sizes::from([1, 1, strides, 1]);
        let wide = spread("Conv2DBackpropInput", operands, 2, strides, padding, name)?.one()?;
        Op::named("Squeeze").input(wide).attr("squeeze_dims", vec![1i64]).one()
    })
}

macro_rules! transposes {
    ($($(#[$doc:meta])* $name:ident $op:literal $spatial:literal;)*) => {
        $($(#[$doc])*
        ///
        #[doc = concat!("Source: `tf.nn.", stringify!($name), "` (op `", $op, "`).")]
        ///
        /// # Errors
        /// `InvalidArgument` for a convolution that would not give the input's shape.
        pub fn $name(
            input: impl IntoOperand,
            filters: impl IntoOperand,
            output_shape: impl IntoOperand,
            strides: impl Into<Sizes>,
            padding: impl Into<Padding>,
        ) -> Result<Tensor> {
            let operands = [output_shape.into_operand()?, filters.into_operand()?, input.into_operand()?];
            let (strides, padding) = (strides.into(), padding.into());
            let name = context::take_name().unwrap_or_else(|| stringify!($name).to_string());
            context::name_scope_for_op(&name, |name| {
                spread($op, operands, $spatial, strides, padding, name)?.one()
            })
        })*
    };
}

transposes! {
    /// The transpose of [`crate::conv2d`]: each element spreads over a window of a `[batch, height, width, channels]` image.
    ///
    /// `filters` is `[height, width, out_channels, in_channels]`.
    conv2d_transpose "Conv2DBackpropInput" 2;
    /// The transpose of [`crate::conv3d`]: each element spreads over a window of a
    /// `[batch, depth, height, width, channels]` volume.
    conv3d_transpose "Conv3DBackpropInputV2" 3;
}

/// The transposed convolution over as many dimensions as `output_shape` has between batch and channels.
///
/// Source: `tf.nn.conv_transpose`.
///
/// # Errors
/// `ValueError` for an output of other than one to three spatial dimensions; as [`conv2d_transpose`].
pub fn conv_transpose(
    input: impl IntoOperand,
    filters: impl IntoOperand,
    output_shape: impl IntoOperand,
    strides: i64,
    padding: impl Into<Padding>,
) -> Result<Tensor> {
    let (input, filters, padding) = (input.into_operand()?, filters.into_operand()?, padding.into());
    let shape = convert_to_tensor(output_shape, None)?;
    let name = context::take_name().unwrap_or_else(|| "conv_transpose".to_string());
    context::name_scope_for_op(&name, |name| {
        context::with_name(&name, || match shape.shape().dim(0) {
            Some(3) => conv1d_transpose(input, filters, shape, strides, padding),
            Some(4) => conv2d_transpose(input, filters, shape, strides, padding),
            Some(5) => conv3d_transpose(input, filters, shape, strides, padding),
            other => bail!(
                value,
                "`output_shape` must be of length 3, 4 or 5. Received: output_shape={shape:?} of length {}.",
                other.map_or("None".to_string(), |length| length.to_string())
            ),
        })
    })
}

/// The transpose of [`crate::atrous_conv2d`]; the sizes of filters and output have to be known.
///
/// Source: `tf.nn.atrous_conv2d_transpose` (ops `SpaceToBatchND`, `Conv2DBackpropInput`, `BatchToSpaceND`).
///
/// # Errors
/// `ValueError` for a rate below 1 and for channels that do not fit, `InvalidArgument` for other sizes that do not.
pub fn atrous_conv2d_transpose(
    value: impl IntoOperand,
    filters: impl IntoOperand,
    output_shape: [i32; 4],
    rate: i32,
    padding: impl Into<Padding>,
) -> Result<Tensor> {
    let (value, filters, padding) = (value.into_operand()?, filters.into_operand()?, padding.into());
    let name = context::take_name().unwrap_or_else(|| "atrous_conv2d_transpose".to_string());
    context::name_scope_for_op(&name, |_| {
        let value = context::with_name("value", || convert_to_tensor(value, None))?;
        let filters = context::with_name("filters", || convert_to_tensor(filters, None))?;
        let (Some(value_shape), Some(filter_shape)) = (value.shape().to_shape(), filters.shape().to_shape())
        else {
            bail!(unimplemented, "atrous_conv2d_transpose of tensors of unknown shape");
        };
        ensure!(
            value_shape.rank() == 4 && filter_shape.rank() == 4 && value_shape[3] == filter_shape[3],
            value,
            "`value` channel count must be compatible with `filters` input channel count. Received: value.shape={} \
             and filters.shape={}.",
            value_shape,
            filter_shape
        );
        ensure!(rate >= 1, value, "`rate` cannot be less than one. Received: rate={rate}");
        if rate == 1 {
            return conv2d_transpose(value, filters, output_shape, 1, padding);
        }
        ensure!(
            filter_shape[2] as i64 == i64::from(output_shape[3]),
            value,
            "`output_shape` channel count must be compatible with `filters` output channel count. Received: \
             output_shape={output_shape:?} with channel count {} and filters.shape={filter_shape} with output channel \
             count {}.",
            output_shape[3],
            filter_shape[2]
        );
        // What each axis is padded by in front and behind, and by how much more so that the rate divides it.
        let (mut crops, mut extra, mut sizes) = (Vec::new(), Vec::new(), [output_shape[0]; 4]);
        for axis in 0..2 {
            let covered = (filter_shape[axis] as i32 - 1).saturating_mul(rate);
            let all = if padding.is_same() { covered } else { 0 };
            let (front, behind) = (all / 2, all - all / 2);
            let size = output_shape[axis + 1].saturating_add(all);
            let more = size.wrapping_neg().rem_euclid(rate);
            crops.extend([front, behind.saturating_add(more)]);
            extra.extend([0, more]);
            sizes[axis + 1] = size.saturating_add(more) / rate;
        }
        sizes[0] = output_shape[0].saturating_mul(rate.saturating_mul(rate));
        sizes[3] = output_shape[3];
        let blocks = [rate, rate];
        let apart =
            Op::named("SpaceToBatchND").input(value).input(blocks).input(NdArray::from_vec(&[2, 2], extra)?);
        let op = Op::named("Conv2DBackpropInput").input(sizes).input(filters).input(apart.one()?);
        let spread = ConvOptions::default().apply(op, 2, Sizes::from(1), Padding::from("VALID"))?.one()?;
        Op::named("BatchToSpaceND")
            .input(spread)
            .input(blocks)
            .input(NdArray::from_vec(&[2, 2], crops)?)
            .one()
    })
}

macro_rules! backprops {
    ($($(#[$doc:meta])* $name:ident $source:literal $op:literal $spatial:literal
       ($first:ident, $second:ident, $third:ident);)*) => {
        $($(#[$doc])*
        ///
        #[doc = concat!("Source: `tf.compat.v1.nn.", $source, "` (op `", $op, "`).")]
        ///
        /// # Errors
        /// `InvalidArgument` when sizes, strides and padding do not fit each other.
        pub fn $name(
            $first: impl IntoOperand,
            $second: impl IntoOperand,
            $third: impl IntoOperand,
            strides: impl Into<Sizes>,
            padding: impl Into<Padding>,
        ) -> Result<Tensor> {
            let op = Op::named($op).input($first).input($second).input($third);
            ConvOptions::default().apply(op, $spatial, strides.into(), padding.into())?.one()
        })*
    };
}

backprops! {
    /// The gradient of [`crate::conv2d`] for the filters, whose shape is `filter_sizes`.
    conv2d_backprop_filter "conv2d_backprop_filter" "Conv2DBackpropFilter" 2 (input, filter_sizes, out_backprop);
    /// The gradient of [`crate::conv2d`] for the input, whose shape is `input_sizes`.
    conv2d_backprop_input "conv2d_backprop_input" "Conv2DBackpropInput" 2 (input_sizes, filter, out_backprop);
    /// The gradient of [`crate::conv3d`] for the filters, whose shape is `filter_sizes`.
    conv3d_backprop_filter "conv3d_backprop_filter" "Conv3DBackpropFilterV2" 3 (input, filter_sizes, out_backprop);
    /// The gradient of [`crate::depthwise_conv2d`] for the filters, whose shape is `filter_sizes`.
    depthwise_conv2d_backprop_filter "depthwise_conv2d_backprop_filter" "DepthwiseConv2dNativeBackpropFilter" 2
        (input, filter_sizes, out_backprop);
    /// The gradient of [`crate::depthwise_conv2d`] for the input, whose shape is `input_sizes`.
    depthwise_conv2d_backprop_input "depthwise_conv2d_backprop_input" "DepthwiseConv2dNativeBackpropInput" 2
        (input_sizes, filter, out_backprop);
}
