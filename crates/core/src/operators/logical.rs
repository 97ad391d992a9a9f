//! LogicalAnd, LogicalOr, LogicalNot: `& | !` on booleans.

use crate::{Grad, IntoOperand, Op, OpDef, Result, Tensor, elementwise, scalar_fn, shape_fn};

macro_rules! binary {
    ($($function:ident $static:ident $name:literal $symbol:tt;)*) => {
        $(#[doc = concat!("`x ", stringify!($symbol), " y` on booleans, with broadcasting.")]
        ///
        #[doc = concat!("Source: `tf.math.", stringify!($function), "` (op `", $name, "`).")]
        ///
        /// # Errors
        /// `InvalidArgument` when the shapes do not broadcast.
        pub fn $function(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> {
            Op::new(&$static).input(x).input(y).one()
        }

        pub(super) static $static: OpDef = OpDef {
            name: $name,
            shape: shape_fn::broadcast,
            kernel: Some(|cx| elementwise::binary::<bool>(cx, |a, b| a $symbol b)),
            grad: Grad::None,
            scalar: |dtype| scalar_fn!(dtype, Binary(a, b), [BOOL bool] a $symbol b),
            ..OpDef::NEW
        };)*
    };
}

binary! {
    logical_and LOGICAL_AND "LogicalAnd" &;
    logical_or LOGICAL_OR "LogicalOr" |;
}

/// `!x` on booleans.
///
/// Source: `tf.math.logical_not` (op `LogicalNot`).
///
/// # Errors
/// `TypeError` for a dtype other than bool.
pub fn logical_not(x: impl IntoOperand) -> Result<Tensor> {
    Op::new(&LOGICAL_NOT).input(x).one()
}

pub(super) static LOGICAL_NOT: OpDef = OpDef {
    name: "LogicalNot",
    shape: shape_fn::unchanged,
    kernel: Some(|cx| elementwise::unary::<bool>(cx, |value| !value)),
    grad: Grad::None,
    scalar: |dtype| scalar_fn!(dtype, Unary(x), [BOOL bool] !x),
    ..OpDef::NEW
};
