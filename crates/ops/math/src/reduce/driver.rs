//! The one walk behind every reduction.
//!
//! An array is seen as alternating groups of kept and reduced axes. Each group of reduced axes, innermost first, is
//! a pass over `outer x reduced x inner` elements. A pass cuts the reduced rows into blocks of a fixed size,
//! reduces these in parallel, and then reduces the results of the blocks: so rounding errors grow with the logarithm
//! of the length, and the result does not depend on the number of threads.

use ferroflow_core::{Element, Result, Shape, parallel, recycled, reserve, vectorized};
use smallvec::SmallVec;

/// Elements of a narrow row are spread over this many lanes, so that their additions do not wait for each other.
const LANES: usize = 64;
/// Elements that one block holds, at least.
const BLOCK: usize = 8192;
/// Rows that one block holds, at least.
const BLOCK_ROWS: usize = 64;

/// Neighbouring axes that are all kept or all reduced, with the number of elements they span.
pub(super) struct Groups(SmallVec<[(usize, bool); 4]>);

impl Groups {
    /// The groups of a shape, given for each axis whether it is reduced.
    pub(super) fn new(shape: &Shape, is_reduced: impl Fn(usize) -> bool) -> Groups {
        let mut groups: SmallVec<[(usize, bool); 4]> = SmallVec::new();
        for (axis, &size) in shape.iter().enumerate() {
            let reduced = is_reduced(axis);
            match groups.last_mut() {
                // Axes of size 1 join any neighbour.
                _ if size == 1 => {}
                Some((count, kind)) if *kind == reduced => *count *= size,
                _ => groups.push((size, reduced)),
            }
        }
        Groups(groups)
    }
}

/// How a reduction combines elements.
pub(super) trait Combine<T>: Sync {
    /// Combines rows, each as long as the results, with the results. A row begins every `stride` elements.
    fn rows(&self, results: &mut [T], rows: &[T], stride: usize);

    /// Combines groups of as many elements as there are lanes with the lanes.
    fn lanes(&self, lanes: &mut [T; LANES], groups: &[T]);
}

/// The combination by a function of two elements.
pub(super) struct By<F>(pub(super) F);

impl<T: Element + Copy, F: Fn(T, T) -> T + Sync> Combine<T> for By<F> {
    fn rows(&self, results: &mut [T], rows: &[T], stride: usize) {
        combine_rows(results, rows, stride, &self.0);
    }

    fn lanes(&self, lanes: &mut [T; LANES], groups: &[T]) {
        combine_lanes(lanes, groups, &self.0);
    }
}

vectorized! {
    fn combine_rows[T: Copy, F: Fn(T, T) -> T](results: &mut [T], rows: &[T], stride: usize, f: &F) {
        for row in rows.chunks(stride) {
            for (result, &value) in results.iter_mut().zip(row) {
                *result = f(*result, value);
            }
        }
    }

    fn combine_lanes[T: Copy, F: Fn(T, T) -> T](lanes: &mut [T; LANES], groups: &[T], f: &F) {
        let mut own = *lanes;
        for group in groups.as_chunks::<LANES>().0 {
            for (lane, &value) in own.iter_mut().zip(group) {
                *lane = f(*lane, value);
            }
        }
        *lanes = own;
    }
}

/// Reduces `input`. `identity` is the result where nothing is reduced to.
pub(super) fn reduce<T: Element + Copy>(
    input: &[T],
    groups: &Groups,
    identity: T,
    combine: &dyn Combine<T>,
) -> Result<Vec<T>> {
    let mut groups = groups.0.clone();
    let mut result: Option<Vec<T>> = None;
    while let Some(position) = groups.iter().rposition(|(_, reduced)| *reduced) {
        let inner = groups[position + 1..].iter().map(|(count, _)| count).product();
        let outer = groups[..position].iter().map(|(count, _)| count).product();
        let (reduced, _) = groups.remove(position);
        let elements = result.as_deref().unwrap_or(input);
        result = Some(if elements.is_empty() {
            let mut all = reserve(outer * inner)?;
            all.resize(outer * inner, identity);
            all
        } else {
            pass(elements, outer, reduced, inner, combine)?
        });
    }
    match result {
        Some(result) => Ok(result),
        None => Ok(input.to_vec()),
    }
}

