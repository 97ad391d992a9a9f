"""Records how NumPy and TensorFlow print values, for crates/core/tests/printed_forms.rs.

Needs TensorFlow 2.21 with NumPy 2.4. Run as

    python tools/record_prints.py [OUTPUT_FILE]

The file is a list of records, each a few lines of input and then the printed forms:

    array DTYPE SHAPE bits HEX...      elements by their bits; a complex one is two
    array DTYPE SHAPE bytes HEX...     strings; '-' is the empty one
    array DTYPE SHAPE affine A B M D   element i is ((A + B * i) mod M) / D, integers throughout if D is 0
    options KEY=VALUE...               print options other than NumPy's defaults
    symbol DTYPE SHAPE NAME            a symbolic tensor, a variable or a spec; SHAPE is '?' or like '[2,?]'
    words WORD...                      further arguments of the form
    resource SHAPE DTYPE SHAPE NAME DEVICE CONTAINER TYPE    handles, all alike, and what they hold
    variant SHAPE TEXT                 variants, all alike, of this description
    form NAME COUNT                    how many lines follow: the printed form
"""

import os
import pathlib
import re
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import numpy as np
import tensorflow as tf

v1 = tf.compat.v1
BF16 = tf.bfloat16.as_numpy_dtype
FLOATS = [np.float16, np.float32, np.float64]
COMPLEX = [np.complex64, np.complex128]
SIGNED = [np.int8, np.int16, np.int32, np.int64]
UNSIGNED = [np.uint8, np.uint16, np.uint32, np.uint64]
INF, NAN = float("inf"), float("nan")


class Recorder:
    """Collects records as lines."""

    def __init__(self):
        self.lines = []
        self.forms = 0

    def input(self, line):
        self.lines.append(line)

    def form(self, name, text):
        lines = text.split("\n")
        self.lines.append(f"form {name} {len(lines)}")
        self.lines.extend(lines)
        self.forms += 1


def dims(shape):
    return "[" + ",".join(str(dim) for dim in shape) + "]"


def elements(array):
    """The elements of an array in exact notation."""
    array = np.asarray(array)
    if array.dtype == object:
        return "bytes " + " ".join(value.hex() or "-" for value in array.reshape(-1))
    big = np.ascontiguousarray(array).reshape(-1)
    size = big.dtype.itemsize
    if big.dtype.kind == "c":
        half = np.dtype(f"u{size // 2}")
        words = big.view(half)
        return "bits " + " ".join(f"{word:x}" for word in words.tolist())
    words = big.view(np.dtype(f"u{size}"))
    return "bits " + " ".join(f"{word:x}" for word in words.tolist())


def dtype_name(array):
    return "string" if array.dtype == object else array.dtype.name


def array_line(array, dtype=None):
    return f"array {dtype or dtype_name(array)} {dims(array.shape)} {elements(array)}".rstrip()


def affine(dtype, shape, a, b, modulus, divisor):
    """An array by formula, and its line."""
    count = int(np.prod(shape, dtype=np.int64))
    values = (a + b * np.arange(count, dtype=np.int64)) % modulus
    if divisor:
        values = values / divisor
    array = values.astype(dtype).reshape(shape)
    return array, f"array {array.dtype.name} {dims(shape)} affine {a} {b} {modulus} {divisor}"


def record_array(out, array, line=None, **options):
    """`str` and `repr` of an array under some print options."""
    out.input(line or array_line(array))
    if options:
        out.input("options " + " ".join(f"{key}={int(value)}" for key, value in options.items()))
    with np.printoptions(**options):
        out.form("str", str(array))
        out.form("repr", repr(array))


