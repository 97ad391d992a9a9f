"""Records the signature of every op TensorFlow registers as the text that ferroflow-core reads.

Usage: python tools/record_op_schemas.py [--out crates/core/src/schema/op_schemas.txt]
                                         [--checks crates/core/tests/data/op_schema_checks.txt]

One line per op, sorted by the bytes of its name:

    Name(in: type, ...) -> (out: type, ...) [attr: type >= min {allowed} = default, ...] flags

An argument's type is a dtype (`int32`), a type attribute (`T`), `N*` before either for a list of N
tensors, or `Tin...` for a list typed by a list(type) attribute; `&` in front marks a reference.
The checks file holds figures counted on the protobuf itself, independent of the text above.
"""

import argparse
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf
from tensorflow.core.framework import op_def_pb2
from tensorflow.python.client import pywrap_tf_session

FLAGS = [
    ("is_stateful", "stateful"),
    ("is_commutative", "commutative"),
    ("is_aggregate", "aggregate"),
    ("allows_uninitialized_input", "allows_uninitialized_input"),
    ("is_distributed_communication", "distributed"),
]

# One op of each kind a reader could get wrong, checked in detail by the Rust test.
SPOT_CHECKS = [
    "Abs", "AddN", "Assert", "AssignVariableOp", "Batch", "BatchMatMulV2", "Bitcast", "BroadcastArgs",
    "Cast", "ConcatV2", "Const", "Conv2D", "DefaultAttrs", "Enter", "FIFOQueueV2", "FakeQuantWithMinMaxArgs",
    "FusedBatchNormV3", "GatherV2", "IdentityN", "If", "ImageSummary", "IteratorGetNext", "MatMul", "Merge",
    "Namespace>TestStringOutput", "OneHot", "PadV2", "ParseExampleV2", "PartitionedCall", "Placeholder",
    "Print", "QuantizeV2", "RandomUniform", "ResourceApplyAdam", "Roll", "SaveV2", "ScatterAdd", "Split",
    "StridedSlice", "StringFormat", "Sum", "TensorArrayV3", "TopKV2", "VarHandleOp", "VariableV2", "While",
]


def op_list():
    buffer = pywrap_tf_session.TF_GetAllOpList()
    ops = op_def_pb2.OpList()
    ops.ParseFromString(pywrap_tf_session.TF_GetBuffer(buffer))
    return sorted(ops.op, key=lambda op: op.name.encode())


def dtype(number):
    return tf.dtypes.as_dtype(number).name


def quoted(data):
    out = []
    for byte in data:
        char = chr(byte)
        if char in '"\\':
            out.append("\\" + char)
        elif 32 <= byte < 127:
            out.append(char)
        else:
            out.append(f"\\x{byte:02x}")
    return '"' + "".join(out) + '"'


def number(value):
    """A float attribute holds 32 bits, so its shortest text is that of a float32."""
    return np.format_float_positional(np.float32(value), trim="-")


def shape(proto):
    if proto.unknown_rank:
        return "<unknown>"
    return "[" + ",".join("?" if dim.size < 0 else str(dim.size) for dim in proto.dim) + "]"


def tensor(proto):
    array = tf.make_ndarray(proto)
    return f"{array.dtype.name}[{','.join(map(str, array.shape))}]({' '.join(map(str, array.reshape(-1).tolist()))})"


SCALARS = {
    "string": ("s", quoted),
    "int": ("i", str),
    "float": ("f", number),
    "bool": ("b", lambda value: "true" if value else "false"),
    "type": ("type", dtype),
    "shape": ("shape", shape),
    "tensor": ("tensor", tensor),
    "func": ("func", lambda func: "@" + func.name),
}


def attr_value(attr_type, value):
    if attr_type.startswith("list("):
        field, write = SCALARS[attr_type[5:-1]]
        return "[" + ", ".join(write(item) for item in getattr(value.list, field)) + "]"
    field, write = SCALARS[attr_type]
    return write(getattr(value, field))


