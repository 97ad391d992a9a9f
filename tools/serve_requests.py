"""Programs that send a server what no session would; see tools/serve_programs.py. Only servers show anything."""

import time

import grpc
import tensorflow.compat.v1 as tf
from embedded_protos import message_class
from serve_programs import program

MASTER = "/tensorflow.MasterService/"
METHODS = (
    "CreateSession ExtendSession PartialRunSetup RunStep MakeCallable RunCallable ReleaseCallable CloseSession "
    "ListDevices Reset"
).split()


class Channel:
    """Calls with messages, or bytes that are none."""

    def __init__(self, target):
        self.channel = grpc.insecure_channel(target.removeprefix("grpc://"))

    def call(self, method, request, timeout=20):
        """The answer's bytes, or the code and text of the refusal."""
        data = request if isinstance(request, bytes) else request.SerializeToString()
        path = method if method.startswith("/") else MASTER + method
        try:
            return self.channel.unary_unary(path)(data, timeout=timeout)
        except grpc.RpcError as error:
            return [error.code().name, error.details()]

    def create(self, graph_def):
        request = message_class("CreateSessionRequest")(graph_def=graph_def)
        answer = self.call("CreateSession", request)
        if isinstance(answer, list):
            return answer
        return message_class("CreateSessionResponse").FromString(answer).session_handle

    def fails(self, t, label, method, request, text=True):
        answer = self.call(method, request)
        t.show(label, ["answered"] if isinstance(answer, bytes) else answer if text else answer[:1])

    def runs(self, t, label, request):
        """Shows what a step gives, its status where it failed."""
        answer = self.call("RunStep", request)
        if isinstance(answer, list):
            t.show(label, [answer[0], plain(answer[1])])
            return
        answer = message_class("RunStepResponse").FromString(answer)
        tensors = [tf.make_ndarray(tensor.tensor).tolist() for tensor in answer.tensor]
        t.show(label, tensors or [answer.status_code, answer.status_error_message])


def plain(message):
    return message.replace("From /job:localhost/replica:0/task:0:\n", "")


def small_graph():
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [2], name="x")
        tf.multiply(x, 2.0, name="y")
    return graph.as_graph_def()


def tensor(*values, dtype=tf.float32):
    return tf.make_tensor_proto(list(values), dtype)


@program
def malformed_messages(t):
    if not t.target:
        return
    channel = Channel(t.target)
    for method in METHODS:
        channel.fails(t, method, method, b"\xff\xff\xff\xff", text=False)
    channel.fails(t, "no such method", "Nonsense", b"", text=False)
    channel.fails(t, "no such service", "/tensorflow.Nonsense/RunStep", b"", text=False)
    handle = channel.create(small_graph())
    request = message_class("RunStepRequest")(session_handle=handle, fetch=["y:0"])
    request.feed.add(name="x:0", tensor=tensor(1, 2))
    whole = request.SerializeToString()
    channel.fails(t, "cut off", "RunStep", whole[:-3], text=False)
    channel.fails(t, "unknown field", "RunStep", whole + b"\xfa\x7f\x01a", text=False)
    channel.runs(t, "the session goes on", request)


@program
def unknown_sessions(t):
    if not t.target:
        return
    channel = Channel(t.target)
    handle = "0123456789abcdef"
    for method, request in {
        "ExtendSession": message_class("ExtendSessionRequest")(session_handle=handle),
        "PartialRunSetup": message_class("PartialRunSetupRequest")(session_handle=handle, fetch=["y"]),
        "RunStep": message_class("RunStepRequest")(session_handle=handle, fetch=["y"]),
        "MakeCallable": message_class("MakeCallableRequest")(session_handle=handle),
        "RunCallable": message_class("RunCallableRequest")(session_handle=handle),
        "ReleaseCallable": message_class("ReleaseCallableRequest")(session_handle=handle),
        "CloseSession": message_class("CloseSessionRequest")(session_handle=handle),
        "ListDevices": message_class("ListDevicesRequest")(session_handle=handle),
    }.items():
        channel.fails(t, method, method, request)


