"""Records what the losses and samplers that are made of several ops give.

Usage:  python tools/record_loss_functions.py

Writes crates/ops/all/tests/loss_functions.txt: for each case a line with its name and all elements of its outputs.
"""

import os
import pathlib

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

import numpy as np
import tensorflow as tf

ROOT = pathlib.Path(__file__).parent.parent
WEIGHTS = (np.arange(15, dtype=np.float32).reshape(5, 3) - 7) / 4
BIASES = np.array([0.5, -0.25, 0.125, 1.0, -1.0], np.float32)
INPUTS = np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.5]], np.float32)
LABELS = np.array([[3, 1], [0, 3]], np.int64)
SAMPLED = (
    np.array([3, 4, 2], np.int64),
    np.array([[0.5, 0.75], [0.25, 0.5]], np.float32),
    np.array([0.5, 0.125, 0.625], np.float32),
)
LOGITS = ((np.arange(40, dtype=np.float32).reshape(5, 2, 4) * 7) % 11 - 5) / 3
SPARSE = tf.SparseTensor([[0, 0], [0, 1], [1, 0]], np.array([0, 3, 2], np.int32), [2, 2])


def sampled(function, **options):
    return function(WEIGHTS, BIASES, LABELS, INPUTS, 3, 5, num_true=2, sampled_values=SAMPLED, **options)


CASES = {
    "sampled_softmax_loss": lambda: [sampled(tf.nn.sampled_softmax_loss)],
    "sampled_softmax_loss kept": lambda: [sampled(tf.nn.sampled_softmax_loss, remove_accidental_hits=False)],
    "nce_loss": lambda: [sampled(tf.nn.nce_loss)],
    "nce_loss removed": lambda: [sampled(tf.nn.nce_loss, remove_accidental_hits=True)],
    "ctc_loss": lambda: [tf.nn.ctc_loss(SPARSE, LOGITS, None, [5, 4], blank_index=1)],
    "ctc_loss batch": lambda: [
        tf.nn.ctc_loss(SPARSE, LOGITS.transpose(1, 0, 2), None, [5, 4], logits_time_major=False, blank_index=-3)
    ],
    "collapse_repeated": lambda: tf.nn.collapse_repeated([[1, 1, 2, 2, 1], [3, 4, 4, 4, 5]], [5, 3]),
    "compute_accidental_hits": lambda: tf.nn.compute_accidental_hits(LABELS, SAMPLED[0], 2)[:2],
    "log_uniform_candidate_sampler": lambda: seeded(
        lambda: tf.random.log_uniform_candidate_sampler(LABELS, 2, 4, True, 9, seed=3)
    ),
    "fractional_max_pool": lambda: seeded(
        lambda: tf.nn.fractional_max_pool(np.arange(42, dtype=np.float32).reshape(1, 6, 7, 1), 1.4, True, seed=5)
    ),
}


def seeded(call):
    tf.random.set_seed(11)
    return call()


def main():
    lines = []
    for name, call in CASES.items():
        values = [number for output in call() for number in np.asarray(output).ravel().tolist()]
        lines.append(f"{name}\t{' '.join(repr(float(np.float32(value))) for value in values)}")
    (ROOT / "crates/ops/all/tests/loss_functions.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
