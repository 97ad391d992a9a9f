//! Stage, Unstage, StagePeek, StageSize, StageClear: tuples of tensors handed from one part of a program to another.

use crate::op_table::ops;
use ferroflow_core::{Env, Grad, KernelCtx, NdArray, Resource, Result, ShapeCtx, bail, ensure, shape_fn};
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a waiting op sleeps before it looks whether its run was cancelled.
const PATIENCE: Duration = Duration::from_millis(10);

/// One entry: a tensor for each component.
pub(crate) type Tuple = Vec<NdArray>;

/// How much a staging area takes before those who bring more must wait; zero stands for no limit.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    entries: usize,
    bytes: usize,
}

impl Limits {
    pub(crate) fn of(cx: &KernelCtx<'_>) -> Result<Limits> {
        let limit = |name: &str| Ok(usize::try_from(cx.int(name)?).unwrap_or(0));
        Ok(Limits { entries: limit("capacity")?, bytes: limit("memory_limit")? })
    }

    /// Refuses what can never be taken.
    pub(crate) fn check(&self, bytes: usize) -> Result<()> {
        ensure!(
            self.bytes == 0 || bytes <= self.bytes,
            resource_exhausted,
            "Attempted to insert tensors with combined size of '{bytes}' bytes into Staging Area with a memory limit \
             of '{}'.",
            self.bytes
        );
        Ok(())
    }

    /// Whether there is room beside what is held.
    pub(crate) fn admit(&self, entries: usize, held: usize, bytes: usize) -> bool {
        (self.entries == 0 || entries < self.entries)
            && (self.bytes == 0 || held.saturating_add(bytes) <= self.bytes)
    }
}

/// The bytes of a tuple's tensors.
pub(crate) fn bytes_of(tuple: &[NdArray]) -> usize {
    tuple.iter().map(NdArray::num_bytes).sum()
}

/// Something that many ops wait on.
pub(crate) struct Waited<T> {
    state: Mutex<T>,
    changed: Condvar,
}

impl<T> Waited<T> {
    pub(crate) fn new(state: T) -> Waited<T> {
        Waited { state: Mutex::new(state), changed: Condvar::new() }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sleeps until `take` finds what it wants, and gives it out.
    pub(crate) fn wait<R>(&self, env: &Env, mut take: impl FnMut(&mut T) -> Result<Option<R>>) -> Result<R> {
        let mut state = self.lock();
        loop {
            if let Some(found) = take(&mut state)? {
                self.changed.notify_all();
                return Ok(found);
            }
            env.check()?;
            state = self.changed.wait_timeout(state, PATIENCE).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Changes the state, and wakes those who wait.
    pub(crate) fn change(&self, change: impl FnOnce(&mut T)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }
}

/// The staging area behind a name.
struct Stage {
    limits: Limits,
    tuples: Waited<VecDeque<Tuple>>,
}

impl Resource for Stage {
    fn type_name(&self) -> &'static str {
        "tensorflow::Buffer"
    }
    fn debug_string(&self) -> String {
        format!("Staging size: {}", self.tuples.lock().len())
    }
}

/// The name under which an op's resource is found.
pub(crate) fn shared_name(cx: &KernelCtx<'_>) -> Result<String> {
    let shared = cx.str("shared_name")?;
    Ok(if shared.is_empty() { cx.node() } else { shared }.to_string())
}

fn stage(cx: &KernelCtx<'_>) -> Result<Arc<Stage>> {
    let limits = Limits::of(cx)?;
    let create = || Ok(Stage { limits, tuples: Waited::new(VecDeque::new()) });
    cx.env().resources.get_or_create(cx.str("container")?, &shared_name(cx)?, create)
}

/// Gives out a tuple, from this output on.
pub(crate) fn give(cx: &mut KernelCtx<'_>, first: usize, tuple: Tuple) -> Result<()> {
    let wanted = cx.dtypes("dtypes")?.to_vec();
    ensure!(
        tuple.len() == wanted.len(),
        invalid_argument,
        "Mismatch stage/unstage: {} vs. {}",
        tuple.len(),
        wanted.len()
    );
    for (index, (value, dtype)) in tuple.into_iter().zip(wanted).enumerate() {
        ensure!(
            value.dtype() == dtype,
            invalid_argument,
            "Mismatch stage/unstage: tensor {index} is of type {}, not {}",
            value.dtype().cpp_name(),
            dtype.cpp_name()
        );
        cx.set(first + index, value)?;
    }
    Ok(())
}

fn put_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let stage = stage(cx)?;
    let tuple: Tuple = cx.inputs().to_vec();
    let bytes = bytes_of(&tuple);
    stage.limits.check(bytes)?;
    stage.tuples.wait(cx.env(), |tuples| {
        let held = tuples.iter().map(|tuple| bytes_of(tuple)).sum();
        if !stage.limits.admit(tuples.len(), held, bytes) {
            return Ok(None);
        }
        tuples.push_back(tuple.clone());
        Ok(Some(()))
    })
}

fn get_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let tuple = stage(cx)?.tuples.wait(cx.env(), |tuples| Ok(tuples.pop_front()))?;
    give(cx, 0, tuple)
}

fn peek_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    ensure!(cx.input(0)?.rank() == 0, invalid_argument, "index must be scalar");
    let index = cx.int_value(0)?;
    let Ok(index) = usize::try_from(index) else {
        bail!(invalid_argument, "index must not be negative, got {index}");
    };
    let tuple = stage(cx)?.tuples.wait(cx.env(), |tuples| Ok(tuples.get(index).cloned()))?;
    give(cx, 0, tuple)
}

fn size_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    let size = stage(cx)?.tuples.lock().len() as i32;
    cx.set(0, NdArray::scalar(size))
}

fn clear_kernel(cx: &mut KernelCtx<'_>) -> Result<()> {
    stage(cx)?.tuples.change(VecDeque::clear);
    Ok(())
}

fn unknown(cx: &mut ShapeCtx<'_>) -> Result<()> {
    shape_fn::unknown(cx)
}

ops! {
    grad: Grad::Missing;
    STAGE "Stage" shape_fn::no_outputs, put_kernel;
    UNSTAGE "Unstage" unknown, get_kernel;
    STAGE_PEEK "StagePeek" unknown, peek_kernel;
    STAGE_SIZE "StageSize" shape_fn::scalar, size_kernel;
    STAGE_CLEAR "StageClear" shape_fn::no_outputs, clear_kernel;
}
