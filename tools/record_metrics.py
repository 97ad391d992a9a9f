"""Records how TensorFlow computes the streaming metrics of v1.

    python tools/record_metrics.py crates/compat_v1/tests/data/metrics.txt

For each program: a line for each node (name, op, inputs, what it is placed with), one for each variable of metrics (name,
dtype, shape), and, for each of three batches, what the update op gives and the value after it; or the error. The programs stand
in Rust in `crates/compat_v1/tests/metrics`.
"""

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

tf1 = tf.compat.v1
tf1.disable_v2_behavior()
tf1.enable_v2_tensorshape()
metrics = tf1.metrics
BATCHES = 3
LENGTH = 6


def data(batch, stride):
    """Numbers in [0, 1) that any language makes alike."""
    places = np.arange(LENGTH) + batch * LENGTH
    return (((places * stride) % 101) / 101.0).astype(np.float32)


WEIGHTS = np.array([1.0, 0.0, 2.0, 0.5, 1.0, 3.0], np.float32)
THRESHOLDS = [0.25, 0.5, 0.75]


def weights():
    return tf1.constant(WEIGHTS)


def bits(x):
    return tf1.greater(x, 0.5)


def classes(x):
    return tf1.cast(x * 3.0, tf.int64)


def column(x):
    return tf1.reshape(x, [LENGTH, 1])


def matrix(x):
    return tf1.reshape(x, [2, 3])


def one_of(x):
    """One label of each case."""
    return tf1.strided_slice(x, [0], [2])


def sparse(x):
    """Labels 0 and 1 of the first case, and 2 of the second."""
    return tf.SparseTensor([[0, 0], [0, 1], [1, 0]], tf1.strided_slice(x, [0], [3]), [2, 3])


