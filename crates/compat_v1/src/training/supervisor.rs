//! `Supervisor`: a session that is restored or initialised, with threads that save and report it.

use super::coordinator::{Coordinator, LooperThread};
use super::hook::step_number;
use super::meta_graph::{self, ExportOptions};
use super::meta_graph_scope::graph_def_with_shapes;
use super::queue_runner::QueueRunner;
use super::saver::Saver;
use super::scaffold::{InitFn, tables_initializer};
use super::session_manager::{Recovery, SessionManager};
use super::supervisor_options::{OrDefault, PrepareOptions, SupervisorOptions};
use crate::mode::{executing_eagerly, get_default_graph};
use crate::summaries::file_writer::SummarySource;
use crate::{GraphKeys, Session, group};
use ferroflow_core::{Code, Error, Result, Tensor, bail, ensure};
use ferroflow_formats as formats;
use ferroflow_graph::{CollectionItem, Graph, Operation};
use ferroflow_proto::session_log::SessionStatus;
use ferroflow_proto::summary::{Value, value};
use ferroflow_proto::{MetaGraphDef, SessionLog, Summary};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Prepares sessions of a graph, and saves and reports them in threads of their own.
///
/// It takes what initialises, checks and saves the graph from the graph's collections, or makes it, and finalises the graph.
/// Newer programs have [`MonitoredTrainingSession`](crate::train::MonitoredTrainingSession).
///
/// Source: `tf.compat.v1.train.Supervisor`.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let directory = std::env::temp_dir().join(format!("supervised-{}", std::process::id()));
/// let step = tf::train::create_global_step()?;
/// let train = tf::assign_add(&step, 1i64)?;
/// // The program saves by itself; a thread that did, too, might end later, with an earlier step.
/// let by_itself = std::time::Duration::ZERO;
/// let sv = tf::train::Supervisor::new_with(|o| o.logdir(directory.clone()).save_model_secs(by_itself))?;
/// for expected in [5, 10] {
///     sv.managed_session(|o| o, |sess| {
///         while !sv.should_stop() && sess.run(&train)?.item::<i64>()? < expected {}
///         sv.saver().expect("a saver").save(sess, directory.join("model"))
///     })?;
/// }
/// assert_eq!(tf::train::load_variable(&directory, "global_step")?.item::<i64>()?, 10);
/// # std::fs::remove_dir_all(directory).unwrap();
/// # Ok::<(), tf::Error>(())
/// ```
#[derive(Clone)]
pub struct Supervisor(Arc<Inner>);

struct Inner {
    graph: Graph,
    meta_graph_def: MetaGraphDef,
    init_op: Option<Operation>,
    ready_op: Option<Tensor>,
    ready_for_local_init_op: Option<Tensor>,
    summary_op: Option<Tensor>,
    global_step: Option<Tensor>,
    saver: Option<Saver>,
    summary_writer: Option<crate::summary::FileWriter>,
    session_manager: SessionManager,
    coord: Coordinator,
    graph_written: AtomicBool,
    options: SupervisorOptions,
}

impl Supervisor {
    /// A supervisor of the default graph, which writes nothing.
    ///
    /// # Errors
    /// As [`Supervisor::new_with`].
    pub fn new() -> Result<Supervisor> {
        Supervisor::new_with(|options| options)
    }

    /// A supervisor with a directory to write into, or other parts than those of the graph.
    ///
    /// # Errors
    /// `RuntimeError` in eager mode; `ValueError` for a reference variable without a device where this is not the chief;
    /// those of the graph and of the file system.
    pub fn new_with(options: impl FnOnce(SupervisorOptions) -> SupervisorOptions) -> Result<Supervisor> {
        ensure!(!executing_eagerly(), runtime, "Supervisors are incompatible with eager execution.");
        let options = options(SupervisorOptions::default());
        let graph = options.graph.clone().unwrap_or_else(get_default_graph);
        let inner = graph.as_default_scope(|| parts(&graph, options))?;
        if !inner.options.is_chief {
            let replicated = |operation: &Operation| {
                ["Variable", "VariableV2"].contains(&operation.op_type().as_str())
                    && operation.device().is_empty()
            };
            if let Some(variable) = graph.get_operations().into_iter().find(replicated) {
                bail!(value, "When using replicas, all Variables must have their device set: {variable}");
            }
        }
        graph.finalize();
        Ok(Supervisor(Arc::new(inner)))
    }

    /// Whether this is the chief, which initialises, saves and reports.
    pub fn is_chief(&self) -> bool {
        self.0.options.is_chief
    }

