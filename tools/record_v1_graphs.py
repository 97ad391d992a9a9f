"""Records the graphs that TensorFlow builds for small programs in the style of v1, and what they compute.

    python tools/record_v1_graphs.py crates/compat_v1/tests/data/v1_graphs

writes for each program its GraphDef in text form, and `values.txt`: a line for each value that a program fetches, with
the program, the dtype, the shape and the bytes in hexadecimal (strings as JSON). The programs stand in Rust in
`crates/compat_v1/tests/graphs`.
"""

import json
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Layers and cells of v1 are in the package tf_keras.
os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")

import numpy as np
import tensorflow as tf
from google.protobuf import text_format

import v1_data_flow_programs
import v1_layer_programs
import v1_loop_programs
import v1_partition_programs
import v1_saver_programs

tf1 = tf.compat.v1
PROGRAMS = []


def program(function):
    PROGRAMS.append(function)
    return function


class Run:
    """Runs what a program has built; keeps the values."""

    def __init__(self):
        self.session = None
        self.values = []

    def open(self):
        self.session = self.session or tf1.Session()
        return self.session

    def __call__(self, *fetches, feeds=None):
        for value in tf.nest.flatten(self.open().run(list(fetches), feeds)):
            if value is not None:
                self.values.append(np.asarray(value))


@program
def reference_variable(run):
    v = tf1.Variable([1.0, 2.0], name="v")
    add = v.assign_add([10.0, 20.0])
    doubled = v * 2.0
    run(v.initializer)
    run(v)
    run(add)
    run(doubled, v)


@program
def reference_variable_from_a_function(run):
    v = tf1.Variable(lambda: tf1.zeros([2, 3]), name="v", trainable=False)
    run(v.initializer)
    run(v)


@program
def resource_variable(run):
    v = tf1.Variable([1.0, 2.0], name="v", use_resource=True)
    add = v.assign_add([10.0, 20.0])
    doubled = v * 2.0
    run(v.initializer)
    run(v)
    run(add)
    run(doubled, v)


@program
def resource_variable_assignments(run):
    v = tf1.Variable(lambda: tf1.ones([2]), name="v", use_resource=True)
    assigned = tf1.assign(v, [3.0, 4.0])
    less = v.assign_sub([1.0, 1.0])
    read = v.read_value()
    run(v.initializer)
    run(assigned)
    run(less)
    run(read)


@program
def names_of_variables(run):
    a = tf1.Variable(1)
    b = tf1.Variable(2)
    with tf1.name_scope("scope"):
        c = tf1.Variable(3, name="v")
        d = tf1.Variable(4, name="v")
    total = a + b + c + d
    run(tf1.global_variables_initializer())
    run(total)


@program
def assignments(run):
    v = tf1.Variable([1, 2, 3], name="v")
    w = tf1.assign(v, [4, 5, 6])
    x = tf1.assign_sub(v, [1, 1, 1], name="minus")
    run(v.initializer)
    run(w)
    run(x)
    run(v)


@program
def assignment_without_a_shape_check(run):
    v = tf1.Variable([1, 2, 3], name="v", validate_shape=False)
    grown = tf1.assign(v, [4, 5, 6, 7], validate_shape=False)
    run(v.initializer)
    run(grown)
    run(v)


@program
def scatters(run):
    v = tf1.Variable([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]], name="v")
    added = tf1.scatter_add(v, [0, 2], [[1.0, 1.0], [5.0, 5.0]])
    updated = tf1.scatter_update(v, 1, [9.0, 9.0])
    multiplied = tf1.scatter_mul(v, [1], [[2.0, 3.0]])
    run(v.initializer)
    run(added)
    run(updated)
    run(multiplied)


@program
def scatters_of_a_resource(run):
    v = tf1.Variable([1.0, 2.0, 3.0], name="v", use_resource=True)
    subtracted = tf1.scatter_sub(v, [0, 2], [1.0, 5.0])
    nd = tf1.scatter_nd_update(v, [[1]], [7.0])
    run(v.initializer)
    run(subtracted)
    run(nd)


