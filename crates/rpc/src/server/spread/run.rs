//! Steps in parts: one on this server, the others by calls, all at one time.

use super::{Cluster, Parts};
use crate::server::peers::Everywhere;
use crate::server::worker::exchange::Exchange;
use crate::server::worker::steps::InStep;
use crate::status;
use ferroflow_core::{Cancellation, Error, NdArray, Result, bail};
use ferroflow_graph::{RunSettings, Sent, step_stats};
use ferroflow_proto::{
    CleanupGraphRequest, CleanupGraphResponse, ExecutorOpts, RunGraphRequest, RunGraphResponse, RunMetadata,
    StepStats,
};
use std::hash::{BuildHasher, RandomState};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// How long to wait before looking whether the step is to end.
const PATIENCE: Duration = Duration::from_millis(10);
/// How long to wait for the server that has failed, where others have heard of it first.
const CAUSE: Duration = Duration::from_secs(1);
/// How long a server may take to forget a step.
const CLEAN_UP: Duration = Duration::from_secs(10);
/// Numbers of steps, as TensorFlow's masters choose them.
const STEP_BITS: u64 = (1 << 56) - 1;

/// What a step is asked to report.
#[derive(Clone, Copy, Default)]
pub(crate) struct Reports {
    pub(crate) timeline: bool,
    pub(crate) graphs: bool,
}

impl Cluster {
    /// Runs the parts on values for the feeds; gives those of the fetches.
    ///
    /// # Errors
    /// What the first part that fails returns, with its task; `Unavailable` for a server that goes away;
    /// `DeadlineExceeded`, `Cancelled`.
    pub(crate) fn run(
        &self,
        parts: &Parts,
        values: Vec<NdArray>,
        settings: &RunSettings,
        reports: Reports,
    ) -> Result<(Vec<NdArray>, RunMetadata)> {
        let number = self.step_number();
        let step = self.steps.enter(number)?;
        for (key, value) in parts.feeds.iter().zip(values) {
            step.exchange.send(key, Some(value))?;
        }
        let ask = |key: &String| {
            let (sender, receiver) = channel();
            // Whoever does not listen any more has its error already.
            step.exchange.recv(key, Box::new(move |value| drop(sender.send(value))));
            receiver
        };
        let fetches: Vec<Receiver<Result<Sent>>> = parts.fetches.iter().map(ask).collect();
        let result = self.execute(parts, number, &step, settings, reports);
        self.forget(parts, number, result.as_ref().err());
        let metadata = result?;
        let mut values = Vec::with_capacity(fetches.len());
        for (fetch, key) in fetches.iter().zip(&parts.fetches) {
            let lost = |_| Err(Error::internal(format!("a step has lost the tensor of {key}")));
            values.push(value_of(key, fetch.try_recv().unwrap_or_else(lost)?)?);
        }
        Ok((parts.order.iter().map(|fetch| values[*fetch].clone()).collect(), metadata))
    }

    /// A number for a step.
    pub(super) fn step_number(&self) -> i64 {
        (RandomState::new().hash_one(&self.handle) & STEP_BITS).cast_signed()
    }

    /// Runs all parts to their end; gives what they report.
    ///
    /// # Errors
    /// As [`Cluster::run`].
    pub(super) fn execute(
        &self,
        parts: &Parts,
        number: i64,
        step: &InStep,
        settings: &RunSettings,
        reports: Reports,
    ) -> Result<RunMetadata> {
        let deadline = settings.timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let own = settings.cancellation.as_ref().map_or_else(Cancellation::default, Cancellation::child);
        step.runs(&own);
        let cause: Arc<Mutex<Option<Error>>> = Arc::default();
        let (sender, answers) = channel();
        for (position, handle) in &parts.there {
            let request = self.request(handle, number, reports);
            let task = self.devices()[*position].task_name();
            let client = self.peers.client(&task)?;
            let (exchange, watched) = (step.exchange.clone(), step.exchange.clone());
            let (cause, own, sender) = (cause.clone(), own.clone(), sender.clone());
            let call = client.clone();
            client.spawn(
                async move {
                    tokio::select! {
                        answer = call.worker_call::<_, RunGraphResponse>("RunGraph", request) => answer,
                        end = watched.ended() => Err(end),
                    }
                },
                move |answer: Result<RunGraphResponse>| {
                    let answer = answer.and_then(|answer| match answer.status_code {
                        0 => Ok(answer),
                        code => Err(status::error(code, &answer.status_error_message)),
                    });
                    let answer = answer.map_err(|error| {
                        let mut cause = cause.lock().unwrap_or_else(PoisonError::into_inner);
                        let error = cause.get_or_insert_with(|| told_from(&task, error)).clone();
                        exchange.end(&error);
                        own.cancel();
                        error
                    });
                    let _ = sender.send(answer);
                },
            );
        }
        drop(sender);
        let ours = |node: &str| {
            parts.here.as_ref().is_some_and(|here| here.direct.graph().get_operation_by_name(node).is_ok())
        };
        let here = self.run_here(parts, number, settings, own, &step.exchange, reports);
        let here = here.map_err(|error| match error.node() {
            Some(node) if ours(node) => Failure::Ours(told_from(&self.devices()[0].task_name(), error)),
            _ => Failure::Heard(error),
        });
        self.gather(here, &answers, &cause, deadline, settings, &step.exchange)
    }

