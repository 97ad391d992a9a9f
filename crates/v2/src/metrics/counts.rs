//! Counts of right and wrong decisions, and the rates made of them.

use super::confusion::{Batch, NEVER, Side, Thresholds, add_counts};
use super::metric::{Metric, metric_variable};
use crate::Variable;
use crate::math::divide_no_nan;
use crate::utils::unique_name;
use ferroflow_core::{DType, Result, Tensor, options};
use ferroflow_ops_array::getitem;

options! {
    /// Optional arguments of metrics that count decisions.
    pub struct ThresholdOptions {
        /// What predictions are compared with; the result has an element for each, if there are several.
        thresholds: Vec<f64> = vec![0.5],
        /// The name.
        name: Option<String> = None,
        /// The dtype of the state and of the result.
        dtype: DType = DType::FLOAT32,
    }
}

options! {
    /// Optional arguments of [`Precision::new_with`] and [`Recall::new_with`].
    pub struct RateOptions {
        /// What predictions are compared with: 0.5, or with `top_k` nothing.
        thresholds: Option<Vec<f64>> = None,
        /// How many of the most likely classes count as predicted.
        top_k: Option<i32> = None,
        /// The only class that counts.
        class_id: Option<i64> = None,
        /// The name.
        name: Option<String> = None,
        /// The dtype of the state and of the result.
        dtype: DType = DType::FLOAT32,
    }
}

/// The only element of a vector of one, else the vector.
fn single(values: Tensor, thresholds: &Thresholds) -> Result<Tensor> {
    if thresholds.len() == 1 { getitem(values, 0) } else { Ok(values) }
}

macro_rules! counts {
    ($($(#[$doc:meta])* $name:ident $text:literal;)*) => {
        $($(#[$doc])*
        pub struct $name {
            name: String,
            thresholds: Thresholds,
            accumulator: Variable,
        }

        impl $name {
            /// A count of nothing yet.
            ///
            /// # Errors
            /// Those of the graph in force.
            pub fn new() -> Result<$name> {
                $name::new_with(|o| o)
            }

            /// The same with options.
            ///
            /// # Errors
            /// `ValueError` for thresholds that are not from 0 to 1.
            pub fn new_with(
                options: impl FnOnce(ThresholdOptions) -> ThresholdOptions,
            ) -> Result<$name> {
                let ThresholdOptions { thresholds, name, dtype } = options(ThresholdOptions::default());
                let name = name.unwrap_or_else(|| unique_name($text));
                let thresholds = Thresholds::given(thresholds)?;
                let accumulator = metric_variable(&name, "accumulator", &[thresholds.len()], dtype)?;
                Ok($name { name, thresholds, accumulator })
            }
        }

        impl Metric for $name {
            fn name(&self) -> &str {
                &self.name
            }

            fn variables(&self) -> Vec<Variable> {
                vec![self.accumulator.clone()]
            }

            fn update(&self, y_true: &Tensor, y_pred: &Tensor, sample_weight: Option<&Tensor>) -> Result<()> {
                let batch = Batch { y_true, y_pred, sample_weight, top_k: None, class_id: None };
                add_counts(&[(Side::$name, &self.accumulator)], batch, &self.thresholds)
            }

            fn result(&self) -> Result<Tensor> {
                single(self.accumulator.value()?, &self.thresholds)
            }
        })*
    };
}

counts! {
    /// How many samples are predicted, and rightly so (`tf.keras.metrics.TruePositives`).
    TruePositives "true_positives";
    /// How many samples are predicted, and should not be (`tf.keras.metrics.FalsePositives`).
    FalsePositives "false_positives";
    /// How many samples are not predicted, and rightly so (`tf.keras.metrics.TrueNegatives`).
    TrueNegatives "true_negatives";
    /// How many samples are not predicted, and should be (`tf.keras.metrics.FalseNegatives`).
    FalseNegatives "false_negatives";
}

macro_rules! rates {
    ($($(#[$doc:meta])* $name:ident $text:literal $side:ident $other:literal;)*) => {
        $($(#[$doc])*
        pub struct $name {
            name: String,
            thresholds: Thresholds,
            top_k: Option<i32>,
            class_id: Option<i64>,
            hits: Variable,
            misses: Variable,
        }

        impl $name {
            /// A rate of nothing yet, which is 0.
            ///
            /// # Errors
            /// Those of the graph in force.
            pub fn new() -> Result<$name> {
                $name::new_with(|o| o)
            }

            /// The same with options.
            ///
            /// # Errors
            /// `ValueError` for thresholds that are not from 0 to 1.
            pub fn new_with(options: impl FnOnce(RateOptions) -> RateOptions) -> Result<$name> {
                let RateOptions { thresholds, top_k, class_id, name, dtype } = options(RateOptions::default());
                let name = name.unwrap_or_else(|| unique_name($text));
                let thresholds = match thresholds {
                    Some(given) => Thresholds::given(given)?,
                    None => Thresholds::new(vec![if top_k.is_some() { NEVER } else { 0.5 }]),
                };
                let hits = metric_variable(&name, "true_positives", &[thresholds.len()], dtype)?;
                let misses = metric_variable(&name, $other, &[thresholds.len()], dtype)?;
                Ok($name { name, thresholds, top_k, class_id, hits, misses })
            }
        }

        impl Metric for $name {
            fn name(&self) -> &str {
                &self.name
            }

            fn variables(&self) -> Vec<Variable> {
                vec![self.hits.clone(), self.misses.clone()]
            }

            fn update(&self, y_true: &Tensor, y_pred: &Tensor, sample_weight: Option<&Tensor>) -> Result<()> {
                let (top_k, class_id) = (self.top_k, self.class_id);
                let batch = Batch { y_true, y_pred, sample_weight, top_k, class_id };
                let counts = [(Side::TruePositives, &self.hits), (Side::$side, &self.misses)];
                add_counts(&counts, batch, &self.thresholds)
            }

            fn result(&self) -> Result<Tensor> {
                single(divide_no_nan(&self.hits, (&self.hits + &self.misses)?)?, &self.thresholds)
            }
        })*
    };
}

rates! {
    /// How many of the predicted samples should be (`tf.keras.metrics.Precision`).
    Precision "precision" FalsePositives "false_positives";
    /// How many of the samples that should be predicted are (`tf.keras.metrics.Recall`).
    Recall "recall" FalseNegatives "false_negatives";
}
