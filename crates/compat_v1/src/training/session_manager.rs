//! `SessionManager`: sessions whose variables are restored or initialised, and checked.

use super::saver::Saver;
use super::scaffold::InitFn;
use crate::{FeedDict, Session};
use ferroflow_core::{Code, Error, Result, TString, Tensor, bail, ensure};
use ferroflow_formats as formats;
use ferroflow_graph::{Graph, Operation};
use ferroflow_proto::ConfigProto;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Opens sessions and makes their variables ready.
///
/// Source: `tf.compat.v1.train.SessionManager`.
#[derive(Clone, Default)]
pub struct SessionManager {
    /// Initialises local variables and tables.
    pub local_init_op: Option<Operation>,
    /// Gives the names of what is not initialised.
    pub ready_op: Option<Tensor>,
    /// The same before `local_init_op` runs.
    pub ready_for_local_init_op: Option<Tensor>,
    /// The graph; by default the default graph.
    pub graph: Option<Graph>,
    /// How long to wait between looks whether a model is ready.
    pub recovery_wait: Option<Duration>,
}

/// Where the values of variables come from.
#[derive(Clone, Default)]
pub struct Recovery {
    /// Restores them.
    pub saver: Option<Saver>,
    /// The directory of the latest checkpoint.
    pub checkpoint_dir: Option<PathBuf>,
    /// A checkpoint by its prefix, in place of a directory.
    pub checkpoint_filename_with_path: Option<PathBuf>,
    /// How long to wait for a checkpoint; not at all if there is no time given.
    pub wait_for_checkpoint: Option<Duration>,
}

impl SessionManager {
    /// A session on a target (`""` is this process) with its variables restored from a checkpoint, or else initialised.
    ///
    /// # Errors
    /// `RuntimeError` where nothing initialises the model, or it is not ready then; those of restoring.
    pub fn prepare_session(
        &self,
        master: &str,
        config: &ConfigProto,
        recovery: &Recovery,
        init_op: Option<&Operation>,
        init_fn: Option<&InitFn>,
    ) -> Result<Session> {
        let (sess, restored) = self.restore(master, config, recovery)?;
        if !restored {
            ensure!(
                init_op.is_some() || init_fn.is_some() || self.local_init_op.is_some(),
                runtime,
                "Model is not initialized and no init_op or init_fn or local_init_op was given"
            );
            if let Some(init_op) = init_op {
                sess.run(init_op)?;
            }
            if let Some(init_fn) = init_fn {
                init_fn(&sess)?;
            }
        }
        let named = |operation: Option<&Operation>| operation.map_or("None".to_string(), Operation::name);
        if let Some(reason) = self.run_local_init(&sess)? {
            bail!(
                runtime,
                "Init operations did not make model ready for local_init.  Init op: {}, init fn: {}, error: {reason}",
                named(init_op),
                if init_fn.is_some() { "given" } else { "None" }
            );
        }
        if let Some(reason) = unready(&sess, self.ready_op.as_ref())? {
            bail!(
                runtime,
                "Init operations did not make model ready.  Init op: {}, init fn: {}, local_init_op: {}, error: {reason}",
                named(init_op),
                if init_fn.is_some() { "given" } else { "None" },
                named(self.local_init_op.as_ref())
            );
        }
        Ok(sess)
    }

    /// A session with its variables restored from a checkpoint, and whether that made the model ready.
    ///
    /// # Errors
    /// Those of restoring.
    pub fn recover_session(
        &self,
        master: &str,
        config: &ConfigProto,
        recovery: &Recovery,
    ) -> Result<(Session, bool)> {
        let (sess, restored) = self.restore(master, config, recovery)?;
        let initialised = self.run_local_init(&sess)?.is_none();
        let ready = restored && initialised && unready(&sess, self.ready_op.as_ref())?.is_none();
        Ok((sess, ready))
    }

    /// A session whose model somebody else makes ready, waited for.
    ///
    /// # Errors
    /// `DeadlineExceeded` when it is not ready in time; those of reaching the target.
    pub fn wait_for_session(
        &self,
        master: &str,
        config: &ConfigProto,
        max_wait: Option<Duration>,
    ) -> Result<Session> {
        let end = max_wait.and_then(|wait| Instant::now().checked_add(wait));
        loop {
            let sess = self.open(master, config)?;
            if self.run_local_init(&sess)?.is_none() && unready(&sess, self.ready_op.as_ref())?.is_none() {
                return Ok(sess);
            }
            sess.close();
            let wait = self.recovery_wait.unwrap_or(Duration::from_secs(30));
            if end.is_some_and(|end| Instant::now() + wait > end) {
                let seconds = max_wait.unwrap_or_default().as_secs();
                return Err(Error::deadline_exceeded(format!(
                    "Session was not ready after waiting {seconds} secs."
                )));
            }
            std::thread::sleep(wait);
        }
    }

    fn open(&self, master: &str, config: &ConfigProto) -> Result<Session> {
        let graph = self.graph.clone().unwrap_or_else(crate::get_default_graph);
        Session::builder().graph(&graph).target(master).config(config.clone()).build()
    }

    fn restore(&self, master: &str, config: &ConfigProto, recovery: &Recovery) -> Result<(Session, bool)> {
        ensure!(
            recovery.checkpoint_dir.is_none() || recovery.checkpoint_filename_with_path.is_none(),
            value,
            "Can not provide both checkpoint_dir and checkpoint_filename_with_path."
        );
        let sess = self.open(master, config)?;
        let Some(saver) = &recovery.saver else { return Ok((sess, false)) };
        if let Some(path) = &recovery.checkpoint_filename_with_path {
            saver.restore(&sess, path)?;
            return Ok((sess, true));
        }
        let Some(directory) = &recovery.checkpoint_dir else { return Ok((sess, false)) };
        let end = recovery.wait_for_checkpoint.and_then(|wait| Instant::now().checked_add(wait));
        loop {
            if let Some(state) = formats::CheckpointState::read(directory)? {
                saver.restore(&sess, &state.latest)?;
                saver.recover_last_checkpoints(&state.all);
                return Ok((sess, true));
            }
            if end.is_none_or(|end| Instant::now() >= end) {
                return Ok((sess, false));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Runs what initialises local variables, if the model is ready for that; else says why it is not.
    fn run_local_init(&self, sess: &Session) -> Result<Option<String>> {
        let Some(local_init_op) = &self.local_init_op else { return Ok(None) };
        if let Some(reason) = unready(sess, self.ready_for_local_init_op.as_ref())? {
            return Ok(Some(reason));
        }
        sess.run_feed(local_init_op, FeedDict::new())?;
        Ok(None)
    }
}

/// Why the model is not ready, if it is not.
pub(super) fn unready(sess: &Session, ready_op: Option<&Tensor>) -> Result<Option<String>> {
    let Some(ready_op) = ready_op else { return Ok(None) };
    let names = match sess.run(ready_op) {
        Ok(names) => names,
        // Any other error says nothing about the model.
        Err(error)
            if error.code() == Code::FailedPrecondition && error.message().contains("uninitialized") =>
        {
            return Ok(Some(error.to_string()));
        }
        Err(error) => return Err(error),
    };
    let names = names.as_slice::<TString>().unwrap_or_default().iter();
    let names: Vec<String> = names.map(|name| String::from_utf8_lossy(name).into_owned()).collect();
    Ok((!names.is_empty()).then(|| format!("Variables not initialized: {}", names.join(", "))))
}
