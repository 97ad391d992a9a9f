//! What a model is trained with: an optimizer, a loss, metrics.

use crate::losses::Loss;
use crate::metrics::{self, Mean, Metric};
use crate::optimizers::{
    Adadelta, Adagrad, Adam, AdamW, Adamax, Ftrl, Lion, Nadam, Optimizer, RMSprop, SGD, UpdateRule,
};
use ferroflow_core::{PartialShape, Result, bail};
use std::sync::Arc;

/// An optimizer, one that is shared, a result of making one, or the name of one with its default options.
pub trait IntoOptimizer {
    /// The optimizer.
    ///
    /// # Errors
    /// `ValueError` for a name that no optimizer has; the error of a `Result` that is passed on.
    fn into_optimizer(self) -> Result<Arc<Optimizer>>;
}

impl IntoOptimizer for Optimizer {
    fn into_optimizer(self) -> Result<Arc<Optimizer>> {
        Ok(Arc::new(self))
    }
}

impl IntoOptimizer for Arc<Optimizer> {
    fn into_optimizer(self) -> Result<Arc<Optimizer>> {
        Ok(self)
    }
}

impl<O: IntoOptimizer> IntoOptimizer for Result<O> {
    fn into_optimizer(self) -> Result<Arc<Optimizer>> {
        self?.into_optimizer()
    }
}

impl IntoOptimizer for &str {
    fn into_optimizer(self) -> Result<Arc<Optimizer>> {
        let with = |rule: Box<dyn FnOnce() -> Result<Optimizer>>| rule().map(Arc::new);
        fn of(rule: impl UpdateRule, rate: f64) -> Box<dyn FnOnce() -> Result<Optimizer>> {
            Box::new(move || Optimizer::new(rule, rate))
        }
        with(match self.to_lowercase().as_str() {
            "sgd" => of(SGD::default(), 0.01),
            "rmsprop" => of(RMSprop::default(), 0.001),
            "adam" => of(Adam::default(), 0.001),
            "adamw" => of(AdamW::default(), 0.001),
            "adamax" => of(Adamax::default(), 0.001),
            "nadam" => of(Nadam::default(), 0.001),
            "adagrad" => of(Adagrad::default(), 0.001),
            "adadelta" => of(Adadelta::default(), 0.001),
            "ftrl" => of(Ftrl::default(), 0.001),
            "lion" => of(Lion::default(), 0.001),
            _ => bail!(value, "Could not interpret optimizer identifier: {self}"),
        })
    }
}

/// A metric of a model: an object, or a name. `accuracy` is the one that fits the shapes of targets and predictions.
#[derive(Clone)]
pub enum CompiledMetric {
    /// A name.
    Named(String),
    /// An object.
    Object(Arc<dyn Metric>),
}

impl From<&str> for CompiledMetric {
    fn from(name: &str) -> CompiledMetric {
        CompiledMetric::Named(name.to_string())
    }
}

impl<M: Metric> From<M> for CompiledMetric {
    fn from(metric: M) -> CompiledMetric {
        CompiledMetric::Object(Arc::new(metric))
    }
}

impl From<Arc<dyn Metric>> for CompiledMetric {
    fn from(metric: Arc<dyn Metric>) -> CompiledMetric {
        CompiledMetric::Object(metric)
    }
}

/// Optional arguments of [`compile`](super::Sequential::compile).
#[derive(Default)]
#[must_use]
pub struct CompileOptions {
    pub(super) metrics: Vec<CompiledMetric>,
    pub(super) weighted_metrics: Vec<CompiledMetric>,
    pub(super) loss_weight: Option<f64>,
    pub(super) run_eagerly: bool,
}

impl CompileOptions {
    /// Adds a metric, which takes no notice of weights of samples.
    pub fn metric(mut self, metric: impl Into<CompiledMetric>) -> CompileOptions {
        self.metrics.push(metric.into());
        self
    }

    /// Adds a metric in which samples count by their weights.
    pub fn weighted_metric(mut self, metric: impl Into<CompiledMetric>) -> CompileOptions {
        self.weighted_metrics.push(metric.into());
        self
    }

    /// What the loss is multiplied by.
    pub fn loss_weight(mut self, weight: f64) -> CompileOptions {
        self.loss_weight = Some(weight);
        self
    }

    /// Whether steps run op by op, and are not traced.
    pub fn run_eagerly(mut self, run_eagerly: bool) -> CompileOptions {
        self.run_eagerly = run_eagerly;
        self
    }
}

/// A metric with the name it has in logs.
pub(super) struct NamedMetric {
    pub(super) name: String,
    pub(super) metric: Arc<dyn Metric>,
    pub(super) weighted: bool,
}

/// What a model is trained with.
pub(super) struct Compiled {
    pub(super) optimizer: Arc<Optimizer>,
    /// None for the cross entropy that fits the shapes of targets and predictions.
    pub(super) loss: Option<Arc<dyn Loss>>,
    pub(super) tracker: Arc<Mean>,
    pub(super) options: CompileOptions,
}

impl Compiled {
    pub(super) fn new(
        optimizer: Arc<Optimizer>,
        loss: Option<Arc<dyn Loss>>,
        options: CompileOptions,
    ) -> Result<Compiled> {
        for metric in options.metrics.iter().chain(&options.weighted_metrics) {
            if let CompiledMetric::Named(name) = metric
                && !is_accuracy(name)
            {
                metrics::get(name)?;
            }
        }
        let tracker = Arc::new(Mean::new_with(|o| o.name("loss".to_string()))?);
        Ok(Compiled { optimizer, loss, tracker, options })
    }

    /// The metrics for targets and predictions of these shapes, with the names that logs have for them.
    pub(super) fn metrics(&self, y_true: &PartialShape, y_pred: &PartialShape) -> Result<Vec<NamedMetric>> {
        let mut found: Vec<NamedMetric> = Vec::new();
        let plain = self.options.metrics.iter().map(|metric| (metric, false));
        let weighted = self.options.weighted_metrics.iter().map(|metric| (metric, true));
        for (given, weighted) in plain.chain(weighted) {
            let (base, metric) = match given {
                CompiledMetric::Named(name) if is_accuracy(name) => {
                    (name.clone(), metrics::for_shapes(name, y_true, y_pred)?)
                }
                CompiledMetric::Named(name) => (name.clone(), metrics::get(name)?),
                CompiledMetric::Object(metric) => (metric.name().to_string(), metric.clone()),
            };
            let is_taken = |name: &str| found.iter().any(|earlier| earlier.name == name);
            let mut name = base.clone();
            if weighted && is_taken(&name) {
                name = format!("weighted_{base}");
            }
            let stem = name.clone();
            let mut count = 1;
            while is_taken(&name) {
                name = format!("{stem}_{count}");
                count += 1;
            }
            found.push(NamedMetric { name, metric, weighted });
        }
        Ok(found)
    }
}

fn is_accuracy(name: &str) -> bool {
    matches!(name.to_lowercase().as_str(), "accuracy" | "acc")
}
