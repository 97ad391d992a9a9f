//! `tf.image`: the functions that are made of ops.

mod build;
mod colors;
mod convert;
mod crop_and_pad;
mod edges;
mod flips;
mod jpeg_quality;
mod quality;

pub(crate) use build::as_batch;
pub use build::checked;
pub use colors::{
    adjust_brightness, adjust_gamma, adjust_hue, adjust_saturation, grayscale_to_rgb,
    per_image_standardization, rgb_to_grayscale, rgb_to_yiq, rgb_to_yuv, yiq_to_rgb, yuv_to_rgb,
};
pub(crate) use convert::through_floats;
pub use convert::{convert_image_dtype, saturating_convert_image_dtype};
pub use crop_and_pad::{
    central_crop, crop_to_bounding_box, pad_to_bounding_box, resize_with_crop_or_pad, resize_with_pad,
};
pub use edges::{image_gradients, is_jpeg, sobel_edges, total_variation};
pub use flips::{flip_left_right, flip_up_down, transpose, turned};
pub use jpeg_quality::adjust_jpeg_quality;
pub use quality::{SsimOptions, psnr, ssim, ssim_multiscale, ssim_multiscale_with, ssim_with};
