"""Records what functions composed of several ops compute and which nodes they add to a graph.

Usage:  python tools/record_functions.py

Writes crates/v2/tests/data/functions.txt from tf's functions and crates/compat_v1/tests/data/functions.txt from those of
tf.compat.v1, a line each: the case, the outputs as `dtype[shape] values`, and the nodes as `name=Op`, with tabs between.
Constants are left out of the nodes: a literal is one in Python and here, but where it becomes one is no matter.
The tests of both facades make the same calls and compare. The messages of failed assertions go to
crates/v2/tests/data/assertions.txt, those of other calls that fail to crates/v2/tests/data/failing_calls.txt with the class of
the error, and what tf.print prints to crates/v2/tests/data/printed_lines.txt. tools/function_cases.py has more calls.
"""

import os
import pathlib
import re
import tempfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

import function_cases
import numpy as np
import tensorflow as tf

v1 = tf.compat.v1
ROOT = pathlib.Path(__file__).parent.parent

M = [[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]]
S = [[2.0, 1.0], [1.0, 3.0]]
M2 = [[1.0, 2.0], [0.5, 4.0]]
IMAGE = np.arange(24, dtype=np.float32).reshape(1, 2, 4, 3).tolist()
PIXELS = (np.arange(16, dtype=np.float32) * 0.5 - 3).reshape(1, 4, 4, 1).tolist()
SERIES = (np.arange(8, dtype=np.float32) - 2.5).reshape(1, 4, 2).tolist()


def sparse_of(indices, values, shape):
    """Made of constants, so that they are nodes before the function's own."""
    return tf.SparseTensor(tf.constant(indices, tf.int64), tf.constant(values), tf.constant(shape, tf.int64))


def ids():
    return sparse_of([[0, 0], [0, 1], [2, 0]], np.array([1, 0, 1]), [3, 2])


def missing_ids():
    return sparse_of([[0, 0], [0, 1], [2, 0]], np.array([1, -1, 0]), [4, 2])


def weights():
    return sparse_of([[0, 0], [0, 1], [2, 0]], np.array([0.5, 2.0, 3.0], np.float32), [3, 2])


def signs():
    return sparse_of([[0, 0], [0, 1], [2, 0]], np.array([-0.5, 2.0, 0.0], np.float32), [3, 2])


def silu_gradients(x, slope):
    return v1.gradients(tf.nn.silu(x, slope), [x, slope])


def parts(sparse):
    return [sparse.indices, sparse.values, sparse.dense_shape]


