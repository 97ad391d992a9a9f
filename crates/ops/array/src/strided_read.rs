//! `StridedRead`: a walk through an input by strides that fills an output in order.

use crate::mover::{Item, Moves};
use crate::word_tiles::Words;
use ferroflow_core::{Shape, parallel};
use smallvec::SmallVec;

/// Bytes of the longest run of a region that a transposing walk copies at once, on both sides: eight cache lines.
const RUN_BYTES: usize = 512;
/// Sides of a transposition below which it is not worth an intermediate copy.
const SHORT: usize = 8;

/// Reads an input with one (possibly zero or negative) stride for each dimension of the output: transpositions,
/// slices, reversals and broadcasts are all such walks.
pub(crate) struct StridedRead {
    /// Size and stride of each dimension, outermost first; neighbours that make one longer dimension are joined.
    dims: SmallVec<[(usize, isize); 6]>,
    offset: usize,
}

impl StridedRead {
    /// A walk that starts at `offset`. Every element it meets must lie in the input; the caller has checked that.
    pub(crate) fn new(dims: impl IntoIterator<Item = (usize, isize)>, offset: usize) -> StridedRead {
        let mut joined: SmallVec<[(usize, isize); 6]> = SmallVec::new();
        for (size, stride) in dims {
            if size == 1 {
                continue;
            }
            match joined.last_mut() {
                Some((outer, outer_stride)) if *outer_stride == stride * size as isize => {
                    *outer *= size;
                    *outer_stride = stride;
                }
                _ => joined.push((size, stride)),
            }
        }
        StridedRead { dims: joined, offset }
    }

    /// A walk that permutes the dimensions of an input: output dimension `i` is input dimension `perm[i]`.
    pub(crate) fn permuted(input: &Shape, perm: &[usize]) -> StridedRead {
        let strides = input.strides();
        StridedRead::new(perm.iter().map(|&axis| (input[axis], strides[axis] as isize)), 0)
    }

    /// The input's offset for the output's `position`-th block, blocks being counted over the first `depth` dims.
    fn locate(&self, mut position: usize, depth: usize) -> Odometer<'_> {
        let dims = &self.dims[..depth];
        let mut digits: SmallVec<[usize; 6]> = SmallVec::from_elem(0, depth);
        let mut offset = self.offset as isize;
        for (digit, &(size, stride)) in digits.iter_mut().zip(dims).rev() {
            *digit = position % size;
            position /= size;
            offset += *digit as isize * stride;
        }
        Odometer { dims, digits, offset }
    }

    /// The dimension, other than the last, along which the input is contiguous.
    fn contiguous_dim(&self) -> Option<usize> {
        let outer = self.dims.len().checked_sub(1)?;
        self.dims[..outer].iter().position(|&(size, stride)| stride == 1 && size >= 4)
    }

    fn fill_runs<T: Item>(&self, input: &[T], output: &mut [T], inner: usize, stride: isize) {
        parallel::chunks(output, inner, 1, |start, chunk| {
            let mut at = self.locate(start / inner, self.dims.len() - 1);
            for run in chunk.chunks_mut(inner) {
                let from = at.offset as usize;
                match stride {
                    1 => run.clone_from_slice(&input[from..from + run.len()]),
                    0 => run.fill(input[from].clone()),
                    _ => {
                        let mut from = at.offset;
                        for element in run {
                            *element = input[from as usize].clone();
                            from += stride;
                        }
                    }
                }
                at.advance();
            }
        });
    }

    /// A walk whose runs are contiguous in the input along dimension `axis`, in the output along the last: goes by
    /// square tiles. Work is shared by rows of the output along `axis`.
    fn fill_tiles<T: Item>(&self, input: &[T], output: &mut [T], axis: usize) {
        let last = self.dims.len() - 1;
        let (rows_of_axis, (columns, stride)) = (self.dims[axis].0, self.dims[last]);
        let row_length: usize = self.dims[axis + 1..].iter().map(|dim| dim.0).product();
        parallel::chunks(output, row_length, 2, |start, chunk| {
            let (mut row, mut rest) = (start / row_length, chunk);
            let mut buffer = Vec::new();
            while !rest.is_empty() {
                // Rows up to the end of this stretch of `axis` lie one element apart in the input.
                let rows = (rows_of_axis - row % rows_of_axis).min(rest.len() / row_length);
                let (block, after) = std::mem::take(&mut rest).split_at_mut(rows * row_length);
                let base = self.locate(row, axis + 1).offset;
                let mut middle = Odometer {
                    dims: &self.dims[axis + 1..last],
                    digits: SmallVec::from_elem(0, last - axis - 1),
                    offset: base,
                };
                for first in (0..row_length).step_by(columns) {
                    let tile = Tile { first, row_length, rows, columns, offset: middle.offset, stride };
                    tile.copy(input, block, &mut buffer);
                    middle.advance();
                }
                row += rows;
                rest = after;
            }
        });
    }
}

/// A two-dimensional transposition within a walk.
struct Tile {
    first: usize,
    row_length: usize,
    rows: usize,
    columns: usize,
    offset: isize,
    stride: isize,
}

