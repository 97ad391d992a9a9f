//! One step of training, of evaluation, of prediction: what is traced.

use super::Logs;
use super::compile::{Compiled, NamedMetric};
use crate::layers::Layer;
use crate::losses::{self, Classification, Loss};
use crate::metrics::Mean;
use crate::optimizers::Optimizer;
use crate::{Function, GradientTape, Variable, function_with};
use ferroflow_core::{Operand, PartialShape, Result, Tensor};
use ferroflow_ops_array::{getitem, shape};
use std::sync::Arc;

/// The layers of a model, as steps use them.
pub(super) type Layers = Arc<[Arc<dyn Layer>]>;

/// The output of layers one after another.
pub(super) fn forward(layers: &[Arc<dyn Layer>], inputs: &Tensor, training: bool) -> Result<Tensor> {
    forward_masked(layers, inputs, training, |_, _| Ok(())).map(|(outputs, _)| outputs)
}

/// The same, and which outputs count; `note` is given the output of each layer.
fn forward_masked(
    layers: &[Arc<dyn Layer>],
    inputs: &Tensor,
    training: bool,
    mut note: impl FnMut(&dyn Layer, &Tensor) -> Result<()>,
) -> Result<(Tensor, Option<Tensor>)> {
    layers.iter().try_fold((inputs.clone(), None), |(x, mask), layer| {
        let (outputs, mask) = layer.apply_masked(&x, mask.as_ref(), training)?;
        note(&**layer, &outputs)?;
        Ok((outputs, mask))
    })
}

/// The output for a batch, and which of it counts.
struct Prediction {
    y_pred: Tensor,
    mask: Option<Tensor>,
}

/// What steps of a compiled model need.
struct Parts {
    layers: Layers,
    trainable: Vec<Variable>,
    optimizer: Arc<Optimizer>,
    loss: Arc<dyn Loss>,
    loss_weight: Option<f64>,
    tracker: Arc<Mean>,
    metrics: Vec<NamedMetric>,
}

type StepFunction = Function<'static, Vec<Tensor>>;

/// The steps of a compiled model, traced or not.
pub(super) struct Steps {
    parts: Arc<Parts>,
    train: StepFunction,
    test: StepFunction,
    eager: bool,
}

impl Parts {
    /// The output for a batch, and the loss, which is noted.
    fn loss_of(&self, batch: &[Tensor], training: bool) -> Result<(Prediction, Tensor)> {
        let mut penalties = Vec::new();
        let (y_pred, mask) = forward_masked(&self.layers, &batch[0], training, |layer, outputs| {
            penalties.extend(layer.activity_loss(outputs)?);
            Ok(())
        })?;
        let operand = |tensor: &Tensor| Operand::Tensor(tensor.clone());
        let weights = batch.get(2).map(operand);
        let mut loss =
            self.loss.of_masked_batch(operand(&batch[1]), operand(&y_pred), weights, mask.clone())?;
        if let Some(weight) = self.loss_weight {
            loss = (loss * weight)?;
        }
        for layer in self.layers.iter() {
            penalties.extend(layer.losses()?);
        }
        let loss = penalties.into_iter().try_fold(loss, |sum, penalty| sum + penalty)?;
        let samples = getitem(shape(&batch[0])?, 0)?;
        self.tracker.add(&loss, Some(&samples))?;
        Ok((Prediction { y_pred, mask }, loss))
    }

    fn results(&self, batch: &[Tensor], found: &Prediction) -> Result<Vec<Tensor>> {
        let mut results = vec![self.tracker.result()?];
        for NamedMetric { metric, weighted, .. } in &self.metrics {
            let weights = batch.get(2).filter(|_| *weighted);
            metric.update_masked(&batch[1], &found.y_pred, weights, found.mask.as_ref())?;
            results.push(metric.result()?);
        }
        Ok(results)
    }

    fn train(&self, batch: &[Tensor]) -> Result<Vec<Tensor>> {
        let tape = GradientTape::new();
        let (found, loss) = self.loss_of(batch, true)?;
        let loss = self.optimizer.scale_loss(loss)?;
        let gradients = tape.sparse_gradient(&loss, &self.trainable)?;
        if !self.trainable.is_empty() {
            self.optimizer.apply_sparse_gradients(gradients.into_iter().zip(&self.trainable))?;
        }
        self.results(batch, &found)
    }

    fn test(&self, batch: &[Tensor]) -> Result<Vec<Tensor>> {
        let (found, _) = self.loss_of(batch, false)?;
        self.results(batch, &found)
    }
}

impl Steps {
    /// The steps for targets and predictions of these shapes. Variables are made now, and not while steps are traced.
    pub(super) fn new(
        layers: Layers,
        trainable: Vec<Variable>,
        compiled: &Compiled,
        y_true: &PartialShape,
        y_pred: &PartialShape,
    ) -> Result<Steps> {
        compiled.optimizer.build(&trainable)?;
        let loss = match &compiled.loss {
            Some(loss) => loss.clone(),
            None => losses::get(match losses::for_shapes(y_true, y_pred) {
                Classification::Binary => "binary_crossentropy",
                Classification::Sparse => "sparse_categorical_crossentropy",
                Classification::Categorical => "categorical_crossentropy",
            })?,
        };
        let parts = Arc::new(Parts {
            layers,
            trainable,
            optimizer: compiled.optimizer.clone(),
            loss,
            loss_weight: compiled.options.loss_weight,
            tracker: compiled.tracker.clone(),
            metrics: compiled.metrics(y_true, y_pred)?,
        });
        let (training, testing) = (parts.clone(), parts.clone());
        let options =
            |name: &'static str| move |o: crate::FunctionOptions| o.name(name).reduce_retracing(true);
        let train = function_with(move |batch: &[Tensor]| training.train(batch), options("train_step"));
        let test = function_with(move |batch: &[Tensor]| testing.test(batch), options("test_step"));
        Ok(Steps { parts, train, test, eager: compiled.options.run_eagerly })
    }

    /// Trains on a batch: inputs, targets, and weights if there are any.
    pub(super) fn train(&self, batch: &[Tensor]) -> Result<Vec<Tensor>> {
        if self.eager { self.parts.train(batch) } else { self.train.call(batch) }
    }

    /// Evaluates a batch.
    pub(super) fn test(&self, batch: &[Tensor]) -> Result<Vec<Tensor>> {
        if self.eager { self.parts.test(batch) } else { self.test.call(batch) }
    }

    /// Starts all metrics anew.
    pub(super) fn reset_metrics(&self) -> Result<()> {
        self.parts.tracker.reset_state()?;
        self.parts.metrics.iter().try_for_each(|named| named.metric.reset_state())
    }

    /// The results of a step by the names of metrics. One with several elements counts by their mean.
    pub(super) fn logs(&self, results: &[Tensor]) -> Result<Logs> {
        let names = std::iter::once("loss").chain(self.parts.metrics.iter().map(|named| named.name.as_str()));
        let values = names.zip(results).map(|(name, result)| {
            let values = result.numpy()?.cast(ferroflow_core::DType::FLOAT64)?;
            let values = values.as_slice::<f64>()?;
            Ok((name.to_string(), values.iter().sum::<f64>() / values.len().max(1) as f64))
        });
        values.collect::<Result<_>>().map(Logs)
    }
}
