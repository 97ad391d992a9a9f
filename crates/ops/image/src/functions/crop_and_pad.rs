//! Images cut and padded to a size.

use super::build::{as_batch, dim, image_rank, int, looked_up, past_checks, slice, stack};
use crate::resize::{ResizeMethod, resize_with};
use ferroflow_core::{
    IntoOperand, NdArray, Op, Operand, Result, Tensor, bail, context, convert_to_tensor, ensure,
};

fn sizes(values: [i64; 4]) -> Result<[i32; 4]> {
    let mut found = [0; 4];
    for (size, value) in found.iter_mut().zip(values) {
        match i32::try_from(value) {
            Ok(value) => *size = value,
            Err(_) => bail!(value, "a size of {value} is too large"),
        }
    }
    Ok(found)
}

/// A part of the images: from these offsets, of this height and width.
///
/// Source: `tf.image.crop_to_bounding_box`.
///
/// # Errors
/// `ValueError` for a part that is empty or, as far as is known, not within the images.
pub fn crop_to_bounding_box(
    image: impl IntoOperand,
    offset_height: i64,
    offset_width: i64,
    target_height: i64,
    target_width: i64,
) -> Result<Tensor> {
    let image = image.into_operand()?;
    context::name_scope("crop_to_bounding_box", || {
        let image = context::with_name("image", || convert_to_tensor(image, None))?;
        crop(&image, [offset_height, offset_width, target_height, target_width])
    })
}

fn crop(image: &Tensor, [top, left, height, width]: [i64; 4]) -> Result<Tensor> {
    as_batch(image, |image| {
        ensure!(left >= 0, value, "offset_width must be >= 0.");
        ensure!(top >= 0, value, "offset_height must be >= 0.");
        ensure!(width > 0, value, "target_width must be > 0.");
        ensure!(height > 0, value, "target_height must be > 0.");
        let within = |axis: usize, end: i64| {
            image.shape().dim(axis).is_none_or(|size| i64::try_from(size).is_ok_and(|size| size >= end))
        };
        ensure!(within(2, width.saturating_add(left)), value, "width must be >= target + offset.");
        ensure!(within(1, height.saturating_add(top)), value, "height must be >= target + offset.");
        let [top, left, height, width] = sizes([top, left, height, width])?;
        let image = past_checks(image)?;
        let begin = stack(&[int(0), int(top), int(left), int(0)])?;
        let [batch, depth] = [looked_up(&image, 0)?, looked_up(&image, 3)?].map(Operand::Tensor);
        let size = stack(&[batch, int(height), int(width), depth])?;
        Op::named("Slice").input(image).input(begin).input(size).one()
    })
}

/// Images with zeros around them: so many rows above and columns to the left, up to this height and width.
///
/// Source: `tf.image.pad_to_bounding_box`.
///
/// # Errors
/// `ValueError` for negative offsets, or a size that is, as far as is known, too small; `InvalidArgument` at run time.
pub fn pad_to_bounding_box(
    image: impl IntoOperand,
    offset_height: i64,
    offset_width: i64,
    target_height: i64,
    target_width: i64,
) -> Result<Tensor> {
    let image = image.into_operand()?;
    context::name_scope("pad_to_bounding_box", || {
        let image = context::with_name("image", || convert_to_tensor(image, None))?;
        pad(&image, [offset_height, offset_width, target_height, target_width])
    })
}

fn pad(image: &Tensor, [top, left, height, width]: [i64; 4]) -> Result<Tensor> {
    as_batch(image, |image| {
        ensure!(top >= 0, value, "offset_height must be >= 0");
        ensure!(left >= 0, value, "offset_width must be >= 0");
        let known = |axis: usize| image.shape().dim(axis).and_then(|size| i64::try_from(size).ok());
        let after = |axis: usize, target: i64, offset: i64| known(axis).map(|size| target - offset - size);
        let (right, below) = (after(2, width, left), after(1, height, top));
        ensure!(right.is_none_or(|right| right >= 0), value, "width must be <= target - offset");
        ensure!(below.is_none_or(|below| below >= 0), value, "height must be <= target - offset");
        let rest = |known: Option<i64>, axis: usize, size: i64| match known {
            Some(known) => Ok(int(sizes([known, 0, 0, 0])?[0])),
            None => {
                let size = sizes([size, 0, 0, 0])?[0];
                let rest = Op::named("Sub").input(NdArray::scalar(size)).input(dim(&image, axis)?);
                rest.default_name("sub").one().map(Operand::Tensor)
            }
        };
        let (right, below) = (rest(right, 2, width - left)?, rest(below, 1, height - top)?);
        let [top, left, ..] = sizes([top, left, height, width])?;
        let image = past_checks(image)?;
        let paddings = stack(&[int(0), int(0), int(top), below, int(left), right, int(0), int(0)])?;
        let paddings = Op::named("Reshape").input(paddings).input([4, 2]).one()?;
        Op::named("Pad").input(image).input(paddings).one()
    })
}

