//! `Input`: the shape of what a model is given.

use super::{Layer, LayerState};
use ferroflow_core::{DType, PartialShape, Result, Tensor, options};

/// What an exported model calls an input without a name.
pub(crate) const UNNAMED: &str = "keras_tensor";

options! {
    /// Optional arguments of [`Input::new_with`].
    pub struct InputOptions {
        /// How many samples a batch has, where it is fixed.
        batch_size: Option<usize> = None,
        /// The dtype that inputs are cast to.
        dtype: DType = DType::FLOAT32,
        /// The name.
        name: Option<String> = None,
    }
}

/// The shape of what a model is given (`tf.keras.Input`). As the first layer it lets the model make its weights at once.
pub struct Input {
    state: LayerState,
    /// Whether the name was given.
    named: bool,
    shape: PartialShape,
    dtype: DType,
}

impl Input {
    /// Samples of this shape, in batches of any size.
    ///
    /// # Errors
    /// As [`Input::new_with`].
    pub fn new(shape: impl Into<PartialShape>) -> Result<Input> {
        Input::new_with(shape, |o| o)
    }

    /// The same with options.
    ///
    /// # Errors
    /// None so far.
    pub fn new_with(
        shape: impl Into<PartialShape>,
        options: impl FnOnce(InputOptions) -> InputOptions,
    ) -> Result<Input> {
        let InputOptions { batch_size, dtype, name } = options(InputOptions::default());
        let shape = PartialShape::new([batch_size]).concatenate(&shape.into());
        let named = name.is_some();
        Ok(Input { state: LayerState::new("InputLayer", "input_layer", name), named, shape, dtype })
    }

    /// What an exported model calls its input: the name that was given, or Keras's for its first tensor.
    pub(crate) fn tensor_name(&self) -> &str {
        if self.named { self.state.name() } else { UNNAMED }
    }

    /// The shape of a batch.
    pub fn batch_shape(&self) -> &PartialShape {
        &self.shape
    }

    /// The dtype that inputs are cast to.
    pub fn dtype(&self) -> DType {
        self.dtype
    }
}

impl Layer for Input {
    fn state(&self) -> &LayerState {
        &self.state
    }

    fn forward(&self, inputs: &Tensor, _training: bool) -> Result<Tensor> {
        Ok(inputs.clone())
    }

    fn as_input(&self) -> Option<&Input> {
        Some(self)
    }
}
