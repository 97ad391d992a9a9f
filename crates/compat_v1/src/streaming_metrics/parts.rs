//! What metrics have in common: options, variables, scopes, and shapes that are made to fit.

use crate::batch_losses::agree;
use crate::mode::{executing_eagerly, facade};
use crate::ops::control_dependencies;
use crate::variables::{Assigned, Variable};
use crate::weight_checks::check_weights;
use crate::{GraphKeys, cast, variable_scope_with};
use ferroflow_core::{
    DType, IntoOperand, PartialShape, Result, Tensor, bail, context, convert_to_tensor, ensure, options,
};
use ferroflow_graph::CollectionItem;
use ferroflow_ops::composites;
use ferroflow_ops_array as array;

options! {
    /// Optional arguments of the metrics that end in `_with`.
    pub struct MetricOptions {
        /// What each element counts: a number, or of the values' rank, with sizes that are theirs or 1. 1 by default.
        weights: Option<Tensor> = None,
        /// Collections that the value joins.
        metrics_collections: Vec<String> = Vec::new(),
        /// Collections that the update joins.
        updates_collections: Vec<String> = Vec::new(),
    }
}

/// A metric's value so far, and what computes it anew from one more batch.
pub(super) type Metric = (Tensor, Tensor);

impl MetricOptions {
    /// The metric, once it has joined its collections.
    pub(super) fn collected(&self, (value, update): Metric) -> Result<Metric> {
        for (collections, tensor) in
            [(&self.metrics_collections, &value), (&self.updates_collections, &update)]
        {
            for collection in collections {
                crate::add_to_collection(collection, CollectionItem::Tensor(tensor.clone()))?;
            }
        }
        Ok((value, update))
    }

    /// The same weights, and no collections.
    pub(super) fn only_weights(weights: Option<Tensor>) -> MetricOptions {
        MetricOptions::default().weights(weights)
    }
}

/// Refuses eager mode; `subject` is what TensorFlow calls the metric there.
pub(super) fn refuse_eager(subject: &str) -> Result<()> {
    ensure!(
        !executing_eagerly(),
        runtime,
        "tf.metrics.{subject} is not supported when eager execution is enabled."
    );
    Ok(())
}

/// Runs `f` in the variable scope of this name, or else in one of the default name, made unique.
pub(super) fn scoped<R>(
    name: Option<String>,
    default_name: &str,
    f: impl FnOnce() -> Result<R>,
) -> Result<R> {
    facade(|| match name {
        Some(name) => variable_scope_with(name, |o| o, |_| f()),
        None => variable_scope_with((), |o| o.default_name(default_name), |_| f()),
    })
}

/// A variable of zeros for a metric.
pub(super) fn metric_variable(shape: Vec<i32>, dtype: DType, name: &str) -> Result<Variable> {
    let collections = [GraphKeys::LOCAL_VARIABLES, GraphKeys::METRIC_VARIABLES].map(str::to_string);
    Variable::from_fn(
        || crate::zeros(shape, dtype),
        |o| o.name(name).trainable(false).collections(Some(collections.to_vec())),
    )
}

/// A shape as [`metric_variable`] takes it.
pub(super) fn sizes(shape: &PartialShape) -> Result<Vec<i32>> {
    let Some(known) = shape.to_shape() else {
        bail!(value, "Cannot convert a partially known TensorShape {shape} to a Tensor.")
    };
    known.dims().iter().map(|size| size_of(*size as i64)).collect()
}

/// A size as the ops that fill tensors take it.
pub(super) fn size_of(size: i64) -> Result<i32> {
    match i32::try_from(size) {
        Ok(size) if size >= 0 => Ok(size),
        _ => bail!(value, "a metric cannot have {size} elements along an axis"),
    }
}

/// What counts so far: a variable, or the same once a batch was added. Each use of a resource variable reads it.
pub(super) enum Sum {
    Variable(Variable),
    Updated(Assigned),
}

impl Sum {
    pub(super) fn value(&self) -> Result<Tensor> {
        match self {
            Sum::Variable(variable) => variable.value(),
            Sum::Updated(assigned) => assigned.value(),
        }
    }
}

/// `x / y`, and 0 where `y` is not above 0.
pub(super) fn safe_ratio(x: &Sum, y: &Sum, name: &str) -> Result<Tensor> {
    let y = crate::maximum(y.value()?, 0.0)?;
    context::with_name(name, || crate::div_no_nan(x.value()?, y))
}

fn without_last(tensor: Tensor) -> Result<Tensor> {
    array::squeeze_with(tensor, |o| o.axis(vec![-1]))
}

/// Labels, predictions and weights, of ranks that fit.
pub(super) fn squeezed(
    labels: impl IntoOperand,
    predictions: impl IntoOperand,
    weights: Option<Tensor>,
) -> Result<(Tensor, Tensor, Option<Tensor>)> {
    let predictions = convert_to_tensor(predictions, None)?;
    let (labels, predictions) = composites::remove_squeezable_dimensions(labels, predictions)?;
    agree(&predictions, &labels)?;
    let weights = weights.map(|weights| fitted(weights, &predictions)).transpose()?;
    Ok((labels, predictions, weights))
}

/// Weights of the values' rank: without their last axis, or with one more.
fn fitted(weights: Tensor, values: &Tensor) -> Result<Tensor> {
    match (weights.shape().rank(), values.shape().rank()) {
        (Some(0), _) => Ok(weights),
        (Some(of_weights), Some(of_values)) if of_weights == of_values + 1 => without_last(weights),
        (Some(of_weights), Some(of_values)) if of_values == of_weights + 1 => {
            array::expand_dims(weights, [-1])
        }
        (Some(_), Some(_)) => Ok(weights),
        _ => bail!(unimplemented, "metrics with weights or values of unknown rank are not supported"),
    }
}

/// Weights of the values' rank and shape, as `float32`.
pub(super) fn weights_of(weights: Tensor, values: &Tensor) -> Result<Tensor> {
    let weights = fitted(weights, values)?;
    broadcast(cast(weights, DType::FLOAT32)?, values)
}

/// Weights of the values' shape.
pub(super) fn broadcast(weights: Tensor, values: &Tensor) -> Result<Tensor> {
    context::name_scope_for_op("broadcast_weights", |name| {
        let (ours, theirs) = (weights.shape(), values.shape());
        if ours.is_fully_defined() && theirs.is_fully_defined() && ours == theirs {
            return Ok(weights);
        }
        let checked = check_weights(Some(&weights), values)?;
        control_dependencies(checked, || {
            let ones = crate::ones_like(values)?;
            context::with_name(&name, || crate::multiply(weights, ones))
        })
    })
}
