//! Layers that move values around.

use super::{InputSpec, Layer, LayerOptions, LayerState};
use crate::{reshape, stack};
use ferroflow_core::{Result, Tensor};
use ferroflow_ops_array::{getitem, shape};

/// The values of each sample as a vector (`tf.keras.layers.Flatten`).
pub struct Flatten(LayerState);

impl Flatten {
    /// A layer that keeps the batch alone.
    ///
    /// # Errors
    /// None so far.
    pub fn new() -> Result<Flatten> {
        Flatten::new_with(|o| o)
    }

    /// The same with a name.
    ///
    /// # Errors
    /// None so far.
    pub fn new_with(options: impl FnOnce(LayerOptions) -> LayerOptions) -> Result<Flatten> {
        Ok(Flatten(LayerState::of("Flatten", "flatten", options(LayerOptions::default()))))
    }
}

impl Layer for Flatten {
    fn state(&self) -> &LayerState {
        &self.0
    }

    fn input_spec(&self) -> InputSpec {
        InputSpec::at_least(1)
    }

    fn forward(&self, inputs: &Tensor, _training: bool) -> Result<Tensor> {
        let known = inputs.shape();
        let rest = known.slice(1..known.rank().unwrap_or(1)).num_elements();
        let width = rest.and_then(|width| i32::try_from(width).ok()).unwrap_or(-1);
        match known.dim(0) {
            Some(batch) => reshape(inputs, [batch as i64, i64::from(width)]),
            None => {
                let batch = getitem(shape(inputs)?, 0)?;
                reshape(inputs, stack([batch, crate::constant(width)?])?)
            }
        }
    }
}
