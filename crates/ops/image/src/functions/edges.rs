//! Differences between neighbouring pixels.

use super::build::{binary, int, reduce, shape, slice_axis, unary, without_last};
use ferroflow_core::{IntoOperand, NdArray, Op, Result, TString, Tensor, bail, context, convert_to_tensor};

/// Each pixel less the one before it along an axis.
fn differences(images: &Tensor, rank: usize, axis: usize) -> Result<Tensor> {
    binary("Sub", slice_axis(images, rank, axis, 1, -1)?, without_last(images, rank, axis)?)
}

/// The sum of the differences between neighbouring pixels: a scalar for one image, one for each of a batch.
///
/// Source: `tf.image.total_variation`.
///
/// # Errors
/// `ValueError` unless the images have three or four dimensions.
pub fn total_variation(images: impl IntoOperand) -> Result<Tensor> {
    let images = images.into_operand()?;
    context::name_scope("total_variation", || {
        let images = convert_to_tensor(images, None)?;
        let (rank, axes) = match images.rank() {
            Some(3) => (3, vec![0, 1, 2]),
            Some(4) => (4, vec![1, 2, 3]),
            _ => bail!(value, "'images' must be either 3 or 4-dimensional."),
        };
        let sum = |axis: usize| {
            reduce("Sum", unary("Abs", differences(&images, rank, axis)?)?, axes.clone(), false)
        };
        binary("AddV2", sum(rank - 3)?, sum(rank - 2)?)
    })
}

/// The differences `(dy, dx)` of each pixel to the next one, 0 for the last.
///
/// Source: `tf.image.image_gradients`.
///
/// # Errors
/// `ValueError` unless the images have four dimensions.
pub fn image_gradients(image: impl IntoOperand) -> Result<(Tensor, Tensor)> {
    let image = convert_to_tensor(image, None)?;
    if image.rank() != Some(4) {
        bail!(value, "image_gradients expects a 4D tensor [batch_size, h, w, d], not {}.", image.shape());
    }
    let gradient = |axis: usize| {
        let moved = differences(&image, 4, axis)?;
        let mut paddings = vec![0; 8];
        paddings[axis * 2 + 1] = 1;
        Op::named("Pad").input(moved).input(NdArray::from_vec(&[4, 2], paddings)?).one()
    };
    Ok((gradient(1)?, gradient(2)?))
}

/// The Sobel derivatives of each channel: along a new last dimension `dy`, then `dx`.
///
/// Source: `tf.image.sobel_edges`.
///
/// # Errors
/// `ValueError` unless the images have four dimensions.
pub fn sobel_edges(image: impl IntoOperand) -> Result<Tensor> {
    let image = convert_to_tensor(image, None)?;
    if image.rank() != Some(4) {
        bail!(value, "sobel_edges expects a 4D tensor [batch_size, h, w, d], not {}.", image.shape());
    }
    // One kernel is the other one turned: each place has the weights for dy and dx.
    let weights = vec![
        -1.0f64, -1.0, -2.0, 0.0, -1.0, 1.0, 0.0, -2.0, 0.0, 0.0, 0.0, 2.0, 1.0, -1.0, 2.0, 0.0, 1.0, 1.0,
    ];
    let image_shape = shape(&image)?;
    let kernel = NdArray::from_vec(&[3, 3, 1, 2], weights)?.cast(image.dtype().base())?;
    let kernel = ferroflow_core::constant(kernel)?;
    let channels = Op::named("StridedSlice")
        .input(&image_shape)
        .input([-1])
        .input([0])
        .input([1])
        .attr("shrink_axis_mask", 1i64)
        .default_name("strided_slice")
        .one()?;
    let multiples = Op::named("Pack")
        .inputs([int(1), int(1), channels.into_operand()?, int(1)])
        .default_name("sobel_filters/multiples")
        .one()?;
    let kernel = Op::named("Tile").input(kernel).input(multiples).default_name("sobel_filters").one()?;
    let paddings = NdArray::from_vec(&[4, 2], vec![0, 0, 1, 1, 1, 1, 0, 0])?;
    let padded = Op::named("MirrorPad").input(&image).input(paddings).attr("mode", "REFLECT").one()?;
    let edges = Op::named("DepthwiseConv2dNative")
        .input(padded)
        .input(kernel)
        .attr("strides", [1, 1, 1, 1])
        .attr("padding", "VALID")
        .default_name("depthwise")
        .one()?;
    let shape = Op::named("ConcatV2")
        .inputs([image_shape, ferroflow_core::constant([2])?])
        .input(0)
        .default_name("concat")
        .one()?;
    Op::named("Reshape").input(edges).input(shape).one()
}

/// Whether bytes begin as a JPEG image does.
///
/// Source: `tf.image.is_jpeg`.
///
/// # Errors
/// `TypeError` for contents that are no strings.
pub fn is_jpeg(contents: impl IntoOperand) -> Result<Tensor> {
    let contents = contents.into_operand()?;
    context::name_scope("is_jpeg", || {
        let start = Op::named("Substr").input(contents).input(0).input(3).one()?;
        binary("Equal", start, NdArray::scalar(TString::from(vec![0xff, 0xd8, 0xff])))
    })
}
