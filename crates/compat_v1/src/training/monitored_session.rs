//! `MonitoredSession`: a session that is made ready, watched by hooks, restored when it is lost, and ended in order.

use super::coordinator::{Coordinator, Flag};
use super::hook::{SessionRunArgs, SessionRunContext, SessionRunHook, SessionRunValues, global_step_of};
use super::queue_runner::start_queue_runners;
use super::saver_hooks::{CheckpointSaverHook, StepCounterHook, SummarySaverHook};
use super::scaffold::Scaffold;
use super::session_manager::{Recovery, SessionManager};
use super::timer::Every;
use crate::{FeedDict, Fetch, RunOptions, Session, get_default_graph};
use ferroflow_core::{Code, Error, NdArray, Result, bail, ensure, options};
use ferroflow_graph::Graph;
use ferroflow_proto::{ConfigProto, RunMetadata};
use std::path::PathBuf;
use std::time::Duration;

/// What opens the session of a [`MonitoredSession`].
///
/// Source: `tf.compat.v1.train.SessionCreator`.
pub trait SessionCreator {
    /// Makes what the session needs; called once, after hooks have begun.
    ///
    /// # Errors
    /// Those of the graph.
    fn prepare(&mut self) -> Result<()> {
        Ok(())
    }

    /// Opens a session that is ready.
    ///
    /// # Errors
    /// Those of opening and restoring.
    fn create_session(&mut self) -> Result<Session>;
}

/// Opens sessions whose variables are restored from a checkpoint, or else initialised.
///
/// Source: `tf.compat.v1.train.ChiefSessionCreator`.
#[derive(Clone, Default)]
pub struct ChiefSessionCreator {
    /// What initialises, restores and checks the model.
    pub scaffold: Scaffold,
    /// Where sessions run; in this process by default.
    pub master: String,
    /// The configuration of sessions.
    pub config: ConfigProto,
    /// The directory of the latest checkpoint.
    pub checkpoint_dir: Option<PathBuf>,
    /// A checkpoint by its prefix.
    pub checkpoint_filename_with_path: Option<PathBuf>,
}

impl SessionCreator for ChiefSessionCreator {
    fn prepare(&mut self) -> Result<()> {
        self.scaffold.finalize()
    }

    fn create_session(&mut self) -> Result<Session> {
        let recovery = Recovery {
            saver: self.scaffold.saver.clone(),
            checkpoint_dir: self.checkpoint_dir.clone(),
            checkpoint_filename_with_path: self.checkpoint_filename_with_path.clone(),
            wait_for_checkpoint: None,
        };
        let (init_op, init_fn) = (self.scaffold.init_op.as_ref(), self.scaffold.init_fn.as_ref());
        manager(&self.scaffold).prepare_session(&self.master, &self.config, &recovery, init_op, init_fn)
    }
}

/// Opens sessions whose model somebody else makes ready.
///
/// Source: `tf.compat.v1.train.WorkerSessionCreator`.
#[derive(Clone, Default)]
pub struct WorkerSessionCreator {
    /// What checks the model.
    pub scaffold: Scaffold,
    /// Where sessions run; in this process by default.
    pub master: String,
    /// The configuration of sessions.
    pub config: ConfigProto,
    /// How long to wait for the model; half an hour if there is no time given.
    pub max_wait: Option<Duration>,
}

impl SessionCreator for WorkerSessionCreator {
    fn prepare(&mut self) -> Result<()> {
        self.scaffold.finalize()
    }

    fn create_session(&mut self) -> Result<Session> {
        let wait = self.max_wait.unwrap_or(Duration::from_secs(30 * 60));
        manager(&self.scaffold).wait_for_session(&self.master, &self.config, Some(wait))
    }
}

fn manager(scaffold: &Scaffold) -> SessionManager {
    SessionManager {
        local_init_op: scaffold.local_init_op.clone(),
        ready_op: scaffold.ready_op.clone(),
        ready_for_local_init_op: scaffold.ready_for_local_init_op.clone(),
        ..SessionManager::default()
    }
}

