"""Runs the cases of ops on TensorFlow: eagerly, or in a v1 graph where an op is not to be had eagerly."""

import os
import re

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# oneDNN picks kernels by CPU; without it what is recorded does not depend on the machine.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import numpy as np
import tensorflow as tf
from tensorflow.core.framework import attr_value_pb2, op_def_pb2
from tensorflow.python.client import pywrap_tf_session
from tensorflow.python.eager import context, execute
from tensorflow.python.framework import ops

import case_file
from case_file import CaseError

GRADIENT_SEED = 7919


def load_op_defs():
    registered = op_def_pb2.OpList()
    registered.ParseFromString(pywrap_tf_session.TF_GetBuffer(pywrap_tf_session.TF_GetAllOpList()))
    return {op.name: op for op in registered.op}


OPS = load_op_defs()


class Failure(Exception):
    """A status TensorFlow answered, its decoration removed."""

    def __init__(self, code, message):
        self.code, self.message = code, message


def undecorated(message):
    message = re.sub(r"\{\{function_node [^}]*\}\} ?", "", message)
    message = re.sub(r"^\{\{node [^}]*\}\} ?", "", message)
    message = re.sub(r"\s*\[Op:[^\]]*\]( name: .*)?$", "", message)
    message = re.sub(r" for '\{\{node .*$", "", message, flags=re.S)
    message = re.sub(r"\n\nOriginal stack trace.*$", "", message, flags=re.S)
    message = re.sub(r"\n\t? *\[\[\{\{node .*$", "", message, flags=re.S)
    message = re.sub(r"^Graph execution error:\s*", "", message)
    message = re.sub(r"^Detected at node .*?\nNode: [^\n]*\n", "", message, flags=re.S)
    if "JSON" in message:
        # Protobuf puts more blanks between some words, others each time, that nobody relies on its words.
        message = re.sub(r"\s+", " ", message)
    return message.strip()


def failure(error):
    code = type(error).__name__.removesuffix("Error") if isinstance(error, tf.errors.OpError) else "InvalidArgument"
    message = error.message if isinstance(error, tf.errors.OpError) else str(error)
    return Failure(code, undecorated(message))


# --- attributes


def attr_value(kind, text, combo):
    """An attribute's value from its text, as execute() takes it."""
    if kind.startswith("list("):
        if not (text.startswith("[") and text.endswith("]")):
            raise CaseError(f"expected a list, found {text!r}")
        return [attr_value(kind[5:-1], item, combo) for item in case_file.split_top(text[1:-1], ",") if item]
    if kind == "int":
        return int(text)
    if kind == "float":
        return float(text)
    if kind == "bool":
        return {"true": True, "false": False}[text]
    if kind == "string":
        return case_file.unquote(text)
    if kind == "type":
        return tf.dtypes.as_dtype(combo.get(text, text)).as_datatype_enum
    if kind == "shape":
        if text == "<unknown>":
            return tf.TensorShape(None)
        return tf.TensorShape([None if dim.strip() == "?" else int(dim) for dim in text[1:-1].split(",") if dim.strip()])
    if kind == "tensor":
        dtype, shape, rest = case_file.typed_value(text, "attr")
        return tf.make_tensor_proto(case_file.values(rest.strip("()"), combo.get(dtype, dtype), shape))
    raise CaseError(f"attributes of type {kind} cannot be written in a case")


def default_value(kind, value):
    if kind.startswith("list("):
        field = {"string": "s", "int": "i", "float": "f", "bool": "b"}.get(kind[5:-1], kind[5:-1])
        items = getattr(value.list, field)
        return [tf.TensorShape(item) for item in items] if field == "shape" else list(items)
    field = {"string": "s", "int": "i", "float": "f", "bool": "b"}.get(kind, kind)
    value = getattr(value, field)
    return tf.TensorShape(value) if kind == "shape" else value


def dims(shape):
    return None if shape.rank is None else shape.as_list()


