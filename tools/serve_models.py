"""Programs about control flow, functions, training and files; see tools/serve_programs.py."""

import os
import shutil
import tempfile

import numpy as np
import tensorflow.compat.v1 as tf
from tensorflow.core.protobuf import config_pb2
from tensorflow.python.framework import function

from serve_programs import program


# --- control flow


@program
def conditions(t):
    x = tf.placeholder(tf.float32, [], name="x")
    v1 = tf.cond(x > 0, lambda: x * 2, lambda: x - 10)
    nested = tf.cond(x > 0, lambda: tf.cond(x > 5, lambda: "big", lambda: "small"), lambda: "negative")
    chosen = tf.case([(x > 3, lambda: tf.constant(3)), (x > 1, lambda: tf.constant(1))], default=lambda: tf.constant(0))
    gradient = tf.gradients(v1, x)[0]
    dead, alive = tf.raw_ops.Switch(data=x, pred=x > 0)
    with t.session() as session:
        for value in (-1.0, 2.0, 7.0):
            t.show(f"{value}", session.run([v1, nested, chosen, gradient], {x: value}))
        t.show("alive", session.run(alive, {x: 1.0}))
        t.fails("dead", lambda: session.run(tf.identity(dead, name="dead_value"), {x: 1.0}))


@program
def loops(t):
    n = tf.placeholder(tf.int32, [], name="n")
    total = tf.while_loop(lambda i, s: i < n, lambda i, s: (i + 1, s + i), [0, 0])
    nested = tf.while_loop(
        lambda i, s: i < n,
        lambda i, s: (i + 1, tf.while_loop(lambda j, u: j < i, lambda j, u: (j + 1, u + 1), [0, s])[1]),
        [0, 0],
    )
    x = tf.placeholder(tf.float32, [2], name="x")
    power = tf.while_loop(lambda i, p: i < n, lambda i, p: (i + 1, p * x), [0, tf.ones([2])])[1]
    gradient = tf.gradients(power, x)[0]
    collected = tf.map_fn(lambda a: a * a, tf.range(n))
    scanned = tf.scan(lambda a, b: a + b, tf.range(n))
    parts = tf.TensorArray(tf.float32, n, clear_after_read=False)
    parts = tf.while_loop(
        lambda i, ta: i < n, lambda i, ta: (i + 1, ta.write(i, x * tf.cast(i, tf.float32))), [0, parts]
    )[1]
    with t.session() as session:
        for count in (1, 5):
            feed = {n: count, x: [2, 3]}
            t.show(f"{count}", session.run([total, nested, power, gradient, collected, scanned], feed))
            t.show(f"array {count}", session.run([parts.stack(), parts.concat(), parts.read(0)], feed))
        t.show("none", session.run([total, nested, power], {n: 0, x: [2, 3]}))


@program
def functional_control_flow(t):
    tf.enable_control_flow_v2()
    try:
        n = tf.placeholder(tf.int32, [], name="n")
        x = tf.placeholder(tf.float32, [], name="x")
        total = tf.while_loop(lambda i, s: i < n, lambda i, s: (i + 1, s * x), [0, 1.0])[1]
        branch = tf.cond(x > 1, lambda: x * total, lambda: -x)
        gradient = tf.gradients(branch, x)[0]
        switch = tf.switch_case(n, [lambda: tf.constant("zero"), lambda: tf.constant("one")], lambda: tf.constant("more"))
        mapped = tf.map_fn(lambda a: a + 1, tf.range(n))
    finally:
        tf.disable_control_flow_v2()
    with t.session() as session:
        for count, value in ((0, 3.0), (1, 0.5), (4, 2.0)):
            t.show(f"{count} {value}", session.run([total, branch, gradient, switch, mapped], {n: count, x: value}))
        t.show("ops", sorted({op.type for op in tf.get_default_graph().get_operations()} & {"While", "If", "StatelessWhile", "StatelessIf", "Case", "StatelessCase"}))


