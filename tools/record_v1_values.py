"""Records what TensorFlow computes where its v1 form has a meaning of its own: gradients through conditionals, shared
memory of reference variables, feeds that lose digits, seeds.

    python tools/record_v1_values.py > crates/compat_v1/tests/data/v1_values.txt

Each line is the name of a value and its `repr`.
"""

import os
import subprocess
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

tf1 = tf.compat.v1
GROUPS = []


def group(function):
    GROUPS.append(function)
    return function


@group
def gradients_of_conditionals(keep):
    p = tf1.placeholder(tf.bool, [])
    x = tf1.placeholder(tf.float32, [2])
    w = tf1.constant([3.0, 4.0])
    y = tf1.cond(p, lambda: x * x * w, lambda: x + w)
    z = tf1.cond(p, lambda: x, lambda: tf1.constant([7.0, 7.0]))
    nested = tf1.cond(p, lambda: tf1.cond(p, lambda: tf1.sin(x), lambda: x), lambda: tf1.square(x))
    v = tf1.Variable([2.0, 5.0])
    of_variable = tf1.cond(p, lambda: v * x, lambda: v + 1.0)
    sess = tf1.Session()
    sess.run(v.initializer)
    (dy, dw) = tf1.gradients(y * y, [x, w])
    (dz,) = tf1.gradients(z, x)
    (dn,) = tf1.gradients(nested, x)
    (dv,) = tf1.gradients(of_variable, v)
    second = tf1.gradients(dy, x)[0]
    for truth in [True, False]:
        for name, value in [("dy", dy), ("dw", dw), ("dz", dz), ("nested", dn), ("variable", dv), ("second", second)]:
            keep(f"{name} {truth}", sess.run(value, {p: truth, x: [1.0, 2.0]}))


tf.RegisterGradient("Hundredfold")(lambda op, grad: grad * 100.0 * op.inputs[0])
tf.RegisterGradient("Doubled")(lambda op, grad: (grad, grad))
tf.RegisterGradient("Three")(lambda op, grad: tf.ones([3]))
tf.no_gradient("Stops")


@group
def registered_gradients(keep):
    graph = tf1.get_default_graph()
    sess = tf1.Session()

    def failing(run):
        try:
            run()
        except (KeyError, ValueError) as error:
            # Without where a name was registered, and but for the ends of a node's text, whose attributes have no order.
            lines = error.args[0].split(" (Previous")[0].split("\n")
            return [f"{type(error).__name__}: {lines[0]}", *lines[1:][-1:]]

    x = tf1.constant([3.0, 2.0])
    for name in ["Hundredfold", "Identity", "Stops", "Doubled", "Three"]:
        with graph.gradient_override_map({"Square": name}):
            y = tf.square(x, name=f"{name}_y")
            w = tf.negative(y)
            with graph.gradient_override_map({"Neg": "Hundredfold"}):
                z = tf.negative(x) + tf.square(x)
        if name in ["Doubled", "Three"]:
            keep(name, failing(lambda: tf1.gradients(y, x)))
            continue
        for what, value in [("itself", y), ("behind", w), ("nested", z)]:
            (dx,) = tf1.gradients(value, x)
            keep(f"{name} {what}", ["None"] if dx is None else sess.run(dx))
            if dx is not None and what == "itself":
                keep(f"{name} node", [dx.op.name])
    keep("outside", sess.run(tf1.gradients(tf.square(x), x)[0]))
    keep("twice", failing(lambda: tf.RegisterGradient("Hundredfold")(None)))
    keep("known", failing(lambda: tf.RegisterGradient("Square")(None)))
    keep("known constant", failing(lambda: tf.no_gradient("Stops")))
    by_function = tf.function(lambda x: inner(x))

    def inner(x):
        with tf1.get_default_graph().gradient_override_map({"Square": "Hundredfold"}):
            return tf.square(x)

    keep("function", sess.run(tf1.gradients(by_function(x), x)[0]))


@group
def gradients_of_maps(keep):
    # Gradients of maps are known once this module is.
    from tensorflow.python.ops import map_ops

    raw = tf.raw_ops
    assert map_ops
    x = tf1.placeholder(tf.float32, [2])
    one = raw.TensorMapInsert(input_handle=raw.EmptyTensorMap(), key="a", value=x * 2.0)
    two = raw.TensorMapInsert(input_handle=one, key="b", value=x * x)
    changed = raw.TensorMapInsert(input_handle=two, key="a", value=x * 7.0)
    look = lambda handle, key: raw.TensorMapLookup(input_handle=handle, key=key, value_dtype=tf.float32)
    sess = tf1.Session()
    for name, value in [
        ("both", look(two, "a") * look(two, "b")),
        ("one of two", look(two, "b")),
        ("changed", look(changed, "a") * look(one, "a")),
        ("unchanged", look(changed, "b")),
    ]:
        (dx,) = tf1.gradients(value, x)
        keep(name, sess.run(dx, {x: [1.0, 2.0]}))


@group
def loops(keep):
    x = tf1.placeholder(tf.float32, [])
    i, y = tf1.while_loop(lambda i, y: i < 4, lambda i, y: (i + 1, y * x), [tf1.constant(0), tf1.constant(1.0)])
    (dx,) = tf1.gradients(y, x)
    limited = tf1.while_loop(lambda i: i < 100, lambda i: i + 1, [tf1.constant(0)], maximum_iterations=7)
    sess = tf1.Session()
    keep("loop", sess.run(y, {x: 2.0}))
    keep("derivative", sess.run(dx, {x: 2.0}))
    keep("limited", sess.run(limited))