@program
def wrong_graphs(t):
    if not t.target:
        return
    channel = Channel(t.target)
    graph = small_graph()
    handle = channel.create(graph)
    more = small_graph()
    for node in more.node:
        node.name = "more_" + node.name
        for at, name in enumerate(node.input):
            node.input[at] = "more_" + name
    extend = message_class("ExtendSessionRequest")(session_handle=handle, graph_def=more, current_graph_version=7)
    channel.fails(t, "version", "ExtendSession", extend)
    extend.current_graph_version = 0
    channel.fails(t, "right version", "ExtendSession", extend)
    extend.current_graph_version = 1
    channel.fails(t, "names again", "ExtendSession", extend)
    changes = {
        "unknown op": lambda nodes: setattr(nodes[0], "op", "NoSuchOp"),
        "unknown input": lambda nodes: nodes[2].input.__setitem__(0, "nowhere"),
        "input number": lambda nodes: nodes[2].input.__setitem__(0, "x:5"),
        "name twice": lambda nodes: setattr(nodes[1], "name", "x"),
        "no name": lambda nodes: setattr(nodes[0], "name", ""),
        "bad name": lambda nodes: setattr(nodes[0], "name", "a b"),
        "missing attribute": lambda nodes: nodes[0].attr.__delitem__("dtype"),
        "type": lambda nodes: nodes[2].attr["T"].__setattr__("type", 3),
        "cycle": lambda nodes: nodes[2].input.__setitem__(1, "y"),
        "too few inputs": lambda nodes: nodes[2].input.__delitem__(1),
        "bad device": lambda nodes: setattr(nodes[2], "device", "/job:ps/task:3"),
    }
    for label, change in changes.items():
        bad = small_graph()
        change(bad.node)
        handle = channel.create(bad)
        if isinstance(handle, list):
            t.show(label, handle[0])
        else:
            request = message_class("RunStepRequest")(session_handle=handle, fetch=["y:0"])
            request.feed.add(name="x:0", tensor=tensor(1, 2))
            answer = channel.call("RunStep", request)
            t.show(label, answer[0] if isinstance(answer, list) else "answered")


@program
def wrong_steps(t):
    if not t.target:
        return
    channel = Channel(t.target)
    handle = channel.create(small_graph())

    def request(feeds=(("x:0", tensor(1, 2)),), fetch=("y:0",), target=()):
        made = message_class("RunStepRequest")(session_handle=handle, fetch=fetch, target=target)
        for name, value in feeds:
            made.feed.add(name=name, tensor=value)
        return made

    steps = {
        "right": request(),
        "type": request([("x:0", tensor(1, 2, dtype=tf.int32))]),
        "no type": request([("x:0", tf.make_tensor_proto(1.0).__class__())]),
        "unknown type": request([("x:0", tf.make_tensor_proto(1.0).__class__(dtype=77))]),
        "unknown feed": request([("z:0", tensor(1, 2))]),
        "feed number": request([("x:3", tensor(1, 2))]),
        "fed twice": request([("x:0", tensor(1, 2)), ("x:0", tensor(1, 2))]),
        "not fed": request([]),
        "unknown fetch": request(fetch=["z:0"]),
        "fetch number": request(fetch=["y:3"]),
        "unknown target": request(target=["z"]),
        "nothing": request(fetch=[]),
    }
    cut = tensor(1, 2)
    cut.tensor_content = b"abc"
    del cut.float_val[:]
    steps["content"] = request([("x:0", cut)])
    huge = tf.make_tensor_proto(0.0)
    for size in (1 << 40, 1 << 40):
        huge.tensor_shape.dim.add(size=size)
    steps["huge"] = request([("x:0", huge)])
    negative = tf.make_tensor_proto(0.0)
    negative.tensor_shape.dim.add(size=-5)
    steps["negative"] = request([("x:0", negative)])
    for label, step in steps.items():
        channel.runs(t, label, step)
        step.store_errors_in_response_body = True
        channel.runs(t, label + ", status in the answer", step)
    partial = request()
    partial.partial_run_handle = "nonsense"
    channel.runs(t, "partial handle", partial)
    call = message_class("RunCallableRequest")(session_handle=handle, handle=77)
    channel.fails(t, "callable", "RunCallable", call)


@program
def clients_that_vanish(t):
    if not t.target:
        return
    with tf.Graph().as_default() as graph:
        tf.FIFOQueue(1, tf.int32, [[]], shared_name=t.unique("vanish")).dequeue(name="take")
        one = tf.constant(1)
    channel = Channel(t.target)
    handle = channel.create(graph.as_graph_def())
    request = message_class("RunStepRequest")(session_handle=handle, target=["take"])
    call = channel.channel.unary_unary(MASTER + "RunStep").future(request.SerializeToString())
    time.sleep(0.3)
    channel.channel.close()
    t.show("its call", call.code().name)
    with t.session(graph=graph) as session:
        t.show("others", session.run(one))
    t.show("late", Channel(t.target).call("RunStep", request, timeout=0.5)[0])
