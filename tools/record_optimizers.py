"""Records what Keras optimizers and learning rates do, for crates/v2/tests/v2/optimizers.rs.

Needs TensorFlow 2.21. Run as `python tools/record_optimizers.py`. Lines, split by tabs:

    gradient STEP VARIABLE VALUES       the gradients that every optimizer is given
    step CASE STEP VARIABLE VALUES      a variable after a step
    rate CASE VALUES                    a schedule's rates at RATE_STEPS
    error CASE CLASS MESSAGE            what is refused
"""

import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

OUT = pathlib.Path(__file__).parent.parent / "crates/v2/tests/data/optimizers.txt"
STEPS = 6
RATE_STEPS = [0, 1, 5, 10, 11, 15, 20, 25, 40, 100]
START = [np.array([1.0, -2.0, 0.5], np.float32), np.array([[0.1, 0.2], [-0.3, 4.0]], np.float32)]

keras = tf.keras.optimizers
schedules = keras.schedules

OPTIMIZERS = {
    "sgd": lambda: keras.SGD(0.1),
    "sgd momentum": lambda: keras.SGD(0.1, momentum=0.9),
    "sgd nesterov": lambda: keras.SGD(0.1, momentum=0.9, nesterov=True),
    "sgd clipnorm": lambda: keras.SGD(0.1, clipnorm=0.5),
    "sgd clipvalue": lambda: keras.SGD(0.1, clipvalue=0.25),
    "sgd global_clipnorm": lambda: keras.SGD(0.1, global_clipnorm=0.75),
    "sgd weight_decay": lambda: keras.SGD(0.1, weight_decay=0.01),
    "sgd loss_scale_factor": lambda: keras.SGD(0.1, loss_scale_factor=4.0),
    "sgd accumulation": lambda: keras.SGD(0.1, gradient_accumulation_steps=2),
    "sgd ema": lambda: keras.SGD(0.1, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=3),
    "sgd schedule": lambda: keras.SGD(schedules.ExponentialDecay(0.1, 2, 0.5)),
    "rmsprop": lambda: keras.RMSprop(0.01),
    "rmsprop momentum": lambda: keras.RMSprop(0.01, momentum=0.9, rho=0.8),
    "rmsprop centered": lambda: keras.RMSprop(0.01, centered=True),
    "rmsprop centered momentum": lambda: keras.RMSprop(0.01, centered=True, momentum=0.5),
    "adagrad": lambda: keras.Adagrad(0.1),
    "adagrad options": lambda: keras.Adagrad(0.1, initial_accumulator_value=0.5, epsilon=1e-3),
    "adadelta": lambda: keras.Adadelta(1.0),
    "adam": lambda: keras.Adam(0.01),
    "adam betas": lambda: keras.Adam(0.01, beta_1=0.7, beta_2=0.9, epsilon=1e-4),
    "adam amsgrad": lambda: keras.Adam(0.01, amsgrad=True, beta_2=0.5),
    "adamw": lambda: keras.AdamW(0.01),
    "adamax": lambda: keras.Adamax(0.01),
    "nadam": lambda: keras.Nadam(0.01),
    "ftrl": lambda: keras.Ftrl(0.1),
    "ftrl options": lambda: keras.Ftrl(
        0.1,
        learning_rate_power=-0.7,
        l1_regularization_strength=0.05,
        l2_regularization_strength=0.1,
        l2_shrinkage_regularization_strength=0.02,
        beta=0.3,
    ),
    "lion": lambda: keras.Lion(0.01),
}

SCHEDULES = {
    "exponential": lambda: schedules.ExponentialDecay(0.1, 10, 0.5),
    "exponential staircase": lambda: schedules.ExponentialDecay(0.1, 10, 0.5, staircase=True),
    "inverse time": lambda: schedules.InverseTimeDecay(0.1, 10, 0.5),
    "inverse time staircase": lambda: schedules.InverseTimeDecay(0.1, 10, 0.5, staircase=True),
    "piecewise": lambda: schedules.PiecewiseConstantDecay([5, 20], [1.0, 0.5, 0.25]),
    "polynomial": lambda: schedules.PolynomialDecay(0.1, 20),
    "polynomial cycle": lambda: schedules.PolynomialDecay(0.1, 10, end_learning_rate=0.01, power=2.0, cycle=True),
    "cosine": lambda: schedules.CosineDecay(0.1, 20, alpha=0.1),
    "cosine warmup": lambda: schedules.CosineDecay(0.01, 20, warmup_target=0.1, warmup_steps=10),
    "restarts": lambda: schedules.CosineDecayRestarts(0.1, 10),
    "restarts options": lambda: schedules.CosineDecayRestarts(0.1, 10, t_mul=1.0, m_mul=0.5, alpha=0.1),
}

ERRORS = {
    "two clips": lambda: keras.SGD(0.1, clipnorm=1.0, clipvalue=2.0),
    "one accumulation step": lambda: keras.SGD(0.1, gradient_accumulation_steps=1),
    "large ema_momentum": lambda: keras.SGD(0.1, use_ema=True, ema_momentum=1.5),
    "no decay steps": lambda: schedules.ExponentialDecay(0.1, 0, 0.5),
    "no gradients": lambda: keras.SGD(0.1).apply_gradients([(None, tf.Variable(1.0))]),
}


def text(array):
    return " ".join(repr(float(value)) for value in np.asarray(array).reshape(-1))


rng = np.random.default_rng(7)
gradients = [[rng.normal(size=start.shape).astype(np.float32) for start in START] for _ in range(STEPS)]


def main():
    lines = []
    for step, pair in enumerate(gradients):
        lines += [f"gradient\t{step}\t{index}\t{text(gradient)}" for index, gradient in enumerate(pair)]
    for case, make in OPTIMIZERS.items():
        optimizer = make()
        variables = [tf.Variable(start) for start in START]
        for step, pair in enumerate(gradients):
            optimizer.apply_gradients(zip([tf.constant(gradient) for gradient in pair], variables))
            lines += [f"step\t{case}\t{step}\t{index}\t{text(v.numpy())}" for index, v in enumerate(variables)]
    for case, make in SCHEDULES.items():
        schedule = make()
        rates = [schedule(tf.constant(step, tf.int64)) for step in RATE_STEPS]
        lines.append(f"rate\t{case}\t{text(np.stack([rate.numpy() for rate in rates]))}")
    for case, make in ERRORS.items():
        try:
            make()
        except Exception as error:  # every class is recorded
            lines.append(f"error\t{case}\t{type(error).__name__}\t{error}")
    OUT.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
