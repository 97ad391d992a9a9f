//! Metrics that are means of functions of targets and predictions.

use super::accuracy::*;
use super::metric::{Metric, MetricOptions};
use super::reductions::MeanMetricWrapper;
use crate::{Variable, losses};
use ferroflow_core::{DType, Result, Tensor, options};
use std::sync::Arc;

options! {
    /// Optional arguments of [`BinaryAccuracy::new_with`].
    pub struct BinaryAccuracyOptions {
        /// The name.
        name: Option<String> = None,
        /// The dtype of the state and of the result.
        dtype: DType = DType::FLOAT32,
        /// What predictions of 1 are above.
        threshold: f64 = 0.5,
    }
}

options! {
    /// Optional arguments of metrics of the most likely classes.
    pub struct TopKOptions {
        /// The name.
        name: Option<String> = None,
        /// The dtype of the state and of the result.
        dtype: DType = DType::FLOAT32,
        /// How many classes count.
        k: i32 = 5,
    }
}

options! {
    /// Optional arguments of [`CosineSimilarity::new_with`].
    pub struct CosineSimilarityOptions {
        /// The name.
        name: Option<String> = None,
        /// The dtype of the state and of the result.
        dtype: DType = DType::FLOAT32,
        /// The axis of the vectors.
        axis: i32 = -1,
    }
}

options! {
    /// Optional arguments of [`BinaryCrossentropy::new_with`].
    pub struct BinaryCrossentropyOptions {
        /// The name.
        name: Option<String> = None,
        /// The dtype of the state and of the result.
        dtype: DType = DType::FLOAT32,
        /// Whether predictions are logits, not probabilities.
        from_logits: bool = false,
        /// How far targets are moved towards one half.
        label_smoothing: f64 = 0.0,
    }
}

options! {
    /// Optional arguments of [`CategoricalCrossentropy::new_with`].
    pub struct CategoricalCrossentropyOptions {
        /// The name.
        name: Option<String> = None,
        /// The dtype of the state and of the result.
        dtype: DType = DType::FLOAT32,
        /// Whether predictions are logits, not probabilities.
        from_logits: bool = false,
        /// How far targets are moved towards all classes being equally likely.
        label_smoothing: f64 = 0.0,
        /// The axis of the classes.
        axis: i32 = -1,
    }
}

options! {
    /// Optional arguments of [`SparseCategoricalCrossentropy::new_with`].
    pub struct SparseCategoricalCrossentropyOptions {
        /// The name.
        name: Option<String> = None,
        /// The dtype of the state and of the result.
        dtype: DType = DType::FLOAT32,
        /// Whether predictions are logits, not probabilities.
        from_logits: bool = false,
        /// The axis of the classes.
        axis: i32 = -1,
    }
}

