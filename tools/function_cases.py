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


def one_tensor_is_equal(x):
    tf.debugging.assert_equal(x, x)
    tf.debugging.assert_equal(x, tf.constant([1.0, 2.0]))
    return x


def rows():
    return sparse_of([[0, 1], [1, 0], [1, 2]], [5, 6, 7], [2, 3])


def words():
    return sparse_of([[0, 0], [1, 0], [1, 1]], ["a", "b", "c"], [2, 2])


def rows_of(ragged):
    return [ragged.flat_values, *ragged.nested_row_splits]


def rags():
    """Made of constants, so that they are nodes before the function's own."""
    return tf.RaggedTensor.from_row_splits(tf.constant([1, 2, 3, 4]), tf.constant([0, 2, 2, 4], tf.int64), validate=False)


def deep():
    return tf.RaggedTensor.from_row_splits(rags(), tf.constant([0, 1, 3], tf.int64), validate=False)


BOXES = [[0.0, 0.0, 1.0, 1.0], [0.0, 0.1, 1.0, 1.1], [0.0, 2.0, 1.0, 3.0], [0.0, 2.5, 1.0, 3.5]]
SCORES = [0.5, 0.9, 0.3, 0.25]
IMAGE = (np.arange(2 * 4 * 5 * 2) * 37 % 101).astype(np.float32).reshape(2, 4, 5, 2)


def features(**lists):
    """A map of features by name from lists of values."""
    kinds = {float: "float_list", int: "int64_list", bytes: "bytes_list"}
    made = {}
    for name, values in lists.items():
        feature = tf.train.Feature()
        if values:
            getattr(feature, kinds[type(values[0])]).value.extend(values)
        made[name] = feature
    return tf.train.Features(feature=made)


def sequence(context, **lists):
    steps = {name: tf.train.FeatureList(feature=[features(step=step).feature["step"] for step in value])
             for name, value in lists.items()}
    example = tf.train.SequenceExample(context=context, feature_lists=tf.train.FeatureLists(feature_list=steps))
    return example.SerializeToString(deterministic=True)


SEQUENCES = [
    sequence(features(id=[7], tags=[b"a", b"b"]), words=[[b"x"], [b"y", b"z"]], sizes=[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]),
    sequence(features(id=[8]), words=[[b"w"]]),
]
CELLS = tf.train.Example(features=features(row=[3, 1], column=[2, 0], value=[0.5, 1.5])).SerializeToString(deterministic=True)


def sequences_of(parsed):
    flat = []
    for part in parsed:
        for name in sorted(part):
            value = part[name]
            if isinstance(value, tf.SparseTensor):
                flat += parts(value)
            elif isinstance(value, tf.RaggedTensor):
                flat += rows_of(value)
            else:
                flat.append(value)
    return flat


def context_features():
    return {"id": tf.io.FixedLenFeature([], tf.int64), "tags": tf.io.VarLenFeature(tf.string)}


def sequence_features():
    return {"sizes": tf.io.FixedLenSequenceFeature([2], tf.float32, allow_missing=True),
            "words": tf.io.RaggedFeature(tf.string)}


def sparse_product_gradients(dtype, **turns):
    """The gradients of a product of sparse matrices for the dense ones they are made of."""
    raw = tf.raw_ops
    a = tf.constant([[1.0, 0.0, 2.0], [0.0, -3.0, 0.0], [4.0, 0.5, 0.0]], dtype)
    b = tf.constant([[0.0, 1.5, 0.0], [2.0, 0.0, 1.0], [0.0, -1.0, 3.0]], dtype)
    if dtype.is_complex:
        a, b = a * tf.constant(1 - 2j, dtype), b * tf.constant(0.5 + 1j, dtype)
    with tf.GradientTape() as tape:
        tape.watch([a, b])
        matrices = [raw.DenseToCSRSparseMatrix(dense_input=x, indices=tf.where(tf.not_equal(x, 0))) for x in (a, b)]
        product = raw.SparseMatrixSparseMatMul(a=matrices[0], b=matrices[1], type=dtype, **turns)
        dense = raw.CSRSparseMatrixToDense(sparse_input=product, type=dtype)
        total = tf.math.real(tf.reduce_sum(dense * tf.cast(tf.reshape(tf.range(9), [3, 3]), dtype)))
    return [tf.math.real(g) for g in tape.gradient(total, [a, b])]


