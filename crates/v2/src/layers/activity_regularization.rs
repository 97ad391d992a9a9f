//! `ActivityRegularization`: a penalty on values that pass.

use super::{Layer, LayerOptions, LayerState};
use crate::regularizers::L1L2;
use ferroflow_core::{Result, Tensor};

/// Passes its inputs on, and adds `l1 * sum(abs(inputs)) + l2 * sum(square(inputs))`, divided by the size of the batch, to
/// the loss (`tf.keras.layers.ActivityRegularization`).
///
/// ```
/// use ferroflow_v2 as tf;
/// use tf::layers::{ActivityRegularization, Layer};
/// let layer = ActivityRegularization::new(0.5, 0.0)?;
/// let outputs = layer.call([[1.0, -2.0], [0.0, 3.0]])?;
/// assert_eq!(layer.activity_loss(&outputs)?.unwrap().to_string(), "1.5");
/// # Ok::<(), tf::Error>(())
/// ```
pub struct ActivityRegularization(LayerState);

impl ActivityRegularization {
    /// A layer that weighs the values of its inputs, and their squares.
    ///
    /// # Errors
    /// `ValueError` for weights that are negative or no numbers.
    pub fn new(l1: f64, l2: f64) -> Result<ActivityRegularization> {
        ActivityRegularization::new_with(l1, l2, None)
    }

    /// The same with a name.
    ///
    /// # Errors
    /// As [`ActivityRegularization::new`].
    pub fn new_with(l1: f64, l2: f64, name: Option<String>) -> Result<ActivityRegularization> {
        let options = LayerOptions::default().name(name).activity_regularizer(L1L2::new(l1, l2)?);
        Ok(ActivityRegularization(LayerState::of(
            "ActivityRegularization",
            "activity_regularization",
            options,
        )))
    }
}

impl Layer for ActivityRegularization {
    fn state(&self) -> &LayerState {
        &self.0
    }

    fn compute_mask(&self, _inputs: &Tensor, mask: Option<&Tensor>) -> Result<Option<Tensor>> {
        Ok(mask.cloned())
    }

    fn forward(&self, inputs: &Tensor, _training: bool) -> Result<Tensor> {
        Ok(inputs.clone())
    }
}
