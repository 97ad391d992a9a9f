//! Functions that choose between traced code or give it a gradient of its own, which no op family can.

use crate::{constants, control_flow, custom_gradient};
use ferroflow_core::{DType, IntoOperand, NdArray, Op, Result, Tensor, convert_to_tensor, operators};
use ferroflow_ops_image as image;
use std::sync::Arc;

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

/// What `f` makes of `x`, with a gradient as if it were `x` itself: for what rounds or jumps.
///
/// Source: `tf.grad_pass_through`.
///
/// ```
/// use ferroflow_v2 as tf;
/// let y = tf::grad_pass_through(|x| tf::round(x), 1.7)?;
/// assert_eq!(y.numpy()?.item::<f32>()?, 2.0);
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// What `f` returns.
pub fn grad_pass_through(f: impl FnOnce(&Tensor) -> Result<Tensor>, x: impl IntoOperand) -> Result<Tensor> {
    ferroflow_graph::install();
    let x = convert_to_tensor(x, None)?;
    let outputs = custom_gradient(&[x], |args| {
        let y = f(&args[0])?;
        let gradient = |dys: &[Tensor]| {
            let passed = dys.iter().map(|dy| Op::named("Identity").input(dy).one().map(Some));
            passed.collect()
        };
        Ok((vec![y], Arc::new(gradient)))
    })?;
    outputs.into_iter().next().ok_or_else(|| ferroflow_core::Error::internal("a function without a result"))
}
