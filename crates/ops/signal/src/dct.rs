//! Discrete cosine transforms.

use crate::ops::{cast, complex_dtype, concatenate, ints, last_axis, number_like, real, reshape};
use crate::rfft_fns::{forward, inverse};
use crate::rfft_ops::{IRFFT, RFFT};
use crate::stft::last_size;
use ferroflow_core::{
    IntoOperand, Op, Result, Tensor, bail, constant, convert_to_tensor, operators, options,
};
use std::f64::consts::PI;

options! {
    /// Optional arguments of [`dct_with`] and [`idct_with`].
    pub struct DctOptions {
        /// Which of the transforms: 1, 2, 3 or 4.
        kind: i32 = 2,
        /// The length that signals are cut or padded to.
        n: Option<i32> = None,
        /// Whether the transform is scaled to be orthonormal (`norm="ortho"`).
        ortho: bool = false,
    }
}

/// The discrete cosine transforms, of the second kind, along the last axis.
///
/// Source: `tf.signal.dct`.
///
/// ```
/// ferroflow_ops::install();
/// let coefficients = ferroflow_ops_signal::dct([0.0, 0.0])?;
/// assert_eq!(coefficients.numpy()?.shape().dims(), [2]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `ValueError` for a dtype that is neither `float32` nor `float64`.
pub fn dct(input: impl IntoOperand) -> Result<Tensor> {
    dct_with(input, |options| options)
}

/// [`dct`] with optional arguments.
///
/// # Errors
/// As [`dct`]; `ValueError` for another kind, and where TensorFlow has no such transform.
pub fn dct_with(input: impl IntoOperand, options: impl FnOnce(DctOptions) -> DctOptions) -> Result<Tensor> {
    let (input, options) = (convert_to_tensor(input, None)?, options(DctOptions::default()));
    check(&input, &options)?;
    transform(input, &options)
}

/// The inverses of [`dct`], up to a factor: of the second kind the third, and the other way round.
///
/// Source: `tf.signal.idct`.
///
/// # Errors
/// As [`dct`].
pub fn idct(input: impl IntoOperand) -> Result<Tensor> {
    idct_with(input, |options| options)
}

/// [`idct`] with optional arguments.
///
/// # Errors
/// As [`dct_with`].
pub fn idct_with(input: impl IntoOperand, options: impl FnOnce(DctOptions) -> DctOptions) -> Result<Tensor> {
    let (input, mut options) = (convert_to_tensor(input, None)?, options(DctOptions::default()));
    check(&input, &options)?;
    options.kind = match options.kind {
        2 => 3,
        3 => 2,
        kind => kind,
    };
    transform(input, &options)
}

fn check(input: &Tensor, options: &DctOptions) -> Result<()> {
    if options.n.is_some_and(|n| n < 1) {
        bail!(value, "n should be a positive integer or None");
    }
    if !(1..=4).contains(&options.kind) {
        bail!(value, "Types I, II, III and IV (I)DCT are supported.");
    }
    if options.kind == 1 {
        if options.ortho {
            bail!(value, "Normalization is not supported for the Type-I DCT.");
        }
        let size = input.rank().and_then(|rank| rank.checked_sub(1)).and_then(|axis| input.shape().dim(axis));
        if size.is_some_and(|size| size < 2) {
            bail!(value, "Type-I DCT requires the dimension to be greater than one.");
        }
    }
    Ok(())
}

/// Signals of this length.
fn resized(input: Tensor, n: i32) -> Result<Tensor> {
    let cut = last_axis(&input, 0, Some(constant(n)?), 1)?;
    let missing = (constant(n)? - last_size(&cut)?)?;
    let rank = Op::named("Rank").input(&cut).one()?;
    let shape = Op::named("Pack").inputs([&(rank - 1)?, &constant(2)?]).one()?;
    let outer = Op::named("Fill").input(shape).input(0).one()?;
    let own = Op::named("Pack").inputs([&constant(0)?, &missing]).one()?;
    let paddings = concatenate(&[outer, reshape(&own, ints(&[1, 2])?)?], 0)?;
    Op::named("Pad").input(cut).input(paddings).one()
}

