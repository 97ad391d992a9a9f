//! `tf.compat.v1.losses`: losses of batches, weighted, reduced, and gathered in a collection.

use crate::mode::{executing_eagerly, facade, get_default_graph};
use crate::ops::control_dependencies;
use crate::weight_checks::check_weights;
use crate::{GraphKeys, cast};
use ferroflow_core::{
    DType, IntoOperand, Operand, Result, Tensor, bail, context, convert_to_tensor, ensure, options,
};
use ferroflow_graph::CollectionItem;
use ferroflow_ops_array as array;
use ferroflow_ops_math as math;
use ferroflow_ops_nn as nn;

/// How the losses of a batch become one.
///
/// Source: `tf.compat.v1.losses.Reduction`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reduction {
    /// They stay as they are.
    None,
    /// Their sum.
    Sum,
    /// Their sum, divided by how many there are.
    SumOverBatchSize,
    /// Their sum, divided by that of the weights.
    Mean,
    /// Their sum, divided by how many have a weight other than 0.
    #[default]
    SumByNonzeroWeights,
}

options! {
    /// Optional arguments of the losses that end in `_with`.
    pub struct LossOptions {
        /// What each loss is multiplied by: of the losses' rank, with sizes that are theirs or 1. 1 by default.
        weights: Option<Tensor> = None,
        /// The collection that the loss joins; none if it is empty.
        loss_collection: String = GraphKeys::LOSSES.to_string(),
        /// How the losses of a batch become one.
        reduction: Reduction = Reduction::SumByNonzeroWeights,
    }
}

/// Multiplies losses by their weights, makes one of them, and gathers it.
///
/// Source: `tf.compat.v1.losses.compute_weighted_loss`.
///
/// # Errors
/// As [`compute_weighted_loss_with`].
pub fn compute_weighted_loss(losses: impl IntoOperand) -> Result<Tensor> {
    compute_weighted_loss_with(losses, |o| o)
}

/// [`compute_weighted_loss`] with weights, another collection or another reduction.
///
/// # Errors
/// `ValueError` for weights that do not fit the losses; `Unimplemented` for weights or losses of unknown shape, unless
/// weights are a single number.
pub fn compute_weighted_loss_with(
    losses: impl IntoOperand,
    options: impl FnOnce(LossOptions) -> LossOptions,
) -> Result<Tensor> {
    let options = options(LossOptions::default());
    let name = context::take_name().unwrap_or_else(|| "weighted_loss".to_string());
    let losses = losses.into_operand()?;
    facade(|| {
        context::with_name(&name, || {
            context::name_scope(&name, || {
                let losses = convert_to_tensor(losses, None)?;
                let checked = check_weights(options.weights.as_ref(), &losses)?;
                control_dependencies(checked, || reduced(losses, &options))
            })
        })
    })
}

fn reduced(losses: Tensor, options: &LossOptions) -> Result<Tensor> {
    let dtype = losses.dtype().base();
    let losses = cast(losses, DType::FLOAT32)?;
    let weights = match &options.weights {
        Some(weights) => cast(weights, DType::FLOAT32)?,
        None => cast(1.0, DType::FLOAT32)?,
    };
    let weighted = crate::multiply(&losses, &weights)?;
    let loss = match options.reduction {
        Reduction::None => weighted,
        reduction => {
            let sum = math::reduce_sum(weighted, ())?;
            match reduction {
                Reduction::Mean => {
                    let ones = (array::ones_like(&losses)? * &weights)?;
                    safe_mean(sum, math::reduce_sum(ones, ())?)?
                }
                Reduction::SumByNonzeroWeights => safe_mean(sum, num_present(&losses, &weights, false)?)?,
                Reduction::SumOverBatchSize => safe_mean(sum, num_elements(&losses)?)?,
                Reduction::None | Reduction::Sum => sum,
            }
        }
    };
    let loss = cast(loss, dtype)?;
    add_loss_to(&loss, &options.loss_collection)?;
    Ok(loss)
}

fn safe_mean(losses: Tensor, count: Tensor) -> Result<Tensor> {
    let sum = math::reduce_sum(losses, ())?;
    context::with_name("value", || math::divide_no_nan(sum, count))
}

fn num_elements(losses: &Tensor) -> Result<Tensor> {
    context::name_scope_for_op("num_elements", |name| {
        let size = context::with_name(&name, || array::size(losses))?;
        cast(size, losses.dtype().base())
    })
}