    fn request(&self, handle: &str, number: i64, reports: Reports) -> RunGraphRequest {
        RunGraphRequest {
            session_handle: self.handle.clone(),
            create_worker_session_called: true,
            graph_handle: handle.to_string(),
            step_id: number,
            exec_opts: Some(ExecutorOpts {
                record_timeline: reports.timeline,
                record_partition_graphs: reports.graphs,
                ..ExecutorOpts::default()
            }),
            store_errors_in_response_body: true,
            request_id: self.peers.request_id(),
            ..RunGraphRequest::default()
        }
    }

    /// Runs the part of this server.
    fn run_here(
        &self,
        parts: &Parts,
        number: i64,
        settings: &RunSettings,
        own: Cancellation,
        exchange: &Arc<Exchange>,
        reports: Reports,
    ) -> Result<RunMetadata> {
        let Some(here) = &parts.here else { return Ok(RunMetadata::default()) };
        let device = &self.devices()[0];
        let everywhere = Everywhere {
            exchange: exchange.clone(),
            number,
            task: device.task_name(),
            peers: self.peers.clone(),
        };
        let settings = RunSettings { cancellation: Some(own), trace: reports.timeline, ..settings.clone() };
        let started = SystemTime::now();
        let timings = here.direct.run_part(&here.part, &everywhere, &settings)?;
        let graph = here.direct.graph();
        let stats = reports.timeline.then(|| step_stats(graph, &device.name(), &timings, started));
        let graphs = reports.graphs.then(|| graph.as_graph_def()).transpose()?;
        Ok(RunMetadata {
            step_stats: stats,
            partition_graphs: graphs.into_iter().collect(),
            ..RunMetadata::default()
        })
    }

    /// Waits until all parts have ended, or one has failed; joins what they report.
    fn gather(
        &self,
        here: Result<RunMetadata, Failure>,
        answers: &Receiver<Result<RunGraphResponse>>,
        cause: &Mutex<Option<Error>>,
        deadline: Option<Instant>,
        settings: &RunSettings,
        exchange: &Exchange,
    ) -> Result<RunMetadata> {
        let cause = || cause.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let end = |error: Error| {
            exchange.end(&error);
            error
        };
        let mut metadata = match here {
            Ok(metadata) => metadata,
            Err(Failure::Ours(error)) => return Err(end(cause().unwrap_or(error))),
            Err(Failure::Heard(error)) => {
                let until = Instant::now() + CAUSE;
                while cause().is_none() && Instant::now() < until {
                    if go_on(settings, deadline).is_err() {
                        break;
                    }
                    if let Err(RecvTimeoutError::Disconnected) = answers.recv_timeout(PATIENCE) {
                        break;
                    }
                }
                return Err(end(cause().unwrap_or(error)));
            }
        };
        loop {
            match answers.recv_timeout(PATIENCE) {
                Ok(answer) => {
                    let RunGraphResponse { step_stats, partition_graph, .. } = answer.map_err(end)?;
                    if let Some(StepStats { dev_stats }) = step_stats {
                        metadata.step_stats.get_or_insert_default().dev_stats.extend(dev_stats);
                    }
                    metadata.partition_graphs.extend(partition_graph);
                }
                Err(RecvTimeoutError::Disconnected) => return Ok(metadata),
                Err(RecvTimeoutError::Timeout) => go_on(settings, deadline).map_err(end)?,
            }
        }
    }

    /// Lets every server forget a step; those who still wait for something of it get the error that has ended it.
    pub(super) fn forget(&self, parts: &Parts, number: i64, error: Option<&Error>) {
        self.steps.forget(number, error);
        self.forget_elsewhere(parts, number);
    }

    /// The same on all servers but this one.
    pub(super) fn forget_elsewhere(&self, parts: &Parts, number: i64) {
        for (position, _) in &parts.there {
            if let Ok(client) = self.peers.client(&self.devices()[*position].task_name()) {
                let request = CleanupGraphRequest { step_id: number };
                client.tell_worker::<_, CleanupGraphResponse>("CleanupGraph", request, CLEAN_UP);
            }
        }
    }
}

/// The value of a fetch that was sent.
pub(super) fn value_of(key: &str, sent: Sent) -> Result<NdArray> {
    let tensor = || key.split(';').nth(3).unwrap_or(key);
    sent.ok_or_else(|| {
        Error::invalid_argument(format!("The tensor returned for {} was not valid.", tensor()))
    })
}

/// Why the part of this server has failed.
enum Failure {
    /// One of its nodes has failed.
    Ours(Error),
    /// Something ended it: the failure of another server, which that will tell, too; a limit of time.
    Heard(Error),
}

/// Whether a step may go on.
pub(super) fn go_on(settings: &RunSettings, deadline: Option<Instant>) -> Result<()> {
    if settings.cancellation.as_ref().is_some_and(Cancellation::is_cancelled) {
        bail!(cancelled, "Step was cancelled by an explicit call to `Session::Close()`.");
    }
    match deadline {
        Some(deadline) if Instant::now() >= deadline => bail!(deadline_exceeded, "Deadline Exceeded"),
        _ => Ok(()),
    }
}

/// Says which server an error is from, as TensorFlow's master does.
fn told_from(task: &str, error: Error) -> Error {
    let message = format!("From {task}:\n{}", error.message());
    error.with_message(message)
}
