//! Composite tensors as v1 makes them: in the default graph.

use crate::facade;
use crate::session::{FeedDict, FeedKey, Fetch, FetchPlan, FetchedValues, Session, get_default_session};
use ferroflow_core::{IntoOperand, RaggedTensorValue, Result, SparseTensorValue, Tensor, bail};
use ferroflow_ops_sparse::SetOperand;
use std::fmt;
use std::ops::Deref;

/// Declares a v1 composite tensor: the core's, made in the mode of the v1 API, with `eval`.
macro_rules! composites {
    ($($(#[$doc:meta])* $name:ident, $value:ty;)*) => { $(
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(ferroflow_core::$name);

        impl $name {
            /// The value, computed by the default session of this thread.
            ///
            /// # Errors
            /// `ValueError` without a default session; what the run returns.
            pub fn eval(&self) -> Result<$value> {
                match get_default_session() {
                    Some(session) => self.eval_in(&session),
                    None => bail!(
                        value,
                        "Cannot evaluate tensor using `eval()`: No default session is registered. Use `with \
                         sess.as_default()` or pass an explicit session to `eval(session=sess)`"
                    ),
                }
            }

            /// The value, computed by this session.
            ///
            /// # Errors
            /// What the run returns.
            pub fn eval_in(&self, session: &Session) -> Result<$value> {
                session.run(self)
            }
        }

        impl Deref for $name {
            type Target = ferroflow_core::$name;

            fn deref(&self) -> &ferroflow_core::$name {
                &self.0
            }
        }

        impl From<ferroflow_core::$name> for $name {
            fn from(tensor: ferroflow_core::$name) -> $name {
                $name(tensor)
            }
        }

        impl From<$name> for ferroflow_core::$name {
            fn from(tensor: $name) -> ferroflow_core::$name {
                tensor.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }

        impl Fetch for $name {
            type Output = $value;

            fn collect(&self, plan: &mut FetchPlan<'_>) -> Result<()> {
                self.0.collect(plan)
            }

            fn rebuild(&self, values: &mut FetchedValues) -> Result<$value> {
                self.0.rebuild(values)
            }
        }

        impl<'a, V> FeedKey<V> for &'a $name
        where
            &'a ferroflow_core::$name: FeedKey<V>,
        {
            fn feed(self, value: V, feeds: &mut FeedDict) {
                (&self.0).feed(value, feeds);
            }
        }
    )* };
}

composites! {
    /// A tensor of which only some elements are given: [`ferroflow_core::SparseTensor`], made in the default graph.
    ///
    /// ```
    /// use ferroflow_compat_v1 as tf;
    /// let tensor = tf::SparseTensor::new([[0, 0]], [1], [1, 2])?;
    /// let value: tf::SparseTensorValue = tf::Session::new()?.run(&tensor)?;
    /// assert_eq!(
    ///     format!("{value:?}"),
    ///     "SparseTensorValue(indices=array([[0, 0]]), values=array([1], dtype=int32), dense_shape=array([1, 2]))"
    /// );
    /// # Ok::<(), ferroflow_core::Error>(())
    /// ```
    SparseTensor, SparseTensorValue;
    /// A tensor whose rows differ in length: [`ferroflow_core::RaggedTensor`], made in the default graph.
    ///
    /// ```
    /// use ferroflow_compat_v1 as tf;
    /// let tensor = tf::RaggedTensor::from_row_splits([1, 2, 3], [0, 2, 2, 3])?;
    /// let value: tf::RaggedTensorValue = tf::Session::new()?.run(&tensor)?;
    /// assert_eq!(value.to_string(), "<tf.RaggedTensorValue [[1, 2], [], [3]]>");
    /// # Ok::<(), ferroflow_core::Error>(())
    /// ```
    RaggedTensor, RaggedTensorValue;
}

impl SparseTensor {
    /// A sparse tensor of these parts.
    ///
    /// # Errors
    /// As [`ferroflow_core::SparseTensor::new`].
    pub fn new(
        indices: impl IntoOperand,
        values: impl IntoOperand,
        dense_shape: impl IntoOperand,
    ) -> Result<SparseTensor> {
        facade(|| ferroflow_core::SparseTensor::new(indices, values, dense_shape)).map(SparseTensor)
    }
}

impl RaggedTensor {
    /// The rows that `row_splits` cut `values` into.
    ///
    /// # Errors
    /// As [`ferroflow_core::RaggedTensor::from_row_splits`].
    pub fn from_row_splits(values: impl IntoOperand, row_splits: impl IntoOperand) -> Result<RaggedTensor> {
        facade(|| ferroflow_core::RaggedTensor::from_row_splits(values, row_splits)).map(RaggedTensor)
    }

    /// The same with several ragged dimensions, the splits of the outermost first.
    ///
    /// # Errors
    /// As [`ferroflow_core::RaggedTensor::from_nested_row_splits`].
    pub fn from_nested_row_splits(
        flat_values: impl IntoOperand,
        nested_row_splits: Vec<Tensor>,
    ) -> Result<RaggedTensor> {
        facade(|| ferroflow_core::RaggedTensor::from_nested_row_splits(flat_values, nested_row_splits))
            .map(RaggedTensor)
    }
}

impl From<SparseTensor> for SetOperand {
    fn from(sparse: SparseTensor) -> SetOperand {
        SetOperand::Sparse(sparse.0)
    }
}

impl From<&SparseTensor> for SetOperand {
    fn from(sparse: &SparseTensor) -> SetOperand {
        sparse.clone().into()
    }
}
