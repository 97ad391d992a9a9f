"""Records what TensorFlow's Python and protobuf make of messages: the cases that crates/proto is tested on.

    python tools/record_proto_cases.py

writes into crates/proto/tests/data:

* fields.cases  every field of every message of ../fields.txt set at least once: bytes and text
* text.cases    messages that are awkward to print: bytes, text (`text_format.MessageToString`) and `str`
* parse.cases   texts and the bytes or the error that `text_format.Parse` makes of them
* cpp.cases     a message whose bytes C++ wrote, which orders maps in another way than Python
* floats.cases  bits of floats and how they are printed in text and in `str`
* NAME.pb, NAME.pbtxt  messages that TensorFlow itself writes

A case is a line `=== FULL_NAME`, then blocks, each a line `--- BLOCK` and the block's lines. Bytes are hexadecimal, of
the deterministic serialisation. Needs TensorFlow 2.21.
"""

import math
import os
import pathlib
import random
import struct
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import tensorflow as tf
from google.protobuf import message_factory, text_format
from google.protobuf.descriptor import FieldDescriptor as F

import check_proto_fields
from proto_texts import TEXTS
from tensorflow.core.framework import (
    attr_value_pb2,
    function_pb2,
    graph_pb2,
    node_def_pb2,
    op_def_pb2,
    summary_pb2,
    tensor_pb2,
    tensor_shape_pb2,
)
from tensorflow.core.protobuf import config_pb2, fingerprint_pb2, meta_graph_pb2, saved_model_pb2, saved_object_graph_pb2, struct_pb2

DATA = pathlib.Path(__file__).parent.parent / "crates/proto/tests/data"
MESSAGES = {name: found for name, found in sorted(check_proto_fields.reached().items()) if hasattr(found, "fields")}
v1 = tf.compat.v1


def new(name):
    return message_factory.GetMessageClass(MESSAGES[name])()


def wire(message):
    return message.SerializeToString(deterministic=True)


def case(name, **blocks):
    lines = [f"=== {name}"]
    for block, text in blocks.items():
        lines += [f"--- {block}", text]
    return "\n".join(lines) + "\n"


def write(name, text):
    (DATA / name).write_bytes(text.encode())


# Every field of every message.


def sample(field, index):
    """A value of a scalar field that is not its default."""
    number = field.number + 200 * index
    if field.type == F.TYPE_STRING:
        return field.name + "'" * index
    if field.type == F.TYPE_BYTES:
        return bytes([0, 255, number % 256])
    if field.type == F.TYPE_BOOL:
        return index == 0
    if field.type == F.TYPE_ENUM:
        return field.enum_type.values[-1 - index].number
    if field.type in (F.TYPE_FLOAT, F.TYPE_DOUBLE):
        return -(number + 0.1)
    unsigned = field.type in (F.TYPE_UINT32, F.TYPE_UINT64, F.TYPE_FIXED32, F.TYPE_FIXED64)
    return number << 20 if unsigned else -number


def fill_field(message, field, depth):
    target = getattr(message, field.name)
    if check_proto_fields.is_map(field):
        key, value = field.message_type.fields_by_name["key"], field.message_type.fields_by_name["value"]
        for at in (sample(key, 0), "" if key.type == F.TYPE_STRING else 0):
            if value.message_type:
                fill(target[at], depth - 1)
            else:
                target[at] = sample(value, 0)
    elif field.message_type:
        for inner in (target.add(), target.add()) if field.is_repeated else (target,):
            inner.SetInParent()
            fill(inner, depth - 1)
    elif field.is_repeated:
        target.extend([sample(field, 0), sample(field, 1)])
    else:
        setattr(message, field.name, sample(field, 0))


def fill(message, depth, member=0):
    """Sets every field, and of each oneof the one at index `member`."""
    if depth < 0:
        return
    for field in message.DESCRIPTOR.fields:
        oneof = field.containing_oneof
        if oneof is None or check_proto_fields.is_synthetic(oneof) or oneof.fields.index(field) == member % len(oneof.fields):
            fill_field(message, field, depth)


def field_cases():
    for name, descriptor in MESSAGES.items():
        for member in range(max([len(oneof.fields) for oneof in descriptor.oneofs], default=1)):
            message = new(name)
            fill(message, 1, member)
            yield case(name, bytes=wire(message).hex(), text=text_format.MessageToString(message))


