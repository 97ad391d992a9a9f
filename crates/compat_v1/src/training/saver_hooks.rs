//! Hooks that save checkpoints and write summaries and profiles.

use super::coordinator::Coordinator;
use super::hook::{
    SessionRunArgs, SessionRunContext, SessionRunHook, SessionRunValues, global_step_for, step_number,
};
use super::hooks::{fetched, log};
use super::meta_graph_scope::graph_def_with_shapes;
use super::saver::{Saver, saver_or_default};
use super::timer::{Every, SecondOrStepTimer};
use crate::summary::{FileWriter, FileWriterCache};
use crate::{RunOptions, Session};
use ferroflow_core::{Result, Tensor};
use ferroflow_formats as formats;
use ferroflow_proto::run_options::TraceLevel;
use ferroflow_proto::session_log::SessionStatus;
use ferroflow_proto::summary::{Value, value};
use ferroflow_proto::{RunMetadata, SessionLog, Summary};
use std::path::{Path, PathBuf};

/// What is done around each checkpoint.
///
/// Source: `tf.compat.v1.train.CheckpointSaverListener`.
pub trait CheckpointSaverListener: Send {
    /// Called before the session is opened.
    fn begin(&mut self) {}

    /// Called before a checkpoint is written.
    fn before_save(&mut self, session: &Session, global_step: i64) {
        let _ = (session, global_step);
    }

    /// Called after it; says whether training should stop.
    fn after_save(&mut self, session: &Session, global_step: i64) -> bool {
        let _ = (session, global_step);
        false
    }

    /// Called at the end.
    fn end(&mut self, session: &Session, global_step: i64) {
        let _ = (session, global_step);
    }
}

/// Saves checkpoints: at the beginning, every so many steps or seconds, and at the end.
///
/// Source: `tf.compat.v1.train.CheckpointSaverHook`.
pub struct CheckpointSaverHook {
    directory: PathBuf,
    save_path: PathBuf,
    saver: Option<Saver>,
    timer: SecondOrStepTimer,
    listeners: Vec<Box<dyn CheckpointSaverListener>>,
    writer: Option<FileWriter>,
    global_step: Option<Tensor>,
}

impl CheckpointSaverHook {
    /// Saves into a directory, as `model.ckpt-STEP`, with a saver or that of the graph.
    ///
    /// # Errors
    /// `ValueError` for an interval that is not positive.
    pub fn new(
        checkpoint_dir: impl AsRef<Path>,
        every: Every,
        saver: Option<Saver>,
    ) -> Result<CheckpointSaverHook> {
        let directory = checkpoint_dir.as_ref().to_path_buf();
        Ok(CheckpointSaverHook {
            save_path: directory.join("model.ckpt"),
            directory,
            saver,
            timer: SecondOrStepTimer::new(every)?,
            listeners: Vec::new(),
            writer: None,
            global_step: None,
        })
    }

    /// The same under another name than `model.ckpt`.
    #[must_use]
    pub fn with_basename(mut self, checkpoint_basename: &str) -> CheckpointSaverHook {
        self.save_path = self.directory.join(checkpoint_basename);
        self
    }

    /// Adds a listener.
    #[must_use]
    pub fn with_listener(mut self, listener: impl CheckpointSaverListener + 'static) -> CheckpointSaverHook {
        self.listeners.push(Box::new(listener));
        self
    }

    fn read(&self, session: &Session) -> Result<i64> {
        step_number(Some(&session.run(fetched(&self.global_step)?)?))
    }

    /// Saves; says whether a listener wants training to stop.
    fn save(&mut self, session: &Session, step: i64) -> Result<bool> {
        self.listeners.iter_mut().for_each(|listener| listener.before_save(session, step));
        let saver = match &self.saver {
            Some(saver) => saver.clone(),
            None => session.graph().as_default_scope(saver_or_default)?,
        };
        saver.save_with(session, &self.save_path, |options| options.global_step(step))?;
        if let Some(writer) = &self.writer {
            let session_log = SessionLog {
                status: SessionStatus::Checkpoint as i32,
                checkpoint_path: self.save_path.to_string_lossy().into_owned(),
                ..SessionLog::default()
            };
            writer.add_session_log(session_log, step)?;
        }
        let mut stop = false;
        for listener in &mut self.listeners {
            stop |= listener.after_save(session, step);
        }
        Ok(stop)
    }
}

impl SessionRunHook for CheckpointSaverHook {
    fn begin(&mut self) -> Result<()> {
        self.writer = Some(FileWriterCache::get(&self.directory)?);
        self.global_step = Some(global_step_for("CheckpointSaverHook")?);
        self.listeners.iter_mut().for_each(|listener| listener.begin());
        Ok(())
    }

    fn after_create_session(&mut self, session: &Session, _coord: &Coordinator) -> Result<()> {
        let step = self.read(session)?;
        formats::write_message(
            self.directory.join("graph.pbtxt"),
            &graph_def_with_shapes(session.graph())?,
            true,
        )?;
        self.save(session, step)?;
        self.timer.update_last_triggered_step(step);
        Ok(())
    }

