//! Arithmetic, reductions, matrix products and segment ops: TensorFlow's `tf.math` and `tf.linalg.matmul`.

mod axes;
mod broadcast_gradient_args;
mod dtypes;
mod known;
mod reduce;
mod unary;

pub use axes::Axes;
pub use reduce::*;
pub use unary::*;

use ferroflow_core::OpDef;

/// The ops of this family, by name.
pub static OPS: &[&OpDef] = &[
    &unary::ABS,
    &unary::ACOS,
    &unary::ACOSH,
    &reduce::ALL,
    &unary::ANGLE,
    &reduce::ANY,
    &unary::ASIN,
    &unary::ASINH,
    &unary::ATAN,
    &unary::ATANH,
    &broadcast_gradient_args::BROADCAST_GRADIENT_ARGS,
    &unary::CEIL,
    &unary::COMPLEX_ABS,
    &unary::CONJ,
    &unary::COS,
    &unary::COSH,
    &unary::DIGAMMA,
    &unary::ERF,
    &unary::ERFC,
    &unary::ERFINV,
    &reduce::EUCLIDEAN_NORM,
    &unary::EXP,
    &unary::EXPM1,
    &unary::FLOOR,
    &unary::IMAG,
    &unary::INV,
    &unary::INV_GRAD,
    &unary::IS_FINITE,
    &unary::IS_INF,
    &unary::IS_NAN,
    &unary::LGAMMA,
    &unary::LOG,
    &unary::LOG1P,
    &reduce::MAX,
    &reduce::MEAN,
    &reduce::MIN,
    &unary::NDTRI,
    &reduce::PROD,
    &unary::REAL,
    &unary::RECIPROCAL,
    &unary::RECIPROCAL_GRAD,
    &unary::RINT,
    &unary::ROUND,
    &unary::RSQRT,
    &unary::RSQRT_GRAD,
    &unary::SIGMOID,
    &unary::SIGMOID_GRAD,
    &unary::SIGN,
    &unary::SIN,
    &unary::SINH,
    &unary::SQRT,
    &unary::SQRT_GRAD,
    &unary::SQUARE,
    &reduce::SUM,
    &unary::TAN,
    &unary::TANH,
    &unary::TANH_GRAD,
];
