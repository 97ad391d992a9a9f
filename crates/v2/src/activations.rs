//! Activations: functions that layers apply to their outputs (`tf.keras.activations`, of Keras 3).

use crate::math::{exp, expm1, log_softmax_with, maximum, minimum, softmax_with, tanh as tanh_of};
use crate::{clip_by_value, convert_to_tensor, nn};
use ferroflow_core::{IntoOperand, Result, Tensor, options};
use ferroflow_ops_array::where_select;
use std::fmt;
use std::sync::Arc;

pub use crate::nn::{selu, softplus, softsign};
pub use ferroflow_ops_math::{sigmoid, tanh};

type Applied = Arc<dyn Fn(&Tensor) -> Result<Tensor> + Send + Sync>;

/// A function that a layer applies: one of Keras's, or any other.
///
/// ```
/// use ferroflow_v2 as tf;
/// use tf::activations::Activation;
/// let relu = Activation::from("relu");
/// assert_eq!(format!("{}", relu.apply(&tf::constant([-1.0, 2.0])?)?), "[0. 2.]");
/// let halved = Activation::new("halved", |x| x * 0.5);
/// assert_eq!(format!("{}", halved.apply(&tf::constant([3.0])?)?), "[1.5]");
/// # Ok::<(), tf::Error>(())
/// ```
#[derive(Clone)]
pub struct Activation {
    name: String,
    /// None for a name that Keras does not know: an error where a layer is made with it.
    function: Option<Applied>,
}

impl Activation {
    /// A function under a name of its own.
    pub fn new(
        name: impl Into<String>,
        function: impl Fn(&Tensor) -> Result<Tensor> + Send + Sync + 'static,
    ) -> Activation {
        Activation { name: name.into(), function: Some(Arc::new(function)) }
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Applies the function.
    ///
    /// # Errors
    /// `ValueError` for a name that no function has; those of the function's ops.
    pub fn apply(&self, x: &Tensor) -> Result<Tensor> {
        match &self.function {
            Some(function) => function(x),
            None => Err(self.unknown()),
        }
    }

    /// Checks that there is a function of this name.
    pub(crate) fn check(&self) -> Result<()> {
        if self.function.is_none() {
            return Err(self.unknown());
        }
        Ok(())
    }

    fn unknown(&self) -> ferroflow_core::Error {
        ferroflow_core::Error::value(format!(
            "Could not interpret activation function identifier: {}",
            self.name
        ))
    }
}

impl fmt::Debug for Activation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Activation").field(&self.name).finish()
    }
}

impl From<&str> for Activation {
    fn from(name: &str) -> Activation {
        let function: Option<fn(&Tensor) -> Result<Tensor>> = match name {
            "linear" => Some(|x| Ok(x.clone())),
            "relu" => Some(|x| nn::relu(x)),
            "relu6" => Some(|x| nn::relu6(x)),
            "leaky_relu" => Some(|x| leaky_relu(x, 0.2)),
            "softmax" => Some(|x| softmax(x, -1)),
            "log_softmax" => Some(|x| log_softmax(x, -1)),
            "elu" => Some(|x| elu(x, 1.0)),
            "celu" => Some(|x| celu(x, 1.0)),
            "selu" => Some(|x| selu(x)),
            "softplus" => Some(|x| softplus(x)),
            "softsign" => Some(|x| softsign(x)),
            "silu" | "swish" => Some(|x| silu(x)),
            "gelu" => Some(|x| gelu(x, false)),
            "tanh" => Some(|x| tanh(x)),
            "sigmoid" => Some(|x| sigmoid(x)),
            "log_sigmoid" => Some(|x| log_sigmoid(x)),
            "exponential" => Some(|x| exponential(x)),
            "hard_sigmoid" => Some(|x| hard_sigmoid(x)),
            "hard_silu" | "hard_swish" => Some(|x| hard_silu(x)),
            "hard_tanh" => Some(|x| hard_tanh(x)),
            "mish" => Some(|x| mish(x)),
            _ => None,
        };
        Activation { name: name.to_string(), function: function.map(|function| Arc::new(function) as _) }
    }
}

options! {
    /// Optional arguments of [`relu_with`].
    pub struct ReluOptions {
        /// The slope of what is below the threshold.
        negative_slope: f64 = 0.0,
        /// The greatest value.
        max_value: Option<f64> = None,
        /// What is below counts as negative.
        threshold: f64 = 0.0,
    }
}

/// `max(x, 0)` (`tf.keras.activations.relu`).
///
/// # Errors
/// Those of the graph in force.
pub fn relu(x: impl IntoOperand) -> Result<Tensor> {
    nn::relu(x)
}

