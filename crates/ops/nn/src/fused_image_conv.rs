//! FusedPadConv2D, FusedResizeAndPadConv2D: convolutions of images that are resized, and mirrored beyond their edges.
//!
//! TensorFlow (2.21) gives every image of a batch what it finds for the first one; here each gets its own.

use crate::conv::CONV_2D;
use crate::window::{Padding, Span};
use ferroflow_core::{
    Attrs, DType, Dim, Grad, KernelCtx, NdArray, OpDef, PartialShape, Result, Shape, ShapeCtx, bail, ensure,
    reserve, run_op,
};

pub(crate) static FUSED_PAD_CONV_2D: OpDef = OpDef {
    name: "FusedPadConv2D",
    shape: |cx| shape(cx, false),
    kernel: Some(|cx| kernel(cx, false)),
    grad: Grad::Missing,
    ..OpDef::NEW
};

pub(crate) static FUSED_RESIZE_AND_PAD_CONV_2D: OpDef = OpDef {
    name: "FusedResizeAndPadConv2D",
    shape: |cx| shape(cx, true),
    kernel: Some(|cx| kernel(cx, true)),
    grad: Grad::Missing,
    ..OpDef::NEW
};

/// The height and the width to resize to, as far as known.
fn sizes(cx: &ShapeCtx<'_>) -> Result<[Dim; 2]> {
    if cx.at_run_time() {
        ensure!(
            cx.input(1).rank() == Some(1),
            invalid_argument,
            "shape_t must be 1-dimensional{}",
            cx.input(1).cpp()
        );
        ensure!(
            cx.input(1).num_elements() == Some(2),
            invalid_argument,
            "shape_t must have two elements{}",
            cx.input(1).cpp()
        );
    } else {
        let found = cx.with_rank(1, 1)?;
        cx.merge(&found, &PartialShape::new([Some(2)]))?;
    }
    let Some(sizes) = cx.ints(1)? else { return Ok([None; 2]) };
    let &[height, width] = &sizes[..] else { return Ok([None; 2]) };
    if cx.at_run_time() {
        ensure!(height > 0 && width > 0, invalid_argument, "output dimensions must be positive");
    }
    Ok([usize::try_from(height).ok(), usize::try_from(width).ok()])
}

/// Checks how much is mirrored, in the words of TensorFlow's kernel.
fn check_paddings(paddings: &[i64], resized: &Shape, reflects: bool) -> Result<()> {
    for (pair, &size) in paddings.chunks_exact(2).zip(resized.dims()) {
        let (before, after, size) = (pair[0], pair[1], size as i64);
        ensure!(
            before >= 0 && after >= 0,
            invalid_argument,
            "paddings must be non-negative: {before} {after}"
        );
        if reflects {
            ensure!(
                before < size && after < size,
                invalid_argument,
                "paddings must be less than the dimension size: {before}, {after} not less than {size}"
            );
        } else {
            ensure!(
                before <= size && after <= size,
                invalid_argument,
                "paddings must be no greater than the dimension size: {before}, {after} greater than {size}"
            );
        }
    }
    Ok(())
}

fn check(cx: &ShapeCtx<'_>, resized: &PartialShape, index: usize) -> Result<()> {
    let found = cx.input(index);
    ensure!(
        found.rank() == Some(2) && found.dim(1) == Some(2),
        invalid_argument,
        "paddings must be a matrix with 2 columns: {}",
        found.cpp()
    );
    let rank = resized.rank().unwrap_or(0);
    ensure!(
        found.dim(0) == Some(rank),
        invalid_argument,
        "The first dimension of paddings must be the rank of inputs: {rank} {} {}",
        found.cpp(),
        resized.cpp()
    );
    ensure!(
        rank == 4,
        invalid_argument,
        "Fused mirror padding only supports four-dimensional inputs, but {rank} requested"
    );
    if let (Some(paddings), Some(resized)) = (cx.ints(index)?, resized.to_shape()) {
        check_paddings(&paddings, &resized, cx.str("mode")? == "REFLECT")?;
        // The first three numbers, as TensorFlow abbreviates tensors.
        let text = format!(
            "Tensor<type: int32 shape: {} values: [{} {}][{}...]...>",
            found.cpp(),
            paddings[0],
            paddings[1],
            paddings[2]
        );
        for (axis, name) in [(0, "batches"), (3, "channels")] {
            if paddings[2 * axis] != 0 || paddings[2 * axis + 1] != 0 {
                bail!(
                    invalid_argument,
                    "Fused mirror padding only support spatial padding, not {name}: {text}"
                );
            }
        }
    }
    Ok(())
}