def attr_proto(kind, value):
    """The AttrValue of what attr_value() gives."""
    field = {"string": "s", "int": "i", "float": "f", "bool": "b"}
    proto = attr_value_pb2.AttrValue()
    if kind.startswith("list("):
        proto.list.SetInParent()
        items = [item.as_proto() if isinstance(item, tf.TensorShape) else item for item in value]
        getattr(proto.list, field.get(kind[5:-1], kind[5:-1])).extend(items)
    elif kind in ("shape", "tensor"):
        getattr(proto, kind).CopyFrom(value.as_proto() if kind == "shape" else value)
    else:
        setattr(proto, field.get(kind, kind), value)
    return proto


def all_attrs(op, given, args, combo):
    """Every attribute of the call: what the inputs fix, what was given, and the defaults."""
    kinds = {attr.name: attr.type for attr in op.attr}
    attrs = {}
    for arg, value in zip(op.input_arg, args):
        members = value if isinstance(value, list) else [value]
        if arg.number_attr:
            attrs[arg.number_attr] = len(members)
        if arg.type_attr and members:
            attrs.setdefault(arg.type_attr, members[0].dtype.base_dtype.as_datatype_enum)
        if arg.type_list_attr:
            attrs[arg.type_list_attr] = [member.dtype.base_dtype.as_datatype_enum for member in members]
    for name, text in given:
        if name not in kinds:
            raise CaseError(f"{op.name} has no attribute {name!r}")
        attrs[name] = attr_value(kinds[name], text, combo)
    for attr in op.attr:
        if attr.name not in attrs:
            if not attr.HasField("default_value"):
                raise CaseError(f"{op.name} needs attribute {attr.name!r}")
            attrs[attr.name] = default_value(attr.type, attr.default_value)
    return {attr.name: attrs[attr.name] for attr in op.attr}


def output_counts(op, attrs):
    """(name, number of tensors or None for a single one) of each output."""
    counts = []
    for arg in op.output_arg:
        if arg.number_attr:
            counts.append((arg.name, attrs[arg.number_attr]))
        elif arg.type_list_attr:
            counts.append((arg.name, len(attrs[arg.type_list_attr])))
        else:
            counts.append((arg.name, None))
    return counts


def named_outputs(op, attrs, flat):
    named, at = [], 0
    for name, count in output_counts(op, attrs):
        if count is None:
            named.append((name, flat[at]))
            at += 1
        else:
            named += [(f"{name}.{index}", flat[at + index]) for index in range(count)]
            at += count
    return named


def flatten(args):
    return [tensor for arg in args for tensor in (arg if isinstance(arg, list) else [arg])]


# --- the two ways to run


class Eager:
    def __init__(self, fresh):
        self.fresh = fresh

    def __enter__(self):
        # Kernels keep generator states and containers keep shared resources; each case starts without.
        if self.fresh:
            context._reset_context()
        return self

    def __exit__(self, *_):
        pass

    def constant(self, data, dtype):
        tensor = tf.constant(data, dtype=tf.string) if dtype == "string" else tf.constant(data)
        return tf.bitcast(tensor, dtype) if dtype.lstrip("u").startswith("q") or dtype.startswith("q") else tensor

    def call(self, op, args, attrs):
        flat_attrs = []
        for attr in op.attr:
            value = attrs[attr.name]
            if attr.type == "shape":
                value = dims(value)
            elif attr.type == "list(shape)":
                value = [dims(item) for item in value]
            flat_attrs += [attr.name, value]
        counts = output_counts(op, attrs)
        outputs = sum(1 if count is None else count for _, count in counts)
        inputs = flatten(args)
        try:
            results = execute.quick_execute(op.name, outputs, inputs, tuple(flat_attrs), context.context())
        except tf.errors.OpError as error:
            raise failure(error) from None
        results = list(results) if outputs else []
        if execute.must_record_gradient():
            execute.record_gradient(op.name, inputs, tuple(flat_attrs), results)
        return results

    def values(self, tensors):
        return [None if tensor.dtype in (tf.resource, tf.variant) else tensor.numpy() for tensor in tensors]


