//! `erosion2d`: the least difference of input and filter under a window.

use crate::conv_options::{Padding, Sizes};
use crate::dilation::DILATION_2D;
use ferroflow_core::{IntoOperand, Op, Result, Tensor, context, convert_to_tensor, ensure, operators};

/// The least difference of input and filter under each window of `[batch, height, width, channels]` images; each channel has
/// its own filter, `[height, width, channels]`.
///
/// Source: `tf.nn.erosion2d` (ops `Neg`, `ReverseV2`, `Dilation2D`).
///
/// ```
/// ferroflow_ops::install();
/// let image = [[[[1.0], [2.0]], [[3.0], [4.0]]]];
/// let output = ferroflow_ops_nn::erosion2d(image, [[[0.0], [0.0]], [[0.0], [0.5]]], [1; 4], "VALID", "NHWC", [1; 4])?;
/// assert_eq!(output.numpy()?.as_slice::<f32>()?, [0.5]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `ValueError` for channels that are not last, `InvalidArgument` when input, filter, strides and padding do not fit.
pub fn erosion2d(
    value: impl IntoOperand,
    filters: impl IntoOperand,
    strides: impl Into<Sizes>,
    padding: impl Into<Padding>,
    data_format: &str,
    dilations: impl Into<Sizes>,
) -> Result<Tensor> {
    ensure!(
        data_format == "NHWC",
        value,
        "`data_format` values other  than 'NHWC' are not supported. Received: data_format={data_format}"
    );
    let (value, filters) = (value.into_operand()?, filters.into_operand()?);
    let (strides, dilations, padding) = (strides.into(), dilations.into(), padding.into());
    // Both the dilation and the last negation ask for the scope's own name.
    context::name_scope_for_op("erosion2d", |name| {
        let negated = operators::negative(convert_to_tensor(value, None)?)?;
        let turned = Op::named("ReverseV2").input(filters).input([0, 1]).one()?;
        let op = Op::new(&DILATION_2D)
            .input(negated)
            .input(turned)
            .attr("strides", strides.expand("strides", 2, false)?)
            .attr("rates", dilations.expand("dilations", 2, false)?);
        let dilated = padding.apply(op).name(name).one()?;
        operators::negative(dilated)
    })
}
