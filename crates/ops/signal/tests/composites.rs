//! Composed functions against what `tools/record_signal.py` recorded of TensorFlow.

use ferroflow_core::{Complex, DType, NdArray, Result, Tensor};
use ferroflow_ops_signal as signal;
use signal::{DctOptions, WindowFn};
use std::collections::HashMap;

const F64: DType = DType::FLOAT64;

fn wave(count: usize) -> Vec<f64> {
    (0..count).map(|k| ((k * k) as f64).sin()).collect()
}

fn waves(shape: &[usize]) -> Result<Tensor> {
    Ok(Tensor::from(NdArray::from_vec(shape, wave(shape.iter().product()))?))
}

fn spectra(shape: &[usize]) -> Result<Tensor> {
    let values = wave(2 * shape.iter().product::<usize>());
    let pairs = values.chunks_exact(2).map(|pair| Complex::new(pair[0], pair[1])).collect();
    Ok(Tensor::from(NdArray::from_vec::<Complex<f64>>(shape, pairs)?))
}

fn hamming(length: i32, dtype: DType) -> Result<Tensor> {
    signal::hamming_window_with(length, true, dtype)
}

fn hann(length: i32, dtype: DType) -> Result<Tensor> {
    signal::hann_window_with(length, true, dtype)
}

fn dct(options: fn(DctOptions) -> DctOptions) -> Result<Tensor> {
    signal::dct_with(waves(&[2, 5])?, options)
}

fn run(name: &str) -> Result<Tensor> {
    let no_window = None::<WindowFn>;
    match name {
        "hann" => hann(6, F64),
        "hann_symmetric" => signal::hann_window_with(6, false, F64),
        "hann_odd" => hann(7, F64),
        "hamming" => hamming(6, F64),
        "kaiser" => signal::kaiser_window(7, 5.0, F64),
        "kaiser_bessel" => signal::kaiser_bessel_derived_window(8, 5.0, F64),
        "vorbis" => signal::vorbis_window(6, F64),
        "frame" => signal::frame(waves(&[2, 9])?, 4, 2),
        "frame_step_beyond_length" => signal::frame(waves(&[9])?, 2, 4),
        "frame_padded" => signal::frame_with(waves(&[2, 9])?, 4, 3, |o| o.pad_end(true).pad_value(7.0)),
        "frame_first_axis" => signal::frame_with(waves(&[7, 2])?, 3, 2, |o| o.axis(0)),
        "frame_short" => signal::frame(waves(&[2])?, 4, 2),
        "overlap" => signal::overlap_and_add(waves(&[2, 3, 5])?, 2),
        "overlap_none" => signal::overlap_and_add(waves(&[3, 4])?, 4),
        "overlap_gaps" => signal::overlap_and_add(waves(&[3, 2])?, 5),
        "stft" => signal::stft(waves(&[2, 20])?, 6, 3),
        "stft_options" => signal::stft_with(waves(&[20])?, 6, 3, |o| {
            o.fft_length(12).window_fn(hamming as WindowFn).pad_end(true)
        }),
        "stft_no_window" => signal::stft_with(waves(&[20])?, 6, 3, |o| o.window_fn(no_window)),
        "inverse_stft" => signal::inverse_stft(spectra(&[2, 4, 5])?, 6, 3),
        "inverse_stft_long" => signal::inverse_stft_with(spectra(&[4, 3])?, 6, 3, |o| o.fft_length(4)),
        "mdct" => signal::mdct(waves(&[2, 20])?, 8),
        "mdct_padded" => signal::mdct_with(waves(&[21])?, 8, |o| o.pad_end(true).ortho(true)),
        "mdct_no_window" => signal::mdct_with(waves(&[20])?, 4, |o| o.window_fn(None)),
        "inverse_mdct" => signal::inverse_mdct(waves(&[2, 3, 4])?),
        "inverse_mdct_ortho" => signal::inverse_mdct_with(waves(&[3, 4])?, |o| o.window_fn(None).ortho(true)),
        "inverse_window" => signal::inverse_stft_window(7, 2, hann, F64),
        "dct1" => dct(|o| o.kind(1)),
        "dct2" => signal::dct(waves(&[2, 5])?),
        "dct2_ortho" => dct(|o| o.ortho(true)),
        "dct2_cut" => dct(|o| o.n(3)),
        "dct2_padded" => dct(|o| o.n(8)),
        "dct3" => dct(|o| o.kind(3)),
        "dct3_ortho" => dct(|o| o.kind(3).ortho(true)),
        "dct4" => dct(|o| o.kind(4)),
        "dct4_ortho" => dct(|o| o.kind(4).ortho(true)),
        "idct2" => signal::idct(waves(&[2, 5])?),
        "idct3_ortho" => signal::idct_with(waves(&[2, 5])?, |o| o.kind(3).ortho(true)),
        "mel" => signal::linear_to_mel_weight_matrix_with(|o| {
            o.num_mel_bins(5).num_spectrogram_bins(17).sample_rate(8000.0).dtype(F64)
        }),
        "mfccs" => signal::mfccs_from_log_mel_spectrograms(waves(&[2, 5])?),
        "rfft_padded" => signal::rfft_with(waves(&[2, 5])?, |o| o.fft_length(vec![8])),
        "rfft2d" => signal::rfft2d(waves(&[2, 3, 4])?),
        "irfft" => signal::irfft(spectra(&[2, 4])?),
        "irfft_padded" => signal::irfft_with(spectra(&[2, 3])?, |o| o.fft_length(vec![9])),
        "irfft3d" => signal::irfft3d(spectra(&[2, 3, 4])?),
        other => panic!("{other} is recorded, but not run"),
    }
}

/// Real and imaginary parts in turn.
fn flat(array: &NdArray) -> Result<Vec<f64>> {
    if array.dtype() == DType::COMPLEX128 {
        return Ok(array.as_slice::<Complex<f64>>()?.iter().flat_map(|value| [value.re, value.im]).collect());
    }
    Ok(array.as_slice::<f64>()?.to_vec())
}

#[test]
fn functions_give_what_tensorflow_gives() -> Result<()> {
    ferroflow_ops::install();
    let mut failed = HashMap::new();
    let lines = include_str!("data/signal.txt").lines();
    let mut count = 0;
    for line in lines {
        let mut words = line.split(' ');
        let (name, shape) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
        let expected: Vec<f64> = words.map(|word| word.parse().unwrap_or(f64::NAN)).collect();
        let found = run(name)?.numpy()?;
        count += 1;
        let shown: Vec<String> = found.shape().dims().iter().map(usize::to_string).collect();
        let values = flat(&found)?;
        let off = values.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        // Sums of a few numbers of size 1, in another order, and one step of `float32` within TensorFlow's windows.
        let bound = if name == "kaiser" || name == "kaiser_bessel" { 1e-6 } else { 1e-11 };
        if format!("[{}]", shown.join(",")) != shape
            || values.len() != expected.len()
            || off.is_nan()
            || off > bound
        {
            failed.insert(name.to_string(), format!("[{}] for {shape}, off by {off:e}", shown.join(",")));
        }
    }
    assert!(count > 30);
    assert!(failed.is_empty(), "{failed:#?}");
    Ok(())
}