@program
def counter(run):
    v = tf1.Variable(0, name="v")
    count = v.count_up_to(3)
    run(v.initializer)
    run(count)
    run(count)


@program
def get_variables(run):
    tf1.set_random_seed(7)
    with tf1.variable_scope("layer"):
        w = tf1.get_variable("w", [2, 3])
        b = tf1.get_variable("b", [3], initializer=tf1.zeros_initializer())
        x = tf1.placeholder(tf.float32, [None, 2], name="x")
        y = tf1.matmul(x, w) + b
    run(tf1.global_variables_initializer())
    run(w, b)
    run(y, feeds={x: [[1.0, 2.0]]})


@program
def get_resource_variables(run):
    tf1.set_random_seed(7)
    with tf1.variable_scope("layer", use_resource=True):
        w = tf1.get_variable("w", [2, 3])
        n = tf1.get_variable("n", [2], dtype=tf.int32)
    y = tf1.reduce_sum(w.value(), 0)
    run(tf1.global_variables_initializer())
    run(w, n)
    run(y)


@program
def nested_scopes(run):
    with tf1.variable_scope("a") as a:
        tf1.get_variable("v", [1], initializer=tf1.ones_initializer())
        with tf1.variable_scope("b"):
            tf1.get_variable("v", [1], initializer=tf1.ones_initializer())
            tf1.constant(1, name="c")
    with tf1.variable_scope("a", reuse=True):
        v = tf1.get_variable("v", [1])
        tf1.constant(2, name="c")
    with tf1.variable_scope(a, auxiliary_name_scope=False):
        tf1.get_variable("u", [1], initializer=tf1.ones_initializer())
        tf1.constant(3, name="c")
    with tf1.variable_scope(a):
        with tf1.name_scope(a.original_name_scope):
            tf1.constant(4, name="c")
    with tf1.variable_scope("a", reuse=tf1.AUTO_REUSE):
        w = tf1.get_variable("w", [1], initializer=tf1.ones_initializer())
        again = tf1.get_variable("w", [1])
    total = v + w + again
    run(tf1.global_variables_initializer())
    run(total)


@program
def default_names_of_scopes(run):
    for _ in range(3):
        with tf1.variable_scope(None, default_name="dense"):
            tf1.get_variable("k", [1], initializer=tf1.constant_initializer(5.0))
            with tf1.variable_scope(None, "inner"):
                tf1.get_variable("k", [1], initializer=tf1.constant_initializer(6.0))
    run(tf1.global_variables_initializer())
    run(tf1.global_variables()[2], tf1.global_variables()[3])


@program
def settings_of_scopes(run):
    with tf1.variable_scope("s", initializer=tf1.constant_initializer(3.0), dtype=tf.float64):
        a = tf1.get_variable("a", [2])
        with tf1.variable_scope("t", initializer=tf1.ones_initializer()):
            b = tf1.get_variable("b", [2])
            c = tf1.get_variable("c", [2], dtype=tf.float32)
    run(tf1.global_variables_initializer())
    run(a, b, c)


@program
def templates(run):
    def layer(x):
        w = tf1.get_variable("w", [2], initializer=tf1.ones_initializer())
        return tf1.multiply(x, w)

    template = tf1.make_template("layer", layer)
    x = tf1.placeholder(tf.float32, [2], name="x")
    first = template(x)
    with tf1.variable_scope("outer"):
        second = template(first)
    other = tf1.make_template("layer", layer)
    third = other(second)
    run(tf1.global_variables_initializer())
    run(first, third, feeds={x: [1.0, 2.0]})


