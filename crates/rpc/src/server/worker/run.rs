//! Running the part of a step that is placed on this server.

use super::exchange::Exchange;
use super::sessions::{InSession, Registered};
use super::steps::{End, InStep};
use crate::server::master::{CancelOnDrop, Master};
use crate::server::peers::Everywhere;
use crate::status::{from_status, to_status};
use ferroflow_core::{Cancellation, Error, Result, ensure};
use ferroflow_graph::{RunSettings, Sent, step_stats};
use ferroflow_proto::{
    ExecutorOpts, NamedTensorProto, RunGraphRequest, RunGraphResponse, StepStats, tensor_proto,
};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::{OwnedSemaphorePermit, oneshot, watch};
use tonic::Status;

/// How much later than the master other servers hear of a failure.
const MASTER_FIRST: Duration = Duration::from_millis(50);

/// A part of a step, and all that it needs to run.
struct Job {
    session: InSession,
    graph: Arc<Registered>,
    step: InStep,
    number: i64,
    options: ExecutorOpts,
    memory_limit: usize,
    _permit: OwnedSemaphorePermit,
}

impl Job {
    /// Runs all nodes of the part.
    fn run(&self, cancellation: Cancellation) -> Result<Option<StepStats>> {
        let everywhere = Everywhere {
            exchange: self.step.exchange.clone(),
            number: self.number,
            task: self.session.device.task_name(),
            peers: self.session.peers.clone(),
        };
        let settings = RunSettings {
            timeout: None,
            trace: self.options.record_timeline || self.options.record_costs,
            cancellation: Some(cancellation),
            memory_limit: Some(self.memory_limit),
        };
        let started = SystemTime::now();
        let direct = &self.graph.direct;
        let timings = direct.run_part(&self.graph.part, &everywhere, &settings);
        let timings = timings?;
        let device = self.session.device.name();
        Ok(settings.trace.then(|| step_stats(direct.graph(), &device, &timings, started)))
    }
}

/// Runs a part, or goes on with it where it is one of a partial run.
pub(super) async fn run_graph(
    master: &Arc<Master>,
    request: RunGraphRequest,
) -> Result<RunGraphResponse, Status> {
    let worker = &master.worker;
    let begin = || {
        worker.requests.note(request.request_id, "RunGraph (Worker)")?;
        let session = worker.sessions.find(&request.session_handle, request.create_worker_session_called)?;
        let graph = session.graph(&request.graph_handle)?;
        Ok((session, graph, worker.steps.enter(request.step_id)?))
    };
    let (session, graph, step) = begin().map_err(|error: Error| to_status(&error))?;
    let exchange = step.exchange.clone();
    let job = |permit| Job {
        session,
        graph,
        step,
        number: request.step_id,
        options: request.exec_opts.unwrap_or_default(),
        memory_limit: master.options.limits.step_bytes,
        _permit: permit,
    };
    if request.is_partial {
        let job = job(master.permit()?);
        return partial(job, exchange, request.send, request.recv_key, request.is_last_partial_run).await;
    }
    let job = job(master.permit()?);
    let cancellation = job.graph.direct.cancellation();
    job.step.runs(&cancellation);
    let _gone = CancelOnDrop(cancellation.clone());
    let partition_graph = match job.options.record_partition_graphs {
        true => vec![job.graph.direct.graph().as_graph_def().map_err(|error| to_status(&error))?],
        false => Vec::new(),
    };
    let asked = ask(&exchange, request.recv_key);
    let send = request.send;
    let failed = worker.steps.enter(request.step_id).map_err(|error| to_status(&error))?;
    let answer = Master::blocking(move || {
        bring(&job.step.exchange, &send)?;
        let step_stats = job.run(cancellation)?;
        let recv = asked.into_iter().map(|(key, mut receiver)| {
            let nothing = |_| Error::invalid_argument(format!("nothing was sent under {key}"));
            let value = receiver.try_recv().map_err(nothing)??;
            named(key, value)
        });
        let recv = recv.collect::<Result<_>>()?;
        Ok(RunGraphResponse { recv, step_stats, partition_graph, ..RunGraphResponse::default() })
    })
    .await;
    if let Err(status) = &answer {
        let error = from_status(status);
        // The master is to hear first from the server that has failed, not from one that waits for it.
        tokio::spawn(async move {
            tokio::time::sleep(MASTER_FIRST).await;
            failed.end(&error);
        });
    }
    answer
}

/// Goes on with a part of a partial run, which the first call begins. The last one waits for its end.
async fn partial(
    job: Job,
    exchange: Arc<Exchange>,
    send: Vec<NamedTensorProto>,
    recv_key: Vec<String>,
    is_last: bool,
) -> Result<RunGraphResponse, Status> {
    let (ends, end) = watch::channel::<End>(None);
    let (mut end, begins) = job.step.partial(|| end);
    if begins {
        let cancellation = job.graph.direct.cancellation();
        job.step.runs(&cancellation);
        // It goes on between the calls: the end of the step, and of its session, end it.
        tokio::task::spawn_blocking(move || {
            let result = job.run(cancellation).map(|_| ());
            let _ = result.as_ref().inspect_err(|error| job.step.end(error));
            ends.send_replace(Some(result));
        });
    }
    let asked = ask(&exchange, recv_key);
    bring(&exchange, &send).map_err(|error| to_status(&error))?;
    let mut recv = Vec::new();
    for (key, receiver) in asked {
        let lost = |_| Err(Error::internal("a tensor was lost"));
        let value = receiver.await.unwrap_or_else(lost).and_then(|value| named(key, value));
        recv.push(value.map_err(|error| to_status(&error))?);
    }
    if is_last {
        let result = end.wait_for(Option::is_some).await.map(|end| end.clone());
        let lost = || Err(Error::internal("a defect in ferroflow: the step has panicked"));
        result.ok().flatten().unwrap_or_else(lost).map_err(|error| to_status(&error))?;
    }
    Ok(RunGraphResponse { recv, ..RunGraphResponse::default() })
}

/// Brings the tensors of a call into a step.
fn bring(exchange: &Exchange, sent: &[NamedTensorProto]) -> Result<()> {
    for named in sent {
        let tensor = named.tensor.as_ref().map(tensor_proto::to_array).transpose()?;
        let missing = || Error::invalid_argument(format!("no tensor for {}", named.name));
        exchange.send(&named.name, Some(tensor.ok_or_else(missing)?))?;
    }
    Ok(())
}

/// Asks for what a call is to give out.
fn ask(exchange: &Exchange, keys: Vec<String>) -> Vec<(String, oneshot::Receiver<Result<Sent>>)> {
    let ask_one = |key: String| {
        let (sender, receiver) = oneshot::channel();
        let receipt = move |value| {
            let _ = sender.send(value);
        };
        exchange.recv(&key, Box::new(receipt));
        (key, receiver)
    };
    keys.into_iter().map(ask_one).collect()
}

fn named(key: String, value: Sent) -> Result<NamedTensorProto> {
    ensure!(value.is_some(), invalid_argument, "The tensor returned for {key} was not valid.");
    let tensor = value.as_ref().map(tensor_proto::from_array).transpose()?;
    Ok(NamedTensorProto { name: key, tensor })
}
