//! Initializers that draw from one distribution for every shape.

use super::seed::Seed;
use super::{Initializer, dims};
use crate::linalg::{diag_part, matrix_transpose, qr};
use crate::math::sign;
use crate::random::{stateless_normal_with, stateless_truncated_normal_with, stateless_uniform_with};
use crate::reshape;
use ferroflow_core::{DType, PartialShape, Result, Tensor, convert_to_tensor, ensure};

/// Declares an initializer with numbers and a seed.
macro_rules! seeded {
    ($($(#[$doc:meta])* pub struct $name:ident {
        $($(#[$field_doc:meta])* $field:ident: $ty:ty = $default:expr),* $(,)?
    })*) => {
        $($(#[$doc])*
        #[derive(Clone, Debug)]
        #[must_use]
        pub struct $name {
            $(pub(super) $field: $ty,)*
            pub(super) seed: Seed,
        }

        impl Default for $name {
            fn default() -> $name {
                $name { $($field: $default,)* seed: Seed::default() }
            }
        }

        impl $name {
            $($(#[$field_doc])*
            pub fn $field(mut self, $field: impl Into<$ty>) -> $name {
                self.$field = $field.into();
                self
            })*

            /// The seed. Without one, it is drawn when the initializer is first used.
            pub fn seed(mut self, seed: i64) -> $name {
                self.seed = Seed::of(seed);
                self
            }
        })*
    };
}

pub(super) use seeded;

seeded! {
    /// Numbers of a normal distribution (`tf.keras.initializers.RandomNormal`).
    pub struct RandomNormal {
        /// The mean.
        mean: f64 = 0.0,
        /// The standard deviation.
        stddev: f64 = 0.05,
    }

    /// Numbers of a normal distribution, drawn again where they are more than two standard deviations from the mean
    /// (`tf.keras.initializers.TruncatedNormal`).
    pub struct TruncatedNormal {
        /// The mean.
        mean: f64 = 0.0,
        /// The standard deviation.
        stddev: f64 = 0.05,
    }

    /// Numbers of a uniform distribution (`tf.keras.initializers.RandomUniform`).
    pub struct RandomUniform {
        /// The least number.
        minval: f64 = -0.05,
        /// The number that all are below.
        maxval: f64 = 0.05,
    }

    /// A matrix whose rows or columns are orthonormal (`tf.keras.initializers.Orthogonal`); shapes of higher rank are
    /// matrices of their last dimension.
    pub struct Orthogonal {
        /// What the matrix is multiplied by.
        gain: f64 = 1.0,
    }
}

impl Initializer for RandomNormal {
    fn call(&self, shape: &[usize], dtype: DType) -> Result<Tensor> {
        stateless_normal_with(dims(shape), self.seed.pair(), |o| {
            o.mean(self.mean).stddev(self.stddev).dtype(dtype)
        })
    }

    fn settle(&self) {
        self.seed.settle();
    }
}

impl Initializer for TruncatedNormal {
    fn call(&self, shape: &[usize], dtype: DType) -> Result<Tensor> {
        stateless_truncated_normal_with(dims(shape), self.seed.pair(), |o| {
            o.mean(self.mean).stddev(self.stddev).dtype(dtype)
        })
    }

    fn settle(&self) {
        self.seed.settle();
    }
}

impl Initializer for RandomUniform {
    fn call(&self, shape: &[usize], dtype: DType) -> Result<Tensor> {
        stateless_uniform_with(dims(shape), self.seed.pair(), |o| {
            o.minval(self.minval).maxval(self.maxval).dtype(dtype)
        })
    }

    fn settle(&self) {
        self.seed.settle();
    }
}

impl Initializer for Orthogonal {
    fn call(&self, shape: &[usize], dtype: DType) -> Result<Tensor> {
        ensure!(
            shape.len() >= 2,
            value,
            "The tensor to initialize must be at least two-dimensional. Received: shape={} of rank {}.",
            PartialShape::new(shape.iter().map(|&size| Some(size))),
            shape.len()
        );
        let (outer, columns) = shape.split_at(shape.len() - 1);
        let columns = columns[0];
        let rows = outer.iter().try_fold(1usize, |product, &size| product.checked_mul(size));
        let rows = rows.ok_or_else(|| ferroflow_core::Error::value("the shape has too many elements"))?;
        let tall = [rows.max(columns), rows.min(columns)];
        let drawn = stateless_normal_with(dims(&tall), self.seed.pair(), |o| o.dtype(dtype))?;
        let (q, r) = qr(drawn)?;
        // Without the signs of the diagonal the matrices would not be evenly distributed.
        let q = (q * sign(diag_part(r)?)?)?;
        let q = if rows < columns { matrix_transpose(q)? } else { q };
        convert_to_tensor(self.gain, Some(dtype))? * reshape(q, dims(shape))?
    }

    fn settle(&self) {
        self.seed.settle();
    }
}
