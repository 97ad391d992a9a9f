//! `fftshift` and its inverse: the zero frequency moved to the middle, and back.

use ferroflow_core::{
    IntoOperand, NdArray, Op, Operand, Result, Tensor, bail, constant, context, convert_to_tensor,
};

/// The zero frequency moved to the middle, along axes; without axes along all.
///
/// Source: `tf.signal.fftshift`.
///
/// ```
/// use ferroflow_ops_signal::fftshift;
/// ferroflow_ops::install();
/// let moved = fftshift([0.0, 1.0, 2.0, -2.0, -1.0], None)?;
/// assert_eq!(moved.numpy()?.as_slice::<f32>()?, [-2.0, -1.0, 0.0, 1.0, 2.0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for an axis that the input does not have, `Unimplemented` for an input of unknown rank without axes.
pub fn fftshift(x: impl IntoOperand, axes: Option<&[i32]>) -> Result<Tensor> {
    shifted("fftshift", x.into_operand()?, axes, false)
}

/// The inverse of [`fftshift`].
///
/// Source: `tf.signal.ifftshift`.
///
/// # Errors
/// As [`fftshift`].
pub fn ifftshift(x: impl IntoOperand, axes: Option<&[i32]>) -> Result<Tensor> {
    shifted("ifftshift", x.into_operand()?, axes, true)
}

fn shifted(scope: &str, x: Operand, axes: Option<&[i32]>, back: bool) -> Result<Tensor> {
    let name = context::take_name().unwrap_or_else(|| scope.to_string());
    context::name_scope_for_op(&name, |name| {
        let x = convert_to_tensor(x, None)?;
        // TensorFlow writes down what it knows of a shape.
        let sizes = context::with_name("Shape", || match x.shape().to_shape() {
            Some(shape) => {
                constant(NdArray::vector(shape.dims().iter().map(|size| *size as i32).collect::<Vec<_>>()))
            }
            None => Op::named("Shape").input(&x).one(),
        })?;
        let half = |sizes: Tensor| {
            let half = Op::named("FloorDiv").input(sizes).input(2).default_name("floordiv").one()?;
            if back { Op::named("Neg").input(half).one() } else { Ok(half) }
        };
        let roll = |shift: Tensor| Op::named("Roll").input(&x).input(shift).name(name.clone());
        match axes {
            None => {
                let Some(rank) = x.rank() else {
                    bail!(unimplemented, "{scope} of a tensor of unknown rank")
                };
                roll(half(sizes)?).input(NdArray::vector((0..rank as i32).collect::<Vec<_>>())).one()
            }
            Some(axes) => {
                let rank = match x.rank() {
                    Some(rank) => constant(NdArray::scalar(rank as i32))?,
                    None => Op::named("Rank").input(&x).one()?,
                };
                let axes = constant(NdArray::vector(axes.to_vec()))?;
                let negative = Op::named("Less").input(&axes).input(0).one()?;
                let counted = Op::named("AddV2").input(&axes).input(rank).default_name("add").one()?;
                let axes = Op::named("Select").input(negative).input(counted).input(&axes).one()?;
                let sizes = Op::named("GatherV2").input(sizes).input(&axes).input(0).one()?;
                roll(half(sizes)?).input(axes).one()
            }
        }
    })
}