fn span(attrs: &Attrs, axis: usize, taps: usize) -> Result<Span> {
    let padding = if attrs.str("padding")? == "SAME" { Padding::Same } else { Padding::Valid };
    Ok(Span { window: taps as i64, stride: attrs.ints("strides")?[axis], dilation: 1, padding })
}

fn shape(cx: &mut ShapeCtx<'_>, resizes: bool) -> Result<()> {
    let attrs: &Attrs = cx;
    let strides = attrs.ints("strides")?.to_vec();
    if cx.at_run_time() {
        ensure!(
            strides.len() == 4,
            invalid_argument,
            "Sliding window strides field must specify 4 dimensions"
        );
        ensure!(
            strides[0] == 1 && strides[3] == 1,
            invalid_argument,
            "Current implementation does not yet support strides in the batch and depth dimensions."
        );
        ensure!(cx.input(0).num_elements() != Some(0), invalid_argument, "Input tensor can't be empty");
        if resizes {
            let input = cx.input(0);
            ensure!(input.rank() == Some(4), invalid_argument, "input must be 4-dimensional{}", input.cpp());
        }
    }
    let input = if cx.at_run_time() { cx.input(0) } else { cx.with_rank(0, 4)? };
    let (paddings_index, filter_index) = if resizes { (2, 3) } else { (1, 2) };
    let mut dims: Vec<Dim> = (0..input.rank().unwrap_or(4)).map(|axis| input.dim(axis)).collect();
    if resizes {
        let [height, width] = sizes(cx)?;
        (dims[1], dims[2]) = (height, width);
    }
    let resized = PartialShape::new(dims.clone());
    if cx.at_run_time() {
        check(cx, &resized, paddings_index)?;
    } else {
        let paddings = cx.with_rank(paddings_index, 2)?;
        if let Some(rank) = paddings.dim(0).filter(|rank| *rank != 4) {
            bail!(invalid_argument, "Shape must be rank {rank} but is rank 4");
        }
        cx.merge(&paddings, &PartialShape::new([Some(4), Some(2)]))?;
    }
    match cx.ints(paddings_index)? {
        Some(paddings) if paddings.len() == 8 => {
            ensure!(
                paddings.iter().all(|size| *size >= 0),
                invalid_argument,
                "Paddings must be non-negative"
            );
            for (dim, pair) in dims.iter_mut().zip(paddings.chunks_exact(2)) {
                let padded = |size: usize| usize::try_from(size as i64 + pair[0] + pair[1]).ok();
                *dim = dim.and_then(padded);
            }
        }
        _ => dims = vec![None; 4],
    }
    let filter = cx.input(filter_index);
    if cx.at_run_time() {
        ensure!(filter.rank() == Some(4), invalid_argument, "filter must be 4-dimensional: {}", filter.cpp());
        ensure!(
            dims[3] == filter.dim(2),
            invalid_argument,
            "input and filter must have the same depth: {} vs {}",
            dims[3].unwrap_or(0),
            filter.dim(2).unwrap_or(0)
        );
    }
    let filter = cx.with_rank(filter_index, 4)?;
    ensure!(
        strides.len() == 4,
        invalid_argument,
        "Operation requires the stride attribute to contain 4 values, but got: {}",
        strides.len()
    );
    cx.merge_dims(dims[3], filter.dim(2))?;
    let mut places: [Dim; 2] = [None; 2];
    for (axis, place) in places.iter_mut().enumerate() {
        if let (Some(size), Some(taps)) = (dims[axis + 1], filter.dim(axis)) {
            *place = span(cx, axis + 1, taps)?.output(cx, Some(size))?;
        }
    }
    let output = PartialShape::new([dims[0], places[0], places[1], filter.dim(3)]);
    if cx.at_run_time() {
        ensure!(output.num_elements() != Some(0), invalid_argument, "Output tensor can't be empty");
    }
    cx.set(0, output);
    Ok(())
}

