//! `tf.compat.v1.layers`: layers as functions, whose variables are found by their scope's name.

mod convolutional;
mod core;
mod layer;
mod normalization;
mod pooling;
mod values;

pub use convolutional::{ConvLayerOptions, conv1d, conv1d_with, conv2d, conv2d_with, conv3d, conv3d_with};
pub use core::{DenseOptions, dense, dense_with, dropout, flatten};
pub(crate) use layer::{KeptScope, Weight, add_weight};
pub use normalization::{BatchNormalizationOptions, batch_normalization, batch_normalization_with};
pub use pooling::{average_pooling1d, average_pooling2d, max_pooling1d, max_pooling2d};
pub use values::{Activation, ActivityRegularizer, LayerName, Training};
