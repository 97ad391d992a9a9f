//! `TensorSpec`: what is known of a tensor before there is one.

use ferroflow_core::{DType, PartialShape, Tensor, print};
use std::fmt;

/// The dtype and the known part of the shape of a tensor (`tf.TensorSpec`).
///
/// ```
/// use ferroflow_v2 as tf;
/// let spec = tf::TensorSpec::new([None, Some(3)], tf::float32).named("x");
/// assert_eq!(format!("{spec}"), "TensorSpec(shape=(None, 3), dtype=tf.float32, name='x')");
/// assert!(spec.is_compatible_with(&tf::zeros([2, 3], tf::float32)?));
/// # Ok::<(), tf::Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct TensorSpec {
    /// The known part of the shape.
    pub shape: PartialShape,
    /// The dtype.
    pub dtype: DType,
    /// The name, where there is one.
    pub name: Option<String>,
}

impl TensorSpec {
    /// A specification without a name.
    pub fn new(shape: impl Into<PartialShape>, dtype: DType) -> TensorSpec {
        TensorSpec { shape: shape.into(), dtype, name: None }
    }

    /// The same with a name.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> TensorSpec {
        self.name = Some(name.into());
        self
    }

    /// What a tensor itself says of its dtype and shape.
    pub fn from_tensor(tensor: &Tensor) -> TensorSpec {
        TensorSpec { shape: tensor.shape(), dtype: tensor.dtype().base(), name: None }
    }

    /// Whether a tensor may be meant.
    pub fn is_compatible_with(&self, tensor: &Tensor) -> bool {
        self.dtype == tensor.dtype().base() && self.shape.is_compatible_with(&tensor.shape())
    }

    /// Whether every tensor that `other` describes is described by this specification too.
    pub fn is_supertype_of(&self, other: &TensorSpec) -> bool {
        self.dtype == other.dtype && covers(&self.shape, &other.shape)
    }
}

fn covers(general: &PartialShape, special: &PartialShape) -> bool {
    match (general.dims(), special.dims()) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(general), Some(special)) => {
            general.len() == special.len()
                && general
                    .iter()
                    .zip(special)
                    .all(|(general, special)| general.is_none() || general == special)
        }
    }
}

impl fmt::Display for TensorSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&print::tensor_spec_repr(&self.shape, self.dtype, self.name.as_deref()))
    }
}

impl fmt::Debug for TensorSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The name with letters, digits and underscores alone, as arguments of functions have it.
pub(crate) fn argument_name(name: &str) -> String {
    let allowed = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let mut clean: String = name.chars().map(allowed).collect();
    if !clean.starts_with(|c: char| c.is_ascii_alphabetic()) {
        clean.insert_str(0, "arg_");
    }
    clean
}
