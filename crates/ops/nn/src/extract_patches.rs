//! ExtractImagePatches, ExtractVolumePatches: what a window sees at each position, along the channels.

use crate::patches::Windows;
use crate::volume::{Format, Volume};
use crate::window::{Padding, Span};
use ferroflow_core::{
    Attrs, DType, Dim, Grad, GradCtx, IntoOperand, KernelCtx, NdArray, Op, OpDef, PartialShape, Result,
    Shape, ShapeCtx, Tensor, bail, dispatch, ensure, zeroed,
};

/// For each position of a window over `[batch, height, width, channels]` images, the pixels under it along the channels; `rates`
/// are the distances between them.
///
/// Source: `tf.image.extract_patches` (op `ExtractImagePatches`).
///
/// ```
/// use ferroflow_ops_nn::extract_patches;
/// let image = [[[[1], [2], [3]], [[4], [5], [6]]]];
/// let patches = extract_patches(image, &[1, 2, 2, 1], &[1, 1, 1, 1], &[1, 1, 1, 1], "VALID")?;
/// assert_eq!(patches.numpy()?.to_string(), "[[[[1 2 4 5]\n   [2 3 5 6]]]]");
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for images of another rank, and windows that do not fit; `Unimplemented` for windows over batches or
/// channels.
pub fn extract_patches(
    images: impl IntoOperand,
    sizes: &[i64],
    strides: &[i64],
    rates: &[i64],
    padding: &str,
) -> Result<Tensor> {
    let op = Op::new(&EXTRACT_IMAGE_PATCHES).input(images).attr("ksizes", sizes).attr("strides", strides);
    op.attr("rates", rates).attr("padding", padding).one()
}

/// The same for `[batch, depth, height, width, channels]` volumes, without distances.
///
/// Source: `tf.extract_volume_patches` (op `ExtractVolumePatches`).
///
/// # Errors
/// As [`extract_patches`].
pub fn extract_volume_patches(
    input: impl IntoOperand,
    ksizes: &[i64],
    strides: &[i64],
    padding: &str,
) -> Result<Tensor> {
    let op = Op::new(&EXTRACT_VOLUME_PATCHES).input(input).attr("ksizes", ksizes).attr("strides", strides);
    op.attr("padding", padding).one()
}

pub(crate) static EXTRACT_IMAGE_PATCHES: OpDef =
    OpDef { name: "ExtractImagePatches", shape, kernel: Some(kernel), grad: Grad::Fn(grad), ..OpDef::NEW };

pub(crate) static EXTRACT_VOLUME_PATCHES: OpDef =
    OpDef { name: "ExtractVolumePatches", shape, kernel: Some(kernel), grad: Grad::Fn(grad), ..OpDef::NEW };

/// The rank of the input: that of images, or of volumes.
fn rank_of(op: &str) -> usize {
    if op == EXTRACT_IMAGE_PATCHES.name { 4 } else { 5 }
}

/// The windows along the spatial dimensions.
fn spans(attrs: &Attrs, rank: usize) -> Result<Vec<Span>> {
    let (windows, strides) = (attrs.ints("ksizes")?, attrs.ints("strides")?);
    let rates = attrs.ints("rates").unwrap_or(&[1; 5]);
    let padding = if attrs.str("padding")? == "SAME" { Padding::Same } else { Padding::Valid };
    let span = |axis: usize| match (windows.get(axis), strides.get(axis), rates.get(axis)) {
        (Some(&window), Some(&stride), Some(&dilation)) => Ok(Span { window, stride, dilation, padding }),
        _ => bail!(invalid_argument, "ksizes, strides and rates must have {rank} numbers"),
    };
    (1..rank - 1).map(span).collect()
}

