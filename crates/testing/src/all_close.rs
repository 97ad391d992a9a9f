//! `assert_all_close!` and `assert_all_equal!`: comparing arrays, and saying where they part.

use crate::Tolerance;
use crate::mismatch::{Mismatch, shape};
use ferroflow_core::{Complex, DType, IntoOperand, NdArray, Operand, Result, dispatch, literal_array};
use std::fmt;

/// Two arrays are not what they should be to each other: the text says where and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference(String);

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Difference {}

impl From<ferroflow_core::Error> for Difference {
    fn from(error: ferroflow_core::Error) -> Difference {
        Difference(format!("{error:?}"))
    }
}

/// Whether every element of `found` is close to that of `expected`. Dtypes may differ, shapes may not.
///
/// # Errors
/// Says in the layout of NumPy's `assert_allclose` how many elements are apart, where the first ones stand, how far the
/// farthest are, and what the arrays are.
pub fn all_close(
    found: impl IntoOperand,
    expected: impl IntoOperand,
    tolerance: Tolerance,
) -> Result<(), Difference> {
    let (found, expected) = arrays(found, expected)?;
    let heading = format!("Not equal to tolerance {tolerance}");
    let mismatch = Mismatch { heading, found: &found, expected: &expected };
    same_shape(&mismatch)?;
    if [&found, &expected].iter().any(|array| !is_number(array.dtype())) {
        return all_equal(&found, &expected);
    }
    let (a, b) = (found.cast(DType::COMPLEX128)?, expected.cast(DType::COMPLEX128)?);
    let (a, b) = (a.as_slice::<Complex<f64>>()?, b.as_slice::<Complex<f64>>()?);
    // Complex numbers are compared by their distance; infinities and NaN only by their parts.
    let is_close = |(a, b): (&Complex<f64>, &Complex<f64>)| {
        let bound = tolerance.absolute + tolerance.relative * b.norm();
        (b.is_finite() && (a - b).norm() <= bound)
            || (tolerance.admits(a.re, b.re) && tolerance.admits(a.im, b.im))
    };
    let pairs = || a.iter().zip(b).enumerate();
    let apart: Vec<usize> = pairs().filter(|(_, pair)| !is_close(*pair)).map(|(at, _)| at).collect();
    if apart.is_empty() {
        return Ok(());
    }
    Err(Difference(mismatch.at(&apart)))
}

/// Whether dtype, shape and every element of `found` are those of `expected`; NaN equals NaN here.
///
/// # Errors
/// Says the same in the layout of NumPy's `assert_array_equal`; dtypes that differ are named first.
pub fn all_equal(found: impl IntoOperand, expected: impl IntoOperand) -> Result<(), Difference> {
    let (found, expected) = arrays(found, expected)?;
    let heading = "Arrays are not equal".to_string();
    let mismatch = Mismatch { heading, found: &found, expected: &expected };
    if found.dtype() != expected.dtype() {
        let (found, expected) = (found.dtype().name(), expected.dtype().name());
        return Err(Difference(mismatch.of_kind("dtypes", found, expected)));
    }
    same_shape(&mismatch)?;
    let differ: Vec<usize> = dispatch!(found.dtype(), ALL, |T| {
        let pairs = found.as_slice::<T>()?.iter().zip(expected.as_slice::<T>()?).enumerate();
        Ok(pairs.filter(|(_, (a, b))| a != b && !(is_nan(*a) && is_nan(*b))).map(|(at, _)| at).collect())
    })?;
    if differ.is_empty() { Ok(()) } else { Err(Difference(mismatch.at(&differ))) }
}

/// Both sides as arrays; a literal takes the dtype of the other side, as it does in an op.
fn arrays(found: impl IntoOperand, expected: impl IntoOperand) -> Result<(NdArray, NdArray)> {
    let (found, expected) = (found.into_operand()?, expected.into_operand()?);
    let (of_found, of_expected) = (found.fixed_dtype(), expected.fixed_dtype());
    let array = |operand: &Operand, other: Option<DType>| match operand {
        Operand::Tensor(tensor) => tensor.numpy(),
        Operand::Value { .. } if operand.fixed_dtype().is_none() => {
            // A literal that cannot be of the other dtype is compared as what it is.
            literal_array(operand, other).or_else(|_| literal_array(operand, None))
        }
        Operand::Value { array, .. } => Ok(array.clone()),
    };
    Ok((array(&found, of_expected)?, array(&expected, of_found)?))
}

fn is_number(dtype: DType) -> bool {
    dtype.is_integer() || dtype.is_floating() || dtype.is_complex() || dtype == DType::BOOL
}

fn same_shape(mismatch: &Mismatch<'_>) -> Result<(), Difference> {
    let (found, expected) = (mismatch.found, mismatch.expected);
    if found.shape() == expected.shape() {
        return Ok(());
    }
    Err(Difference(mismatch.of_kind("shapes", &shape(found), &shape(expected))))
}

/// Only NaN differs from itself.
#[allow(clippy::eq_op)]
fn is_nan<T: PartialEq>(value: &T) -> bool {
    value != value
}

/// Asserts that every element of the first array is close to that of the second.
///
/// Both sides are anything that ops take: tensors, arrays, literals. The tolerance is that of TensorFlow's
/// `assertAllClose`, or the [`Tolerance`](crate::Tolerance) given as a third argument. The panic says where they part:
///
/// ```text
/// Not equal to tolerance rtol=1e-06, atol=1e-06
///
/// Mismatched elements: 1 / 2 (50%)
/// Mismatch at index:
///  [1]: 2.5 (ACTUAL), 2.0 (DESIRED)
/// Max absolute difference among violations: 0.5
/// Max relative difference among violations: 0.25
///  ACTUAL: array([1. , 2.5], dtype=float32)
///  DESIRED: array([1., 2.], dtype=float32)
/// ```
///
/// ```
/// use ferroflow_core::{NdArray, constant};
/// use ferroflow_testing::{Tolerance, assert_all_close};
/// let y = constant([1.0, 2.0])?;
/// assert_all_close!(&y, [1.0, 2.000_000_1]);
/// assert_all_close!(&y, [1.01, 2.01], Tolerance::absolute(0.02));
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
#[macro_export]
macro_rules! assert_all_close {
    ($found:expr, $expected:expr $(,)?) => {
        $crate::assert_all_close!($found, $expected, $crate::Tolerance::default())
    };
    ($found:expr, $expected:expr, $tolerance:expr $(,)?) => {
        if let Err(difference) = $crate::all_close($found, $expected, $tolerance) {
            panic!("{difference}");
        }
    };
}

/// Asserts that dtype, shape and every element of the first array are those of the second; NaN equals NaN.
///
/// ```
/// use ferroflow_core::constant;
/// use ferroflow_testing::assert_all_equal;
/// assert_all_equal!(constant([1, 2])?, [1, 2]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
#[macro_export]
macro_rules! assert_all_equal {
    ($found:expr, $expected:expr $(,)?) => {
        if let Err(difference) = $crate::all_equal($found, $expected) {
            panic!("{difference}");
        }
    };
}
