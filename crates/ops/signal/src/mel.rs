//! Spectrograms in perceived pitch, and cepstral coefficients of them.

use crate::dct::dct;
use crate::ops::{cast, ints, number_like, part, reshape};
use crate::stft::last_size;
use ferroflow_core::{
    DType, IntoOperand, NdArray, Op, Result, Tensor, bail, constant, convert_to_tensor, operators, options,
};

options! {
    /// Optional arguments of [`linear_to_mel_weight_matrix_with`].
    pub struct MelOptions {
        /// How many bands there are.
        num_mel_bins: i32 = 20,
        /// How many frequencies spectrograms have.
        num_spectrogram_bins: i32 = 129,
        /// Samples in a second.
        sample_rate: f64 = 8000.0,
        /// The lowest frequency of a band.
        lower_edge_hertz: f64 = 125.0,
        /// The highest one.
        upper_edge_hertz: f64 = 3800.0,
        /// The dtype of the matrix.
        dtype: DType = DType::FLOAT32,
    }
}

/// The matrix that turns spectrograms `[..., frequencies]` into bands that are even in perceived pitch.
///
/// Source: `tf.signal.linear_to_mel_weight_matrix`.
///
/// ```
/// ferroflow_ops::install();
/// let matrix = ferroflow_ops_signal::linear_to_mel_weight_matrix()?;
/// assert_eq!(matrix.numpy()?.shape().dims(), [129, 20]);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// What making it returns.
pub fn linear_to_mel_weight_matrix() -> Result<Tensor> {
    linear_to_mel_weight_matrix_with(|options| options)
}

/// [`linear_to_mel_weight_matrix`] with optional arguments.
///
/// # Errors
/// `ValueError` for numbers that make no bands, in TensorFlow's words.
pub fn linear_to_mel_weight_matrix_with(options: impl FnOnce(MelOptions) -> MelOptions) -> Result<Tensor> {
    let options = options(MelOptions::default());
    let (lower, upper, rate) = (options.lower_edge_hertz, options.upper_edge_hertz, options.sample_rate);
    if options.num_mel_bins <= 0 {
        bail!(value, "num_mel_bins must be positive. Got: {}", options.num_mel_bins);
    }
    if lower < 0.0 {
        bail!(value, "lower_edge_hertz must be non-negative. Got: {lower}");
    }
    if lower >= upper {
        bail!(value, "lower_edge_hertz {lower:.1} >= upper_edge_hertz {upper:.1}");
    }
    if rate <= 0.0 {
        bail!(value, "sample_rate must be positive. Got: {rate}");
    }
    if upper > rate / 2.0 {
        bail!(
            value,
            "upper_edge_hertz must not be larger than the Nyquist frequency (sample_rate / 2). Got {upper} for \
             sample_rate: {rate}"
        );
    }
    if !options.dtype.is_floating() {
        bail!(value, "dtype must be a floating point type. Got: {}", options.dtype.name());
    }
    let number = |value: f64| constant(NdArray::scalar(value).cast(options.dtype)?);
    let line = |from: Tensor, to: Tensor, count: i32| {
        Op::named("LinSpace").input(from).input(to).input(constant(count)?).one()
    };
    let bins = options.num_mel_bins;
    // The lowest frequency is a constant, which no band takes in.
    let frequencies = part(&line(number(0.0)?, number(rate / 2.0)?, options.num_spectrogram_bins)?, 1, None)?;
    let pitches = reshape(&to_mel(&frequencies)?, ints(&[-1, 1])?)?;
    let edges =
        line(to_mel(&number(lower)?)?, to_mel(&number(upper)?)?, bins.checked_add(2).unwrap_or(bins))?;
    let row = |from: i32, to: Option<i32>| reshape(&part(&edges, from, to)?, ints(&[1, -1])?);
    let (low, center, high) = (row(0, Some(-2))?, row(1, Some(-1))?, row(2, None)?);
    let rising = operators::truediv((&pitches - &low)?, (&center - &low)?)?;
    let falling = operators::truediv((&high - &pitches)?, (&high - &center)?)?;
    let least = Op::named("Minimum").input(rising).input(falling).one()?;
    let weights = Op::named("Maximum").input(number(0.0)?).input(least).one()?;
    Op::named("Pad").input(weights).input(reshape(&ints(&[1, 0, 0, 0])?, ints(&[2, 2])?)?).one()
}

/// The perceived pitch of frequencies.
fn to_mel(hertz: &Tensor) -> Result<Tensor> {
    let ratio = operators::truediv(hertz, number_like(700.0, hertz)?)?;
    let log = Op::named("Log").input((number_like(1.0, hertz)? + ratio)?).one()?;
    number_like(1127.0, hertz)? * log
}

/// The cepstral coefficients of logarithms of spectrograms in perceived pitch.
///
/// Source: `tf.signal.mfccs_from_log_mel_spectrograms`.
///
/// # Errors
/// `ValueError` without bands, or for a dtype that is neither `float32` nor `float64`.
pub fn mfccs_from_log_mel_spectrograms(log_mel_spectrograms: impl IntoOperand) -> Result<Tensor> {
    let input = convert_to_tensor(log_mel_spectrograms, None)?;
    let known = input.rank().and_then(|rank| rank.checked_sub(1)).and_then(|axis| input.shape().dim(axis));
    if known == Some(0) {
        bail!(value, "num_mel_bins must be positive. Got: {input:?}");
    }
    let coefficients = dct(&input)?;
    let bins = cast(&last_size(&input)?, coefficients.dtype())?;
    let factor = Op::named("Rsqrt").input((number_like(2.0, &bins)? * &bins)?).one()?;
    coefficients * factor
}
