//! Relu, Relu6, LeakyRelu, Elu, Selu, Softplus, Softsign: elementwise functions between layers.

use crate::activation_grads as grads;
use ferroflow_core::{
    DType, Fusion, Grad, IntoOperand, KernelCtx, Op, OpDef, Result, Tensor, ValuePass, context, dispatch,
    elementwise, options, shape_fn,
};
use num_traits::Float;

/// `selu` scales by this everywhere.
pub(crate) const SELU_SCALE: f64 = 1.050_700_987_355_480_5;
/// `selu` scales `expm1` of negative values by this: its alpha times the scale.
pub(crate) const SELU_SCALE_ALPHA: f64 = 1.758_099_340_847_376_9;

/// The dtypes that TensorFlow's CPU kernels of `Relu` take: `qint8` has none.
pub(crate) const REALS: &[DType] = &[
    DType::HALF,
    DType::BFLOAT16,
    DType::FLOAT32,
    DType::FLOAT64,
    DType::INT8,
    DType::INT16,
    DType::INT32,
    DType::INT64,
    DType::UINT8,
    DType::UINT16,
    DType::UINT32,
    DType::UINT64,
];

/// A constant in the type of a kernel.
pub(crate) fn constant<T: Float>(value: f64) -> T {
    T::from(value).unwrap_or_else(T::nan)
}

pub(crate) fn is_half(dtype: DType) -> bool {
    matches!(dtype, DType::HALF | DType::BFLOAT16)
}

macro_rules! activations {
    ($($(#[$doc:meta])* $function:ident $static:ident $name:literal($source:literal) {
        $($field:ident: $value:expr),* $(,)?
    })*) => {
        $($(#[$doc])*
        ///
        #[doc = concat!("Source: `", $source, "` (op `", $name, "`).")]
        ///
        /// # Errors
        /// `TypeError` for a dtype that the op does not take.
        pub fn $function(features: impl IntoOperand) -> Result<Tensor> {
            Op::new(&$static).input(features).one()
        }

        pub(crate) static $static: OpDef = OpDef {
            name: $name,
            shape: shape_fn::unchanged,
            $($field: $value,)*
            ..OpDef::NEW
        };)*
    };
}

/// A kernel of floats that applies a generic function to each element.
macro_rules! float_kernel {
    ($function:expr) => {{
        fn kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
            match cx.dtype("T")? {
                dtype if is_half(dtype) => cx.through_f32(kernel),
                dtype => dispatch!(dtype, FLOATS, |T| elementwise::unary::<T>(cx, $function)),
            }
        }
        Some(kernel)
    }};
}

macro_rules! fuse {
    ($function:expr) => {
        Some(Fusion::Unary(|values| elementwise::each(values, $function)))
    };
}

activations! {
    /// The positive part: `max(features, 0)`.
    ///
    /// ```
    /// use ferroflow_ops_nn::relu;
    /// assert_eq!(relu([-2.0, 0.0, 3.0])?.numpy()?.as_slice::<f32>()?, [0.0, 0.0, 3.0]);
    /// # Ok::<(), ferroflow_core::Error>(())
    /// ```
    relu RELU "Relu"("tf.nn.relu") {
        kernel: Some(relu_kernel),
        grad: Grad::Fn(grads::relu_grad),
        types: &[("T", REALS)],
        fusion: fuse!(positive_part),
        pass: Some(ValuePass::AtLeast(0.0)),
    }
    /// The positive part, at most 6: `min(max(features, 0), 6)`.
    relu6 RELU6 "Relu6"("tf.nn.relu6") {
        kernel: Some(relu6_kernel),
        grad: Grad::Fn(grads::relu6_grad),
        fusion: fuse!(|value: f32| at_most(positive_part(value), 6.0)),
        pass: Some(ValuePass::Within(0.0, 6.0)),
    }
    /// The exponential linear unit: `features`, and `exp(features) - 1` where negative.
    elu ELU "Elu"("tf.nn.elu") {
        kernel: float_kernel!(|x| if x < 0.0 { x.exp_m1() } else { x }),
        grad: Grad::Fn(grads::elu_grad),
    }
    /// The scaled exponential linear unit, whose outputs tend to mean 0 and variance 1.
    selu SELU "Selu"("tf.nn.selu") {
        kernel: float_kernel!(selu_of),
        grad: Grad::Fn(grads::selu_grad),
    }
    /// A smooth positive part: `log(exp(features) + 1)`.
    softplus SOFTPLUS "Softplus"("tf.math.softplus") {
        kernel: float_kernel!(softplus_of),
        grad: Grad::Fn(grads::softplus_grad),
    }
    /// `features / (|features| + 1)`.
    softsign SOFTSIGN "Softsign"("tf.nn.softsign") {
        kernel: float_kernel!(|x| x / (x.abs() + 1.0)),
        grad: Grad::Fn(grads::softsign_grad),
        fusion: fuse!(|value: f32| value / (value.abs() + 1.0)),
    }
}

