//! CropAndResize, CropAndResizeGradBoxes, CropAndResizeGradImage: boxes cut out of images, all to one size.

use crate::resize_geometry::sizes;
use ferroflow_core::{
    Attrs, DType, Grad, GradCtx, IntoOperand, KernelCtx, NdArray, Op, OpDef, PartialShape, Result, Shape,
    ShapeCtx, Tensor, bail, ensure, options, parallel, zeroed,
};

options! {
    /// Optional arguments of [`crop_and_resize_with`].
    pub struct CropAndResizeOptions {
        /// `bilinear` or `nearest`.
        method: String = "bilinear".to_string(),
        /// What stands for pixels outside the image.
        extrapolation_value: f64 = 0.0,
    }
}

/// The boxes `[y1, x1, y2, x2]`, in parts of the image's size, each cut out of the image that `box_indices` names and
/// resized to `crop_size`.
///
/// Source: `tf.image.crop_and_resize` (op `CropAndResize`).
///
/// ```
/// use ferroflow_ops_image::crop_and_resize;
/// let image = [[[[1.0], [2.0]], [[3.0], [4.0]]]];
/// let crop = crop_and_resize(image, [[0.0, 0.0, 1.0, 1.0]], [0], [1, 1])?;
/// assert_eq!(crop.numpy()?.as_slice::<f32>()?, [2.5]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when shapes do not fit or sizes are not positive, `OutOfRange` for an index without an image.
pub fn crop_and_resize(
    image: impl IntoOperand,
    boxes: impl IntoOperand,
    box_indices: impl IntoOperand,
    crop_size: impl IntoOperand,
) -> Result<Tensor> {
    crop_and_resize_with(image, boxes, box_indices, crop_size, |options| options)
}

/// [`crop_and_resize`] by another method.
///
/// # Errors
/// As [`crop_and_resize`].
pub fn crop_and_resize_with(
    image: impl IntoOperand,
    boxes: impl IntoOperand,
    box_indices: impl IntoOperand,
    crop_size: impl IntoOperand,
    options: impl FnOnce(CropAndResizeOptions) -> CropAndResizeOptions,
) -> Result<Tensor> {
    let options = options(CropAndResizeOptions::default());
    Op::new(&CROP_AND_RESIZE)
        .input(image)
        .input(boxes)
        .input(box_indices)
        .input(crop_size)
        .attr("method", options.method)
        .attr("extrapolation_value", options.extrapolation_value as f32)
        .one()
}

pub(crate) static CROP_AND_RESIZE: OpDef =
    OpDef { name: "CropAndResize", shape, kernel: Some(kernel), grad: Grad::Fn(grad), ..OpDef::NEW };

pub(crate) static CROP_AND_RESIZE_GRAD_BOXES: OpDef =
    OpDef { name: "CropAndResizeGradBoxes", shape: boxes_shape, kernel: Some(boxes_kernel), ..OpDef::NEW };

pub(crate) static CROP_AND_RESIZE_GRAD_IMAGE: OpDef =
    OpDef { name: "CropAndResizeGradImage", shape: image_shape, kernel: Some(image_kernel), ..OpDef::NEW };

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if cx.at_run_time() {
        return Ok(());
    }
    let (image, boxes) = (cx.with_rank(0, 4)?, cx.with_rank(1, 2)?);
    let indices = cx.with_rank(2, 1)?;
    let count = cx.merge_dims(boxes.dim(0), indices.dim(0))?;
    if let Some(columns) = boxes.dim(1)
        && columns != 4
    {
        bail!(invalid_argument, "Dimension must be 4 but is {columns}");
    }
    let size = cx.with_rank(3, 1)?;
    if let Some(found) = size.dim(0)
        && found != 2
    {
        bail!(invalid_argument, "Dimension must be 2 but is {found}");
    }
    let size = cx.input_as_shape(3)?;
    cx.set(0, [count, size.dim(0), size.dim(1), image.dim(3)]);
    Ok(())
}

fn boxes_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        let boxes = cx.with_rank(2, 2)?;
        cx.set(0, boxes);
    }
    Ok(())
}

fn image_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if !cx.at_run_time() {
        let out = cx.input_as_shape(3)?;
        if let Some(rank) = out.rank()
            && rank != 4
        {
            bail!(invalid_argument, "Shape must be rank 4 but is rank {rank}");
        }
        cx.set(0, if out.rank().is_some() { out } else { PartialShape::of_rank(4) });
    }
    Ok(())
}

