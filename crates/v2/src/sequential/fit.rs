//! `fit`: training on arrays, and what is common with training on datasets.

use super::batches::Batches;
use super::callbacks::Callback;
use super::data::{Data, array};
use super::evaluate::run_test;
use super::progress::Progress;
use super::{History, Logs, Sequential};
use crate::Nest;
use crate::data::Dataset;
use ferroflow_core::{IntoOperand, Operand, Result, Tensor, ensure};
use std::collections::HashMap;

/// Optional arguments of [`Sequential::fit`].
#[must_use]
pub struct FitOptions<'a> {
    batch_size: usize,
    epochs: usize,
    initial_epoch: usize,
    verbose: u8,
    shuffle: bool,
    pub(super) sample_weight: Option<Result<Operand>>,
    pub(super) class_weight: Option<HashMap<i64, f64>>,
    pub(super) validation_split: Option<f64>,
    validation_data: Option<[Option<Result<Operand>>; 3]>,
    pub(super) validation: Option<Batches>,
    /// A dataset to be evaluated on, once the number of steps is known.
    pub(super) validation_dataset: Option<Dataset<Vec<Tensor>>>,
    pub(super) validation_steps: Option<usize>,
    pub(super) steps_per_epoch: Option<usize>,
    validation_batch_size: Option<usize>,
    validation_freq: usize,
    callbacks: Vec<Box<dyn Callback + 'a>>,
}

impl Default for FitOptions<'_> {
    fn default() -> Self {
        FitOptions {
            batch_size: 32,
            epochs: 1,
            initial_epoch: 0,
            verbose: 1,
            shuffle: true,
            sample_weight: None,
            class_weight: None,
            validation_split: None,
            validation_data: None,
            validation: None,
            validation_dataset: None,
            validation_steps: None,
            steps_per_epoch: None,
            validation_batch_size: None,
            validation_freq: 1,
            callbacks: Vec::new(),
        }
    }
}

impl<'a> FitOptions<'a> {
    /// How many samples a step trains on; 32 by default.
    pub fn batch_size(mut self, batch_size: usize) -> FitOptions<'a> {
        self.batch_size = batch_size;
        self
    }

    /// The number of the epoch after the last one; 1 by default.
    pub fn epochs(mut self, epochs: usize) -> FitOptions<'a> {
        self.epochs = epochs;
        self
    }

    /// The number of the first epoch; 0 by default.
    pub fn initial_epoch(mut self, epoch: usize) -> FitOptions<'a> {
        self.initial_epoch = epoch;
        self
    }

    /// 0 for silence, 1 for a bar where the output is a terminal and a line for each epoch elsewhere, 2 for lines.
    pub fn verbose(mut self, verbose: u8) -> FitOptions<'a> {
        self.verbose = verbose;
        self
    }

    /// Whether each epoch has its own order of samples, which is so by default. The order follows from the global seed; it
    /// is not Keras's.
    pub fn shuffle(mut self, shuffle: bool) -> FitOptions<'a> {
        self.shuffle = shuffle;
        self
    }

    /// How much each sample counts in the loss.
    pub fn sample_weight(mut self, weights: impl IntoOperand) -> FitOptions<'a> {
        self.sample_weight = Some(weights.into_operand());
        self
    }

    /// How much the samples of each class count in the loss; 1 where nothing is said.
    pub fn class_weight(mut self, weights: impl IntoIterator<Item = (i64, f64)>) -> FitOptions<'a> {
        self.class_weight = Some(weights.into_iter().collect());
        self
    }

    /// The share of samples, the last ones, that the model is evaluated on after each epoch, and not trained on.
    pub fn validation_split(mut self, share: f64) -> FitOptions<'a> {
        self.validation_split = Some(share);
        self
    }

    /// What the model is evaluated on after each epoch.
    pub fn validation_data(mut self, x: impl IntoOperand, y: impl IntoOperand) -> FitOptions<'a> {
        self.validation_data = Some([Some(x.into_operand()), Some(y.into_operand()), None]);
        self
    }

    /// The same with weights of samples.
    pub fn weighted_validation_data(
        mut self,
        x: impl IntoOperand,
        y: impl IntoOperand,
        sample_weight: impl IntoOperand,
    ) -> FitOptions<'a> {
        let weights = Some(sample_weight.into_operand());
        self.validation_data = Some([Some(x.into_operand()), Some(y.into_operand()), weights]);
        self
    }

    /// The dataset of inputs and targets that the model is evaluated on after each epoch.
    pub fn validation_dataset<E: Nest>(mut self, dataset: &Dataset<E>) -> FitOptions<'a> {
        self.validation_dataset = Some(dataset.flat());
        self
    }

    /// After how many batches evaluation ends; after all of them by default.
    pub fn validation_steps(mut self, steps: usize) -> FitOptions<'a> {
        self.validation_steps = Some(steps);
        self
    }

    /// How many batches an epoch has, the next one going on behind them; by default an epoch has all batches.
    pub fn steps_per_epoch(mut self, steps: usize) -> FitOptions<'a> {
        self.steps_per_epoch = Some(steps);
        self
    }

    /// How many samples are evaluated at once; as many as are trained on by default.
    pub fn validation_batch_size(mut self, batch_size: usize) -> FitOptions<'a> {
        self.validation_batch_size = Some(batch_size);
        self
    }

    /// After how many epochs, each time, the model is evaluated; 1 by default.
    pub fn validation_freq(mut self, epochs: usize) -> FitOptions<'a> {
        self.validation_freq = epochs.max(1);
        self
    }

    /// What is called between batches and epochs.
    pub fn callback(mut self, callback: impl Callback + 'a) -> FitOptions<'a> {
        self.callbacks.push(Box::new(callback));
        self
    }
}