def arrays(out):
    """Arrays alone, of every dtype."""
    for dtype in FLOATS:
        for values in float_lists():
            with np.errstate(over="ignore"):
                record_array(out, np.array(values, dtype))
        for value in [0.0, -0.0, 1.5, 0.1, 1 / 3, 1e-4, 9.9e-5, 1e-5, 999.5, 1000, 2048, 1e5, 999999, 1e6, 1e7]:
            record_array(out, np.array(value, dtype))
        for shape in [(0,), (0, 3), (2, 0), (1,), (1, 1), (1, 1, 1), (2, 2, 2), (3, 1, 2, 1), (1, 2, 1, 2, 2)]:
            record_array(out, *affine(dtype, shape, 3, 7, 11, 4))
        for shape in [(7,), (1001,), (2000,), (40, 40), (11, 11, 11), (5, 3, 100), (1001, 1), (6, 7, 30)]:
            record_array(out, *affine(dtype, shape, 0, 37, 1009, 16))
    for value in [1e15, 123456789.0, 9.999e15, 1e16, 1.5e300, 5e-324, 2.0**53, np.pi, -np.e]:
        record_array(out, np.array(value))
        record_array(out, np.array([value, 1.0]))
        record_array(out, np.array([value]))
    for value in [3.4028235e38, 1e-45, 16777216.0, np.pi]:
        record_array(out, np.array(value, np.float32))
        record_array(out, np.array([value, 1.0], np.float32))
    for dtype in SIGNED + UNSIGNED:
        info = np.iinfo(dtype)
        record_array(out, np.array([info.min, info.max, 0], dtype))
        record_array(out, np.array([[1, 20], [100, 3]], dtype))
        record_array(out, np.array(info.max, dtype))
        record_array(out, np.zeros([0, 2], dtype))
        record_array(out, np.zeros([0], dtype))
        record_array(out, *affine(dtype, (30,), 0, 13, 128, 0))
        record_array(out, *affine(dtype, (50, 30), 0, 13, 128, 0))
    for shape in [(), (0,), (1,), (3,), (2, 2), (40,), (2, 3, 4), (1200,), (33, 33)]:
        record_array(out, *affine(np.bool_, shape, 0, 1, 2, 0))
    for dtype in COMPLEX:
        for values in complex_lists():
            record_array(out, np.array(values, dtype))
        for values in complex_lists()[:9]:
            record_array(out, np.array(values[0], dtype))
        record_array(out, np.zeros([0, 2], dtype))
        record_array(out, *affine(dtype, (4, 5), 3, 7, 11, 4))
        record_array(out, *affine(dtype, (1500,), 3, 7, 11, 4))
    for values in bfloat16_lists():
        record_array(out, np.array(values, BF16))
    for value in [1.1, -0.0, 1e10, NAN, 3e38, 1e-40, 123456, 1e6, 1e-5]:
        record_array(out, np.array(value, BF16))
    record_array(out, np.zeros([0, 3], BF16))
    record_array(out, np.zeros([0], BF16))
    record_array(out, *affine(BF16, (1500,), 3, 7, 1000, 4))
    for values in string_lists():
        record_array(out, np.array(values, object))
    for value in [b"", b"hi", b"it's", b'say "x"', b"both ' and \"", b"\x00\xff\n\t\r\\", "é→".encode()]:
        record_array(out, np.array(value, object))
    record_array(out, np.full([1001], b"", object))
    record_array(out, np.zeros([0], object))
    record_array(out, np.zeros([3, 0], object))


def float_lists():
    return [
        [1.0, 2.5],
        [1.0, 2.0, 3.0],
        [0.0, -0.0, 1.0],
        [-1.5, 22.25, 333.125],
        [0.1, 0.2, 1 / 3],
        [1 / 3, 2 / 3, 1e-3],
        [1e-4, 1.0],
        [9e-5, 1e-5],
        [1e-5, 1.0, 100.0],
        [1e-7],
        [1.0, 1000.0],
        [1.0, 1000.5],
        [1.0, 1001.0],
        [0.5, 999.0, -500.0],
        [999999.0, 1000.0],
        [1e6],
        [99999999.0, 5e5],
        [1e8],
        [123456789.0],
        [1e10, 1e-10, 1.0],
        [1e100, 1.0],
        [1e-100, 1.0],
        [1.1e10, 1.2345678e-5],
        [NAN],
        [INF],
        [-INF],
        [NAN, INF, -INF],
        [NAN, 1.0, -2.5],
        [INF, 1e-10, 1.0],
        [-INF, 1.0],
        [-INF, 1.25e-9, NAN],
        [NAN, 12345.0, 1.0],
        [[1.0, NAN], [-INF, 2.0]],
        [[0.001, 10.0], [2.0, 3.123456789012]],
        [[[1.5, 2.25], [3.125, -4.0]], [[5.0, 6.0], [7.0, 8.75]]],
        [0.123456789012, 12.3456789012, 1.0],
        [1.00000000049, 1.0],
        [0.000123456789123, 0.1],
        [99.99999999999, 1.0],
        [2.0**-14, 2.0**-24, 65504.0],
        [math_like(i) for i in range(17)],
        [[math_like(i * 7 + j) for j in range(9)] for i in range(3)],
    ]