    /// What prepares sessions.
    pub fn session_manager(&self) -> &SessionManager {
        &self.0.session_manager
    }

    /// What stops the threads.
    pub fn coord(&self) -> &Coordinator {
        &self.0.coord
    }

    /// Initialises the global variables.
    pub fn init_op(&self) -> Option<&Operation> {
        self.0.init_op.as_ref()
    }

    /// Gives the names of what is not initialised.
    pub fn ready_op(&self) -> Option<&Tensor> {
        self.0.ready_op.as_ref()
    }

    /// The same before local variables are initialised.
    pub fn ready_for_local_init_op(&self) -> Option<&Tensor> {
        self.0.ready_for_local_init_op.as_ref()
    }

    /// All summaries.
    pub fn summary_op(&self) -> Option<&Tensor> {
        self.0.summary_op.as_ref()
    }

    /// Writes summaries; the chief's alone.
    pub fn summary_writer(&self) -> Option<&crate::summary::FileWriter> {
        self.0.summary_writer.as_ref()
    }

    /// How many steps are done.
    pub fn global_step(&self) -> Option<&Tensor> {
        self.0.global_step.as_ref()
    }

    /// Saves and restores variables.
    pub fn saver(&self) -> Option<&Saver> {
        self.0.saver.as_ref()
    }

    /// What checkpoints are called; the chief's alone.
    pub fn save_path(&self) -> Option<PathBuf> {
        self.logdir().map(|logdir| logdir.join(&self.0.options.checkpoint_basename))
    }

    /// The directory that the chief writes into.
    fn logdir(&self) -> Option<&Path> {
        self.0.options.logdir.as_deref().filter(|_| self.is_chief())
    }

    /// A session whose variables are restored or initialised: by this chief, or, waited for, by another one. Threads that
    /// save and report it are started, and queues are filled.
    ///
    /// # Errors
    /// As [`SessionManager::prepare_session`] and [`SessionManager::wait_for_session`].
    pub fn prepare_or_wait_for_session(
        &self,
        options: impl FnOnce(PrepareOptions) -> PrepareOptions,
    ) -> Result<Session> {
        let (inner, options) = (&*self.0, options(PrepareOptions::default()));
        inner.coord.clear_stop();
        if let Some(writer) = &inner.summary_writer {
            writer.reopen()?;
        }
        let manager = &inner.session_manager;
        let sess = if self.is_chief() {
            let recovery = Recovery {
                saver: inner.saver.clone(),
                checkpoint_dir: self.logdir().map(Path::to_path_buf),
                wait_for_checkpoint: options.wait_for_checkpoint.then_some(options.max_wait),
                ..Recovery::default()
            };
            let fed = self.fed_init();
            let (init_op, init_fn) = match &fed {
                Some(init_fn) => (None, Some(init_fn)),
                None => (inner.init_op.as_ref(), inner.options.init_fn.given()),
            };
            let sess =
                manager.prepare_session(&options.master, &options.config, &recovery, init_op, init_fn)?;
            self.write_graph()?;
            if options.start_standard_services {
                self.start_standard_services(&sess)?;
            }
            sess
        } else {
            manager.wait_for_session(&options.master, &options.config, Some(options.max_wait))?
        };
        if options.start_standard_services {
            self.start_queue_runners(&sess)?;
        }
        Ok(sess)
    }

    /// Initialisation that is fed, as a function of the session.
    fn fed_init(&self) -> Option<InitFn> {
        let feeds = self.0.options.init_feed_dict.given()?.clone();
        let (init_op, init_fn) = (self.0.init_op.clone(), self.0.options.init_fn.given().cloned());
        Some(Arc::new(move |sess: &Session| {
            if let Some(init_op) = &init_op {
                sess.run_feed(init_op, feeds.clone())?;
            }
            init_fn.as_ref().map_or(Ok(()), |init_fn| init_fn(sess))
        }))
    }

    fn write_graph(&self) -> Result<()> {
        let inner = &*self.0;
        if let Some(logdir) = self.logdir() {
            formats::write_message(logdir.join("graph.pbtxt"), &graph_def_with_shapes(&inner.graph)?, true)?;
        }
        let Some(writer) = &inner.summary_writer else { return Ok(()) };
        if !inner.graph_written.swap(true, Ordering::SeqCst) {
            writer.add_graph(&inner.graph)?;
            writer.add_meta_graph(&inner.meta_graph_def, None)?;
        }
        Ok(())
    }

