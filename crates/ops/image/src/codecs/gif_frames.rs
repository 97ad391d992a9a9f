//! Frames of GIF files, each as it is seen.

use super::picture::{Picture, Samples, too_large};
use ferroflow_core::{Error, Result, reserve};
use gif::{ColorOutput, DecodeOptions, DecodingError, Frame, MemoryLimit};

/// A frame with the palette in force.
struct Drawn {
    frame: Frame<'static>,
    palette: Option<Vec<u8>>,
}

/// The pixels that a file may have, all frames together.
const MOST_PIXELS: usize = 1 << 29;

fn reason(error: &DecodingError) -> String {
    match error {
        DecodingError::Io(_) | DecodingError::UnexpectedEof => "Failed to read from given file".to_string(),
        other => other.to_string(),
    }
}

fn read(contents: &[u8], all: bool, invalid: &dyn Fn(&str) -> Error) -> Result<Vec<Drawn>> {
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::Indexed);
    options.set_memory_limit(MemoryLimit::Unlimited);
    options.allow_unknown_blocks(true);
    let no_screen = |_| invalid("failed to open gif file: No screen descriptor detected");
    // The decoder reads as far as the first frame, which need not be there.
    if contents.len() < 13 {
        return Err(invalid("failed to open gif file: No screen descriptor detected"));
    }
    let mut decoder = match options.read_info(contents) {
        Err(DecodingError::Format(_) | DecodingError::Io(_) | DecodingError::UnexpectedEof) => {
            return Err(invalid("failed to slurp gif file: No Image Descriptor detected"));
        }
        other => other.map_err(no_screen)?,
    };
    let (mut drawn, mut pixels) = (Vec::new(), 0usize);
    loop {
        let number = drawn.len();
        let slurped = |error: DecodingError| match error {
            DecodingError::Format(why) if why.to_string().starts_with("no color table") => {
                invalid(&format!("missing color map for frame {number}"))
            }
            error => invalid(&format!("failed to slurp gif file: {}", reason(&error))),
        };
        let mut frame = match decoder.next_frame_info().map_err(slurped)? {
            Some(frame) => frame.clone(),
            None => break,
        };
        let size = usize::from(frame.width) * usize::from(frame.height);
        pixels = pixels.saturating_add(size);
        if pixels >= MOST_PIXELS {
            return Err(invalid("the frames are too large"));
        }
        let mut indices = reserve::<u8>(size)?;
        indices.resize(size, 0);
        decoder.read_into_buffer(&mut indices).map_err(slurped)?;
        frame.buffer = indices.into();
        let palette = decoder.palette().ok().map(<[u8]>::to_vec);
        drawn.push(Drawn { frame, palette });
        if !all {
            break;
        }
    }
    Ok(drawn)
}

/// All frames of a file, or the first one alone.
pub(crate) fn decode(contents: &[u8], all: bool) -> Result<Picture> {
    let invalid =
        |why: &str| Error::invalid_argument(format!("Invalid GIF data (size {}), {why}", contents.len()));
    let drawn = read(contents, all, &invalid)?;
    // The canvas is as large as the largest frame, whatever the header says.
    let largest = |side: fn(&Frame<'_>) -> u16| {
        drawn.iter().map(|one| usize::from(side(&one.frame))).max().unwrap_or(0)
    };
    let (width, height) = (largest(|frame| frame.width), largest(|frame| frame.height));
    if drawn.is_empty() {
        return Err(invalid("failed to slurp gif file: No Image Descriptor detected"));
    }
    if too_large(width, height.saturating_mul(drawn.len())) {
        return Err(invalid("the frames are too large"));
    }
    let size = width * height * 3;
    let mut pixels = reserve::<u8>(size * drawn.len())?;
    for (number, Drawn { frame, palette }) in drawn.iter().enumerate() {
        // A frame is drawn over the one before; the first over black.
        match pixels.len().checked_sub(size) {
            Some(last) if number > 0 => pixels.extend_from_within(last..),
            _ => pixels.resize(size, 0),
        }
        let Some(palette) = palette else {
            return Err(invalid(&format!("missing color map for frame {number}")));
        };
        let start = pixels.len() - size;
        let canvas = &mut pixels[start..];
        let lines = frame.buffer.chunks_exact(usize::from(frame.width).max(1));
        for (y, line) in (usize::from(frame.top)..height).zip(lines) {
            for (x, &index) in (usize::from(frame.left)..width).zip(line) {
                if frame.transparent == Some(index) {
                    continue;
                }
                let Some(color) = palette.get(usize::from(index) * 3..usize::from(index) * 3 + 3) else {
                    let range = palette.len() / 3;
                    return Err(invalid(&format!(
                        "found color index {index} outside of color map range {range}"
                    )));
                };
                canvas[(y * width + x) * 3..][..3].copy_from_slice(color);
            }
        }
    }
    Ok(Picture { frames: Some(drawn.len()), height, width, channels: 3, samples: Samples::Bytes(pixels) })
}
