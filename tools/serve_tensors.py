"""Programs about tensors of every dtype that are fed and fetched: narrow numbers, quantized ones, variants, handles.

Run by tools/serve_parity.py, as those of tools/serve_programs.py.
"""

import numpy as np
import tensorflow.compat.v1 as tf
from tensorflow.core.framework import tensor_pb2
from tensorflow.core.protobuf import config_pb2
from tensorflow.python.framework import dtypes, tensor_util
from tensorflow.python.ops import list_ops

from serve_programs import program

NARROW = (
    "float8_e5m2 float8_e4m3fn float8_e4m3fnuz float8_e4m3b11fnuz float8_e5m2fnuz float4_e2m1fn int2 uint2 int4 uint4"
).split()
QUANTIZED = "qint8 quint8 qint16 quint16 qint32".split()


def known(names):
    """Those of the dtypes that this TensorFlow has."""
    return [getattr(dtypes, name) for name in names if hasattr(dtypes, name)]


@program
def narrow_dtypes(t):
    def run(build, dtype, value=None):
        """What a graph of its own gives, as numbers: what one dtype lacks is no other's matter."""
        with tf.Graph().as_default() as graph:
            x = tf.placeholder(dtype, None)
            y = build(x)
            with t.session(graph=graph) as session:
                got = np.asarray(session.run(y, None if value is None else {x: value}))
                return [str(got.dtype), got.astype(np.float32)]

    for dtype in known(NARROW):
        values = np.array([0, 1, 1, 0, 1], np.float32).astype(dtype.as_numpy_dtype)
        for part in (values, values[:0], values[1], values[:4].reshape(2, 2)):
            name = f"{dtype.name} {part.shape}"
            t.fails(f"{name} fed", lambda: run(lambda x: x, dtype, part))
            t.fails(f"{name} through an op", lambda: run(tf.identity, dtype, part))
        t.fails(f"{dtype.name} reshaped", lambda: run(lambda x: tf.reshape(x, [5, 1]), dtype, values))
        t.fails(f"{dtype.name} cast", lambda: run(lambda x: tf.cast(x, tf.float32), dtype, values))
        t.fails(f"{dtype.name} cast to int8", lambda: run(lambda x: tf.cast(x, tf.int8), dtype, values))
        t.fails(f"{dtype.name} made", lambda: run(lambda x: tf.cast(tf.constant([0.0, 1.0]), dtype), dtype))
        t.fails(f"{dtype.name} made of int8", lambda: run(lambda x: tf.cast(tf.constant([0, 1], tf.int8), dtype), dtype))
        t.fails(f"{dtype.name} constant", lambda: run(lambda x: tf.constant(values), dtype))


@program
def quantized_dtypes(t):
    for dtype in known(QUANTIZED):
        x = tf.placeholder(dtype, [3])
        y = tf.identity(x)
        values = np.array([(0,), (1,), (7,)], dtype.as_numpy_dtype)
        with t.session() as session:
            t.fails(f"{dtype.name} fed", lambda: session.run(x, {x: values}))
            t.fails(f"{dtype.name} through an op", lambda: session.run(y, {x: values}))
            t.fails(f"{dtype.name} bits", lambda: session.run(tf.bitcast(y, {1: tf.int8, 2: tf.int16, 4: tf.int32}[dtype.size]), {x: values}))


@program
def constants_of_every_message(t):
    """Constants whose protos hold their values in each of the ways there are."""
    for dtype, field, values in (
        (tf.float32, "float_val", [1.5, 2.5]),
        (tf.float64, "double_val", [1.5, 2.5]),
        (tf.int32, "int_val", [-1, 2]),
        (tf.int16, "int_val", [-1, 2]),
        (tf.int8, "int_val", [-1, 2]),
        (tf.uint8, "int_val", [255, 2]),
        (tf.uint16, "int_val", [65535, 2]),
        (tf.uint32, "uint32_val", [2**32 - 1, 2]),
        (tf.uint64, "uint64_val", [2**64 - 1, 2]),
        (tf.int64, "int64_val", [-1, 2]),
        (tf.bool, "bool_val", [True, False]),
        (tf.string, "string_val", [b"a", b"b\0"]),
        (tf.complex64, "scomplex_val", [1, 2, 3, 4]),
        (tf.complex128, "dcomplex_val", [1, 2, 3, 4]),
        (tf.float16, "half_val", [0x3C00, 0x4000]),
        (tf.bfloat16, "half_val", [0x3F80, 0x4000]),
    ):
        for count in (0, 1, 2, 3):
            proto = tensor_pb2.TensorProto(dtype=dtype.as_datatype_enum)
            proto.tensor_shape.dim.add().size = 3
            getattr(proto, field).extend(values[:count] if not dtype.is_complex else values[: 2 * count])
            with tf.Graph().as_default() as graph:
                node = graph.as_graph_def().node.add()
                node.name, node.op = "c", "Const"
                node.attr["dtype"].type = dtype.as_datatype_enum
                node.attr["value"].tensor.CopyFrom(proto)
                graph_def = tf.GraphDef(node=[node])
                graph_def.versions.CopyFrom(graph.as_graph_def().versions)

                def run(graph_def=graph_def):
                    (value,) = tf.import_graph_def(graph_def, return_elements=["c:0"], name="")
                    with t.session(graph=value.graph) as session:
                        return session.run(tf.identity(value))

                t.fails(f"{dtype.name} {count}", run)