fn check_attrs(cx: &ShapeCtx<'_>, rank: usize) -> Result<()> {
    let attrs: &Attrs = cx;
    for name in ["ksizes", "strides", "rates"] {
        let Ok(numbers) = attrs.ints(name) else { continue };
        if numbers.len() < rank {
            bail!(
                invalid_argument,
                "Length for attr '{name}' of {} must be at least minimum {rank}",
                numbers.len()
            );
        }
        if !cx.at_run_time() {
            let what = if name == "strides" { "stride" } else { name };
            ensure!(
                numbers.len() == rank,
                invalid_argument,
                "{} requires the {what} attribute to contain {rank} values, but got: {}",
                cx.op(),
                numbers.len()
            );
            continue;
        }
        ensure!(
            numbers[0] == 1 && numbers[rank - 1] == 1,
            unimplemented,
            "Only support {name} across space."
        );
        let in_range = |number: &i64| (1..=i64::from(i32::MAX)).contains(number);
        ensure!(numbers[1..rank - 1].iter().all(in_range), out_of_range, "{name} is out of range.");
    }
    Ok(())
}

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let rank = rank_of(cx.op());
    let input = cx.input(0);
    if let Some(found) = input.rank()
        && found != rank
    {
        return Err(cx.mismatch(
            format!("input must be {rank}-dimensional{}", input.cpp()),
            format!("Shape must be rank {rank} but is rank {found}"),
        ));
    }
    check_attrs(cx, rank)?;
    let spans = spans(cx, rank)?;
    let mut dims: Vec<Dim> = vec![input.dim(0)];
    let mut taps = Some(1usize);
    for (axis, span) in spans.iter().enumerate() {
        let size = match input.dim(axis + 1) {
            Some(size) => Some(span.outputs(size)?),
            None => None,
        };
        dims.push(size);
        let Ok(window) = usize::try_from(span.window) else {
            bail!(invalid_argument, "Dimension {} must be >= 0", span.window);
        };
        taps = taps.and_then(|taps| taps.checked_mul(window));
    }
    let channels = match (input.dim(rank - 1), taps) {
        (Some(channels), Some(taps)) => channels.checked_mul(taps),
        _ => None,
    };
    dims.push(channels);
    cx.set(0, PartialShape::new(dims));
    Ok(())
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let input = cx.input(0)?;
    let volume = Volume::of(input.shape(), Format::ChannelsLast)?;
    let mut axes = [Span::UNIT.over(1)?; 3];
    let spans = spans(cx, input.rank())?;
    for (axis, (span, size)) in
        axes[3 - spans.len()..].iter_mut().zip(spans.iter().zip(&input.shape().dims()[1..]))
    {
        *axis = span.over(*size)?;
    }
    let windows = Windows { input: volume, axes, channels: volume.channels };
    let outputs = axes[3 - spans.len()..].iter().map(|axis| axis.output);
    let Some(patch) = windows.taps().checked_mul(volume.channels) else {
        bail!(resource_exhausted, "patches of more elements than there is memory");
    };
    let dims: Vec<usize> = std::iter::once(volume.batch).chain(outputs).chain([patch]).collect();
    let shape = Shape::new(&dims)?;
    let dtype = input.dtype();
    let output = dispatch!(dtype, FIXED, |T| {
        let mut patches = zeroed::<T>(shape.num_elements())?;
        if !patches.is_empty() {
            windows.fill(&mut patches, input.as_slice::<T>()?, 0, 0);
        }
        NdArray::from_shape(shape, patches)
    })?;
    cx.set(0, output)
}

/// Each element of a patch comes from an element of the input, or from none: the op itself, over the elements' numbers, says
/// which.
fn grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (input, dy) = (cx.x(0)?, cx.dy(0)?);
    let shape = Op::named("Shape").input(input).attr("out_type", DType::INT64).one()?;
    let end = Op::named("Size").input(input).attr("out_type", DType::INT64).one()?;
    let one = || NdArray::scalar(1i64);
    let end = Op::named("AddV2").input(end).input(one()).one()?;
    let numbers = Op::named("Range").input(one()).input(&end).input(one()).one()?;
    let numbers = Op::named("Reshape").input(numbers).input(&shape).one()?;
    let op = if cx.ints("rates").is_ok() {
        Op::new(&EXTRACT_IMAGE_PATCHES).attr("rates", cx.ints("rates")?)
    } else {
        Op::new(&EXTRACT_VOLUME_PATCHES)
    };
    let op = op.input(numbers).attr("ksizes", cx.ints("ksizes")?).attr("strides", cx.ints("strides")?);
    let origins = op.attr("padding", cx.str("padding")?).one()?;
    let flat = |x: Tensor| Op::named("Reshape").input(x).input([-1]).one();
    let sums = Op::named("UnsortedSegmentSum").input(flat(dy)?).input(flat(origins)?).input(end).one()?;
    let sums = Op::named("Slice").input(sums).input([1]).input([-1]).one()?;
    cx.set(0, Op::named("Reshape").input(sums).input(shape).one())
}
