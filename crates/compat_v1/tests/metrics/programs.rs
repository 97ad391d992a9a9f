//! The programs, in the order of `tools/record_metrics.py`.

use super::{LENGTH, Program};
use ferroflow_compat_v1::{self as tf, metrics};
use ferroflow_core::{DType, Result, Tensor};

fn weights() -> Result<Tensor> {
    tf::constant([1.0, 0.0, 2.0, 0.5, 1.0, 3.0])
}

fn bits(x: &Tensor) -> Result<Tensor> {
    tf::greater(x, 0.5)
}

fn classes(x: &Tensor) -> Result<Tensor> {
    tf::cast((x * 3.0)?, DType::INT64)
}

fn column(x: Result<Tensor>) -> Result<Tensor> {
    tf::reshape(x, [LENGTH as i32, 1])
}

fn matrix(x: Result<Tensor>) -> Result<Tensor> {
    tf::reshape(x, [2, 3])
}

fn labels(x: &Tensor) -> Result<Tensor> {
    matrix(classes(x))
}

fn scores(x: &Tensor) -> Result<Tensor> {
    matrix(Ok(x.clone()))
}

/// One label of each case.
fn one_of(x: Tensor) -> Result<Tensor> {
    tf::strided_slice(x, [0], [2])
}

/// Labels 0 and 1 of the first case, and 2 of the second.
fn sparse(x: Tensor) -> Result<tf::SparseTensor> {
    let values = tf::strided_slice(x, [0], [3])?;
    tf::SparseTensor::new([[0, 0], [0, 1], [1, 0]], values, [2, 3])
}

const THRESHOLDS: [f64; 3] = [0.25, 0.5, 0.75];