# Messages that are awkward to print.


def awkward():
    attr, tensor = attr_value_pb2.AttrValue, tensor_pb2.TensorProto
    yield graph_pb2.GraphDef()
    yield node_def_pb2.NodeDef(name="a\x01\xe9\u2028\"'\n\t\r\\\x7f\x80\U0001f600?", op="B", input=["x", "^y", ""])
    yield node_def_pb2.NodeDef(attr={"T": attr(type=1)})
    yield node_def_pb2.NodeDef(attr={"": attr()})
    yield node_def_pb2.NodeDef(attr={"e": attr(s=bytes(range(256)))})
    yield attr(f=1.0)
    yield attr(f=math.nan)
    yield attr(f=-math.inf)
    yield attr(i=0)
    yield attr(i=-(2**63))
    yield attr(b=False)
    yield attr(s=b"")
    yield attr(s="é\0".encode())
    yield attr(placeholder="p")
    yield attr(type=77)
    yield attr(type=-1)
    yield attr(type=101)
    yield attr(list=attr_value_pb2.AttrValue.ListValue())
    yield attr(list=attr_value_pb2.AttrValue.ListValue(f=[1e10, 123456789, 1e-5, -0.0, 3.4028235e38, 1e-45, 0.1, 16777216]))
    yield attr(list=attr_value_pb2.AttrValue.ListValue(b=[True, False], i=[1, -1], s=[b"a", b"\xff"], type=[1, 0, 999]))
    yield attr(shape=tensor_shape_pb2.TensorShapeProto(unknown_rank=True))
    yield attr(shape=tensor_shape_pb2.TensorShapeProto(dim=[tensor_shape_pb2.TensorShapeProto.Dim(size=-1), {"size": 0}, {"name": "n"}]))
    yield attr(func=attr_value_pb2.NameAttrList(name="f", attr={"n": attr(func=attr_value_pb2.NameAttrList(attr={"m": attr(tensor=tensor())}))}))
    yield tensor(dtype=2, double_val=[1, 0.1, 1e22, 1e15, 123456789012345678, 1e16, 1e-7, 5e-324, 1.7976931348623157e308, math.inf, math.nan])
    yield tensor(dtype=23, uint64_val=[2**64 - 1, 0], uint32_val=[2**32 - 1], int64_val=[-(2**63)], half_val=[15360])
    yield tf.make_tensor_proto([[1.5, -2.5], [0.0, 3.25]])
    yield tf.make_tensor_proto([b"a", b"\xff\x00", "é".encode()])
    yield tf.make_tensor_proto([1 + 2j])
    yield function_pb2.FunctionDef(ret={"": ""})
    yield function_pb2.FunctionDef(ret={"a": ""}, resource_arg_unique_id={0: 0})
    yield function_pb2.FunctionDef(ret={"b": "x:y:0", "a": "z:w:1", "B": "", "": "q", "é": "e", "aa": "1"}, resource_arg_unique_id={10: 1, 9: 0, 4294967295: 2}, arg_attr={3: {}, 1: {}})
    yield op_def_pb2.OpDef(name="Op", description='multi\nline "text"\n', attr=[{"name": "T", "type": "type", "allowed_values": attr(list=attr_value_pb2.AttrValue.ListValue(type=[1, 2]))}])
    yield config_pb2.ConfigProto(device_count={"GPU": 0, "CPU": 4}, gpu_options={"per_process_gpu_memory_fraction": 0.4}, graph_options={"optimizer_options": {"opt_level": -1}, "rewrite_options": {"custom_optimizers": [{"name": "x", "parameter_map": {"k": attr(i=3)}}]}})
    yield struct_pb2.StructuredValue(none_value={})
    yield struct_pb2.StructuredValue(int64_value=-5)
    yield struct_pb2.StructuredValue(dict_value={"fields": {"b": struct_pb2.StructuredValue(list_value={}), "a": struct_pb2.StructuredValue(float64_value=0.1)}})
    yield summary_pb2.Summary(value=[summary_pb2.Summary.Value(tag="t", tensor=tensor(dtype=1), node_name="n"), {"tag": "u", "simple_value": 2.5}])
    yield saved_object_graph_pb2.SavedObject(registered_name="late", user_object={"identifier": "_generic"})
    info = meta_graph_pb2.MetaGraphDef.MetaInfoDef
    known = info()
    known.any_info.Pack(node_def_pb2.NodeDef(name="x", attr={"": attr(f=1)}))
    yield known
    nested = info()
    nested.any_info.Pack(known)
    yield nested
    yield info(any_info={"type_url": "type.googleapis.com/no.Such", "value": known.any_info.value})
    yield info(any_info={"type_url": "tensorflow.NodeDef", "value": known.any_info.value})
    yield info(any_info={"type_url": "a/b/tensorflow.NodeDef"})


