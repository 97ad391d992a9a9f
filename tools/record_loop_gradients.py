"""Records graphs that call functions (While, If, Case, PartitionedCall), and their gradients by TensorFlow (2.21).

    python tools/record_loop_gradients.py [OUTPUT_DIRECTORY]

For each program NAME: `NAME.pb`, the GraphDef of `y` alone, and `NAME.npz`: `in.TENSOR` is fed, `y` is the result,
`d.TENSOR` the gradient of its sum by a tensor (a variable's handle among them) and `dd.TENSOR` that of the sum of the
first gradients. `init` names operations to run before. `none` and `dnone` name tensors that have no gradient.
"""

import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import numpy as np
import tensorflow as tf

v1 = tf.compat.v1
f32 = np.float32
PROGRAMS = {}


def program(*feeds, orders=2):
    """Registers a program of x (and w, n, ...): placeholders for `feeds`, whose sizes are left open where asked."""

    def register(build):
        PROGRAMS[build.__name__] = (build, feeds, orders)
        return build

    return register


def loop(cond, body, variables, **options):
    return tf.while_loop(cond, body, variables, **options)


X = ("x", np.array([0.5, -1.5, 2], f32), [None])
W = ("w", np.array([[0.5, -1, 0.25], [1, 0.125, -0.5], [0, 1, -0.75]], f32), [3, 3])
S = ("x", f32(1.25), [])
N = ("n", np.int32(4), [])


@program(X, N)
def power(x, n):
    return loop(lambda i, _: i < n, lambda i, y: (i + 1, y * x), [0, tf.ones_like(x)])[1]


@program(X, ("n", np.int32(0), []))
def no_iterations(x, n):
    return loop(lambda i, _: i < n, lambda i, y: (i + 1, y * x), [0, x * 3])[1]


@program(X, W, N)
def invariant(x, w, n):
    return loop(lambda i, _: i < n, lambda i, y: (i + 1, tf.tanh(tf.linalg.matvec(w, y)) + x), [0, x])[1]


@program(X, N)
def growing(x, n):
    def body(i, y):
        return i + 1, tf.concat([y, tf.sin(x) * tf.reduce_sum(y)], 0)

    unknown = [tf.TensorShape([]), tf.TensorShape([None])]
    return loop(lambda i, _: i < n, body, [0, x], shape_invariants=unknown)[1]


@program(X, N)
def nested(x, n):
    def outer(i, y):
        inner = loop(lambda j, _: j < i, lambda j, z: (j + 1, z * x + tf.cos(y)), [0, y])[1]
        return i + 1, y * 0.5 + inner

    return loop(lambda i, _: i < n, outer, [0, x])[1]


@program(X, ("n", np.int32(2), []))
def nested_power(x, n):
    def outer(i, y):
        return i + 1, loop(lambda j, _: j < 2, lambda j, z: (j + 1, z * x), [0, y])[1]

    return loop(lambda i, _: i < n, outer, [0, x])[1]


@program(X, ("n", np.int32(1), []))
def nested_once(x, n):
    def outer(i, y):
        return i + 1, loop(lambda j, _: j < 1, lambda j, z: (j + 1, z * z), [0, y])[1]

    return loop(lambda i, _: i < n, outer, [0, x])[1]


@program(X, ("n", np.int32(2), []))
def nested_with_outer_value(x, n):
    def outer(i, y):
        return i + 1, loop(lambda j, _: j < 2, lambda j, z: (j + 1, z + tf.cos(y)), [0, y])[1]

    return loop(lambda i, _: i < n, outer, [0, x])[1]


@program(X, N)
def cond_in_loop(x, n):
    def body(i, y):
        return i + 1, tf.cond(tf.equal(i % 2, 0), lambda: y * x, lambda: tf.exp(y * 0.1) + x)

    return loop(lambda i, _: i < n, body, [0, x])[1]


