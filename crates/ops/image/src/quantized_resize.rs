//! QuantizedResizeBilinear: quantized images of another size, interpolated between four pixels in whole numbers.

use crate::resize_geometry::{Alignment, Between, neighbours, resize_shape, sizes};
use ferroflow_core::{
    DType, Element, KernelCtx, NdArray, OpDef, Result, Shape, ShapeCtx, bail, parallel, zeroed,
};

pub(crate) static QUANTIZED_RESIZE_BILINEAR: OpDef = OpDef {
    name: "QuantizedResizeBilinear",
    shape,
    kernel: Some(kernel),
    types: &[("T", &[DType::QUINT8, DType::QINT32, DType::FLOAT32])],
    ..OpDef::NEW
};

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    if cx.at_run_time() {
        for (index, name) in [(2, "min"), (3, "max")] {
            if cx.input(index).rank() != Some(0) {
                bail!(invalid_argument, "{name} must be a scalar");
            }
        }
    }
    resize_shape(cx)?;
    if !cx.at_run_time() {
        cx.with_rank(2, 0)?;
        cx.with_rank(3, 0)?;
    }
    cx.set(1, Shape::scalar());
    cx.set(2, Shape::scalar());
    Ok(())
}

/// The four pixels around a place: above and below it, left and right.
struct Corners<T> {
    top: [T; 2],
    bottom: [T; 2],
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.dtype("T")? {
        DType::QUINT8 => {
            let plain = cx.input(0)?.bitcast_same_size(DType::UINT8)?;
            let resized =
                resize(cx, plain.as_slice::<u8>()?, |corners, x, y| mix::<7>(corners.map_i64(), x, y) as u8)?;
            cx.set(0, resized.bitcast_same_size(DType::QUINT8)?)?;
        }
        DType::QINT32 => {
            let plain = cx.input(0)?.bitcast_same_size(DType::INT32)?;
            let resized = resize(cx, plain.as_slice::<i32>()?, |corners, x, y| {
                mix::<30>(corners.map_i64(), x, y) as i32
            })?;
            cx.set(0, resized.bitcast_same_size(DType::QINT32)?)?;
        }
        _ => {
            let resized = resize(cx, cx.slice::<f32>(0)?, |corners, x, y| {
                let [top, bottom] =
                    [corners.top, corners.bottom].map(|[left, right]| left + (right - left) * x);
                top + (bottom - top) * y
            })?;
            cx.set(0, resized)?;
        }
    }
    for (index, from) in [(1, 2), (2, 3)] {
        let end = cx.input(from)?.clone();
        cx.set(index, end)?;
    }
    Ok(())
}

impl<T: Into<i64>> Corners<T> {
    fn map_i64(self) -> Corners<i64> {
        Corners { top: self.top.map(Into::into), bottom: self.bottom.map(Into::into) }
    }
}

/// Interpolation with `BITS` bits behind the point.
fn mix<const BITS: u32>(corners: Corners<i64>, x: f32, y: f32) -> i64 {
    let one = 1i64 << BITS;
    let weight = |weight: f32| (weight * one as f32) as i64;
    let across = |[left, right]: [i64; 2]| left * one + (right - left) * weight(x);
    let (top, bottom) = (across(corners.top), across(corners.bottom));
    // Weights are below 1, so that nothing leaves the range of the pixels.
    let mixed = top + (bottom - top) / one * weight(y);
    (mixed + one / 2) / one
}

fn resize<T: Element + Copy>(
    cx: &KernelCtx<'_>,
    input: &[T],
    mix: impl Fn(Corners<T>, f32, f32) -> T + Sync,
) -> Result<NdArray> {
    let [batch, height, width, channels] = sizes(cx.input(0)?.shape())?;
    let asked = cx.ints(1)?;
    let &[rows, columns] = asked.as_slice() else { bail!(internal, "a size is two numbers") };
    let shape = Shape::from_i64(&[batch as i64, rows, columns, channels as i64])?;
    let [_, rows, columns, _] = sizes(&shape)?;
    let alignment = Alignment::read(cx)?;
    if (rows, columns) == (height, width) {
        return NdArray::from_shape(shape, input.to_vec());
    }
    // What does not fit into memory is found here, before tables of its sizes are made.
    let mut output = zeroed::<T>(shape.num_elements())?;
    if output.is_empty() {
        return NdArray::from_shape(shape, output);
    }
    let (vertical, horizontal) = (neighbours(alignment, height, rows), neighbours(alignment, width, columns));
    let (row, line) = (columns * channels, width * channels);
    parallel::chunks(&mut output, row, 8, |start, chunk| {
        for (count, output) in chunk.chunks_exact_mut(row).enumerate() {
            let number = start / row + count;
            let image = &input[number / rows * height * line..][..height * line];
            let at = vertical[number % rows];
            let (top, bottom) = (&image[at.lower * line..][..line], &image[at.upper * line..][..line]);
            for (pixel, &Between { lower, upper, weight }) in
                output.chunks_exact_mut(channels).zip(&horizontal)
            {
                for (channel, value) in pixel.iter_mut().enumerate() {
                    let pair =
                        |line: &[T]| [line[lower * channels + channel], line[upper * channels + channel]];
                    *value = mix(Corners { top: pair(top), bottom: pair(bottom) }, weight, at.weight);
                }
            }
        }
    });
    NdArray::from_shape(shape, output)
}