    /// Starts the threads that write summaries, the speed of the steps, and checkpoints; without a directory there are
    /// none.
    ///
    /// # Errors
    /// `RuntimeError` where this is not the chief; those of reading the step.
    pub fn start_standard_services(&self, sess: &Session) -> Result<()> {
        let inner = &*self.0;
        ensure!(
            self.is_chief(),
            runtime,
            "Only chief supervisor can start standard services. Because only chief supervisors can write events."
        );
        let Some(path) = self.save_path() else { return Ok(()) };
        let (writer, step) = (&inner.summary_writer, &inner.global_step);
        if let (Some(writer), Some(step)) = (writer, step) {
            let log = SessionLog { status: SessionStatus::Start as i32, ..SessionLog::default() };
            writer.add_session_log(log, read(sess, step)?)?;
        }
        let summaries = inner.options.save_summaries_secs;
        if let (Some(writer), false) = (writer, summaries.is_zero()) {
            if let Some(summary_op) = inner.summary_op.clone() {
                let (sess, writer, step) = (sess.clone(), writer.clone(), step.clone());
                self.r#loop(Some(summaries), move || {
                    let mut fetches = vec![summary_op.clone()];
                    fetches.extend(step.clone());
                    let values = sess.run(fetches)?;
                    let [summary, rest @ ..] = values.as_slice() else { return Ok(()) };
                    let step = rest.first().map(|step| step_number(Some(step))).transpose()?;
                    writer.add_summary(summary, step)
                });
            }
            if let Some(step) = step.clone() {
                self.count_steps(sess, writer, step, summaries)?;
            }
        }
        let (interval, saver) = (inner.options.save_model_secs, inner.saver.clone());
        if let (Some(saver), false) = (saver, interval.is_zero()) {
            let (sess, writer, step) = (sess.clone(), writer.clone(), step.clone());
            self.r#loop(Some(interval), move || {
                let number = step.as_ref().map(|step| read(&sess, step)).transpose()?;
                saver.save_with(&sess, &path, |o| o.global_step(number))?;
                let (Some(writer), Some(number)) = (&writer, number) else { return Ok(()) };
                let log = SessionLog {
                    status: SessionStatus::Checkpoint as i32,
                    checkpoint_path: path.to_string_lossy().into_owned(),
                    ..SessionLog::default()
                };
                writer.add_session_log(log, number)
            });
        }
        Ok(())
    }

    /// Starts the thread that writes how many steps are done in a second.
    fn count_steps(
        &self,
        sess: &Session,
        writer: &crate::summary::FileWriter,
        step: Tensor,
        interval: Duration,
    ) -> Result<()> {
        let tag = format!("{}/sec", Operation::of(&step)?.name());
        let (sess, writer) = (sess.clone(), writer.clone());
        let mut last = (Instant::now(), read(&sess, &step)?);
        self.r#loop(Some(interval), move || {
            let (now, number) = (Instant::now(), read(&sess, &step)?);
            let elapsed = now.duration_since(last.0).as_secs_f64();
            let steps = number.saturating_sub(last.1) as f64;
            let rate = if elapsed > 0.0 { steps / elapsed } else { f64::INFINITY };
            last = (now, number);
            let value = Some(value::Value::SimpleValue(rate as f32));
            let value = Value { tag: tag.clone(), value, ..Value::default() };
            writer.add_summary(Summary { value: vec![value] }, number)
        });
        Ok(())
    }

    /// Starts the threads that fill the graph's queues.
    ///
    /// # Errors
    /// As [`QueueRunner::create_threads`].
    pub fn start_queue_runners(&self, sess: &Session) -> Result<Vec<QueueRunner>> {
        super::queue_runner::start_queue_runners(sess, Some(&self.0.coord))
    }

    /// Starts a thread that calls a function every so often, or without a break, until the supervisor stops.
    pub fn r#loop(
        &self,
        timer_interval: Option<Duration>,
        target: impl FnMut() -> Result<()> + Send + 'static,
    ) {
        LooperThread::start(&self.0.coord, timer_interval, target);
    }

    /// Stops all threads, waits for them, and completes the file of events.
    ///
    /// # Errors
    /// The first error that a thread reported; `RuntimeError` for threads that do not stop in time.
    pub fn stop(&self) -> Result<()> {
        self.stop_with(true, false)
    }

    /// [`Supervisor::stop`] that leaves the file of events open, or does not mind threads that do not stop.
    ///
    /// # Errors
    /// As [`Supervisor::stop`].
    pub fn stop_with(&self, close_summary_writer: bool, ignore_live_threads: bool) -> Result<()> {
        let inner = &*self.0;
        inner.coord.request_stop(None);
        let joined = inner.coord.join_within(inner.options.stop_grace, ignore_live_threads);
        if let (Some(writer), true) = (&inner.summary_writer, close_summary_writer) {
            let log = SessionLog { status: SessionStatus::Stop as i32, ..SessionLog::default() };
            let closed = writer.add_session_log(log, None).and_then(|()| writer.close());
            inner.graph_written.store(false, Ordering::SeqCst);
            return joined.and(closed);
        }
        joined
    }

    /// Asks the threads to stop.
    pub fn request_stop(&self, error: Option<Error>) {
        self.0.coord.request_stop(error);
    }

    /// Whether the threads were asked to stop.
    pub fn should_stop(&self) -> bool {
        self.0.coord.should_stop()
    }

    /// What `f` gives; an error stops the threads and is reported when they are joined.
    pub fn stop_on_exception<R>(&self, f: impl FnOnce() -> Result<R>) -> Option<R> {
        self.0.coord.stop_on_error(f)
    }

    /// Waits until the threads are asked to stop.
    pub fn wait_for_stop(&self) {
        self.0.coord.wait_for_stop(None);
    }

    /// Writes a summary that was computed, at this step or the one that the session is at.
    ///
    /// # Errors
    /// `RuntimeError` without a writer; as [`FileWriter::add_summary`](crate::summary::FileWriter::add_summary).
    pub fn summary_computed(
        &self,
        sess: &Session,
        summary: impl SummarySource,
        global_step: Option<i64>,
    ) -> Result<()> {
        let Some(writer) = &self.0.summary_writer else {
            bail!(runtime, "Writing a summary requires a summary writer.")
        };
        let step = match (global_step, &self.0.global_step) {
            (None, Some(step)) => Some(read(sess, step)?),
            (given, _) => given,
        };
        writer.add_summary(summary, step)
    }

    /// Runs `f` with a session that was prepared, then stops the threads and closes the session; `None` where an error that
    /// ends training cleanly, such as the end of the input, ended `f`.
    ///
    /// # Errors
    /// As [`Supervisor::prepare_or_wait_for_session`] and [`Supervisor::stop`]; what `f` returns.
    pub fn managed_session<R>(
        &self,
        options: impl FnOnce(PrepareOptions) -> PrepareOptions,
        f: impl FnOnce(&Session) -> Result<R>,
    ) -> Result<Option<R>> {
        let sess = match self.prepare_or_wait_for_session(options) {
            Ok(sess) => sess,
            Err(error) => {
                self.request_stop(Some(error));
                return self.stop().map(|()| None);
            }
        };
        let result = self.stop_on_exception(|| f(&sess));
        let stopped = self.stop();
        sess.close();
        stopped.map(|()| result)
    }
}

