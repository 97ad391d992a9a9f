//! Ops on pairs of elements, with broadcasting.

mod comparison;
mod division;
mod extremes;
mod grads;
mod power;
mod shift;

pub use comparison::*;
pub use division::{divide, divide_no_nan, floordiv, multiply_no_nan, truncatediv, truncatemod, xdivy};
pub use extremes::{complex, maximum, minimum, nextafter, squared_difference};
pub use power::{atan2, pow, xlog1py, xlogy};
pub use shift::{left_shift, right_shift};

pub(crate) use comparison::{APPROXIMATE_EQUAL, EQUAL, GREATER, GREATER_EQUAL, LESS, LESS_EQUAL, NOT_EQUAL};
pub(crate) use division::{DIV, DIV_NO_NAN, FLOOR_DIV, MOD, MUL_NO_NAN, TRUNCATE_DIV, TRUNCATE_MOD, XDIVY};
pub(crate) use extremes::{COMPLEX, MAXIMUM, MINIMUM, NEXT_AFTER, SQUARED_DIFFERENCE};
pub(crate) use power::{ATAN2, POW, XLOG1PY, XLOGY};
pub(crate) use shift::{LEFT_SHIFT, RIGHT_SHIFT};