impl FitOptions<'_> {
    /// What the model is evaluated on, from arrays.
    fn validation_of(&self, data: Data) -> Batches {
        let size = self.validation_batch_size.unwrap_or(self.batch_size).max(1);
        Batches::of_arrays(data, size, false, self.validation_steps)
    }

    /// Makes batches of what was given for evaluation.
    pub(super) fn take_validation(&mut self, model: &Sequential) -> Result<()> {
        if let Some(dataset) = self.validation_dataset.take() {
            self.validation = Some(Batches::of_dataset(&dataset, self.validation_steps, None)?);
        }
        let Some([x, y, weights]) = self.validation_data.take() else { return Ok(()) };
        let made = |operand: Option<Result<Operand>>| operand.map(array).transpose();
        if let Some(x) = made(x)? {
            let data = Data::new(model.inputs(x)?, made(y)?, made(weights)?)?;
            self.validation = Some(self.validation_of(data));
        }
        Ok(())
    }
}

impl Sequential {
    /// Trains the model on samples `x` and what should come out for them, and says how the metrics went. The step is traced
    /// once.
    ///
    /// # Errors
    /// `ValueError` before [`Sequential::compile`], for different numbers of samples, or options that contradict each
    /// other; `InvalidArgument` for values that do not fit the loss.
    pub fn fit<'a>(
        &mut self,
        x: impl IntoOperand,
        y: impl IntoOperand,
        options: impl FnOnce(FitOptions<'a>) -> FitOptions<'a>,
    ) -> Result<History> {
        self.compiled()?;
        let mut options = options(FitOptions::default());
        ensure!(options.batch_size > 0, value, "`batch_size` must be positive");
        let weights = options.sample_weight.take().map(array).transpose()?;
        let mut data = Data::new(self.inputs(array(x)?)?, Some(array(y)?), weights)?;
        options.take_validation(self)?;
        if let Some(share) = options.validation_split.filter(|_| options.validation.is_none()) {
            let (first, last) = data.split(share)?;
            data = first;
            options.validation = Some(options.validation_of(last));
        }
        if let Some(classes) = &options.class_weight {
            data.weigh_classes(classes)?;
        }
        let batches = Batches::of_arrays(data, options.batch_size, options.shuffle, options.steps_per_epoch);
        self.train(batches, options)
    }

    /// Trains on batches, and says how the metrics went.
    pub(super) fn train(&self, mut batches: Batches, mut options: FitOptions<'_>) -> Result<History> {
        let mut history = History::default();
        let Some(first) = batches.first()? else {
            history.epoch.extend(options.initial_epoch..options.epochs);
            return Ok(history);
        };
        let steps = self.steps_for(first)?;
        for epoch in options.initial_epoch..options.epochs {
            steps.reset_metrics()?;
            let mut progress = Progress::new(batches.count(), options.verbose);
            progress.title(&format!("Epoch {}/{}", epoch + 1, options.epochs));
            for callback in &mut options.callbacks {
                callback.on_epoch_begin(epoch)?;
            }
            let (mut logs, mut stop, mut index) = (Logs::default(), false, 0);
            batches.start_epoch();
            while let Some(batch) = batches.next()? {
                logs = steps.logs(&steps.train(&self.batch(batch)?)?)?;
                progress.step(&logs);
                for callback in &mut options.callbacks {
                    stop |= callback.on_train_batch_end(index, &logs)?.is_break();
                }
                index += 1;
                if stop {
                    break;
                }
            }
            if let Some(validation) = &mut options.validation
                && (epoch + 1) % options.validation_freq == 0
            {
                let found = run_test(&steps, self, validation, 0)?;
                logs.extend("val_", &found);
            }
            progress.finish(&batches, &logs);
            for callback in &mut options.callbacks {
                stop |= callback.on_epoch_end(epoch, &logs)?.is_break();
            }
            history.push(epoch, &logs);
            if stop {
                break;
            }
        }
        if options.epochs > 0 {
            self.optimizer()?.finalize_variable_values()?;
        }
        Ok(history)
    }

    /// Trains on one batch, and gives its loss and metrics.
    ///
    /// # Errors
    /// As [`Sequential::fit`].
    pub fn train_on_batch(&mut self, x: impl IntoOperand, y: impl IntoOperand) -> Result<Logs> {
        let data = Data::new(self.inputs(array(x)?)?, Some(array(y)?), None)?;
        let batch = data.batch(0, data.count.max(1), None)?;
        let steps = self.steps(&batch[0], &batch[1])?;
        steps.reset_metrics()?;
        steps.logs(&steps.train(&batch)?)
    }

    /// Evaluates one batch, and gives its loss and metrics.
    ///
    /// # Errors
    /// As [`Sequential::fit`].
    pub fn test_on_batch(&self, x: impl IntoOperand, y: impl IntoOperand) -> Result<Logs> {
        let data = Data::new(self.inputs(array(x)?)?, Some(array(y)?), None)?;
        let batch = data.batch(0, data.count.max(1), None)?;
        let steps = self.steps(&batch[0], &batch[1])?;
        steps.reset_metrics()?;
        steps.logs(&steps.test(&batch)?)
    }
}