/// Declares metrics: the class, its name, its options, and the function that they choose.
macro_rules! means {
    ($($(#[$doc:meta])* $name:ident $text:literal $options:ident => |$o:ident| $function:expr;)*) => {
        $($(#[$doc])*
        pub struct $name(MeanMetricWrapper);

        impl $name {
            /// A metric of nothing yet.
            ///
            /// # Errors
            /// Those of the graph in force.
            pub fn new() -> Result<$name> {
                $name::new_with(|o| o)
            }

            /// The same with options.
            ///
            /// # Errors
            /// Those of the graph in force.
            pub fn new_with(options: impl FnOnce($options) -> $options) -> Result<$name> {
                let $o = options($options::default());
                let (name, dtype) = ($o.name.clone().unwrap_or_else(|| $text.to_string()), $o.dtype);
                MeanMetricWrapper::of(name, dtype, Arc::new($function)).map($name)
            }
        }

        impl Metric for $name {
            fn name(&self) -> &str {
                self.0.name()
            }

            fn variables(&self) -> Vec<Variable> {
                self.0.variables()
            }

            fn update(&self, y_true: &Tensor, y_pred: &Tensor, sample_weight: Option<&Tensor>) -> Result<()> {
                self.0.update(y_true, y_pred, sample_weight)
            }

            fn update_masked(
                &self,
                y_true: &Tensor,
                y_pred: &Tensor,
                sample_weight: Option<&Tensor>,
                mask: Option<&Tensor>,
            ) -> Result<()> {
                self.0.update_masked(y_true, y_pred, sample_weight, mask)
            }

            fn result(&self) -> Result<Tensor> {
                self.0.result()
            }
        })*
    };
}

means! {
    /// How many predictions equal their targets (`tf.keras.metrics.Accuracy`).
    Accuracy "accuracy" MetricOptions => |o| |t, p| accuracy(t, p);
    /// How many decisions are right (`tf.keras.metrics.BinaryAccuracy`).
    BinaryAccuracy "binary_accuracy" BinaryAccuracyOptions =>
        |o| move |t, p| binary_accuracy_with(t, p, o.threshold);
    /// How many of the most likely classes are right, targets being distributions
    /// (`tf.keras.metrics.CategoricalAccuracy`).
    CategoricalAccuracy "categorical_accuracy" MetricOptions => |o| |t, p| categorical_accuracy(t, p);
    /// How many of the most likely classes are right, targets being numbers
    /// (`tf.keras.metrics.SparseCategoricalAccuracy`).
    SparseCategoricalAccuracy "sparse_categorical_accuracy" MetricOptions =>
        |o| |t, p| sparse_categorical_accuracy(t, p);
    /// How often the right class is among the most likely ones, targets being distributions
    /// (`tf.keras.metrics.TopKCategoricalAccuracy`).
    TopKCategoricalAccuracy "top_k_categorical_accuracy" TopKOptions =>
        |o| move |t, p| top_k_categorical_accuracy(t, p, o.k);
    /// How often the right class is among the most likely ones, targets being numbers
    /// (`tf.keras.metrics.SparseTopKCategoricalAccuracy`).
    SparseTopKCategoricalAccuracy "sparse_top_k_categorical_accuracy" TopKOptions =>
        |o| move |t, p| sparse_top_k_categorical_accuracy(t, p, o.k);
    /// The mean of [`losses::mean_squared_error`] (`tf.keras.metrics.MeanSquaredError`).
    MeanSquaredError "mean_squared_error" MetricOptions => |o| |t, p| losses::mean_squared_error(t, p);
    /// The mean of [`losses::mean_absolute_error`] (`tf.keras.metrics.MeanAbsoluteError`).
    MeanAbsoluteError "mean_absolute_error" MetricOptions => |o| |t, p| losses::mean_absolute_error(t, p);
    /// The mean of [`losses::mean_absolute_percentage_error`] (`tf.keras.metrics.MeanAbsolutePercentageError`).
    MeanAbsolutePercentageError "mean_absolute_percentage_error" MetricOptions =>
        |o| |t, p| losses::mean_absolute_percentage_error(t, p);
    /// The mean of [`losses::mean_squared_logarithmic_error`] (`tf.keras.metrics.MeanSquaredLogarithmicError`).
    MeanSquaredLogarithmicError "mean_squared_logarithmic_error" MetricOptions =>
        |o| |t, p| losses::mean_squared_logarithmic_error(t, p);
    /// The mean of the cosines of the angles between targets and predictions
    /// (`tf.keras.metrics.CosineSimilarity`): what the loss of this name has the other sign of.
    CosineSimilarity "cosine_similarity" CosineSimilarityOptions =>
        |o| move |t, p| crate::negative(losses::cosine_similarity_with(t, p, o.axis)?);
    /// The mean of [`losses::log_cosh`] (`tf.keras.metrics.LogCoshError`).
    LogCoshError "logcosh" MetricOptions => |o| |t, p| losses::log_cosh(t, p);
    /// The mean of [`losses::hinge`] (`tf.keras.metrics.Hinge`).
    Hinge "hinge" MetricOptions => |o| |t, p| losses::hinge(t, p);
    /// The mean of [`losses::squared_hinge`] (`tf.keras.metrics.SquaredHinge`).
    SquaredHinge "squared_hinge" MetricOptions => |o| |t, p| losses::squared_hinge(t, p);
    /// The mean of [`losses::categorical_hinge`] (`tf.keras.metrics.CategoricalHinge`).
    CategoricalHinge "categorical_hinge" MetricOptions => |o| |t, p| losses::categorical_hinge(t, p);
    /// The mean of [`losses::kl_divergence`] (`tf.keras.metrics.KLDivergence`).
    KLDivergence "kl_divergence" MetricOptions => |o| |t, p| losses::kl_divergence(t, p);
    /// The mean of [`losses::poisson`] (`tf.keras.metrics.Poisson`).
    Poisson "poisson" MetricOptions => |o| |t, p| losses::poisson(t, p);
    /// The mean of [`losses::binary_crossentropy`] (`tf.keras.metrics.BinaryCrossentropy`).
    BinaryCrossentropy "binary_crossentropy" BinaryCrossentropyOptions => |o| move |t, p| {
        losses::binary_crossentropy_with(t, p, |l| {
            l.from_logits(o.from_logits).label_smoothing(o.label_smoothing)
        })
    };
    /// The mean of [`losses::categorical_crossentropy`] (`tf.keras.metrics.CategoricalCrossentropy`).
    CategoricalCrossentropy "categorical_crossentropy" CategoricalCrossentropyOptions => |o| move |t, p| {
        losses::categorical_crossentropy_with(t, p, |l| {
            l.from_logits(o.from_logits).label_smoothing(o.label_smoothing).axis(o.axis)
        })
    };
    /// The mean of [`losses::sparse_categorical_crossentropy`]
    /// (`tf.keras.metrics.SparseCategoricalCrossentropy`).
    SparseCategoricalCrossentropy "sparse_categorical_crossentropy" SparseCategoricalCrossentropyOptions =>
        |o| move |t, p| {
            losses::sparse_categorical_crossentropy_with(t, p, |l| {
                l.from_logits(o.from_logits).axis(o.axis)
            })
        };
}
