//! Pooling as layers.

use super::convolutional::{for_each, padding_of, with_outer};
use super::layer::layer;
use super::values::LayerName;
use crate::scopes::Reuse;
use ferroflow_core::{IntoOperand, Op, Result, Tensor, convert_to_tensor, ensure};
use ferroflow_ops_array as array;

/// The largest values in windows that move over sequences `[batch, width, channels]`.
///
/// Source: `tf.compat.v1.layers.max_pooling1d`.
///
/// # Errors
/// As [`max_pooling2d`](crate::layers::max_pooling2d).
pub fn max_pooling1d(
    inputs: impl IntoOperand,
    pool_size: i64,
    strides: i64,
    padding: &str,
) -> Result<Tensor> {
    of_sequences("max_pooling1d", "MaxPool", inputs, pool_size, strides, padding)
}

/// The means of windows that move over sequences `[batch, width, channels]`.
///
/// Source: `tf.compat.v1.layers.average_pooling1d`.
///
/// # Errors
/// As [`max_pooling2d`](crate::layers::max_pooling2d).
pub fn average_pooling1d(
    inputs: impl IntoOperand,
    pool_size: i64,
    strides: i64,
    padding: &str,
) -> Result<Tensor> {
    of_sequences("average_pooling1d", "AvgPool", inputs, pool_size, strides, padding)
}

/// The largest values in windows that move over images `[batch, height, width, channels]`.
///
/// Source: `tf.compat.v1.layers.max_pooling2d`.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let x = tf::constant([[[[1.0], [2.0]], [[3.0], [4.0]]]])?;
/// let y = tf::layers::max_pooling2d(&x, [2, 2], [2, 2], "valid")?;
/// assert_eq!(tf::Session::new()?.run(&y)?.as_slice::<f32>()?, [4.0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `ValueError` for inputs of another rank or an unknown padding; what the pooling finds wrong.
pub fn max_pooling2d(
    inputs: impl IntoOperand,
    pool_size: [i64; 2],
    strides: [i64; 2],
    padding: &str,
) -> Result<Tensor> {
    of_images("max_pooling2d", "MaxPool", inputs, pool_size, strides, padding)
}

/// The means of windows that move over images `[batch, height, width, channels]`.
///
/// Source: `tf.compat.v1.layers.average_pooling2d`.
///
/// # Errors
/// As [`max_pooling2d`](crate::layers::max_pooling2d).
pub fn average_pooling2d(
    inputs: impl IntoOperand,
    pool_size: [i64; 2],
    strides: [i64; 2],
    padding: &str,
) -> Result<Tensor> {
    of_images("average_pooling2d", "AvgPool", inputs, pool_size, strides, padding)
}

fn check_rank(x: &Tensor, own_name: &str, rank: usize) -> Result<()> {
    ensure!(
        x.rank().is_none_or(|found| found == rank),
        value,
        "Input 0 of layer \"{own_name}\" is incompatible with the layer: expected ndim={rank}, found ndim={}. Full shape \
         received: {}",
        x.rank().unwrap_or_default(),
        x.shape()
    );
    Ok(())
}

fn pool(op: &str, x: impl IntoOperand, sizes: &[i64], strides: &[i64], padding: String) -> Result<Tensor> {
    Op::named(op)
        .input(x)
        .attr("ksize", with_outer(sizes, false))
        .attr("strides", with_outer(strides, false))
        .attr("padding", padding)
        .one()
}

fn of_images(
    own_name: &str,
    op: &str,
    inputs: impl IntoOperand,
    pool_size: [i64; 2],
    strides: [i64; 2],
    padding: &str,
) -> Result<Tensor> {
    let (inputs, padding) = (inputs.into_operand()?, padding_of(padding)?);
    layer(own_name, &LayerName::default(), Reuse::Inherit, || {
        let x = convert_to_tensor(inputs, None)?;
        check_rank(&x, own_name, 4)?;
        pool(op, &x, &pool_size, &for_each(&strides, 2, "strides")?, padding)
    })
}

fn of_sequences(
    own_name: &str,
    op: &str,
    inputs: impl IntoOperand,
    pool_size: i64,
    stride: i64,
    padding: &str,
) -> Result<Tensor> {
    let (inputs, padding) = (inputs.into_operand()?, padding_of(padding)?);
    layer(own_name, &LayerName::default(), Reuse::Inherit, || {
        let x = convert_to_tensor(inputs, None)?;
        check_rank(&x, own_name, 3)?;
        let pooled = pool(op, array::expand_dims(&x, 2)?, &[pool_size, 1], &[stride, 1], padding)?;
        array::squeeze_with(pooled, |o| o.axis([2]))
    })
}
