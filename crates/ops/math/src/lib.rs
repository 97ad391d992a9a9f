//! Arithmetic, reductions, matrix products and segment ops: TensorFlow's `tf.math` and `tf.linalg.matmul`.

mod axes;
mod binary;
mod broadcast_gradient_args;
mod counting;
mod dtypes;
mod known;
mod matmul;
mod reduce;
mod segment;
mod sequence;
mod unary;

pub use axes::Axes;
pub use binary::*;
pub use counting::*;
pub use matmul::*;
pub use reduce::*;
pub use segment::*;
pub use sequence::*;
pub use unary::*;

use ferroflow_core::OpDef;

/// The ops of this family, by name.
pub static OPS: &[&OpDef] = &[
    &unary::ABS,
    &sequence::ACCUMULATE_N_V2,
    &unary::ACOS,
    &unary::ACOSH,
    &sequence::ADD_N,
    &reduce::ALL,
    &unary::ANGLE,
    &reduce::ANY,
    &binary::APPROXIMATE_EQUAL,
    &reduce::ARG_MAX,
    &reduce::ARG_MIN,
    &unary::ASIN,
    &unary::ASINH,
    &unary::ATAN,
    &binary::ATAN2,
    &unary::ATANH,
    &matmul::BATCH_MAT_MUL,
    &matmul::BATCH_MAT_MUL_V2,
    &matmul::BATCH_MAT_MUL_V3,
    &counting::BINCOUNT,
    &broadcast_gradient_args::BROADCAST_GRADIENT_ARGS,
    &counting::BUCKETIZE,
    &unary::CEIL,
    &sequence::CLIP_BY_VALUE,
    &binary::COMPLEX,
    &unary::COMPLEX_ABS,
    &unary::CONJ,
    &unary::COS,
    &unary::COSH,
    &matmul::CROSS,
    &reduce::CUMPROD,
    &reduce::CUMSUM,
    &reduce::CUMULATIVE_LOGSUMEXP,
    &counting::DENSE_BINCOUNT,
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
    &counting::HISTOGRAM_FIXED_WIDTH,
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
    &sequence::LIN_SPACE,
    &unary::LOG,
    &unary::LOG1P,
    &matmul::MAT_MUL,
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
    &sequence::RANGE,
    &unary::REAL,
    &unary::RECIPROCAL,
    &unary::RECIPROCAL_GRAD,
    &binary::RIGHT_SHIFT,
    &unary::RINT,
    &unary::ROUND,
    &unary::RSQRT,
    &unary::RSQRT_GRAD,
    &segment::SEGMENT_MAX,
    &segment::SEGMENT_MEAN,
    &segment::SEGMENT_MIN,
    &segment::SEGMENT_PROD,
    &segment::SEGMENT_SUM,
    &unary::SIGMOID,
    &unary::SIGMOID_GRAD,
    &unary::SIGN,
    &unary::SIN,
    &unary::SINH,
    &segment::SPARSE_SEGMENT_MEAN,
    &segment::SPARSE_SEGMENT_SQRT_N,
    &segment::SPARSE_SEGMENT_SUM,
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
    &segment::UNSORTED_SEGMENT_MAX,
    &segment::UNSORTED_SEGMENT_MIN,
    &segment::UNSORTED_SEGMENT_PROD,
    &segment::UNSORTED_SEGMENT_SUM,
    &binary::XDIVY,
    &binary::XLOG1PY,
    &binary::XLOGY,
];