/// [`relu`] with a slope for negative values, a greatest value, or a threshold.
///
/// # Errors
/// Those of the graph in force.
pub fn relu_with(x: impl IntoOperand, options: impl FnOnce(ReluOptions) -> ReluOptions) -> Result<Tensor> {
    let ReluOptions { negative_slope, max_value, threshold } = options(ReluOptions::default());
    let x = convert_to_tensor(x, None)?;
    if negative_slope != 0.0 && max_value.is_none() && threshold == 0.0 {
        return leaky_relu(x, negative_slope);
    }
    let negative = match (negative_slope, threshold) {
        (0.0, _) => None,
        (_, 0.0) => Some(nn::relu((-&x)?)?),
        _ => Some(nn::relu((threshold - &x)?)?),
    };
    let plain_six = max_value == Some(6.0) && threshold == 0.0;
    let positive = match threshold {
        0.0 if plain_six => nn::relu6(&x)?,
        0.0 => nn::relu(&x)?,
        _ => (&x * crate::cast(crate::greater(&x, threshold)?, x.dtype())?)?,
    };
    let bounded = match max_value {
        Some(most) if !plain_six => clip_by_value(positive, 0.0, most)?,
        _ => positive,
    };
    match negative {
        Some(negative) => bounded - (negative_slope * negative)?,
        None => Ok(bounded),
    }
}

/// `x` where it is positive, else `negative_slope * x` (`tf.keras.activations.leaky_relu`).
///
/// # Errors
/// Those of the graph in force.
pub fn leaky_relu(x: impl IntoOperand, negative_slope: f64) -> Result<Tensor> {
    nn::leaky_relu_with(x, |o| o.alpha(negative_slope as f32))
}

/// `exp(x)` scaled to sum to one along an axis (`tf.keras.activations.softmax`).
///
/// # Errors
/// `InvalidArgument` for an axis out of range.
pub fn softmax(x: impl IntoOperand, axis: i32) -> Result<Tensor> {
    softmax_with(x, |o| o.axis(i64::from(axis)))
}

/// The logarithm of [`softmax`] (`tf.keras.activations.log_softmax`).
///
/// # Errors
/// `InvalidArgument` for an axis out of range.
pub fn log_softmax(x: impl IntoOperand, axis: i32) -> Result<Tensor> {
    log_softmax_with(x, |o| o.axis(i64::from(axis)))
}

/// `x` where it is positive, else `alpha * (exp(x) - 1)` (`tf.keras.activations.elu`).
///
/// # Errors
/// Those of the graph in force.
pub fn elu(x: impl IntoOperand, alpha: f64) -> Result<Tensor> {
    let x = convert_to_tensor(x, None)?;
    let plain = nn::elu(&x)?;
    match alpha {
        1.0 => Ok(plain),
        _ => where_select(crate::greater(x, 0.0)?, &plain, (alpha * &plain)?),
    }
}

/// `max(x, 0) + alpha * (exp(min(x, 0) / alpha) - 1)` (`tf.keras.activations.celu`).
///
/// # Errors
/// Those of the graph in force.
pub fn celu(x: impl IntoOperand, alpha: f64) -> Result<Tensor> {
    let x = convert_to_tensor(x, None)?;
    maximum(&x, 0.0)? + (alpha * expm1((minimum(&x, 0.0)? / alpha)?)?)?
}

/// `x * sigmoid(x)` (`tf.keras.activations.silu`).
///
/// # Errors
/// Those of the graph in force.
pub fn silu(x: impl IntoOperand) -> Result<Tensor> {
    nn::silu(x)
}

/// The Gaussian error linear unit (`tf.keras.activations.gelu`).
///
/// # Errors
/// Those of the graph in force.
pub fn gelu(x: impl IntoOperand, approximate: bool) -> Result<Tensor> {
    nn::gelu(x, approximate)
}

/// The logarithm of the sigmoid (`tf.keras.activations.log_sigmoid`).
///
/// # Errors
/// Those of the graph in force.
pub fn log_sigmoid(x: impl IntoOperand) -> Result<Tensor> {
    crate::math::log_sigmoid(x)
}

/// `exp(x)` (`tf.keras.activations.exponential`).
///
/// # Errors
/// Those of the graph in force.
pub fn exponential(x: impl IntoOperand) -> Result<Tensor> {
    exp(x)
}

/// `min(max(x + 3, 0), 6) / 6` (`tf.keras.activations.hard_sigmoid`).
///
/// # Errors
/// Those of the graph in force.
pub fn hard_sigmoid(x: impl IntoOperand) -> Result<Tensor> {
    nn::relu6((convert_to_tensor(x, None)? + 3.0)?)? / 6.0
}

/// `x * hard_sigmoid(x)` (`tf.keras.activations.hard_silu`).
///
/// # Errors
/// Those of the graph in force.
pub fn hard_silu(x: impl IntoOperand) -> Result<Tensor> {
    let x = convert_to_tensor(x, None)?;
    &x * hard_sigmoid(&x)?
}

/// `x` kept between -1 and 1 (`tf.keras.activations.hard_tanh`).
///
/// # Errors
/// Those of the graph in force.
pub fn hard_tanh(x: impl IntoOperand) -> Result<Tensor> {
    clip_by_value(x, -1.0, 1.0)
}

/// `x * tanh(softplus(x))` (`tf.keras.activations.mish`).
///
/// # Errors
/// Those of the graph in force.
pub fn mish(x: impl IntoOperand) -> Result<Tensor> {
    let x = convert_to_tensor(x, None)?;
    &x * tanh_of(softplus(&x)?)?
}