V2 = {
    "clip_by_norm": lambda: tf.clip_by_norm(M, 2.0),
    "clip_by_norm axes": lambda: tf.clip_by_norm(M, 2.0, axes=[1]),
    "clip_by_global_norm": lambda: tf.clip_by_global_norm([tf.constant(M), tf.constant(S)], 1.5),
    "linalg.global_norm": lambda: tf.linalg.global_norm([tf.constant(M), tf.constant(S)]),
    "norm": lambda: tf.norm(M),
    "norm axis": lambda: tf.norm(M, axis=1, keepdims=True),
    "norm 1": lambda: tf.norm(M, ord=1, axis=0),
    "norm inf": lambda: tf.norm(M, ord=np.inf, axis=1),
    "norm 3": lambda: tf.norm(M, ord=3, axis=1),
    "norm of matrices": lambda: tf.norm(tf.constant([M, M]), axis=(1, 2)),
    "norm of matrices 1": lambda: tf.norm(tf.constant([M, M]), ord=1, axis=(-2, -1)),
    "norm of matrices inf": lambda: tf.norm(tf.constant([M, M]), ord=np.inf, axis=(1, 2), keepdims=True),
    "linalg.logdet": lambda: tf.linalg.logdet(S),
    "linalg.matrix_rank": lambda: tf.linalg.matrix_rank([[1.0, 2.0], [2.0, 4.0], [0.0, 0.0]]),
    "linalg.matrix_rank tol": lambda: tf.linalg.matrix_rank(tf.constant([S, M2]), tol=2.0),
    "linalg.pinv": lambda: tf.linalg.pinv(M),
    "linalg.pinv rcond": lambda: tf.linalg.pinv(tf.constant([S, M2]), rcond=0.5),
    "linalg.lu_solve": lambda: tf.linalg.lu_solve(*tf.linalg.lu(S), [[1.0], [2.0]]),
    "linalg.lu_reconstruct": lambda: tf.linalg.lu_reconstruct(*tf.linalg.lu([[0.0, 2.0], [3.0, 1.0]])),
    "linalg.lu_matrix_inverse": lambda: tf.linalg.lu_matrix_inverse(*tf.linalg.lu(S)),
    "eye": lambda: tf.eye(2),
    "eye columns": lambda: tf.eye(2, num_columns=3, batch_shape=[2], dtype=tf.int32),
    "linalg.trace": lambda: tf.linalg.trace(S),
    "linalg.matrix_transpose": lambda: tf.linalg.matrix_transpose(M),
    "linalg.adjoint": lambda: tf.linalg.adjoint(M),
    "linalg.matvec": lambda: tf.linalg.matvec(M, [1.0, 2.0, 3.0]),
    "linalg.normalize": lambda: tf.linalg.normalize(M, axis=1),
    "scalar_mul": lambda: tf.scalar_mul(2.0, tf.constant(M)),
    "math.log_sigmoid": lambda: tf.math.log_sigmoid(M),
    "math.logical_xor": lambda: tf.math.logical_xor([True, True, False], [True, False, False]),
    "math.polyval": lambda: tf.math.polyval([2.0, 3.0, 4.0], [1.0, 2.0]),
    "math.zero_fraction": lambda: tf.math.zero_fraction([0.0, 1.0, 0.0, 2.0]),
    "math.unsorted_segment_mean": lambda: tf.math.unsorted_segment_mean(M, [1, 1], 3),
    "math.unsorted_segment_sqrt_n": lambda: tf.math.unsorted_segment_sqrt_n(M, [1, 1], 3),
    "saturate_cast": lambda: tf.saturate_cast([300.0, -5.0, 7.5], tf.uint8),
    "split": lambda: tf.split(M, 3, axis=1),
    "split sizes": lambda: tf.split(M, [1, 2], axis=1),
    "where": lambda: tf.where([True, False], [1, 2], [3, 4]),
    "nn.relu crelu": lambda: tf.nn.crelu(M),
    "nn.gelu": lambda: tf.nn.gelu(tf.constant(M)),
    "nn.gelu approximate": lambda: tf.nn.gelu(tf.constant(M), approximate=True),
    "nn.silu": lambda: tf.nn.silu(M),
    "nn.silu slope": lambda: tf.nn.silu(tf.constant(M, tf.float64), beta=2.0),
    "nn.weighted_cross_entropy_with_logits":
        lambda: tf.nn.weighted_cross_entropy_with_logits(labels=[1.0, 0.0], logits=[0.5, -1.5], pos_weight=2.0),
    "nn.log_poisson_loss": lambda: tf.nn.log_poisson_loss(targets=[1.0, 2.0], log_input=[0.5, 0.25]),
    "nn.embedding_lookup": lambda: tf.nn.embedding_lookup(tf.constant(M), [1, 0, 1]),
    "nn.conv1d": lambda: tf.nn.conv1d(tf.constant(SERIES), tf.ones([2, 2, 3]), 1, "SAME"),
    "nn.conv2d_transpose":
        lambda: tf.nn.conv2d_transpose(tf.constant(PIXELS), tf.ones([2, 2, 2, 1]), [1, 8, 8, 2], 2, "SAME"),
    "nn.max_pool": lambda: tf.nn.max_pool(tf.constant(PIXELS), 2, 2, "VALID"),
    "nn.avg_pool": lambda: tf.nn.avg_pool(tf.constant(PIXELS), 2, 2, "VALID"),
    "nn.max_pool1d": lambda: tf.nn.max_pool1d(tf.constant(SERIES), 2, 2, "VALID"),
    "nn.avg_pool1d": lambda: tf.nn.avg_pool1d(tf.constant(SERIES), 2, 2, "VALID"),
    "nn.separable_conv2d":
        lambda: tf.nn.separable_conv2d(tf.constant(PIXELS), tf.ones([2, 2, 1, 2]), tf.ones([1, 1, 2, 3]), [1, 1, 1, 1], "SAME"),
    "nn.dropout rate 0": lambda: tf.nn.dropout(M, 0.0),
    "nn.dropout": lambda: tf.nn.dropout(M, 0.5, seed=7),
    "image.flip_left_right": lambda: tf.image.flip_left_right(tf.constant(IMAGE)),
    "image.flip_up_down": lambda: tf.image.flip_up_down(tf.constant(IMAGE)),
    "image.transpose": lambda: tf.image.transpose(tf.constant(IMAGE)),
    "image.central_crop": lambda: tf.image.central_crop(tf.constant(PIXELS), 0.5),
    "image.crop_to_bounding_box": lambda: tf.image.crop_to_bounding_box(tf.constant(IMAGE), 0, 1, 2, 2),
    "image.pad_to_bounding_box": lambda: tf.image.pad_to_bounding_box(tf.constant(IMAGE), 1, 0, 4, 5),
    "image.resize_with_crop_or_pad": lambda: tf.image.resize_with_crop_or_pad(tf.constant(IMAGE), 3, 2),
    "image.per_image_standardization": lambda: tf.image.per_image_standardization(tf.constant(PIXELS)),
    "image.adjust_brightness": lambda: tf.image.adjust_brightness(tf.constant(IMAGE), 0.1),
    "image.convert_image_dtype": lambda: tf.image.convert_image_dtype(tf.constant([[[0, 128, 255]]], tf.uint8), tf.float32),
    "image.convert_image_dtype to integers":
        lambda: tf.image.convert_image_dtype(tf.constant([[[0.0, 0.5, 1.0]]]), tf.uint8),
    "image.rgb_to_grayscale": lambda: tf.image.rgb_to_grayscale(tf.constant(IMAGE)),
    "image.grayscale_to_rgb": lambda: tf.image.grayscale_to_rgb(tf.constant(PIXELS)),
    "sparse.to_dense": lambda: tf.sparse.to_dense(tf.SparseTensor([[0, 1], [1, 0]], [5, 6], [2, 3])),
    "sparse.from_dense": lambda: (lambda s: [s.indices, s.values, s.dense_shape])(tf.sparse.from_dense([[0, 5], [6, 0]])),
    "linspace": lambda: tf.linspace(10.0, 12.0, 5),
    "linspace one": lambda: tf.linspace(10.0, 12.0, 1),
    "linspace axis": lambda: tf.linspace(tf.constant([0.0, 5.0]), [10.0, 40.0], 5, axis=-1),
    "repeat": lambda: tf.repeat([3, 4], [1, 2]),
    "repeat rows": lambda: tf.repeat(tf.constant(M), 2, axis=0),
    "repeat columns": lambda: tf.repeat(tf.constant(M), [1, 0, 2], axis=1),
    "math.bincount": lambda: tf.math.bincount(tf.constant([1, 1, 3, 5])),
    "math.bincount weights":
        lambda: tf.math.bincount(tf.constant([1, 1, 3, 5]), weights=tf.constant([0.5, 1.0, 2.0, 4.0])),
    "math.bincount lengths": lambda: tf.math.bincount(tf.constant([1, 1, 3, 5]), minlength=8, maxlength=4),
    "math.bincount rows": lambda: tf.math.bincount(tf.constant([[1, 1], [0, 2]]), axis=-1, binary_output=True),
    "math.confusion_matrix": lambda: tf.math.confusion_matrix(tf.constant([1, 2, 4]), tf.constant([2, 2, 4])),
    "math.confusion_matrix weights": lambda: tf.math.confusion_matrix(
        tf.constant([1, 2, 1]), tf.constant([2, 2, 2]), num_classes=tf.constant(3), weights=tf.constant([0.5, 1.0, 2.0]), dtype=tf.float32),
    "math.erfcinv": lambda: tf.math.erfcinv([0.25, 1.0, 1.5]),
    "math.lbeta": lambda: tf.math.lbeta(tf.constant([[1.0, 2.0, 3.0], [0.5, 0.5, 0.5]])),
    "math.reciprocal_no_nan": lambda: tf.math.reciprocal_no_nan([2.0, 0.5, 0.0]),
    "math.is_non_decreasing": lambda: tf.math.is_non_decreasing(tf.constant([1, 1, 2])),
    "math.is_non_decreasing short": lambda: tf.math.is_non_decreasing(tf.constant([1.0])),
    "math.is_strictly_increasing": lambda: tf.math.is_strictly_increasing(tf.constant([[1, 1], [2, 3]])),
    "nn.sufficient_statistics": lambda: tf.nn.sufficient_statistics(tf.constant(M), [0])[:3],
    "nn.sufficient_statistics shift":
        lambda: tf.nn.sufficient_statistics(tf.constant(M), [0, 1], shift=tf.constant(1.0), keepdims=True),
    "nn.normalize_moments":
        lambda: tf.nn.normalize_moments(tf.constant(2.0), tf.constant([3.0]), tf.constant([9.0]), None),
    "nn.normalize_moments shift":
        lambda: tf.nn.normalize_moments(tf.constant(2.0), tf.constant([3.0]), tf.constant([9.0]), tf.constant(1.0)),
    "nn.weighted_moments": lambda: tf.nn.weighted_moments(tf.constant(M), [1], tf.constant([[1.0], [2.0]])),
    "nn.convolution": lambda: tf.nn.convolution(tf.constant(PIXELS), tf.ones([2, 2, 1, 2]), padding="SAME", strides=2),
    "nn.convolution sequence": lambda: tf.nn.convolution(tf.constant(SERIES), tf.ones([2, 2, 3])),
    "nn.convolution dilated":
        lambda: tf.nn.convolution(tf.constant(PIXELS), tf.ones([2, 2, 1, 2]), padding="SAME", dilations=2),
    "nn.convolution dilated sequence":
        lambda: tf.nn.convolution(tf.constant(SERIES), tf.ones([2, 2, 3]), padding="VALID", dilations=[2]),
    "nn.atrous_conv2d": lambda: tf.nn.atrous_conv2d(tf.constant(PIXELS), tf.ones([2, 2, 1, 2]), 2, "VALID"),
    "nn.atrous_conv2d_transpose": lambda: tf.nn.atrous_conv2d_transpose(
        tf.constant(PIXELS), tf.ones([2, 2, 2, 1]), [1, 4, 4, 2], 2, "SAME"),
    "nn.pool": lambda: tf.nn.pool(tf.constant(PIXELS), [2, 2], "MAX", strides=[2, 2]),
    "nn.pool sequence": lambda: tf.nn.pool(tf.constant(SERIES), [2], "AVG", padding="SAME"),
    "nn.pool dilated": lambda: tf.nn.pool(tf.constant(PIXELS), [2, 2], "AVG", dilations=[2, 1]),
    "nn.conv1d_transpose":
        lambda: tf.nn.conv1d_transpose(tf.constant(SERIES), tf.ones([2, 3, 2]), [1, 8, 3], 2, "SAME"),
    "nn.conv3d_transpose": lambda: tf.nn.conv3d_transpose(
        tf.reshape(tf.constant(PIXELS), [1, 2, 2, 4, 1]), tf.ones([1, 2, 2, 2, 1]), [1, 2, 4, 8, 2], [1, 2, 2], "SAME"),
    "nn.conv_transpose":
        lambda: tf.nn.conv_transpose(tf.constant(PIXELS), tf.ones([2, 2, 2, 1]), tf.constant([1, 8, 8, 2]), 2),
    "nn.embedding_lookup_sparse": lambda: tf.nn.embedding_lookup_sparse(tf.constant(M), ids(), None, combiner="sum"),
    "nn.embedding_lookup_sparse weights":
        lambda: tf.nn.embedding_lookup_sparse(tf.constant(M), ids(), weights(), combiner="sqrtn"),
    "nn.embedding_lookup_sparse mean":
        lambda: tf.nn.embedding_lookup_sparse(tf.constant(M), ids(), weights(), combiner="mean"),
    "nn.safe_embedding_lookup_sparse":
        lambda: tf.nn.safe_embedding_lookup_sparse(tf.constant(M), missing_ids(), None, combiner="mean"),
    "nn.safe_embedding_lookup_sparse weights":
        lambda: tf.nn.safe_embedding_lookup_sparse(tf.constant(M), missing_ids(), weights(), default_id=1),
    "nn.safe_embedding_lookup_sparse sum":
        lambda: tf.nn.safe_embedding_lookup_sparse(tf.constant(M), missing_ids(), signs(), combiner="sum"),
    "sets.difference": lambda: parts(tf.sets.difference(tf.constant([[1, 2, 3], [4, 4, 5]]), tf.constant([[2], [4]]))),
    "sets.difference sparse":
        lambda: parts(tf.sets.difference(ids(), tf.constant([[1, 7], [0, 7], [0, 1]], tf.int64))),
    "sets.intersection": lambda: parts(tf.sets.intersection(tf.constant([[1, 2, 3]]), tf.constant([[3, 2]]))),
    "sets.union": lambda: parts(tf.sets.union(ids(), ids())),
    "signal.fftshift": lambda: tf.signal.fftshift(tf.constant(M)),
    "signal.fftshift axis": lambda: tf.signal.fftshift(tf.constant(M), axes=[-1]),
    "signal.ifftshift": lambda: tf.signal.ifftshift(tf.constant(M)),
    "sparse.retain": lambda: parts(tf.sparse.retain(ids(), [True, False, True])),
    "sparse.expand_dims": lambda: parts(tf.sparse.expand_dims(ids(), 1)),
    "sparse.expand_dims last": lambda: parts(tf.sparse.expand_dims(ids(), -1)),
    "sparse.eye": lambda: parts(tf.sparse.eye(2, 3)),
    "sparse.transpose": lambda: parts(tf.sparse.transpose(ids())),
    "sparse.reset_shape": lambda: parts(tf.sparse.reset_shape(ids())),
    "sparse.reset_shape larger": lambda: parts(tf.sparse.reset_shape(ids(), [4, 5])),
    "sparse.to_indicator": lambda: tf.sparse.to_indicator(ids(), 4),
    "sparse.map_values": lambda: parts(tf.sparse.map_values(tf.add, ids(), ids())),
    "required_space_to_batch_paddings": lambda: tf.compat.v1.required_space_to_batch_paddings([11, 8], [3, 4]),
    "map_fn": lambda: tf.map_fn(lambda row: row * 2.0, tf.constant(M)),
    "map_fn pairs": lambda: tf.map_fn(lambda pair: (pair[1], pair[0] + 1), (tf.constant([1, 2]), tf.constant([3, 4]))),
    "map_fn signature":
        lambda: tf.map_fn(lambda row: tf.argmax(row), tf.constant(M), fn_output_signature=tf.int64),
    "foldl": lambda: tf.foldl(lambda a, x: a * 2.0 + x, tf.constant(M)),
    "foldr initializer": lambda: tf.foldr(lambda a, x: a - x, tf.constant([1, 2, 3]), initializer=tf.constant(10)),
    "scan": lambda: tf.scan(lambda a, x: a + x, tf.constant([1, 2, 3, 4])),
    "scan reverse": lambda: tf.scan(lambda a, x: a - x, tf.constant([1, 2, 3, 4]), reverse=True),
    "scan initializer": lambda: tf.scan(lambda a, x: a * x, tf.constant([1, 2, 3]), initializer=tf.constant(5)),
    "TensorArray": lambda: tf.TensorArray(tf.float32, 2).write(0, [1.0, 2.0]).write(1, tf.constant([3.0, 4.0])).stack(),
    "TensorArray unstack": lambda: tf.TensorArray(tf.float32, 2).unstack(tf.constant(M)).read(1),
    "TensorArray gather": lambda: tf.TensorArray(tf.float32, 2).unstack(tf.constant(M)).gather([1, 0, 1]),
    "TensorArray size":
        lambda: tf.TensorArray(tf.int32, 0, dynamic_size=True, element_shape=[]).write(3, tf.constant(7)).size(),
    "random.stateless_uniform": lambda: tf.random.stateless_uniform([3], [1, 2]),
    "random.stateless_normal": lambda: tf.random.stateless_normal([3], [1, 2]),
    "random.gamma": lambda: tf.random.gamma([2], [0.5, 1.5, 20.0], seed=5),
    "random.gamma beta": lambda: tf.random.gamma([3], [[0.5], [2.0]], beta=[2.0, 4.0], dtype=tf.float64, seed=5),
    "random.poisson": lambda: tf.random.poisson([4], [0.5, 30.0], seed=5),
    "random.stateless_gamma": lambda: tf.random.stateless_gamma([4, 2], [1, 2], [0.5, 1.5]),
    "random.stateless_gamma beta": lambda: tf.random.stateless_gamma([2, 2], [1, 2], [0.5, 1.5], beta=2.0),
    "random.stateless_poisson": lambda: tf.random.stateless_poisson([4, 2], [1, 2], [0.5, 30.0]),
    "random.stateless_binomial": lambda: tf.random.stateless_binomial([4, 2], [1, 2], [5.0, 40.0], [0.3, 0.6]),
    "random.stateless_categorical": lambda: tf.random.stateless_categorical(M, 4, [1, 2]),
    "random.split": lambda: tf.random.split([1, 2], 3),
    "random.fold_in": lambda: tf.random.fold_in([1, 2], 7),
    "random.experimental.stateless_shuffle": lambda: tf.random.experimental.stateless_shuffle([1, 2, 3, 4, 5], [1, 2]),
    "random.experimental.index_shuffle": lambda: tf.random.experimental.index_shuffle([0, 1, 2, 3], [1, 2], [9, 9, 9, 9]),
    "random.stateless_truncated_normal": lambda: tf.random.stateless_truncated_normal([3], [1, 2]),
}

