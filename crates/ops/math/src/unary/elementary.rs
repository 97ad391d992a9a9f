//! Roots, exponentials, logarithms, trigonometric and hyperbolic functions: a row per op.

use super::elementary_grad as grads;
use super::leaf::{Leaves, each, run};
use crate::dtypes::FLOATS_COMPLEX;
use ferroflow_core::{Fusion, Grad, IntoOperand, Op, OpDef, Result, Tensor, float32, inlined, shape_fn};

macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident $static:ident $tf:literal
       real $real:expr, $(float32 $fast:expr,)? complex $complex:expr, grad $grad:ident;)*) => {
        $($(#[$doc])*
        ///
        #[doc = concat!("Source: `tf.math.", stringify!($name), "` (op `", $tf, "`).")]
        ///
        /// # Errors
        /// `TypeError` for a dtype that is neither floating nor complex.
        pub fn $name(x: impl IntoOperand) -> Result<Tensor> {
            Op::new(&$static).input(x).one()
        }

        definition!($static $tf $real, $(inlined!($fast),)? ; $complex, $grad);)*
    };
}

macro_rules! definition {
    ($static:ident $tf:literal $real:expr, ; $complex:expr, $grad:ident) => {
        definition!($static $tf $real, $real, ; $complex, $grad);
    };
    ($static:ident $tf:literal $real:expr, $fast:expr, ; $complex:expr, $grad:ident) => {
        pub(crate) static $static: OpDef = OpDef {
            name: $tf,
            shape: shape_fn::unchanged,
            kernel: Some(|cx| {
                run(
                    cx,
                    &Leaves {
                        f32: |values| each(values, $fast),
                        f64: |values| each(values, $real),
                        complex: Some((|values| each(values, $complex), |values| each(values, $complex))),
                    },
                )
            }),
            grad: Grad::Fn(grads::$grad),
            types: &[("T", FLOATS_COMPLEX)],
            fusion: Some(Fusion::Unary(|values| each(values, $fast))),
            ..OpDef::NEW
        };
    };
}

functions! {
    /// The square root.
    ///
    /// ```
    /// let root = ferroflow_ops_math::sqrt([1.0, 4.0])?;
    /// assert_eq!(root.numpy()?.as_slice::<f32>()?, [1.0, 2.0]);
    /// # Ok::<(), ferroflow_core::Error>(())
    /// ```
    sqrt SQRT "Sqrt" real |x| x.sqrt(), complex |z| z.sqrt(), grad sqrt;
    /// One over the square root.
    rsqrt RSQRT "Rsqrt" real |x| x.sqrt().recip(), complex |z| z.sqrt().inv(), grad rsqrt;
    /// The exponential.
    exp EXP "Exp" real |x| x.exp(), float32 float32::exp, complex |z| z.exp(), grad exp;
    /// `exp(x) - 1`, exact near 0.
    expm1 EXPM1 "Expm1" real |x| x.exp_m1(), complex |z| z.exp() - 1.0, grad expm1;
    /// The natural logarithm.
    log LOG "Log" real |x| x.ln(), float32 float32::ln, complex |z| z.ln(), grad log;
    /// `log(1 + x)`, exact near 0.
    log1p LOG1P "Log1p" real |x| x.ln_1p(), float32 float32::ln_1p, complex |z| (z + 1.0).ln(), grad log1p;
    /// The sine.
    sin SIN "Sin" real |x| x.sin(), complex |z| z.sin(), grad sin;
    /// The cosine.
    cos COS "Cos" real |x| x.cos(), complex |z| z.cos(), grad cos;
    /// The tangent.
    tan TAN "Tan" real |x| x.tan(), complex |z| z.tan(), grad tan;
    /// The inverse of the sine.
    asin ASIN "Asin" real |x| x.asin(), complex |z| z.asin(), grad asin;
    /// The inverse of the cosine.
    acos ACOS "Acos" real |x| x.acos(), complex |z| z.acos(), grad acos;
    /// The inverse of the tangent.
    atan ATAN "Atan" real |x| x.atan(), complex |z| z.atan(), grad atan;
    /// The hyperbolic sine.
    sinh SINH "Sinh" real |x| x.sinh(), complex |z| z.sinh(), grad sinh;
    /// The hyperbolic cosine.
    cosh COSH "Cosh" real |x| x.cosh(), complex |z| z.cosh(), grad cosh;
    /// The hyperbolic tangent.
    tanh TANH "Tanh" real |x| x.tanh(), float32 float32::tanh, complex |z| z.tanh(), grad tanh;
    /// The inverse of the hyperbolic sine.
    asinh ASINH "Asinh" real |x| x.asinh(), complex |z| z.asinh(), grad asinh;
    /// The inverse of the hyperbolic cosine.
    acosh ACOSH "Acosh" real |x| x.acosh(), complex |z| z.acosh(), grad acosh;
    /// The inverse of the hyperbolic tangent.
    atanh ATANH "Atanh" real |x| x.atanh(), complex |z| z.atanh(), grad atanh;
    /// `1 / (1 + exp(-x))`.
    sigmoid SIGMOID "Sigmoid"
        real |x| if x < 0.0 { let e = x.exp(); e / (e + 1.0) } else { ((-x).exp() + 1.0).recip() },
        float32 float32::sigmoid, complex |z| ((-z).exp() + 1.0).inv(), grad sigmoid;
    /// `1 / x`.
    reciprocal RECIPROCAL "Reciprocal" real |x| x.recip(), complex |z| z.inv(), grad reciprocal;
}

definition!(INV "Inv" |x| x.recip(), ; |z| z.inv(), inv);
