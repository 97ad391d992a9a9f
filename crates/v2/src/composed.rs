//! Functions that choose between traced code or give it a gradient of its own, which no op family can.

use crate::{constants, control_flow};
use ferroflow_core::{DType, IntoOperand, NdArray, Result, Tensor, convert_to_tensor, operators};
use ferroflow_ops_image as image;

/// Images turned counter-clockwise by `k` quarters of a turn.
///
/// Source: `tf.image.rot90`.
///
/// ```
/// use ferroflow_v2 as tf;
/// let turned = tf::image::rot90([[[1], [2]], [[3], [4]]], 1)?;
/// assert_eq!(tf::squeeze(turned)?.numpy()?.to_string(), "[[2 4]\n [1 3]]");
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// `ValueError` unless the images have three or four dimensions.
pub fn rot90(image: impl IntoOperand, k: impl IntoOperand) -> Result<Tensor> {
    ferroflow_graph::install();
    let k = k.into_operand()?;
    let known = match k.value() {
        Some(value) => Some(value.clone()),
        None => constants::get_static_value(&convert_to_tensor(k.clone(), None)?),
    };
    if let Some(known) = known {
        return image::rot90(image, known.cast(DType::INT64)?.item::<i64>()?);
    }
    let image = convert_to_tensor(image, None)?;
    let turns = operators::floormod(convert_to_tensor(k, Some(DType::INT32))?, NdArray::scalar(4))?;
    let turned = |k: i64| image::rot90(&image, k);
    control_flow::switch_case(turns, &[&|| turned(0), &|| turned(1), &|| turned(2), &|| turned(3)])
}