def math_like(i):
    """Values of many digits, the same on every machine."""
    return ((i * 2654435761) % 4294967296) / 4294967296 * 2 - 1


def complex_lists():
    return [
        [1 + 2j],
        [complex(0.0, -0.0), 1j],
        [complex(-0.0, 1.0)],
        [complex(NAN, INF), complex(1.0, -INF), complex(1.0, NAN)],
        [complex(INF, 0.0)],
        [complex(0.0, NAN), 1.5 - 2.25j],
        [1e16 + 1e-5j, 1 + 1j],
        [1e6 + 1e-3j, 999999 - 0.25j],
        [0.1 + 1 / 3 * 1j],
        [1 + 2j, 1.5 - 3j, -2.25 + 0.125j],
        [[1 + 1j, 2 - 2.5j], [3e3 + 4j, -5 + 6j]],
        [complex(math_like(i), math_like(i + 50)) for i in range(9)],
        [1e-10j, 1 + 1j],
    ]


def bfloat16_lists():
    return [
        [1.0, 2.5],
        [1.1, 1e10, -2, NAN, INF, -INF, 0.0, -0.0, 1e-5, 123456.0, 1234567.0],
        [3.3895313892515355e38, 1e-40, 100000.0, 999999.0, 1e6],
        [[1.0, 22.5], [333.0, -4444.0]],
        [math_like(i) for i in range(23)],
    ]


def string_lists():
    return [
        [b"a", b"bc"],
        [b"", b"x"],
        [[b"a", b"bcd"], [b"it's", b'say "x"']],
        [b"both ' and \"", b"\x00\x01\xff", b"\n\t\r\\"],
        ["é→".encode(), b"~"],
        [b"x" * 80, b"y"],
        [b"word"] * 20,
        [[b"word" * (i + 1) for i in range(5)]] * 2,
        [[[b"a"]], [[b"b"]]],
    ]


def with_options(out):
    """Arrays under options other than the defaults."""
    for options in [
        dict(precision=3),
        dict(precision=0),
        dict(precision=20),
        dict(precision=2, suppress=True),
        dict(suppress=True),
        dict(linewidth=20),
        dict(linewidth=7),
        dict(linewidth=200),
        dict(threshold=5, edgeitems=1),
        dict(threshold=5, edgeitems=2, linewidth=30),
        dict(threshold=0, edgeitems=0),
    ]:
        for array in [
            np.array([0.5, 1.5, 2.5, 1e-3]),
            np.array([1e-9, 5e-9, 6e-9, 1.0]),
            np.array([1e-10, 1.23456789]),
            np.array(1.23456789),
            np.array([1e9, 1e-9]),
            np.array([0.1, 1 / 3, 12.125], np.float32),
            np.array([1.25 + 1e-9j, 3.0]),
        ]:
            record_array(out, array, **options)
        for case in [
            affine(np.int32, (12,), 0, 1, 100, 0),
            affine(np.int64, (4, 6), 0, 13, 1000, 0),
            affine(np.float64, (3, 4), 0, 1, 100, 7),
            affine(np.float32, (5, 2, 5), 0, 1, 100, 7),
            affine(np.bool_, (9,), 0, 1, 2, 0),
        ]:
            record_array(out, *case, **options)


def tensor_line(tensor):
    """The line of an eager tensor's or variable's value."""
    value = tensor.numpy()
    value = np.array(value, object if isinstance(value, bytes) else None)
    return array_line(value, tensor.dtype.name)


def record_eager(out, tensor, *lines):
    """All forms of an eager tensor."""
    for line in lines or [tensor_line(tensor)]:
        out.input(line)
    out.form("eager_repr", repr(tensor))
    out.form("eager_str", str(tensor))
    out.form("eager_format", format(tensor))


