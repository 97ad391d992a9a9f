//! Losses: how far predictions are from what they should be (`tf.keras.losses`, of Keras 3).
//!
//! A loss is a class with options, which gives one number for a batch, or a function, which gives one for each sample:
//!
//! ```
//! use ferroflow_v2 as tf;
//! use tf::losses::{self, Loss, MeanSquaredError};
//! let (y_true, y_pred) = (tf::constant([[0.0, 1.0], [0.0, 0.0]])?, tf::constant([[1.0, 1.0], [1.0, 0.0]])?);
//! let loss = MeanSquaredError::default().call(&y_true, &y_pred)?;
//! assert_eq!(format!("{loss}"), "0.5");
//! assert_eq!(format!("{}", losses::mean_squared_error(&y_true, &y_pred)?), "[0.5 0.5]");
//! # Ok::<(), tf::Error>(())
//! ```

mod classes;
mod crossentropies;
mod errors;
mod hinges;
mod logits;
mod loss;
mod named;
mod reduction;

pub use classes::{
    BinaryCrossentropy, BinaryFocalCrossentropy, CategoricalCrossentropy, CategoricalFocalCrossentropy,
    CategoricalHinge, CosineSimilarity, Hinge, Huber, KLDivergence, LogCosh, MeanAbsoluteError,
    MeanAbsolutePercentageError, MeanSquaredError, MeanSquaredLogarithmicError, Poisson,
    SparseCategoricalCrossentropy, SquaredHinge,
};
pub use crossentropies::{
    BinaryCrossentropyOptions, BinaryFocalCrossentropyOptions, CategoricalCrossentropyOptions,
    CategoricalFocalCrossentropyOptions, SparseCategoricalCrossentropyOptions, binary_crossentropy,
    binary_crossentropy_with, binary_focal_crossentropy, binary_focal_crossentropy_with,
    categorical_crossentropy, categorical_crossentropy_with, categorical_focal_crossentropy,
    categorical_focal_crossentropy_with, sparse_categorical_crossentropy,
    sparse_categorical_crossentropy_with,
};
pub use errors::{
    cosine_similarity, cosine_similarity_with, huber, huber_with, kl_divergence, log_cosh,
    mean_absolute_error, mean_absolute_percentage_error, mean_squared_error, mean_squared_logarithmic_error,
    poisson,
};
pub use hinges::{categorical_hinge, hinge, squared_hinge};
pub use loss::{IntoLoss, Loss, LossFunctionWrapper};
pub use named::get;
pub(crate) use named::{Classification, for_shapes, function};
pub use reduction::Reduction;
pub(crate) use reduction::{masked_weights, same_rank};
