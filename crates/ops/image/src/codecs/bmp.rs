//! Pixels of BMP files: 8, 24 and 32 bits a pixel, not compressed.

use super::picture::Picture;
use ferroflow_core::{Result, ensure, reserve};

fn word(contents: &[u8], at: usize) -> i32 {
    let bytes = contents.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
    bytes.map_or(0, i32::from_le_bytes)
}

/// The image in a file.
pub(crate) fn decode(contents: &[u8], channels: usize) -> Result<Picture> {
    ensure!(
        contents.len() >= 32,
        invalid_argument,
        "Incomplete bmp content, requires at least 32 bytes to find the header size, width, height, and bpp, got {} \
         bytes",
        contents.len()
    );
    let (header, width, height) = (word(contents, 10), word(contents, 18), word(contents, 22));
    let bits = i16::from_le_bytes([contents[28], contents[29]]);
    let own = bits / 8;
    ensure!(
        matches!(own, 1 | 3 | 4),
        invalid_argument,
        "Number of channels inherent in the image must be 1, 3 or 4, was {own}"
    );
    let own = own as usize;
    let channels = if channels == 0 { own } else { channels };
    ensure!(width > 0, invalid_argument, "Width must be positive");
    ensure!(height != 0, invalid_argument, "Height must be nonzero");
    ensure!(header >= 0, invalid_argument, "header size must be nonnegative");
    let (width, rows, header) = (width as usize, height.unsigned_abs() as usize, header as usize);
    ensure!(
        width.saturating_mul(rows) < i32::MAX as usize / 8,
        invalid_argument,
        "Total possible pixel bytes must be less than 2^30"
    );
    // Rows begin at multiples of four bytes.
    let line = (own * width).next_multiple_of(4);
    let difference = contents.len() as i64 - header as i64 - (line * rows) as i64;
    ensure!(
        difference == 0,
        invalid_argument,
        "Input size should match (header_size + row_size * abs_height) but they differ by {difference}"
    );
    let mut pixels = reserve::<u8>(width * rows * channels)?;
    let lines = contents[header..].chunks_exact(line);
    let mut write = |line: &[u8]| {
        for pixel in line[..own * width].chunks_exact(own) {
            let (color, alpha) = match *pixel {
                [blue, green, red] => ([red, green, blue], 255),
                [blue, green, red, alpha] => ([red, green, blue], alpha),
                [gray, ..] => ([gray; 3], 255),
                [] => continue,
            };
            match channels {
                1 => pixels.push(color[0]),
                _ => pixels.extend(color),
            }
            if channels == 4 {
                pixels.push(alpha);
            }
        }
    };
    // A negative height says that the first row is the top one.
    if height < 0 {
        lines.for_each(&mut write)
    } else {
        lines.rev().for_each(&mut write)
    }
    Ok(Picture::of_bytes(rows, width, channels, pixels))
}