@program
def custom_getter(run):
    def halved(getter, name, *args, **kwargs):
        return getter(name + "_raw", *args, **kwargs)

    def outer(getter, name, *args, **kwargs):
        kwargs["trainable"] = False
        return getter("x/" + name, *args, **kwargs)

    with tf1.variable_scope("s", custom_getter=outer):
        with tf1.variable_scope("t", custom_getter=halved):
            v = tf1.get_variable("v", [1], initializer=tf1.ones_initializer())
    run(v.initializer)
    run(v)


@program
def regularizers(run):
    def halved_sum(variable):
        return tf1.reduce_sum(variable) * 0.5

    with tf1.variable_scope("s", regularizer=halved_sum):
        v = tf1.get_variable("v", [2], initializer=tf1.ones_initializer())
    (loss,) = tf1.get_collection(tf1.GraphKeys.REGULARIZATION_LOSSES)
    run(v.initializer)
    run(loss)


@program
def initial_values_of_variables(run):
    v = tf1.Variable(1.0, name="v")
    w = tf1.Variable(v * 2.0, name="w")
    u = tf1.Variable(v.initialized_value() + 1.0, name="u")
    run(tf1.global_variables_initializer())
    run(v, w, u)


@program
def local_variables(run):
    v = tf1.Variable(1, name="v", collections=[tf1.GraphKeys.LOCAL_VARIABLES], trainable=False)
    w = tf1.get_local_variable("w", [2], initializer=tf1.zeros_initializer())
    run(tf1.local_variables_initializer())
    run(v, w)


@program
def initialisation(run):
    a = tf1.Variable(1, name="a")
    b = tf1.Variable(2, name="b", use_resource=True)
    known = tf1.is_variable_initialized(a)
    resource_known = tf1.is_variable_initialized(b)
    init = tf1.variables_initializer([b, a], name="setup")
    run(known, resource_known)
    run(init)
    run(known, resource_known)


@program
def constant_initializers(run):
    a = tf1.get_variable("a", [2, 2], initializer=tf1.constant_initializer([[1.0, 2.0], [3.0, 4.0]]))
    b = tf1.get_variable("b", [3], initializer=tf1.ones_initializer(), dtype=tf.int64)
    c = tf1.get_variable("c", initializer=[1, 2, 3])
    d = tf1.get_variable("d", initializer=tf1.constant([0.5]))
    e = tf1.get_variable("e", [2], dtype=tf.string)
    f = tf1.get_variable("f", [], dtype=tf.bool)
    g = tf1.get_variable("g", [2, 3], initializer=tf1.initializers.identity(2.0))
    h = tf1.get_variable("h", [2, 2], initializer=tf1.initializers.identity())
    i = tf1.get_variable("i", [2, 3], initializer=tf1.constant_initializer([1, 2, 3]), dtype=tf.int32)
    run(tf1.global_variables_initializer())
    run(a, b, c, d, e, f, g, h, i)


@program
def large_zeros(run):
    a = tf1.get_variable("a", [40, 50], initializer=tf1.zeros_initializer())
    b = tf1.get_variable("b", [40, 50], initializer=tf1.ones_initializer())
    run(tf1.global_variables_initializer())
    run(tf1.reduce_sum(a + b))


@program
def random_initializers(run):
    tf1.set_random_seed(1)
    shape = [3, 4]
    v = [
        tf1.get_variable("a", shape, initializer=tf1.random_uniform_initializer(0.0, 1.0)),
        tf1.get_variable("b", shape, initializer=tf1.random_uniform_initializer(-1.0, 2.0, seed=3)),
        tf1.get_variable("c", shape, initializer=tf1.random_normal_initializer(1.0, 2.0)),
        tf1.get_variable("d", shape, initializer=tf1.truncated_normal_initializer(stddev=0.5)),
        tf1.get_variable("e", shape, initializer=tf1.uniform_unit_scaling_initializer(1.5)),
        tf1.get_variable("f", shape, initializer=tf1.random_normal_initializer(), dtype=tf.float64),
    ]
    run(tf1.global_variables_initializer())
    run(*v)