/// The step that a session is at.
fn read(sess: &Session, step: &Tensor) -> Result<i64> {
    step_number(Some(&sess.run(step)?))
}

/// What the options give, else the graph's, else what is made.
fn parts(graph: &Graph, options: SupervisorOptions) -> Result<Inner> {
    let ready_op = tensor_of(graph, &options.ready_op, GraphKeys::READY_OP, || {
        crate::report_uninitialized_variables().map(Some)
    })?;
    let ready_for_local_init_op =
        tensor_of(graph, &options.ready_for_local_init_op, GraphKeys::READY_FOR_LOCAL_INIT_OP, || Ok(None))?;
    let init_op =
        operation_of(graph, &options.init_op, GraphKeys::INIT_OP, crate::global_variables_initializer)?;
    let local_init_op = operation_of(graph, &options.local_init_op, GraphKeys::LOCAL_INIT_OP, || {
        let mut parts: Vec<Operation> = crate::local_variables_initializer()?.into_iter().collect();
        parts.extend(tables_initializer(graph)?);
        group(&parts, "group_deps")
    })?;
    let saver = match &options.saver {
        OrDefault::Nothing => None,
        OrDefault::Given(saver) => Some(saver.clone()),
        OrDefault::Default => match graph.get_collection(GraphKeys::SAVERS).iter().find_map(Saver::of_item) {
            Some(saver) => Some(saver),
            None if crate::global_variables().is_empty() => None,
            None => {
                let saver = Saver::new()?;
                graph.add_to_collection(GraphKeys::SAVERS, saver.to_item())?;
                Some(saver)
            }
        },
    };
    let summary_op = tensor_of(graph, &options.summary_op, GraphKeys::SUMMARY_OP, || {
        crate::summary::merge_all(GraphKeys::SUMMARIES)
    })?;
    let global_step = match &options.global_step {
        OrDefault::Nothing => None,
        OrDefault::Given(step) => Some(step.clone()),
        OrDefault::Default => match crate::train::get_global_step()? {
            Some(step) => Some(step.element()?),
            None => None,
        },
    };
    let saver_def = saver.as_ref().and_then(Saver::as_saver_def);
    let meta_graph_def = meta_graph::export(&ExportOptions::default().saver_def(saver_def))?;
    let logdir = options.logdir.as_ref().filter(|_| options.is_chief);
    let summary_writer = match (&options.summary_writer, logdir) {
        (OrDefault::Given(writer), _) if options.is_chief => Some(writer.clone()),
        (OrDefault::Default, Some(logdir)) => Some(crate::summary::FileWriter::new(logdir)?),
        _ => None,
    };
    let session_manager = options.session_manager.given().cloned().unwrap_or_else(|| SessionManager {
        local_init_op,
        ready_op: ready_op.clone(),
        ready_for_local_init_op: ready_for_local_init_op.clone(),
        graph: Some(graph.clone()),
        recovery_wait: Some(options.recovery_wait),
    });
    Ok(Inner {
        graph: graph.clone(),
        meta_graph_def,
        init_op,
        ready_op,
        ready_for_local_init_op,
        summary_op,
        global_step,
        saver,
        summary_writer,
        session_manager,
        coord: Coordinator::new(),
        graph_written: AtomicBool::new(false),
        options,
    })
}

