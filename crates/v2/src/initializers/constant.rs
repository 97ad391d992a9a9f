//! Initializers that draw no numbers.

use super::{Initializer, dims};
use crate::linalg::eye_with;
use ferroflow_core::{DType, Result, Tensor, convert_to_tensor, ensure, options};
use ferroflow_ops_array::{ones, zeros};

options! {
    /// All zeros (`tf.keras.initializers.Zeros`).
    pub struct Zeros {}
}

options! {
    /// All ones (`tf.keras.initializers.Ones`).
    pub struct Ones {}
}

options! {
    /// One value everywhere (`tf.keras.initializers.Constant`).
    pub struct Constant {
        /// The value.
        value: f64 = 0.0,
    }
}

options! {
    /// A matrix with one value on its diagonal and zeros elsewhere (`tf.keras.initializers.Identity`).
    pub struct Identity {
        /// The value.
        gain: f64 = 1.0,
    }
}

impl Initializer for Zeros {
    fn call(&self, shape: &[usize], dtype: DType) -> Result<Tensor> {
        zeros(dims(shape), dtype)
    }
}

impl Initializer for Ones {
    fn call(&self, shape: &[usize], dtype: DType) -> Result<Tensor> {
        ones(dims(shape), dtype)
    }
}

impl Initializer for Constant {
    fn call(&self, shape: &[usize], dtype: DType) -> Result<Tensor> {
        convert_to_tensor(self.value, Some(dtype))? * ones(dims(shape), dtype)?
    }
}

impl Initializer for Identity {
    fn call(&self, shape: &[usize], dtype: DType) -> Result<Tensor> {
        ensure!(
            shape.len() == 2,
            value,
            "Identity matrix initializer can only be used for 2D matrices. Received: shape={} of rank {}.",
            ferroflow_core::PartialShape::new(shape.iter().map(|&size| Some(size))),
            shape.len()
        );
        let matrix = eye_with(shape[0] as i64, |o| o.num_columns(shape[1] as i64).dtype(dtype))?;
        convert_to_tensor(self.gain, Some(dtype))? * matrix
    }
}