pub(crate) const ALL: &[(&str, Program)] = &[
    ("mean", |x, _| metrics::mean(x)),
    ("mean_with_weights", |x, _| {
        let weights = weights()?;
        metrics::mean_with(x, |o| o.weights(weights))
    }),
    ("mean_with_a_weight", |x, _| {
        let weight = tf::constant(2.0)?;
        metrics::mean_with(x, |o| o.weights(weight))
    }),
    ("mean_with_a_row_of_weights", |x, _| {
        let (x, row) = (matrix(Ok(x.clone()))?, tf::constant([[1.0, 0.0, 2.0]])?);
        metrics::mean_with(x, |o| o.weights(row))
    }),
    ("mean_with_columns_of_weights", |x, _| {
        let weights = column(weights())?;
        metrics::mean_with(x, |o| o.weights(weights))
    }),
    ("mean_of_columns", |x, _| {
        let (x, weights) = (column(Ok(x.clone()))?, weights()?);
        metrics::mean_with(x, |o| o.weights(weights))
    }),
    ("mean_of_classes", |x, _| {
        let x = classes(x)?;
        tf::with_name("share", || metrics::mean(x))
    }),
    ("mean_twice", |x, y| {
        metrics::mean(x)?;
        metrics::mean(y)
    }),
    ("mean_tensor", |x, _| metrics::mean_tensor(x)),
    ("mean_tensor_with_weights", |x, _| {
        let weights = weights()?;
        metrics::mean_tensor_with(x, |o| o.weights(weights))
    }),
    ("accuracy", |x, y| metrics::accuracy(classes(x), classes(y))),
    ("accuracy_with_weights", |x, y| {
        let (x, y, weights) = (bits(x)?, bits(y)?, weights()?);
        metrics::accuracy_with(x, y, |o| o.weights(weights))
    }),
    ("accuracy_of_columns", |x, y| metrics::accuracy(column(classes(x)), classes(y))),
    ("accuracy_of_other_dtypes", |x, y| metrics::accuracy(classes(x), tf::cast(classes(y), DType::INT32))),
    ("mean_absolute_error", |x, y| metrics::mean_absolute_error(x, y)),
    ("mean_absolute_error_with_weights", |x, y| {
        let weights = weights()?;
        metrics::mean_absolute_error_with(x, y, |o| o.weights(weights))
    }),
    ("mean_squared_error", |x, y| metrics::mean_squared_error(x, y)),
    ("mean_squared_error_of_columns", |x, y| metrics::mean_squared_error(x, column(Ok(y.clone())))),
    ("root_mean_squared_error", |x, y| metrics::root_mean_squared_error(x, y)),
    ("root_mean_squared_error_with_weights", |x, y| {
        let weights = weights()?;
        metrics::root_mean_squared_error_with(x, y, |o| o.weights(weights))
    }),
    ("mean_relative_error", |x, y| metrics::mean_relative_error(x, y, x)),
    ("mean_cosine_distance", |x, y| {
        metrics::mean_cosine_distance(matrix(Ok(x.clone())), matrix(Ok(y.clone())), 1)
    }),
    ("percentage_below", |x, _| metrics::percentage_below(x, 0.4)),
    ("percentage_below_with_weights", |x, _| {
        let weights = weights()?;
        metrics::percentage_below_with(x, 0.4, |o| o.weights(weights))
    }),
    ("true_positives", |x, y| metrics::true_positives(bits(x), bits(y))),
    ("true_negatives", |x, y| metrics::true_negatives(bits(x), bits(y))),
    ("false_positives", |x, y| metrics::false_positives(bits(x), bits(y))),
    ("false_negatives", |x, y| metrics::false_negatives(classes(x), classes(y))),
    ("true_positives_with_weights", |x, y| {
        let (x, y, weights) = (bits(x)?, bits(y)?, weights()?);
        metrics::true_positives_with(x, y, |o| o.weights(weights))
    }),
    ("precision", |x, y| metrics::precision(bits(x), bits(y))),
    ("precision_with_weights", |x, y| {
        let (x, y, weights) = (bits(x)?, bits(y)?, weights()?);
        tf::with_name("p", || metrics::precision_with(x, y, |o| o.weights(weights)))
    }),
    ("recall", |x, y| metrics::recall(bits(x), bits(y))),
    ("recall_with_weights", |x, y| {
        let (x, y, weights) = (bits(x)?, bits(y)?, weights()?);
        metrics::recall_with(x, y, |o| o.weights(weights))
    }),
    ("true_positives_at_thresholds", |x, y| metrics::true_positives_at_thresholds(bits(x), y, &THRESHOLDS)),
    ("true_negatives_at_thresholds", |x, y| metrics::true_negatives_at_thresholds(bits(x), y, &THRESHOLDS)),
    ("false_positives_at_thresholds", |x, y| {
        let (x, weights) = (bits(x)?, weights()?);
        metrics::false_positives_at_thresholds_with(x, y, &THRESHOLDS, |o| o.weights(weights))
    }),
    ("false_negatives_at_thresholds", |x, y| metrics::false_negatives_at_thresholds(bits(x), y, &THRESHOLDS)),
    ("precision_at_thresholds", |x, y| metrics::precision_at_thresholds(bits(x), y, &THRESHOLDS)),
    ("recall_at_thresholds", |x, y| {
        let (x, weights) = (bits(x)?, weights()?);
        metrics::recall_at_thresholds_with(x, y, &THRESHOLDS, |o| o.weights(weights))
    }),
    ("auc", |x, y| metrics::auc_with(bits(x), y, |o| o.num_thresholds(20))),
    ("auc_with_weights", |x, y| {
        let (x, weights) = (bits(x)?, weights()?);
        metrics::auc_with(x, y, |o| o.weights(weights).summation_method("minoring"))
    }),
    ("auc_of_thresholds", |x, y| {
        metrics::auc_with(bits(x), y, |o| o.thresholds(vec![0.75, 0.25, 0.5]).summation_method("majoring"))
    }),
    ("auc_of_precision_and_recall", |x, y| {
        metrics::auc_with(bits(x), y, |o| o.num_thresholds(20).curve("PR"))
    }),
    ("auc_with_careful_interpolation", |x, y| {
        metrics::auc_with(bits(x), y, |o| {
            o.num_thresholds(20).curve("PR").summation_method("careful_interpolation")
        })
    }),
    ("mean_iou", |x, y| metrics::mean_iou(classes(x), classes(y), 3)),
    ("mean_iou_with_weights", |x, y| {
        let (x, y, weights) = (classes(x)?, classes(y)?, weights()?);
        metrics::mean_iou_with(x, y, 4, |o| o.weights(weights))
    }),
    ("mean_per_class_accuracy", |x, y| metrics::mean_per_class_accuracy(classes(x), classes(y), 3)),
    ("mean_per_class_accuracy_with_weights", |x, y| {
        let (x, y, weights) = (matrix(classes(x))?, matrix(classes(y))?, matrix(weights())?);
        metrics::mean_per_class_accuracy_with(x, y, 3, |o| o.weights(weights))
    }),
    ("mean_iou_of_matrices", |x, y| metrics::mean_iou(matrix(classes(x)), matrix(classes(y)), 3)),
    ("sensitivity_at_specificity", |x, y| {
        metrics::sensitivity_at_specificity_with(bits(x), y, 0.4, |o| o.num_thresholds(20))
    }),
    ("specificity_at_sensitivity", |x, y| {
        let (x, weights) = (bits(x)?, weights()?);
        metrics::specificity_at_sensitivity_with(x, y, 0.4, |o| o.weights(weights).num_thresholds(20))
    }),
    ("recall_at_k", |x, y| metrics::recall_at_k(labels(x)?, scores(y)?, 2)),
    ("recall_at_k_of_a_class", |x, y| {
        let (labels, scores, weight) = (labels(x)?, scores(y)?, tf::constant(2.0)?);
        metrics::recall_at_k_with(labels, scores, 2, |o| o.class_id(1).weights(weight))
    }),
    ("recall_at_k_with_weights", |x, y| {
        let (labels, scores, weights) = (one_of(classes(x)?)?, scores(y)?, tf::constant([1.0, 0.5])?);
        tf::with_name("r", || metrics::recall_at_k_with(labels, scores, 1, |o| o.weights(weights)))
    }),
    ("recall_at_k_of_sparse_labels", |x, y| {
        let (labels, scores) = (sparse(classes(x)?)?, scores(y)?);
        metrics::recall_at_k(labels, scores, 2)
    }),
    ("recall_at_top_k", |x, y| metrics::recall_at_top_k(labels(x)?, labels(y)?)),
    ("precision_at_k", |x, y| metrics::precision_at_k(labels(x)?, scores(y)?, 2)),
    ("precision_at_k_of_a_class", |x, y| {
        let (labels, scores) = (sparse(classes(x)?)?, scores(y)?);
        metrics::precision_at_k_with(labels, scores, 2, |o| o.class_id(1))
    }),
    ("precision_at_top_k", |x, y| metrics::precision_at_top_k_with(labels(x)?, labels(y)?, |o| o.k(3))),
    ("average_precision_at_k", |x, y| metrics::average_precision_at_k(labels(x)?, scores(y)?, 2)),
    ("average_precision_at_k_with_weights", |x, y| {
        let (labels, scores, weights) = (labels(x)?, scores(y)?, tf::constant([1.0, 0.5])?);
        metrics::average_precision_at_k_with(labels, scores, 3, |o| o.weights(weights))
    }),
    ("average_precision_at_1", |x, y| {
        let (labels, scores) = (one_of(classes(x)?)?, scores(y)?);
        metrics::average_precision_at_k(labels, scores, 1)
    }),
    ("average_precision_at_k_of_sparse_labels", |x, y| {
        let (labels, scores) = (sparse(classes(x)?)?, scores(y)?);
        metrics::average_precision_at_k(labels, scores, 2)
    }),
    ("average_precision_at_0", |x, y| metrics::average_precision_at_k(labels(x)?, scores(y)?, 0)),
    ("recall_at_k_of_another_rank", |x, y| {
        let (labels, scores) = (tf::reshape(classes(x)?, [1, 1, 2, 3])?, scores(y)?);
        metrics::recall_at_k(labels, scores, 1)
    }),
    ("weights_of_another_rank", |x, y| {
        let weights = tf::constant([[[1.0]]])?;
        metrics::mean_squared_error_with(x, y, |o| o.weights(weights))
    }),
    ("weights_of_another_size", |x, _| {
        let weights = tf::constant([1.0, 2.0])?;
        metrics::mean_with(x, |o| o.weights(weights))
    }),
    ("labels_of_another_size", |x, _| metrics::mean_absolute_error([1.0, 2.0], x)),
    ("count_with_weights_of_another_rank", |x, y| {
        let (x, y, weights) =
            (tf::reshape(x, [1, 2, 3])?, tf::reshape(y, [1, 2, 3])?, tf::constant([1.0, 2.0, 3.0])?);
        metrics::true_positives_with(x, y, |o| o.weights(weights))
    }),
    ("mean_tensor_of_unknown_shape", |_, _| {
        metrics::mean_tensor(tf::placeholder(DType::FLOAT32, tf::TensorShape::new([None, Some(2)]))?)
    }),
    ("classes_of_other_shapes", |x, y| metrics::mean_iou(classes(x), matrix(classes(y)), 3)),
    ("specificity_out_of_range", |x, y| metrics::sensitivity_at_specificity(bits(x), y, 1.5)),
    ("sensitivity_out_of_range", |x, y| metrics::specificity_at_sensitivity(bits(x), y, -0.5)),
    ("auc_of_another_curve", |x, y| metrics::auc_with(x, y, |o| o.curve("X"))),
    ("auc_of_another_sum", |x, y| metrics::auc_with(x, y, |o| o.summation_method("X"))),
];
