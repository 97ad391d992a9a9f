"""Records what TensorFlow's servers say to each other in steps that run on two of them, call by call.

    python tools/record_worker_calls.py crates/rpc/tests/data/worker_calls.txt

A master runs programs on its own task, `worker`, and on another, `ps`; proxies between the two keep every call. Writes a
line for each, in the order in which they began: the program, the task that was called, the method, the status code, the
request and the answer (or the message of the status), the last two in base64. The program `wrong` makes calls of its own
that are wrong. Needs TensorFlow 2.21, and grpcio, which comes with it.
"""

import base64
import os
import subprocess
import sys
import time
from concurrent import futures

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import grpc
import tensorflow.compat.v1 as tf
from cluster import answers, free_ports
from embedded_protos import load_embedded, message_class

SERVICE = "/tensorflow.WorkerService/"
PATIENCE = 120  # seconds until every task has to answer
PROGRAMS = []


def program(function):
    PROGRAMS.append(function)
    return function


def on(job):
    return tf.device(f"/job:{job}")


def failing(session, *arguments, **options):
    try:
        session.run(*arguments, **options)
    except tf.errors.OpError:
        return
    raise AssertionError("this was to fail")


@program
def feeds(session):
    x = tf.placeholder(tf.float32, [2], name="x")
    with on("ps"):
        y = tf.identity(x * 2.0, name="y")
    with on("worker"):
        z = tf.identity(y + 1.0, name="z")
    with on("ps"):
        w = tf.identity(z * 3.0, name="w")
    session.run([w, z], {x: [1, 2]})
    session.run([w, z], {x: [-1, 0.5]})


@program
def variables(session):
    with on("ps"):
        v = tf.get_variable("v", initializer=[1.0, 2.0], use_resource=False)
        r = tf.get_variable("r", initializer=3, use_resource=True)
    with on("worker"):
        sums = [v + 1.0, r + 1]
    failing(session, sums[1])
    session.run(tf.global_variables_initializer())
    with on("ps"):
        updates = tf.group(v.assign_add([1.0, 1.0]), r.assign_add(4))
    session.run(updates)
    session.run(sums)


@program
def errors(session):
    with on("ps"):
        bad = tf.strings.to_number(tf.placeholder_with_default("x", (), name="text"), name="bad")
        fine = tf.constant(b"a\0\xff", name="fine")
    failing(session, bad)
    with on("worker"):
        session.run(tf.identity(fine))


@program
def branches(session):
    with on("worker"):
        choice = tf.placeholder_with_default(False, (), name="choice")

        def here(make):
            with on("ps"):
                return make()

        taken = tf.cond(choice, lambda: here(lambda: tf.constant(1) + 1), lambda: here(lambda: tf.constant(3) * 3))
    session.run(taken)
    session.run(taken, {choice: True})


@program
def loops(session):
    def body(i, total):
        with on("ps"):
            doubled = total * 2
        return i + 1, doubled + 1

    with on("worker"):
        _, total = tf.while_loop(lambda i, _: i < 3, body, [0, 1], name="loop")
    session.run(total)


@program
def partial(session):
    with on("ps"):
        a = tf.placeholder(tf.float32, [], name="a")
        b = tf.placeholder(tf.float32, [], name="b")
        total = tf.add(a, 1.0, name="total")
        product = tf.multiply(total, b, name="product")
    handle = session.partial_run_setup([total, product], [a, b])
    session.partial_run(handle, total, {a: 2.0})
    session.partial_run(handle, product, {b: 5.0})


@program
def reports(session):
    with on("ps"):
        one = tf.placeholder_with_default([1.0, 4.0], [2], name="one")
        root = tf.sqrt(one, name="root")
    with on("worker"):
        end = tf.negative(root, name="end")
    options = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE, output_partition_graphs=True)
    session.run(end, options=options, run_metadata=tf.RunMetadata())


@program
def limits(session):
    with on("ps"):
        taken = tf.FIFOQueue(3, tf.int32, name="queue").dequeue(name="taken")
    with on("worker"):
        end = tf.negative(taken, name="end")
    failing(session, end, options=tf.RunOptions(timeout_in_ms=500))


