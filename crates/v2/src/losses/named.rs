//! Losses by name.

use super::loss::LossFunction;
use super::*;
use ferroflow_core::{Error, PartialShape, Result};
use std::sync::Arc;

/// The function of targets and predictions with this name, under any of the names Keras has for it.
pub(crate) fn function(identifier: &str) -> Option<LossFunction> {
    Some(match identifier {
        "mean_squared_error" | "mse" | "MSE" => Arc::new(|t, p| mean_squared_error(t, p)),
        "mean_absolute_error" | "mae" | "MAE" => Arc::new(|t, p| mean_absolute_error(t, p)),
        "mean_absolute_percentage_error" | "mape" | "MAPE" => {
            Arc::new(|t, p| mean_absolute_percentage_error(t, p))
        }
        "mean_squared_logarithmic_error" | "msle" | "MSLE" => {
            Arc::new(|t, p| mean_squared_logarithmic_error(t, p))
        }
        "cosine_similarity" => Arc::new(|t, p| cosine_similarity(t, p)),
        "huber" => Arc::new(|t, p| huber(t, p)),
        "log_cosh" | "logcosh" => Arc::new(|t, p| log_cosh(t, p)),
        "hinge" => Arc::new(|t, p| hinge(t, p)),
        "squared_hinge" => Arc::new(|t, p| squared_hinge(t, p)),
        "categorical_hinge" => Arc::new(|t, p| categorical_hinge(t, p)),
        "kl_divergence" | "KLD" | "kld" | "kullback_leibler_divergence" => {
            Arc::new(|t, p| kl_divergence(t, p))
        }
        "poisson" => Arc::new(|t, p| poisson(t, p)),
        "binary_crossentropy" | "bce" | "BCE" => Arc::new(|t, p| binary_crossentropy(t, p)),
        "binary_focal_crossentropy" => Arc::new(|t, p| binary_focal_crossentropy(t, p)),
        "categorical_crossentropy" => Arc::new(|t, p| categorical_crossentropy(t, p)),
        "categorical_focal_crossentropy" => Arc::new(|t, p| categorical_focal_crossentropy(t, p)),
        "sparse_categorical_crossentropy" => Arc::new(|t, p| sparse_categorical_crossentropy(t, p)),
        _ => return None,
    })
}

/// The loss with this name: that of a function, also short (`"mse"`), or of a class
/// (`tf.keras.losses.get`).
///
/// ```
/// use ferroflow_v2 as tf;
/// use tf::losses::{self, Loss};
/// let loss = losses::get("mse")?;
/// assert_eq!(loss.name(), "mse");
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// `ValueError` for a name that no loss has.
pub fn get(identifier: &str) -> Result<Arc<dyn Loss>> {
    if let Some(function) = function(identifier) {
        return Ok(Arc::new(LossFunctionWrapper::new(identifier, move |t, p| function(t, p))));
    }
    macro_rules! classes {
        ($($class:ident)*) => {
            match identifier {
                $(stringify!($class) => Ok(Arc::new($class::default()) as Arc<dyn Loss>),)*
                _ => Err(Error::value(format!("Could not interpret loss identifier: {identifier}"))),
            }
        };
    }
    classes! {
        MeanSquaredError MeanAbsoluteError MeanAbsolutePercentageError MeanSquaredLogarithmicError
        CosineSimilarity Huber LogCosh Hinge SquaredHinge CategoricalHinge KLDivergence Poisson BinaryCrossentropy
        BinaryFocalCrossentropy CategoricalCrossentropy CategoricalFocalCrossentropy SparseCategoricalCrossentropy
    }
}

/// Which kind of classification targets and predictions are of: a decision, a class named by its number, or a
/// distribution over classes.
pub(crate) enum Classification {
    Binary,
    Sparse,
    Categorical,
}

/// The kind that follows from the shapes.
pub(crate) fn for_shapes(y_true: &PartialShape, y_pred: &PartialShape) -> Classification {
    let last = |shape: &PartialShape| shape.rank().and_then(|rank| shape.dim(rank.checked_sub(1)?));
    if last(y_pred) == Some(1) {
        return Classification::Binary;
    }
    let named = last(y_true) == Some(1) && last(y_pred).is_some_and(|classes| classes > 1);
    match y_true.rank() < y_pred.rank() || named {
        true => Classification::Sparse,
        false => Classification::Categorical,
    }
}