def text_cases():
    for message in awkward():
        blocks = {"bytes": wire(message).hex(), "text": text_format.MessageToString(message)}
        # `str` gives the entries of a map in the order of a hash.
        if not any(check_proto_fields.is_map(f) and len(v) > 1 for f, v in walk(message)):
            blocks["str"] = str(message)
        yield case(message.DESCRIPTOR.full_name, **blocks)


def walk(message):
    """Every field that is set in a message and in those inside it."""
    for field, value in message.ListFields():
        yield field, value
        if check_proto_fields.is_map(field):
            inner = [value[key] for key in value] if field.message_type.fields_by_name["value"].message_type else []
        elif field.message_type:
            inner = value if field.is_repeated else [value]
        else:
            inner = []
        for each in inner:
            yield from walk(each)


# Texts, right and wrong.


def parse_cases():
    for name, texts in TEXTS.items():
        for text in texts:
            message = new(name)
            try:
                text_format.Parse(text, message)
                yield case(name, input=text, bytes=wire(message).hex())
            except text_format.ParseError as error:
                yield case(name, input=text, error=str(error))
    deep = "tensorflow.StructuredValue"
    for depth in (48, 49, 50, 400):
        text = "list_value { values { " * depth + "} } " * depth
        message = new(deep)
        try:
            text_format.Parse(text, message, max_recursion_depth=100)
            yield case(deep, input=text, bytes=wire(message).hex())
        except text_format.ParseError as error:
            yield case(deep, input=text, error=str(error))


# C++.


def fingerprint(data):
    answer = tf.raw_ops.Fingerprint(data=tf.io.decode_raw(tf.constant([data]), tf.uint8), method="farmhash64")
    return int.from_bytes(bytes(answer.numpy()[0]), "little")


def joined(first, second):
    """TensorFlow's fingerprint of two fingerprints."""
    multiplier, mask = 0xC6A4A7935BD1E995, 2**64 - 1
    mix = lambda value: value ^ (value >> 47)
    result = (first ^ multiplier) ^ (mix(second * multiplier & mask) * multiplier & mask)
    return mix(mix(result * multiplier & mask) * multiplier & mask)


def ascending(signature):
    """The bytes of a signature with its maps in the order of their keys."""
    parts = {"inputs": signature.inputs, "outputs": signature.outputs}
    data = b""
    for field, entries in parts.items():
        for key in sorted(entries):
            data += wire(meta_graph_pb2.SignatureDef(**{field: {key: entries[key]}}))
    rest = meta_graph_pb2.SignatureDef(method_name=signature.method_name)
    return data + wire(rest)


def cpp_cases():
    """Bytes that give the fingerprint which C++ took of the same message, so they are what C++ writes."""

    class Wide(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([2], name=name) for name in ("b", "bb", "a", "ab")])
        def call(self, b, bb, a, ab):
            return {"zz": a + b, "z": bb, "y": ab}

    with tempfile.TemporaryDirectory() as folder:
        module = Wide()
        tf.saved_model.save(module, folder, signatures=module.call)
        model = saved_model_pb2.SavedModel.FromString(pathlib.Path(folder, "saved_model.pb").read_bytes())
        wanted = fingerprint_pb2.FingerprintDef.FromString(pathlib.Path(folder, "fingerprint.pb").read_bytes())
    signatures = model.meta_graphs[0].signature_def
    total = 0
    for key in sorted(signatures):
        total = joined(joined(total, fingerprint(key.encode())), fingerprint(ascending(signatures[key])))
    assert total == wanted.signature_def_hash
    signature = signatures["serving_default"]
    yield case("tensorflow.SignatureDef", bytes=wire(signature).hex(), cpp=ascending(signature).hex())


# Floats.


