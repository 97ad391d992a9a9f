"""TensorFlow's messages that its wheel has no Python module for: the descriptors its library holds.

    from embedded_protos import load_embedded, message_class
    load_embedded()
    request = message_class("RunStepRequest")(session_handle="...")

The C++ code that protoc writes carries each file's serialized FileDescriptorProto; it begins with the file's name.
"""

import pathlib

import tensorflow
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from tensorflow.core.framework import cost_graph_pb2, device_attributes_pb2, step_stats_pb2  # noqa: F401
from tensorflow.core.protobuf import config_pb2, named_tensor_pb2, tensorflow_server_pb2  # noqa: F401

FILES = ["tensorflow/core/protobuf/master.proto", "tensorflow/core/protobuf/worker.proto"]
LIBRARY = "libtensorflow_cc.so.2"
SYNTAX = 12  # the last field of a FileDescriptorProto


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def descriptor_at(data, start):
    """The FileDescriptorProto that begins here, or None where there is none: its fields, up to `syntax`."""
    at = start
    while True:
        tag, body = varint(data, at)
        if tag & 7 != 2 or tag >> 3 > SYNTAX:
            return None
        size, body = varint(data, body)
        at = body + size
        if tag >> 3 == SYNTAX:
            return descriptor_pb2.FileDescriptorProto.FromString(data[start:at])


def load_embedded():
    """Adds FILES to protobuf's pool."""
    pool = descriptor_pool.Default()
    data = None
    for name in FILES:
        try:
            pool.FindFileByName(name)
            continue
        except KeyError:
            data = data or (pathlib.Path(tensorflow.__file__).parent / LIBRARY).read_bytes()
        key = b"\n" + bytes([len(name)]) + name.encode()
        start = data.find(key)
        while start >= 0 and not (found := descriptor_at(data, start)):
            start = data.find(key, start + 1)
        if start < 0:
            raise LookupError(f"{LIBRARY} does not hold {name}")
        pool.AddSerializedFile(found.SerializeToString())


def message_class(name):
    """The class of a message of TensorFlow's."""
    load_embedded()
    return message_factory.GetMessageClass(descriptor_pool.Default().FindMessageTypeByName(f"tensorflow.{name}"))
