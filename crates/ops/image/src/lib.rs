//! Ops of images: resizing and colours.

mod adjust_color;
mod adjust_contrast;
mod codecs;
mod color_space;
mod color_space_grad;
mod combined_non_max_suppression;
mod crop_and_resize;
mod distorted_bounding_box;
mod draw_bounding_boxes;
mod extract_glimpse;
mod functions;
mod image_summary;
mod non_max_suppression;
mod older_contrast;
mod overlaps_non_max_suppression;
mod projective_transform;
mod quantized_resize;
mod resize;
mod resize_area;
mod resize_bicubic;
mod resize_bilinear;
mod resize_geometry;
mod resize_nearest;
mod scale_and_translate;

pub use adjust_contrast::adjust_contrast;
pub use codecs::{
    DecodeJpegOptions, EncodeJpegOptions, decode_and_crop_jpeg, decode_bmp, decode_gif, decode_image,
    decode_image_with, decode_jpeg, decode_jpeg_with, decode_png, decode_webp, encode_jpeg, encode_jpeg_with,
    encode_png, extract_jpeg_shape,
};
pub use color_space::{hsv_to_rgb, rgb_to_hsv};
pub use combined_non_max_suppression::{
    CombinedNonMaxSuppressionOptions, combined_non_max_suppression, combined_non_max_suppression_with,
};
pub use crop_and_resize::{CropAndResizeOptions, crop_and_resize, crop_and_resize_with};
pub use distorted_bounding_box::{
    DistortedBoundingBoxOptions, sample_distorted_bounding_box, stateless_sample_distorted_bounding_box,
};
pub use draw_bounding_boxes::draw_bounding_boxes;
pub use extract_glimpse::{ExtractGlimpseOptions, extract_glimpse, extract_glimpse_with};
pub use functions::{
    SsimOptions, adjust_brightness, adjust_gamma, adjust_hue, adjust_jpeg_quality, adjust_saturation,
    central_crop, checked, convert_image_dtype, crop_to_bounding_box, flip_left_right, flip_up_down,
    grayscale_to_rgb, image_gradients, is_jpeg, pad_to_bounding_box, per_image_standardization, psnr,
    resize_with_crop_or_pad, resize_with_pad, rgb_to_grayscale, rgb_to_yiq, rgb_to_yuv,
    saturating_convert_image_dtype, sobel_edges, ssim, ssim_multiscale, ssim_multiscale_with, ssim_with,
    total_variation, transpose, turned, yiq_to_rgb, yuv_to_rgb,
};
pub use image_summary::{ImageSummaryOptions, image_summary};
pub use non_max_suppression::{
    NonMaxSuppressionOptions, NonMaxSuppressionScoresOptions, non_max_suppression, non_max_suppression_with,
    non_max_suppression_with_scores, non_max_suppression_with_scores_with,
};
pub use overlaps_non_max_suppression::non_max_suppression_overlaps;
pub use projective_transform::image_projective_transform;
pub use resize::{ResizeMethod, ResizeOptions, resize, resize_with};
pub use scale_and_translate::scale_and_translate;

use ferroflow_core::OpDef;

/// The ops of this family, by name.
pub static OPS: &[&OpDef] = &[
    &older_contrast::ADJUST_CONTRAST,
    &adjust_contrast::ADJUST_CONTRASTV2,
    &adjust_color::ADJUST_HUE,
    &adjust_color::ADJUST_SATURATION,
    &combined_non_max_suppression::COMBINED_NON_MAX_SUPPRESSION,
    &crop_and_resize::CROP_AND_RESIZE,
    &crop_and_resize::CROP_AND_RESIZE_GRAD_BOXES,
    &crop_and_resize::CROP_AND_RESIZE_GRAD_IMAGE,
    &codecs::DECODE_AND_CROP_JPEG,
    &codecs::DECODE_BMP,
    &codecs::DECODE_GIF,
    &codecs::DECODE_IMAGE,
    &codecs::DECODE_JPEG,
    &codecs::DECODE_PNG,
    &codecs::DECODE_WEB_P,
    &draw_bounding_boxes::DRAW_BOUNDING_BOXES,
    &draw_bounding_boxes::DRAW_BOUNDING_BOXES_V2,
    &codecs::ENCODE_JPEG,
    &codecs::ENCODE_JPEG_VARIABLE_QUALITY,
    &codecs::ENCODE_PNG,
    &image_summary::IMAGE_SUMMARY,
    &extract_glimpse::EXTRACT_GLIMPSE,
    &extract_glimpse::EXTRACT_GLIMPSE_V2,
    &codecs::EXTRACT_JPEG_SHAPE,
    &color_space::HSV_TO_RGB,
    &projective_transform::IMAGE_PROJECTIVE_TRANSFORM_V2,
    &projective_transform::IMAGE_PROJECTIVE_TRANSFORM_V3,
    &non_max_suppression::NON_MAX_SUPPRESSION,
    &non_max_suppression::NON_MAX_SUPPRESSION_V2,
    &non_max_suppression::NON_MAX_SUPPRESSION_V3,
    &non_max_suppression::NON_MAX_SUPPRESSION_V4,
    &non_max_suppression::NON_MAX_SUPPRESSION_V5,
    &overlaps_non_max_suppression::NON_MAX_SUPPRESSION_WITH_OVERLAPS,
    &resize_area::RESIZE_AREA,
    &resize_bicubic::RESIZE_BICUBIC,
    &resize_bicubic::RESIZE_BICUBIC_GRAD,
    &quantized_resize::QUANTIZED_RESIZE_BILINEAR,
    &resize_bilinear::RESIZE_BILINEAR,
    &resize_bilinear::RESIZE_BILINEAR_GRAD,
    &resize_nearest::RESIZE_NEAREST_NEIGHBOR,
    &resize_nearest::RESIZE_NEAREST_NEIGHBOR_GRAD,
    &color_space::RGB_TO_HSV,
    &distorted_bounding_box::SAMPLE_DISTORTED_BOUNDING_BOX,
    &distorted_bounding_box::SAMPLE_DISTORTED_BOUNDING_BOX_V2,
    &scale_and_translate::SCALE_AND_TRANSLATE,
    &scale_and_translate::SCALE_AND_TRANSLATE_GRAD,
    &distorted_bounding_box::STATELESS_SAMPLE_DISTORTED_BOUNDING_BOX,
];