QUANTIZED = {"qint8": "int8", "quint8": "uint8", "qint16": "int16", "quint16": "uint16", "qint32": "int32"}


def tensors():
    """Eager tensors of every dtype, with names for none of them."""
    for dtype in FLOATS + [BF16]:
        for values in [1.5, 0.1, -0.0, 1e10, 1e-5, NAN, -INF, [], [[]], [1.0, 2.5], [[0.1], [1e5]], [[[0.5] * 9] * 2]]:
            with np.errstate(over="ignore"):
                yield tf.constant(np.array(values, dtype))
        yield tf.constant(affine(dtype, (3, 30), 0, 37, 1009, 16)[0])
    for dtype in COMPLEX:
        for values in [1 + 2j, 0.1j, complex(-0.0, NAN), [0.1 + 1j], [[1 + 2j], [1.5 - 3j]]]:
            yield tf.constant(np.array(values, dtype))
    for dtype in SIGNED + UNSIGNED:
        for values in [7, np.iinfo(dtype).max, [np.iinfo(dtype).min, 5], [[1, 20], [100, 3]], np.zeros([0, 2])]:
            yield tf.constant(np.array(values, dtype))
    for dtype, plain in QUANTIZED.items():
        for values in [7, [1, 100], [[1, 20], [100, 3]], np.zeros([0, 2])]:
            yield tf.bitcast(tf.constant(np.array(values, plain)), tf.dtypes.as_dtype(dtype))
    for values in [True, [True, False], [[False], [True]], np.zeros([0], bool)]:
        yield tf.constant(values)
    for values in ["hi", b"it's", b"\x00\xff\n", ["a", "bc"], [["a"], ["b'"]], "", ["word"] * 20]:
        yield tf.constant(values)
    yield tf.zeros([0, 3], tf.string)
    yield tf.fill([1, 1001], "")


def eager(out):
    """Eager tensors, resources, variants and variables."""
    for tensor in tensors():
        record_eager(out, tensor)
    for dtype in FLOATS + [BF16, np.complex64, np.int64, np.uint8]:
        for shape in [(2000,), (33, 2, 33)]:
            array, line = affine(dtype, shape, 0, 37, 1009, 16 if dtype not in [np.int64, np.uint8] else 0)
            record_eager(out, tf.constant(array), line)
    variable = tf.Variable([1.0, 2.0], name="w")
    handle = variable.handle
    parts = re.search(r'name="(.*?)", device="(.*?)", container="(.*?)", type="(.*?)"', repr(handle)).groups()
    for shape in [[], [1], [2], [3], [4], [2, 2], [2, 3, 4]]:
        handles = tf.reshape(tf.stack([handle] * int(np.prod(shape))), shape)
        record_eager(out, handles, f"resource {dims(shape)} float32 [2] " + " ".join(parts))
    tensor_list = tf.raw_ops.EmptyTensorList(element_shape=[2], max_num_elements=3, element_dtype=tf.float32)
    record_eager(out, tensor_list, "variant [] TensorList")
    record_eager(out, tf.stack([tensor_list] * 2), "variant [2] TensorList")
    record_eager(out, tf.stack([tensor_list] * 7), "variant [7] TensorList")
    record_eager(out, tf.raw_ops.OptionalNone(), "variant [] OptionalVariant<None>")
    for name, value, shape in [
        ("w", [1.0, 2.0], None),
        ("x/y", 1.5, None),
        ("m", np.ones([2, 2], np.float32), None),
        ("text", "abc", None),
        ("n", np.array([1, 2], np.int64), tf.TensorShape(None)),
        ("p", [[1], [2]], tf.TensorShape([None, 1])),
        ("flag", True, None),
        ("long", np.zeros([1001], np.uint8), None),
    ]:
        variable = tf.Variable(value, name=name, shape=shape)
        out.input(symbol_line(variable.dtype, variable.shape, variable.name))
        out.input(tensor_line(variable))
        out.form("variable", repr(variable))
        out.form("variable", str(variable))


def partial(shape):
    if shape.rank is None:
        return "?"
    return "[" + ",".join("?" if dim is None else str(dim) for dim in shape) + "]"


