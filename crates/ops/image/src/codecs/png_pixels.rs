//! Pixels of PNG files, with the conversions that TensorFlow asks of libpng.

use super::picture::{Picture, Samples, too_large};
use ferroflow_core::{DType, Error, Result, bail, ensure, reserve};
use png::{BitDepth, ColorType, Decoder, Limits, Transformations};
use std::io::Cursor;

/// The image in a file; 16 bits a sample unless `dtype` is `uint8`.
pub(crate) fn decode(contents: &[u8], channels: usize, dtype: DType) -> Result<Picture> {
    let unreadable = |_| Error::invalid_argument("Invalid PNG. Failed to initialize decoder.");
    let mut decoder = Decoder::new_with_limits(Cursor::new(contents), Limits { bytes: usize::MAX });
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    decoder.set_transformations(Transformations::EXPAND);
    let mut reader = decoder.read_info().map_err(unreadable)?;
    let info = reader.info();
    let (width, height) = (info.width as usize, info.height as usize);
    // libpng reads no image of longer sides.
    const LONGEST_SIDE: usize = 1_000_000;
    if width > LONGEST_SIDE || height > LONGEST_SIDE {
        bail!(invalid_argument, "Invalid PNG. Failed to initialize decoder.");
    }
    let source = Source {
        color: info.color_type,
        depth: info.bit_depth,
        has_transparency: info.trns.is_some(),
        expanded: reader.output_color_type().0.samples(),
    };
    ensure!(!too_large(width, height), invalid_argument, "PNG size too large for int: {width} by {height}");
    let damaged = || Error::invalid_argument(format!("Invalid PNG data, size {}", contents.len()));
    let size = reader.output_buffer_size().ok_or_else(damaged)?;
    let mut bytes = reserve::<u8>(size)?;
    bytes.resize(size, 0);
    reader.next_frame(&mut bytes).map_err(|_| damaged())?;
    reader.finish().map_err(|_| damaged())?;
    let channels = if channels == 0 { source.channels() } else { channels };
    let samples = if source.depth == BitDepth::Sixteen {
        let words: Vec<u16> = bytes.as_chunks::<2>().0.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
        drop(bytes);
        let converted = source.convert(&words, channels, u16::MAX, |[red, green, blue]| {
            ((weighted(red.into(), green.into(), blue.into()) + 16384) >> 15) as u16
        })?;
        match dtype {
            DType::UINT8 => Samples::Bytes(converted.iter().map(|word| (word >> 8) as u8).collect()),
            _ => Samples::Words(converted),
        }
    } else {
        let opaque = source.opaque();
        let converted = source.convert(&bytes, channels, opaque, |[red, green, blue]| {
            (weighted(red.into(), green.into(), blue.into()) >> 15) as u8
        })?;
        match dtype {
            DType::UINT8 => Samples::Bytes(converted),
            _ => Samples::Words(converted.iter().map(|&byte| u16::from(byte) * 257).collect()),
        }
    };
    Ok(Picture { frames: None, height, width, channels, samples })
}

/// Luma (ITU-R BT.601) in 32768ths, with libpng's weights.
fn weighted(red: u32, green: u32, blue: u32) -> u32 {
    9797 * red + 19234 * green + 3737 * blue
}

/// What the file holds.
struct Source {
    color: ColorType,
    depth: BitDepth,
    has_transparency: bool,
    /// Samples of a pixel once palettes and transparent colours are expanded.
    expanded: usize,
}

impl Source {
    /// The channels of the image where nobody asks for a number.
    fn channels(&self) -> usize {
        match self.color {
            ColorType::Indexed if self.has_transparency => 4,
            ColorType::Indexed => 3,
            color => color.samples(),
        }
    }

    /// What an alpha channel is filled with: the largest sample of the file's own depth, which is no full opacity where
    /// that is below 8 bits.
    fn opaque(&self) -> u8 {
        ((1u16 << (self.depth as u16).min(8)) - 1) as u8
    }

    fn convert<T: Copy + PartialEq>(
        &self,
        samples: &[T],
        channels: usize,
        opaque: T,
        gray: impl Fn([T; 3]) -> T,
    ) -> Result<Vec<T>> {
        let (is_color, has_alpha) = (self.expanded >= 3, self.expanded.is_multiple_of(2));
        let pixels = samples.chunks_exact(self.expanded);
        let mut converted = reserve(pixels.len().saturating_mul(channels))?;
        for pixel in pixels {
            let color = match (is_color, pixel) {
                (true, &[red, green, blue, ..]) => [red, green, blue],
                (_, &[first, ..]) => [first; 3],
                _ => continue,
            };
            if channels >= 3 {
                converted.extend(color);
            } else if color[0] == color[1] && color[0] == color[2] {
                converted.push(color[0]);
            } else {
                converted.push(gray(color));
            }
            if channels.is_multiple_of(2) {
                let alpha = if has_alpha { pixel.last().copied() } else { None };
                converted.push(alpha.unwrap_or(opaque));
            }
        }
        Ok(converted)
    }
}