PROGRAMS = {
    "mean": lambda x, y: metrics.mean(x),
    "mean_with_weights": lambda x, y: metrics.mean(x, weights()),
    "mean_with_a_weight": lambda x, y: metrics.mean(x, tf1.constant(2.0)),
    "mean_with_a_row_of_weights": lambda x, y: metrics.mean(matrix(x), tf1.constant([[1.0, 0.0, 2.0]])),
    "mean_with_columns_of_weights": lambda x, y: metrics.mean(x, column(weights())),
    "mean_of_columns": lambda x, y: metrics.mean(column(x), weights()),
    "mean_of_classes": lambda x, y: metrics.mean(classes(x), name="share"),
    "mean_twice": lambda x, y: (metrics.mean(x), metrics.mean(y))[1],
    "mean_tensor": lambda x, y: metrics.mean_tensor(x),
    "mean_tensor_with_weights": lambda x, y: metrics.mean_tensor(x, weights()),
    "accuracy": lambda x, y: metrics.accuracy(classes(x), classes(y)),
    "accuracy_with_weights": lambda x, y: metrics.accuracy(bits(x), bits(y), weights()),
    "accuracy_of_columns": lambda x, y: metrics.accuracy(column(classes(x)), classes(y)),
    "accuracy_of_other_dtypes": lambda x, y: metrics.accuracy(classes(x), tf1.cast(classes(y), tf.int32)),
    "mean_absolute_error": lambda x, y: metrics.mean_absolute_error(x, y),
    "mean_absolute_error_with_weights": lambda x, y: metrics.mean_absolute_error(x, y, weights()),
    "mean_squared_error": lambda x, y: metrics.mean_squared_error(x, y),
    "mean_squared_error_of_columns": lambda x, y: metrics.mean_squared_error(x, column(y)),
    "root_mean_squared_error": lambda x, y: metrics.root_mean_squared_error(x, y),
    "root_mean_squared_error_with_weights": lambda x, y: metrics.root_mean_squared_error(x, y, weights()),
    "mean_relative_error": lambda x, y: metrics.mean_relative_error(x, y, x),
    "mean_cosine_distance": lambda x, y: metrics.mean_cosine_distance(matrix(x), matrix(y), 1),
    "percentage_below": lambda x, y: metrics.percentage_below(x, 0.4),
    "percentage_below_with_weights": lambda x, y: metrics.percentage_below(x, 0.4, weights()),
    "true_positives": lambda x, y: metrics.true_positives(bits(x), bits(y)),
    "true_negatives": lambda x, y: metrics.true_negatives(bits(x), bits(y)),
    "false_positives": lambda x, y: metrics.false_positives(bits(x), bits(y)),
    "false_negatives": lambda x, y: metrics.false_negatives(classes(x), classes(y)),
    "true_positives_with_weights": lambda x, y: metrics.true_positives(bits(x), bits(y), weights()),
    "precision": lambda x, y: metrics.precision(bits(x), bits(y)),
    "precision_with_weights": lambda x, y: metrics.precision(bits(x), bits(y), weights(), name="p"),
    "recall": lambda x, y: metrics.recall(bits(x), bits(y)),
    "recall_with_weights": lambda x, y: metrics.recall(bits(x), bits(y), weights()),
    "true_positives_at_thresholds": lambda x, y: metrics.true_positives_at_thresholds(bits(x), y, THRESHOLDS),
    "true_negatives_at_thresholds": lambda x, y: metrics.true_negatives_at_thresholds(bits(x), y, THRESHOLDS),
    "false_positives_at_thresholds": lambda x, y: metrics.false_positives_at_thresholds(
        bits(x), y, THRESHOLDS, weights()
    ),
    "false_negatives_at_thresholds": lambda x, y: metrics.false_negatives_at_thresholds(bits(x), y, THRESHOLDS),
    "precision_at_thresholds": lambda x, y: metrics.precision_at_thresholds(bits(x), y, THRESHOLDS),
    "recall_at_thresholds": lambda x, y: metrics.recall_at_thresholds(bits(x), y, THRESHOLDS, weights()),
    "auc": lambda x, y: metrics.auc(bits(x), y, num_thresholds=20),
    "auc_with_weights": lambda x, y: metrics.auc(bits(x), y, weights(), summation_method="minoring"),
    "auc_of_thresholds": lambda x, y: metrics.auc(
        bits(x), y, thresholds=[0.75, 0.25, 0.5], summation_method="majoring"
    ),
    "auc_of_precision_and_recall": lambda x, y: metrics.auc(bits(x), y, num_thresholds=20, curve="PR"),
    "auc_with_careful_interpolation": lambda x, y: metrics.auc(
        bits(x), y, num_thresholds=20, curve="PR", summation_method="careful_interpolation"
    ),
    "mean_iou": lambda x, y: metrics.mean_iou(classes(x), classes(y), 3),
    "mean_iou_with_weights": lambda x, y: metrics.mean_iou(classes(x), classes(y), 4, weights()),
    "mean_per_class_accuracy": lambda x, y: metrics.mean_per_class_accuracy(classes(x), classes(y), 3),
    "mean_per_class_accuracy_with_weights": lambda x, y: metrics.mean_per_class_accuracy(
        matrix(classes(x)), matrix(classes(y)), 3, matrix(weights())
    ),
    "mean_iou_of_matrices": lambda x, y: metrics.mean_iou(matrix(classes(x)), matrix(classes(y)), 3),
    "sensitivity_at_specificity": lambda x, y: metrics.sensitivity_at_specificity(
        bits(x), y, 0.4, num_thresholds=20
    ),
    "specificity_at_sensitivity": lambda x, y: metrics.specificity_at_sensitivity(
        bits(x), y, 0.4, weights(), num_thresholds=20
    ),
    "recall_at_k": lambda x, y: metrics.recall_at_k(matrix(classes(x)), matrix(y), 2),
    "recall_at_k_of_a_class": lambda x, y: metrics.recall_at_k(matrix(classes(x)), matrix(y), 2, 1, tf1.constant(2.0)),
    "recall_at_k_with_weights": lambda x, y: metrics.recall_at_k(
        one_of(classes(x)), matrix(y), 1, weights=tf1.constant([1.0, 0.5]), name="r"
    ),
    "recall_at_k_of_sparse_labels": lambda x, y: metrics.recall_at_k(sparse(classes(x)), matrix(y), 2),
    "recall_at_top_k": lambda x, y: metrics.recall_at_top_k(matrix(classes(x)), matrix(classes(y))),
    "precision_at_k": lambda x, y: metrics.precision_at_k(matrix(classes(x)), matrix(y), 2),
    "precision_at_k_of_a_class": lambda x, y: metrics.precision_at_k(sparse(classes(x)), matrix(y), 2, class_id=1),
    "precision_at_top_k": lambda x, y: metrics.precision_at_top_k(matrix(classes(x)), matrix(classes(y)), k=3),
    "average_precision_at_k": lambda x, y: metrics.average_precision_at_k(matrix(classes(x)), matrix(y), 2),
    "average_precision_at_k_with_weights": lambda x, y: metrics.average_precision_at_k(
        matrix(classes(x)), matrix(y), 3, weights=tf1.constant([1.0, 0.5])
    ),
    "average_precision_at_1": lambda x, y: metrics.average_precision_at_k(one_of(classes(x)), matrix(y), 1),
    "average_precision_at_k_of_sparse_labels": lambda x, y: metrics.average_precision_at_k(
        sparse(classes(x)), matrix(y), 2
    ),
    "average_precision_at_0": lambda x, y: metrics.average_precision_at_k(matrix(classes(x)), matrix(y), 0),
    "recall_at_k_of_another_rank": lambda x, y: metrics.recall_at_k(tf1.reshape(classes(x), [1, 1, 2, 3]), matrix(y), 1),
    "weights_of_another_rank": lambda x, y: metrics.mean_squared_error(x, y, tf1.constant([[[1.0]]])),
    "weights_of_another_size": lambda x, y: metrics.mean(x, tf1.constant([1.0, 2.0])),
    "labels_of_another_size": lambda x, y: metrics.mean_absolute_error([1.0, 2.0], x),
    "count_with_weights_of_another_rank": lambda x, y: metrics.true_positives(
        tf1.reshape(x, [1, 2, 3]), tf1.reshape(y, [1, 2, 3]), tf1.constant([1.0, 2.0, 3.0])
    ),
    "mean_tensor_of_unknown_shape": lambda x, y: metrics.mean_tensor(tf1.placeholder(tf.float32, [None, 2])),
    "classes_of_other_shapes": lambda x, y: metrics.mean_iou(classes(x), matrix(classes(y)), 3),
    "specificity_out_of_range": lambda x, y: metrics.sensitivity_at_specificity(bits(x), y, 1.5),
    "sensitivity_out_of_range": lambda x, y: metrics.specificity_at_sensitivity(bits(x), y, -0.5),
    "auc_of_another_curve": lambda x, y: metrics.auc(x, y, curve="X"),
    "auc_of_another_sum": lambda x, y: metrics.auc(x, y, summation_method="X"),
}