V1 = {
    "where": lambda: v1.where([True, False], [1, 2], [3, 4]),
    "where one": lambda: v1.where([True, False, True]),
    "div": lambda: v1.div([7, -7], [2, 2]),
    "div floats": lambda: v1.div([7.0, -7.0], [2.0, 2.0]),
    "to_float": lambda: v1.to_float([1, 2]),
    "to_int32": lambda: v1.to_int32([1.5, -2.5]),
    "arg_max": lambda: v1.arg_max(M, 1),
    "argmax": lambda: v1.argmax(M, 1),
    "log_sigmoid": lambda: v1.log_sigmoid(M),
    "norm": lambda: v1.norm(M),
    "reduce_sum": lambda: v1.reduce_sum(M, 1),
    "reduce_logsumexp": lambda: v1.reduce_logsumexp(M, 1),
    "nn.silu gradients": lambda: silu_gradients(tf.constant([0.5, -1.0]), tf.constant(2.0)),
    "nn.softmax": lambda: v1.nn.softmax(M),
    "nn.softmax_cross_entropy_with_logits":
        lambda: v1.nn.softmax_cross_entropy_with_logits(labels=[[0.0, 1.0]], logits=[[0.5, -1.5]]),
    "nn.softmax_cross_entropy_with_logits_v2":
        lambda: v1.nn.softmax_cross_entropy_with_logits_v2(labels=[[0.0, 1.0]], logits=[[0.5, -1.5]]),
    "nn.sparse_softmax_cross_entropy_with_logits":
        lambda: v1.nn.sparse_softmax_cross_entropy_with_logits(labels=[1], logits=[[0.5, -1.5]]),
    "nn.sigmoid_cross_entropy_with_logits":
        lambda: v1.nn.sigmoid_cross_entropy_with_logits(labels=[1.0, 0.0], logits=[0.5, -1.5]),
    "nn.max_pool": lambda: v1.nn.max_pool(tf.constant(PIXELS), [1, 2, 2, 1], [1, 2, 2, 1], "VALID"),
    "nn.avg_pool": lambda: v1.nn.avg_pool(tf.constant(PIXELS), [1, 2, 2, 1], [1, 2, 2, 1], "VALID"),
    "nn.conv2d": lambda: v1.nn.conv2d(tf.constant(PIXELS), tf.ones([2, 2, 1, 2]), [1, 1, 1, 1], "SAME"),
    "nn.dropout": lambda: v1.nn.dropout(tf.constant(M), keep_prob=0.5, seed=7),
    "nn.embedding_lookup": lambda: v1.nn.embedding_lookup(tf.constant(M), [1, 0, 1]),
    "nn.xw_plus_b": lambda: v1.nn.xw_plus_b(S, S, [1.0, 2.0]),
    "nn.relu_layer": lambda: v1.nn.relu_layer(S, S, [-8.0, 2.0]),
    "nn.moments": lambda: v1.nn.moments(tf.constant(M), [0]),
    "nn.fused_batch_norm": lambda: v1.nn.fused_batch_norm(tf.constant(PIXELS), [2.0], [1.0])[:3],
    "image.resize_bilinear": lambda: v1.image.resize_bilinear(tf.constant(PIXELS), [2, 3], align_corners=True),
    "image.resize_nearest_neighbor": lambda: v1.image.resize_nearest_neighbor(PIXELS, [2, 3]),
    "image.resize_images": lambda: v1.image.resize_images(tf.constant(PIXELS), [2, 3]),
    "image.resize_images corners": lambda: v1.image.resize_images(tf.constant(PIXELS), [2, 3], align_corners=True),
    "image.resize_images nearest": lambda: v1.image.resize_images(tf.constant(PIXELS), [2, 3], method=1),
    "random_uniform": lambda: v1.random_uniform([2, 2], 1.0, 3.0, seed=3),
    "random_gamma": lambda: v1.random_gamma([2], [0.5, 1.5], seed=3),
    "random_poisson": lambda: v1.random_poisson([0.5, 9.0], [3], seed=3),
    "random_normal": lambda: v1.random_normal([2, 2], seed=3),
    "string_to_number": lambda: v1.string_to_number(["1.5", "2"]),
    "string_split": lambda: (lambda s: [s.indices, s.values, s.dense_shape])(v1.string_split(["a b", "c"])),
    "strings.split": lambda: (lambda s: [s.indices, s.values, s.dense_shape])(v1.strings.split(["a b", "c"])),
    "sparse_to_dense": lambda: v1.sparse_to_dense([[0, 1], [1, 0]], [2, 3], [5, 6]),
    "sparse_tensor_to_dense": lambda: v1.sparse_tensor_to_dense(v1.SparseTensor([[0, 1], [1, 0]], [5, 6], [2, 3])),
    "matrix_band_part": lambda: v1.matrix_band_part(S, 0, -1),
    "matrix_transpose": lambda: v1.matrix_transpose(M),
    "batch_to_space": lambda: v1.batch_to_space(np.arange(16.0, dtype=np.float32).reshape(4, 2, 2, 1), [[0, 0], [0, 0]], 2),
    "space_to_batch": lambda: v1.space_to_batch(PIXELS, [[0, 0], [0, 0]], 2),
    "verify_tensor_all_finite": lambda: v1.verify_tensor_all_finite([1.0, 2.0], "bad"),
    "expand_dims": lambda: v1.expand_dims(M, 0),
    "squeeze": lambda: v1.squeeze([[[1, 2]]], [0]),
    "gather": lambda: v1.gather(M, [1, 0]),
    "transpose": lambda: v1.transpose(M),
    "cumsum": lambda: v1.cumsum(M, 1),
    "l2_normalize": lambda: v1.nn.l2_normalize(tf.constant(M), 1, epsilon=1e-12),
    "clip_by_value": lambda: v1.clip_by_value(M, -1.0, 2.0),
    "one_hot": lambda: v1.one_hot([1, 0], 3),
}


