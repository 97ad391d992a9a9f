"""Records what TensorFlow's composed functions of `tf.signal` give: `record_signal.py > crates/ops/signal/tests/data/signal.txt`.

Each line is a name, a shape and the values. Inputs are `sin(k * k)` for k = 0, 1, ..., in the shape that the test has, too.
"""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow as tf

s = tf.signal


def waves(*shape):
    count = int(np.prod(shape))
    k = np.arange(count, dtype=np.float64)
    return tf.constant(np.sin(k * k).reshape(shape))


def spectra(*shape):
    values = waves(*shape, 2).numpy()
    return tf.constant(values[..., 0] + 1j * values[..., 1])


CASES = {
    "hann": lambda: s.hann_window(6, dtype=tf.float64),
    "hann_symmetric": lambda: s.hann_window(6, periodic=False, dtype=tf.float64),
    "hann_odd": lambda: s.hann_window(7, dtype=tf.float64),
    "hamming": lambda: s.hamming_window(6, dtype=tf.float64),
    "kaiser": lambda: s.kaiser_window(7, 5.0, tf.float64),
    "kaiser_bessel": lambda: s.kaiser_bessel_derived_window(8, 5.0, tf.float64),
    "vorbis": lambda: s.vorbis_window(6, tf.float64),
    "frame": lambda: s.frame(waves(2, 9), 4, 2),
    "frame_step_beyond_length": lambda: s.frame(waves(9), 2, 4),
    "frame_padded": lambda: s.frame(waves(2, 9), 4, 3, pad_end=True, pad_value=7),
    "frame_first_axis": lambda: s.frame(waves(7, 2), 3, 2, axis=0),
    "frame_short": lambda: s.frame(waves(2), 4, 2),
    "overlap": lambda: s.overlap_and_add(waves(2, 3, 5), 2),
    "overlap_none": lambda: s.overlap_and_add(waves(3, 4), 4),
    "overlap_gaps": lambda: s.overlap_and_add(waves(3, 2), 5),
    "stft": lambda: s.stft(waves(2, 20), 6, 3),
    "stft_options": lambda: s.stft(waves(20), 6, 3, fft_length=12, window_fn=s.hamming_window, pad_end=True),
    "stft_no_window": lambda: s.stft(waves(20), 6, 3, window_fn=None),
    "inverse_stft": lambda: s.inverse_stft(spectra(2, 4, 5), 6, 3),
    "inverse_stft_long": lambda: s.inverse_stft(spectra(4, 3), 6, 3, fft_length=4),
    "inverse_window": lambda: s.inverse_stft_window_fn(2)(7, tf.float64),
    "dct1": lambda: s.dct(waves(2, 5), type=1),
    "dct2": lambda: s.dct(waves(2, 5)),
    "dct2_ortho": lambda: s.dct(waves(2, 5), norm="ortho"),
    "dct2_cut": lambda: s.dct(waves(2, 5), n=3),
    "dct2_padded": lambda: s.dct(waves(2, 5), n=8),
    "dct3": lambda: s.dct(waves(2, 5), type=3),
    "dct3_ortho": lambda: s.dct(waves(2, 5), type=3, norm="ortho"),
    "dct4": lambda: s.dct(waves(2, 5), type=4),
    "dct4_ortho": lambda: s.dct(waves(2, 5), type=4, norm="ortho"),
    "idct2": lambda: s.idct(waves(2, 5)),
    "idct3_ortho": lambda: s.idct(waves(2, 5), type=3, norm="ortho"),
    "mdct": lambda: s.mdct(waves(2, 20), 8),
    "mdct_padded": lambda: s.mdct(waves(21), 8, pad_end=True, norm="ortho"),
    "mdct_no_window": lambda: s.mdct(waves(20), 4, window_fn=None),
    "inverse_mdct": lambda: s.inverse_mdct(waves(2, 3, 4)),
    "inverse_mdct_ortho": lambda: s.inverse_mdct(waves(3, 4), window_fn=None, norm="ortho"),
    "mel": lambda: s.linear_to_mel_weight_matrix(5, 17, 8000, 125.0, 3800.0, tf.float64),
    "mfccs": lambda: s.mfccs_from_log_mel_spectrograms(waves(2, 5)),
    "rfft_padded": lambda: s.rfft(waves(2, 5), [8]),
    "rfft2d": lambda: s.rfft2d(waves(2, 3, 4)),
    "irfft": lambda: s.irfft(spectra(2, 4)),
    "irfft_padded": lambda: s.irfft(spectra(2, 3), [9]),
    "irfft3d": lambda: s.irfft3d(spectra(2, 3, 4)),
}

for name, make in CASES.items():
    value = make().numpy()
    flat = value.ravel()
    if np.iscomplexobj(flat):
        flat = flat.view(np.float64)
    shape = ",".join(str(size) for size in value.shape)
    print(name, f"[{shape}]", *(repr(float(x)) for x in flat))
