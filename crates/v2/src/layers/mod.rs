//! Layers: parts of models, with weights of their own (`tf.keras.layers`, of Keras 3).
//!
//! A layer makes its weights when it is first called, from the shape of its input; they have the names and, for the same seeds,
//! the values that Keras gives them.
//!
//! ```
//! use ferroflow_v2 as tf;
//! use tf::layers::{Dense, Layer};
//! let layer = Dense::new_with(2, |o| o.activation("relu").kernel_initializer(tf::initializers::Ones::default()))?;
//! assert_eq!(format!("{}", layer.call([[1.0, 2.0, 3.0]])?), "[[6. 6.]]");
//! assert_eq!(layer.kernel()?.shape(), [3, 2].into());
//! # Ok::<(), tf::Error>(())
//! ```

mod activation;
mod activity_regularization;
mod convolution;
mod dense;
mod dropout;
mod embedding;
mod input;
mod layer;
mod lstm;
mod masking;
mod normalization;
mod pooling;
mod reshaping;
mod seed_generator;
mod spec;
mod state;
mod weight_spec;

pub use activation::{Activation, ReLU, ReLUOptions, Softmax, SoftmaxLayerOptions};
pub use activity_regularization::ActivityRegularization;
pub use convolution::{Conv2D, Conv2DOptions, Pair};
pub use dense::{Dense, DenseOptions};
pub use dropout::{Dropout, DropoutOptions};
pub use embedding::{Embedding, EmbeddingOptions};
pub(crate) use input::UNNAMED;
pub use input::{Input, InputOptions};
pub use layer::{IntoLayer, Layer};
pub use lstm::{LSTM, LSTMOptions};
pub use masking::{Masking, MaskingOptions};
pub use normalization::{
    BatchNormalization, BatchNormalizationOptions, LayerNormalization, LayerNormalizationOptions,
};
pub use pooling::{
    AveragePooling2D, GlobalAveragePooling2D, GlobalPoolingOptions, MaxPooling2D, PoolingOptions,
};
pub use reshaping::Flatten;
pub use seed_generator::SeedGenerator;
pub use spec::InputSpec;
pub use state::{LayerOptions, LayerState, WeightOptions, Weights};
