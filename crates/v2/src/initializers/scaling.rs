//! Initializers whose spread follows from the shape: `VarianceScaling` and its named forms.

use super::random::seeded;
use super::seed::Seed;
use super::{Initializer, RandomNormal, RandomUniform, TruncatedNormal};
use ferroflow_core::{DType, Result, Tensor, ensure};

/// What the variance is divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FanMode {
    /// The number of inputs of each output.
    FanIn,
    /// The number of outputs of each input.
    FanOut,
    /// The mean of both.
    FanAvg,
}

/// What the numbers are drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distribution {
    /// A normal distribution cut off at two standard deviations.
    TruncatedNormal,
    /// A normal distribution.
    UntruncatedNormal,
    /// A uniform distribution around zero.
    Uniform,
}

/// The standard deviation of the standard normal distribution cut off at -2 and 2.
const DEVIATION_OF_TRUNCATED: f64 = 0.879_625_661_034_239_8;

seeded! {
    /// Numbers around zero, spread by how many inputs or outputs they connect
    /// (`tf.keras.initializers.VarianceScaling`).
    pub struct VarianceScaling {
        /// What the variance is multiplied by.
        scale: f64 = 1.0,
        /// What the variance is divided by.
        mode: FanMode = FanMode::FanIn,
        /// What the numbers are drawn from.
        distribution: Distribution = Distribution::TruncatedNormal,
    }
}

impl Initializer for VarianceScaling {
    fn call(&self, shape: &[usize], dtype: DType) -> Result<Tensor> {
        ensure!(
            self.scale > 0.0,
            value,
            "Argument `scale` must be positive float. Received: scale={:?}",
            self.scale
        );
        let (fan_in, fan_out) = fans(shape);
        let fan = match self.mode {
            FanMode::FanIn => fan_in,
            FanMode::FanOut => fan_out,
            FanMode::FanAvg => (fan_in + fan_out) / 2.0,
        };
        let variance = self.scale / fan.max(1.0);
        // The seed is this initializer's own, so that all its calls give the same numbers.
        let seed = self.seed.settle();
        match self.distribution {
            Distribution::TruncatedNormal => {
                let stddev = variance.sqrt() / DEVIATION_OF_TRUNCATED;
                TruncatedNormal::default().stddev(stddev).seed(seed).call(shape, dtype)
            }
            Distribution::UntruncatedNormal => {
                RandomNormal::default().stddev(variance.sqrt()).seed(seed).call(shape, dtype)
            }
            Distribution::Uniform => {
                let limit = (3.0 * variance).sqrt();
                RandomUniform::default().minval(-limit).maxval(limit).seed(seed).call(shape, dtype)
            }
        }
    }

    fn settle(&self) {
        self.seed.settle();
    }
}

/// How many inputs each output has, and how many outputs each input, for weights of this shape.
fn fans(shape: &[usize]) -> (f64, f64) {
    match shape {
        [] => (1.0, 1.0),
        [size] => (*size as f64, *size as f64),
        [window @ .., inputs, outputs] => {
            let window: f64 = window.iter().map(|&size| size as f64).product();
            (*inputs as f64 * window, *outputs as f64 * window)
        }
    }
}

macro_rules! scalings {
    ($($(#[$doc:meta])* $name:ident $scale:literal $mode:ident $distribution:ident;)*) => {
        $(seeded! {
            $(#[$doc])*
            pub struct $name {}
        }

        impl Initializer for $name {
            fn call(&self, shape: &[usize], dtype: DType) -> Result<Tensor> {
                VarianceScaling::default()
                    .scale($scale)
                    .mode(FanMode::$mode)
                    .distribution(Distribution::$distribution)
                    .seed(self.seed.settle())
                    .call(shape, dtype)
            }

            fn settle(&self) {
                self.seed.settle();
            }
        })*
    };
}

scalings! {
    /// Uniform numbers of variance `2 / (fan_in + fan_out)` (`tf.keras.initializers.GlorotUniform`; Glorot and Bengio
    /// 2010).
    GlorotUniform 1.0 FanAvg Uniform;
    /// Normal numbers of variance `2 / (fan_in + fan_out)` (`tf.keras.initializers.GlorotNormal`).
    GlorotNormal 1.0 FanAvg TruncatedNormal;
    /// Normal numbers of variance `1 / fan_in` (`tf.keras.initializers.LecunNormal`).
    LecunNormal 1.0 FanIn TruncatedNormal;
    /// Uniform numbers of variance `1 / fan_in` (`tf.keras.initializers.LecunUniform`).
    LecunUniform 1.0 FanIn Uniform;
    /// Normal numbers of variance `2 / fan_in` (`tf.keras.initializers.HeNormal`; He et al. 2015).
    HeNormal 2.0 FanIn TruncatedNormal;
    /// Uniform numbers of variance `2 / fan_in` (`tf.keras.initializers.HeUniform`).
    HeUniform 2.0 FanIn Uniform;
}