@program(S, N)
def cond_on_value(x, n):
    def body(i, y):
        return i + 1, tf.cond(y > 2, lambda: y * 0.5, lambda: y * y * x)

    return loop(lambda i, _: i < n, body, [0, x])[1]


@program(X, ("p", np.bool_(True), []), N)
def loop_in_cond(x, p, n):
    return tf.cond(p, lambda: power(x, n), lambda: x)


@program(X, ("p", np.bool_(False), []), N)
def loop_in_untaken_branch(x, p, n):
    return tf.cond(p, lambda: power(x, n), lambda: tf.sin(x) * x)


@program(S)
def nested_cond(x):
    return tf.cond(x > 0, lambda: tf.cond(x > 1, lambda: x * x * x, lambda: x), lambda: tf.exp(x))


@program(X, ("k", np.int32(1), []))
def case(x, k):
    return tf.switch_case(k, [lambda: x, lambda: x * tf.sin(x), lambda: tf.exp(x)])


@program(X, ("k", np.int32(7), []))
def case_default(x, k):
    return tf.switch_case(k, [lambda: x, lambda: x * tf.sin(x), lambda: tf.exp(x) * x])


@tf.function(input_signature=[tf.TensorSpec([None], tf.float32), tf.TensorSpec([None], tf.float32)])
def product(a, b):
    return tf.sin(a) * b, a + 1.0


@program(X)
def call(x):
    y, z = product(x, x * x)
    return y * z


@program(X)
def call_twice(x):
    y, _ = product(x, x)
    return product(y, x)[0]


@program(X, N)
def call_in_loop(x, n):
    return loop(lambda i, _: i < n, lambda i, y: (i + 1, product(y, x)[0] + y), [0, x])[1]


@tf.function(input_signature=[tf.TensorSpec([None], tf.float32), tf.TensorSpec([], tf.int32)])
def loop_function(x, n):
    return power(x, n)


@program(X, N)
def loop_in_call(x, n):
    return loop_function(x * x, n) + x


@program(("x", np.array([[1, 2], [3, 4], [5, 6]], f32), [None, 2]))
def map_rows(x):
    return tf.map_fn(lambda row: tf.sin(row) * row, x)


@program(("x", np.array([[1, 2], [3, 4], [5, 6]], f32), [None, 2]))
def scan_rows(x):
    return tf.scan(lambda total, row: total * 0.5 + row * row, x)


@program(("x", np.array([[1, 2], [3, 4], [5, 6]], f32), [3, 2]))
def fold_rows(x):
    return tf.foldl(lambda total, row: total * row, x)


@program(X, N)
def coupled(x, n):
    return loop(lambda i, *_: i < n, lambda i, a, b: (i + 1, a + b * x, a * 0.5 - b), [0, x, x * x])[1]


@program(X, W, N)
def unconnected(x, w, n):
    """The loop's second variable does not touch the first."""
    return loop(lambda i, *_: i < n, lambda i, a, b: (i + 1, a * x, b + 1.0), [0, x, w])[1]


@program(X, N)
def stopped(x, n):
    return loop(lambda i, _: i < n, lambda i, y: (i + 1, y * x + tf.stop_gradient(y * y)), [0, x])[1]


@program(("x", np.array([[1, 2], [3, 4], [5, 6]], f32), [None, 2]), N)
def gathered(x, n):
    def body(i, y):
        return i + 1, y + tf.gather(x, i % 3) * tf.cast(i + 1, tf.float32) * y

    return loop(lambda i, _: i < n, body, [0, x[0]])[1]


@program(X)
def limited(x):
    return loop(lambda _: True, lambda y: [y * x], [x], maximum_iterations=3)[0]


@program(X, N)
def variable_in_loop(x, n):
    v = tf.Variable([2.0, -1.0, 0.5], name="v")
    y = loop(lambda i, _: i < n, lambda i, y: (i + 1, y * v + x), [0, x])[1]
    return y, v.handle


