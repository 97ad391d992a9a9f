//! ExtractImagePatches, ExtractVolumePatches: what windows see of images and volumes.

use crate::bias_add::NUMBERS;
use crate::patches::Windows;
use crate::volume::{Format, Volume};
use crate::window::{Axis, Padding, Span};
use ferroflow_core::{
    Attrs, Dim, Element, Grad, GradCtx, IntoOperand, KernelCtx, NdArray, Op, OpDef, PartialShape, Result,
    ShapeCtx, Tensor, bail, constant, dispatch, ensure, zeroed,
};

/// The patches of images under windows of these sizes, the pixels of each in a row; `rates` says how far apart these are.
///
/// Source: `tf.image.extract_patches` (op `ExtractImagePatches`).
///
/// ```
/// use ferroflow_core::NdArray;
/// let image = NdArray::from_vec(&[1, 2, 2, 1], vec![1, 2, 3, 4])?;
/// let patches = ferroflow_ops_nn::extract_patches(image, &[1, 2, 2, 1], &[1; 4], &[1; 4], "VALID")?;
/// assert_eq!(patches.numpy()?.as_slice::<i32>()?, [1, 2, 3, 4]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for another rank than 4 or windows that do not fit, `Unimplemented` for windows over batches or
/// channels.
pub fn extract_patches(
    images: impl IntoOperand,
    sizes: &[i64],
    strides: &[i64],
    rates: &[i64],
    padding: &str,
) -> Result<Tensor> {
    Op::new(&EXTRACT_IMAGE_PATCHES)
        .input(images)
        .attr("ksizes", sizes.to_vec())
        .attr("strides", strides.to_vec())
        .attr("rates", rates.to_vec())
        .attr("padding", padding)
        .one()
}

/// The patches of volumes under windows of these sizes, the elements of each in a row.
///
/// Source: `tf.extract_volume_patches` (op `ExtractVolumePatches`).
///
/// # Errors
/// As [`extract_patches`], for rank 5.
pub fn extract_volume_patches(
    input: impl IntoOperand,
    ksizes: &[i64],
    strides: &[i64],
    padding: &str,
) -> Result<Tensor> {
    Op::new(&EXTRACT_VOLUME_PATCHES)
        .input(input)
        .attr("ksizes", ksizes.to_vec())
        .attr("strides", strides.to_vec())
        .attr("padding", padding)
        .one()
}

pub(crate) static EXTRACT_IMAGE_PATCHES: OpDef = OpDef {
    name: "ExtractImagePatches",
    shape,
    kernel: Some(kernel),
    grad: Grad::Fn(grad),
    // TensorFlow (2.21) has a signature for `bool`, but no kernel.
    types: &[("T", NUMBERS)],
    ..OpDef::NEW
};

pub(crate) static EXTRACT_VOLUME_PATCHES: OpDef =
    OpDef { name: "ExtractVolumePatches", shape, kernel: Some(kernel), grad: Grad::Fn(grad), ..OpDef::NEW };

/// The attributes that have a number for each axis, one of rates where the op has them.
fn lists(attrs: &Attrs) -> Result<Vec<(&'static str, &[i64])>> {
    let mut lists = vec![("ksizes", attrs.ints("ksizes")?), ("strides", attrs.ints("strides")?)];
    if let Ok(rates) = attrs.ints("rates") {
        lists.push(("rates", rates));
    }
    Ok(lists)
}