def argument(arg, attrs):
    kind = arg.type_list_attr + "..." if arg.type_list_attr else arg.type_attr or dtype(arg.type)
    if arg.type:
        assert kind not in attrs, (arg, "a dtype and an attribute of one name")
    if arg.number_attr:
        kind = f"{arg.number_attr}*{kind}"
    return f"{arg.name}: {'&' if arg.is_ref else ''}{kind}"


def attribute(attr):
    text = f"{attr.name}: {attr.type}"
    if attr.has_minimum:
        text += f" >= {attr.minimum}"
    if attr.HasField("allowed_values"):
        kind = attr.type if attr.type.startswith("list(") else f"list({attr.type})"
        text += " {" + attr_value(kind, attr.allowed_values)[1:-1] + "}"
    if attr.HasField("default_value"):
        text += " = " + attr_value(attr.type, attr.default_value)
    return text


def line(op):
    attrs = {attr.name for attr in op.attr}
    text = f"{op.name}({', '.join(argument(arg, attrs) for arg in op.input_arg)})"
    text += f" -> ({', '.join(argument(arg, attrs) for arg in op.output_arg)})"
    if op.attr:
        text += f" [{', '.join(attribute(attr) for attr in op.attr)}]"
    for field, word in FLAGS:
        if getattr(op, field):
            text += " " + word
    if op.HasField("deprecation"):
        text += f" deprecated({op.deprecation.version}, {quoted(op.deprecation.explanation.encode())})"
    return text


def checks(ops):
    lines = [
        f"count {len(ops)}",
        f"inputs {sum(len(op.input_arg) for op in ops)}",
        f"outputs {sum(len(op.output_arg) for op in ops)}",
        f"attrs {sum(len(op.attr) for op in ops)}",
        f"defaults {sum(attr.HasField('default_value') for op in ops for attr in op.attr)}",
        f"allowed {sum(len(a.allowed_values.list.type) + len(a.allowed_values.list.s) for op in ops for a in op.attr)}",
        f"minimums {sum(attr.minimum for op in ops for attr in op.attr if attr.has_minimum)}",
        f"refs {sum(arg.is_ref for op in ops for arg in list(op.input_arg) + list(op.output_arg))}",
        f"deprecated {sum(op.HasField('deprecation') for op in ops)}",
    ]
    lines += [f"{word} {sum(getattr(op, field) for op in ops)}" for field, word in FLAGS]
    by_name = {op.name: op for op in ops}
    for name in SPOT_CHECKS:
        op = by_name[name]
        lines.append(f"op {name}")
        for side, args in (("in", op.input_arg), ("out", op.output_arg)):
            for arg in args:
                lines.append(
                    f"  {side} {arg.name} type={dtype(arg.type) if arg.type else '-'} attr={arg.type_attr or '-'}"
                    f" number={arg.number_attr or '-'} list={arg.type_list_attr or '-'} ref={int(arg.is_ref)}"
                )
        for attr in op.attr:
            allowed = len(attr.allowed_values.list.type) + len(attr.allowed_values.list.s)
            lines.append(
                f"  attr {attr.name} type={attr.type} default={int(attr.HasField('default_value'))}"
                f" allowed={allowed} min={attr.minimum if attr.has_minimum else '-'}"
            )
    return lines


def main():
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", default=os.path.join(root, "crates/core/src/schema/op_schemas.txt"))
    parser.add_argument("--checks", default=os.path.join(root, "crates/core/tests/data/op_schema_checks.txt"))
    args = parser.parse_args()
    ops = op_list()
    for path, lines in ((args.out, [line(op) for op in ops]), (args.checks, checks(ops))):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", newline="\n") as file:
            file.write("\n".join(lines) + "\n")
        print(f"{path}: {len(lines)} lines")


if __name__ == "__main__":
    main()
