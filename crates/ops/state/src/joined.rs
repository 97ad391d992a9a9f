//! Arrays one behind the other.

use ferroflow_core::{DType, Error, NdArray, Result, Shape, dispatch, recycled};

/// The elements of all parts, in an array of this shape.
///
/// # Errors
/// `Internal` when the parts do not fill it or are of another dtype, `ResourceExhausted` when the memory cannot be had.
pub(crate) fn joined<'a>(
    dtype: DType,
    parts: impl IntoIterator<Item = &'a NdArray>,
    shape: Shape,
) -> Result<NdArray> {
    let misfit = || Error::internal("parts do not fill the array they are joined to");
    dispatch!(dtype, ALL, |T| {
        let mut elements = recycled::<T>(shape.num_elements())?;
        let mut rest = elements.as_mut_slice();
        for part in parts {
            let part = part.as_slice::<T>()?;
            let (target, behind) = rest.split_at_mut_checked(part.len()).ok_or_else(misfit)?;
            target.clone_from_slice(part);
            rest = behind;
        }
        if !rest.is_empty() {
            return Err(misfit());
        }
        NdArray::from_shape(shape, elements)
    })
}