@program(X, N)
def random_in_loop(x, n):
    v1.set_random_seed(7)

    def body(i, y):
        # Nothing is drawn before the iteration before is done.
        return i + 1, y * tf.random.uniform(tf.shape(y), seed=3) + x

    return loop(lambda i, _: i < n, body, [0, x * x])[1]


@program(X, ("p", np.bool_(True), []))
def mixed_results(x, p):
    a, b = tf.cond(p, lambda: (x * x, tf.size(x)), lambda: (x, 1))
    return a * tf.cast(b, tf.float32)


@program(("x", np.array([0.5, -1.5], np.float64), [2]), N)
def doubles(x, n):
    return loop(lambda i, _: i < n, lambda i, y: (i + 1, tf.sin(y) * tf.exp(x) + y / x), [0, x])[1]


@program(("x", np.array([0.5 + 1j, -1.5 - 0.25j], np.complex64), [2]), N, orders=1)
def complex_numbers(x, n):
    z = loop(lambda i, _: i < n, lambda i, y: (i + 1, y * x + tf.math.conj(y)), [0, x])[1]
    return tf.math.real(z) * tf.math.imag(z)


@program(X, N)
def values_of_loop_used(x, n):
    """Besides the result, the number of iterations counts."""
    i, y = loop(lambda i, y: tf.logical_and(i < n, tf.reduce_sum(y) < 3.0), lambda i, y: (i + 1, y * x + 1), [0, x])
    return y * tf.cast(i, tf.float32)


@program(X, N)
def array_in_loop(x, n):
    array = tf.TensorArray(tf.float32, size=n, element_shape=[None])

    def body(i, y, array):
        return i + 1, y * x, array.write(i, tf.sin(y) * x)

    _, y, array = loop(lambda i, *_: i < n, body, [0, x, array])
    return array.stack() * y


def main():
    default = pathlib.Path(__file__).parent.parent / "crates" / "graph" / "tests" / "data" / "loop_gradients"
    out = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    out.mkdir(parents=True, exist_ok=True)
    for name, (build, feeds, orders) in PROGRAMS.items():
        with tf.Graph().as_default() as graph, v1.Session() as session:
            holes = [v1.placeholder(np.asarray(value).dtype, shape, name=key) for key, value, shape in feeds]
            built = build(*holes)
            y, *handles = built if isinstance(built, tuple) else (built,)
            y = tf.identity(y, name="result")
            graph_def = graph.as_graph_def()
            initial = [variable.initializer for variable in v1.global_variables()]
            xs = [x for x in holes + handles if x.dtype.is_floating or x.dtype.is_complex or x.dtype == tf.resource]
            fetches, none, dnone = {"y": y}, [], []
            grads = v1.gradients(y, xs)
            for x, grad in zip(xs, grads):
                if grad is None:
                    none.append(x.name)
                else:
                    fetches[f"d.{x.name}"] = tf.convert_to_tensor(grad)
            if orders > 1:
                total = [tf.convert_to_tensor(grad) for grad in grads if grad is not None]
                for x, grad in zip(xs, v1.gradients(total, xs)):
                    if grad is None:
                        dnone.append(x.name)
                    else:
                        fetches[f"dd.{x.name}"] = tf.convert_to_tensor(grad)
            session.run(initial)
            arrays = session.run(fetches, {hole: value for hole, (_, value, _) in zip(holes, feeds)})
            arrays.update({f"in.{hole.name}": np.asarray(value) for hole, (_, value, _) in zip(holes, feeds)})
            for key, names in [("none", none), ("dnone", dnone), ("init", [op.name for op in initial])]:
                if names:
                    arrays[key] = np.array(names).astype("S")
        (out / f"{name}.pb").write_bytes(graph_def.SerializeToString(deterministic=True))
        np.savez(out / f"{name}.npz", **arrays)
        print(name, {k: np.asarray(v).ravel()[:3].tolist() for k, v in arrays.items() if not k.startswith("in.")})


main()