fn tensor_of(
    graph: &Graph,
    given: &OrDefault<Tensor>,
    collection: &str,
    make: impl FnOnce() -> Result<Option<Tensor>>,
) -> Result<Option<Tensor>> {
    match (given, graph.get_collection(collection).first()) {
        (OrDefault::Nothing, _) => Ok(None),
        (OrDefault::Given(tensor), _) => Ok(Some(tensor.clone())),
        (OrDefault::Default, Some(CollectionItem::Tensor(tensor))) => Ok(Some(tensor.clone())),
        (OrDefault::Default, _) => {
            let made = make()?;
            if let Some(tensor) = &made {
                graph.add_to_collection(collection, CollectionItem::Tensor(tensor.clone()))?;
            }
            Ok(made)
        }
    }
}

fn operation_of(
    graph: &Graph,
    given: &OrDefault<Operation>,
    collection: &str,
    make: impl FnOnce() -> Result<Option<Operation>>,
) -> Result<Option<Operation>> {
    match (given, graph.get_collection(collection).first()) {
        (OrDefault::Nothing, _) => Ok(None),
        (OrDefault::Given(operation), _) => Ok(Some(operation.clone())),
        (OrDefault::Default, Some(CollectionItem::Operation(operation))) => Ok(Some(operation.clone())),
        (OrDefault::Default, Some(CollectionItem::Tensor(tensor))) => Operation::of(tensor).map(Some),
        (OrDefault::Default, _) => {
            let made = make()?;
            if let Some(operation) = &made {
                graph.add_to_collection(collection, CollectionItem::Operation(operation.clone()))?;
            }
            Ok(made)
        }
    }
}

/// Calls a function with a supervised session, again and again, until something asks the supervisor to stop. A session that
/// is aborted, as where a server was started anew, is followed by another one.
///
/// Source: `tf.compat.v1.train.basic_train_loop`.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let step = tf::train::create_global_step()?;
/// let train = tf::assign_add(&step, 1i64)?;
/// let sv = tf::train::Supervisor::new()?;
/// let mut last = 0;
/// tf::train::basic_train_loop(&sv, "", |sess| {
///     last = sess.run(&train)?.item::<i64>()?;
///     if last == 3 {
///         sv.request_stop(None);
///     }
///     Ok(())
/// })?;
/// assert_eq!(last, 3);
/// # Ok::<(), tf::Error>(())
/// ```
///
/// # Errors
/// As [`Supervisor::managed_session`].
pub fn basic_train_loop(
    supervisor: &Supervisor,
    master: &str,
    mut train_step_fn: impl FnMut(&Session) -> Result<()>,
) -> Result<()> {
    loop {
        let trained = supervisor.managed_session(
            |options| options.master(master),
            |sess| {
                while !supervisor.should_stop() {
                    train_step_fn(sess)?;
                }
                Ok(())
            },
        );
        match trained {
            Err(error) if error.code() == Code::Aborted => {}
            ended => return ended.map(drop),
        }
    }
}