SQUARES = (np.arange(18.0).reshape(2, 3, 3) * 0.3 - 2.0).tolist()

def batched(function, *args, **options):
    return function_outputs(tf.nondifferentiable_batch_function(1, 8, 1000, **options)(function)(*args))


def function_outputs(outputs):
    return list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]


V2 = {
    "batch function": lambda: batched(lambda x: x * 2, tf.constant([1.0, 2.0])),
    "batch function filled up": lambda: batched(
        lambda x: x + tf.reduce_sum(tf.exp(x * 0.0)), tf.constant([1.0, 2.0]), allowed_batch_sizes=[1, 4, 8]),
    "batch function split": lambda: batched(
        lambda x, y: (x + 10.0 * tf.reduce_max(x), y * 3), tf.constant([float(k) for k in range(7)]), tf.constant([[k, -k] for k in range(7)]),
        allowed_batch_sizes=[2, 3]),
    "batch function captured": lambda: (lambda w: batched(lambda x: tf.matmul(x, w), tf.constant(M)))(tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])),
    "sparse product gradients plain": lambda: sparse_product_gradients(tf.float64),
    "sparse product gradients transposed": lambda: sparse_product_gradients(tf.float64, transpose_a=True),
    "sparse product gradients transposed both": lambda: sparse_product_gradients(tf.float64, transpose_a=True, transpose_b=True),
    "sparse product gradients adjoint": lambda: sparse_product_gradients(tf.float64, adjoint_a=True),
    "sparse product gradients adjoint right": lambda: sparse_product_gradients(tf.float64, adjoint_b=True),
    "sparse product gradients mixed": lambda: sparse_product_gradients(tf.float64, adjoint_a=True, transpose_b=True),
    "sparse product gradients complex": lambda: sparse_product_gradients(tf.complex128, adjoint_b=True),
    "linalg.expm": lambda: tf.linalg.expm([[0.1, 0.2], [-0.3, 0.05]]),
    "linalg.expm large": lambda: tf.linalg.expm(tf.constant([[3.0, 1.0], [2.0, 4.0]])),
    "linalg.expm batch": lambda: tf.linalg.expm(tf.constant(SQUARES, tf.float64)),
    "linalg.expm infinite": lambda: tf.linalg.expm([[np.inf, 0.0], [0.0, 1.0]]),
    "linalg.eigh_tridiagonal": lambda: tf.linalg.eigh_tridiagonal([1.0, 2.0, 3.0, -4.0], [0.5, -1.5, 2.0]),
    "linalg.eigh_tridiagonal indices": lambda: tf.linalg.eigh_tridiagonal(
        tf.constant([1.0, 2.0, 3.0, -4.0], tf.float64), tf.constant([0.5, -1.5, 2.0], tf.float64), select="i",
        select_range=[1, 2]),
    "linalg.eigh_tridiagonal interval": lambda: tf.linalg.eigh_tridiagonal(
        [1.0, 2.0, 3.0, -4.0], [0.5, -1.5, 2.0], select="v", select_range=[0.0, 3.0], tol=1e-4),
    "linalg.eigh_tridiagonal vectors": lambda: list(tf.linalg.eigh_tridiagonal(
        tf.constant([1.0, 2.0, 3.0, -4.0], tf.float64), tf.constant([0.5, -1.5, 2.0], tf.float64), eigvals_only=False)),
    "linalg.eigh_tridiagonal one": lambda: tf.linalg.eigh_tridiagonal([1.5], tf.constant([], tf.float32)),
    "image.non_max_suppression_padded": lambda: list(tf.image.non_max_suppression_padded(tf.constant(BOXES), SCORES, 3)),
    "image.non_max_suppression_padded batch": lambda: list(tf.image.non_max_suppression_padded(
        tf.constant([BOXES, BOXES[::-1]]), tf.constant([SCORES, SCORES]), 3, iou_threshold=0.4, score_threshold=0.28,
        pad_to_max_output_size=True, tile_size=2)),
    "image.non_max_suppression_padded sorted": lambda: list(tf.image.non_max_suppression_padded(
        tf.constant(BOXES), [0.9, 0.8, 0.7, 0.6], 4, pad_to_max_output_size=True, sorted_input=True,
        canonicalized_coordinates=True)),
    "sparse.bincount": lambda: parts(tf.sparse.bincount(tf.constant([[7, 2], [7, 0]]))),
    "sparse.bincount rows": lambda: parts(tf.sparse.bincount(tf.constant([[7, 2], [7, 7]]), axis=-1, minlength=10)),
    "sparse.bincount weights": lambda: parts(tf.sparse.bincount(
        tf.constant([7, 2, 7]), weights=tf.constant([0.5, 1.0, 2.0]), maxlength=5)),
    "sparse.bincount sparse": lambda: parts(tf.sparse.bincount(rows(), axis=-1, binary_output=True)),
    "sparse.bincount ragged": lambda: parts(tf.sparse.bincount(rags(), axis=-1)),
    "random.stateless_parameterized_truncated_normal": lambda: tf.random.stateless_parameterized_truncated_normal(
        [3, 2], [1, 2], tf.constant([0.0, 5.0]), 1.0, tf.constant([-1.0, 4.0]), 9.0),
    "io.parse_sequence_example": lambda: sequences_of(
        tf.io.parse_sequence_example(SEQUENCES, context_features(), sequence_features())),
    "io.parse_sequence_example sparse": lambda: sequences_of(
        tf.io.parse_sequence_example(SEQUENCES, None, {"words": tf.io.VarLenFeature(tf.string)})),
    "io.parse_single_sequence_example": lambda: sequences_of(
        tf.io.parse_single_sequence_example(SEQUENCES[0], context_features(), sequence_features())),
    "io.parse_example sparse": lambda: parts(tf.io.parse_example(
        [CELLS, b""], {"cells": tf.io.SparseFeature(["row", "column"], "value", tf.float32, [5, 3])})["cells"]),
    "io.parse_single_example sparse": lambda: parts(tf.io.parse_single_example(
        CELLS, {"cells": tf.io.SparseFeature("row", "value", tf.float32, 5, already_sorted=True)})["cells"]),
    "image.rot90": lambda: tf.image.rot90(tf.constant(IMAGE), 3),
    "image.rot90 computed": lambda: tf.image.rot90(tf.constant(IMAGE), tf.size(tf.where([True, False])) + 2),
    "image.rot90 not": lambda: tf.image.rot90(tf.constant([[[1], [2]], [[3], [4]]]), -4),
    "case": lambda: tf.case([(tf.constant(False), lambda: tf.constant(1)), (tf.constant(True), lambda: tf.constant(2))],
                            default=lambda: tf.constant(3)),
    "case exclusive": lambda: tf.case(
        [(tf.constant(False), lambda: tf.constant(1)), (tf.constant(False), lambda: tf.constant(2))],
        default=lambda: tf.constant(3), exclusive=True),
    "debugging.assert_equal": lambda: one_tensor_is_equal(tf.constant([1.0, 2.0])),
    "grad_pass_through": lambda: tf.grad_pass_through(tf.round)(tf.constant([1.7, 2.2])),
    "nn.erosion2d": lambda: tf.nn.erosion2d(tf.constant(IMAGE), tf.ones([2, 2, 2]), [1, 1, 1, 1], "SAME", "NHWC", [1, 1, 1, 1]),
    "nn.batch_norm_with_global_normalization": lambda: tf.nn.batch_norm_with_global_normalization(
        tf.constant(M), tf.constant([1.0, 2.0, 3.0]), tf.constant([1.0, 4.0, 9.0]), tf.constant([0.5, 0.5, 0.5]),
        tf.constant([2.0, 2.0, 2.0]), 0.001, True),
    "nn.batch_norm_with_global_normalization plain": lambda: tf.nn.batch_norm_with_global_normalization(
        tf.constant(M), tf.constant([1.0, 2.0, 3.0]), tf.constant([1.0, 4.0, 9.0]), tf.constant([0.5, 0.5, 0.5]),
        tf.constant([2.0, 2.0, 2.0]), 0.001, False),
    "nn.scale_regularization_loss": lambda: tf.nn.scale_regularization_loss(tf.constant([1.0, 2.0])),
    "ragged_fill_empty_rows":
        lambda: list(tf.ragged_fill_empty_rows(tf.constant([0, 2, 2], tf.int64), [5, 6, 7], tf.constant(4, tf.int64), -1)),
    "ragged_fill_empty_rows_grad":
        lambda: list(tf.ragged_fill_empty_rows_grad(tf.constant([0, 2, 3], tf.int64), [1.0, 2.0, 3.0, 4.0, 5.0])),
    "image.extract_patches": lambda: tf.image.extract_patches(tf.constant(IMAGE), [1, 2, 2, 1], [1, 2, 2, 1], [1, 1, 1, 1], "VALID"),
    "extract_volume_patches":
        lambda: tf.extract_volume_patches(tf.constant(IMAGE[None]), [1, 1, 2, 2, 1], [1, 1, 2, 2, 1], "SAME"),
    "image.non_max_suppression_with_scores": lambda: list(tf.image.non_max_suppression_with_scores(BOXES, SCORES, 3)),
    "image.non_max_suppression_with_scores soft":
        lambda: list(tf.image.non_max_suppression_with_scores(BOXES, SCORES, 4, soft_nms_sigma=0.5)),
    "image.sobel_edges": lambda: tf.image.sobel_edges(tf.constant(IMAGE)),
    "image.is_jpeg": lambda: tf.image.is_jpeg([b"\xff\xd8\xff\xe0", b"none"]),
    "ragged.constant": lambda: rows_of(tf.ragged.constant([[1, 2], [], [3]])),
    "ragged.constant deep": lambda: rows_of(tf.ragged.constant([[[1.5], [2.5, 3.5]], [[4.5]]], dtype=tf.float64)),
    "ragged.constant texts": lambda: rows_of(tf.ragged.constant([["a"], ["b", "c"]], row_splits_dtype=tf.int32)),
    "ragged.range": lambda: rows_of(tf.ragged.range([3, 0, 2])),
    "ragged.range deltas": lambda: rows_of(tf.ragged.range([0.0, 5.0], [1.0, 2.0], [0.5, -1.5])),
    "ragged.row_splits_to_segment_ids": lambda: tf.ragged.row_splits_to_segment_ids([0, 3, 3, 5]),
    "ragged.segment_ids_to_row_splits": lambda: tf.ragged.segment_ids_to_row_splits([0, 0, 2, 2]),
    "ragged.segment_ids_to_row_splits count":
        lambda: tf.ragged.segment_ids_to_row_splits(tf.constant([0, 0, 2, 2]), tf.constant(5)),
    "ragged.map_flat_values": lambda: rows_of(tf.ragged.map_flat_values(tf.negative, rags())),
    "ragged.cross": lambda: rows_of(tf.ragged.cross([rags(), tf.constant([["x"], ["y"], ["z"]])])),
    "ragged.cross_hashed": lambda: rows_of(tf.ragged.cross_hashed([rags(), tf.constant([["x"], ["y"], ["z"]])], num_buckets=50)),
    "ragged.stack_dynamic_partitions":
        lambda: rows_of(tf.ragged.stack_dynamic_partitions(tf.constant([1.0, 2.0, 3.0, 4.0]), tf.constant([3, 0, 1, 0]), 5)),
    "ragged.stack": lambda: rows_of(tf.ragged.stack([rags(), rags()])),
    "ragged.boolean_mask": lambda: rows_of(tf.ragged.boolean_mask(rags(), rags().with_flat_values([True, False, False, True]))),
    "RaggedTensor.from_row_lengths": lambda: rows_of(tf.RaggedTensor.from_row_lengths([1, 2, 3], [2, 0, 1])),
    "RaggedTensor.from_row_starts": lambda: rows_of(tf.RaggedTensor.from_row_starts([1, 2, 3], [0, 2, 2])),
    "RaggedTensor.from_row_limits": lambda: rows_of(tf.RaggedTensor.from_row_limits([1, 2, 3], [2, 2, 3])),
    "RaggedTensor.from_value_rowids": lambda: rows_of(tf.RaggedTensor.from_value_rowids([1, 2, 3], [0, 0, 2])),
    "RaggedTensor.from_value_rowids count":
        lambda: rows_of(tf.RaggedTensor.from_value_rowids([1, 2, 3], [0, 0, 2], nrows=tf.constant(5, tf.int64))),
    "RaggedTensor.from_uniform_row_length": lambda: rows_of(tf.RaggedTensor.from_uniform_row_length([1, 2, 3, 4], 2)),
    "RaggedTensor.from_tensor": lambda: rows_of(tf.RaggedTensor.from_tensor(tf.constant([[[1, 2], [3, 4]], [[5, 6], [7, 8]]]))),
    "RaggedTensor.from_sparse":
        lambda: rows_of(tf.RaggedTensor.from_sparse(sparse_of([[0, 0], [2, 0], [2, 1]], [5, 6, 7], [3, 2]))),
    "RaggedTensor.nrows": lambda: deep().nrows(),
    "RaggedTensor.row_lengths": lambda: rags().row_lengths(),
    "RaggedTensor.row_starts": lambda: rags().row_starts(),
    "RaggedTensor.row_limits": lambda: rags().row_limits(),
    "RaggedTensor.value_rowids": lambda: rags().value_rowids(),
    "RaggedTensor.nested_row_lengths": lambda: list(deep().nested_row_lengths()),
    "RaggedTensor.to_tensor": lambda: deep().to_tensor(),
    "RaggedTensor.to_tensor default": lambda: rags().to_tensor(default_value=-1),
    "RaggedTensor.to_sparse": lambda: parts(deep().to_sparse()),
    "RaggedTensor.bounding_shape": lambda: deep().bounding_shape(),
    "strings.bytes_split": lambda: rows_of(tf.strings.bytes_split(tf.constant(["ab", "", "c"]))),
    "strings.bytes_split scalar": lambda: tf.strings.bytes_split(tf.constant("abc")),
    "strings.bytes_split matrix": lambda: rows_of(tf.strings.bytes_split(tf.constant([["ab", ""], ["c", "def"]]))),
    "strings.unicode_split": lambda: rows_of(tf.strings.unicode_split(tf.constant(["aé", "", "c"]), "UTF-8")),
    "strings.unicode_split matrix": lambda: rows_of(tf.strings.unicode_split(tf.constant([["aé", ""], ["c", "def"]]), "UTF-8")),
    "strings.unicode_split_with_offsets": lambda: [
        part for rows in tf.strings.unicode_split_with_offsets(tf.constant(["aé", "b"]), "UTF-8") for part in rows_of(rows)],
    "strings.unicode_split_with_offsets scalar":
        lambda: list(tf.strings.unicode_split_with_offsets(tf.constant("aéb"), "UTF-8")),
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

