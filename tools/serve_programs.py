"""Programs of TensorFlow's Python client, by name: each builds a graph and shows what sessions on a target give.

tools/serve_parity.py runs them on several targets and compares what they show. Values, runs and errors stand here,
variables and queues in tools/serve_state.py, models in tools/serve_models.py, bad requests in tools/serve_requests.py.
"""

import threading

import numpy as np
import tensorflow.compat.v1 as tf
from tensorflow.core.protobuf import config_pb2

PROGRAMS = {}


def program(function):
    PROGRAMS[function.__name__] = function
    return function


DTYPES = (
    "float32 float64 float16 bfloat16 int8 int16 int32 int64 uint8 uint16 uint32 uint64 complex64 complex128 bool"
).split()


# --- values


@program
def constants(t):
    values = {dtype: tf.constant([[1, 0, 1]], dtype) for dtype in DTYPES}
    values["string"] = tf.constant([["", "a\0b", "\u00fc"], ["x" * 300, "b", "c"]])
    values["scalar"] = tf.constant(2.5)
    values["empty"] = tf.constant(np.zeros([0, 3], np.float32))
    with t.session() as session:
        for name, value in values.items():
            t.show(name, session.run(value))
        t.show("all", session.run(values))


@program
def placeholders(t):
    xs = {dtype: tf.placeholder(dtype, [None]) for dtype in DTYPES + ["string"]}
    ys = {dtype: tf.identity(x) for dtype, x in xs.items()}
    with t.session() as session:
        for dtype, x in xs.items():
            for count in (0, 1, 5):
                value = np.array([b"a\0\xff"] * count, object) if dtype == "string" else np.ones([count])
                if dtype != "string":
                    value = value.astype(x.dtype.as_numpy_dtype)
                t.show(f"{dtype} {count}", session.run(ys[dtype], {x: value}))
        t.fails("unfed", lambda: session.run(ys["float32"]))


@program
def small_floats(t):
    for dtype in ("float8_e5m2", "float8_e4m3fn"):
        x = tf.placeholder(dtype, [2])
        y = tf.cast(x, tf.float32)
        with t.session() as session:
            value = np.array([1, 0.5], x.dtype.as_numpy_dtype)
            t.fails(dtype, lambda: session.run([tf.identity(x), y], {x: value}))


@program
def quantized(t):
    x = tf.placeholder(tf.float32, [4])
    quantized = tf.quantization.quantize(x, -1.0, 1.0, tf.quint8)
    back = tf.quantization.dequantize(quantized.output, quantized.output_min, quantized.output_max)
    with t.session() as session:
        t.show("values", session.run([quantized, back], {x: [-1, 0, 0.5, 1]}))


@program
def feeds_and_fetches(t):
    x = tf.placeholder_with_default([1.0, 2.0], [None], name="x")
    y = tf.multiply(x, 3.0, name="y")
    z = tf.add(y, 1.0, name="z")
    with t.session() as session:
        t.show("default", session.run(z))
        t.show("fed", session.run(z, {x: [5.0]}))
        t.show("feed in the middle", session.run(z, {y: [5.0]}))
        t.show("fetch of a feed", session.run([y, z], {y: [7.0]}))
        t.show("twice", session.run([z, z, y]))
        t.show("nested", session.run({"a": [z, (y,)], "b": {"c": z.op}}))
        t.show("names", session.run(["z:0", "y"]))
        t.show("operation", session.run(z.op))
        t.show("feed of a constant", session.run(z, {"y/y:0": 10.0}))
        t.fails("shape", lambda: session.run(z, {y: [[5.0, 5.0]], x: [1.0, 2.0, 3.0]}) and None)


@program
def large_tensors(t):
    x = tf.placeholder(tf.float32, [None])
    y = x * 2
    words = tf.fill([1000], "w" * 10000)
    with t.session() as session:
        t.show("20 MiB", session.run(y, {x: np.arange(5 << 20, dtype=np.float32)})[-3:])
        t.show("strings", len(session.run(words)))


