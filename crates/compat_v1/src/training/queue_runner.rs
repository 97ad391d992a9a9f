//! `QueueRunner`: threads that fill a queue.

use super::coordinator::Coordinator;
use crate::variables::operation;
use crate::{GraphKeys, Session, executing_eagerly, get_default_graph};
use ferroflow_core::{Code, Error, Op, Result, Tensor, bail, context, ensure};
use ferroflow_graph::{CollectionItem, Graph, Operation};
use ferroflow_proto::{ErrorCode, QueueRunnerDef};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Runs enqueue operations in threads, one for each, until the queue is closed or a coordinator stops.
///
/// Source: `tf.compat.v1.train.QueueRunner`.
#[derive(Clone, Debug)]
pub struct QueueRunner {
    definition: Arc<QueueRunnerDef>,
    errors: Arc<Mutex<Vec<Error>>>,
}

impl QueueRunner {
    /// A runner of these operations; adds the operations that close the queue.
    ///
    /// # Errors
    /// `ValueError` without operations, `RuntimeError` in eager mode.
    pub fn new(queue: &Tensor, enqueue_ops: &[Operation]) -> Result<QueueRunner> {
        ensure!(
            !executing_eagerly(),
            runtime,
            "QueueRunners are not supported when eager execution is enabled. Instead, please use tf.data to get data into your model."
        );
        ensure!(!enqueue_ops.is_empty(), value, "Must provide queue and enqueue_ops.");
        let queue_op = Operation::of(queue)?;
        let graph = queue_op.graph().clone();
        let kind = if queue.dtype().base() == ferroflow_core::DType::RESOURCE {
            "QueueCloseV2"
        } else {
            "QueueClose"
        };
        let full_name = queue_op.name();
        let name = full_name.rsplit('/').next().unwrap_or(&full_name);
        let close = |cancel: bool| {
            graph.as_default_scope(|| {
                crate::ops::added_node(&graph, kind, || {
                    context::with_name(&format!("{name}_Close"), || {
                        Op::named(kind).input(queue).attr("cancel_pending_enqueues", cancel).run()
                    })
                })
            })
        };
        let definition = QueueRunnerDef {
            queue_name: queue.name()?.trim_end_matches(":0").to_string(),
            enqueue_op_name: enqueue_ops.iter().map(Operation::name).collect(),
            close_op_name: close(false)?.name(),
            cancel_op_name: close(true)?.name(),
            queue_closed_exception_types: vec![ErrorCode::OutOfRange as i32],
        };
        Ok(QueueRunner { definition: Arc::new(definition), errors: Arc::default() })
    }

    /// The runner that a message describes.
    pub fn from_proto(queue_runner_def: &QueueRunnerDef) -> QueueRunner {
        QueueRunner { definition: Arc::new(queue_runner_def.clone()), errors: Arc::default() }
    }

    /// The runner as a message.
    pub fn to_proto(&self) -> QueueRunnerDef {
        QueueRunnerDef::clone(&self.definition)
    }

    /// The queue's node.
    pub fn name(&self) -> &str {
        &self.definition.queue_name
    }

    /// Errors of threads that no coordinator was told of.
    pub fn exceptions_raised(&self) -> Vec<Error> {
        self.errors.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Starts a thread for each operation, and one that closes the queue when the coordinator stops.
    ///
    /// # Errors
    /// `KeyError` for operations that the session's graph does not have.
    pub fn create_threads(&self, sess: &Session, coord: Option<&Coordinator>) -> Result<()> {
        let graph = sess.graph();
        let find = |name: &String| operation(graph, name);
        let operations = self.definition.enqueue_op_name.iter().map(find).collect::<Result<Vec<_>>>()?;
        let close = find(&self.definition.close_op_name)?;
        let cancel = find(&self.definition.cancel_op_name)?;
        let running = Arc::new(AtomicUsize::new(operations.len()));
        for enqueue in operations {
            let (sess, close, running) = (sess.clone(), close.clone(), running.clone());
            let (shared, errors) = (coord.cloned(), self.errors.clone());
            let thread = std::thread::spawn(move || {
                let result = fill(&sess, &enqueue, shared.as_ref());
                let last = running.fetch_sub(1, Ordering::SeqCst) == 1;
                match result {
                    // The last thread that finds its input at the end says so to those who take.
                    Err(error) if error.code() == Code::OutOfRange => {
                        if last {
                            let _ = sess.run(&close);
                        }
                    }
                    Err(error)
                        if error.code() == Code::Cancelled
                            && shared.as_ref().is_some_and(Coordinator::should_stop) => {}
                    Err(error) => match &shared {
                        Some(coord) => coord.request_stop(Some(error)),
                        None => errors.lock().unwrap_or_else(PoisonError::into_inner).push(error),
                    },
                    Ok(()) => {}
                }
            });
            if let Some(coord) = coord {
                coord.register_thread(thread);
            }
        }
        if let Some(coord) = coord {
            let (sess, shared) = (sess.clone(), coord.clone());
            coord.register_thread(std::thread::spawn(move || {
                shared.wait_for_stop(None);
                // The session may be closed by now, and the queue with it.
                let _ = sess.run(&cancel);
            }));
        }
        Ok(())
    }

    fn to_item(&self) -> CollectionItem {
        CollectionItem::Any(self.definition.clone())
    }
}

fn fill(sess: &Session, enqueue: &Operation, coord: Option<&Coordinator>) -> Result<()> {
    while !coord.is_some_and(Coordinator::should_stop) {
        sess.run(enqueue)?;
    }
    Ok(())
}

/// Adds a runner to a collection of the default graph, by default `queue_runners`.
///
/// Source: `tf.compat.v1.train.add_queue_runner`.
///
/// # Errors
/// `RuntimeError` when the graph is finalised.
pub fn add_queue_runner(qr: &QueueRunner) -> Result<()> {
    get_default_graph().add_to_collection(GraphKeys::QUEUE_RUNNERS, qr.to_item())
}

/// The runners of a graph.
fn runners(graph: &Graph) -> Vec<QueueRunner> {
    let items = graph.get_collection(GraphKeys::QUEUE_RUNNERS);
    let definitions = items.into_iter().filter_map(|item| match item {
        CollectionItem::Any(any) => any.downcast::<QueueRunnerDef>().ok(),
        _ => None,
    });
    definitions.map(|definition| QueueRunner { definition, errors: Arc::default() }).collect()
}

/// Starts all runners of the session's graph.
///
/// Source: `tf.compat.v1.train.start_queue_runners`.
///
/// # Errors
/// As [`QueueRunner::create_threads`]; `ValueError` for an empty graph's session.
pub fn start_queue_runners(sess: &Session, coord: Option<&Coordinator>) -> Result<Vec<QueueRunner>> {
    if executing_eagerly() {
        bail!(runtime, "Queues are not compatible with eager execution.");
    }
    let runners = runners(sess.graph());
    runners.iter().try_for_each(|runner| runner.create_threads(sess, coord))?;
    Ok(runners)
}