ASSERTIONS = {
    "positive": lambda: tf.debugging.assert_positive([1, -2, 3, 4, 5], message="no"),
    "negative": lambda: tf.debugging.assert_negative([[1.0, -2.0]]),
    "non negative": lambda: tf.debugging.assert_non_negative([1, -2]),
    "non positive": lambda: tf.debugging.assert_non_positive([1, -2], message="bad"),
    "equal": lambda: tf.debugging.assert_equal([1, 2], [1, 3], message="no"),
    "equal scalars": lambda: tf.debugging.assert_equal(1, 2),
    "less": lambda: tf.debugging.assert_less([[1, 2, 3], [4, 5, 6]], 2),
    "greater": lambda: tf.debugging.assert_greater([1.5, 2.0, 3.0, 4.0, 5.0], [9.0, 9.0, 9.0, 9.0, 1.0]),
    "none equal": lambda: tf.debugging.assert_none_equal([[1, 2], [3, 4]], [[5, 2], [3, 8]]),
    "rank": lambda: tf.debugging.assert_rank([1, -2], 2, message="no"),
    "rank at least": lambda: tf.debugging.assert_rank_at_least([1, -2], 2),
    "type": lambda: tf.debugging.assert_type(tf.constant([1, -2]), tf.float32, message="no"),
}