@program
def graph_grows(t):
    a = tf.constant([1, 2], name="a")
    with t.session() as session:
        t.show("first", session.run(a))
        b = tf.add(a, a, name="b")
        t.show("second", session.run(b))

        @tf.function(autograph=False)
        def cube(x):
            return x * x * x

        t.show("with a function", session.run([a, cube(b)]))
        v = tf.Variable(b, name="late", use_resource=True)
        session.run(v.initializer)
        t.show("with a variable", session.run(v.assign_add([1, 1])))
        for step in range(5):
            b = b + 1
            t.show(f"step {step}", session.run(b))


@program
def wide_graph(t):
    x = tf.placeholder(tf.float32, [])
    total = tf.add_n([x * float(index) for index in range(1500)])
    with t.session() as session:
        t.show("sum", session.run(total, {x: 1.0}))


@program
def composite_fetches(t):
    sparse = tf.SparseTensor([[0, 1], [1, 0]], [3.0, 4.0], [2, 3])
    fed = tf.sparse_placeholder(tf.float32)
    slices = tf.IndexedSlices(tf.constant([[1.0], [2.0]]), tf.constant([3, 0]), tf.constant([4, 1]))
    ragged = tf.ragged.constant([[1, 2], [], [3]])
    product = tf.sparse_tensor_dense_matmul(fed, tf.ones([3, 2]))
    with t.session() as session:
        t.show("sparse", session.run(sparse))
        value = tf.SparseTensorValue(np.array([[1, 2], [0, 0]], np.int64), np.array([7, 8], np.float32), (2, 3))
        t.show("fed sparse", session.run([fed, product, tf.sparse_tensor_to_dense(tf.sparse_reorder(fed))], {fed: value}))
        t.show("slices", session.run(slices))
        t.show("ragged", session.run(ragged).to_list())
        t.show("joined", session.run(tf.sparse_add(sparse, sparse)))


@program
def strings(t):
    words = tf.placeholder(tf.string, [None])
    with t.session() as session:
        feed = {words: ["a b", "", "c d e", "\u00e4\u00f6"]}
        t.show("split", session.run(tf.string_split(words), feed))
        t.show("join", session.run(tf.string_join([words, words], "-"), feed))
        t.show("length", session.run(tf.strings.length(words, unit="UTF8_CHAR"), feed))
        t.show("hash", session.run(tf.string_to_hash_bucket_fast(words, 1000), feed))
        t.show("number", session.run(tf.string_to_number(tf.constant(["1.5", "-2"]))))
        t.fails("no number", lambda: session.run(tf.string_to_number(words, name="parse"), feed))
        t.show("regex", session.run(tf.strings.regex_replace(words, "[aeiou]", "_"), feed))
        t.show("base64", session.run(tf.decode_base64(tf.encode_base64(words)), feed))


@program
def handles(t):
    v = tf.get_variable("v", [2], use_resource=True)
    x = tf.constant([1.0, 2.0])
    with t.session() as session:
        t.fails("variant", lambda: session.run(tf.raw_ops.EmptyTensorList(element_shape=[2], max_num_elements=3, element_dtype=tf.float32, name="list")))
        # TensorFlow's servers keep no values either.
        t.fails("kept value", lambda: session.run(tf.get_session_handle(x)) and None)
        session.run(v.initializer)
        t.show("is_initialized", session.run(tf.is_variable_initialized(v)))


# --- runs


@program
def partial_runs(t):
    a, b, c = (tf.placeholder(tf.float32, [], name=name) for name in "abc")
    first = tf.add(a, b, name="first")
    second = tf.multiply(first, c, name="second")
    other = tf.negative(c, name="other")
    with t.session() as session:
        handle = session.partial_run_setup([first, second], [a, b, c])
        t.show("first", session.partial_run(handle, first, {a: 1, b: 2}))
        t.show("second", session.partial_run(handle, second, {c: 17}))
        handle = session.partial_run_setup([first.op, second, other], [a, b, c])
        t.show("target", session.partial_run(handle, other, {c: 3}))
        t.show("rest", session.partial_run(handle, second, {a: 1, b: 2}))
        handle = session.partial_run_setup([first, second], [a, b, c])
        t.fails("not fed", lambda: session.partial_run(handle, first, {a: 1}))
        t.fails("not set up", lambda: session.partial_run(handle, other, {c: 3}))
        t.fails("unknown handle", lambda: session.partial_run("nonsense", first, {a: 1}))
        handles = [session.partial_run_setup([first, second], [a, b, c]) for _ in range(2)]
        for at, handle in enumerate(handles):
            t.show(f"interleaved {at}", session.partial_run(handle, first, {a: at, b: 2}))
        for at, handle in enumerate(handles):
            t.show(f"interleaved {at} again", session.partial_run(handle, second, {c: 10}))


