"""Records v1 graphs with loops and branches, and what TensorFlow (2.21) computes with them.

    python tools/record_v1_loops.py [OUTPUT_DIRECTORY]

For each graph NAME: `NAME.pb`, a GraphDef as TensorFlow builds it, and `NAME.npz` with arrays `RUN.in.TENSOR` that are
fed and `RUN.out.TENSOR` that come out, for each of several runs.
"""

import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import numpy as np
import tensorflow as tf
from tensorflow.python.framework import function
from tensorflow.python.ops import functional_ops

v1, raw = tf.compat.v1, tf.raw_ops
f32, i32 = np.float32, np.int32

GRAPHS = {}


def graph(runs):
    """Registers a function that builds a graph and returns what to fetch; `runs` holds the feeds of each run."""

    def register(build):
        GRAPHS[build.__name__] = (build, runs)
        return build

    return register


def hole(name, dtype, shape):
    return v1.placeholder(dtype, shape, name=name)


@graph([{"n": i32(4), "m": i32(3)}, {"n": i32(0), "m": i32(2)}, {"n": i32(2), "m": i32(0)}])
def nested():
    n, m = hole("n", tf.int32, []), hole("m", tf.int32, [])

    def outer(i, total, last):
        def inner(j, part):
            return j + 1, part * 2 + i * m + j

        _, part = v1.while_loop(lambda j, _: j < m, inner, [0, i])
        return i + 1, total + part, part

    return list(v1.while_loop(lambda i, *_: i < n, outer, [0, 100, -1]))


@graph([{"n": i32(6), "x": f32(1.5)}, {"n": i32(1), "x": f32(-2)}])
def cond_in_loop():
    n, x = hole("n", tf.int32, []), hole("x", tf.float32, [])

    def body(i, y):
        even = v1.equal(i % 2, 0)
        return i + 1, v1.cond(even, lambda: y * x, lambda: v1.cond(y > 0, lambda: y - 1, lambda: x))

    return list(v1.while_loop(lambda i, _: i < n, body, [0, x]))


@graph([{"p": np.bool_(True), "n": i32(3)}, {"p": np.bool_(False), "n": i32(3)}, {"p": np.bool_(True), "n": i32(-1)}])
def loop_in_cond():
    p, n = hole("p", tf.bool, []), hole("n", tf.int32, [])

    def loop(step):
        return v1.while_loop(lambda i, _: i < n, lambda i, y: (i + 1, y * step), [0, step])[1]

    return [v1.cond(p, lambda: loop(2), lambda: loop(3) + loop(5))]


@graph([{"x": np.array([1, -2], f32), "n": i32(3)}, {"x": np.array([0.5, 4], f32), "n": i32(0)}])
def gradient_of_loop():
    x, n = hole("x", tf.float32, [2]), hole("n", tf.int32, [])
    _, y = v1.while_loop(lambda i, _: i < n, lambda i, y: (i + 1, y * x + tf.sin(y)), [0, x])
    return [y, v1.gradients(y, x)[0]]


@graph([{"x": f32(0.5), "n": i32(3)}])
def gradient_of_nested_loops():
    x, n = hole("x", tf.float32, []), hole("n", tf.int32, [])

    def body(i, y):
        _, z = v1.while_loop(lambda j, _: j < i, lambda j, z: (j + 1, z * x + y), [0, y * x])
        return i + 1, y + tf.tanh(z)

    _, y = v1.while_loop(lambda i, _: i < n, body, [0, x])
    return [y, v1.gradients(y, x)[0]]


@graph([{"x": f32(0.5), "n": i32(5)}, {"x": f32(-0.5), "n": i32(5)}])
def gradient_of_cond_in_loop():
    x, n = hole("x", tf.float32, []), hole("n", tf.int32, [])

    def body(i, y):
        return i + 1, v1.cond(v1.equal(i % 2, 0), lambda: y * x, lambda: y + tf.exp(x))

    _, y = v1.while_loop(lambda i, _: i < n, body, [0, x])
    return [y, v1.gradients(y, x)[0]]


@graph([{"x": f32(2)}, {"x": f32(-3)}])
def gradient_of_cond():
    x = hole("x", tf.float32, [])
    y = v1.cond(x > 0, lambda: x * x, lambda: v1.cond(x > -1, lambda: x, lambda: tf.exp(x) * 2))
    return [y, v1.gradients(y, x)[0]]


