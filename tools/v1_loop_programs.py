"""Programs with loops and branches of v1 form, and gradients through them, for `record_v1_graphs.py`."""

import tensorflow as tf

tf1 = tf.compat.v1
f32 = tf.float32
PROGRAMS = []


def program(function):
    PROGRAMS.append(function)
    return function


def scalar(name, dtype=f32):
    return tf1.placeholder(dtype, [], name=name)


@program
def counting_loop(run):
    n = scalar("n", tf.int32)
    start = tf1.constant(0, name="start")
    one = tf1.constant(1, name="one")
    i, power = tf1.while_loop(lambda i, _: tf1.less(i, n), lambda i, p: (i + 1, p * 2), [start, one])
    for count in [5, 0]:
        run(i, power, feeds={n: count})


@program
def loop_with_a_limit(run):
    n = scalar("n", tf.int32)
    start = tf1.constant(0, name="start")
    i, j = tf1.while_loop(
        lambda i, _: tf1.less(i, n),
        lambda i, j: (i + 1, j + n),
        (start, start),
        parallel_iterations=1,
        swap_memory=True,
        maximum_iterations=4,
        name="limited",
    )
    for count in [10, 2]:
        run(i, j, feeds={n: count})


@program
def growing_loop(run):
    x = tf1.placeholder(f32, [None], name="x")
    start = tf1.constant(0, name="start")
    _, y = tf1.while_loop(
        lambda i, _: tf1.less(i, 2),
        lambda i, y: (i + 1, tf1.concat([y, y], 0)),
        [start, x],
        shape_invariants=[tf1.TensorShape([]), tf1.TensorShape([None])],
    )
    (dx,) = tf1.gradients(y, x)
    run(y, dx, feeds={x: [1.0, 2.0]})


@program
def nested_loops(run):
    n, m = scalar("n", tf.int32), scalar("m", tf.int32)
    start = tf1.constant(0, name="start")

    def outer(i, total):
        inner = lambda j, part: (j + 1, part + i * m)
        _, part = tf1.while_loop(lambda j, _: tf1.less(j, m), inner, [start, i])
        return i + 1, total + part

    i, total = tf1.while_loop(lambda i, _: tf1.less(i, n), outer, [start, start])
    run(i, total, feeds={n: 3, m: 2})


@program
def conditional_in_a_loop(run):
    n, x = scalar("n", tf.int32), scalar("x")
    start = tf1.constant(0, name="start")

    def body(i, y):
        return i + 1, tf1.cond(tf1.less(y, 2.0), lambda: y * x, lambda: y - 1.0)

    _, y = tf1.while_loop(lambda i, _: tf1.less(i, n), body, [start, x])
    run(y, feeds={n: 4, x: 1.5})


@program
def loop_in_a_conditional(run):
    p, n = scalar("p", tf.bool), scalar("n", tf.int32)
    start = tf1.constant(0, name="start")

    def loop():
        return tf1.while_loop(lambda i: tf1.less(i, n), lambda i: i + 2, [start])

    y = tf1.cond(p, loop, lambda: start)
    for truth in [True, False]:
        run(y, feeds={p: truth, n: 5})


@program
def loop_with_assignments(run):
    v = tf1.Variable(1.0, name="v")
    start = tf1.constant(0, name="start")

    def body(i):
        with tf1.control_dependencies([tf1.assign_add(v, 2.0)]):
            return tf1.add(i, 1)

    i = tf1.while_loop(lambda i: tf1.less(i, 3), body, [start])
    run(v.initializer)
    run(i)
    run(v)


@program
def loop_that_waits(run):
    v = tf1.Variable(1.0, name="v")
    start = tf1.constant(0, name="start")
    with tf1.control_dependencies([tf1.assign_add(v, 2.0)]):
        i = tf1.while_loop(lambda i: tf1.less(i, 3), lambda i: tf1.add(i, 1), [start])
    run(v.initializer)
    run(i)
    run(v)


@program
def gradient_of_a_loop(run):
    n, x = scalar("n", tf.int32), scalar("x")
    start = tf1.constant(0, name="start")
    _, y = tf1.while_loop(lambda i, _: tf1.less(i, n), lambda i, y: (i + 1, y * x), [start, x])
    (dx,) = tf1.gradients(y, x)
    for count in [3, 0]:
        run(y, dx, feeds={n: count, x: 1.5})


@program
def gradient_of_a_recurrence(run):
    x = tf1.placeholder(f32, [2, 3], name="x")
    w = tf1.get_variable("w", [3, 3], initializer=tf1.constant_initializer(0.25))
    start = tf1.constant(0, name="start")
    _, h = tf1.while_loop(
        lambda i, _: tf1.less(i, 3), lambda i, h: (i + 1, tf1.nn.relu(tf1.matmul(h, w) + x)), [start, x]
    )
    loss = tf1.reduce_sum(h)
    dx, dw = tf1.gradients(loss, [x, w])
    run(w.initializer)
    run(loss, dx, dw, feeds={x: [[0.5, 0.25, 0.75], [1.0, 0.125, 0.5]]})