@program
def partial_run_twice(t):
    a, b = (tf.placeholder(tf.float32, [], name=name) for name in "ab")
    first = tf.add(a, 1.0, name="first")
    second = tf.add(first, b, name="second")
    with t.session() as session:
        handle = session.partial_run_setup([first, second], [a, b])
        t.show("first", session.partial_run(handle, first, {a: 1}))
        t.fails("fetched again", lambda: session.partial_run(handle, first))
    with t.session() as session:
        handle = session.partial_run_setup([first, second], [a, b])
        t.show("first", session.partial_run(handle, first, {a: 1}))
        t.fails("fed again", lambda: session.partial_run(handle, second, {a: 1}))


@program
def partial_run_with_state(t):
    a, b = (tf.placeholder(tf.float32, [], name=name) for name in "ab")
    v = tf.get_variable("v", [], initializer=tf.zeros_initializer(), use_resource=True)
    w = tf.get_variable("w", [], initializer=tf.zeros_initializer(), use_resource=False)
    add = tf.assign_add(v, a, name="add_v")
    add_w = tf.assign_add(w, a, name="add_w")
    branch = tf.cond(a > 1.0, lambda: add * 10, lambda: add * 100)
    last = add_w + b
    with t.session() as session:
        session.run(tf.global_variables_initializer())
        handle = session.partial_run_setup([add, add_w, branch, last], [a, b])
        t.show("add", session.partial_run(handle, [add, add_w], {a: 3}))
        t.show("last", session.partial_run(handle, [branch, last], {b: 4}))
        t.show("once", session.run([v, w]))


@program
def callables(t):
    x, y = tf.placeholder(tf.float32, [None], name="x"), tf.placeholder(tf.float32, [], name="y")
    z = tf.add(x, y, name="z")
    with t.session() as session:
        both = session.make_callable([z, {"x": x}], [x, y])
        t.show("values", both([1.0, 2.0], 3.0))
        t.show("again", both([1.0], 4.0))
        t.show("no feeds", session.make_callable(tf.constant(5))())
        t.show("operation", session.make_callable(z.op, [x, y])([1.0], 2.0))
        t.fails("shape", lambda: session.make_callable(tf.reshape(z, [3], name="r"), [x, y])([1.0], 2.0))
        metadata = config_pb2.RunMetadata()
        traced = session.make_callable(z, [x, y], accept_options=True)
        options = config_pb2.RunOptions(trace_level=config_pb2.RunOptions.FULL_TRACE)
        t.show("with options", traced([1.0], 2.0, options=options, run_metadata=metadata))
        t.show("has stats", any(node.node_name == "z" for d in metadata.step_stats.dev_stats for node in d.node_stats))


@program
def callables_from_options(t):
    x = tf.placeholder(tf.float32, [None], name="x")
    z = tf.negative(x, name="z")
    v = tf.get_variable("v", [], initializer=tf.ones_initializer())
    count = tf.assign_add(v, 1.0, name="count")
    with t.session() as session:
        session.run(v.initializer)
        options = config_pb2.CallableOptions(feed=["x:0"], fetch=["z:0", "count:0"], target=["z"])
        call = session._make_callable_from_options(options)
        for _ in range(3):
            t.show("values", call(np.array([1, 2], np.float32)))
        metadata = config_pb2.RunMetadata()
        options.run_options.trace_level = config_pb2.RunOptions.FULL_TRACE
        t.show("traced", session._make_callable_from_options(options)(np.zeros([0], np.float32), run_metadata=metadata))
        t.show("stats", any(node.node_name == "z" for d in metadata.step_stats.dev_stats for node in d.node_stats))
        t.fails("unknown", lambda: session._make_callable_from_options(config_pb2.CallableOptions(fetch=["none:0"])))
        t.fails("type", lambda: call(np.array([1, 2], np.int32)), text=False)
        del call


