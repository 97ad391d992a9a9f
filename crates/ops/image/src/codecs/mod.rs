//! Image files: PNG, JPEG, GIF, BMP and WebP.

mod bmp;
mod decode;
mod encode_jpeg;
mod encode_png;
mod gif_frames;
mod jpeg;
mod jpeg_encoder;
mod jpeg_progressive;
mod jpeg_scan;
mod jpeg_tables;
mod jpeg_transform;
mod picture;
mod png_pixels;
mod webp;

pub use decode::{
    DecodeJpegOptions, decode_and_crop_jpeg, decode_bmp, decode_gif, decode_image, decode_image_with,
    decode_jpeg, decode_jpeg_with, decode_png, decode_webp, extract_jpeg_shape,
};
pub use encode_jpeg::{EncodeJpegOptions, encode_jpeg, encode_jpeg_with};
pub use encode_png::encode_png;

pub(crate) use decode::{
    DECODE_AND_CROP_JPEG, DECODE_BMP, DECODE_GIF, DECODE_IMAGE, DECODE_JPEG, DECODE_PNG, DECODE_WEB_P,
    EXTRACT_JPEG_SHAPE,
};
pub(crate) use encode_jpeg::{ENCODE_JPEG, ENCODE_JPEG_VARIABLE_QUALITY, encode_jpeg_variable_quality};
pub(crate) use encode_png::{ENCODE_PNG, png_of};
