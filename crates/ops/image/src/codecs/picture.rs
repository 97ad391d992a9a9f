//! `Picture`: decoded pixels before they have the dtype that was asked for.

use ferroflow_core::{DType, NdArray, Result, Shape, bail, ensure};

/// TensorFlow's limits on the sides of an image, and on the product of both.
const LARGEST_SIDE: usize = 1 << 27;
const MOST_PIXELS: usize = 1 << 29;

/// Whether an image is too large to be decoded.
pub(crate) fn too_large(width: usize, height: usize) -> bool {
    width >= LARGEST_SIDE || height >= LARGEST_SIDE || width.saturating_mul(height) >= MOST_PIXELS
}

/// Samples of one depth.
pub(crate) enum Samples {
    Bytes(Vec<u8>),
    Words(Vec<u16>),
}

/// A decoded image, or the frames of one.
pub(crate) struct Picture {
    /// `None` where the file holds one image.
    pub(crate) frames: Option<usize>,
    pub(crate) height: usize,
    pub(crate) width: usize,
    pub(crate) channels: usize,
    pub(crate) samples: Samples,
}

impl Picture {
    /// An image of bytes.
    pub(crate) fn of_bytes(height: usize, width: usize, channels: usize, bytes: Vec<u8>) -> Picture {
        Picture { frames: None, height, width, channels, samples: Samples::Bytes(bytes) }
    }

    /// The image as a tensor of `uint8`, `uint16` or `float32`; with `frames` a fourth dimension comes first.
    pub(crate) fn into_array(self, dtype: DType, frames: bool) -> Result<NdArray> {
        let mut dims = vec![self.height, self.width, self.channels];
        if frames {
            dims.insert(0, self.frames.unwrap_or(1));
        }
        let shape = Shape::new(&dims)?;
        let array = match (self.samples, dtype) {
            (Samples::Bytes(bytes), DType::UINT8) => NdArray::from_shape(shape, bytes)?,
            // TensorFlow scales the images of all formats but PNG by 256.
            (Samples::Bytes(bytes), DType::UINT16) => NdArray::from_shape(
                shape,
                bytes.iter().map(|&byte| u16::from(byte) << 8).collect::<Vec<u16>>(),
            )?,
            (Samples::Bytes(bytes), DType::FLOAT32) => {
                let scale = (1.0f64 / 255.0) as f32;
                NdArray::from_shape(
                    shape,
                    bytes.iter().map(|&byte| f32::from(byte) * scale).collect::<Vec<f32>>(),
                )?
            }
            (Samples::Words(words), DType::UINT16) => NdArray::from_shape(shape, words)?,
            (Samples::Words(words), DType::FLOAT32) => {
                let scale = (1.0f64 / 65535.0) as f32;
                NdArray::from_shape(
                    shape,
                    words.iter().map(|&word| f32::from(word) * scale).collect::<Vec<f32>>(),
                )?
            }
            (_, other) => bail!(unimplemented, "unsupported dtype: {}", other.name()),
        };
        Ok(array)
    }

    /// A part of the image.
    pub(crate) fn cropped(self, top: usize, left: usize, height: usize, width: usize) -> Result<Picture> {
        let Samples::Bytes(bytes) = self.samples else {
            bail!(internal, "only images of bytes are cropped");
        };
        let fits = top.saturating_add(height) <= self.height && left.saturating_add(width) <= self.width;
        ensure!(fits && height > 0 && width > 0, invalid_argument, "the crop window is outside the image");
        let (line, start, length) = (self.width * self.channels, left * self.channels, width * self.channels);
        let rows = bytes.chunks_exact(line).skip(top).take(height);
        let part = rows.flat_map(|row| row[start..start + length].iter().copied()).collect();
        Ok(Picture::of_bytes(height, width, self.channels, part))
    }
}