@program
def traces(t):
    x = tf.placeholder(tf.float32, [2, 2], name="x")
    product = tf.matmul(x, x, name="product")
    root = tf.matrix_inverse(product, name="inverse")
    with t.session() as session:
        metadata = config_pb2.RunMetadata()
        options = config_pb2.RunOptions(trace_level=config_pb2.RunOptions.FULL_TRACE)
        t.show("value", session.run(root, {x: [[1, 2], [3, 5]]}, options, metadata))
        nodes = [node for device in metadata.step_stats.dev_stats for node in device.node_stats]
        for name in ("product", "inverse"):
            found = [node for node in nodes if node.node_name == name]
            t.show(name, len(found))
            node = found[0]
            t.show(name + " label", node.timeline_label.split(" = ")[-1].split("(")[0])
            t.show(name + " times", node.all_start_micros > 1e15 and node.all_end_rel_micros >= 0)
        devices = {device.device.rpartition("/")[2] for device in metadata.step_stats.dev_stats if device.node_stats}
        t.show("device", "device:CPU:0" in devices)
        from tensorflow.python.client import timeline

        text = timeline.Timeline(metadata.step_stats).generate_chrome_trace_format()
        t.show("timeline", '"MatMul"' in text)
        empty = config_pb2.RunMetadata()
        session.run(root, {x: [[1, 2], [3, 5]]}, run_metadata=empty)
        t.show("without", len(empty.step_stats.dev_stats))


@program
def partition_graphs(t):
    x = tf.placeholder(tf.float32, [], name="x")
    y = tf.exp(x, name="y")
    tf.log(y, name="not_run")
    with t.session() as session:
        metadata = config_pb2.RunMetadata()
        options = config_pb2.RunOptions(output_partition_graphs=True)
        t.show("value", session.run(y, {x: 0.0}, options, metadata))
        ops = {node.name: node.op for graph in metadata.partition_graphs for node in graph.node}
        t.show("nodes", [ops.get("y"), ops.get("not_run")])


@program
def timeouts(t):
    empty = tf.FIFOQueue(1, tf.int32, shared_name="timeouts").dequeue(name="take")
    one = tf.constant(1)
    with t.session() as session:
        options = config_pb2.RunOptions(timeout_in_ms=300)
        t.fails("run options", lambda: session.run(empty, options=options), text=False)
        t.show("after", session.run(one))
    with t.session(config=tf.ConfigProto(operation_timeout_in_ms=300)) as session:
        t.fails("config", lambda: session.run(empty), text=False)
        t.show("after", session.run(one))


@program
def devices(t):
    with t.session() as session:
        listed = session.list_devices()
        t.show("devices", [(d.device_type, d.memory_limit_bytes, d.name.rpartition("/")[2]) for d in listed])


@program
def placement(t):
    with tf.device("/cpu:0"):
        a = tf.constant(1)
    with tf.device("/job:localhost/replica:0/task:0/device:CPU:0"):
        b = tf.constant(2)
    with tf.device("/device:GPU:7"):
        c = tf.add(a, b, name="far")
    with t.session(config=tf.ConfigProto(allow_soft_placement=True)) as session:
        t.show("soft", session.run(c))
    with t.session() as session:
        t.fails("hard", lambda: session.run(c), text=False)


@program
def closed(t):
    one = tf.constant(1)
    session = t.session()
    t.show("open", session.run(one))
    session.close()
    session.close()
    t.fails("closed", lambda: session.run(one))
    fresh = t.session()
    fresh.close()
    t.fails("never run", lambda: fresh.run(one))


@program
def interactive(t):
    session = tf.InteractiveSession(t.target)
    x = tf.constant([1, 2])
    t.show("eval", x.eval())
    v = tf.Variable(x)
    v.initializer.run()
    t.show("variable", v.eval())
    session.close()


@program
def threads(t):
    x = tf.placeholder(tf.int32, [])
    v = tf.get_variable("v", [], tf.int32, tf.zeros_initializer(), use_resource=True)
    add = tf.assign_add(v, x, name="add")
    found = []
    with t.session() as session:
        session.run(v.initializer)

        def work(number):
            for _ in range(20):
                session.run(add, {x: number})
            found.append(session.run(x * 2, {x: number}))

        workers = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        t.show("each", sorted(found))
        t.show("sum", session.run(v))


