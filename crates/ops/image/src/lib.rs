//! Ops of images: resizing and colours.

mod adjust_contrast;
mod color_space;
mod non_max_suppression;
mod resize;
mod resize_bilinear;
mod resize_geometry;
mod resize_nearest;

pub use adjust_contrast::adjust_contrast;
pub use color_space::{hsv_to_rgb, rgb_to_hsv};
pub use non_max_suppression::{NonMaxSuppressionOptions, non_max_suppression, non_max_suppression_with};
pub use resize::{ResizeMethod, resize};

use ferroflow_core::OpDef;

/// The ops of this family, by name.
pub static OPS: &[&OpDef] = &[
    &adjust_contrast::ADJUST_CONTRASTV2,
    &color_space::HSV_TO_RGB,
    &non_max_suppression::NON_MAX_SUPPRESSION,
    &non_max_suppression::NON_MAX_SUPPRESSION_V2,
    &non_max_suppression::NON_MAX_SUPPRESSION_V3,
    &non_max_suppression::NON_MAX_SUPPRESSION_V4,
    &non_max_suppression::NON_MAX_SUPPRESSION_V5,
    &color_space::RGB_TO_HSV,
    &resize_bilinear::RESIZE_BILINEAR,
    &resize_bilinear::RESIZE_BILINEAR_GRAD,
    &resize_nearest::RESIZE_NEAREST_NEIGHBOR,
    &resize_nearest::RESIZE_NEAREST_NEIGHBOR_GRAD,
];
