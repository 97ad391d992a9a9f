//! Ops on each element by itself.

mod arithmetic;
mod complex_parts;
mod elementary;
mod elementary_grad;
mod grad_ops;
pub(crate) mod leaf;
mod population_count;
mod predicates;
mod rounding;
mod special;
pub(crate) mod special_values;

pub use arithmetic::{abs, sign, square};
pub use complex_parts::{angle, conj, imag, real};
pub use elementary::*;
pub use population_count::population_count;
pub use predicates::{is_finite, is_inf, is_nan};
pub use rounding::{ceil, floor, rint, round};
pub use special::*;

pub(crate) use arithmetic::{ABS, SIGN, SQUARE};
pub(crate) use complex_parts::{ANGLE, COMPLEX_ABS, CONJ, IMAG, REAL};
pub(crate) use elementary::{
    ACOS, ACOSH, ASIN, ASINH, ATAN, ATANH, COS, COSH, EXP, EXPM1, INV, LOG, LOG1P, RECIPROCAL, RSQRT,
    SIGMOID, SIN, SINH, SQRT, TAN, TANH,
};
pub(crate) use grad_ops::{INV_GRAD, RECIPROCAL_GRAD, RSQRT_GRAD, SIGMOID_GRAD, SQRT_GRAD, TANH_GRAD};
pub(crate) use population_count::POPULATION_COUNT;
pub(crate) use predicates::{IS_FINITE, IS_INF, IS_NAN};
pub(crate) use rounding::{CEIL, FLOOR, RINT, ROUND};
pub(crate) use special::{DIGAMMA, ERF, ERFC, ERFINV, LGAMMA, NDTRI};
