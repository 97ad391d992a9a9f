//! `SessionRunHook`: what is done around each run of a monitored session.

use super::coordinator::{Coordinator, Flag};
use crate::{FeedDict, GraphKeys, Session, Variable, get_default_graph};
use ferroflow_core::{DType, NdArray, Result, Tensor, ensure};
use ferroflow_graph::{CollectionItem, Graph};
use ferroflow_proto::{RunMetadata, RunOptions};

/// What a hook asks of a run.
///
/// Source: `tf.compat.v1.train.SessionRunArgs`.
#[derive(Clone, Default)]
pub struct SessionRunArgs {
    /// Tensors to compute.
    pub fetches: Vec<Tensor>,
    /// Values for tensors.
    pub feed_dict: FeedDict,
    /// Options: the highest level of tracing that is asked for counts.
    pub options: Option<RunOptions>,
}

impl SessionRunArgs {
    /// Asks for these tensors.
    pub fn fetch(fetches: Vec<Tensor>) -> SessionRunArgs {
        SessionRunArgs { fetches, ..SessionRunArgs::default() }
    }
}

/// What a run gave to a hook.
///
/// Source: `tf.compat.v1.train.SessionRunValues`.
pub struct SessionRunValues<'a> {
    /// The values of the tensors it asked for.
    pub results: Vec<NdArray>,
    /// The report of the run.
    pub run_metadata: &'a RunMetadata,
}

/// The run that hooks are called around.
///
/// Source: `tf.compat.v1.train.SessionRunContext`.
pub struct SessionRunContext<'a> {
    session: &'a Session,
    stop: &'a Flag,
}

impl<'a> SessionRunContext<'a> {
    pub(super) fn new(session: &'a Session, stop: &'a Flag) -> SessionRunContext<'a> {
        SessionRunContext { session, stop }
    }

    /// The session.
    pub fn session(&self) -> &Session {
        self.session
    }

    /// Makes this run the last one.
    pub fn request_stop(&self) {
        self.stop.set();
    }

    /// Whether it is.
    pub fn stop_requested(&self) -> bool {
        self.stop.is_set()
    }
}

/// What is done around each run of a monitored session. Every method may be left out.
///
/// Source: `tf.compat.v1.train.SessionRunHook`.
pub trait SessionRunHook: Send {
    /// Called once, before the session is opened: nodes may still be added to the graph.
    ///
    /// # Errors
    /// What the hook returns ends the program of the session.
    fn begin(&mut self) -> Result<()> {
        Ok(())
    }

    /// Called when a session was opened, and again after it was lost and opened anew.
    ///
    /// # Errors
    /// As [`SessionRunHook::begin`].
    fn after_create_session(&mut self, session: &Session, coord: &Coordinator) -> Result<()> {
        let _ = (session, coord);
        Ok(())
    }

    /// Called before each run: what to compute beside what the caller asks for.
    ///
    /// # Errors
    /// As [`SessionRunHook::begin`].
    fn before_run(&mut self, run_context: &SessionRunContext<'_>) -> Result<Option<SessionRunArgs>> {
        let _ = run_context;
        Ok(None)
    }

    /// Called after each run that succeeds.
    ///
    /// # Errors
    /// As [`SessionRunHook::begin`].
    fn after_run(
        &mut self,
        run_context: &SessionRunContext<'_>,
        run_values: &SessionRunValues<'_>,
    ) -> Result<()> {
        let _ = (run_context, run_values);
        Ok(())
    }

    /// Called at the end, unless an error ended the session.
    ///
    /// # Errors
    /// As [`SessionRunHook::begin`].
    fn end(&mut self, session: &Session) -> Result<()> {
        let _ = session;
        Ok(())
    }
}

/// The tensor of the training step of a graph, if it has one.
pub(crate) fn global_step_of(graph: &Graph) -> Result<Option<Tensor>> {
    let items = graph.get_collection(GraphKeys::GLOBAL_STEP);
    ensure!(items.len() <= 1, value, "Multiple tensors in global_step collection.");
    let found = match items.first() {
        Some(CollectionItem::Tensor(tensor)) => Some(tensor.clone()),
        Some(item) => Variable::of_item(graph, item).map(|variable| variable.element()).transpose()?,
        None => match graph.get_tensor_by_name("global_step:0") {
            Ok(tensor) if tensor.dtype() == DType::RESOURCE => {
                Some(graph.get_tensor_by_name("global_step/Read/ReadVariableOp:0")?)
            }
            Ok(tensor) => Some(tensor),
            Err(_) => None,
        },
    };
    Ok(found)
}

/// The tensor of the training step of the default graph.
///
/// # Errors
/// `RuntimeError` when there is none, which `who` needs.
pub(super) fn global_step_for(who: &str) -> Result<Tensor> {
    global_step_of(&get_default_graph())?
        .ok_or_else(|| ferroflow_core::Error::runtime(format!("Global step should be created to use {who}.")))
}

/// The number in a value of the training step.
pub(super) fn step_number(value: Option<&NdArray>) -> Result<i64> {
    let numbers = value.map(NdArray::to_i64_vec).transpose()?.unwrap_or_default();
    numbers.first().copied().ok_or_else(|| ferroflow_core::Error::internal("the training step has no value"))
}