@program
def dependencies(t):
    v = tf.get_variable("v", [], tf.int32, tf.zeros_initializer(), use_resource=False)
    with tf.control_dependencies([tf.assign_add(v, 5)]):
        after = tf.identity(v.read_value())
    group = tf.group(tf.assign(v, 1), name="set")
    with t.session() as session:
        session.run(v.initializer)
        t.show("after", session.run(after))
        session.run(group)
        t.show("group", session.run(v))
        t.show("tuple", session.run(tf.tuple([v, tf.constant(3)])))


# --- functions


@program
def functions(t):
    v = tf.get_variable("v", [], initializer=tf.ones_initializer(), use_resource=True)

    @function.Defun(tf.float32, tf.float32)
    def weighted(a, b):
        return a * 2.0 + b, a - b

    @tf.function
    def factorial(n):
        result = 1
        while n > 1:
            result *= n
            n -= 1
        return result

    @tf.function(autograph=False)
    def outer(x):
        inner = tf.function(lambda y: y * y * v, autograph=False)
        return inner(x) + inner(x + 1.0)

    x = tf.placeholder(tf.float32, [], name="x")
    n = tf.placeholder(tf.int32, [], name="n")
    ys = weighted(x, 3.0)
    gradients = tf.gradients([outer(x), ys[0]], x)
    with t.session() as session:
        session.run(v.initializer)
        feed = {x: 2.0, n: 5}
        t.show("defun", session.run(ys, feed))
        t.show("loop", session.run(factorial(n), feed))
        t.show("nested", session.run(outer(x), feed))
        t.show("gradients", session.run(gradients, feed))


@program
def stateful_functions(t):
    v = tf.get_variable("v", [], tf.int32, tf.zeros_initializer(), use_resource=True)

    @tf.function
    def bump(times):
        for _ in tf.range(times):
            v.assign_add(2)
        return v.read_value()

    bumped = bump(tf.constant(4))
    with t.session() as session:
        session.run(v.initializer)
        t.show("first", session.run(bumped))
        t.show("second", session.run(bumped))
        t.show("variable", session.run(v))


@program
def custom_gradients(t):
    @tf.custom_gradient
    def clipped(x):
        return tf.exp(x), lambda dy: tf.clip_by_value(dy * tf.exp(x), -1.0, 1.0)

    x = tf.placeholder(tf.float32, [2], name="x")
    y = clipped(x)
    with t.session() as session:
        t.show("both", session.run([y, tf.gradients(y, x)[0]], {x: [0.5, -3.0]}))
        t.show("stopped", session.run(tf.gradients(x * tf.stop_gradient(x), x)[0], {x: [2, 3]}))
        t.show("hessian", session.run(tf.hessians(tf.reduce_sum(x**3), x)[0], {x: [1, 2]}))


# --- training


def regression():
    rng = np.random.RandomState(1)
    inputs = rng.randn(16, 3).astype(np.float32)
    targets = inputs @ np.array([[1.0], [-2.0], [0.5]], np.float32) + 0.1
    x, y = tf.placeholder(tf.float32, [None, 3]), tf.placeholder(tf.float32, [None, 1])
    return x, y, {x: inputs, y: targets}


