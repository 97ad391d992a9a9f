//! `StridedWrite`: an input in order, spread over an output by strides.

use crate::mover::Item;
use smallvec::SmallVec;

/// Writes an input's elements, in order, at strided places of an output: what undoes a [`StridedRead`].
///
/// [`StridedRead`]: crate::strided_read::StridedRead
pub(crate) struct StridedWrite {
    dims: SmallVec<[(usize, isize); 6]>,
    offset: usize,
}

impl StridedWrite {
    /// A walk over these sizes and strides of the output. The caller has checked that every place lies in it.
    pub(crate) fn new(dims: impl IntoIterator<Item = (usize, isize)>, offset: usize) -> StridedWrite {
        let mut joined: SmallVec<[(usize, isize); 6]> = SmallVec::new();
        for (size, stride) in dims {
            match joined.last_mut() {
                _ if size == 1 => {}
                Some((outer, outer_stride)) if *outer_stride == stride * size as isize => {
                    *outer *= size;
                    *outer_stride = stride;
                }
                _ => joined.push((size, stride)),
            }
        }
        StridedWrite { dims: joined, offset }
    }

    /// Copies the input.
    pub(crate) fn copy<T: Item>(&self, input: &[T], output: &mut [T]) {
        self.walk(&self.dims, self.offset as isize, input, output);
    }

    fn walk<T: Item>(&self, dims: &[(usize, isize)], offset: isize, input: &[T], output: &mut [T]) {
        match dims {
            [] => {
                if let (Some(from), Some(to)) = (input.first(), output.get_mut(offset as usize)) {
                    *to = from.clone();
                }
            }
            [(size, 1)] => {
                let at = offset as usize;
                output[at..at + size].clone_from_slice(&input[..*size]);
            }
            [(size, stride)] => {
                let mut at = offset;
                for from in &input[..*size] {
                    output[at as usize] = from.clone();
                    at += stride;
                }
            }
            [(size, stride), inner @ ..] => {
                let block: usize = inner.iter().map(|dim| dim.0).product();
                for index in 0..*size {
                    let part = &input[index * block..(index + 1) * block];
                    self.walk(inner, offset + index as isize * stride, part, output);
                }
            }
        }
    }
}
