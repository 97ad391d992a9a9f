//! Frames of WebP files.

use super::picture::{Picture, Samples, too_large};
use ferroflow_core::{DType, Error, Result, bail, ensure, reserve};
use image_webp::WebPDecoder;
use std::io::Cursor;

/// The bytes that the headers of a file take at most before its pixels begin.
const HEADERS: usize = 30;

/// All frames of a file, or the first one alone; an image that does not move is one frame.
pub(crate) fn decode(contents: &[u8], channels: usize, dtype: DType, all: bool) -> Result<Picture> {
    ensure!(dtype == DType::UINT8, invalid_argument, "WebP only supports uint8 for dtype");
    ensure!(matches!(channels, 0 | 3 | 4), invalid_argument, "WebP only supports 3 or 4 channels");
    let failed = |what: &str| Error::invalid_argument(format!("Failed to decode WebP {what}."));
    // The decoder looks for all parts of a file at once, TensorFlow for the headers first.
    let opened = WebPDecoder::new(Cursor::new(contents));
    let mut decoder =
        opened.map_err(|_| failed(if contents.len() < HEADERS { "header" } else { "image" }))?;
    let (width, height) = decoder.dimensions();
    let (width, height) = (width as usize, height as usize);
    let own = if decoder.has_alpha() { 4 } else { 3 };
    ensure!(
        channels == 0 || channels == own,
        invalid_argument,
        "Number of channels requested does not match input"
    );
    if decoder.is_animated() && own == 3 {
        ensure!(channels == 0, invalid_argument, "WebP Animation must be 4 channel RGBA");
        // TensorFlow (2.21) writes four channels beyond the three that it made room for.
        bail!(unimplemented, "decoding of animated WebP files without an alpha channel is not supported");
    }
    let count = if all { decoder.num_frames().max(1) as usize } else { 1 };
    if too_large(width, height.saturating_mul(count)) {
        bail!(invalid_argument, "the frames are too large");
    }
    let size = width * height * own;
    let mut pixels = reserve::<u8>(size * count)?;
    pixels.resize(size * count, 0);
    if decoder.is_animated() {
        let why = "Animation: failed to decode WebP Animation";
        let failed = |_| Error::invalid_argument(format!("Failed to decode WebP {why}"));
        decoder.set_background_color([0; 4]).map_err(failed)?;
        for frame in pixels.chunks_exact_mut(size.max(1)) {
            decoder.read_frame(frame).map_err(failed)?;
        }
    } else {
        decoder.read_image(&mut pixels).map_err(|_| failed("image"))?;
    }
    Ok(Picture { frames: Some(count), height, width, channels: own, samples: Samples::Bytes(pixels) })
}