def steps(values):
    """A quantized tensor and its range."""
    return v1.quantize(tf.constant(values), 0.0, 100.0, tf.quint8)[0], 0.0, 100.0


def plain(quantized, dtype):
    """What a quantized function gives, with numbers that can be compared."""
    return [tf.bitcast(quantized[0], dtype), quantized[1], quantized[2]]


def scoped(scope):
    with scope:
        return tf.negative([1, 2])


V1 = {
    "image.non_max_suppression_padded": lambda: list(v1.image.non_max_suppression_padded(
        tf.constant(BOXES), SCORES, 4, 0.4, 0.28, pad_to_max_output_size=True)),
    "linalg.expm": lambda: v1.linalg.expm([[0.1, 0.2], [-0.3, 0.05]]),
    "linalg.eigh_tridiagonal": lambda: v1.linalg.eigh_tridiagonal([1.0, 2.0, 3.0, -4.0], [0.5, -1.5, 2.0]),
    "nn.erosion2d": lambda: v1.nn.erosion2d(tf.constant(IMAGE), tf.ones([2, 2, 2]), [1, 2, 2, 1], [1, 1, 1, 1], "VALID"),
    "nn.depthwise_conv2d_native":
        lambda: v1.nn.depthwise_conv2d_native(tf.constant(IMAGE), tf.ones([2, 2, 2, 1]), [1, 1, 1, 1], "SAME"),
    "nn.quantized_max_pool": lambda: plain(v1.nn.quantized_max_pool(*steps(IMAGE), [1, 2, 2, 1], [1, 2, 2, 1], "VALID"), tf.uint8),
    "nn.quantized_avg_pool": lambda: plain(v1.nn.quantized_avg_pool(*steps(IMAGE), [1, 2, 2, 1], [1, 2, 2, 1], "SAME"), tf.uint8),
    "nn.quantized_conv2d": lambda: plain(v1.nn.quantized_conv2d(
        steps(IMAGE)[0], steps(np.arange(8.0, dtype=np.float32).reshape(2, 2, 2, 1))[0], 0.0, 100.0, 0.0, 100.0, [1, 1, 1, 1],
        "VALID"), tf.int32),
    "tuple": lambda: v1.tuple([tf.constant([1, 2]), tf.constant(3.0)]),
    "py_func": lambda: v1.py_func(lambda x: x * 2, [tf.constant([1, 2])], tf.int32),
    "sparse_merge": lambda: parts(v1.sparse_merge(rows(), rows(), 10)),
    "sparse_placeholder": lambda: [tf.constant(7), v1.sparse_placeholder(tf.float32, [2, 3])][:1],
    "sparse_placeholder open": lambda: [tf.constant(7), v1.sparse_placeholder(tf.float32)][:1],
    "op_scope": lambda: scoped(v1.op_scope([], None, "outer")),
    "container": lambda: scoped(v1.container("room")),
    "extract_image_patches":
        lambda: v1.extract_image_patches(tf.constant(IMAGE), [1, 2, 2, 1], [1, 2, 2, 1], [1, 1, 1, 1], "SAME"),
    "image.resize_area": lambda: v1.image.resize_area(tf.constant(IMAGE), [2, 3]),
    "image.resize_bicubic": lambda: v1.image.resize_bicubic(tf.constant(IMAGE), [2, 3], align_corners=True),
    "batch_gather": lambda: v1.batch_gather(tf.constant(M), [[2, 0], [1, 1]]),
    "clip_by_average_norm": lambda: v1.clip_by_average_norm(tf.constant(M), 0.5),
    "clip_by_average_norm large": lambda: v1.clip_by_average_norm(tf.constant(M), 50.0),
    "sparse_reduce_sum_sparse": lambda: parts(v1.sparse_reduce_sum_sparse(rows(), 1)),
    "sparse_reduce_max_sparse": lambda: parts(v1.sparse_reduce_max_sparse(rows(), [0], keepdims=True)),
    "serialize_many_sparse": lambda: parts(v1.deserialize_many_sparse(v1.serialize_many_sparse(rows()), tf.int32)),
    "assert_positive": lambda: [tf.constant(7), v1.assert_positive(tf.constant([1, 2]))][:1],
    "assert_near": lambda: [tf.constant(7), v1.assert_near([1.0], [1.0])][:1],
}

