//! ResizeNearestNeighbor, ResizeNearestNeighborGrad: images of another size, of the nearest pixels.

use crate::resize_geometry::{Alignment, resize_shape, sizes};
use ferroflow_core::{
    DType, Element, Grad, GradCtx, KernelCtx, Op, OpDef, Result, Tensor, dispatch, parallel, zeroed,
};

pub(crate) static RESIZE_NEAREST_NEIGHBOR: OpDef = OpDef {
    name: "ResizeNearestNeighbor",
    shape: resize_shape,
    kernel: Some(|cx| dispatch!(cx.dtype("T")?, NUMBERS, |T| pick::<T>(cx))),
    grad: Grad::Fn(grad),
    ..OpDef::NEW
};

pub(crate) static RESIZE_NEAREST_NEIGHBOR_GRAD: OpDef =
    OpDef { name: "ResizeNearestNeighborGrad", shape: resize_shape, kernel: Some(grad_kernel), ..OpDef::NEW };

/// For each pixel along one dimension of the larger or smaller image, the nearest one of the other.
fn nearest(alignment: Alignment, input: usize, output: usize) -> Vec<usize> {
    let scale = alignment.scale(input, output);
    (0..output).map(|pixel| alignment.nearest(pixel, scale, input)).collect()
}

fn pick<T: Element + Copy>(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shape = cx.output_shape(0)?;
    let [_, height, width, channels] = sizes(cx.input(0)?.shape())?;
    let [_, rows, columns, _] = sizes(&shape)?;
    let alignment = Alignment::read(cx)?;
    let (vertical, horizontal) = (nearest(alignment, height, rows), nearest(alignment, width, columns));
    let input = cx.slice::<T>(0)?;
    let mut output = zeroed::<T>(shape.num_elements())?;
    let (row, line) = (columns * channels, width * channels);
    parallel::chunks(&mut output, row, 1, |start, chunk| {
        for (count, output) in chunk.chunks_exact_mut(row).enumerate() {
            let number = start / row + count;
            let source = &input[(number / rows * height + vertical[number % rows]) * line..][..line];
            for (pixel, &at) in output.chunks_exact_mut(channels).zip(&horizontal) {
                pixel.copy_from_slice(&source[at * channels..(at + 1) * channels]);
            }
        }
    });
    cx.set_elements(0, output)
}

fn grad_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.dtype("T")? {
        DType::HALF | DType::BFLOAT16 => cx.through_f32(grad_kernel),
        dtype if dtype.is_integer() => {
            dispatch!(dtype, INTEGERS, |T| gather::<T>(cx, |a, b| a.wrapping_add(b)))
        }
        dtype => dispatch!(dtype, FLOATS, |T| gather::<T>(cx, |a, b| a + b)),
    }
}

/// Adds each pixel of the gradient to the one it was picked from.
fn gather<T: Element + Copy>(cx: &mut KernelCtx<'_>, add: fn(T, T) -> T) -> Result<()> {
    let shape = cx.output_shape(0)?;
    let [_, height, width, channels] = sizes(&shape)?;
    let [_, rows, columns, _] = sizes(cx.input(0)?.shape())?;
    let alignment = Alignment::read(cx)?;
    let (vertical, horizontal) = (nearest(alignment, height, rows), nearest(alignment, width, columns));
    let dy = cx.slice::<T>(0)?;
    let mut dx = zeroed::<T>(shape.num_elements())?;
    let image = height * width * channels;
    parallel::chunks(&mut dx, image, 1, |start, chunk| {
        for (count, dx) in chunk.chunks_exact_mut(image).enumerate() {
            let dy = &dy[(start / image + count) * rows * columns * channels..];
            let positions =
                vertical.iter().flat_map(|row| horizontal.iter().map(move |column| row * width + column));
            for (at, dy) in positions.zip(dy.chunks_exact(channels)) {
                let pixel = &mut dx[at * channels..(at + 1) * channels];
                pixel.iter_mut().zip(dy).for_each(|(dx, &dy)| *dx = add(*dx, dy));
            }
        }
    });
    cx.set_elements(0, dx)
}

/// Height and width of images, as a tensor.
fn size_of(images: &Tensor) -> Result<Tensor> {
    let shape = images.shape();
    if let (Some(height), Some(width)) = (shape.dim(1), shape.dim(2))
        && let (Ok(height), Ok(width)) = (i32::try_from(height), i32::try_from(width))
    {
        return ferroflow_core::constant([height, width]);
    }
    let shape = Op::named("Shape").input(images).one()?;
    Op::named("Slice").input(shape).input([1]).input([2]).one()
}

fn grad(cx: &mut GradCtx<'_>) -> Result<()> {
    let op = Op::new(&RESIZE_NEAREST_NEIGHBOR_GRAD).input(cx.dy(0)?).input(size_of(cx.x(0)?)?);
    let op = op.attr("align_corners", cx.bool("align_corners")?);
    let dx = op.attr("half_pixel_centers", cx.bool("half_pixel_centers")?).one();
    cx.set(0, dx)
}
