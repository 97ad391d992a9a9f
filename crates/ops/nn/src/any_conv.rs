//! Conv: filters moved over images or volumes that have any number of batch dimensions.

use crate::conv::{CONV_2D, CONV_3D};
use crate::conv_attrs::{ConvAttrs, check_paddings};
use crate::volume::Format;
use ferroflow_core::{
    Attrs, Grad, KernelCtx, NdArray, OpDef, PartialShape, Result, Shape, ShapeCtx, bail, ensure, run_op,
};

pub(crate) static CONV: OpDef = OpDef {
    name: "Conv",
    shape,
    kernel: Some(kernel),
    // TensorFlow registers none.
    grad: Grad::Missing,
    ..OpDef::NEW
};

/// How many spatial dimensions an input of this rank has, if that is a number the op takes.
fn spatial(attrs: &Attrs, rank: usize) -> Result<usize> {
    let count =
        i64::try_from(rank).unwrap_or(i64::MAX).saturating_sub(1).saturating_sub(attrs.int("batch_dims")?);
    match count {
        2 | 3 => Ok(count as usize),
        _ => bail!(invalid_argument, "The input must have 2 or 3 spatial dimensions but got {count}"),
    }
}

/// The attributes of the op of one batch dimension.
fn of_one_batch(attrs: &Attrs, spatial: usize) -> Result<Attrs> {
    let format = match (attrs.str("data_format")?, spatial) {
        ("CHANNELS_FIRST", 2) => "NCHW",
        ("CHANNELS_FIRST", _) => "NCDHW",
        (_, 2) => "NHWC",
        _ => "NDHWC",
    };
    let dilations = match attrs.ints("dilations")? {
        [] => vec![1; spatial + 2],
        dilations => dilations.to_vec(),
    };
    let mut inner = Attrs::new()
        .with("T", attrs.dtype("T")?)
        .with("strides", attrs.ints("strides")?.to_vec())
        .with("padding", attrs.str("padding")?)
        .with("explicit_paddings", attrs.ints("explicit_paddings")?.to_vec())
        .with("data_format", format)
        .with("dilations", dilations);
    if spatial == 2 {
        inner = inner.with("use_cudnn_on_gpu", true);
    }
    Ok(inner)
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    cx.set_all_unknown();
    // What is wrong is said by the kernel, or there is nothing to say before the rank is known.
    let (false, Some(rank)) = (cx.at_run_time(), cx.input(0).rank()) else { return Ok(()) };
    let batch_dims = cx.int("batch_dims")?;
    ensure!(batch_dims >= 0, invalid_argument, "Batch dims must be non-negative.");
    let Ok(spatial) = spatial(cx, rank) else {
        bail!(
            invalid_argument,
            "Input tensor must be rank 4 or 5, excluding extra batch dimensions, but got: {rank}"
        );
    };
    let filter = cx.with_rank(1, spatial + 2)?;
    let attrs = of_one_batch(cx, spatial)?;
    check_lists(&attrs, spatial)?;
    let format = Format::of(&attrs)?;
    check_paddings(&attrs, format, spatial)?;
    let input = cx.input(0);
    let dims = input.dims().unwrap_or_default();
    let (batch, rest) = dims.split_at((batch_dims as usize).min(dims.len()));
    let one_batch = PartialShape::new([Some(1)].into_iter().chain(rest.iter().copied()));
    let channels = one_batch.dim(format.channel_axis(spatial + 2));
    check_groups(cx, channels, filter.dim(spatial))?;
    let output =
        ConvAttrs::read(&attrs, spatial)?.output_shape(cx, &one_batch, &filter, filter.dim(spatial + 1))?;
    let sizes = output.dims().unwrap_or_default().iter().skip(1);
    cx.set(0, PartialShape::new(batch.iter().chain(sizes).copied()));
    Ok(())
}

/// Checks the lists of strides and dilations while a graph is built.
fn check_lists(attrs: &Attrs, spatial: usize) -> Result<()> {
    let (count, format) = (spatial + 2, Format::of(attrs)?);
    let (dilations, strides) = (attrs.ints("dilations")?, attrs.ints("strides")?);
    ensure!(
        dilations.len() == count,
        invalid_argument,
        "Conv requires the dilation attribute to contain {count} values, but got: {}",
        dilations.len()
    );
    ensure!(
        strides.len() == count,
        invalid_argument,
        "Stride attribute should contain {count} values, but got: {}",
        strides.len()
    );
    if let Some(stride) = format.spatial(strides).iter().find(|&&stride| stride <= 0) {
        bail!(invalid_argument, "Stride must be > 0, but got {stride}");
    }
    if let Some(dilation) = format.spatial(dilations).iter().find(|&&dilation| dilation <= 0) {
        bail!(invalid_argument, "Dilation rate must be >= 1, but got {dilation}");
    }
    Ok(())
}