impl Tile {
    /// Copies region by region: runs of the input go to a buffer that stays in the cache, from where runs of the
    /// output are collected. So both sides are met in whole cache lines.
    fn copy<T: Item>(&self, input: &[T], output: &mut [T], buffer: &mut Vec<T>) {
        let side = (RUN_BYTES / size_of::<T>().max(1)).clamp(SHORT, 128);
        if self.rows < SHORT || self.columns < SHORT || std::mem::needs_drop::<T>() {
            return self.copy_singly(input, output);
        }
        if let (Ok(stride), Ok(offset)) = (usize::try_from(self.stride), usize::try_from(self.offset))
            && let (Some(input), Some(output)) = (T::as_words(input), T::as_words_mut(output))
        {
            let (input, output) = (&input[offset..], &mut output[self.first..]);
            let (pitch, rows, columns) = (self.row_length, self.rows, self.columns);
            if (Words { input, stride, output, pitch, rows, columns }).transpose() {
                return;
            }
        }
        // One element more than a run: elements below each other fall into different sets of the cache.
        let pitch = side + 1;
        buffer.resize(side * pitch, T::default());
        for top in (0..self.rows).step_by(side) {
            let rows = side.min(self.rows - top);
            for left in (0..self.columns).step_by(side) {
                let columns = side.min(self.columns - left);
                let mut from = self.offset + top as isize + left as isize * self.stride;
                for run in buffer.chunks_exact_mut(pitch).take(columns) {
                    run[..rows].clone_from_slice(&input[from as usize..][..rows]);
                    from += self.stride;
                }
                for row in 0..rows {
                    let at = (top + row) * self.row_length + self.first + left;
                    let column = buffer[row..].iter().step_by(pitch);
                    for (element, value) in output[at..at + columns].iter_mut().zip(column) {
                        *element = value.clone();
                    }
                }
            }
        }
    }

    fn copy_singly<T: Item>(&self, input: &[T], output: &mut [T]) {
        for row in 0..self.rows {
            let at = row * self.row_length + self.first;
            let mut from = self.offset + row as isize;
            for element in &mut output[at..at + self.columns] {
                *element = input[from as usize].clone();
                from += self.stride;
            }
        }
    }
}

/// A position in the outer dimensions of a walk, with the input's offset there.
struct Odometer<'a> {
    dims: &'a [(usize, isize)],
    digits: SmallVec<[usize; 6]>,
    offset: isize,
}

impl Odometer<'_> {
    fn advance(&mut self) {
        for (digit, &(size, stride)) in self.digits.iter_mut().zip(self.dims).rev() {
            *digit += 1;
            self.offset += stride;
            if *digit < size {
                return;
            }
            *digit = 0;
            self.offset -= stride * size as isize;
        }
    }
}

impl Moves for StridedRead {
    const WRITES_ALL: bool = true;

    fn fill<T: Item>(&self, inputs: &[&[T]], output: &mut [T]) {
        let Some(input) = inputs.first() else { return };
        if output.is_empty() {
            return;
        }
        match (self.dims.last(), self.contiguous_dim()) {
            (None, _) => output[0] = input[self.offset].clone(),
            (Some(&(inner, stride)), None) => self.fill_runs(input, output, inner, stride),
            (Some(&(inner, stride)), Some(_)) if stride == 0 || stride == 1 => {
                self.fill_runs(input, output, inner, stride);
            }
            (Some(_), Some(axis)) => self.fill_tiles(input, output, axis),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sizes: &[usize], perm: &[usize]) {
        let shape = Shape::new(sizes).unwrap();
        let input: Vec<u32> = (0..shape.num_elements() as u32).collect();
        let walk = StridedRead::permuted(&shape, perm);
        let mut output = vec![0; input.len()];
        walk.fill(&[&input], &mut output);
        let strides = shape.strides();
        let permuted: Vec<usize> = perm.iter().map(|&axis| sizes[axis]).collect();
        for (position, found) in output.iter().enumerate() {
            let (mut rest, mut expected) = (position, 0);
            for (&size, &axis) in permuted.iter().zip(perm).rev() {
                expected += rest % size * strides[axis];
                rest /= size;
            }
            assert_eq!(*found, expected as u32, "{sizes:?} {perm:?} at {position}");
        }
    }

    #[test]
    fn permutations_of_all_kinds() {
        check(&[5, 7], &[1, 0]);
        check(&[300, 400], &[1, 0]);
        check(&[3, 40, 50], &[0, 2, 1]);
        check(&[40, 3, 50], &[2, 1, 0]);
        check(&[6, 5, 40, 33], &[3, 1, 2, 0]);
        check(&[6, 50, 40, 33], &[0, 3, 1, 2]);
        check(&[6, 50, 40, 33], &[1, 0, 3, 2]);
        check(&[2, 3, 1, 4], &[3, 2, 0, 1]);
        check(&[2, 3, 50], &[0, 2, 1]);
        check(&[2, 50, 3], &[0, 2, 1]);
        check(&[17, 161, 131], &[0, 2, 1]);
    }
}
