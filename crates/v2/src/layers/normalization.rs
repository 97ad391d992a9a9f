//! Layers that bring values to mean 0 and variance 1.

use super::dense::channels;
use super::{InputSpec, Layer, LayerState, WeightOptions, Weights};
use crate::constraints::OptionalConstraint;
use crate::initializers::{Ones, Zeros};
use crate::math::{reduce_sum_with, rsqrt, square};
use crate::nn::{batch_normalization, moments};
use crate::regularizers::OptionalRegularizer;
use crate::{Variable, broadcast_to, expand_dims, negative, reshape, squeeze};
use ferroflow_core::{DType, PartialShape, Result, Tensor, ensure, operators::cast, options};
use ferroflow_ops_array::{shape, where_select, zeros_like};

options! {
    /// Optional arguments of [`BatchNormalization::new_with`].
    pub struct BatchNormalizationOptions {
        /// The axis that keeps its own mean and variance.
        axis: i64 = -1,
        /// How much of the moving mean and variance each batch keeps.
        momentum: f64 = 0.99,
        /// Keeps divisors away from zero.
        epsilon: f64 = 1e-3,
        /// Whether a trained offset is added.
        center: bool = true,
        /// Whether values are multiplied by a trained scale.
        scale: bool = true,
        /// What the scale adds to the loss.
        gamma_regularizer: OptionalRegularizer = OptionalRegularizer::default(),
        /// What the offset adds to the loss.
        beta_regularizer: OptionalRegularizer = OptionalRegularizer::default(),
        /// What is made of the scale after each step.
        gamma_constraint: OptionalConstraint = OptionalConstraint::default(),
        /// What is made of the offset after each step.
        beta_constraint: OptionalConstraint = OptionalConstraint::default(),
        /// The name.
        name: Option<String> = None,
        /// Whether the weights are trained; if not, batches do not change the moving mean and variance either.
        trainable: bool = true,
    }
}

/// Values brought to mean 0 and variance 1 over the batch in training, and by moving averages else
/// (`tf.keras.layers.BatchNormalization`; Ioffe and Szegedy 2015).
pub struct BatchNormalization {
    state: LayerState,
    options: BatchNormalizationOptions,
}

impl BatchNormalization {
    /// A layer that normalizes each channel.
    ///
    /// # Errors
    /// None so far.
    pub fn new() -> Result<BatchNormalization> {
        BatchNormalization::new_with(|o| o)
    }

    /// The same with options.
    ///
    /// # Errors
    /// None so far.
    pub fn new_with(
        options: impl FnOnce(BatchNormalizationOptions) -> BatchNormalizationOptions,
    ) -> Result<BatchNormalization> {
        let options = options(BatchNormalizationOptions::default());
        let state = LayerState::new("BatchNormalization", "batch_normalization", options.name.clone());
        state.set_trainable(options.trainable);
        Ok(BatchNormalization { state, options })
    }

    fn moving(&self) -> Result<[&Variable; 2]> {
        Ok([self.state.weight("moving_mean")?, self.state.weight("moving_variance")?])
    }
}

/// An axis counted from the front.
fn position(axis: i64, rank: usize, shape: &PartialShape) -> Result<usize> {
    let position = if axis < 0 { axis + rank as i64 } else { axis };
    ensure!(
        (0..rank as i64).contains(&position),
        value,
        "Axis {axis} is out of bounds for input shape {shape}. Received: axis={axis}"
    );
    Ok(position as usize)
}

/// The mean and the variance of what a mask lets count.
fn masked_moments(inputs: &Tensor, mask: &Tensor, axes: &[i32]) -> Result<(Tensor, Tensor)> {
    let mask = broadcast_to(expand_dims(mask, -1)?, shape(inputs)?)?;
    let nothing = zeros_like(inputs)?;
    let axes: Vec<i64> = axes.iter().map(|&axis| axis.into()).collect();
    let sum = |values: Tensor| reduce_sum_with(values, axes.as_slice(), |o| o.keepdims(true));
    // Keras's epsilon: a batch that is masked as a whole has mean 0.
    let count = (sum(cast(&mask, inputs.dtype())?)? + 1e-7)?;
    let mean = (sum(where_select(&mask, inputs, &nothing)?)? / &count)?;
    let differences = where_select(&mask, (inputs - &mean)?, &nothing)?;
    let variance = (sum(square(differences)?)? / count)?;
    Ok((squeeze(mean)?, squeeze(variance)?))
}

