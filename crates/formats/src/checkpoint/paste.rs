//! Joining the slices of a partitioned tensor.

use ferroflow_core::{DType, Error, NdArray, Result, Shape, dispatch};
use std::ops::Range;

/// A part of a tensor that is put together from stored slices.
pub(super) struct Assembly {
    /// Where the part lies in the whole tensor.
    bounds: Vec<Range<usize>>,
    result: NdArray,
    /// Which elements of the part have been written.
    filled: Vec<bool>,
}

impl Assembly {
    /// Begins the part with these bounds of a tensor, empty.
    pub(super) fn new(dtype: DType, bounds: Vec<Range<usize>>) -> Result<Assembly> {
        let dims: Vec<usize> = bounds.iter().map(ExactSizeIterator::len).collect();
        let result = NdArray::zeros(dtype, Shape::new(&dims)?)?;
        let filled = ferroflow_core::zeroed::<bool>(result.len())?;
        Ok(Assembly { bounds, result, filled })
    }

    /// What the part and a slice with these bounds have in common.
    pub(super) fn intersect(&self, other: &[Range<usize>]) -> Option<Vec<Range<usize>>> {
        let common = self.bounds.iter().zip(other).map(|(a, b)| {
            let range = a.start.max(b.start)..a.end.min(b.end);
            (!range.is_empty()).then_some(range)
        });
        common.collect()
    }

    /// Writes the elements that the part has in common with a slice; false if any was written before.
    pub(super) fn paste(&mut self, slice: &NdArray, slice_bounds: &[Range<usize>]) -> Result<bool> {
        let Some(common) = self.intersect(slice_bounds) else { return Ok(true) };
        let rows = Rows::new(&common, &self.bounds, slice_bounds);
        let mut fresh = true;
        for (target, _) in rows.iter() {
            let row = self.filled.get_mut(target).ok_or_else(outside)?;
            fresh &= row.iter().all(|filled| !filled);
            row.fill(true);
        }
        dispatch!(slice.dtype(), ALL, |T| {
            let source = slice.as_slice::<T>()?;
            let result = self.result.as_mut_slice::<T>()?;
            for (target, origin) in rows.iter() {
                let (target, origin) = (result.get_mut(target), source.get(origin));
                target
                    .zip(origin)
                    .map(|(target, origin)| target.clone_from_slice(origin))
                    .ok_or_else(outside)?;
            }
            Ok(fresh)
        })
    }

    /// The part, if every element was written.
    pub(super) fn finish(self) -> Option<NdArray> {
        self.filled.iter().all(|&filled| filled).then_some(self.result)
    }
}

fn outside() -> Error {
    Error::data_loss("a slice does not lie in its tensor")
}

/// The rows (runs along the last dimension) of a box, as flat positions in two larger boxes that contain it.
struct Rows {
    length: usize,
    /// Of each dimension but the last: how many rows lie along it, and how far apart in either box.
    steps: Vec<(usize, usize, usize)>,
    first: (usize, usize),
    count: usize,
}

impl Rows {
    fn new(common: &[Range<usize>], target: &[Range<usize>], origin: &[Range<usize>]) -> Rows {
        let mut steps = Vec::with_capacity(common.len());
        let (mut target_stride, mut origin_stride) = (1, 1);
        let mut first = (0, 0);
        for ((common, target), origin) in common.iter().zip(target).zip(origin).rev() {
            steps.push((common.len(), target_stride, origin_stride));
            first.0 += (common.start - target.start) * target_stride;
            first.1 += (common.start - origin.start) * origin_stride;
            target_stride *= target.len();
            origin_stride *= origin.len();
        }
        let length = if steps.is_empty() { 1 } else { steps.remove(0).0 };
        let count = steps.iter().map(|step| step.0).product();
        Rows { length, steps, first, count }
    }

    fn iter(&self) -> impl Iterator<Item = (Range<usize>, Range<usize>)> + '_ {
        (0..self.count).map(|row| {
            let (mut target, mut origin) = self.first;
            let mut rest = row;
            for &(count, target_stride, origin_stride) in &self.steps {
                target += rest % count * target_stride;
                origin += rest % count * origin_stride;
                rest /= count;
            }
            (target..target + self.length, origin..origin + self.length)
        })
    }
}