/// The number of boxes, when there is an index for each.
fn num_boxes(boxes: &NdArray, indices: &NdArray) -> Result<usize> {
    if boxes.is_empty() && indices.is_empty() {
        return Ok(0);
    }
    ensure!(boxes.rank() == 2, invalid_argument, "boxes must be 2-D{}", boxes.shape());
    ensure!(boxes.shape()[1] == 4, invalid_argument, "boxes must have 4 columns");
    ensure!(indices.rank() == 1, invalid_argument, "box_index must be 1-D{}", indices.shape());
    ensure!(indices.len() == boxes.shape()[0], invalid_argument, "box_index has incompatible shape");
    Ok(indices.len())
}

/// The images that boxes are cut out of.
fn images_of_boxes(indices: &NdArray, batch: usize) -> Result<Vec<usize>> {
    let mut found = Vec::with_capacity(indices.len());
    for &index in indices.as_slice::<i32>()? {
        match usize::try_from(index).ok().filter(|index| *index < batch) {
            Some(index) => found.push(index),
            None => bail!(out_of_range, "box_index has values outside [0, batch_size)"),
        }
    }
    Ok(found)
}

/// Where the pixels along one side of a crop lie in the image.
#[derive(Clone, Copy)]
struct Side {
    start: f32,
    end: f32,
    image: usize,
    crop: usize,
}

/// A place between two pixels of the image.
#[derive(Clone, Copy)]
struct Place {
    lower: usize,
    upper: usize,
    nearest: usize,
    weight: f32,
}

impl Side {
    fn last(self) -> f32 {
        (self.image - 1) as f32
    }

    /// Image pixels for each pixel of the crop, divided last; the gradient for boxes divides first.
    fn scale(self, divided_first: bool) -> f32 {
        match self.crop {
            ..2 => 0.0,
            crop if divided_first => (self.end - self.start) * (self.last() / (crop - 1) as f32),
            crop => (self.end - self.start) * self.last() / (crop - 1) as f32,
        }
    }

    fn places(self, divided_first: bool) -> Vec<Option<Place>> {
        let scale = self.scale(divided_first);
        let place = |pixel: usize| {
            let at = match self.crop {
                ..2 => (0.5 * f64::from(self.start + self.end) * f64::from(self.last())) as f32,
                _ => self.start * self.last() + pixel as f32 * scale,
            };
            // What is no number lies outside.
            (at >= 0.0 && at <= self.last()).then(|| Place {
                lower: at.floor() as usize,
                upper: at.ceil() as usize,
                nearest: at.round() as usize,
                weight: at - at.floor(),
            })
        };
        (0..self.crop).map(place).collect()
    }
}

fn sides(corners: &[f32], image: [usize; 2], crop: [usize; 2]) -> [Side; 2] {
    [0, 1].map(|axis| Side {
        start: corners[axis],
        end: corners[axis + 2],
        image: image[axis],
        crop: crop[axis],
    })
}

fn is_nearest(attrs: &Attrs) -> Result<bool> {
    match attrs.str("method")? {
        "nearest" => Ok(true),
        "bilinear" => Ok(false),
        other => bail!(invalid_argument, "method must be 'bilinear' or 'nearest'{other}"),
    }
}