@group
def aliases(keep):
    v = tf1.Variable(1)
    add = v.assign_add(10)
    with tf1.control_dependencies([add]):
        after = tf1.identity(v)
        read = v.read_value()
    sess = tf1.Session()
    sess.run(v.initializer)
    keep("identity after an addition", sess.run(after))
    keep("read after an addition", sess.run(read))
    keep("both", np.array(sess.run([add, v])))


@group
def feeds(keep):
    i = tf1.placeholder(tf.int32, [])
    j = tf1.placeholder(tf.int32, [3])
    b = tf1.placeholder(tf.bool, [2])
    f = tf1.placeholder(tf.float32, [2])
    h = tf1.placeholder(tf.float16, [])
    sess = tf1.Session()
    keep("fraction", sess.run(i, {i: 1.5}))
    keep("negative fraction", sess.run(i, {i: -1.7}))
    keep("fractions", sess.run(j, {j: [1.9, -0.5, 2.0]}))
    keep("truths", sess.run(i, {i: True}))
    keep("numbers as truths", sess.run(b, {b: [0.0, 3.0]}))
    keep("doubles", sess.run(f, {f: np.array([0.1, 1e300])}))
    keep("half", sess.run(h, {h: 0.1}))
    c = tf1.constant(5)
    keep("a constant", sess.run(c * 2, {c: 6}))
    v = tf1.Variable([1.0], use_resource=False)
    w = tf1.Variable([1.0], use_resource=True)
    keep("a reference variable", sess.run(v * 2.0, {v: [4.0]}))
    keep("a resource variable", sess.run(w, {w: [4.0]}))


@group
def seeds(keep):
    def draw(graph_seed, op_seed, before=0):
        with tf1.Graph().as_default():
            if graph_seed is not None:
                tf1.set_random_seed(graph_seed)
            for _ in range(before):
                tf1.random_uniform([])
            value = tf1.random_uniform([3], seed=op_seed)
            sess = tf1.Session()
            return [sess.run(value), sess.run(value)]

    for name, arguments in [
        ("graph", (1, None)),
        ("second op", (1, None, 1)),
        ("op", (None, 1)),
        ("both", (1, 1)),
        ("zeros", (0, 0)),
        ("negative", (-3, None)),
        ("large", (2**40, None)),
    ]:
        first, second = draw(*arguments)
        keep(f"{name} first", first)
        keep(f"{name} second", second)


@group
def collections(keep):
    with tf1.variable_scope("a"):
        tf1.get_variable("v", [1])
        tf1.get_variable("w", [1], trainable=False)
        tf1.Variable(1.0, name="x", collections=["mine"])
        with tf1.variable_scope("b") as b:
            tf1.get_variable("u", [1], collections=[tf1.GraphKeys.LOCAL_VARIABLES])
    names = lambda variables: [v.name for v in variables]
    keep("global", names(tf1.global_variables()))
    keep("trainable", names(tf1.trainable_variables()))
    keep("local", names(tf1.local_variables()))
    keep("mine", names(tf1.get_collection("mine")))
    keep("scope", names(b.trainable_variables()))
    keep("report", tf1.Session().run(tf1.report_uninitialized_variables()))


def eager(keep):
    """Variables of eager mode, recorded in a process of its own."""
    v = tf1.Variable([1.0, 2.0], name="v")
    keep("variable", v)
    keep("assigned", v.assign([3.0, 4.0]))
    keep("added", tf1.assign_add(v, [1.0, 1.0]).numpy())
    keep("doubled", (v * 2.0).numpy())
    keep("value", v.value().numpy())
    with tf1.variable_scope("s"):
        w = tf1.get_variable("w", [2], initializer=tf1.ones_initializer())
        with tf1.variable_scope("t"):
            u = tf1.get_variable("u", initializer=[7])
    again = tf1.get_variable("w", [2], initializer=tf1.zeros_initializer())
    keep("names", [x.name for x in [w, u, again]])
    keep("w", w)
    keep("u", u)
    keep("again", again)
    v.load([9.0, 9.0])
    keep("loaded", v.numpy())
    keep("trainable", [w.trainable, tf1.get_variable("n", [1], trainable=False).trainable])
    keep("global", [x.name for x in tf1.global_variables()])
    keep("count", [int(tf1.Variable(1).count_up_to(3))])
    keep("scattered", tf1.scatter_add(tf1.Variable([1.0, 2.0]), [1], [5.0]).numpy())
    keep("cond", tf1.cond(tf1.constant(True), lambda: tf1.constant(1), lambda: tf1.constant(2)).numpy())
    keep("initialized", tf1.is_variable_initialized(v).numpy())


def text(value):
    plain = isinstance(value, (list, tf.Variable))
    return repr(value if plain else np.asarray(value))


def write(group, name, value):
    print(f"{group}: {name}\t{text(value)}".replace("\n", " "))


def main():
    np.set_printoptions(linewidth=10**6)
    if len(sys.argv) > 1:
        return eager(lambda name, value: write("eager", name, value))
    tf1.disable_eager_execution()
    tf1.disable_resource_variables()
    tf1.disable_control_flow_v2()
    tf1.disable_tensor_equality()
    for function in GROUPS:
        with tf1.Graph().as_default():
            function(lambda name, value: write(function.__name__, name, value))
    sys.stdout.flush()
    subprocess.run([sys.executable, __file__, "eager"], check=True)


if __name__ == "__main__":
    main()
