"""Records what TensorFlow's server answers to calls that are wrong.

    python tools/record_bad_calls.py crates/rpc/tests/data/bad_calls.txt

writes a line for each call: what is wrong, the method, the request in base64, the status code (from the answer's body for
steps that ask for that) and the message as JSON. The session's handle reads `SESSION`. Needs TensorFlow 2.21, and grpcio,
which comes with it.
"""

import base64
import json
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import grpc
import tensorflow as tf

tf1 = tf.compat.v1
METHODS = (
    "CreateSession ExtendSession PartialRunSetup RunStep MakeCallable RunCallable ReleaseCallable CloseSession "
    "ListDevices Reset"
).split()


def varint(number):
    digits = bytearray()
    while number > 127:
        digits.append(number & 127 | 128)
        number >>= 7
    return bytes(digits + bytes([number]))


def fields(*pairs):
    """A message of fields `(number, value)`: a number, or bytes and text with their length."""
    out = b""
    for number, value in pairs:
        if isinstance(value, int):
            out += varint(number << 3) + varint(value)
        else:
            value = value.encode() if isinstance(value, str) else value
            out += varint(number << 3 | 2) + varint(len(value)) + value
    return out


def feed(name, value):
    return 2, fields((1, name), (2, value))


def graph(build):
    with tf.Graph().as_default() as made:
        build()
    return made.as_graph_def()


def model():
    x = tf1.placeholder(tf.float32, [2], name="x")
    tf.add(x, 1.0, name="y")


def calls():
    vector = tf.make_tensor_proto([1.0, 2.0]).SerializeToString()
    numbers = tf.make_tensor_proto([1, 2]).SerializeToString()
    torn = fields((1, 1), (2, fields((2, fields((1, 2))))), (4, b"abc"))
    unknown_op = graph(model)
    unknown_op.node[0].op = "NobodyKnowsThisOp"
    dangling = graph(model)
    dangling.node[2].input[0] = "nowhere"
    for method in METHODS:
        yield "no message", method, b"\x0a\x7f\x00"
    for method in METHODS[1:-1]:
        yield "unknown session", method, fields((1, "nobody"))
    session = 1, "SESSION"
    yield "unknown op", "CreateSession", fields((1, unknown_op.SerializeToString()))
    yield "dangling input", "CreateSession", fields((1, dangling.SerializeToString()))
    yield "wrong version", "ExtendSession", fields(session, (2, b""), (3, 7))
    yield "node twice", "ExtendSession", fields(session, (2, graph(model).SerializeToString()), (3, 0))
    step = lambda *rest: fields(session, *rest)
    yield "nothing asked", "RunStep", step()
    yield "unknown feed", "RunStep", step(feed("nobody:0", vector), (3, "y:0"))
    yield "unknown fetch", "RunStep", step(feed("x:0", vector), (3, "nobody:0"))
    yield "unknown target", "RunStep", step(feed("x:0", vector), (4, "nobody"))
    yield "no such output", "RunStep", step(feed("x:0", vector), (3, "y:7"))
    yield "not fed", "RunStep", step((3, "y:0"))
    yield "fed twice", "RunStep", step(feed("x:0", vector), feed("x:0", vector), (3, "y:0"))
    yield "feed of another type", "RunStep", step(feed("x:0", numbers), (3, "y:0"))
    yield "torn feed", "RunStep", step(feed("x:0", torn), (3, "y:0"))
    yield "unknown partial run", "RunStep", step(feed("x:0", vector), (3, "y:0"), (6, "nobody"))
    yield "unknown callable", "RunCallable", fields(session, (2, 77))
    yield "unknown callable", "ReleaseCallable", fields(session, (2, 77))
    yield "callable of an unknown tensor", "MakeCallable", fields(session, (2, fields((2, "nobody:0"))))
    for what, source, place, fetch in (
        ("connection from an unknown node", "nobody:0", "x:0", "y:0"),
        ("connection from no such output", "y:7", "x:0", "y:0"),
        ("connection to an unknown node", "y:0", "nobody:0", "y:0"),
        ("connection to no such output", "y:0", "x:3", "y:0"),
        ("connection in a circle", "y:0", "x:0", "y:0"),
        ("connection to itself", "y:0", "y:0", "x:0"),
        ("connection to what is fetched", "x:0", "y:0", "y:0"),
    ):
        connection = 5, fields((1, source), (2, place))
        yield what, "MakeCallable", fields(session, (2, fields((2, fetch), connection)))
    yield "no such method", "Nonsense", b""


def main(path):
    tf1.disable_v2_behavior()
    server = tf1.train.Server.create_local_server()
    channel = grpc.insecure_channel(server.target.removeprefix("grpc://"))

    def ask(method, request):
        try:
            return 0, channel.unary_unary("/tensorflow.MasterService/" + method)(request, timeout=20)
        except grpc.RpcError as error:
            return error.code().value[0], error.details()

    created = fields((1, graph(model).SerializeToString()))
    _, answer = ask("CreateSession", created)
    handle = answer[2 : 2 + answer[1]].decode()
    with open(path, "w") as file:
        file.write("# Wrong calls and what TensorFlow's server answers. tools/record_bad_calls.py writes this file.\n")
        file.write(f"create\tCreateSession\t{base64.b64encode(created).decode()}\t0\t\"\"\n")
        for what, method, request in calls():
            sent = request
            if request.startswith(fields((1, "SESSION"))):
                sent = fields((1, handle)) + request[len(fields((1, "SESSION"))) :]
            code, message = ask(method, sent)
            message = message.replace(handle, "SESSION") if code else ""
            line = [what, method, base64.b64encode(request).decode(), str(code), json.dumps(message)]
            file.write("\t".join(line) + "\n")
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