/// A session that hooks watch. When it is lost (`Aborted`, `Unavailable`) it is opened anew from the last checkpoint.
///
/// Source: `tf.compat.v1.train.MonitoredSession`.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let step = tf::Variable::new_with(0i64, |o| o.name("global_step").trainable(false))?;
/// let train = tf::assign_add(&step, 1i64)?;
/// let hooks: Vec<Box<dyn tf::train::SessionRunHook>> = vec![Box::new(tf::train::StopAtStepHook::last_step(5))];
/// let mut session = tf::train::MonitoredSession::new(tf::train::ChiefSessionCreator::default(), hooks)?;
/// let mut steps = 0;
/// while !session.should_stop() {
///     session.run(&train)?;
///     steps += 1;
/// }
/// session.close()?;
/// assert_eq!(steps, 5);
/// # Ok::<(), tf::Error>(())
/// ```
pub struct MonitoredSession {
    creator: Box<dyn SessionCreator>,
    hooks: Vec<Box<dyn SessionRunHook>>,
    graph: Graph,
    session: Option<Session>,
    coordinator: Coordinator,
    stop: Flag,
    closed: bool,
    recovers: bool,
    stop_grace_period: Duration,
}

/// How long threads may take to stop, where nothing else is said.
const STOP_GRACE_PERIOD: Duration = Duration::from_secs(120);
/// How long to wait before a server that has gone is looked for again.
const RETRY: Duration = Duration::from_millis(500);

/// Whether an error says that a machine has gone, and not that the program is wrong.
fn is_preemption(error: &Error) -> bool {
    matches!(error.code(), Code::Aborted | Code::Unavailable)
}

impl MonitoredSession {
    /// Lets hooks begin, finalises the graph and opens the session.
    ///
    /// # Errors
    /// What a hook returns; those of opening the session.
    pub fn new(
        session_creator: impl SessionCreator + 'static,
        hooks: Vec<Box<dyn SessionRunHook>>,
    ) -> Result<MonitoredSession> {
        MonitoredSession::open(Box::new(session_creator), hooks, true, STOP_GRACE_PERIOD)
    }

    fn open(
        creator: Box<dyn SessionCreator>,
        hooks: Vec<Box<dyn SessionRunHook>>,
        recovers: bool,
        stop_grace_period: Duration,
    ) -> Result<MonitoredSession> {
        let mut monitored = MonitoredSession {
            creator,
            hooks,
            graph: get_default_graph(),
            session: None,
            coordinator: Coordinator::new(),
            stop: Flag::default(),
            closed: false,
            recovers,
            stop_grace_period,
        };
        let graph = monitored.graph.clone();
        graph.as_default_scope(|| {
            monitored.hooks.iter_mut().try_for_each(|hook| hook.begin())?;
            monitored.creator.prepare()
        })?;
        graph.finalize();
        monitored.session()?;
        Ok(monitored)
    }

    /// The session, opened if there is none. While a machine that it needs is gone, this waits for it.
    fn session(&mut self) -> Result<Session> {
        loop {
            match self.try_session() {
                Err(error) if self.recovers && is_preemption(&error) => std::thread::sleep(RETRY),
                result => return result,
            }
        }
    }

    fn try_session(&mut self) -> Result<Session> {
        if let Some(session) = &self.session {
            return Ok(session.clone());
        }
        let graph = self.graph.clone();
        let session = graph.as_default_scope(|| self.creator.create_session())?;
        self.coordinator = Coordinator::new();
        start_queue_runners(&session, Some(&self.coordinator))?;
        for hook in &mut self.hooks {
            hook.after_create_session(&session, &self.coordinator)?;
        }
        self.session = Some(session.clone());
        Ok(session)
    }

    /// The graph.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Whether a hook has asked to stop, an error has ended the session, or it is closed.
    pub fn should_stop(&self) -> bool {
        self.closed || self.stop.is_set() || self.coordinator.should_stop()
    }

    /// Runs the session, with the hooks around it.
    ///
    /// # Errors
    /// As [`Session::run`]; what a hook returns; `RuntimeError` once it is closed or should stop.
    pub fn run<F: Fetch>(&mut self, fetches: F) -> Result<F::Output> {
        self.run_feed(fetches, FeedDict::new())
    }

    /// The same with values for some tensors.
    ///
    /// # Errors
    /// As [`MonitoredSession::run`], and `RuntimeError` for a tensor that a hook feeds, too.
    pub fn run_feed<F: Fetch>(&mut self, fetches: F, feed_dict: FeedDict) -> Result<F::Output> {
        ensure!(!self.closed, runtime, "Run called even after should_stop requested.");
        ensure!(!self.stop.is_set(), runtime, "Run called even after should_stop requested.");
        loop {
            let session = self.session()?;
            match self.run_once(&session, &fetches, &feed_dict) {
                Err(error) if self.recovers && is_preemption(&error) => {
                    self.give_up_session();
                }
                Err(error) => {
                    // What ended a thread that fills a queue says more than that the queue is empty.
                    if error.code() != Code::OutOfRange {
                        self.coordinator.raise_requested_exception()?;
                    }
                    return Err(error);
                }
                Ok(output) => return Ok(output),
            }
        }
    }

