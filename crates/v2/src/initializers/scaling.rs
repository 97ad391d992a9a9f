//! Initializers whose spread follows from the shape: `VarianceScaling` and its named forms.

use super::random::seeded;
use super::seed::Seed;
use super::{Initializer, RandomNormal, RandomUniform, TruncatedNormal};
use ferroflow_core::{DType, Result, Tensor, ensure};
pub use ferroflow_ops_random::{Distribution, FanMode};

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
        let spread = self.distribution.spread(self.scale, self.mode, shape);
        // The seed is this initializer's own, so that all its calls give the same numbers.
        let seed = self.seed.settle();
        match self.distribution {
            Distribution::TruncatedNormal => {
                TruncatedNormal::default().stddev(spread).seed(seed).call(shape, dtype)
            }
            Distribution::UntruncatedNormal => {
                RandomNormal::default().stddev(spread).seed(seed).call(shape, dtype)
            }
            Distribution::Uniform => {
                RandomUniform::default().minval(-spread).maxval(spread).seed(seed).call(shape, dtype)
            }
        }
    }

    fn settle(&self) {
        self.seed.settle();
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
