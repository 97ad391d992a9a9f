//! `Combine`: the ways a variable's elements are changed by new ones, for every number type.

use ferroflow_core::{Complex, DType, Element, NdArray, Result, bail, bf16, dispatch, ensure, f16, parallel};

/// How an element of a variable and an update become its new value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Combine {
    Update,
    Add,
    Sub,
    Mul,
    Div,
    Min,
    Max,
}

/// The dtypes with arithmetic.
pub(crate) const NUMBERS: &[DType] = &[
    DType::FLOAT32,
    DType::FLOAT64,
    DType::HALF,
    DType::BFLOAT16,
    DType::INT8,
    DType::INT16,
    DType::INT32,
    DType::INT64,
    DType::UINT8,
    DType::UINT16,
    DType::UINT32,
    DType::UINT64,
    DType::COMPLEX64,
    DType::COMPLEX128,
];

/// The function of two elements that a way to combine stands for; `None` where a type has no order.
trait Combinable: Element + Copy {
    fn function(combine: Combine) -> Option<fn(Self, Self) -> Self>;
}

fn second<T>(_: T, new: T) -> T {
    new
}

fn lesser<T: PartialOrd>(old: T, new: T) -> T {
    if new < old { new } else { old }
}

fn greater<T: PartialOrd>(old: T, new: T) -> T {
    if old < new { new } else { old }
}

macro_rules! combinable {
    ($($ty:ty),*; $add:expr, $sub:expr, $mul:expr, $div:expr; $min:expr, $max:expr) => {
        $(impl Combinable for $ty {
            fn function(combine: Combine) -> Option<fn($ty, $ty) -> $ty> {
                Some(match combine {
                    Combine::Update => second,
                    Combine::Add => $add,
                    Combine::Sub => $sub,
                    Combine::Mul => $mul,
                    Combine::Div => $div,
                    Combine::Min => return $min,
                    Combine::Max => return $max,
                })
            }
        })*
    };
}

combinable!(i8, i16, i32, i64, u8, u16, u32, u64;
    |a, b| a.wrapping_add(b), |a, b| a.wrapping_sub(b), |a, b| a.wrapping_mul(b),
    // Zeros are refused before; `MIN / -1` wraps around.
    |a, b| if b == 0 { 0 } else { a.wrapping_div(b) };
    Some(lesser), Some(greater));
combinable!(f16, bf16, f32, f64;
    |a, b| a + b, |a, b| a - b, |a, b| a * b, |a, b| a / b; Some(lesser), Some(greater));
combinable!(Complex<f32>, Complex<f64>;
    |a, b| a + b, |a, b| a - b, |a, b| a * b, |a, b| a / b; None, None);

fn function<T: Combinable>(combine: Combine) -> Result<fn(T, T) -> T> {
    match T::function(combine) {
        Some(function) => Ok(function),
        None => bail!(unimplemented, "unsupported dtype: {} has no order", T::DTYPE.name()),
    }
}

/// Refuses to divide integers by zero.
fn check_divisor(combine: Combine, update: &NdArray) -> Result<()> {
    if combine == Combine::Div && update.dtype().is_integer() {
        let zero = dispatch!(update.dtype(), INTEGERS, |T| Ok(update.as_slice::<T>()?.contains(&0)))?;
        ensure!(!zero, invalid_argument, "updates must not contain 0");
    }
    Ok(())
}

/// Changes every element of `value` by the element of `update` at the same place. Both have one shape.
pub(crate) fn combine_all(value: &mut NdArray, update: &NdArray, combine: Combine) -> Result<()> {
    check_divisor(combine, update)?;
    dispatch!(value.dtype(), NUMBERS, |T| {
        let f = function::<T>(combine)?;
        let new = update.as_slice::<T>()?;
        parallel::chunks(value.as_mut_slice::<T>()?, 1, 1, |start, chunk| {
            for (old, &new) in chunk.iter_mut().zip(&new[start..]) {
                *old = f(*old, new);
            }
        });
        Ok(())
    })
}

/// Changes the slices of `width` elements that begin at `starts` by as many slices of `update`, or by its only element.
/// The slices lie within `value`.
pub(crate) fn combine_slices(
    value: &mut NdArray,
    starts: &[usize],
    width: usize,
    update: &NdArray,
    combine: Combine,
) -> Result<()> {
    check_divisor(combine, update)?;
    let single = update.rank() == 0;
    if combine == Combine::Update {
        return dispatch!(value.dtype(), ALL, |T| {
            let (old, new) = (value.as_mut_slice::<T>()?, update.as_slice::<T>()?);
            for (position, &start) in starts.iter().enumerate() {
                match (single, new) {
                    (true, [only]) => old[start..start + width].fill(T::clone(only)),
                    _ => old[start..start + width]
                        .clone_from_slice(&new[position * width..(position + 1) * width]),
                }
            }
            Ok(())
        });
    }
    dispatch!(value.dtype(), NUMBERS, |T| {
        let f = function::<T>(combine)?;
        let (old, new) = (value.as_mut_slice::<T>()?, update.as_slice::<T>()?);
        for (position, &start) in starts.iter().enumerate() {
            let slice = &mut old[start..start + width];
            match (single, new) {
                (true, [only]) => slice.iter_mut().for_each(|old| *old = f(*old, *only)),
                _ => {
                    slice.iter_mut().zip(&new[position * width..]).for_each(|(old, &new)| *old = f(*old, new))
                }
            }
        }
        Ok(())
    })
}
