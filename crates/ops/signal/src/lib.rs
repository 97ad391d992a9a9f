//! Fourier transforms and sound: `tf.signal` and `tf.audio`.

mod fft_ops;
mod mfcc;
mod ops;
mod rfft_fns;
mod rfft_ops;
mod spectrogram;
mod transform;
mod wav;

pub use fft_ops::{fft, fft2d, fft3d, ifft, ifft2d, ifft3d};
pub use mfcc::{MfccOptions, mfcc, mfcc_with};
pub use rfft_fns::*;
pub use spectrogram::audio_spectrogram;
pub use wav::{DecodeWavOptions, decode_wav, decode_wav_with, encode_wav};

use ferroflow_core::OpDef;

/// The ops of this family, by name.
pub static OPS: &[&OpDef] = &[
    &spectrogram::AUDIO_SPECTROGRAM,
    &wav::DECODE_WAV,
    &wav::ENCODE_WAV,
    &fft_ops::FFT,
    &fft_ops::FFT2D,
    &fft_ops::FFT3D,
    &fft_ops::IFFT,
    &fft_ops::IFFT2D,
    &fft_ops::IFFT3D,
    &rfft_ops::IRFFT,
    &rfft_ops::IRFFT2D,
    &rfft_ops::IRFFT3D,
    &mfcc::MFCC,
    &rfft_ops::RFFT,
    &rfft_ops::RFFT2D,
    &rfft_ops::RFFT3D,
];