class Graph:
    """One graph per case; steps run in the order they are written."""

    def __init__(self, static, runs=1):
        self.static, self.runs = static, runs

    def __enter__(self):
        self.graph = tf.Graph()
        self.scope = self.graph.as_default()
        self.scope.__enter__()
        self.feeds, self.order = {}, []
        return self

    def __exit__(self, *exc):
        self.scope.__exit__(*exc)

    def constant(self, data, dtype):
        if self.static:
            return tf.constant(data, dtype=dtype)
        placeholder = tf.compat.v1.placeholder(dtype, None)
        self.feeds[placeholder] = data
        return placeholder

    def import_old(self, op, args, attrs):
        """The op in a graph of a version that still had it, which this one becomes by that."""
        graph_def = tf.compat.v1.GraphDef()
        graph_def.versions.producer = op.deprecation.version - 1
        node = graph_def.node.add(op=op.name, name=self.graph.unique_name(op.name))
        inputs = {f"input_{at}": tensor for at, tensor in enumerate(flatten(args))}
        node.input.extend(inputs)
        for attr in op.attr:
            node.attr[attr.name].CopyFrom(attr_proto(attr.type, attrs[attr.name]))
        tf.import_graph_def(graph_def, input_map=inputs, name="")
        return self.graph.get_operation_by_name(node.name)

    def call(self, op, args, attrs):
        if op.HasField("deprecation"):
            try:
                node = self.import_old(op, args, attrs)
            except (tf.errors.OpError, ValueError) as error:
                raise failure(error) from None
            node._add_control_inputs(self.order)
            self.order = [node]
            return list(node.outputs)
        try:
            with tf.control_dependencies(self.order):
                node = self.graph._create_op_internal(
                    op.name,
                    flatten(args),
                    input_types=[tensor.dtype for tensor in flatten(args)],
                    attrs={attr.name: attr_proto(attr.type, attrs[attr.name]) for attr in op.attr},
                    op_def=op,
                )
        except (tf.errors.OpError, ValueError) as error:
            raise failure(error) from None
        self.order = [node]
        return list(node.outputs)

    def values(self, tensors):
        if not self.order:
            return []
        readable = [t for t in tensors if t.dtype.base_dtype not in (tf.resource, tf.variant)]
        try:
            with tf.compat.v1.Session(graph=self.graph) as session:
                for _ in range(self.runs):
                    fetched = session.run([readable, self.order], self.feeds)
                results = iter(fetched[0])
        except tf.errors.OpError as error:
            raise failure(error) from None
        return [next(results) if t.dtype.base_dtype not in (tf.resource, tf.variant) else None for t in tensors]


# --- a case


def needs_graph(name):
    """Whether TensorFlow runs an op in graphs alone: on references, with arrays as attributes, or in old graphs."""
    op = OPS[name]
    if op.HasField("deprecation"):
        return True
    has_refs = any(arg.is_ref for arg in list(op.input_arg) + list(op.output_arg))
    return has_refs or any("tensor" in attr.type for attr in op.attr)


