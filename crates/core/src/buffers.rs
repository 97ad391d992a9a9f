//! Memory of dropped arrays, kept for the next ones: fresh pages cost more than most kernels spend on them.

use crate::{Element, Result, large_pages, reserve};
use std::any::{Any, TypeId};
use std::mem::{needs_drop, size_of, size_of_val, take};
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// Smaller buffers are served by the allocator without a page fault.
const MIN_BYTES: usize = 1 << 16;
/// Larger ones go back to the system.
const MAX_BYTES: usize = 1 << 26;
/// What is kept in all; the oldest goes first.
const KEPT_BYTES: usize = 1 << 29;
/// How many times larger than asked for a kept buffer may be.
const MAX_SURPLUS: usize = 2;
/// Which part of what is asked for may lie behind the elements of a kept buffer: that much has to be zeroed.
const ZEROED_PART: usize = 16;
/// How many times buffers were found again.
static FOUND: AtomicUsize = AtomicUsize::new(0);
/// How many times that has to be so before they are moved to large pages: a program that ends soon gains nothing by it.
const MANY: usize = 256;

struct Kept {
    element: TypeId,
    /// All of its room.
    bytes: usize,
    /// How much of that its elements fill.
    filled: usize,
    /// A `Vec` of the element type.
    buffer: Box<dyn Any + Send>,
}

static POOL: Mutex<Vec<Kept>> = Mutex::new(Vec::new());

fn pool() -> MutexGuard<'static, Vec<Kept>> {
    POOL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A kept buffer with this many elements, or none that fits.
fn kept<T: Element>(count: usize) -> Option<Vec<T>> {
    let bytes = count.saturating_mul(size_of::<T>());
    if needs_drop::<T>() || !(MIN_BYTES..=MAX_BYTES).contains(&bytes) {
        return None;
    }
    let element = TypeId::of::<T>();
    let fits = |kept: &Kept| {
        kept.element == element
            && kept.bytes >= bytes
            && kept.bytes <= bytes.saturating_mul(MAX_SURPLUS)
            && kept.filled.saturating_add(bytes / ZEROED_PART) >= bytes
    };
    let found = {
        let mut pool = pool();
        // The one whose elements are nearest in number, and of those the one that was used last: it may still be in a cache.
        let fitting = pool.iter().enumerate().rev().filter(|(_, kept)| fits(kept));
        let nearest = fitting.min_by_key(|(_, kept)| (kept.filled.abs_diff(bytes), kept.bytes));
        let position = nearest.map(|(position, _)| position);
        position.map(|position| pool.remove(position))
    };
    let mut buffer = *found?.buffer.downcast::<Vec<T>>().ok()?;
    if FOUND.fetch_add(1, Ordering::Relaxed) >= MANY {
        large_pages::prefer(&buffer);
    }
    // A buffer that served fewer elements knows nothing of those behind them: they are zeroed.
    buffer.resize(count, T::default());
    Some(buffer)
}

/// A vector of this many elements about which nothing is known: those of an earlier array, or zeros. For what is then
/// written in full.
///
/// # Errors
/// `ResourceExhausted` when the memory cannot be had.
pub fn recycled<T: Element>(count: usize) -> Result<Vec<T>> {
    let buffer = kept(count).map_or_else(|| fresh(count), Ok)?;
    Ok(if cfg!(debug_assertions) { spoiled(buffer) } else { buffer })
}

/// Elements that no kernel would write: tests find what a kernel that should have written all left out.
fn spoiled<T: Element>(mut elements: Vec<T>) -> Vec<T> {
    let buffer: &mut dyn Any = &mut elements;
    if let Some(floats) = buffer.downcast_mut::<Vec<f32>>() {
        floats.fill(f32::NAN);
    } else if let Some(floats) = buffer.downcast_mut::<Vec<f64>>() {
        floats.fill(f64::NAN);
    } else if let Some(integers) = buffer.downcast_mut::<Vec<i32>>() {
        integers.fill(i32::MIN + 7);
    } else if let Some(integers) = buffer.downcast_mut::<Vec<i64>>() {
        integers.fill(i64::MIN + 7);
    } else if let Some(bytes) = buffer.downcast_mut::<Vec<u8>>() {
        bytes.fill(0xa7);
    }
    elements
}

