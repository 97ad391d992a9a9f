//! BitwiseAnd, BitwiseOr, BitwiseXor, Invert: `& | ^ !` on integers.

use crate::{Grad, IntoOperand, Op, OpDef, Result, Tensor, dispatch, elementwise, shape_fn};

macro_rules! binary {
    ($($function:ident $static:ident $name:literal $symbol:tt;)*) => {
        $(#[doc = concat!("`x ", stringify!($symbol), " y` bit by bit, on integers, with broadcasting.")]
        ///
        #[doc = concat!("Source: `tf.bitwise.", stringify!($function), "` (op `", $name, "`).")]
        ///
        /// # Errors
        /// `InvalidArgument` when the shapes do not broadcast or the dtypes differ.
        pub fn $function(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> {
            Op::new(&$static).input(x).input(y).one()
        }

        pub(super) static $static: OpDef = OpDef {
            name: $name,
            shape: shape_fn::broadcast,
            kernel: Some(|cx| dispatch!(cx.dtype("T")?, INTEGERS, |T| elementwise::binary::<T>(cx, |a, b| a $symbol b))),
            grad: Grad::None,
            ..OpDef::NEW
        };)*
    };
}

binary! {
    bitwise_and BITWISE_AND "BitwiseAnd" &;
    bitwise_or BITWISE_OR "BitwiseOr" |;
    bitwise_xor BITWISE_XOR "BitwiseXor" ^;
}

/// Every bit flipped, on integers.
///
/// Source: `tf.bitwise.invert` (op `Invert`).
///
/// # Errors
/// `TypeError` for a dtype that is no integer.
pub fn invert(x: impl IntoOperand) -> Result<Tensor> {
    Op::new(&INVERT).input(x).one()
}

pub(super) static INVERT: OpDef = OpDef {
    name: "Invert",
    shape: shape_fn::unchanged,
    kernel: Some(|cx| dispatch!(cx.dtype("T")?, INTEGERS, |T| elementwise::unary::<T>(cx, |value| !value))),
    grad: Grad::None,
    ..OpDef::NEW
};
