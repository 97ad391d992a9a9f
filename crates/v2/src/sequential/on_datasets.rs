//! `fit`, `evaluate` and `predict` on datasets.

use super::batches::Batches;
use super::evaluate::{EvaluateOptions, PredictOptions};
use super::fit::FitOptions;
use super::{History, Logs, Sequential};
use crate::Nest;
use crate::data::Dataset;
use ferroflow_core::{NdArray, Result, ensure};

/// What a dataset holds by itself and is not passed beside it.
fn refuse_weights(given: bool) -> Result<()> {
    ensure!(
        !given,
        value,
        "When providing `x` as a tf.data.Dataset, `sample_weights` should not be passed. Instead, the sample weights \
         should be included as part of the tf.data.Dataset."
    );
    Ok(())
}

impl Sequential {
    /// Trains the model on a dataset of batches: of inputs and targets, or of inputs, targets and weights of samples. Its
    /// order is kept.
    ///
    /// ```
    /// use ferroflow_v2 as tf;
    /// use tf::data::Dataset;
    /// let x = tf::constant([[0.0], [1.0], [2.0], [3.0]])?;
    /// let y = tf::constant([[1.0], [3.0], [5.0], [7.0]])?;
    /// let pairs = Dataset::from_tensor_slices((x, y))?.shuffle(4)?.repeat(-1)?.batch(2)?;
    /// let mut model = tf::sequential![tf::layers::Dense::new(1)]?;
    /// model.compile(tf::optimizers::Optimizer::new(tf::optimizers::SGD::default(), 0.1), "mse", |o| o)?;
    /// let history = model.fit_dataset(&pairs, |o| o.epochs(40).steps_per_epoch(4).verbose(0))?;
    /// assert!(history.get("loss").unwrap()[39] < 0.1);
    /// assert!(model.evaluate_dataset(&pairs.take(2)?, |o| o.verbose(0))?.get("loss").unwrap() < 0.1);
    /// # Ok::<(), tf::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Sequential::fit`]; `ValueError` for elements of other parts, or options that go with arrays.
    pub fn fit_dataset<'a, E: Nest>(
        &mut self,
        dataset: &Dataset<E>,
        options: impl FnOnce(FitOptions<'a>) -> FitOptions<'a>,
    ) -> Result<History> {
        self.compiled()?;
        let mut options = options(FitOptions::default());
        refuse_weights(options.sample_weight.is_some())?;
        ensure!(
            options.validation_split.is_none(),
            value,
            "Argument `validation_split` is only supported for tensors or NumPy arrays.Found incompatible type in the \
             input: [tf.data.Dataset]"
        );
        options.take_validation(self)?;
        let batches = Batches::of_dataset(dataset, options.steps_per_epoch, options.class_weight.take())?;
        self.train(batches, options)
    }

    /// The loss and the metrics of a dataset of batches.
    ///
    /// # Errors
    /// As [`Sequential::fit_dataset`].
    pub fn evaluate_dataset<E: Nest>(
        &self,
        dataset: &Dataset<E>,
        options: impl FnOnce(EvaluateOptions) -> EvaluateOptions,
    ) -> Result<Logs> {
        self.compiled()?;
        let options = options(EvaluateOptions::default());
        refuse_weights(options.sample_weight.is_some())?;
        self.evaluate_batches(Batches::of_dataset(dataset, options.steps, None)?, options.verbose)
    }

    /// The outputs for a dataset of batches, of which everything but inputs is left out.
    ///
    /// # Errors
    /// `ValueError` for inputs that do not fit, or a dataset without elements.
    pub fn predict_dataset<E: Nest>(
        &self,
        dataset: &Dataset<E>,
        options: impl FnOnce(PredictOptions) -> PredictOptions,
    ) -> Result<NdArray> {
        let options = options(PredictOptions::default());
        self.predict_batches(Batches::of_dataset(dataset, options.steps, None)?, options.verbose)
    }
}
