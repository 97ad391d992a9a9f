"""Records TensorFlow's forward derivatives, and gradients of recomputed functions, for crates/v2/tests/v2/forward.rs.

    python tools/record_forward.py

Lines `NAME<tab>SHAPE VALUES`; `None` where there is no derivative. Errors are `NAME<tab>error CLASS MESSAGE`.
"""

import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

OUT = pathlib.Path(__file__).parent.parent / "crates/v2/tests/data/forward.txt"
A = tf.autodiff.ForwardAccumulator
LINES = []


def data(*shape):
    """Numbers in [-0.5, 0.5) that any language makes alike."""
    count = int(np.prod(shape))
    return tf.constant((((np.arange(count) * 37) % 101) / 101.0 - 0.5).astype(np.float32).reshape(shape))


def note(name, value):
    if value is None:
        LINES.append(f"{name}\tNone")
        return
    array = np.asarray(value)
    dims = ",".join(str(size) for size in array.shape)
    LINES.append(f"{name}\t[{dims}] " + " ".join(repr(float(x)) for x in array.reshape(-1)))


def refused(name, make):
    try:
        make()
    except Exception as error:  # every class is recorded
        LINES.append(f"{name}\terror {type(error).__name__} {error}")


def main():
    x = tf.constant([0.5, 2.0])
    with A(x, tf.constant([1.0, 10.0])) as acc:
        y = x * x * x
        z = tf.sin(x) + tf.exp(x) / x
        other = tf.constant(1.0) * 2.0
    note("cubes", acc.jvp(y))
    note("functions", acc.jvp(z))
    note("itself", acc.jvp(x))
    note("another", acc.jvp(other))
    note("another as zeros", acc.jvp(other, tf.UnconnectedGradients.ZERO))
    w, b = tf.Variable(data(3, 2)), tf.Variable([0.5, -0.5])
    with A([w, b], [data(3, 2) * 2.0, tf.constant([1.0, 2.0])]) as acc:
        hidden = tf.nn.softmax(tf.matmul(data(4, 3), w) + b)
        loss = tf.reduce_mean(tf.math.log(hidden)[:, 0])
    note("softmax", acc.jvp(hidden))
    note("loss", acc.jvp(loss))
    note("variable", acc.jvp(b))
    v = tf.Variable([1.0, 2.0])
    with A(v, tf.constant([1.0, 3.0])) as acc:
        with tf.GradientTape() as tape:
            y = tf.reduce_sum(v**3.0) * v[0]
        backward = tape.gradient(y, v)
    note("hessian", acc.jvp(backward))
    p = tf.constant(1.1)
    with A(p, tf.constant(1.0)) as outer:
        with A(p, tf.constant(2.0)) as inner:
            out = p ** tf.constant(3.5)
        first = inner.jvp(out)
    note("inner", first)
    note("outer", outer.jvp(first))
    table = tf.Variable(data(5, 2))
    with A(table, data(5, 2) + 1.0) as acc:
        rows = tf.gather(table, [3, 0, 3])
        total = tf.reduce_prod(rows * 2.0, axis=0)
    note("rows", acc.jvp(rows))
    note("products", acc.jvp(total))

    @tf.function
    def stepped(x):
        return tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y * x + 1.0), (0, x))[1]

    with A(x, tf.constant([1.0, -1.0])) as acc:
        y = stepped(x)
    note("a loop", acc.jvp(y))
    refused("twice", lambda: A([x, x], [tf.ones(2), tf.ones(2)]))
    scale = tf.Variable(3.0)
    recomputed = tf.recompute_grad(lambda x: tf.sin(x * scale) * x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = recomputed(x)
    by_x, by_scale = tape.gradient(y, [x, scale])
    note("recomputed", y)
    note("recomputed by x", by_x)
    note("recomputed by a variable", by_scale)
    note("each row", tf.vectorized_map(lambda r: tf.reduce_sum(r * r), data(3, 4)))
    note("each pair", tf.vectorized_map(lambda p: tf.tensordot(p[0], p[1], 1), (data(3, 4), data(1, 4))))
    note("each as numbers", tf.vectorized_map(lambda r: tf.argmax(r), data(3, 4)))
    OUT.write_text("\n".join(LINES) + "\n")


if __name__ == "__main__":
    main()