    fn run_once<F: Fetch>(
        &mut self,
        session: &Session,
        fetches: &F,
        feed_dict: &FeedDict,
    ) -> Result<F::Output> {
        let stop = self.stop.clone();
        let context = SessionRunContext::new(session, &stop);
        let mut asked: Vec<Option<SessionRunArgs>> = Vec::with_capacity(self.hooks.len());
        let mut feeds = FeedDict::new();
        let mut options = RunOptions::default();
        for hook in &mut self.hooks {
            let args = hook.before_run(&context)?;
            if let Some(args) = &args {
                feeds.join(&args.feed_dict, session.graph(), "Same tensor is fed by two hooks.")?;
                if let Some(wanted) = &args.options {
                    options.trace_level = options.trace_level.max(wanted.trace_level);
                    options.timeout_in_ms = options.timeout_in_ms.max(wanted.timeout_in_ms);
                }
            }
            asked.push(args);
        }
        feeds.join(feed_dict, session.graph(), "Same tensor is fed by a SessionRunHook and user.")?;
        let tensors: Vec<_> = asked
            .iter()
            .map(|args| args.as_ref().map(|args| args.fetches.clone()).unwrap_or_default())
            .collect();
        let mut metadata = RunMetadata::default();
        let (output, results): (F::Output, Vec<Vec<NdArray>>) =
            session.run_with((fetches, &tensors), feeds, &options, Some(&mut metadata))?;
        for ((hook, args), results) in self.hooks.iter_mut().zip(&asked).zip(results) {
            let results = if args.is_some() { results } else { Vec::new() };
            hook.after_run(&context, &SessionRunValues { results, run_metadata: &metadata })?;
        }
        Ok(output)
    }

    fn give_up_session(&mut self) {
        self.coordinator.request_stop(None);
        if let Some(session) = self.session.take() {
            session.close();
        }
        let _ = self.coordinator.join_within(self.stop_grace_period, true);
    }

    /// Lets hooks end, stops the threads that fill queues, and closes the session.
    ///
    /// # Errors
    /// What a hook returns; the error that ended a thread.
    pub fn close(&mut self) -> Result<()> {
        self.finish(true)
    }

    fn finish(&mut self, in_order: bool) -> Result<()> {
        if self.closed {
            return Ok(());
        }
        self.closed = true;
        let mut result = Ok(());
        if let (true, Some(session)) = (in_order, self.session.clone()) {
            let graph = self.graph.clone();
            for hook in &mut self.hooks {
                let ended = graph.as_default_scope(|| hook.end(&session));
                result = result.and(ended);
            }
        }
        self.coordinator.request_stop(None);
        // Threads wait for room in queues, which their own thread closes, or for the session.
        let joined = self.coordinator.join_within(Duration::from_secs(5), true);
        if let Some(session) = self.session.take() {
            session.close();
        }
        result.and(joined)
    }

    /// Runs `f`, then closes the session: Python's `with MonitoredSession() as session:`. The end of input
    /// (`OutOfRange`) is a reason to end, and no error; after any other error hooks are not told of the end.
    ///
    /// # Errors
    /// What `f` returns; those of closing.
    pub fn enter<R>(mut self, f: impl FnOnce(&mut MonitoredSession) -> Result<R>) -> Result<Option<R>> {
        match f(&mut self) {
            Ok(result) => self.close().map(|()| Some(result)),
            Err(error) if error.code() == Code::OutOfRange => self.close().map(|()| None),
            Err(error) => {
                let _ = self.finish(false);
                Err(error)
            }
        }
    }

    /// The session itself, for what hooks are not to see.
    ///
    /// # Errors
    /// `RuntimeError` once it is closed.
    pub fn raw_session(&self) -> Result<&Session> {
        match &self.session {
            Some(session) => Ok(session),
            None => bail!(runtime, "Session is already closed."),
        }
    }
}

impl Drop for MonitoredSession {
    fn drop(&mut self) {
        let _ = self.finish(false);
    }
}

/// A monitored session that is not opened anew when it is lost.
///
/// Source: `tf.compat.v1.train.SingularMonitoredSession`.
pub struct SingularMonitoredSession;

