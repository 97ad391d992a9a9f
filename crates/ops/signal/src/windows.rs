//! Windows that fade the ends of short pieces of signals.

use crate::ops::{cast, concatenate, ints, number_like, part};
use ferroflow_core::{DType, NdArray, Op, Result, Tensor, bail, constant, operators};
use std::f64::consts::PI;

/// A window of this length in this dtype.
pub type WindowFn = fn(i32, DType) -> Result<Tensor>;

fn check(length: i32, dtype: DType) -> Result<()> {
    if !dtype.is_floating() {
        bail!(value, "dtype must be a floating point type. Found {}", dtype.name());
    }
    if length < 0 {
        bail!(value, "window_length must not be negative. Found {length}");
    }
    Ok(())
}

fn ones(length: i32, dtype: DType) -> Result<Tensor> {
    Op::named("Fill").input(ints(&[length])?).input(constant(NdArray::scalar(1.0f64).cast(dtype)?)?).one()
}

/// 0, 1, 2, ... in a dtype.
fn counted(length: i32, dtype: DType) -> Result<Tensor> {
    cast(&Op::named("Range").input(0).input(length).input(1).one()?, dtype)
}

/// `a - b * cos(2 pi k / n)`; periodic windows of even length leave out the last value.
fn raised_cosine(length: i32, periodic: bool, dtype: DType, [a, b]: [f64; 2]) -> Result<Tensor> {
    check(length, dtype)?;
    if length == 1 {
        return ones(1, dtype);
    }
    let n = length + i32::from(periodic && length % 2 == 0) - 1;
    let count = counted(length, dtype)?;
    let angle =
        operators::truediv((number_like(2.0 * PI, &count)? * &count)?, number_like(n.into(), &count)?)?;
    let cosine = Op::named("Cos").input(angle).one()?;
    number_like(a, &count)? - (number_like(b, &count)? * cosine)?
}

/// Hann's window, one period of a raised cosine.
///
/// Source: `tf.signal.hann_window`, in `float32` and periodic.
///
/// ```
/// ferroflow_ops::install();
/// let window = ferroflow_ops_signal::hann_window(1)?;
/// assert_eq!(window.numpy()?.as_slice::<f32>()?, [1.0]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `ValueError` for a negative length.
pub fn hann_window(window_length: i32) -> Result<Tensor> {
    hann_window_with(window_length, true, DType::FLOAT32)
}

/// [`hann_window`], also symmetric, in any floating dtype.
///
/// # Errors
/// `ValueError` for a negative length or another dtype.
pub fn hann_window_with(window_length: i32, periodic: bool, dtype: DType) -> Result<Tensor> {
    raised_cosine(window_length, periodic, dtype, [0.5, 0.5])
}

/// Hamming's window, a cosine raised above 0.
///
/// Source: `tf.signal.hamming_window`, in `float32` and periodic.
///
/// # Errors
/// `ValueError` for a negative length.
pub fn hamming_window(window_length: i32) -> Result<Tensor> {
    hamming_window_with(window_length, true, DType::FLOAT32)
}

/// [`hamming_window`], also symmetric, in any floating dtype.
///
/// # Errors
/// `ValueError` for a negative length or another dtype.
pub fn hamming_window_with(window_length: i32, periodic: bool, dtype: DType) -> Result<Tensor> {
    raised_cosine(window_length, periodic, dtype, [0.54, 0.46])
}

/// Kaiser's window of shape `beta`.
///
/// Source: `tf.signal.kaiser_window`.
///
/// # Errors
/// `ValueError` for a negative length or a dtype that is not floating.
pub fn kaiser_window(window_length: i32, beta: f64, dtype: DType) -> Result<Tensor> {
    check(window_length, dtype)?;
    if window_length == 1 {
        return ones(1, dtype);
    }
    let half = (f64::from(window_length) - 1.0) / 2.0;
    let count = counted(window_length, DType::FLOAT32)?;
    let place = cast(&(count - number_like(half, &constant(0.0f32)?)?)?, dtype)?;
    let ratio = operators::truediv(&place, number_like(half, &place)?)?;
    let rest = (number_like(1.0, &place)? - Op::named("Square").input(ratio).one()?)?;
    let positive = Op::named("Maximum").input(&rest).input(number_like(0.0, &rest)?).one()?;
    let beta = number_like(beta, &place)?;
    let scaled = (&beta * Op::named("Sqrt").input(positive).one()?)?;
    let bessel = |x: &Tensor| Op::named("BesselI0e").input(x).one();
    let fall = Op::named("Exp").input((&scaled - &beta)?).one()?;
    fall * operators::truediv(bessel(&scaled)?, bessel(&beta)?)?
}

/// The window whose squares at half its length add up to 1, made of Kaiser's.
///
/// Source: `tf.signal.kaiser_bessel_derived_window`.
///
/// # Errors
/// As [`kaiser_window`].
pub fn kaiser_bessel_derived_window(window_length: i32, beta: f64, dtype: DType) -> Result<Tensor> {
    check(window_length, dtype)?;
    let kaiser = kaiser_window(window_length / 2 + 1, beta, dtype)?;
    let sums = Op::named("Cumsum").input(kaiser).input(0).one()?;
    let half = operators::truediv(part(&sums, 0, Some(-1))?, part(&sums, -1, None)?)?;
    let half = Op::named("Sqrt").input(half).one()?;
    let turned = Op::named("ReverseV2").input(&half).input(ints(&[0])?).one()?;
    concatenate(&[half, turned], 0)
}

/// The window of the Vorbis codec.
///
/// Source: `tf.signal.vorbis_window`.
///
/// # Errors
/// `ValueError` for a negative length or a dtype that is not floating.
pub fn vorbis_window(window_length: i32, dtype: DType) -> Result<Tensor> {
    check(window_length, dtype)?;
    let count = counted(window_length, dtype)?;
    let place = (&count + number_like(0.5, &count)?)?;
    let step = number_like(PI / f64::from(window_length.max(1)), &count)?;
    let sine = |x: Tensor| Op::named("Sin").input(x).one();
    let inner = sine((step * place)?)?;
    let square = Op::named("Square").input(inner).one()?;
    sine((number_like(PI / 2.0, &count)? * square)?)
}
