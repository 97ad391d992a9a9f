//! MutexV2, MutexLock, ConsumeMutexLock: parts of programs that run one at a time.

use crate::op_table::ops;
use crate::staging::Waited;
use crate::target::{handle, named_resource};
use ferroflow_core::{
    Grad, KernelCtx, NdArray, Resource, Result, ShapeCtx, Variant, VariantData, bail, shape_fn,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A mutex behind a handle: whether it is held.
struct Mutex(Waited<bool>);

impl Resource for Mutex {
    fn type_name(&self) -> &'static str {
        "tensorflow::(anonymous namespace)::Mutex"
    }
    fn debug_string(&self) -> String {
        "Mutex ".to_string()
    }
}

/// A lock that is held until an op consumes it, or nobody can.
struct Lock {
    mutex: Arc<Mutex>,
    is_held: AtomicBool,
}

impl Lock {
    fn release(&self) {
        if self.is_held.swap(false, Ordering::SeqCst) {
            self.mutex.0.change(|held| *held = false);
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.release();
    }
}

impl VariantData for Lock {
    fn type_name(&self) -> &'static str {
        "(anonymous)::Mutex::SharedLockReleaser"
    }
    fn debug_string(&self) -> String {
        "Mutex::SharedLockReleaser".to_string()
    }
}

fn create_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    named_resource(cx, |_| Ok(Mutex(Waited::new(false)))).map(|_| ())
}

fn lock_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let mutex = handle(cx, 0)?.lookup::<Mutex>(&cx.env().resources)?;
    mutex.0.wait(cx.env(), |held| Ok((!std::mem::replace(held, true)).then_some(())))?;
    let lock = Lock { mutex, is_held: AtomicBool::new(true) };
    cx.set(0, NdArray::scalar(Variant::new(lock)))
}

fn consume_shape(_cx: &mut ShapeCtx<'_>) -> Result<()> {
    Ok(())
}

fn consume_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    match cx.slice::<Variant>(0)?.first().and_then(Variant::get::<Lock>) {
        Some(lock) => lock.release(),
        None => bail!(invalid_argument, "Expected input to contain a lock of a mutex"),
    }
    Ok(())
}

ops! {
    grad: Grad::Missing;
    MUTEX_V2 "MutexV2" shape_fn::scalar, create_kernel;
    MUTEX_LOCK "MutexLock" shape_fn::scalar, lock_kernel;
    CONSUME_MUTEX_LOCK "ConsumeMutexLock" consume_shape, consume_kernel;
}
