//! `FileWriter`: summaries, graphs and other events in a file that TensorBoard shows.

use crate::training::graph_def_with_shapes;
use ferroflow_core::{NdArray, Result, TString, ensure, options};
use ferroflow_formats::{self as formats, EventFileWriter};
use ferroflow_graph::Graph;
use ferroflow_proto::event::What;
use ferroflow_proto::{Event, Message, MetaGraphDef, RunMetadata, SessionLog, Summary, TaggedRunMetadata};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

options! {
    /// Optional arguments of [`FileWriter::new_with`].
    pub struct FileWriterOptions {
        /// A graph, which is written first.
        graph: Option<Graph> = None,
        /// How many events may wait to be written.
        max_queue: usize = 10,
        /// After how many seconds events that wait are written.
        flush_secs: f64 = 120.0,
        /// What the name of the file ends in.
        filename_suffix: String = String::new(),
    }
}

/// Writes summaries and other events into a directory. Cloning shares the writer.
///
/// Source: `tf.compat.v1.summary.FileWriter`.
///
/// ```
/// use ferroflow_compat_v1 as tf;
/// let directory = std::env::temp_dir().join(format!("events-{}", std::process::id()));
/// let loss = tf::summary::scalar("loss", 0.5)?;
/// let sess = tf::Session::new()?;
/// let writer = tf::summary::FileWriter::new_with(&directory, |o| o.graph(sess.graph().clone()))?;
/// writer.add_summary(sess.run(&loss)?, 1)?;
/// writer.close()?;
/// # std::fs::remove_dir_all(directory).unwrap();
/// # Ok::<(), tf::Error>(())
/// ```
#[derive(Clone)]
pub struct FileWriter(Arc<Inner>);

struct Inner {
    directory: PathBuf,
    max_queue: usize,
    flush_after: Duration,
    state: Mutex<State>,
}

struct State {
    writer: EventFileWriter,
    /// How many events were written since the last flush, and when that was.
    waiting: usize,
    flushed: Instant,
    closed: bool,
    seen_tags: HashSet<String>,
    run_tags: HashSet<String>,
}

/// What a summary is given as: the value of a summary node, or a message.
pub trait SummarySource {
    /// The message.
    ///
    /// # Errors
    /// `DataLoss` for bytes that are no summary.
    fn into_summary(self) -> Result<Summary>;
}

impl SummarySource for Summary {
    fn into_summary(self) -> Result<Summary> {
        Ok(self)
    }
}

impl SummarySource for &[u8] {
    fn into_summary(self) -> Result<Summary> {
        Summary::decode(self)
            .map_err(|error| ferroflow_core::Error::data_loss(format!("Error parsing message: {error}")))
    }
}

impl SummarySource for NdArray {
    fn into_summary(self) -> Result<Summary> {
        self.item::<TString>()?.as_bytes().into_summary()
    }
}

impl SummarySource for &NdArray {
    fn into_summary(self) -> Result<Summary> {
        self.clone().into_summary()
    }
}

impl FileWriter {
    /// A writer into a directory, which is made if need be.
    ///
    /// # Errors
    /// As [`FileWriter::new_with`].
    pub fn new(logdir: impl AsRef<Path>) -> Result<FileWriter> {
        FileWriter::new_with(logdir, |options| options)
    }

