//! Batch normalization as a layer, with running means for when it does not train.

use super::core::known_rank;
use super::layer::layer;
use super::values::{LayerName, Training};
use super::{Weight, add_weight};
use crate::GraphKeys;
use crate::initializers::{Initializer, ones_initializer, zeros_initializer};
use crate::mode::{executing_eagerly, get_default_graph};
use crate::scopes::{Regularizer, Reuse};
use crate::variables::Variable;
use ferroflow_core::{
    DType, IntoOperand, NdArray, Op, Result, Shape, Tensor, bail, context, convert_to_tensor, options,
};
use ferroflow_graph::{CollectionItem, Operation};

options! {
    /// Optional arguments of [`batch_normalization_with`](crate::layers::batch_normalization_with).
    pub struct BatchNormalizationOptions {
        /// The dimension of the features.
        axis: i64 = -1,
        /// How much of the running means is kept at each step.
        momentum: f64 = 0.99,
        /// What is added to variances.
        epsilon: f64 = 1e-3,
        /// Whether an offset is learned.
        center: bool = true,
        /// Whether a scale is learned.
        scale: bool = true,
        /// Makes the initial offset.
        beta_initializer: Option<Initializer> = Some(zeros_initializer()),
        /// Makes the initial scale.
        gamma_initializer: Option<Initializer> = Some(ones_initializer()),
        /// Makes the running mean's initial value.
        moving_mean_initializer: Option<Initializer> = Some(zeros_initializer()),
        /// Makes the running variance's initial value.
        moving_variance_initializer: Option<Initializer> = Some(ones_initializer()),
        /// Makes a loss of the offset.
        beta_regularizer: Option<Regularizer> = None,
        /// Makes a loss of the scale.
        gamma_regularizer: Option<Regularizer> = None,
        /// Whether the batch's own mean and variance are used, and kept for later.
        training: Training = Training::Known(false),
        /// Whether offset and scale are trained.
        trainable: bool = true,
        /// The name of the variable scope.
        name: LayerName = LayerName::default(),
        /// Whether the variables exist.
        reuse: Reuse = Reuse::Inherit,
    }
}

/// The inputs with each feature's mean taken off, divided by its standard deviation, scaled and moved by what is learned.
///
/// While training, mean and variance are the batch's, and operations in the collection `update_ops` keep running means of
/// them, which are used else. Those operations have to be run with the training step.
///
/// Source: `tf.compat.v1.layers.batch_normalization`.
///
/// # Errors
/// As [`batch_normalization_with`](crate::layers::batch_normalization_with).
pub fn batch_normalization(inputs: impl IntoOperand, training: impl Into<Training>) -> Result<Tensor> {
    let training = training.into();
    batch_normalization_with(inputs, |o| o.training(training))
}

/// [`batch_normalization`](crate::layers::batch_normalization) with other numbers, initializers and regularizers.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// use ferroflow_core::DType;
/// let x = tf::placeholder(DType::FLOAT32, [2, 4])?;
/// tf::layers::batch_normalization_with(&x, |o| o.training(true).momentum(0.9))?;
/// assert_eq!(tf::get_collection(tf::GraphKeys::UPDATE_OPS).len(), 2);
/// # Ok::<(), ferroflow_core::Error>(())
/// ```
///
/// # Errors
/// `ValueError` for inputs of unknown rank or number of features; `Unimplemented` for features elsewhere than in the
/// last dimension, but of images that have them in the second; those of [`get_variable`](crate::get_variable).
pub fn batch_normalization_with(
    inputs: impl IntoOperand,
    options: impl FnOnce(BatchNormalizationOptions) -> BatchNormalizationOptions,
) -> Result<Tensor> {
    let (inputs, options) = (inputs.into_operand()?, options(BatchNormalizationOptions::default()));
    layer("batch_normalization", &options.name, options.reuse, || {
        let x = convert_to_tensor(inputs, None)?;
        let rank = known_rank(&x, "batch_normalization", 2)?;
        let axis = ferroflow_core::normalize_axis(options.axis, rank)?;
        let fused = rank == 4;
        if axis + 1 != rank && !(fused && axis == 1) {
            bail!(unimplemented, "batch_normalization over axis {axis} of {rank} dimensions");
        }
        let Some(features) = x.shape().dims().and_then(|dims| dims.get(axis).copied()).flatten() else {
            bail!(
                value,
                "Input has undefined `axis` dimension. Received input with shape {} and axis=({axis},)",
                x.shape()
            );
        };
        let parameters = Parameters::get(&options, &x, features)?;
        if fused {
            return parameters.fused(&x, &options, if axis == 1 { "NCHW" } else { "NHWC" }, features);
        }
        parameters.plain(&x, &options, rank)
    })
}

/// The variables of a layer.
struct Parameters {
    gamma: Option<Variable>,
    beta: Option<Variable>,
    mean: Variable,
    variance: Variable,
}

