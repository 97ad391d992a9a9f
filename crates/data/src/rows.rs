//! Rows: elements taken out of arrays along their first axis, and put together along a new one.

use ferroflow_core::{Error, NdArray, Result, Shape, bail, dispatch, ensure, recycled, reserve};
use std::ops::Range;

/// The array at `index` along the first axis.
pub(crate) fn row(array: &NdArray, index: usize) -> Result<NdArray> {
    let dims = array.shape().dims();
    let Some((count, rest)) = dims.split_first() else { bail!(invalid_argument, "a scalar has no rows") };
    if index >= *count {
        bail!(internal, "row {index} of {count} is out of range")
    }
    let shape = Shape::new(rest)?;
    let size = shape.num_elements();
    dispatch!(array.dtype(), ALL, |T| {
        let elements = &array.as_slice::<T>()?[index * size..(index + 1) * size];
        NdArray::from_shape(shape, elements.to_vec())
    })
}

/// The rows of a range along the first axis.
pub(crate) fn rows(array: &NdArray, range: Range<usize>) -> Result<NdArray> {
    joined_rows(&[(array, range)])
}

/// Rows of several arrays, one after the other. The first says what rows are.
pub(crate) fn joined_rows(parts: &[(&NdArray, Range<usize>)]) -> Result<NdArray> {
    let Some((first, _)) = parts.first() else { bail!(internal, "there are no arrays to take rows of") };
    let Some((_, rest)) = first.shape().dims().split_first() else {
        bail!(invalid_argument, "a scalar has no rows")
    };
    let mut dims = vec![parts.iter().map(|(_, range)| range.len()).sum()];
    dims.extend(rest);
    let (shape, size) = (Shape::new(&dims)?, Shape::new(rest)?.num_elements());
    for (array, _) in &parts[1..] {
        ensure!(
            array.shape().dims().get(1..) == Some(rest),
            failed_precondition,
            "CopyContiguousSlices cannot perform copy: source and dst shapes arenot compatible. Source shape: {}, dst \
             shape: {shape}",
            array.shape()
        );
    }
    dispatch!(first.dtype(), ALL, |T| {
        let mut elements = reserve::<T>(shape.num_elements())?;
        for (array, range) in parts {
            let rows = array.as_slice::<T>()?.get(range.start * size..range.end * size);
            elements.extend_from_slice(rows.ok_or_else(|| Error::internal("rows are out of range"))?);
        }
        NdArray::from_shape(shape, elements)
    })
}

/// Arrays of one shape and dtype along a new first axis.
pub(crate) fn stack<'a>(
    first: &NdArray,
    arrays: impl ExactSizeIterator<Item = &'a NdArray>,
) -> Result<NdArray> {
    let count = arrays.len();
    let mut dims = vec![count];
    dims.extend(first.shape().dims());
    let shape = Shape::new(&dims)?;
    dispatch!(first.dtype(), ALL, |T| {
        let mut elements = reserve::<T>(shape.num_elements())?;
        for array in arrays {
            let values = array.as_slice::<T>()?;
            if array.rank() == 0 {
                elements.extend(values.first().cloned());
            } else {
                elements.extend_from_slice(values);
            }
        }
        NdArray::from_shape(shape, elements)
    })
}

/// Arrays of one dtype along a new first axis, each filled up with `padding` to the shape `dims` at its ends.
pub(crate) fn stack_padded(arrays: &[&NdArray], dims: &[usize], padding: &NdArray) -> Result<NdArray> {
    let mut all = vec![arrays.len()];
    all.extend(dims);
    let shape = Shape::new(&all)?;
    let size = Shape::new(dims)?.num_elements();
    let dtype = padding.dtype();
    dispatch!(dtype, ALL, |T| {
        let fill: T = padding.item::<T>()?;
        let mut elements = recycled::<T>(shape.num_elements())?;
        elements.fill(fill);
        for (array, place) in arrays.iter().zip(elements.chunks_mut(size.max(1))) {
            copy_corner(array.as_slice::<T>()?, array.shape().dims(), place, dims)?;
        }
        NdArray::from_shape(shape, elements)
    })
}

/// Copies an array to the beginning of each axis of a larger one.
fn copy_corner<T: Clone>(from: &[T], from_dims: &[usize], to: &mut [T], to_dims: &[usize]) -> Result<()> {
    let outside = || Error::internal("an array is larger than the place it is copied to");
    if from.is_empty() {
        return Ok(());
    }
    match (from_dims.split_first(), to_dims.split_first()) {
        (Some((from_count, from_rest)), Some((to_count, to_rest))) if !from_rest.is_empty() => {
            let from_size = from.len() / (*from_count).max(1);
            let to_size = to.len() / (*to_count).max(1);
            for (from, to) in from.chunks(from_size.max(1)).zip(to.chunks_mut(to_size.max(1))) {
                copy_corner(from, from_rest, to, to_rest)?;
            }
            Ok(())
        }
        _ => {
            to.get_mut(..from.len()).ok_or_else(outside)?.clone_from_slice(from);
            Ok(())
        }
    }
}
