//! `evaluate` and `predict`: what a model does on arrays without being trained.

use super::batches::Batches;
use super::data::{Data, array};
use super::progress::Progress;
use super::step::Steps;
use super::{Logs, Sequential};
use ferroflow_core::{IntoOperand, NdArray, Operand, Result, Tensor, bail, ensure};

/// Optional arguments of [`Sequential::evaluate`].
#[must_use]
pub struct EvaluateOptions {
    batch_size: usize,
    pub(super) verbose: u8,
    pub(super) sample_weight: Option<Result<Operand>>,
    pub(super) steps: Option<usize>,
}

impl Default for EvaluateOptions {
    fn default() -> EvaluateOptions {
        EvaluateOptions { batch_size: 32, verbose: 1, sample_weight: None, steps: None }
    }
}

impl EvaluateOptions {
    /// After how many batches evaluation ends; after all of them by default.
    pub fn steps(mut self, steps: usize) -> EvaluateOptions {
        self.steps = Some(steps);
        self
    }

    /// How many samples are evaluated at once; 32 by default.
    pub fn batch_size(mut self, batch_size: usize) -> EvaluateOptions {
        self.batch_size = batch_size;
        self
    }

    /// 0 for silence, 1 for a bar where the output is a terminal and a line elsewhere, 2 for a line.
    pub fn verbose(mut self, verbose: u8) -> EvaluateOptions {
        self.verbose = verbose;
        self
    }

    /// How much each sample counts in the loss.
    pub fn sample_weight(mut self, weights: impl IntoOperand) -> EvaluateOptions {
        self.sample_weight = Some(weights.into_operand());
        self
    }
}

ferroflow_core::options! {
    /// Optional arguments of [`Sequential::predict`].
    pub struct PredictOptions {
        /// How many samples are predicted at once.
        batch_size: usize = 32,
        /// 0 for silence, 1 for a bar where the output is a terminal and a line elsewhere, 2 for a line.
        verbose: u8 = 1,
        /// After how many batches prediction ends; after all of them by default.
        steps: Option<usize> = None,
    }
}

/// The loss and the metrics of all data.
pub(super) fn run_test(
    steps: &Steps,
    model: &Sequential,
    batches: &mut Batches,
    verbose: u8,
) -> Result<Logs> {
    let mut progress = Progress::new(batches.count(), verbose);
    steps.reset_metrics()?;
    let mut logs = Logs::default();
    batches.restart();
    batches.start_epoch();
    while let Some(batch) = batches.next()? {
        logs = steps.logs(&steps.test(&model.batch(batch)?)?)?;
        progress.step(&logs);
    }
    progress.finish(batches, &logs);
    Ok(logs)
}

impl Sequential {
    /// The loss and the metrics of samples `x` and what should come out for them.
    ///
    /// # Errors
    /// As [`Sequential::fit`].
    pub fn evaluate(
        &self,
        x: impl IntoOperand,
        y: impl IntoOperand,
        options: impl FnOnce(EvaluateOptions) -> EvaluateOptions,
    ) -> Result<Logs> {
        self.compiled()?;
        let options = options(EvaluateOptions::default());
        let weights = options.sample_weight.map(array).transpose()?;
        let data = Data::new(self.inputs(array(x)?)?, Some(array(y)?), weights)?;
        let batches = Batches::of_arrays(data, options.batch_size.max(1), false, options.steps);
        self.evaluate_batches(batches, options.verbose)
    }

    pub(super) fn evaluate_batches(&self, mut batches: Batches, verbose: u8) -> Result<Logs> {
        match batches.first()? {
            None => Ok(Logs::default()),
            Some(batch) => run_test(&*self.steps_for(batch)?, self, &mut batches, verbose),
        }
    }

    /// The outputs for samples.
    ///
    /// # Errors
    /// `ValueError` for inputs that do not fit.
    pub fn predict(
        &self,
        x: impl IntoOperand,
        options: impl FnOnce(PredictOptions) -> PredictOptions,
    ) -> Result<NdArray> {
        let options = options(PredictOptions::default());
        ensure!(options.batch_size > 0, value, "`batch_size` must be positive");
        let data = Data::new(self.inputs(array(x)?)?, None, None)?;
        self.build(&data.x.shape())?;
        if data.count == 0 {
            return self.prediction().call(&data.x)?.numpy();
        }
        self.predict_batches(
            Batches::of_arrays(data, options.batch_size, false, options.steps),
            options.verbose,
        )
    }

    pub(super) fn predict_batches(&self, mut batches: Batches, verbose: u8) -> Result<NdArray> {
        let function = self.prediction();
        let mut progress = Progress::new(batches.count(), verbose);
        let mut outputs: Vec<Tensor> = Vec::new();
        batches.start_epoch();
        while let Some(batch) = batches.next()? {
            let Some(x) = self.batch(batch)?.into_iter().next() else { bail!(internal, "a batch is empty") };
            self.build(&x.shape())?;
            outputs.push(function.call(&x)?);
            progress.step(&Logs::default());
        }
        progress.finish(&batches, &Logs::default());
        match outputs.as_slice() {
            [] => bail!(value, "The dataset to predict for has no elements."),
            [only] => only.numpy(),
            several => crate::concat(several.to_vec(), 0)?.numpy(),
        }
    }
}
