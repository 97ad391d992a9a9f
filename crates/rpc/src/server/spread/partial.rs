//! Partial runs in parts: the parts run from the beginning, and wait for what is fed.

use super::run::{Reports, go_on, value_of};
use super::{Cluster, Parts};
use crate::server::worker::steps::InStep;
use ferroflow_core::{Cancellation, Error, NdArray, Result, bail, ensure};
use ferroflow_graph::{Graph, PendingRun, Port, RunSettings, RunSignature};
use std::collections::HashMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long to wait before looking whether the step is to end.
const PATIENCE: Duration = Duration::from_millis(10);

/// The partial runs of a session that are under way.
#[derive(Default)]
pub(crate) struct PartialRuns(Mutex<(HashMap<String, PartialRun>, u64)>);

struct PartialRun {
    pending: PendingRun,
    cluster: Arc<Cluster>,
    parts: Arc<Parts>,
    number: i64,
    step: InStep,
    cancellation: Cancellation,
    end: Receiver<Result<()>>,
}

impl Drop for PartialRun {
    fn drop(&mut self) {
        self.cancellation.cancel();
        self.cluster.steps.forget(self.number, None);
    }
}

impl PartialRuns {
    fn lock(&self) -> MutexGuard<'_, (HashMap<String, PartialRun>, u64)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a run of this handle is under way.
    pub(crate) fn has(&self, handle: &str) -> bool {
        self.lock().0.contains_key(handle)
    }

    /// Begins a run; gives its handle.
    ///
    /// # Errors
    /// `ResourceExhausted` where more than `limit` are under way.
    pub(crate) fn begin(
        &self,
        cluster: &Arc<Cluster>,
        parts: Arc<Parts>,
        signature: &RunSignature,
        settings: RunSettings,
        limit: usize,
    ) -> Result<String> {
        let mut runs = self.lock();
        let under_way = runs.0.len();
        ensure!(
            under_way < limit,
            resource_exhausted,
            "{under_way} partial runs are under way, as many as the server runs steps (--max-steps)"
        );
        let cancellation = settings.cancellation.clone().unwrap_or_default();
        let number = cluster.step_number();
        let (step, whole) = (cluster.steps.enter(number)?, cluster.steps.enter(number)?);
        let (sender, end) = channel();
        let run = {
            let (cluster, parts) = (cluster.clone(), parts.clone());
            move || {
                let result = cluster.execute(&parts, number, &whole, &settings, Reports::default());
                // What was sent and not fetched yet stays here.
                cluster.forget_elsewhere(&parts, number);
                let _ = sender.send(result.map(|_| ()));
            }
        };
        let thread = std::thread::Builder::new().name("ferroflow-partial".to_string()).spawn(run);
        thread.map_err(|error| Error::resource_exhausted(format!("no thread for a partial run: {error}")))?;
        let handle = format!("parts_{}", runs.1);
        runs.1 += 1;
        let pending = PendingRun::new(&signature.feeds, &signature.fetches);
        runs.0.insert(
            handle.clone(),
            PartialRun { pending, cluster: cluster.clone(), parts, number, step, cancellation, end },
        );
        Ok(handle)
    }

    /// Goes on with a run.
    ///
    /// # Errors
    /// As [`PendingRun::step`]; what the parts return, which ends the run.
    pub(crate) fn go_on(
        &self,
        graph: &Graph,
        handle: &str,
        feeds: Vec<(Port, NdArray)>,
        fetches: &[Port],
        settings: &RunSettings,
    ) -> Result<Vec<NdArray>> {
        let Some(mut run) = self.lock().0.remove(handle) else {
            bail!(invalid_argument, "Must run 'setup' before performing partial runs!");
        };
        let fed: Vec<Port> = feeds.iter().map(|(port, _)| *port).collect();
        let result = match run.pending.step(graph, &fed, fetches) {
            Ok((fed, fetched)) => {
                let values = feeds.into_iter().map(|(_, value)| value);
                Ok(run.step(fed.into_iter().zip(values), &fetched, settings)?)
            }
            Err(error) => Err(error),
        };
        if !run.pending.is_over() {
            self.lock().0.insert(handle.to_string(), run);
        }
        result
    }

    /// Ends all runs.
    pub(crate) fn clear(&self) {
        let runs = std::mem::take(&mut self.lock().0);
        drop(runs);
    }
}

impl PartialRun {
    fn step(
        &mut self,
        feeds: impl Iterator<Item = (usize, NdArray)>,
        fetches: &[usize],
        settings: &RunSettings,
    ) -> Result<Vec<NdArray>> {
        let deadline = settings.timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        for (feed, value) in feeds {
            self.step.exchange.send(&self.parts.feeds[feed], Some(value))?;
        }
        let mut values = Vec::with_capacity(fetches.len());
        for fetch in fetches {
            let key = &self.parts.fetches[self.parts.order[*fetch]];
            let (sender, receiver) = channel();
            self.step.exchange.recv(key, Box::new(move |value| drop(sender.send(value))));
            values.push(value_of(key, wait(&receiver, settings, deadline)??)?);
        }
        if self.pending.is_over() {
            wait(&self.end, settings, deadline)??;
        }
        Ok(values)
    }
}

/// Waits for as long as the settings allow.
fn wait<T>(receiver: &Receiver<T>, settings: &RunSettings, deadline: Option<Instant>) -> Result<T> {
    loop {
        match receiver.recv_timeout(PATIENCE) {
            Ok(value) => return Ok(value),
            Err(RecvTimeoutError::Disconnected) => bail!(internal, "a partial run was lost"),
            Err(RecvTimeoutError::Timeout) => go_on(settings, deadline)?,
        }
    }
}
