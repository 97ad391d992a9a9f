//! IsNan, IsInf, IsFinite: a row per op.

use crate::dtypes::is_half;
use ferroflow_core::{
    Grad, IntoOperand, KernelCtx, Op, OpDef, Result, Tensor, dispatch, elementwise, shape_fn,
};

macro_rules! predicates {
    ($($(#[$doc:meta])* $name:ident $static:ident $kernel:ident $tf:literal $test:ident;)*) => {
        $($(#[$doc])*
        ///
        #[doc = concat!("Source: `tf.math.", stringify!($name), "` (op `", $tf, "`).")]
        ///
        /// # Errors
        /// `TypeError` for a dtype that is not floating.
        pub fn $name(x: impl IntoOperand) -> Result<Tensor> {
            Op::new(&$static).input(x).one()
        }

        fn $kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
            match cx.input(0)?.dtype() {
                dtype if is_half(dtype) => cx.through_f32($kernel),
                dtype => dispatch!(dtype, FLOATS, |T| elementwise::unary_to::<T, bool>(cx, T::$test)),
            }
        }

        pub(crate) static $static: OpDef = OpDef {
            name: $tf,
            shape: shape_fn::unchanged,
            kernel: Some($kernel),
            grad: Grad::None,
            ..OpDef::NEW
        };)*
    };
}

predicates! {
    /// Whether each element is NaN.
    is_nan IS_NAN is_nan_kernel "IsNan" is_nan;
    /// Whether each element is infinite.
    is_inf IS_INF is_inf_kernel "IsInf" is_infinite;
    /// Whether each element is neither infinite nor NaN.
    is_finite IS_FINITE is_finite_kernel "IsFinite" is_finite;
}