impl Parameters {
    fn get(options: &BatchNormalizationOptions, x: &Tensor, features: usize) -> Result<Parameters> {
        let dtype = match x.dtype().base() {
            DType::HALF | DType::BFLOAT16 => DType::FLOAT32,
            dtype => dtype,
        };
        let weight =
            |name, initializer: &Option<Initializer>, regularizer: Option<Regularizer>, trainable| {
                add_weight(Weight {
                    name,
                    shape: vec![features],
                    dtype,
                    initializer: initializer.clone(),
                    regularizer,
                    trainable,
                })
            };
        let gamma = match options.scale {
            true => Some(weight(
                "gamma",
                &options.gamma_initializer,
                options.gamma_regularizer.clone(),
                options.trainable,
            )?),
            false => None,
        };
        let beta = match options.center {
            true => Some(weight(
                "beta",
                &options.beta_initializer,
                options.beta_regularizer.clone(),
                options.trainable,
            )?),
            false => None,
        };
        let mean = weight("moving_mean", &options.moving_mean_initializer, None, false)?;
        let variance = weight("moving_variance", &options.moving_variance_initializer, None, false)?;
        Ok(Parameters { gamma, beta, mean, variance })
    }

    fn plain(&self, x: &Tensor, options: &BatchNormalizationOptions, rank: usize) -> Result<Tensor> {
        let training = &options.training;
        let read = |variable: &Option<Variable>| variable.as_ref().map(value_of).transpose();
        let (mean, variance) = match training {
            Training::Known(false) => (value_of(&self.mean)?, value_of(&self.variance)?),
            _ => {
                let axes: Vec<i32> = (0..rank as i32 - 1).collect();
                let (mean, variance) = ferroflow_ops::composites::moments(x, &axes, false)?;
                let or_kept = |batch: &Tensor, kept: &Variable| {
                    training.select(|| Ok(batch.clone()), || value_of(kept))
                };
                let (mean, variance) = (or_kept(&mean, &self.mean)?, or_kept(&variance, &self.variance)?);
                for (kept, batch) in [(&self.mean, &mean), (&self.variance, &variance)] {
                    let update = training.select(
                        || assign_moving_average(kept, batch, Momentum::Known(options.momentum)),
                        || value_of(kept),
                    )?;
                    add_update(&update)?;
                }
                (mean, variance)
            }
        };
        let (offset, scale) = (read(&self.beta)?, read(&self.gamma)?);
        let y = ferroflow_ops::composites::batch_normalization(
            x,
            mean,
            variance,
            offset.as_ref(),
            scale.as_ref(),
            options.epsilon,
        )?;
        crate::rnn::set_shape(&y, &x.shape())?;
        Ok(y)
    }

    fn fused(
        &self,
        x: &Tensor,
        options: &BatchNormalizationOptions,
        data_format: &str,
        features: usize,
    ) -> Result<Tensor> {
        let filled = |variable: &Option<Variable>, value: f32| match variable {
            Some(variable) => value_of(variable),
            None => ferroflow_core::constant_of(value, None, Some(&Shape::new(&[features])?)),
        };
        let (gamma, beta) = (filled(&self.gamma, 1.0)?, filled(&self.beta, 0.0)?);
        let (kept_mean, kept_variance) = (value_of(&self.mean)?, value_of(&self.variance)?);
        let normalized = |training: bool| -> Result<Vec<Tensor>> {
            let outputs = Op::named("FusedBatchNormV3")
                .input(x)
                .input(&gamma)
                .input(&beta)
                .input(&kept_mean)
                .input(&kept_variance)
                .attr("epsilon", options.epsilon as f32)
                .attr("exponential_avg_factor", 1.0f32)
                .attr("data_format", data_format)
                .attr("is_training", training)
                .all()?;
            Ok(outputs.into_iter().take(3).collect())
        };
        let outputs = options.training.select(|| normalized(true), || normalized(false))?;
        let [y, mean, variance] = outputs.as_slice() else {
            bail!(internal, "FusedBatchNormV3 gives too little")
        };
        if matches!(options.training, Training::Known(false)) {
            return Ok(y.clone());
        }
        let constant = |value: f64| crate::constant(NdArray::scalar(value as f32));
        let momentum = options.training.select(|| constant(options.momentum), || constant(1.0))?;
        for (kept, batch) in [(&self.mean, mean), (&self.variance, variance)] {
            add_update(&assign_moving_average(kept, batch, Momentum::Tensor(momentum.clone()))?)?;
        }
        Ok(y.clone())
    }
}

/// The value of a variable.
fn value_of(variable: &Variable) -> Result<Tensor> {
    convert_to_tensor(variable, None)
}

/// How much of a running mean is kept.
enum Momentum {
    Known(f64),
    Tensor(Tensor),
}

/// Moves a running mean towards a batch's.
fn assign_moving_average(kept: &Variable, batch: &Tensor, momentum: Momentum) -> Result<Tensor> {
    context::name_scope_for_op("AssignMovingAvg", |name| {
        let change = || {
            let decay = match momentum {
                Momentum::Known(momentum) => context::with_name("decay", || {
                    convert_to_tensor(1.0 - momentum, Some(kept.dtype().base()))
                })?,
                Momentum::Tensor(momentum) => (1.0 - momentum)?,
            };
            let delta = ((value_of(kept)? - batch)? * decay)?;
            context::with_name(&name, || kept.assign_sub(delta))?.value()
        };
        match executing_eagerly() {
            true => change(),
            false => {
                let operation = kept.op()?;
                operation.graph().colocate_with(&operation, change)
            }
        }
    })
}

fn add_update(update: &Tensor) -> Result<()> {
    if executing_eagerly() {
        return Ok(());
    }
    let operation = Operation::of(update)?;
    get_default_graph().add_to_collection(GraphKeys::UPDATE_OPS, CollectionItem::Operation(operation))
}
