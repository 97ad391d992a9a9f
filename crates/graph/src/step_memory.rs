//! How much the values of one run may take together. A run and the calls of functions within it are on one thread, or on
//! threads that it waits for, so the count goes with the thread.

use ferroflow_core::{Attrs, DType, KernelCtx, NdArray, OpDef, PartialShape, Result, bail};
use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What the runs of a thread may take, and take.
#[derive(Clone, Copy)]
pub(crate) struct StepMemory {
    limit: usize,
    used: usize,
}

const UNLIMITED: StepMemory = StepMemory { limit: usize::MAX, used: 0 };

thread_local! {
    static CURRENT: Cell<StepMemory> = const { Cell::new(UNLIMITED) };
}

impl StepMemory {
    /// What a run with this limit begins with.
    pub(crate) fn limited(limit: Option<usize>) -> StepMemory {
        limit.map_or(UNLIMITED, |limit| StepMemory { limit, used: 0 })
    }

    /// That of the run on this thread.
    pub(crate) fn current() -> StepMemory {
        CURRENT.get()
    }

    /// Runs `f` with this one as the thread's.
    pub(crate) fn within<R>(self, f: impl FnOnce() -> R) -> R {
        struct Restore(StepMemory);
        impl Drop for Restore {
            fn drop(&mut self) {
                CURRENT.set(self.0);
            }
        }
        let _restore = Restore(CURRENT.replace(self));
        f()
    }
}

/// What one run of a plan holds of it.
pub(crate) struct Held {
    counts: bool,
    bytes: usize,
}

impl Held {
    pub(crate) fn new() -> Held {
        Held { counts: CURRENT.get().limit != usize::MAX, bytes: 0 }
    }

    /// Whether there is a limit at all.
    pub(crate) fn counts(&self) -> bool {
        self.counts
    }

    /// Takes the bytes of a value.
    ///
    /// # Errors
    /// `ResourceExhausted` above the limit.
    pub(crate) fn add(&mut self, value: &NdArray) -> Result<()> {
        let bytes = size(value);
        check(bytes, || (PartialShape::from(value.shape()), value.dtype()))?;
        self.bytes = self.bytes.saturating_add(bytes);
        let current = CURRENT.get();
        CURRENT.set(StepMemory { used: current.used.saturating_add(bytes), ..current });
        Ok(())
    }

    /// Gives bytes back.
    pub(crate) fn remove(&mut self, bytes: usize) {
        let bytes = bytes.min(self.bytes);
        self.bytes -= bytes;
        let current = CURRENT.get();
        CURRENT.set(StepMemory { used: current.used.saturating_sub(bytes), ..current });
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.remove(self.bytes);
    }
}

/// What a run counts whose values pass from node to node, each held by as many as still need it.
pub(crate) struct Ledger {
    /// What others on the thread have taken.
    base: usize,
    /// `None` where there is no limit.
    bytes: Option<Arc<AtomicUsize>>,
}

/// A value that is counted until nobody holds it.
#[derive(Clone)]
pub(crate) struct Counted {
    pub(crate) value: NdArray,
    _share: Option<Arc<Share>>,
}

struct Share {
    bytes: usize,
    ledger: Arc<AtomicUsize>,
}

impl Drop for Share {
    fn drop(&mut self) {
        self.ledger.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl Counted {
    /// A value that takes nothing worth counting.
    pub(crate) fn free(value: NdArray) -> Counted {
        Counted { value, _share: None }
    }
}

impl Ledger {
    pub(crate) fn new() -> Ledger {
        let StepMemory { limit, used } = CURRENT.get();
        Ledger { base: used, bytes: (limit != usize::MAX).then(Arc::default) }
    }

    /// Tells the thread what is taken, for what a node does.
    pub(crate) fn tell(&self) {
        if let Some(bytes) = &self.bytes {
            let used = self.base.saturating_add(bytes.load(Ordering::Relaxed));
            CURRENT.set(StepMemory { used, ..CURRENT.get() });
        }
    }

    /// Counts a value.
    ///
    /// # Errors
    /// `ResourceExhausted` above the limit.
    pub(crate) fn count(&self, value: NdArray) -> Result<Counted> {
        let Some(ledger) = &self.bytes else { return Ok(Counted { value, _share: None }) };
        self.tell();
        let bytes = size(&value);
        check(bytes, || (PartialShape::from(value.shape()), value.dtype()))?;
        ledger.fetch_add(bytes, Ordering::Relaxed);
        Ok(Counted { value, _share: Some(Arc::new(Share { bytes, ledger: ledger.clone() })) })
    }
}

/// The bytes of a value.
pub(crate) fn size(value: &NdArray) -> usize {
    value.len().saturating_mul(value.dtype().size().max(1))
}

/// Outputs below this size are counted when they are there: they cannot hurt before.
const SMALL: usize = 1 << 16;

/// Checks that there is room for the outputs of an op before its kernel makes them.
///
/// # Errors
/// `ResourceExhausted` above the limit.
pub(crate) fn check_outputs(def: &OpDef, attrs: &Attrs, count: usize, cx: &mut KernelCtx<'_>) -> Result<()> {
    if CURRENT.get().limit == usize::MAX {
        return Ok(());
    }
    for index in 0..count {
        // A shape that depends on values is known once the kernel has run.
        let Ok(shape) = cx.output_shape(index) else { continue };
        if shape.num_elements() < SMALL {
            continue;
        }
        let dtype = def.schema().output_types(attrs)?.get(index).copied().unwrap_or(DType::STRING);
        check(shape.num_elements().saturating_mul(dtype.size().max(1)), || ((&shape).into(), dtype))?;
    }
    Ok(())
}

fn check(bytes: usize, what: impl FnOnce() -> (PartialShape, DType)) -> Result<()> {
    let StepMemory { limit, used } = CURRENT.get();
    if bytes > limit || used > limit - bytes {
        let (shape, dtype) = what();
        bail!(
            resource_exhausted,
            "OOM when allocating tensor with shape{} and type {}: a step may take {limit} bytes",
            shape.cpp(),
            dtype.cpp_name()
        );
    }
    Ok(())
}
