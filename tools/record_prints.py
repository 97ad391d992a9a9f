"""Records how NumPy and TensorFlow print values, for crates/core/tests/printed_forms.rs.

Needs TensorFlow 2.21 with NumPy 2.4. Run as

    python tools/record_prints.py [OUTPUT_FILE]

The file is a list of records, each a few lines of input and then the printed forms:

    array DTYPE SHAPE bits HEX...      elements by their bits, most significant digit first
    array DTYPE SHAPE bytes HEX...     strings; '-' is the empty one
    array DTYPE SHAPE affine A B M D   element i is ((A + B * i) mod M) / D, integers throughout if D is 0
    options KEY=VALUE...               print options other than NumPy's defaults
    splits N...                        row splits, outermost first, one line for each ragged dimension
    symbol NAME SHAPE DTYPE            a symbolic tensor, a spec or a variable; SHAPE is '?' or like '2,?'
    form NAME COUNT                    how many lines follow: the printed form
"""

import os
import pathlib
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
        return "bits " + " ".join(f"{word:0{size}x}" for word in words.tolist())
    words = big.view(np.dtype(f"u{size}"))
    return "bits " + " ".join(f"{word:0{2 * size}x}" for word in words.tolist())


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
    record_array(out, np.full([2000], b"ab", object))
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


def main():
    default = pathlib.Path(__file__).parent.parent / "crates/core/tests/data/printed_forms.txt"
    path = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    out = Recorder()
    arrays(out)
    with_options(out)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(out.lines) + "\n")
    print(f"{out.forms} forms in {path}")


if __name__ == "__main__":
    main()