def train(t, use_resource):
    optimizers = {
        "sgd": lambda: tf.train.GradientDescentOptimizer(0.1),
        "momentum": lambda: tf.train.MomentumOptimizer(0.05, 0.9, use_nesterov=True),
        "adam": lambda: tf.train.AdamOptimizer(0.05),
        "adagrad": lambda: tf.train.AdagradOptimizer(0.1),
        "adadelta": lambda: tf.train.AdadeltaOptimizer(1.0),
        "rmsprop": lambda: tf.train.RMSPropOptimizer(0.01, centered=True),
        "ftrl": lambda: tf.train.FtrlOptimizer(0.1, l1_regularization_strength=0.01),
        "proximal": lambda: tf.train.ProximalGradientDescentOptimizer(0.1, l1_regularization_strength=0.01),
        "adagrad_da": lambda: tf.train.AdagradDAOptimizer(0.1, tf.train.get_or_create_global_step()),
    }
    x, y, feed = regression()
    with tf.variable_scope("model", use_resource=use_resource):
        step = tf.train.get_or_create_global_step()
        losses, steps = {}, {}
        for name, make in optimizers.items():
            with tf.variable_scope(name):
                w = tf.get_variable("w", [3, 1], initializer=tf.zeros_initializer())
                b = tf.get_variable("b", [1], initializer=tf.zeros_initializer())
                losses[name] = tf.reduce_mean(tf.square(tf.matmul(x, w) + b - y))
                steps[name] = make().minimize(losses[name], global_step=step)
    with t.session() as session:
        session.run(tf.global_variables_initializer())
        for name in optimizers:
            found = [session.run([losses[name], steps[name]], feed)[0] for _ in range(4)]
            t.show(name, found)
        t.show("steps", session.run(step))


@program
def training_of_references(t):
    train(t, False)


@program
def training_of_resources(t):
    train(t, True)


@program
def training_of_embeddings(t):
    ids = tf.placeholder(tf.int32, [None])
    for use_resource in (False, True):
        with tf.variable_scope(f"embedding_{use_resource}", use_resource=use_resource):
            table = tf.get_variable("table", [5, 2], initializer=tf.ones_initializer())
            loss = tf.reduce_sum(tf.nn.embedding_lookup(table, ids) ** 2)
            steps = [
                tf.train.AdamOptimizer(0.1).minimize(loss),
                tf.train.GradientDescentOptimizer(0.1).minimize(loss),
                tf.train.AdagradOptimizer(0.1).minimize(loss),
            ]
        with t.session() as session:
            session.run(tf.global_variables_initializer())
            for at, step in enumerate(steps):
                session.run(step, {ids: [1, 3, 1]})
                t.show(f"{use_resource} {at}", session.run(table))


@program
def convolutional_network(t):
    tf.set_random_seed(7)
    images = tf.placeholder(tf.float32, [None, 8, 8, 1])
    labels = tf.placeholder(tf.int64, [None])
    net = tf.layers.conv2d(images, 4, 3, activation=tf.nn.relu)
    net = tf.layers.batch_normalization(net, training=True)
    net = tf.layers.max_pooling2d(net, 2, 2)
    logits = tf.layers.dense(tf.layers.flatten(net), 3)
    loss = tf.losses.sparse_softmax_cross_entropy(labels, logits)
    with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
        step = tf.train.AdamOptimizer(0.01).minimize(loss)
    accuracy, update = tf.metrics.accuracy(labels, tf.argmax(logits, 1))
    rng = np.random.RandomState(0)
    feed = {images: rng.rand(12, 8, 8, 1), labels: rng.randint(0, 3, 12)}
    with t.session() as session:
        session.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
        t.show("losses", [session.run([loss, step], feed)[0] for _ in range(5)])
        session.run(update, feed)
        t.show("accuracy", session.run(accuracy))


@program
def recurrent_network(t):
    tf.set_random_seed(3)
    x = tf.placeholder(tf.float32, [None, 5, 2])
    cell = tf.nn.rnn_cell.LSTMCell(3)
    outputs, state = tf.nn.dynamic_rnn(cell, x, sequence_length=[3, 5], dtype=tf.float32)
    loss = tf.reduce_sum(outputs)
    step = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    feed = {x: np.random.RandomState(0).rand(2, 5, 2)}
    with t.session() as session:
        session.run(tf.global_variables_initializer())
        t.show("outputs", session.run([outputs, state.c], feed))
        t.show("losses", [session.run([loss, step], feed)[0] for _ in range(3)])


