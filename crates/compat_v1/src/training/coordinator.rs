//! `Coordinator`: threads that stop together, and the error that stopped them.

use ferroflow_core::{Code, Error, Result, bail};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How often [`Coordinator::join`] looks whether threads have ended.
const GLANCE: Duration = Duration::from_millis(5);

/// Lets any of several threads ask all to stop, and waits for them. Cloning shares the coordinator.
///
/// Source: `tf.compat.v1.train.Coordinator`.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let coord = tf::train::Coordinator::new();
/// let worker = coord.clone();
/// coord.register_thread(std::thread::spawn(move || {
///     worker.stop_on_error(|| Err::<(), _>(tf::Error::internal("something happened")));
/// }));
/// assert_eq!(coord.join().unwrap_err().message(), "something happened");
/// ```
#[derive(Clone, Default)]
pub struct Coordinator(Arc<Inner>);

#[derive(Default)]
struct Inner {
    state: Mutex<State>,
    stopped: Condvar,
}

#[derive(Default)]
struct State {
    stop: bool,
    joined: bool,
    /// The first error that was reported.
    error: Option<Error>,
    threads: Vec<JoinHandle<()>>,
    /// Errors that stop threads without being one.
    clean_stop: Vec<Code>,
}

impl Coordinator {
    /// A coordinator for which the end of input (`OutOfRange`) is a reason to stop, and no error.
    pub fn new() -> Coordinator {
        Coordinator::with_clean_stops(&[Code::OutOfRange])
    }

    /// A coordinator for which errors of these kinds are a reason to stop, and no error.
    pub fn with_clean_stops(clean_stop_exception_types: &[Code]) -> Coordinator {
        let coordinator = Coordinator::default();
        coordinator.lock().clean_stop = clean_stop_exception_types.to_vec();
        coordinator
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks all threads to stop; [`Coordinator::join`] gives the first error that comes along.
    pub fn request_stop(&self, error: Option<Error>) {
        let mut state = self.lock();
        if let Some(error) = error.filter(|error| !state.clean_stop.contains(&error.code()))
            && !state.joined
        {
            state.error.get_or_insert(error);
        }
        state.stop = true;
        self.0.stopped.notify_all();
    }

    /// Takes back the request to stop, and forgets the error.
    pub fn clear_stop(&self) {
        let mut state = self.lock();
        (state.stop, state.joined, state.error) = (false, false, None);
    }

    /// Whether threads were asked to stop.
    pub fn should_stop(&self) -> bool {
        self.lock().stop
    }

    /// Runs `f`; an error stops all threads.
    pub fn stop_on_error<R>(&self, f: impl FnOnce() -> Result<R>) -> Option<R> {
        match f() {
            Ok(result) => Some(result),
            Err(error) => {
                self.request_stop(Some(error));
                None
            }
        }
    }

    /// Waits until threads are asked to stop, or the time is over; says whether they were.
    pub fn wait_for_stop(&self, timeout: Option<Duration>) -> bool {
        let mut state = self.lock();
        let end = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        while !state.stop {
            let left = match end {
                Some(end) => end.saturating_duration_since(Instant::now()),
                None => Duration::from_secs(3600),
            };
            if left.is_zero() {
                break;
            }
            state = self.0.stopped.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        state.stop
    }

    /// Makes [`Coordinator::join`] wait for a thread.
    pub fn register_thread(&self, thread: JoinHandle<()>) {
        self.lock().threads.push(thread);
    }

    /// Whether all threads have been waited for.
    pub fn joined(&self) -> bool {
        self.lock().joined
    }

    /// Waits for all threads, for two minutes once they were asked to stop.
    ///
    /// # Errors
    /// As [`Coordinator::join_within`].
    pub fn join(&self) -> Result<()> {
        self.join_within(Duration::from_secs(120), false)
    }

    /// The same with another time for threads to stop in, and perhaps content with threads that do not.
    ///
    /// # Errors
    /// The first error that was reported; `RuntimeError` for threads that do not stop in time; `Internal` for one that
    /// panicked.
    pub fn join_within(&self, stop_grace_period: Duration, ignore_live_threads: bool) -> Result<()> {
        let threads = std::mem::take(&mut self.lock().threads);
        while !threads.iter().all(JoinHandle::is_finished) && !self.wait_for_stop(Some(GLANCE)) {}
        let end = Instant::now().checked_add(stop_grace_period);
        while !threads.iter().all(JoinHandle::is_finished) && end.is_none_or(|end| Instant::now() < end) {
            std::thread::sleep(GLANCE);
        }
        let (mut alive, mut panicked) = (0, false);
        for thread in threads {
            match thread.is_finished() {
                true => panicked |= thread.join().is_err(),
                false => alive += 1,
            }
        }
        let mut state = self.lock();
        state.joined = true;
        if let Some(error) = state.error.take() {
            return Err(error);
        }
        if panicked {
            bail!(internal, "a thread of the coordinator panicked");
        }
        if alive > 0 && !ignore_live_threads {
            bail!(runtime, "Coordinator stopped with threads still running: {alive}");
        }
        Ok(())
    }

    /// The first error that was reported.
    ///
    /// # Errors
    /// That error.
    pub fn raise_requested_exception(&self) -> Result<()> {
        self.lock().error.clone().map_or(Ok(()), Err)
    }
}

/// Calls a function again and again, in a thread of a coordinator.
///
/// Source: `tf.compat.v1.train.LooperThread`.
pub struct LooperThread;

impl LooperThread {
    /// Starts a thread that calls `target`, every `timer_interval` or without a break, until the coordinator stops or
    /// an error stops it.
    pub fn start(
        coord: &Coordinator,
        timer_interval: Option<Duration>,
        mut target: impl FnMut() -> Result<()> + Send + 'static,
    ) {
        let shared = coord.clone();
        let thread = std::thread::spawn(move || {
            let mut next = Instant::now();
            let mut wait = Duration::ZERO;
            while !(if wait.is_zero() { shared.should_stop() } else { shared.wait_for_stop(Some(wait)) }) {
                if shared.stop_on_error(&mut target).is_none() {
                    return;
                }
                if let Some(interval) = timer_interval {
                    next += interval;
                    wait = next.saturating_duration_since(Instant::now());
                }
            }
        });
        coord.register_thread(thread);
    }
}

/// A flag that threads share.
#[derive(Clone, Default)]
pub(crate) struct Flag(Arc<AtomicBool>);

impl Flag {
    pub(crate) fn set(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}