impl Layer for BatchNormalization {
    fn state(&self) -> &LayerState {
        &self.state
    }

    fn compute_mask(&self, _inputs: &Tensor, mask: Option<&Tensor>) -> Result<Option<Tensor>> {
        Ok(mask.cloned())
    }

    fn build(&self, input_shape: &PartialShape, weights: &mut Weights) -> Result<()> {
        let rank = input_shape.rank();
        ensure!(rank.is_some(), value, "BatchNormalization needs inputs whose rank is known");
        let rank = rank.unwrap_or(0);
        let axis = position(self.options.axis, rank, input_shape)?;
        let size = match input_shape.dim(axis) {
            Some(size) => size,
            None => channels(&self.state, &input_shape.slice(0..axis + 1))?,
        };
        let (zeros, ones) = (Zeros::default(), Ones::default());
        if self.options.scale {
            let kept = |o: WeightOptions| {
                o.regularizer(self.options.gamma_regularizer.clone())
                    .constraint(self.options.gamma_constraint.clone())
            };
            weights.add_with("gamma", &[size], &ones, kept)?;
        }
        if self.options.center {
            let kept = |o: WeightOptions| {
                o.regularizer(self.options.beta_regularizer.clone())
                    .constraint(self.options.beta_constraint.clone())
            };
            weights.add_with("beta", &[size], &zeros, kept)?;
        }
        weights.add_with("moving_mean", &[size], &zeros, |o| o.trainable(false))?;
        weights.add_with("moving_variance", &[size], &ones, |o| o.trainable(false))?;
        weights.expect(InputSpec::of_rank(rank).axis(self.options.axis, size));
        Ok(())
    }

    fn forward(&self, inputs: &Tensor, training: bool) -> Result<Tensor> {
        self.forward_masked(inputs, None, training)
    }

    /// What is masked counts for nothing in the mean and the variance.
    fn forward_masked(&self, inputs: &Tensor, mask: Option<&Tensor>, training: bool) -> Result<Tensor> {
        if let Some(mask) = mask {
            ensure!(
                mask.rank().zip(inputs.rank()).is_none_or(|(of_mask, of_inputs)| of_mask + 1 == of_inputs),
                value,
                "The mask provided should be one dimension less than the inputs. Received: mask.shape={}, \
                 inputs.shape={}",
                mask.shape(),
                inputs.shape()
            );
        }
        let inputs = cast(inputs, DType::FLOAT32)?;
        let shape = inputs.shape();
        let rank = shape.rank().unwrap_or(0);
        let axis = position(self.options.axis, rank, &shape)?;
        let [moving_mean, moving_variance] = self.moving()?;
        let (mean, variance) = if training && self.state.trainable() {
            let others: Vec<i32> = (0..rank as i32).filter(|&other| other != axis as i32).collect();
            let (mean, variance) = match mask {
                None => moments(&inputs, &others, false)?,
                Some(mask) => masked_moments(&inputs, mask, &others)?,
            };
            let momentum = self.options.momentum;
            for (moving, now) in [(moving_mean, &mean), (moving_variance, &variance)] {
                moving.assign(((moving * momentum)? + (now * (1.0 - momentum))?)?)?;
            }
            (mean, variance)
        } else {
            (moving_mean.value()?, moving_variance.value()?)
        };
        // Along another axis than the last the statistics must be columns of it.
        let aligned = |values: Tensor| {
            if axis + 1 == rank {
                return Ok(values);
            }
            let mut sizes = vec![1i64; rank];
            sizes[axis] = -1;
            reshape(values, sizes)
        };
        let weight =
            |name: &str| self.state.find(name).map(|variable| aligned(variable.value()?)).transpose();
        let (gamma, beta) = (weight("gamma")?, weight("beta")?);
        let (mean, variance) = (aligned(mean)?, aligned(variance)?);
        batch_normalization(inputs, mean, variance, beta.as_ref(), gamma.as_ref(), self.options.epsilon)
    }
}

