//! Metrics that add values up: `Sum`, `Mean`, and means of functions of targets and predictions.

use super::metric::{Metric, MetricOptions, metric_variable};
use crate::losses::{Reduction, masked_weights, same_rank};
use crate::math::{divide_no_nan, reduce_mean, reduce_sum, sqrt, square};
use crate::{Variable, broadcast_to, cast, convert_to_tensor};
use ferroflow_core::{DType, IntoOperand, Result, Tensor, ensure};
use ferroflow_ops_array::{getitem, shape};
use std::sync::Arc;

type Reduce = fn(&Tensor, Vec<i64>) -> Result<Tensor>;

fn axes_from(first: usize, rank: usize) -> Vec<i64> {
    (first..rank).map(|axis| axis as i64).collect()
}

fn rank_of(tensor: &Tensor) -> Result<usize> {
    let rank = tensor.rank();
    ensure!(rank.is_some(), value, "A metric needs values whose rank is known: {tensor}");
    Ok(rank.unwrap_or(0))
}

/// One value for each sample, multiplied by its weight, and the weights.
fn samplewise(
    values: &Tensor,
    sample_weight: Option<&Tensor>,
    reduce: Reduce,
    dtype: DType,
) -> Result<(Tensor, Option<Tensor>)> {
    let mut values = cast(values, dtype)?;
    let mut weights = None;
    if let Some(given) = sample_weight {
        let (same, mut weight) = same_rank(values, cast(given, dtype)?, true)?;
        values = same;
        let (of_weights, of_values) = (rank_of(&weight)?, rank_of(&values)?);
        if of_values > of_weights {
            values = reduce(&values, axes_from(of_weights, of_values))?;
        }
        weight = broadcast_to(weight, shape(&values)?)?;
        values = (values * &weight)?;
        if of_weights > 1 {
            weight = reduce(&weight, axes_from(1, of_weights))?;
        }
        weights = Some(weight);
    }
    let rank = rank_of(&values)?;
    if rank > 1 {
        values = reduce(&values, axes_from(1, rank))?;
    }
    Ok((values, weights))
}

/// The sum of all values (`tf.keras.metrics.Sum`).
pub struct Sum {
    name: String,
    dtype: DType,
    total: Variable,
}

/// The mean of all values (`tf.keras.metrics.Mean`).
pub struct Mean {
    name: String,
    dtype: DType,
    total: Variable,
    count: Variable,
}

impl Sum {
    /// A sum of nothing yet.
    ///
    /// # Errors
    /// Those of the graph in force.
    pub fn new() -> Result<Sum> {
        Sum::new_with(|o| o)
    }

    /// The same with a name or a dtype.
    ///
    /// # Errors
    /// Those of the graph in force.
    pub fn new_with(options: impl FnOnce(MetricOptions) -> MetricOptions) -> Result<Sum> {
        let MetricOptions { name, dtype } = options(MetricOptions::default());
        let name = name.unwrap_or_else(|| "sum".to_string());
        let total = metric_variable(&name, "total", &[], dtype)?;
        Ok(Sum { name, dtype, total })
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The variable that holds the state.
    pub fn variables(&self) -> Vec<Variable> {
        vec![self.total.clone()]
    }

    /// Adds values.
    ///
    /// # Errors
    /// Those of the graph in force.
    pub fn update_state(&self, values: impl IntoOperand) -> Result<()> {
        self.add(&convert_to_tensor(values, None)?, None)
    }

    /// Adds values that have weights.
    ///
    /// # Errors
    /// `InvalidArgument` for weights that do not broadcast.
    pub fn update_state_with(&self, values: impl IntoOperand, sample_weight: impl IntoOperand) -> Result<()> {
        self.add(&convert_to_tensor(values, None)?, Some(&convert_to_tensor(sample_weight, None)?))
    }

    fn add(&self, values: &Tensor, sample_weight: Option<&Tensor>) -> Result<()> {
        let (values, _) =
            samplewise(values, sample_weight, |values, axes| reduce_sum(values, axes), self.dtype)?;
        self.total.assign_add(reduce_sum(values, ())?).map(drop)
    }

    /// The sum so far.
    ///
    /// # Errors
    /// Those of the graph in force.
    pub fn result(&self) -> Result<Tensor> {
        self.total.value()
    }

    /// Starts anew.
    ///
    /// # Errors
    /// Those of the graph in force.
    pub fn reset_state(&self) -> Result<()> {
        self.total.assign(0).map(drop)
    }
}

impl Mean {
    /// A mean of nothing yet, which is 0.
    ///
    /// # Errors
    /// Those of the graph in force.
    pub fn new() -> Result<Mean> {
        Mean::new_with(|o| o)
    }

