"""Records how TensorFlow's v1 optimizers train in eager mode.

    python tools/record_eager_training.py crates/compat_v1/tests/data/eager_training.txt

Lines, split by tabs:

    loss CASE VALUES        the loss before each of 8 steps, and after the last
    variables CASE NAMES    the optimizer's own variables, sorted by name
    names CASE NAMES        the variables that a loss that names none is differentiated by
    value CASE VALUES       anything else
    error CASE CLASS TEXT   what is refused; a function's name is left out

The programs stand in Rust in `crates/compat_v1/tests/eager_training.rs`.
"""

import os
import re
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

tf1 = tf.compat.v1
tf1.enable_eager_execution()
train = tf1.train
STEPS = 8


def data(*shape):
    """Numbers in [-0.5, 0.5) that any language makes alike."""
    count = int(np.prod(shape))
    return (((np.arange(count) * 37) % 101) / 101.0 - 0.5).astype(np.float32).reshape(shape)


OPTIMIZERS = {
    "gradient_descent": lambda step: train.GradientDescentOptimizer(0.5),
    "momentum": lambda step: train.MomentumOptimizer(0.1, 0.9),
    "nesterov": lambda step: train.MomentumOptimizer(0.1, 0.9, use_nesterov=True),
    "adam": lambda step: train.AdamOptimizer(0.05),
    "adagrad": lambda step: train.AdagradOptimizer(0.3),
    "adagrad_da": lambda step: train.AdagradDAOptimizer(0.3, step, l2_regularization_strength=0.01),
    "adadelta": lambda step: train.AdadeltaOptimizer(1.0, epsilon=1e-3),
    "rms_prop": lambda step: train.RMSPropOptimizer(0.02, momentum=0.5),
    "centered_rms_prop": lambda step: train.RMSPropOptimizer(0.02, centered=True),
    "ftrl": lambda step: train.FtrlOptimizer(0.3, l1_regularization_strength=0.001),
    "proximal_gradient_descent": lambda step: train.ProximalGradientDescentOptimizer(
        0.3, l1_regularization_strength=0.001, l2_regularization_strength=0.01
    ),
    "proximal_adagrad": lambda step: train.ProximalAdagradOptimizer(0.3, l1_regularization_strength=0.001),
}


def numbers(values):
    return " ".join(repr(float(value)) for value in np.asarray(values).reshape(-1))


def names(variables):
    return " ".join(variable.name for variable in variables)


def training(case, lines):
    """A loss with dense gradients by `w` and `b`, and a sparse one by `e`, in which a row occurs twice."""
    w = tf1.get_variable("w", initializer=data(3, 2))
    b = tf1.get_variable("b", initializer=np.zeros(2, np.float32))
    e = tf1.get_variable("e", initializer=data(5, 3) * 2)
    step = train.get_or_create_global_step()
    before = int(step)
    optimizer = OPTIMIZERS[case](step)

    def loss():
        rows = tf1.nn.embedding_lookup(e, [0, 3, 3, 1])
        return tf1.reduce_mean(tf1.square(tf1.matmul(rows, w) + b - data(4, 2)))

    losses = []
    for _ in range(STEPS):
        losses.append(loss())
        assert optimizer.minimize(loss, global_step=step) is None
    lines.append(f"loss\t{case}\t{numbers(losses + [loss()])}")
    assert int(step) == before + STEPS
    # Names go on counting for as long as the process lives: TensorFlow's order of making slots is what they show.
    own = sorted(re.sub(r"_\d+:0$", ":0", variable.name) for variable in optimizer.variables())
    lines.append(f"variables\t{case}\t{' '.join(own)}")


def main():
    lines = []
    for case in OPTIMIZERS:
        training(case, lines)
    step, x = train.get_or_create_global_step(), tf1.Variable(8.0)
    step.assign(0)
    decaying = train.GradientDescentOptimizer(train.exponential_decay(0.5, step, 4, 0.25))
    values = [(decaying.minimize(lambda: x * 2.0, global_step=step), float(x))[1] for _ in range(STEPS)]
    lines.append(f"value\ta rate that decays\t{numbers(values)}")
    rate = tf1.Variable(1.0)
    variable = train.MomentumOptimizer(rate, lambda: rate * 0.5)
    values = []
    for _ in range(3):
        variable.minimize(lambda: x * 2.0)
        rate.assign(rate * 0.5)
        values.append(float(x))
    lines.append(f"value\ta rate in a variable\t{numbers(values)}")
    v, u = tf1.Variable(3.0, name="v"), tf1.Variable([1.0, 2.0], name="u")
    fixed = tf1.Variable(5.0, name="fixed", trainable=False)
    adam = train.AdamOptimizer(0.1)
    adam.minimize(lambda: tf.reduce_sum(u * u) * v * fixed)
    lines.append(f"variables\tslots of two\t{names(adam.variables())}")
    lines.append(f"value\tslot names\t{' '.join(adam.get_slot_names())}")
    descent = train.GradientDescentOptimizer(0.1)
    pairs = descent.compute_gradients(lambda: tf.reduce_sum(u * u) * v * fixed)
    lines.append(f"names\twatched\t{names(variable for _, variable in pairs)}")
    pairs = descent.compute_gradients(lambda: v * u, var_list=[v, fixed], grad_loss=tf.constant([10.0, 100.0]))
    lines.append(f"value\tgradients\t{' '.join('None' if g is None else numbers(g) for g, _ in pairs)}")
    descent.apply_gradients([(tf.constant(1.0), v), (None, u)])
    lines.append(f"value\tafter a gradient\t{numbers(v)} {numbers(u)}")

    def stepped(x):
        descent.minimize(lambda: x * v)
        return v + 0.0

    traced = tf.function(stepped)
    lines.append(f"value\tin a function\t{numbers([traced(tf.constant(2.0)), traced(tf.constant(2.0))])}")
    momentum = train.MomentumOptimizer(0.1, 0.9)

    def moved():
        momentum.minimize(lambda: v * v)
        return v + 0.0

    traced = tf.function(moved)
    lines.append(f"value\tslots in a function\t{numbers([traced(), traced()])}")
    v.assign(2.5)
    errors = {
        "a tensor": lambda: descent.minimize(tf.constant(1.0)),
        "no variables": lambda: descent.minimize(lambda: tf.constant(1.0)),
        "another variable": lambda: descent.minimize(lambda: v * v, var_list=[u]),
        "no pairs": lambda: descent.apply_gradients([]),
        "no gradients": lambda: descent.apply_gradients([(None, v)]),
        "another step": lambda: train.create_global_step(),
    }
    for case, make in errors.items():
        try:
            make()
        except Exception as error:  # every class is recorded
            text = re.sub(r"<function .* at 0x\w+>", "<function>", str(error))
            lines.append(f"error\t{case}\t{type(error).__name__}\t{text}")
    with open(sys.argv[1], "w") as out:
        out.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
