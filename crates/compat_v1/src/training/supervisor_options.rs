//! The options of a `Supervisor`.

use super::saver::Saver;
use super::scaffold::InitFn;
use super::session_manager::SessionManager;
use crate::FeedDict;
use ferroflow_core::{Tensor, options};
use ferroflow_graph::{Graph, Operation};
use ferroflow_proto::ConfigProto;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// A part that is given, left out, or the default one: `None` leaves it out.
#[derive(Clone, Default)]
pub enum OrDefault<T> {
    /// What there is in the graph, or else what is made.
    #[default]
    Default,
    /// No such part.
    Nothing,
    /// This.
    Given(T),
}

impl<T> OrDefault<T> {
    /// What is given.
    pub(super) fn given(&self) -> Option<&T> {
        match self {
            OrDefault::Given(given) => Some(given),
            OrDefault::Default | OrDefault::Nothing => None,
        }
    }
}

/// Says which of the three it is: parts such as functions have no form of their own.
impl<T> fmt::Debug for OrDefault<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            OrDefault::Default => "Default",
            OrDefault::Nothing => "Nothing",
            OrDefault::Given(_) => "Given",
        })
    }
}

impl<T> From<T> for OrDefault<T> {
    fn from(given: T) -> OrDefault<T> {
        OrDefault::Given(given)
    }
}

impl<T> From<Option<T>> for OrDefault<T> {
    fn from(given: Option<T>) -> OrDefault<T> {
        given.map_or(OrDefault::Nothing, OrDefault::Given)
    }
}

options! {
    /// Optional arguments of [`Supervisor::new_with`](crate::train::Supervisor::new_with).
    pub struct SupervisorOptions {
        /// The graph; by default the default graph.
        graph: Option<Graph> = None,
        /// Gives the names of what is not initialised.
        ready_op: OrDefault<Tensor> = OrDefault::Default,
        /// The same before local variables are initialised; by default none.
        ready_for_local_init_op: OrDefault<Tensor> = OrDefault::Default,
        /// Whether this task initialises, saves and reports.
        is_chief: bool = true,
        /// Initialises the global variables.
        init_op: OrDefault<Operation> = OrDefault::Default,
        /// What `init_op` is fed.
        init_feed_dict: OrDefault<FeedDict> = OrDefault::Default,
        /// Initialises local variables and tables.
        local_init_op: OrDefault<Operation> = OrDefault::Default,
        /// The directory for checkpoints and events.
        logdir: Option<PathBuf> = None,
        /// All summaries.
        summary_op: OrDefault<Tensor> = OrDefault::Default,
        /// Saves and restores variables.
        saver: OrDefault<Saver> = OrDefault::Default,
        /// How many steps are done.
        global_step: OrDefault<Tensor> = OrDefault::Default,
        /// How long from one summary to the next; not at all where it is zero.
        save_summaries_secs: Duration = Duration::from_secs(120),
        /// How long from one checkpoint to the next; not at all where it is zero.
        save_model_secs: Duration = Duration::from_secs(600),
        /// How long to wait between looks whether a model is ready.
        recovery_wait: Duration = Duration::from_secs(30),
        /// How long threads may take to stop.
        stop_grace: Duration = Duration::from_secs(120),
        /// What checkpoints are called.
        checkpoint_basename: String = "model.ckpt".to_string(),
        /// What prepares sessions, in place of one of the parts above.
        session_manager: OrDefault<SessionManager> = OrDefault::Default,
        /// Writes summaries.
        summary_writer: OrDefault<crate::summary::FileWriter> = OrDefault::Default,
        /// Called after `init_op`, where no checkpoint was restored.
        init_fn: OrDefault<InitFn> = OrDefault::Default,
    }
}

options! {
    /// Optional arguments of [`Supervisor::managed_session`](crate::train::Supervisor::managed_session).
    pub struct PrepareOptions {
        /// The target; `""` is this process.
        master: String = String::new(),
        /// How the session is configured.
        config: ConfigProto = ConfigProto::default(),
        /// Whether a checkpoint is waited for.
        wait_for_checkpoint: bool = false,
        /// How long to wait at most.
        max_wait: Duration = Duration::from_secs(7200),
        /// Whether the threads that save and report are started, and queues are filled.
        start_standard_services: bool = true,
    }
}