/// `2 * exp(i * sign * pi * k / (2 * size))` for all `k`.
fn turns(size: &Tensor, sign: f64, like: &Tensor) -> Result<Tensor> {
    let range = cast(&Op::named("Range").input(0).input(size).input(1).one()?, like.dtype())?;
    let angle =
        operators::truediv((range * number_like(sign * PI * 0.5, like)?)?, cast(size, like.dtype())?)?;
    let complex = complex_dtype(like.dtype());
    let zero = Op::named("ZerosLike").input(&angle).one()?;
    let exponent = Op::named("Complex").input(zero).input(angle).attr("Tout", complex).one()?;
    let turn = Op::named("Exp").input(exponent).one()?;
    number_like(2.0, &turn)? * &turn
}

/// The first weight and that of all others, as a vector of this size.
fn weights(first: Tensor, others: Tensor, size: &Tensor) -> Result<Tensor> {
    let rest = reshape(&(size - 1)?, ints(&[1])?)?;
    let others = Op::named("Fill").input(rest).input(others).one()?;
    concatenate(&[reshape(&first, ints(&[1])?)?, others], 0)
}

fn transform(input: Tensor, options: &DctOptions) -> Result<Tensor> {
    let input = match options.n {
        Some(n) => resized(input, n)?,
        None => input,
    };
    let size = last_size(&input)?;
    let length = cast(&size, input.dtype())?;
    let twice = reshape(&(&size * 2)?, ints(&[1])?)?;
    match options.kind {
        1 => {
            let mirrored = Op::named("ReverseV2").input(last_axis(&input, 1, Some(constant(-1)?), 1)?);
            let mirrored = mirrored.input(ints(&[-1])?).one()?;
            let whole = concatenate(&[input, mirrored], -1)?;
            real(&forward(&RFFT, 1, whole, None)?)
        }
        2 => {
            let spectrum = forward(&RFFT, 1, input.clone(), Some(twice))?;
            let kept = last_axis(&spectrum, 0, Some(size.clone()), 1)?;
            let result = real(&(kept * turns(&size, -1.0, &input)?)?)?;
            if !options.ortho {
                return Ok(result);
            }
            let first = (number_like(0.5, &length)? * Op::named("Rsqrt").input(&length).one()?)?;
            let others = (&first * number_like(2f64.sqrt(), &length)?)?;
            result * weights(first, others, &size)?
        }
        3 => {
            let scaled = if options.ortho {
                let first = Op::named("Sqrt").input(&length).one()?;
                let others = (&first * number_like(0.5f64.sqrt(), &length)?)?;
                (&input * weights(first, others, &size)?)?
            } else {
                (&input * &length)?
            };
            let complex = complex_dtype(input.dtype());
            let zero = Op::named("ZerosLike").input(&scaled).one()?;
            let values = Op::named("Complex").input(scaled).input(zero).attr("Tout", complex).one()?;
            let spectrum = (turns(&size, 1.0, &input)? * values)?;
            last_axis(&inverse(&IRFFT, 1, spectrum, Some(twice))?, 0, Some(size), 1)
        }
        _ => {
            let longer = padded_to_twice(input)?;
            let second = transform(longer, &DctOptions { kind: 2, n: None, ortho: false })?;
            let odd = last_axis(&second, 1, None, 2)?;
            if !options.ortho {
                return Ok(odd);
            }
            let factor = Op::named("Rsqrt").input(&length).one()?;
            odd * (number_like(0.5f64.sqrt(), &length)? * factor)?
        }
    }
}

/// Signals with as many zeros behind them.
fn padded_to_twice(input: Tensor) -> Result<Tensor> {
    let zeros = Op::named("ZerosLike").input(&input).one()?;
    concatenate(&[input, zeros], -1)
}