/// How many losses have a weight other than 0; of each batch entry, if asked.
fn num_present(losses: &Tensor, weights: &Tensor, per_batch: bool) -> Result<Tensor> {
    context::name_scope_for_op("num_present", |name| {
        let absent = crate::equal(weights, 0.0)?;
        let (zeros, ones) = (array::zeros_like(weights)?, array::ones_like(weights)?);
        let present = array::where_select(absent, zeros, ones)?;
        let (ours, theirs) = (present.shape(), losses.shape());
        let known = ours.is_fully_defined() && theirs.is_fully_defined();
        let present = match known && ours == theirs {
            true => present,
            false => context::name_scope_for_op("broadcast_weights", |name| {
                let ones = array::ones_like(losses)?;
                context::with_name(&name, || crate::multiply(present, ones))
            })?,
        };
        let axes = if per_batch { Some(inner_axes(&present)?) } else { None };
        context::with_name(&name, || match axes {
            Some(axes) => math::reduce_sum_with(present, axes, |o| o.keepdims(true)),
            None => math::reduce_sum(present, ()),
        })
    })
}

/// All axes but the first.
fn inner_axes(tensor: &Tensor) -> Result<Vec<i64>> {
    match tensor.shape().rank() {
        Some(rank) => Ok((1..rank as i64).collect()),
        None => {
            bail!(unimplemented, "mean_pairwise_squared_error of tensors of unknown rank is not supported")
        }
    }
}

/// Both tensors as `float32`, once their shapes are found to agree.
fn pair(labels: Operand, predictions: Operand, dtype: DType) -> Result<(Tensor, Tensor)> {
    let predictions = cast(predictions, dtype)?;
    let labels = cast(labels, dtype)?;
    agree(&predictions, &labels)?;
    Ok((labels, predictions))
}

pub(crate) fn agree(predictions: &Tensor, labels: &Tensor) -> Result<()> {
    let (ours, theirs) = (predictions.shape(), labels.shape());
    ensure!(ours.is_compatible_with(&theirs), value, "Shapes {ours} and {theirs} are incompatible");
    Ok(())
}

/// Computes losses in a scope, and makes one of them.
pub(crate) fn loss(
    scope: &str,
    options: impl FnOnce(LossOptions) -> LossOptions,
    losses: impl FnOnce() -> Result<Tensor>,
) -> Result<Tensor> {
    let name = context::take_name().unwrap_or_else(|| scope.to_string());
    facade(|| {
        context::name_scope_for_op(&name, |name| {
            let losses = losses()?;
            context::with_name(&name, || compute_weighted_loss_with(losses, options))
        })
    })
}

