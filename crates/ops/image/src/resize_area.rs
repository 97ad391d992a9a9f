//! ResizeArea: images of another size, each pixel the mean of the area that it covers.

use crate::resize_geometry::{Alignment, resize_shape, sizes};
use ferroflow_core::{DType, KernelCtx, OpDef, Result, parallel, zeroed};

pub(crate) static RESIZE_AREA: OpDef =
    OpDef { name: "ResizeArea", shape: resize_shape, kernel: Some(kernel), ..OpDef::NEW };

/// The pixels that an output pixel covers, with how much of each.
type Cover = Vec<(usize, f32)>;

/// The cover of every output pixel along one dimension.
fn covers(scale: f32, input: usize, output: usize) -> Vec<Cover> {
    let cover = |pixel: usize| {
        let (start, end) = (pixel as f32 * scale, (pixel + 1) as f32 * scale);
        let share = |at: i64| {
            let (left, right) = (at as f32, (at + 1) as f32);
            let weight = match (left < start, right > end) {
                (true, true) => scale,
                (true, false) => right - start,
                (false, true) => end - left,
                (false, false) => 1.0,
            };
            (at.clamp(0, input as i64 - 1) as usize, weight)
        };
        (start.floor() as i64..end.ceil() as i64).map(share).collect()
    };
    (0..output).map(cover).collect()
}

fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let shape = cx.output_shape(0)?;
    let [_, height, width, channels] = sizes(cx.input(0)?.shape())?;
    let [_, rows, columns, _] = sizes(&shape)?;
    let alignment = Alignment::corners(cx.bool("align_corners")?);
    let (y_scale, x_scale) = (alignment.scale(height, rows), alignment.scale(width, columns));
    let (vertical, horizontal) = (covers(y_scale, height, rows), covers(x_scale, width, columns));
    let factor = (1.0 / f64::from(y_scale * x_scale)) as f32;
    let input = cx.input(0)?.cast(DType::FLOAT32)?;
    let input = input.as_slice::<f32>()?;
    let mut output = zeroed::<f32>(shape.num_elements())?;
    let (row, line) = (columns * channels, width * channels);
    let cost = (height / rows.max(1) + 1).saturating_mul(width / columns.max(1) + 1);
    parallel::chunks(&mut output, row, cost, |start, chunk| {
        for (count, output) in chunk.chunks_exact_mut(row).enumerate() {
            let number = start / row + count;
            let image = &input[number / rows * height * line..][..height * line];
            let lines = &vertical[number % rows];
            for (pixel, cover) in output.chunks_exact_mut(channels).zip(&horizontal) {
                for (channel, value) in pixel.iter_mut().enumerate() {
                    let mut sum = 0.0;
                    for (y, share) in lines {
                        let line = &image[y * line..][..line];
                        let across = cover
                            .iter()
                            .fold(0.0, |sum, (x, share)| sum + line[x * channels + channel] * share);
                        sum += across * share;
                    }
                    *value = sum * factor;
                }
            }
        }
    });
    cx.set_elements(0, output)
}
