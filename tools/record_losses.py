"""Records what Keras losses and initializers give, for crates/v2/tests/v2/losses.rs and initializers.rs.

Needs TensorFlow 2.21. Run as `python tools/record_losses.py`. Lines of losses.txt, split by tabs:

    data NAME SHAPE VALUES            targets, predictions and weights
    loss CASE SHAPE VALUES            what a case of CASES gives
    error CASE CLASS MESSAGE          what is refused

and of initializers.txt:

    init CASE SHAPE VALUES
    default SEED NUMBERS              the seeds that Keras draws after utils.set_random_seed(SEED)
    error CASE CLASS MESSAGE
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

from keras_rows import error, text, write

losses = tf.keras.losses
initializers = tf.keras.initializers


rng = np.random.default_rng(3)
logits = rng.normal(size=(4, 3)).astype(np.float32) * 2
shares = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
D = {
    "numbers": rng.normal(size=(4, 3)).astype(np.float32),
    "guesses": rng.normal(size=(4, 3)).astype(np.float32),
    "positive": rng.uniform(0.1, 3, size=(4, 3)).astype(np.float32),
    "counts": rng.uniform(0.1, 3, size=(4, 3)).astype(np.float32),
    "logits": logits,
    "shares": shares.astype(np.float32),
    "decisions": rng.uniform(0.05, 0.95, size=(4, 3)).astype(np.float32),
    "bits": rng.integers(0, 2, size=(4, 3)).astype(np.float32),
    "signs": (rng.integers(0, 2, size=(4, 3)) * 2 - 1).astype(np.float32),
    "one_hot": np.eye(3, dtype=np.float32)[[2, 0, 1, 2]],
    "soft": np.array([[0.2, 0.3, 0.5], [0.9, 0.05, 0.05], [0.0, 1.0, 0.0], [0.3, 0.3, 0.4]], np.float32),
    "classes": np.array([2, 0, 1, 2], np.float32),
    "class_column": np.array([[2], [0], [1], [2]], np.float32),
    "weights": np.array([0.5, 2.0, 0.0, 1.5], np.float32),
    "weight_column": np.array([[0.5], [2.0], [0.0], [1.5]], np.float32),
    "column": rng.normal(size=(4, 1)).astype(np.float32),
    "vector": rng.normal(size=(4,)).astype(np.float32),
}

CASES = {}
PAIRS = {
    "MeanSquaredError": ("numbers", "guesses"),
    "MeanAbsoluteError": ("numbers", "guesses"),
    "MeanAbsolutePercentageError": ("numbers", "guesses"),
    "MeanSquaredLogarithmicError": ("positive", "counts"),
    "CosineSimilarity": ("numbers", "guesses"),
    "Huber": ("numbers", "guesses"),
    "LogCosh": ("numbers", "guesses"),
    "Hinge": ("bits", "guesses"),
    "SquaredHinge": ("signs", "guesses"),
    "CategoricalHinge": ("one_hot", "guesses"),
    "KLDivergence": ("soft", "shares"),
    "Poisson": ("positive", "counts"),
    "BinaryCrossentropy": ("bits", "decisions"),
    "BinaryFocalCrossentropy": ("bits", "decisions"),
    "CategoricalCrossentropy": ("soft", "shares"),
    "CategoricalFocalCrossentropy": ("soft", "shares"),
    "SparseCategoricalCrossentropy": ("classes", "shares"),
}
for name, (t, p) in PAIRS.items():
    make = getattr(losses, name)
    for reduction in ("sum_over_batch_size", "sum", "none", "mean_with_sample_weight"):
        CASES[f"{name} {reduction}"] = (make(reduction=reduction), t, p, None)
        CASES[f"{name} {reduction} weighted"] = (make(reduction=reduction), t, p, "weights")
OPTIONS = {
    "Huber delta": (losses.Huber(delta=0.4), "numbers", "guesses", None),
    "CosineSimilarity axis": (losses.CosineSimilarity(axis=0), "numbers", "guesses", None),
    "BinaryCrossentropy logits": (losses.BinaryCrossentropy(from_logits=True), "bits", "logits", "weights"),
    "BinaryCrossentropy smooth": (losses.BinaryCrossentropy(label_smoothing=0.2), "bits", "decisions", None),
    "BinaryFocalCrossentropy logits": (
        losses.BinaryFocalCrossentropy(from_logits=True, gamma=3.0, label_smoothing=0.1), "bits", "logits", None),
    "BinaryFocalCrossentropy balanced": (
        losses.BinaryFocalCrossentropy(apply_class_balancing=True, alpha=0.3), "bits", "decisions", None),
    "CategoricalCrossentropy logits": (losses.CategoricalCrossentropy(from_logits=True), "soft", "logits", None),
    "CategoricalCrossentropy smooth": (losses.CategoricalCrossentropy(label_smoothing=0.3), "one_hot", "shares", None),
    "CategoricalCrossentropy axis": (losses.CategoricalCrossentropy(axis=0), "one_hot", "decisions", None),
    "CategoricalCrossentropy axis logits": (
        losses.CategoricalCrossentropy(axis=0, from_logits=True), "one_hot", "logits", None),
    "CategoricalFocalCrossentropy logits": (
        losses.CategoricalFocalCrossentropy(from_logits=True, alpha=0.5, gamma=1.0, label_smoothing=0.1),
        "one_hot", "logits", None),
    "SparseCategoricalCrossentropy logits": (
        losses.SparseCategoricalCrossentropy(from_logits=True), "class_column", "logits", "weight_column"),
    "SparseCategoricalCrossentropy ignore": (
        losses.SparseCategoricalCrossentropy(ignore_class=2), "classes", "shares", None),
    "SparseCategoricalCrossentropy ignore weighted": (
        losses.SparseCategoricalCrossentropy(ignore_class=2), "classes", "shares", "weights"),
    "SparseCategoricalCrossentropy ignore sum": (
        losses.SparseCategoricalCrossentropy(ignore_class=2, reduction="sum"), "classes", "shares", None),
    "MeanSquaredError column": (losses.MeanSquaredError(), "column", "vector", None),
    "MeanSquaredError vector": (losses.MeanSquaredError(reduction="none"), "vector", "column", None),
    "MeanSquaredError weight column": (losses.MeanSquaredError(), "numbers", "guesses", "weight_column"),
}
CASES.update(OPTIONS)

ERRORS = {
    "get": lambda: losses.get("nothing"),
    "categorical": lambda: losses.CategoricalCrossentropy()(np.zeros((2, 3), "f"), np.zeros((2, 4), "f")),
    "categorical rank": lambda: losses.CategoricalCrossentropy()(np.zeros((2,), "f"), np.zeros((2, 4), "f")),
    "binary": lambda: losses.BinaryCrossentropy()(np.zeros((2, 3), "f"), np.zeros((2, 4), "f")),
    "sparse": lambda: losses.SparseCategoricalCrossentropy()(np.zeros((3,), "f"), np.zeros((2, 4), "f")),
    "sparse rank": lambda: losses.SparseCategoricalCrossentropy()(np.zeros((2, 2), "f"), np.zeros((2, 4), "f")),
    "sparse axis": lambda: losses.SparseCategoricalCrossentropy(axis=0)(np.zeros((2,), "f"), np.zeros((2, 4), "f")),
}

lines = [f"data\t{name}\t{text(array)}" for name, array in D.items()]
for case, (loss, t, p, w) in CASES.items():
    weights = {} if w is None else {"sample_weight": tf.constant(D[w])}
    lines.append(f"loss\t{case}\t{text(loss(tf.constant(D[t]), tf.constant(D[p]), **weights))}")
lines += [error(case, make) for case, make in ERRORS.items()]
write("losses.txt", lines)

SHAPES = {"vector": (5,), "matrix": (4, 3), "wide": (3, 6), "conv": (3, 3, 2, 4)}
INITIALIZERS = {
    "Zeros": initializers.Zeros(),
    "Ones": initializers.Ones(),
    "Constant": initializers.Constant(0.3),
    "RandomNormal": initializers.RandomNormal(seed=1),
    "RandomNormal options": initializers.RandomNormal(mean=1.0, stddev=2.0, seed=2),
    "RandomUniform": initializers.RandomUniform(seed=3),
    "RandomUniform options": initializers.RandomUniform(minval=-1.0, maxval=4.0, seed=-5),
    "TruncatedNormal": initializers.TruncatedNormal(seed=2**31 + 7),
    "VarianceScaling": initializers.VarianceScaling(seed=4),
    "VarianceScaling fan_out": initializers.VarianceScaling(
        scale=0.5, mode="fan_out", distribution="uniform", seed=5),
    "VarianceScaling untruncated": initializers.VarianceScaling(
        mode="fan_avg", distribution="untruncated_normal", seed=6),
    "GlorotUniform": initializers.GlorotUniform(seed=7),
    "GlorotNormal": initializers.GlorotNormal(seed=8),
    "LecunUniform": initializers.LecunUniform(seed=9),
    "LecunNormal": initializers.LecunNormal(seed=10),
    "HeUniform": initializers.HeUniform(seed=11),
    "HeNormal": initializers.HeNormal(seed=12),
}
lines = []
for case, initializer in INITIALIZERS.items():
    for shape in SHAPES.values():
        lines.append(f"init\t{case}\t{text(initializer(shape))}")
for case, initializer in {
    "Orthogonal": initializers.Orthogonal(seed=13),
    "Orthogonal gain": initializers.Orthogonal(gain=2.0, seed=14),
}.items():
    for shape in list(SHAPES.values())[1:]:
        lines.append(f"init\t{case}\t{text(initializer(shape))}")
for shape in ((3, 3), (2, 4)):
    lines.append(f"init\tIdentity\t{text(initializers.Identity(gain=0.5)(shape))}")
for seed in (0, 7, 123456789012):
    tf.keras.utils.set_random_seed(seed % 2**32)
    drawn = [initializers.GlorotUniform().seed for _ in range(5)]
    lines.append(f"default\t{seed % 2**32}\t" + " ".join(str(number) for number in drawn))
lines += [
    error("identity", lambda: initializers.Identity()((2, 3, 4))),
    error("orthogonal", lambda: initializers.Orthogonal()((3,))),
    error("scale", lambda: initializers.VarianceScaling(scale=-1.0)),
    error("get", lambda: initializers.get("nothing")),
]
write("initializers.txt", lines)