def float_cases():
    source = random.Random(20)
    narrow = [0, 1, 2, 0x7FFFFF, 0x800000, 0x7F7FFFFF, 0x3DCCCCCD, 0x4B7FFFFF, 0x4B800001, 0x80000000, 0x7F800000]
    narrow += [source.getrandbits(32) for _ in range(400)] + [n << 23 for n in range(0, 255, 5)]
    narrow += [struct.unpack("<I", struct.pack("<f", source.randrange(10**9) / 10 ** source.randrange(12)))[0] for _ in range(300)]
    for bits in narrow:
        value = struct.unpack("<f", struct.pack("<I", bits))[0]
        if not math.isnan(value):
            message = attr_value_pb2.AttrValue(f=value)
            yield f"f32 {bits:08x} {text_format.MessageToString(message)[3:-1]} {str(message)[3:-1]}\n"
    wide = [0, 1, 1 << 63, 0x7FEFFFFFFFFFFFFF, 0x10000000000000] + [source.getrandbits(64) for _ in range(300)]
    wide += [struct.unpack("<Q", struct.pack("<d", source.randrange(10**17) / 10 ** source.randrange(25)))[0] for _ in range(300)]
    for bits in wide:
        value = struct.unpack("<d", struct.pack("<Q", bits))[0]
        if not math.isnan(value):
            message = tensor_pb2.TensorProto(double_val=[value])
            yield f"f64 {bits:016x} {text_format.MessageToString(message)[12:-1]} {str(message)[12:-1]}\n"


# Messages that TensorFlow writes.


class Counter(tf.Module):
    def __init__(self):
        super().__init__()
        self.total = tf.Variable([1.5, 2.5], name="total")
        self.names = ["a", {"b": tf.Variable(3)}]

    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32, name="x")])
    def add(self, x):
        while tf.reduce_sum(x) < 10.0:
            x = x + self.total
        return {"y": x, "n": tf.shape(x)}


def written():
    with tempfile.TemporaryDirectory() as folder:
        module = Counter()
        tf.saved_model.save(module, folder, signatures=module.add)
        model = saved_model_pb2.SavedModel.FromString(pathlib.Path(folder, "saved_model.pb").read_bytes())
        for meta in model.meta_graphs:
            # The ops' documentation and the stack traces are most of the file and nothing new.
            meta.meta_info_def.ClearField("stripped_op_list")
            meta.graph_def.ClearField("debug_info")
        yield "saved_model", model
    v1.disable_control_flow_v2()
    with tf.Graph().as_default() as graph, v1.Session() as session:
        x = v1.placeholder(tf.float32, [1, 3], name="x")
        w = v1.get_variable("w", [3, 2], initializer=v1.ones_initializer(), use_resource=False)
        total = v1.while_loop(lambda i, _: i < 3, lambda i, y: (i + 1, tf.matmul(x, w) + y), [0, tf.zeros([1, 2])])[1]
        y = v1.cond(tf.reduce_sum(total) > 0, lambda: tf.nn.relu(total), lambda: total, name="pick")
        v1.summary.histogram("h", y)
        session.run(v1.global_variables_initializer())
        metadata = config_pb2.RunMetadata()
        options = config_pb2.RunOptions(trace_level=config_pb2.RunOptions.FULL_TRACE)
        session.run(y, {x: [[1.0, 2.0, 3.0]]}, options, metadata)
        summary = session.run(v1.summary.merge_all(), {x: [[1.0, 2.0, 3.0]]})
        meta = v1.train.export_meta_graph(saver_def=v1.train.Saver().as_saver_def(), strip_default_attrs=True)
        meta.meta_info_def.ClearField("stripped_op_list")
        yield "meta_graph", meta
        yield "graph", graph.as_graph_def(add_shapes=True)
        yield "run_metadata", metadata
        yield "summary", summary_pb2.Summary.FromString(summary)


def main():
    DATA.mkdir(parents=True, exist_ok=True)
    write("fields.cases", "".join(field_cases()))
    write("text.cases", "".join(text_cases()))
    write("parse.cases", "".join(parse_cases()))
    write("cpp.cases", "".join(cpp_cases()))
    write("floats.cases", "".join(float_cases()))
    for name, message in written():
        (DATA / f"{name}.pb").write_bytes(wire(message))
        write(f"{name}.pbtxt", text_format.MessageToString(message))


if __name__ == "__main__":
    main()
