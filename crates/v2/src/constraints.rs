//! Constraints: where variables are brought back to after a step (`tf.keras.constraints`, of Keras 3).

use crate::math::{maximum, reduce_sum_with, sqrt, square};
use crate::{cast, clip_by_value};
use ferroflow_core::{Result, Tensor, bail};
use std::fmt;
use std::sync::Arc;

/// What keeps the numbers of the divisors of norms away from 0, as in Keras.
const EPSILON: f64 = 1e-7;

/// What an optimizer makes of a variable after each step (`tf.keras.constraints.Constraint`).
///
/// ```
/// use ferroflow_v2 as tf;
/// use tf::constraints::NonNeg;
/// use tf::optimizers::{Optimizer, SGD};
/// let v = tf::Variable::new_with([1.0, 2.0], |o| o.constraint(NonNeg))?;
/// let sgd = Optimizer::new(SGD::default(), 1.0)?;
/// sgd.apply_gradients([(Some(tf::constant([5.0, 0.5])?), &v)])?;
/// assert_eq!(format!("{}", v.numpy()?), "[0.  1.5]");
/// # Ok::<(), tf::Error>(())
/// ```
pub trait Constraint: Send + Sync + 'static {
    /// The value that the variable has from now on.
    ///
    /// # Errors
    /// Those of its ops.
    fn call(&self, w: &Tensor) -> Result<Tensor>;
}

impl Constraint for Arc<dyn Constraint> {
    fn call(&self, w: &Tensor) -> Result<Tensor> {
        (**self).call(w)
    }
}

/// A constraint, or none.
#[derive(Clone, Default)]
pub struct OptionalConstraint(pub(crate) Option<Arc<dyn Constraint>>);

impl<C: Constraint> From<C> for OptionalConstraint {
    fn from(constraint: C) -> OptionalConstraint {
        OptionalConstraint(Some(Arc::new(constraint)))
    }
}

impl fmt::Debug for OptionalConstraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Some(Constraint)" } else { "None" })
    }
}

/// The constraint with this name, in snake case or as the class is called (`tf.keras.constraints.get`).
///
/// # Errors
/// `ValueError` for a name that no constraint has.
pub fn get(identifier: &str) -> Result<Arc<dyn Constraint>> {
    Ok(match identifier {
        "MaxNorm" | "max_norm" => Arc::new(MaxNorm::default()),
        "MinMaxNorm" | "min_max_norm" => Arc::new(MinMaxNorm::default()),
        "NonNeg" | "non_neg" => Arc::new(NonNeg),
        "UnitNorm" | "unit_norm" => Arc::new(UnitNorm::default()),
        _ => bail!(value, "Could not interpret constraint identifier: {identifier}"),
    })
}

/// The Euclidean norms along axes.
fn norms(w: &Tensor, axis: &[i64]) -> Result<Tensor> {
    sqrt(reduce_sum_with(square(w)?, axis, |o| o.keepdims(true))?)
}

/// The tensor with the norms that are desired in place of those it has.
fn with_norms(w: &Tensor, desired: Tensor, norms: &Tensor) -> Result<Tensor> {
    w * (desired / (norms + EPSILON)?)?
}

ferroflow_core::options! {
    /// Norms along axes that are at most `max_value` (`tf.keras.constraints.MaxNorm`).
    ///
    /// ```
    /// use ferroflow_v2 as tf;
    /// use tf::constraints::{Constraint, MaxNorm};
    /// let w = MaxNorm::default().max_value(5.0).call(&tf::constant([[3.0, 6.0], [4.0, 8.0]])?)?;
    /// assert_eq!(format!("{:?}", tf::round((w * 100.0)?)?.numpy()?), "array([[300., 300.],\n       [400., 400.]], dtype=float32)");
    /// # Ok::<(), tf::Error>(())
    /// ```
    pub struct MaxNorm {
        /// The largest norm.
        max_value: f64 = 2.0,
        /// The axes that norms are taken along.
        axis: Vec<i64> = vec![0],
    }
}

impl Constraint for MaxNorm {
    fn call(&self, w: &Tensor) -> Result<Tensor> {
        let norms = norms(w, &self.axis)?;
        with_norms(w, clip_by_value(&norms, 0.0, self.max_value)?, &norms)
    }
}

/// Numbers that are not negative (`tf.keras.constraints.NonNeg`).
#[derive(Clone, Copy, Debug, Default)]
pub struct NonNeg;

impl Constraint for NonNeg {
    fn call(&self, w: &Tensor) -> Result<Tensor> {
        maximum(w, cast(0.0, w.dtype())?)
    }
}

ferroflow_core::options! {
    /// Norms along axes that are 1 (`tf.keras.constraints.UnitNorm`).
    pub struct UnitNorm {
        /// The axes that norms are taken along.
        axis: Vec<i64> = vec![0],
    }
}

impl Constraint for UnitNorm {
    fn call(&self, w: &Tensor) -> Result<Tensor> {
        w / (norms(w, &self.axis)? + EPSILON)?
    }
}

ferroflow_core::options! {
    /// Norms along axes that come closer, by `rate`, to a range (`tf.keras.constraints.MinMaxNorm`).
    pub struct MinMaxNorm {
        /// The least norm.
        min_value: f64 = 0.0,
        /// The largest norm.
        max_value: f64 = 1.0,
        /// How close: with 1 norms are in the range.
        rate: f64 = 1.0,
        /// The axes that norms are taken along.
        axis: Vec<i64> = vec![0],
    }
}

impl Constraint for MinMaxNorm {
    fn call(&self, w: &Tensor) -> Result<Tensor> {
        let norms = norms(w, &self.axis)?;
        let within = (clip_by_value(&norms, self.min_value, self.max_value)? * self.rate)?;
        with_norms(w, (within + (&norms * (1.0 - self.rate))?)?, &norms)
    }
}