def symbol_line(dtype, shape, name):
    return f"symbol {dtype.name} {partial(shape)} {name}"


def symbolic(out):
    """Tensors, operations and variables of a graph."""
    with tf.Graph().as_default():
        shapes = [None, [], [2], [None], [1, 2], [None, 3], [2, None, None], [0], [1, 2, 3, 4, 5]]
        dtypes = [tf.float32, tf.bfloat16, tf.int64, tf.string, tf.bool, tf.complex64, tf.qint8, tf.resource, tf.variant]
        symbols = [v1.placeholder(tf.float32, shape, name="a/b") for shape in shapes]
        symbols += [v1.placeholder(dtype, [None], name=dtype.name) for dtype in dtypes]
        with tf.device("/cpu:0"):
            symbols.append(tf.constant([1.0]))
        with tf.device("/job:foo/task:1/device:GPU:2"):
            symbols.append(tf.constant(["a"], name="far"))
        symbols += tf.split(tf.constant([1, 2]), 2)
        for tensor in symbols:
            out.input(symbol_line(tensor.dtype, tensor.shape, tensor.name))
            if tensor.device:
                out.input(f"words {tensor.device}")
            out.form("symbolic_repr", repr(tensor))
            out.form("symbolic_str", str(tensor))
            out.input(f"words {tensor.op.name} {tensor.op.type}")
            out.form("operation", repr(tensor.op))
        variables = [
            v1.get_variable("ref", [2, 2], use_resource=False),
            v1.get_variable("resource", [2, 2], use_resource=True),
            v1.get_variable("scalar", [], tf.int64, initializer=v1.zeros_initializer(), use_resource=True),
            v1.get_variable("any", initializer=v1.placeholder(tf.float32), validate_shape=False, use_resource=False),
        ]
        for variable in variables:
            out.input(symbol_line(variable.dtype, variable.shape, variable.name))
            out.form("variable", repr(variable))
            out.form("variable", str(variable))
    for number in range(1, 24):
        for dtype in [tf.dtypes.as_dtype(number), tf.dtypes.as_dtype(number + 100)]:
            out.input(symbol_line(dtype, tf.TensorShape(None), "-"))
            out.form("dtype_repr", repr(dtype))
            out.form("dtype_str", str(dtype))
    for shape in [None, [], [2], [None], [2, None], [1, 2, 3], [0]]:
        shape = tf.TensorShape(shape)
        out.input(symbol_line(tf.float32, shape, "-"))
        out.form("shape_repr", repr(shape))
        out.form("shape_str", str(shape))


def specs(out):
    """Type specs."""
    for shape in [None, [], [2], [None, 3]]:
        for dtype in [tf.float32, tf.string, tf.bfloat16]:
            shape = tf.TensorShape(shape)
            out.input(symbol_line(dtype, shape, "-"))
            out.form("tensor_spec", repr(tf.TensorSpec(shape, dtype)))
            out.form("sparse_spec", repr(tf.SparseTensorSpec(shape, dtype)))
            for rank, splits in [(1, tf.int64), (2, tf.int32)]:
                if shape.rank is None or shape.rank > rank:
                    out.input(symbol_line(dtype, shape, "-"))
                    out.input(f"words {rank} {splits.name}")
                    out.form("ragged_spec", repr(tf.RaggedTensorSpec(shape, dtype, rank, splits)))
            for indices, dense in [(tf.int64, None), (tf.int32, tf.int64)]:
                out.input(symbol_line(dtype, shape, "-"))
                out.input(f"words {indices.name} {dense.name if dense else '-'}")
                out.form("slices_spec", repr(tf.IndexedSlicesSpec(shape, dtype, indices, dense)))
    for name in ["x", "it's", 'it\'s_"x"', "\\\x00\x7f", "é→😀", "a\u0301\xad\u2028\u200b\U000e0001", "\n\t\r"]:
        out.input(f"array string [] bytes {name.encode().hex()}")
        out.form("python_str", repr(name))
        out.form("named_spec", repr(tf.TensorSpec([None, 3], tf.float32, name)))