class Run:
    """One case with one assignment of its template's variables."""

    def __init__(self, case, combo):
        self.case, self.combo = case, combo
        self.calls = [case.op] + [call.op for call in case.before + case.after]
        for name in self.calls:
            if name not in OPS:
                raise CaseError(f"no op {name!r}")

    def literal(self, value):
        dtype = self.combo.get(value[0], value[0])
        return case_file.values(value[2], dtype, value[1]), dtype

    def argument(self, engine, names, value):
        if isinstance(value, list):
            return [self.argument(engine, names, item) for item in value]
        if value[0] == "ref":
            name, _, index = value[1].partition(".")
            if name not in names:
                raise CaseError(f"no step named {name!r}")
            return names[name][int(index or 0)]
        return engine.constant(*self.literal(value))

    def step(self, engine, names, call):
        op = OPS[call.op]
        args = [self.argument(engine, names, arg) for arg in call.args]
        if len(args) != len(op.input_arg):
            raise CaseError(f"{call.line}: {call.op} takes {len(op.input_arg)} inputs")
        outputs = engine.call(op, args, all_attrs(op, call.attrs, args, self.combo))
        if call.name:
            names[call.name] = outputs
        return outputs

    def inputs(self, engine, names):
        """The op's arguments in its order, and every input tensor by its name in the case."""
        given, tensors = dict(self.case.inputs), {}
        if len(given) != len(self.case.inputs):
            raise CaseError("an input given twice")
        args = []
        for arg in OPS[self.case.op].input_arg:
            if arg.number_attr or arg.type_list_attr:
                members = []
                while f"{arg.name}.{len(members)}" in given:
                    name = f"{arg.name}.{len(members)}"
                    members.append(self.argument(engine, names, given.pop(name)))
                    tensors[name] = members[-1]
                args.append(members)
            elif arg.name in given:
                tensors[arg.name] = self.argument(engine, names, given.pop(arg.name))
                args.append(tensors[arg.name])
            else:
                raise CaseError(f"input {arg.name!r} is missing")
        if given:
            raise CaseError(f"{self.case.op} has no input {next(iter(given))!r}")
        return args, tensors

    def outputs(self, engine):
        """[(name, tensor)] of the op and of the `then` steps."""
        names = {}
        for call in self.case.before:
            self.step(engine, names, call)
        args, self.tensors = self.inputs(engine, names)
        op = OPS[self.case.op]
        attrs = all_attrs(op, self.case.attrs, args, self.combo)
        for _ in range(self.case.runs if isinstance(engine, Eager) else 1):
            outputs = engine.call(op, args, attrs)
        named = named_outputs(op, attrs, outputs)
        self.own = len(named)
        for call in self.case.after:
            outputs = self.step(engine, names, call)
            if call.name:
                labels = [f"${call.name}.{index}" for index in range(len(outputs))]
                named += zip([f"${call.name}"] if len(outputs) == 1 else labels, outputs)
        return named

    def engine(self):
        if self.case.mode == "graph" or any(map(needs_graph, self.calls)):
            return Graph(False, self.case.runs)
        return Eager(any(OPS[name].is_stateful for name in self.calls))

    def result(self):
        """[(name, dtype, array or None, shape)]."""
        with self.engine() as engine:
            named = self.outputs(engine)
            results = []
            for (name, tensor), data in zip(named, engine.values([tensor for _, tensor in named])):
                dtype = tensor.dtype.base_dtype.name
                if data is None:
                    shape = tensor.shape.as_list() if isinstance(engine, Eager) else None
                else:
                    data = np.asarray(data, dtype=object) if dtype == "string" else np.asarray(data)
                    data = data.view(case_file.NUMPY[dtype]) if data.dtype.fields else data
                    shape = list(data.shape)
                results.append((name, dtype, data, shape))
            return results

    def static_shapes(self):
        """What shape functions find for outputs when inputs are constants; raises Failure if they refuse them."""
        with Graph(True) as engine:
            named = self.outputs(engine)[: self.own]
            return {name: None if t.shape.rank is None else t.shape.as_list() for name, t in named}

    def gradients(self):
        """[(input, dtype, array or None)]: the vector-Jacobian product with the weights of `weights`."""
        with Eager(False) as engine:
            with tf.GradientTape() as tape:
                names = {}
                for call in self.case.before:
                    self.step(engine, names, call)
                args, tensors = self.inputs(engine, names)
                wanted = [n for n in tensors for g in self.case.grads if n == g or n.rpartition(".")[0] == g]
                wanted = [n for n in wanted if tensors[n].dtype.name in case_file.DIFFERENTIABLE]
                sources = [tensors[name] for name in wanted]
                tape.watch(sources)
                op = OPS[self.case.op]
                attrs = all_attrs(op, self.case.attrs, args, self.combo)
                outputs = engine.call(op, args, attrs)
            if not sources:
                return []
            pairs = [
                (out, weights(index, out))
                for index, out in enumerate(outputs)
                if out.dtype.name in case_file.DIFFERENTIABLE
            ]
            found = tape.gradient([out for out, _ in pairs], sources, output_gradients=[w for _, w in pairs])
        results = []
        for name, source, gradient in zip(wanted, sources, found):
            data = None if gradient is None else tf.convert_to_tensor(gradient).numpy()
            results.append((name, source.dtype.name, data))
        return results


def weights(index, output):
    """The incoming gradient of the output at `index`: uniform on [-1, 1), a seed per output."""
    text = f"@uniform({GRADIENT_SEED + index},-1,1)"
    return tf.constant(case_file.values(text, output.dtype.name, output.shape.as_list()))
