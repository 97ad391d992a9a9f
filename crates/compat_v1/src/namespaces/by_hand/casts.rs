//! `to_float` and its siblings, `div`, `arg_max`: v1's names for casts and numbers.

use crate::mode::facade;
use ferroflow_core::{DType, IntoOperand, Op, Result, Tensor, context, convert_to_tensor, operators};
use ferroflow_ops_math as math;

macro_rules! casts {
    ($($(#[$doc:meta])* $name:ident $node:literal $dtype:ident;)*) => {
        $($(#[$doc])*
        ///
        #[doc = concat!("Source: `tf.compat.v1.", stringify!($name), "`.")]
        ///
        /// # Errors
        /// `Unimplemented` for strings.
        pub fn $name(x: impl IntoOperand) -> Result<Tensor> {
            let name = context::take_name().unwrap_or_else(|| $node.to_string());
            facade(|| {
                let x = convert_to_tensor(x, None)?;
                context::with_name(&name, || operators::cast(x, DType::$dtype))
            })
        })*
    };
}

casts! {
    /// The tensor as `float32`.
    to_float "ToFloat" FLOAT32;
    /// The tensor as `float64`.
    to_double "ToDouble" FLOAT64;
    /// The tensor as `int32`.
    to_int32 "ToInt32" INT32;
    /// The tensor as `int64`.
    to_int64 "ToInt64" INT64;
    /// The tensor as `bfloat16`.
    to_bfloat16 "ToBFloat16" BFLOAT16;
    /// The tensor as `complex64`.
    to_complex64 "ToComplex64" COMPLEX64;
    /// The tensor as `complex128`.
    to_complex128 "ToComplex128" COMPLEX128;
}

/// `x / y` as Python 2 divides: integers to integers, rounded down.
///
/// Source: `tf.compat.v1.div`.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let quotient = tf::div([7, -7], [2, 2])?;
/// assert_eq!(quotient.eval_in(&tf::Session::new()?)?.to_string(), "[ 3 -4]");
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when the shapes do not broadcast.
pub fn div(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> {
    let name = context::take_name().unwrap_or_else(|| "div".to_string());
    let (x, y) = (x.into_operand()?, y.into_operand()?);
    facade(|| {
        context::name_scope_for_op(&name, |name| {
            let x = context::with_name("x", || convert_to_tensor(x, None))?;
            let y = context::with_name("y", || convert_to_tensor(y, Some(x.dtype().base())))?;
            let op = if x.dtype().is_floating() || x.dtype().is_complex() { "RealDiv" } else { "FloorDiv" };
            Op::named(op).input(x).input(y).name(name).one()
        })
    })
}

/// The position of the largest element along a dimension.
///
/// Source: `tf.compat.v1.arg_max`.
///
/// # Errors
/// `InvalidArgument` for a dimension that the tensor does not have.
pub fn arg_max(input: impl IntoOperand, dimension: impl IntoOperand) -> Result<Tensor> {
    facade(|| math::argmax(input, dimension))
}

/// The position of the smallest element along a dimension.
///
/// Source: `tf.compat.v1.arg_min`.
///
/// # Errors
/// `InvalidArgument` for a dimension that the tensor does not have.
pub fn arg_min(input: impl IntoOperand, dimension: impl IntoOperand) -> Result<Tensor> {
    facade(|| math::argmin(input, dimension))
}
