//! Splitting work over the thread pool, where there is enough of it.

use crate::{Element, Result, reserve, zeroed};
use rayon::prelude::*;

/// Elements of cheap work below which one thread is quicker than many.
const GRAIN: usize = 1 << 15;

/// How many threads there are to share work.
pub fn threads() -> usize {
    rayon::current_num_threads()
}

/// Whether work on this many elements, each costing about `cost` simple operations, is worth sharing.
pub fn worthwhile(count: usize, cost: usize) -> bool {
    count.saturating_mul(cost.max(1)) > 2 * GRAIN && threads() > 1
}

/// How many of `count` elements of this cost one piece of work should have.
fn piece(count: usize, cost: usize) -> usize {
    // A few pieces for each thread even out their speeds.
    (count / (4 * threads())).max(GRAIN / cost.max(1)).max(1)
}

/// Applies a function to each element.
///
/// # Errors
/// `ResourceExhausted` when the memory cannot be had.
pub fn map<A: Copy + Sync, B: Element>(input: &[A], f: impl Fn(A) -> B + Sync) -> Result<Vec<B>> {
    if !worthwhile(input.len(), 1) {
        let mut output = reserve(input.len())?;
        output.extend(input.iter().map(|&value| f(value)));
        return Ok(output);
    }
    let mut output = zeroed::<B>(input.len())?;
    let size = piece(input.len(), 1);
    output.par_chunks_mut(size).zip(input.par_chunks(size)).for_each(|(output, input)| {
        for (output, &input) in output.iter_mut().zip(input) {
            *output = f(input);
        }
    });
    Ok(output)
}

/// Calls `work(start, chunk)` for consecutive chunks of `output`, each of a whole number of `unit`s; `start` is the
/// chunk's first element. `cost` is that of one element.
pub fn chunks<T: Send>(output: &mut [T], unit: usize, cost: usize, work: impl Fn(usize, &mut [T]) + Sync) {
    let unit = unit.max(1);
    if output.is_empty() {
        return;
    }
    if !worthwhile(output.len(), cost) || output.len() <= unit {
        return work(0, output);
    }
    let size = piece(output.len(), cost).div_ceil(unit) * unit;
    output.par_chunks_mut(size).enumerate().for_each(|(position, chunk)| work(position * size, chunk));
}

/// The same when chunks can fail; the first error in order is returned.
///
/// # Errors
/// What `work` returns.
pub fn try_chunks<T: Send>(
    output: &mut [T],
    unit: usize,
    cost: usize,
    work: impl Fn(usize, &mut [T]) -> Result<()> + Sync,
) -> Result<()> {
    let unit = unit.max(1);
    if output.is_empty() {
        return Ok(());
    }
    if !worthwhile(output.len(), cost) || output.len() <= unit {
        return work(0, output);
    }
    let size = piece(output.len(), cost).div_ceil(unit) * unit;
    let results: Vec<Result<()>> = output
        .par_chunks_mut(size)
        .enumerate()
        .map(|(position, chunk)| work(position * size, chunk))
        .collect();
    results.into_iter().collect()
}