/// A vector of this many default elements, or `ResourceExhausted`.
///
/// # Errors
/// `ResourceExhausted` when the memory cannot be had.
pub fn zeroed<T: Element>(count: usize) -> Result<Vec<T>> {
    // Zeroing is cheaper than what the system does for fresh pages: it zeroes them too, and maps them one by one.
    match kept::<T>(count) {
        Some(mut buffer) => {
            buffer.fill(T::default());
            Ok(buffer)
        }
        None => fresh(count),
    }
}

/// Default elements in memory of the system's.
fn fresh<T: Element>(count: usize) -> Result<Vec<T>> {
    // `vec!` of a zero is served by zeroed pages, but aborts when memory runs out: ask first for large ones.
    const ASK_FIRST: usize = 1 << 24;
    if count.saturating_mul(size_of::<T>()) > ASK_FIRST {
        drop(reserve::<T>(count)?);
    }
    Ok(vec![T::default(); count])
}

/// Elements whose memory is kept for other arrays when they are dropped.
pub struct Buffer<T: Element> {
    elements: Vec<T>,
    form: Form,
}

/// Another form of elements, which kernels work with faster.
#[derive(Default)]
struct Form {
    /// How often it was asked for.
    asked: AtomicU8,
    made: OnceLock<Box<Made>>,
}

struct Made {
    form: Box<dyn Any + Send + Sync>,
    /// A form of another type.
    next: Form,
}

/// How often a form is asked for in vain: elements that serve a few times only, or are changed by every step of a training, are
/// not worth it.
const ASKED_IN_VAIN: u8 = 2;

impl<T: Element> Buffer<T> {
    /// Takes over elements.
    pub(crate) fn new(elements: Vec<T>) -> Buffer<T> {
        Buffer { elements, form: Form::default() }
    }

    /// Another form of the elements, made when it is asked for again and again, and kept until they change.
    pub(crate) fn form<F: Any + Send + Sync>(&self, make: impl FnOnce(&[T]) -> F) -> Option<&F> {
        let (mut at, mut make) = (&self.form, Some(make));
        loop {
            if let Some(Made { form, next }) = at.made.get().map(Box::as_ref) {
                match form.downcast_ref() {
                    Some(form) => return Some(form),
                    None => at = next,
                }
            } else if at.asked.load(Ordering::Relaxed) < ASKED_IN_VAIN {
                at.asked.fetch_add(1, Ordering::Relaxed);
                return None;
            } else {
                // Another thread may be quicker, with a form of this type or another.
                let make = make.take()?;
                at.made.get_or_init(|| {
                    Box::new(Made { form: Box::new(make(&self.elements)), next: Form::default() })
                });
            }
        }
    }

    /// Room for this many elements about which nothing is known: what kernels need while they run.
    ///
    /// # Errors
    /// `ResourceExhausted` when the memory cannot be had.
    pub fn scratch(count: usize) -> Result<Buffer<T>> {
        recycled(count).map(Buffer::new)
    }

    /// A copy of elements.
    pub(crate) fn copied(elements: &[T]) -> Vec<T> {
        if size_of_val(elements) >= MIN_BYTES
            && let Ok(mut copy) = recycled::<T>(elements.len())
        {
            crate::parallel::chunks(&mut copy, 1, 1, |start, chunk| {
                chunk.clone_from_slice(&elements[start..start + chunk.len()]);
            });
            return copy;
        }
        elements.to_vec()
    }

    pub(crate) fn into_vec(mut self) -> Vec<T> {
        take(&mut self.elements)
    }
}

