"""Records how TensorFlow converts literals, and refuses to, for crates/v2/tests/v2/conversions.rs.

Needs TensorFlow 2.21. Run as `python tools/record_conversions.py`. A line is a case's name, the mode, and the dtype of the tensor
and its value (in a graph its shape), or the class and the first line of the error's message; split by tabs.
"""

import os
import pathlib
import re

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

OUT = pathlib.Path(__file__).parent.parent / "crates/v2/tests/data/conversions.txt"

CASES = {
    "array of floats to int32": lambda: tf.constant(np.array([1.5]), tf.int32),
    "array to bool": lambda: tf.constant(np.array([1, 2]), tf.bool),
    "list of texts to int32": lambda: tf.constant(["a", "b'c"], tf.int32),
    "text to float32": lambda: tf.constant("a", tf.float32),
    "list of integers to string": lambda: tf.constant([1, 2], tf.string),
    "nested floats to int32": lambda: tf.constant([[1.5, 2.5], [1e20, 1e-7]], tf.int32),
    "float to int64": lambda: tf.constant(0.5, tf.int64),
    "list of integers to bool": lambda: tf.constant([1, 2], tf.bool),
    "list of floats to bool": lambda: tf.constant([1.0], tf.bool),
    "list of integers to float64": lambda: tf.constant([1, 2], tf.float64),
    "list of bools to int32": lambda: tf.constant([True, False], tf.int32),
    "integer past uint8": lambda: tf.constant([300], tf.uint8),
    "float beside integers": lambda: tf.add(tf.constant([1, 2]), 1.5),
    "float after an integer": lambda: tf.add(1, 1.5),
    "integer after a float": lambda: tf.add(1.5, 1),
    "integer beside floats": lambda: tf.add(tf.constant([1.5]), 1),
    "integer beside bools": lambda: tf.add(tf.constant([True]), 1),
    "float beside a text": lambda: tf.add("a", 1.5),
    "text beside a text": lambda: tf.add("a", "b"),
    "text beside floats": lambda: tf.add(tf.constant([1.5]), "a"),
    "unknown padding": lambda: tf.raw_ops.MaxPool(input=[[[[1.0]]]], ksize=[1] * 4, strides=[1] * 4, padding="X"),
    "too small a block": lambda: tf.raw_ops.SpaceToDepth(input=[[[[1.0]]]], block_size=0),
    "floats as a shape": lambda: tf.reshape([1], [1.5]),
}


def text(make):
    try:
        tensor = make()
    except Exception as error:  # every class is recorded
        return [type(error).__name__, re.sub(r" \[Op:.*$", "", str(error).split("\n")[0])]
    return [tensor.dtype.name, str(tensor.numpy()) if tf.executing_eagerly() else str(tensor.shape)]


lines = []
for name, make in CASES.items():
    lines.append("\t".join([name, "eager", *text(make)]))
    with tf.Graph().as_default():
        lines.append("\t".join([name, "graph", *text(make)]))
OUT.write_text("\n".join(lines) + "\n")