@program
def gradient_of_unknown_shape(run):
    x = tf1.placeholder(f32, [None, 2], name="x")
    start = tf1.constant(0, name="start")
    _, y, _ = tf1.while_loop(
        lambda i, *_: tf1.less(i, 3), lambda i, y, z: (i + 1, y * x + z, tf1.sin(z)), [start, x, x]
    )
    (dx,) = tf1.gradients(y, x)
    run(y, dx, feeds={x: [[0.5, -1.0]]})


@program
def gradient_of_nested_loops(run):
    x = scalar("x")
    start = tf1.constant(0, name="start")

    def body(i, y):
        _, z = tf1.while_loop(lambda j, _: tf1.less(j, 2), lambda j, z: (j + 1, z * x + y), [start, y])
        return i + 1, y + z

    _, y = tf1.while_loop(lambda i, _: tf1.less(i, 3), body, [start, x])
    (dx,) = tf1.gradients(y, x)
    run(y, dx, feeds={x: 0.5})


@program
def gradient_of_a_conditional(run):
    p, x = scalar("p", tf.bool), scalar("x")
    y = tf1.cond(p, lambda: x * x, lambda: tf1.exp(x))
    z = tf1.cond(p, lambda: y + 1.0, lambda: x)
    (dx,) = tf1.gradients(z, x)
    for truth in [True, False]:
        run(z, dx, feeds={p: truth, x: 1.5})


@program
def gradient_of_conditionals_in_a_loop(run):
    n, x = scalar("n", tf.int32), scalar("x")
    start = tf1.constant(0, name="start")

    def body(i, y):
        return i + 1, tf1.cond(tf1.less(y, 2.0), lambda: y * x, lambda: tf1.sin(y))

    _, y = tf1.while_loop(lambda i, _: tf1.less(i, n), body, [start, x])
    (dx,) = tf1.gradients(y, x)
    run(y, dx, feeds={n: 4, x: 1.5})


@program
def gradient_of_a_loop_in_a_conditional(run):
    p, x = scalar("p", tf.bool), scalar("x")
    start = tf1.constant(0, name="start")

    def loop():
        return tf1.while_loop(lambda i, _: tf1.less(i, 3), lambda i, y: (i + 1, y * x), [start, x])[1]

    y = tf1.cond(p, loop, lambda: tf1.exp(x))
    (dx,) = tf1.gradients(y, x)
    for truth in [True, False]:
        run(y, dx, feeds={p: truth, x: 1.5})


@program
def gradient_of_lookups_in_a_loop(run):
    table = tf1.get_variable("table", [4, 2], initializer=tf1.constant_initializer([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]]), use_resource=True)
    start = tf1.constant(0, name="start")
    total = tf1.constant([1.0, 1.0], name="total")
    _, y = tf1.while_loop(
        lambda i, _: tf1.less(i, 3), lambda i, y: (i + 1, y * tf1.gather(table, i)), [start, total]
    )
    (dt,) = tf1.gradients(y, table)
    run(table.initializer)
    run(y, tf1.convert_to_tensor(dt, name="dt"))


@program
def gradient_that_stops(run):
    x = scalar("x")
    start = tf1.constant(0, name="start")
    _, y = tf1.while_loop(
        lambda i, _: tf1.less(i, 3), lambda i, y: (i + 1, y * x), [start, x], back_prop=False
    )
    z = y + x
    (dx,) = tf1.gradients(z, x)
    run(z, dx, feeds={x: 1.5})


@program
def tensor_arrays(run):
    x = tf1.placeholder(f32, [None, 2], name="x")
    lengths = tf1.placeholder(tf.int32, [2], name="lengths")
    array = tf1.TensorArray(f32, 3, name="array", tensor_array_name="named", element_shape=[2])
    array = array.write(0, [1.0, 2.0]).write(1, tf1.constant([3.0, 4.0])).identity()
    array = array.scatter([2], x)
    grown = tf1.TensorArray(tf.int32, 0, dynamic_size=True, clear_after_read=False)
    _, grown = tf1.while_loop(lambda i, _: i < 4, lambda i, a: (i + 1, a.write(i, i * i)), [tf1.constant(0), grown])
    parts = tf1.TensorArray(f32, 2, infer_shape=False).split(x, lengths)
    size = grown.size()
    last = grown.read(3)
    chosen = grown.gather([2, 0])
    squares = grown.stack()
    joined = parts.concat()
    closed = parts.close()
    stacked = array.stack()
    run(size, last, chosen, squares)
    run(joined, feeds={x: [[5.0, 6.0], [7.0, 8.0], [9.0, 10.0]], lengths: [1, 2]})
    run(stacked, feeds={x: [[5.0, 6.0]]})
    run(closed, feeds={x: [[5.0, 6.0]]})