    /// The same with a name or a dtype.
    ///
    /// # Errors
    /// Those of the graph in force.
    pub fn new_with(options: impl FnOnce(MetricOptions) -> MetricOptions) -> Result<Mean> {
        let MetricOptions { name, dtype } = options(MetricOptions::default());
        let name = name.unwrap_or_else(|| "mean".to_string());
        let total = metric_variable(&name, "total", &[], dtype)?;
        let count = metric_variable(&name, "count", &[], dtype)?;
        Ok(Mean { name, dtype, total, count })
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The variables that hold the state.
    pub fn variables(&self) -> Vec<Variable> {
        vec![self.total.clone(), self.count.clone()]
    }

    /// Adds values.
    ///
    /// # Errors
    /// Those of the graph in force.
    pub fn update_state(&self, values: impl IntoOperand) -> Result<()> {
        self.add(&convert_to_tensor(values, None)?, None)
    }

    /// Adds values that have weights.
    ///
    /// # Errors
    /// `InvalidArgument` for weights that do not broadcast.
    pub fn update_state_with(&self, values: impl IntoOperand, sample_weight: impl IntoOperand) -> Result<()> {
        self.add(&convert_to_tensor(values, None)?, Some(&convert_to_tensor(sample_weight, None)?))
    }

    pub(crate) fn add(&self, values: &Tensor, sample_weight: Option<&Tensor>) -> Result<()> {
        let (values, weights) =
            samplewise(values, sample_weight, |values, axes| reduce_mean(values, axes), self.dtype)?;
        self.total.assign_add(reduce_sum(&values, ())?)?;
        let count = match weights {
            Some(weights) => reduce_sum(weights, ())?,
            None if rank_of(&values)? >= 1 => cast(getitem(shape(&values)?, 0)?, self.dtype)?,
            None => convert_to_tensor(1.0, self.dtype)?,
        };
        self.count.assign_add(count).map(drop)
    }

    /// The mean so far.
    ///
    /// # Errors
    /// Those of the graph in force.
    pub fn result(&self) -> Result<Tensor> {
        divide_no_nan(&self.total, &self.count)
    }

    /// Starts anew.
    ///
    /// # Errors
    /// Those of the graph in force.
    pub fn reset_state(&self) -> Result<()> {
        self.total.assign(0)?;
        self.count.assign(0).map(drop)
    }
}

/// One value for each sample, or for each of its elements.
pub(super) type MetricFunction = Arc<dyn Fn(&Tensor, &Tensor) -> Result<Tensor> + Send + Sync>;

/// The mean of a function of targets and predictions (`tf.keras.metrics.MeanMetricWrapper`).
///
/// ```
/// use ferroflow_v2 as tf;
/// use tf::metrics::{MeanMetricWrapper, Metric};
/// let bias = MeanMetricWrapper::new("bias", |y_true, y_pred| y_pred - y_true)?;
/// bias.update_state([1.0, 2.0], [2.0, 5.0])?;
/// assert_eq!(format!("{}", bias.result()?), "2.0");
/// # Ok::<(), tf::Error>(())
/// ```
pub struct MeanMetricWrapper {
    mean: Mean,
    function: MetricFunction,
}

impl MeanMetricWrapper {
    /// A metric with this name.
    ///
    /// # Errors
    /// Those of the graph in force.
    pub fn new(
        name: impl Into<String>,
        function: impl Fn(&Tensor, &Tensor) -> Result<Tensor> + Send + Sync + 'static,
    ) -> Result<MeanMetricWrapper> {
        MeanMetricWrapper::of(name.into(), DType::FLOAT32, Arc::new(function))
    }

    pub(super) fn of(name: String, dtype: DType, function: MetricFunction) -> Result<MeanMetricWrapper> {
        Ok(MeanMetricWrapper { mean: Mean::new_with(|o| o.name(name).dtype(dtype))?, function })
    }
}

impl Metric for MeanMetricWrapper {
    fn name(&self) -> &str {
        self.mean.name()
    }

    fn variables(&self) -> Vec<Variable> {
        self.mean.variables()
    }

    fn update(&self, y_true: &Tensor, y_pred: &Tensor, sample_weight: Option<&Tensor>) -> Result<()> {
        self.update_masked(y_true, y_pred, sample_weight, None)
    }

    fn update_masked(
        &self,
        y_true: &Tensor,
        y_pred: &Tensor,
        sample_weight: Option<&Tensor>,
        mask: Option<&Tensor>,
    ) -> Result<()> {
        let values = (self.function)(y_true, y_pred)?;
        let Some(mask) = mask else { return self.mean.add(&values, sample_weight) };
        let weights = masked_weights(sample_weight.cloned(), mask.clone(), values.dtype(), Reduction::Sum)?;
        self.mean.add(&values, Some(&weights))
    }

    fn result(&self) -> Result<Tensor> {
        self.mean.result()
    }
}

/// The root of the mean of squared differences (`tf.keras.metrics.RootMeanSquaredError`).
pub struct RootMeanSquaredError(Mean);

impl RootMeanSquaredError {
    /// A metric of nothing yet.
    ///
    /// # Errors
    /// Those of the graph in force.
    pub fn new() -> Result<RootMeanSquaredError> {
        RootMeanSquaredError::new_with(|o| o)
    }

    /// The same with a name or a dtype.
    ///
    /// # Errors
    /// Those of the graph in force.
    pub fn new_with(options: impl FnOnce(MetricOptions) -> MetricOptions) -> Result<RootMeanSquaredError> {
        let mut options = options(MetricOptions::default());
        options.name.get_or_insert_with(|| "root_mean_squared_error".to_string());
        Ok(RootMeanSquaredError(Mean::new_with(|_| options)?))
    }
}

impl Metric for RootMeanSquaredError {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn variables(&self) -> Vec<Variable> {
        self.0.variables()
    }

    fn update(&self, y_true: &Tensor, y_pred: &Tensor, sample_weight: Option<&Tensor>) -> Result<()> {
        let dtype = self.0.dtype;
        let (y_true, y_pred) = same_rank(cast(y_true, dtype)?, cast(y_pred, dtype)?, true)?;
        self.0.add(&square((y_pred - y_true)?)?, sample_weight)
    }

    fn result(&self) -> Result<Tensor> {
        sqrt(self.0.result()?)
    }
}