@program
def scaling_initializers(run):
    tf1.set_random_seed(2)
    initializers = tf1.initializers
    v = []
    for index, initializer in enumerate(
        [
            initializers.glorot_uniform(),
            initializers.glorot_normal(),
            initializers.he_uniform(),
            initializers.he_normal(seed=5),
            initializers.lecun_uniform(),
            initializers.lecun_normal(),
            tf1.variance_scaling_initializer(3.0, "fan_out", "untruncated_normal"),
            tf1.variance_scaling_initializer(0.5, "fan_avg", "uniform"),
        ]
    ):
        v.append(tf1.get_variable(f"v{index}", [2, 2, 3, 4], initializer=initializer))
    v.append(tf1.get_variable("vector", [5]))
    v.append(tf1.get_variable("scalar", []))
    run(tf1.global_variables_initializer())
    run(*v)


@program
def seeds(run):
    a = tf1.random_uniform([2], seed=1)
    tf1.set_random_seed(1234)
    b = tf1.random_uniform([2])
    c = tf1.random_normal([2])
    d = tf1.random_uniform([2], seed=1)
    e = tf1.random_uniform([2], maxval=9, dtype=tf.int32)
    f = tf1.truncated_normal([2], seed=0)
    g = tf1.random_shuffle([1, 2, 3, 4])
    run(a)
    run(b, c, d, e, f, g)
    run(b)


@program
def control_dependencies(run):
    v = tf1.Variable(1, name="v")
    add = tf1.assign_add(v, 1)
    with tf1.control_dependencies([add]):
        read = tf1.identity(v, name="after")
        inner = tf1.constant(1, name="inner")
        with tf1.control_dependencies([inner]):
            both = tf1.add(inner, 1, name="both")
            other = tf1.add(read, 1, name="other")
        with tf1.control_dependencies(None):
            free = tf1.constant(2, name="free")
    run(v.initializer)
    run(read, both, other, free)


@program
def groups(run):
    v = tf1.Variable(1, name="v")
    w = tf1.Variable(1, name="w")
    both = tf1.group(v.assign_add(1), w.assign_add(2), name="both")
    nothing = tf1.group()
    with tf1.control_dependencies([both]):
        done = tf1.no_op(name="done")
    run(tf1.global_variables_initializer())
    run(done, nothing)
    run(v, w)


@program
def name_scopes(run):
    with tf1.name_scope("a") as a:
        x = tf1.constant(1, name="x")
        with tf1.name_scope("b"):
            y = tf1.add(x, 2, name="y")
        with tf1.name_scope("b"):
            z = tf1.multiply(y, 3)
    with tf1.name_scope("a"):
        w = tf1.constant(1, name="X")
    with tf1.name_scope(a):
        u = tf1.constant(4, name="x")
    with tf1.name_scope(None):
        t = tf1.negative(u)
    run(z, w, t)


@program
def devices(run):
    with tf1.device("/cpu:0"):
        x = tf1.constant(1.0, name="x")
        v = tf1.get_variable("v", [1], initializer=tf1.ones_initializer())
        with tf1.device("/job:localhost"):
            y = tf1.add(x, 1.0, name="y")
        with tf1.device(None):
            z = tf1.add(y, 1.0, name="z")
            r = tf1.get_variable("r", [1], use_resource=True)
        with tf1.device(""):
            w = tf1.add(z, 1.0, name="w")
    assigned = v.assign([2.0])
    run(tf1.global_variables_initializer())
    run(w, assigned)


@program
def colocation(run):
    with tf1.device("/cpu:0"):
        x = tf1.constant(1.0, name="x")
    with tf1.colocate_with(x):
        y = tf1.constant(2.0, name="y")
        with tf1.colocate_with(y):
            z = tf1.add(y, 1.0, name="z")
        with tf1.colocate_with(None, ignore_existing=True):
            w = tf1.add(z, 1.0, name="w")
    run(w)


