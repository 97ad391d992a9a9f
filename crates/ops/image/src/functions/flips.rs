//! Images mirrored and turned.

use super::build::{checked, image_rank};
use ferroflow_core::{IntoOperand, NdArray, Op, Result, Tensor, context};

fn reverse(image: &Tensor, axes: Vec<i32>) -> Result<Tensor> {
    Op::named("ReverseV2").input(image).input(NdArray::vector(axes)).one()
}

/// The image with an axis of one image, height 0 and width 1, the other way round.
fn flip(image: impl IntoOperand, axis: usize, name: &str) -> Result<Tensor> {
    let image = image.into_operand()?;
    context::name_scope(name, || {
        let (image, rank) = checked(image)?;
        reverse(&image, vec![(axis + rank - 3) as i32])
    })
}

/// Images mirrored from left to right.
///
/// Source: `tf.image.flip_left_right`.
///
/// # Errors
/// `ValueError` unless the images have three or four dimensions.
pub fn flip_left_right(image: impl IntoOperand) -> Result<Tensor> {
    flip(image, 1, "flip_left_right")
}

/// Images turned upside down.
///
/// Source: `tf.image.flip_up_down`.
///
/// # Errors
/// `ValueError` unless the images have three or four dimensions.
pub fn flip_up_down(image: impl IntoOperand) -> Result<Tensor> {
    flip(image, 0, "flip_up_down")
}

fn transposed(image: &Tensor) -> Result<Tensor> {
    let order = if image_rank(image)? == 3 { vec![1, 0, 2] } else { vec![0, 2, 1, 3] };
    Op::named("Transpose").input(image).input(NdArray::vector(order)).default_name("transpose").one()
}

/// Images with rows and columns exchanged.
///
/// Source: `tf.image.transpose`.
///
/// # Errors
/// `ValueError` unless the images have three or four dimensions.
pub fn transpose(image: impl IntoOperand) -> Result<Tensor> {
    let image = image.into_operand()?;
    context::name_scope("transpose", || transposed(&checked(image)?.0))
}

/// Images turned counter-clockwise by `k` quarters of a turn.
///
/// # Errors
/// `ValueError` unless the images have three or four dimensions.
pub fn turned(image: &Tensor, k: usize) -> Result<Tensor> {
    let first = (image_rank(image)? - 3) as i32;
    match k % 4 {
        0 => Ok(image.clone()),
        1 => transposed(&reverse(image, vec![first + 1])?),
        2 => reverse(image, vec![first, first + 1]),
        _ => reverse(&transposed(image)?, vec![first + 1]),
    }
}