options! {
    /// Optional arguments of [`LayerNormalization::new_with`].
    pub struct LayerNormalizationOptions {
        /// The axes whose values are normalized together.
        axis: Vec<i64> = vec![-1],
        /// Keeps divisors away from zero.
        epsilon: f64 = 1e-3,
        /// Whether a trained offset is added.
        center: bool = true,
        /// Whether values are multiplied by a trained scale.
        scale: bool = true,
        /// What the scale adds to the loss.
        gamma_regularizer: OptionalRegularizer = OptionalRegularizer::default(),
        /// What the offset adds to the loss.
        beta_regularizer: OptionalRegularizer = OptionalRegularizer::default(),
        /// What is made of the scale after each step.
        gamma_constraint: OptionalConstraint = OptionalConstraint::default(),
        /// What is made of the offset after each step.
        beta_constraint: OptionalConstraint = OptionalConstraint::default(),
        /// The name.
        name: Option<String> = None,
        /// Whether the weights are trained.
        trainable: bool = true,
    }
}

/// The values of each sample brought to mean 0 and variance 1 (`tf.keras.layers.LayerNormalization`; Ba et al. 2016).
pub struct LayerNormalization {
    state: LayerState,
    options: LayerNormalizationOptions,
}

impl LayerNormalization {
    /// A layer that normalizes along the last axis.
    ///
    /// # Errors
    /// None so far.
    pub fn new() -> Result<LayerNormalization> {
        LayerNormalization::new_with(|o| o)
    }

    /// The same with options.
    ///
    /// # Errors
    /// None so far.
    pub fn new_with(
        options: impl FnOnce(LayerNormalizationOptions) -> LayerNormalizationOptions,
    ) -> Result<LayerNormalization> {
        let options = options(LayerNormalizationOptions::default());
        let state = LayerState::new("LayerNormalization", "layer_normalization", options.name.clone());
        state.set_trainable(options.trainable);
        Ok(LayerNormalization { state, options })
    }

    /// The axes counted from the front, in order.
    fn axes(&self, shape: &PartialShape) -> Result<Vec<usize>> {
        let rank = shape.rank().unwrap_or(0);
        let axes = self.options.axis.iter().map(|&axis| position(axis, rank, shape));
        let mut axes = axes.collect::<Result<Vec<_>>>()?;
        axes.sort_unstable();
        Ok(axes)
    }
}

impl Layer for LayerNormalization {
    fn state(&self) -> &LayerState {
        &self.state
    }

    fn compute_mask(&self, _inputs: &Tensor, mask: Option<&Tensor>) -> Result<Option<Tensor>> {
        Ok(mask.cloned())
    }

    fn build(&self, input_shape: &PartialShape, weights: &mut Weights) -> Result<()> {
        let sizes = self.axes(input_shape)?.into_iter().map(|axis| match input_shape.dim(axis) {
            Some(size) => Ok(size),
            None => channels(&self.state, &input_shape.slice(0..axis + 1)),
        });
        let sizes = sizes.collect::<Result<Vec<_>>>()?;
        if self.options.scale {
            let kept = |o: WeightOptions| {
                o.regularizer(self.options.gamma_regularizer.clone())
                    .constraint(self.options.gamma_constraint.clone())
            };
            weights.add_with("gamma", &sizes, &Ones::default(), kept)?;
        }
        if self.options.center {
            let kept = |o: WeightOptions| {
                o.regularizer(self.options.beta_regularizer.clone())
                    .constraint(self.options.beta_constraint.clone())
            };
            weights.add_with("beta", &sizes, &Zeros::default(), kept)?;
        }
        Ok(())
    }

    fn forward(&self, inputs: &Tensor, _training: bool) -> Result<Tensor> {
        let x = cast(inputs, DType::FLOAT32)?;
        let shape = x.shape();
        let rank = shape.rank().unwrap_or(0);
        let axes = self.axes(&shape)?;
        let reduced: Vec<i32> = axes.iter().map(|&axis| axis as i32).collect();
        let (mean, variance) = moments(&x, &reduced, true)?;
        let aligned = |variable: &Variable| {
            if axes == [rank - 1] {
                return variable.value();
            }
            let sizes = (0..rank).map(|axis| match axes.contains(&axis) {
                true => shape.dim(axis).map_or(-1, |size| size as i64),
                false => 1,
            });
            reshape(variable, sizes.collect::<Vec<i64>>())
        };
        let mut scale = rsqrt((variance + self.options.epsilon)?)?;
        if let Some(gamma) = self.state.find("gamma") {
            scale = (scale * aligned(gamma)?)?;
        }
        let mut shift = (negative(mean)? * &scale)?;
        if let Some(beta) = self.state.find("beta") {
            shift = (shift + aligned(beta)?)?;
        }
        (x * scale)? + shift
    }
}
