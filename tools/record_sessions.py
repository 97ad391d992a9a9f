"""Records what TensorFlow's client and TensorFlow's server say to each other, call by call.

    python tools/record_sessions.py crates/rpc/tests/data/exchanges.txt

writes a line for each call: the program, the method, the status code, the request and the answer (or the message of the
status), the last two in base64. Handles of sessions, partial runs and callables are the server's own. Needs TensorFlow
2.21, and grpcio, which comes with it.
"""

import base64
import multiprocessing
import os
import sys
from concurrent import futures

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import grpc
import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import config_pb2

tf1 = tf.compat.v1
UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
PROGRAMS = []


def program(function):
    PROGRAMS.append(function)
    return function


@program
def arithmetic(session):
    x = tf1.placeholder(tf.float32, [2], name="x")
    y = tf.add(x * 2.0, 1.0, name="y")
    session.run(y, {x: [1.0, 2.5]})
    z = tf.reduce_sum(y, name="z")
    session.run([y, z], {x: [0.0, -1.0]})
    session.run(tf.no_op(name="nothing"))


@program
def values(session):
    words = tf.constant([b"", b"a\0\xff", "\u00fc".encode()], name="words")
    flags = tf1.placeholder(tf.bool, [None], name="flags")
    halves = tf1.placeholder(tf.float16, [2], name="halves")
    session.run([words, tf.logical_not(flags), tf.identity(halves)], {flags: [True, False], halves: [0.5, -2.0]})
    session.run([tf.constant(1 + 2j, tf.complex128), tf.constant([], tf.int64), tf.constant(7, tf.uint8)])


@program
def variables(session):
    v = tf1.get_variable("v", initializer=[1.0, 2.0], use_resource=False)
    r = tf1.get_variable("r", initializer=3, use_resource=True)
    failing(session, v)
    session.run(tf1.global_variables_initializer())
    session.run([v.assign_add([1.0, 1.0]), r.assign_add(4)])
    session.run([v, r])


@program
def partial(session):
    a = tf1.placeholder(tf.float32, [], name="a")
    b = tf1.placeholder(tf.float32, [], name="b")
    total = tf.add(a, 1.0, name="total")
    product = tf.multiply(total, b, name="product")
    handle = session.partial_run_setup([total, product], [a, b])
    session.partial_run(handle, total, {a: 2.0})
    session.partial_run(handle, product, {b: 5.0})
    failing(session, product, {a: 1.0})


@program
def callables(session):
    x = tf1.placeholder(tf.int32, [None], name="x")
    y = tf.reverse(x, [0], name="y")
    # `make_callable` runs steps as `run` does; the public function for callables of the server is C's.
    call = session._make_callable_from_options(config_pb2.CallableOptions(feed=["x:0"], fetch=["y:0"]))
    call(np.array([1, 2, 3], np.int32))
    call(np.array([4], np.int32))
    del call
    options = tf1.RunOptions(timeout_in_ms=20000)
    session.run(y, {x: [5, 6]}, options=options)


@program
def errors(session):
    x = tf1.placeholder(tf.int32, [None], name="x")
    bad = tf.reshape(x, [4], name="bad")
    failing(session, bad, {x: [1, 2, 3]})
    failing(session, bad)
    session.run(bad, {x: [1, 2, 3, 4]})


@program
def functions(session):
    n = tf1.placeholder(tf.int32, [], name="n")

    @tf.function
    def double(value):
        return value * 2

    doubled = double(n)
    _, total = tf.while_loop(lambda i, _: i < n, lambda i, s: (i + 1, s + i), [0, doubled])
    session.run(tf.identity(total, name="total"), {n: 5})


@program
def devices(session):
    tf.constant(1, name="one")
    session.list_devices()


def connected(session, fetch, pairs):
    """Runs a callable in which tensors stand for others."""
    x = tf1.placeholder(tf.float32, [2], name="x")
    y = tf.multiply(x, 2.0, name="y")
    z = tf.identity(tf1.placeholder(tf.float32, [2], name="w"), name="z")
    tf.add(z, 1.0, name="sum")
    tf.add_n([z, y], name="both")
    tf.negative(tf1.placeholder(tf.float32, [2], name="u"), name="end")
    count = tf1.get_variable("count", initializer=0, use_resource=True)
    with tf.control_dependencies([count.assign_add(1)]):
        tf.identity(x, name="counted")
    session.run(tf1.global_variables_initializer())
    options = config_pb2.CallableOptions(feed=["x:0"], fetch=fetch, target=["both"])
    for source, place in pairs:
        options.tensor_connection.add(from_tensor=source, to_tensor=place)
    call = session._make_callable_from_options(options)
    call(np.array([1, 2], np.float32))
    call(np.array([-3, 0.5], np.float32))
    session.run(count.read_value())
    del call


@program
def connection(session):
    connected(session, ["sum:0", "both:0", "y:0"], [("y:0", "z:0")])


@program
def connections(session):
    connected(session, ["end:0", "sum:0"], [("sum:0", "u:0"), ("counted:0", "w:0")])


def failing(session, *arguments):
    try:
        session.run(*arguments)
    except tf.errors.OpError:
        return
    raise AssertionError("this was to fail")


class Recorder(grpc.GenericRpcHandler):
    """Passes every call on, and keeps it."""

    def __init__(self, address):
        self.channel = grpc.insecure_channel(address, options=UNLIMITED)
        self.calls = []

    def service(self, details):
        method = details.method

        def call(request, context):
            try:
                answer = self.channel.unary_unary(method)(request)
                self.calls.append((method, 0, request, answer))
                return answer
            except grpc.RpcError as error:
                self.calls.append((method, error.code().value[0], request, error.details().encode()))
                context.abort(error.code(), error.details())

        return grpc.unary_unary_rpc_method_handler(call)


def serve(pipe):
    """A server and what records it, in a process of their own: a client may wait with Python's lock held."""
    server = tf1.train.Server.create_local_server()
    recorder = Recorder(server.target.removeprefix("grpc://"))
    proxy = grpc.server(futures.ThreadPoolExecutor(8), options=UNLIMITED)
    proxy.add_generic_rpc_handlers([recorder])
    pipe.send(proxy.add_insecure_port("127.0.0.1:0"))
    proxy.start()
    while pipe.recv():
        pipe.send(recorder.calls)
        recorder.calls = []
    os._exit(0)


def main(path):
    tf1.disable_v2_behavior()
    context = multiprocessing.get_context("spawn")
    pipe, other = context.Pipe()
    context.Process(target=serve, args=[other], daemon=True).start()
    target = f"grpc://127.0.0.1:{pipe.recv()}"
    lines = ["# Calls of TensorFlow's client and the answers of its server. tools/record_sessions.py writes this file."]
    for function in PROGRAMS:
        with tf.Graph().as_default(), tf1.Session(target) as session:
            function(session)
        pipe.send(True)
        for method, code, request, answer in pipe.recv():
            name = method.rsplit("/", 1)[1]
            texts = [base64.b64encode(bytes_).decode() for bytes_ in (request, answer)]
            lines.append(" ".join([function.__name__, name, str(code), *(text or "-" for text in texts)]))
    pipe.send(False)
    with open(path, "w") as file:
        file.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