# --- errors


@program
def errors(t):
    x = tf.placeholder(tf.float32, None, name="x")
    y = tf.placeholder(tf.float32, None, name="y")
    n = tf.placeholder(tf.int32, None, name="n")
    ref = tf.get_variable("errors_ref", [2], use_resource=False)
    resource = tf.get_variable("errors_resource", [2], use_resource=True)
    cases = {
        "reshape": (tf.reshape(x, [4], name="bad_reshape"), {x: [1, 2, 3]}),
        "matmul": (tf.matmul(x, x, name="scope/bad_matmul"), {x: [[1, 2, 3]]}),
        "add": (tf.add(x, y, name="bad_add"), {x: [1, 2, 3], y: [1, 2]}),
        "gather": (tf.gather([1, 2, 3], n, name="bad_gather"), {n: [7]}),
        "division": (tf.floordiv(n, 0, name="bad_division"), {n: 7}),
        "concat": (tf.concat([x, [[1.0]]], 0, name="bad_concat"), {x: [1, 2]}),
        "slice": (tf.slice(x, [1], [5], name="bad_slice"), {x: [1, 2]}),
        "assert": (tf.Assert(tf.equal(n, 3), ["n is", n], name="bad_assert"), {n: 7}),
        "numerics": (tf.check_numerics(x, "not a number:", name="bad_numerics"), {x: [1.0, np.nan]}),
        "inverse": (tf.matrix_inverse(x, name="bad_inverse"), {x: [[0.0, 0.0], [0.0, 0.0]]}),
        "cholesky": (tf.cholesky(x, name="bad_cholesky"), {x: [[0.0, 1.0], [1.0, 0.0]]}),
        "reference": (ref.value() + 1.0, {}),
        "resource": (resource + 1.0, {}),
        "file": (tf.read_file("/no/such/file", name="bad_file"), {}),
        "decode": (tf.image.decode_png(tf.constant("no image"), name="bad_png"), {}),
        "parse": (tf.parse_example(tf.constant(["abc"]), {"a": tf.FixedLenFeature([], tf.float32)}, name="bad_parse"), {}),
        "assert_equal": (tf.debugging.assert_equal(n, 3, message="must be three", name="bad_equal"), {n: 4}),
        "ensure_shape": (tf.ensure_shape(x, [2, None], name="bad_shape"), {x: [1, 2]}),
        "restore": (tf.raw_ops.RestoreV2(prefix="/no/such/model", tensor_names=["v"], shape_and_slices=[""], dtypes=[tf.float32], name="bad_restore")[0], {}),
    }
    with t.session() as session:
        for name, (fetch, feed) in cases.items():
            t.fails(name, lambda: session.run(fetch, feed))
        t.show("goes on", session.run(x, {x: [1]}))


@program
def error_in_function(t):
    @tf.function(autograph=False)
    def inner(x):
        return tf.reshape(x, [4], name="inner_reshape")

    x = tf.placeholder(tf.float32, None, name="x")
    y = inner(x)
    loop = tf.while_loop(lambda i: i < 3, lambda i: tf.check_numerics(i / 0.0, "loop", name="inner_check"), [x[0]])
    with t.session() as session:
        t.fails("function", lambda: session.run(y, {x: [1, 2, 3]}))
        t.fails("loop", lambda: session.run(loop, {x: [0, 2, 3]}))


@program
def unknown_names(t):
    x = tf.placeholder(tf.int32, [], name="x")
    with t.session() as session:
        t.fails("fetch", lambda: session.run("nowhere:0"))
        t.fails("output", lambda: session.run("x:3"))
        t.show("goes on", session.run(x + 1, {x: 1}))


@program
def datasets(t):
    data = tf.data.Dataset.range(3)
    follows = tf.data.make_one_shot_iterator(data).get_next()
    with t.session() as session:
        for at in range(4):
            t.fails(f"next {at}", lambda: session.run(follows))


@program
def python_functions(t):
    value = tf.py_func(lambda x: x + 1, [tf.constant(1.0)], tf.float32, name="called")
    with t.session() as session:
        t.fails("py_func", lambda: session.run(value), text=False)
    t.show("end", True)
