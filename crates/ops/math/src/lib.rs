//! Arithmetic, reductions, matrix products and segment ops: TensorFlow's `tf.math` and `tf.linalg.matmul`.

mod axes;
mod binary;
mod broadcast_gradient_args;
mod dtypes;
mod known;
mod reduce;
mod unary;

pub use axes::Axes;
pub use binary::*;
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
    &binary::APPROXIMATE_EQUAL,
    &unary::ASIN,
    &unary::ASINH,
    &unary::ATAN,
    &binary::ATAN2,
    &unary::ATANH,
    &broadcast_gradient_args::BROADCAST_GRADIENT_ARGS,
    &unary::CEIL,
    &binary::COMPLEX,
    &unary::COMPLEX_ABS,
    &unary::CONJ,
    &unary::COS,
    &unary::COSH,
    &unary::DIGAMMA,
    &binary::DIV,
    &binary::DIV_NO_NAN,
    &binary::EQUAL,
    &unary::ERF,
    &unary::ERFC,
    &unary::ERFINV,
    &reduce::EUCLIDEAN_NORM,
    &unary::EXP,
    &unary::EXPM1,
    &unary::FLOOR,
    &binary::FLOOR_DIV,
    &binary::GREATER,
    &binary::GREATER_EQUAL,
    &unary::IMAG,
    &unary::INV,
    &unary::INV_GRAD,
    &unary::IS_FINITE,
    &unary::IS_INF,
    &unary::IS_NAN,
    &binary::LEFT_SHIFT,
    &binary::LESS,
    &binary::LESS_EQUAL,
    &unary::LGAMMA,
    &unary::LOG,
    &unary::LOG1P,
    &reduce::MAX,
    &binary::MAXIMUM,
    &reduce::MEAN,
    &reduce::MIN,
    &binary::MINIMUM,
    &binary::MOD,
    &binary::MUL_NO_NAN,
    &unary::NDTRI,
    &binary::NEXT_AFTER,
    &binary::NOT_EQUAL,
    &binary::POW,
    &reduce::PROD,
    &unary::REAL,
    &unary::RECIPROCAL,
    &unary::RECIPROCAL_GRAD,
    &binary::RIGHT_SHIFT,
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
    &binary::SQUARED_DIFFERENCE,
    &reduce::SUM,
    &unary::TAN,
    &unary::TANH,
    &unary::TANH_GRAD,
    &binary::TRUNCATE_DIV,
    &binary::TRUNCATE_MOD,
    &binary::XDIVY,
    &binary::XLOG1PY,
    &binary::XLOGY,
];
