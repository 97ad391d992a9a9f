"""Records what TensorFlow's GradientTape (2.21) gives for the programs of crates/graph/tests/tapes.rs.

    python tools/record_tapes.py [OUTPUT_FILE]
"""

import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import numpy as np
import tensorflow as tf

X = tf.constant([0.5, -1.5, 2.0])
M = tf.constant([[0.5, -1.5], [2.0, 0.25], [1.0, 3.0]])


def mixed(x):
    """A vector of other length than x, each element of which depends on several of x."""
    return tf.stack([x[0] * x[1], tf.sin(x[1]) * x[2], x[0] * x[0] * x[2], tf.reduce_sum(x * x)])


def rows(m):
    a, b = m[:, 0], m[:, 1]
    return tf.stack([a * b, tf.sin(b), a * a * b], 1)


@tf.custom_gradient
def log1pexp(x):
    e = tf.exp(x)
    return tf.math.log(1 + e), lambda dy: dy * (1 - 1 / (1 + e))


@tf.custom_gradient
def tripled(a, b):
    """Two results with gradients that are not theirs."""
    return (a * b, a + b), lambda dp, ds: (3 * dp * b + ds, 3 * dp * a - ds)


def orders(f, x, count):
    """f and its derivatives up to an order, each of the sum of the one before."""
    if count == 0:
        return [f(x)]
    with tf.GradientTape() as tape:
        tape.watch(x)
        values = orders(f, x, count - 1)
    return values + [tape.gradient(values[-1], x)]


def jacobian(f, x):
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = f(x)
    return tape.jacobian(y, x, experimental_use_pfor=False)


def batch_jacobian(f, x):
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = f(x)
    return tape.batch_jacobian(y, x, experimental_use_pfor=False)


def hessian(f, x):
    with tf.GradientTape(persistent=True) as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = tf.reduce_sum(f(x))
        slope = inner.gradient(y, x)
    return outer.jacobian(slope, x, experimental_use_pfor=False)


def main():
    default = pathlib.Path(__file__).parent.parent / "crates" / "graph" / "tests" / "data" / "tapes.npz"
    found = {"x": X, "m": M}
    found["jacobian"] = jacobian(mixed, X)
    found["traced_jacobian"] = tf.function(lambda x: jacobian(mixed, x))(X)
    found["jacobian_of_matrix"] = jacobian(lambda m: rows(m)[1:], M)
    found["batch_jacobian"] = batch_jacobian(rows, M)
    found["hessian"] = hessian(mixed, X)
    for name, f in [("mixed", mixed), ("log1pexp", log1pexp)]:
        for order, value in enumerate(orders(f, X, 3)):
            found[f"{name}.{order}"] = value
        for order, value in enumerate(orders(tf.function(f), X, 3)):
            found[f"function_{name}.{order}"] = value
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(X)
        product, total = tripled(X, X * X)
        found["tripled.both"] = tape.gradient([product, total], X)
        found["tripled.product"] = tape.gradient(product, X)
        weights = [tf.constant([1.0, 2.0, 3.0]), tf.constant([0.0, -1.0, 1.0])]
        found["tripled.weighted"] = tape.gradient([product, total], X, output_gradients=weights)
        with tape.stop_recording():
            hidden = X * X
        found["stopped"] = tape.gradient(X * hidden, X)
        other = tf.constant([[1.0, 2.0]])
        found["zeros"] = tape.gradient(product, other, unconnected_gradients="zero")
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        x = tf.constant(X.numpy())
        y = x * x
        z = tf.sin(y) * x
        gradients = tf.compat.v1.gradients
        found["graph.stopped"] = session.run(gradients(z, [x], stop_gradients=[y])[0])
        found["graph.weighted"] = session.run(gradients([y, z], x, grad_ys=[tf.constant([1.0, -2.0, 3.0]), None])[0])
        found["graph.both"] = session.run(gradients(z, [x, y])[0])
        found["graph.inner"] = session.run(gradients(z, [x, y])[1])
        found["graph.stopped_at_x"] = session.run(gradients(z + y, [x, y], stop_gradients=[x, y])[0])
        alone = tf.constant([[1.0, 2.0]])
        found["graph.zeros"] = session.run(gradients(z, alone, unconnected_gradients="zero")[0])
    np.savez(sys.argv[1] if len(sys.argv) > 1 else default, **{key: np.asarray(value) for key, value in found.items()})
    for key, value in found.items():
        print(key, np.asarray(value).tolist())


main()
