"""More calls for tools/record_functions.py: of functions at tf's root and of its smaller modules; and calls that fail.

A test in Rust makes each call by its name. The calls of ERRORS are made eagerly; their outcome is an error of a class.
"""

import numpy as np
import tensorflow as tf

v1 = tf.compat.v1

M = [[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]]


def parts(sparse):
    return [sparse.indices, sparse.values, sparse.dense_shape]


def sparse_of(indices, values, shape):
    """Made of constants, so that they are nodes before the function's own."""
    return tf.SparseTensor(tf.constant(indices, tf.int64), tf.constant(values), tf.constant(shape, tf.int64))


def rows():
    return sparse_of([[0, 1], [1, 0], [1, 2]], [5, 6, 7], [2, 3])


def words():
    return sparse_of([[0, 0], [1, 0], [1, 1]], ["a", "b", "c"], [2, 2])


V2 = {
    "realdiv": lambda: tf.realdiv([7.0, -7.0], [2.0, 4.0]),
    "space_to_batch_nd": lambda: tf.space_to_batch_nd(tf.constant([[[1], [2]], [[3], [4]]]), [2], [[0, 0]]),
    "histogram_fixed_width_bins":
        lambda: tf.histogram_fixed_width_bins([-1.0, 0.0, 1.5, 2.0, 5.0, 15.0], [0.0, 5.0], nbins=5),
    "histogram_fixed_width_bins matrix":
        lambda: tf.histogram_fixed_width_bins(tf.constant(M), [-1.0, 1.0], nbins=3),
    "Assert": lambda: [tf.constant(7), tf.Assert(tf.constant(True), [tf.constant([1, 2])])][:1],
    "debugging.assert_near": lambda: [tf.constant(7), tf.debugging.assert_near([1.0, 2.0], [1.0, 2.0000001])][:1],
    "quantization.fake_quant_with_min_max_args_gradient":
        lambda: tf.quantization.fake_quant_with_min_max_args_gradient([1.0, 2.0, 3.0], [-7.0, 0.5, 5.9]),
    "quantization.fake_quant_with_min_max_args_gradient bits":
        lambda: tf.quantization.fake_quant_with_min_max_args_gradient(
            [1.0, 2.0, 3.0], [-7.0, 0.5, 1.9], min=-1.0, max=1.5, num_bits=4, narrow_range=True),
    "quantization.fake_quant_with_min_max_vars_gradient":
        lambda: list(tf.quantization.fake_quant_with_min_max_vars_gradient([1.0, 2.0, 3.0], [-7.0, 0.5, 9.0], 0.0, 6.0)),
    "quantization.fake_quant_with_min_max_vars_per_channel_gradient":
        lambda: list(tf.quantization.fake_quant_with_min_max_vars_per_channel_gradient(
            M, M, [0.0, -1.0, -2.0], [3.0, 2.0, 1.0])),
    "quantization.quantize_and_dequantize":
        lambda: tf.quantization.quantize_and_dequantize([0.3, 1.0, -2.0], -1.0, 1.0, num_bits=3, range_given=True),
    "quantization.quantize_and_dequantize range": lambda: tf.quantization.quantize_and_dequantize(M, 0.0, 0.0),
    "io.serialize_sparse": lambda: tf.io.parse_tensor(tf.io.serialize_sparse(rows())[1], tf.int32),
    "io.serialize_many_sparse":
        lambda: parts(tf.io.deserialize_many_sparse(tf.io.serialize_many_sparse(rows()), tf.int32)),
    "sparse.cross": lambda: parts(tf.sparse.cross([words(), tf.constant([["x", "y"], ["z", "w"]])])),
    "sparse.cross numbers": lambda: parts(tf.sparse.cross([rows(), tf.constant([["x"], ["z"]])], separator="-")),
    "sparse.cross_hashed": lambda: parts(tf.sparse.cross_hashed([words(), tf.constant([["x"], ["z"]])], num_buckets=100)),
    "sparse.cross_hashed numbers": lambda: parts(tf.sparse.cross_hashed([rows(), tf.constant([["x"], ["z"]])], hash_key=7)),
}