@graph([{"x": np.array([1, 2], f32), "n": i32(3)}])
def varying_shapes():
    x, n = hole("x", tf.float32, [None]), hole("n", tf.int32, [])
    _, y = v1.while_loop(
        lambda i, _: i < n,
        lambda i, y: (i + 1, v1.concat([y, x * v1.reduce_sum(y)], 0)),
        [0, x],
        shape_invariants=[tf.TensorShape([]), tf.TensorShape([None])],
    )
    return [y, v1.gradients(y, x)[0]]


@graph([{"n": i32(4)}, {"n": i32(4)}])
def variables_in_loop():
    n = hole("n", tf.int32, [])
    old, new = v1.Variable(1.0, use_resource=False), v1.Variable(2.0, use_resource=True)
    with v1.control_dependencies([v1.assign(old, 1.0), v1.assign(new, 2.0)]):

        def body(i, total):
            with v1.control_dependencies([v1.assign_add(old, 0.5)]):
                with v1.control_dependencies([new.assign(new * 2 + old.read_value())]):
                    return i + 1, total + new.read_value()

        i, total = v1.while_loop(lambda i, _: i < n, body, [0, 0.0], parallel_iterations=1)
    with v1.control_dependencies([i]):
        return [total, old.read_value(), new.read_value()]


@graph([{"x": np.array([[1, 2], [3, 4], [5, 6]], f32)}])
def arrays_in_loop():
    x = hole("x", tf.float32, [None, 2])
    y = v1.map_fn(lambda row: row * row, x)
    z = v1.scan(lambda total, row: total + tf.sin(row), x)
    w = v1.foldl(lambda total, row: total * row, x)
    return [y, z, w, v1.gradients([y, z, w], x)[0]]


@graph([{"n": i32(5)}, {"n": i32(2)}])
def unfetched_variable():
    """One variable of the loop fails in its third iteration; who does not ask for it does not see that."""
    n = hole("n", tf.int32, [])

    def body(i, y, z):
        return i + 1, y + i, z // (2 - i)

    return [v1.while_loop(lambda i, *_: i < n, body, [0, 0, 100])[1]]


@graph([{"x": np.ones([2, 3, 2], f32) * np.arange(1, 4, dtype=f32)[None, :, None], "length": np.array([3, 2], i32)}])
def recurrent():
    x, length = hole("x", tf.float32, [2, None, 2]), hole("length", tf.int32, [2])
    w = tf.constant(np.arange(10, dtype=f32).reshape(5, 2) / 10 - 0.4)

    def step(time, state, outputs, inputs):
        new = tf.tanh(v1.matmul(v1.concat([inputs.read(time), state, v1.ones([2, 1])], 1), w))
        going = v1.tile(v1.expand_dims(time < length, 1), [1, 2])
        return time + 1, v1.where(going, new, state), outputs.write(time, v1.where(going, new, v1.zeros_like(new))), inputs

    steps = v1.shape(x)[1]
    inputs = v1.TensorArray(tf.float32, steps).unstack(v1.transpose(x, [1, 0, 2]))
    outputs = v1.TensorArray(tf.float32, steps)
    _, state, outputs, _ = v1.while_loop(lambda t, *_: t < steps, step, [0, v1.zeros([2, 2]), outputs, inputs])
    y = v1.transpose(outputs.stack(), [1, 0, 2])
    return [state, y] + v1.gradients([state, y], [x, w])


@function.Defun(tf.float32, tf.float32, tf.int32)
def curved(x, y, n):
    return tf.sin(x) * y + x, x * x * tf.cast(n, tf.float32)


@function.Defun(tf.float32, tf.float32)
def outer(x, y):
    a, b = curved(x, y, 3)
    return a * b


@graph([{"x": f32(1.5), "y": f32(-2), "n": i32(3)}, {"x": f32(0.25), "y": f32(4), "n": i32(-1)}])
def gradients_of_functions():
    """Calls of functions by their name, and SymbolicGradient."""
    x, y, n = hole("x", tf.float32, []), hole("y", tf.float32, []), hole("n", tf.int32, [])
    a, b = curved(x, y, n)
    types = [tf.float32, tf.float32]
    by_x, by_y = functional_ops.symbolic_gradient(input=[x, y, x * 0.5 + a], Tout=types, f=outer)
    # TensorFlow's C++ gradients flow into integers, too (2.21), which those of its Python side do not.
    dx, dy, _ = functional_ops.symbolic_gradient(input=[x, y, n, a, b], Tout=types + [tf.int32], f=curved)
    return [a, b, by_x, by_y, dx, dy]