fn check_crops(image: &Shape, boxes: &NdArray, indices: &NdArray, size: &NdArray) -> Result<[usize; 2]> {
    ensure!(image.rank() == 4, invalid_argument, "input image must be 4-D{image}");
    ensure!(image[1] > 0 && image[2] > 0, invalid_argument, "image dimensions must be positive");
    ensure!(boxes.rank() == 2, invalid_argument, "boxes must be 2-D, got: {}", boxes.shape());
    ensure!(
        indices.rank() == 1,
        invalid_argument,
        "box_indices must be rank 1 but is shape {}",
        indices.shape()
    );
    num_boxes(boxes, indices)?;
    ensure!(size.rank() == 1, invalid_argument, "crop_size must be 1-D{}", size.shape());
    ensure!(size.len() == 2, invalid_argument, "crop_size must have two elements{}", size.shape());
    match *size.as_slice::<i32>()? {
        [height, width] if height > 0 && width > 0 => Ok([height as usize, width as usize]),
        _ => bail!(invalid_argument, "crop dimensions must be positive"),
    }
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let nearest = is_nearest(cx)?;
    let outside = cx.float("extrapolation_value")?;
    let (boxes, indices) = (cx.input(1)?, cx.input(2)?);
    let crop = check_crops(cx.input(0)?.shape(), boxes, indices, cx.input(3)?)?;
    let [batch, height, width, depth] = sizes(cx.input(0)?.shape())?;
    let images = images_of_boxes(indices, batch)?;
    let shape = Shape::new(&[images.len(), crop[0], crop[1], depth])?;
    let corners = boxes.as_slice::<f32>()?;
    ensure!(
        corners.iter().all(|corner| corner.is_finite()),
        invalid_argument,
        "Boxes contains at least one element that is not finite"
    );
    let image = cx.input(0)?.cast(DType::FLOAT32)?;
    let pixels = image.as_slice::<f32>()?;
    let mut output = zeroed::<f32>(shape.num_elements())?;
    let unit = crop[0] * crop[1] * depth;
    parallel::chunks(&mut output, unit, 8, |start, chunk| {
        for (count, output) in chunk.chunks_exact_mut(unit).enumerate() {
            let number = start / unit + count;
            let [vertical, horizontal] =
                sides(&corners[number * 4..][..4], [height, width], crop).map(|side| side.places(false));
            let image = &pixels[images[number] * height * width * depth..][..height * width * depth];
            let value = |y: usize, x: usize, channel: usize| image[(y * width + x) * depth + channel];
            let places = vertical.iter().flat_map(|y| horizontal.iter().map(move |x| (y, x)));
            for ((y, x), pixel) in places.zip(output.chunks_exact_mut(depth)) {
                let (Some(y), Some(x)) = (y, x) else {
                    pixel.fill(outside);
                    continue;
                };
                for (channel, pixel) in pixel.iter_mut().enumerate() {
                    *pixel = if nearest {
                        value(y.nearest, x.nearest, channel)
                    } else {
                        let mix = |row: usize| {
                            let left = value(row, x.lower, channel);
                            left + (value(row, x.upper, channel) - left) * x.weight
                        };
                        let top = mix(y.lower);
                        top + (mix(y.upper) - top) * y.weight
                    };
                }
            }
        }
    });
    cx.set(0, NdArray::from_shape(shape, output)?)
}

fn grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let (image, boxes, indices) = (cx.x(0)?, cx.x(1)?, cx.x(2)?);
    if image.dtype().is_floating() {
        let size = Op::named("Shape").input(image).one()?;
        let op =
            Op::new(&CROP_AND_RESIZE_GRAD_IMAGE).input(cx.dy(0)?).input(boxes).input(indices).input(size);
        let op = op.attr("T", cx.dtype("T")?).attr("method", cx.str("method")?);
        cx.set(0, op.one())?;
    }
    // Pixels that are picked do not move with a box; those between pixels stand in for them.
    let op = Op::new(&CROP_AND_RESIZE_GRAD_BOXES).input(cx.dy(0)?).input(image).input(boxes).input(indices);
    cx.set(1, op.one())
}

fn check_grads(grads: &Shape) -> Result<()> {
    ensure!(grads.rank() == 4, invalid_argument, "grads image must be 4-D{grads}");
    ensure!(grads[1] > 0 && grads[2] > 0, invalid_argument, "grads dimensions must be positive");
    Ok(())
}