def batched_by_four(function, *args, **options):
    """Eager batches of one name are one resource, which the first call makes: all of these are alike but for what fails."""
    return tf.nondifferentiable_batch_function(1, 4, 1000, **options)(function)(*args)


ERRORS = {
    "batch function scalar": lambda: batched_by_four(lambda x: x, tf.constant(1.0)),
    "batch function rows": lambda: batched_by_four(lambda x, y: x, tf.constant([1.0, 2.0]), tf.constant([1.0])),
    "batch function large": lambda: batched_by_four(lambda x: x, tf.constant([1.0, 2.0, 3.0, 4.0, 5.0])),
    "batch function sum": lambda: batched_by_four(lambda x: tf.reduce_sum(x), tf.constant([1.0, 2.0])),
    "batch function part": lambda: batched_by_four(lambda x: x[:1], tf.constant([1.0, 2.0])),
    "batch function falling sizes":
        lambda: batched_by_four(lambda x: x, tf.constant([1.0, 2.0]), allowed_batch_sizes=[4, 2]),
    "batch function last size": lambda: batched_by_four(
        lambda x: x, tf.constant([1.0, 2.0]), allowed_batch_sizes=[1, 2], enable_large_batch_splitting=False),
    "rot90": lambda: tf.image.rot90(tf.constant(IMAGE), [1]),
    "expm": lambda: tf.linalg.expm([[1, 2], [3, 4]]),
    "eigh_tridiagonal": lambda: tf.linalg.eigh_tridiagonal([1.0, 2.0], tf.constant([1.0], tf.float64)),
    "mdct": lambda: tf.signal.mdct(tf.constant([1.0, 2.0]), 6),
    "ragged.range": lambda: tf.ragged.range([1, 2], [3, 4], [0, 1]),
    "ragged.cross": lambda: tf.ragged.cross([tf.constant([[1.5]])]),
    "ragged.row_splits_to_segment_ids": lambda: tf.ragged.row_splits_to_segment_ids(tf.constant([], tf.int64)),
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