def constant(value, beside):
    """A constant in the frame of another tensor."""
    with v1.control_dependencies([beside]):
        return tf.constant(value)


def close_loop(merge, value):
    merge.op._update_input(1, raw.NextIteration(data=value))


@graph([{"n": i32(10), "m": i32(3)}, {"n": i32(2), "m": i32(7)}, {"n": i32(-1), "m": i32(0)}])
def two_ways_out():
    """A loop with a break: two predicates, each with an Exit of its own."""
    n, m = hole("n", tf.int32, []), hole("m", tf.int32, [])

    def enter(value, constant=False):
        return raw.Enter(data=value, frame_name="broken", is_constant=constant)

    n, m = enter(n, True), enter(m, True)
    start = enter(tf.constant(0))
    merged, _ = raw.Merge(inputs=[start, start])
    going = raw.LoopCond(input=merged < n)
    done, inside = raw.Switch(data=merged, pred=going)
    ended = raw.Exit(data=done)
    broken, goes_on = raw.Switch(data=inside, pred=raw.LessEqual(x=inside, y=m))
    left = raw.Exit(data=broken)
    close_loop(merged, goes_on + constant(1, goes_on))
    way, which = raw.Merge(inputs=[ended, left])
    return [way, which]


@graph([{"n": i32(3)}])
def frame_without_condition():
    """A value that goes round as long as a Switch lets it, twice over, without any LoopCond."""
    n = raw.Enter(data=hole("n", tf.int32, []), frame_name="f", is_constant=True)
    start = raw.Enter(data=tf.constant(1), frame_name="f")
    merged, _ = raw.Merge(inputs=[start, start])
    out, inside = raw.Switch(data=merged, pred=merged < n)
    inner = raw.Enter(data=inside, frame_name="g")
    again, _ = raw.Merge(inputs=[inner, inner])
    left, stays = raw.Switch(data=again, pred=again * again < constant(50, again))
    close_loop(again, stays + stays)
    close_loop(merged, raw.Exit(data=left) - inside * constant(5, inside))
    return [raw.Exit(data=out)]


@graph([{"p": np.bool_(True)}, {"p": np.bool_(False)}])
def dead_frames():
    """A loop in standard form and one with a break, on the side of a Switch that may not be taken."""
    p = hole("p", tf.bool, [])
    no, yes = raw.Switch(data=tf.constant(5), pred=p)
    start = raw.Enter(data=yes, frame_name="h")
    merged, _ = raw.Merge(inputs=[start, start])
    done, inside = raw.Switch(data=merged, pred=raw.LoopCond(input=merged * merged < constant(1000, merged)))
    out, on = raw.Switch(data=inside, pred=inside * inside < constant(400, inside))
    close_loop(merged, on + on)
    ended, broken = raw.Exit(data=done), raw.Exit(data=out)
    value, which = raw.Merge(inputs=[no, ended, broken])
    with v1.control_dependencies([value]):
        last = raw.Identity(input=which)
    return [value, last]


def main():
    default = pathlib.Path(__file__).parent.parent / "crates" / "graph" / "tests" / "data" / "v1_loops"
    out = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    out.mkdir(parents=True, exist_ok=True)
    v1.disable_control_flow_v2()
    for name, (build, runs) in GRAPHS.items():
        with tf.Graph().as_default() as current:
            fetches = {tensor.name: tensor for tensor in build()}
            initial = [v.initializer for v in v1.global_variables()]
            arrays = {}
            # The graph itself is what is recorded, not what the optimizer makes of it.
            config = v1.ConfigProto()
            config.graph_options.rewrite_options.disable_meta_optimizer = True
            with v1.Session(config=config) as session:
                session.run(initial)
                for index, feeds in enumerate(runs):
                    feed = {f"{key}:0": value for key, value in feeds.items()}
                    for key, value in session.run(fetches, feed).items():
                        arrays[f"{index}.out.{key}"] = value
                    arrays.update({f"{index}.in.{key}": np.asarray(value) for key, value in feed.items()})
            graph_def = current.as_graph_def()
            if initial:
                arrays["init"] = np.array([op.name for op in initial]).astype("S")
        (out / f"{name}.pb").write_bytes(graph_def.SerializeToString(deterministic=True))
        np.savez(out / f"{name}.npz", **arrays)
        print(name, {key: np.asarray(value).tolist() for key, value in arrays.items() if ".out." in key})


main()