/// For each place along a padded axis: the two pixels that it lies between, and how far it is from the first.
fn sources(
    input: usize,
    resized: usize,
    [before, after]: [i64; 2],
    reflects: bool,
    aligns: bool,
) -> Vec<(usize, usize, f32)> {
    let scale = if aligns && resized > 1 {
        (input - 1) as f32 / (resized - 1) as f32
    } else {
        input as f32 / resized as f32
    };
    let last = resized as i64 - 1;
    let edge = i64::from(!reflects);
    let each = |at: i64| {
        let place = if at < 0 {
            -at - edge
        } else if at > last {
            2 * last - at + edge
        } else {
            at
        };
        let exact = place as f32 * scale;
        let first = (exact.floor() as usize).min(input - 1);
        (first, (first + 1).min(input - 1), exact - first as f32)
    };
    (-before..resized as i64 + after).map(each).collect()
}

/// The image that the convolution sees.
fn prepared(cx: &KernelCtx<'_>, resizes: bool) -> Result<NdArray> {
    let image = cx.input(0)?;
    let &[batch, height, width, channels] = image.shape().dims() else {
        bail!(internal, "the rank of an image was checked");
    };
    let [new_height, new_width] = match resizes {
        true => {
            let sizes = cx.ints(1)?;
            [sizes[0] as usize, sizes[1] as usize]
        }
        false => [height, width],
    };
    let paddings = cx.ints(if resizes { 2 } else { 1 })?;
    let reflects = cx.str("mode")? == "REFLECT";
    let aligns = resizes && cx.bool("resize_align_corners")?;
    let rows = sources(height, new_height, [paddings[2], paddings[3]], reflects, aligns);
    let columns = sources(width, new_width, [paddings[4], paddings[5]], reflects, aligns);
    let shape = Shape::new(&[batch, rows.len(), columns.len(), channels])?;
    let values = image.cast(DType::FLOAT64)?;
    let values = values.as_slice::<f64>()?;
    let mut pixels = reserve::<f64>(shape.num_elements())?;
    // Half precision rounds each step.
    let dtype = cx.dtype("T")?;
    let mix = |a: f64, b: f64, part: f32| match dtype {
        DType::FLOAT32 => f64::from(a as f32 + (b as f32 - a as f32) * part),
        _ => a + (b - a) * f64::from(part),
    };
    for image in 0..batch {
        for &(top, bottom, down) in &rows {
            for &(left, right, along) in &columns {
                let at = |row: usize, column: usize| ((image * height + row) * width + column) * channels;
                for channel in 0..channels {
                    let value = |row, column| values[at(row, column) + channel];
                    let upper = mix(value(top, left), value(top, right), along);
                    let lower = mix(value(bottom, left), value(bottom, right), along);
                    pixels.push(mix(upper, lower, down));
                }
            }
        }
    }
    NdArray::from_shape(shape, pixels)?.cast(dtype)
}

fn kernel(cx: &mut KernelCtx<'_>, resizes: bool) -> Result<()> {
    let mut inputs = [prepared(cx, resizes)?, cx.input(if resizes { 3 } else { 2 })?.clone()];
    let given = cx.attrs();
    let attrs = Attrs::new()
        .with("T", given.dtype("T")?)
        .with("strides", given.ints("strides")?.to_vec())
        .with("padding", given.str("padding")?)
        .with("dilations", vec![1i64; 4])
        .with("explicit_paddings", Vec::<i64>::new())
        .with("data_format", "NHWC")
        .with("use_cudnn_on_gpu", true);
    let outputs = run_op(&CONV_2D, &attrs, cx.node(), &mut inputs, cx.env(), None)?;
    match outputs.into_iter().next() {
        Some(output) => cx.set(0, output),
        None => bail!(internal, "a convolution gives one output"),
    }
}