@program
def random_numbers(t):
    tf.set_random_seed(11)
    values = {
        "uniform": tf.random_uniform([3]),
        "normal": tf.random_normal([3], seed=5),
        "truncated": tf.truncated_normal([3]),
        "ints": tf.random_uniform([3], 0, 100, tf.int32),
        "shuffle": tf.random_shuffle(tf.range(5)),
        "gamma": tf.random_gamma([3], 2.0),
        "multinomial": tf.multinomial([[0.1, 0.9]], 5),
        "stateless": tf.random.stateless_uniform([3], [1, 2]),
        "dropout": tf.nn.dropout(tf.ones([6]), rate=0.5),
    }
    with t.session(config=tf.ConfigProto(isolate_session_state=True)) as session:
        t.show("first", session.run(values))
        t.show("second", session.run(values))
    with t.session(config=tf.ConfigProto(isolate_session_state=True)) as session:
        t.show("another session", session.run(values))


# --- files


def folder():
    return tempfile.mkdtemp(prefix="serve_parity_")


@program
def savers(t):
    path = folder()
    try:
        v = tf.get_variable("v", [2], initializer=tf.ones_initializer(), use_resource=False)
        r = tf.get_variable("r", [2], initializer=tf.ones_initializer(), use_resource=True)
        p = tf.get_variable("p", [6], initializer=tf.ones_initializer(), partitioner=tf.fixed_size_partitioner(2))
        saver = tf.train.Saver(max_to_keep=2)
        with t.session() as session:
            session.run(tf.global_variables_initializer())
            for step in range(3):
                session.run([v.assign_add([1, 2]), r.assign_add([3, 4])])
                saver.save(session, os.path.join(path, "model"), global_step=step)
            t.show("files", sorted(os.listdir(path)))
            session.run(tf.global_variables_initializer())
            saver.restore(session, tf.train.latest_checkpoint(path))
            t.show("restored", session.run([v, r, p.as_tensor()]))
            t.fails("missing", lambda: saver.restore(session, os.path.join(path, "none")), text=False)
        found = tf.train.load_checkpoint(tf.train.latest_checkpoint(path))
        t.show("checkpoint", {name: found.get_tensor(name) for name in found.get_variable_to_shape_map()})
    finally:
        shutil.rmtree(path)


@program
def monitored_sessions(t):
    path = folder()
    try:
        step = tf.train.get_or_create_global_step()
        v = tf.get_variable("v", [], initializer=tf.zeros_initializer())
        train_step = tf.group(tf.assign_add(v, 2.0), tf.assign_add(step, 1))
        tf.summary.scalar("v", v)
        hooks = [tf.train.StopAtStepHook(num_steps=5), tf.train.NanTensorHook(v)]
        config = tf.ConfigProto()
        with tf.train.MonitoredTrainingSession(
            t.target, checkpoint_dir=path, hooks=hooks, save_checkpoint_steps=2, save_summaries_steps=2, config=config
        ) as session:
            while not session.should_stop():
                session.run(train_step)
        t.show("latest", os.path.basename(tf.train.latest_checkpoint(path)))
        with tf.train.MonitoredSession(tf.train.ChiefSessionCreator(master=t.target, checkpoint_dir=path)) as session:
            t.show("restored", session.run([v, step]))
    finally:
        shutil.rmtree(path)


@program
def workers(t):
    """A chief initialises, another worker waits for it."""
    if not t.target:
        return
    v = tf.get_variable("workers_v", [], initializer=tf.ones_initializer(), use_resource=True)
    add = tf.assign_add(v, 1.0)
    with tf.train.MonitoredSession(tf.train.ChiefSessionCreator(master=t.target)) as chief:
        t.show("chief", chief.run(add))
        with tf.train.MonitoredSession(tf.train.WorkerSessionCreator(master=t.target, max_wait_secs=20)) as worker:
            t.show("worker", worker.run(add))
        t.show("chief again", chief.run(v))