impl<T: Element> Deref for Buffer<T> {
    type Target = Vec<T>;
    fn deref(&self) -> &Vec<T> {
        &self.elements
    }
}

impl<T: Element> DerefMut for Buffer<T> {
    fn deref_mut(&mut self) -> &mut Vec<T> {
        self.form = Form::default();
        &mut self.elements
    }
}

impl<T: Element> Drop for Buffer<T> {
    fn drop(&mut self) {
        let bytes = self.elements.capacity().saturating_mul(size_of::<T>());
        if needs_drop::<T>() || !(MIN_BYTES..=MAX_BYTES).contains(&bytes) {
            return;
        }
        let filled = size_of_val(self.elements.as_slice());
        let buffer = Box::new(take(&mut self.elements));
        let kept = Kept { element: TypeId::of::<T>(), bytes, filled, buffer };
        let mut surplus = Vec::new();
        let mut pool = pool();
        pool.push(kept);
        let mut total: usize = pool.iter().map(|kept| kept.bytes).sum();
        while total > KEPT_BYTES {
            let oldest = pool.remove(0);
            total -= oldest.bytes;
            surplus.push(oldest);
        }
        // The system takes memory back after the lock is given up.
        drop(pool);
        drop(surplus);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_used_again() {
        // No other test uses this size and type.
        let count = 123_457;
        let buffer = Buffer::new(vec![7u16; count]);
        let address = buffer.as_ptr();
        drop(buffer);
        let again = recycled::<u16>(count).expect("small");
        assert_eq!((again.as_ptr(), again.len()), (address, count));
        assert_eq!(zeroed::<u16>(count).expect("small")[count - 1], 0);
    }

    #[test]
    fn a_buffer_that_served_far_fewer_elements_is_left() {
        // No other test uses this type.
        let count = 200_003;
        let buffer = Buffer::new(vec![7u32; count]);
        let address = buffer.as_ptr();
        drop(buffer);
        let fewer = recycled::<u32>(count / 4 * 3).expect("small");
        assert_eq!(fewer.as_ptr(), address);
        drop(Buffer::new(fewer));
        // Most of the time would go into zeroing what lies behind its elements.
        let again = recycled::<u32>(count).expect("small");
        assert_ne!(again.as_ptr(), address);
    }

    #[test]
    fn a_form_is_kept_until_the_elements_change() {
        let mut buffer = Buffer::new(vec![1.0f32, 2.0]);
        let sum = |elements: &[f32]| elements.iter().sum::<f32>();
        for _ in 0..ASKED_IN_VAIN {
            assert_eq!(buffer.form(sum), None);
        }
        assert_eq!(buffer.form(sum), Some(&3.0));
        assert_eq!(buffer.form(|_| 0.0f32), Some(&3.0));
        let of_another_type = |_: &[f32]| "of another type";
        for _ in 0..ASKED_IN_VAIN {
            assert_eq!(buffer.form(of_another_type), None);
        }
        assert_eq!(buffer.form(of_another_type), Some(&"of another type"));
        assert_eq!(buffer.form(sum), Some(&3.0));
        buffer[0] = 5.0;
        assert_eq!(buffer.form(sum), None);
        assert_eq!(buffer.form(of_another_type), None);
    }

    #[test]
    fn what_a_kernel_leaves_out_shows_in_tests() {
        assert_eq!(recycled::<f32>(3).expect("small").iter().all(|x| x.is_nan()), cfg!(debug_assertions));
        assert_eq!(zeroed::<f32>(3).expect("small"), [0.0; 3]);
    }

    #[test]
    fn elements_that_own_something_are_dropped() {
        drop(Buffer::new(vec![crate::TString::from("text"); 100_000]));
        let fresh = recycled::<crate::TString>(100_000).expect("small");
        assert!(fresh.iter().all(|text| text.as_bytes().is_empty()));
    }
}