def record_errors(cases, path):
    lines = []
    for name, call in cases.items():
        try:
            call()
        except (ValueError, TypeError, tf.errors.OpError) as error:
            text = error.message if isinstance(error, tf.errors.OpError) else str(error)
            lines.append(f"{name}\t{text!r}\n")
    path.write_text("".join(lines))


def record_classes(cases, path):
    """A line for each call: its name, the class of its error and the message, without the op's name."""
    lines = []
    for name, call in cases.items():
        try:
            call()
        except Exception as error:  # every class is recorded
            message = error.message if isinstance(error, tf.errors.OpError) else str(error)
            message = re.sub(r"\{\{function_node [^}]*\}\} ?", "", message)
            message = re.sub(r"\s*\[Op:[^\]]*\]( name: .*)?$", "", message)
            lines.append("\t".join([name, type(error).__name__, message.replace("\n", "\\n")]) + "\n")
        else:
            raise AssertionError(f"{name} does not fail")
    path.write_text("".join(lines))


def record_prints(cases, path):
    """A line for each call of tf.print: its name and what it prints."""
    lines = []
    for name, (inputs, options) in cases.items():
        with tempfile.NamedTemporaryFile("r") as file:
            tf.print(*inputs, output_stream="file://" + file.name, **options)
            lines.append(f"{name}\t{file.read()!r}\n")
    path.write_text("".join(lines))