@program
def placeholders(run):
    x = tf1.placeholder(tf.float32, [None, 3], name="x")
    d = tf1.placeholder_with_default([1.0, 2.0, 3.0], [3], name="d")
    u = tf1.placeholder(tf.float32, name="u")
    y = x + d * u
    run(y, feeds={x: np.ones((2, 3)), u: 2.0})
    run(y, feeds={x: np.ones((1, 3)), u: 2.0, d: [0.0, 0.0, 1.0]})


@program
def constants(run):
    a = tf1.constant([[1, 2], [3, 4]], name="a")
    b = tf1.constant(2.5, shape=[2, 2], name="b")
    c = tf1.constant(["x", "yz"], name="c")
    d = tf1.constant([True, False], name="d")
    e = tf1.constant(1, dtype=tf.float64, name="e")
    f = tf1.constant([], dtype=tf.float32, name="f")
    g = tf1.constant([1 + 2j], dtype=tf.complex64, name="g")
    h = tf1.constant([1.0, 2.0], dtype=tf.float16, name="h")
    run(a, b, c, d, e, f, g, h)


@program
def operators(run):
    x = tf1.placeholder(tf.float32, [2], name="x")
    y = tf1.placeholder(tf.float32, [2], name="y")
    total = (x + y) * x - y / x + 2.0 * x - 1.0
    compared = tf1.logical_and(tf1.less(x, y), tf1.logical_not(tf1.equal(x, y)))
    run(total, -x, abs(-x), x % y, x // y, feeds={x: [1.0, 2.0], y: [3.0, 1.0]})
    run(compared, feeds={x: [1.0, 2.0], y: [3.0, 1.0]})


@program
def reductions(run):
    x = tf1.placeholder(tf.float32, [2, 3], name="x")
    a = tf1.reduce_sum(x)
    b = tf1.reduce_mean(x, 1, keepdims=True)
    c = tf1.reduce_max(x, [0, 1])
    d = tf1.argmax(x, 1)
    run(a, b, c, d, feeds={x: [[1.0, 5.0, 2.0], [3.0, 4.0, 0.0]]})


@program
def conditional(run):
    p = tf1.placeholder(tf.bool, [], name="p")
    x = tf1.placeholder(tf.float32, [2], name="x")
    y = tf1.cond(p, lambda: x + 1.0, lambda: tf1.zeros([2]))
    z = y * 2.0
    run(z, feeds={p: True, x: [1.0, 2.0]})
    run(z, feeds={p: False, x: [1.0, 2.0]})


@program
def conditional_of_several(run):
    p = tf1.placeholder(tf.bool, [], name="p")
    x = tf1.placeholder(tf.float32, [2], name="x")
    w = tf1.constant(3.0, name="w")
    a, b = tf1.cond(p, lambda: (x, tf1.sin(x * w)), lambda: (tf1.square(x), x), name="choice")
    run(a, b, feeds={p: True, x: [1.0, 2.0]})
    run(a, b, feeds={p: False, x: [1.0, 2.0]})


@program
def nested_conditional(run):
    p = tf1.placeholder(tf.bool, [], name="p")
    q = tf1.placeholder(tf.bool, [], name="q")
    x = tf1.placeholder(tf.int32, [], name="x")
    y = tf1.cond(p, lambda: tf1.cond(q, lambda: x + 1, lambda: x + 2), lambda: tf1.constant(7))
    for truths in [(True, True), (True, False), (False, True)]:
        run(y, feeds={p: truths[0], q: truths[1], x: 10})


@program
def conditional_assignment(run):
    p = tf1.placeholder(tf.bool, [], name="p")
    v = tf1.Variable(1, name="v")
    changed = tf1.cond(p, lambda: tf1.assign_add(v, 10), lambda: tf1.identity(v))
    run(v.initializer)
    run(changed, feeds={p: False})
    run(changed, feeds={p: True})
    run(v)


@program
def assertions(run):
    x = tf1.placeholder(tf.float32, [2], name="x")
    positive = tf1.reduce_all(tf1.greater(x, 0.0))
    guarded = tf1.Assert(positive, [x, "is not positive"], summarize=2)
    plain = tf1.Assert(positive, ["not positive"], name="plain")
    less = tf1.assert_less(x, 5.0, message="large")
    with tf1.control_dependencies([guarded, plain, less]):
        y = tf1.identity(x)
    run(y, feeds={x: [1.0, 2.0]})


@program
def assertion_in_a_conditional(run):
    x = tf1.placeholder(tf.float32, [], name="x")

    def checked():
        with tf1.control_dependencies([tf1.Assert(tf1.less(x, 9.0), [x])]):
            return tf1.identity(x)

    y = tf1.cond(tf1.greater(x, 0.0), checked, lambda: -x)
    run(y, feeds={x: 1.0})
    run(y, feeds={x: -20.0})


@program
def case_of_three(run):
    x = tf1.placeholder(tf.int32, [], name="x")
    y = tf1.case(
        [(x < 0, lambda: tf1.constant(-1)), (x > 0, lambda: tf1.constant(1))],
        default=lambda: tf1.constant(0),
    )
    for value in [-5, 5, 0]:
        run(y, feeds={x: value})


@program
def gradients_of_products(run):
    x = tf1.placeholder(tf.float32, [2], name="x")
    y = x * x
    z = tf1.multiply(y, x)
    (dx,) = tf1.gradients(z, x)
    run(dx, feeds={x: [1.0, 2.0]})


@program
def gradients_of_concatenations(run):
    known, x, y = tf1.constant([[1.0, 2.0]]), *[tf1.placeholder(tf.float32, [None, 2]) for _ in "xy"]
    some = tf1.gradients(tf1.square(tf1.concat([known, x, y], 0)), [known, y])
    many = tf1.gradients(tf1.square(tf1.concat([x] * 17, -1)), [x])
    known = tf1.gradients(tf1.square(tf1.concat([known, tf1.constant([[3.0]])], 1)), [known])
    run(some, many, known, feeds={x: [[3.0, 4.0], [5.0, 6.0]], y: [[7.0, 8.0]]})


@program
def gradients_with_all_arguments(run):
    x = tf1.placeholder(tf.float32, [2], name="x")
    w = tf1.constant([2.0, 3.0], name="w")
    y = x * w
    z = y + x
    (dx,) = tf1.gradients(z, x, grad_ys=[tf1.constant([1.0, 10.0])], stop_gradients=[y], name="g")
    run(dx, feeds={x: [1.0, 2.0]})


@program
def training_step(run):
    x = tf1.placeholder(tf.float32, [4, 2], name="x")
    t = tf1.placeholder(tf.float32, [4, 1], name="t")
    w = tf1.get_variable("w", [2, 1], initializer=tf1.ones_initializer())
    error = tf1.matmul(x, w) - t
    loss = tf1.multiply(error, error, name="loss")
    (dw,) = tf1.gradients(loss, w)
    step = tf1.assign_sub(w, 0.01 * dw)
    run(w.initializer)
    feeds = {x: np.arange(8).reshape(4, 2) / 8.0, t: np.ones((4, 1))}
    run(loss, dw, feeds=feeds)
    run(step, feeds=feeds)
    run(loss, feeds=feeds)


@program
def training_step_of_a_resource(run):
    x = tf1.placeholder(tf.float32, [4, 2], name="x")
    with tf1.variable_scope("layer", use_resource=True):
        w = tf1.get_variable("w", [2, 1], initializer=tf1.ones_initializer())
        b = tf1.get_variable("b", [4, 1], initializer=tf1.zeros_initializer())
    y = tf1.matmul(x, w.value()) + b.value()
    dw, db = tf1.gradients(y, [w, b])
    step = tf1.group(w.assign_sub(0.5 * dw), b.assign_sub(db), name="step")
    run(tf1.global_variables_initializer())
    feeds = {x: np.arange(8).reshape(4, 2) / 8.0}
    run(dw, db, feeds=feeds)
    run(step, feeds=feeds)
    run(w, b)


@program
def cached_variable(run):
    v = tf1.get_variable("v", [2], initializer=tf1.ones_initializer(), caching_device="/cpu:0")
    with tf1.variable_scope("s", caching_device="/cpu:0"):
        w = tf1.get_variable("w", [2], initializer=tf1.ones_initializer())
    total = v + w
    run(tf1.global_variables_initializer())
    run(total)


@program
def groups_on_devices(run):
    with tf1.device("/cpu:0"):
        v = tf1.Variable(1, name="v")
    w = tf1.Variable(1, name="w")
    both = tf1.group(v.assign_add(1), w.assign_add(2), name="both")
    run(tf1.global_variables_initializer())
    run(both)
    run(v, w)


@program
def gradients_with_their_ops(run):
    with tf1.device("/cpu:0"):
        x = tf1.placeholder(tf.float32, [2], name="x")
        with tf1.name_scope("layer"):
            y = tf1.multiply(x, x, name="y")
    z = tf1.add(y, x, name="z")
    (dx,) = tf1.gradients(z, x, colocate_gradients_with_ops=True)
    run(dx, feeds={x: [1.0, 2.0]})


@program
def gradients_of_several(run):
    x = tf1.placeholder(tf.float32, [2], name="x")
    w = tf1.placeholder(tf.float32, [2], name="w")
    with tf1.name_scope("inner"):
        y = tf1.multiply(x, w)
        z = tf1.add(x, x)
        dx, dw = tf1.gradients([y, z], [x, w])
    run(dx, dw, feeds={x: [1.0, 2.0], w: [3.0, 4.0]})


@program
def variable_in_a_conditional(run):
    p = tf1.placeholder(tf.bool, [], name="p")
    with tf1.name_scope("outer"):
        w = tf1.Variable(3.0, name="w")
        y = tf1.cond(
            p,
            lambda: tf1.get_variable("v", [], initializer=tf1.ones_initializer()) + 1.0,
            lambda: tf1.multiply(w, 2.0),
        )
    with tf1.control_dependencies([y]):
        z = tf1.constant(1.0, name="z")
    run(tf1.global_variables_initializer())
    run(y, z, feeds={p: True})
    run(y, z, feeds={p: False})


def describe(value):
    shape = ",".join(str(size) for size in value.shape)
    if value.dtype == object or value.dtype.kind in "SU":
        # Bytes that are no text stand as characters of the same numbers.
        items = [item.decode("latin-1") if isinstance(item, bytes) else str(item) for item in value.reshape(-1)]
        return f"string\t[{shape}]\t{json.dumps(items)}"
    return f"{value.dtype.name}\t[{shape}]\t{np.ascontiguousarray(value).tobytes().hex()}"


def main():
    target = sys.argv[1]
    os.makedirs(target, exist_ok=True)
    tf1.disable_v2_behavior()
    tf1.enable_v2_tensorshape()
    lines = []
    files = [
        v1_saver_programs,
        v1_loop_programs,
        v1_layer_programs,
        v1_data_flow_programs,
        v1_partition_programs,
    ]
    for function in sum((file.PROGRAMS for file in files), PROGRAMS):
        with tf1.Graph().as_default() as graph:
            run = Run()
            function(run)
            text = text_format.MessageToString(graph.as_graph_def())
        with open(os.path.join(target, f"{function.__name__}.pbtxt"), "w") as file:
            file.write(text)
        lines += [f"{function.__name__}\t{describe(value)}\n" for value in run.values]
    with open(os.path.join(target, "values.txt"), "w") as file:
        file.writelines(lines)


if __name__ == "__main__":
    main()