options! {
    /// Optional arguments of [`leaky_relu_with`].
    pub struct LeakyReluOptions {
        /// The slope for negative values.
        alpha: f32 = 0.2,
    }
}

/// `features`, and a fifth of them where negative.
///
/// Source: `tf.nn.leaky_relu` (op `LeakyRelu`).
///
/// # Errors
/// `TypeError` for a dtype that the op does not take.
pub fn leaky_relu(features: impl IntoOperand) -> Result<Tensor> {
    leaky_relu_with(features, |options| options)
}

/// [`leaky_relu`] with another slope for negative values.
///
/// # Errors
/// `TypeError` for a dtype that the op does not take.
pub fn leaky_relu_with(
    features: impl IntoOperand,
    options: impl FnOnce(LeakyReluOptions) -> LeakyReluOptions,
) -> Result<Tensor> {
    let options = options(LeakyReluOptions::default());
    let name = context::take_name().unwrap_or_else(|| "LeakyRelu".to_string());
    context::name_scope_for_op(&name, |name| {
        let features = context::with_name("features", || ferroflow_core::convert_to_tensor(features, None))?;
        // Python's function takes integers, the op does not.
        let features = if features.dtype().is_integer() {
            ferroflow_core::operators::cast(features, DType::FLOAT32)?
        } else {
            features
        };
        Op::new(&LEAKY_RELU).input(features).attr("alpha", options.alpha).name(name).one()
    })
}

pub(crate) static LEAKY_RELU: OpDef = OpDef {
    name: "LeakyRelu",
    shape: shape_fn::unchanged,
    kernel: Some(leaky_relu_kernel),
    grad: Grad::Fn(grads::leaky_relu_grad),
    ..OpDef::NEW
};

/// `max(value, 0)`, where NaN and the sign of zero stay.
#[allow(clippy::neg_cmp_op_on_partial_ord)]
fn positive_part<T: Default + PartialOrd>(value: T) -> T {
    if value < T::default() { T::default() } else { value }
}

fn at_most<T: PartialOrd>(value: T, limit: T) -> T {
    if value > limit { limit } else { value }
}

fn relu_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.dtype("T")? {
        dtype if is_half(dtype) => cx.through_f32(relu_kernel),
        dtype => dispatch!(dtype, REALS, |T| elementwise::unary::<T>(cx, positive_part)),
    }
}

fn relu6_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.dtype("T")? {
        dtype if is_half(dtype) => cx.through_f32(relu6_kernel),
        dtype => dispatch!(dtype, REALS, |T| {
            elementwise::unary::<T>(cx, |value| at_most(positive_part(value), 6 as T))
        }),
    }
}

fn leaky_relu_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let alpha = cx.float("alpha")?;
    match cx.dtype("T")? {
        dtype if is_half(dtype) => cx.through_f32(leaky_relu_kernel),
        dtype => dispatch!(dtype, FLOATS, |T| {
            let alpha = T::from(alpha);
            elementwise::unary::<T>(cx, move |value| if value > 0.0 { value } else { value * alpha })
        }),
    }
}

fn selu_of<T: Float>(x: T) -> T {
    if x < T::zero() { constant::<T>(SELU_SCALE_ALPHA) * x.exp_m1() } else { constant::<T>(SELU_SCALE) * x }
}

fn softplus_of<T: Float>(x: T) -> T {
    // Beyond these bounds the result is `x`, or `exp(x)`, to the last bit.
    let bound = -(T::epsilon().ln() + constant(2.0));
    if x > bound {
        x
    } else if x < -bound {
        x.exp()
    } else {
        x.exp().ln_1p()
    }
}