def flat(result):
    if isinstance(result, (list, tuple)):
        return [tensor for part in result for tensor in flat(part)]
    return [] if result is None else [result]


def text(value):
    value = np.asarray(value)
    dtype = "string" if value.dtype.kind in "OSU" else value.dtype.name
    if dtype == "string":
        items = [item.decode() for item in value.ravel()]
    else:
        items = [repr(item.item()) if value.dtype.kind == "f" else str(item) for item in value.ravel()]
    return f"{dtype}[{','.join(map(str, value.shape))}] {' '.join(items)}"


def record(cases, path):
    lines = []
    for name, call in cases.items():
        v1.reset_default_graph()
        with tf.Graph().as_default() as graph:
            tf.random.set_seed(11)
            outputs = flat(call())
            nodes = [f"{node.name}={node.op}" for node in graph.as_graph_def().node if node.op != "Const"]
            with v1.Session(graph=graph) as session:
                values = session.run(outputs)
        lines.append("\t".join([name, " | ".join(map(text, values)), " ".join(nodes)]) + "\n")
    path.write_text("".join(lines))


if __name__ == "__main__":
    record_errors(ASSERTIONS, ROOT / "crates/v2/tests/data/assertions.txt")
    record_classes(function_cases.ERRORS, ROOT / "crates/v2/tests/data/failing_calls.txt")
    record_prints(function_cases.PRINTS, ROOT / "crates/v2/tests/data/printed_lines.txt")
    record(V2 | function_cases.V2, ROOT / "crates/v2/tests/data/functions.txt")
    # As it is where v1's behaviour is asked for.
    v1.disable_control_flow_v2()
    record(V1 | function_cases.V1, ROOT / "crates/compat_v1/tests/data/functions.txt")
