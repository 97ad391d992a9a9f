"""Records what Keras metrics and layers do, for crates/v2/tests/v2/metrics.rs and layers.rs.

Needs TensorFlow 2.21. Run as `python tools/record_layers.py`. Lines of metrics.txt, split by tabs:

    data NAME SHAPE VALUES            targets, predictions and weights
    metric CASE SHAPE VALUES          the result after both batches of a case
    error CASE CLASS MESSAGE          what is refused

and of layers.txt:

    data NAME SHAPE VALUES
    layer CASE SHAPE VALUES           the output, in training or not as the case says
    weight CASE PATH SHAPE VALUES     a variable of the layer after that
    activation NAME SHAPE VALUES      of the data `wide`
    regularizer CASE SHAPE VALUES     of the data `rows`
    constraint CASE SHAPE VALUES
    masked CASE SHAPE VALUES MASK     the output of layers one after another, and its mask: `None`, or its shape and values
    error CASE CLASS MESSAGE
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

from keras_rows import error, text, write

keras = tf.keras
metrics = keras.metrics
layers = keras.layers

rng = np.random.default_rng(5)
shares = rng.dirichlet([1, 1, 1, 1, 1, 1], size=8).astype(np.float32)
D = {
    "numbers": rng.normal(size=(8, 3)).astype(np.float32),
    "guesses": rng.normal(size=(8, 3)).astype(np.float32),
    "bits": rng.integers(0, 2, size=8).astype(np.float32),
    "chances": np.round(rng.uniform(0, 1, size=8), 2).astype(np.float32),
    "logits": rng.normal(size=8).astype(np.float32),
    "classes": rng.integers(0, 6, size=8).astype(np.float32),
    "guessed": rng.integers(0, 6, size=8).astype(np.float32),
    "one_hot": np.eye(6, dtype=np.float32)[rng.integers(0, 6, size=8)],
    "shares": shares,
    "bit_rows": rng.integers(0, 2, size=(8, 3)).astype(np.float32),
    "chance_rows": rng.uniform(0.02, 0.98, size=(8, 3)).astype(np.float32),
    "weights": np.array([0.5, 2, 0, 1.5, 1, 1, 3, 0.25], np.float32),
}
M = metrics
CASES = {
    "MeanSquaredError": (M.MeanSquaredError, "numbers", "guesses"),
    "MeanAbsoluteError": (M.MeanAbsoluteError, "numbers", "guesses"),
    "MeanAbsolutePercentageError": (M.MeanAbsolutePercentageError, "numbers", "guesses"),
    "RootMeanSquaredError": (M.RootMeanSquaredError, "numbers", "guesses"),
    "CosineSimilarity": (M.CosineSimilarity, "numbers", "guesses"),
    "LogCoshError": (M.LogCoshError, "numbers", "guesses"),
    "Hinge": (M.Hinge, "bit_rows", "guesses"),
    "Accuracy": (M.Accuracy, "classes", "guessed"),
    "BinaryAccuracy": (M.BinaryAccuracy, "bits", "chances"),
    "BinaryAccuracy threshold": (lambda: M.BinaryAccuracy(threshold=0.3), "bits", "chances"),
    "CategoricalAccuracy": (M.CategoricalAccuracy, "one_hot", "shares"),
    "SparseCategoricalAccuracy": (M.SparseCategoricalAccuracy, "classes", "shares"),
    "TopKCategoricalAccuracy": (lambda: M.TopKCategoricalAccuracy(k=2), "one_hot", "shares"),
    "SparseTopKCategoricalAccuracy": (lambda: M.SparseTopKCategoricalAccuracy(k=3), "classes", "shares"),
    "BinaryCrossentropy": (M.BinaryCrossentropy, "bit_rows", "chance_rows"),
    "CategoricalCrossentropy": (M.CategoricalCrossentropy, "one_hot", "shares"),
    "SparseCategoricalCrossentropy": (M.SparseCategoricalCrossentropy, "classes", "shares"),
    "TruePositives": (M.TruePositives, "bits", "chances"),
    "FalsePositives": (M.FalsePositives, "bits", "chances"),
    "TrueNegatives": (M.TrueNegatives, "bits", "chances"),
    "FalseNegatives": (M.FalseNegatives, "bits", "chances"),
    "TruePositives thresholds": (lambda: M.TruePositives(thresholds=[0.2, 0.7]), "bits", "chances"),
    "FalseNegatives even": (lambda: M.FalseNegatives(thresholds=[0.0, 0.5, 1.0]), "bits", "chances"),
    "Precision": (M.Precision, "bits", "chances"),
    "Precision thresholds": (lambda: M.Precision(thresholds=[0.1, 0.4, 0.9]), "bits", "chances"),
    "Precision top_k": (lambda: M.Precision(top_k=2), "one_hot", "shares"),
    "Precision class": (lambda: M.Precision(class_id=1, thresholds=0.2), "one_hot", "shares"),
    "Recall": (M.Recall, "bits", "chances"),
    "Recall top_k class": (lambda: M.Recall(top_k=3, class_id=2), "one_hot", "shares"),
    "AUC": (M.AUC, "bits", "chances"),
    "AUC PR": (lambda: M.AUC(curve="PR"), "bits", "chances"),
    "AUC PR majoring": (lambda: M.AUC(curve="PR", summation_method="majoring", num_thresholds=20), "bits", "chances"),
    "AUC PRGAIN": (lambda: M.AUC(curve="PRGAIN", num_thresholds=50), "bits", "chances"),
    "AUC minoring": (lambda: M.AUC(summation_method="minoring", num_thresholds=10), "bits", "chances"),
    "AUC thresholds": (lambda: M.AUC(thresholds=[0.6, 0.1, 0.25]), "bits", "chances"),
    "AUC logits": (lambda: M.AUC(from_logits=True), "bits", "logits"),
    "MeanIoU": (lambda: M.MeanIoU(num_classes=6), "classes", "guessed"),
    "MeanIoU ignore": (lambda: M.MeanIoU(num_classes=6, ignore_class=2), "classes", "guessed"),
    "MeanIoU dense": (lambda: M.MeanIoU(num_classes=6, sparse_y_pred=False), "classes", "shares"),
    "IoU": (lambda: M.IoU(num_classes=6, target_class_ids=[0, 3]), "classes", "guessed"),
}
lines = [f"data\t{name}\t{text(array)}" for name, array in D.items()]
for case, (make, t, p) in CASES.items():
    for weighted in ("", " weighted"):
        if weighted and "IoU" in case:
            continue  # whole numbers alone weigh there
        metric = make()
        for part in (slice(0, 5), slice(5, 8)):
            weights = {"sample_weight": tf.constant(D["weights"][part])} if weighted else {}
            metric.update_state(tf.constant(D[t][part]), tf.constant(D[p][part]), **weights)
        lines.append(f"metric\t{case}{weighted}\t{text(metric.result())}")
for name, make in {"Mean": M.Mean, "Sum": M.Sum}.items():
    for weighted in ("", " weighted"):
        metric = make()
        for part in (slice(0, 5), slice(5, 8)):
            weights = {"sample_weight": tf.constant(D["weights"][part])} if weighted else {}
            metric.update_state(tf.constant(D["numbers"][part]), **weights)
        lines.append(f"metric\t{name}{weighted}\t{text(metric.result())}")
lines += [
    error("thresholds", lambda: M.Precision(thresholds=[0.5, 1.5])),
    error("num_thresholds", lambda: M.AUC(num_thresholds=1)),
    error("class", lambda: M.IoU(num_classes=2, target_class_ids=[0, 2])),
    error("get", lambda: M.get("nothing")),
    error("curve", lambda: M.AUC(curve="up")),
]
write("metrics.txt", lines)

init = keras.initializers
K = lambda seed: init.GlorotUniform(seed=seed)
wide = np.linspace(-4, 4, 9).astype(np.float32)
L = {
    "wide": wide,
    "rows": rng.normal(size=(4, 3)).astype(np.float32),
    "steps": rng.normal(size=(2, 5, 3)).astype(np.float32),
    "image": rng.normal(size=(2, 6, 7, 3)).astype(np.float32),
    "ids": np.array([[0, 3, 2], [1, 1, 4]], np.float32),
}
LAYERS = {
    "Dense": (lambda: layers.Dense(4, kernel_initializer=K(1)), "rows", False),
    "Dense relu": (lambda: layers.Dense(4, activation="relu", kernel_initializer=K(2), bias_initializer="ones"), "rows", False),
    "Dense steps": (lambda: layers.Dense(2, use_bias=False, kernel_initializer=K(3)), "steps", False),
    "Conv2D": (lambda: layers.Conv2D(4, 3, kernel_initializer=K(4), activation="tanh"), "image", False),
    "Conv2D same": (lambda: layers.Conv2D(2, (2, 3), strides=2, padding="same", kernel_initializer=K(5)), "image", False),
    "Conv2D dilated": (lambda: layers.Conv2D(2, 2, dilation_rate=(2, 3), use_bias=False, kernel_initializer=K(6)), "image", False),
    "MaxPooling2D": (layers.MaxPooling2D, "image", False),
    "MaxPooling2D same": (lambda: layers.MaxPooling2D((3, 2), strides=(2, 1), padding="same"), "image", False),
    "AveragePooling2D": (lambda: layers.AveragePooling2D(2), "image", False),
    "AveragePooling2D same": (lambda: layers.AveragePooling2D(3, strides=2, padding="same"), "image", False),
    "GlobalAveragePooling2D": (layers.GlobalAveragePooling2D, "image", False),
    "GlobalAveragePooling2D keepdims": (lambda: layers.GlobalAveragePooling2D(keepdims=True), "image", False),
    "BatchNormalization": (layers.BatchNormalization, "image", False),
    "BatchNormalization training": (lambda: layers.BatchNormalization(momentum=0.8), "image", True),
    "BatchNormalization axis": (lambda: layers.BatchNormalization(axis=1, scale=False, epsilon=1e-2), "image", True),
    "LayerNormalization": (layers.LayerNormalization, "steps", False),
    "LayerNormalization axes": (lambda: layers.LayerNormalization(axis=[1, 2], center=False), "image", False),
    "Embedding": (lambda: layers.Embedding(5, 4, embeddings_initializer=init.RandomUniform(seed=7)), "ids", False),
    "Dropout": (lambda: layers.Dropout(0.4, seed=8), "rows", False),
    "Dropout training": (lambda: layers.Dropout(0.4, seed=8), "rows", True),
    "Flatten": (layers.Flatten, "image", False),
    "ReLU": (lambda: layers.ReLU(max_value=2.0, negative_slope=0.1, threshold=0.5), "rows", False),
    "Softmax": (lambda: layers.Softmax(axis=1), "steps", False),
    "Activation": (lambda: layers.Activation("sigmoid"), "rows", False),
    "LSTM": (lambda: layers.LSTM(4, kernel_initializer=K(9), recurrent_initializer=init.Orthogonal(seed=10), seed=13), "steps", False),
    "LSTM sequences": (
        lambda: layers.LSTM(
            2, return_sequences=True, kernel_initializer=K(11), recurrent_initializer=K(12), unit_forget_bias=False,
            go_backwards=True, seed=14),
        "steps", False),
}
keras.utils.clear_session()
lines = [f"data\t{name}\t{text(array)}" for name, array in L.items()]
for case, (make, data, training) in LAYERS.items():
    layer = make()
    x = tf.constant(L[data])
    # Twice: the second call sees what the first one has changed.
    layer(x, training=training) if training else layer(x)
    y = layer(x, training=training) if training else layer(x)
    lines.append(f"layer\t{case}\t{text(y)}")
    lines += [f"weight\t{case}\t{v.path}\t{text(v)}" for v in layer.variables]
for name in (
    "linear relu relu6 leaky_relu softmax log_softmax elu celu selu softplus softsign silu swish gelu tanh sigmoid "
    "log_sigmoid exponential hard_sigmoid hard_silu hard_tanh mish"
).split():
    lines.append(f"activation\t{name}\t{text(keras.activations.get(name)(tf.constant(wide[None]))[0])}")


def called_again():
    layer = layers.Dense(3, name="again")
    layer(np.zeros((2, 3), "f"))
    layer(np.zeros((2, 4), "f"))


zeros = lambda *shape: np.zeros(shape, "f")
lines += [
    error("units", lambda: layers.Dense(0)),
    error("activation", lambda: layers.Dense(3, activation="nothing")),
    error("rank", lambda: layers.Dense(3, name="dense")(zeros(3))),
    error("width", called_again),
    error("image", lambda: layers.Conv2D(2, 3, name="conv")(zeros(2, 4))),
    error("pool", lambda: layers.MaxPooling2D(name="pool")(zeros(2, 4))),
    error("kernel", lambda: layers.Dense(3).kernel),
    error("rate", lambda: layers.Dropout(1.5)),
    error("table", lambda: layers.Embedding(0, 2)),
    error("stride", lambda: layers.Conv2D(2, 3, strides=2, dilation_rate=2)),
    error("unique", lambda: keras.Sequential([layers.Dense(2, name="a"), layers.Dense(2, name="a")])),
    error("compile", lambda: keras.Sequential([layers.Dense(2)]).fit(zeros(2, 4), zeros(2, 3))),
]
model = keras.Sequential([layers.Dense(2)])
model.compile("sgd", "mse")
lines.append(error("samples", lambda: model.fit(zeros(2, 4), zeros(3, 2), verbose=0)))
R, C = keras.regularizers, keras.constraints
rows = tf.constant(L["rows"])
for case, regularizer in {
    "l1": R.L1(0.1), "l2": R.L2(0.2), "l1_l2": R.L1L2(0.1, 0.3), "l1 alone": R.L1L2(l1=0.5),
    "rows": R.OrthogonalRegularizer(0.4), "columns": R.OrthogonalRegularizer(0.4, "columns"), "named": R.get("l2"),
}.items():
    lines.append(f"regularizer\t{case}\t{text(regularizer(rows))}")
for case, constraint in {
    "max_norm": C.MaxNorm(1.5), "max_norm axes": C.MaxNorm(2.0, axis=[0, 1]), "non_neg": C.NonNeg(),
    "unit_norm": C.UnitNorm(), "unit_norm rows": C.UnitNorm(axis=1), "min_max_norm": C.MinMaxNorm(1.4, 1.6),
    "min_max_norm rate": C.MinMaxNorm(1.4, 1.6, rate=0.3, axis=1), "named": C.get("MaxNorm"),
}.items():
    lines.append(f"constraint\t{case}\t{text(constraint(rows))}")
lines += [
    error("negative l1", lambda: R.L1(-1.0)),
    error("negative l2", lambda: R.L1L2(l2=-0.5)),
    error("nan", lambda: R.L2(float("nan"))),
    error("mode", lambda: R.OrthogonalRegularizer(0.1, "diagonals")),
    error("orthogonal rank", lambda: R.OrthogonalRegularizer(0.1)(tf.ones([2, 3, 4]))),
    error("regularizer", lambda: R.get("nothing")),
    error("constraint", lambda: C.get("nothing")),
]
keras.utils.clear_session()
gaps = L["steps"].copy()
gaps[0, 1] = gaps[0, 4] = gaps[1, 0] = 0.0
gaps[1, 3] = 2.5
holes = np.array([[3, 0, 1, 0], [0, 2, 4, 1]], np.float32)
lines += [f"data\tgaps\t{text(gaps)}", f"data\tholes\t{text(holes)}"]
for case, data, training, parts in [
    ("Masking", gaps, False, [layers.Masking()]),
    ("Masking value", gaps, False, [layers.Masking(mask_value=2.5)]),
    ("Embedding", holes, False, [layers.Embedding(5, 3, mask_zero=True, embeddings_initializer=init.RandomUniform(seed=20))]),
    ("LSTM", gaps, False, [layers.Masking(), layers.LSTM(3, kernel_initializer=K(21), recurrent_initializer=K(22))]),
    ("LSTM sequences", gaps, False, [
        layers.Masking(), layers.LSTM(3, return_sequences=True, kernel_initializer=K(21), recurrent_initializer=K(22)),
        layers.Dense(2, kernel_initializer=K(23))]),
    ("LSTM backwards", gaps, False, [
        layers.Masking(),
        layers.LSTM(3, return_sequences=True, go_backwards=True, kernel_initializer=K(21), recurrent_initializer=K(22)),
        layers.LayerNormalization()]),
    ("BatchNormalization", gaps, True, [layers.Masking(), layers.BatchNormalization(), layers.ReLU()]),
    ("Flatten", gaps, False, [layers.Masking(), layers.Flatten()]),
]:
    outputs = tf.constant(data)
    for part in parts:
        outputs = part(outputs, training=True) if training and isinstance(part, layers.BatchNormalization) else part(outputs)
    mask = getattr(outputs, "_keras_mask", None)
    lines.append(f"masked\t{case}\t{text(outputs)}\t" + ("None" if mask is None else text(mask)))

write("layers.txt", lines)
