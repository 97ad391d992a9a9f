//! AdjustHue, AdjustSaturation: colours turned around the circle, or moved to and from grey.

use crate::color_space::hsv;
use ferroflow_core::{DType, KernelCtx, OpDef, Result, ShapeCtx, ensure, parallel};

pub(crate) static ADJUST_HUE: OpDef =
    OpDef { name: "AdjustHue", shape, kernel: Some(|cx| adjust(cx, "delta", turned)), ..OpDef::NEW };

pub(crate) static ADJUST_SATURATION: OpDef = OpDef {
    name: "AdjustSaturation",
    shape,
    kernel: Some(|cx| adjust(cx, "scale", saturated)),
    ..OpDef::NEW
};

fn shape(cx: &mut ShapeCtx<'_>) -> Result<()> {
    let images = cx.input(0);
    if !cx.at_run_time() {
        cx.with_rank_at_least(0, 3)?;
    }
    cx.set(0, images);
    Ok(())
}

fn adjust(cx: &mut KernelCtx<'_>, name: &str, change: fn([f32; 3], f32) -> [f32; 3]) -> Result<()> {
    let (images, amount) = (cx.input(0)?, cx.input(1)?);
    let shape = images.shape();
    ensure!(shape.rank() >= 3, invalid_argument, "input must be at least 3-D, got shape{shape}");
    ensure!(amount.rank() == 0, invalid_argument, "{name} must be scalar: {}", amount.shape());
    let channels = shape.dims().last().copied().unwrap_or(0);
    ensure!(
        channels == 3,
        invalid_argument,
        "input must have 3 channels but instead has {channels} channels."
    );
    let (amount, dtype) = (amount.item::<f32>()?, cx.dtype("T")?);
    let mut images = cx.take(0)?.cast(DType::FLOAT32)?;
    parallel::chunks(images.as_mut_slice::<f32>()?, 3, 16, |_, chunk| {
        for pixel in chunk.chunks_exact_mut(3) {
            if let [red, green, blue] = *pixel {
                pixel.copy_from_slice(&change([red, green, blue], amount));
            }
        }
    });
    let images = images.cast(dtype)?;
    cx.set(0, images)
}

/// The sector of the circle of hues that a colour is in, and its parts from the least to the largest.
fn sector([red, green, blue]: [f32; 3]) -> (u8, [f32; 3]) {
    if red < green {
        if blue < red {
            (1, [blue, red, green])
        } else if blue > green {
            (3, [red, green, blue])
        } else {
            (2, [red, blue, green])
        }
    } else if blue < green {
        (0, [blue, green, red])
    } else if blue > red {
        (4, [green, red, blue])
    } else {
        (5, [green, blue, red])
    }
}

/// The colour in a sector that has these parts.
fn colour(sector: i32, low: f32, middle: f32, high: f32) -> [f32; 3] {
    match sector {
        0 => [high, middle, low],
        1 => [middle, high, low],
        2 => [low, high, middle],
        3 => [low, middle, high],
        4 => [middle, low, high],
        _ => [high, low, middle],
    }
}

fn turned(pixel: [f32; 3], delta: f32) -> [f32; 3] {
    let (number, [low, middle, high]) = sector(pixel);
    let mut hue = 0.0;
    if low != high {
        let share = (middle - low) / (high - low);
        hue = f32::from(number) + if number % 2 == 0 { share } else { 1.0 - share };
    }
    hue += delta * 6.0;
    // Steps of 6 round as TensorFlow's do; what is far away would take forever.
    if hue.abs() > 600.0 {
        hue = hue.rem_euclid(6.0);
    }
    while hue < 0.0 {
        hue += 6.0;
    }
    while hue >= 6.0 {
        hue -= 6.0;
    }
    let number = hue as i32;
    let share = hue - number as f32;
    let share = if number % 2 == 0 { share } else { 1.0 - share };
    colour(number, low, low + share * (high - low), high)
}

fn saturated(pixel: [f32; 3], scale: f32) -> [f32; 3] {
    let [hue, saturation, value] = hsv(pixel);
    let chroma = (saturation * scale).clamp(0.0, 1.0) * value;
    let rest = value - chroma;
    let hue = hue * 6.0;
    // A range next to nothing makes the hue larger than any, even infinite.
    let mut place = if hue.abs() <= 12.0 { hue } else { hue.rem_euclid(2.0) };
    while place <= 0.0 {
        place += 2.0;
    }
    while place >= 2.0 {
        place -= 2.0;
    }
    let middle = chroma * (1.0 - (place - 1.0).abs());
    // A hue of a whole turn has no sector, so that TensorFlow leaves the rest alone.
    let parts = if hue as i32 > 5 { [0.0; 3] } else { colour(hue as i32, 0.0, middle, chroma) };
    parts.map(|part| part + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_of_no_or_endless_range_come_to_an_end() {
        for pixel in [[1e-45, 0.0, 0.0], [0.0, 1e-45, 0.0], [0.0, 0.0, 1e-39], [f32::INFINITY, 0.0, 0.0]] {
            for amount in [0.0, 1.5, -1e30, 1e30, f32::INFINITY, f32::NAN] {
                assert_eq!(saturated(pixel, amount).len(), turned(pixel, amount).len());
            }
        }
    }
}
