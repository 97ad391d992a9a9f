"""Records into how many parts v1's partitioners split a variable, for crates/compat_v1/src/scopes/partitioners.rs.

Usage:  python tools/record_partitioners.py
"""

import os
import pathlib

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import tensorflow.compat.v1 as tf

TARGET = pathlib.Path(__file__).resolve().parent.parent / "crates/compat_v1/tests/data/partitioners.txt"
PARTITIONERS = {
    "fixed": tf.fixed_size_partitioner(7, 1),
    "fixed many": tf.fixed_size_partitioner(70, 1),
    "axis": tf.variable_axis_size_partitioner(1000),
    "axis most": tf.variable_axis_size_partitioner(1000, max_shards=5),
    "axis second": tf.variable_axis_size_partitioner(10000, axis=1),
    "min max": tf.min_max_variable_partitioner(),
    "min max many": tf.min_max_variable_partitioner(max_partitions=9, min_slice_size=10000),
}

if __name__ == "__main__":
    shape = tf.TensorShape([1000, 30])
    parts = {name: list(partitioner(shape=shape, dtype=tf.float32)) for name, partitioner in PARTITIONERS.items()}
    TARGET.write_text("".join(f"{name}\t{counts}\n" for name, counts in parts.items()))
