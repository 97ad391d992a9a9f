//! `Metric`: what is common to metrics of targets and predictions.

use crate::{Variable, convert_to_tensor};
use ferroflow_core::{DType, IntoOperand, Result, Tensor, options};

options! {
    /// Optional arguments of metrics that have no others.
    pub struct MetricOptions {
        /// The name; by default that of the class in snake case.
        name: Option<String> = None,
        /// The dtype of the state and of the result.
        dtype: DType = DType::FLOAT32,
    }
}

/// A number gathered over batches of targets and predictions (`tf.keras.metrics.Metric`).
pub trait Metric: Send + Sync + 'static {
    /// The name.
    fn name(&self) -> &str;

    /// The variables that hold the state.
    fn variables(&self) -> Vec<Variable>;

    /// Adds a batch, whose samples may have weights. [`Metric::update_state`] takes values of any kind.
    ///
    /// # Errors
    /// `ValueError` or `InvalidArgument` for shapes that do not fit.
    fn update(&self, y_true: &Tensor, y_pred: &Tensor, sample_weight: Option<&Tensor>) -> Result<()>;

    /// The same where a mask says which predictions count. Only means of functions take notice of it, as in Keras.
    ///
    /// # Errors
    /// As [`Metric::update`].
    fn update_masked(
        &self,
        y_true: &Tensor,
        y_pred: &Tensor,
        sample_weight: Option<&Tensor>,
        _mask: Option<&Tensor>,
    ) -> Result<()> {
        self.update(y_true, y_pred, sample_weight)
    }

    /// What the metric is so far.
    ///
    /// # Errors
    /// Those of the graph in force.
    fn result(&self) -> Result<Tensor>;

    /// Starts anew.
    ///
    /// # Errors
    /// Those of the graph in force.
    fn reset_state(&self) -> Result<()> {
        for variable in self.variables() {
            variable.assign(crate::zeros_like(&variable)?)?;
        }
        Ok(())
    }

    /// Adds a batch.
    ///
    /// # Errors
    /// As [`Metric::update`].
    fn update_state(&self, y_true: impl IntoOperand, y_pred: impl IntoOperand) -> Result<()>
    where
        Self: Sized,
    {
        self.update(&convert_to_tensor(y_true, None)?, &convert_to_tensor(y_pred, None)?, None)
    }

    /// Adds a batch whose samples have weights.
    ///
    /// # Errors
    /// As [`Metric::update`].
    fn update_state_with(
        &self,
        y_true: impl IntoOperand,
        y_pred: impl IntoOperand,
        sample_weight: impl IntoOperand,
    ) -> Result<()>
    where
        Self: Sized,
    {
        let (y_true, y_pred) = (convert_to_tensor(y_true, None)?, convert_to_tensor(y_pred, None)?);
        self.update(&y_true, &y_pred, Some(&convert_to_tensor(sample_weight, None)?))
    }
}

/// A variable of a metric: zeros at first, under the metric's name.
pub(super) fn metric_variable(metric: &str, name: &str, shape: &[usize], dtype: DType) -> Result<Variable> {
    let name = format!("{}/{name}", metric.replace('/', ">"));
    let shape: Vec<i64> = shape.iter().map(|&size| size as i64).collect();
    Variable::from_fn(|| crate::zeros(shape, dtype), |o| o.name(name).trainable(false))
}
