//! Optimizers: how gradients change variables (`tf.keras.optimizers`, of Keras 3).
//!
//! An [`Optimizer`] is a rule ([`Adam`], [`SGD`], ...) with a learning rate and the state that the rule keeps:
//!
//! ```
//! use ferroflow_v2 as tf;
//! use tf::optimizers::{Optimizer, SGD};
//! let w = tf::Variable::new(5.0)?;
//! let optimizer = Optimizer::new(SGD::default().momentum(0.5), 0.1)?;
//! for _ in 0..40 {
//!     let tape = tf::GradientTape::new();
//!     let loss = (&w * &w)?;
//!     optimizer.apply_gradients([(tape.gradient(&loss, &w)?, &w)])?;
//! }
//! assert!(w.numpy()?.item::<f32>()?.abs() < 0.01);
//! # Ok::<(), tf::Error>(())
//! ```

mod adaptive;
mod clip;
mod ftrl;
mod moments;
mod optimizer;
pub mod schedules;
mod sgd;
mod state;
mod step;

pub use adaptive::{Adadelta, Adagrad, RMSprop};
pub use ftrl::Ftrl;
pub use moments::{Adam, AdamW, Adamax, Lion, Nadam};
pub use optimizer::{Optimizer, OptimizerOptions};
pub use schedules::LearningRate;
pub use sgd::SGD;
pub use step::{Slot, Step, UpdateRule};
