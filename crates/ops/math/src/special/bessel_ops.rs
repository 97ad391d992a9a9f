//! The ops of the Bessel functions: a row each.

use super::bessel_grads as grads;
use crate::unary::leaf::{Leaves, each, run};
use ferroflow_core::{DType, Grad, IntoOperand, Op, OpDef, Result, Tensor, shape_fn};

const FLOATS: &[DType] = &[DType::HALF, DType::FLOAT32, DType::FLOAT64];

macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident $static:ident $tf:literal $value:ident;)*) => {
        $($(#[$doc])*
        ///
        #[doc = concat!("Source: `tf.math.special.", stringify!($name), "` (op `", $tf, "`).")]
        ///
        /// # Errors
        /// `TypeError` for a dtype that is not floating, `Unimplemented` for `bfloat16`.
        pub fn $name(x: impl IntoOperand) -> Result<Tensor> {
            Op::new(&$static).input(x).default_name(stringify!($name)).one()
        }

        pub(crate) static $static: OpDef = OpDef {
            name: $tf,
            shape: shape_fn::unchanged,
            kernel: Some(|cx| {
                run(cx, &Leaves {
                    f32: |values| each(values, |x| super::bessel::$value(x.into()) as f32),
                    f64: |values| each(values, super::bessel::$value),
                    complex: None,
                })
            }),
            grad: Grad::Fn(grads::$value),
            types: &[("T", FLOATS)],
            ..OpDef::NEW
        };)*
    };
}

functions! {
    /// The modified Bessel function of the first kind, of order 0.
    ///
    /// ```
    /// let value = ferroflow_ops_math::bessel_i0([0.0])?;
    /// assert_eq!(value.numpy()?.as_slice::<f32>()?, [1.0]);
    /// # Ok::<(), ferroflow_core::Error>(())
    /// ```
    bessel_i0 BESSEL_I0 "BesselI0" i0;
    /// `bessel_i0` over the exponential of the absolute value.
    bessel_i0e BESSEL_I0E "BesselI0e" i0e;
    /// The modified Bessel function of the first kind, of order 1.
    bessel_i1 BESSEL_I1 "BesselI1" i1;
    /// `bessel_i1` over the exponential of the absolute value.
    bessel_i1e BESSEL_I1E "BesselI1e" i1e;
    /// The Bessel function of the first kind, of order 0.
    bessel_j0 BESSEL_J0 "BesselJ0" j0;
    /// The Bessel function of the first kind, of order 1.
    bessel_j1 BESSEL_J1 "BesselJ1" j1;
    /// The modified Bessel function of the second kind, of order 0.
    bessel_k0 BESSEL_K0 "BesselK0" k0;
    /// `bessel_k0` times the exponential.
    bessel_k0e BESSEL_K0E "BesselK0e" k0e;
    /// The modified Bessel function of the second kind, of order 1.
    bessel_k1 BESSEL_K1 "BesselK1" k1;
    /// `bessel_k1` times the exponential.
    bessel_k1e BESSEL_K1E "BesselK1e" k1e;
    /// The Bessel function of the second kind, of order 0.
    bessel_y0 BESSEL_Y0 "BesselY0" y0;
    /// The Bessel function of the second kind, of order 1.
    bessel_y1 BESSEL_Y1 "BesselY1" y1;
}