    fn before_run(&mut self, _run_context: &SessionRunContext<'_>) -> Result<Option<SessionRunArgs>> {
        Ok(Some(SessionRunArgs::fetch(vec![fetched(&self.global_step)?.clone()])))
    }

    fn after_run(
        &mut self,
        run_context: &SessionRunContext<'_>,
        run_values: &SessionRunValues<'_>,
    ) -> Result<()> {
        let stale = step_number(run_values.results.first())?;
        if !self.timer.should_trigger_for_step(stale.saturating_add(1)) {
            return Ok(());
        }
        let step = self.read(run_context.session())?;
        if self.timer.should_trigger_for_step(step) {
            self.timer.update_last_triggered_step(step);
            if self.save(run_context.session(), step)? {
                run_context.request_stop();
            }
        }
        Ok(())
    }

    fn end(&mut self, session: &Session) -> Result<()> {
        let step = self.read(session)?;
        if self.timer.last_triggered_step() != Some(step) {
            self.save(session, step)?;
        }
        self.listeners.iter_mut().for_each(|listener| listener.end(session, step));
        Ok(())
    }
}

/// Reports how many steps are done in a second.
///
/// Source: `tf.compat.v1.train.StepCounterHook`.
pub struct StepCounterHook {
    timer: SecondOrStepTimer,
    directory: Option<PathBuf>,
    writer: Option<FileWriter>,
    global_step: Option<Tensor>,
}

impl StepCounterHook {
    /// Reports every so many steps or seconds; in an event file of a directory, too, if one is named.
    ///
    /// # Errors
    /// `ValueError` for an interval that is not positive.
    pub fn new(every: Every, output_dir: Option<PathBuf>) -> Result<StepCounterHook> {
        Ok(StepCounterHook {
            timer: SecondOrStepTimer::new(every)?,
            directory: output_dir,
            writer: None,
            global_step: None,
        })
    }
}

impl SessionRunHook for StepCounterHook {
    fn begin(&mut self) -> Result<()> {
        if let Some(directory) = &self.directory {
            self.writer = Some(FileWriterCache::get(directory)?);
        }
        self.global_step = Some(global_step_for("StepCounterHook")?);
        Ok(())
    }

    fn before_run(&mut self, _run_context: &SessionRunContext<'_>) -> Result<Option<SessionRunArgs>> {
        Ok(Some(SessionRunArgs::fetch(vec![fetched(&self.global_step)?.clone()])))
    }

    fn after_run(
        &mut self,
        run_context: &SessionRunContext<'_>,
        run_values: &SessionRunValues<'_>,
    ) -> Result<()> {
        let stale = step_number(run_values.results.first())?;
        if !self.timer.should_trigger_for_step(stale.saturating_add(1)) {
            return Ok(());
        }
        let step = step_number(Some(&run_context.session().run(fetched(&self.global_step)?)?))?;
        if !self.timer.should_trigger_for_step(step) {
            return Ok(());
        }
        if let Some((time, steps)) = self.timer.update_last_triggered_step(step) {
            let rate = steps as f64 / time.as_secs_f64();
            log(&format!("global_step/sec: {rate:.6}"));
            if let Some(writer) = &self.writer {
                let value = Some(value::Value::SimpleValue(rate as f32));
                let value = Value { tag: "global_step/sec".to_string(), value, ..Value::default() };
                writer.add_summary(Summary { value: vec![value] }, step)?;
            }
        }
        Ok(())
    }
}

/// Writes summaries every so many steps or seconds.
///
/// Source: `tf.compat.v1.train.SummarySaverHook`.
pub struct SummarySaverHook {
    timer: SecondOrStepTimer,
    directory: PathBuf,
    writer: Option<FileWriter>,
    summary_op: Tensor,
    global_step: Option<Tensor>,
    next_step: Option<i64>,
    due: bool,
}

impl SummarySaverHook {
    /// Writes a summary into an event file of a directory.
    ///
    /// # Errors
    /// `ValueError` for an interval that is not positive.
    pub fn new(every: Every, output_dir: impl AsRef<Path>, summary_op: &Tensor) -> Result<SummarySaverHook> {
        Ok(SummarySaverHook {
            timer: SecondOrStepTimer::new(every)?,
            directory: output_dir.as_ref().to_path_buf(),
            writer: None,
            summary_op: summary_op.clone(),
            global_step: None,
            next_step: None,
            due: false,
        })
    }
}

impl SessionRunHook for SummarySaverHook {
    fn begin(&mut self) -> Result<()> {
        self.writer = Some(FileWriterCache::get(&self.directory)?);
        self.next_step = None;
        self.global_step = Some(global_step_for("SummarySaverHook")?);
        Ok(())
    }