/// Declares losses of labels and predictions: their name, with options, the scope, the losses of both tensors.
macro_rules! losses {
    ($($(#[$doc:meta])* $name:ident $with:ident $scope:literal |$labels:ident, $predictions:ident| $losses:expr;)*) => {
        $($(#[$doc])*
        ///
        #[doc = concat!("Source: `tf.compat.v1.losses.", stringify!($name), "`.")]
        ///
        /// # Errors
        /// `ValueError` for shapes that differ.
        pub fn $name(labels: impl IntoOperand, predictions: impl IntoOperand) -> Result<Tensor> {
            $with(labels, predictions, |o| o)
        }

        #[doc = concat!("[`", stringify!($name), "`] with weights, another collection or another reduction.")]
        ///
        /// # Errors
        #[doc = concat!("As [`", stringify!($name), "`] and [`compute_weighted_loss_with`].")]
        pub fn $with(
            labels: impl IntoOperand,
            predictions: impl IntoOperand,
            options: impl FnOnce(LossOptions) -> LossOptions,
        ) -> Result<Tensor> {
            let (labels, predictions) = (labels.into_operand()?, predictions.into_operand()?);
            loss($scope, options, || {
                let ($labels, $predictions) = pair(labels, predictions, DType::FLOAT32)?;
                $losses
            })
        })*
    };
}

losses! {
    /// The absolute differences of labels and predictions.
    absolute_difference absolute_difference_with "absolute_difference" |labels, predictions| {
        math::abs(crate::subtract(predictions, labels)?)
    };
    /// What labels of 0 and 1 lack to a margin of 1 on the logits' side of them.
    hinge_loss hinge_loss_with "hinge_loss" |labels, logits| {
        let ones = array::ones_like(&labels)?;
        let signs = crate::subtract((2.0 * labels)?, &ones)?;
        nn::relu(crate::subtract(ones, crate::multiply(signs, logits)?)?)
    };
    /// The squared differences of labels and predictions.
    mean_squared_error mean_squared_error_with "mean_squared_error" |labels, predictions| {
        math::squared_difference(predictions, labels)
    };
}

/// One minus the product of labels and predictions, summed along an axis; both are taken to be of length 1.
///
/// Source: `tf.compat.v1.losses.cosine_distance`.
///
/// # Errors
/// `ValueError` for shapes that differ.
pub fn cosine_distance(labels: impl IntoOperand, predictions: impl IntoOperand, axis: i64) -> Result<Tensor> {
    cosine_distance_with(labels, predictions, axis, |o| o)
}

/// [`cosine_distance`] with weights, another collection or another reduction.
///
/// # Errors
/// As [`cosine_distance`] and [`compute_weighted_loss_with`].
pub fn cosine_distance_with(
    labels: impl IntoOperand,
    predictions: impl IntoOperand,
    axis: i64,
    options: impl FnOnce(LossOptions) -> LossOptions,
) -> Result<Tensor> {
    let (labels, predictions) = (labels.into_operand()?, predictions.into_operand()?);
    loss("cosine_distance_loss", options, || {
        let (labels, predictions) = pair(labels, predictions, DType::FLOAT32)?;
        let products = crate::multiply(predictions, labels)?;
        1.0 - math::reduce_sum_with(products, vec![axis], |o| o.keepdims(true))?
    })
}

/// Half the squared differences up to `delta`, and beyond it what goes on in a straight line.
///
/// Source: `tf.compat.v1.losses.huber_loss`.
///
/// # Errors
/// `ValueError` for shapes that differ.
pub fn huber_loss(labels: impl IntoOperand, predictions: impl IntoOperand, delta: f64) -> Result<Tensor> {
    huber_loss_with(labels, predictions, delta, |o| o)
}

/// [`huber_loss`] with weights, another collection or another reduction.
///
/// # Errors
/// As [`huber_loss`] and [`compute_weighted_loss_with`].
pub fn huber_loss_with(
    labels: impl IntoOperand,
    predictions: impl IntoOperand,
    delta: f64,
    options: impl FnOnce(LossOptions) -> LossOptions,
) -> Result<Tensor> {
    let (labels, predictions) = (labels.into_operand()?, predictions.into_operand()?);
    loss("huber_loss", options, || {
        let (labels, predictions) = pair(labels, predictions, DType::FLOAT32)?;
        let distance = math::abs(crate::subtract(predictions, labels)?)?;
        let quadratic = math::minimum(&distance, delta)?;
        let linear = crate::subtract(distance, &quadratic)?;
        let half = crate::constant(0.5)?;
        let square = crate::multiply(half, crate::multiply(&quadratic, &quadratic)?)?;
        crate::add(square, crate::multiply(delta, linear)?)
    })
}

/// The cross entropy of labels in [0, 1] and predicted probabilities, to which `epsilon` is added.
///
/// Source: `tf.compat.v1.losses.log_loss`.
///
/// # Errors
/// `ValueError` for shapes that differ.
pub fn log_loss(labels: impl IntoOperand, predictions: impl IntoOperand, epsilon: f64) -> Result<Tensor> {
    log_loss_with(labels, predictions, epsilon, |o| o)
}

/// [`log_loss`] with weights, another collection or another reduction.
///
/// # Errors
/// As [`log_loss`] and [`compute_weighted_loss_with`].
pub fn log_loss_with(
    labels: impl IntoOperand,
    predictions: impl IntoOperand,
    epsilon: f64,
    options: impl FnOnce(LossOptions) -> LossOptions,
) -> Result<Tensor> {
    let (labels, predictions) = (labels.into_operand()?, predictions.into_operand()?);
    loss("log_loss", options, || {
        let (labels, predictions) = pair(labels, predictions, DType::FLOAT32)?;
        let yes = crate::multiply(&labels, math::log((&predictions + epsilon)?)?)?;
        let yes = crate::negative(yes)?;
        let rest = (1.0 - labels)?;
        let no = crate::multiply(rest, math::log(((1.0 - predictions)? + epsilon)?)?)?;
        yes - no
    })
}

/// The squared differences between the errors of all pairs within a batch entry, on average over pairs; summed over
/// entries.
///
/// Source: `tf.compat.v1.losses.mean_pairwise_squared_error`.
///
/// # Errors
/// `ValueError` for shapes that differ.
pub fn mean_pairwise_squared_error(
    labels: impl IntoOperand,
    predictions: impl IntoOperand,
) -> Result<Tensor> {
    mean_pairwise_squared_error_with(labels, predictions, |o| o)
}

/// [`mean_pairwise_squared_error`] with weights or another collection; it has no reduction.
///
/// # Errors
/// As [`mean_pairwise_squared_error`] and [`compute_weighted_loss_with`].
pub fn mean_pairwise_squared_error_with(
    labels: impl IntoOperand,
    predictions: impl IntoOperand,
    options: impl FnOnce(LossOptions) -> LossOptions,
) -> Result<Tensor> {
    let options = options(LossOptions::default());
    let (labels, predictions) = (labels.into_operand()?, predictions.into_operand()?);
    let name = context::take_name().unwrap_or_else(|| "mean_pairwise_squared_error".to_string());
    facade(|| {
        context::name_scope_for_op(&name, |_| {
            let weights = match &options.weights {
                Some(weights) => cast(weights, DType::FLOAT32)?,
                None => cast(1.0, DType::FLOAT32)?,
            };
            let labels = cast(labels, DType::FLOAT32)?;
            let checked = check_weights(Some(&weights), &labels)?;
            control_dependencies(checked, || {
                let predictions = cast(predictions, DType::FLOAT32)?;
                agree(&predictions, &labels)?;
                let differences = crate::subtract(predictions, labels)?;
                let loss = pairwise(&differences, &weights)?;
                add_loss_to(&loss, &options.loss_collection)?;
                Ok(loss)
            })
        })
    })
}

fn pairwise(differences: &Tensor, weights: &Tensor) -> Result<Tensor> {
    let axes = inner_axes(differences)?;
    let sum = |of: &Tensor| math::reduce_sum_with(of, axes.clone(), |o| o.keepdims(true));
    let quotient = |x: Tensor, y: Tensor| context::with_name("value", || math::divide_no_nan(x, y));
    let squares = sum(&math::square(differences)?)?;
    let present = num_present(differences, weights, true)?;
    let first = (2.0 * quotient(squares, math::maximum((&present - 1.0)?, 0.0)?)?)?;
    let whole = math::square(sum(differences)?)?;
    let pairs = crate::multiply(&present, (&present - 1.0)?)?;
    let second = (2.0 * quotient(whole, math::maximum(pairs, 0.0)?)?)?;
    let weighted = crate::multiply((first - second)?, weights)?;
    let loss = math::reduce_sum(weighted, ())?;
    let any = crate::greater(math::reduce_sum(present, ())?, 0.0)?;
    let zeros = array::zeros_like(&loss)?;
    context::with_name("value", || array::where_select(any, loss, zeros))
}

/// Puts a loss among the losses of its graph.
///
/// Source: `tf.compat.v1.losses.add_loss`.
///
/// # Errors
/// `RuntimeError` when the graph is finalised.
pub fn add_loss(loss: &Tensor) -> Result<()> {
    add_loss_to(loss, GraphKeys::LOSSES)
}

fn add_loss_to(loss: &Tensor, collection: &str) -> Result<()> {
    if collection.is_empty() || executing_eagerly() {
        return Ok(());
    }
    crate::add_to_collection(collection, CollectionItem::Tensor(loss.clone()))
}

fn collected(collection: &str, scope: &str) -> Vec<Tensor> {
    let items = get_default_graph().get_collection(collection);
    let tensors = items.into_iter().filter_map(|item| match item {
        CollectionItem::Tensor(tensor) => Some(tensor),
        _ => None,
    });
    tensors.filter(|tensor| tensor.name().is_ok_and(|name| name.starts_with(scope))).collect()
}

/// The losses of the default graph whose names begin with `scope`.
///
/// Source: `tf.compat.v1.losses.get_losses`.
pub fn get_losses(scope: &str) -> Vec<Tensor> {
    collected(GraphKeys::LOSSES, scope)
}

/// The losses that keep variables small, of those whose names begin with `scope`.
///
/// Source: `tf.compat.v1.losses.get_regularization_losses`.
pub fn get_regularization_losses(scope: &str) -> Vec<Tensor> {
    collected(GraphKeys::REGULARIZATION_LOSSES, scope)
}

/// The sum of the losses that keep variables small; 0 without any.
///
/// Source: `tf.compat.v1.losses.get_regularization_loss`.
///
/// # Errors
/// Those of the graph in force.
pub fn get_regularization_loss(scope: &str) -> Result<Tensor> {
    let name = context::take_name().unwrap_or_else(|| "total_regularization_loss".to_string());
    match get_regularization_losses(scope).as_slice() {
        [] => crate::constant(0.0),
        losses => context::with_name(&name, || crate::add_n(losses)),
    }
}

/// The sum of all losses of the default graph whose names begin with `scope`; with or without those that keep
/// variables small.
///
/// Source: `tf.compat.v1.losses.get_total_loss`.
///
/// # Errors
/// `ValueError` when there are none.
pub fn get_total_loss(add_regularization_losses: bool, scope: &str) -> Result<Tensor> {
    let name = context::take_name().unwrap_or_else(|| "total_loss".to_string());
    let mut losses = get_losses(scope);
    if add_regularization_losses {
        losses.extend(get_regularization_losses(scope));
    }
    if losses.is_empty() {
        bail!(
            value,
            "inputs must be an iterable of at least one Tensor/IndexedSlices with the same dtype and shape"
        );
    }
    context::with_name(&name, || crate::add_n(&losses))
}
