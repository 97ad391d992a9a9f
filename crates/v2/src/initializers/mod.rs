//! Initializers: what variables begin with (`tf.keras.initializers`, of Keras 3).
//!
//! The same integer seed gives the numbers that Keras draws for it:
//!
//! ```
//! use ferroflow_v2 as tf;
//! use tf::initializers::{GlorotUniform, Initializer};
//! let initializer = GlorotUniform::default().seed(1);
//! let kernel = initializer.call(&[2, 3], tf::float32)?;
//! assert_eq!(kernel.shape(), [2, 3].into());
//! assert_eq!(kernel.numpy()?, initializer.call(&[2, 3], tf::float32)?.numpy()?);
//! # Ok::<(), tf::Error>(())
//! ```
//!
//! One without a seed takes the next one that [`set_random_seed`](crate::utils::set_random_seed) has started, when it is first
//! used or given to a layer.

mod constant;
mod named;
mod random;
mod scaling;
mod seed;

pub use constant::{Constant, Identity, Ones, Zeros};
pub use named::get;
pub use random::{Orthogonal, RandomNormal, RandomUniform, TruncatedNormal};
pub use scaling::{
    Distribution, FanMode, GlorotNormal, GlorotUniform, HeNormal, HeUniform, LecunNormal, LecunUniform,
    VarianceScaling,
};
pub(crate) use seed::{next_default, restart_defaults, stateless};

use ferroflow_core::{DType, Result, Tensor};
use std::sync::Arc;

/// What a variable begins with.
pub trait Initializer: Send + Sync + 'static {
    /// The values of a tensor of this shape and dtype.
    ///
    /// # Errors
    /// `ValueError` for a shape that the initializer cannot fill.
    fn call(&self, shape: &[usize], dtype: DType) -> Result<Tensor>;

    /// Decides now what is drawn once for all calls: called when the initializer is given to a layer.
    fn settle(&self) {}
}

impl Initializer for Arc<dyn Initializer> {
    fn call(&self, shape: &[usize], dtype: DType) -> Result<Tensor> {
        (**self).call(shape, dtype)
    }

    fn settle(&self) {
        (**self).settle();
    }
}

impl<I: Initializer> From<I> for Box<dyn Initializer> {
    fn from(initializer: I) -> Box<dyn Initializer> {
        Box::new(initializer)
    }
}

/// A shape as ops take it.
fn dims(shape: &[usize]) -> Vec<i64> {
    shape.iter().map(|&size| size as i64).collect()
}
