//! Fourier transforms and sound: `tf.signal` and `tf.audio`.

mod audio_summary;
mod dct;
mod fft_ops;
mod framing;
mod mdct;
mod mel;
mod mfcc;
mod ops;
mod rfft_fns;
mod rfft_ops;
mod shift;
mod spectrogram;
mod stft;
mod transform;
mod wav;
mod windows;

pub use audio_summary::{AudioSummaryOptions, audio_summary_v2};
pub use dct::{DctOptions, dct, dct_with, idct, idct_with};
pub use fft_ops::{fft, fft2d, fft3d, ifft, ifft2d, ifft3d};
pub use framing::{FrameOptions, frame, frame_with, overlap_and_add};
pub use mdct::{MdctOptions, inverse_mdct, inverse_mdct_with, mdct, mdct_with};
pub use mel::{
    MelOptions, linear_to_mel_weight_matrix, linear_to_mel_weight_matrix_with,
    mfccs_from_log_mel_spectrograms,
};
pub use mfcc::{MfccOptions, mfcc, mfcc_with};
pub use rfft_fns::*;
pub use shift::{fftshift, ifftshift};
pub use spectrogram::audio_spectrogram;
pub use stft::{StftOptions, inverse_stft, inverse_stft_window, inverse_stft_with, stft, stft_with};
pub use wav::{DecodeWavOptions, decode_wav, decode_wav_with, encode_wav};
pub use windows::*;

use ferroflow_core::OpDef;

/// The ops of this family, by name.
pub static OPS: &[&OpDef] = &[
    &spectrogram::AUDIO_SPECTROGRAM,
    &audio_summary::AUDIO_SUMMARY,
    &audio_summary::AUDIO_SUMMARY_V2,
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