impl SingularMonitoredSession {
    /// Opens the session.
    ///
    /// # Errors
    /// As [`MonitoredSession::new`].
    #[allow(clippy::new_ret_no_self, reason = "it differs in how it is opened alone")]
    pub fn new(
        hooks: Vec<Box<dyn SessionRunHook>>,
        creator: ChiefSessionCreator,
    ) -> Result<MonitoredSession> {
        MonitoredSession::open(Box::new(creator), hooks, false, STOP_GRACE_PERIOD)
    }
}

options! {
    /// Optional arguments of [`monitored_training_session`].
    pub struct TrainingSessionOptions {
        /// Where checkpoints and summaries are kept, and variables restored from.
        checkpoint_dir: Option<PathBuf> = None,
        /// How often a checkpoint is saved; every ten minutes by default.
        save_checkpoint: Option<Duration> = Some(Duration::from_secs(600)),
        /// After how many steps a checkpoint is saved, in place of a time.
        save_checkpoint_steps: Option<i64> = None,
        /// After how many steps summaries are written.
        save_summaries_steps: Option<i64> = Some(100),
        /// After how many steps the speed is reported.
        log_step_count_steps: Option<i64> = Some(100),
        /// Where summaries are kept, if not with the checkpoints.
        summary_dir: Option<PathBuf> = None,
        /// After how much time summaries are written, in place of a number of steps.
        save_summaries: Option<Duration> = None,
        /// The configuration of the session.
        config: ConfigProto = ConfigProto::default(),
        /// Where the session runs: `""` is this process, `grpc://host:port` a server.
        master: String = String::new(),
        /// Whether this program initialises the model, saves it and writes summaries. Others wait for the one that does.
        is_chief: bool = true,
        /// How long threads may take to stop.
        stop_grace_period: Duration = STOP_GRACE_PERIOD,
        /// How long a program that is not the chief waits for the model.
        max_wait: Duration = Duration::from_secs(7200),
    }
}

/// A monitored session for training: it restores the latest checkpoint, saves new ones, writes summaries and reports the
/// speed, as far as there is a directory for it. Where it is not the chief's, it waits until the chief's has made the
/// model ready, and does nothing of that.
///
/// Source: `tf.compat.v1.train.MonitoredTrainingSession`.
///
/// # Errors
/// As [`MonitoredSession::new`].
pub fn monitored_training_session(
    mut scaffold: Scaffold,
    mut hooks: Vec<Box<dyn SessionRunHook>>,
    options: impl FnOnce(TrainingSessionOptions) -> TrainingSessionOptions,
) -> Result<MonitoredSession> {
    let options = options(TrainingSessionOptions::default());
    if !options.is_chief {
        let creator = WorkerSessionCreator {
            scaffold,
            master: options.master,
            config: options.config,
            max_wait: Some(options.max_wait),
        };
        return MonitoredSession::open(Box::new(creator), hooks, true, options.stop_grace_period);
    }
    let directory = options.checkpoint_dir.clone();
    if let Some(summaries) = options.summary_dir.clone().or_else(|| directory.clone()) {
        if let Some(steps) = options.log_step_count_steps.filter(|steps| *steps > 0) {
            hooks.push(Box::new(StepCounterHook::new(Every::Steps(steps), Some(summaries.clone()))?));
        }
        let steps = options.save_summaries_steps.filter(|steps| *steps > 0).map(Every::Steps);
        let time = options.save_summaries.map(|time| Every::Secs(time.as_secs_f64()));
        if let Some(every) = time.or(steps) {
            if scaffold.summary_op.is_none() {
                scaffold.summary_op = crate::summary::merge_all(crate::GraphKeys::SUMMARIES)?;
            }
            if let Some(summary_op) = &scaffold.summary_op {
                hooks.push(Box::new(SummarySaverHook::new(every, &summaries, summary_op)?));
            }
        }
    }
    if let Some(directory) = &directory {
        let every = options
            .save_checkpoint_steps
            .map(Every::Steps)
            .or_else(|| options.save_checkpoint.map(|time| Every::Secs(time.as_secs_f64())));
        if let Some(every) = every {
            ensure!(
                global_step_of(&get_default_graph())?.is_some(),
                runtime,
                "Global step should be created to use CheckpointSaverHook."
            );
            hooks.push(Box::new(CheckpointSaverHook::new(directory, every, scaffold.saver.clone())?));
        }
    }
    let creator = ChiefSessionCreator {
        scaffold,
        master: options.master,
        config: options.config,
        checkpoint_dir: directory,
        ..Default::default()
    };
    MonitoredSession::open(Box::new(creator), hooks, true, options.stop_grace_period)
}
