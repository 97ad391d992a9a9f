//! Floor, Ceil, Round, Rint: a row per op.

use super::leaf::{Leaves, each, run};
use ferroflow_core::{
    DType, Fusion, Grad, GradCtx, IntoOperand, KernelCtx, Op, OpDef, Result, Tensor, convert_to_tensor,
    shape_fn,
};

const FLOATS: &[DType] = &[DType::HALF, DType::BFLOAT16, DType::FLOAT32, DType::FLOAT64];

macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident $static:ident $tf:literal $method:ident;)*) => {
        $($(#[$doc])*
        ///
        #[doc = concat!("Source: `tf.math.", stringify!($name), "` (op `", $tf, "`).")]
        ///
        /// # Errors
        /// `TypeError` for a dtype that is not floating.
        pub fn $name(x: impl IntoOperand) -> Result<Tensor> {
            Op::new(&$static).input(x).one()
        }

        pub(crate) static $static: OpDef = OpDef {
            name: $tf,
            shape: shape_fn::unchanged,
            kernel: Some(|cx| {
                run(cx, &Leaves {
                    f32: |values| each(values, f32::$method),
                    f64: |values| each(values, f64::$method),
                    complex: None,
                })
            }),
            grad: Grad::Fn(no_grad),
            types: &[("T", FLOATS)],
            fusion: Some(Fusion::Unary(|values| each(values, f32::$method))),
            ..OpDef::NEW
        };)*
    };
}

functions! {
    /// The largest whole number that is not larger.
    floor FLOOR "Floor" floor;
    /// The smallest whole number that is not smaller.
    ceil CEIL "Ceil" ceil;
    /// The nearest whole number, the even one of two.
    rint RINT "Rint" round_ties_even;
}

/// Functions that are flat wherever they are smooth pass no gradient on.
fn no_grad(_cx: &mut GradCtx<'_>) -> Result<()> {
    Ok(())
}

/// The nearest whole number, the even one of two; integers stay as they are.
///
/// Source: `tf.math.round` (op `Round`).
///
/// # Errors
/// `TypeError` for booleans and strings.
pub fn round(x: impl IntoOperand) -> Result<Tensor> {
    let x = convert_to_tensor(x, None)?;
    if x.dtype().is_integer() {
        return Ok(x);
    }
    Op::new(&ROUND).input(x).one()
}

/// Integers stay as they are. TensorFlow's function never gives them to the op, whose own kernel (2.21) turns them to 0.
fn round_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    if cx.input(0)?.dtype().is_integer() {
        let array = cx.take(0)?;
        return cx.set(0, array);
    }
    run(
        cx,
        &Leaves {
            f32: |values| each(values, f32::round_ties_even),
            f64: |values| each(values, f64::round_ties_even),
            complex: None,
        },
    )
}

pub(crate) static ROUND: OpDef = OpDef {
    name: "Round",
    shape: shape_fn::unchanged,
    kernel: Some(round_kernel),
    grad: Grad::Fn(no_grad),
    types: &[(
        "T",
        &[DType::HALF, DType::BFLOAT16, DType::FLOAT32, DType::FLOAT64, DType::INT32, DType::INT64],
    )],
    fusion: Some(Fusion::Unary(|values| each(values, f32::round_ties_even))),
    ..OpDef::NEW
};
