//! `SummaryWriter`: an event file that summaries go to.

use super::state;
use ferroflow_core::{Result, bail, options};
use ferroflow_formats::{EventFileWriter, now};
use ferroflow_proto::event::What;
use ferroflow_proto::{Event, Message};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

options! {
    /// Optional arguments of [`create_file_writer_with`].
    pub struct FileWriterOptions {
        /// How many summaries wait to be written at most.
        max_queue: usize = 10usize,
        /// For how many milliseconds they wait at most.
        flush_millis: u64 = 120_000u64,
        /// What the name of the file ends in.
        filename_suffix: String = ".v2".to_string(),
    }
}

/// Writes summaries to an event file. Clones write to the same file.
///
/// Source: `tf.summary.SummaryWriter`.
#[derive(Clone)]
pub struct SummaryWriter {
    /// `None` for a writer that writes nothing.
    shared: Option<Arc<Mutex<Shared>>>,
}

struct Shared {
    file: EventFileWriter,
    options: FileWriterOptions,
    waiting: usize,
    flushed: Instant,
    closed: bool,
}

/// A writer of an event file in a directory, which is made if need be.
///
/// Source: `tf.summary.create_file_writer`.
///
/// # Errors
/// Those of the file system.
pub fn create_file_writer(logdir: impl AsRef<Path>) -> Result<SummaryWriter> {
    create_file_writer_with(logdir, |options| options)
}

/// The same with optional arguments.
///
/// # Errors
/// As [`create_file_writer`].
pub fn create_file_writer_with(
    logdir: impl AsRef<Path>,
    options: impl FnOnce(FileWriterOptions) -> FileWriterOptions,
) -> Result<SummaryWriter> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let options = options(FileWriterOptions::default());
    // Names are unique among the writers of all processes.
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let suffix = format!(".{}.{count}{}", std::process::id(), options.filename_suffix);
    let mut file = EventFileWriter::new(logdir, &suffix);
    file.flush()?;
    let shared = Shared { file, options, waiting: 0, flushed: Instant::now(), closed: false };
    Ok(SummaryWriter { shared: Some(Arc::new(Mutex::new(shared))) })
}

/// A writer that writes nothing, to turn summaries off.
///
/// Source: `tf.summary.create_noop_writer`.
pub fn create_noop_writer() -> SummaryWriter {
    SummaryWriter { shared: None }
}

/// Writes what waits in the default writer to its file; does nothing where there is none.
///
/// Source: `tf.summary.flush`.
///
/// # Errors
/// Those of the file system.
pub fn flush() -> Result<()> {
    state::default_writer().map_or(Ok(()), |writer| writer.flush())
}

impl SummaryWriter {
    fn shared(&self) -> Option<MutexGuard<'_, Shared>> {
        Some(self.shared.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn is_noop(&self) -> bool {
        self.shared.is_none()
    }

    /// Makes this the default writer of the thread until the guard is dropped; with a step, that is the default, too.
    ///
    /// # Errors
    /// `RuntimeError` for a writer that is closed.
    pub fn as_default(&self, step: impl Into<Option<i64>>) -> Result<WriterGuard> {
        if self.shared().is_some_and(|shared| shared.closed) {
            bail!(runtime, "SummaryWriter {self:?} is already closed");
        }
        state::push(self.clone());
        let before = step.into().map(|step| state::replace_step(Some(step)));
        Ok(WriterGuard { step_before: before })
    }

    /// The file.
    pub fn path(&self) -> Option<PathBuf> {
        self.shared()?.file.path().map(Path::to_path_buf)
    }

    /// Writes what waits to the file.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn flush(&self) -> Result<()> {
        let Some(mut shared) = self.shared() else { return Ok(()) };
        if shared.closed { Ok(()) } else { shared.flush() }
    }

    /// Completes the file. Nothing can be written any more.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn close(&self) -> Result<()> {
        let Some(mut shared) = self.shared() else { return Ok(()) };
        shared.closed = true;
        shared.file.close()
    }

    /// Adds an event.
    pub(super) fn add(&self, step: i64, what: What) -> Result<()> {
        let Some(mut shared) = self.shared() else { return Ok(()) };
        if shared.closed {
            bail!(failed_precondition, "the summary writer is closed");
        }
        let event = Event { wall_time: now().as_secs_f64(), step, what: Some(what), ..Event::default() };
        shared.file.write_bytes(&event.encode_to_vec())?;
        shared.waiting += 1;
        let long = shared.flushed.elapsed() >= Duration::from_millis(shared.options.flush_millis);
        if shared.waiting > shared.options.max_queue || long { shared.flush() } else { Ok(()) }
    }
}

impl Shared {
    fn flush(&mut self) -> Result<()> {
        self.waiting = 0;
        self.flushed = Instant::now();
        self.file.flush()
    }
}

impl std::fmt::Debug for SummaryWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.shared() {
            None => f.write_str("<SummaryWriter of nothing>"),
            Some(shared) => write!(f, "<SummaryWriter of {}>", shared.file.directory().display()),
        }
    }
}

/// Ends what [`SummaryWriter::as_default`] began: flushes the writer, as far as it can.
pub struct WriterGuard {
    step_before: Option<Option<i64>>,
}

impl Drop for WriterGuard {
    fn drop(&mut self) {
        if let Some(writer) = state::default_writer() {
            // An error comes up again when the writer is closed.
            let _ = writer.flush();
        }
        state::pop();
        if let Some(step) = self.step_before {
            state::replace_step(step);
        }
    }
}
