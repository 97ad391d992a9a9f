//! `Embedding`: a row of a table for each number.

use super::weight_spec::{GivenWeight, Shared, WeightSpec, activity_option, weight_options};
use super::{Layer, LayerOptions, LayerState, Weights};
use crate::initializers::RandomUniform;
use crate::{Variable, gather, not_equal};
use ferroflow_core::{DType, PartialShape, Result, Tensor, ensure, operators::cast};
use std::sync::Arc;

/// Optional arguments of [`Embedding::new_with`].
#[derive(Default)]
#[must_use]
pub struct EmbeddingOptions {
    embeddings: GivenWeight,
    mask_zero: bool,
    layer: LayerOptions,
}

activity_option!(EmbeddingOptions);
weight_options!(EmbeddingOptions: embeddings, "table", "`RandomUniform`",
    embeddings_initializer, embeddings_regularizer, embeddings_constraint);

impl EmbeddingOptions {
    /// Whether 0 stands for what is missing: layers behind take no notice of it. False by default.
    pub fn mask_zero(mut self, mask_zero: bool) -> EmbeddingOptions {
        self.mask_zero = mask_zero;
        self
    }

    /// The name.
    pub fn name(mut self, name: impl Into<String>) -> EmbeddingOptions {
        self.layer.name = Some(name.into());
        self
    }

    /// Whether the table is trained, which is so by default.
    pub fn trainable(mut self, trainable: bool) -> EmbeddingOptions {
        self.layer.trainable = trainable;
        self
    }
}

/// The rows of a trained table that numbers name (`tf.keras.layers.Embedding`).
pub struct Embedding {
    state: LayerState,
    input_dim: usize,
    output_dim: usize,
    embeddings: WeightSpec,
    mask_zero: bool,
}

impl Embedding {
    /// A table of `input_dim` rows of `output_dim` numbers.
    ///
    /// # Errors
    /// As [`Embedding::new_with`].
    pub fn new(input_dim: usize, output_dim: usize) -> Result<Embedding> {
        Embedding::new_with(input_dim, output_dim, |o| o)
    }

    /// The same with options.
    ///
    /// # Errors
    /// `ValueError` for a table without elements.
    pub fn new_with(
        input_dim: usize,
        output_dim: usize,
        options: impl FnOnce(EmbeddingOptions) -> EmbeddingOptions,
    ) -> Result<Embedding> {
        let options = options(EmbeddingOptions::default());
        for (name, size) in [("input_dim", input_dim), ("output_dim", output_dim)] {
            ensure!(
                size > 0,
                value,
                "`{name}` must be a positive integer. Received: {name}={size} (of type int)."
            );
        }
        let uniform: fn() -> Shared = || Arc::new(RandomUniform::default());
        let embeddings = options.embeddings.settled(uniform);
        let state = LayerState::of("Embedding", "embedding", options.layer);
        Ok(Embedding { state, input_dim, output_dim, embeddings, mask_zero: options.mask_zero })
    }

    /// The table.
    ///
    /// # Errors
    /// `AttributeError` before the layer was called.
    pub fn embeddings(&self) -> Result<&Variable> {
        self.state.weight("_embeddings")
    }
}

impl Layer for Embedding {
    fn state(&self) -> &LayerState {
        &self.state
    }

    fn build(&self, _input_shape: &PartialShape, weights: &mut Weights) -> Result<()> {
        let sizes = [self.input_dim, self.output_dim];
        weights.add_spec("embeddings", &sizes, &self.embeddings, "_embeddings")
    }

    fn forward(&self, inputs: &Tensor, _training: bool) -> Result<Tensor> {
        let indices = match inputs.dtype() {
            DType::INT32 | DType::INT64 => inputs.clone(),
            _ => cast(inputs, DType::INT32)?,
        };
        gather(self.embeddings()?, indices)
    }

    fn compute_mask(&self, inputs: &Tensor, _mask: Option<&Tensor>) -> Result<Option<Tensor>> {
        if self.mask_zero { not_equal(inputs, 0).map(Some) } else { Ok(None) }
    }
}
