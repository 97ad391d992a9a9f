//! `Loss`: what is common to all losses.

use super::reduction::reduced;
use super::{Reduction, get};
use crate::{convert_to_tensor, logical_and};
use ferroflow_core::{DType, IntoOperand, Operand, Result, Tensor, operators::cast};
use std::sync::Arc;

/// How far predictions are from what they should be (`tf.keras.losses.Loss`).
///
/// Implement it for a loss of your own: [`Loss::per_sample`] is what Keras calls `call`, and [`Loss::call`] is what a call
/// of the object does there.
pub trait Loss: Send + Sync + 'static {
    /// The name.
    fn name(&self) -> String;

    /// The loss of each sample, of predictions and targets in [`Loss::dtype`].
    ///
    /// # Errors
    /// Those of its ops.
    fn per_sample(&self, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor>;

    /// What becomes of the losses of samples.
    fn reduction(&self) -> Reduction {
        Reduction::default()
    }

    /// The dtype in which the loss is computed.
    fn dtype(&self) -> DType {
        DType::FLOAT32
    }

    /// Which samples count, where not all do.
    ///
    /// # Errors
    /// Those of its ops.
    fn mask(&self, _y_true: &Tensor, _y_pred: &Tensor) -> Result<Option<Tensor>> {
        Ok(None)
    }

    /// The loss of a batch, whose samples may have weights.
    ///
    /// # Errors
    /// As [`Loss::call_with`].
    fn of_batch(&self, y_true: Operand, y_pred: Operand, sample_weight: Option<Operand>) -> Result<Tensor> {
        self.of_masked_batch(y_true, y_pred, sample_weight, None)
    }

    /// The loss of a batch of which a mask says what counts, as [`Layer::apply_masked`](crate::layers::Layer::apply_masked)
    /// gives it.
    ///
    /// # Errors
    /// As [`Loss::call_with`].
    fn of_masked_batch(
        &self,
        y_true: Operand,
        y_pred: Operand,
        sample_weight: Option<Operand>,
        mask: Option<Tensor>,
    ) -> Result<Tensor> {
        let dtype = self.dtype();
        // Values take the dtype they are wanted in, tensors of another one are cast.
        let wanted = |operand: Operand| match operand {
            Operand::Tensor(tensor) if tensor.dtype().base() == dtype => Ok(tensor),
            Operand::Tensor(tensor) => cast(tensor, dtype),
            value => cast(convert_to_tensor(value, None)?, dtype),
        };
        crate::name_scope(&self.name(), || {
            let y_pred = wanted(y_pred)?;
            let y_true = wanted(y_true)?;
            let values = self.per_sample(&y_true, &y_pred)?;
            let weights = sample_weight.map(wanted).transpose()?;
            let mask = match (mask, self.mask(&y_true, &y_pred)?) {
                (Some(given), Some(own)) => Some(logical_and(given, own)?),
                (given, own) => given.or(own),
            };
            reduced(values, weights, mask, self.reduction())
        })
    }

    /// The loss of a batch.
    ///
    /// # Errors
    /// `ValueError` or `InvalidArgument` for shapes that do not fit.
    fn call(&self, y_true: impl IntoOperand, y_pred: impl IntoOperand) -> Result<Tensor>
    where
        Self: Sized,
    {
        ferroflow_graph::install();
        self.of_batch(y_true.into_operand()?, y_pred.into_operand()?, None)
    }

    /// The loss of a batch whose samples have weights.
    ///
    /// # Errors
    /// As [`Loss::call`]; `InvalidArgument` for weights that do not fit the losses.
    fn call_with(
        &self,
        y_true: impl IntoOperand,
        y_pred: impl IntoOperand,
        sample_weight: impl IntoOperand,
    ) -> Result<Tensor>
    where
        Self: Sized,
    {
        ferroflow_graph::install();
        self.of_batch(y_true.into_operand()?, y_pred.into_operand()?, Some(sample_weight.into_operand()?))
    }
}

/// The loss of each sample, as a function.
pub(super) type LossFunction = Arc<dyn Fn(&Tensor, &Tensor) -> Result<Tensor> + Send + Sync>;

/// A loss made of a function (`tf.keras.losses.LossFunctionWrapper`).
///
/// ```
/// use ferroflow_v2 as tf;
/// use tf::losses::{Loss, LossFunctionWrapper};
/// let largest = LossFunctionWrapper::new("largest", |y_true, y_pred| {
///     tf::reduce_max(tf::abs(y_true - y_pred)?, -1)
/// });
/// assert_eq!(format!("{}", largest.call([[0.0, 0.0]], [[1.0, 3.0]])?), "3.0");
/// # Ok::<(), tf::Error>(())
/// ```
#[derive(Clone)]
pub struct LossFunctionWrapper {
    name: String,
    function: LossFunction,
    reduction: Reduction,
}

impl LossFunctionWrapper {
    /// A loss with this name.
    pub fn new(
        name: impl Into<String>,
        function: impl Fn(&Tensor, &Tensor) -> Result<Tensor> + Send + Sync + 'static,
    ) -> LossFunctionWrapper {
        let (name, reduction) = (name.into(), Reduction::default());
        LossFunctionWrapper { name, function: Arc::new(function), reduction }
    }

    /// The same with another reduction.
    #[must_use]
    pub fn reduction(mut self, reduction: Reduction) -> LossFunctionWrapper {
        self.reduction = reduction;
        self
    }
}

impl Loss for LossFunctionWrapper {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn per_sample(&self, y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
        (self.function)(y_true, y_pred)
    }

    fn reduction(&self) -> Reduction {
        self.reduction
    }
}

/// What a loss can be given as: a [`Loss`], one that is shared, or its name.
pub trait IntoLoss {
    /// The loss; `None` for the name of one that follows from the shapes of targets and predictions (`crossentropy`).
    ///
    /// # Errors
    /// `ValueError` for a name that no loss has.
    fn into_loss(self) -> Result<Option<Arc<dyn Loss>>>;
}

impl<L: Loss> IntoLoss for L {
    fn into_loss(self) -> Result<Option<Arc<dyn Loss>>> {
        Ok(Some(Arc::new(self)))
    }
}

impl IntoLoss for Arc<dyn Loss> {
    fn into_loss(self) -> Result<Option<Arc<dyn Loss>>> {
        Ok(Some(self))
    }
}

impl IntoLoss for &str {
    fn into_loss(self) -> Result<Option<Arc<dyn Loss>>> {
        match self.to_lowercase().as_str() {
            "crossentropy" | "ce" => Ok(None),
            _ => get(self).map(Some),
        }
    }
}