@program
def supervisors(t):
    v = tf.get_variable("v", [], initializer=tf.ones_initializer())
    supervisor = tf.train.Supervisor(logdir=None, summary_op=None)
    with supervisor.managed_session(t.target) as session:
        t.show("v", session.run(v))


@program
def summaries(t):
    x = tf.placeholder(tf.float32, [3], name="x")
    tf.summary.scalar("mean", tf.reduce_mean(x))
    tf.summary.histogram("all", x)
    merged = tf.summary.merge_all()
    with t.session() as session:
        summary = tf.Summary.FromString(session.run(merged, {x: [1, 2, 3]}))
        t.show("tags", [value.tag for value in summary.value])
        t.show("values", [summary.value[0].simple_value, summary.value[1].histo.sum])


@program
def files(t):
    path = folder()
    try:
        name = os.path.join(path, "text")
        write = tf.write_file(name, "line one\nline two\n")
        read = tf.read_file(name)
        match = tf.matching_files(os.path.join(path, "*"))
        queue = tf.train.string_input_producer([name], num_epochs=1, shuffle=False, shared_name=t.unique("files"))
        key, line = tf.TextLineReader(skip_header_lines=1).read(queue)
        with t.session() as session:
            session.run(write)
            t.show("read", session.run(read))
            t.show("matching", [os.path.basename(found) for found in session.run(match)])
            session.run(tf.local_variables_initializer())
            coordinator = tf.train.Coordinator()
            runners = tf.train.start_queue_runners(session, coordinator)
            t.fails("line", lambda: session.run(line))
            coordinator.request_stop()
            coordinator.join(runners, stop_grace_period_secs=10, ignore_live_threads=True)
    finally:
        shutil.rmtree(path)


@program
def frozen_graphs(t):
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    w = tf.get_variable("w", [2, 2], initializer=tf.constant_initializer([[1, 2], [3, 4]]), use_resource=False)
    y = tf.nn.softmax(tf.matmul(x, w), name="y")
    with t.session() as session:
        session.run(w.initializer)
        frozen = tf.graph_util.convert_variables_to_constants(session, tf.get_default_graph().as_graph_def(), ["y"])
        expected = session.run(y, {x: [[1, 1]]})
    t.show("expected", expected)
    with tf.Graph().as_default() as graph:
        (found,) = tf.import_graph_def(frozen, return_elements=["y:0"], name="frozen")
        with t.session(graph=graph) as session:
            t.show("frozen", session.run(found, {"frozen/x:0": [[1, 1]]}))


@program
def saved_models(t):
    path = folder()
    try:
        x = tf.placeholder(tf.float32, [None], name="x")
        w = tf.get_variable("w", [], initializer=tf.constant_initializer(3), use_resource=True)
        y = tf.multiply(x, w, name="y")
        with t.session() as session:
            session.run(w.initializer)
            tf.saved_model.simple_save(session, os.path.join(path, "model"), {"x": x}, {"y": y})
        with tf.Graph().as_default() as graph, t.session(graph=graph, config=tf.ConfigProto(isolate_session_state=True)) as session:
            tf.saved_model.load(session, ["serve"], os.path.join(path, "model"))
            t.show("loaded", session.run("y:0", {"x:0": [1, 2]}))
    finally:
        shutil.rmtree(path)


@program
def config_options(t):
    config = tf.ConfigProto(log_device_placement=False, inter_op_parallelism_threads=1, intra_op_parallelism_threads=1)
    config.graph_options.optimizer_options.opt_level = config_pb2.OptimizerOptions.L0
    config.graph_options.rewrite_options.disable_meta_optimizer = True
    config.gpu_options.allow_growth = True
    config.experimental.collective_group_leader = ""
    x = tf.placeholder(tf.float32, [])
    with t.session(config=config) as session:
        t.show("value", session.run(x * 2 + 1, {x: 3}))
