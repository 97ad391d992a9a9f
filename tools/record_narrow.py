"""Writes what TensorFlow 2.21 makes of every `float8`, `int4` and `uint4` in other dtypes, and of other numbers in these.

    python tools/record_narrow.py > crates/core/tests/data/narrow_casts.txt

A line a conversion, `FROM TO BITS... : BITS...`: elements before and after it, as hexadecimal numbers of their bytes in the
machine's order; `FROM TO unsupported` where there is none. Needs TensorFlow 2.21.
"""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import numpy as np
import tensorflow as tf

NARROW = ["float8_e5m2", "float8_e4m3fn", "int4", "uint4", "float8_e4m3fnuz", "int2", "float4_e2m1fn"]
OTHERS = ["float16", "bfloat16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bool", "complex64"]
FLOATS = [0.0, -0.0, 1.0, 1.125, 1.1875, 1.0625, -1.3, 2.7, 447.9, 464.0, 464.1, 480.0, -1000.0, 57344.0, 61439.0, 61440.0, 1e6]
FLOATS += [-1e30, np.inf, -np.inf, np.nan, 2.0**-9, 2.0**-10, 1.01 * 2.0**-10, 2.0**-16, 2.0**-17, 1.01 * 2.0**-17, 3e-5, 0.013, 1e-30]
INTEGERS = [0, 1, 7, 8, 15, 16, 100, 127]


def bits(values):
    """Elements as hexadecimal numbers; one letter in Python's floats may hide a bit of them."""
    values = np.asarray(values)
    raw = values.view(np.uint8).reshape(values.size, -1)
    return " ".join(bytes(row).hex() for row in raw)


def elements(name):
    dtype = getattr(tf.dtypes, name, None) or tf.as_dtype(name)
    kind = dtype.as_numpy_dtype
    if name in ("float8_e5m2", "float8_e4m3fn"):
        return np.arange(256, dtype=np.uint8).view(kind)
    if name == "int4":
        return np.arange(-8, 8).astype(np.int8).astype(kind)
    if name == "uint4":
        return np.arange(16).astype(np.uint8).astype(kind)
    if name in NARROW:
        return np.array([0, 1], np.float32).astype(kind)
    if name in ("float16", "bfloat16", "float32", "float64"):
        return np.array(FLOATS).astype(kind)
    signed = [-1, -8, -9, -128] if name.startswith("int") else []
    return np.array([value for value in INTEGERS if name != "bool" or value < 2] + signed).astype(kind)


def line(source, target):
    values = elements(source)
    # What is beyond an integer's range is whatever the processor gives.
    if source.startswith("float8") and ("int" in target):
        wide = values.astype(np.float32)
        values = values[np.isfinite(wide) & (wide >= 0) & (wide < 100)]
    try:
        result = tf.cast(tf.constant(values), getattr(tf.dtypes, target, None) or tf.as_dtype(target)).numpy()
    except tf.errors.OpError:
        return f"{source} {target} unsupported"
    return f"{source} {target} {bits(values)} : {bits(result)}"


for narrow in NARROW:
    for other in NARROW + OTHERS:
        if other != narrow:
            print(line(narrow, other))
        if other not in NARROW:
            print(line(other, narrow))
