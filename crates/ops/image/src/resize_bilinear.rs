//! ResizeBilinear, ResizeBilinearGrad: images of another size, interpolated between four pixels.

use crate::resize_geometry::{Alignment, Between, neighbours, resize_grad_shape, resize_shape, sizes};
use ferroflow_core::{
    DType, Element, Grad, GradCtx, KernelCtx, Op, OpDef, Result, dispatch, parallel, zeroed,
};
use num_traits::AsPrimitive;

pub(crate) static RESIZE_BILINEAR: OpDef = OpDef {
    name: "ResizeBilinear",
    shape: resize_shape,
    kernel: Some(kernel),
    grad: Grad::Fn(grad),
    ..OpDef::NEW
};

pub(crate) static RESIZE_BILINEAR_GRAD: OpDef = OpDef {
    name: "ResizeBilinearGrad",
    shape: resize_grad_shape,
    kernel: Some(grad_kernel),
    grad: Grad::None,
    ..OpDef::NEW
};

fn is_half(dtype: DType) -> bool {
    matches!(dtype, DType::HALF | DType::BFLOAT16)
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.dtype("T")? {
        dtype if is_half(dtype) => cx.through_f32(kernel),
        dtype => dispatch!(dtype, REALS, |T| interpolate::<T>(cx)),
    }
}

fn interpolate<T: Element + AsPrimitive<f32>>(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shape = cx.output_shape(0)?;
    let [_, height, width, channels] = sizes(cx.input(0)?.shape())?;
    let [_, rows, columns, _] = sizes(&shape)?;
    let alignment = Alignment::read(cx)?;
    // What does not fit into memory is found here, before tables of its sizes are made.
    let mut output = zeroed::<f32>(shape.num_elements())?;
    if output.is_empty() {
        return cx.set_elements(0, output);
    }
    let (vertical, horizontal) = (neighbours(alignment, height, rows), neighbours(alignment, width, columns));
    let input = cx.slice::<T>(0)?;
    let (row, line) = (columns * channels, width * channels);
    parallel::chunks(&mut output, row, 4, |start, chunk| {
        for (count, output) in chunk.chunks_exact_mut(row).enumerate() {
            let number = start / row + count;
            let image = &input[number / rows * height * line..][..height * line];
            let at = vertical[number % rows];
            let (top, bottom) = (&image[at.lower * line..][..line], &image[at.upper * line..][..line]);
            for (pixel, between) in output.chunks_exact_mut(channels).zip(&horizontal) {
                blend(pixel, top, bottom, at.weight, *between, channels);
            }
        }
    });
    cx.set_elements(0, output)
}

fn blend<T: Copy + AsPrimitive<f32>>(
    pixel: &mut [f32],
    top: &[T],
    bottom: &[T],
    vertical: f32,
    at: Between,
    channels: usize,
) {
    let mix = |left: T, right: T| {
        let (left, right): (f32, f32) = (left.as_(), right.as_());
        left + (right - left) * at.weight
    };
    let corners = |line: &[T], channel: usize| {
        mix(line[at.lower * channels + channel], line[at.upper * channels + channel])
    };
    for (channel, value) in pixel.iter_mut().enumerate() {
        let (above, below) = (corners(top, channel), corners(bottom, channel));
        *value = above + (below - above) * vertical;
    }
}

fn grad_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.dtype("T")? {
        dtype if is_half(dtype) => cx.through_f32(grad_kernel),
        dtype => dispatch!(dtype, FLOATS, |T| spread::<T>(cx)),
    }
}

fn spread<T>(cx: &mut KernelCtx<'_>) -> Result<()>
where
    T: Element + Copy + std::ops::AddAssign + 'static,
    f32: AsPrimitive<T>,
{
    let shape = cx.output_shape(0)?;
    let [_, height, width, channels] = sizes(&shape)?;
    let [_, rows, columns, _] = sizes(cx.input(0)?.shape())?;
    let alignment = Alignment::read(cx)?;
    let (vertical, horizontal) = (neighbours(alignment, height, rows), neighbours(alignment, width, columns));
    let dy = cx.slice::<f32>(0)?;
    let mut dx = zeroed::<T>(shape.num_elements())?;
    let image = height * width * channels;
    parallel::chunks(&mut dx, image, 8, |start, chunk| {
        for (count, dx) in chunk.chunks_exact_mut(image).enumerate() {
            let dy = &dy[(start / image + count) * rows * columns * channels..];
            let positions = vertical.iter().flat_map(|y| horizontal.iter().map(move |x| (y, x)));
            for ((y, x), dy) in positions.zip(dy.chunks_exact(channels)) {
                for (row, y_share) in [(y.lower, 1.0 - y.weight), (y.upper, y.weight)] {
                    for (column, x_share) in [(x.lower, 1.0 - x.weight), (x.upper, x.weight)] {
                        let pixel = &mut dx[(row * width + column) * channels..][..channels];
                        pixel.iter_mut().zip(dy).for_each(|(dx, dy)| *dx += (dy * y_share * x_share).as_());
                    }
                }
            }
        }
    });
    cx.set_elements(0, dx)
}

fn grad(cx: &mut GradCtx<'_>) -> Result<()> {
    // Images of integers have no gradient.
    if !cx.x(0)?.dtype().is_floating() {
        return Ok(());
    }
    let op = Op::new(&RESIZE_BILINEAR_GRAD).input(cx.dy(0)?).input(cx.x(0)?);
    let op = op.attr("align_corners", cx.bool("align_corners")?);
    let dx = op.attr("half_pixel_centers", cx.bool("half_pixel_centers")?).one();
    cx.set(0, dx)
}
