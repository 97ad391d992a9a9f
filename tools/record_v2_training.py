"""Records how v2 programs train, for crates/v2/tests/v2/training.rs.

Needs TensorFlow 2.21. Run as `python tools/record_v2_training.py`. Each program takes 20 steps from given seeds. Lines of
training.txt, split by tabs:

    data NAME SHAPE VALUES
    losses PROGRAM VALUES                   the loss of each step of a loop
    history PROGRAM METRIC VALUES           a metric after each epoch of `fit`
    result PROGRAM METRIC VALUES            what `evaluate` says in the end
    predicted PROGRAM SHAPE VALUES          what `predict` says of a dataset in the end
    variable PROGRAM PATH SHAPE VALUES      a variable in the end
    optimizer PROGRAM PATHS                 the names of the optimizer's variables
    checkpoint KEY                          what TensorFlow writes for the model of checkpoints/sequential
    prediction SHAPE VALUES                 what that model predicts for `x`
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

from keras_rows import DATA, text, write

keras = tf.keras
layers, losses, metrics, optimizers, init = (
    keras.layers, keras.losses, keras.metrics, keras.optimizers, keras.initializers)
STEPS = 20

rng = np.random.default_rng(11)
x = rng.normal(size=(32, 4)).astype(np.float32)
D = {
    "x": x,
    "line": (x @ np.array([[1.0], [-2.0], [0.5], [0.0]]) + 0.3).astype(np.float32),
    "bits": (x[:, :1] * x[:, 1:2] > 0).astype(np.float32),
    "signs": np.sign(x[:, :1]).astype(np.float32),
    "classes": (np.abs(x).argmax(1) % 3).astype(np.float32),
    "hot": np.eye(3, dtype=np.float32)[np.abs(x).argmax(1) % 3],
    "counts": rng.poisson(2.0, size=(32, 1)).astype(np.float32),
    "images": rng.uniform(size=(16, 8, 8, 2)).astype(np.float32),
    "labels": rng.integers(0, 3, size=16).astype(np.float32),
    "ids": rng.integers(0, 12, size=(32, 6)).astype(np.float32),
    "steps": rng.normal(size=(16, 5, 3)).astype(np.float32),
    "totals": rng.normal(size=(16, 1)).astype(np.float32),
    "weights": rng.uniform(0.2, 2.0, size=32).astype(np.float32),
}
D["parities"] = (D["ids"][..., None] % 2).astype(np.float32)
G = lambda seed: init.GlorotUniform(seed=seed)
lines = [f"data\t{name}\t{text(array)}" for name, array in D.items()]


def numbers(values):
    return " ".join(repr(float(value)) for value in values)


def path(variable):
    return getattr(variable, "path", variable.name)


def record(name, variables, optimizer):
    lines.extend(f"variable\t{name}\t{path(v)}\t{text(v)}" for v in variables)
    lines.append(f"optimizer\t{name}\t" + " ".join(v.path for v in optimizer.variables))


def batch(name, step):
    """Eight samples at a time, one after another."""
    array = D[name]
    first = step * 8 % len(array)
    return tf.constant(array[first : first + 8])


def loop(name, loss_of, variables, optimizer, data, traced):
    """Trains by a tape. `loss_of` takes batches of the data named; `variables` gives what is recorded and what is trained."""

    def step(*args):
        with tf.GradientTape() as tape:
            loss = loss_of(*args)
        _, trained = variables()
        optimizer.apply_gradients(zip(tape.gradient(loss, trained), trained))
        return loss

    run = tf.function(step) if traced else step
    found = [run(*[batch(part, number) for part in data]).numpy() for number in range(STEPS)]
    lines.append(f"losses\t{name}\t{numbers(found)}")
    record(name, variables()[0], optimizer)


def of_layers(*parts):
    return lambda: (
        [v for part in parts for v in part.variables],
        [v for part in parts for v in part.trainable_variables],
    )


def through(parts, inputs, **training):
    for part in parts:
        inputs = part(inputs, **training) if isinstance(part, (layers.Dropout, layers.BatchNormalization)) else part(inputs)
    return inputs


def program(function):
    keras.utils.clear_session()
    function(function.__name__)


@program
def linear_regression(name):
    w = tf.Variable(tf.zeros([4, 1]), name="w")
    b = tf.Variable(0.5, name="b")
    loop(name, lambda x, y: tf.reduce_mean((x @ w + b - y) ** 2), lambda: ([w, b], [w, b]),
         optimizers.SGD(0.1), ["x", "line"], False)


@program
def two_layers_adam(name):
    parts = [layers.Dense(8, activation="relu", kernel_initializer=G(1)), layers.Dense(1, kernel_initializer=G(2))]
    mse = losses.MeanSquaredError()
    loop(name, lambda x, y: mse(y, through(parts, x)), of_layers(*parts), optimizers.Adam(0.02), ["x", "line"], False)


@program
def logistic_regression_nesterov(name):
    parts = [layers.Dense(1, kernel_initializer=init.HeNormal(seed=3))]
    loss = losses.BinaryCrossentropy(from_logits=True)
    loop(name, lambda x, y: loss(y, through(parts, x)), of_layers(*parts),
         optimizers.SGD(0.2, momentum=0.9, nesterov=True), ["x", "bits"], True)


@program
def softmax_regression_rmsprop(name):
    parts = [layers.Dense(3, kernel_initializer=init.LecunNormal(seed=4))]
    loss = losses.SparseCategoricalCrossentropy(from_logits=True)
    loop(name, lambda x, y: loss(y, through(parts, x)), of_layers(*parts),
         optimizers.RMSprop(0.05, momentum=0.5, centered=True), ["x", "classes"], True)


class Residual(tf.Module):
    def __init__(self):
        super().__init__()
        self.weights = [tf.Variable(G(5)((4, 4)), name="w0"), tf.Variable(G(6)((4, 4)), name="w1")]
        self.out = tf.Variable(G(7)((4, 1)), name="out")
        self.bias = tf.Variable(tf.zeros([1]), name="bias")

    def __call__(self, x):
        for weight in self.weights:
            x = x + tf.tanh(x @ weight)
        return x @ self.out + self.bias


@program
def custom_module_adagrad(name):
    module = Residual()
    loss = losses.Huber(delta=0.7)
    loop(name, lambda x, y: loss(y, module(x)), lambda: (module.variables, module.trainable_variables),
         optimizers.Adagrad(0.1), ["x", "line"], True)


@program
def embedding_adam(name):
    table = layers.Embedding(12, 5, embeddings_initializer=init.RandomUniform(seed=8))
    head = layers.Dense(1, kernel_initializer=G(9))
    loss = losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.1)
    loop(name, lambda ids, y: loss(y, head(tf.reduce_mean(table(ids), 1))), of_layers(table, head),
         optimizers.Adam(0.05, amsgrad=True), ["ids", "bits"], True)


@program
def embedding_sgd(name):
    table = layers.Embedding(12, 3, embeddings_initializer=init.RandomNormal(stddev=0.5, seed=10))
    loss = losses.MeanAbsoluteError()
    loop(name, lambda ids, y: loss(y, tf.reduce_sum(table(ids), [1, 2])[:, None]), of_layers(table),
         optimizers.SGD(0.05), ["ids", "line"], False)


@program
def conv_net_momentum(name):
    parts = [
        layers.Conv2D(4, 3, padding="same", activation="relu", kernel_initializer=G(11)),
        layers.MaxPooling2D(),
        layers.Conv2D(3, 3, kernel_initializer=G(12)),
        layers.ReLU(),
        layers.Flatten(),
        layers.Dense(3, kernel_initializer=G(13)),
    ]
    loss = losses.SparseCategoricalCrossentropy(from_logits=True)
    loop(name, lambda x, y: loss(y, through(parts, x)), of_layers(*parts),
         optimizers.SGD(0.1, momentum=0.9), ["images", "labels"], True)


@program
def batch_norm_adam(name):
    parts = [
        layers.Dense(6, use_bias=False, kernel_initializer=G(14)),
        layers.BatchNormalization(momentum=0.9),
        layers.Activation("tanh"),
        layers.Dense(1, kernel_initializer=G(15)),
    ]
    loss = losses.MeanSquaredError()
    loop(name, lambda x, y: loss(y, through(parts, x, training=True)), of_layers(*parts),
         optimizers.Adam(0.03), ["x", "line"], True)


@program
def layer_norm_adamw(name):
    parts = [
        layers.Dense(6, activation="gelu", kernel_initializer=init.HeUniform(seed=16)),
        layers.LayerNormalization(),
        layers.Dense(3, activation="softmax", kernel_initializer=G(17)),
    ]
    loss = losses.CategoricalCrossentropy(label_smoothing=0.05)
    loop(name, lambda x, y: loss(y, through(parts, x)), of_layers(*parts),
         optimizers.AdamW(0.02, weight_decay=0.05), ["x", "hot"], True)


@program
def dropout_nadam(name):
    parts = [
        layers.Dense(8, activation="elu", kernel_initializer=G(18)),
        layers.Dropout(0.3, seed=19),
        layers.Dense(1, kernel_initializer=G(20)),
    ]
    loss = losses.LogCosh()
    loop(name, lambda x, y: loss(y, through(parts, x, training=True)), of_layers(*parts),
         optimizers.Nadam(0.02), ["x", "line"], True)


@program
def sparse_weights_ftrl(name):
    parts = [layers.Dense(1, kernel_initializer=G(21))]
    loss = losses.BinaryFocalCrossentropy(from_logits=True)
    loop(name, lambda x, y: loss(y, through(parts, x)), of_layers(*parts),
         optimizers.Ftrl(0.3, l1_regularization_strength=0.01, l2_regularization_strength=0.02), ["x", "bits"], True)


@program
def margins_schedule_clipped(name):
    parts = [layers.Dense(4, activation="softplus", kernel_initializer=G(22)), layers.Dense(1, kernel_initializer=G(23))]
    loss = losses.SquaredHinge()
    rate = optimizers.schedules.ExponentialDecay(0.2, 5, 0.7)
    loop(name, lambda x, y: loss(y, through(parts, x)), of_layers(*parts),
         optimizers.SGD(rate, clipnorm=0.5), ["x", "signs"], True)


@program
def counts_adamax(name):
    parts = [layers.Dense(5, activation="silu", kernel_initializer=init.Orthogonal(seed=24)),
             layers.Dense(1, activation="exponential", kernel_initializer=G(25))]
    loss = losses.Poisson()
    loop(name, lambda x, y: loss(y, through(parts, x)), of_layers(*parts), optimizers.Adamax(0.05), ["x", "counts"], True)


@program
def accumulated_adadelta(name):
    parts = [layers.Dense(3, kernel_initializer=init.TruncatedNormal(stddev=0.5, seed=26))]
    loss = losses.CosineSimilarity()
    loop(name, lambda x, y: loss(y, through(parts, x)), of_layers(*parts),
         optimizers.Adadelta(1.0, gradient_accumulation_steps=4), ["x", "hot"], True)


@program
def averaged_lion(name):
    parts = [layers.Dense(3, kernel_initializer=G(27))]
    loss = losses.CategoricalHinge()
    loop(name, lambda x, y: loss(y, through(parts, x)), of_layers(*parts),
         optimizers.Lion(0.01, use_ema=True, ema_momentum=0.8, ema_overwrite_frequency=6), ["x", "hot"], True)


@program
def lstm_adam(name):
    parts = [
        layers.LSTM(4, kernel_initializer=G(28), recurrent_initializer=init.Orthogonal(seed=29)),
        layers.Dense(1, kernel_initializer=G(30)),
    ]
    loss = losses.MeanSquaredError()
    loop(name, lambda x, y: loss(y, through(parts, x)),
         lambda: ([v for p in parts for v in p.trainable_variables],) * 2, optimizers.Adam(0.05), ["steps", "totals"], True)


def fit(name, model, x, y, optimizer, loss, **kwargs):
    compiled = {key: kwargs.pop(key) for key in ("metrics", "weighted_metrics") if key in kwargs}
    model.compile(optimizer, loss, **compiled)
    history = model.fit(D[x], D[y], epochs=5, shuffle=False, verbose=0, **{"batch_size": 8, **kwargs})
    for metric, values in history.history.items():
        lines.append(f"history\t{name}\t{metric}\t{numbers(values)}")
    for metric, value in model.evaluate(D[x], D[y], batch_size=8, verbose=0, return_dict=True).items():
        lines.append(f"result\t{name}\t{metric}\t{numbers([value])}")
    record(name, model.variables, model.optimizer)


@program
def fit_regression(name):
    model = keras.Sequential([
        keras.Input((4,)),
        layers.Dense(8, activation="tanh", kernel_initializer=G(31)),
        layers.Dense(1, kernel_initializer=G(32)),
    ])
    fit(name, model, "x", "line", optimizers.Adam(0.02), "mse", metrics=["mae", metrics.RootMeanSquaredError()],
        validation_data=(D["x"][:10], D["line"][:10]))


@program
def fit_classifier(name):
    model = keras.Sequential([
        layers.Dense(8, activation="relu", kernel_initializer=G(33)),
        layers.Dropout(0.2, seed=34),
        layers.Dense(3, activation="softmax", kernel_initializer=G(35)),
    ])
    fit(name, model, "x", "classes", optimizers.RMSprop(0.01), "sparse_categorical_crossentropy",
        metrics=["accuracy", metrics.SparseTopKCategoricalAccuracy(k=2)], validation_split=0.25)


@program
def fit_decisions_class_weight(name):
    model = keras.Sequential([
        keras.Input((4,)),
        layers.Dense(6, activation="selu", kernel_initializer=init.LecunUniform(seed=36)),
        layers.Dense(1, activation="sigmoid", kernel_initializer=G(37)),
    ])
    fit(name, model, "x", "bits", optimizers.SGD(0.1, momentum=0.8), "binary_crossentropy",
        metrics=["accuracy", metrics.AUC(num_thresholds=50), metrics.Precision(), metrics.Recall()],
        class_weight={0: 0.5, 1: 2.0}, batch_size=10)


@program
def fit_weighted(name):
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, kernel_initializer=G(38)), layers.Softmax()])
    fit(name, model, "x", "hot", optimizers.Adam(0.05), losses.KLDivergence(), metrics=["categorical_accuracy"],
        weighted_metrics=["categorical_accuracy", metrics.CategoricalCrossentropy()], sample_weight=D["weights"])


@program
def fit_images(name):
    model = keras.Sequential([
        keras.Input((8, 8, 2)),
        layers.Conv2D(4, 3, use_bias=False, kernel_initializer=init.HeNormal(seed=39)),
        layers.BatchNormalization(momentum=0.8),
        layers.ReLU(),
        layers.AveragePooling2D(2),
        layers.Conv2D(3, 2, activation="relu", kernel_initializer=G(40)),
        layers.GlobalAveragePooling2D(),
        layers.Dense(3, kernel_initializer=G(41)),
    ])
    fit(name, model, "images", "labels", optimizers.Adam(0.02),
        losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"], batch_size=4)


@program
def fit_default_seeds(name):
    keras.utils.set_random_seed(42)
    model = keras.Sequential([
        keras.Input((6,)),
        layers.Embedding(12, 4),
        layers.Flatten(),
        layers.Dense(8, activation="relu"),
        layers.Dropout(0.25),
        layers.Dense(1),
    ])
    fit(name, model, "ids", "line", "adam", losses.MeanAbsoluteError(), metrics=["mse"])


def fit_dataset(name, model, training, optimizer, loss, evaluation, **kwargs):
    compiled = {key: kwargs.pop(key) for key in ("metrics", "weighted_metrics") if key in kwargs}
    model.compile(optimizer, loss, **compiled)
    history = model.fit(training, epochs=5, verbose=0, **kwargs)
    for metric, values in history.history.items():
        lines.append(f"history\t{name}\t{metric}\t{numbers(values)}")
    for metric, value in model.evaluate(evaluation, verbose=0, return_dict=True).items():
        lines.append(f"result\t{name}\t{metric}\t{numbers([value])}")
    lines.append(f"predicted\t{name}\t{text(model.predict(evaluation, verbose=0))}")
    record(name, model.variables, model.optimizer)


slices = lambda *names: tf.data.Dataset.from_tensor_slices(tuple(D[name] for name in names))


@program
def dataset_epochs(name):
    model = keras.Sequential([
        layers.Dense(6, activation="tanh", kernel_initializer=G(60)),
        layers.Dense(1, kernel_initializer=G(61)),
    ])
    fit_dataset(name, model, slices("x", "line").batch(5), optimizers.Adam(0.05), "mse",
                slices("x", "line").batch(7), metrics=["mae"], validation_data=slices("x", "line").take(9).batch(4))


@program
def dataset_steps(name):
    model = keras.Sequential([keras.Input((4,)), layers.Dense(1, activation="sigmoid", kernel_initializer=G(62))])
    fit_dataset(name, model, slices("x", "bits").batch(8).repeat(), optimizers.SGD(0.5, momentum=0.5), "binary_crossentropy",
                slices("x", "bits").batch(8), metrics=["accuracy"], steps_per_epoch=3, class_weight={0: 0.5, 1: 2.0},
                validation_data=slices("x", "bits").batch(6).repeat(), validation_steps=2)


@program
def dataset_runs_out(name):
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, kernel_initializer=G(63)), layers.Softmax()])
    training = slices("x", "hot", "weights").filter(lambda x, hot, weight: x[0] > -10.0).batch(8)
    fit_dataset(name, model, training, optimizers.RMSprop(0.02), "categorical_crossentropy", slices("x", "hot").batch(32),
                weighted_metrics=["accuracy"], steps_per_epoch=3)


@program
def fit_regularized(name):
    R, C = keras.regularizers, keras.constraints
    model = keras.Sequential([
        keras.Input((4,)),
        layers.Dense(6, activation="relu", kernel_initializer=G(64), kernel_regularizer=R.L1L2(0.01, 0.02),
                     bias_regularizer=R.L2(0.1), kernel_constraint=C.MaxNorm(0.9)),
        layers.BatchNormalization(gamma_regularizer=R.L1(0.05), beta_constraint=C.NonNeg()),
        layers.Dense(3, kernel_initializer=G(65), kernel_regularizer=R.OrthogonalRegularizer(0.3),
                     kernel_constraint=C.UnitNorm(axis=1), bias_constraint=C.NonNeg()),
    ])
    fit(name, model, "x", "classes", optimizers.Adam(0.05), losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"], validation_split=0.25)


@program
def fit_activity(name):
    R = keras.regularizers
    model = keras.Sequential([
        keras.Input((4,)),
        layers.Dense(6, activation="tanh", kernel_initializer=G(71), activity_regularizer=R.L1L2(0.02, 0.03)),
        layers.Dense(5, activation="relu", kernel_initializer=G(72), activity_regularizer=R.L1(0.04), trainable=False),
        layers.ActivityRegularization(l1=0.01),
        layers.Dense(3, kernel_initializer=G(73), kernel_regularizer=R.L2(0.01), activity_regularizer="l2"),
    ])
    fit(name, model, "x", "classes", optimizers.Adam(0.05), losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"], validation_split=0.25)


@program
def fit_activity_of_sequences(name):
    R = keras.regularizers
    model = keras.Sequential([
        keras.Input((6,)),
        layers.Embedding(12, 4, mask_zero=True, embeddings_initializer=init.RandomUniform(seed=74),
                         activity_regularizer=R.L2(0.1)),
        layers.LSTM(3, return_sequences=True, kernel_initializer=G(75), recurrent_initializer=G(76), seed=77,
                    activity_regularizer=R.L1(0.02)),
        layers.Flatten(activity_regularizer=R.L2(0.3)),
        layers.Dense(1, activation="sigmoid", kernel_initializer=G(78)),
    ])
    fit(name, model, "ids", "bits", optimizers.Adam(0.05), "binary_crossentropy", metrics=["mae"])


@program
def fit_masked(name):
    model = keras.Sequential([
        keras.Input((6,)),
        layers.Embedding(12, 4, mask_zero=True, embeddings_initializer=init.RandomUniform(seed=66),
                         embeddings_regularizer=keras.regularizers.L2(0.01)),
        layers.LSTM(3, return_sequences=True, kernel_initializer=G(67), recurrent_initializer=G(68), seed=70,
                    recurrent_constraint=keras.constraints.MinMaxNorm(0.5, 0.8)),
        layers.Dense(1, activation="sigmoid", kernel_initializer=G(69)),
    ])
    fit(name, model, "ids", "parities", optimizers.Adam(0.05), "binary_crossentropy", metrics=["mae"])


@program
def constrained_variable(name):
    w = tf.Variable(tf.fill([4, 1], 0.1), name="w", constraint=lambda w: tf.clip_by_value(w, -0.5, 0.5))
    loop(name, lambda x, y: tf.reduce_mean((x @ w - y) ** 2), lambda: ([w], [w]), optimizers.Nadam(0.2), ["x", "line"], True)


@program
def checkpoint(name):
    model = keras.Sequential([
        keras.Input((4,)),
        layers.Dense(3, kernel_initializer=G(50)),
        layers.BatchNormalization(),
        layers.Dropout(0.5, seed=51),
        layers.Dense(2, kernel_initializer=G(52)),
    ])
    model.compile(optimizers.Adam(0.05), "mse")
    model.fit(D["x"], D["x"][:, :2], batch_size=8, epochs=2, shuffle=False, verbose=0)
    prefix = str(DATA / "checkpoints/sequential")
    tf.train.Checkpoint(model=model).write(prefix)
    lines.extend(f"checkpoint\t{key}" for key, _ in tf.train.list_variables(prefix))
    lines.append(f"prediction\t{text(model.predict(D['x'], verbose=0))}")


write("training.txt", lines)
