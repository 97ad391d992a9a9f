//! Shapes that are inputs of ops.

use ferroflow_core::{Result, Shape, bail};

/// The shape that a kernel is given as a vector of sizes.
///
/// # Errors
/// `InvalidArgument` in TensorFlow's words for a negative size or too many elements.
pub(crate) fn shape_from_sizes(sizes: &[i64]) -> Result<Shape> {
    if let Some(size) = sizes.iter().find(|size| **size < 0) {
        bail!(invalid_argument, "Dimension {size} must be >= 0");
    }
    match Shape::from_i64(sizes) {
        Ok(shape) => Ok(shape),
        Err(_) => {
            bail!(invalid_argument, "Shape [{}] would have more than 2**63 - 1 elements", joined(sizes, ","))
        }
    }
}

/// The numbers as text.
pub(crate) fn joined(sizes: &[i64], separator: &str) -> String {
    sizes.iter().map(i64::to_string).collect::<Vec<_>>().join(separator)
}
