"""Records what TensorFlow says of composite tensors of a graph, for crates/compat_v1/tests/composite_tensors.rs.

Needs TensorFlow 2.21. Run as `python tools/record_composites.py`. A line is a case's name and its texts, split by tabs: the
`str` and the static shape, or the class and the message of an error; newlines are written `\\n`.
"""

import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow as tf

v1 = tf.compat.v1
OUT = pathlib.Path(__file__).parent.parent / "crates/compat_v1/tests/data/composite_tensors.txt"

CASES = {
    "sparse": lambda: tf.SparseTensor([[0, 0]], [1], [1, 2]),
    "sparse_of_open_shape": lambda: tf.SparseTensor(
        [[0, 0]], v1.placeholder(tf.float32, [None]), v1.placeholder(tf.int64, [2])
    ),
    "sparse_of_unknown_rank": lambda: tf.SparseTensor([[0, 0]], [1.0], v1.placeholder(tf.int64)),
    "sparse_with_flat_indices": lambda: tf.SparseTensor([0, 0], [1], [1, 2]),
    "sparse_with_a_matrix_of_values": lambda: tf.SparseTensor([[0, 0]], [[1]], [1, 2]),
    "sparse_with_too_many_values": lambda: tf.SparseTensor([[0, 0]], [1, 2], [1, 2]),
    "sparse_with_another_rank": lambda: tf.SparseTensor([[0, 0]], [1], [1, 2, 3]),
    "sparse_with_fractional_indices": lambda: tf.SparseTensor([[0.5, 0]], [1], [1, 2]),
    "ragged": lambda: tf.RaggedTensor.from_row_splits([1, 2, 3], [0, 2, 2, 3], validate=False),
    "ragged_of_strings": lambda: tf.RaggedTensor.from_row_splits(["a", "b"], [0, 2], validate=False),
}


def texts(make):
    with tf.Graph().as_default():
        try:
            tensor = make()
        except Exception as error:  # every class is recorded
            return [type(error).__name__, str(error)]
        return [str(tensor), str(tensor.shape)]


lines = ["\t".join([name, *(text.replace("\n", "\\n") for text in texts(make))]) for name, make in CASES.items()]
OUT.write_text("\n".join(lines) + "\n")