def sparse(out):
    """Sparse tensors, eager and fetched."""
    for indices, values, dense_shape in [
        ([[0, 1]], [1.0], [2, 2]),
        ([[0, 1], [1, 1]], ["a", "b'"], [2, 2]),
        (np.zeros([0, 2], np.int64), np.zeros([0], np.float32), [2, 2]),
        ([[0], [7]], [1 + 2j, 0.5], [100]),
        ([[i, i] for i in range(501)], [False] * 501, [501, 501]),
        ([[0, 1, 2]], [True], [3, 3, 3]),
    ]:
        tensor = tf.SparseTensor(indices, values, dense_shape)
        parts = [tensor.indices, tensor.values, tensor.dense_shape]
        for part in parts:
            out.input(array_line(part.numpy(), part.dtype.name))
        out.form("sparse_tensor", repr(tensor))
        out.form("sparse_tensor", str(tensor))
        with tf.Graph().as_default(), v1.Session() as session:
            value = session.run(tf.SparseTensor(*(part.numpy() for part in parts)))
        out.form("sparse_value", repr(value))
        out.form("sparse_value", str(value))
    with tf.Graph().as_default():
        tensor = v1.sparse_placeholder(tf.float32, [3, 4])
        for part in [tensor.indices, tensor.values, tensor.dense_shape]:
            out.input(symbol_line(part.dtype, part.shape, part.name))
        out.form("symbolic_sparse", repr(tensor))
        out.form("symbolic_sparse", str(tensor))


def error_text(build):
    """The error of something that TensorFlow refuses to build."""
    try:
        value = build()
    except (ValueError, TypeError, tf.errors.OpError) as error:
        return getattr(error, "message", None) or str(error)
    raise SystemExit(f"built after all: {value}")


def refused(out):
    """Parts that do not make a sparse or ragged tensor."""
    for indices, values, dense_shape in [
        ([[0]], [1, 2], [3]),
        ([[0, 1]], [1], [3]),
        ([0], [1], [3]),
        ([[0]], [[1]], [3]),
        ([[0]], 1, [3]),
        ([[0]], [1], [-3]),
        (np.zeros([2, 2, 2], np.int64), [1], [3]),
        ([[0.5]], [1], [3]),
    ]:
        for part in [indices, values, dense_shape]:
            out.input(array_line(np.array(part)))
        out.form("sparse_error", error_text(lambda: tf.SparseTensor(indices, values, dense_shape)))
    for count, splits in [
        (3, [0, 2]),
        (3, [1, 3]),
        (3, [0, 4]),
        (3, [0, 2, 1, 3]),
        (9, [0, 1, 2, 3, 2, 3, 3, 4, 9]),
        (9, [0, -1, 2, 3, 9]),
        (9, [5, 1, 2, 7]),
    ]:
        for dtype in [np.int32, np.int64]:
            values, splits = np.arange(count, dtype=np.int32), np.array(splits, dtype)
            out.input(array_line(values))
            out.input(array_line(splits))
            out.form("ragged_error", error_text(lambda: tf.RaggedTensor.from_row_splits(values, splits)))
    value = v1.ragged.RaggedTensorValue
    flat = np.arange(3)
    for splits in [np.array([0.0, 3.0]), np.array([[0, 3]]), np.array([0, 3], np.int16)]:
        out.input(array_line(flat))
        out.input(array_line(splits))
        out.form("ragged_error", error_text(lambda: value(flat, splits)))
    outer, inner = np.array([0, 1], np.int32), np.array([0, 3])
    for part in [flat, outer, inner]:
        out.input(array_line(part))
    out.form("ragged_error", error_text(lambda: value(value(flat, inner), outer)))
    out.input(array_line(flat))
    out.input(array_line(np.zeros([0], np.int64)))
    out.form("ragged_error", error_text(lambda: tf.RaggedTensor.from_row_splits([0, 1, 2], [])))