def numbers(value):
    return ",".join(f"{float(item):.9g}" for item in np.ravel(value))


def record(name, build):
    with tf.Graph().as_default() as graph, tf1.Session() as session:
        x = tf1.placeholder(tf.float32, [LENGTH], "x")
        y = tf1.placeholder(tf.float32, [LENGTH], "y")
        lines = [f"program {name}"]
        try:
            value, update = build(x, y)
        except (TypeError, ValueError) as error:
            return lines + ["\t".join(["error", type(error).__name__, str(error)])]
        for node in graph.as_graph_def().node:
            placed = b",".join(node.attr["_class"].list.s).decode() if "_class" in node.attr else ""
            lines.append("\t".join(["node", node.name, node.op, ",".join(node.input), placed]))
        for v in tf1.get_collection(tf1.GraphKeys.METRIC_VARIABLES):
            shape = ",".join(str(size) for size in v.shape)
            lines.append("\t".join(["variable", v.name, v.dtype.base_dtype.name, f"[{shape}]"]))
        assert tf1.local_variables() == tf1.get_collection(tf1.GraphKeys.METRIC_VARIABLES)
        assert not tf1.global_variables()
        session.run(tf1.local_variables_initializer())
        for batch in range(BATCHES):
            feed = {x: data(batch, 37), y: data(batch, 53)}
            lines.append("\t".join(["batch", numbers(session.run(update, feed)), numbers(session.run(value))]))
        return lines


def main():
    lines = []
    for name, build in PROGRAMS.items():
        lines.extend(record(name, build))
    with open(sys.argv[1], "w") as file:
        file.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