    /// The same with a graph, or another name for the file.
    ///
    /// # Errors
    /// `RuntimeError` in eager mode; those of the file system.
    pub fn new_with(
        logdir: impl AsRef<Path>,
        options: impl FnOnce(FileWriterOptions) -> FileWriterOptions,
    ) -> Result<FileWriter> {
        ensure!(
            !crate::executing_eagerly(),
            runtime,
            "v1.summary.FileWriter is not compatible with eager execution. Use `tf.summary.create_file_writer`,or a \
             `with v1.Graph().as_default():` context"
        );
        let options = options(FileWriterOptions::default());
        let mut writer = EventFileWriter::new(&logdir, &options.filename_suffix);
        writer.open()?;
        let file_writer = FileWriter(Arc::new(Inner {
            directory: logdir.as_ref().to_path_buf(),
            max_queue: options.max_queue.max(1),
            flush_after: Duration::try_from_secs_f64(options.flush_secs).unwrap_or(Duration::MAX),
            state: Mutex::new(State {
                writer,
                waiting: 0,
                flushed: Instant::now(),
                closed: false,
                seen_tags: HashSet::new(),
                run_tags: HashSet::new(),
            }),
        }));
        if let Some(graph) = &options.graph {
            file_writer.add_graph(graph)?;
            let graph_def = graph_def_with_shapes(graph)?;
            let meta_info_def = Some(formats::meta_info(&graph_def)?);
            let meta_graph =
                MetaGraphDef { meta_info_def, graph_def: Some(graph_def), ..MetaGraphDef::default() };
            file_writer.add_meta_graph(&meta_graph, None)?;
        }
        Ok(file_writer)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The directory.
    pub fn get_logdir(&self) -> &Path {
        &self.0.directory
    }

    /// Writes a summary. What says how a tag is shown is written with the first value of each tag.
    ///
    /// # Errors
    /// `DataLoss` for bytes that are no summary; those of the file system.
    pub fn add_summary(
        &self,
        summary: impl SummarySource,
        global_step: impl Into<Option<i64>>,
    ) -> Result<()> {
        let mut summary = summary.into_summary()?;
        {
            let mut state = self.lock();
            for value in summary.value.iter_mut().filter(|value| value.metadata.is_some()) {
                if !state.seen_tags.insert(value.tag.clone()) {
                    value.metadata = None;
                }
            }
        }
        self.add(What::Summary(summary), global_step.into())
    }

    /// Writes what happened to a session.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn add_session_log(
        &self,
        session_log: SessionLog,
        global_step: impl Into<Option<i64>>,
    ) -> Result<()> {
        self.add(What::SessionLog(session_log), global_step.into())
    }

    /// Writes a graph.
    ///
    /// # Errors
    /// Those of the file system, and of writing the graph as a message.
    pub fn add_graph(&self, graph: &Graph) -> Result<()> {
        self.add(What::GraphDef(graph_def_with_shapes(graph)?.encode_to_vec()), None)
    }

    /// Writes a meta graph.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn add_meta_graph(
        &self,
        meta_graph_def: &MetaGraphDef,
        global_step: impl Into<Option<i64>>,
    ) -> Result<()> {
        self.add(What::MetaGraphDef(meta_graph_def.encode_to_vec()), global_step.into())
    }

    /// Writes the report of a run.
    ///
    /// # Errors
    /// `ValueError` for a tag that was used before; those of the file system.
    pub fn add_run_metadata(
        &self,
        run_metadata: &RunMetadata,
        tag: &str,
        global_step: impl Into<Option<i64>>,
    ) -> Result<()> {
        let fresh = self.lock().run_tags.insert(tag.to_string());
        ensure!(fresh, value, "The provided tag was already used for this event type");
        let tagged = TaggedRunMetadata { tag: tag.to_string(), run_metadata: run_metadata.encode_to_vec() };
        self.add(What::TaggedRunMetadata(tagged), global_step.into())
    }

    fn add(&self, what: What, step: Option<i64>) -> Result<()> {
        self.add_event(&Event {
            wall_time: formats::now().as_secs_f64(),
            step: step.unwrap_or_default(),
            what: Some(what),
            ..Event::default()
        })
    }

    /// Writes an event. A closed writer takes no more of them; TensorFlow warns, and drops them.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn add_event(&self, event: &Event) -> Result<()> {
        let mut state = self.lock();
        if state.closed {
            return Ok(());
        }
        state.writer.write(event)?;
        state.waiting += 1;
        if state.waiting >= self.0.max_queue || state.flushed.elapsed() >= self.0.flush_after {
            flush(&mut state)?;
        }
        Ok(())
    }

    /// Writes what waits to be written.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn flush(&self) -> Result<()> {
        let mut state = self.lock();
        if state.closed { Ok(()) } else { flush(&mut state) }
    }

    /// Completes the file.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn close(&self) -> Result<()> {
        let mut state = self.lock();
        state.closed = true;
        state.writer.close()
    }

    /// Makes a closed writer begin another file.
    ///
    /// # Errors
    /// None at present.
    pub fn reopen(&self) -> Result<()> {
        self.lock().closed = false;
        Ok(())
    }
}

fn flush(state: &mut State) -> Result<()> {
    state.waiting = 0;
    state.flushed = Instant::now();
    state.writer.flush()
}

impl std::fmt::Debug for FileWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "<tf.summary.FileWriter into {}>", self.0.directory.display())
    }
}
