//! `evaluate` and `predict`: what a model does on arrays without being trained.

use super::data::{Data, array};
use super::progress::Progress;
use super::step::Steps;
use super::{Logs, Sequential};
use ferroflow_core::{IntoOperand, NdArray, Operand, Result, Tensor, ensure};

/// Optional arguments of [`Sequential::evaluate`].
#[must_use]
pub struct EvaluateOptions {
    batch_size: usize,
    verbose: u8,
    sample_weight: Option<Result<Operand>>,
}

impl EvaluateOptions {
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
    }
}

/// The loss and the metrics of all data.
pub(super) fn run_test(steps: &Steps, data: &Data, batch_size: usize, verbose: u8) -> Result<Logs> {
    let batch_size = batch_size.max(1);
    let count = data.batches(batch_size);
    let mut progress = Progress::new(count, verbose);
    steps.reset_metrics()?;
    let mut logs = Logs::default();
    for index in 0..count {
        logs = steps.logs(&steps.test(&data.batch(index, batch_size, None)?)?)?;
        progress.step(index + 1, &logs);
    }
    progress.finish(&logs);
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
        let options = options(EvaluateOptions { batch_size: 32, verbose: 1, sample_weight: None });
        let weights = options.sample_weight.map(array).transpose()?;
        let y = array(y)?;
        let data = Data::new(self.inputs(array(x)?)?, Some(y.clone()), weights)?;
        let steps = self.steps(&data.x, &y)?;
        run_test(&steps, &data, options.batch_size, options.verbose)
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
        let function = self.prediction();
        let count = data.batches(options.batch_size);
        let mut progress = Progress::new(count, options.verbose);
        let mut outputs: Vec<Tensor> = Vec::with_capacity(count);
        for index in 0..count {
            let batch = data.batch(index, options.batch_size, None)?;
            outputs.push(function.call(&batch)?);
            progress.step(index + 1, &Logs::default());
        }
        progress.finish(&Logs::default());
        match outputs.as_slice() {
            [] => function.call(&data.x)?.numpy(),
            [only] => only.numpy(),
            several => crate::concat(several.to_vec(), 0)?.numpy(),
        }
    }
}