@program
def variants(t):
    items = list_ops.tensor_list_from_tensor([[1.0, 2.0], [3.0, 4.0]], [2])
    nested = tf.stack([items, list_ops.tensor_list_from_tensor([[5.0, 6.0]], [2])])
    data = tf.data.Dataset.range(3)._variant_tensor
    optional = tf.raw_ops.OptionalFromValue(components=[tf.constant(3)])
    handle = tf.placeholder(tf.variant, None)
    length = list_ops.tensor_list_length(handle)
    with t.session() as session:
        t.show("inside", session.run(list_ops.tensor_list_stack(items, tf.float32)))
        for name, value in (("list", items), ("lists", nested), ("dataset", data), ("optional", optional)):
            t.fails(f"{name} fetched", lambda: type(session.run(value)).__name__)
        t.fails("fed nothing", lambda: session.run(length, {handle: np.zeros([], object)}))
        t.fails("of a number", lambda: session.run(tf.raw_ops.OptionalGetValue(optional=optional, output_types=[tf.int32], output_shapes=[[]])))


@program
def handles_of_resources(t):
    """What a client gets for a handle is TensorFlow's; that it leads to the resource again is not."""
    variable = tf.get_variable("v", initializer=[1.0, 2.0], use_resource=True)
    table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(["a"], [1]), -1)
    queue = tf.FIFOQueue(2, [tf.int32])
    fields = ("device", "container", "name", "maybe_type_name")

    def told(value):
        value = np.asarray(value)
        if value.dtype != np.object_ or value.shape:
            return [str(value.dtype), list(value.shape)]
        return [type(value.item()).__name__]

    with t.session() as session:
        session.run([tf.global_variables_initializer(), tf.tables_initializer()])
        for name, handle in (
            ("variable", variable.handle),
            ("table", table.resource_handle),
            ("queue", queue.queue_ref),
            ("stack of handles", tf.stack([variable.handle])),
        ):
            t.fails(name, lambda: told(session.run(handle)))
        x = tf.placeholder(tf.resource, [])
        read = tf.raw_ops.ReadVariableOp(resource=x, dtype=tf.float32)
        t.fails("fed a fetched one", lambda: session.run(read, {x: session.run(variable.handle)}))
        t.fails("fed a number", lambda: session.run(read, {x: np.array(1)}))


@program
def connected_callables(t):
    """Callables in which one tensor stands for another."""
    x = tf.placeholder(tf.float32, [2], name="x")
    y = tf.multiply(x, 2.0, name="y")
    z = tf.identity(tf.placeholder(tf.float32, [2], name="w"), name="z")
    tf.add(z, 1.0, name="sum")
    tf.add_n([z, z, y], name="both")
    tf.constant([1], name="other")
    counter = tf.get_variable("counter", initializer=0, use_resource=True)
    with tf.control_dependencies([counter.assign_add(1)]):
        tf.identity(x, name="counted")

    def run(session, connections, fetch, feed=("x:0",), values=([1.0, 2.0],), target=()):
        options = config_pb2.CallableOptions(feed=feed, fetch=fetch, target=target)
        for source, target in connections:
            options.tensor_connection.add(from_tensor=source, to_tensor=target)
        call = session._make_callable_from_options(options)
        return call(*[np.array(value, np.float32) for value in values])

    with t.session() as session:
        session.run(tf.global_variables_initializer())
        for label, connections, fetch in (
            ("input", [("y:0", "w:0")], ["sum:0"]),
            ("inside", [("y:0", "z:0")], ["sum:0", "both:0", "y:0"]),
            ("fetched itself", [("y:0", "z:0")], ["z:0", "sum:0"]),
            ("from a feed", [("x:0", "w:0")], ["sum:0"]),
            ("counted", [("counted:0", "w:0")], ["sum:0", "both:0"]),
            ("without a number", [("y", "w")], ["sum:0"]),
            ("unused", [("y:0", "z:0")], ["y:0"]),
            ("unknown source", [("nobody:0", "w:0")], ["sum:0"]),
            ("unknown place", [("y:0", "nobody:0")], ["sum:0"]),
            ("no such output", [("y:7", "w:0")], ["sum:0"]),
            ("no such output of the place", [("y:0", "w:7")], ["sum:0"]),
            ("another dtype", [("other:0", "w:0")], ["sum:0"]),
            ("twice", [("y:0", "w:0"), ("x:0", "w:0")], ["sum:0"]),
            ("in a circle", [("sum:0", "w:0")], ["sum:0"]),
            ("to a feed", [("y:0", "x:0")], ["y:0"]),
            ("to itself", [("w:0", "w:0")], ["sum:0"]),
            ("no connection", [], ["sum:0"]),
        ):
            # The dtypes are compared by TensorFlow after it has rewritten the graph, whose nodes it names then.
            t.fails(label, lambda: run(session, connections, fetch), text=label != "another dtype")
            t.show(f"{label}: counter", session.run(counter))
        t.fails("a target", lambda: run(session, [("counted:0", "w:0")], [], target=["sum"]))
        t.show("counter", session.run(counter))
