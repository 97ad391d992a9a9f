//! Regularizers: what weights add to the loss (`tf.keras.regularizers`, of Keras 3).

use crate::math::{abs, minimum, reduce_sum, reduce_sum_with, rsqrt, square};
use crate::{eye, matmul, transpose};
use ferroflow_core::{Result, Tensor, bail, ensure};
use std::fmt;
use std::sync::Arc;

/// What a weight adds to the loss (`tf.keras.regularizers.Regularizer`).
///
/// ```
/// use ferroflow_v2 as tf;
/// use tf::regularizers::{L1L2, Regularizer};
/// let penalty = L1L2::new(0.5, 0.25)?.call(&tf::constant([2.0, -4.0])?)?;
/// assert_eq!(format!("{penalty}"), "8.0");
/// # Ok::<(), tf::Error>(())
/// ```
pub trait Regularizer: Send + Sync + 'static {
    /// The penalty of a weight: a single number.
    ///
    /// # Errors
    /// Those of its ops.
    fn call(&self, x: &Tensor) -> Result<Tensor>;
}

impl Regularizer for Arc<dyn Regularizer> {
    fn call(&self, x: &Tensor) -> Result<Tensor> {
        (**self).call(x)
    }
}

/// A regularizer, or none.
#[derive(Clone, Default)]
pub struct OptionalRegularizer(pub(crate) Option<Arc<dyn Regularizer>>);

impl<R: Regularizer> From<R> for OptionalRegularizer {
    fn from(regularizer: R) -> OptionalRegularizer {
        OptionalRegularizer(Some(Arc::new(regularizer)))
    }
}

impl fmt::Debug for OptionalRegularizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Some(Regularizer)" } else { "None" })
    }
}

/// The regularizer with this name, in snake case or as the class is called (`tf.keras.regularizers.get`).
///
/// # Errors
/// `ValueError` for a name that no regularizer has.
pub fn get(identifier: &str) -> Result<Arc<dyn Regularizer>> {
    Ok(match identifier {
        "L1" | "l1" => Arc::new(L1::new(0.01)?),
        "L2" | "l2" => Arc::new(L2::new(0.01)?),
        "L1L2" | "l1_l2" => Arc::new(L1L2::new(0.0, 0.0)?),
        "OrthogonalRegularizer" | "orthogonal_regularizer" => {
            Arc::new(OrthogonalRegularizer::new(0.01, "rows")?)
        }
        _ => bail!(value, "Could not interpret regularizer identifier: {identifier}"),
    })
}

/// A factor as Keras takes it.
fn checked(value: f64, name: &str) -> Result<f64> {
    let shown = match value {
        value if value.is_nan() => "nan".to_string(),
        value => format!("{value:?}"),
    };
    ensure!(
        value.is_finite() && value >= 0.0,
        value,
        "Invalid value for argument {name}: expected a non-negative float.Received: {name}={shown}"
    );
    Ok(value)
}

fn sum_of_sizes(x: &Tensor) -> Result<Tensor> {
    reduce_sum(abs(x)?, ())
}

fn sum_of_squares(x: &Tensor) -> Result<Tensor> {
    reduce_sum(square(x)?, ())
}

/// A share of the sum of absolute values (`tf.keras.regularizers.L1`).
#[derive(Clone, Copy, Debug)]
pub struct L1(f64);

impl L1 {
    /// With this factor; 0.01 is Keras's default.
    ///
    /// # Errors
    /// `ValueError` for a negative factor.
    pub fn new(l1: f64) -> Result<L1> {
        checked(l1, "l1").map(L1)
    }
}

impl Regularizer for L1 {
    fn call(&self, x: &Tensor) -> Result<Tensor> {
        self.0 * sum_of_sizes(x)?
    }
}

/// A share of the sum of squares (`tf.keras.regularizers.L2`).
#[derive(Clone, Copy, Debug)]
pub struct L2(f64);

impl L2 {
    /// With this factor; 0.01 is Keras's default.
    ///
    /// # Errors
    /// `ValueError` for a negative factor.
    pub fn new(l2: f64) -> Result<L2> {
        checked(l2, "l2").map(L2)
    }
}

impl Regularizer for L2 {
    fn call(&self, x: &Tensor) -> Result<Tensor> {
        self.0 * sum_of_squares(x)?
    }
}

/// Both (`tf.keras.regularizers.L1L2`).
#[derive(Clone, Copy, Debug)]
pub struct L1L2 {
    l1: f64,
    l2: f64,
}

impl L1L2 {
    /// With these factors; 0 leaves a part out.
    ///
    /// # Errors
    /// `ValueError` for a negative factor.
    pub fn new(l1: f64, l2: f64) -> Result<L1L2> {
        Ok(L1L2 { l1: checked(l1, "l1")?, l2: checked(l2, "l2")? })
    }
}

impl Regularizer for L1L2 {
    fn call(&self, x: &Tensor) -> Result<Tensor> {
        let mut penalty = crate::cast(0.0, x.dtype())?;
        if self.l1 != 0.0 {
            penalty = (penalty + (self.l1 * sum_of_sizes(x)?)?)?;
        }
        if self.l2 != 0.0 {
            penalty = (penalty + (self.l2 * sum_of_squares(x)?)?)?;
        }
        Ok(penalty)
    }
}

/// A share of how far rows or columns are from being orthogonal (`tf.keras.regularizers.OrthogonalRegularizer`).
#[derive(Clone, Copy, Debug)]
pub struct OrthogonalRegularizer {
    factor: f64,
    rows: bool,
}

impl OrthogonalRegularizer {
    /// With this factor, for `"rows"` or `"columns"`; 0.01 and `"rows"` are Keras's defaults.
    ///
    /// # Errors
    /// `ValueError` for a negative factor or another mode.
    pub fn new(factor: f64, mode: &str) -> Result<OrthogonalRegularizer> {
        let factor = checked(factor, "factor")?;
        ensure!(
            mode == "rows" || mode == "columns",
            value,
            "Invalid value for argument `mode`. Expected one of {{\"rows\", \"columns\"}}. Received: mode={mode}"
        );
        Ok(OrthogonalRegularizer { factor, rows: mode == "rows" })
    }
}

impl Regularizer for OrthogonalRegularizer {
    fn call(&self, x: &Tensor) -> Result<Tensor> {
        let shape = x.shape();
        ensure!(
            shape.rank() == Some(2),
            value,
            "Inputs to OrthogonalRegularizer must have rank 2. Received: inputs.shape={shape}"
        );
        let (axis, size) = if self.rows { (1, shape.dim(0)) } else { (0, shape.dim(1)) };
        let Some(size) = size else {
            bail!(value, "OrthogonalRegularizer needs a weight whose shape is known; found {shape}");
        };
        let lengths = rsqrt(reduce_sum_with(square(x)?, axis, |o| o.keepdims(true))?)?;
        let unit = (x * minimum(lengths, 1e7)?)?;
        let turned = transpose(&unit)?;
        let product = if self.rows { matmul(&unit, &turned)? } else { matmul(&turned, &unit)? };
        let others = (product * (1.0 - eye(size as i64)?)?)?;
        let pairs = size as f64 * (size as f64 - 1.0) / 2.0;
        (sum_of_sizes(&others)? * (self.factor * 0.5))? / pairs
    }
}
