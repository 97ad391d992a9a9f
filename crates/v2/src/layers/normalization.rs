//! Layers that bring values to mean 0 and variance 1.

use super::dense::channels;
use super::{InputSpec, Layer, LayerState, Weights};
use crate::initializers::{Ones, Zeros};
use crate::math::rsqrt;
use crate::nn::{batch_normalization, moments};
use crate::{Variable, negative, reshape};
use ferroflow_core::{DType, PartialShape, Result, Tensor, ensure, operators::cast, options};

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

impl Layer for BatchNormalization {
    fn state(&self) -> &LayerState {
        &self.state
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
            weights.add("gamma", &[size], &ones)?;
        }
        if self.options.center {
            weights.add("beta", &[size], &zeros)?;
        }
        weights.add_with("moving_mean", &[size], &zeros, |o| o.trainable(false))?;
        weights.add_with("moving_variance", &[size], &ones, |o| o.trainable(false))?;
        weights.expect(InputSpec::of_rank(rank).axis(self.options.axis, size));
        Ok(())
    }

    fn forward(&self, inputs: &Tensor, training: bool) -> Result<Tensor> {
        let inputs = cast(inputs, DType::FLOAT32)?;
        let shape = inputs.shape();
        let rank = shape.rank().unwrap_or(0);
        let axis = position(self.options.axis, rank, &shape)?;
        let [moving_mean, moving_variance] = self.moving()?;
        let (mean, variance) = if training && self.state.trainable() {
            let others: Vec<i32> = (0..rank as i32).filter(|&other| other != axis as i32).collect();
            let (mean, variance) = moments(&inputs, &others, false)?;
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

    fn build(&self, input_shape: &PartialShape, weights: &mut Weights) -> Result<()> {
        let sizes = self.axes(input_shape)?.into_iter().map(|axis| match input_shape.dim(axis) {
            Some(size) => Ok(size),
            None => channels(&self.state, &input_shape.slice(0..axis + 1)),
        });
        let sizes = sizes.collect::<Result<Vec<_>>>()?;
        if self.options.scale {
            weights.add("gamma", &sizes, &Ones::default())?;
        }
        if self.options.center {
            weights.add("beta", &sizes, &Zeros::default())?;
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