/// Height and width of images, which must be known here.
fn known_size(image: &Tensor, function: &str) -> Result<[i64; 2]> {
    let offset = image_rank(image)? - 3;
    let side = |axis: usize| image.shape().dim(axis + offset).and_then(|size| i64::try_from(size).ok());
    match (side(0), side(1)) {
        (Some(height), Some(width)) => Ok([height, width]),
        _ => bail!(unimplemented, "{function} of images whose size is not known while a graph is built"),
    }
}

/// Images cut in their middle, or padded around, to this height and width.
///
/// Source: `tf.image.resize_with_crop_or_pad`.
///
/// # Errors
/// `ValueError` for sizes that are not positive, `Unimplemented` for images whose size is not known.
pub fn resize_with_crop_or_pad(
    image: impl IntoOperand,
    target_height: i64,
    target_width: i64,
) -> Result<Tensor> {
    let image = image.into_operand()?;
    context::name_scope("resize_image_with_crop_or_pad", || {
        let image = context::with_name("image", || convert_to_tensor(image, None))?;
        as_batch(&image, |image| {
            ensure!(target_width > 0, value, "target_width must be > 0.");
            ensure!(target_height > 0, value, "target_height must be > 0.");
            let [height, width] = known_size(&image, "resize_with_crop_or_pad")?;
            let image = past_checks(image)?;
            let (down, across) = (target_height - height, target_width - width);
            let cut = |difference: i64| (-difference).div_euclid(2).max(0);
            let kept = (target_height.min(height), target_width.min(width));
            let cropped = crop_to_bounding_box(image, cut(down), cut(across), kept.0, kept.1)?;
            let padding = |difference: i64| difference.div_euclid(2).max(0);
            let (above, before) = (padding(down), padding(across));
            past_checks(pad_to_bounding_box(cropped, above, before, target_height, target_width)?)
        })
    })
}

/// Images resized to fit this height and width with their proportions, and padded with zeros around.
///
/// Source: `tf.image.resize_with_pad`.
///
/// # Errors
/// `ValueError` for sizes that are not positive, `Unimplemented` for images whose size is not known.
pub fn resize_with_pad(
    image: impl IntoOperand,
    target_height: i64,
    target_width: i64,
    method: ResizeMethod,
    antialias: bool,
) -> Result<Tensor> {
    let image = image.into_operand()?;
    context::name_scope("resize_image_with_pad", || {
        let image = convert_to_tensor(image, None)?;
        image_rank(&image)?;
        ensure!(target_width > 0, value, "target_width must be > 0.");
        ensure!(target_height > 0, value, "target_height must be > 0.");
        let [height, width] = known_size(&image, "resize_with_pad")?.map(|side| side as f32);
        let (down, across) = (target_height as f32, target_width as f32);
        let ratio = (width / across).max(height / down);
        let (fitted_height, fitted_width) = (height / ratio, width / ratio);
        let padding = |target: f32, fitted: f32| (((target - fitted) / 2.0).floor() as i64).max(0);
        let size = [fitted_height.floor() as i32, fitted_width.floor() as i32];
        let resized = resize_with(&image, size, |options| options.method(method).antialias(antialias))?;
        let offsets = (padding(down, fitted_height), padding(across, fitted_width));
        pad(&resized, [offsets.0, offsets.1, target_height, target_width])
    })
}

/// The middle part of the images, this part of their height and width.
///
/// Source: `tf.image.central_crop`.
///
/// # Errors
/// `ValueError` for a part outside (0, 1], `Unimplemented` for images whose size is not known.
pub fn central_crop(image: impl IntoOperand, central_fraction: f64) -> Result<Tensor> {
    let image = image.into_operand()?;
    context::name_scope("central_crop", || {
        let image = convert_to_tensor(image, None)?;
        ensure!(
            central_fraction > 0.0 && central_fraction <= 1.0,
            value,
            "central_fraction must be within (0, 1]"
        );
        if central_fraction == 1.0 {
            return Ok(image);
        }
        let rank = image_rank(&image)?;
        let sides = known_size(&image, "central_crop")?;
        let (mut begin, mut size) = (vec![0; rank], vec![-1; rank]);
        for (axis, side) in sides.into_iter().enumerate() {
            let whole = side as f64;
            let start = ((whole - whole * central_fraction) / 2.0) as i64;
            let [start, length, ..] = sizes([start, side - start * 2, 0, 0])?;
            begin[rank - 3 + axis] = start;
            size[rank - 3 + axis] = length;
        }
        slice(&past_checks(image)?, begin, size)
    })
}
