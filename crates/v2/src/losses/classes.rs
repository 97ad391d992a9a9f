//! The classes of losses: a function with its options, a reduction and a name.

use super::crossentropies::counted;
use super::*;
use ferroflow_core::{DType, Result, Tensor, options};

/// Declares losses: the documentation, the class with its options, the name in Keras, and the function of targets,
/// predictions and the loss itself.
macro_rules! classes {
    ($($(#[$doc:meta])* $name:ident $text:literal {
        $($(#[$field_doc:meta])* $field:ident: $ty:ty = $default:expr),* $(,)?
    } $function:expr, $mask:expr;)*) => {
        $(options! {
            $(#[$doc])*
            pub struct $name {
                $($(#[$field_doc])* $field: $ty = $default,)*
                /// What becomes of the losses of samples.
                reduction: Reduction = Reduction::SumOverBatchSize,
                /// The name.
                name: String = $text.to_string(),
                /// The dtype in which the loss is computed.
                dtype: DType = DType::FLOAT32,
            }
        }

        impl Loss for $name {
            fn name(&self) -> String {
                self.name.clone()
            }

            fn per_sample(&self, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
                let function: fn(&$name, &Tensor, &Tensor) -> Result<Tensor> = $function;
                function(self, y_true, y_pred)
            }

            fn reduction(&self) -> Reduction {
                self.reduction
            }

            fn dtype(&self) -> DType {
                self.dtype
            }

            fn mask(&self, y_true: &Tensor, y_pred: &Tensor) -> Result<Option<Tensor>> {
                let mask: fn(&$name, &Tensor, &Tensor) -> Result<Option<Tensor>> = $mask;
                mask(self, y_true, y_pred)
            }
        })*
    };
}

classes! {
    /// [`mean_squared_error`] of batches (`tf.keras.losses.MeanSquaredError`).
    MeanSquaredError "mean_squared_error" {} |_, t, p| mean_squared_error(t, p), |_, _, _| Ok(None);

    /// [`mean_absolute_error`] of batches (`tf.keras.losses.MeanAbsoluteError`).
    MeanAbsoluteError "mean_absolute_error" {} |_, t, p| mean_absolute_error(t, p), |_, _, _| Ok(None);

    /// [`mean_absolute_percentage_error`] of batches (`tf.keras.losses.MeanAbsolutePercentageError`).
    MeanAbsolutePercentageError "mean_absolute_percentage_error" {}
        |_, t, p| mean_absolute_percentage_error(t, p), |_, _, _| Ok(None);

    /// [`mean_squared_logarithmic_error`] of batches (`tf.keras.losses.MeanSquaredLogarithmicError`).
    MeanSquaredLogarithmicError "mean_squared_logarithmic_error" {}
        |_, t, p| mean_squared_logarithmic_error(t, p), |_, _, _| Ok(None);

    /// [`cosine_similarity`] of batches (`tf.keras.losses.CosineSimilarity`).
    CosineSimilarity "cosine_similarity" {
        /// The axis of the vectors.
        axis: i32 = -1,
    } |loss, t, p| cosine_similarity_with(t, p, loss.axis), |_, _, _| Ok(None);

    /// [`huber`] of batches (`tf.keras.losses.Huber`).
    Huber "huber_loss" {
        /// Where the loss goes on as a straight line.
        delta: f64 = 1.0,
    } |loss, t, p| huber_with(t, p, loss.delta), |_, _, _| Ok(None);

    /// [`log_cosh`] of batches (`tf.keras.losses.LogCosh`).
    LogCosh "log_cosh" {} |_, t, p| log_cosh(t, p), |_, _, _| Ok(None);

    /// [`hinge`] of batches (`tf.keras.losses.Hinge`).
    Hinge "hinge" {} |_, t, p| hinge(t, p), |_, _, _| Ok(None);

    /// [`squared_hinge`] of batches (`tf.keras.losses.SquaredHinge`).
    SquaredHinge "squared_hinge" {} |_, t, p| squared_hinge(t, p), |_, _, _| Ok(None);

    /// [`categorical_hinge`] of batches (`tf.keras.losses.CategoricalHinge`).
    CategoricalHinge "categorical_hinge" {} |_, t, p| categorical_hinge(t, p), |_, _, _| Ok(None);

    /// [`kl_divergence`] of batches (`tf.keras.losses.KLDivergence`).
    KLDivergence "kl_divergence" {} |_, t, p| kl_divergence(t, p), |_, _, _| Ok(None);

    /// [`poisson`] of batches (`tf.keras.losses.Poisson`).
    Poisson "poisson" {} |_, t, p| poisson(t, p), |_, _, _| Ok(None);

    /// [`binary_crossentropy`] of batches (`tf.keras.losses.BinaryCrossentropy`).
    BinaryCrossentropy "binary_crossentropy" {
        /// Whether predictions are logits, not probabilities.
        from_logits: bool = false,
        /// How far targets are moved towards one half.
        label_smoothing: f64 = 0.0,
        /// The axis along which means are taken.
        axis: i32 = -1,
    } |loss, t, p| binary_crossentropy_with(t, p, |o| {
        o.from_logits(loss.from_logits).label_smoothing(loss.label_smoothing).axis(loss.axis)
    }), |_, _, _| Ok(None);

    /// [`binary_focal_crossentropy`] of batches (`tf.keras.losses.BinaryFocalCrossentropy`).
    BinaryFocalCrossentropy "binary_focal_crossentropy" {
        /// Whether the two classes have weights.
        apply_class_balancing: bool = false,
        /// The weight of class 1; that of class 0 is `1 - alpha`.
        alpha: f64 = 0.25,
        /// How little well predicted samples count.
        gamma: f64 = 2.0,
        /// Whether predictions are logits, not probabilities.
        from_logits: bool = false,
        /// How far targets are moved towards one half.
        label_smoothing: f64 = 0.0,
        /// The axis along which means are taken.
        axis: i32 = -1,
    } |loss, t, p| binary_focal_crossentropy_with(t, p, |o| {
        o.apply_class_balancing(loss.apply_class_balancing)
            .alpha(loss.alpha)
            .gamma(loss.gamma)
            .from_logits(loss.from_logits)
            .label_smoothing(loss.label_smoothing)
            .axis(loss.axis)
    }), |_, _, _| Ok(None);

    /// [`categorical_crossentropy`] of batches (`tf.keras.losses.CategoricalCrossentropy`).
    CategoricalCrossentropy "categorical_crossentropy" {
        /// Whether predictions are logits, not probabilities.
        from_logits: bool = false,
        /// How far targets are moved towards all classes being equally likely.
        label_smoothing: f64 = 0.0,
        /// The axis of the classes.
        axis: i32 = -1,
    } |loss, t, p| categorical_crossentropy_with(t, p, |o| {
        o.from_logits(loss.from_logits).label_smoothing(loss.label_smoothing).axis(loss.axis)
    }), |_, _, _| Ok(None);

    /// [`categorical_focal_crossentropy`] of batches (`tf.keras.losses.CategoricalFocalCrossentropy`).
    CategoricalFocalCrossentropy "categorical_focal_crossentropy" {
        /// What losses are multiplied by.
        alpha: f64 = 0.25,
        /// How little well predicted samples count.
        gamma: f64 = 2.0,
        /// Whether predictions are logits, not probabilities.
        from_logits: bool = false,
        /// How far targets are moved towards all classes being equally likely.
        label_smoothing: f64 = 0.0,
        /// The axis of the classes.
        axis: i32 = -1,
    } |loss, t, p| categorical_focal_crossentropy_with(t, p, |o| {
        o.alpha(loss.alpha)
            .gamma(loss.gamma)
            .from_logits(loss.from_logits)
            .label_smoothing(loss.label_smoothing)
            .axis(loss.axis)
    }), |_, _, _| Ok(None);

    /// [`sparse_categorical_crossentropy`] of batches (`tf.keras.losses.SparseCategoricalCrossentropy`); samples of the
    /// ignored class do not count in their number either.
    SparseCategoricalCrossentropy "sparse_categorical_crossentropy" {
        /// Whether predictions are logits, not probabilities.
        from_logits: bool = false,
        /// The class whose samples have no loss.
        ignore_class: Option<i64> = None,
        /// The axis of the classes, which must be the last one.
        axis: i32 = -1,
    } |loss, t, p| sparse_categorical_crossentropy_with(t, p, |o| {
        o.from_logits(loss.from_logits).ignore_class(loss.ignore_class).axis(loss.axis)
    }), |loss, t, p| loss.ignore_class.map(|class| counted(t, p, class)).transpose();
}