/// The windows along the axes of places.
fn spans(attrs: &Attrs) -> Result<Vec<Span>> {
    let lists = lists(attrs)?;
    let padding = if attrs.str("padding")? == "SAME" { Padding::Same } else { Padding::Valid };
    let at = |list: usize, axis: usize| lists.get(list).map_or(1, |(_, values)| values[axis]);
    let each =
        |axis: usize| Span { window: at(0, axis), stride: at(1, axis), dilation: at(2, axis), padding };
    Ok((1..lists[0].1.len() - 1).map(each).collect())
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let rank = if cx.op() == "ExtractVolumePatches" { 5 } else { 4 };
    for (name, values) in lists(cx)? {
        ensure!(
            values.len() == rank,
            invalid_argument,
            "{} requires the {name} attribute to contain {rank} values, but got: {}",
            cx.op(),
            values.len()
        );
        if cx.at_run_time() {
            if values[0] != 1 || values[rank - 1] != 1 {
                bail!(unimplemented, "Only support {name} across space.");
            }
            if values.iter().any(|value| *value < 1) {
                bail!(out_of_range, "{name} is out of range.");
            }
        }
    }
    let input = cx.input(0);
    if cx.at_run_time() {
        ensure!(
            input.rank() == Some(rank),
            invalid_argument,
            "input must be {rank}-dimensional{}",
            input.cpp()
        );
    }
    let input = cx.with_rank(0, rank)?;
    let spans = spans(cx)?;
    if spans.iter().any(|span| span.window < 1 || span.stride < 1 || span.dilation < 1) {
        // The kernel complains.
        cx.set(0, PartialShape::of_rank(rank));
        return Ok(());
    }
    let mut dims: Vec<Dim> = vec![input.dim(0)];
    for (axis, span) in spans.iter().enumerate() {
        dims.push(match input.dim(axis + 1) {
            Some(size) => Some(span.outputs(size)?),
            None => None,
        });
    }
    let taps = spans.iter().try_fold(1i64, |taps, span| taps.checked_mul(span.window));
    let channels = input.dim(rank - 1).map(|channels| {
        let row =
            taps.and_then(|taps| usize::try_from(taps).ok()).and_then(|taps| taps.checked_mul(channels));
        row.ok_or_else(|| ferroflow_core::Error::invalid_argument("a patch is too large"))
    });
    dims.push(channels.transpose()?);
    cx.set(0, PartialShape::new(dims));
    Ok(())
}

fn windows(attrs: &Attrs, volume: Volume) -> Result<Windows> {
    let spans = spans(attrs)?;
    let mut axes: [Axis; 3] = [Span::UNIT.over(1)?; 3];
    let skipped = 3 - spans.len();
    let sizes = volume.spatial();
    for ((axis, span), size) in axes[skipped..].iter_mut().zip(&spans).zip(&sizes[skipped..]) {
        *axis = span.over(*size)?;
    }
    Ok(Windows { input: volume, axes, channels: volume.channels })
}

fn run<T: Element + Copy>(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shape = cx.output_shape(0)?;
    let windows = windows(cx.attrs(), Volume::of(cx.input(0)?.shape(), Format::ChannelsLast)?)?;
    let mut patches = zeroed::<T>(shape.num_elements())?;
    windows.fill(&mut patches, cx.slice::<T>(0)?, 0, 0);
    cx.set(0, NdArray::from_shape(shape, patches)?)
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let dtype = cx.dtype("T")?;
    dispatch!(dtype, NUMBERS, |T| run::<T>(cx))
}

/// The patches are what a convolution gives whose filters are the rows of an identity matrix, and so the gradient is its.
fn grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (x, dy) = (cx.x(0)?, cx.dy(0)?);
    let sizes = cx.attrs().ints("ksizes")?;
    let is_volume = sizes.len() == 5;
    let shape = Op::named("Shape").input(x).one()?;
    let rank = sizes.len() as i32;
    let slice = Op::named("StridedSlice").input(&shape).input([rank - 1]).input([rank]).input([1]);
    let channels = slice.one()?;
    let taps: i64 = sizes.iter().product();
    let Ok(taps) = i32::try_from(taps) else { bail!(invalid_argument, "a patch is too large") };
    let row = (&channels * constant([taps])?)?;
    let ones =
        Op::named("Fill").input(&row).input(constant(NdArray::scalar(1.0f32).cast(x.dtype().base())?)?);
    let identity = Op::named("MatrixDiag").input(ones.one()?).one()?;
    let spatial: Vec<i32> = sizes[1..sizes.len() - 1].iter().map(|size| *size as i32).collect();
    let filter_shape = Op::named("ConcatV2").inputs([constant(spatial)?, channels, row]).input(0).one()?;
    let filter = Op::named("Reshape").input(identity).input(filter_shape).one()?;
    let name = if is_volume { "Conv3DBackpropInputV2" } else { "Conv2DBackpropInput" };
    let mut op = Op::named(name).input(shape).input(filter).input(dy);
    op = op.attr("strides", cx.attrs().ints("strides")?.to_vec()).attr("padding", cx.attrs().str("padding")?);
    if !is_volume {
        op = op.attr("dilations", cx.attrs().ints("rates")?.to_vec());
    }
    cx.set(0, op.one()?)
}