fn check_groups(cx: &ShapeCtx<'_>, input: Option<usize>, filter: Option<usize>) -> Result<()> {
    let (Some(input), Some(filter), groups) = (input, filter, cx.int("groups")?) else { return Ok(()) };
    ensure!(
        filter > 0 && input as i64 == groups.saturating_mul(filter as i64),
        invalid_argument,
        "Input depth divided by filter input depth does not match with groups parameter ({groups})"
    );
    Ok(())
}

/// Checks what the op has on its own before a kernel sees it, in the words of TensorFlow's.
fn check(cx: &KernelCtx<'_>, attrs: &Attrs, spatial: usize) -> Result<()> {
    let (count, format) = (spatial + 2, Format::of(attrs)?);
    let (strides, dilations) = (attrs.ints("strides")?, attrs.ints("dilations")?);
    let is_outside = |values: &[i64]| values[0] != 1 || values[format.channel_axis(count)] != 1;
    ensure!(
        strides.len() == count,
        invalid_argument,
        "Sliding window strides field must specify {count} dimensions"
    );
    ensure!(
        !is_outside(strides),
        invalid_argument,
        "Current implementation does not support strides in the batch and depth dimensions."
    );
    ensure!(
        format.spatial(strides).iter().all(|&stride| stride > 0),
        invalid_argument,
        "Spatial strides should be larger than 0."
    );
    ensure!(dilations.len() == count, invalid_argument, "Dilation rates field must specify{count}dimensions");
    ensure!(
        !is_outside(dilations),
        invalid_argument,
        "Current implementation does not support dilation rates in the batch and depth dimensions."
    );
    ensure!(
        format.spatial(dilations).iter().all(|&dilation| dilation > 0),
        invalid_argument,
        "Dilated rates should be larger than 0."
    );
    check_paddings(attrs, format, spatial)?;
    ensure!(cx.int("groups")? == 1, unimplemented, "Grouped/Depthwise Convolutions are not supported yet.");
    Ok(())
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (whole, filter) = (cx.input(0)?.shape().clone(), cx.input(1)?);
    let spatial = spatial(cx, whole.rank())?;
    let attrs = of_one_batch(cx, spatial)?;
    check(cx, &attrs, spatial)?;
    ensure!(
        !filter.is_empty(),
        invalid_argument,
        "filter must not have zero elements (i.e. all dimensions must be non-zero)"
    );
    ensure!(
        filter.rank() == spatial + 2,
        invalid_argument,
        "The filter must have {} dimensions but has shape {}",
        spatial + 2,
        filter.shape()
    );
    let Some(batch_dims) = whole.rank().checked_sub(1 + spatial) else {
        bail!(invalid_argument, "Batch dims must be non-negative.");
    };
    let (batch, rest) = whole.dims().split_at(batch_dims);
    let Some(images) = batch.iter().try_fold(1usize, |images, size| images.checked_mul(*size)) else {
        bail!(invalid_argument, "too many images: {whole}");
    };
    let flat = Shape::new(&[&[images], rest].concat())?;
    let channels = flat[Format::of(&attrs)?.channel_axis(spatial + 2)];
    let depth = filter.shape()[spatial];
    ensure!(
        channels == depth,
        invalid_argument,
        "Input depth must be equal to filter depth: {channels} vs {depth}"
    );
    let op = if spatial == 2 { &CONV_2D } else { &CONV_3D };
    let mut inputs: [NdArray; 2] = [cx.take(0)?.reshape(flat)?, cx.take(1)?];
    let outputs = run_op(op, &attrs, cx.node(), &mut inputs, cx.env(), None)?;
    let Some(output) = outputs.into_iter().next() else {
        bail!(internal, "a convolution is one output");
    };
    let shape = Shape::new(&[batch, &output.shape().dims()[1..]].concat())?;
    let output = output.reshape(shape)?;
    cx.set(0, output)
}