fn image_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let nearest = is_nearest(cx)?;
    let (grads, boxes, indices, size) = (cx.input(0)?, cx.input(1)?, cx.input(2)?, cx.input(3)?);
    check_grads(grads.shape())?;
    let count = num_boxes(boxes, indices)?;
    ensure!(grads.shape()[0] == count, invalid_argument, "boxes and grads have incompatible shape");
    ensure!(size.rank() == 1, invalid_argument, "image_size must be 1-D{}", size.shape());
    ensure!(size.len() == 4, invalid_argument, "image_size must have 4 elements{}", size.shape());
    let shape = size.to_i64_vec()?;
    if let Some(negative) = shape.iter().find(|size| **size < 0) {
        bail!(invalid_argument, "Expected a non-negative size, got {negative}");
    }
    ensure!(shape[1] > 0 && shape[2] > 0, invalid_argument, "image dimensions must be positive");
    ensure!(shape[3] == grads.shape()[3] as i64, invalid_argument, "image_size and grads are incompatible");
    let shape = Shape::from_i64(&shape)?;
    let [batch, height, width, depth] = sizes(&shape)?;
    let images = images_of_boxes(indices, batch)?;
    let [_, rows, columns, _] = sizes(grads.shape())?;
    let (dy, corners) = (grads.as_slice::<f32>()?, boxes.as_slice::<f32>()?);
    let scatter = |add: &mut dyn FnMut(usize, f32)| {
        for (number, image) in images.iter().enumerate() {
            let [vertical, horizontal] = sides(&corners[number * 4..][..4], [height, width], [rows, columns])
                .map(|side| side.places(false));
            let dy = &dy[number * rows * columns * depth..];
            let places = vertical.iter().flat_map(|y| horizontal.iter().map(move |x| (y, x)));
            for ((y, x), dy) in places.zip(dy.chunks_exact(depth.max(1))) {
                let (Some(y), Some(x)) = (y, x) else { continue };
                let at = |row: usize, column: usize| ((image * height + row) * width + column) * depth;
                for (channel, &dy) in dy.iter().enumerate() {
                    if nearest {
                        add(at(y.nearest, x.nearest) + channel, dy);
                        continue;
                    }
                    for (row, share) in [(y.lower, (1.0 - y.weight) * dy), (y.upper, y.weight * dy)] {
                        add(at(row, x.lower) + channel, (1.0 - x.weight) * share);
                        add(at(row, x.upper) + channel, x.weight * share);
                    }
                }
            }
        }
    };
    let dtype = cx.dtype("T")?;
    let output = if dtype == DType::FLOAT64 {
        let mut sums = zeroed::<f64>(shape.num_elements())?;
        scatter(&mut |at, value| sums[at] += f64::from(value));
        NdArray::from_shape(shape, sums)?
    } else {
        let mut sums = zeroed::<f32>(shape.num_elements())?;
        scatter(&mut |at, value| sums[at] += value);
        NdArray::from_shape(shape, sums)?.cast(dtype)?
    };
    cx.set(0, output)
}

fn boxes_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let (grads, image, boxes, indices) = (cx.input(0)?, cx.input(1)?, cx.input(2)?, cx.input(3)?);
    check_grads(grads.shape())?;
    ensure!(image.rank() == 4, invalid_argument, "input image must be 4-D{}", image.shape());
    let [batch, height, width, depth] = sizes(image.shape())?;
    ensure!(height > 0 && width > 0, invalid_argument, "image dimensions must be positive");
    let [count, rows, columns, channels] = sizes(grads.shape())?;
    ensure!(depth == channels, invalid_argument, "image, grads depth differ");
    ensure!(num_boxes(boxes, indices)? == count, invalid_argument, "boxes and grads have incompatible shape");
    let images = images_of_boxes(indices, batch)?;
    let (dy, corners) = (grads.as_slice::<f32>()?, boxes.as_slice::<f32>()?);
    let image = image.cast(DType::FLOAT32)?;
    let pixels = image.as_slice::<f32>()?;
    let mut output = zeroed::<f32>(count * 4)?;
    for ((number, output), first) in output.chunks_exact_mut(4).enumerate().zip(&images) {
        let sides = sides(&corners[number * 4..][..4], [height, width], [rows, columns]);
        let [vertical, horizontal] = sides.map(|side| side.places(true));
        let image = &pixels[first * height * width * depth..][..height * width * depth];
        let dy = &dy[number * rows * columns * depth..];
        let places =
            vertical.iter().enumerate().flat_map(|y| horizontal.iter().enumerate().map(move |x| (y, x)));
        for (((row, y), (column, x)), dy) in places.zip(dy.chunks_exact(depth.max(1))) {
            let (Some(y), Some(x)) = (y, x) else { continue };
            for (channel, &dy) in dy.iter().enumerate() {
                let value = |row: usize, column: usize| image[(row * width + column) * depth + channel];
                let (top_left, top_right) = (value(y.lower, x.lower), value(y.lower, x.upper));
                let (bottom_left, bottom_right) = (value(y.upper, x.lower), value(y.upper, x.upper));
                let slope_y =
                    (1.0 - x.weight) * (bottom_left - top_left) + x.weight * (bottom_right - top_right);
                let slope_x =
                    (1.0 - y.weight) * (top_right - top_left) + y.weight * (bottom_right - bottom_left);
                for (axis, (slope, at)) in
                    [(slope_y * dy, row), (slope_x * dy, column)].into_iter().enumerate()
                {
                    let side = sides[axis];
                    let (start, end) = match side.crop {
                        ..2 => (0.5 * side.last(), 0.5 * side.last()),
                        crop => {
                            let moved = at as f32 * (side.last() / (crop - 1) as f32);
                            (side.last() - moved, moved)
                        }
                    };
                    output[axis] += slope * start;
                    output[axis + 2] += slope * end;
                }
            }
        }
    }
    cx.set(0, NdArray::from_shape(Shape::new(&[count, 4])?, output)?)
}
