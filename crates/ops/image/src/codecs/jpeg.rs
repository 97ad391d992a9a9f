//! Pixels of JPEG files.

use super::picture::{Picture, too_large};
use ferroflow_core::{Error, Result};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

fn decoder(contents: &[u8], color: Option<ColorSpace>) -> JpegDecoder<ZCursor<&[u8]>> {
    let mut options =
        DecoderOptions::new_safe().set_max_width(1 << 16).set_max_height(1 << 16).set_strict_mode(true);
    if let Some(color) = color {
        options = options.jpeg_set_out_colorspace(color);
    }
    JpegDecoder::new_with_options(ZCursor::new(contents), options)
}

fn failed() -> Error {
    Error::invalid_argument("jpeg::Uncompress failed. Invalid JPEG data or crop window.")
}

/// Height, width and channels of the image in a file.
pub(crate) fn shape(contents: &[u8]) -> Result<[usize; 3]> {
    let unreadable = || Error::invalid_argument(format!("Invalid JPEG data, size {}", contents.len()));
    let mut decoder = decoder(contents, None);
    decoder.decode_headers().map_err(|_| unreadable())?;
    let info = decoder.info().ok_or_else(unreadable)?;
    Ok([usize::from(info.height), usize::from(info.width), usize::from(info.components)])
}

/// The image in a file, in one channel or three.
pub(crate) fn decode(contents: &[u8], channels: usize) -> Result<Picture> {
    let [height, width, own] = shape(contents).map_err(|_| failed())?;
    if too_large(width, height) {
        return Err(failed());
    }
    let channels = match (channels, own) {
        (0, 1) => 1,
        (0, _) => 3,
        (asked, _) => asked,
    };
    let color = if channels == 1 { ColorSpace::Luma } else { ColorSpace::RGB };
    let pixels = decoder(contents, Some(color)).decode().map_err(|_| failed())?;
    if pixels.len() != height * width * channels {
        return Err(failed());
    }
    Ok(Picture::of_bytes(height, width, channels, pixels))
}
