//! `tf.compat.v1.train`'s optimizers, with the number of steps, learning rates that decay, and averages of variables.

pub(crate) mod accumulating;
pub(crate) mod adam;
pub(crate) mod decays;
pub(crate) mod descent;
pub(crate) mod ftrl;
pub(crate) mod global_step;
pub(crate) mod hyperparameter;
pub(crate) mod loss;
pub(crate) mod moving_average;
pub(crate) mod optimizer;
pub(crate) mod slots;
pub(crate) mod update;

pub use accumulating::{AdadeltaOptions, AdagradDAOptions, AdagradOptions, RMSPropOptions};
pub use adam::AdamOptions;
pub use decays::{CosineDecayOptions, PolynomialDecayOptions};
pub use descent::{MomentumOptions, OptimizerOptions, ProximalAdagradOptions, ProximalOptions};
pub use ftrl::FtrlOptions;
pub use hyperparameter::Hyperparameter;
pub use loss::Loss;
pub use moving_average::{Averaged, ExponentialMovingAverageOptions};
pub use optimizer::{ApplyOptions, GateGradients, GradsAndVars, MinimizeOptions, Rule};
pub use slots::Slots;
pub use update::{Input, Update};
