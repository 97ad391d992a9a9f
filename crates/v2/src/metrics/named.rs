//! Metrics by name.

use super::reductions::MeanMetricWrapper;
use super::*;
use crate::losses::{self, Classification};
use ferroflow_core::{Error, PartialShape, Result};
use std::sync::Arc;

/// The metric with this name: the mean of a function, also short (`"mae"`), or a class
/// (`tf.keras.metrics.get`).
///
/// ```
/// use ferroflow_v2 as tf;
/// let metric = tf::metrics::get("mae")?;
/// metric.update(&tf::constant([1.0])?, &tf::constant([3.0])?, None)?;
/// assert_eq!(format!("{}", metric.result()?), "2.0");
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// `ValueError` for a name that no metric has.
pub fn get(identifier: &str) -> Result<Arc<dyn Metric>> {
    // Functions that only losses have are no metrics in Keras either; both have cosine similarities of their own.
    let function = match identifier {
        "cosine_similarity" | "huber" | "binary_focal_crossentropy" | "categorical_focal_crossentropy" => {
            None
        }
        other => losses::function(other),
    };
    if let Some(function) = function {
        return Ok(Arc::new(MeanMetricWrapper::new(identifier, move |t, p| function(t, p))?));
    }
    macro_rules! classes {
        ($($name:literal $class:ident)*) => {
            match identifier {
                $($name | stringify!($class) => Ok(Arc::new($class::new()?) as Arc<dyn Metric>),)*
                _ => Err(Error::value(format!("Could not interpret metric identifier: {identifier}"))),
            }
        };
    }
    classes! {
        "accuracy" Accuracy
        "binary_accuracy" BinaryAccuracy
        "categorical_accuracy" CategoricalAccuracy
        "sparse_categorical_accuracy" SparseCategoricalAccuracy
        "top_k_categorical_accuracy" TopKCategoricalAccuracy
        "sparse_top_k_categorical_accuracy" SparseTopKCategoricalAccuracy
        "cosine_similarity" CosineSimilarity
        "root_mean_squared_error" RootMeanSquaredError
        "precision" Precision
        "recall" Recall
        "auc" AUC
        "true_positives" TruePositives
        "false_positives" FalsePositives
        "true_negatives" TrueNegatives
        "false_negatives" FalseNegatives
    }
}

/// The metric that `accuracy` stands for between targets and predictions of these shapes.
pub(crate) fn for_shapes(
    name: &str,
    y_true: &PartialShape,
    y_pred: &PartialShape,
) -> Result<Arc<dyn Metric>> {
    Ok(match losses::for_shapes(y_true, y_pred) {
        Classification::Binary => Arc::new(BinaryAccuracy::new_with(|o| o.name(name.to_string()))?),
        Classification::Sparse => {
            Arc::new(SparseCategoricalAccuracy::new_with(|o| o.name(name.to_string()))?)
        }
        Classification::Categorical => Arc::new(CategoricalAccuracy::new_with(|o| o.name(name.to_string()))?),
    })
}
