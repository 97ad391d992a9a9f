//! Splitting work over the thread pool, where there is enough of it.
//!
//! The pool's own code is generic; here it is instantiated once for each element type, never for each kernel: work
//! arrives as a `dyn Fn`, which a kernel is called through a few times per run.

use crate::{Element, Result, recycled};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Elements of cheap work below which one thread is quicker than many.
const GRAIN: usize = 1 << 15;

/// How long a thread that helped waits for more before it sleeps: to wake one takes as long as many a kernel, and the next
/// often begins soon.
const LINGER: Duration = Duration::from_micros(100);
/// How long the thread that shares waits for those that help to end their last chunks, before it sleeps as well.
const PATIENCE: Duration = Duration::from_micros(200);
/// How often work was shared.
static SHARED: AtomicU64 = AtomicU64::new(0);
/// How many threads wait for more, or will at once.
static LINGERING: AtomicUsize = AtomicUsize::new(0);
/// How many times more work there has to be where a thread must be woken to share it.
const WAKING: usize = 4;

/// Waits until something is so, for a while, and lets other threads run that have something to do.
fn wait_until(is_so: impl Fn() -> bool, limit: Duration) {
    const LOOKS: u32 = 64;
    let start = Instant::now();
    while !is_so() && start.elapsed() < limit {
        for _ in 0..LOOKS {
            std::hint::spin_loop();
            if is_so() {
                return;
            }
        }
        std::thread::yield_now();
    }
}

/// How many threads there are to share work.
pub fn threads() -> usize {
    rayon::current_num_threads()
}

/// Sets how many threads share work, before any has been shared; 0 asks for one for each processor.
///
/// # Errors
/// `FailedPrecondition` when the threads are at work already.
pub fn set_threads(count: usize) -> Result<()> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(count);
    pool.build_global().map_err(|error| crate::Error::failed_precondition(error.to_string()))
}

/// Whether work on this many elements, each costing about `cost` simple operations, is worth sharing.
pub fn worthwhile(count: usize, cost: usize) -> bool {
    exceeds(count, cost, 2 * GRAIN)
}

fn exceeds(count: usize, cost: usize, least: usize) -> bool {
    count.saturating_mul(cost.max(1)) > least && threads() > 1
}

/// Cuts elements into chunks of whole units, large ones at both ends and ever smaller ones to the middle, where the threads
/// that work from both ends meet: so they end at one time, whatever their speeds. Where the cuts lie depends on sizes alone.
fn cut<T>(output: &mut [T], unit: usize, cost: usize) -> Vec<(usize, &mut [T])> {
    let least = GRAIN / cost.max(1);
    let (mut front, mut back) = (Vec::new(), Vec::new());
    let (mut start, mut rest) = (0, output);
    while !rest.is_empty() {
        let size = (rest.len() / (2 * threads())).max(least).max(1).div_ceil(unit) * unit;
        if size >= rest.len() {
            front.push((start, rest));
            break;
        }
        let (chunk, behind) = rest.split_at_mut(size);
        front.push((start, chunk));
        start += size;
        // The last unit of all may be shorter.
        let middle = behind.len().saturating_sub(size).div_ceil(unit) * unit;
        let (middle, chunk) = behind.split_at_mut(middle.min(behind.len()));
        if !chunk.is_empty() {
            back.push((start + middle.len(), chunk));
        }
        rest = middle;
    }
    front.extend(back.into_iter().rev());
    front
}

/// Applies a function to each element.
///
/// # Errors
/// `ResourceExhausted` when the memory cannot be had.
pub fn map<A: Copy + Sync, B: Element>(input: &[A], f: impl Fn(A) -> B + Sync) -> Result<Vec<B>> {
    let mut output = recycled::<B>(input.len())?;
    chunks(&mut output, 1, 1, |start, chunk| {
        for (output, &input) in chunk.iter_mut().zip(&input[start..]) {
            *output = f(input);
        }
    });
    Ok(output)
}

/// Calls `work(start, chunk)` for consecutive chunks of `output`, each of a whole number of `unit`s; `start` is the
/// chunk's first element. `cost` is that of one element.
pub fn chunks<T: Send>(output: &mut [T], unit: usize, cost: usize, work: impl Fn(usize, &mut [T]) + Sync) {
    share(output, unit, cost, &work);
}

#[inline(never)]
fn share<T: Send>(output: &mut [T], unit: usize, cost: usize, work: &(dyn Fn(usize, &mut [T]) + Sync)) {
    let unit = unit.max(1);
    if output.is_empty() {
        return;
    }
    let times = if LINGERING.load(Ordering::Acquire) == 0 { WAKING } else { 1 };
    if !exceeds(output.len(), cost, times * 2 * GRAIN) || output.len() <= unit {
        return work(0, output);
    }
    let chunks = cut(output, unit, cost);
    let helpers = chunks.len().min(threads()) - 1;
    let chunks = Mutex::new(chunks.into_iter());
    // This thread works from the front and the others from the back: neighbours share lines and pages.
    let take = |helps: bool| {
        let mut chunks = chunks.lock().unwrap_or_else(PoisonError::into_inner);
        if helps { chunks.next_back() } else { chunks.next() }
    };
    let work_off = |helps| {
        while let Some((start, chunk)) = take(helps) {
            work(start, chunk);
        }
    };
    let number = SHARED.fetch_add(1, Ordering::AcqRel) + 1;
    let busy = AtomicUsize::new(0);
    // This thread works, too: it need not be woken, and has in its cache what it just wrote.
    rayon::in_place_scope(|scope| {
        for _ in 0..helpers {
            scope.spawn(|_| {
                busy.fetch_add(1, Ordering::AcqRel);
                work_off(true);
                LINGERING.fetch_add(1, Ordering::AcqRel);
                rayon::spawn(move || {
                    wait_until(|| SHARED.load(Ordering::Acquire) != number, LINGER);
                    LINGERING.fetch_sub(1, Ordering::AcqRel);
                });
                busy.fetch_sub(1, Ordering::AcqRel);
            });
        }
        work_off(false);
        wait_until(|| busy.load(Ordering::Acquire) == 0, PATIENCE);
    });
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
    try_share(output, unit, cost, &work)
}

#[inline(never)]
fn try_share<T: Send>(
    output: &mut [T],
    unit: usize,
    cost: usize,
    work: &(dyn Fn(usize, &mut [T]) -> Result<()> + Sync),
) -> Result<()> {
    let failed = Mutex::new(None::<(usize, crate::Error)>);
    share(output, unit, cost, &|start, chunk| {
        if let Err(error) = work(start, chunk) {
            let mut first = failed.lock().unwrap_or_else(PoisonError::into_inner);
            if first.as_ref().is_none_or(|(earlier, _)| start < *earlier) {
                *first = Some((start, error));
            }
        }
    });
    let first = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    first.map_or(Ok(()), |(_, error)| Err(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_whole_units_and_all_there_is() {
        for (count, unit, cost) in
            [(1, 1, 1), (100, 7, 1 << 14), (99_991, 3, 100), (1 << 20, 1, 1), (392, 6, 1 << 20)]
        {
            let mut elements: Vec<usize> = (0..count).collect();
            let mut next = 0;
            let chunks = cut(&mut elements, unit, cost);
            let number = chunks.len();
            for (start, chunk) in chunks {
                assert_eq!((start, chunk[0]), (next, next));
                next += chunk.len();
                assert!(start % unit == 0 && (chunk.len() % unit == 0 || next == count));
            }
            assert_eq!(next, count);
            assert!(number < 200 * threads(), "{number} chunks of {count}");
        }
    }
}
