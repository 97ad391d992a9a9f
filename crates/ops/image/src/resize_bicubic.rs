//! ResizeBicubic, ResizeBicubicGrad: images of another size, interpolated between sixteen pixels.

use crate::resize_geometry::{Alignment, resize_grad_shape, resize_shape, sizes};
use ferroflow_core::{
    DType, Grad, GradCtx, KernelCtx, NdArray, Op, OpDef, Result, ShapeCtx, parallel, zeroed,
};
use std::sync::OnceLock;

pub(crate) static RESIZE_BICUBIC: OpDef = OpDef {
    name: "ResizeBicubic",
    shape: resize_shape,
    kernel: Some(kernel),
    grad: Grad::Fn(grad),
    ..OpDef::NEW
};

pub(crate) static RESIZE_BICUBIC_GRAD: OpDef =
    OpDef { name: "ResizeBicubicGrad", shape: grad_shape, kernel: Some(grad_kernel), ..OpDef::NEW };

const TABLE: usize = 1 << 10;

/// Weights of pixels at distances from 0 to 1, and from 1 to 2, by cubic convolution (Keys, 1981).
type Table = [[f32; 2]; TABLE + 1];

fn table(a: f64) -> Table {
    std::array::from_fn(|step| {
        let near = (step as f64 / TABLE as f64) as f32;
        let far = f64::from(near + 1.0);
        let near = f64::from(near);
        [
            (((a + 2.0) * near - (a + 3.0)) * near * near + 1.0) as f32,
            (((a * far - 5.0 * a) * far + 8.0 * a) * far - 4.0 * a) as f32,
        ]
    })
}

fn tables() -> &'static [Table; 2] {
    static TABLES: OnceLock<[Table; 2]> = OnceLock::new();
    TABLES.get_or_init(|| [table(-0.75), table(-0.5)])
}

/// Four pixels and their weights.
type Taps = [(usize, f32); 4];

/// The taps of every output pixel along one dimension.
fn taps(alignment: Alignment, input: usize, output: usize) -> Vec<Taps> {
    let scale = alignment.scale(input, output);
    let table = &tables()[usize::from(alignment.half_pixels())];
    let tap = |pixel: usize| {
        let at = alignment.position(pixel, scale);
        let floor = at.floor();
        let step = ((at - floor) * TABLE as f32).round_ties_even() as usize;
        let weights = [table[step][1], table[step][0], table[TABLE - step][0], table[TABLE - step][1]];
        let mut taps: Taps = std::array::from_fn(|index| {
            let wanted = floor as i64 + index as i64 - 1;
            let found = wanted.clamp(0, input as i64 - 1);
            // With half pixels, what lies outside has no weight.
            let counts = !alignment.half_pixels() || found == wanted;
            (found as usize, if counts { weights[index] } else { 0.0 })
        });
        if alignment.half_pixels() {
            let sum = taps.iter().fold(0.0, |sum, (_, weight)| sum + weight);
            if sum.abs() >= 1000.0 * f32::MIN_POSITIVE {
                let factor = 1.0 / sum;
                taps.iter_mut().for_each(|(_, weight)| *weight *= factor);
            }
        }
        taps
    };
    (0..output).map(tap).collect()
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shape = cx.output_shape(0)?;
    let [_, height, width, channels] = sizes(cx.input(0)?.shape())?;
    let [_, rows, columns, _] = sizes(&shape)?;
    let alignment = Alignment::read(cx)?;
    // What does not fit into memory is found here, before tables of its sizes are made.
    let mut output = zeroed::<f32>(shape.num_elements())?;
    if output.is_empty() {
        return cx.set_elements(0, output);
    }
    let (vertical, horizontal) = (taps(alignment, height, rows), taps(alignment, width, columns));
    let input = cx.input(0)?.cast(DType::FLOAT32)?;
    let input = input.as_slice::<f32>()?;
    let (row, line) = (columns * channels, width * channels);
    parallel::chunks(&mut output, row, 16, |start, chunk| {
        let mut mixed = vec![0.0f32; line];
        for (count, output) in chunk.chunks_exact_mut(row).enumerate() {
            let number = start / row + count;
            let image = &input[number / rows * height * line..][..height * line];
            let [a, b, c, d] =
                vertical[number % rows].map(|(at, weight)| (&image[at * line..][..line], weight));
            for (position, value) in mixed.iter_mut().enumerate() {
                *value =
                    a.0[position] * a.1 + b.0[position] * b.1 + c.0[position] * c.1 + d.0[position] * d.1;
            }
            for (pixel, [a, b, c, d]) in output.chunks_exact_mut(channels).zip(&horizontal) {
                for (channel, value) in pixel.iter_mut().enumerate() {
                    let tap = |(at, weight): &(usize, f32)| mixed[at * channels + channel] * weight;
                    *value = tap(a) + tap(b) + tap(c) + tap(d);
                }
            }
        }
    });
    cx.set_elements(0, output)
}

fn grad(cx: &mut GradCtx<'_>) -> Result<()> {
    // Only images of these types have a gradient.
    if !matches!(cx.x(0)?.dtype(), DType::FLOAT32 | DType::FLOAT64) {
        return Ok(());
    }
    let op = Op::new(&RESIZE_BICUBIC_GRAD).input(cx.dy(0)?).input(cx.x(0)?);
    let op = op.attr("align_corners", cx.bool("align_corners")?);
    let dx = op.attr("half_pixel_centers", cx.bool("half_pixel_centers")?).one();
    cx.set(0, dx)
}

fn grad_shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if cx.at_run_time() {
        return resize_grad_shape(cx);
    }
    let image = cx.input(1);
    cx.set(0, image);
    Ok(())
}

fn grad_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shape = cx.output_shape(0)?;
    let [_, height, width, channels] = sizes(&shape)?;
    let [_, rows, columns, _] = sizes(cx.input(0)?.shape())?;
    if shape.num_elements() == 0 || cx.input(0)?.is_empty() {
        let none = NdArray::zeros(cx.dtype("T")?, shape)?;
        return cx.set(0, none);
    }
    let alignment = Alignment::read(cx)?;
    let (vertical, horizontal) = (taps(alignment, height, rows), taps(alignment, width, columns));
    let dy = cx.slice::<f32>(0)?;
    let image = height * width * channels;
    let scatter = |add: &mut dyn FnMut(usize, f32)| {
        for (number, dy) in dy.chunks_exact((rows * columns * channels).max(1)).enumerate() {
            let places = vertical.iter().flat_map(|y| horizontal.iter().map(move |x| (y, x)));
            for ((y, x), dy) in places.zip(dy.chunks_exact(channels)) {
                for (row, y_share) in y {
                    for (column, x_share) in x {
                        let at = number * image + (row * width + column) * channels;
                        dy.iter()
                            .enumerate()
                            .for_each(|(channel, dy)| add(at + channel, dy * y_share * x_share));
                    }
                }
            }
        }
    };
    let output = if cx.dtype("T")? == DType::FLOAT64 {
        let mut sums = zeroed::<f64>(shape.num_elements())?;
        scatter(&mut |at, value| sums[at] += f64::from(value));
        NdArray::from_shape(shape, sums)?
    } else {
        let mut sums = zeroed::<f32>(shape.num_elements())?;
        scatter(&mut |at, value| sums[at] += value);
        NdArray::from_shape(shape, sums)?
    };
    cx.set(0, output)
}