def wrong(ask, device, incarnation):
    """Calls that are wrong in one way or another."""
    session = {"session_handle": "s", "create_worker_session_called": True}
    unknown = {"session_handle": "nobody", "create_worker_session_called": True}
    ask("CreateWorkerSession")
    ask("CreateWorkerSession", session_handle="s")
    ask("CreateWorkerSession", session_handle="s")
    ask("DeleteWorkerSession", session_handle="nobody")
    for method in ("RegisterGraph", "RunGraph", "DeregisterGraph"):
        ask(method, **unknown)
    ask("RunGraph", graph_handle="nothing", step_id=1, **session)
    ask("RunGraph", graph_handle="nothing", step_id=1, store_errors_in_response_body=True, **session)
    ask("DeregisterGraph", graph_handle="nothing", **session)
    with tf.Graph().as_default() as graph:
        with tf.device("/job:other"):
            tf.constant(1.0, name="c")
    ask("RegisterGraph", graph_def=graph.as_graph_def(), **session)
    key = f"{device};{incarnation:016x};{device};edge;0:0"
    ask("RecvTensor", step_id=2, rendezvous_key="nonsense")
    ask("RecvTensor", step_id=2, rendezvous_key=key.replace(f"{incarnation:016x}", "zz"))
    ask("RecvTensor", step_id=2, rendezvous_key=key.replace(f"{incarnation:016x}", "0123456789abcdef"))
    ask("CleanupGraph", step_id=12345)
    ask("MarkRecvFinished", request_id=1)
    ask("Logging", fetch_step_id=[1])
    ask("DeleteWorkerSession", session_handle="s")
    ask("RunGraph", graph_handle="nothing", **session)


class Recorder(grpc.GenericRpcHandler):
    """Passes the calls to a task on, and keeps them."""

    def __init__(self, task, address, calls):
        self.task, self.calls = task, calls
        self.channel = grpc.insecure_channel(address)

    def service(self, details):
        method = details.method

        def call(request, context):
            kept = [self.task, method, 1, request, b""]
            self.calls.append(kept)
            asked = self.channel.unary_unary(method).future(request)
            context.add_callback(asked.cancel)
            try:
                kept[4] = asked.result()
                kept[2] = 0
                return kept[4]
            except grpc.FutureCancelledError:
                context.abort(grpc.StatusCode.CANCELLED, "cancelled")
            except grpc.RpcError as error:
                kept[2], kept[4] = error.code().value[0], error.details().encode()
                context.abort(error.code(), error.details())

        return grpc.unary_unary_rpc_method_handler(call)


def proxy(recorder, address):
    server = grpc.server(futures.ThreadPoolExecutor(32))
    server.add_generic_rpc_handlers([recorder])
    server.add_insecure_port(address)
    server.start()
    return server


def serve(worker, ps, job):
    tf.train.Server({"worker": [worker], "ps": [ps]}, job_name=job).join()


def record(path, addresses):
    worker, ps, worker_proxy, ps_proxy = addresses
    calls = []
    proxies = [proxy(Recorder("worker", worker, calls), worker_proxy), proxy(Recorder("ps", ps, calls), ps_proxy)]
    lines = ["# Calls between TensorFlow's servers, and their answers. tools/record_worker_calls.py writes this file."]

    def write(name):
        for task, method, code, request, answer in calls:
            texts = [base64.b64encode(bytes_).decode() or "-" for bytes_ in (request, answer)]
            lines.append(" ".join([name, task, method.removeprefix(SERVICE), str(code), *texts]))
        calls.clear()

    # What is placed is to be run as it is.
    rewrite = tf.GraphOptions(optimizer_options=tf.OptimizerOptions(opt_level=-1))
    for function in PROGRAMS:
        with tf.Graph().as_default():
            with tf.Session(f"grpc://{worker}", config=tf.ConfigProto(graph_options=rewrite)) as session:
                function(session)
            time.sleep(0.5)
        write(function.__name__)

    load_embedded()
    channel = grpc.insecure_channel(ps_proxy)

    def ask(method, **fields):
        request = message_class(method + "Request")(**fields)
        try:
            return channel.unary_unary(SERVICE + method)(request.SerializeToString(), timeout=20)
        except grpc.RpcError:
            return b""

    status = message_class("GetStatusResponse").FromString(ask("GetStatus"))
    device = next(device for device in status.device_attributes if device.device_type == "CPU")
    wrong(ask, device.name, device.incarnation)
    write("wrong")
    with open(path, "w") as file:
        file.write("\n".join(lines) + "\n")
    for server in proxies:
        server.stop(None)


def main(path):
    addresses = [f"127.0.0.1:{port}" for port in free_ports(4)]
    worker, ps, worker_proxy, ps_proxy = addresses
    command = [sys.executable, __file__, "--serve"]
    servers = [
        subprocess.Popen([*command, worker, ps_proxy, "worker"], stderr=subprocess.DEVNULL),
        subprocess.Popen([*command, worker_proxy, ps, "ps"], stderr=subprocess.DEVNULL),
    ]
    try:
        end = time.monotonic() + PATIENCE
        while not (answers(worker) and answers(ps)):
            if time.monotonic() > end:
                sys.exit("error: a task does not answer")
            time.sleep(0.1)
        tf.disable_v2_behavior()
        record(path, addresses)
    finally:
        for server in servers:
            server.kill()
            server.wait()
    # Threads of the proxies still wait for calls that were given up.
    os._exit(0)


if __name__ == "__main__":
    serve(*sys.argv[2:]) if sys.argv[1] == "--serve" else main(sys.argv[1])