def slices(out):
    """Indexed slices, eager and fetched."""
    for values, indices, dense_shape in [
        ([1.0], [0], None),
        ([1.0], [0], [3]),
        ([[1, 2], [3, 4]], [1, 0], [5, 2]),
        (np.zeros([0, 3], np.float64), np.zeros([0], np.int64), None),
    ]:
        arrays_ = [np.array(values, np.float32 if isinstance(values, list) else None), np.array(indices)]
        arrays_ += [np.array(dense_shape)] if dense_shape else []
        for array in arrays_:
            out.input(array_line(array))
        tensor = tf.IndexedSlices(*(tf.constant(array) for array in arrays_))
        out.form("slices_str", str(tensor))
        with tf.Graph().as_default(), v1.Session() as session:
            value = session.run(tf.IndexedSlices(*(tf.constant(array) for array in arrays_)))
        out.form("slices_value", repr(value))
        out.form("slices_value", str(value))
    with tf.Graph().as_default():
        parts = [tf.constant([1.0]), tf.constant([0]), tf.constant([3])]
        for count in [2, 3]:
            for part in parts[:count]:
                out.input(symbol_line(part.dtype, part.shape, part.name))
            out.form("symbolic_slices", str(tf.IndexedSlices(*parts[:count])))


def ragged(out):
    """Ragged tensors, eager and fetched."""
    cases = [
        tf.ragged.constant(values)
        for values in [
            [[1, 2], [], [3]],
            [[1.5, 2.0], [], [3.0]],
            [["a", b"\xff"], [], ["it's"]],
            [[[1], []], []],
            [[True], []],
            [[0.1, 1e20, NAN], [-INF]],
            [[0.1 + 1j], []],
            [list(range(100)), [1]],
            [[i] for i in range(1001)],
            [[i] * (i % 3) for i in range(1001)],
            [[i] * (i % 3) for i in range(30)],
            [[1, 2], [3, 4]],
            [[[1, 2], [3, 4]], [[5, 6], [7, 8]]],
            [[[1], [2, 3]], [[4], [5, 6]]],
            [[[1], [2, 3]], [[4]], []],
            [[[], []], [[], []]],
            [[]],
            [[], []],
            [[[[1], [2, 3]], []], [[[4, 5]]], []],
            [["word" * 6] * 5, ["word"] * 3],
        ]
    ]
    splits = tf.RaggedTensor.from_row_splits
    cases += [
        tf.ragged.constant([[[1, 2]], [[3, 4], [5, 6]]], ragged_rank=1),
        tf.ragged.constant([[1], [2, 3]], row_splits_dtype=tf.int32),
        tf.ragged.constant([[1.25], []], tf.bfloat16),
        tf.ragged.constant([[1.25], [0.1]], tf.float16),
        splits(tf.zeros([0, 3]), [0, 0]),
        splits(tf.zeros([3, 0]), [0, 1, 3]),
        splits(tf.zeros([2, 0]), [0, 1, 2]),
        splits(tf.zeros([4, 2, 2]), [0, 1, 4]),
        splits(tf.zeros([0, 3]), [0]),
        splits(tf.zeros([20]), [0, 20]),
        splits(tf.reshape(tf.range(200), [100, 2]), [0, 60, 100]),
    ]
    for tensor in cases:
        flat = tensor.flat_values
        out.input(array_line(flat.numpy(), flat.dtype.name))
        for part in tensor.nested_row_splits:
            out.input(array_line(part.numpy()))
        out.form("ragged_tensor", repr(tensor))
        out.form("ragged_tensor", str(tensor))
        with tf.Graph().as_default(), v1.Session() as session:
            value = session.run(
                tf.RaggedTensor.from_nested_row_splits(
                    tf.constant(flat.numpy()), [part.numpy() for part in tensor.nested_row_splits]
                )
            )
        out.form("ragged_value_repr", repr(value))
        out.form("ragged_value_str", str(value))
    with tf.Graph().as_default():
        tensor = v1.ragged.placeholder(tf.float32, 1, [])
        for part in [tensor.values, tensor.row_splits]:
            out.input(symbol_line(part.dtype, part.shape, part.name))
        out.form("symbolic_ragged", repr(tensor))
        out.form("symbolic_ragged", str(tensor))


def main():
    default = pathlib.Path(__file__).parent.parent / "crates/core/tests/data/printed_forms.txt"
    path = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    out = Recorder()
    arrays(out)
    with_options(out)
    for section in [eager, symbolic, specs, sparse, slices, ragged, refused]:
        section(out)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(out.lines) + "\n")
    print(f"{out.forms} forms in {path}")


if __name__ == "__main__":
    main()