    fn before_run(&mut self, _run_context: &SessionRunContext<'_>) -> Result<Option<SessionRunArgs>> {
        self.due = self.next_step.is_none_or(|step| self.timer.should_trigger_for_step(step));
        let mut fetches = vec![fetched(&self.global_step)?.clone()];
        if self.due {
            fetches.push(self.summary_op.clone());
        }
        Ok(Some(SessionRunArgs::fetch(fetches)))
    }

    fn after_run(
        &mut self,
        run_context: &SessionRunContext<'_>,
        run_values: &SessionRunValues<'_>,
    ) -> Result<()> {
        let Some(writer) = &self.writer else { return Ok(()) };
        let mut step = step_number(run_values.results.first())?.saturating_add(1);
        if self.next_step.is_none() || self.due {
            step = step_number(Some(&run_context.session().run(fetched(&self.global_step)?)?))?;
        }
        if self.next_step.is_none() {
            let start = SessionLog { status: SessionStatus::Start as i32, ..SessionLog::default() };
            writer.add_session_log(start, step)?;
        }
        if let (true, Some(summary)) = (self.due, run_values.results.get(1)) {
            self.timer.update_last_triggered_step(step);
            writer.add_summary(summary, step)?;
        }
        self.next_step = Some(step.saturating_add(1));
        Ok(())
    }

    fn end(&mut self, _session: &Session) -> Result<()> {
        self.writer.as_ref().map_or(Ok(()), FileWriter::flush)
    }
}

/// Traces a run every so many steps or seconds; writes what took how long as `timeline-STEP.json`, for Chrome's
/// `about:tracing`, and into an event file.
///
/// Source: `tf.compat.v1.train.ProfilerHook`.
pub struct ProfilerHook {
    timer: SecondOrStepTimer,
    directory: PathBuf,
    writer: Option<FileWriter>,
    global_step: Option<Tensor>,
    next_step: Option<i64>,
    due: bool,
}

impl ProfilerHook {
    /// Writes into a directory.
    ///
    /// # Errors
    /// `ValueError` for an interval that is not positive.
    pub fn new(every: Every, output_dir: impl AsRef<Path>) -> Result<ProfilerHook> {
        Ok(ProfilerHook {
            timer: SecondOrStepTimer::new(every)?,
            directory: output_dir.as_ref().to_path_buf(),
            writer: None,
            global_step: None,
            next_step: None,
            due: false,
        })
    }
}

impl SessionRunHook for ProfilerHook {
    fn begin(&mut self) -> Result<()> {
        self.next_step = None;
        self.writer = Some(FileWriterCache::get(&self.directory)?);
        self.global_step = Some(global_step_for("ProfilerHook")?);
        Ok(())
    }

    fn before_run(&mut self, _run_context: &SessionRunContext<'_>) -> Result<Option<SessionRunArgs>> {
        self.due = self.next_step.is_some_and(|step| self.timer.should_trigger_for_step(step));
        let trace = RunOptions { trace_level: TraceLevel::FullTrace as i32, ..RunOptions::default() };
        let mut args = SessionRunArgs::fetch(vec![fetched(&self.global_step)?.clone()]);
        args.options = self.due.then_some(trace);
        Ok(Some(args))
    }

    fn after_run(
        &mut self,
        run_context: &SessionRunContext<'_>,
        run_values: &SessionRunValues<'_>,
    ) -> Result<()> {
        let mut step = step_number(run_values.results.first())?.saturating_add(1);
        if self.next_step.is_none() {
            // The first run makes plans, which would be all that is seen.
            self.timer.update_last_triggered_step(step);
        }
        if self.due {
            step = step_number(Some(&run_context.session().run(fetched(&self.global_step)?)?))?;
            self.timer.update_last_triggered_step(step);
            let path = self.directory.join(format!("timeline-{step}.json"));
            formats::write_bytes(path, chrome_trace(run_values.run_metadata).as_bytes())?;
            if let Some(writer) = &self.writer {
                writer.add_run_metadata(run_values.run_metadata, &format!("step_{step}"), step)?;
            }
        }
        self.next_step = Some(step.saturating_add(1));
        Ok(())
    }
}

/// The steps of a run in the form of Chrome's traces.
fn chrome_trace(metadata: &RunMetadata) -> String {
    let devices = metadata.step_stats.iter().flat_map(|stats| &stats.dev_stats).enumerate();
    let events = devices.flat_map(|(number, device)| {
        let name = format!(
            "{{\"name\":\"process_name\",\"ph\":\"M\",\"pid\":{number},\"args\":{{\"name\":{:?}}}}}",
            device.device
        );
        let nodes = device.node_stats.iter().map(move |node| {
            format!(
                "{{\"name\":{:?},\"cat\":\"Op\",\"ph\":\"X\",\"pid\":{number},\"tid\":{},\"ts\":{},\"dur\":{},\"args\":{{\"label\":{:?}}}}}",
                node.node_name, node.thread_id, node.all_start_micros, node.all_end_rel_micros, node.timeline_label
            )
        });
        std::iter::once(name).chain(nodes)
    });
    format!("{{\"traceEvents\":[{}]}}\n", events.collect::<Vec<_>>().join(",\n"))
}
