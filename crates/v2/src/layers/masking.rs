//! `Masking`: steps that stand for nothing.

use super::{Layer, LayerState};
use crate::{cast, not_equal, reduce_any, reduce_any_with};
use ferroflow_core::{Result, Tensor, options};
use ferroflow_ops_array::{where_select, zeros_like};

options! {
    /// Optional arguments of [`Masking::new_with`].
    pub struct MaskingOptions {
        /// What stands for nothing.
        mask_value: f64 = 0.0,
        /// The name.
        name: Option<String> = None,
    }
}

/// Masks the steps of `[batch, steps, features]` whose features all are one value (`tf.keras.layers.Masking`).
pub struct Masking {
    state: LayerState,
    mask_value: f64,
}

impl Masking {
    /// A layer that masks steps of zeros.
    ///
    /// # Errors
    /// None so far.
    pub fn new() -> Result<Masking> {
        Masking::new_with(|o| o)
    }

    /// The same with options.
    ///
    /// # Errors
    /// None so far.
    pub fn new_with(options: impl FnOnce(MaskingOptions) -> MaskingOptions) -> Result<Masking> {
        let MaskingOptions { mask_value, name } = options(MaskingOptions::default());
        Ok(Masking { state: LayerState::new("Masking", "masking", name), mask_value })
    }

    /// Which features are not the value.
    fn present(&self, inputs: &Tensor) -> Result<Tensor> {
        not_equal(inputs, cast(self.mask_value, inputs.dtype())?)
    }
}

impl Layer for Masking {
    fn state(&self) -> &LayerState {
        &self.state
    }

    fn compute_mask(&self, inputs: &Tensor, _mask: Option<&Tensor>) -> Result<Option<Tensor>> {
        reduce_any(self.present(inputs)?, -1).map(Some)
    }

    fn forward(&self, inputs: &Tensor, _training: bool) -> Result<Tensor> {
        let counts = reduce_any_with(self.present(inputs)?, -1, |o| o.keepdims(true))?;
        where_select(counts, inputs, zeros_like(inputs)?)
    }
}
