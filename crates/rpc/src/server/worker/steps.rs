//! The steps that a worker has a part in, by their numbers.

use super::exchange::Exchange;
use crate::server::options::Limits;
use ferroflow_core::{Cancellation, Error, Result, ensure};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// How many steps may be known for each that may run: those that are asked for before they begin, and those that have
/// ended and were not cleaned up.
const KNOWN_FOR_EACH: usize = 4;

/// How a part of a partial run ended, once it has.
pub(crate) type End = Option<Result<()>>;

/// A step.
pub(crate) struct Step {
    pub(crate) exchange: Arc<Exchange>,
    state: Mutex<State>,
}

struct State {
    /// Calls that are under way, and parts that run.
    users: usize,
    running: Vec<Cancellation>,
    partial: Option<watch::Receiver<End>>,
    last_call: Instant,
}

impl Step {
    fn new(limit: usize) -> Step {
        let state = State { users: 0, running: Vec::new(), partial: None, last_call: Instant::now() };
        Step { exchange: Arc::new(Exchange::new(limit)), state: Mutex::new(state) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the end of the step cancel a part that runs.
    pub(crate) fn runs(&self, cancellation: &Cancellation) {
        self.lock().running.push(cancellation.clone());
    }

    /// The part of a partial run that is under way; `begin` makes it known.
    pub(crate) fn partial(
        &self,
        begin: impl FnOnce() -> watch::Receiver<End>,
    ) -> (watch::Receiver<End>, bool) {
        let mut state = self.lock();
        let begins = state.partial.is_none();
        (state.partial.get_or_insert_with(begin).clone(), begins)
    }

    /// Ends the step: its parts stop, and whoever waits for a tensor gets this error.
    pub(crate) fn end(&self, error: &Error) {
        self.exchange.end(error);
        self.lock().running.iter().for_each(Cancellation::cancel);
    }
}

/// The steps of a worker.
pub(crate) struct Steps {
    held: Mutex<HashMap<i64, Arc<Step>>>,
    limit: usize,
    bytes: usize,
}

/// A call that is about a step. Without calls, and without tensors that nobody has taken, a step is forgotten.
pub(crate) struct InStep {
    steps: Arc<Steps>,
    number: i64,
    step: Arc<Step>,
}

impl std::ops::Deref for InStep {
    type Target = Step;

    fn deref(&self) -> &Step {
        &self.step
    }
}

impl Drop for InStep {
    fn drop(&mut self) {
        let mut held = self.steps.lock();
        let mut state = self.step.lock();
        state.users -= 1;
        state.last_call = Instant::now();
        let over = state.users == 0 && state.partial.is_none() && self.step.exchange.is_empty();
        let is_this = held.get(&self.number).is_some_and(|held| Arc::ptr_eq(held, &self.step));
        if over && is_this {
            held.remove(&self.number);
        }
    }
}

impl Steps {
    pub(crate) fn new(limits: &Limits) -> Steps {
        let limit = limits.steps.saturating_mul(KNOWN_FOR_EACH);
        Steps { held: Mutex::default(), limit, bytes: limits.step_bytes }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<i64, Arc<Step>>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The step of a number, which may be heard of for the first time: who takes a tensor may be faster than who makes
    /// it.
    ///
    /// # Errors
    /// `ResourceExhausted` where too many steps are known.
    pub(crate) fn enter(self: &Arc<Steps>, number: i64) -> Result<InStep> {
        let mut held = self.lock();
        let known = held.len();
        let step = match held.entry(number) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                let limit = self.limit;
                ensure!(
                    known < limit,
                    resource_exhausted,
                    "{known} steps of masters are known, {KNOWN_FOR_EACH} for each that the server may run \
                     (--max-steps)"
                );
                entry.insert(Arc::new(Step::new(self.bytes)))
            }
        };
        let step = step.clone();
        step.lock().users += 1;
        Ok(InStep { steps: self.clone(), number, step })
    }

    /// Forgets a step. Whoever waits for something of it gets the error that has ended it, if one has.
    pub(crate) fn forget(&self, number: i64, error: Option<&Error>) {
        let step = self.lock().remove(&number);
        if let Some(step) = step {
            step.end(error.unwrap_or(&Error::aborted(format!("Cleanup {number}"))));
        }
    }

    /// Forgets the steps that nobody has called about for long.
    pub(crate) fn collect(&self, idle: Duration) {
        let mut over = Vec::new();
        self.lock().retain(|number, step| {
            let state = step.lock();
            let keep = state.users > 0 || state.last_call.elapsed() <= idle;
            drop(state);
            if !keep {
                over.push((*number, step.clone()));
            }
            keep
        });
        for (number, step) in over {
            step.end(&Error::aborted(format!("Cleanup {number}")));
        }
    }

    /// Ends all steps.
    pub(crate) fn end_all(&self, error: &Error) {
        let steps = std::mem::take(&mut *self.lock());
        steps.into_values().for_each(|step| step.end(error));
    }
}