/// Reduces the middle of `outer x reduced x inner` elements, of which there is at least one.
fn pass<T: Element + Copy>(
    input: &[T],
    outer: usize,
    reduced: usize,
    inner: usize,
    combine: &dyn Combine<T>,
) -> Result<Vec<T>> {
    let block_rows = (BLOCK / inner).max(BLOCK_ROWS);
    let blocks = reduced.div_ceil(block_rows);
    let mut partial = recycled::<T>(outer * blocks * inner)?;
    let is_narrow = inner < LANES;
    let unit = if is_narrow { inner } else { 1 };
    parallel::chunks(&mut partial, unit, block_rows.min(reduced), |start, chunk| {
        let (mut position, mut rest) = (start, chunk);
        while !rest.is_empty() {
            let (block, column) = (position / inner, position % inner);
            let width = (inner - column).min(rest.len());
            let (output, after) = rest.split_at_mut(width);
            let first = (block % blocks) * block_rows;
            let count = block_rows.min(reduced - first);
            let begin = ((block / blocks) * reduced + first) * inner;
            let rows = &input[begin..begin + count * inner];
            if is_narrow {
                reduce_narrow(rows, output, combine);
            } else {
                output.copy_from_slice(&rows[column..column + width]);
                combine.rows(output, rows.get(inner + column..).unwrap_or_default(), inner);
            }
            position += width;
            rest = after;
        }
    });
    if blocks == 1 { Ok(partial) } else { pass(&partial, outer, blocks, inner, combine) }
}

/// Reduces consecutive rows of a few elements by taking many rows at a time, side by side.
fn reduce_narrow<T: Element + Copy>(rows: &[T], output: &mut [T], combine: &dyn Combine<T>) {
    let mut width = output.len();
    while width * 2 <= LANES.min(rows.len()) {
        width *= 2;
    }
    let mut lanes = [rows[0]; LANES];
    let (first, rest) = rows.split_at(width);
    lanes[..width].copy_from_slice(first);
    let rest = if width == LANES {
        let whole = rest.len() / LANES * LANES;
        combine.lanes(&mut lanes, &rest[..whole]);
        &rest[whole..]
    } else {
        rest
    };
    for row in rest.chunks(width) {
        combine.rows(&mut lanes[..row.len()], row, width);
    }
    while width > output.len() {
        width /= 2;
        let (left, right) = lanes.split_at_mut(width);
        combine.rows(left, &right[..width], width);
    }
    output.copy_from_slice(&lanes[..output.len()]);
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADD: By<fn(i64, i64) -> i64> = By(|a, b| a + b);

    fn naive(input: &[i64], dims: &[usize], reduced: &[bool]) -> Vec<i64> {
        let strides = |keep: &dyn Fn(usize) -> bool| {
            let mut strides = vec![0; dims.len()];
            let mut next = 1;
            for axis in (0..dims.len()).rev().filter(|&axis| keep(axis)) {
                strides[axis] = next;
                next *= dims[axis];
            }
            (strides, next)
        };
        let (all, _) = strides(&|_| true);
        let (kept, count) = strides(&|axis| !reduced[axis]);
        let mut output = vec![0; count];
        for (position, value) in input.iter().enumerate() {
            let at: usize = (0..dims.len()).map(|axis| position / all[axis] % dims[axis] * kept[axis]).sum();
            output[at] += value;
        }
        output
    }

    #[test]
    fn every_choice_of_axes_agrees_with_the_plain_sum() {
        for dims in [vec![3, 70, 2, 5], vec![2, 1, 300, 3], vec![9000, 3], vec![2, 100, 200], vec![1]] {
            let shape = Shape::new(&dims).expect("small");
            let input: Vec<i64> = (0..shape.num_elements() as i64).map(|value| value * 7 % 1001).collect();
            for mask in 0..1u32 << dims.len() {
                let reduced: Vec<bool> = (0..dims.len()).map(|axis| mask >> axis & 1 == 1).collect();
                let groups = Groups::new(&shape, |axis| reduced[axis]);
                let found = reduce(&input, &groups, 0, &ADD).expect("fits");
                assert_eq!(found, naive(&input, &dims, &reduced), "{dims:?} {reduced:?}");
            }
        }
    }

    #[test]
    fn nothing_reduced_is_the_identity() {
        let shape = Shape::new(&[0, 3]).expect("small");
        let groups = Groups::new(&shape, |axis| axis == 0);
        assert_eq!(reduce(&[], &groups, 7, &ADD), Ok(vec![7, 7, 7]));
    }
}
