//! LeftShift, RightShift: a row per op.

use ferroflow_core::{Grad, IntoOperand, Op, OpDef, Result, Tensor, dispatch, elementwise, shape_fn};

macro_rules! shifts {
    ($($(#[$doc:meta])* $name:ident $static:ident $tf:literal $shift:ident;)*) => {
        $($(#[$doc])*
        ///
        /// Distances are brought into the range from 0 to one less than the number of bits.
        ///
        #[doc = concat!("Source: `tf.bitwise.", stringify!($name), "` (op `", $tf, "`).")]
        ///
        /// # Errors
        /// `InvalidArgument` when the shapes do not broadcast or the dtypes differ.
        pub fn $name(x: impl IntoOperand, y: impl IntoOperand) -> Result<Tensor> {
            Op::new(&$static).input(x).input(y).one()
        }

        pub(crate) static $static: OpDef = OpDef {
            name: $tf,
            shape: shape_fn::broadcast,
            kernel: Some(|cx| dispatch!(cx.dtype("T")?, INTEGERS, |T| {
                elementwise::binary::<T>(cx, |a, b| {
                    #[allow(clippy::unnecessary_min_or_max)]
                    let distance = b.clamp(0, (T::BITS - 1) as T) as u32;
                    a.$shift(distance)
                })
            })),
            grad: Grad::None,
            ..OpDef::NEW
        };)*
    };
}

shifts! {
    /// The bits of `x` moved `y` places up.
    left_shift LEFT_SHIFT "LeftShift" wrapping_shl;
    /// The bits of `x` moved `y` places down, the sign filling up.
    right_shift RIGHT_SHIFT "RightShift" wrapping_shr;
}
