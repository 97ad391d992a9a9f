//! Metrics: numbers gathered over batches (`tf.keras.metrics`, of Keras 3).
//!
//! A metric keeps its state in variables: `update_state` adds a batch, `result` says what it is so far, `reset_state` starts
//! anew.
//!
//! ```
//! use ferroflow_v2 as tf;
//! use tf::metrics::{Mean, Metric, Precision};
//! let mean = Mean::new()?;
//! mean.update_state([1.0, 2.0, 6.0])?;
//! assert_eq!(format!("{}", mean.result()?), "3.0");
//! let precision = Precision::new()?;
//! precision.update_state([0, 1, 1, 1], [1.0, 0.0, 1.0, 0.0])?;
//! assert_eq!(format!("{}", precision.result()?), "0.5");
//! # Ok::<(), tf::Error>(())
//! ```

mod accuracy;
mod auc;
mod confusion;
mod counts;
mod iou;
mod metric;
mod named;
mod reductions;
mod wrapped;

pub use accuracy::{
    accuracy, binary_accuracy, binary_accuracy_with, categorical_accuracy, sparse_categorical_accuracy,
    sparse_top_k_categorical_accuracy, top_k_categorical_accuracy,
};
pub use auc::{AUC, AUCCurve, AUCOptions, AUCSummationMethod};
pub use counts::{
    FalseNegatives, FalsePositives, Precision, RateOptions, Recall, ThresholdOptions, TrueNegatives,
    TruePositives,
};
pub use iou::{IoU, IoUOptions, MeanIoU};
pub use metric::{Metric, MetricOptions};
pub(crate) use named::for_shapes;
pub use named::get;
pub use reductions::{Mean, MeanMetricWrapper, RootMeanSquaredError, Sum};
pub use wrapped::{
    Accuracy, BinaryAccuracy, BinaryAccuracyOptions, BinaryCrossentropy, BinaryCrossentropyOptions,
    CategoricalAccuracy, CategoricalCrossentropy, CategoricalCrossentropyOptions, CategoricalHinge,
    CosineSimilarity, CosineSimilarityOptions, Hinge, KLDivergence, LogCoshError, MeanAbsoluteError,
    MeanAbsolutePercentageError, MeanSquaredError, MeanSquaredLogarithmicError, Poisson,
    SparseCategoricalAccuracy, SparseCategoricalCrossentropy, SparseCategoricalCrossentropyOptions,
    SparseTopKCategoricalAccuracy, SquaredHinge, TopKCategoricalAccuracy, TopKOptions,
};