V1 = {
    "batch_gather": lambda: v1.batch_gather(tf.constant(M), [[2, 0], [1, 1]]),
    "clip_by_average_norm": lambda: v1.clip_by_average_norm(tf.constant(M), 0.5),
    "clip_by_average_norm large": lambda: v1.clip_by_average_norm(tf.constant(M), 50.0),
    "sparse_reduce_sum_sparse": lambda: parts(v1.sparse_reduce_sum_sparse(rows(), 1)),
    "sparse_reduce_max_sparse": lambda: parts(v1.sparse_reduce_max_sparse(rows(), [0], keepdims=True)),
    "serialize_many_sparse": lambda: parts(v1.deserialize_many_sparse(v1.serialize_many_sparse(rows()), tf.int32)),
    "assert_positive": lambda: [tf.constant(7), v1.assert_positive(tf.constant([1, 2]))][:1],
    "assert_near": lambda: [tf.constant(7), v1.assert_near([1.0], [1.0])][:1],
}

ERRORS = {
    "Assert": lambda: tf.Assert(False, [tf.constant([1, 2, 3, 4]), tf.constant("why"), tf.constant([1.5])]),
    "assert_integer": lambda: tf.debugging.assert_integer(tf.constant([1.5]), message="no"),
    "assert_scalar": lambda: tf.debugging.assert_scalar(tf.constant([1.5]), message="no"),
    "assert_rank_in": lambda: tf.debugging.assert_rank_in(tf.constant([1, 2]), [0, 2], message="no"),
    "assert_near": lambda: tf.debugging.assert_near(tf.constant([1.0, 2.0]), [1.0, 2.5], message="no"),
    "assert_near integers": lambda: tf.debugging.assert_near(tf.constant([1]), [1]),
    "assert_same_float_dtype": lambda: tf.debugging.assert_same_float_dtype([tf.constant(1)]),
    "assert_shapes": lambda: tf.debugging.assert_shapes([(tf.constant(M), ("N", 3)), (tf.constant([1]), ("N",))], message="no"),
    "assert_shapes size": lambda: tf.debugging.assert_shapes([(tf.constant(M), ("N", 4))]),
    "assert_shapes rank": lambda: tf.debugging.assert_shapes([(tf.constant(M), ("N", 4, "D"))]),
    "assert_shapes vector": lambda: tf.debugging.assert_shapes([(tf.constant(M), ("N",))]),
    "assert_shapes rest": lambda: tf.debugging.assert_shapes([(tf.constant(M), ("*", 4))]),
    "assert_shapes misplaced": lambda: tf.debugging.assert_shapes([(tf.constant(M), (4, "*"))]),
    "histogram_fixed_width_bins": lambda: tf.histogram_fixed_width_bins([1.0], [0.0, 5.0], nbins=0),
    "fake_quant_with_min_max_args_gradient":
        lambda: tf.quantization.fake_quant_with_min_max_args_gradient([1.0, 2.0], [1.0]),
    "deserialize_many_sparse": lambda: tf.io.deserialize_many_sparse([["a", "b", "c"]], tf.int32),
}

PRINTS = {
    "text and tensor": (["x:", tf.constant([1, 2])], {}),
    "one text": ([tf.constant("alone")], {}),
    "separator and end": ([tf.constant(1), tf.constant([1.5])], {"sep": ", ", "end": "!"}),
    "long": ([tf.range(10)], {}),
    "all": ([tf.range(10)], {"summarize": -1}),
    "literals": ([1, 2.5, True, "braces {}", tf.constant([["a"]])], {}),
    "sparse": ([tf.SparseTensor([[0, 1]], [7], [1, 2])], {}),
}
