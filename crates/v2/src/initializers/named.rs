//! Initializers by name.

use super::*;
use ferroflow_core::bail;

/// The initializer with this name, in snake case or as the class is called (`tf.keras.initializers.get`).
///
/// ```
/// use ferroflow_v2 as tf;
/// use tf::initializers::{self, Initializer};
/// let ones = initializers::get("ones")?.call(&[2], tf::float32)?;
/// assert_eq!(format!("{ones}"), "[1. 1.]");
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// `ValueError` for a name that no initializer has.
pub fn get(identifier: &str) -> Result<Arc<dyn Initializer>> {
    Ok(match identifier {
        "zeros" | "Zeros" => Arc::new(Zeros::default()),
        "ones" | "Ones" => Arc::new(Ones::default()),
        "constant" | "Constant" => Arc::new(Constant::default()),
        "identity" | "Identity" | "IdentityInitializer" => Arc::new(Identity::default()),
        "random_normal" | "normal" | "RandomNormal" => Arc::new(RandomNormal::default()),
        "random_uniform" | "uniform" | "RandomUniform" => Arc::new(RandomUniform::default()),
        "truncated_normal" | "TruncatedNormal" => Arc::new(TruncatedNormal::default()),
        "variance_scaling" | "VarianceScaling" => Arc::new(VarianceScaling::default()),
        "orthogonal" | "Orthogonal" | "OrthogonalInitializer" => Arc::new(Orthogonal::default()),
        "glorot_uniform" | "GlorotUniform" => Arc::new(GlorotUniform::default()),
        "glorot_normal" | "GlorotNormal" => Arc::new(GlorotNormal::default()),
        "lecun_uniform" | "LecunUniform" => Arc::new(LecunUniform::default()),
        "lecun_normal" | "LecunNormal" => Arc::new(LecunNormal::default()),
        "he_uniform" | "HeUniform" => Arc::new(HeUniform::default()),
        "he_normal" | "HeNormal" => Arc::new(HeNormal::default()),
        _ => bail!(value, "Could not interpret initializer identifier: {identifier}"),
    })
}
